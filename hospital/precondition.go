package hospital

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// This file is what keeps a command from acting on something else than its giver saw: on another
// patient, or on a state that somebody has changed since. Whoever says nothing of what they saw is
// served all the same.

// precondition is what the giver of a command saw, and must still be so. 0: they did not say.
type precondition struct {
	admissionID int64 // the admission that the command is about
	version     int64 // of what it changes
}

// Change is how one field of a thing came to differ from what somebody saw.
type Change struct {
	Field    string // as commands call it, or the JSON of the thing
	From, To any    // a text, number, truth, time or list of allergens; nil: nothing
	By       string // who changed it last; empty where that is not for the reader to know
	At       time.Time
	Unkept   bool // From is not known: the audit keeps no names
}

// anotherPatient refuses a command about another admission than the one it would change.
func anotherPatient() *Error {
	e := Refuse(Conflict, "another_patient",
		"This was meant for another patient than the one who is here now. Nothing was changed. Look who it is.")
	e.Changes = []Change{}
	return e
}

// withChanges adds to a refusal what has changed in a thing since the version that the giver of the
// command saw, if it has. A refusal of another kind, and any other error, stay as they are.
func (c *change) withChanges(ctx context.Context, err error, thing string,
	id, seenVersion, version int64) error {
	refusal, ok := errors.AsType[*Error](err)
	if !ok || refusal.Kind != Conflict || refusal.Changes != nil || seenVersion == 0 ||
		seenVersion == version {
		return err
	}
	changes, failed := changesSince(ctx, c.tx, c.actor, thing, id, seenVersion)
	if failed != nil {
		return failed
	}
	refusal.Changes = changes
	return err
}

// changesSince reads from the audit how a thing came from a version to what it is now, as far as
// the actor may know: one Change for each field, in the order in which they first changed.
func changesSince(ctx context.Context, q *sql.Tx, actor Actor, thing string,
	id, version int64) ([]Change, error) {
	changes := []Change{}
	rows, err := q.QueryContext(ctx, `SELECT action, from_state, to_state, actor, at FROM audit
		WHERE entity = $1 AND entity_id = $2 AND version > $3 ORDER BY id`, thing, id, version)
	err = eachRow(rows, err, func(row scanner) error {
		var action, from, to, by string
		var at time.Time
		err := row.Scan(&action, &from, &to, &by, (*instant)(&at))
		for _, one := range fieldsOf(action, from, to) {
			one.By, one.At = by, at
			if actor.maySee(thing, &one) {
				changes = merge(changes, one)
			}
		}
		return err
	})
	changes = slices.DeleteFunc(changes, Change.back)
	return changes, wrap(err, "read what has changed")
}

// back reports whether a field is again what it was. Of one whose values are not kept nobody knows.
func (one Change) back() bool {
	return one.From != nil && reflect.DeepEqual(one.From, one.To)
}

// AdmissionAsSeen refuses what is about an admission without changing it, unless the admission is
// the one, and as, somebody saw. Of what they did not say, 0, nothing is asked.
func (h *Hospital) AdmissionAsSeen(ctx context.Context, actor Actor,
	id, admissionID, version int64) error {
	if err := actor.need(ReadWards); err != nil {
		return err
	}
	if admissionID == 0 && version == 0 {
		return nil
	}
	return h.read(ctx, func(ctx context.Context, q *sql.Tx) error {
		admission, err := readAdmission(ctx, q, id)
		if err != nil {
			return err
		}
		reader := &change{tx: q, actor: actor}
		err = admission.checkPrecondition(actor, precondition{admissionID, version})
		return reader.withChanges(ctx, err, "admission", id, version, admission.Version)
	})
}

// merge adds a change to earlier ones: of a field that has changed before only where it came to is
// new.
func merge(changes []Change, one Change) []Change {
	i := slices.IndexFunc(changes, func(c Change) bool { return c.Field == one.Field })
	if i < 0 {
		return append(changes, one)
	}
	changes[i].To, changes[i].By, changes[i].At = one.To, one.By, one.At
	return changes
}

// maySee reports whether the actor may know of a change, and takes out of it what they may not.
// Customers see what a patient may eat and how orders stand, and not which of the staff did what.
func (a Actor) maySee(thing string, one *Change) bool {
	if a.Role.May(ReadOrders) {
		return true
	}
	if one.By != a.Username {
		one.By = ""
	}
	return thing != "admission" || slices.Contains(dietFields, one.Field)
}

// fieldsOf are the fields that a line of the audit tells of, by its action.
func fieldsOf(action, from, to string) []Change {
	switch action {
	case "admission.transfer", "admission.swap", "admission.undo_transfer":
		return []Change{{Field: "bed_number", From: told(from), To: told(to)}}
	case "admission.plan_discharge":
		return []Change{{Field: "expected_discharge", From: moment(from), To: moment(to)}}
	case "admission.discharge":
		return []Change{{Field: "status", From: "admitted", To: "discharged"},
			{Field: "outcome", To: to}}
	case "admission.edit", "bed.set", "ward.set", "dish.set", "dish.sold_out",
		"dish.restock", "menu.cycle", "settings.set", "meal.set":
		return codedChanges(from, to)
	case "meal.sequence":
		return []Change{{Field: "sequence", From: told(from), To: told(to)}}
	case "dish.retire", "dish.restore":
		return []Change{{Field: "retired", From: action == "dish.restore",
			To: action == "dish.retire"}}
	case "admission.cancel":
		return []Change{{Field: "status", From: "admitted", To: "cancelled"}}
	case "admission.reopen":
		return []Change{{Field: "status", From: "discharged", To: "admitted"},
			{Field: "outcome", From: from}, {Field: "bed_number", To: told(to)}}
	case "admission.leave":
		return []Change{{Field: "status", From: "admitted", To: "on_leave"},
			{Field: "leave_until", To: moment(to)}}
	case "admission.return":
		return []Change{{Field: "status", From: "on_leave", To: "admitted"}}
	case "admission.part_from_mother":
		return []Change{{Field: "mother"}}
	case "admission.diet":
		return dietChanges(parseDiet(from), parseDiet(to))
	case "patient.allergies":
		was, is := DietOrder{Confirmed: true}, DietOrder{Confirmed: true}
		was.parse(strings.Fields(from))
		is.parse(strings.Fields(to))
		return dietChanges(was, is)
	case "bed.clean":
		return []Change{{Field: "cleaning", From: from, To: to}}
	case "bed.rank_cleaning":
		return []Change{{Field: "stat", From: to != string(CleanFirst), To: to == string(CleanFirst)}}
	case "zone.set":
		return zoneChanges(from, to)
	case "address.set", "patient.correct", "admission.patient":
		return namedChanges(to)
	case "patient.merge", "patient.unmerge":
		return []Change{{Field: "merged_into", From: told(from), To: told(to)}}
	case "user.set", "user.disable", "user.enable":
		return userChanges(action, from, to)
	case "order.part":
		return []Change{{Field: "parts"}} // which of them are done, the order itself says
	case "order.items":
		return []Change{{Field: "items", From: told(from), To: told(to)}}
	case "delivery.stop":
		return []Change{{Field: "stopped", To: to}}
	}
	if from == to {
		return []Change{{Field: "hazards"}} // what speaks against an order is not kept in the audit
	}
	return []Change{{Field: "status", From: told(from), To: told(to)}}
}

// told is a text of the audit, nil for none.
func told(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// moment is a time of the audit, nil for none.
func moment(text string) any {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at
	}
	return nil
}

// namedChanges are fields whose values the audit does not keep.
func namedChanges(fields string) []Change {
	var changes []Change
	for field := range strings.SplitSeq(fields, ",") {
		changes = append(changes, Change{Field: field, Unkept: true})
	}
	return changes
}

// zoneChanges are the fields of a zone that differ in "NAME CHARGE", as the audit keeps it.
func zoneChanges(from, to string) []Change {
	name, charge := cutLast(from)
	newName, newCharge := cutLast(to)
	var changes []Change
	if name != newName {
		changes = append(changes, Change{Field: "name", From: name, To: newName})
	}
	if charge != newCharge {
		changes = append(changes, Change{Field: "charge", From: charge, To: newCharge})
	}
	return changes
}

// cutLast parts a text from the number that ends it.
func cutLast(text string) (before string, number int) {
	i := max(strings.LastIndex(text, " "), 0)
	number, _ = strconv.Atoi(strings.TrimSpace(text[i:]))
	return text[:i], number
}

// dietFields are the fields of a diet order, as DietOrder has them.
var dietFields = []string{"diet", "texture", "allergies", "severe", "allergies_confirmed",
	"nil_by_mouth_from", "nil_by_mouth_until"}

// dietChanges are the fields in which two diet orders differ.
func dietChanges(from, to DietOrder) []Change {
	var changes []Change
	was, is := from.values(), to.values()
	for i, field := range dietFields {
		if fmt.Sprint(was[i]) != fmt.Sprint(is[i]) {
			changes = append(changes, Change{Field: field, From: was[i], To: is[i]})
		}
	}
	return changes
}

// values are the values of dietFields. Allergies are nil where nobody asked, and there is nothing
// to confirm then.
func (d DietOrder) values() []any {
	var allergies any
	if d.Allergies.Known {
		allergies = append([]Allergen{}, d.Allergies.Allergens...)
	}
	return []any{string(d.Diet), int(d.Texture), allergies,
		append([]Allergen{}, d.Allergies.Severe...), d.Confirmed || !d.Allergies.Known,
		timeOrNil(d.NilByMouth.From), timeOrNil(d.NilByMouth.Until)}
}

func timeOrNil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// parseDiet reads what DietOrder.codes has written. What it can't read is left out.
func parseDiet(codes string) (d DietOrder) {
	words := strings.Fields(codes)
	if len(words) == 0 {
		return d
	}
	d.Diet, d.Confirmed = Diet(words[0]), true
	d.parse(words[1:])
	return d
}

// parse reads the words of DietOrder.codes that say what they are.
func (d *DietOrder) parse(words []string) {
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "texture":
			level, _ := strconv.Atoi(value)
			d.Texture = Texture(level)
		case "allergies":
			d.Allergies.Known = value != "never_asked"
			if d.Allergies.Known && value != NoKnownAllergies {
				d.Allergies.Allergens = allergensIn(value)
			}
		case "severe":
			d.Allergies.Severe = allergensIn(value)
		case "unconfirmed":
			d.Confirmed = false
		case "nil_by_mouth":
			from, until, _ := strings.Cut(value, "/")
			d.NilByMouth.From, _ = time.Parse(time.RFC3339, from)
			d.NilByMouth.Until, _ = time.Parse(time.RFC3339, until)
		}
	}
}

// allergensIn reads what allergenCodes has written.
func allergensIn(text string) []Allergen {
	var allergens []Allergen
	for code := range strings.SplitSeq(text, ",") {
		allergens = append(allergens, Allergen(code))
	}
	return allergens
}
