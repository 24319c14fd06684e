package views

import (
	"context"
	"slices"
	"strings"
	"time"

	"dusangire/hospital"
	"dusangire/views/text"
)

// The pages of what the kitchen can cook.
const (
	DishesPath       = "/dishes/"
	NewDishPath      = "/dishes/new/"
	AddDishPath      = "/dishes"
	DishPath    Path = "/dishes/:id/"
)

// The forms of the pages of dishes.
const (
	FormDish    = "dish"
	FormRetire  = "retire-dish"
	FormRestore = "restore-dish"
	FormSoldOut = "sold-out"
)

// dishForms are those that the page of a dish shows.
func dishForms(d hospital.Dish) []string {
	if d.RetiredAt.IsZero() {
		return []string{FormDish, FormSoldOut, FormRetire}
	}
	return []string{FormRestore}
}

// MatrixView is the view of the dishes that is a matrix of what is in them and for whom they are.
const MatrixView = "matrix"

// MatrixPath is the page of the matrix.
const MatrixPath = DishesPath + "?view=" + MatrixView

// SavedDishPath is the page of a dish that says that it is saved.
func SavedDishPath(id int64) string { return DishPath.Of(id) + "?saved=true" }

// likeDishPath is the form for a dish that is to be like another one.
func likeDishPath(id int64) string { return NewDishPath + "?from=" + number(id) }

// DishFilter narrows the list of dishes. An empty field narrows nothing.
type DishFilter struct {
	Meal    hospital.Meal
	Station hospital.Station
}

// Shows reports whether a dish stands on the list.
func (f DishFilter) Shows(d hospital.Dish) bool {
	return (f.Meal == "" || slices.Contains(d.Meals, f.Meal)) &&
		(f.Station == "" || d.Station == f.Station)
}

// mealWord is what a meal is called.
func mealWord(ctx context.Context, m hospital.Meal) string {
	return text.Meal(ctx, m)
}

// stationWord is what a station is called.
func stationWord(ctx context.Context, s hospital.Station) string {
	return text.T(ctx, "station."+string(s))
}

// mealWords lists meals.
func mealWords(ctx context.Context, meals []hospital.Meal) string {
	return listed(meals, func(m hospital.Meal) string { return mealWord(ctx, m) })
}

// suitedDiets lists diets; where it is all of them it says so.
func suitedDiets(ctx context.Context, diets []hospital.Diet) string {
	if len(diets) == len(hospital.Diets) {
		return text.T(ctx, "dishes.all_diets")
	}
	return listed(diets, func(d hospital.Diet) string { return text.T(ctx, "diet."+string(d)) })
}

// levels lists textures by number, those that follow each other as a span: "3–7" or "0–2, 7".
func levels(textures []hospital.Texture) string {
	var spans []string
	for i := 0; i < len(textures); {
		first := textures[i]
		for i++; i < len(textures) && textures[i] == textures[i-1]+1; i++ {
		}
		last := textures[i-1]
		span := number(int(first))
		if last > first {
			span += "–" + number(int(last))
		}
		spans = append(spans, span)
	}
	return strings.Join(spans, ", ")
}

// otherNames are what a dish is called in the languages that the reader does not read.
func otherNames(ctx context.Context, name hospital.DishName) string {
	var others []string
	shown := text.Dish(ctx, name)
	for _, one := range []string{name.En, name.Fr, name.Rw} {
		if one != "" && one != shown && !slices.Contains(others, one) {
			others = append(others, one)
		}
	}
	return strings.Join(others, " · ")
}

// givenOr is a time where it is given, else another one.
func givenOr(first, other time.Time) time.Time {
	if first.IsZero() {
		return other
	}
	return first
}

// truthWord is how a choice between yes and no is sent.
func truthWord(truth bool) string {
	if truth {
		return "true"
	}
	return "false"
}

// amountOf is a value of NutritionFields.
func amountOf(n hospital.Nutrition, field string) string {
	amounts := map[string]int{"energy_kcal": n.EnergyKcal, "protein_g": n.ProteinG,
		"carbohydrate_g": n.CarbohydrateG, "fat_g": n.FatG, "sodium_mg": n.SodiumMg,
		"potassium_mg": n.PotassiumMg}
	return number(amounts[field])
}

// valueWords is how a field came from one value to another.
func valueWords(ctx context.Context, c hospital.Change) string {
	return text.T(ctx, "dish.change", fieldWord(ctx, c.Field),
		changeValue(ctx, c.Field, c.From), changeValue(ctx, c.Field, c.To))
}

// fieldWord is what a field is called.
func fieldWord(ctx context.Context, field string) string { return text.T(ctx, fieldLabels[field]) }
