package hospital

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// This file is how values lie in columns. Both databases hold only integers, texts and booleans.

// instant is a time as a column holds it: milliseconds since 1970 in UTC, NULL for the zero time.
type instant time.Time

// Value returns what the column is to hold.
func (i instant) Value() (driver.Value, error) {
	if t := time.Time(i); !t.IsZero() {
		return t.UnixMilli(), nil
	}
	return nil, nil
}

// Scan takes what the column holds.
func (i *instant) Scan(column any) error {
	ms, set, err := integerIn(column)
	*i = instant{}
	if set {
		*i = instant(time.UnixMilli(ms).UTC())
	}
	return err
}

// integerIn is the integer that a column holds, if it is not NULL.
func integerIn(column any) (n int64, set bool, err error) {
	n, set = column.(int64)
	if !set && column != nil {
		err = fmt.Errorf("an integer is held as %T", column)
	}
	return n, set, err
}

// reference is the id of another row as a column holds it: NULL for 0.
type reference int64

// Value returns what the column is to hold.
func (r reference) Value() (driver.Value, error) {
	if r == 0 {
		return nil, nil
	}
	return int64(r), nil
}

// Scan takes what the column holds.
func (r *reference) Scan(column any) error {
	id, _, err := integerIn(column)
	*r = reference(id)
	return err
}

// allergyList is Allergies as a column holds them: a JSON list of codes; where some are severe an
// object of two such lists; NULL where nobody asked.
type allergyList Allergies

// allergyObject is the form in which some are severe.
type allergyObject struct {
	Allergens []Allergen `json:"allergens"`
	Severe    []Allergen `json:"severe"`
}

// Value returns what the column is to hold.
func (a allergyList) Value() (driver.Value, error) {
	switch {
	case !a.Known:
		return nil, nil
	case len(a.Severe) == 0:
		return list[Allergen](a.Allergens).Value()
	}
	text, err := json.Marshal(allergyObject{a.Allergens, a.Severe})
	return string(text), err
}

// Scan takes what the column holds.
func (a *allergyList) Scan(column any) error {
	*a = allergyList{Known: column != nil}
	if text, _ := column.(string); strings.HasPrefix(text, "{") {
		var both allergyObject
		err := json.Unmarshal([]byte(text), &both)
		a.Allergens, a.Severe = both.Allergens, both.Severe
		return err
	}
	if !a.Known {
		return nil
	}
	return (*list[Allergen])(&a.Allergens).Scan(column)
}

// list is a list as a column holds it: in JSON, and an empty one as [].
type list[T any] []T

// Value returns what the column is to hold.
func (l list[T]) Value() (driver.Value, error) {
	if len(l) == 0 {
		return "[]", nil
	}
	text, err := json.Marshal([]T(l))
	return string(text), err
}

// Scan takes what the column holds.
func (l *list[T]) Scan(column any) error {
	*l = nil
	text, ok := column.(string)
	if !ok {
		return fmt.Errorf("a list is held as %T", column)
	}
	if text == "[]" {
		return nil
	}
	return json.Unmarshal([]byte(text), (*[]T)(l))
}

// oneOf returns the text of an SQL list with a placeholder for each of values, and args with the
// values added. An empty list matches nothing. The last value is repeated up to the next power of
// two, so that lists of all lengths are few statements, whose plans the database keeps.
func oneOf[T any](args []any, values []T) (list string, all []any) {
	if len(values) == 0 {
		return "(NULL)", args
	}
	var text strings.Builder
	for i := range 1 << bits.Len(uint(len(values)-1)) {
		args = append(args, values[min(i, len(values)-1)])
		text.WriteString(", $" + strconv.Itoa(len(args)))
	}
	return "(" + text.String()[2:] + ")", args
}

// uncounted is the other end of a time since when something happened, a day after now. PostgreSQL
// takes a condition with one end for a third of a table that it has not counted yet, and reads it
// whole; one with two ends for a small part. What a clock that is ahead has written is in between.
func uncounted(now time.Time) instant { return instant(now.Add(24 * time.Hour)) }
