package handlers

import (
	"context"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
)

// housekeeping is what those who clean start from. People who work on the same wards see the same.
func (s *Server) housekeeping() screen[hospital.CleaningBoard] {
	return screen[hospital.CleaningBoard]{
		server: s, path: views.HousekeepingPath, socket: "/ws" + views.HousekeepingPath,
		permission: hospital.ReadCleaning,
		sharedBy:   func(v visitor) string { return joinIDs(v.wards) },
		topics:     always(hospital.MetricsTopic),
		read: func(ctx context.Context, v visitor) (hospital.CleaningBoard, error) {
			return s.Hospital.CleaningBoard(ctx, v.actor, v.wards)
		},
		title:    titled[hospital.CleaningBoard]("nav.housekeeping"),
		page:     housekeepingPage(""),
		regions:  forAll(views.HousekeepingRegions),
		json:     object(newHousekeepingJSON),
		messages: dashboardMessages(newHousekeepingJSON),
	}
}

// housekeepingPage draws it, with why a step was refused if one was.
func housekeepingPage(refusal string) drawPage[hospital.CleaningBoard] {
	return func(p views.Page, _ visitor, b hospital.CleaningBoard) templ.Component {
		return views.HousekeepingPage(p, b, refusal)
	}
}

// cleanBed is POST /beds/{id}/clean. A page says with the field back where the person is, so that a
// plain form leads there again.
func (s *Server) cleanBed(c echo.Context) error {
	id, in, err := readAbout(c, "step", "back")
	if err != nil {
		return err
	}
	step := hospital.CleanBedCommand{Step: hospital.CleaningStep(in.text("step")),
		Version: in.id("version")}
	onList := cleansFromList(actor(c).Role, in.text("back"))
	if err = in.err(); err == nil {
		_, err = s.Hospital.CleanBed(c.Request().Context(), actor(c), id, step)
	}
	switch {
	case err != nil && onList:
		return s.cleaningForm(in).refuse(err)
	case err != nil:
		return s.bedForm(id, 0, views.FormClean, in).refuse(err)
	case onList:
		return done(c, views.HousekeepingPath)
	}
	return done(c, views.BedPath.Of(id))
}

// cleansFromList reports whether somebody of a role is on the list of beds to clean: who says so
// and may be there, and whoever may see no bed's page.
func cleansFromList(r hospital.Role, back string) bool {
	return back == views.HousekeepingPath && r.May(hospital.ReadCleaning) ||
		!r.May(hospital.ReadWards)
}

// cleaningForm is the form of a step in the list of beds to clean. On a live page the words alone
// are shown at the bed, else the list with them.
func (s *Server) cleaningForm(in *input) form {
	return form{in: in,
		part: func(c echo.Context, r refusal) error {
			return render(c, r.Status, views.CleaningRefusal(r.words()))
		},
		page: func(c echo.Context, r refusal) error {
			return s.housekeeping().redraw(c, r.Status, housekeepingPage(r.words()))
		}}
}

// housekeepingJSON is what the dashboard of those who clean shows besides the numbers.
type housekeepingJSON struct {
	Beds []toCleanJSON `json:"beds"` // in the order in which they are to be cleaned
}

func newHousekeepingJSON(_ context.Context, b hospital.CleaningBoard) dashboardJSON {
	return newDashboardJSON(b.Metrics, b.At, housekeepingJSON{each(b.Beds, newToCleanJSON)})
}

// toCleanJSON is a bed in cleaning in a list.
type toCleanJSON struct {
	ID     int64  `json:"id"`
	Number string `json:"bed_number"`
	Ward   string `json:"ward_name"`
	cleaningJSON
	Version int64 `json:"version"`
}

func newToCleanJSON(b hospital.BedLine) toCleanJSON {
	return toCleanJSON{b.ID, b.Number, b.WardName, newCleaningJSON(b.Cleaning, b.Since), b.Version}
}

// cleaningJSON is how far the cleaning of a bed is.
type cleaningJSON struct {
	State string  `json:"state"`
	Since *string `json:"since"` // when this state began
	By    *string `json:"by"`    // who cleans; null: nobody yet
	Stat  bool    `json:"stat"`
}

// newCleaningJSON makes it of a bed that was left at a time.
func newCleaningJSON(c hospital.Cleaning, left time.Time) cleaningJSON {
	return cleaningJSON{string(c.State()), rfc3339(c.Since(left)), textOrNull(c.By), c.Stat}
}

// cleaningOf is how far the cleaning of a bed is; nil where it is not in cleaning.
func cleaningOf(b hospital.Bed) *cleaningJSON {
	if b.Status != hospital.BedCleaning {
		return nil
	}
	shape := newCleaningJSON(b.Cleaning, b.StatusSince)
	return &shape
}
