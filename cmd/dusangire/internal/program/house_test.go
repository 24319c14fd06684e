package program_test

import (
	"slices"
	"testing"
	"time"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/cmd/dusangire/internal/program"
	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// noon is after the cut-off of lunch in Kigali, and before it is served.
var noon = time.Date(2026, time.November, 23, 10, 0, 0, 0, time.UTC)

// A server that starts while a patient's fast has begun unseen, and a meal round was missed, catches up with both.
func TestTheServerHoldsTheMealsOfThoseWhoMustNotEatAndOrdersTheRoundsThatAreDue(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rounds bool
		want   []hospital.OrderStatus // of all tickets
	}{
		"with meal rounds":    {true, []hospital.OrderStatus{hospital.OrderHeld, hospital.OrderPending}},
		"without meal rounds": {false, []hospital.OrderStatus{hospital.OrderHeld}},
	} {
		t.Run(name, func(t *testing.T) {
			url := hospitaltest.SQLite(t)
			orderForOneOfTwo(t, url)
			s := dusangiretest.MustServe(t, func(c *program.ServeCommand) {
				c.DatabaseURL, c.MealRounds, c.Now = url, test.rounds, func() time.Time { return noon }
			})
			dusangiretest.WaitFor(t, "the order to be held, and with meal rounds a late one to be placed", func() bool {
				board, err := s.Hospital.KitchenBoard(t.Context(), hospital.System)
				if err != nil {
					t.Fatal(err)
				}
				var statuses []hospital.OrderStatus
				for _, ticket := range board.Tickets {
					statuses = append(statuses, ticket.Status)
				}
				slices.Sort(statuses)
				return slices.Equal(statuses, test.want)
			})
			s.Stop() // and with it every sweep that might have done more
			if board, err := hospitaltest.Open(t, hospital.Options{DatabaseURL: url, Now: func() time.Time { return noon }}).KitchenBoard(t.Context(), hospital.System); err != nil || len(board.Tickets) != len(test.want) {
				t.Errorf("in the end there are the tickets %+v, error %v", board.Tickets, err)
			}
		})
	}
}

// orderForOneOfTwo writes a ward of two patients: one has an order for lunch and fasts for a while around noon, the other has none.
func orderForOneOfTwo(t *testing.T, url string) {
	t.Helper()
	h := hospitaltest.Open(t, hospital.Options{DatabaseURL: url, Now: func() time.Time { return noon.Add(-2 * time.Hour) }})
	ward, err := h.AddWard(t.Context(), hospital.System, hospital.AddWardCommand{Code: "A", Name: "Medicine", Beds: 2})
	if err != nil {
		t.Fatal(err)
	}
	board, err := h.WardBoard(t.Context(), hospital.System, ward.ID)
	if err != nil {
		t.Fatal(err)
	}
	rice, err := h.AddDish(t.Context(), hospital.System, hospital.Dish{Name: hospital.DishName{En: "Rice"}, Meals: []hospital.Meal{hospital.Lunch},
		Diets: hospital.Diets, Textures: []hospital.Texture{hospital.RegularTexture}, Available: true})
	if err != nil {
		t.Fatal(err)
	}
	var admissionIDs []int64
	for _, bed := range board.Beds {
		a, _, err := h.Admit(t.Context(), hospital.System, hospital.AdmitCommand{PatientName: "Uwase Marie", BedID: bed.ID, Allergies: hospital.Allergies{Known: true}})
		if err != nil {
			t.Fatal(err)
		}
		admissionIDs = append(admissionIDs, a.ID)
	}
	if _, _, err := h.PlaceOrder(t.Context(), hospital.System, hospital.PlaceOrderCommand{AdmissionID: admissionIDs[0], Meal: hospital.Lunch, Dishes: []int64{rice.ID}}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.SetDiet(t.Context(), hospital.System, admissionIDs[0], hospital.DietCommand{
		NilByMouth: &hospital.Window{From: noon.Add(-time.Minute), Until: noon.Add(time.Minute)}}); err != nil {
		t.Fatal(err)
	}
}
