-- Meal rounds that were ordered by themselves.

-- +goose Up

-- Which ward's round of which meal is done: once it is, those who come later are no longer the round's. service_date as in meal_order.
CREATE TABLE meal_round (
	ward_id      BIGINT NOT NULL REFERENCES ward (id),
	service_date BIGINT NOT NULL,
	meal         TEXT NOT NULL CHECK (meal IN ('breakfast', 'lunch', 'dinner')),
	PRIMARY KEY (service_date, meal, ward_id)
);

-- +goose Down
DROP TABLE meal_round;
