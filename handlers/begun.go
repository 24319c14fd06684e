package handlers

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"time"

	"dusangire/hospital"
	"dusangire/views/text"
)

// begunAnew is what a refused form is to show. Where something has changed since it was begun, it
// begins anew from what stands now, with what the person themselves has changed: what they left as
// it was takes the colleague's value, so that sending it again takes nothing back that they never
// touched.
func (in *input) begunAnew(refusal error) url.Values {
	values := in.sent()
	e, ok := errors.AsType[*hospital.Error](refusal)
	if !ok {
		return values
	}
	for _, change := range e.Changes {
		switch {
		case !in.has(change.Field):
		case change.Field == "allergies" || change.Field == "severe":
			from, to := formList(change.Field, change.From), formList(change.Field, change.To)
			merged := merge(in.values[change.Field], from, to)
			values[change.Field], values[change.Field+"[]"] = merged, merged
		case in.overwrites(e, change),
			in.values.Get(change.Field) == in.formValue(change.Field, change.From):
			values.Del(change.Field)
		}
	}
	return values
}

// overwritten is what was sent of fields that a colleague has changed, of which nobody knows whether
// it was typed: begunAnew takes the colleague's.
func (in *input) overwritten(refusal error) url.Values {
	values := url.Values{}
	e, ok := errors.AsType[*hospital.Error](refusal)
	if !ok {
		return values
	}
	for _, change := range e.Changes {
		if in.overwrites(e, change) {
			values.Set(change.Field, in.values.Get(change.Field))
		}
	}
	return values
}

// overwrites reports whether a correction of a record would write over what a colleague has put
// there. Whether it was typed nobody knows, since the audit keeps no names.
func (in *input) overwrites(refusal *hospital.Error, change hospital.Change) bool {
	return refusal.Code == "patient_outdated" && change.Unkept &&
		in.values.Get(change.Field) != in.formValue(change.Field, change.To)
}

// formList is a list of allergens as a form ticks it: of allergies that there are none is said, and
// that nobody asked is not.
func formList(field string, value any) []string {
	list, asked := value.([]hospital.Allergen)
	if field == "allergies" && asked && len(list) == 0 {
		return []string{hospital.NoKnownAllergies}
	}
	return asTexts(list)
}

// merge is what stands now with what the person has ticked added and what they have unticked left
// out. That there are no allergies gives way to any that there are.
func merge(typed, from, to []string) []string {
	merged := []string{""} // so a form says that it asked, even where nothing is ticked
	for _, one := range slices.Concat(to, typed) {
		unticked := slices.Contains(from, one) && !slices.Contains(typed, one)
		takenBack := slices.Contains(from, one) && !slices.Contains(to, one)
		if !unticked && !takenBack && !slices.Contains(merged, one) {
			merged = append(merged, one)
		}
	}
	if len(merged) > 2 { // "" and two or more: it is not "none" alone
		isNone := func(s string) bool { return s == hospital.NoKnownAllergies }
		merged = slices.DeleteFunc(merged, isNone)
	}
	return merged
}

// formValue is a value as a field's control sends it.
func (in *input) formValue(field string, value any) string {
	switch value := value.(type) {
	case string:
		return value
	case int:
		if field == "price" || field == "charge" {
			return text.Amount(in.ctx, value)
		}
		return strconv.Itoa(value)
	case time.Time:
		return text.Input(in.ctx, value)
	}
	return ""
}
