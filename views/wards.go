package views

import (
	"context"
	"slices"
	"strings"

	"dusangire/hospital"
	"dusangire/views/text"
)

// WardCare is what the page of all wards shows.
type WardCare struct {
	Wards []hospital.WardInCare
	Open  int64  // the ward that can be changed, with its beds; 0: none
	Bed   int64  // the bed of it that can be changed; 0: none
	Saved string // the place of what was just saved; empty: nothing
}

// forms are those that the page shows to a role.
func (care WardCare) forms(r hospital.Role) (names []string) {
	if r.May(hospital.SetUpWards) {
		names = append(names, FormWardAdd)
	}
	for _, w := range care.Wards {
		if w.ID != care.Open {
			continue
		}
		names = append(names, FormWardOf(w.ID), FormWardOpenOf(w.ID), FormWardMoveOf(w.ID),
			FormBedsOf(w.ID))
		if slices.ContainsFunc(w.Beds, func(b hospital.BoardBed) bool { return b.ID == care.Bed }) {
			names = append(names, FormBedOf(care.Bed), FormRetireOf(care.Bed))
		}
	}
	return names
}

// FormWardAdd is the form that adds a ward, on the page of all wards.
const FormWardAdd = "ward-add"

// FormWardOf is the form of one ward among others, FormWardOpenOf that which opens or closes it, and
// FormWardMoveOf that which moves it among all.
func FormWardOf(id int64) string     { return "ward-" + number(id) }
func FormWardOpenOf(id int64) string { return "open-ward-" + number(id) }
func FormWardMoveOf(id int64) string { return "move-ward-" + number(id) }

// FormBedsOf is the form that adds beds to a ward.
func FormBedsOf(wardID int64) string { return "beds-of-" + number(wardID) }

// FormBedOf is the form of one bed among others.
func FormBedOf(id int64) string { return "bed-of-" + number(id) }

// FormRetireOf is the form that retires one bed among others.
func FormRetireOf(id int64) string { return "retire-" + number(id) }

// wardPlace is the id of a ward's place on the page of all wards, and bedPlace that of a bed's.
func wardPlace(id int64) string { return "place-of-ward-" + number(id) }
func bedPlace(id int64) string  { return "place-of-bed-" + number(id) }

// BedsInCarePath is the page of all wards with the forms of one; 0: of none.
func BedsInCarePath(id int64) string {
	if id == 0 {
		return WardsPath
	}
	return WardsPath + "?ward=" + number(id) + "#" + wardPlace(id)
}

// BedInCarePath is the page of all wards with the forms of one bed.
func BedInCarePath(b hospital.Bed) string {
	return WardsPath + "?ward=" + number(b.WardID) + "&bed=" + number(b.ID) + "#" + bedPlace(b.ID)
}

// SavedWardPath is the page of all wards at the place of one, which it says is saved.
func SavedWardPath(id int64) string {
	return WardsPath + "?ward=" + number(id) + "&saved=" + wardPlace(id) + "#" + wardPlace(id)
}

// SavedBedPath is the page of all wards at the place of a bed, which it says is saved.
func SavedBedPath(b hospital.Bed) string {
	return WardsPath + "?ward=" + number(b.WardID) + "&saved=" + bedPlace(b.ID) + "#" + bedPlace(b.ID)
}

// inside are the beds of a ward in which somebody lies.
func inside(w hospital.WardInCare) []hospital.BoardBed {
	var beds []hospital.BoardBed
	for _, bed := range w.Beds {
		if bed.Admission != nil {
			beds = append(beds, bed)
		}
	}
	return beds
}

// wardWords say in a line where a ward is, for whom, and how full.
func wardWords(ctx context.Context, w hospital.WardInCare) string {
	words := []string{text.T(ctx, "wards.beds", w.Counts.Total),
		text.T(ctx, "wards.occupied", w.Counts.Occupied)}
	if w.Sex == hospital.FemaleWard || w.Sex == hospital.MaleWard {
		words = append([]string{text.T(ctx, "ward_sex."+string(w.Sex))}, words...)
	}
	for _, word := range []string{w.Speciality, w.Block} {
		if word != "" {
			words = append([]string{word}, words...)
		}
	}
	return strings.Join(words, " · ")
}

// retiredWords say when a bed was retired, by whom and why.
func retiredWords(ctx context.Context, b hospital.Bed) string {
	words := text.T(ctx, "bed.retired_by", b.Number, text.Moment(ctx, b.RetiredAt), b.RetiredBy)
	if b.StatusReason != "" {
		words += ": " + b.StatusReason
	}
	return words
}
