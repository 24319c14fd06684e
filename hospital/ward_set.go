package hospital

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
)

// SetWardCommand is what SetWard needs. What is nil does not change.
type SetWardCommand struct {
	Code       *string // as of AddWardCommand, and so is the rest
	Name       *string
	Block      *string
	Position   *int
	Sex        *WardSex
	Speciality *string
	Open       *bool
	Version    int64 // of the ward as the person saw it; another one now: Conflict "ward_outdated"
}

// SetWard says what a ward is called, where it is and for whom, and opens and closes it. What
// already stands changes nothing. Invalid names each wrong field, NotFound where there is no such
// ward, Forbidden where it is not the actor's, Conflict where it has another version, where its new
// code is taken, and where somebody lies in a ward that is to be closed.
func (h *Hospital) SetWard(ctx context.Context, actor Actor, wardID int64,
	cmd SetWardCommand) (Ward, error) {
	cmd.tidy()
	if err := cmp.Or(actor.need(ArrangeWards), cmd.check()); err != nil {
		return Ward{}, err
	}
	return command(ctx, h, actor, func(ctx context.Context, c *change) (Ward, error) {
		ward, err := c.lockWardInVersion(ctx, wardID, cmd.Version)
		if err == nil {
			err = c.setWard(ctx, &ward, cmd)
		}
		return ward, err
	})
}

// lockWardInVersion locks a ward that is the actor's and that they saw in a version; 0: they did
// not say in which.
func (c *change) lockWardInVersion(ctx context.Context, id, version int64) (Ward, error) {
	ward, err := c.lockWard(ctx, id)
	if err == nil {
		err = c.needWard(ctx, id)
	}
	if err == nil && version != 0 && version != ward.Version {
		err = c.withChanges(ctx, ward.outdated(), "ward", id, version, ward.Version)
	}
	return ward, err
}

// lockWard keeps a ward from everyone else until the commit and returns it as it stands. NotFound
// where there is none.
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

// tidy brings the texts into the form in which they are checked and kept.
func (cmd *SetWardCommand) tidy() {
	for _, text := range []**string{&cmd.Name, &cmd.Block, &cmd.Speciality} {
		if *text != nil {
			*text = new(tidy(**text))
		}
	}
}

// check returns what is wrong with the fields.
func (cmd SetWardCommand) check() error {
	wrong := fields{}
	if cmd.Code != nil {
		wrong.wardCode(*cmd.Code)
	}
	if cmd.Name != nil {
		wrong.wardName(*cmd.Name)
	}
	if cmd.Block != nil {
		wrong.name("block", *cmd.Block)
	}
	if cmd.Position != nil {
		wrong.position(*cmd.Position)
	}
	if cmd.Sex != nil && !cmd.Sex.Valid() {
		refuseChoice(wrong, "sex", WardSexes)
	}
	if cmd.Speciality != nil {
		wrong.name("speciality", *cmd.Speciality)
	}
	return wrong.err()
}

// applied is a ward as the command makes it.
func (cmd SetWardCommand) applied(w Ward) Ward {
	set(&w.Code, cmd.Code)
	set(&w.Name, cmd.Name)
	set(&w.Block, cmd.Block)
	set(&w.Position, cmd.Position)
	set(&w.Sex, cmd.Sex)
	set(&w.Speciality, cmd.Speciality)
	set(&w.Open, cmd.Open)
	return w
}

// set changes a field to what is given, if anything is.
func set[T any](field, given *T) {
	if given != nil {
		*field = *given
	}
}

// setWard changes a locked ward.
func (c *change) setWard(ctx context.Context, ward *Ward, cmd SetWardCommand) error {
	was := *ward
	*ward = cmd.applied(was)
	if *ward == was {
		return nil
	}
	if was.Open && !ward.Open {
		if err := c.checkNobodyInside(ctx, was); err != nil {
			return err
		}
	}
	err := c.tx.QueryRowContext(ctx, `UPDATE ward SET code = $2, name = $3, block = $4,
		position = $5, sex = $6, speciality = $7, is_open = $8, version = version + 1
		WHERE id = $1 RETURNING version`,
		ward.ID, ward.Code, ward.Name, ward.Block, ward.Position, ward.Sex, ward.Speciality,
		ward.Open).Scan(&ward.Version)
	if err != nil {
		return wardNotWritten(err, ward.Code)
	}
	e := entry{action: "ward.set", entity: "ward", entityID: ward.ID, wardID: ward.ID,
		version: ward.Version}
	e.from, e.to = was.differences(*ward)
	c.record(e, *ward)
	if was.Code == ward.Code && was.Name == ward.Name {
		return nil
	}
	return c.placesRenamed(ctx, `SELECT id FROM bed WHERE ward_id = $1`, ward.ID)
}

// differences are the fields in which a ward has changed, as the audit keeps them.
func (w Ward) differences(now Ward) (was, is string) {
	return codesOf(coded{"code", w.Code, now.Code}, coded{"name", w.Name, now.Name},
		coded{"block", w.Block, now.Block},
		coded{"position", strconv.Itoa(w.Position), strconv.Itoa(now.Position)},
		coded{"sex", string(w.Sex), string(now.Sex)},
		coded{"speciality", w.Speciality, now.Speciality},
		coded{"is_open", strconv.FormatBool(w.Open), strconv.FormatBool(now.Open)})
}

// checkNobodyInside refuses to close a locked ward in which somebody lies, and says who. It keeps
// its beds until the commit, so that nobody comes into one meanwhile.
func (c *change) checkNobodyInside(ctx context.Context, ward Ward) error {
	beds, err := queryIDs(ctx, c.tx, `SELECT id FROM bed WHERE ward_id = $1 ORDER BY id`, ward.ID)
	if err != nil {
		return wrap(err, "read the beds of ward %d", ward.ID)
	}
	for _, id := range beds {
		if _, err := c.lock(ctx, "bed", id); err != nil {
			return err
		}
	}
	inside, err := c.occupantsWhere(ctx, `bed.ward_id = $1`, ward.ID)
	if err != nil || len(inside) == 0 {
		return err
	}
	return Refuse(Conflict, "ward_occupied",
		"Still in ward %s: %s. Transfer or discharge them first.",
		ward.Name, occupantNames(inside)).With(ward)
}

// occupantsWhere reads who lies in some beds, newborns with their mothers too.
func (c *change) occupantsWhere(ctx context.Context, condition string, id int64) ([]Occupant,
	error) {
	// #nosec G202 -- the condition is one of this package's own, with $1 for what people send
	rows, err := c.tx.QueryContext(ctx, selectOccupants+`FROM bed
		JOIN ward ON ward.id = bed.ward_id
		JOIN admission ON admission.bed_id = bed.id AND admission.discharged_at IS NULL
		JOIN patient ON patient.id = admission.patient_id
		WHERE `+condition+` ORDER BY length(bed.number), bed.number, admission.id`, id)
	inside, err := collect(rows, err, scanOccupant)
	return inside, wrap(err, "read who lies there")
}

// mostNamed is how many people a refusal names.
const mostNamed = 12

// occupantNames names who lies where, for a sentence; of very many the first.
func occupantNames(inside []Occupant) string {
	names := joined(inside[:min(len(inside), mostNamed)], ", ", func(o Occupant) string {
		return string(o.PatientName) + " (" + o.BedNumber + ")"
	})
	if len(inside) > mostNamed {
		names += fmt.Sprintf(" … (%d)", len(inside))
	}
	return names
}
