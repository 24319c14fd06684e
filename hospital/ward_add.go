package hospital

import (
	"cmp"
	"context"
	"fmt"
	"regexp"

	"dusangire/hospital/internal/store"
)

// AddWard creates a ward with its beds, all available. For setting a hospital up. Invalid names
// each wrong field, Conflict a code that is taken. An IdempotencyKey works as for Admit.
func (h *Hospital) AddWard(ctx context.Context, actor Actor, ward AddWardCommand) (Ward, error) {
	ward.tidy()
	if err := cmp.Or(actor.need(SetUpWards), ward.check()); err != nil {
		return Ward{}, err
	}
	wanted := ward
	wanted.IdempotencyKey = ""
	added, _, err := create(ctx, h, actor, creation[Ward]{
		name: "ward.add", key: ward.IdempotencyKey, said: wanted,
		make: func(ctx context.Context, c *change) (int64, error) { return c.addWard(ctx, wanted) },
		read: readWard,
	})
	return added, err
}

// tidy brings the fields into the form in which they are checked and kept.
func (w *AddWardCommand) tidy() {
	w.Name, w.Block, w.Speciality = tidy(w.Name), tidy(w.Block), tidy(w.Speciality)
	w.Sex = cmp.Or(w.Sex, AnySex)
}

// check returns what is wrong with the fields of a new ward.
func (w AddWardCommand) check() error {
	wrong := fields{}
	wrong.wardCode(w.Code)
	wrong.wardName(w.Name)
	wrong.name("block", w.Block)
	wrong.name("speciality", w.Speciality)
	if w.Position != nil {
		wrong.position(*w.Position)
	}
	if !w.Sex.Valid() {
		refuseChoice(wrong, "sex", WardSexes)
	}
	if w.Beds < 0 || w.Beds > MostBeds {
		wrong.refuse("beds", "bed_count", "A ward has 0 to %d beds.", MostBeds)
	}
	return wrong.err()
}

var wardCode = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{0,11}$`)

// wardCode records what is wrong with the code of a ward.
func (f fields) wardCode(code string) {
	if !wardCode.MatchString(code) {
		f.refuse("code", "ward_code", "Use 1 to 12 capital letters, digits and hyphens.")
	}
}

// wardName records what is wrong with what a ward is called.
func (f fields) wardName(name string) {
	if name == "" {
		f.refuse("name", "ward_name_missing", "Give the ward a name.")
	}
	f.name("name", name)
}

// name records what is wrong with a name that may be empty.
func (f fields) name(field, name string) {
	f.text(field, name, LongestName)
	f.letters(field, name)
}

// position records what is wrong with a place among wards.
func (f fields) position(n int) {
	if n < 0 || n > LastPosition {
		f.refuse("position", "ward_position", "Give a place of 0 to %d.", LastPosition)
	}
}

// addWard inserts a ward with its beds and returns its id.
func (c *change) addWard(ctx context.Context, ward AddWardCommand) (id int64, err error) {
	if ward.Position == nil {
		if ward.Position, err = c.nextPosition(ctx); err != nil {
			return 0, err
		}
	}
	id, err = c.insert(ctx, `INSERT INTO ward (code, name, block, position, sex, speciality,
			is_open)
		VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
		ward.Code, ward.Name, ward.Block, *ward.Position, ward.Sex, ward.Speciality, !ward.Closed)
	if err != nil {
		return 0, wardNotWritten(err, ward.Code)
	}
	c.record(entry{action: "ward.add", entity: "ward", entityID: id, wardID: id, to: ward.Code,
		version: 1}, Ward{ID: id})
	for n := 1; n <= ward.Beds; n++ {
		number := fmt.Sprintf("%s-%02d", ward.Code, n)
		if _, err := c.addBed(ctx, number, id); err != nil {
			return 0, err
		}
	}
	return id, nil
}

// nextPosition is the place after all wards; the first, where nobody has put them in an order yet.
func (c *change) nextPosition(ctx context.Context) (*int, error) {
	last, err := scanValue[int](c.tx.QueryRowContext(ctx,
		`SELECT COALESCE(max(position), 0) FROM ward`))
	if last > 0 {
		last++
	}
	return new(min(last, LastPosition)), wrap(err, "read the last ward's place")
}

// wardNotWritten words why a ward with a code could not be written.
func wardNotWritten(err error, code string) error {
	if store.Violated(err) == "ward_code" {
		return Refuse(Conflict, "ward_code_taken",
			"There is a ward %s already. Choose another code.", code)
	}
	return fmt.Errorf("write ward %s: %w", code, err)
}
