package hospital

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// SetBedCommand is what SetBed needs. What is nil does not change.
type SetBedCommand struct {
	Number   *string // unique among the beds that are not retired
	WardID   *int64  // an empty bed moves there
	Features *[]BedFeature
	Staffed  *bool
	Version  int64 // of the bed as the person saw it; another one now: Conflict "bed_outdated"
}

// SetBed renames a bed, moves it to another ward, and says what it has and whether somebody looks
// after it. What already stands changes nothing. Who lay in it lay in the bed as it was called, and
// where it stood, then. Invalid for a feature, a number or a ward that there is not, NotFound where
// there is no such bed, Forbidden where its ward, or the other one, is not the actor's, Conflict
// with the current BoardBed where it has another version, is retired, or is to move with somebody
// in it.
func (h *Hospital) SetBed(ctx context.Context, actor Actor, bedID int64,
	cmd SetBedCommand) (Bed, error) {
	if cmd.Number != nil {
		cmd.Number = new(strings.TrimSpace(*cmd.Number))
	}
	if err := cmp.Or(actor.need(ArrangeWards), cmd.check()); err != nil {
		return Bed{}, err
	}
	return command(ctx, h, actor, func(ctx context.Context, c *change) (Bed, error) {
		to, err := c.lockWardToMoveTo(ctx, cmd.WardID)
		if err != nil {
			return Bed{}, err
		}
		bed, err := c.lockBedInVersion(ctx, bedID, cmd.Version)
		if err == nil {
			err = c.setBed(ctx, &bed, to, cmd)
		}
		return bed, err
	})
}

// check returns what is wrong with the fields.
func (cmd SetBedCommand) check() error {
	wrong := fields{}
	if cmd.Number != nil {
		wrong.bedNumber("bed_number", *cmd.Number)
	}
	if cmd.Features != nil {
		for _, feature := range *cmd.Features {
			if !slices.Contains(BedFeatures, feature) {
				refuseChoice(wrong, "features", BedFeatures)
			}
		}
	}
	return wrong.err()
}

// lockWardToMoveTo locks the ward that a bed is to move to; nil is none, the zero Ward.
func (c *change) lockWardToMoveTo(ctx context.Context, id *int64) (Ward, error) {
	if id == nil {
		return Ward{}, nil
	}
	ward, err := c.lockWard(ctx, *id)
	if IsKind(err, NotFound) {
		return ward, refuseField("ward_id", "ward_unknown", "There is no such ward.")
	}
	return ward, err
}

// lockBedInVersion locks a bed of a ward that is the actor's and that they saw in a version; 0:
// they did not say in which.
func (c *change) lockBedInVersion(ctx context.Context, id, version int64) (Bed, error) {
	bed, err := c.lockBed(ctx, id)
	if err != nil {
		return bed, err
	}
	err = c.needWard(ctx, bed.WardID)
	if err == nil && version != 0 && version != bed.Version {
		err = bed.outdated()
	}
	if err == nil && bed.Retired() {
		err = bed.retired()
	}
	return bed, c.bedRefused(ctx, err, bed, version)
}

// setBed changes a locked bed. to is the locked ward that it moves to; the zero Ward: none.
func (c *change) setBed(ctx context.Context, bed *Bed, to Ward, cmd SetBedCommand) error {
	was := *bed
	if to.ID != 0 && to.ID != bed.WardID {
		if err := c.checkMove(ctx, *bed, to); err != nil {
			return err
		}
		bed.WardID, bed.WardName, bed.WardSex = to.ID, to.Name, to.Sex
	}
	set(&bed.Number, cmd.Number)
	set(&bed.Staffed, cmd.Staffed)
	if cmd.Features != nil {
		bed.Features = NewBedFeatureSet(*cmd.Features...)
	}
	if *bed == was {
		return nil
	}
	if bed.Number != was.Number {
		if err := c.checkNumberFree(ctx, bed.Number); err != nil {
			return err
		}
	}
	return c.putPlace(ctx, bed, was)
}

// checkMove refuses to move a locked bed with somebody in it: who lies there would be in another
// ward without a transfer.
func (c *change) checkMove(ctx context.Context, bed Bed, to Ward) error {
	if err := c.needWard(ctx, to.ID); err != nil {
		return err
	}
	return c.checkEmpty(ctx, bed)
}

// checkEmpty refuses where somebody lies in a locked bed, and says who.
func (c *change) checkEmpty(ctx context.Context, bed Bed) error {
	inside, err := c.occupantsWhere(ctx, `bed.id = $1`, bed.ID)
	if err != nil || len(inside) == 0 {
		return err
	}
	names := joined(inside, ", ", func(o Occupant) string { return string(o.PatientName) })
	return c.bedRefused(ctx, bed.conflict("bed_not_empty",
		"Still in bed %s: %s. Transfer or discharge them first.", bed.Number, names), bed, 0)
}

// putPlace writes what a locked bed is called, where it stands and what it is fit for.
func (c *change) putPlace(ctx context.Context, bed *Bed, was Bed) error {
	err := c.tx.QueryRowContext(ctx, `UPDATE bed SET number = $2, ward_id = $3, features = $4,
		staffed = $5, version = version + 1 WHERE id = $1 RETURNING version`,
		bed.ID, bed.Number, bed.WardID, bed.Features, bed.Staffed).Scan(&bed.Version)
	if err != nil {
		return bedNotWritten(err, bed.Number)
	}
	e := entry{action: "bed.set", entity: "bed", entityID: bed.ID, wardID: bed.WardID,
		version: bed.Version}
	e.from, e.to = codesOf(
		coded{"bed_number", was.Number, bed.Number},
		coded{"ward_id", number(was.WardID), number(bed.WardID)},
		coded{"features", was.Features.codes(), bed.Features.codes()},
		coded{"staffed", strconv.FormatBool(was.Staffed), strconv.FormatBool(bed.Staffed)})
	c.record(e, bed, was)
	if was.Number == bed.Number && was.WardID == bed.WardID {
		return nil
	}
	if err := c.keepPlace(ctx, was); err != nil {
		return err
	}
	return c.placesRenamed(ctx, `SELECT id FROM bed WHERE id = $1`, bed.ID)
}

// keepPlace keeps how a bed was called, and where it stood, with those who have left it.
func (c *change) keepPlace(ctx context.Context, was Bed) error {
	_, err := c.exec(ctx, `UPDATE bed_assignment SET bed_number = COALESCE(bed_number, $2),
		ward_id = COALESCE(ward_id, $3) WHERE bed_id = $1 AND until IS NOT NULL`,
		was.ID, was.Number, was.WardID)
	return wrap(err, "keep how bed %d was called", was.ID)
}

// placesRenamed tells every screen that shows where some beds' patients lie, and where their trays
// go or went of late, that this reads otherwise now. beds is a query of the beds' ids, with $1.
func (c *change) placesRenamed(ctx context.Context, beds string, id int64) error {
	patients, err := queryIDs(ctx, c.tx, `SELECT DISTINCT patient_id FROM admission
		WHERE discharged_at IS NULL AND bed_id IN (`+beds+`) ORDER BY patient_id`, id)
	if err != nil {
		return wrap(err, "read who lies there")
	}
	for _, patient := range patients {
		if err := c.touchTrays(ctx, patient); err != nil {
			return err
		}
	}
	// #nosec G202 -- the query is one of this package's own, with $1 for what people send
	trays, err := queryIDs(ctx, c.tx, `SELECT id FROM delivery
		WHERE ended_at IS NULL AND departed_bed_id IN (`+beds+`)
		UNION SELECT id FROM delivery WHERE ended_at >= $2 AND ended_at < $3
			AND (ended_bed_id IN (`+beds+`) OR departed_bed_id IN (`+beds+`))`, id,
		instant(c.now.Add(-recently)), uncounted(c.now))
	for _, tray := range trays {
		c.touch(Delivery{ID: tray})
	}
	c.touch(topicOnly(KitchenTopic))
	return wrap(err, "read which trays went there")
}

// codes lists the features by their codes, as the audit keeps them.
func (s BedFeatureSet) codes() string {
	return joined(s.List(), ",", func(feature BedFeature) string { return string(feature) })
}

// RetireBed takes a bed out of the hospital for good. Who lay in it still lay there; its number is
// free again. NotFound where there is no such bed, Forbidden where its ward is not the actor's,
// Conflict with the current BoardBed where it has another version, is retired already, somebody
// lies in it, or it is kept for a patient.
func (h *Hospital) RetireBed(ctx context.Context, actor Actor, bedID int64, reason string,
	version int64) error {
	reason = tidy(reason)
	if err := cmp.Or(actor.need(ArrangeWards), checkReason(reason)); err != nil {
		return err
	}
	return h.change(ctx, actor, func(ctx context.Context, c *change) error {
		bed, err := c.lockBedInVersion(ctx, bedID, version)
		if err == nil {
			err = c.checkEmpty(ctx, bed)
		}
		if err == nil && bed.ReservedFor != 0 {
			err = c.bedRefused(ctx, bed.conflict("bed_kept",
				"Bed %s is kept for %s. Make it available first.", bed.Number,
				string(bed.ReservedName)), bed, version)
		}
		if err != nil {
			return err
		}
		return c.retireBed(ctx, &bed, reason)
	})
}

// retireBed retires a locked bed.
func (c *change) retireBed(ctx context.Context, bed *Bed, reason string) error {
	was := bed.Status
	if err := c.putBed(ctx, bed, BedClosed, reason); err != nil {
		return err
	}
	bed.RetiredAt, bed.RetiredBy = c.now, c.actor.Username
	err := c.tx.QueryRowContext(ctx, `UPDATE bed SET retired_at = $2, retired_by = $3,
		version = version + 1 WHERE id = $1 RETURNING version`,
		bed.ID, instant(bed.RetiredAt), bed.RetiredBy).Scan(&bed.Version)
	if err != nil {
		return fmt.Errorf("retire bed %d: %w", bed.ID, err)
	}
	c.record(entry{action: "bed.retire", entity: "bed", entityID: bed.ID, wardID: bed.WardID,
		from: string(was), to: "retired", reason: reason, version: bed.Version}, bed)
	return nil
}

// retired is the refusal of a command on a bed that is out of the hospital.
func (b Bed) retired() error {
	return b.conflict("bed_retired",
		"Bed %s is retired. Add a bed with this number if it is back.", b.Number)
}
