-- A zone that is removed stays for the addresses that were removed in it before, and for their
-- orders. Its name is free again.

-- +goose Up
ALTER TABLE zone ADD COLUMN removed_at BIGINT;
DROP INDEX zone_name;
CREATE UNIQUE INDEX zone_name ON zone (name) WHERE removed_at IS NULL;

-- +goose Down
DELETE FROM zone WHERE removed_at IS NOT NULL
	AND NOT EXISTS (SELECT 1 FROM address WHERE address.zone_id = zone.id);
UPDATE zone SET name = name || ' (' || id || ')' WHERE removed_at IS NOT NULL;
DROP INDEX zone_name;
CREATE UNIQUE INDEX zone_name ON zone (name);
ALTER TABLE zone DROP COLUMN removed_at;
