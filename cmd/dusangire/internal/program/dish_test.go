package program_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/cmd/dusangire/internal/program"
	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

func TestAMenuIsSetUpByAScript(t *testing.T) {
	t.Parallel()
	database := hospitaltest.SQLite(t)
	dish := func(args ...string) dusangiretest.Result {
		t.Helper()
		return dusangiretest.Invocation{Args: append([]string{"dish"}, args...),
			Env: []string{"DUSANGIRE_DATABASE_URL=" + database}}.Run(t)
	}
	add := []string{"add", "Rice and beans", "--fr", "Riz et haricots", "--meal", "lunch,dinner",
		"--station", "hot", "--may-contain", "gluten", "--diet", "general,renal", "--texture", "6,7",
		"--sodium-mg", "40", "--price", "1500"}
	if got := dish(add...); got.Code != program.ExitOK || got.Out != "Dish 1 is Rice and beans.\n" {
		t.Fatalf("dish add: %d %q %q", got.Code, got.Out, got.Err)
	}
	for _, args := range [][]string{add, {"add", "Air"}, {"set", "Rice and beans", "--diet", "vegan"},
		{"set", "Fish", "--price", "1"}, {"retire", "Fish"}, {"restore", "4711"}} {
		if got := dish(args...); got.Code != program.ExitFailed || strings.Count(got.Err, "\n") != 1 || got.Out != "" {
			t.Errorf("dish %v: %d %q %q", args, got.Code, got.Out, got.Err)
		}
	}
	set := dish("set", "rice and beans", "--name", "Rice", "--allergen", "peanut", "--may-contain", "none",
		"--no-available", "--fat-g", "0")
	if set.Code != program.ExitOK || set.Out != "" {
		t.Errorf("dish set: %d %q %q", set.Code, set.Out, set.Err)
	}
	h := hospitaltest.Open(t, hospital.Options{DatabaseURL: database})
	kept, err := h.DishDetail(t.Context(), hospital.System, 1)
	const want = "Rice Riz et haricots [lunch dinner] hot [peanuts] [] [general renal] [6 7] 40 1500 false"
	got := fmt.Sprint(kept.Name.En, " ", kept.Name.Fr, " ", kept.Meals, " ", kept.Station, " ", kept.Allergens, " ",
		kept.MayContain, " ", kept.Diets, " ", kept.Textures, " ", kept.Nutrition.SodiumMg, " ", kept.Price, " ", kept.Available)
	if err != nil || got != want {
		t.Errorf("it is %s (%v), want %s", got, err, want)
	}
	if got := dish("list"); got.Code != program.ExitOK || !strings.Contains(strings.Join(strings.Fields(got.Out), " "),
		"1 Rice hot lunch,dinner peanuts - general,renal 6,7 1500 not available") {
		t.Errorf("dish list: %d %q", got.Code, got.Out)
	}
	if got := dish("retire", "Rice"); got.Code != program.ExitOK {
		t.Errorf("dish retire: %d %q", got.Code, got.Err)
	}
	if got := dish("restore", "1"); got.Code != program.ExitOK {
		t.Errorf("dish restore: %d %q", got.Code, got.Err)
	}
}

func TestMealsPlanAndSoldOutAreSetUpByAScript(t *testing.T) {
	t.Parallel()
	database := hospitaltest.SQLite(t)
	run := func(line ...string) dusangiretest.Result {
		t.Helper()
		return dusangiretest.Invocation{Args: line,
			Env: []string{"DUSANGIRE_DATABASE_URL=" + database}}.Run(t)
	}
	tomorrow := time.Now().AddDate(0, 0, 2).Format(time.DateOnly)
	for _, line := range [][]string{
		{"ward", "add", "MED", "--name", "Medicine"}, {"ward", "add", "SURG", "--name", "Surgery"},
		{"meal", "add", "tea", "--name", "Afternoon tea", "--fr", "Goûter", "--at", "16:00"},
		{"meal", "set", "breakfast", "--at", "06:15", "--cut-off", "60"},
		{"meal", "set", "supplement", "--no-enabled"},
		{"meal", "sequence", "lunch", "SURG=0", "MED=15"},
		{"dish", "add", "Rice", "--meal", "lunch", "--diet", "general", "--texture", "7"},
		{"dish", "add", "Beans", "--meal", "lunch", "--diet", "general", "--texture", "7"},
		{"plan", "cycle", "--days", "14", "--starts-on", tomorrow}, {"plan", "cycle", "--days", "7"},
		{"plan", "set", "1", "lunch", "Rice", "beans"}, {"plan", "set", "2", "lunch", "Rice"},
		{"plan", "clear", "2", "lunch"}, {"plan", "set", tomorrow, "lunch", "Beans"},
		{"dish", "sold-out", "Rice", "--substitute", "Beans"}, {"dish", "sold-out", "Beans"},
		{"dish", "restock", "Beans"},
	} {
		if got := run(line...); got.Code != program.ExitOK {
			t.Fatalf("%v: %d %q", line, got.Code, got.Err)
		}
	}
	for code, lines := range map[int][][]string{
		program.ExitFailed: {{"meal", "set", "brunch", "--at", "11:00"}, {"meal", "add", "Tea"},
			{"meal", "set", "lunch", "--at", "noon"}, {"meal", "sequence", "lunch", "ICU=0"},
			{"plan", "cycle", "--days", "36"}, {"plan", "set", "8", "lunch", "Rice"},
			{"plan", "set", "1", "lunch", "Fish"}, {"dish", "sold-out", "Fish"},
			{"dish", "sold-out", "Rice", "--until", "2001-02-03T10:00"}},
		program.ExitUsage: {{"meal", "sequence", "lunch", "MED"}, {"plan", "set", "noon", "lunch", "Rice"},
			{"plan", "set", "1", "lunch"}, {"dish", "sold-out", "Rice", "--until", "noon"}},
	} {
		for _, line := range lines {
			if got := run(line...); got.Code != code || got.Out != "" {
				t.Errorf("%v: %d, want %d: %q", line, got.Code, code, got.Err)
			}
		}
	}
	for want, line := range map[string][]string{
		"tea Afternoon tea 16:00":                        {"meal", "list"},
		"breakfast Breakfast 06:15 60 true":              {"meal", "list"},
		"lunch Lunch 12:30 90 true 2 true SURG=0 MED=15": {"meal", "list"},
		"7 days from " + tomorrow + " WHEN MEAL DISH 1 lunch Beans 1 lunch Rice " + tomorrow +
			" lunch Beans": {"plan", "show"},
		"1 Rice unrouted lunch - - general 7 0 sold out until": {"dish", "list"},
		"2 Beans unrouted lunch - - general 7 0 available":     {"dish", "list"},
	} {
		if got := strings.Join(strings.Fields(run(line...).Out), " "); !strings.Contains(got, want) {
			t.Errorf("%v prints %q without %q", line, got, want)
		}
	}
}
