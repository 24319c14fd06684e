package hospital_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
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

// roundsOf orders what is due each half hour from a moment on, which is often enough for a cut-off
// of half an hour, and tells which rounds those of one ward were.
func (s *service) roundsOf(t *testing.T, from, until time.Time) (rounds []string) {
	t.Helper()
	for at := from; at.Before(until); at = at.Add(30 * time.Minute) {
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

// believed goes to a moment, and lets so much be done then that the clock is believed.
func (s *service) believed(t *testing.T, at time.Time) {
	t.Helper()
	s.clock.goTo(at)
	for n := range 50 {
		s.setUp(t, fmt.Sprintf("hospital_name=at %d the %d", at.Unix(), n))
	}
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
			s.believed(t, from)
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

// TestEachRoundComesOnceWhereverClocksChange: by half an hour, or at midnight, which a day may lack
// or have twice; with a meal just after midnight, and a ward whose turn comes only then.
func TestEachRoundComesOnceWhereverClocksChange(t *testing.T) {
	t.Parallel()
	s := newService(t, newFixture(t, hospitaltest.SQLite(t)))
	s.fiveMeals(t)
	for _, meal := range []struct{ code, at string }{{"midnight", "00:15"}, {"eve", "23:45"}} {
		must[hospital.MealKind](t)(s.AddMeal(t.Context(), cook, hospital.MealCommand{
			Code: hospital.Meal(meal.code), NameEn: &meal.code, ServeAt: &meal.at, Main: new(true),
			CutOffMinutes: new(30)}))
	}
	must[hospital.MealKind](t)(s.SetMealSequence(t.Context(), cook, "eve", []int64{s.b.ID, s.a.ID},
		[]int{0, 60}, 0))
	s.dish.Meals, s.dish.Version = append(s.dish.Meals, "night", "tea", "midnight", "eve"), 0
	must[hospital.Dish](t)(s.SetDish(t.Context(), cook, s.dish))
	s.patient(t, "Uwase Marie", "A-01")
	for _, night := range []struct{ zone, date string }{
		{"America/Scoresbysund", "2027-03-27"}, // 23:00 to 24:00 is skipped
		{"Australia/Lord_Howe", "2027-04-04"},  // 01:30 to 02:00 twice
		{"Africa/Cairo", "2027-04-30"},         // 00:00 to 01:00 is skipped
		{"Australia/Lord_Howe", "2027-10-03"},  // 02:00 to 02:30 is skipped
		{"Africa/Cairo", "2027-10-28"},         // 23:00 to 24:00 twice
		{"America/Havana", "2027-11-07"},       // 00:00 to 01:00 twice
		{"Asia/Beirut", "2028-03-26"},          // 00:00 to 01:00 is skipped
		{"America/Scoresbysund", "2028-10-28"}, // 23:00 to 24:00 twice
	} {
		settings := s.setUp(t, "time_zone="+night.zone)
		date := must[time.Time](t)(time.Parse(time.DateOnly, night.date))
		from := settings.At(date.AddDate(0, 0, -1), 22*time.Hour)
		s.believed(t, from)
		times := map[string]int{}
		for _, round := range s.roundsOf(t, from, from.Add(53*time.Hour)) {
			times[round]++
		}
		for _, day := range []time.Time{date, date.AddDate(0, 0, 1)} {
			for _, meal := range settings.MainMeals() {
				round := fmt.Sprint(day.Format("01-02 "), meal, " 1")
				if times[round] != 1 {
					t.Errorf("%s, %s: the round %q came %d times", night.zone, night.date, round,
						times[round])
				}
			}
		}
	}
}

// TestNobodyMissesAMealThatIsServedFromNowOn: it is new, or was none of the main ones, and its time
// is over today. One that is no longer served is offered to nobody.
func TestNobodyMissesAMealThatIsServedFromNowOn(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) { // 11:00 in Kigali
		s.clock.pass(-8 * time.Hour)
		s.patient(t, "Uwase Marie", "A-01")
		s.clock.pass(8 * time.Hour)
		if missed := s.missed(t); missed == "" {
			t.Fatal("breakfast was ordered for nobody, and nobody is told")
		}
		must[hospital.MealKind](t)(s.AddMeal(t.Context(), cook, hospital.MealCommand{Code: "tea",
			NameEn: new("Tea"), ServeAt: new("10:00"), Main: new(true)}))
		must[hospital.MealKind](t)(s.SetMeal(t.Context(), cook, hospital.Snack,
			hospital.MealCommand{ServeAt: new("09:00"), Main: new(true)}))
		s.dish.Meals, s.dish.Version = append(s.dish.Meals, "tea"), 0
		must[hospital.Dish](t)(s.SetDish(t.Context(), cook, s.dish))
		if missed := s.missed(t); missed != "" {
			t.Errorf("these count as missed: %s", missed)
		}
		must[hospital.MealKind](t)(s.SetMeal(t.Context(), cook, hospital.Breakfast,
			hospital.MealCommand{Enabled: new(false)}))
		if offered := s.kitchen(t).Missed; len(offered) > 0 {
			t.Errorf("%s is not served, and is offered late", offered[0].Meal)
		}
	})
}

// TestAMealIsMissedInAWardWhoseTurnCameAfterMidnight reads the handover of the night.
func TestAMealIsMissedInAWardWhoseTurnCameAfterMidnight(t *testing.T) {
	t.Parallel()
	s := newService(t, newFixture(t, hospitaltest.SQLite(t)))
	must[hospital.MealKind](t)(s.SetMeal(t.Context(), cook, hospital.Dinner,
		hospital.MealCommand{ServeAt: new("23:45")}))
	must[hospital.MealKind](t)(s.SetMealSequence(t.Context(), cook, hospital.Dinner,
		[]int64{s.a.ID}, []int{30}, 0))
	s.patient(t, "Uwase Marie", "A-01")
	s.clock.goTo(moment(t, "2026-11-23T23:00:00Z")) // 01:00 in Kigali
	missed := s.handover(t, s.a, moment(t, "2026-11-23T22:00:00Z")).Missed
	if len(missed) != 1 || missed[0].Meal != hospital.Dinner {
		t.Errorf("since midnight were missed: %+v", missed)
	}
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
