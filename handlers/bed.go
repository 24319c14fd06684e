package handlers

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// bedPage is GET /beds/{id}/: a page of its own, or for a page that asks only the panel.
func (s *Server) bedPage(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	detail, err := s.Hospital.BedDetail(c.Request().Context(), actor(c), id)
	if err != nil {
		return err
	}
	if audienceOf(c.Request()) == program {
		return c.JSON(http.StatusOK, bedPageJSON{seenBed(detail.BoardBed), detail.WardName})
	}
	was, here := s.whereabouts(c, detail)
	form := views.Form{Was: was}
	if meal := c.QueryParam("meal"); meal != "" && here {
		if form.Offer, err = s.offer(c, detail, hospital.Meal(meal)); err != nil {
			return err
		}
	}
	return s.renderBed(c, http.StatusOK, detail, form)
}

// whereabouts says where somebody is whose panel this was until now, by the query's was, where they
// no longer lie in the bed. here is whether the one whom the page is about still does; a page that
// says nothing is about whoever lies there.
func (s *Server) whereabouts(c echo.Context, detail hospital.BedDetail) (sentence string, here bool) {
	id, err := strconv.ParseInt(c.QueryParam("was"), 10, 64)
	if err != nil || detail.Stay != nil && detail.Stay.AdmissionID == id {
		return "", true
	}
	ctx := c.Request().Context()
	admission, err := s.Hospital.Admission(ctx, id)
	switch {
	case err != nil: // there is nothing to say of them, and the panel is right without it
		return "", false
	case !admission.DischargedAt.IsZero():
		return text.T(ctx, "aside.ended"), false
	case admission.BedID == 0:
		return text.T(ctx, "aside.waiting", string(admission.PatientName)), false
	}
	return text.T(ctx, "aside.in_bed", string(admission.PatientName), admission.BedNumber), false
}

// offer reads what can be ordered of a meal for the patient in a bed; nil where nobody lies there, or who asks may order nothing.
func (s *Server) offer(c echo.Context, detail hospital.BedDetail, meal hospital.Meal) (*hospital.Offer, error) {
	if detail.Stay == nil || !actor(c).Role.May(hospital.OrderMeals) {
		return nil, nil
	}
	offer, err := s.Hospital.Offer(c.Request().Context(), actor(c), detail.Stay.AdmissionID, 0, meal)
	if err != nil {
		return nil, err
	}
	return &offer, nil
}

// renderBed draws a bed and its forms, each start of which gets its own idempotency key.
func (s *Server) renderBed(c echo.Context, status int, detail hospital.BedDetail, form views.Form) error {
	if form.Key == "" {
		form.Key = uuid.NewString()
	}
	page, err := s.page(c, detail.Number)
	if err != nil {
		return err
	}
	if audienceOf(c.Request()) == htmx {
		return render(c, status, views.BedPanel(*page.Viewer, detail, form))
	}
	page.Live = &views.Live{Socket: s.ward().socket.Of(detail.WardID), Revisions: detail.Revisions}
	return render(c, status, views.BedPage(page, detail, form))
}

// refuseBed answers a refused command of a bed's page: for a program the problem, for a person the
// bed as it stands now with the words beside their form and what they typed in it. about is the
// stay that the form was about, 0 for the empty bed: where somebody else lies there now, what was
// typed is put aside and filled in nowhere.
func (s *Server) refuseBed(c echo.Context, bedID, about int64, name string, in *input, refusal error) error {
	if bedID == 0 || audienceOf(c.Request()) == program {
		return refusal
	}
	ctx := c.Request().Context()
	detail, err := s.Hospital.BedDetail(ctx, actor(c), bedID)
	if err != nil {
		return refusal
	}
	p := s.explain(c, refusal)
	if !hasPlace(name, about, detail) {
		return s.renderBed(c, p.Status, detail, views.Form{Problem: p.Detail, Changes: p.changed, Aside: views.PutAside(ctx, in.values)})
	}
	form := views.Form{Name: name, Values: in.begunAnew(refusal), Errors: p.Errors, Problem: p.Detail, Changes: p.changed,
		Key: in.values.Get("idempotency_key")}
	if name == views.FormOrder {
		// For a meal that there is not there is no menu to show.
		form.Offer, _ = s.offer(c, detail, hospital.Meal(in.values.Get("meal")))
	}
	return s.renderBed(c, p.Status, detail, form)
}

// hasPlace reports whether a form about a stay, or about the empty bed where that is 0, stands in
// the panel of the bed as it is.
func hasPlace(name string, about int64, detail hospital.BedDetail) bool {
	switch {
	case detail.Stay != nil:
		return detail.Stay.AdmissionID == about
	case name == views.FormAdmit:
		return detail.WardOpen && detail.Status.TakesPatient()
	}
	return about == 0
}

// sent are the values as the forms' controls name them.
func (in *input) sent() url.Values {
	values := url.Values{}
	for name, sent := range in.values {
		values[name], values[name+"[]"] = sent, sent
	}
	return values
}

// setBedStatus is POST /beds/{id}/status.
func (s *Server) setBedStatus(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	in, err := readInput(c, "admission_id", "status", "reason")
	if err != nil {
		return err
	}
	change := hospital.BedStatusChange{
		Status: hospital.BedStatus(in.text("status")), Reason: in.text("reason"),
		AdmissionID: in.id("admission_id"), Version: in.id("version"),
	}
	if err := in.err(); err != nil {
		return s.refuseBed(c, id, 0, views.FormStatus, in, err)
	}
	if _, err := s.Hospital.SetBedStatus(c.Request().Context(), actor(c), id, change); err != nil {
		return s.refuseBed(c, id, 0, views.FormStatus, in, err)
	}
	return done(c, views.BedPath.Of(id))
}

// findPatients is POST /beds/{id}/patients: who was here before, to be admitted into this bed. It is a POST although it changes
// nothing, since a name must not stand in a URL.
func (s *Server) findPatients(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	in, err := readInput(c, "q")
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
	if audienceOf(c.Request()) == program {
		return c.JSON(http.StatusOK, patientsJSON(found))
	}
	detail, err := s.Hospital.BedDetail(ctx, actor(c), id)
	if err != nil {
		return err
	}
	return s.renderBed(c, http.StatusOK, detail, views.Form{Query: query, Known: found})
}
