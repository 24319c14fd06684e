package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
)

// Priority says how soon somebody needs a bed.
type Priority string

// The priorities.
const (
	Routine   Priority = "routine"
	Urgent    Priority = "urgent"
	Emergency Priority = "emergency"
)

// Priorities lists them, the most pressing last.
var Priorities = []Priority{Routine, Urgent, Emergency}

// Valid reports whether p is one of Priorities.
func (p Priority) Valid() bool { return slices.Contains(Priorities, p) }

// Placement is how and where a patient should lie.
type Placement struct {
	Isolation    Isolation
	Priority     Priority
	WantedWardID int64  // 0: any
	WantedWard   string // its name
}

// tidy brings the placement into the one form in which it is checked, compared and kept.
func (p *Placement) tidy() {
	p.Isolation, p.Priority = cmp.Or(p.Isolation, NoIsolation), cmp.Or(p.Priority, Routine)
}

// placementColumns are the columns of an admission that are its Placement.
const placementColumns = `admission.isolation, admission.priority, admission.wanted_ward_id,
	COALESCE((SELECT wanted.name FROM ward AS wanted
		WHERE wanted.id = admission.wanted_ward_id), '')`

// columns are where placementColumns go.
func (p *Placement) columns() []any {
	return []any{&p.Isolation, &p.Priority, (*reference)(&p.WantedWardID), &p.WantedWard}
}

// placement records what is wrong with a placement, apart from what only the database knows.
func (f fields) placement(p Placement) {
	if !p.Isolation.Valid() {
		refuseChoice(f, "isolation", Isolations)
	}
	if !p.Priority.Valid() {
		refuseChoice(f, "priority", Priorities)
	}
}

// knowWard records that a ward that a patient wants does not exist. 0 is any.
func (c *change) knowWard(ctx context.Context, id int64, wrong fields) error {
	if id == 0 {
		return nil
	}
	known, err := scanValue[bool](c.tx.QueryRowContext(ctx,
		`SELECT EXISTS (SELECT 1 FROM ward WHERE id = $1)`, id))
	if err == nil && !known {
		wrong.refuse("wanted_ward_id", "ward_unknown", "There is no such ward.")
	}
	return wrap(err, "look for ward %d", id)
}

// idCode is an id as the audit keeps it; "" for none.
func idCode(id int64) string {
	if id == 0 {
		return ""
	}
	return number(id)
}

// coded is a field that may have changed.
type coded struct{ field, from, to string }

// codesOf are the fields that have changed, as the audit keeps them, such as "isolation=none" and
// "isolation=contact".
func codesOf(all ...coded) (was, is string) {
	var before, after []string
	for _, one := range all {
		if one.from != one.to {
			before = append(before, one.field+"="+codeSpaces.Replace(one.from))
			after = append(after, one.field+"="+codeSpaces.Replace(one.to))
		}
	}
	return strings.Join(before, " "), strings.Join(after, " ")
}

// The codes of a line stand apart by spaces, so one that has spaces is kept without.
var (
	codeSpaces   = strings.NewReplacer("%", "%25", " ", "%20")
	decodeSpaces = strings.NewReplacer("%25", "%", "%20", " ")
)

// codedChanges are the fields that codesOf has written. One without a value was kept without.
func codedChanges(from, to string) []Change {
	var changes []Change
	after := strings.Fields(to)
	for i, code := range strings.Fields(from) {
		field, was, valued := strings.Cut(code, "=")
		one := Change{Field: field}
		if valued && i < len(after) {
			_, is, _ := strings.Cut(after[i], "=")
			one.From, one.To = codedValue(field, was), codedValue(field, is)
		}
		changes = append(changes, one)
	}
	return changes
}

// codedValue is a value of the audit as commands send it.
func codedValue(field, code string) any {
	if value, known := userValue(field, code); known {
		return value
	}
	switch field {
	case "wanted_ward_id", "ward_id", "position", "price", "session_hours", "idle_minutes",
		"retention_days", "cut_off_minutes", "days":
		if n, err := strconv.Atoi(code); err == nil {
			return n
		}
	case "is_open":
		return code == "true"
	}
	if field == "sold_out_until" {
		return moment(code)
	}
	if n, err := strconv.Atoi(code); err == nil && slices.Contains(NutritionFields, field) {
		return n
	}
	return told(decodeSpaces.Replace(code))
}

// readPlacement reads how and where the patient of an admission should lie.
func readPlacement(ctx context.Context, q *sql.Tx, admissionID int64) (p Placement, err error) {
	err = q.QueryRowContext(ctx,
		`SELECT `+placementColumns+` FROM admission WHERE admission.id = $1`, admissionID).
		Scan(p.columns()...)
	return p, wrapRow(err, unknownAdmission, "read the placement of admission %d", admissionID)
}
