package hospital

import (
	"context"
	"database/sql"
	"time"
)

// WaitingPatient is an admitted patient without a bed.
type WaitingPatient struct {
	AdmissionLine
	Placement
	PatientID int64
	BirthDate time.Time // zero: unknown
	Sex       string
	Diet      Diet
	Texture   Texture
	Allergies Allergies
	Version   int64 // of the admission
}

// WaitingList is everybody who waits for a bed, the most pressing and then the longest wait first.
type WaitingList struct {
	Patients  []WaitingPatient
	Wards     []Ward // that somebody could wait for
	At        time.Time
	Revisions // of MetricsTopic
}

// everyWaiting is no limit to how many who wait are read: there are never many.
const everyWaiting = 10_000

// WaitingList reads it.
func (h *Hospital) WaitingList(ctx context.Context, actor Actor) (WaitingList, error) {
	return readAs(ctx, h, actor, ReadWards,
		func(ctx context.Context, q *sql.Tx) (found WaitingList, err error) {
			found.At = h.clock(ctx)
			if found.Revisions, err = revisions(ctx, q, MetricsTopic); err != nil {
				return found, err
			}
			if found.Patients, err = waitingPatients(ctx, q, everyWaiting); err != nil {
				return found, err
			}
			found.Wards, err = allWards(ctx, q)
			return found, err
		})
}

// waitingPatients lists who is admitted without a bed, the most pressing and then the longest wait
// first.
func waitingPatients(ctx context.Context, q *sql.Tx, limit int) ([]WaitingPatient, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+admissionLineColumns+`, `+placementColumns+`,
			admission.patient_id, patient.birth_date, patient.sex, admission.diet,
			admission.texture, admission.allergies, admission.version`+admissionLineTables+`
		WHERE admission.discharged_at IS NULL AND admission.bed_id IS NULL
		ORDER BY CASE admission.priority WHEN 'emergency' THEN 0 WHEN 'urgent' THEN 1 ELSE 2 END,
			admission.admitted_at, admission.id LIMIT $1`, limit)
	found, err := collect(rows, err, func(row scanner) (w WaitingPatient, err error) {
		w.AdmissionLine, err = scanAdmissionLine(row, append(w.Placement.columns(), &w.PatientID,
			(*instant)(&w.BirthDate), &w.Sex, &w.Diet, &w.Texture,
			(*allergyList)(&w.Allergies), &w.Version)...)
		return w, err
	})
	return found, wrap(err, "read who waits for a bed")
}
