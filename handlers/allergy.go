package handlers

import (
	"slices"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
)

// setAllergies is POST /patients/{id}/allergies: what a person's allergies are, admitted or not.
func (s *Server) setAllergies(c echo.Context) error {
	id, in, err := readAbout(c, "admission_id", "allergies", "none", "severe", "reason")
	if err != nil {
		return err
	}
	to := in.allergyCommand()
	if err = in.err(); err == nil {
		_, err = s.Hospital.SetAllergies(c.Request().Context(), actor(c), id, to)
	}
	if err != nil {
		return s.recordForm(id, views.FormAllergies, in).refuse(err)
	}
	return done(c, views.PatientPath.Of(id))
}

// allergyCommand reads what a person's allergies are. Something must be said of them.
func (in *input) allergyCommand() hospital.AllergyCommand {
	to := hospital.AllergyCommand{Allergies: in.allergies(), Reason: in.text("reason"),
		AdmissionID: in.id("admission_id"), Version: in.id("version")}
	to.Omitted.Allergens, to.Omitted.Severe = in.omitsAllergens(), !in.has("severe")
	if to.Omitted.Allergens && to.Omitted.Severe {
		in.refuse("allergies", "allergies_missing",
			"Say which allergies there are, or that there are none.")
	}
	return to
}

// allergies reads a list of allergens, or that there are none (the field none, or that word in the
// list), and which of them are severe. Nothing sent, or nothing in what was sent: nobody asked.
func (in *input) allergies() hospital.Allergies {
	a := hospital.Allergies{Allergens: in.allergens("allergies"), Severe: in.allergens("severe")}
	isNone := func(one hospital.Allergen) bool { return one == hospital.NoKnownAllergies }
	if !in.isTrue("none") && !slices.ContainsFunc(a.Allergens, isNone) {
		return a
	}
	a.Allergens = slices.DeleteFunc(a.Allergens, isNone)
	if len(a.Allergens) > 0 {
		in.refuse("allergies", "allergies_and_none", "Choose allergens or none, not both.")
	}
	a.Known, a.Allergens = true, nil
	return a
}

// omitsAllergens reports whether nothing was sent of which allergies there are.
func (in *input) omitsAllergens() bool { return !in.has("allergies") && !in.isTrue("none") }

// allergens reads a list of them by any usual word. What is empty in it is left out.
func (in *input) allergens(field string) (all []hospital.Allergen) {
	for _, sent := range in.list(field) {
		if sent != "" {
			all = append(all, hospital.ParseAllergen(sent)...)
		}
	}
	return all
}

// allergyRecordJSON is what is known of a person's allergies.
type allergyRecordJSON struct {
	ID          int64              `json:"id"`
	Known       bool               `json:"allergies_known"`
	Allergies   []notedAllergyJSON `json:"allergies"`
	AdmissionID *int64             `json:"admission_id"`        // null: not admitted
	Confirmed   bool               `json:"allergies_confirmed"` // in this admission
	Version     int64              `json:"version"`
}

// notedAllergyJSON is one allergy with who noted it and when.
type notedAllergyJSON struct {
	Allergen hospital.Allergen `json:"allergen"`
	Severe   bool              `json:"severe"`
	NotedBy  *string           `json:"noted_by"` // null where nobody knows
	NotedAt  *string           `json:"noted_at"`
}

func newAllergyRecordJSON(r hospital.AllergyRecord) allergyRecordJSON {
	shape := allergyRecordJSON{ID: r.PatientID, Known: r.Known, Confirmed: r.Confirmed,
		Allergies: each(r.Noted, newNotedAllergyJSON), Version: r.Version}
	if r.AdmissionID != 0 {
		shape.AdmissionID = &r.AdmissionID
	}
	return shape
}

func newNotedAllergyJSON(n hospital.NotedAllergy) notedAllergyJSON {
	return notedAllergyJSON{n.Allergen, n.Severe, textOrNull(n.NotedBy), rfc3339(n.NotedAt)}
}

// allergyChangeJSON is one change of what is on record. A list is null where nobody had asked.
type allergyChangeJSON struct {
	At         *string             `json:"at"`
	By         string              `json:"by"`
	Reason     *string             `json:"reason"`
	From       []hospital.Allergen `json:"from"`
	FromSevere []hospital.Allergen `json:"from_severe"`
	To         []hospital.Allergen `json:"to"`
	ToSevere   []hospital.Allergen `json:"to_severe"`
}

func newAllergyChangeJSON(one hospital.AllergyChange) allergyChangeJSON {
	list := func(known bool, all []hospital.Allergen) []hospital.Allergen {
		if !known {
			return nil
		}
		return orEmpty(all)
	}
	return allergyChangeJSON{At: rfc3339(one.At), By: one.By, Reason: textOrNull(one.Reason),
		From:       list(one.From.Known, one.From.Allergens),
		FromSevere: list(one.From.Known, one.From.Severe),
		To:         list(one.To.Known, one.To.Allergens),
		ToSevere:   list(one.To.Known, one.To.Severe)}
}
