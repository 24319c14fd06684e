package hospital

import (
	"context"
	"time"
)

// This file is what keeps a newborn with its mother. One who has no bed of its own lies in hers, is
// moved with her, and its trays go where she lies. One with a bed of its own is moved by itself.

// place is where somebody is admitted to.
type place struct {
	Bed                   // zero: none
	withMother  bool      // the bed is the mother's, or she waits for one
	motherSince time.Time // since when the mother lies there
}

// lockMotherOf locks the admission that is to be a newborn's mother's, or records what is wrong
// with it. No mother at all is the zero Admission.
func (c *change) lockMotherOf(ctx context.Context, cmd AdmitCommand,
	wrong fields) (mother Admission, err error) {
	if cmd.MotherAdmissionID == 0 {
		return mother, nil
	}
	if err := c.lockAdmission(ctx, cmd.MotherAdmissionID); err != nil {
		return mother, err
	}
	mother, err = readAdmission(ctx, c.tx, cmd.MotherAdmissionID)
	switch {
	case IsKind(err, NotFound):
		wrong.refuse("mother_admission_id", "stay_unknown", "There is no such stay.")
		return mother, nil
	case err != nil:
		return mother, err
	case !mother.DischargedAt.IsZero():
		wrong.refuse("mother_admission_id", "mother_left",
			"The mother's stay has ended. Admit the newborn without her.")
	case mother.MotherAdmissionID != 0 || mother.PatientID == cmd.PatientID || mother.Sex == "male":
		wrong.refuse("mother_admission_id", "mother_wrong",
			"This stay can't be the mother's. Choose hers.")
	}
	return mother, nil
}

// lockPlace locks where somebody is to be admitted to: a newborn who is given no bed, or its
// mother's, lies with her.
func (c *change) lockPlace(ctx context.Context, cmd AdmitCommand, mother Admission,
	wrong fields) (place, error) {
	withMother := mother.ID != 0 && (cmd.BedID == 0 || cmd.BedID == mother.BedID)
	if !withMother {
		bed, err := c.lockTarget(ctx, cmd.BedID, wrong)
		return place{Bed: bed}, err
	}
	bed, err := c.lockTarget(ctx, mother.BedID, wrong)
	return place{bed, true, mother.BedSince}, err
}

// lockWithMother locks an admission, and before it the mother's where it is a newborn's, and
// returns it as it stands. NotFound where there is none.
func (c *change) lockWithMother(ctx context.Context, id int64) (Admission, error) {
	mother, err := scanValue[reference](c.tx.QueryRowContext(ctx,
		`SELECT mother_admission_id FROM admission WHERE id = $1`, id))
	if err := wrapRow(err, unknownAdmission, "read the mother of admission %d", id); err != nil {
		return Admission{}, err
	}
	if mother != 0 {
		if err := c.lockAdmission(ctx, int64(mother)); err != nil {
			return Admission{}, err
		}
	}
	if err := c.lockAdmission(ctx, id); err != nil {
		return Admission{}, err
	}
	return readAdmission(ctx, c.tx, id)
}

// lockNewborns locks and returns the open admissions of those who lie with the patient of a locked
// one: in the same bed, or waiting with her for one. They are younger than hers, so the order of
// locks holds, and none comes or goes while hers is held.
func (c *change) lockNewborns(ctx context.Context, admission Admission) ([]Admission, error) {
	if admission.WithMother {
		return nil, nil
	}
	ids, err := queryIDs(ctx, c.tx, `SELECT id FROM admission
		WHERE discharged_at IS NULL AND with_mother AND (bed_id = $1
			OR bed_id IS NULL AND $1 = 0 AND mother_admission_id = $2) ORDER BY id`,
		admission.BedID, admission.ID)
	if err != nil {
		return nil, wrap(err, "read who lies with admission %d", admission.ID)
	}
	var newborns []Admission
	for _, id := range ids {
		if err := c.lockAdmission(ctx, id); err != nil {
			return nil, err
		}
		newborn, err := readAdmission(ctx, c.tx, id)
		if err != nil {
			return nil, err
		}
		if newborn.DischargedAt.IsZero() && newborn.WithMother && newborn.BedID == admission.BedID {
			newborns = append(newborns, newborn)
		}
	}
	return newborns, nil
}

// joinsMother reports whether a bed is the one where the mother of a locked admission lies.
func (c *change) joinsMother(ctx context.Context, admission Admission, bedID int64) (bool, error) {
	if admission.MotherAdmissionID == 0 || bedID == 0 {
		return false, nil
	}
	mother, err := readAdmission(ctx, c.tx, admission.MotherAdmissionID)
	return err == nil && mother.DischargedAt.IsZero() && mother.BedID == bedID, err
}

// follow moves a newborn whose locked admission lies with somebody who is moved.
func (c *change) follow(ctx context.Context, newborn Admission, m relocation) error {
	if err := c.layIn(ctx, newborn, m.to, m.at, true); err != nil {
		return err
	}
	if err := c.endAssignment(ctx, newborn.ID, m.at); err != nil {
		return err
	}
	err := c.occupy(ctx, &m.to, assignment{newborn.ID, m.at, m.act, m.reason, true})
	if err != nil {
		return err
	}
	return c.moved(ctx, newborn, "admission."+string(m.act), m.to, m.reason)
}

// standAlone lets newborns whose locked admissions lay with somebody go on by themselves: in the
// bed that is theirs then, or waiting for one.
func (c *change) standAlone(ctx context.Context, newborns []Admission) error {
	for _, newborn := range newborns {
		_, err := c.exec(ctx, `UPDATE admission SET with_mother = FALSE, version = version + 1
			WHERE id = $1`, newborn.ID)
		if err != nil {
			return wrap(err, "part admission %d from the mother's", newborn.ID)
		}
		_, err = c.exec(ctx, `UPDATE bed_assignment SET with_mother = FALSE
			WHERE admission_id = $1 AND until IS NULL`, newborn.ID)
		if err != nil {
			return wrap(err, "give a bed to admission %d", newborn.ID)
		}
		c.record(newborn.entry("admission.part_from_mother"), newborn)
		if _, err := c.touchOpenOrders(ctx, newborn.ID); err != nil {
			return err
		}
	}
	return nil
}
