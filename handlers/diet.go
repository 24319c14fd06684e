package handlers

import (
	"context"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
)

// setDiet is POST /admissions/{id}/diet. What is not sent does not change.
func (s *Server) setDiet(c echo.Context) error {
	in, err := readInput(c, "admission_id", "diet", "texture", "allergies", "severe",
		"nil_by_mouth", "nil_by_mouth_from", "nil_by_mouth_until")
	if err != nil {
		return err
	}
	to, form := in.dietChange(), views.FormDiet
	if to.NilByMouth != nil && to.Diet == nil {
		form = views.FormFasting
	}
	command := func(ctx context.Context, id int64) (hospital.Admission, error) {
		return s.Hospital.SetDiet(ctx, actor(c), id, to)
	}
	return s.changeAdmission(c, form, in, command)
}

// dietChange reads what is to change of what a patient may eat.
func (in *input) dietChange() hospital.DietCommand {
	to := hospital.DietCommand{AdmissionID: in.id("admission_id"), Version: in.id("version")}
	if in.has("diet") {
		diet := hospital.Diet(in.text("diet"))
		to.Diet = &diet
	}
	if in.has("texture") {
		to.Texture = in.texture("texture")
		if to.Texture == nil {
			in.refuse("texture", "texture", "Choose a texture from 0 to 7.")
		}
	}
	if in.has("allergies") || in.has("severe") {
		allergies := in.allergies()
		to.Allergies = &allergies
		to.Omitted.Allergens, to.Omitted.Severe = !in.has("allergies"), !in.has("severe")
	}
	in.nilByMouth(&to)
	return to
}

// nilByMouth reads whether a patient is nil by mouth, and from when until when: each may be left
// out.
func (in *input) nilByMouth(to *hospital.DietCommand) {
	from, until := in.time("nil_by_mouth_from"), in.time("nil_by_mouth_until")
	window := hospital.Window{From: from, Until: until}
	is := in.truth("nil_by_mouth")
	switch {
	case is == nil && !in.has("nil_by_mouth_from") && !in.has("nil_by_mouth_until"):
		return
	case is != nil && !*is && window != (hospital.Window{}):
		in.refuse("nil_by_mouth", "fasting_and_not",
			"Give the times of nil by mouth, or say that it is over, not both.")
	case is == nil || *is:
		to.Omitted.From, to.Omitted.Until = window.From.IsZero(), !in.has("nil_by_mouth_until")
	}
	to.NilByMouth = &window
}

// texture reads a level of the IDDSI framework; nil where the field is empty.
func (in *input) texture(field string) *hospital.Texture {
	sent := in.one(field)
	if sent == "" {
		return nil
	}
	n, err := strconv.Atoi(sent)
	if err != nil || !hospital.Texture(n).Valid() {
		in.refuse(field, "texture", "Choose a texture from 0 to 7.")
		return nil
	}
	t := hospital.Texture(n)
	return &t
}

// allergies reads a list of allergens, or the one word that says there are none, and which of them
// are severe. Nothing sent, or nothing in what was sent: nobody asked.
func (in *input) allergies() hospital.Allergies {
	a := hospital.Allergies{Allergens: in.allergens("allergies"), Severe: in.allergens("severe")}
	if slices.Contains(a.Allergens, hospital.NoKnownAllergies) {
		if len(a.Allergens) > 1 {
			in.refuse("allergies", "allergies_and_none", "Choose allergens or none, not both.")
		}
		a.Known, a.Allergens = true, nil
	}
	return a
}

// allergens reads a list of them by any usual word. What is empty in it is left out.
func (in *input) allergens(field string) (all []hospital.Allergen) {
	for _, sent := range in.list(field) {
		if sent != "" {
			all = append(all, hospital.ParseAllergen(sent)...)
		}
	}
	return all
}
