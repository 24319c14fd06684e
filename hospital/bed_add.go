package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"dusangire/hospital/internal/store"
)

// AddBedsCommand is what AddBeds needs: the numbers of the beds, or how many.
type AddBedsCommand struct {
	Numbers []string // each one, or a range such as "A-07..A-12"
	Count   int      // numbered CODE-01 and so on, after those that the ward ever had
	Version int64    // of the ward as the person saw it; another one now: Conflict "ward_outdated"

	IdempotencyKey string
}

// AddBeds adds beds to a ward, all available, and returns them in the order of their numbers.
// Invalid where a number is none, NotFound where there is no such ward, Forbidden where it is not
// the actor's, Conflict where it has another version or a number is taken. An IdempotencyKey works
// as for Admit.
func (h *Hospital) AddBeds(ctx context.Context, actor Actor, wardID int64,
	cmd AddBedsCommand) ([]Bed, error) {
	if err := cmp.Or(actor.need(ArrangeWards), cmd.check()); err != nil {
		return nil, err
	}
	numbers, err := expandNumbers(cmd.Numbers)
	if err != nil {
		return nil, err
	}
	var added []Bed
	beds, _, err := create(ctx, h, actor, creation[[]Bed]{
		name: "bed.add", key: cmd.IdempotencyKey, said: addedBeds{wardID, numbers, cmd.Count},
		make: func(ctx context.Context, c *change) (int64, error) {
			ward, err := c.lockWardInVersion(ctx, wardID, cmd.Version)
			if err != nil {
				return 0, err
			}
			added, err = c.addBeds(ctx, ward, numbers, cmd.Count)
			if err != nil {
				return 0, err
			}
			return added[0].ID, nil
		},
		read: func(ctx context.Context, q *sql.Tx, first int64) ([]Bed, error) {
			if added != nil {
				return added, nil
			}
			return bedsAddedWith(ctx, q, first)
		},
	})
	return beds, err
}

// addedBeds is what the same idempotency key must repeat.
type addedBeds struct {
	WardID  int64
	Numbers []string
	Count   int
}

// check returns what is wrong with the fields, apart from the numbers themselves.
func (cmd AddBedsCommand) check() error {
	switch {
	case len(cmd.Numbers) == 0 && cmd.Count == 0:
		return refuseField("numbers", "beds_missing", "Give the beds' numbers, or how many.")
	case len(cmd.Numbers) > 0 && cmd.Count != 0:
		return refuseField("count", "beds_twice",
			"Give the beds' numbers or how many, and not both.")
	case len(cmd.Numbers) == 0 && (cmd.Count < 1 || cmd.Count > MostBeds):
		return refuseField("count", "bed_count", "A ward has 0 to %d beds.", MostBeds)
	}
	return nil
}

// bedNumber is what a bed can be called. It is what is scanned and typed at the bedside.
var bedNumber = regexp.MustCompile(`^[A-Z0-9][A-Z0-9./-]{0,19}$`)

// bedNumber records what is wrong with the number of a bed.
func (f fields) bedNumber(field, number string) {
	if number == "" {
		f.refuse(field, "required", "Give the bed a number.")
	} else if !bedNumber.MatchString(number) || strings.Contains(number, "..") {
		f.refuse(field, "bed_number", "%s is no number of a bed. Use 1 to 20 capital letters, "+
			"digits, hyphens, dots and slashes, or a range such as A-07..A-12.", number)
	}
}

// expandNumbers makes of numbers and ranges the numbers alone. Invalid where one is none, or stands
// there twice.
func expandNumbers(sent []string) ([]string, error) {
	wrong := fields{}
	var numbers []string
	for _, one := range sent {
		numbers = append(numbers, expandNumber(strings.TrimSpace(one))...)
	}
	known := make(map[string]bool, len(numbers))
	for _, number := range numbers {
		wrong.bedNumber("numbers", number)
		if known[number] {
			wrong.refuse("numbers", "bed_number_twice", "%s stands there twice.", number)
		}
		known[number] = true
	}
	if len(numbers) > MostBeds {
		wrong.refuse("numbers", "bed_count", "A ward has 0 to %d beds.", MostBeds)
	}
	return numbers, wrong.err()
}

// expandNumber lists the numbers of a range; anything else it leaves as it is, to be looked at. A
// range that is longer than a ward can be is cut off just after that.
func expandNumber(one string) []string {
	from, to, _ := strings.Cut(one, "..")
	prefix, first, ok := cutCounter(from)
	toPrefix, last, alsoOK := cutCounter(to)
	start, _ := strconv.Atoi(first)
	end, _ := strconv.Atoi(last)
	if !ok || !alsoOK || prefix != toPrefix || end < start {
		return []string{one}
	}
	var numbers []string
	for n := start; n <= end && n-start <= MostBeds; n++ {
		numbers = append(numbers, fmt.Sprintf("%s%0*d", prefix, len(first), n))
	}
	return numbers
}

// cutCounter parts the digits that end a number from what comes before them. ok is false where
// there are none, or more than anybody counts to.
func cutCounter(number string) (prefix, digits string, ok bool) {
	prefix = strings.TrimRight(number, "0123456789")
	digits = number[len(prefix):]
	return prefix, digits, digits != "" && len(digits) < 7
}

// addBeds adds beds to a locked ward, and returns them.
func (c *change) addBeds(ctx context.Context, ward Ward, numbers []string, count int) (
	added []Bed, err error,
) {
	if count > 0 {
		if numbers, err = c.nextNumbers(ctx, ward, count); err != nil {
			return nil, err
		}
	}
	if err := c.checkRoom(ctx, ward, len(numbers), count); err != nil {
		return nil, err
	}
	for _, number := range numbers {
		id, err := c.addBed(ctx, number, ward.ID)
		if err != nil {
			return nil, err
		}
		bed, err := readBed(ctx, c.tx, id)
		if err != nil {
			return nil, err
		}
		c.record(entry{action: "bed.add", entity: "bed", entityID: id, wardID: ward.ID, to: number,
			version: 1}, bed)
		added = append(added, bed)
	}
	return added, nil
}

// addBed inserts a bed into a ward and returns its id. Conflict where its number is taken.
func (c *change) addBed(ctx context.Context, number string, wardID int64) (id int64, err error) {
	if err := c.checkNumberFree(ctx, number); err != nil {
		return 0, err
	}
	id, err = c.insert(ctx,
		`INSERT INTO bed (ward_id, number, status, status_since) VALUES ($1, $2, $3, $4)
		RETURNING id`, wardID, number, BedAvailable, instant(c.now))
	if err != nil {
		return 0, bedNotWritten(err, number)
	}
	return id, nil
}

// checkNumberFree refuses a number that another bed has, and says where that one stands.
func (c *change) checkNumberFree(ctx context.Context, number string) error {
	rows, err := c.tx.QueryContext(ctx,
		selectBed+` WHERE bed.number = $1 AND bed.retired_at IS NULL`, number)
	err = eachRow(rows, err, func(row scanner) error {
		var bed Bed
		if err := row.Scan(bed.columns()...); err != nil {
			return err
		}
		return bed.conflict("bed_number_taken",
			"There is a bed %s already, in ward %s. Choose another number.", bed.Number,
			bed.WardName)
	})
	if refusalOf(err) != nil {
		return refusalOf(err)
	}
	return wrap(err, "look for bed %s", number)
}

// bedNotWritten words why a bed with a number could not be written.
func bedNotWritten(err error, number string) error {
	if store.Violated(err) == "bed_number" {
		return Refuse(Conflict, "bed_number_just_taken",
			"There is a bed %s by now. Choose another number.", number)
	}
	return fmt.Errorf("write bed %s: %w", number, err)
}

// checkRoom refuses more beds than a ward can have.
func (c *change) checkRoom(ctx context.Context, ward Ward, more, counted int) error {
	beds, err := scanValue[int](c.tx.QueryRowContext(ctx,
		`SELECT count(*) FROM bed WHERE ward_id = $1 AND retired_at IS NULL`, ward.ID))
	if err == nil && beds+more > MostBeds {
		field := map[bool]string{true: "count", false: "numbers"}[counted > 0]
		return refuseField(field, "bed_count", "A ward has 0 to %d beds.", MostBeds)
	}
	return wrap(err, "count the beds of ward %d", ward.ID)
}

// nextNumbers are the next numbers of a ward after the highest of the form CODE-01 that a bed of
// the hospital has or had, so that no new bed is taken for one that is retired.
func (c *change) nextNumbers(ctx context.Context, ward Ward, count int) ([]string, error) {
	rows, err := c.tx.QueryContext(ctx, `SELECT number FROM bed WHERE number LIKE $1`,
		ward.Code+"-%")
	used, err := collect(rows, err, scanValue[string])
	if err != nil {
		return nil, wrap(err, "read the numbers of ward %d", ward.ID)
	}
	last := 0
	for _, number := range used {
		prefix, digits, _ := cutCounter(number)
		if n, err := strconv.Atoi(digits); err == nil && prefix == ward.Code+"-" {
			last = max(last, n)
		}
	}
	numbers := make([]string, count)
	for i := range numbers {
		numbers[i] = fmt.Sprintf("%s-%02d", ward.Code, last+1+i)
	}
	if long := numbers[count-1]; !bedNumber.MatchString(long) {
		return nil, refuseField("count", "beds_uncounted",
			"After the beds of ward %s nobody can count on. Give the numbers.", ward.Name)
	}
	return numbers, nil
}

// bedsAddedWith reads the beds that were added in one act with a bed, by the audit.
func bedsAddedWith(ctx context.Context, q *sql.Tx, first int64) ([]Bed, error) {
	rows, err := q.QueryContext(ctx, selectBed+`
		JOIN audit ON audit.entity = 'bed' AND audit.entity_id = bed.id
			AND audit.action = 'bed.add'
		WHERE bed.id >= $1 AND (audit.at, audit.ward_id) = (SELECT at, ward_id FROM audit AS first
			WHERE first.entity = 'bed' AND first.entity_id = $1 AND first.action = 'bed.add')`,
		first)
	beds, err := collect(rows, err, func(row scanner) (bed Bed, err error) {
		err = row.Scan(bed.columns()...)
		return bed, err
	})
	slices.SortFunc(beds, func(a, b Bed) int { return cmp.Compare(a.ID, b.ID) })
	return beds, wrap(err, "read which beds were added with bed %d", first)
}
