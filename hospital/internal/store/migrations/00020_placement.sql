-- What says where a patient should lie: for whom a bed is kept, what a bed and a ward are fit for,
-- and what a patient needs.

-- +goose Up

ALTER TABLE ward ADD COLUMN sex TEXT NOT NULL DEFAULT 'any'
	CHECK (sex IN ('any', 'female', 'male'));
ALTER TABLE ward ADD COLUMN speciality TEXT NOT NULL DEFAULT '';
-- version counts the changes of what a ward is for.
ALTER TABLE ward ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- features is a JSON list of codes.
ALTER TABLE bed ADD COLUMN features TEXT NOT NULL DEFAULT '[]';
ALTER TABLE bed ADD COLUMN staffed BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE bed ADD COLUMN reserved_for BIGINT REFERENCES patient (id);
-- For whom the bed was kept before somebody came into it.
ALTER TABLE bed_assignment ADD COLUMN found_for BIGINT REFERENCES patient (id);
CREATE INDEX bed_assignment_found_for ON bed_assignment (found_for) WHERE found_for IS NOT NULL;

ALTER TABLE admission ADD COLUMN isolation TEXT NOT NULL DEFAULT 'none'
	CHECK (isolation IN ('none', 'contact', 'droplet', 'airborne'));
ALTER TABLE admission ADD COLUMN priority TEXT NOT NULL DEFAULT 'routine'
	CHECK (priority IN ('routine', 'urgent', 'emergency'));
ALTER TABLE admission ADD COLUMN wanted_ward_id BIGINT REFERENCES ward (id);

-- +goose Down
ALTER TABLE admission DROP COLUMN wanted_ward_id;
ALTER TABLE admission DROP COLUMN priority;
ALTER TABLE admission DROP COLUMN isolation;
DROP INDEX bed_assignment_found_for;
ALTER TABLE bed_assignment DROP COLUMN found_for;
ALTER TABLE bed DROP COLUMN reserved_for;
ALTER TABLE bed DROP COLUMN staffed;
ALTER TABLE bed DROP COLUMN features;
ALTER TABLE ward DROP COLUMN version;
ALTER TABLE ward DROP COLUMN speciality;
ALTER TABLE ward DROP COLUMN sex;
