package handlers

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
	"dusangire/views/text"
)

// waitingList is everybody who waits for a bed.
func (s *Server) waitingList() screen[hospital.WaitingList] {
	return screen[hospital.WaitingList]{
		server: s, path: views.WaitingPath, socket: "/ws" + views.WaitingPath,
		permission: hospital.ReadWards, sharedBy: everyone,
		topics: always(hospital.MetricsTopic),
		read: func(ctx context.Context, v visitor) (hospital.WaitingList, error) {
			return s.Hospital.WaitingList(ctx, v.actor)
		},
		title:    titled[hospital.WaitingList]("nav.waiting"),
		page:     waitingPage(views.Form{}),
		regions:  forAll(views.WaitingRegions),
		json:     object(newWaitingListJSON),
		messages: waitingMessages,
	}
}

// waitingPage draws the list with a form that was refused, or found somebody. Each start of the
// form gets its own idempotency key.
func waitingPage(form views.Form) drawPage[hospital.WaitingList] {
	return func(p views.Page, _ visitor, l hospital.WaitingList) templ.Component {
		drawn := form
		drawn.Key = cmp.Or(form.Key, rand.Text())
		return views.WaitingListPage(p, l, drawn)
	}
}

// waitForm is the form that puts somebody on the waiting list.
func (s *Server) waitForm(in *input) form {
	return form{name: views.FormAdmit, in: in, page: func(c echo.Context, r refusal) error {
		return s.waitingList().redraw(c, r.Status, waitingPage(r.again()))
	}}
}

// findForWaiting is POST /waiting/patients: who was here before, to be put on the list. It is a
// POST although it changes nothing, since a name must not stand in a URL.
func (s *Server) findForWaiting(c echo.Context) error {
	in, err := readInput(c, "q")
	if err != nil {
		return err
	}
	query := in.text("q")
	if err := in.err(); err != nil {
		return err
	}
	found, err := s.Hospital.FindPatients(c.Request().Context(), actor(c), query)
	if err != nil {
		return err
	}
	patients := func() (any, error) { return each(found, newFoundPatientJSON), nil }
	return represent(c, patients, func() error {
		form := views.Form{Query: query, Known: found}
		return s.waitingList().redraw(c, http.StatusOK, waitingPage(form))
	})
}

// carePage is GET /admissions/{id}/care/: what can be done for who waits for a bed, or lies in the
// mother's. Who has one is looked after there.
func (s *Server) carePage(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	detail, err := s.Hospital.WaitingDetail(c.Request().Context(), actor(c), id)
	if err != nil {
		return err
	}
	describe := func() (any, error) {
		return s.describeAdmission(c, hospital.Admission{ID: id})
	}
	return represent(c, describe, func() error {
		if detail.ID != 0 && !detail.Admission.WithMother {
			return c.Redirect(http.StatusSeeOther, views.BedPath.Of(detail.ID))
		}
		return s.renderCare(c, http.StatusOK, detail, views.Form{})
	})
}

// redrawCare shows what was refused of what was to be done for who waits.
func (s *Server) redrawCare(c echo.Context, r refusal, id int64) error {
	detail, err := s.Hospital.WaitingDetail(c.Request().Context(), actor(c), id)
	if err != nil {
		return errNoPlace
	}
	form := r.againTo(string(detail.Admission.PatientName))
	return s.renderCare(c, r.Status, detail, form)
}

func (s *Server) renderCare(c echo.Context, status int, detail hospital.BedDetail,
	form views.Form) error {
	ctx := c.Request().Context()
	wards, err := s.Hospital.Wards(ctx, actor(c))
	if err != nil {
		return err
	}
	if detail.Admission.WithMother {
		wards = nil // it waits for none
	}
	form.Key = cmp.Or(form.Key, rand.Text())
	// A title stays in the browser's history, where a name has no place.
	page, err := s.page(c, text.T(ctx, "waiting.care"))
	if err != nil {
		return err
	}
	return render(c, status, views.CarePage(page, detail, wards, form))
}

// waitingJSON is one who waits for a bed.
type waitingJSON struct {
	ID int64 `json:"id"` // of the admission
	admissionLineJSON
	PatientID    int64               `json:"patient_id"`
	BirthDate    *string             `json:"birth_date"`
	Sex          string              `json:"sex"`
	Since        *string             `json:"since"`
	Priority     string              `json:"priority"`
	Isolation    string              `json:"isolation"`
	WantedWardID *int64              `json:"wanted_ward_id"`
	WantedWard   *string             `json:"wanted_ward_name"`
	Diet         string              `json:"diet"`
	Texture      int                 `json:"texture"`
	Allergies    []hospital.Allergen `json:"allergies"` // null where nobody asked
	Severe       []hospital.Allergen `json:"severe"`
	Confirmed    bool                `json:"allergies_confirmed"`
	OnLeave      bool                `json:"on_leave"`
	Version      int64               `json:"version"`
}

func newWaitingJSON(w hospital.WaitingPatient) waitingJSON {
	shape := waitingJSON{
		ID:                w.AdmissionID,
		admissionLineJSON: newAdmissionLineJSON(w.AdmissionLine), PatientID: w.PatientID,
		BirthDate: dayOrNull(w.BirthDate), Sex: w.Sex, Since: rfc3339(w.AdmittedAt),
		Priority: string(w.Priority), Isolation: string(w.Isolation),
		WantedWardID: idOrNull(w.WantedWardID), WantedWard: textOrNull(w.WantedWard),
		Diet: string(w.Diet), Texture: int(w.Texture), Severe: orEmpty(w.Allergies.Severe),
		Confirmed: w.Confirmed,
		OnLeave:   !w.Leave.Since.IsZero(), Version: w.Version,
	}
	if w.Allergies.Known {
		shape.Allergies = orEmpty(w.Allergies.Allergens)
	}
	return shape
}

// waitingListJSON is the page of who waits.
type waitingListJSON struct {
	Waiting []waitingJSON `json:"waiting"`
}

func newWaitingListJSON(_ context.Context, l hospital.WaitingList) waitingListJSON {
	return waitingListJSON{each(l.Patients, newWaitingJSON)}
}

// waitingMessages are the list as one message.
func waitingMessages(ctx context.Context, l hospital.WaitingList) ([]hub.Region, error) {
	state := newWaitingListJSON(ctx, l)
	whole, err := region("waiting", state, message{"waiting_list", state})
	return []hub.Region{whole}, err
}
