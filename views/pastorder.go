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
	return listed(days, func(day hospital.PastDay) string {
		return text.T(ctx, "past.day", day.Count, text.Day(ctx, day.Day))
	})
}

// pastPlace is where a ticket was to go, and for whom as far as the kitchen may know.
func pastPlace(t hospital.Ticket) string {
	known := strings.TrimSpace(cmp.Or(t.BedNumber, t.Destination) + " " + t.Initials)
	return cmp.Or(known, "no. "+number(t.OrderID))
}
