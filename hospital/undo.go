package hospital

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// This file is what takes back an admission, a discharge and a transfer that were wrong. What was
// taken back stays in the audit.

// How long what was done can be taken back.
const (
	ReopenWithin       = 7 * 24 * time.Hour
	UndoTransferWithin = 15 * time.Minute
)

// UndoCommand is what CancelAdmission, ReopenAdmission and UndoTransfer need.
type UndoCommand struct {
	Reason      string // required, apart from a transfer's
	AdmissionID int64  // as TransferCommand's
	Version     int64
}

// check returns what is wrong with the fields where a reason is required.
func (cmd UndoCommand) check() error {
	wrong := fields{}
	if cmd.Reason == "" {
		wrong.refuse("reason", "required", "Say why.")
	}
	wrong.text("reason", cmd.Reason, LongestReason)
	return wrong.err()
}

// CancelAdmission ends an admission that never was: its orders are cancelled and its bed is as it
// was before. Invalid without a reason; NotFound where there is no such admission; Conflict when it
// has ended or has another version.
func (h *Hospital) CancelAdmission(ctx context.Context, actor Actor, admissionID int64,
	cmd UndoCommand) (Admission, error) {
	if err := actor.need(CancelAdmissions); err != nil {
		return Admission{}, err
	}
	cmd.Reason = tidy(cmd.Reason)
	if err := cmd.check(); err != nil {
		return Admission{}, err
	}
	return h.changeAdmission(ctx, actor, admissionID, precondition{cmd.AdmissionID, cmd.Version},
		func(ctx context.Context, c *change, admission Admission) error {
			return c.cancelAdmission(ctx, admission, cmd.Reason)
		})
}

// cancelAdmission ends a locked admission that never was. The time in its beds comes to nothing, so
// that nobody who was really there is in its way. The outcome is there for the database alone.
func (c *change) cancelAdmission(ctx context.Context, admission Admission, reason string) error {
	newborns, err := c.lockNewborns(ctx, admission)
	if err != nil {
		return err
	}
	beds, err := bedAssignments(ctx, c.tx, admission.ID)
	if err != nil {
		return err
	}
	at := latest(c.now, admission.BedSince, admission.AdmittedAt)
	_, err = c.exec(ctx, `UPDATE admission SET cancelled = TRUE, discharged_at = $2,
		outcome = $3, notes = $4, version = version + 1 WHERE id = $1`,
		admission.ID, instant(at), Discharged, reason)
	if err != nil {
		return fmt.Errorf("cancel admission %d: %w", admission.ID, err)
	}
	_, err = c.exec(ctx, `UPDATE bed_assignment SET until = since WHERE admission_id = $1`,
		admission.ID)
	if err != nil {
		return fmt.Errorf("take the beds of admission %d back: %w", admission.ID, err)
	}
	err = c.leaveBed(ctx, admission, newborns, func(bed *Bed) error {
		return c.restoreBed(ctx, bed, beds[0].found)
	})
	if err != nil {
		return err
	}
	e := admission.entry("admission.cancel")
	e.from, e.reason = admission.BedNumber, reason
	c.record(e, admission)
	return c.cancelOrders(ctx, admission)
}

// cancelOrders ends what is open of a locked admission that never was. A tray that is on its way
// comes back, and the kitchen is told of what it has begun.
func (c *change) cancelOrders(ctx context.Context, admission Admission) error {
	orders, err := c.touchOpenOrders(ctx, admission.ID)
	if err != nil {
		return err
	}
	for _, o := range orders {
		if o.Status == OrderInTransit {
			if err := c.recheck(ctx, &o); err != nil {
				return err
			}
			continue
		}
		o.CancelReason = CancelledAdmission
		if err := c.takeBack(ctx, &o, OrderCancelled); err != nil {
			return err
		}
		if !o.Begun {
			continue
		}
		if err := c.notifyKitchen(ctx, "ticket_cancelled", o); err != nil {
			return err
		}
	}
	return nil
}

// ReopenAdmission takes a discharge back, within ReopenWithin: the patient lies in their bed again
// where that is available, in cleaning or reserved for them, else waits for one. What was held
// because they had left may be confirmed again; what was cancelled stays so. Invalid without a
// reason; NotFound where there is no such admission; Conflict when it is open or cancelled, the
// discharge is too long ago, the patient was here again since, or it has another version.
func (h *Hospital) ReopenAdmission(ctx context.Context, actor Actor, admissionID int64,
	cmd UndoCommand) (Admission, error) {
	if err := actor.need(ReopenAdmissions); err != nil {
		return Admission{}, err
	}
	cmd.Reason = tidy(cmd.Reason)
	if err := cmd.check(); err != nil {
		return Admission{}, err
	}
	return command(ctx, h, actor, func(ctx context.Context, c *change) (Admission, error) {
		admission, err := c.lockEndedAdmission(ctx, admissionID,
			precondition{cmd.AdmissionID, cmd.Version})
		if err == nil {
			err = c.reopen(ctx, admission, cmd.Reason)
		}
		if err != nil {
			return admission, err
		}
		return readAdmission(ctx, c.tx, admissionID)
	})
}

// lockEndedAdmission locks an admission whose discharge can be taken back, after its patient.
func (c *change) lockEndedAdmission(ctx context.Context, id int64,
	seen precondition) (Admission, error) {
	patientID, err := c.lockPatientOf(ctx, id)
	if err != nil {
		return Admission{}, err
	}
	open, err := c.lockPatient(ctx, patientID, fields{})
	if err != nil {
		return Admission{}, err
	}
	admission, err := c.lockWithMother(ctx, id)
	if err != nil {
		return admission, err
	}
	if err := admission.checkReopen(c.actor, seen, c.now); err != nil {
		return admission, c.withChanges(ctx, err, "admission", id, seen.version, admission.Version)
	}
	if open != 0 {
		return admission, c.alreadyAdmitted(ctx, open)
	}
	return admission, c.checkPatientSince(ctx, admission.PatientID, admission.DischargedAt)
}

// checkReopen returns why the discharge can't be taken back, or nil.
func (a Admission) checkReopen(actor Actor, seen precondition, now time.Time) error {
	open := a.DischargedAt.IsZero()
	switch {
	case seen.admissionID != 0 && seen.admissionID != a.ID:
		refusal := anotherPatient()
		if open {
			refusal.Current = a
		}
		return refusal
	case open:
		return a.conflict("stay_open", "This stay has not ended. There is nothing to take back.")
	case a.Cancelled:
		return a.conflict("stay_cancelled", "This stay never was. Admit the patient instead.")
	case seen.version != 0 && seen.version != a.Version:
		return a.outdated(actor)
	case a.DischargedAt.Before(now.Add(-ReopenWithin)):
		return a.conflict("reopen_late",
			"This stay ended more than a week ago. Admit the patient again instead.")
	}
	return nil
}

// reopen takes the discharge of a locked admission back.
func (c *change) reopen(ctx context.Context, admission Admission, reason string) error {
	bed, since, withMother, err := c.bedAgain(ctx, admission)
	if err != nil {
		return err
	}
	// First the bed: the one that they left may have somebody else's open admission.
	if err := c.layIn(ctx, admission, bed, since, withMother); err != nil {
		return err
	}
	_, err = c.exec(ctx, `UPDATE admission SET discharged_at = NULL, outcome = '' WHERE id = $1`,
		admission.ID)
	if err != nil {
		return fmt.Errorf("reopen admission %d: %w", admission.ID, err)
	}
	e := admission.entry("admission.reopen")
	e.from, e.to, e.reason, e.wardID = string(admission.Outcome), bed.Number, reason, bed.WardID
	c.record(e, admission, Admission{WardID: bed.WardID})
	if err := c.tellWatchers(ctx, admission.PatientID); err != nil {
		return err
	}
	if err := c.notifyWaitsAgain(ctx, admission, bed); err != nil {
		return err
	}
	if err := c.recheckAdmission(ctx, admission.ID); err != nil {
		return err
	}
	_, err = c.touchOpenOrders(ctx, admission.ID)
	return err
}

// notifyWaitsAgain tells whoever finds beds that the patient of an admission, whose discharge is
// taken back, got none, although they had one.
func (c *change) notifyWaitsAgain(ctx context.Context, admission Admission, bed Bed) error {
	if bed.ID != 0 || admission.BedID == 0 {
		return nil
	}
	about := About{AdmissionIDs: []int64{admission.ID}, WardID: admission.WardID,
		BedNumber: admission.BedNumber}
	for _, role := range []Role{MedicalStaff, WardManagement} {
		if err := c.notifyWard(ctx, role, "waits_again", about); err != nil {
			return err
		}
	}
	return nil
}

// bedAgain puts the patient of a locked admission, whose discharge is taken back, into the bed that
// they left, or where their mother lies, and returns it with since when they lie there; the zero
// Bed where they have to wait.
func (c *change) bedAgain(ctx context.Context, admission Admission) (
	bed Bed, since time.Time, withMother bool, err error) {
	if admission.WithMother {
		bed, since, err = c.backToMother(ctx, admission)
		return bed, since, err == nil && bed.ID != 0, err
	}
	beds, err := bedAssignments(ctx, c.tx, admission.ID)
	if err != nil || len(beds) == 0 || admission.BedID == 0 {
		return bed, since, false, err
	}
	if bed, err = c.lockBed(ctx, admission.BedID); err != nil {
		return bed, since, false, err
	}
	if err := c.checkStillFree(ctx, bed, admission.PatientID); err != nil {
		if IsKind(err, Conflict) {
			err = nil
		}
		return Bed{}, since, false, err
	}
	since, err = c.comeBack(ctx, &bed, beds[0],
		assignment{admissionID: admission.ID, since: c.now, act: byReopening})
	return bed, since, false, err
}

// backToMother puts a newborn whose locked admission is opened again to its mother, if she lies in
// a bed.
func (c *change) backToMother(ctx context.Context, admission Admission) (Bed, time.Time, error) {
	mother, err := readAdmission(ctx, c.tx, admission.MotherAdmissionID)
	if err != nil || !mother.DischargedAt.IsZero() || mother.BedID == 0 {
		return Bed{}, time.Time{}, err
	}
	bed, err := c.lockBed(ctx, mother.BedID)
	if err != nil {
		return bed, time.Time{}, err
	}
	return bed, c.now, c.occupy(ctx, &bed,
		assignment{admissionID: admission.ID, since: c.now, act: byReopening, withMother: true})
}

// checkStillFree returns why a patient can't come back to the locked bed that they left, or nil: it
// must be available, in cleaning, or reserved for them.
func (c *change) checkStillFree(ctx context.Context, bed Bed, patientID int64) error {
	if bed.Status == BedReserved && bed.ReservedFor != patientID {
		return bed.conflict("bed_not_free", "Bed %s is %s. Choose a bed that is available.",
			bed.Number, bedWords[bed.Status])
	}
	if bed.Status == BedCleaning {
		bed.Status = BedAvailable
	}
	return c.checkFree(ctx, bed)
}

// UndoTransfer takes the last transfer of a patient back, within UndoTransferWithin: as if it had
// never been. The bed that they left must still be available, in cleaning or reserved for them; who
// waited for a bed before waits again. NotFound where there is no such admission; Conflict when
// there is nothing to take back, the bed is no longer free, or the admission has ended or has
// another version.
func (h *Hospital) UndoTransfer(ctx context.Context, actor Actor, admissionID int64,
	cmd UndoCommand) (Admission, error) {
	if err := actor.need(TransferPatients); err != nil {
		return Admission{}, err
	}
	cmd.Reason = tidy(cmd.Reason)
	if err := checkReason(cmd.Reason); err != nil {
		return Admission{}, err
	}
	return h.changeAdmission(ctx, actor, admissionID, precondition{cmd.AdmissionID, cmd.Version},
		func(ctx context.Context, c *change, admission Admission) error {
			return c.undoTransfer(ctx, admission, cmd.Reason)
		})
}

// undoTransfer takes the last transfer of a locked admission back.
func (c *change) undoTransfer(ctx context.Context, admission Admission, reason string) error {
	back, err := c.lastTransfer(ctx, admission)
	if err != nil {
		return err
	}
	newborns, err := c.lockNewborns(ctx, admission)
	if err != nil {
		return err
	}
	old, current, err := c.lockBeds(ctx, back.from.BedID, back.to.BedID, fields{})
	if err != nil {
		return err
	}
	if err := c.checkBack(ctx, admission, old, back.from); err != nil {
		return err
	}
	if err := c.goBack(ctx, admission, &old, back, reason); err != nil {
		return err
	}
	for _, newborn := range newborns {
		if err := c.followBack(ctx, newborn, &old, reason); err != nil {
			return err
		}
	}
	if back.to.WithMother {
		c.touch(current)
		return nil
	}
	return c.restoreBed(ctx, &current, back.to.found)
}

// wayBack is a transfer that is to be taken back.
type wayBack struct {
	from BedAssignment // zero: the patient waited for a bed
	to   BedAssignment
}

// lastTransfer is the transfer of a locked admission that can be taken back, or the refusal.
func (c *change) lastTransfer(ctx context.Context, admission Admission) (wayBack, error) {
	beds, err := bedAssignments(ctx, c.tx, admission.ID)
	if err != nil {
		return wayBack{}, err
	}
	switch back := backFrom(beds); {
	case back.to.Act == bySwap:
		return back, admission.conflict("move_was_swap",
			"%s came here by a swap. Swap the two patients again to take it back.",
			c.actor.called(admission.PatientName))
	case back.to.Act != byTransfer:
		return back, admission.notUndoable()
	case back.to.WithMother && (back.from.WithMother || back.from.BedID == 0):
		return back, admission.conflict("moves_with_mother",
			"The newborn is moved with its mother. Take her transfer back instead.")
	case back.to.Since.Before(c.now.Add(-UndoTransferWithin)):
		return back, admission.conflict("transfer_late",
			"The transfer was more than 15 minutes ago. Transfer the patient again instead.")
	default:
		return back, nil
	}
}

// notUndoable is the refusal to take back what was no transfer, or can't be undone.
func (a Admission) notUndoable() error {
	return a.conflict("no_transfer",
		"The last move was no transfer that can be taken back. Transfer the patient instead.")
}

// backFrom is the way back from the newest of some beds, if the patient lies there. The one before
// counts only where they came straight from it.
func backFrom(beds []BedAssignment) (back wayBack) {
	if len(beds) == 0 || !beds[0].Until.IsZero() {
		return back
	}
	back.to = beds[0]
	if len(beds) > 1 && beds[1].Until.Equal(back.to.Since) {
		back.from = beds[1]
	}
	return back
}

// checkBack returns why the patient of a locked admission can't go back to where they came from, or
// nil.
func (c *change) checkBack(ctx context.Context, admission Admission, old Bed,
	from BedAssignment) error {
	if old.ID == 0 {
		return nil
	}
	if from.WithMother {
		joins, err := c.joinsMother(ctx, admission, old.ID)
		if err == nil && !joins {
			err = admission.notUndoable()
		}
		return err
	}
	return c.bedRefused(ctx, c.checkStillFree(ctx, old, admission.PatientID), old, 0)
}

// goBack puts the patient of a locked admission back to where they came from, as if they had never
// left.
func (c *change) goBack(ctx context.Context, admission Admission, old *Bed, back wayBack,
	reason string) error {
	_, err := c.exec(ctx, `DELETE FROM bed_assignment WHERE id = $1`, back.to.id)
	if err != nil {
		return fmt.Errorf("take a transfer of admission %d back: %w", admission.ID, err)
	}
	var since time.Time
	if old.ID != 0 {
		since, err = c.comeBack(ctx, old, back.from, assignment{admissionID: admission.ID,
			since: c.now, act: byTransfer, withMother: back.from.WithMother})
		if err != nil {
			return err
		}
	}
	// Who waited with the mother waits with her again.
	withMother := back.from.WithMother || old.ID == 0 && back.to.WithMother
	if err := c.layIn(ctx, admission, *old, since, withMother); err != nil {
		return err
	}
	return c.moved(ctx, admission, "admission.undo_transfer", *old, reason)
}

// followBack takes a newborn, whose locked admission lies with somebody whose transfer is taken
// back, along. One who came only after the transfer is moved there.
func (c *change) followBack(ctx context.Context, newborn Admission, old *Bed,
	reason string) error {
	beds, err := bedAssignments(ctx, c.tx, newborn.ID)
	if err != nil {
		return err
	}
	back := backFrom(beds)
	if back.from.BedID == old.ID && back.to.Act == byTransfer {
		return c.goBack(ctx, newborn, old, back, reason)
	}
	if old.ID != 0 {
		return c.follow(ctx, newborn, relocation{to: *old, at: c.now, act: byTransfer, reason: reason})
	}
	if err := c.endAssignment(ctx, newborn.ID, c.now); err != nil {
		return err
	}
	if err := c.layIn(ctx, newborn, Bed{}, time.Time{}, true); err != nil {
		return err
	}
	return c.moved(ctx, newborn, "admission.undo_transfer", Bed{}, reason)
}

// LeftPatient is who was discharged from a bed last.
type LeftPatient struct {
	AdmissionID  int64
	PatientName  PatientName
	DischargedAt time.Time
}

// leftPatient reads whose discharge from a bed, which is empty, could still be taken back: the last
// one's. nil where there is none.
func leftPatient(ctx context.Context, q *sql.Tx, bedID int64, now time.Time) (*LeftPatient, error) {
	var left LeftPatient
	err := q.QueryRowContext(ctx, `SELECT admission.id, patient.name, admission.discharged_at
		FROM bed_assignment
		JOIN admission ON admission.id = bed_assignment.admission_id
		JOIN patient ON patient.id = admission.patient_id
		WHERE bed_assignment.bed_id = $1 AND admission.bed_id = $1 AND NOT admission.cancelled
		AND admission.discharged_at > $2
		ORDER BY bed_assignment.since DESC, bed_assignment.id DESC LIMIT 1`, bedID,
		instant(now.Add(-ReopenWithin))).
		Scan(&left.AdmissionID, &left.PatientName, (*instant)(&left.DischargedAt))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &left, wrap(err, "read who left bed %d", bedID)
}
