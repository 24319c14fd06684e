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

// notedList are the allergies of a record as a column holds them: a JSON list of notedObject; NULL
// where nobody asked.
type notedList AllergyRecord

// notedObject is one allergy in the column. The time is an instant.
type notedObject struct {
	Allergen Allergen `json:"allergen"`
	Severe   bool     `json:"severe"`
	NotedBy  string   `json:"noted_by"`
	NotedAt  int64    `json:"noted_at"`
}

// Value returns what the column is to hold.
func (l notedList) Value() (driver.Value, error) {
	if !l.Known {
		return nil, nil
	}
	objects := make(list[notedObject], len(l.Noted))
	for i, n := range l.Noted {
		objects[i] = notedObject{n.Allergen, n.Severe, n.NotedBy, n.NotedAt.UnixMilli()}
	}
	return objects.Value()
}

// Scan takes what the column holds.
func (l *notedList) Scan(column any) error {
	l.Known, l.Noted = column != nil, nil
	if !l.Known {
		return nil
	}
	var objects list[notedObject]
	if err := objects.Scan(column); err != nil {
		return err
	}
	for _, o := range objects {
		l.Noted = append(l.Noted,
			NotedAllergy{o.Allergen, o.Severe, o.NotedBy, time.UnixMilli(o.NotedAt).UTC()})
	}
	return nil
}

// allergyList reads such a column where nobody asks who noted what.
type allergyList Allergies

// Scan takes what the column holds.
func (a *allergyList) Scan(column any) error {
	var record AllergyRecord
	err := (*notedList)(&record).Scan(column)
	*a = allergyList(record.Allergies())
	return err
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
