package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// admit is POST /admissions.
func (s *Server) admit(c echo.Context) error {
	in, err := readInput(c, "patient_name", "patient_id", "patient_number", "birth_date", "sex",
		"bed_id", "reason", "diet", "texture", "allergies", "none", "severe", "expected_discharge",
		"isolation", "priority", "wanted_ward_id", "override_reason", "admitted_at", "late_reason",
		"mother_admission_id", "confirm_new", "candidate")
	if err != nil {
		return err
	}
	in.chooseCandidate()
	cmd := hospital.AdmitCommand{
		PatientID: in.id("patient_id"), PatientName: hospital.PatientName(in.text("patient_name")),
		BirthDate: in.date("birth_date"), Sex: in.text("sex"),
		PatientNumber: in.text("patient_number"), ConfirmNew: in.isTrue("confirm_new"),
		BedID: in.id("bed_id"), BedVersion: in.id("version"), Reason: in.text("reason"),
		Diet: hospital.Diet(in.text("diet")), Texture: in.texture("texture"),
		Allergies: in.allergies(), ExpectedDischarge: in.time("expected_discharge"),
		Placement: in.placement(), OverrideReason: in.text("override_reason"),
		AdmittedAt: in.time("admitted_at"), LateReason: in.text("late_reason"),
		MotherAdmissionID: in.id("mother_admission_id"), IdempotencyKey: in.idempotencyKey(c),
	}
	var admission hospital.Admission
	err = in.err()
	if err == nil {
		admission, _, err = s.Hospital.Admit(c.Request().Context(), actor(c), cmd)
	}
	switch {
	case err != nil && cmd.BedID == 0 && cmd.MotherAdmissionID != 0:
		return s.admissionForm(cmd.MotherAdmissionID, views.FormNewborn, in).refuse(err)
	case err != nil && cmd.BedID == 0:
		return s.waitForm(in).refuse(err)
	case err != nil:
		return s.bedForm(cmd.BedID, 0, views.FormAdmit, in).refuse(err)
	}
	return created(c, views.AdmissionPath.Of(admission.ID), bedOrAdmissionPath(admission),
		func() (any, error) { return s.describeAdmission(c, admission) })
}

// chooseCandidate puts the candidate whom a form chose in the place of whom it had typed in.
func (in *input) chooseCandidate() {
	if !in.has("candidate") {
		return
	}
	in.values["patient_id"] = in.values["candidate"]
	for _, typed := range []string{"patient_name", "patient_number", "birth_date", "sex"} {
		delete(in.values, typed)
	}
}

// describeAdmission is an admission with all that the asker may know of it, for programs.
func (s *Server) describeAdmission(c echo.Context,
	a hospital.Admission) (admissionDetailJSON, error) {
	detail, err := s.Hospital.AdmissionDetail(c.Request().Context(), actor(c), a.ID)
	return newAdmissionDetailJSON(detail), err
}

// bedOrAdmissionPath is where an admission is looked after: at its bed, else on its own page.
func bedOrAdmissionPath(a hospital.Admission) string {
	if a.BedID == 0 || a.WithMother && a.DischargedAt.IsZero() {
		return views.AdmissionPath.Of(a.ID)
	}
	return views.BedPath.Of(a.BedID)
}

// transfer is POST /admissions/{id}/transfer, also for a first bed.
func (s *Server) transfer(c echo.Context) error {
	in, err := readInput(c, "admission_id", "bed_id", "bed_version", "reason", "override_reason",
		"back")
	if err != nil {
		return err
	}
	to := hospital.TransferCommand{
		BedID: in.id("bed_id"), BedVersion: in.id("bed_version"), Reason: in.text("reason"),
		OverrideReason: in.text("override_reason"),
		AdmissionID:    in.id("admission_id"), Version: in.id("version"),
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
	if !in.has("expected_discharge") && !in.emptied("expected_discharge") {
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
	admission, err := s.commandAdmission(c, name, in, command)
	if err != nil {
		return err
	}
	return done(c, bedOrAdmissionPath(admission))
}

// commandAdmission runs a command on the admission in the path and returns it as it is then, or the
// refusal with the form called name.
func (s *Server) commandAdmission(c echo.Context, name string, in *input,
	command admissionCommand) (admission hospital.Admission, err error) {
	id, err := pathID(c)
	if err != nil {
		return admission, err
	}
	if err = in.err(); err == nil {
		admission, err = command(c.Request().Context(), id)
	}
	if err != nil {
		return admission, s.admissionForm(id, name, in).refuse(err)
	}
	return admission, nil
}

// admissionPage is GET /admissions/{id}/: to the patient's bed, or for one without a bed the free
// ones to choose from. An admission that has ended, and one of a newborn with its mother, has a
// page of its own.
func (s *Server) admissionPage(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	detail, err := s.Hospital.AdmissionDetail(c.Request().Context(), actor(c), id)
	if err != nil {
		return err
	}
	describe := func() (any, error) { return newAdmissionDetailJSON(detail), nil }
	return represent(c, describe, func() error {
		switch {
		case hasOwnPage(detail.Admission):
			return s.renderAdmission(c, http.StatusOK, detail, views.Form{})
		case detail.BedID != 0:
			return c.Redirect(http.StatusSeeOther, views.BedPath.Of(detail.BedID))
		}
		return s.bedChoice().get(c)
	})
}

// hasOwnPage reports whether an admission is looked at on a page of its own: it has ended, or is a
// newborn's who lies with its mother.
func hasOwnPage(a hospital.Admission) bool { return !a.DischargedAt.IsZero() || a.WithMother }

// renderAdmission draws the page of an admission that has one.
func (s *Server) renderAdmission(c echo.Context, status int, d hospital.AdmissionDetail,
	form views.Form) error {
	// A title stays in the browser's history, where a name has no place.
	page, err := s.page(c, text.T(c.Request().Context(), "admission.title"))
	if err != nil {
		return err
	}
	return render(c, status, views.AdmissionPage(page, d, form))
}

// redrawOwnPage draws a form again on the page of its admission. Of one that does not stand there
// any more, for the admission has ended, what was typed is put aside.
func (s *Server) redrawOwnPage(c echo.Context, r refusal, id int64) error {
	detail, err := s.Hospital.AdmissionDetail(c.Request().Context(), actor(c), id)
	if err != nil {
		return errNoPlace
	}
	form := r.againTo(string(detail.PatientName))
	if !detail.DischargedAt.IsZero() && r.name != views.FormReopen {
		form = views.Form{Problem: r.Detail, Changes: r.changed,
			Aside: views.PutAside(c.Request().Context(), r.in.values)}
	}
	return s.renderAdmission(c, r.Status, detail, form)
}

type admissionJSON struct {
	ID                int64        `json:"id"`
	Patient           *patientJSON `json:"patient"` // null: not for the reader to know
	BedID             *int64       `json:"bed_id"`
	Bed               *string      `json:"bed_number"`
	Ward              *string      `json:"ward_name"`
	Status            string       `json:"status"`
	AdmittedAt        *string      `json:"admitted_at"`
	LateReason        *string      `json:"late_reason"`
	ExpectedDischarge *string      `json:"expected_discharge"`
	DischargedAt      *string      `json:"discharged_at"`
	Outcome           *string      `json:"outcome"`
	LeaveSince        *string      `json:"leave_since"`
	LeaveUntil        *string      `json:"leave_until"`
	LeaveReason       *string      `json:"leave_reason"`
	MotherAdmissionID *int64       `json:"mother_admission_id"`
	WithMother        bool         `json:"with_mother"`
	*placementJSON                 // none where the patient is not for the reader to know
	Version           int64        `json:"version"`
}

func newAdmissionJSON(a hospital.Admission) admissionJSON {
	shape := admissionJSON{
		ID: a.ID, Status: admissionStatus(a), AdmittedAt: rfc3339(a.AdmittedAt),
		ExpectedDischarge: rfc3339(a.ExpectedDischarge),
		DischargedAt:      rfc3339(a.DischargedAt), Outcome: textOrNull(string(a.Outcome)),
		LateReason: textOrNull(a.LateReason), LeaveSince: rfc3339(a.Leave.Since),
		LeaveUntil: rfc3339(a.Leave.Until), LeaveReason: textOrNull(a.Leave.Reason),
		WithMother: a.WithMother, Version: a.Version,
	}
	if a.MotherAdmissionID != 0 {
		shape.MotherAdmissionID = &a.MotherAdmissionID
	}
	if a.PatientID != 0 {
		shape.Patient = &patientJSON{a.PatientID, string(a.PatientName)}
		shape.placementJSON = new(newPlacementJSON(a))
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
	Confirmed  bool                `json:"allergies_confirmed"` // in this admission
	FastsFrom  *string             `json:"nil_by_mouth_from"`
	FastsUntil *string             `json:"nil_by_mouth_until"`
}

func newAdmissionDietJSON(a hospital.Admission, d hospital.DietOrder) admissionDietJSON {
	shape := admissionDietJSON{
		admissionJSON: newAdmissionJSON(a), Diet: string(d.Diet), Texture: int(d.Texture),
		Severe: orEmpty(d.Allergies.Severe), Confirmed: d.Confirmed,
		FastsFrom: rfc3339(d.NilByMouth.From), FastsUntil: rfc3339(d.NilByMouth.Until),
	}
	if d.Allergies.Known {
		shape.Allergies = orEmpty(d.Allergies.Allergens)
	}
	return shape
}

// admissionDetailJSON is an admission with all that there is to know of it.
type admissionDetailJSON struct {
	admissionDietJSON
	Reason       *string           `json:"reason"`        // null: not for the reader to know
	Notes        *string           `json:"notes"`         // likewise
	CancelReason *string           `json:"cancel_reason"` // of one that never was
	Note         *string           `json:"note"`          // for the next shift
	NoteBy       *string           `json:"note_by"`
	NoteAt       *string           `json:"note_at"`
	Beds         []assignedBedJSON `json:"beds"` // the newest first
}

// assignedBedJSON is one bed of an admission, from when until when.
type assignedBedJSON struct {
	BedID  int64   `json:"bed_id"`
	Bed    string  `json:"bed_number"`
	Ward   string  `json:"ward_name"`
	Since  *string `json:"since"`
	Until  *string `json:"until"`
	Act    string  `json:"act"`
	Reason *string `json:"reason"`
}

func newAdmissionDetailJSON(d hospital.AdmissionDetail) admissionDetailJSON {
	beds := each(d.Beds, func(b hospital.BedAssignment) assignedBedJSON {
		return assignedBedJSON{b.BedID, b.BedNumber, b.WardName, rfc3339(b.Since),
			rfc3339(b.Until), string(b.Act), textOrNull(b.Reason)}
	})
	return admissionDetailJSON{newAdmissionDietJSON(d.Admission, d.Order), textOrNull(d.Reason),
		textOrNull(d.Notes), textOrNull(d.CancelReason), textOrNull(d.Note.Text),
		textOrNull(d.Note.By), rfc3339(d.Note.At), beds}
}

// admissionStatus names the state of an admission as docs/contract.md#admissions does.
func admissionStatus(a hospital.Admission) string {
	switch {
	case a.Cancelled:
		return "cancelled"
	case !a.DischargedAt.IsZero():
		return "discharged"
	case !a.Leave.Since.IsZero():
		return "on_leave"
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
	chosen, ended := r.in.id("bed_id"), !admission.DischargedAt.IsZero()
	switch {
	case err != nil:
		return errNoPlace
	case chosen != 0 && r.in.values.Get("back") == views.BedPath.Of(chosen):
		return s.redrawChosenBed(c, r, admission)
	case ended && (r.name == views.FormReopen || admission.BedID == 0) && wantsPage(c):
		return s.redrawOwnPage(c, r, id)
	case !ended && admission.WithMother && wantsPage(c):
		if views.StandsOnCarePage(r.name) {
			return s.redrawCare(c, r, id)
		}
		return s.redrawOwnPage(c, r, id)
	case admission.BedID != 0:
		return s.redrawBed(c, r, admission.BedID, id)
	case r.name != views.FormTransfer && wantsPage(c):
		return s.redrawCare(c, r, id)
	}
	return waiting(c, r, admission)
}
