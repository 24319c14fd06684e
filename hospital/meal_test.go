package hospital_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"dusangire/hospital"
)

// moment is a time in UTC.
func moment(t *testing.T, text string) time.Time {
	t.Helper()
	return must[time.Time](t)(time.Parse(time.RFC3339, text))
}

// fiveMeals sets up a hospital in St. John's with five main meals, breakfast at 06:15.
func (s *service) fiveMeals(t *testing.T) {
	t.Helper()
	s.setUp(t, "time_zone=America/St_Johns", "currency=EUR")
	must[hospital.MealKind](t)(s.SetMeal(t.Context(), admin, hospital.Breakfast,
		hospital.MealCommand{ServeAt: new("06:15")}))
	for _, meal := range []struct{ code, at string }{{"night", "02:15"}, {"tea", "16:00"}} {
		must[hospital.MealKind](t)(s.AddMeal(t.Context(), cook, hospital.MealCommand{
			Code: hospital.Meal(meal.code), NameEn: &meal.code, ServeAt: &meal.at, Main: new(true),
			CutOffMinutes: new(30)}))
	}
	must[hospital.Dish](t)(s.AddDish(t.Context(), cook, hospital.Dish{
		Name:  hospital.DishName{En: "Toast"},
		Meals: []hospital.Meal{"night", "breakfast", "lunch", "tea", "dinner"},
		Diets: hospital.Diets, Textures: []hospital.Texture{7}, Available: true}))
}

// roundsOf orders what is due each half minute from a moment on, as the program does, and tells
// which rounds those of one ward were, and when.
func (s *service) roundsOf(t *testing.T, from, until time.Time) (rounds []string) {
	t.Helper()
	for at := from; at.Before(until); at = at.Add(5 * time.Minute) {
		s.clock.goTo(at)
		ordered := must[[]hospital.WardRound](t)(s.OrderDueMealRounds(t.Context()))
		for _, r := range ordered {
			if r.Ward.ID == s.a.ID {
				rounds = append(rounds, fmt.Sprint(r.Day.Format("01-02 "), r.Meal, " ", r.Placed))
			}
		}
	}
	return rounds
}

func TestEachRoundOfFiveMealsComesOnceOnTheNightsOfAChange(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.fiveMeals(t)
		s.patient(t, "Uwase Marie", "A-01")
		for _, day := range []struct{ from, date, next string }{
			{"2027-03-14T03:30:00Z", "03-14", "03-15"}, // clocks skip from 02:00 to 03:00
			{"2027-11-07T02:30:00Z", "11-07", "11-08"}, // they show 01:00 to 02:00 twice
		} {
			from := moment(t, day.from)
			s.clock.goTo(from)
			for n := range 50 { // so many acts of late that the clock is believed
				s.setUp(t, fmt.Sprintf("hospital_name=on %s at %d", day.date, n))
			}
			got := s.roundsOf(t, from, from.Add(25*time.Hour))
			var want []string
			for _, meal := range []string{"night", "breakfast", "lunch", "tea", "dinner"} {
				want = append(want, day.date+" "+meal+" 1")
			}
			got = slices.DeleteFunc(got, func(r string) bool { return r[:5] == day.next })
			if !slices.Equal(got, want) {
				t.Errorf("on %s the rounds are %q, want %q", day.date, got, want)
			}
		}
	})
}

func TestMealsAreServedAtTheirTimeInEachWard(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) { // 11:00 in Kigali
		must[hospital.MealKind](t)(s.SetMealSequence(t.Context(), cook, hospital.Lunch,
			[]int64{s.b.ID, s.a.ID}, []int{0, 20}, 0))
		a, b := s.patient(t, "Uwase Marie", "A-01"), s.patient(t, "Keza Ange", "B-01")
		for _, c := range []struct {
			admission hospital.Admission
			want      string
		}{{a, "2026-11-23T10:50:00Z"}, {b, "2026-11-23T10:30:00Z"}} {
			offer := must[hospital.Offer](t)(s.Offer(t.Context(), nurse, c.admission.ID, 0,
				hospital.Lunch))
			for _, serving := range offer.Servings {
				if serving.Meal == hospital.Lunch && !serving.Due.Equal(moment(t, c.want)) {
					t.Errorf("lunch in bed %s is due at %s, want %s", c.admission.BedNumber,
						serving.Due, c.want)
				}
			}
		}
		s.clock.goTo(moment(t, "2026-11-23T10:40:00Z")) // B has eaten
		var wards []int64
		for _, r := range must[[]hospital.WardRound](t)(s.OrderDueMealRounds(t.Context())) {
			wards = append(wards, r.Ward.ID)
		}
		if !slices.Equal(wards, []int64{s.a.ID}) {
			t.Errorf("rounds are due in %v, want ward %d alone", wards, s.a.ID)
		}
	})
}

func TestAMealIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		meal := hospital.MealCommand{Code: "tea", NameEn: new("Tea")}
		change := func(with func(*hospital.MealCommand)) hospital.MealCommand {
			changed := meal
			with(&changed)
			return changed
		}
		for field, cmd := range map[string]hospital.MealCommand{
			"code":            change(func(m *hospital.MealCommand) { m.Code = "Tea time" }),
			"name_en":         change(func(m *hospital.MealCommand) { m.NameEn = new("") }),
			"serve_at":        change(func(m *hospital.MealCommand) { m.ServeAt = new("24:00") }),
			"cut_off_minutes": change(func(m *hospital.MealCommand) { m.CutOffMinutes = new(721) }),
			"position":        change(func(m *hospital.MealCommand) { m.Position = new(101) }),
		} {
			_, err := h.AddMeal(t.Context(), cook, cmd)
			h.wantField(t, err, field)
		}
		_, err := h.AddMeal(t.Context(), cook,
			change(func(m *hospital.MealCommand) { m.Main = new(true) }))
		h.wantField(t, err, "serve_at")
		for _, code := range []hospital.Meal{hospital.Breakfast, hospital.Lunch} {
			must[hospital.MealKind](t)(h.SetMeal(t.Context(), cook, code,
				hospital.MealCommand{Enabled: new(false)}))
		}
		_, err = h.SetMeal(t.Context(), cook, hospital.Dinner,
			hospital.MealCommand{Main: new(false)})
		h.wantField(t, err, "main")
		h.refuses(t, hospital.Conflict, "meal_code_taken", func() error {
			_, err := h.AddMeal(t.Context(), cook,
				hospital.MealCommand{Code: "lunch", NameEn: new("Lunch")})
			return err
		})
		h.refuses(t, hospital.Conflict, "meal_outdated", func() error {
			_, err := h.SetMeal(t.Context(), cook, hospital.Lunch,
				hospital.MealCommand{NameFr: new("Midi"), Version: 1})
			return err
		})
		h.refuses(t, hospital.NotFound, "meal_unknown", func() error {
			_, err := h.SetMeal(t.Context(), cook, "tea", hospital.MealCommand{})
			return err
		})
		for _, turns := range []struct {
			wards   []int64
			offsets []int
			field   string
		}{{[]int64{4711}, []int{0}, "ward_ids"}, {[]int64{h.a.ID, h.a.ID}, []int{0, 5}, "ward_ids"},
			{[]int64{h.a.ID}, nil, "offset_minutes"}, {[]int64{h.a.ID}, []int{241}, "offset_minutes"}} {
			_, err := h.SetMealSequence(t.Context(), cook, hospital.Dinner, turns.wards,
				turns.offsets, 0)
			h.wantField(t, err, turns.field)
		}
	})
}

func TestANewDatabaseHasTheMealsThatAreAssumedWithoutOne(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		has := must[*hospital.Settings](t)(h.Settings(t.Context()))
		assumed := hospital.SettingsOf(t.Context())
		if fmt.Sprint(has.Meals) != fmt.Sprint(assumed.Meals) {
			t.Errorf("it has\n%v, assumed are\n%v", has.Meals, assumed.Meals)
		}
		if fmt.Sprint(has.Values()) != fmt.Sprint(assumed.Values()) {
			t.Errorf("it has\n%v, assumed are\n%v", has.Values(), assumed.Values())
		}
	})
}
