package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// pastJSON is what is not finished of days that are over.
type pastJSON[T any] struct {
	Count int           `json:"count"`
	Days  []pastDayJSON `json:"days"`
	List  []T           `json:"list"` // the oldest first
}

type pastDayJSON struct {
	Day   string `json:"day"` // 2026-12-01, in Kigali
	Count int    `json:"count"`
}

func pastShape[T any](days []hospital.PastDay, list []T) pastJSON[T] {
	shape := pastJSON[T]{len(list), make([]pastDayJSON, 0, len(days)), list}
	for _, day := range days {
		shape.Days = append(shape.Days, pastDayJSON{*dayOrNull(day.Day), day.Count})
	}
	return shape
}

// pastOrders is GET /kitchen/past/.
func (s *Server) pastOrders(c echo.Context) error {
	return s.renderPast(c, http.StatusOK, views.Form{})
}

func (s *Server) renderPast(c echo.Context, status int, form views.Form) error {
	ctx := c.Request().Context()
	b, err := s.Hospital.KitchenBoard(ctx)
	if err != nil {
		return err
	}
	if audienceOf(c.Request()) == program {
		return c.JSON(status, pastShape(b.PastDays(), ticketsJSON(ctx, b.Past)))
	}
	page, err := s.page(c, text.T(ctx, "past.title"))
	if err != nil {
		return err
	}
	page.Path = views.PastOrdersPath // also after a refused form
	return render(c, status, views.PastOrdersPage(page, b, form))
}

// closePastOrders is POST /kitchen/past/close.
func (s *Server) closePastOrders(c echo.Context) error {
	in, err := readInput(c, "reason")
	if err != nil {
		return err
	}
	reason := in.text("reason")
	closed := 0
	if err = in.err(); err == nil {
		closed, err = s.Hospital.ClosePastOrders(c.Request().Context(), actor(c), reason)
	}
	if err != nil {
		return s.pastForm(in).refuse(err)
	}
	if audienceOf(c.Request()) == program {
		return c.JSON(http.StatusOK, map[string]int{"closed": closed})
	}
	return done(c, views.PastOrdersPath)
}

// pastForm is the form that closes what is past.
func (s *Server) pastForm(in *input) form {
	again := func(c echo.Context, r refusal) error { return s.renderPast(c, r.Status, r.again()) }
	return form{name: views.FormPast, in: in, page: again, part: again}
}
