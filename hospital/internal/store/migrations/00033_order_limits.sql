-- What a customer has ordered, counted for each order that they place.

-- +goose Up
CREATE INDEX meal_order_of_customer ON meal_order (placed_by, placed_at) WHERE placed_by IS NOT NULL;

-- +goose Down
DROP INDEX meal_order_of_customer;
