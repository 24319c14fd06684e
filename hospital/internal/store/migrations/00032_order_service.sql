-- The kitchen reads all orders of a meal of a day, also those that have ended.

-- +goose Up
CREATE INDEX meal_order_of_service ON meal_order (service_date, meal)
	WHERE ended_at IS NOT NULL;

-- +goose Down
DROP INDEX meal_order_of_service;
