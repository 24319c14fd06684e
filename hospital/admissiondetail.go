package hospital

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// AdmissionDetail is one admission, open or ended, with all that there is to know of it.
type AdmissionDetail struct {
	Admission
	PatientNumber string    // the hospital's; "": none
	BirthDate     time.Time // of the patient; zero: unknown
	Sex           string    // of the patient
	Reason        string    // for admission; empty for roles without ReadClinical
	Notes         string    // of the discharge; likewise
	CancelReason  string    // of an admission that never was
	Note          ShiftNote
	Order         DietOrder
	Beds          []BedAssignment // the newest first
	FreeBeds      []FreeBed       // of a newborn with its mother: where it could go
	At            time.Time       // when it was read
}

// Reopenable reports whether the discharge can be taken back, if nothing else speaks against it.
func (d AdmissionDetail) Reopenable() bool {
	return d.checkReopen(Actor{}, precondition{}, d.At) == nil
}

// AdmissionDetail reads one admission whole. Forbidden without ReadWards, NotFound where there is
// none.
func (h *Hospital) AdmissionDetail(ctx context.Context, actor Actor,
	id int64) (AdmissionDetail, error) {
	return readAs(ctx, h, actor, ReadWards,
		func(ctx context.Context, q *sql.Tx) (d AdmissionDetail, err error) {
			d, err = readAdmissionDetail(ctx, q, actor, id, h.clock(ctx))
			if err != nil || !d.DischargedAt.IsZero() || !d.WithMother {
				return d, err
			}
			d.FreeBeds, err = freeBeds(ctx, q)
			return d, err
		})
}

// readAdmissionDetail reads all of an admission that the actor may know, but for the free beds.
func readAdmissionDetail(ctx context.Context, q *sql.Tx, actor Actor, id int64,
	now time.Time) (d AdmissionDetail, err error) {
	d.At = now
	if d.Admission, err = readAdmission(ctx, q, id); err != nil {
		return d, err
	}
	if d.Order, err = readDiet(ctx, q, id); err != nil {
		return d, err
	}
	if err := d.readWritten(ctx, q, actor); err != nil {
		return d, err
	}
	d.Beds, err = bedAssignments(ctx, q, id)
	return d, err
}

// readWritten adds what was written of the patient, as far as the actor may know of it.
func (d *AdmissionDetail) readWritten(ctx context.Context, q *sql.Tx, actor Actor) error {
	err := q.QueryRowContext(ctx, `
		SELECT COALESCE(patient.number, ''), patient.birth_date, patient.sex,
			admission.reason, admission.notes, `+shiftNoteColumns+`
		FROM admission JOIN patient ON patient.id = admission.patient_id
		WHERE admission.id = $1`, d.ID).
		Scan(append([]any{&d.PatientNumber, (*instant)(&d.BirthDate), &d.Sex, &d.Reason, &d.Notes},
			d.Note.columns()...)...)
	if err != nil {
		return fmt.Errorf("read the record of admission %d: %w", d.ID, err)
	}
	if d.Cancelled {
		d.CancelReason, d.Notes = d.Notes, ""
	}
	if d.DischargedAt.IsZero() {
		d.Notes = "" // of a discharge that was taken back
	}
	if !actor.Role.May(ReadClinical) {
		d.Reason, d.Notes = "", ""
	}
	return nil
}
