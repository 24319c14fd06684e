-- What one shift leaves to the next about a patient, and what lets it read who has left a ward.

-- +goose Up
ALTER TABLE admission ADD COLUMN shift_note TEXT NOT NULL DEFAULT '';
ALTER TABLE admission ADD COLUMN shift_note_by TEXT NOT NULL DEFAULT '';
ALTER TABLE admission ADD COLUMN shift_note_at BIGINT;
CREATE INDEX bed_assignment_left ON bed_assignment (bed_id, until) WHERE until IS NOT NULL;

-- +goose Down
DROP INDEX bed_assignment_left;
ALTER TABLE admission DROP COLUMN shift_note_at;
ALTER TABLE admission DROP COLUMN shift_note_by;
ALTER TABLE admission DROP COLUMN shift_note;
