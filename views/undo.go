package views

import (
	"context"
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

// lateSent reports whether the admission that was refused was entered late.
func lateSent(f Form) bool {
	return f.value(FormAdmit, "admitted_at", "")+f.value(FormAdmit, "late_reason", "") != ""
}

// endWords say how an admission stands on its own page.
func endWords(ctx context.Context, d hospital.AdmissionDetail) string {
	switch {
	case d.Cancelled:
		return text.T(ctx, "admission.cancelled", text.Moment(ctx, d.DischargedAt))
	case !d.DischargedAt.IsZero():
		return text.T(ctx, "admission.ended", text.Moment(ctx, d.DischargedAt))
	case d.BedID == 0:
		return text.T(ctx, "admission.with_mother_waiting")
	}
	return text.T(ctx, "admission.with_mother", d.BedNumber)
}

// bedSpan is from when until when somebody lay in a bed.
func bedSpan(ctx context.Context, b hospital.BedAssignment) string {
	if b.Until.IsZero() {
		return text.T(ctx, "bed.since", text.Moment(ctx, b.Since))
	}
	return text.Moment(ctx, b.Since) + " – " + text.Moment(ctx, b.Until)
}

// actWord is how somebody came to a bed.
func actWord(ctx context.Context, b hospital.BedAssignment) string {
	words := text.T(ctx, "act."+string(b.Act))
	if b.Reason != "" {
		words += ": " + b.Reason
	}
	return words
}
