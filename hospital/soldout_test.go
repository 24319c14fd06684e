package hospital_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

// sellOut says that a dish is sold out.
func (s *service) sellOut(t *testing.T, dish hospital.Dish, until time.Time, substitute int64) {
	t.Helper()
	err := s.SellOutDish(t.Context(), cook, dish.ID, hospital.SoldOutCommand{Until: until,
		SubstituteID: substitute})
	if err != nil {
		t.Fatal(err)
	}
}

// It is 11:00 in Kigali.
func TestASoldOutDishIsNotThereAndItsSubstituteIs(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		beans := s.add(t, "Beans", nil)
		a := s.patient(t, "Uwase Marie", "A-01")
		s.cycle(t, 1, day(23))
		s.planned(t, 1, time.Time{}, hospital.Dinner, s.dish)
		menu := func(meal hospital.Meal) string {
			t.Helper()
			return dishNames(must[[]hospital.Dish](t)(s.Menu(t.Context(), nurse, meal)))
		}
		wantMenus := func(what, breakfast, lunch, dinner string) {
			t.Helper()
			for meal, want := range map[hospital.Meal]string{hospital.Breakfast: breakfast,
				hospital.Lunch: lunch, hospital.Dinner: dinner} {
				if got := menu(meal); got != want {
					t.Errorf("%s: at %s there is %q, want %q", what, meal, got, want)
				}
			}
		}
		s.moves(t, "kitchen menu", func() error {
			return s.SellOutDish(t.Context(), cook, s.dish.ID, hospital.SoldOutCommand{})
		})
		wantMenus("sold out today, breakfast being tomorrow's", "Beans, Rice", "Beans", "")
		s.sellOut(t, s.dish, time.Time{}, beans.ID)
		wantMenus("with a substitute, which stands in the plan's place", "Beans, Rice", "Beans", "Beans")
		s.moves(t, "", func() error {
			return s.SellOutDish(t.Context(), cook, s.dish.ID,
				hospital.SoldOutCommand{SubstituteID: beans.ID})
		})
		refusal := s.refuses(t, hospital.Invalid, "fields", func() error {
			_, _, err := s.PlaceOrder(t.Context(), nurse, hospital.PlaceOrderCommand{AdmissionID: a.ID,
				Meal: hospital.Lunch, Dishes: []int64{s.dish.ID}})
			return err
		})
		if got := wrongFields(refusal)["items"]; got != "dish_unavailable" {
			t.Errorf("ordering it is refused by %q", got)
		}
		must[hospital.MealRound](t)(s.OrderTodaysRound(t.Context(), cook, s.a.ID, hospital.Dinner))
		if got := s.order(t, int64(s.number(t,
			`SELECT max(id) FROM meal_order`))); dishNames(got.Dishes) != "Beans" {
			t.Errorf("the round has ordered %s", dishNames(got.Dishes))
		}
		s.sellOut(t, s.dish, s.clock.Now().Add(2*time.Hour), 0) // until 13:00
		wantMenus("until after lunch", "Beans, Rice", "Beans", "Rice")
		s.clock.pass(13 * time.Hour)
		for _, d := range must[[]hospital.Dish](t)(s.Dishes(t.Context(), cook)) {
			if !d.SoldOutUntil.IsZero() || d.SubstituteID != 0 {
				t.Errorf("what is over is told: %+v", d)
			}
		}
		s.sellOut(t, s.dish, time.Time{}, beans.ID)
		s.moves(t, "kitchen menu", func() error { return s.RestockDish(t.Context(), cook, s.dish.ID, 0) })
		s.moves(t, "", func() error { return s.RestockDish(t.Context(), cook, s.dish.ID, 0) })
		wantMenus("there again", "Beans, Rice", "Beans, Rice", "Rice")
	})
}

func TestOpenTicketsOfferTheSubstituteWhereItIsSafe(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		milky := s.add(t, "Milk soup", with("milk"))
		s.orderFor(t, nurse, s.patient(t, "Eats Anna", "A-01"), hospital.Lunch)
		allergicTo := s.patient(t, "Allergic Bea", "A-02")
		s.diet(t, allergicTo, allergic("milk"))
		s.orderFor(t, nurse, allergicTo, hospital.Lunch)
		s.cooked(t, s.orderFor(t, nurse, s.patient(t, "Ready Carl", "A-03"), hospital.Lunch))
		tickets := func() string {
			t.Helper()
			var said []string
			for _, ticket := range must[hospital.KitchenBoard](t)(s.KitchenBoard(t.Context(),
				cook)).Tickets {
				dish := ticket.Dishes[0]
				said = append(said, fmt.Sprintf("%s %t %s", ticket.BedNumber, dish.SoldOut, dish.Substitute.En))
			}
			slices.Sort(said)
			return strings.Join(said, ", ")
		}
		s.sellOut(t, s.dish, s.clock.Now().Add(time.Hour), milky.ID)
		if got, want := tickets(), "A-01 true Milk soup, A-02 true , A-03 false "; got != want {
			t.Errorf("the tickets say %q, want %q", got, want)
		}
		s.clock.pass(time.Hour)
		s.moves(t, "metrics", func() error { _, err := s.ShowTimeMarks(t.Context()); return err })
		if got, want := tickets(), "A-01 false , A-02 false , A-03 false "; got != want {
			t.Errorf("after that time they say %q, want %q", got, want)
		}
	})
}

func TestSellingOutIsRefused(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		breakfast := s.add(t, "Porridge",
			func(d *hospital.Dish) { d.Meals = []hospital.Meal{hospital.Breakfast} })
		supper := s.add(t, "Soup", func(d *hospital.Dish) { d.Meals = []hospital.Meal{hospital.Dinner} })
		gone, old := s.add(t, "Gone", nil), s.add(t, "Old", nil)
		s.sellOut(t, gone, time.Time{}, 0)
		if err := s.RetireDish(t.Context(), cook, old.ID, 0); err != nil {
			t.Fatal(err)
		}
		sell := func(actor hospital.Actor, dish hospital.Dish, cmd hospital.SoldOutCommand) func() error {
			return func() error { return s.SellOutDish(t.Context(), actor, dish.ID, cmd) }
		}
		for what, c := range map[string]struct {
			dish hospital.Dish
			cmd  hospital.SoldOutCommand
			want string
		}{
			"until now": {s.dish, hospital.SoldOutCommand{Until: s.clock.Now()},
				"map[until:until_past]"},
			"for years": {s.dish, hospital.SoldOutCommand{Until: s.clock.Now().AddDate(2, 0, 0)},
				"map[until:too_late]"},
			"by itself": {s.dish, hospital.SoldOutCommand{SubstituteID: s.dish.ID},
				"map[substitute_id:substitute_same]"},
			"by nothing": {s.dish, hospital.SoldOutCommand{SubstituteID: 4711},
				"map[substitute_id:dish_unknown]"},
			"by what is retired": {s.dish, hospital.SoldOutCommand{SubstituteID: old.ID},
				"map[substitute_id:dish_unknown]"},
			"by what is sold out": {s.dish, hospital.SoldOutCommand{SubstituteID: gone.ID},
				"map[substitute_id:dish_unavailable]"},
			"at another meal": {supper, hospital.SoldOutCommand{SubstituteID: breakfast.ID},
				"map[substitute_id:dish_meal]"},
		} {
			refusal := s.refuses(t, hospital.Invalid, "fields", sell(cook, c.dish, c.cmd))
			if got := fmt.Sprint(wrongFields(refusal)); got != c.want {
				t.Errorf("%s: %s, want %s", what, got, c.want)
			}
		}
		s.refuses(t, hospital.Conflict, "dish_outdated", sell(cook, s.dish,
			hospital.SoldOutCommand{Version: 7}))
		s.refuses(t, hospital.Conflict, "dish_retired", sell(cook, old, hospital.SoldOutCommand{}))
		s.refuses(t, hospital.NotFound, "dish_unknown", sell(cook, hospital.Dish{ID: 4711},
			hospital.SoldOutCommand{}))
		s.refuses(t, hospital.Forbidden, "forbidden", sell(nurse, s.dish, hospital.SoldOutCommand{}))
		s.refuses(t, hospital.Forbidden, "forbidden", func() error {
			return s.RestockDish(t.Context(),
				nurse, s.dish.ID, 0)
		})
	})
}
