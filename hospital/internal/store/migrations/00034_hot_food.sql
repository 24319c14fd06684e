-- For how long hot food may stand before it is warned of, in minutes; 0: for ever.

-- +goose Up
ALTER TABLE settings ADD COLUMN hot_food_minutes BIGINT NOT NULL DEFAULT 60;

-- +goose Down
ALTER TABLE settings DROP COLUMN hot_food_minutes;
