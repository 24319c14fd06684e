package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
)

// admit is POST /admissions.
func (s *Server) admit(c echo.Context) error {
	in, err := readInput(c, "patient_name", "patient_id", "birth_date", "sex", "bed_id", "reason",
		"diet", "texture", "allergies", "severe", "expected_discharge")
	if err != nil {
		return err
	}
	cmd := hospital.AdmitCommand{
		PatientID: in.id("patient_id"), PatientName: hospital.PatientName(in.text("patient_name")),
		BirthDate: in.date("birth_date"), Sex: in.text("sex"),
		BedID: in.id("bed_id"), BedVersion: in.id("version"), Reason: in.text("reason"),
		Diet: hospital.Diet(in.text("diet")), Texture: in.texture("texture"),
		Allergies: in.allergies(), ExpectedDischarge: in.time("expected_discharge"),
		IdempotencyKey: in.idempotencyKey(c),
	}
	var admission hospital.Admission
	err = in.err()
	if err == nil {
		admission, _, err = s.Hospital.Admit(c.Request().Context(), actor(c), cmd)
	}
	if err != nil {
		return s.bedForm(cmd.BedID, 0, views.FormAdmit, in).refuse(err)
	}
	return created(c, views.AdmissionPath.Of(admission.ID), bedOrAdmissionPath(admission),
		func() (any, error) { return s.describeAdmission(c, admission) })
}

// describeAdmission is an admission with what its patient may eat, for programs.
func (s *Server) describeAdmission(c echo.Context,
	a hospital.Admission) (admissionDietJSON, error) {
	diet, err := s.Hospital.DietOrder(c.Request().Context(), actor(c), a.ID)
	return newAdmissionDietJSON(a, diet), err
}

// bedOrAdmissionPath is where an admission is looked after: at its bed, else on its own page.
func bedOrAdmissionPath(a hospital.Admission) string {
	if a.BedID == 0 {
		return views.AdmissionPath.Of(a.ID)
	}
	return views.BedPath.Of(a.BedID)
}

// transfer is POST /admissions/{id}/transfer, also for a first bed.
func (s *Server) transfer(c echo.Context) error {
	in, err := readInput(c, "admission_id", "bed_id", "bed_version", "reason", "back")
	if err != nil {
		return err
	}
	to := hospital.TransferCommand{
		BedID: in.id("bed_id"), BedVersion: in.id("bed_version"), Reason: in.text("reason"),
		AdmissionID: in.id("admission_id"), Version: in.id("version"),
	}
	command := func(ctx context.Context, id int64) (hospital.Admission, error) {
		return s.Hospital.Transfer(ctx, actor(c), id, to)
	}
	return s.changeAdmission(c, views.FormTransfer, in, command)
}

// planDischarge is POST /admissions/{id}/plan-discharge. An empty time takes the plan back; a
// missing one is refused.
func (s *Server) planDischarge(c echo.Context) error {
	in, err := readInput(c, "admission_id", "expected_discharge")
	if err != nil {
		return err
	}
	if !in.has("expected_discharge") {
		in.refuse("expected_discharge", "plan_missing",
			"Say when the patient is expected to leave, or send it empty to take the plan back.")
	}
	plan := hospital.PlanDischargeCommand{Expected: in.time("expected_discharge"),
		AdmissionID: in.id("admission_id"), Version: in.id("version")}
	command := func(ctx context.Context, id int64) (hospital.Admission, error) {
		return s.Hospital.PlanDischarge(ctx, actor(c), id, plan)
	}
	return s.changeAdmission(c, views.FormPlan, in, command)
}

// discharge is POST /admissions/{id}/discharge.
func (s *Server) discharge(c echo.Context) error {
	in, err := readInput(c, "admission_id", "outcome", "notes")
	if err != nil {
		return err
	}
	leaving := hospital.DischargeCommand{
		Outcome: hospital.Outcome(in.text("outcome")), Notes: in.text("notes"),
		AdmissionID: in.id("admission_id"), Version: in.id("version"),
	}
	command := func(ctx context.Context, id int64) (hospital.Admission, error) {
		return s.Hospital.Discharge(ctx, actor(c), id, leaving)
	}
	return s.changeAdmission(c, views.FormDischarge, in, command)
}

// admissionCommand is a command with all that was sent, for an admission.
type admissionCommand = func(ctx context.Context, id int64) (hospital.Admission, error)

// changeAdmission runs a command on the admission in the path and answers it: on to the admission's
// bed, or back to the form called name.
func (s *Server) changeAdmission(c echo.Context, name string, in *input,
	command admissionCommand) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	err = in.err()
	var admission hospital.Admission
	if err == nil {
		admission, err = command(c.Request().Context(), id)
	}
	if err != nil {
		return s.admissionForm(id, name, in).refuse(err)
	}
	return done(c, bedOrAdmissionPath(admission))
}

// admissionPage is GET /admissions/{id}/: to the patient's bed, or for one without a bed the free
// ones to choose from. An admission that has ended has no page, as whatever it is asked for.
func (s *Server) admissionPage(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	admission, err := s.Hospital.OpenAdmission(c.Request().Context(), actor(c), id)
	if err != nil {
		return err
	}
	describe := func() (any, error) { return s.describeAdmission(c, admission) }
	return represent(c, describe, func() error {
		if admission.BedID != 0 {
			return c.Redirect(http.StatusSeeOther, views.BedPath.Of(admission.BedID))
		}
		return s.bedChoice().get(c)
	})
}

type admissionJSON struct {
	ID                int64        `json:"id"`
	Patient           *patientJSON `json:"patient"` // null: not for the reader to know
	BedID             *int64       `json:"bed_id"`
	Bed               *string      `json:"bed_number"`
	Ward              *string      `json:"ward_name"`
	Status            string       `json:"status"`
	AdmittedAt        *string      `json:"admitted_at"`
	ExpectedDischarge *string      `json:"expected_discharge"`
	DischargedAt      *string      `json:"discharged_at"`
	Outcome           *string      `json:"outcome"`
	Version           int64        `json:"version"`
}

func newAdmissionJSON(a hospital.Admission) admissionJSON {
	shape := admissionJSON{
		ID: a.ID, Status: admissionStatus(a), AdmittedAt: rfc3339(a.AdmittedAt),
		ExpectedDischarge: rfc3339(a.ExpectedDischarge),
		DischargedAt:      rfc3339(a.DischargedAt), Outcome: textOrNull(string(a.Outcome)),
		Version: a.Version,
	}
	if a.PatientID != 0 {
		shape.Patient = &patientJSON{a.PatientID, string(a.PatientName)}
	}
	if a.BedID != 0 {
		shape.BedID, shape.Bed, shape.Ward = &a.BedID, &a.BedNumber, &a.WardName
	}
	return shape
}

// admissionDietJSON is an admission with what its patient may eat, in the words of POST
// /admissions/{id}/diet.
type admissionDietJSON struct {
	admissionJSON
	Diet       string              `json:"diet"`
	Texture    int                 `json:"texture"`
	Allergies  []hospital.Allergen `json:"allergies"` // null where nobody asked
	Severe     []hospital.Allergen `json:"severe"`
	FastsFrom  *string             `json:"nil_by_mouth_from"`
	FastsUntil *string             `json:"nil_by_mouth_until"`
}

func newAdmissionDietJSON(a hospital.Admission, d hospital.DietOrder) admissionDietJSON {
	shape := admissionDietJSON{
		admissionJSON: newAdmissionJSON(a), Diet: string(d.Diet), Texture: int(d.Texture),
		Severe: orEmpty(d.Allergies.Severe), FastsFrom: rfc3339(d.NilByMouth.From),
		FastsUntil: rfc3339(d.NilByMouth.Until),
	}
	if d.Allergies.Known {
		shape.Allergies = orEmpty(d.Allergies.Allergens)
	}
	return shape
}

// admissionStatus names the state of an admission as docs/contract.md#admissions does.
func admissionStatus(a hospital.Admission) string {
	switch {
	case !a.DischargedAt.IsZero():
		return "discharged"
	case a.DischargePlanned:
		return "pending_discharge"
	}
	return "admitted"
}

// admissionForm is a form about an admission. It stands at the bed where the patient lies, or at
// the free one that the person stood at when they chose who was to come into it.
func (s *Server) admissionForm(id int64, name string, in *input) form {
	at := func(waiting redrawWaiting) redraw {
		return func(c echo.Context, r refusal) error { return s.redrawAdmission(c, r, id, waiting) }
	}
	return form{name: name, in: in, page: at(s.redrawFreeBeds), part: at(s.redrawChosenBed)}
}

// redrawWaiting is the redraw for a patient who waits for a bed.
type redrawWaiting func(echo.Context, refusal, hospital.Admission) error

// redrawAdmission draws a form about an admission again; waiting does it while the patient has no
// bed.
func (s *Server) redrawAdmission(c echo.Context, r refusal, id int64, waiting redrawWaiting) error {
	admission, err := s.Hospital.Admission(c.Request().Context(), actor(c), id)
	chosen := r.in.id("bed_id")
	switch {
	case err != nil:
		return errNoPlace
	case chosen != 0 && r.in.values.Get("back") == views.BedPath.Of(chosen):
		return s.redrawChosenBed(c, r, admission)
	case admission.BedID != 0:
		return s.redrawBed(c, r, admission.BedID, id)
	}
	return waiting(c, r, admission)
}
