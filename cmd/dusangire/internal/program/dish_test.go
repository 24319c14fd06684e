package program_test

import (
	"fmt"
	"strings"
	"testing"

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
