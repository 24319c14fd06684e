-- A dish that is retired stays for the orders that have it. Its name is free again.

-- +goose Up
ALTER TABLE dish ADD COLUMN retired_at BIGINT;
DROP INDEX dish_name_en;
CREATE UNIQUE INDEX dish_name_en ON dish (name_en) WHERE retired_at IS NULL;

-- +goose Down
DELETE FROM dish WHERE retired_at IS NOT NULL
	AND NOT EXISTS (SELECT 1 FROM order_dish WHERE order_dish.dish_id = dish.id);
UPDATE dish SET name_en = name_en || ' (' || id || ')' WHERE retired_at IS NOT NULL;
DROP INDEX dish_name_en;
CREATE UNIQUE INDEX dish_name_en ON dish (name_en);
ALTER TABLE dish DROP COLUMN retired_at;
