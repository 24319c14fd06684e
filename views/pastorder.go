package views

import (
	"cmp"
	"context"
	"strings"

	"dusangire/hospital"
	"dusangire/views/text"
)

// PastID is the id of what is not finished of days that are over, MissedID that of the meal rounds
// that were missed.
const (
	PastID   = "past"
	MissedID = "missed"
)

// FormPast names the form that closes what is past.
const FormPast = "past"

// pastWords counts by day: "102 of 1 Dec, 3 of 2 Dec".
func pastWords(ctx context.Context, days []hospital.PastDay) string {
	words := make([]string, len(days))
	for i, day := range days {
		words[i] = text.T(ctx, "past.day", day.Count, text.Day(ctx, day.Day))
	}
	return strings.Join(words, ", ")
}

// pastPlace is where a ticket was to go, and for whom as far as the kitchen may know.
func pastPlace(t hospital.Ticket) string {
	return cmp.Or(strings.TrimSpace(cmp.Or(t.BedNumber, t.Destination)+" "+t.Initials), "no. "+number(t.OrderID))
}
