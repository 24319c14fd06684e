package handlers

import (
	"context"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
	"dusangire/views/text"
)

// bedChoice is an admission whose patient waits for a bed, with the beds to choose from.
func (s *Server) bedChoice() screen[hospital.BedChoice] {
	return screen[hospital.BedChoice]{
		server: s, path: views.AdmissionPath, socket: "/ws/admission/:id/",
		permission: hospital.ReadWards, sharedBy: everyone,
		read: func(ctx context.Context, v visitor) (hospital.BedChoice, error) {
			return s.Hospital.BedChoice(ctx, v.actor, v.id)
		},
		// A title stays in the browser's history, where a name has no place.
		title: func(ctx context.Context, _ hospital.BedChoice) string {
			return text.T(ctx, "waiting.choose")
		},
		page:     bedChoicePage(views.Form{}),
		regions:  forAll(views.BedChoiceRegions),
		json:     object(newBedChoiceJSON),
		messages: bedChoiceMessages,
	}
}

// bedChoicePage draws the page with what was refused.
func bedChoicePage(form views.Form) drawPage[hospital.BedChoice] {
	return func(p views.Page, _ visitor, b hospital.BedChoice) templ.Component {
		return views.BedChoicePage(p, b, form)
	}
}

// redrawFreeBeds shows the admission's own page, with the beds that are free now.
func (s *Server) redrawFreeBeds(c echo.Context, r refusal, _ hospital.Admission) error {
	return s.bedChoice().redraw(c, r.Status, bedChoicePage(
		views.Form{Name: views.FormPlace, Errors: r.Errors, Problem: r.Detail, Changes: r.changed}))
}

func newBedChoiceJSON(_ context.Context, b hospital.BedChoice) admissionDietJSON {
	return newAdmissionDietJSON(b.Admission, b.Diet)
}

// bedChoiceMessages are the admission as one message.
func bedChoiceMessages(ctx context.Context, b hospital.BedChoice) ([]hub.Region, error) {
	state := newBedChoiceJSON(ctx, b)
	whole, err := region("admission", state, message{"admission", state})
	return []hub.Region{whole}, err
}
