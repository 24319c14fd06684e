package handlers

import (
	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
)

// setItems is POST /orders/{id}/items: other dishes for an order. A page says with the field back
// where the person is.
func (s *Server) setItems(c echo.Context) error {
	id, in, err := readAbout(c, "items", "back", "admission_id")
	if err != nil {
		return err
	}
	cmd := hospital.ItemsCommand{Dishes: in.ids("items"), AdmissionID: in.id("admission_id"),
		Version: in.id("version")}
	back := in.text("back")
	err = in.err()
	if err == nil {
		_, err = s.Hospital.SetItems(c.Request().Context(), actor(c), id, cmd)
	}
	if err != nil {
		return s.stepForm(c, id, back, in).refuse(err)
	}
	if back == "" {
		return done(c, views.OrderPath.Of(id))
	}
	return done(c, localPath(back))
}
