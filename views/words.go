package views

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"dusangire/hospital"
	"dusangire/views/text"
)

// mostOnCard is how many allergens a card names; the panel names all.
const mostOnCard = 3

// allergens names them in a row, at most that many, and how many are left out.
func allergens(ctx context.Context, list []hospital.Allergen, most int) string {
	names := make([]string, 0, most+1)
	for i, a := range list {
		if i == most {
			names = append(names, text.T(ctx, "allergies.more", len(list)-most))
			break
		}
		names = append(names, text.T(ctx, "allergen."+string(a)))
	}
	return strings.Join(names, ", ")
}

// listed names things in a row.
func listed[T any](things []T, name func(T) string) string {
	names := make([]string, len(things))
	for i, thing := range things {
		names[i] = name(thing)
	}
	return strings.Join(names, ", ")
}

// texture is a level of the IDDSI framework by number and name.
func texture(ctx context.Context, t hospital.Texture) string {
	return text.T(ctx, "texture.level", int(t), text.T(ctx, "texture."+number(int(t))))
}

// orDash stands in for what nobody has said.
func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// admitsKnown reports whether somebody who was here before may be admitted: they were searched for,
// or chosen already.
func admitsKnown(f Form) bool {
	return f.Query != "" && len(f.Known) > 0 || f.value(FormAdmit, "patient_id", "") != ""
}

// born is a patient's birth date and sex as far as known.
func born(ctx context.Context, date time.Time, sex string) string {
	words := orDash(text.Birthday(ctx, date))
	if sex != "" && sex != "unknown" {
		words += " · " + text.T(ctx, "sex."+sex)
	}
	return words
}

// ageAndSex is what tells people of one name apart at a glance; "" where nothing is known.
func ageAndSex(ctx context.Context, born time.Time, sex string, now time.Time) string {
	var words []string
	if age := text.Age(ctx, born, now); age != "" {
		words = append(words, age)
	}
	if sex != "" && sex != "unknown" {
		words = append(words, text.T(ctx, "sex."+sex))
	}
	return strings.Join(words, " · ")
}

// whoWords is what tells people of one name apart: age, sex and number; "" where nothing is known.
func whoWords(ctx context.Context, number string, born time.Time, sex string,
	now time.Time) string {
	var words []string
	if w := ageAndSex(ctx, born, sex, now); w != "" {
		words = append(words, w)
	}
	if number != "" {
		words = append(words, text.T(ctx, "patient.no", number))
	}
	return strings.Join(words, " · ")
}

// whom is a patient as a question names them.
func whom(ctx context.Context, d hospital.BedDetail) string {
	name := string(d.Admission.PatientName)
	if words := ageAndSex(ctx, d.BirthDate, d.Sex, d.At); words != "" {
		return name + " (" + words + ")"
	}
	return name
}

// reservable reports whether a bed that may become these can be reserved, or reserved otherwise.
func reservable(s hospital.BedStatus, next []hospital.BedStatus) bool {
	return slices.Contains(next, hospital.BedReserved) || s == hospital.BedReserved && len(next) > 0
}

// codes lists codes for an attribute.
func codes[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, code := range list {
		words[i] = string(code)
	}
	return strings.Join(words, " ")
}

// expectedTerm tells a planned discharge from a mere expectation.
func expectedTerm(ctx context.Context, a hospital.BoardAdmission) string {
	if a.DischargePlanned {
		return text.T(ctx, "fact.discharge_planned")
	}
	return text.T(ctx, "fact.expected_discharge")
}

// reasonWord is the word for a usual reason for admission, and any other text as it was written.
func reasonWord(ctx context.Context, reason string) string {
	if slices.Contains(hospital.AdmissionReasons, reason) {
		return text.T(ctx, "reason."+reason)
	}
	return reason
}

// patientNote tells patients of one name apart, with the allergies on record, and says who can't be
// admitted, and where they are.
func patientNote(ctx context.Context, p hospital.Patient) string {
	words := born(ctx, p.BirthDate, p.Sex)
	if p.Number != "" {
		words += " · " + text.T(ctx, "patient.no", p.Number)
	}
	if severe := p.Allergies.Severe; len(severe) > 0 {
		words += " · " + text.T(ctx, "allergies.some_severe", allergens(ctx, severe, len(severe)))
	}
	if mild := mild(p.Allergies); len(mild) > 0 {
		words += " · " + text.T(ctx, "allergies.some", allergens(ctx, mild, len(mild)))
	}
	if p.Admitted {
		words += " · " + text.T(ctx, "admit.already")
	}
	if p.BedNumber != "" {
		words += " · " + p.BedNumber
	}
	return words
}

// whereabouts says where somebody is now whom a search found.
func whereabouts(ctx context.Context, p hospital.Patient) string {
	switch {
	case p.Died:
		return text.T(ctx, "outcome.deceased")
	case !p.Admitted:
		return text.T(ctx, "search.not_here")
	case p.BedNumber == "":
		return text.T(ctx, "search.waiting")
	}
	return p.BedNumber + " · " + p.WardName
}

// freeBedLabel is a bed to choose from a list, which cuts what is longer than its line.
func freeBedLabel(ctx context.Context, b hospital.FreeBed) string {
	if b.Status == hospital.BedReserved {
		return b.Number + " · " + text.T(ctx, "status.reserved")
	}
	return b.Number
}

// freeBedNote is what to know of a bed before a patient of a sex and an isolation goes there: for
// whom it is kept if it is reserved, and what does not fit; "" where there is nothing.
func freeBedNote(ctx context.Context, b hospital.FreeBed, sex string,
	isolation hospital.Isolation) string {
	words := misfitWords(ctx, b.Misfits(sex, isolation))
	switch {
	case b.Status != hospital.BedReserved:
		return words
	case words == "":
		return keptWords(ctx, b)
	}
	return keptWords(ctx, b) + " · " + words
}

// zoneLabel is a zone to choose, with what it costs to bring something there.
func zoneLabel(ctx context.Context, z hospital.Zone) string {
	return z.Name + " · " + text.Money(ctx, z.Charge)
}

// placeOf is where a patient lies.
func placeOf(ctx context.Context, a hospital.CustomerAdmission) string {
	if a.Place == "" {
		return text.T(ctx, "admission.no_bed")
	}
	return a.Place
}

// offerTitle says for whom or for where a menu is.
func offerTitle(ctx context.Context, o hospital.Offer) string {
	if o.Address.ID != 0 {
		return text.T(ctx, "menu.title", o.Address.Label)
	}
	return text.T(ctx, "menu.title", string(o.Admission.PatientName))
}

// dishNames names dishes in a row.
func dishNames(ctx context.Context, dishes []hospital.Dish) string {
	return listed(dishes, func(d hospital.Dish) string { return text.Dish(ctx, d.Name) })
}

// nutrition is what a serving has, in the units of a label.
func nutrition(ctx context.Context, n hospital.Nutrition) string {
	return text.T(ctx, "dish.nutrition",
		n.EnergyKcal, n.ProteinG, n.CarbohydrateG, n.FatG, n.SodiumMg, n.PotassiumMg)
}

// heldWords says in a line why an order of a list is held.
func heldWords(ctx context.Context, o hospital.HeldLine) string {
	switch {
	case o.Stopped != "":
		return text.T(ctx, "stopped."+o.Stopped)
	case len(o.HeldFor) == 0:
		return text.T(ctx, "dash.held.clear")
	}
	return strings.Join(hazardWords(ctx, o.HeldFor), "; ")
}

// dayInput is a day as a browser's date field has it; "" for none.
func dayInput(day time.Time) string {
	if day.IsZero() {
		return ""
	}
	return day.Format(time.DateOnly)
}

// pressed is the state of a button that says what holds.
func pressed(is bool) string { return strconv.FormatBool(is) }
