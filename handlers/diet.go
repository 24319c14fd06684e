package handlers

import (
	"context"
	"strconv"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
)

// setDiet is POST /admissions/{id}/diet. What is not sent does not change.
func (s *Server) setDiet(c echo.Context) error {
	in, err := readInput(c, "admission_id", "diet", "texture", "allergies", "none", "severe",
		"allergies_confirmed", "reason", "nil_by_mouth", "nil_by_mouth_from", "nil_by_mouth_until")
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
	to := hospital.DietCommand{Reason: in.text("reason"),
		AdmissionID: in.id("admission_id"), Version: in.id("version")}
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
	if !in.omitsAllergens() || in.has("severe") {
		allergies := in.allergies()
		to.Allergies = &allergies
		to.Omitted.Allergens, to.Omitted.Severe = in.omitsAllergens(), !in.has("severe")
	}
	if asked := in.truth("allergies_confirmed"); asked != nil {
		to.SentAlong = !*asked
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
