-- The version that a thing had after what a line of the audit tells, so that whoever saw an older one can be told what has changed since.

-- +goose Up
ALTER TABLE audit ADD COLUMN version BIGINT;

-- +goose Down
ALTER TABLE audit DROP COLUMN version;
