package handlers

import (
	"slices"

	"cmp"
	"context"
	"strconv"
	"strings"

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

// setBed is POST /beds/{id}. What is not sent does not change.
func (s *Server) setBed(c echo.Context) error {
	id, in, err := readAbout(c, "features", "staffed")
	if err != nil {
		return err
	}
	to := hospital.SetBedCommand{Staffed: in.truth("staffed"), Version: in.id("version")}
	if in.has("features") {
		features := []hospital.BedFeature{}
		for _, sent := range in.ticked("features") {
			features = append(features, hospital.BedFeature(sent))
		}
		to.Features = &features
	}
	if err = in.err(); err == nil {
		_, err = s.Hospital.SetBed(c.Request().Context(), actor(c), id, to)
	}
	if err != nil {
		return s.panelForm(c, id, views.FormFitness, in).refuse(err)
	}
	return done(c, views.BedPath.Of(id))
}

// panelForm is a form about a bed itself. It stands in the bed's panel, whoever lies there.
func (s *Server) panelForm(c echo.Context, id int64, name string, in *input) form {
	detail, err := s.Hospital.BedDetail(c.Request().Context(), actor(c), id)
	if err != nil || detail.Admission == nil {
		return s.bedForm(id, 0, name, in)
	}
	return s.bedForm(id, detail.Admission.AdmissionID, name, in)
}

// setWard is POST /wards/{id}. What is not sent does not change.
func (s *Server) setWard(c echo.Context) error {
	id, in, err := readAbout(c, "sex", "speciality", "back")
	if err != nil {
		return err
	}
	to := hospital.SetWardCommand{Version: in.id("version")}
	if in.has("sex") {
		to.Sex = new(hospital.WardSex(in.text("sex")))
	}
	if in.has("speciality") {
		to.Speciality = new(in.text("speciality"))
	}
	if err = in.err(); err == nil {
		_, err = s.Hospital.SetWard(c.Request().Context(), actor(c), id, to)
	}
	bed := bedOfPath(in.values.Get("back"))
	switch {
	case err != nil && bed != 0:
		return s.panelForm(c, bed, views.FormWard, in).refuse(err)
	case err != nil:
		return err
	case bed != 0:
		return done(c, views.BedPath.Of(bed))
	}
	return done(c, views.WardPath.Of(id))
}

// bedOfPath is the bed whose page has a path; 0 for any other path.
func bedOfPath(path string) int64 {
	id, err := strconv.ParseInt(strings.Trim(strings.TrimPrefix(path, "/beds/"), "/"), 10, 64)
	if err != nil || views.BedPath.Of(id) != path {
		return 0
	}
	return id
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
