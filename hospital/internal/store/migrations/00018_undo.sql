-- What takes back what was wrong, and what belongs together.

-- +goose Up

-- cancelled: it never was. Such an admission has ended at discharged_at, and its outcome says
-- nothing. late_reason says why it was entered later than the patient came. leave_since is set
-- while the patient is on leave; leave_until is when they are expected back. with_mother: a newborn
-- who has no bed of its own and lies wherever its mother does.
ALTER TABLE admission ADD COLUMN cancelled BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE admission ADD COLUMN late_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE admission ADD COLUMN leave_since BIGINT;
ALTER TABLE admission ADD COLUMN leave_until BIGINT;
ALTER TABLE admission ADD COLUMN leave_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE admission ADD COLUMN mother_admission_id BIGINT REFERENCES admission (id);
ALTER TABLE admission ADD COLUMN with_mother BOOLEAN NOT NULL DEFAULT FALSE;

-- One patient a bed, apart from newborns with their mother.
DROP INDEX admission_bed_id;
CREATE UNIQUE INDEX admission_bed_id ON admission (bed_id)
	WHERE discharged_at IS NULL AND NOT with_mother;
CREATE INDEX admission_with_mother ON admission (bed_id)
	WHERE discharged_at IS NULL AND with_mother;
CREATE INDEX admission_of_mother ON admission (mother_admission_id)
	WHERE mother_admission_id IS NOT NULL;

-- act is how the patient came to the bed, and reason what somebody gave for it. found is the state
-- that the bed was in before, with its reason and the end of its reservation, so that it can be as
-- it was when the act is taken back.
ALTER TABLE bed_assignment ADD COLUMN act TEXT NOT NULL DEFAULT 'admission'
	CHECK (act IN ('admission', 'transfer', 'swap', 'reopening'));
ALTER TABLE bed_assignment ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE bed_assignment ADD COLUMN found TEXT NOT NULL DEFAULT 'available';
ALTER TABLE bed_assignment ADD COLUMN found_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE bed_assignment ADD COLUMN found_until BIGINT;
ALTER TABLE bed_assignment ADD COLUMN with_mother BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE bed_assignment SET act = 'transfer' WHERE since > (
	SELECT admission.admitted_at FROM admission WHERE admission.id = bed_assignment.admission_id);
UPDATE bed_assignment SET reason = COALESCE((SELECT MAX(audit.reason) FROM audit
	WHERE audit.entity = 'admission' AND audit.entity_id = bed_assignment.admission_id
	AND audit.action = 'admission.transfer' AND audit.at = bed_assignment.since), '')
	WHERE act = 'transfer';
DROP INDEX bed_assignment_bed_id;
CREATE UNIQUE INDEX bed_assignment_bed_id ON bed_assignment (bed_id)
	WHERE until IS NULL AND NOT with_mother;

-- +goose Down
DROP INDEX bed_assignment_bed_id;
CREATE UNIQUE INDEX bed_assignment_bed_id ON bed_assignment (bed_id) WHERE until IS NULL;
ALTER TABLE bed_assignment DROP COLUMN with_mother;
ALTER TABLE bed_assignment DROP COLUMN found_until;
ALTER TABLE bed_assignment DROP COLUMN found_reason;
ALTER TABLE bed_assignment DROP COLUMN found;
ALTER TABLE bed_assignment DROP COLUMN reason;
ALTER TABLE bed_assignment DROP COLUMN act;
DROP INDEX admission_of_mother;
DROP INDEX admission_with_mother;
DROP INDEX admission_bed_id;
CREATE UNIQUE INDEX admission_bed_id ON admission (bed_id) WHERE discharged_at IS NULL;
ALTER TABLE admission DROP COLUMN with_mother;
ALTER TABLE admission DROP COLUMN mother_admission_id;
ALTER TABLE admission DROP COLUMN leave_reason;
ALTER TABLE admission DROP COLUMN leave_until;
ALTER TABLE admission DROP COLUMN leave_since;
ALTER TABLE admission DROP COLUMN late_reason;
ALTER TABLE admission DROP COLUMN cancelled;
