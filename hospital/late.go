package hospital

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// This file is what an admission that is entered late is checked for.

// lateAfter is how old a time of admission may be without a reason: a minute is typing.
const lateAfter = time.Minute

// admittedAt records what is wrong with a time of admission and the reason why it is entered late.
func (f fields) admittedAt(at time.Time, reason string, now time.Time) {
	f.text("late_reason", reason, LongestReason)
	switch {
	case at.IsZero() && reason != "":
		f.refuse("admitted_at", "late_time_missing", "Say when the patient came.")
	case at.IsZero():
	case at.After(now.Add(lateAfter)):
		f.refuse("admitted_at", "in_future", "Give a time that is past.")
	case at.Before(now.Add(-LongestAdmission)):
		f.refuse("admitted_at", "too_long_ago", "Give a time within the last year.")
	case at.Before(now.Add(-lateAfter)) && reason == "":
		f.refuse("late_reason", "late_reason_missing", "Say why it is entered so late.")
	}
}

// checkOverlaps refuses an admission that is entered late where its locked patient was admitted at
// that time already, or somebody else lay in its locked bed.
func (c *change) checkOverlaps(ctx context.Context, cmd AdmitCommand, in place) error {
	if cmd.AdmittedAt.IsZero() {
		return nil
	}
	if cmd.PatientID != 0 {
		if err := c.checkPatientSince(ctx, cmd.PatientID, cmd.AdmittedAt); err != nil {
			return err
		}
	}
	if in.ID == 0 || in.withMother {
		return nil
	}
	used, err := scanValue[bool](c.tx.QueryRowContext(ctx, `SELECT EXISTS (
		SELECT 1 FROM bed_assignment WHERE bed_id = $1 AND until > since AND until > $2)`,
		in.ID, instant(cmd.AdmittedAt)))
	if err != nil {
		return fmt.Errorf("read who lay in bed %d: %w", in.ID, err)
	}
	if used {
		return in.conflict("bed_overlaps",
			"Somebody else lay in bed %s at that time. Give a later time or another bed.", in.Number)
	}
	return nil
}

// checkPatientSince refuses where a locked patient had another stay since a time.
func (c *change) checkPatientSince(ctx context.Context, patientID int64, since time.Time) error {
	id, err := scanValue[int64](c.tx.QueryRowContext(ctx, `SELECT id FROM admission
		WHERE patient_id = $1 AND NOT cancelled AND discharged_at > $2
		ORDER BY discharged_at DESC LIMIT 1`, patientID, instant(since)))
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the stays of patient %d: %w", patientID, err)
	}
	other, err := readAdmission(ctx, c.tx, id)
	if err != nil {
		return err
	}
	return other.conflict("stay_overlaps",
		"The patient had another stay at that time, which ended later. Look at it first.")
}
