package hospital_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

// day is midnight UTC of a day of November 2026; the 23rd is the tests' today.
func day(n int) time.Time { return time.Date(2026, time.November, n, 0, 0, 0, 0, time.UTC) }

// cycle lays out the cycle of the menu.
func (s *service) cycle(t *testing.T, days int, startsOn time.Time) {
	t.Helper()
	if err := s.SetMenuCycle(t.Context(), cook,
		hospital.MenuCycleCommand{Days: &days, StartsOn: &startsOn}); err != nil {
		t.Fatal(err)
	}
}

// planned plans a meal of a day of the cycle, or of a date.
func (s *service) planned(t *testing.T, n int, date time.Time, meal hospital.Meal,
	dishes ...hospital.Dish) {
	t.Helper()
	cmd := hospital.PlanEntryCommand{Day: n, Date: date, Meal: meal}
	for _, dish := range dishes {
		cmd.Dishes = append(cmd.Dishes, dish.ID)
	}
	if err := s.PlanMeal(t.Context(), cook, cmd); err != nil {
		t.Fatal(err)
	}
}

func TestADateIsTheSameDayOfTheCycleEachTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		days   int
		starts time.Time
		date   time.Time
		want   int
	}{
		{0, time.Time{}, day(23), 0}, {7, day(24), day(23), 0}, {7, day(23), day(23), 1}, {7, day(23),
			day(29), 7},
		{7, day(23), day(30), 1}, {1, day(1), day(23), 1}, {35, day(1), day(30), 30}, {35, day(1),
			day(36), 1},
	} {
		plan := hospital.MenuPlan{Days: c.days, StartsOn: c.starts, Today: day(23)}
		got := plan.DayOf(c.date)
		if got != c.want {
			t.Errorf("of %d days from %s, %s is day %d, want %d", c.days, c.starts, c.date, got, c.want)
		}
		for n := 1; n <= c.days; n++ {
			next := plan.NextDate(n)
			if plan.DayOf(next) != n || next.Before(plan.Today) || next.Before(plan.StartsOn) ||
				plan.DayOf(next.AddDate(0, 0, -c.days)) == n && !next.AddDate(0, 0,
					-c.days).Before(plan.Today) {
				t.Errorf("of %d days from %s the next day %d is %s", c.days, c.starts, n, next)
			}
		}
	}
}

// It is Monday the 23rd, 11:00 in Kigali: breakfast is tomorrow's, lunch and dinner are today's.
func TestWhatIsPlannedIsWhatThereIs(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		beans, fish := s.add(t, "Beans", nil), s.add(t, "Fish", nil)
		a := s.patient(t, "Uwase Marie", "A-01")
		menu := func(meal hospital.Meal) string {
			t.Helper()
			found := dishNames(must[[]hospital.Dish](t)(s.Menu(t.Context(), nurse, meal)))
			var offered []hospital.Dish
			for _, d := range must[[]hospital.OfferedDish](t)(s.MenuFor(t.Context(), nurse, a.ID, meal)) {
				offered = append(offered, d.Dish)
			}
			if got := dishNames(offered); got != found {
				t.Errorf("the patient is offered %s, where there is %s", got, found)
			}
			return found
		}
		const all = "Beans, Fish, Rice"
		for _, step := range []struct {
			what                     string
			do                       func()
			breakfast, lunch, dinner string
		}{
			{"nothing is planned", func() {}, all, all, all},
			{"a cycle without dishes", func() { s.cycle(t, 2, day(23)) }, all, all, all},
			{"today's lunch", func() { s.planned(t, 1, time.Time{}, hospital.Lunch, beans, fish) }, all,
				"Beans, Fish", all},
			{"tomorrow's breakfast", func() { s.planned(t, 2, time.Time{}, hospital.Breakfast, fish) },
				"Fish", "Beans, Fish", all},
			{"an exception", func() { s.planned(t, 0, day(23), hospital.Lunch, s.dish) }, "Fish", "Rice",
				all},
			{"an exception of another day", func() {
				s.planned(t, 0, day(25), hospital.Breakfast,
					s.dish)
			}, "Fish", "Rice", all},
			{"the cycle begins later", func() { s.cycle(t, 2, day(24)) }, all, "Rice", all},
			{"the exception is taken back", func() { s.planned(t, 0, day(23), hospital.Lunch) }, all, all,
				all},
			{"the cycle begins earlier", func() { s.cycle(t, 2, day(21)) }, "Fish", "Beans, Fish", all},
			{"a planned dish is not there", func() {
				fish.Available = false
				fish = must[hospital.Dish](t)(s.SetDish(t.Context(), cook, fish))
			}, "", "Beans", "Beans, Rice"},
			{"a planned dish is retired", func() {
				if err := s.RetireDish(t.Context(), cook, fish.ID, 0); err != nil {
					t.Fatal(err)
				}
			}, "Beans, Rice", "Beans", "Beans, Rice"},
		} {
			step.do()
			for meal, want := range map[hospital.Meal]string{hospital.Breakfast: step.breakfast,
				hospital.Lunch:  step.lunch,
				hospital.Dinner: step.dinner} {
				if got := menu(meal); got != want {
					t.Errorf("%s: at %s there is %q, want %q", step.what, meal, got, want)
				}
			}
		}
		refusal := s.refuses(t, hospital.Invalid, "fields", func() error {
			_, _, err := s.PlaceOrder(t.Context(), nurse, hospital.PlaceOrderCommand{AdmissionID: a.ID,
				Meal: hospital.Lunch, Dishes: []int64{s.dish.ID}})
			return err
		})
		if got := wrongFields(refusal)["items"]; got != "dish_not_planned" {
			t.Errorf("ordering what is not planned is refused by %q", got)
		}
		round := must[hospital.MealRound](t)(s.OrderTodaysRound(t.Context(), cook, s.a.ID,
			hospital.Lunch))
		if got := s.order(t, int64(s.number(t, `SELECT max(id) FROM meal_order`))); round.Placed != 1 ||
			dishNames(got.Dishes) != "Beans" {
			t.Errorf("the round placed %d, of %s", round.Placed, dishNames(got.Dishes))
		}
	})
}

func TestThePlanIsRead(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		beans := s.add(t, "Beans", nil)
		s.moves(t, "menu", func() error {
			return s.SetMenuCycle(t.Context(), cook, hospital.MenuCycleCommand{Days: new(14), StartsOn: new(day(20))})
		})
		s.moves(t, "", func() error {
			return s.SetMenuCycle(t.Context(), cook, hospital.MenuCycleCommand{Days: new(14), StartsOn: new(day(20)),
				Version: 2})
		})
		entry := hospital.PlanEntryCommand{Day: 14, Meal: hospital.Dinner, Dishes: []int64{s.dish.ID,
			beans.ID, beans.ID}}
		s.moves(t, "menu", func() error { return s.PlanMeal(t.Context(), cook, entry) })
		s.moves(t, "", func() error { return s.PlanMeal(t.Context(), cook, entry) })
		s.planned(t, 2, time.Time{}, hospital.Lunch, beans)
		s.planned(t, 2, time.Time{}, hospital.Breakfast, s.dish)
		s.planned(t, 0, day(24), hospital.Lunch, s.dish)
		s.planned(t, 0, day(23), hospital.Lunch, beans)
		s.clock.pass(24 * time.Hour) // yesterday's exception is over
		plan := must[hospital.MenuPlan](t)(s.MenuPlan(t.Context(), cook))
		var told []string
		for _, e := range plan.Entries {
			when := fmt.Sprint(e.Day)
			if e.Day == 0 {
				when = e.Date.Format(time.DateOnly)
			}
			told = append(told, when+" "+string(e.Meal)+" "+dishNames(e.Dishes))
		}
		want := []string{"2 breakfast Rice", "2 lunch Beans", "14 dinner Beans, Rice",
			"2026-11-24 lunch Rice"}
		if !slices.Equal(told, want) || plan.Days != 14 || !plan.StartsOn.Equal(day(20)) ||
			!plan.Today.Equal(day(24)) || plan.Version != 2 {
			t.Errorf("the plan is %+v with %q", plan, told)
		}
		if got := plan.Entry(14, time.Time{}, hospital.Dinner); dishNames(got.Dishes) != "Beans, Rice" {
			t.Errorf("at dinner of day 14 there is %v", got.Dishes)
		}
		if got := plan.Entry(3, time.Time{}, hospital.Dinner); got.Day != 3 || len(got.Dishes) != 0 {
			t.Errorf("where nothing is planned there is %v", got)
		}
	})
}

func TestAMenuPlanIsRefused(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		breakfast := s.add(t, "Porridge",
			func(d *hospital.Dish) { d.Meals = []hospital.Meal{hospital.Breakfast} })
		old := s.add(t, "Old", nil)
		if err := s.RetireDish(t.Context(), cook, old.ID, 0); err != nil {
			t.Fatal(err)
		}
		cycle := func(actor hospital.Actor, days int, starts time.Time, version int64) func() error {
			return func() error {
				return s.SetMenuCycle(t.Context(), actor, hospital.MenuCycleCommand{Days: &days,
					StartsOn: &starts, Version: version})
			}
		}
		entry := func(actor hospital.Actor, e hospital.PlanEntryCommand) func() error {
			return func() error { return s.PlanMeal(t.Context(), actor, e) }
		}
		wrong := func(what string, do func() error, want string) {
			t.Helper()
			var said []string
			for field, code := range wrongFields(s.refuses(t, hospital.Invalid, "fields", do)) {
				said = append(said, field+" "+code)
			}
			slices.Sort(said)
			if got := strings.Join(said, ", "); got != want {
				t.Errorf("%s: got %q, want %q", what, got, want)
			}
		}
		dinner := hospital.PlanEntryCommand{Day: 1, Meal: hospital.Dinner, Dishes: []int64{s.dish.ID}}
		wrong("no cycle", entry(cook, dinner), "day plan_none")
		wrong("no days", cycle(cook, 0, time.Time{}, 0), "days cycle_days, starts_on required")
		wrong("too much", cycle(cook, 36, day(23).AddDate(2, 0, 0), 0),
			"days cycle_days, starts_on plan_far")
		wrong("too early", cycle(cook, 1, day(23).AddDate(-2, 0, 0), 0), "starts_on plan_far")
		s.cycle(t, 7, day(23))
		s.planned(t, 7, time.Time{}, hospital.Lunch, s.dish)
		s.refuses(t, hospital.Conflict, "plan_outdated", cycle(cook, 8, day(23), 1))
		s.refuses(t, hospital.Conflict, "plan_day_used", cycle(cook, 6, day(23), 2))
		for what, c := range map[string]struct {
			change func(e *hospital.PlanEntryCommand)
			want   string
		}{
			"neither day nor date": {func(e *hospital.PlanEntryCommand) { e.Day = 0 }, "day plan_when"},
			"day and date": {func(e *hospital.PlanEntryCommand) { e.Date = day(25) },
				"day plan_when"},
			"a day too many": {func(e *hospital.PlanEntryCommand) { e.Day = 8 }, "day plan_day"},
			"a day too few":  {func(e *hospital.PlanEntryCommand) { e.Day = -1 }, "day plan_day"},
			"yesterday": {func(e *hospital.PlanEntryCommand) { e.Day, e.Date = 0, day(22) },
				"date plan_date"},
			"in two years": {func(e *hospital.PlanEntryCommand) {
				e.Day, e.Date = 0,
					day(23).AddDate(2, 0, 0)
			}, "date plan_date"},
			"no meal": {func(e *hospital.PlanEntryCommand) { e.Meal = "" },
				"meal unknown_choice"},
			"no such dish": {func(e *hospital.PlanEntryCommand) { e.Dishes = []int64{4711} },
				"items dish_unknown"},
			"a retired dish": {func(e *hospital.PlanEntryCommand) { e.Dishes = []int64{old.ID} },
				"items dish_unknown"},
			"of another meal": {func(e *hospital.PlanEntryCommand) { e.Dishes = []int64{breakfast.ID} }, "items dish_meal"},
		} {
			e := dinner
			c.change(&e)
			wrong(what, entry(cook, e), c.want)
		}
		outdated := dinner
		outdated.Version = 1
		s.refuses(t, hospital.Conflict, "plan_outdated", entry(cook, outdated))
		for _, actor := range []hospital.Actor{nurse, manager, s.courier, s.customer, {}} {
			s.refuses(t, hospital.Forbidden, "forbidden", cycle(actor, 1, day(23), 0))
			s.refuses(t, hospital.Forbidden, "forbidden", entry(actor, dinner))
			if _, err := s.MenuPlan(t.Context(), actor); !hospital.IsKind(err, hospital.Forbidden) {
				t.Errorf("%s reads the plan: %v", actor.Role, err)
			}
		}
	})
}

// taken imports a file of the menu as the kitchen, and tells what became of its lines.
func (s *service) taken(t *testing.T, file string) string {
	t.Helper()
	done := must[hospital.Imported](t)(s.Import(t.Context(), cook,
		hospital.ImportCommand{Kind: hospital.MenuFile, File: strings.NewReader("day,meal,dish\n" + file)}))
	if len(done.Errors) > 0 {
		return strings.Join(lineErrors(done), ", ")
	}
	return fmt.Sprint(done.Added, done.Changed, done.Unchanged)
}

// It is Monday the 23rd.
func TestAFileMakesTheDishesOfAMealThoseThatItNames(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		lunchOnly := s.add(t, "Fish", func(d *hospital.Dish) { d.Meals = []hospital.Meal{"lunch"} })
		s.add(t, "Beans", nil)
		const whole = "1,lunch,Fish\n1,lunch,Rice\n2,dinner,Beans\n7,,\n2026-12-25,lunch,Fish\n"
		for _, step := range []struct {
			what, file, became, stands string
			days                       int
		}{
			{"a cycle that was not there", whole, "5 0 0", whole, 7},
			{"the same again", whole, "0 0 5", whole, 7},
			{"other dishes, and no word of other meals", "1,lunch,Rice\n2,dinner,Beans\n2,dinner,Rice\n",
				"0 3 0", "1,lunch,Rice\n2,dinner,Beans\n2,dinner,Rice\n7,,\n2026-12-25,lunch,Fish\n", 7},
			{"a longer cycle", "8,lunch,Rice\n", "1 0 0", "1,lunch,Rice\n2,dinner,Beans\n" +
				"2,dinner,Rice\n8,lunch,Rice\n2026-12-25,lunch,Fish\n", 8},
		} {
			if got := s.taken(t, step.file); got != step.became {
				t.Errorf("%s: %q, want %q", step.what, got, step.became)
			}
			got := strings.ReplaceAll(string(exported(t, s.Hospital, hospital.MenuFile)), "\r", "")
			if got != "day,meal,dish\n"+step.stands {
				t.Errorf("%s: the plan is %q", step.what, got)
			}
			plan := must[hospital.MenuPlan](t)(s.MenuPlan(t.Context(), cook))
			if plan.Days != step.days || !plan.StartsOn.Equal(day(23)) {
				t.Errorf("%s: a cycle of %d days from %s", step.what, plan.Days, plan.StartsOn)
			}
		}
		lunchOnly.Meals = []hospital.Meal{hospital.Dinner}
		must[hospital.Dish](t)(s.SetDish(t.Context(), cook, lunchOnly))
		if got := string(exported(t, s.Hospital, hospital.MenuFile)); strings.Contains(got, "Fish") {
			t.Errorf("what is not served at the meal any more goes out: %q", got)
		}
		got := s.taken(t, "0,lunch,Rice\n36,lunch,Rice\n1.5,lunch,Rice\n,lunch,Rice\n1,,Rice\n"+
			"1,lunch,\n1,tea,Rice\n1,lunch,Soup\n1,lunch,Fish\n2026-11-22,lunch,Rice\n"+
			"25.12.2026,lunch,Rice\n2029-01-01,lunch,Rice\n2026-12-25,,\n1,lunch,Rice\n1,lunch,Rice\n")
		if want := "2 day plan_day, 3 day plan_day, 4 day not_a_plan_day, 5 day key_missing, " +
			"6 meal key_missing, 7 dish key_missing, 8 meal unknown_choice, 9 dish dish_name_unknown, " +
			"10 dish dish_meal, 11 day plan_date, 12 day not_a_plan_day, 13 day plan_date, " +
			"14 meal key_missing, 14 dish key_missing, 16 dish line_twice"; got != want {
			t.Errorf("got\n%s, want\n%s", got, want)
		}
	})
}
