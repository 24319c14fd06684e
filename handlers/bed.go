package handlers

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// bedPage is GET /beds/{id}/: the board of its ward with the bed open, or for a page that asks only
// the panel.
func (s *Server) bedPage(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	stands, err := s.listsStand(c)
	if err != nil {
		return err
	}
	if stands {
		return c.NoContent(http.StatusNotModified)
	}
	detail, err := s.Hospital.BedDetail(c.Request().Context(), actor(c), id)
	if err != nil {
		return err
	}
	seen := newBedPageJSON(detail.BoardBed)
	return represent(c, func() (any, error) { return seen, nil },
		func() error { return s.showBed(c, detail) })
}

// listsStand reports whether nothing has moved since the lists of the panel were read that a page
// has open: who waits, and where others lie and beds are free.
func (s *Server) listsStand(c echo.Context) (bool, error) {
	known := c.Request().Header.Get("If-None-Match")
	if known == "" || negotiate(c) != asPart {
		return false, nil
	}
	topics := []hospital.Topic{hospital.MetricsTopic}
	now, err := s.Hospital.Revisions(c.Request().Context(), topics)
	return known == strconv.Quote(views.ListsTag(now)), err
}

// showBed draws a bed as it was found, with the menu that the query asks for.
func (s *Server) showBed(c echo.Context, detail hospital.BedDetail) (err error) {
	was, here := s.whoWasHere(c, detail)
	form := views.Form{Was: was}
	if meal := c.QueryParam("meal"); meal != "" && here {
		if form.Offer, err = s.offer(c, detail, hospital.Meal(meal)); err != nil {
			return err
		}
	}
	return s.renderBed(c, http.StatusOK, detail, form)
}

// whoWasHere says where somebody is whose panel this was until now, by the query's was, where they
// no longer lie in the bed. here is whether the one whom the page is about still does; a page that
// says nothing is about whoever lies there.
func (s *Server) whoWasHere(c echo.Context, detail hospital.BedDetail) (was views.Was, here bool) {
	id, err := strconv.ParseInt(c.QueryParam("was"), 10, 64)
	if err != nil || detail.Admission != nil && detail.Admission.AdmissionID == id {
		return was, true
	}
	return s.whereabouts(c, id), false
}

// whereabouts says where the patient of an admission is now, and leads there.
func (s *Server) whereabouts(c echo.Context, id int64) views.Was {
	ctx := c.Request().Context()
	admission, err := s.Hospital.Admission(ctx, actor(c), id)
	if err != nil { // there is nothing to say of them, and the panel is right without it
		return views.Was{}
	}
	was := views.Was{Path: bedOrAdmissionPath(admission)}
	name := string(admission.PatientName)
	switch {
	case !admission.DischargedAt.IsZero():
		was.Path = views.AdmissionPath.Of(id)
		was.Sentence = text.T(ctx, "aside.ended")
	case admission.BedID == 0:
		was.Sentence = text.T(ctx, "aside.waiting", name)
	default:
		was.Sentence = text.T(ctx, "aside.in_bed", name, admission.BedNumber)
	}
	return was
}

// offer reads what can be ordered of a meal for the patient in a bed; nil where nobody lies there,
// or who asks may order nothing.
func (s *Server) offer(c echo.Context, detail hospital.BedDetail, meal hospital.Meal) (
	*hospital.Offer, error,
) {
	if detail.Admission == nil || !actor(c).Role.May(hospital.OrderMeals) {
		return nil, nil
	}
	ctx := c.Request().Context()
	offer, err := s.Hospital.Offer(ctx, actor(c), detail.Admission.AdmissionID, 0, meal)
	if err != nil {
		return nil, err
	}
	return &offer, nil
}

// renderBed draws a bed and its forms, each start of which gets its own idempotency key.
func (s *Server) renderBed(c echo.Context, status int, detail hospital.BedDetail,
	form views.Form) error {
	form.Key = cmp.Or(form.Key, rand.Text())
	page, err := s.page(c, detail.Number)
	if err != nil {
		return err
	}
	if negotiate(c) == asPart {
		return render(c, status, views.BedPanel(*page.Viewer, detail, form))
	}
	// The board is read last, so that a panel that is behind it is brought up to date.
	board, err := s.Hospital.WardBoard(c.Request().Context(), actor(c), detail.WardID)
	if err != nil {
		return err
	}
	page.Within = views.WardPath.Of(detail.WardID)
	page.Live = &views.Live{Socket: s.ward().socket.Of(detail.WardID), Revisions: board.Revisions}
	ofWard := newsOfWard(visitor{actor: actor(c), id: detail.WardID})
	if err := s.addNews(c.Request().Context(), &page, ofWard); err != nil {
		return err
	}
	return render(c, status,
		views.WardPage(page, board, views.BedPanel(*page.Viewer, detail, form)))
}

// bedForm is a form in a bed's panel: about an admission, or about the empty bed where about is 0.
func (s *Server) bedForm(bedID, about int64, name string, in *input) form {
	again := func(c echo.Context, r refusal) error { return s.redrawBed(c, r, bedID, about) }
	return form{name: name, in: in, page: again, part: again}
}

// redrawChosenBed shows the free bed that was to be the patient's.
func (s *Server) redrawChosenBed(c echo.Context, r refusal, _ hospital.Admission) error {
	r.name = views.FormPlace
	return s.redrawBed(c, r, r.in.id("bed_id"), 0)
}

// redrawBed shows the bed as it stands now with the words beside their form and what was typed in
// it. Where somebody else lies there now, what was typed is put aside and filled in nowhere.
func (s *Server) redrawBed(c echo.Context, r refusal, bedID, about int64) error {
	if bedID == 0 {
		return errNoPlace
	}
	ctx := c.Request().Context()
	detail, err := s.Hospital.BedDetail(ctx, actor(c), bedID)
	if err != nil {
		return errNoPlace
	}
	if !hasPlace(r.name, about, detail) {
		form := views.Form{Problem: r.Detail, Changes: r.changed,
			Aside: views.PutAside(ctx, r.in.values)}
		if about != 0 {
			form.Was = s.whereabouts(c, about)
		}
		return s.renderBed(c, r.Status, detail, form)
	}
	form := r.again()
	if detail.Admission != nil {
		form = r.againTo(string(detail.Admission.PatientName))
	}
	if r.name == views.FormOrder {
		// For a meal that there is not there is no menu to show.
		form.Offer, _ = s.offer(c, detail, hospital.Meal(r.in.values.Get("meal")))
	}
	return s.renderBed(c, r.Status, detail, form)
}

// hasPlace reports whether a form about an admission, or about the empty bed where that is 0,
// stands in the panel of the bed as it is.
func hasPlace(name string, about int64, detail hospital.BedDetail) bool {
	switch {
	case detail.Admission != nil:
		return detail.Admission.AdmissionID == about
	case name == views.FormAdmit:
		return detail.WardOpen && detail.Status.TakesPatient()
	}
	return about == 0
}

// setBedStatus is POST /beds/{id}/status.
func (s *Server) setBedStatus(c echo.Context) error {
	id, in, err := readAbout(c, "admission_id", "status", "reason", "patient_id", "until")
	if err != nil {
		return err
	}
	change := hospital.BedStatusCommand{
		Status: hospital.BedStatus(in.text("status")), Reason: in.text("reason"),
		PatientID: in.id("patient_id"), Until: in.time("until"),
		AdmissionID: in.id("admission_id"), Version: in.id("version"),
	}
	err = in.err()
	if err == nil {
		_, err = s.Hospital.SetBedStatus(c.Request().Context(), actor(c), id, change)
	}
	if err != nil {
		return s.bedForm(id, 0, views.StatusFormOf(change.Status), in).refuse(err)
	}
	return done(c, views.BedPath.Of(id))
}

// findPatients is POST /beds/{id}/patients: who was here before, to be admitted into this bed. It
// is a POST although it changes nothing, since a name must not stand in a URL.
func (s *Server) findPatients(c echo.Context) error {
	id, in, err := readAbout(c, "q")
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	query := in.text("q")
	if err := in.err(); err != nil {
		return err
	}
	found, err := s.Hospital.FindPatients(ctx, actor(c), query)
	if err != nil {
		return err
	}
	patients := func() (any, error) { return each(found, newFoundPatientJSON), nil }
	return represent(c, patients, func() error {
		detail, err := s.Hospital.BedDetail(ctx, actor(c), id)
		if err != nil {
			return err
		}
		return s.renderBed(c, http.StatusOK, detail, views.Form{Query: query, Known: found})
	})
}

type bedJSON struct {
	ID           int64        `json:"id"`
	Number       string       `json:"bed_number"`
	Status       string       `json:"status"`
	Patient      *patientJSON `json:"patient"`
	AssignedDate *string      `json:"assigned_date"`
	// of a bed in cleaning alone
	Cleaning *cleaningJSON `json:"cleaning,omitempty"`
}

type patientJSON struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

func newBedJSON(b hospital.BoardBed) bedJSON {
	shape := bedJSON{ID: b.ID, Number: b.Number, Status: string(b.Status), Cleaning: cleaningOf(b.Bed)}
	if b.Admission != nil {
		shape.Patient = &patientJSON{b.Admission.PatientID, string(b.Admission.PatientName)}
		shape.AssignedDate = rfc3339(b.Admission.BedSince)
	}
	return shape
}

// bedInWardJSON is the answer to get_bed_status, which also says where the bed stands.
type bedInWardJSON struct {
	bedJSON
	Ward string `json:"ward"`
}

// seenBedJSON is a bed on a page: with what a command sends along to say what its giver saw.
type seenBedJSON struct {
	bedJSON
	AdmissionID      *int64 `json:"admission_id"`
	AdmissionVersion *int64 `json:"admission_version"`
	fitnessJSON
	OnLeave     bool             `json:"on_leave"`    // the patient is away, and the bed theirs
	LeaveUntil  *string          `json:"leave_until"` // null where nobody has said
	Reservation *reservationJSON `json:"reservation"` // null where the bed is not reserved
	Version     int64            `json:"version"`
}

func newSeenBedJSON(b hospital.BoardBed) seenBedJSON {
	shape := seenBedJSON{bedJSON: newBedJSON(b), fitnessJSON: newFitnessJSON(b),
		Reservation: newReservationJSON(b.Bed), Version: b.Version}
	if b.Admission != nil {
		shape.AdmissionID, shape.AdmissionVersion = &b.Admission.AdmissionID, &b.Admission.Version
		shape.OnLeave = !b.Admission.LeaveSince.IsZero()
		shape.LeaveUntil = rfc3339(b.Admission.LeaveUntil)
	}
	return shape
}

// bedPageJSON is a bed's page.
type bedPageJSON struct {
	seenBedJSON
	Ward      string  `json:"ward"`
	RetiredAt *string `json:"retired_at"` // null where it is not
}

func newBedPageJSON(b hospital.BoardBed) bedPageJSON {
	return bedPageJSON{newSeenBedJSON(b), b.WardName, rfc3339(b.RetiredAt)}
}

// standingBedJSON is a bed as a Conflict shows it to whoever may not know who lies there.
type standingBedJSON struct {
	ID      int64  `json:"id"`
	Number  string `json:"bed_number"`
	Status  string `json:"status"`
	Ward    string `json:"ward"`
	Version int64  `json:"version"`
	// of a bed in cleaning alone
	Cleaning *cleaningJSON `json:"cleaning,omitempty"`
}

// foundPatientJSON is somebody who may come back.
type foundPatientJSON struct {
	patientFoundJSON
	Admitted bool `json:"admitted"`
}

func newFoundPatientJSON(p hospital.Patient) foundPatientJSON {
	return foundPatientJSON{newPatientFoundJSON(p), p.Admitted}
}
