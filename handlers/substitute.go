package handlers

import (
	"github.com/labstack/echo/v4"

	"dusangire/hospital"
)

// substituteDish is POST /dishes/{id}/substitute: another dish instead of one on every open order. A
// page says with the field back where the person is.
func (s *Server) substituteDish(c echo.Context) error {
	id, in, err := readAbout(c, "with_id", "meal", "back")
	if err != nil {
		return err
	}
	cmd := hospital.SubstituteCommand{WithID: in.id("with_id"), Meal: hospital.Meal(in.text("meal"))}
	back := in.text("back")
	if err := in.err(); err != nil {
		return err
	}
	ctx := c.Request().Context()
	became, err := s.Hospital.SubstituteDish(ctx, actor(c), id, cmd)
	if err != nil {
		return err
	}
	return represent(c, func() (any, error) {
		return substitutedJSON{became.Changed, eachIn(ctx, became.LeftOut, newLeftOutJSON)}, nil
	}, func() error { return done(c, localPath(back)) })
}

type substitutedJSON struct {
	Changed int           `json:"changed"`
	LeftOut []leftOutJSON `json:"left_out"`
}
