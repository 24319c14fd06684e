package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// mealList is GET /wards/{id}/list/?meal=lunch: who gets what, and who gets nothing and why, to be
// printed. Without a meal it is the next one.
func (s *Server) mealList(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	ctx, meal := c.Request().Context(), hospital.Meal(c.QueryParam("meal"))
	found, err := s.Hospital.MealList(ctx, actor(c), id, meal)
	if err != nil {
		return err
	}
	return represent(c, func() (any, error) { return newMealListJSON(ctx, found), nil },
		func() error {
			page, err := s.page(c, text.T(ctx, "meallist.title", found.Name))
			if err != nil {
				return err
			}
			wards, err := s.Hospital.Wards(ctx, actor(c))
			if err != nil {
				return err
			}
			return render(c, http.StatusOK, views.MealListPage(page, found, wards))
		})
}

// mealListJSON is who of a ward gets what at a meal.
type mealListJSON struct {
	WardID   int64          `json:"ward_id"`
	WardName string         `json:"ward_name"`
	Meal     string         `json:"meal"`
	Day      *string        `json:"day"`
	DueAt    *string        `json:"due_at"`
	At       *string        `json:"at"` // when it was read
	Patients []mealLineJSON `json:"patients"`
}

func newMealListJSON(ctx context.Context, l hospital.MealList) mealListJSON {
	return mealListJSON{l.ID, l.Name, string(l.Meal), dayOrNull(l.Day), rfc3339(l.Due),
		rfc3339(l.At), eachIn(ctx, l.Lines, newMealLineJSON)}
}

// mealLineJSON is one patient. Its id is the admission's.
type mealLineJSON struct {
	ID           int64               `json:"id"`
	AdmissionID  int64               `json:"admission_id"`
	Name         *string             `json:"name"` // null for the kitchen
	Initials     string              `json:"initials"`
	Bed          string              `json:"bed_number"`
	Diet         string              `json:"diet"`
	Texture      int                 `json:"texture"`
	Allergies    []hospital.Allergen `json:"allergies"` // null where nobody asked
	Severe       []hospital.Allergen `json:"severe"`
	Orders       []listedOrderJSON   `json:"orders"`
	Reason       *string             `json:"reason"` // why the patient gets nothing
	Hazards      []hazardJSON        `json:"hazards"`
	CancelReason *string             `json:"cancel_reason"`
}

// listedOrderJSON is an order of the list, as far as whoever serves it needs it.
type listedOrderJSON struct {
	ID     int64      `json:"id"`
	Status string     `json:"status"`
	Items  []itemJSON `json:"items"`
	Notes  string     `json:"notes"`
}

func newListedOrderJSON(o hospital.Order) listedOrderJSON {
	return listedOrderJSON{o.ID, string(o.Status), each(o.Dishes, newItemJSON), o.Notes}
}

func newMealLineJSON(ctx context.Context, l hospital.MealLine) mealLineJSON {
	shape := mealLineJSON{
		ID: l.AdmissionID, AdmissionID: l.AdmissionID, Name: textOrNull(string(l.PatientName)),
		Initials: l.Initials, Bed: l.BedNumber, Diet: string(l.Diet.Diet),
		Texture: int(l.Diet.Texture), Severe: orEmpty(l.Diet.Allergies.Severe),
		Orders: each(l.Orders, newListedOrderJSON), Reason: textOrNull(string(l.Why)),
	}
	if l.Diet.Allergies.Known {
		shape.Allergies = orEmpty(l.Diet.Allergies.Allergens)
	}
	shape.Hazards, shape.CancelReason = newNoMealJSON(ctx, l.Why, l.Last)
	return shape
}

// newNoMealJSON is what speaks against a meal that is held, and why one was cancelled.
func newNoMealJSON(ctx context.Context, why hospital.NoMeal,
	last hospital.Order) (hazards []hazardJSON, cancelReason *string) {
	switch why {
	case hospital.NoMealHeld:
		return newHazardsJSON(ctx, last.HeldFor), nil
	case hospital.NoMealCancelled:
		cancelReason = textOrNull(last.CancelReason)
	}
	return newHazardsJSON(ctx, nil), cancelReason
}
