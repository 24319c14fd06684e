-- What lets a hospital look after its own wards and beds: in which order wards stand, which beds
-- are retired, and how a bed was called, and where it stood, while somebody lay in it.

-- +goose Up

-- Wards stand by position and then by code.
ALTER TABLE ward ADD COLUMN position BIGINT NOT NULL DEFAULT 0;

-- A bed that is retired stays for those who lay in it. Its number is free again.
ALTER TABLE bed ADD COLUMN retired_at BIGINT;
ALTER TABLE bed ADD COLUMN retired_by TEXT NOT NULL DEFAULT '';
DROP INDEX bed_number;
CREATE UNIQUE INDEX bed_number ON bed (number) WHERE retired_at IS NULL;

-- Of an assignment that has ended before its bed was renamed or moved: how it was then.
ALTER TABLE bed_assignment ADD COLUMN bed_number TEXT;
ALTER TABLE bed_assignment ADD COLUMN ward_id BIGINT REFERENCES ward (id);
CREATE INDEX bed_assignment_elsewhere ON bed_assignment (ward_id) WHERE ward_id IS NOT NULL;

-- +goose Down
DROP INDEX bed_assignment_elsewhere;
ALTER TABLE bed_assignment DROP COLUMN ward_id;
ALTER TABLE bed_assignment DROP COLUMN bed_number;
UPDATE bed SET number = number || ' (' || id || ')' WHERE retired_at IS NOT NULL;
DROP INDEX bed_number;
CREATE UNIQUE INDEX bed_number ON bed (number);
ALTER TABLE bed DROP COLUMN retired_by;
ALTER TABLE bed DROP COLUMN retired_at;
ALTER TABLE ward DROP COLUMN position;
