package hospital

import (
	"context"
	"fmt"
	"time"
)

// Leave is a patient's time away from the hospital, who is to come back: the bed stays theirs and
// their meals are held.
type Leave struct {
	Since  time.Time // zero: the patient is here
	Until  time.Time // when they are expected back; zero: nobody has said
	Reason string
}

// LeaveCommand is what GoOnLeave needs.
type LeaveCommand struct {
	Until       time.Time // may be zero
	Reason      string
	AdmissionID int64 // as TransferCommand's
	Version     int64
}

// ReturnCommand is what ReturnFromLeave needs.
type ReturnCommand struct {
	AdmissionID int64 // as TransferCommand's
	Version     int64
}

// GoOnLeave notes that a patient is away for a while, and holds every open order of theirs. The bed
// stays occupied. Invalid for a time that is past or more than a year ahead; NotFound where there
// is no such admission; Conflict when the patient is on leave already, or it has ended or has
// another version.
func (h *Hospital) GoOnLeave(ctx context.Context, actor Actor, admissionID int64,
	cmd LeaveCommand) (Admission, error) {
	if err := actor.need(RecordLeave); err != nil {
		return Admission{}, err
	}
	leave := Leave{Until: cmd.Until.UTC().Truncate(time.Millisecond), Reason: tidy(cmd.Reason)}
	return h.changeAdmission(ctx, actor, admissionID, precondition{cmd.AdmissionID, cmd.Version},
		func(ctx context.Context, c *change, admission Admission) error {
			leave.Since = c.now
			if err := leave.check(); err != nil {
				return err
			}
			if !admission.Leave.Since.IsZero() {
				return admission.conflict("on_leave_already", "%s is on leave already.",
					actor.called(admission.PatientName))
			}
			return c.setLeave(ctx, admission, leave)
		})
}

// check returns what is wrong with a leave that begins.
func (l Leave) check() error {
	wrong := fields{}
	switch {
	case l.Until.IsZero():
	case !l.Until.After(l.Since):
		wrong.refuse("until", "until_past", "Give a time that is still to come.")
	case l.Until.After(l.Since.Add(LongestAdmission)):
		wrong.refuse("until", "too_late", "Give a time within a year from now.")
	}
	wrong.text("reason", l.Reason, LongestReason)
	return wrong.err()
}

// ReturnFromLeave notes that a patient is back. What was held for the leave may be confirmed again,
// and the kitchen is told. NotFound where there is no such admission; Conflict when the patient is
// not on leave, or it has ended or has another version.
func (h *Hospital) ReturnFromLeave(ctx context.Context, actor Actor, admissionID int64,
	cmd ReturnCommand) (Admission, error) {
	if err := actor.need(RecordLeave); err != nil {
		return Admission{}, err
	}
	return h.changeAdmission(ctx, actor, admissionID, precondition{cmd.AdmissionID, cmd.Version},
		func(ctx context.Context, c *change, admission Admission) error {
			if admission.Leave.Since.IsZero() {
				return admission.conflict("not_on_leave", "%s is not on leave.",
					actor.called(admission.PatientName))
			}
			return c.setLeave(ctx, admission, Leave{})
		})
}

// setLeave writes the leave of a locked admission, or that it is over, and checks its orders anew.
func (c *change) setLeave(ctx context.Context, admission Admission, leave Leave) error {
	_, err := c.exec(ctx, `UPDATE admission SET leave_since = $2, leave_until = $3,
		leave_reason = $4, version = version + 1 WHERE id = $1`,
		admission.ID, instant(leave.Since), instant(leave.Until), leave.Reason)
	if err != nil {
		return fmt.Errorf("set the leave of admission %d: %w", admission.ID, err)
	}
	e := admission.entry("admission.return")
	if !leave.Since.IsZero() {
		e = admission.entry("admission.leave")
		e.reason = leave.Reason
		if !leave.Until.IsZero() {
			e.to = leave.Until.Format(time.RFC3339)
		}
	}
	c.record(e, admission)
	c.touch(MissedRound{}) // whose lists say who is on leave
	if err := c.recheckAdmission(ctx, admission.ID); err != nil {
		return err
	}
	_, err = c.touchOpenOrders(ctx, admission.ID)
	return err
}
