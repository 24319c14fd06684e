package hospital

import (
	"context"
	"fmt"
	"slices"
	"strconv"
)

// SetBedCommand is what SetBed needs. What is nil does not change.
type SetBedCommand struct {
	Features *[]BedFeature
	Staffed  *bool
	Version  int64 // of the bed as the person saw it; another one now: Conflict "bed_outdated"
}

// SetBed says what a bed has and whether somebody looks after it. What already stands changes
// nothing. Invalid for a feature that there is not, NotFound where there is no such bed, Conflict
// with the current BoardBed where it has another version.
func (h *Hospital) SetBed(ctx context.Context, actor Actor, bedID int64,
	cmd SetBedCommand) (Bed, error) {
	if err := actor.need(ArrangeWards); err != nil {
		return Bed{}, err
	}
	if err := cmd.check(); err != nil {
		return Bed{}, err
	}
	return command(ctx, h, actor, func(ctx context.Context, c *change) (Bed, error) {
		bed, err := c.lockBed(ctx, bedID)
		if err == nil && cmd.Version != 0 && cmd.Version != bed.Version {
			err = c.bedRefused(ctx, bed.outdated(), bed, cmd.Version)
		}
		if err == nil {
			err = c.setBed(ctx, &bed, cmd)
		}
		return bed, err
	})
}

// check returns what is wrong with the fields.
func (cmd SetBedCommand) check() error {
	wrong := fields{}
	if cmd.Features != nil {
		for _, feature := range *cmd.Features {
			if !slices.Contains(BedFeatures, feature) {
				refuseChoice(wrong, "features", BedFeatures)
			}
		}
	}
	return wrong.err()
}

// setBed changes what a locked bed is fit for.
func (c *change) setBed(ctx context.Context, bed *Bed, cmd SetBedCommand) error {
	was := bed.Fitness
	if cmd.Features != nil {
		bed.Features = NewBedFeatureSet(*cmd.Features...)
	}
	if cmd.Staffed != nil {
		bed.Staffed = *cmd.Staffed
	}
	if bed.Fitness == was {
		return nil
	}
	err := c.tx.QueryRowContext(ctx, `UPDATE bed SET features = $2, staffed = $3,
		version = version + 1 WHERE id = $1 RETURNING version`,
		bed.ID, bed.Features, bed.Staffed).Scan(&bed.Version)
	if err != nil {
		return fmt.Errorf("set bed %d: %w", bed.ID, err)
	}
	e := entry{action: "bed.set", entity: "bed", entityID: bed.ID, wardID: bed.WardID,
		version: bed.Version}
	e.from, e.to = codesOf(
		coded{"features", was.Features.codes(), bed.Features.codes()},
		coded{"staffed", strconv.FormatBool(was.Staffed), strconv.FormatBool(bed.Staffed)})
	c.record(e, bed)
	return nil
}

// codes lists the features by their codes, as the audit keeps them.
func (s BedFeatureSet) codes() string {
	return joined(s.List(), ",", func(feature BedFeature) string { return string(feature) })
}
