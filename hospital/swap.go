package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// SwapCommand is what Swap needs.
type SwapCommand struct {
	With        int64 // the other admission
	WithVersion int64 // of it as the person saw it; 0 where they did not say
	Reason      string
	AdmissionID int64 // as TransferCommand's
	Version     int64
}

// Swap lets two patients change beds in one act: neither bed is free or to be cleaned in between,
// and their trays follow. Newborns who lie with one of them come along. Invalid where there is no
// such other patient; NotFound where there is no such admission; Conflict where one of the two
// waits for a bed, lies with the mother, has ended or has another version, or would come into a
// closed ward.
func (h *Hospital) Swap(ctx context.Context, actor Actor, admissionID int64,
	cmd SwapCommand) (Admission, error) {
	if err := actor.need(TransferPatients); err != nil {
		return Admission{}, err
	}
	cmd.Reason = tidy(cmd.Reason)
	if err := cmd.check(admissionID); err != nil {
		return Admission{}, err
	}
	return command(ctx, h, actor, func(ctx context.Context, c *change) (Admission, error) {
		if err := c.swap(ctx, admissionID, cmd); err != nil {
			return Admission{}, err
		}
		return readAdmission(ctx, c.tx, admissionID)
	})
}

// check returns what is wrong with the fields.
func (cmd SwapCommand) check(admissionID int64) error {
	wrong := fields{}
	switch cmd.With {
	case 0:
		wrong.refuse("with", "swap_missing", "Choose with whom to swap.")
	case admissionID:
		wrong.refuse("with", "swap_self", "Choose another patient to swap with.")
	}
	wrong.text("reason", cmd.Reason, LongestReason)
	return wrong.err()
}

// swap lets the patients of two admissions change beds.
func (c *change) swap(ctx context.Context, id int64, cmd SwapCommand) error {
	one, other, newborns, err := c.lockSwap(ctx, id, cmd)
	if err != nil {
		return err
	}
	at := latest(c.now, one.BedSince, other.BedSince)
	bedOfOne, bedOfOther, err := c.lockBeds(ctx, one.BedID, other.BedID, fields{})
	if err != nil {
		return err
	}
	if err := c.checkSwap(ctx, bedOfOne, bedOfOther); err != nil {
		return err
	}
	// Their beds are free for each other as long as one has none.
	_, err = c.exec(ctx, `UPDATE admission SET bed_id = NULL, bed_since = NULL WHERE id = $1`,
		one.ID)
	if err != nil {
		return fmt.Errorf("swap the beds of admissions %d and %d: %w", one.ID, other.ID, err)
	}
	if err := c.endAssignment(ctx, one.ID, at); err != nil {
		return err
	}
	toOne := relocation{to: bedOfOne, at: at, act: bySwap, reason: cmd.Reason}
	if err := c.move(ctx, other, newborns[other.ID], toOne); err != nil {
		return err
	}
	toOther := relocation{to: bedOfOther, at: at, act: bySwap, reason: cmd.Reason}
	return c.move(ctx, one, newborns[one.ID], toOther)
}

// lockSwap locks two admissions, the lower id first, and those who lie with each, by whom they lie
// with.
func (c *change) lockSwap(ctx context.Context, id int64, cmd SwapCommand) (
	one, other Admission, newborns map[int64][]Admission, err error) {
	seen := map[int64]precondition{
		id:       {cmd.AdmissionID, cmd.Version},
		cmd.With: {0, cmd.WithVersion},
	}
	locked, newborns := map[int64]Admission{}, map[int64][]Admission{}
	for _, each := range slices.Sorted(slices.Values([]int64{id, cmd.With})) {
		locked[each], err = c.lockOpenAdmission(ctx, each, seen[each])
		if IsKind(err, NotFound) && each == cmd.With {
			err = refuseField("with", "stay_unknown", "There is no such stay.")
		}
		if err != nil {
			return one, other, nil, err
		}
	}
	one, other = locked[id], locked[cmd.With]
	if err := cmp.Or(one.maySwap(c.actor), other.maySwap(c.actor)); err != nil {
		return one, other, nil, err
	}
	for _, each := range []Admission{one, other} {
		if newborns[each.ID], err = c.lockNewborns(ctx, each); err != nil {
			return one, other, nil, err
		}
	}
	return one, other, newborns, nil
}

// maySwap returns why the patient can't change beds with another, or nil.
func (a Admission) maySwap(actor Actor) error {
	switch {
	case a.BedID == 0:
		return a.conflict("swap_no_bed",
			"%s has no bed to swap. Place the patient in a free bed instead.",
			actor.called(a.PatientName))
	case a.WithMother:
		return a.conflict("moves_with_mother",
			"The newborn is moved with its mother. Take her transfer back instead.")
	}
	return nil
}

// checkSwap refuses a swap that would bring somebody into a closed ward.
func (c *change) checkSwap(ctx context.Context, one, other Bed) error {
	if one.WardID == other.WardID {
		return nil
	}
	for _, bed := range []Bed{one, other} {
		ward, err := readWard(ctx, c.tx, bed.WardID)
		if err != nil {
			return err
		}
		if !ward.Open {
			return bed.conflict("ward_closed",
				"Ward %s is closed and takes nobody in. Choose a bed in another ward.", ward.Name)
		}
	}
	return nil
}

// Occupant is somebody who lies in a bed.
type Occupant struct {
	AdmissionID int64
	PatientName PatientName
	Sex         string // of the patient
	BedNumber   string // empty: waits for a bed with the mother
	WardName    string
	Newborn     bool  // has a mother
	Version     int64 // of the admission
}

// MayBeMother reports whether nothing on record speaks against their being a newborn's mother.
func (o Occupant) MayBeMother() bool { return o.Sex != "male" && !o.Newborn }

// selectOccupants reads those who lie in beds, the newborns among them.
const selectOccupants = `SELECT admission.id, patient.name, patient.sex, COALESCE(bed.number, ''),
		COALESCE(ward.name, ''), admission.mother_admission_id IS NOT NULL, admission.version `

// newbornsOf lists the newborns of the patient of an admission, and whoever else lies in a bed
// beside its patient.
func newbornsOf(ctx context.Context, q *sql.Tx, admissionID, bedID int64) ([]Occupant, error) {
	rows, err := q.QueryContext(ctx, selectOccupants+`FROM admission
		JOIN patient ON patient.id = admission.patient_id
		LEFT JOIN bed ON bed.id = admission.bed_id
		LEFT JOIN ward ON ward.id = bed.ward_id
		WHERE admission.id IN (
			SELECT id FROM admission WHERE mother_admission_id = $1 AND discharged_at IS NULL
			UNION SELECT id FROM admission
			WHERE bed_id = $2 AND discharged_at IS NULL AND with_mother AND id <> $1)
		ORDER BY admission.id`, admissionID, bedID)
	newborns, err := collect(rows, err, scanOccupant)
	return newborns, wrap(err, "read the newborns of admission %d", admissionID)
}

// occupantsBut lists who lies in the other beds than one, those of its ward first, by number.
func occupantsBut(ctx context.Context, q *sql.Tx, bed Bed) ([]Occupant, error) {
	rows, err := q.QueryContext(ctx, selectOccupants+`FROM bed
		JOIN ward ON ward.id = bed.ward_id
		JOIN admission ON admission.bed_id = bed.id AND admission.discharged_at IS NULL
			AND NOT admission.with_mother
		JOIN patient ON patient.id = admission.patient_id
		WHERE bed.id <> $1
		ORDER BY CASE WHEN bed.ward_id = $2 THEN 0 ELSE 1 END, ward.position, ward.code,
			length(bed.number), bed.number`, bed.ID, bed.WardID)
	others, err := collect(rows, err, scanOccupant)
	return others, wrap(err, "read who lies elsewhere than in bed %d", bed.ID)
}

func scanOccupant(row scanner) (o Occupant, err error) {
	err = row.Scan(&o.AdmissionID, &o.PatientName, &o.Sex, &o.BedNumber, &o.WardName, &o.Newborn,
		&o.Version)
	return o, err
}
