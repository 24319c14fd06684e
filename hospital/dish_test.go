package hospital_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"dusangire/hospital"
)

// dishNames are the English names of what the menu's keeper sees, by a list of them.
func dishNames(dishes []hospital.Dish) string {
	names := make([]string, len(dishes))
	for i, dish := range dishes {
		names[i] = dish.Name.En
	}
	return strings.Join(names, ", ")
}

func TestADishIsAddedOnceForOneKey(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		tea := s.dish
		tea.Name = hospital.DishName{En: "Tea"}
		first := must[hospital.Dish](t)(s.AddDishOnce(t.Context(), cook, tea, "k"))
		again := must[hospital.Dish](t)(s.AddDishOnce(t.Context(), cook, tea, "k"))
		if !reflect.DeepEqual(first, again) {
			t.Errorf("the same key made %+v, then %+v", first, again)
		}
		tea.Price++
		s.refuses(t, hospital.Invalid, "idempotency_key_reused", func() error {
			_, err := s.AddDishOnce(t.Context(), cook, tea, "k")
			return err
		})
	})
}

func TestADishThatIsSaidAgainDoesNotChange(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.moves(t, "", func() error { _, err := s.SetDish(t.Context(), cook, s.dish); return err })
		if got := must[[]hospital.Dish](t)(s.Dishes(t.Context(), cook))[0]; got.Version != 1 {
			t.Errorf("it has version %d, want 1", got.Version)
		}
	})
}

func TestWhoSawAnOlderDishIsToldWhatHasChanged(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		seen := s.dish
		changed := seen
		changed.Price, changed.Allergens = 1500, []hospital.Allergen{"milk", "nuts"}
		changed.Name.Fr = "Riz au lait"
		must[hospital.Dish](t)(s.SetDish(t.Context(), admin, changed))
		refusal := s.refuses(t, hospital.Conflict, "dish_outdated", func() error {
			_, err := s.SetDish(t.Context(), cook, seen)
			return err
		})
		var told []string
		for _, c := range refusal.Changes {
			told = append(told, fmt.Sprintf("%s %v > %v by %s", c.Field, c.From, c.To, c.By))
		}
		want := []string{"name_fr <nil> > Riz au lait by admin", "allergens <nil> > milk,nuts by admin",
			"price 1200 > 1500 by admin"}
		if !slices.Equal(told, want) {
			t.Errorf("they are told %q, want %q", told, want)
		}
		changed.Version, changed.Price, changed.Name.Rw = 0, seen.Price, "Umuceri"
		must[hospital.Dish](t)(s.SetDish(t.Context(), admin, changed))
		refusal = s.refuses(t, hospital.Conflict, "dish_outdated", func() error {
			_, err := s.SetDish(t.Context(), cook, seen)
			return err
		})
		back := func(c hospital.Change) bool { return c.Field == "price" }
		if len(refusal.Changes) != 3 || slices.ContainsFunc(refusal.Changes, back) {
			t.Errorf("they are told of a price that is as it was: %v", refusal.Changes)
		}
	})
}

func TestARetiredDishIsOffTheMenuAndItsNameIsFree(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		o := s.orderFor(t, nurse, a, hospital.Lunch)
		s.refuses(t, hospital.Conflict, "dish_outdated", func() error {
			return s.RetireDish(t.Context(), cook, s.dish.ID, 7)
		})
		s.moves(t, "menu", func() error {
			return s.RetireDish(t.Context(), cook, s.dish.ID, s.dish.Version)
		})
		s.moves(t, "", func() error { return s.RetireDish(t.Context(), cook, s.dish.ID, 0) })

		if got := dishNames(must[[]hospital.Dish](t)(s.Dishes(t.Context(), cook))); got != "" {
			t.Errorf("the menu's keeper sees %s", got)
		}
		if got := dishNames(must[[]hospital.Dish](t)(s.RetiredDishes(t.Context(), cook))); got != "Rice" {
			t.Errorf("retired is %q", got)
		}
		if got := must[[]hospital.Dish](t)(s.Menu(t.Context(), nurse, hospital.Lunch)); len(got) > 0 {
			t.Errorf("the menu has %s", dishNames(got))
		}
		refusal := s.refuses(t, hospital.Invalid, "fields", func() error {
			_, _, err := s.PlaceOrder(t.Context(), nurse, hospital.PlaceOrderCommand{
				AdmissionID: a.ID, Meal: hospital.Dinner, Dishes: []int64{s.dish.ID}})
			return err
		})
		if got := wrongFields(refusal)["items"]; got != "dish_unknown" {
			t.Errorf("ordering it is refused by %q", got)
		}
		if o = s.confirm(t, o); o.Dishes[0].Name.En != "Rice" {
			t.Errorf("the order that has it is of %v", o.Dishes)
		}
		s.refuses(t, hospital.Conflict, "dish_retired", func() error {
			_, err := s.SetDish(t.Context(), cook, s.dish)
			return err
		})

		other := s.add(t, "Rice", nil)
		s.refuses(t, hospital.Conflict, "dish_name_taken", func() error {
			return s.RestoreDish(t.Context(), cook, s.dish.ID, 0)
		})
		if err := s.RetireDish(t.Context(), cook, other.ID, 0); err != nil {
			t.Fatal(err)
		}
		s.refuses(t, hospital.Conflict, "dish_outdated", func() error {
			return s.RestoreDish(t.Context(), cook, s.dish.ID, 1)
		})
		s.moves(t, "menu", func() error { return s.RestoreDish(t.Context(), cook, s.dish.ID, 0) })
		s.moves(t, "", func() error { return s.RestoreDish(t.Context(), cook, s.dish.ID, 0) })
		if got := must[[]hospital.Dish](t)(s.Menu(t.Context(), nurse, hospital.Lunch)); len(got) != 1 ||
			got[0].ID != s.dish.ID {
			t.Errorf("brought back, the menu has %v", got)
		}
		for _, command := range []func(hospital.Actor, int64) error{
			func(actor hospital.Actor, id int64) error { return s.RetireDish(t.Context(), actor, id, 0) },
			func(actor hospital.Actor, id int64) error { return s.RestoreDish(t.Context(), actor, id, 0) },
		} {
			s.refuses(t, hospital.NotFound, "dish_unknown", func() error { return command(cook, 4711) })
			s.refuses(t, hospital.Forbidden, "forbidden", func() error { return command(nurse, s.dish.ID) })
		}
	})
}

func TestADishTellsItsHistory(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		changed := s.dish
		changed.Price, changed.Available, changed.Textures = 0, false, []hospital.Texture{4, 7}
		must[hospital.Dish](t)(s.SetDish(t.Context(), cook, changed))
		for _, act := range []error{s.RetireDish(t.Context(), cook, s.dish.ID, 0),
			s.RestoreDish(t.Context(), admin, s.dish.ID, 0)} {
			if act != nil {
				t.Fatal(act)
			}
		}
		d := must[hospital.DishDetail](t)(s.DishDetail(t.Context(), cook, s.dish.ID))
		var told []string
		for _, e := range d.Events {
			one := string(e.Action) + " by " + e.By
			for _, c := range e.Changes {
				one += fmt.Sprintf(", %s %v > %v", c.Field, c.From, c.To)
			}
			told = append(told, one)
		}
		want := []string{"restore by admin", "retire by cook",
			"set by cook, textures 0,1,2,3,4,5,6,7 > 4,7, price 1200 > 0, available true > false",
			"add by admin"}
		if !slices.Equal(told, want) || d.Version != 4 {
			t.Errorf("version %d tells %q\nwant %q", d.Version, told, want)
		}
		s.refuses(t, hospital.NotFound, "dish_unknown", func() error {
			_, err := s.DishDetail(t.Context(), cook, 4711)
			return err
		})
		s.refuses(t, hospital.Forbidden, "forbidden", func() error {
			_, err := s.DishDetail(t.Context(), nurse, s.dish.ID)
			return err
		})
	})
}
