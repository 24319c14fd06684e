package handlers

import (
	"cmp"
	"context"
	"slices"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
)

// placement reads how and where somebody who is admitted should lie.
func (in *input) placement() hospital.Placement {
	return hospital.Placement{Isolation: hospital.Isolation(in.text("isolation")),
		Priority: hospital.Priority(in.text("priority")), WantedWardID: in.id("wanted_ward_id")}
}

// editAdmission is POST /admissions/{id}. What is not sent does not change. A page says with the
// field back where the person is, if not at the patient's bed.
func (s *Server) editAdmission(c echo.Context) error {
	in, err := readInput(c, "admission_id", "isolation", "priority", "wanted_ward_id", "note",
		"back")
	if err != nil {
		return err
	}
	to := in.admissionEdit()
	command := func(ctx context.Context, id int64) (hospital.Admission, error) {
		return s.Hospital.EditAdmission(ctx, actor(c), id, to)
	}
	form := views.FormPlacement
	if in.has("note") {
		form = views.FormNote
	}
	admission, err := s.commandAdmission(c, form, in, command)
	if err != nil {
		return err
	}
	if back := in.text("back"); back != "" {
		return done(c, localPath(back))
	}
	return done(c, bedOrAdmissionPath(admission))
}

// admissionEdit reads what is to change of an admission.
func (in *input) admissionEdit() hospital.EditAdmissionCommand {
	to := hospital.EditAdmissionCommand{Note: in.given("note"),
		AdmissionID: in.id("admission_id"), Version: in.id("version")}
	if in.has("isolation") {
		to.Isolation = new(hospital.Isolation(in.text("isolation")))
	}
	if in.has("priority") {
		to.Priority = new(hospital.Priority(in.text("priority")))
	}
	if in.has("wanted_ward_id") {
		to.WantedWardID = new(in.id("wanted_ward_id"))
	}
	return to
}

// given is the value of a field that holds words; nil where it was not sent.
func (in *input) given(field string) *string {
	if !in.has(field) {
		return nil
	}
	return new(in.text(field))
}

// ticked are the values of a field that takes several, without the empty one by which a form says
// that it asked.
func (in *input) ticked(field string) []string {
	isEmpty := func(s string) bool { return s == "" }
	return slices.DeleteFunc(slices.Clone(in.list(field)), isEmpty)
}

// placementJSON is how and where a patient should lie, and in what their bed does not fit.
type placementJSON struct {
	Isolation    string   `json:"isolation"`
	Priority     string   `json:"priority"`
	WantedWardID *int64   `json:"wanted_ward_id"`
	WantedWard   *string  `json:"wanted_ward_name"`
	Warnings     []string `json:"warnings"`
}

func newPlacementJSON(a hospital.Admission) placementJSON {
	p := a.Placement
	return placementJSON{string(p.Isolation), string(p.Priority), idOrNull(p.WantedWardID),
		textOrNull(p.WantedWard), asTexts(a.Misfits())}
}

// fitnessJSON is what a bed is fit for, and in what it does not fit its patient.
type fitnessJSON struct {
	Features  []string `json:"features"`
	Staffed   bool     `json:"staffed"`
	WardSex   string   `json:"ward_sex"`
	Isolation *string  `json:"isolation"` // of the patient
	Warnings  []string `json:"warnings"`
}

func newFitnessJSON(b hospital.BoardBed) fitnessJSON {
	shape := fitnessJSON{asTexts(b.Features.List()), b.Staffed,
		cmp.Or(string(b.WardSex), string(hospital.AnySex)), nil, asTexts(b.Misfits())}
	if b.Admission != nil {
		shape.Isolation = textOrNull(string(b.Admission.Isolation))
	}
	return shape
}

// reservationJSON is for whom or what a bed is kept, and until when.
type reservationJSON struct {
	Patient *patientJSON `json:"patient"` // null where it is for nobody by name
	Reason  string       `json:"reason"`
	Until   *string      `json:"until"`
}

func newReservationJSON(b hospital.Bed) *reservationJSON {
	if b.Status != hospital.BedReserved {
		return nil
	}
	shape := &reservationJSON{nil, b.StatusReason, rfc3339(b.ReservedUntil)}
	if b.ReservedFor != 0 {
		shape.Patient = &patientJSON{b.ReservedFor, string(b.ReservedName)}
	}
	return shape
}
