-- Which node last proved when that it can write.

-- +goose Up

-- A node writes its own line again and again, for nobody to read: what counts is that it can.
CREATE TABLE node_pulse (
	node TEXT PRIMARY KEY,
	at   BIGINT NOT NULL
);
CREATE INDEX node_pulse_at ON node_pulse (at);

-- +goose Down
DROP TABLE node_pulse;
