package views

import (
	"context"
	"slices"
	"strings"

	"dusangire/hospital"
	"dusangire/views/text"
)

// editPath is where what is noted about an admission is sent.
func editPath(admissionID int64) string { return AdmissionsPath + "/" + number(admissionID) }

// fasting are the patients who must not eat now or later.
func fasting(h hospital.Handover) []hospital.HandoverPatient {
	return slices.DeleteFunc(slices.Clone(h.Patients), func(p hospital.HandoverPatient) bool {
		return !p.FastsAhead(h.Until)
	})
}

// moveWords says from which bed to which somebody moved, with the wards where they are others.
func moveWords(ctx context.Context, here hospital.Ward, m hospital.HandoverMove) string {
	place := func(bed, ward string) string {
		switch {
		case bed == "":
			return text.T(ctx, "admission.no_bed")
		case ward == here.Name:
			return bed
		}
		return bed + " (" + ward + ")"
	}
	return place(m.FromBed, m.FromWard) + " → " + place(m.ToBed, m.ToWard)
}

// noMealWords says why somebody gets nothing, with what speaks against an order that is held, and
// with the words of whoever took one back.
func noMealWords(ctx context.Context, why hospital.NoMeal, last hospital.Order) string {
	words, more := text.T(ctx, "nomeal."+string(why)), ""
	switch why {
	case hospital.NoMealHeld:
		more = stoppedWords(ctx, last.Stopped, last.HeldFor)
	case hospital.NoMealCancelled:
		more = last.CancelReason
	}
	if more == "" {
		return words
	}
	return words + ": " + more
}

// stoppedWords says why an order is held, or its tray must come back.
func stoppedWords(ctx context.Context, stopped string, hazards []hospital.Hazard) string {
	if stopped != "" {
		return text.T(ctx, "stopped."+stopped)
	}
	return strings.Join(hazardWords(ctx, hazards), "; ")
}

// dietWords is what somebody may eat in a line.
func dietWords(ctx context.Context, d hospital.DietOrder) string {
	words := []string{text.T(ctx, "diet."+string(d.Diet))}
	if d.Texture != hospital.RegularTexture {
		words = append(words, texture(ctx, d.Texture))
	}
	return strings.Join(append(words, allergyWords(ctx, d.Allergies)), " · ")
}

// allergyWords is allergySentence where no label stands before it.
func allergyWords(ctx context.Context, a hospital.Allergies) string {
	switch {
	case !a.Known:
		return text.T(ctx, "allergies.unknown")
	case len(a.Allergens) == 0:
		return text.T(ctx, "allergies.none_at_all")
	}
	return text.T(ctx, "allergies.some", allergySentence(ctx, a))
}

// listedPerson is whom a line of a meal list is about: by name, or by initials where the reader may
// know no more.
func listedPerson(l hospital.MealLine) string {
	if l.PatientName == "" {
		return l.Initials
	}
	return string(l.PatientName)
}

// servedTo counts the patients of a meal list who get something, and those who get nothing.
func servedTo(list hospital.MealList) (get, nothing int) {
	for _, line := range list.Lines {
		if line.Why == "" {
			get++
		}
	}
	return get, len(list.Lines) - get
}

// heldForLeave says that somebody gets nothing because they are on leave.
func heldForLeave(ctx context.Context) string {
	return noMealWords(ctx, hospital.NoMealHeld,
		hospital.Order{HeldFor: []hospital.Hazard{{Kind: hospital.HazardOnLeave}}})
}
