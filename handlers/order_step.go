package handlers

import (
	"context"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
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
			return err
		}
		if _, err := command(c.Request().Context(), actor(c), id, step); err != nil {
			return err
		}
		if back == "" {
			return done(c, orderPath(id))
		}
		return done(c, localPath(back))
	}
}
