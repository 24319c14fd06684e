package handlers

import (
	"context"
	"net/url"

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
		in, err := readInput(c, "reason", "back")
		if err != nil {
			return err
		}
		step, back := hospital.Step{Reason: in.text("reason"), Version: in.id("version")}, in.text("back")
		if err := in.err(); err != nil {
			return s.refuseStep(c, id, back, err)
		}
		if _, err := command(c.Request().Context(), actor(c), id, step); err != nil {
			return s.refuseStep(c, id, back, err)
		}
		if back == "" {
			return done(c, orderPath(id))
		}
		return done(c, localPath(back))
	}
}

// refuseStep shows a refused step to a person where they are. Who says to be in the kitchen must be one who may be there.
func (s *Server) refuseStep(c echo.Context, id int64, back string, refusal error) error {
	from, err := url.Parse(back)
	inKitchen := err == nil && from.Path == views.KitchenPath(hospital.KitchenFilter{}) && actor(c).Role.May(hospital.ReadKitchen)
	if inKitchen && audienceOf(c.Request()) != program {
		return s.refuseTicket(c, id, from, refusal)
	}
	return refusal
}
