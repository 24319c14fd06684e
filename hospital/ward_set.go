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
	Version    int64   // of the ward as the person saw it; another one now: Conflict "ward_outdated"
}

// SetWard says for whom a ward is. What already stands changes nothing. Invalid names each wrong
// field, NotFound where there is no such ward, Conflict where it has another version.
func (h *Hospital) SetWard(ctx context.Context, actor Actor, wardID int64,
	cmd SetWardCommand) (Ward, error) {
	if cmd.Speciality != nil {
		cmd.Speciality = new(tidy(*cmd.Speciality))
	}
	if err := cmp.Or(actor.need(ArrangeWards), cmd.check()); err != nil {
		return Ward{}, err
	}
	return command(ctx, h, actor, func(ctx context.Context, c *change) (Ward, error) {
		ward, err := c.lockWard(ctx, wardID)
		if err == nil && cmd.Version != 0 && cmd.Version != ward.Version {
			err = c.withChanges(ctx, ward.outdated(), "ward", wardID, cmd.Version, ward.Version)
		}
		if err == nil {
			err = c.setWard(ctx, &ward, cmd)
		}
		return ward, err
	})
}

// lockWard keeps what a ward is for from everyone else until the commit and returns it as it
// stands. NotFound where there is none.
func (c *change) lockWard(ctx context.Context, id int64) (Ward, error) {
	if _, err := c.lock(ctx, "ward", id); err != nil {
		return Ward{}, err
	}
	return readWard(ctx, c.tx, id)
}

// outdated is the refusal of a command whose giver saw another version.
func (w Ward) outdated() error {
	return Refuse(Conflict, "ward_outdated",
		"Ward %s has changed meanwhile. Look again before you change it.", w.Name).With(w)
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

// setWard changes for whom a locked ward is.
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
	err := c.tx.QueryRowContext(ctx, `UPDATE ward SET sex = $2, speciality = $3,
		version = version + 1 WHERE id = $1 RETURNING version`,
		ward.ID, ward.Sex, ward.Speciality).Scan(&ward.Version)
	if err != nil {
		return fmt.Errorf("set ward %d: %w", ward.ID, err)
	}
	e := entry{action: "ward.set", entity: "ward", entityID: ward.ID, wardID: ward.ID,
		version: ward.Version}
	e.from, e.to = codesOf(coded{"sex", string(was.Sex), string(ward.Sex)},
		coded{"speciality", was.Speciality, ward.Speciality})
	c.record(e, *ward)
	return nil
}
