package hospital

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// ShiftNote is what one shift leaves to the next about a patient. It stays until somebody writes
// another or takes it away.
type ShiftNote struct {
	Text string // empty: there is none
	By   string // who wrote it
	At   time.Time
}

// EditAdmissionCommand is what EditAdmission needs. What is nil does not change.
type EditAdmissionCommand struct {
	Isolation    *Isolation
	Priority     *Priority
	WantedWardID *int64  // 0: any
	Note         *string // for the next shift; empty takes it away

	AdmissionID int64 // as TransferCommand's
	Version     int64
}

// editable is what EditAdmission can change of an admission.
type editable struct {
	placement Placement
	note      ShiftNote
}

// EditAdmission changes what is noted about an admission besides its bed, its diet and its end: how
// and where the patient should lie, and what the next shift is told. What already stands changes
// nothing. Invalid names each wrong field; NotFound where there is no such admission; Conflict when
// it has ended or has another version.
func (h *Hospital) EditAdmission(ctx context.Context, actor Actor, admissionID int64,
	cmd EditAdmissionCommand) (Admission, error) {
	if err := actor.need(EditAdmissions); err != nil {
		return Admission{}, err
	}
	return h.changeAdmission(ctx, actor, admissionID, precondition{cmd.AdmissionID, cmd.Version},
		func(ctx context.Context, c *change, admission Admission) error {
			return c.editAdmission(ctx, admission, cmd)
		})
}

// on returns what stands with the command carried out.
func (cmd EditAdmissionCommand) on(e editable, by string, now time.Time) editable {
	if cmd.Isolation != nil {
		e.placement.Isolation = *cmd.Isolation
	}
	if cmd.Priority != nil {
		e.placement.Priority = *cmd.Priority
	}
	if cmd.WantedWardID != nil && *cmd.WantedWardID != e.placement.WantedWardID {
		e.placement.WantedWardID, e.placement.WantedWard = *cmd.WantedWardID, ""
	}
	if cmd.Note != nil {
		e.note = e.note.rewritten(tidyLines(*cmd.Note), by, now)
	}
	return e
}

// rewritten is the note in other words, or the same where the words are.
func (n ShiftNote) rewritten(text, by string, now time.Time) ShiftNote {
	switch text {
	case n.Text:
		return n
	case "":
		return ShiftNote{}
	}
	return ShiftNote{text, by, now}
}

// editAdmission changes a locked admission.
func (c *change) editAdmission(ctx context.Context, admission Admission,
	cmd EditAdmissionCommand) error {
	note, err := readShiftNote(ctx, c.tx, admission.ID)
	if err != nil {
		return err
	}
	before := editable{admission.Placement, note}
	after := cmd.on(before, c.actor.Username, c.now)
	if err := c.checkEdit(ctx, after); err != nil || after == before {
		return err
	}
	_, err = c.exec(ctx, `UPDATE admission SET isolation = $2, priority = $3, wanted_ward_id = $4,
			shift_note = $5, shift_note_by = $6, shift_note_at = $7, version = version + 1
		WHERE id = $1`,
		admission.ID, after.placement.Isolation, after.placement.Priority,
		reference(after.placement.WantedWardID), after.note.Text, after.note.By,
		instant(after.note.At))
	if err != nil {
		return fmt.Errorf("edit admission %d: %w", admission.ID, err)
	}
	e := admission.entry("admission.edit")
	e.from, e.to = editCodes(before, after)
	c.record(e, admission)
	if after.placement == before.placement {
		return nil
	}
	_, err = c.touchOpenOrders(ctx, admission.ID) // their tickets and trays say who is kept apart
	return err
}

// checkEdit returns what is wrong with the fields of an edit.
func (c *change) checkEdit(ctx context.Context, to editable) error {
	wrong := fields{}
	wrong.placement(to.placement)
	wrong.text("note", to.note.Text, LongestNotes)
	if err := c.knowWard(ctx, to.placement.WantedWardID, wrong); err != nil {
		return err
	}
	return wrong.err()
}

// editCodes are what differs, as the audit keeps it. What a note says is not kept there.
func editCodes(before, after editable) (was, is string) {
	from, to := before.placement, after.placement
	was, is = codesOf(
		coded{"isolation", string(from.Isolation), string(to.Isolation)},
		coded{"priority", string(from.Priority), string(to.Priority)},
		coded{"wanted_ward_id", idCode(from.WantedWardID), idCode(to.WantedWardID)})
	if before.note != after.note {
		was, is = strings.TrimSpace(was+" note"), strings.TrimSpace(is+" note")
	}
	return was, is
}

// readShiftNote reads the note about the patient of an admission.
func readShiftNote(ctx context.Context, q *sql.Tx, admissionID int64) (n ShiftNote, err error) {
	err = q.QueryRowContext(ctx, `SELECT `+shiftNoteColumns+` FROM admission
		WHERE admission.id = $1`, admissionID).Scan(n.columns()...)
	return n, wrapRow(err, unknownAdmission, "read the note about admission %d", admissionID)
}

// shiftNoteColumns are the columns of an admission that are its note for the next shift.
const shiftNoteColumns = `admission.shift_note, admission.shift_note_by, admission.shift_note_at`

// columns are where shiftNoteColumns go.
func (n *ShiftNote) columns() []any { return []any{&n.Text, &n.By, (*instant)(&n.At)} }
