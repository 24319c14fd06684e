package handlers

import (
	"context"
	"net/url"
	"path"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
)

// stepCommand is one of the hospital's commands that take an order a step on or back.
type stepCommand func(ctx context.Context, actor hospital.Actor, id int64, step hospital.Step) (hospital.Order, error)

// stepOrder is POST /orders/{id}/confirm, start, ready, recall and cancel. A page says with the field back where the person is, so that
// a plain form leads there again.
func (s *Server) stepOrder(command stepCommand) echo.HandlerFunc {
	return func(c echo.Context) error {
		id, err := pathID(c)
		if err != nil {
			return err
		}
		in, err := readInput(c, "reason", "back", "admission_id")
		if err != nil {
			return err
		}
		step := hospital.Step{Reason: in.text("reason"), AdmissionID: in.id("admission_id"), Version: in.id("version")}
		back := in.text("back")
		if err := in.err(); err != nil {
			return s.refuseStep(c, id, back, in, err)
		}
		if _, err := command(c.Request().Context(), actor(c), id, step); err != nil {
			return s.refuseStep(c, id, back, in, err)
		}
		if back == "" {
			return done(c, views.OrderPath.Of(id))
		}
		return done(c, localPath(back))
	}
}

// refuseStep shows a refused step to a person where they are. Who says to be in the kitchen must be one who may be there.
func (s *Server) refuseStep(c echo.Context, id int64, back string, in *input, refusal error) error {
	if audienceOf(c.Request()) == program {
		return refusal
	}
	from, err := url.Parse(back)
	if err == nil && from.Path == views.KitchenPath && actor(c).Role.May(hospital.ReadKitchen) {
		return s.refuseTicket(c, id, from, refusal)
	}
	return s.refuseOnOrder(c, id, back, in, refusal)
}

// refuseOnOrder shows a refused step at the bed that the person came from, if the patient lies there still, else on the order's own page.
func (s *Server) refuseOnOrder(c echo.Context, id int64, back string, in *input, refusal error) error {
	detail, err := s.Hospital.OrderDetail(c.Request().Context(), actor(c), id)
	if err != nil {
		return refusal
	}
	form := views.OrderForm(path.Base(c.Path()), id)
	switch {
	case detail.BedID != 0 && back == views.BedPath.Of(detail.BedID) && actor(c).Role.May(hospital.ReadWards):
		return s.refuseBed(c, detail.BedID, detail.AdmissionID, form, in, refusal)
	case audienceOf(c.Request()) == htmx:
		return refusal
	}
	p := s.explain(c, refusal)
	return s.order().again(c, p.Status, func(page views.Page, _ visitor, d hospital.OrderDetail) templ.Component {
		return views.OrderPage(page, d, refusedForm(form, in, p))
	})
}
