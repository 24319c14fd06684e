package views

import (
	"slices"
	"time"

	"dusangire/hospital"
)

// needsReason are the states that ask why: from there a bed comes back only by being cleaned.
var needsReason = []hospital.BedStatus{hospital.BedMaintenance, hospital.BedClosed}

// outOfService are those of some states that ask why.
func outOfService(next []hospital.BedStatus) []hospital.BedStatus {
	return slices.DeleteFunc(slices.Clone(next), func(s hospital.BedStatus) bool {
		return !slices.Contains(needsReason, s)
	})
}

// simpleSteps are those of some states that ask nothing.
func simpleSteps(next []hospital.BedStatus) []hospital.BedStatus {
	return slices.DeleteFunc(slices.Clone(next), func(s hospital.BedStatus) bool {
		return s == hospital.BedReserved || slices.Contains(needsReason, s)
	})
}

// StatusFormOf is the form in a bed's panel that takes it to a state.
func StatusFormOf(to hospital.BedStatus) string {
	switch {
	case to == hospital.BedReserved:
		return FormReserve
	case slices.Contains(needsReason, to):
		return FormTakeOut
	}
	return FormStatus
}

// comesBack are those found by a search who do not wait for a bed already.
func comesBack(waiting []hospital.WaitingPatient, known []hospital.Patient) []hospital.Patient {
	return slices.DeleteFunc(slices.Clone(known), func(p hospital.Patient) bool {
		return slices.ContainsFunc(waiting, func(w hospital.WaitingPatient) bool {
			return w.PatientID == p.ID
		})
	})
}

// reservedUntil is until when a reservation is offered to stand.
func reservedUntil(d hospital.BedDetail) time.Time {
	if d.At.IsZero() {
		return time.Time{}
	}
	return d.At.Add(hospital.ReservationLasts).Truncate(time.Minute)
}
