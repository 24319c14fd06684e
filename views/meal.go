package views

import (
	"context"
	"slices"
	"strconv"

	"dusangire/hospital"
	"dusangire/views/text"
)

// FormMealOf is the form of a meal, FormSequenceOf that of when wards get it.
func FormMealOf(code hospital.Meal) string     { return "meal-" + string(code) + "-form" }
func FormSequenceOf(code hospital.Meal) string { return "turns-" + string(code) }

// MealCare is what the page of all meals shows besides them. An empty field is none.
type MealCare struct {
	Change hospital.Meal // the meal that can be changed
	Turns  hospital.Meal // the one of which can be said when wards get it
	Saved  hospital.Meal // the one that was just saved
}

// mealForms are those that the page of all meals can show.
func mealForms(s *hospital.Settings) []string {
	names := []string{FormMeal}
	for _, k := range s.Meals {
		names = append(names, FormMealOf(k.Code), FormSequenceOf(k.Code))
	}
	return names
}

// changeMealPath is the page of all meals with the form of one, mealTurnsPath the page with the form
// of when wards get it.
func changeMealPath(code hospital.Meal) string { return mealPagePath("meal", code) }
func mealTurnsPath(code hospital.Meal) string  { return mealPagePath("sequence", code) }

func mealPagePath(form string, code hospital.Meal) string {
	return MealsPath + "?" + form + "=" + string(code) + "#" + mealID(code)
}

// mealTime says in a few words when a meal is served.
func mealTime(ctx context.Context, k hospital.MealKind) string {
	at := k.ServeAt()
	if at == "" {
		at = text.T(ctx, "meal.within_hour")
	}
	if !k.Enabled {
		at += " · " + text.T(ctx, "meal.off")
	}
	return at
}

// turnOf are the minutes after which a ward gets a meal, as they were sent or as they stand; ""
// where it has no turn.
func turnOf(k hospital.MealKind, wardID int64, f Form) string {
	if sent := f.Values["offset_minutes"]; f.Name == FormSequenceOf(k.Code) {
		i := slices.Index(f.Values["ward_ids"], number(wardID))
		if i >= 0 && i < len(sent) {
			return sent[i]
		}
	}
	for _, turn := range k.Turns {
		if turn.WardID == wardID {
			return strconv.Itoa(int(turn.Offset.Minutes()))
		}
	}
	return ""
}

// turnID is the id of the field of a ward's turn.
func turnID(code hospital.Meal, wardID int64) string {
	return controlID(FormSequenceOf(code), number(wardID))
}
