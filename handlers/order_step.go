package handlers

import (
	"context"
	"net/url"
	"path"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// stepCommand is one of the hospital's commands that take an order a step on or back.
type stepCommand func(ctx context.Context, actor hospital.Actor, id int64,
	step hospital.OrderCommand) (hospital.Order, error)

// stepOrder is POST /orders/{id}/confirm, start, ready, recall and cancel.
func (s *Server) stepOrder(command stepCommand) echo.HandlerFunc {
	return s.takeStep(func(echo.Context, *input) stepCommand { return command })
}

// setPart is POST /orders/{id}/parts/{station}: whether the station has done its part.
func (s *Server) setPart() echo.HandlerFunc {
	return s.takeStep(func(c echo.Context, in *input) stepCommand {
		station, done := hospital.Station(c.Param("station")), in.truth("done")
		if done == nil {
			in.refuse("done", "truth", "Say true or false.")
			done = new(false)
		}
		return func(ctx context.Context, actor hospital.Actor, id int64,
			step hospital.OrderCommand) (hospital.Order, error) {
			return s.Hospital.SetPart(ctx, actor, id, station, *done, step)
		}
	}, "done")
}

// takeStep gives the command that choose makes of what was sent, in the fields of every step and
// some of its own. A page says with the field back where the person is, so that a plain form leads
// there again.
func (s *Server) takeStep(choose func(c echo.Context, in *input) stepCommand,
	own ...string) echo.HandlerFunc {
	fields := append([]string{"reason", "back", "admission_id", "coming"}, own...)
	return func(c echo.Context) error {
		id, in, err := readAbout(c, fields...)
		if err != nil {
			return err
		}
		step := hospital.OrderCommand{Reason: in.text("reason"), AdmissionID: in.id("admission_id"),
			Version: in.id("version"), Coming: in.isTrue("coming")}
		command, back := choose(c, in), in.text("back")
		err = in.err()
		if err == nil {
			_, err = command(c.Request().Context(), actor(c), id, step)
		}
		if err != nil {
			return s.stepForm(c, id, back, in).refuse(err)
		}
		if back == "" {
			return done(c, views.OrderPath.Of(id))
		}
		return done(c, localPath(back))
	}
}

// stepForm is the form of a step. It stands where the person is: who says to be in the kitchen must
// be one who may be there.
func (s *Server) stepForm(c echo.Context, id int64, back string, in *input) form {
	from, err := url.Parse(back)
	if err == nil && from.Path == views.KitchenPath && actor(c).Role.May(hospital.ReadKitchen) {
		return s.ticketForm(id, from.Query(), in)
	}
	at := func(elsewhere redraw) redraw {
		return func(c echo.Context, r refusal) error {
			return s.redrawStep(c, r, id, back, elsewhere)
		}
	}
	name := views.OrderForm(path.Base(c.Path()), id)
	return form{name: name, in: in, page: at(s.redrawOrder), part: at(noPlace)}
}

// redrawStep shows a refused step at the bed that the person came from, if the patient lies there
// still; else elsewhere.
func (s *Server) redrawStep(c echo.Context, r refusal, id int64, back string,
	elsewhere redraw) error {
	detail, err := s.Hospital.OrderDetail(c.Request().Context(), actor(c), id)
	switch {
	case err != nil:
		return errNoPlace
	case detail.BedID != 0 && back == views.BedPath.Of(detail.BedID) &&
		actor(c).Role.May(hospital.ReadWards):
		return s.redrawBed(c, r, detail.BedID, detail.AdmissionID)
	}
	return elsewhere(c, r)
}

// redrawOrder shows a refused step on the order's own page.
func (s *Server) redrawOrder(c echo.Context, r refusal) error {
	form := r.again()
	if id, err := pathID(c); err == nil {
		form = r.againTo(text.T(c.Request().Context(), "order.title", id))
	}
	return s.order().redraw(c, r.Status, orderPage(form))
}
