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

// EditAdmissionCommand is what EditAdmission needs: only what is given changes.
type EditAdmissionCommand struct {
	Note *string // for the next shift; empty takes it away

	AdmissionID int64 // as TransferCommand's
	Version     int64
}

// editable is what EditAdmission can change of an admission.
type editable struct {
	note ShiftNote
}

// EditAdmission changes what is noted about an admission that neither its bed, its diet nor its end
// hangs on. What already stands changes nothing. Invalid names wrong fields; NotFound where there
// is no such admission; Conflict when it has ended or has another version.
func (h *Hospital) EditAdmission(ctx context.Context, actor Actor, admissionID int64,
	cmd EditAdmissionCommand) (Admission, error) {
	if err := actor.need(EditAdmissions); err != nil {
		return Admission{}, err
	}
	cmd.tidy()
	if err := cmd.check(); err != nil {
		return Admission{}, err
	}
	return h.changeAdmission(ctx, actor, admissionID, precondition{cmd.AdmissionID, cmd.Version},
		func(ctx context.Context, c *change, admission Admission) error {
			return c.editAdmission(ctx, admission, cmd)
		})
}

// tidy brings the command into the one form in which it is checked and kept, without touching what
// the caller gave.
func (cmd *EditAdmissionCommand) tidy() {
	if cmd.Note != nil {
		note := tidyLines(*cmd.Note)
		cmd.Note = &note
	}
}

// check returns what is wrong with the fields.
func (cmd EditAdmissionCommand) check() error {
	wrong := fields{}
	if cmd.Note != nil {
		wrong.text("note", *cmd.Note, LongestNotes)
	}
	return wrong.err()
}

// on returns what stands with the command carried out.
func (cmd EditAdmissionCommand) on(e editable, by string, now time.Time) editable {
	if cmd.Note != nil && *cmd.Note != e.note.Text {
		e.note = ShiftNote{}
		if *cmd.Note != "" {
			e.note = ShiftNote{*cmd.Note, by, now}
		}
	}
	return e
}

// editAdmission changes a locked admission.
func (c *change) editAdmission(ctx context.Context, admission Admission,
	cmd EditAdmissionCommand) error {
	before, err := readEditable(ctx, c.tx, admission.ID)
	if err != nil {
		return err
	}
	after := cmd.on(before, c.actor.Username, c.now)
	if after == before {
		return nil
	}
	_, err = c.exec(ctx, `UPDATE admission SET shift_note = $2, shift_note_by = $3,
			shift_note_at = $4, version = version + 1 WHERE id = $1`,
		admission.ID, after.note.Text, after.note.By, instant(after.note.At))
	if err != nil {
		return fmt.Errorf("edit admission %d: %w", admission.ID, err)
	}
	e := admission.entry("admission.edit")
	e.from, e.to = editCodes(before, after)
	c.record(e, admission)
	return nil
}

// editCodes are the fields that differ as the audit keeps them, such as "isolation=contact". What
// must not stand in the audit is named without a value.
func editCodes(before, after editable) (from, to string) {
	var was, is []string
	if before.note != after.note {
		was, is = append(was, "note"), append(is, "note")
	}
	return strings.Join(was, " "), strings.Join(is, " ")
}

// editChanges are the fields of two texts of editCodes, which have the same ones in the same order.
func editChanges(from, to string) []Change {
	was, is := strings.Fields(from), strings.Fields(to)
	var changes []Change
	for i := range min(len(was), len(is)) {
		field, before, _ := strings.Cut(was[i], "=")
		_, after, _ := strings.Cut(is[i], "=")
		changes = append(changes, Change{Field: field, From: told(before), To: told(after)})
	}
	return changes
}

// readEditable reads what EditAdmission can change of an admission.
func readEditable(ctx context.Context, q *sql.Tx, admissionID int64) (e editable, err error) {
	err = q.QueryRowContext(ctx, `SELECT `+shiftNoteColumns+` FROM admission
		WHERE admission.id = $1`, admissionID).Scan(e.note.columns()...)
	return e, wrapRow(err, unknownAdmission, "read what is noted of admission %d", admissionID)
}

// shiftNoteColumns are the columns of an admission that are its note for the next shift.
const shiftNoteColumns = `admission.shift_note, admission.shift_note_by, admission.shift_note_at`

// columns are where shiftNoteColumns go.
func (n *ShiftNote) columns() []any { return []any{&n.Text, &n.By, (*instant)(&n.At)} }

// ShiftNote reads the note about the patient of an admission. NotFound where there is no such
// admission.
func (h *Hospital) ShiftNote(ctx context.Context, actor Actor,
	admissionID int64) (ShiftNote, error) {
	return readAs(ctx, h, actor, ReadWards, func(ctx context.Context, q *sql.Tx) (ShiftNote, error) {
		found, err := readEditable(ctx, q, admissionID)
		return found.note, err
	})
}
