package demo_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"dusangire/hospital"
)

// dishes are what the demo's kitchen cooks.
func dishes(t *testing.T, h *hospital.Hospital) []hospital.Dish {
	t.Helper()
	all, err := h.Dishes(t.Context(), hospital.System)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// mainMeals are those that rounds are ordered for.
var mainMeals = []hospital.Meal{hospital.Breakfast, hospital.Lunch, hospital.Dinner}

// Whatever a doctor orders: for each diet at each texture there is something to eat at each main meal.
func TestAMealRoundHasAPlateForEachDietAtEachTexture(t *testing.T) {
	t.Parallel()
	h := loaded(t, 1, hospital.Options{})
	added, err := h.AddWard(t.Context(), hospital.System, hospital.AddWardCommand{Code: "TEST", Name: "Everybody", Beds: 8 * len(hospital.Diets)})
	if err != nil {
		t.Fatal(err)
	}
	board, err := h.WardBoard(t.Context(), hospital.System, added.ID)
	if err != nil {
		t.Fatal(err)
	}
	for i, bed := range board.Beds {
		texture := hospital.Texture(i % 8)
		_, _, err := h.Admit(t.Context(), hospital.System, hospital.AdmitCommand{PatientName: hospital.PatientName(fmt.Sprint("Nobody ", i)), BedID: bed.ID,
			Diet: hospital.Diets[i/8], Texture: &texture, Allergies: hospital.Allergies{Known: true}})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, meal := range mainMeals {
		for _, day := range []int{1, 2, 3} { // the plate changes from day to day
			round, err := h.OrderMealRound(t.Context(), hospital.System, added.ID, meal, start.AddDate(0, 0, day))
			if want := (hospital.MealRound{Placed: len(board.Beds)}); err != nil || round != want {
				t.Errorf("%s on day %d: the round is %+v with error %v, want %+v", meal, day, round, err, want)
			}
		}
	}
}

// One allergy more, of any of the 14: what is left to eat follows from the menu alone.
func TestForEachDietTextureAndAllergyThereIsSomethingToEat(t *testing.T) {
	t.Parallel()
	all := dishes(t, loaded(t, 1, hospital.Options{}))
	for _, meal := range mainMeals {
		for _, diet := range hospital.Diets {
			for texture := hospital.Texture(0); texture.Valid(); texture++ {
				for _, allergen := range hospital.Allergens {
					order := hospital.DietOrder{Diet: diet, Texture: texture, Allergies: hospital.Allergies{Known: true, Allergens: []hospital.Allergen{allergen}}}
					if !slices.ContainsFunc(all, func(d hospital.Dish) bool {
						return slices.Contains(d.Meals, meal) && len(order.Hazards([]hospital.Dish{d}, start, start)) == 0
					}) {
						t.Errorf("%s: nothing for a patient allergic to %s on the diet %s at texture %d", meal, allergen, diet, texture)
					}
				}
			}
		}
	}
}

// Nobody gets two main dishes: what is cooked without salt is cooked for those who need it.
func TestAMainDishIsOfTheEverydayKitchenOrOfTheSpecialOne(t *testing.T) {
	t.Parallel()
	all := dishes(t, loaded(t, 1, hospital.Options{}))
	for _, diet := range hospital.Diets {
		stations := map[hospital.Station]bool{}
		for _, d := range all {
			if slices.Contains(d.Meals, hospital.Lunch) && slices.Contains(d.Diets, diet) && d.Station != "cold" {
				stations[d.Station] = true
			}
		}
		if len(stations) != 1 {
			t.Errorf("main dishes of the diet %s come from %v", diet, stations)
		}
	}
}

func TestTheMenuIsWhatTheKitchenOfAHospitalInKigaliCooks(t *testing.T) {
	t.Parallel()
	contains := map[string][]hospital.Allergen{ // the usual suspects, and the hidden one
		"Cassava ugali with isombe":      {"peanuts"},
		"Mandazi":                        {"eggs", "gluten", "milk"},
		"Sorghum and soya porridge":      {"soya"},
		"Tea with milk":                  {"milk"},
		"Wholemeal bread":                {"gluten"},
		"Cassava ugali with indagara":    {"fish"},
		"Ready-to-use therapeutic paste": {"milk", "peanuts", "soya"},
		"F-75 therapeutic milk":          {"milk"},
	}
	for _, d := range dishes(t, loaded(t, 1, hospital.Options{})) {
		if want, listed := contains[d.Name.En]; listed {
			if !slices.Equal(d.Allergens, want) {
				t.Errorf("%s contains %v, want %v", d.Name.En, d.Allergens, want)
			}
			delete(contains, d.Name.En)
		}
		if d.Name.En == "Cassava ugali with isombe" && !slices.Contains(d.MayContain, "fish") {
			t.Errorf("isombe may contain %v, want fish", d.MayContain)
		}
		if d.Name.Fr == "" || d.Name.Rw == "" || !d.Available || d.Station == hospital.Unrouted {
			t.Errorf("%s is not described: %+v", d.Name.En, d)
		}
		if onlySupplement := slices.Equal(d.Meals, []hospital.Meal{hospital.Supplement}); (d.Price < 800 || d.Price > 4500) && !(onlySupplement && d.Price == 0) {
			t.Errorf("%s costs %d francs", d.Name.En, d.Price)
		}
		if slices.ContainsFunc(d.Allergens, func(a hospital.Allergen) bool { return slices.Contains(d.MayContain, a) }) {
			t.Errorf("%s contains and may contain the same", d.Name.En)
		}
		checkNutrition(t, d)
	}
	if len(contains) > 0 {
		t.Errorf("not on the menu: %v", contains)
	}
}

// checkNutrition fails where a dish's numbers disagree with each other or with a diet that it is said to suit.
func checkNutrition(t *testing.T, d hospital.Dish) {
	t.Helper()
	n := d.Nutrition
	if sum := 4*n.ProteinG + 4*n.CarbohydrateG + 9*n.FatG; math.Abs(float64(sum-n.EnergyKcal)) > max(5, 0.05*float64(sum)) {
		t.Errorf("%s is said to have %d kcal, its parts have %d", d.Name.En, n.EnergyKcal, sum)
	}
	suits := func(diets ...hospital.Diet) bool {
		return slices.ContainsFunc(diets, func(diet hospital.Diet) bool { return slices.Contains(d.Diets, diet) })
	}
	switch {
	case suits(hospital.DietLowSodium, hospital.DietCardiac, hospital.DietRenal) && n.SodiumMg > 200:
		t.Errorf("%s has %d mg of sodium, too much for its diets", d.Name.En, n.SodiumMg)
	case suits(hospital.DietRenal) && n.PotassiumMg > 400:
		t.Errorf("%s has %d mg of potassium, too much for its diets", d.Name.En, n.PotassiumMg)
	case suits(hospital.DietLowFat) && n.FatG > 10:
		t.Errorf("%s has %d g of fat, too much for its diets", d.Name.En, n.FatG)
	}
}

func TestTheZonesAreTheBlocksTheHousesTheShelterAndOutside(t *testing.T) {
	t.Parallel()
	h := loaded(t, 1, hospital.Options{})
	zones, err := h.Zones(t.Context(), hospital.System)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, zone := range zones {
		got[zone.Name] = zone.Charge
	}
	for _, board := range boards(t, h) {
		if charge, found := got["Block "+board.Block]; !found || charge != 0 {
			t.Errorf("block %s costs %d, known %t; want it for nothing", board.Block, charge, found)
		}
	}
	for name, want := range map[string]int{"Staff houses": 500, "Relatives' shelter": 500, "Outside, within 3 km": 2000} {
		if got[name] != want {
			t.Errorf("%s costs %d, want %d", name, got[name], want)
		}
	}
}
