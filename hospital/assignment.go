package hospital

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// This file is who lay in which bed from when until when.

// BedAct is how a patient came to a bed.
type BedAct string

// The ways to come to a bed.
const (
	byAdmission BedAct = "admission"
	byTransfer  BedAct = "transfer"
	bySwap      BedAct = "swap"
	byReopening BedAct = "reopening" // a discharge was taken back
)

// BedAssignment is one bed of an admission, from when until when.
type BedAssignment struct {
	BedID      int64
	BedNumber  string // as the bed was called then, and so is WardName
	WardName   string
	Since      time.Time
	Until      time.Time // zero: the patient lies there
	Act        BedAct
	Reason     string // that somebody gave for it; may be empty
	WithMother bool   // in the mother's bed

	id    int64
	found foundBed
}

// foundBed is how a bed was before a patient came into it.
type foundBed struct {
	status BedStatus
	reason string
	kept   reservation
}

// bedAssignments lists the beds of an admission, the newest first.
func bedAssignments(ctx context.Context, q *sql.Tx, admissionID int64) ([]BedAssignment, error) {
	rows, err := q.QueryContext(ctx,
		`SELECT bed_assignment.id, bed_assignment.bed_id,
			COALESCE(bed_assignment.bed_number, bed.number), ward.name,
			bed_assignment.since, bed_assignment.until, bed_assignment.act,
			bed_assignment.reason, bed_assignment.with_mother, bed_assignment.found,
			bed_assignment.found_reason, bed_assignment.found_until, bed_assignment.found_for,
			COALESCE((SELECT kept.name FROM patient AS kept
				WHERE kept.id = bed_assignment.found_for), '')
		FROM bed_assignment
		JOIN bed ON bed.id = bed_assignment.bed_id
		JOIN ward ON ward.id = COALESCE(bed_assignment.ward_id, bed.ward_id)
		WHERE bed_assignment.admission_id = $1
		ORDER BY bed_assignment.since DESC, bed_assignment.id DESC`, admissionID)
	all, err := collect(rows, err, func(row scanner) (a BedAssignment, err error) {
		err = row.Scan(&a.id, &a.BedID, &a.BedNumber, &a.WardName, (*instant)(&a.Since),
			(*instant)(&a.Until), &a.Act, &a.Reason, &a.WithMother, &a.found.status,
			&a.found.reason, (*instant)(&a.found.kept.until),
			(*reference)(&a.found.kept.patientID), &a.found.kept.name)
		return a, err
	})
	return all, wrap(err, "read the beds of admission %d", admissionID)
}

// assignment is a patient's coming to a bed.
type assignment struct {
	admissionID int64
	since       time.Time
	act         BedAct
	reason      string
	withMother  bool
}

// occupy puts a patient into the locked bed, and keeps how the bed was until then.
func (c *change) occupy(ctx context.Context, bed *Bed, a assignment) error {
	found := foundBed{bed.Status, bed.StatusReason,
		reservation{patientID: bed.ReservedFor, until: bed.ReservedUntil}}
	if found.status == BedOccupied { // by somebody who leaves it in the same act, or by the mother
		found = foundBed{status: BedCleaning}
	}
	_, err := c.exec(ctx, `INSERT INTO bed_assignment (admission_id, bed_id, since, act, reason,
			with_mother, found, found_reason, found_until, found_for)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		a.admissionID, bed.ID, instant(a.since), a.act, a.reason, a.withMother, found.status,
		found.reason, instant(found.kept.until), reference(found.kept.patientID))
	if err != nil {
		return fmt.Errorf("put a patient into bed %d: %w", bed.ID, err)
	}
	return c.keepOccupied(ctx, bed)
}

// keepOccupied takes the locked bed to occupied, unless it is.
func (c *change) keepOccupied(ctx context.Context, bed *Bed) error {
	if bed.Status == BedOccupied {
		c.touch(bed)
		return nil
	}
	return c.putBed(ctx, bed, BedOccupied, "")
}

// endAssignment ends an admission's present assignment, if it has one.
func (c *change) endAssignment(ctx context.Context, admissionID int64, until time.Time) error {
	_, err := c.exec(ctx,
		`UPDATE bed_assignment SET until = $2 WHERE admission_id = $1 AND until IS NULL`,
		admissionID, instant(until))
	return wrap(err, "take admission %d out of its bed", admissionID)
}

// layIn writes where the patient of a locked admission lies from a time on; the zero Bed is none.
func (c *change) layIn(ctx context.Context, admission Admission, bed Bed, since time.Time,
	withMother bool) error {
	if bed.ID == 0 {
		since = time.Time{}
	}
	_, err := c.exec(ctx, `UPDATE admission SET bed_id = $2, bed_since = $3, with_mother = $4,
		version = version + 1 WHERE id = $1`,
		admission.ID, reference(bed.ID), instant(since), withMother)
	if refusal := uniqueViolation(err, bed); refusal != nil {
		return refusal
	}
	return wrap(err, "move admission %d", admission.ID)
}

// relocation is a patient's way from a bed, or none, to another.
type relocation struct {
	from, to   Bed
	at         time.Time
	act        BedAct
	reason     string
	withMother bool // into the mother's bed
}

// move moves the patient of a locked admission, and the newborns who lie with her, between locked
// beds. The bed that is left is to be cleaned. Their trays follow.
func (c *change) move(ctx context.Context, admission Admission, newborns []Admission,
	m relocation) error {
	if err := c.layIn(ctx, admission, m.to, m.at, m.withMother); err != nil {
		return err
	}
	if err := c.endAssignment(ctx, admission.ID, m.at); err != nil {
		return err
	}
	if m.from.ID != 0 && !admission.WithMother {
		if err := c.putBed(ctx, &m.from, BedCleaning, ""); err != nil {
			return err
		}
	}
	err := c.occupy(ctx, &m.to, assignment{admission.ID, m.at, m.act, m.reason, m.withMother})
	if err != nil {
		return err
	}
	for _, newborn := range newborns {
		if err := c.follow(ctx, newborn, m); err != nil {
			return err
		}
	}
	return c.moved(ctx, admission, "admission."+string(m.act), m.to, m.reason)
}

// moved records that the patient of a locked admission lies in another bed now, or in none, and
// sends the trays after them.
func (c *change) moved(ctx context.Context, admission Admission, action string, to Bed,
	reason string) error {
	e := admission.entry(action)
	e.wardID, e.from, e.to, e.reason = to.WardID, admission.BedNumber, to.Number, reason
	c.record(e, admission)
	if to.ID != 0 {
		c.touch(to)
	}
	return c.rerouteOrders(ctx, admission)
}

// leaveBed takes a patient, whose locked admission has just ended, out of their bed. A newborn who
// lay there with its mother has the bed to itself then; else empty says what becomes of it.
func (c *change) leaveBed(ctx context.Context, admission Admission, newborns []Admission,
	empty func(bed *Bed) error) error {
	if admission.BedID == 0 {
		return c.standAlone(ctx, newborns)
	}
	bed, err := c.lockBed(ctx, admission.BedID)
	switch {
	case err != nil:
		return err
	case admission.WithMother:
		c.touch(bed)
		return nil
	case len(newborns) > 0:
		return c.standAlone(ctx, newborns[:1])
	}
	return empty(&bed)
}

// restoreBed takes the locked bed to how it was found. A reservation that has run out meanwhile is
// none any more.
func (c *change) restoreBed(ctx context.Context, bed *Bed, found foundBed) error {
	if found.status == BedReserved && !found.kept.until.After(c.now) {
		found = foundBed{status: BedAvailable}
	}
	return c.putBedFor(ctx, bed, found.status, found.reason, found.kept)
}

// comeBack puts the patient of a locked admission back into the locked bed that they left, and
// returns since when they lie there: as if they had never left, unless somebody lay there
// meanwhile.
func (c *change) comeBack(ctx context.Context, bed *Bed, left BedAssignment,
	anew assignment) (since time.Time, err error) {
	used, err := scanValue[bool](c.tx.QueryRowContext(ctx, `SELECT EXISTS (
		SELECT 1 FROM bed_assignment WHERE bed_id = $1 AND id <> $2 AND NOT with_mother
		AND (until IS NULL OR until > since AND until > $3))`, bed.ID, left.id, instant(left.Until)))
	if err != nil {
		return since, fmt.Errorf("read who lay in bed %d meanwhile: %w", bed.ID, err)
	}
	if used && !anew.withMother {
		return anew.since, c.occupy(ctx, bed, anew)
	}
	_, err = c.exec(ctx, `UPDATE bed_assignment SET until = NULL, bed_number = NULL,
		ward_id = NULL, with_mother = $2 WHERE id = $1`,
		left.id, anew.withMother)
	if err != nil {
		return since, fmt.Errorf("put admission %d back: %w", anew.admissionID, err)
	}
	return left.Since, c.keepOccupied(ctx, bed)
}
