-- Until when there is nothing left of a dish, and what the kitchen offers instead.

-- +goose Up
ALTER TABLE dish ADD COLUMN sold_out_until BIGINT;
ALTER TABLE dish ADD COLUMN substitute_id BIGINT REFERENCES dish (id);

-- +goose Down
ALTER TABLE dish DROP COLUMN substitute_id;
ALTER TABLE dish DROP COLUMN sold_out_until;
