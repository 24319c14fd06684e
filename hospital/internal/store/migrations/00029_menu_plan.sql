-- What the kitchen cooks on which day: a cycle of days that begins anew after its last, and
-- exceptions by date.

-- +goose Up

-- One row. days is 0 until somebody has laid a cycle out; starts_on is midnight UTC of its day 1.
CREATE TABLE menu_plan (
	id        BIGINT PRIMARY KEY CHECK (id = 1),
	days      BIGINT NOT NULL DEFAULT 0 CHECK (days BETWEEN 0 AND 35),
	starts_on BIGINT,
	version   BIGINT NOT NULL DEFAULT 1,
	CHECK ((days = 0) = (starts_on IS NULL))
);
INSERT INTO menu_plan (id) VALUES (1);

-- A dish of a meal, on a day of the cycle or on one date.
CREATE TABLE menu_entry (
	day          BIGINT,
	service_date BIGINT,
	meal         TEXT NOT NULL,
	dish_id      BIGINT NOT NULL REFERENCES dish (id),
	CHECK ((day IS NULL) <> (service_date IS NULL))
);
CREATE UNIQUE INDEX menu_entry_of_day ON menu_entry (meal, day, dish_id) WHERE day IS NOT NULL;
CREATE UNIQUE INDEX menu_entry_of_date ON menu_entry (meal, service_date, dish_id)
	WHERE service_date IS NOT NULL;

-- +goose Down
DROP TABLE menu_entry;
DROP TABLE menu_plan;
