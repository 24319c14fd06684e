package views

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"dusangire/hospital"
	"dusangire/views/text"
)

// This file is how a form stays with the one for whom it was begun. Every form carries whom it is
// about and the version that stood there. The script keeps a form that somebody has begun from
// being renewed, by its id; where another patient lies, or the form has no place any more, what was
// typed is put aside: shown to be copied, and filled in nowhere.

// Typed is one field of a form that was put aside.
type Typed struct{ Label, Value string }

// begun are the attributes by which the script knows a form: which it is, whom it is about, and
// whether it is filled in already, which a refused one is.
func begun(f Form, form, subject string) templ.Attributes {
	return templ.Attributes{
		"id": "form-" + form, "data-about": subject, "data-begun": f.refused(form),
	}
}

// subject is what a panel is about: an admission, wherever its patient lies, or an empty bed.
func subject(d hospital.BedDetail) string {
	if d.Admission == nil {
		return "bed-" + number(d.ID)
	}
	return "admission-" + number(d.Admission.AdmissionID)
}

// admissionOf is the number of the admission in a bed; "" for none.
func admissionOf(d hospital.BedDetail) string {
	if d.Admission == nil {
		return ""
	}
	return number(d.Admission.AdmissionID)
}

// fieldLabels are what fields are called where they do not stand in their form.
var fieldLabels = map[string]string{
	"patient_name": "field.patient_name", "birth_date": "field.birth_date", "sex": "field.sex",
	"reason": "fact.reason", "diet": "fact.diet", "texture": "fact.texture",
	"allergies": "fact.allergies", "severe": "change.severe",
	"allergies_confirmed": "change.confirmed",
	"expected_discharge":  "field.expected_discharge", "outcome": "field.outcome",
	"notes": "fact.notes", "note": "note.title", "username": "field.username",
	"nil_by_mouth_from": "change.fasting_from", "nil_by_mouth_until": "change.fasting_until",
	"override_reason": "field.override_reason", "bed_number": "fact.bed",
	"cleaning": "cleaning.title", "stat": "cleaning.stat",
	"status": "change.status", "hazards": "change.hazards", "stopped": "change.stopped",
	"parts": "change.parts", "items": "change.items",
	"name": "field.name", "charge": "zone.charge", "label": "field.label",
	"full_name": "field.full_name", "phone": "field.phone",
	"address_line1": "field.address_line1", "address_line2": "field.address_line2",
	"city": "field.city", "zone_id": "field.zone", "instructions": "field.instructions",
	"is_default": "address.make_default", "patient_number": "field.patient_number",
	"number": "field.patient_number", "national_id": "field.national_id",
	"next_of_kin_name": "field.next_of_kin_name", "next_of_kin_phone": "field.next_of_kin_phone",
	"language": "field.language", "merged_into": "patient.merged_into",
	"leave_until": "field.leave_until",
	"mother":      "fact.mother", "with": "field.swap_with",
	"admitted_at": "field.admitted_at", "late_reason": "fact.late_reason",
	"isolation": "fact.isolation", "priority": "fact.priority",
	"wanted_ward_id": "fact.wanted_ward", "until": "reserve.until",
	"features": "fact.features", "staffed": "fact.staffed", "speciality": "fact.speciality",
	"role": "users.role", "wards": "users.wards", "disabled": "users.disabled",
	"display_name": "field.display_name",
	"code":         "ward.code", "block": "ward.block", "position": "ward.position",
	"is_open": "ward.is_open", "ward_id": "fact.ward",
	"name_en": "dish.name_en", "name_fr": "dish.name_fr", "name_rw": "dish.name_rw",
	"meals": "dish.meals", "station": "dish.station", "allergens": "dish.allergens",
	"may_contain": "dish.may_contain.title", "diets": "dish.diets", "textures": "dish.textures",
	"energy_kcal": "dish.energy_kcal", "protein_g": "dish.protein_g",
	"carbohydrate_g": "dish.carbohydrate_g", "fat_g": "dish.fat_g", "sodium_mg": "dish.sodium_mg",
	"potassium_mg": "dish.potassium_mg", "price": "dish.price", "available": "dish.available",
	"retired": "dish.retired", "sold_out_until": "dish.sold_out.until",
	"substitute": "dish.substitute", "days": "menuplan.days", "starts_on": "menuplan.starts_on",
	"hospital_name": "settings.hospital_name", "time_zone": "settings.time_zone",
	"currency": "settings.currency", "languages": "settings.languages",
	"default_language": "settings.default_language", "week_starts": "settings.week_starts",
	"wall_names": "settings.wall_names", "session_hours": "settings.session_hours",
	"idle_minutes": "settings.idle_minutes", "retention_days": "settings.retention_days",
	"hot_food_minutes": "settings.hot_food_minutes",
	"serve_at":         "meal.serve_at", "cut_off_minutes": "meal.cut_off_minutes", "main": "meal.main",
	"enabled": "meal.enabled",
}

// typedFields are the fields in which people write or choose what would be a loss, in the order in
// which they are shown.
var typedFields = []string{
	"patient_name", "patient_number", "birth_date", "sex", "outcome", "notes", "reason", "diet",
	"texture", "allergies", "severe", "expected_discharge", "nil_by_mouth_from", "nil_by_mouth_until",
	"isolation", "priority", "note", "override_reason", "username", "until", "admitted_at",
	"late_reason", "name", "number", "national_id", "phone", "language", "next_of_kin_name",
	"next_of_kin_phone",
}

// PutAside lists what was sent, field by field, to be copied.
func PutAside(ctx context.Context, sent url.Values) []Typed {
	var typed []Typed
	for _, field := range typedFields {
		var values []string
		for _, value := range sent[field] {
			if value != "" {
				values = append(values, codeWord(ctx, field, value))
			}
		}
		if len(values) > 0 {
			label := text.T(ctx, fieldLabels[field])
			typed = append(typed, Typed{label, strings.Join(values, ", ")})
		}
	}
	return typed
}

// codePrefixes are those of the catalogue's keys for the codes of some fields.
var codePrefixes = map[string]string{
	"diet": "diet.", "outcome": "outcome.", "sex": "sex.", "allergies": "allergen.",
	"cleaning": "cleaning.state.",
	"severe":   "allergen.", "texture": "texture.", "stopped": "stopped.",
	"isolation": "isolation.", "priority": "priority.", "staffed": "staffed.",
	"role":     "role.",
	"features": "feature.", "station": "station.", "allergens": "allergen.",
	"may_contain": "allergen.", "diets": "diet.", "available": "dish.available.",
	"week_starts": "weekday.", "wall_names": "wall_names.",
}

// codeWord is what a code of a field, or each of a list of codes, is called; any other text is
// itself.
func codeWord(ctx context.Context, field, code string) string {
	prefix := codePrefixes[field]
	several := prefix != "" || field == "meals"
	if first, more, is := strings.Cut(code, ","); is && several {
		return codeWord(ctx, field, first) + ", " + codeWord(ctx, field, more)
	}
	if field == "allergies" && code == hospital.NoKnownAllergies {
		return text.T(ctx, "allergies.none")
	}
	if field == "meals" {
		return text.Meal(ctx, hospital.Meal(code))
	}
	if prefix == "" || !text.Has(prefix+code) {
		return code
	}
	return text.T(ctx, prefix+code)
}

// ChangeWords say what has changed, by whom and when: a sentence a field.
func ChangeWords(ctx context.Context, changes []hospital.Change) []string {
	var words []string
	for _, c := range changes {
		key := "change.sentence"
		switch {
		case c.From == nil && c.To == nil:
			key = "change.field"
		case c.Unkept:
			key = "change.now"
		}
		words = append(words, text.T(ctx, key, text.T(ctx, fieldLabels[c.Field]),
			changeValue(ctx, c.Field, c.From), changeValue(ctx, c.Field, c.To),
			cmp.Or(c.By, text.T(ctx, "change.staff")), text.Moment(ctx, c.At)))
	}
	return words
}

// changeValue is a value of a field in words.
func changeValue(ctx context.Context, field string, value any) string {
	switch value := value.(type) {
	case []hospital.Allergen:
		return changedAllergens(ctx, field, value)
	case time.Time:
		return text.Moment(ctx, value)
	case bool:
		return text.T(ctx, map[bool]string{true: "change.yes", false: "change.no"}[value])
	case []int64:
		if len(value) == 0 {
			return text.T(ctx, "users.all_wards")
		}
		return strings.Trim(fmt.Sprint(value), "[]")
	case int:
		switch field {
		case "texture":
			return texture(ctx, hospital.Texture(value))
		case "price", "charge":
			return text.Money(ctx, value)
		}
		return number(value)
	case string:
		if field == "status" {
			return statusWord(ctx, value)
		}
		return orDash(codeWord(ctx, field, value))
	case nil:
		if field == "allergies" {
			return text.T(ctx, "allergies.unknown")
		}
		return "–"
	}
	return fmt.Sprint(value)
}

// changedAllergens names allergens; none of the allergies is something that was said, none of the
// severe ones is nothing.
func changedAllergens(ctx context.Context, field string, list []hospital.Allergen) string {
	if len(list) > 0 || field == "severe" {
		return orDash(allergens(ctx, list, len(list)))
	}
	return text.T(ctx, "allergies.none")
}

// statusWord is the state of whatever has one: an admission, an order, a delivery or a bed.
func statusWord(ctx context.Context, code string) string {
	switch code {
	case "admitted":
		return text.T(ctx, "change.admission.admitted")
	case "discharged":
		return text.T(ctx, "change.admission.discharged")
	case "on_leave":
		return text.T(ctx, "mark.on_leave")
	}
	for _, prefix := range []string{"order.", "delivery.", "status."} {
		if text.Has(prefix + code) {
			return text.T(ctx, prefix+code)
		}
	}
	return code
}
