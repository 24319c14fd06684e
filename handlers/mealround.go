package handlers

import (
	"github.com/labstack/echo/v4"

	"dusangire/hospital"
)

// mealRoundJSON is what became of the patients of a ward in a meal round.
type mealRoundJSON struct {
	Placed      int `json:"placed"`
	Had         int `json:"had"`
	OnLeave     int `json:"on_leave"`
	NilByMouth  int `json:"nil_by_mouth"`
	NeverAsked  int `json:"never_asked"`
	NothingFits int `json:"nothing_fits"`
}

func newMealRoundJSON(r hospital.MealRound) mealRoundJSON {
	return mealRoundJSON{r.Placed, r.Had, r.OnLeave, r.MustNotEat, r.NeverAsked, r.NothingFits}
}

// missedJSON is a meal round that was missed and can be ordered late.
type missedJSON struct {
	WardID   int64   `json:"ward_id"`
	Ward     string  `json:"ward"` // its code
	Meal     string  `json:"meal"`
	Patients int     `json:"patients"`
	Until    *string `json:"until"`
	// Who of them has nothing yet.
	Without []noticePatientJSON `json:"without"`
}

func newMissedJSON(m hospital.MissedRound) missedJSON {
	return missedJSON{m.Ward.ID, m.Ward.Code, string(m.Meal), m.Patients, rfc3339(m.Until),
		each(m.Who, newNoticePatientJSON)}
}

// orderMealRound is POST /wards/{id}/round: the round of a meal of today, late where it is. A page
// says with the field back where the person is.
func (s *Server) orderMealRound(c echo.Context) error {
	id, in, err := readAbout(c, "meal", "back")
	if err != nil {
		return err
	}
	meal, back := hospital.Meal(in.text("meal")), in.text("back")
	if err := in.err(); err != nil {
		return err
	}
	round, err := s.Hospital.OrderTodaysRound(c.Request().Context(), actor(c), id, meal)
	if err != nil {
		return err
	}
	return represent(c, func() (any, error) { return newMealRoundJSON(round), nil },
		func() error { return done(c, localPath(back)) })
}
