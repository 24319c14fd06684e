package views

import (
	"context"
	"strconv"

	"dusangire/hospital"
	"dusangire/views/text"
)

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

// turnOf are the minutes after which a ward gets a meal; "" where it has no turn.
func turnOf(k hospital.MealKind, wardID int64) string {
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
