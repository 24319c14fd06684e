package handlers

import (
	"cmp"
	"crypto/rand"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// wardsPage is GET /wards/: the wards and beds that the person looks after, to change them. With
// ward in the query the beds of that one can be changed.
func (s *Server) wardsPage(c echo.Context) error {
	wards, err := s.Hospital.WardsInCare(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	open, err := openWard(queryOf(c), wards)
	if err != nil {
		return err
	}
	return represent(c, func() (any, error) {
		return wardsJSON{each(wards, newWardInCareJSON)}, nil
	}, func() error {
		return s.renderWards(c, http.StatusOK, views.WardCare{Open: open, Saved: c.QueryParam("saved")},
			views.Form{})
	})
}

// openWard is which of the wards is asked for with its beds; 0: none.
func openWard(q query, wards []hospital.WardInCare) (int64, error) {
	id := int64(q.amount("ward", math.MaxInt))
	isIt := func(w hospital.WardInCare) bool { return w.ID == id }
	if id != 0 && !slices.ContainsFunc(wards, isIt) {
		q.refuse("ward", "ward_unknown", "There is no such ward.")
	}
	return id, q.err()
}

// renderWards draws the page of all wards.
func (s *Server) renderWards(c echo.Context, status int, care views.WardCare,
	form views.Form) (err error) {
	ctx := c.Request().Context()
	if care.Wards, err = s.Hospital.WardsInCare(ctx, actor(c)); err != nil {
		return err
	}
	page, err := s.page(c, text.T(ctx, "nav.wards_beds"))
	if err != nil {
		return err
	}
	page.Path = views.WardsPath
	form.Key = cmp.Or(form.Key, rand.Text())
	return render(c, status, views.WardsPage(page, care, form))
}

// wardsForm is a form of the page of all wards, at which the beds of one ward are open; 0: of none.
func (s *Server) wardsForm(name string, wardID int64, in *input) form {
	return form{name: name, in: in, page: func(c echo.Context, r refusal) error {
		return s.renderWards(c, r.Status, views.WardCare{Open: wardID}, r.again())
	}}
}

// addWard is POST /wards.
func (s *Server) addWard(c echo.Context) error {
	in, err := readInput(c, "code", "name", "block", "position", "sex", "speciality", "is_open",
		"beds")
	if err != nil {
		return err
	}
	cmd := hospital.AddWardCommand{Code: in.text("code"), Name: in.text("name"),
		Block: in.text("block"), Sex: hospital.WardSex(in.text("sex")),
		Speciality: in.text("speciality"), Position: in.place("position"),
		IdempotencyKey: in.idempotencyKey(c)}
	if open := in.truth("is_open"); open != nil {
		cmd.Closed = !*open
	}
	if in.values.Get("beds") != "" {
		cmd.Beds = in.amount("beds")
	}
	var ward hospital.Ward
	if err = in.err(); err == nil {
		ward, err = s.Hospital.AddWard(c.Request().Context(), actor(c), cmd)
	}
	if err != nil {
		return s.wardsForm(views.FormWardAdd, 0, in).refuse(err)
	}
	return created(c, views.WardPath.Of(ward.ID), views.WardInCarePath(ward.ID),
		func() (any, error) { return newWardJSON(ward), nil })
}

// place reads a place in an order; nil where the field is not sent or empty.
func (in *input) place(field string) *int {
	if in.values.Get(field) == "" {
		return nil
	}
	return new(in.amount(field))
}

// setWard is POST /wards/{id}. What is not sent does not change. A page says with the field back
// which bed's panel it is, if it is one.
func (s *Server) setWard(c echo.Context) error {
	id, in, err := readAbout(c, "code", "name", "block", "position", "sex", "speciality", "is_open",
		"back")
	if err != nil {
		return err
	}
	to := in.wardChange()
	if err = in.err(); err == nil {
		_, err = s.Hospital.SetWard(c.Request().Context(), actor(c), id, to)
	}
	bed := bedOfPath(in.values.Get("back"))
	switch {
	case err != nil && bed != 0:
		return s.panelForm(c, bed, views.FormWard, in).refuse(err)
	case err != nil:
		return s.wardsForm(views.FormWardOf(id), 0, in).refuse(err)
	case bed != 0:
		return done(c, views.BedPath.Of(bed))
	}
	return done(c, views.SavedWardPath(id))
}

// wardChange reads what is to change of a ward.
func (in *input) wardChange() hospital.SetWardCommand {
	to := hospital.SetWardCommand{Code: in.given("code"), Name: in.given("name"),
		Block: in.given("block"), Speciality: in.given("speciality"), Open: in.truth("is_open"),
		Version: in.id("version")}
	if in.has("position") {
		to.Position = new(in.amount("position"))
	}
	if in.has("sex") {
		to.Sex = new(hospital.WardSex(in.text("sex")))
	}
	return to
}

// moveWard is POST /wards/{id}/move.
func (s *Server) moveWard(c echo.Context) error {
	id, in, err := readAbout(c, "step")
	if err != nil {
		return err
	}
	step, version := hospital.WardStep(in.text("step")), in.id("version")
	if err = in.err(); err == nil {
		err = s.Hospital.MoveWard(c.Request().Context(), actor(c), id, step, version)
	}
	if err != nil {
		return s.wardsForm(views.FormWardOf(id), 0, in).refuse(err)
	}
	return done(c, views.WardInCarePath(id))
}

// addBeds is POST /wards/{id}/beds. A person writes several numbers into one field.
func (s *Server) addBeds(c echo.Context) error {
	id, in, err := readAbout(c, "numbers", "count")
	if err != nil {
		return err
	}
	cmd := hospital.AddBedsCommand{Numbers: numbersIn(in.list("numbers")), Version: in.id("version"),
		IdempotencyKey: in.idempotencyKey(c)}
	if in.values.Get("count") != "" {
		cmd.Count = in.amount("count")
	}
	var beds []hospital.Bed
	if err = in.err(); err == nil {
		beds, err = s.Hospital.AddBeds(c.Request().Context(), actor(c), id, cmd)
	}
	if err != nil {
		return s.wardsForm(views.FormBedsOf(id), id, in).refuse(err)
	}
	return created(c, views.WardPath.Of(id), views.BedsInCarePath(id),
		func() (any, error) { return bedsInCareJSON{each(beds, newBedInCareJSON)}, nil })
}

// numbersIn are the numbers of beds in what was sent, which commas, semicolons and blanks separate.
func numbersIn(sent []string) []string {
	separator := strings.NewReplacer(",", " ", ";", " ")
	return strings.Fields(separator.Replace(strings.Join(sent, " ")))
}

// setBed is POST /beds/{id}. What is not sent does not change. A page says with the field back that
// it is that of all wards, if it is.
func (s *Server) setBed(c echo.Context) error {
	id, in, err := readAbout(c, "bed_number", "ward_id", "features", "staffed", "back")
	if err != nil {
		return err
	}
	to := in.bedChange()
	var bed hospital.Bed
	if err = in.err(); err == nil {
		bed, err = s.Hospital.SetBed(c.Request().Context(), actor(c), id, to)
	}
	ward := wardOfPath(in.values.Get("back"))
	switch {
	case err != nil && ward != 0:
		return s.wardsForm(views.FormBedOf(id), ward, in).refuse(err)
	case err != nil:
		return s.panelForm(c, id, views.FormFitness, in).refuse(err)
	case ward != 0:
		return done(c, views.SavedBedPath(bed))
	}
	return done(c, views.BedPath.Of(id))
}

// bedChange reads what is to change of a bed.
func (in *input) bedChange() hospital.SetBedCommand {
	to := hospital.SetBedCommand{Number: in.given("bed_number"), Staffed: in.truth("staffed"),
		Version: in.id("version")}
	if in.has("ward_id") {
		to.WardID = new(in.id("ward_id"))
	}
	if in.has("features") {
		features := []hospital.BedFeature{}
		for _, sent := range in.ticked("features") {
			features = append(features, hospital.BedFeature(sent))
		}
		to.Features = &features
	}
	return to
}

// retireBed is POST /beds/{id}/retire.
func (s *Server) retireBed(c echo.Context) error {
	id, in, err := readAbout(c, "reason", "back")
	if err != nil {
		return err
	}
	reason, version := in.text("reason"), in.id("version")
	if err = in.err(); err == nil {
		err = s.Hospital.RetireBed(c.Request().Context(), actor(c), id, reason, version)
	}
	ward := wardOfPath(in.values.Get("back"))
	if err != nil {
		return s.wardsForm(views.FormRetireOf(id), ward, in).refuse(err)
	}
	return done(c, views.BedsInCarePath(ward))
}

// panelForm is a form about a bed itself. It stands in the bed's panel, whoever lies there.
func (s *Server) panelForm(c echo.Context, id int64, name string, in *input) form {
	detail, err := s.Hospital.BedDetail(c.Request().Context(), actor(c), id)
	if err != nil || detail.Admission == nil {
		return s.bedForm(id, 0, name, in)
	}
	return s.bedForm(id, detail.Admission.AdmissionID, name, in)
}

// bedOfPath is the bed whose page has a path; 0 for any other path.
func bedOfPath(path string) int64 { return idOfPath(views.BedPath, path) }

// wardOfPath is the ward whose page has a path; 0 for any other path.
func wardOfPath(path string) int64 { return idOfPath(views.WardPath, path) }

// idOfPath is the number of the one whose page, of a kind, has a path; 0 for any other path.
func idOfPath(kind views.Path, path string) int64 {
	prefix, _, _ := strings.Cut(string(kind), ":id")
	id, err := strconv.ParseInt(strings.Trim(strings.TrimPrefix(path, prefix), "/"), 10, 64)
	if err != nil || kind.Of(id) != path {
		return 0
	}
	return id
}

// wardsJSON is the page of all wards.
type wardsJSON struct {
	Wards []wardInCareJSON `json:"wards"`
}

// wardInCareJSON is a ward as those see it who look after it.
type wardInCareJSON struct {
	wardJSON
	countsJSON
	Beds    []bedInCareJSON `json:"beds"`
	Retired []bedInCareJSON `json:"retired_beds"`
}

func newWardInCareJSON(w hospital.WardInCare) wardInCareJSON {
	return wardInCareJSON{newWardJSON(w.Ward), newCountsJSON(w.WardSummary),
		each(w.Beds, func(b hospital.BoardBed) bedInCareJSON { return newBedInCareJSON(b.Bed) }),
		each(w.Retired, newBedInCareJSON)}
}

type bedsInCareJSON struct {
	Beds []bedInCareJSON `json:"beds"`
}

// bedInCareJSON is a bed without whoever lies in it.
type bedInCareJSON struct {
	ID        int64    `json:"id"`
	Number    string   `json:"bed_number"`
	WardID    int64    `json:"ward_id"`
	Status    string   `json:"status"`
	Features  []string `json:"features"`
	Staffed   bool     `json:"staffed"`
	RetiredAt *string  `json:"retired_at"`
	RetiredBy *string  `json:"retired_by"`
	Reason    *string  `json:"reason"`
	Version   int64    `json:"version"`
}

func newBedInCareJSON(b hospital.Bed) bedInCareJSON {
	return bedInCareJSON{b.ID, b.Number, b.WardID, string(b.Status), asTexts(b.Features.List()),
		b.Staffed, rfc3339(b.RetiredAt), textOrNull(b.RetiredBy), textOrNull(b.StatusReason),
		b.Version}
}
