-- The kitchen reads all orders of a meal of a day, also those that have ended.

-- +goose Up
-- Of all orders: as an index of what has ended it would be read whole for what ended lately.
CREATE INDEX meal_order_of_service ON meal_order (service_date, meal);

-- +goose Down
DROP INDEX meal_order_of_service;
