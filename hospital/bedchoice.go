package hospital

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// BedChoice is an admission with the beds that its patient could be put into, read in one snapshot:
// what somebody must see who chooses a bed for them.
type BedChoice struct {
	Admission            // also one that has a bed meanwhile, or has ended
	PatientNumber string // the hospital's; "": none
	BirthDate     time.Time
	Sex           string
	Diet          DietOrder
	FreeBeds      []FreeBed // none where the patient waits for no bed
	At            time.Time // when it was read
	Revisions               // of MetricsTopic, which moves with every bed
}

// Waits reports whether the patient still waits for a bed.
func (b BedChoice) Waits() bool {
	return b.BedID == 0 && !b.WithMother && b.DischargedAt.IsZero()
}

// BedChoice reads who an admission is and where they could be put. NotFound where there is no such
// admission.
func (h *Hospital) BedChoice(
	ctx context.Context, actor Actor, admissionID int64,
) (BedChoice, error) {
	return readAs(ctx, h, actor, ReadWards,
		func(ctx context.Context, q *sql.Tx) (choice BedChoice, err error) {
			choice.At = h.clock(ctx)
			if choice.Revisions, err = revisions(ctx, q, MetricsTopic); err != nil {
				return choice, err
			}
			if choice.Admission, err = readAdmission(ctx, q, admissionID); err != nil {
				return choice, err
			}
			if err := choice.readPatient(ctx, q); err != nil || !choice.Waits() {
				return choice, err
			}
			choice.FreeBeds, err = freeBeds(ctx, q)
			return choice, err
		})
}

// readPatient adds what must not go wrong with the patient, and what tells them from others.
func (b *BedChoice) readPatient(ctx context.Context, q *sql.Tx) error {
	err := q.QueryRowContext(ctx, `SELECT COALESCE(number, ''), birth_date, sex FROM patient
		WHERE id = $1`, b.PatientID).
		Scan(&b.PatientNumber, (*instant)(&b.BirthDate), &b.Sex)
	if err != nil {
		return fmt.Errorf("read the patient of admission %d: %w", b.ID, err)
	}
	b.Diet, err = readDiet(ctx, q, b.ID)
	return err
}
