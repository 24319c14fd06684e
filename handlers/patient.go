package handlers

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// patientRoutes are the search, and what can be done with a record.
func (s *Server) patientRoutes() []entry {
	return []entry{
		get(views.SearchPath, hospital.ReadPatients, s.searchPage),
		post(views.SearchPath, hospital.ReadPatients, s.searchPatients),
		get(views.PatientPath, hospital.ReadPatients, s.patientPage),
		post(views.PatientsPath+":id", hospital.CorrectPatients, s.correctPatient),
		post(views.PatientPath+"merge", hospital.MergePatients, s.mergePatients),
		post(views.PatientPath+"unmerge", hospital.MergePatients, s.unmergePatient),
	}
}

// searchPage is GET /patients/search: the form alone.
func (s *Server) searchPage(c echo.Context) error {
	return s.renderSearch(c, http.StatusOK, "", nil, views.Form{})
}

// searchPatients is POST /patients/search. It changes nothing, and is a POST since what is searched
// for must not stand in a URL.
func (s *Server) searchPatients(c echo.Context) error {
	in, err := readInput(c, "q")
	if err != nil {
		return err
	}
	query := in.text("q")
	var found []hospital.Patient
	if err = in.err(); err == nil {
		found, err = s.Hospital.SearchPatients(c.Request().Context(), actor(c), query)
	}
	if err != nil {
		again := func(c echo.Context, r refusal) error {
			return s.renderSearch(c, r.Status, query, nil, r.again())
		}
		return form{name: views.FormSearch, in: in, page: again}.refuse(err)
	}
	return represent(c, func() (any, error) {
		return patientsJSON{each(found, newPatientFoundJSON)}, nil
	}, func() error {
		return s.renderSearch(c, http.StatusOK, query, found, views.Form{})
	})
}

func (s *Server) renderSearch(c echo.Context, status int, query string, found []hospital.Patient,
	form views.Form) error {
	page, err := s.page(c, text.T(c.Request().Context(), "search.title"))
	if err != nil {
		return err
	}
	return render(c, status, views.SearchPage(page, query, found, form))
}

// patientPage is GET /patients/{id}/.
func (s *Server) patientPage(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	record, err := s.Hospital.Record(c.Request().Context(), actor(c), id)
	if err != nil {
		return err
	}
	return represent(c, func() (any, error) {
		return newRecordJSON(c.Request().Context(), record),
			nil
	},
		func() error { return s.renderRecord(c, http.StatusOK, record, views.Form{}) })
}

func (s *Server) renderRecord(c echo.Context, status int, record hospital.Record,
	form views.Form) error {
	// A title stays in the browser's history, where a name has no place.
	page, err := s.page(c, text.T(c.Request().Context(), "patient.title"))
	if err != nil {
		return err
	}
	return render(c, status, views.RecordPage(page, record, form))
}

// recordForm is a form on the page of a record.
func (s *Server) recordForm(id int64, name string, in *input) form {
	return form{name: name, in: in, page: func(c echo.Context, r refusal) error {
		record, err := s.Hospital.Record(c.Request().Context(), actor(c), id)
		if err != nil {
			return errNoPlace
		}
		return s.renderRecord(c, r.Status, record, s.recordAgain(c, r, record))
	}}
}

// recordAgain is a refused form of a record, for its page. One that was about to merge shows again
// who the other record is, unless it can't be merged at all.
func (s *Server) recordAgain(c echo.Context, r refusal, record hospital.Record) views.Form {
	ctx := c.Request().Context()
	form := r.againTo(string(record.Name))
	form.Aside = views.PutAside(ctx, r.in.overwritten(r.cause))
	cmd := r.in.merge()
	if r.name != views.FormMerge || cmd.Into == 0 {
		return form
	}
	cmd.Reason = cmp.Or(cmd.Reason, "-") // it is asked for in the form that is shown
	into, err := s.Hospital.MergeTarget(ctx, actor(c), record.ID, cmd)
	if err == nil {
		form.Into = &into
	}
	return form
}

// changeRecord runs a command on the record in the path and answers with the record.
func (s *Server) changeRecord(c echo.Context, name string, id int64, in *input,
	command func(ctx context.Context) (hospital.Record, error)) error {
	err := in.err()
	var record hospital.Record
	if err == nil {
		record, err = command(c.Request().Context())
	}
	if err != nil {
		return s.recordForm(id, name, in).refuse(err)
	}
	if negotiate(c) == asJSON {
		return c.JSON(http.StatusOK, newRecordJSON(c.Request().Context(), record))
	}
	return done(c, views.PatientPath.Of(record.ID))
}

// correctPatient is POST /patients/{id}. What is not sent stays.
func (s *Server) correctPatient(c echo.Context) error {
	id, in, err := readAbout(c, "name", "birth_date", "sex", "number", "national_id", "phone",
		"next_of_kin_name", "next_of_kin_phone", "language", "reason", "admission_id")
	if err != nil {
		return err
	}
	cmd := hospital.CorrectPatientCommand{
		Sex: in.sentText("sex"), Number: in.sentText("number"),
		NationalID: in.sentText("national_id"), Phone: in.sentText("phone"),
		NextOfKinName:  in.sentText("next_of_kin_name"),
		NextOfKinPhone: in.sentText("next_of_kin_phone"), Language: in.sentText("language"),
		Reason: in.text("reason"), AdmissionID: in.id("admission_id"), Version: in.id("version"),
	}
	if in.has("name") {
		cmd.Name = new(hospital.PatientName(in.text("name")))
	}
	if in.has("birth_date") {
		cmd.BirthDate = new(in.date("birth_date"))
	}
	return s.changeRecord(c, views.FormCorrect, id, in,
		func(ctx context.Context) (hospital.Record, error) {
			return s.Hospital.CorrectPatient(ctx, actor(c), id, cmd)
		})
}

// sentText is the text of a field; nil where it was not sent.
func (in *input) sentText(field string) *string {
	if !in.has(field) {
		return nil
	}
	return new(in.text(field))
}

// mergePatients is POST /patients/{id}/merge. On a page, who names the other record by its number
// is shown whose it is before anything is merged.
func (s *Server) mergePatients(c echo.Context) error {
	id, in, err := readAbout(c, "into", "into_version", "into_number", "reason", "admission_id")
	if err != nil {
		return err
	}
	cmd := in.merge()
	if cmd.Into == 0 && negotiate(c) != asJSON {
		return s.lookBeforeMerge(c, id, in, cmd)
	}
	return s.changeRecord(c, views.FormMerge, id, in,
		func(ctx context.Context) (hospital.Record, error) {
			return s.Hospital.MergePatients(ctx, actor(c), id, cmd)
		})
}

// merge reads which record goes into which other one.
func (in *input) merge() hospital.MergeCommand {
	return hospital.MergeCommand{Into: in.id("into"), IntoNumber: in.text("into_number"),
		Reason: in.text("reason"), AdmissionID: in.id("admission_id"), Version: in.id("version"),
		IntoVersion: in.id("into_version")}
}

// lookBeforeMerge shows whose the other record is, with the button that merges.
func (s *Server) lookBeforeMerge(c echo.Context, id int64, in *input,
	cmd hospital.MergeCommand) error {
	ctx := c.Request().Context()
	err := in.err()
	var into, record hospital.Record
	if err == nil {
		into, err = s.Hospital.MergeTarget(ctx, actor(c), id, cmd)
	}
	if err == nil {
		record, err = s.Hospital.Record(ctx, actor(c), id)
	}
	if err != nil {
		return s.recordForm(id, views.FormMerge, in).refuse(err)
	}
	return s.renderRecord(c, http.StatusOK, record,
		views.Form{Name: views.FormMerge, Values: in.sent(), Into: &into})
}

// unmergePatient is POST /patients/{id}/unmerge.
func (s *Server) unmergePatient(c echo.Context) error {
	id, in, err := readAbout(c, "reason")
	if err != nil {
		return err
	}
	version := in.id("version")
	return s.changeRecord(c, views.FormUnmerge, id, in,
		func(ctx context.Context) (hospital.Record, error) {
			return s.Hospital.UnmergePatient(ctx, actor(c), id, version)
		})
}

// duplicatesOf are those who may be the one that somebody was about to admit, if that is why it was
// refused.
func duplicatesOf(err error) []hospital.Patient {
	refusal, ok := errors.AsType[*hospital.Error](err)
	if !ok {
		return nil
	}
	alike, _ := refusal.Current.([]hospital.Patient)
	return alike
}

type patientsJSON struct {
	Patients []patientFoundJSON `json:"patients"`
}

// patientFoundJSON is somebody whom a search found.
type patientFoundJSON struct {
	ID          int64   `json:"id"`
	Number      *string `json:"number"`
	Name        string  `json:"name"`
	BirthDate   *string `json:"birth_date"`
	Sex         string  `json:"sex"`
	AdmissionID *int64  `json:"admission_id"`
	Bed         *string `json:"bed_number"`
	Ward        *string `json:"ward_name"`
}

func newPatientFoundJSON(p hospital.Patient) patientFoundJSON {
	return patientFoundJSON{p.ID, textOrNull(p.Number), string(p.Name), dayOrNull(p.BirthDate),
		p.Sex, idOrNull(p.AdmissionID), textOrNull(p.BedNumber), textOrNull(p.WardName)}
}

// recordJSON is a patient's record.
type recordJSON struct {
	ID             int64                 `json:"id"`
	Number         *string               `json:"number"`
	NationalID     *string               `json:"national_id"`
	Name           string                `json:"name"`
	BirthDate      *string               `json:"birth_date"`
	Sex            string                `json:"sex"`
	Phone          *string               `json:"phone"`
	NextOfKinName  *string               `json:"next_of_kin_name"`
	NextOfKinPhone *string               `json:"next_of_kin_phone"`
	Language       *string               `json:"language"`
	AllergiesKnown bool                  `json:"allergies_known"`
	Allergies      []notedAllergyJSON    `json:"allergies"`
	AllergyHistory []allergyChangeJSON   `json:"allergy_history"`
	MergedInto     *int64                `json:"merged_into"`
	Merged         []mergedRecordJSON    `json:"merged"`
	Admissions     []recordAdmissionJSON `json:"admissions"`
	Customers      []string              `json:"customers"`
	Version        int64                 `json:"version"`
}

type mergedRecordJSON struct {
	ID       int64   `json:"id"`
	Number   *string `json:"number"`
	MergedAt *string `json:"merged_at"`
}

// recordAdmissionJSON is an admission in a record, with its newest meals.
type recordAdmissionJSON struct {
	admissionDetailJSON
	Meals []orderJSON `json:"meals"`
}

func newRecordJSON(ctx context.Context, r hospital.Record) recordJSON {
	return recordJSON{
		ID: r.ID, Number: textOrNull(r.Number), NationalID: textOrNull(r.NationalID),
		Name: string(r.Name), BirthDate: dayOrNull(r.BirthDate), Sex: r.Sex,
		Phone: textOrNull(r.Phone), NextOfKinName: textOrNull(r.NextOfKinName),
		NextOfKinPhone: textOrNull(r.NextOfKinPhone), Language: textOrNull(r.Language),
		AllergiesKnown: r.Allergies.Known, Allergies: each(r.Noted, newNotedAllergyJSON),
		AllergyHistory: each(r.AllergyHistory, newAllergyChangeJSON),
		MergedInto:     idOrNull(r.MergedInto), Merged: each(r.Merged, newMergedRecordJSON),
		Admissions: eachIn(ctx, r.Admissions, newRecordAdmissionJSON), Customers: orEmpty(r.Customers),
		Version: r.Version,
	}
}

func newMergedRecordJSON(m hospital.MergedRecord) mergedRecordJSON {
	return mergedRecordJSON{m.PatientID, textOrNull(m.Number), rfc3339(m.At)}
}

func newRecordAdmissionJSON(ctx context.Context, a hospital.RecordAdmission) recordAdmissionJSON {
	return recordAdmissionJSON{newAdmissionDetailJSON(a.AdmissionDetail),
		eachIn(ctx, a.Meals, newOrderJSON)}
}
