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
	Day   string `json:"day"` // 2026-12-01
	Count int    `json:"count"`
}

func newPastDayJSON(d hospital.PastDay) pastDayJSON {
	return pastDayJSON{*dayOrNull(d.Day), d.Count}
}

func newPastJSON[T any](days []hospital.PastDay, list []T) pastJSON[T] {
	return pastJSON[T]{len(list), each(days, newPastDayJSON), list}
}

// pastOrders is GET /kitchen/past/.
func (s *Server) pastOrders(c echo.Context) error {
	return represent(c, func() (any, error) {
		ctx := c.Request().Context()
		b, err := s.Hospital.KitchenBoard(ctx, actor(c))
		return newPastJSON(b.PastDays(hospital.SettingsOf(ctx)), eachIn(ctx, b.Past, newTicketJSON)), err
	}, func() error {
		return s.renderPast(c, http.StatusOK, views.Form{})
	})
}

func (s *Server) renderPast(c echo.Context, status int, form views.Form) error {
	ctx := c.Request().Context()
	b, err := s.Hospital.KitchenBoard(ctx, actor(c))
	if err != nil {
		return err
	}
	ids := make([]int64, len(b.Past))
	for i, t := range b.Past {
		ids[i] = t.OrderID
	}
	seen, err := s.Hospital.OrdersSeen(ctx, actor(c), ids...)
	if err != nil {
		return err
	}
	page, err := s.page(c, text.T(ctx, "past.title"))
	if err != nil {
		return err
	}
	page.Path = views.PastOrdersPath // also after a refused form
	return render(c, status, views.PastOrdersPage(page, b, seen, form))
}

// closePastOrders is POST /kitchen/past/close.
func (s *Server) closePastOrders(c echo.Context) error {
	in, err := readInput(c, "reason")
	if err != nil {
		return err
	}
	reason := in.text("reason")
	closed := 0
	err = in.err()
	if err == nil {
		closed, err = s.Hospital.ClosePastOrders(c.Request().Context(), actor(c), reason)
	}
	if err != nil {
		return s.pastForm(in).refuse(err)
	}
	return represent(c, func() (any, error) { return map[string]int{"closed": closed}, nil },
		func() error { return done(c, views.PastOrdersPath) })
}

// pastForm is the form that closes what is past.
func (s *Server) pastForm(in *input) form {
	again := func(c echo.Context, r refusal) error { return s.renderPast(c, r.Status, r.again()) }
	return form{name: views.FormPast, in: in, page: again, part: again}
}
