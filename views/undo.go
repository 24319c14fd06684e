package views

import (
	"context"
	"slices"
	"time"

	"dusangire/hospital"
	"dusangire/views/text"
)

// leaveWords say that somebody is on leave, and until when if that is known.
func leaveWords(ctx context.Context, until time.Time) string {
	if until.IsZero() {
		return text.T(ctx, "mark.on_leave")
	}
	return text.T(ctx, "mark.on_leave_until", text.Moment(ctx, until))
}

// lateSent reports whether the admission that was refused in a form was entered late.
func lateSent(f Form, form string) bool {
	return f.value(form, "admitted_at", "")+f.value(form, "late_reason", "") != ""
}

// StandsOnCarePage reports whether a form about a newborn in its mother's bed stands on the page of
// its care alone, and not on its own.
func StandsOnCarePage(form string) bool {
	return form == FormPlacement || form == FormDiet || form == FormFasting
}

// wardOccupants are those who lie in one ward.
type wardOccupants struct {
	name      string
	occupants []hospital.Occupant
}

// occupantsByWard groups who lies in beds by ward, both in the order in which they come.
func occupantsByWard(all []hospital.Occupant) []wardOccupants {
	var wards []wardOccupants
	for _, one := range all {
		if n := len(wards); n == 0 || wards[n-1].name != one.WardName {
			wards = append(wards, wardOccupants{name: one.WardName})
		}
		last := &wards[len(wards)-1]
		last.occupants = append(last.occupants, one)
	}
	return wards
}

// mothers are those of some who could be a newborn's mother.
func mothers(all []hospital.Occupant) []hospital.Occupant {
	return slices.DeleteFunc(slices.Clone(all),
		func(o hospital.Occupant) bool { return !o.MayBeMother() })
}

// endWords say how an admission stands on its own page.
func endWords(ctx context.Context, d hospital.AdmissionDetail) string {
	switch {
	case d.Cancelled:
		return text.T(ctx, "admission.cancelled", text.Moment(ctx, d.DischargedAt))
	case !d.DischargedAt.IsZero():
		return text.T(ctx, "admission.ended", text.Moment(ctx, d.DischargedAt))
	}
	return withMotherWords(ctx, d.BedNumber)
}

// withMotherWords say where a newborn is who lies with its mother; "" is no bed.
func withMotherWords(ctx context.Context, bedNumber string) string {
	if bedNumber == "" {
		return text.T(ctx, "admission.with_mother_waiting")
	}
	return text.T(ctx, "admission.with_mother", bedNumber)
}

// bedSpan is from when until when somebody lay in a bed.
func bedSpan(ctx context.Context, b hospital.BedAssignment) string {
	if b.Until.IsZero() {
		return text.T(ctx, "bed.since", text.DatedMoment(ctx, b.Since))
	}
	return text.DatedMoment(ctx, b.Since) + " – " + text.DatedMoment(ctx, b.Until)
}

// actWord is how somebody came to a bed.
func actWord(ctx context.Context, b hospital.BedAssignment) string {
	words := text.T(ctx, "act."+string(b.Act))
	if b.Reason != "" {
		words += ": " + b.Reason
	}
	return words
}
