package hospital

import (
	"context"
	"time"
)

// This file is for whom a bed is kept, and who may take it nevertheless.

// ReservationLasts is how long a reservation stands where nobody has said until when.
const ReservationLasts = 12 * time.Hour

// reservation is for whom or what a bed is to be kept, and until when.
type reservation struct {
	patientID int64 // 0: for nobody by name
	name      PatientName
	until     time.Time // zero: for ReservationLasts
}

// checkReservation records what is wrong with the fields of a reservation. Only a reserved bed has
// them.
func (cmd BedStatusCommand) checkReservation(wrong fields, now time.Time) {
	if cmd.Status != BedReserved {
		if cmd.PatientID != 0 {
			wrong.refuse("patient_id", "only_reserved", "Only a reserved bed is kept for somebody.")
		}
		if !cmd.Until.IsZero() {
			wrong.refuse("until", "only_reserved", "Only a reserved bed is kept for somebody.")
		}
		return
	}
	switch {
	case cmd.Until.IsZero():
	case !cmd.Until.After(now):
		wrong.refuse("until", "until_past", "Give a time that is still to come.")
	case cmd.Until.After(now.Add(LongestAdmission)):
		wrong.refuse("until", "too_late", "Give a time within a year from now.")
	}
}

// keepsOtherwise reports whether the command says for whom, why or until when a bed is kept, and
// that is not how a reserved bed stands.
func (cmd BedStatusCommand) keepsOtherwise(b Bed) bool {
	return cmd.PatientID != 0 && cmd.PatientID != b.ReservedFor ||
		cmd.Reason != "" && cmd.Reason != b.StatusReason ||
		!cmd.Until.IsZero() && !cmd.Until.Equal(b.ReservedUntil)
}

// reservationOf is what a command asks for, whose patient must exist, live and have a record of
// their own. The patient is locked before the bed, as for an admission.
func (c *change) reservationOf(ctx context.Context, cmd BedStatusCommand) (reservation, error) {
	wrong := fields{}
	cmd.checkReservation(wrong, c.now)
	kept := reservation{patientID: cmd.PatientID, until: cmd.Until}
	if _, err := c.lockPatient(ctx, cmd.PatientID, wrong); err != nil {
		return kept, err
	}
	if err := wrong.err(); err != nil || cmd.PatientID == 0 {
		return kept, err
	}
	if err := c.checkRecord(ctx, cmd.PatientID); err != nil {
		return kept, err
	}
	var err error
	kept.name, err = scanValue[PatientName](c.tx.QueryRowContext(ctx,
		`SELECT name FROM patient WHERE id = $1`, cmd.PatientID))
	return kept, wrap(err, "read for whom a bed is kept")
}

// KeptFromOthers reports whether the bed is reserved for a patient, or for a reason: then whoever
// else takes it says why. A bed that is reserved for nothing in particular anybody may take.
func (b Bed) KeptFromOthers() bool {
	return b.Status == BedReserved && (b.ReservedFor != 0 || b.StatusReason != "")
}

// KeptFrom reports whether the bed is kept for others than a patient; 0 is somebody new.
func (b Bed) KeptFrom(patientID int64) bool {
	return b.KeptFromOthers() && (b.ReservedFor == 0 || b.ReservedFor != patientID)
}

// KeptFromOthers is Bed.KeptFromOthers.
func (b FreeBed) KeptFromOthers() bool { return b.bed().KeptFromOthers() }

// KeptFrom is Bed.KeptFrom.
func (b FreeBed) KeptFrom(patientID int64) bool { return b.bed().KeptFrom(patientID) }

// bed is what a reservation says of the bed.
func (b FreeBed) bed() Bed {
	return Bed{Status: b.Status, StatusReason: b.StatusReason, ReservedFor: b.ReservedFor}
}

// checkReserved refuses to put a patient, 0 for somebody new, into a locked bed that is kept for
// others, unless a reason is given, which the audit keeps.
func (c *change) checkReserved(ctx context.Context, bed Bed, patientID int64,
	overrideReason string) error {
	if !bed.KeptFrom(patientID) {
		return nil
	}
	if overrideReason == "" {
		return c.bedRefused(ctx, bed.reserved(c.actor), bed, 0)
	}
	c.record(entry{action: "bed.take_reserved", entity: "bed", entityID: bed.ID,
		patientID: bed.ReservedFor, wardID: bed.WardID, reason: overrideReason}, bed)
	return nil
}

// reserved is the refusal of a bed that is kept for others.
func (b Bed) reserved(actor Actor) error {
	whom := b.StatusReason
	if b.ReservedFor != 0 {
		whom = actor.called(b.ReservedName)
	}
	return b.conflict("bed_reserved",
		"Bed %s is reserved (%s). Choose another bed, or say why it is taken all the same.",
		b.Number, whom)
}
