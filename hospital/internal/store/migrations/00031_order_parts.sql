-- What each station has done of an order, and how much of each dish is made of a meal.

-- +goose Up

-- A row is a part that is done. checked says that the tray check marked it, and not its station.
CREATE TABLE order_part (
	order_id BIGINT NOT NULL REFERENCES meal_order (id),
	station  TEXT NOT NULL,
	done_at  BIGINT NOT NULL,
	done_by  BIGINT,
	checked  BOOLEAN NOT NULL,
	PRIMARY KEY (order_id, station)
);

-- service_date is midnight UTC of the day in the hospital; texture is what the patients need.
CREATE TABLE made_dish (
	service_date BIGINT NOT NULL,
	meal         TEXT NOT NULL,
	dish_id      BIGINT NOT NULL REFERENCES dish (id),
	texture      BIGINT NOT NULL,
	count        BIGINT NOT NULL,
	PRIMARY KEY (service_date, meal, dish_id, texture)
);

-- +goose Down
DROP TABLE made_dish;
DROP TABLE order_part;
