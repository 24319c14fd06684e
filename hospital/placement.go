package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// This file is what the ward must know of a patient besides the diet: how they are kept apart, how
// soon they need a bed and where, and what the next shift is to be told.

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
	ShiftNote    string // for the next shift
}

// tidy brings the placement into the one form in which it is checked, compared and kept.
func (p *Placement) tidy() {
	p.Isolation, p.Priority = cmp.Or(p.Isolation, NoIsolation), cmp.Or(p.Priority, Routine)
	p.ShiftNote = tidyLines(p.ShiftNote)
}

// placementColumns are the columns of an admission that are its Placement.
const placementColumns = `admission.isolation, admission.priority, admission.wanted_ward_id,
	COALESCE((SELECT wanted.name FROM ward AS wanted
		WHERE wanted.id = admission.wanted_ward_id), ''), admission.shift_note`

// columns are where placementColumns go.
func (p *Placement) columns() []any {
	return []any{&p.Isolation, &p.Priority, (*reference)(&p.WantedWardID), &p.WantedWard,
		&p.ShiftNote}
}

// PlacementCommand is what SetPlacement needs. What is nil does not change.
type PlacementCommand struct {
	Isolation    *Isolation
	Priority     *Priority
	WantedWardID *int64 // 0: any
	ShiftNote    *string
	AdmissionID  int64 // as TransferCommand's
	Version      int64
}

// SetPlacement changes how and where a patient should lie. What already stands changes nothing.
// Invalid names each wrong field; NotFound where there is no such admission; Conflict when it has
// ended or has another version.
func (h *Hospital) SetPlacement(ctx context.Context, actor Actor, admissionID int64,
	cmd PlacementCommand) (Admission, error) {
	if err := actor.need(PlacePatients); err != nil {
		return Admission{}, err
	}
	return h.changeAdmission(ctx, actor, admissionID, precondition{cmd.AdmissionID, cmd.Version},
		func(ctx context.Context, c *change, admission Admission) error {
			return c.setPlacement(ctx, admission, cmd.on(admission.Placement))
		})
}

// on is the placement with the change made.
func (cmd PlacementCommand) on(p Placement) Placement {
	if cmd.Isolation != nil {
		p.Isolation = *cmd.Isolation
	}
	if cmd.Priority != nil {
		p.Priority = *cmd.Priority
	}
	if cmd.WantedWardID != nil && *cmd.WantedWardID != p.WantedWardID {
		p.WantedWardID, p.WantedWard = *cmd.WantedWardID, ""
	}
	if cmd.ShiftNote != nil {
		p.ShiftNote = tidyLines(*cmd.ShiftNote)
	}
	return p
}

// setPlacement changes the placement of a locked admission.
func (c *change) setPlacement(ctx context.Context, admission Admission, to Placement) error {
	wrong := fields{}
	wrong.placement(to)
	if err := c.knowWard(ctx, to.WantedWardID, wrong); err != nil {
		return err
	}
	if err := wrong.err(); err != nil || to == admission.Placement {
		return err
	}
	_, err := c.exec(ctx, `UPDATE admission SET isolation = $2, priority = $3,
			wanted_ward_id = $4, shift_note = $5, version = version + 1 WHERE id = $1`,
		admission.ID, to.Isolation, to.Priority, reference(to.WantedWardID), to.ShiftNote)
	if err != nil {
		return fmt.Errorf("place admission %d: %w", admission.ID, err)
	}
	e := admission.entry("admission.place")
	e.from, e.to = placementCodes(admission.Placement, to)
	c.record(e, admission)
	_, err = c.touchOpenOrders(ctx, admission.ID) // their tickets and trays say who is kept apart
	return err
}

// placement records what is wrong with a placement, apart from what only the database knows.
func (f fields) placement(p Placement) {
	if !p.Isolation.Valid() {
		refuseChoice(f, "isolation", Isolations)
	}
	if !p.Priority.Valid() {
		refuseChoice(f, "priority", Priorities)
	}
	f.text("note", p.ShiftNote, LongestNotes)
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

// placementCodes are what differs in two placements, as the audit keeps it. What a note says is not
// kept there.
func placementCodes(from, to Placement) (was, is string) {
	was, is = codesOf(
		coded{"isolation", string(from.Isolation), string(to.Isolation)},
		coded{"priority", string(from.Priority), string(to.Priority)},
		coded{"wanted_ward_id", idCode(from.WantedWardID), idCode(to.WantedWardID)})
	if from.ShiftNote != to.ShiftNote {
		was, is = strings.TrimSpace(was+" note"), strings.TrimSpace(is+" note")
	}
	return was, is
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
	if id, err := strconv.Atoi(code); err == nil && field == "wanted_ward_id" {
		return id
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
