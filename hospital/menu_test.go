package hospital_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

func TestADishIsKeptAsItIsSaid(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		said := hospital.Dish{
			Name: hospital.DishName{En: " Isombe ", Fr: "Feuilles  de manioc", Rw: "Isombe"}, Meals: []hospital.Meal{hospital.Dinner, hospital.Lunch, hospital.Dinner},
			Allergens: []hospital.Allergen{"peanuts", "fish", "fish"}, MayContain: []hospital.Allergen{"soya"},
			Diets: []hospital.Diet{hospital.DietHighProtein, hospital.DietGeneral}, Textures: []hospital.Texture{7, 6, 7},
			Nutrition: hospital.Nutrition{EnergyKcal: 310, ProteinG: 12, CarbohydrateG: 18, FatG: 21, SodiumMg: 420, PotassiumMg: 800}, Price: 1500, Available: true}
		added := must[hospital.Dish](t)(s.AddDish(t.Context(), cook, said))
		want := said
		want.ID, want.Version, want.Station = added.ID, 1, hospital.Unrouted
		want.Name.En, want.Name.Fr = "Isombe", "Feuilles de manioc"
		want.Meals, want.Allergens = []hospital.Meal{hospital.Lunch, hospital.Dinner}, []hospital.Allergen{"fish", "peanuts"}
		want.Diets, want.Textures = []hospital.Diet{hospital.DietGeneral, hospital.DietHighProtein}, []hospital.Texture{6, 7}
		if !reflect.DeepEqual(added, want) {
			t.Errorf("the command returned %+v\nwant %+v", added, want)
		}
		read := func() hospital.Dish {
			t.Helper()
			dishes := must[[]hospital.Dish](t)(s.Dishes(t.Context(), cook))
			return dishes[slices.IndexFunc(dishes, func(d hospital.Dish) bool { return d.ID == added.ID })]
		}
		if got := read(); !reflect.DeepEqual(got, want) {
			t.Errorf("read %+v\nwant %+v", got, want)
		}
		want.Available, want.Price, want.Version = false, 1600, 2
		to := want
		to.Version = added.Version
		s.moves(t, "menu", func() error { _, err := s.SetDish(t.Context(), cook, to); return err })
		if got := read(); !reflect.DeepEqual(got, want) {
			t.Errorf("changed it is %+v\nwant %+v", got, want)
		}
	})
}

func TestADishIsRefused(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		add := func(actor hospital.Actor, dish hospital.Dish) func() error {
			return func() error { _, err := s.AddDish(t.Context(), actor, dish); return err }
		}
		bad := hospital.Dish{Name: hospital.DishName{Fr: strings.Repeat("n", hospital.LongestName+1), Rw: "a\ab"}, Meals: []hospital.Meal{"brunch"}, Station: "bar",
			Allergens: []hospital.Allergen{"cats"}, MayContain: []hospital.Allergen{"dogs"}, Diets: []hospital.Diet{"vegan"}, Textures: []hospital.Texture{8},
			Nutrition: hospital.Nutrition{FatG: -1}, Price: -1}
		want := map[string]string{"name_en": "required", "name_fr": "too_long", "name_rw": "characters", "meals": "unknown_choice", "station": "unknown_choice",
			"allergens": "unknown_choice", "may_contain": "unknown_choice", "diets": "unknown_choice", "textures": "texture", "fat_g": "range", "price": "money"}
		if got := wrongFields(s.refuses(t, hospital.Invalid, "fields", add(cook, bad))); !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		empty := hospital.Dish{Name: hospital.DishName{En: "Air"}}
		want = map[string]string{"meals": "required", "diets": "required", "textures": "texture"}
		if got := wrongFields(s.refuses(t, hospital.Invalid, "fields", add(cook, empty))); !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		s.refuses(t, hospital.Conflict, "dish_name_taken", add(cook, s.dish))
		for _, actor := range []hospital.Actor{nurse, manager, s.courier, s.customer, {}} {
			s.refuses(t, hospital.Forbidden, "forbidden", add(actor, s.dish))
			s.refuses(t, hospital.Forbidden, "forbidden", func() error { _, err := s.SetDish(t.Context(), actor, s.dish); return err })
		}
		set := func(change func(d *hospital.Dish)) func() error {
			dish := s.dish
			change(&dish)
			return func() error { _, err := s.SetDish(t.Context(), cook, dish); return err }
		}
		other := s.add(t, "Tea", nil)
		s.refuses(t, hospital.Conflict, "dish_name_taken", set(func(d *hospital.Dish) { d.Name = other.Name }))
		s.refuses(t, hospital.Conflict, "dish_outdated", set(func(d *hospital.Dish) { d.Version++ }))
		s.refuses(t, hospital.NotFound, "dish_unknown", set(func(d *hospital.Dish) { d.ID = 4711 }))
		s.refuses(t, hospital.Invalid, "fields", set(func(d *hospital.Dish) { d.Diets = nil }))
	})
}

func TestTheMenuListsWhatThereIsOfAMealByName(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.add(t, "Tea", with("milk"))
		s.add(t, "Beans", nil)
		s.add(t, "Fish", func(d *hospital.Dish) { d.Available = false })
		s.add(t, "Porridge", func(d *hospital.Dish) { d.Meals = []hospital.Meal{hospital.Breakfast} })
		for meal, want := range map[hospital.Meal]string{hospital.Lunch: "Beans, Rice, Tea", hospital.Breakfast: "Beans, Porridge, Rice, Tea", "brunch": ""} {
			var names []string
			for _, dish := range must[[]hospital.Dish](t)(s.Menu(t.Context(), hospital.System, meal)) {
				names = append(names, dish.Name.En)
			}
			if got := strings.Join(names, ", "); got != want {
				t.Errorf("for %s there is %q, want %q", meal, got, want)
			}
		}
	})
}

func TestAnOfferIsForAPatientOrAnAddress(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.link(t, s.customer, a)
		s.diet(t, a, allergic("milk"))
		tea := s.add(t, "Tea", with("milk"))
		home := s.addressOf(t, s.customer, "Home")
		offer := func(actor hospital.Actor, admission, address int64, meal hospital.Meal) (hospital.Offer, error) {
			return s.Offer(t.Context(), actor, admission, address, meal)
		}
		// It is 11:00 in Kigali: lunch comes next, after its cut-off from 11:00 on; breakfast is
		// tomorrow's.
		o := must[hospital.Offer](t)(offer(s.customer, a.ID, 0, ""))
		if o.Meal != hospital.Lunch || o.Admission.PatientName != "Uwase Marie" || o.Admission.Place != "Medicine, A-01" || o.Address.ID != 0 {
			t.Errorf("for the patient it is %+v", o)
		}
		if len(o.Dishes) != 2 || kinds(o.Dishes[0].Hazards) != "" || kinds(o.Dishes[1].Hazards) != fmt.Sprintf("allergen %d milk", tea.ID) {
			t.Errorf("the dishes are %+v", o.Dishes)
		}
		var servings []string
		for _, serving := range o.Servings {
			servings = append(servings, fmt.Sprintf("%s %s %t", serving.Meal, serving.Due.Format("02 15:04"), serving.Late))
		}
		if want := []string{"breakfast 24 05:00 false", "lunch 23 10:30 false", "dinner 23 16:30 false", "snack 23 10:00 false", "supplement 23 10:00 false"}; !slices.Equal(servings, want) {
			t.Errorf("the meals are %v, want %v", servings, want)
		}
		o = must[hospital.Offer](t)(offer(s.customer, 0, home.ID, hospital.Dinner))
		if o.Meal != hospital.Dinner || o.Address != home || o.Admission.AdmissionID != 0 || len(o.Dishes) != 2 || len(o.Dishes[1].Hazards) != 0 {
			t.Errorf("for the address it is %+v", o)
		}
		must[hospital.Offer](t)(offer(nurse, a.ID, 0, hospital.Snack))
		for _, wrong := range []struct {
			actor              hospital.Actor
			admission, address int64
			meal               hospital.Meal
			kind               hospital.Kind
			code               string
		}{
			{s.stranger, a.ID, 0, "", hospital.NotFound, "stay_unknown"},
			{s.stranger, 0, home.ID, "", hospital.NotFound, "address_unknown"},
			{nurse, 0, home.ID, "", hospital.NotFound, "address_unknown"},
			{s.customer, 4711, 0, "", hospital.NotFound, "stay_unknown"},
			{s.customer, 0, 0, "", hospital.Invalid, "fields"},
			{s.customer, a.ID, home.ID, "", hospital.Invalid, "fields"},
			{s.customer, a.ID, 0, "brunch", hospital.Invalid, "fields"},
			{cook, a.ID, 0, "", hospital.Forbidden, "forbidden"},
		} {
			_, err := offer(wrong.actor, wrong.admission, wrong.address, wrong.meal)
			refused(t, err, wrong.kind, wrong.code)
		}
		s.discharge(t, a.ID, hospital.Improved)
		_, err := offer(s.customer, a.ID, 0, "")
		refused(t, err, hospital.NotFound, "stay_unknown")
	})
}

func TestAPatientsMenuCrossesOutWhatConflicts(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.link(t, s.customer, a)
		tea := s.add(t, "Tea", with("milk"))
		s.diet(t, a, allergic("milk"))
		menu := func(actor hospital.Actor, meal hospital.Meal) string {
			t.Helper()
			var lines []string
			for _, dish := range must[[]hospital.OfferedDish](t)(s.MenuFor(t.Context(), actor, a.ID, meal)) {
				lines = append(lines, dish.Name.En+" ("+kinds(dish.Hazards)+")")
			}
			return strings.Join(lines, ", ")
		}
		want := fmt.Sprintf("Rice (), Tea (allergen %d milk)", tea.ID)
		for _, actor := range []hospital.Actor{nurse, s.customer} {
			if got := menu(actor, hospital.Lunch); got != want {
				t.Errorf("%s is offered %q, want %q", actor.Role, got, want)
			}
		}
		// Who must not eat at dinner time can have lunch.
		dinner := time.Date(2026, 11, 23, 16, 30, 0, 0, time.UTC)
		s.diet(t, a, fasting(dinner, dinner.Add(time.Hour)))
		if got := menu(nurse, hospital.Lunch); got != want {
			t.Errorf("for lunch there is %q, want %q", got, want)
		}
		want = fmt.Sprintf("Rice (nil_by_mouth), Tea (nil_by_mouth; allergen %d milk)", tea.ID)
		if got := menu(nurse, hospital.Dinner); got != want {
			t.Errorf("for dinner there is %q, want %q", got, want)
		}
		s.discharge(t, a.ID, hospital.Deceased)
		_, err := s.MenuFor(t.Context(), s.customer, a.ID, hospital.Lunch)
		refused(t, err, hospital.NotFound, "stay_unknown")
		_, err = s.MenuFor(t.Context(), cook, a.ID, hospital.Lunch)
		refused(t, err, hospital.Forbidden, "forbidden")
	})
}
