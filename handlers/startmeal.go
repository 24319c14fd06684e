package handlers

import (
	"context"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views/text"
)

// startMeal is POST /kitchen/start: begin to cook all that is confirmed of a meal, of a ward or of
// all. A page says with the field back where the person is.
func (s *Server) startMeal(c echo.Context) error {
	in, err := readInput(c, "meal", "ward_id", "coming", "back")
	if err != nil {
		return err
	}
	cmd := hospital.StartMealCommand{Meal: hospital.Meal(in.text("meal")), WardID: in.id("ward_id"),
		Coming: in.isTrue("coming")}
	back := in.text("back")
	if err := in.err(); err != nil {
		return err
	}
	ctx := c.Request().Context()
	start, err := s.Hospital.StartMeal(ctx, actor(c), cmd)
	if err != nil {
		return err
	}
	return represent(c, func() (any, error) {
		return startedJSON{start.Started, eachIn(ctx, start.LeftOut, newLeftOutJSON)}, nil
	}, func() error { return done(c, localPath(back)) })
}

type startedJSON struct {
	Started int           `json:"started"`
	LeftOut []leftOutJSON `json:"left_out"`
}

// leftOutJSON is an order that a command about many has left out.
type leftOutJSON struct {
	OrderID   int64   `json:"order_id"`
	Reason    string  `json:"reason"` // the code of the refusal
	Message   string  `json:"message"`
	BedNumber *string `json:"bed_number"`
}

func newLeftOutJSON(ctx context.Context, l hospital.LeftOut) leftOutJSON {
	return leftOutJSON{l.OrderID, l.Why.Code, text.Refusal(ctx, l.Why), textOrNull(l.BedNumber)}
}
