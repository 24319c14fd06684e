package views

import (
	"context"
	"strings"

	"dusangire/hospital"
	"dusangire/views/text"
)

// WardCare is what the page of all wards shows.
type WardCare struct {
	Wards []hospital.WardInCare
	Open  int64  // the ward whose beds can be changed; 0: none
	Saved string // the place of what was just saved; empty: nothing
}

// FormWardAdd is the form that adds a ward, on the page of all wards.
const FormWardAdd = "ward-add"

// FormWardOf is the form of one ward among others.
func FormWardOf(id int64) string { return "ward-" + number(id) }

// FormBedsOf is the form that adds beds to a ward.
func FormBedsOf(wardID int64) string { return "beds-of-" + number(wardID) }

// FormBedOf is the form of one bed among others.
func FormBedOf(id int64) string { return "bed-of-" + number(id) }

// FormRetireOf is the form that retires one bed among others.
func FormRetireOf(id int64) string { return "retire-" + number(id) }

// wardPlace is the id of a ward's place on the page of all wards, and bedPlace that of a bed's.
func wardPlace(id int64) string { return "place-of-ward-" + number(id) }
func bedPlace(id int64) string  { return "place-of-bed-" + number(id) }

// WardInCarePath is the page of all wards at the place of one.
func WardInCarePath(id int64) string { return WardsPath + "#" + wardPlace(id) }

// BedsInCarePath is the page of all wards with the beds of one; 0: of none.
func BedsInCarePath(id int64) string {
	if id == 0 {
		return WardsPath
	}
	return WardsPath + "?ward=" + number(id) + "#" + wardPlace(id)
}

// SavedWardPath is the page of all wards at the place of one, which it says is saved.
func SavedWardPath(id int64) string {
	return WardsPath + "?saved=" + wardPlace(id) + "#" + wardPlace(id)
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

// bedOpen reports whether the forms of a bed are open: where one of them was refused or saved.
func bedOpen(care WardCare, b hospital.BoardBed, f Form) bool {
	return f.Name == FormBedOf(b.ID) || f.Name == FormRetireOf(b.ID) || care.Saved == bedPlace(b.ID)
}

// retiredWords say when a bed was retired, by whom and why.
func retiredWords(ctx context.Context, b hospital.Bed) string {
	words := text.T(ctx, "bed.retired_by", b.Number, text.Moment(ctx, b.RetiredAt), b.RetiredBy)
	if b.StatusReason != "" {
		words += ": " + b.StatusReason
	}
	return words
}
