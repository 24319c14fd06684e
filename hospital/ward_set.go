package hospital

import (
	"cmp"
	"context"
	"fmt"
)

// SetWardCommand is what SetWard needs. What is nil does not change.
type SetWardCommand struct {
	Sex        *WardSex
	Speciality *string // at most LongestName characters; may be empty
}

// SetWard says for whom a ward is. What already stands changes nothing. Invalid names each wrong
// field, NotFound where there is no such ward.
func (h *Hospital) SetWard(ctx context.Context, actor Actor, wardID int64,
	cmd SetWardCommand) (Ward, error) {
	if cmd.Speciality != nil {
		cmd.Speciality = new(tidy(*cmd.Speciality))
	}
	if err := cmp.Or(actor.need(ArrangeWards), cmd.check()); err != nil {
		return Ward{}, err
	}
	return command(ctx, h, actor, func(ctx context.Context, c *change) (Ward, error) {
		ward, err := readWard(ctx, c.tx, wardID)
		if err != nil {
			return ward, err
		}
		return ward, c.setWard(ctx, &ward, cmd)
	})
}

// check returns what is wrong with the fields.
func (cmd SetWardCommand) check() error {
	wrong := fields{}
	if cmd.Sex != nil && !cmd.Sex.Valid() {
		refuseChoice(wrong, "sex", WardSexes)
	}
	if cmd.Speciality != nil {
		wrong.text("speciality", *cmd.Speciality, LongestName)
		wrong.letters("speciality", *cmd.Speciality)
	}
	return wrong.err()
}

// setWard changes for whom a ward is. It writes only what was given, so that of two who change
// different things at once neither takes the other's back.
func (c *change) setWard(ctx context.Context, ward *Ward, cmd SetWardCommand) error {
	was := *ward
	if cmd.Sex != nil {
		ward.Sex = *cmd.Sex
	}
	if cmd.Speciality != nil {
		ward.Speciality = *cmd.Speciality
	}
	if *ward == was {
		return nil
	}
	_, err := c.exec(ctx, `UPDATE ward SET sex = COALESCE($2, sex),
		speciality = COALESCE($3, speciality) WHERE id = $1`, ward.ID, cmd.Sex, cmd.Speciality)
	if err != nil {
		return fmt.Errorf("set ward %d: %w", ward.ID, err)
	}
	e := entry{action: "ward.set", entity: "ward", entityID: ward.ID, wardID: ward.ID}
	e.from, e.to = codesOf(coded{"sex", string(was.Sex), string(ward.Sex)},
		coded{"speciality", was.Speciality, ward.Speciality})
	c.record(e, *ward)
	return nil
}
