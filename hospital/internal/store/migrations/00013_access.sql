-- What lets somebody see afterwards who tried what, and keeps the code of a door from being guessed.

-- +goose Up

-- Where a command came from: the client's address and the session. What the hospital did by itself, and what was done before, has neither.
ALTER TABLE audit ADD COLUMN address TEXT;
ALTER TABLE audit ADD COLUMN session_id BIGINT;

-- How many wrong codes a courier has given for a delivery in all. It is never set back, so no new code gives its courier more tries than are meant.
CREATE TABLE wrong_code (
	delivery_id BIGINT NOT NULL REFERENCES delivery (id),
	courier_id  BIGINT NOT NULL REFERENCES app_user (id),
	given       BIGINT NOT NULL,
	PRIMARY KEY (delivery_id, courier_id)
);

-- +goose Down
DROP TABLE wrong_code;
ALTER TABLE audit DROP COLUMN session_id;
ALTER TABLE audit DROP COLUMN address;
