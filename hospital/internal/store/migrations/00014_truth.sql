-- What tells whether the hospital does its work: nodes that can write, and meal rounds that were missed.

-- +goose Up

-- A node writes its own line again and again, for nobody to read: what counts is that it can.
CREATE TABLE node_pulse (
	node TEXT PRIMARY KEY,
	at   BIGINT NOT NULL
);
CREATE INDEX node_pulse_at ON node_pulse (at);

-- How many patients got nothing because nobody was there to order the round, as long as nobody has ordered it late; 0: it was done.
ALTER TABLE meal_round ADD COLUMN missed BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE meal_round DROP COLUMN missed;
DROP TABLE node_pulse;
