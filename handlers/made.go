package handlers

import (
	"github.com/labstack/echo/v4"

	"dusangire/hospital"
)

// makeDish is POST /kitchen/made: count servings of a dish that are made. A page says with the
// field back where the person is.
func (s *Server) makeDish(c echo.Context) error {
	in, err := readInput(c, "item_id", "meal", "texture", "count", "back")
	if err != nil {
		return err
	}
	cmd := hospital.MadeCommand{DishID: in.id("item_id"), Meal: hospital.Meal(in.text("meal")),
		Texture: hospital.Texture(in.amount("texture")), Count: in.amount("count"),
		IdempotencyKey: in.idempotencyKey(c)}
	back := in.text("back")
	if err := in.err(); err != nil {
		return err
	}
	if err := s.Hospital.MakeDish(c.Request().Context(), actor(c), cmd); err != nil {
		return err
	}
	return done(c, localPath(back))
}
