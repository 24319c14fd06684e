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
	Confirmed bool  // the allergies, in this admission
	Leave     Leave // its reason is not read
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
			if found.Patients, err = waitingPatients(ctx, q, found.At, everyWaiting); err != nil {
				return found, err
			}
			found.Wards, err = allWards(ctx, q)
			return found, err
		})
}

// WaitingDetail reads all that can be said of a patient who waits for a bed, or lies in the
// mother's, as BedDetail does for one in a bed. What it says of the bed is where they lie. NotFound
// where there is no such admission, or it has ended.
func (h *Hospital) WaitingDetail(ctx context.Context, actor Actor,
	admissionID int64) (BedDetail, error) {
	return readAs(ctx, h, actor, ReadWards,
		func(ctx context.Context, q *sql.Tx) (detail BedDetail, err error) {
			admission, err := readAdmission(ctx, q, admissionID)
			if err != nil {
				return detail, err
			}
			if !admission.DischargedAt.IsZero() {
				return detail, Refuse(NotFound, "stay_ended", "This stay has ended.")
			}
			detail.At = h.clock(ctx)
			detail.ID, detail.Number = admission.BedID, admission.BedNumber
			detail.Fitness = admission.Fitness
			if detail.Admission, err = readUnplaced(ctx, q, admission, detail.At); err != nil {
				return detail, err
			}
			err = detail.readAdmission(ctx, q)
			if !actor.Role.May(ReadClinical) {
				detail.Reason = ""
			}
			return detail, err
		})
}

// readUnplaced is who waits as the board would show them.
func readUnplaced(ctx context.Context, q *sql.Tx, a Admission,
	now time.Time) (*BoardAdmission, error) {
	diet, err := readDiet(ctx, q, a.ID)
	board := &BoardAdmission{AdmissionID: a.ID, PatientID: a.PatientID, PatientName: a.PatientName,
		AdmittedAt: a.AdmittedAt, BedSince: a.BedSince, ExpectedDischarge: a.ExpectedDischarge,
		DischargePlanned: a.DischargePlanned, Diet: diet.Diet, Texture: diet.Texture,
		Allergies: diet.Allergies, AllergiesConfirmed: diet.Confirmed, Sex: a.Sex,
		Isolation: a.Isolation, LeaveSince: a.Leave.Since, LeaveUntil: a.Leave.Until,
		WithMother: a.WithMother, Version: a.Version}
	board.setFasting(diet.NilByMouth, now)
	return board, err
}

// waitingPatients lists who is admitted without a bed, the most pressing and then the longest wait
// first.
func waitingPatients(ctx context.Context, q *sql.Tx, now time.Time,
	limit int) ([]WaitingPatient, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+admissionLineColumns+`, `+placementColumns+`,
			admission.patient_id, patient.birth_date, patient.sex, admission.diet,
			admission.texture, patient.allergies, admission.allergies_confirmed,
			admission.leave_since, admission.leave_until, admission.version`+admissionLineTables+`
		WHERE admission.discharged_at IS NULL AND admission.bed_id IS NULL
		AND NOT admission.with_mother
		ORDER BY CASE admission.priority WHEN 'emergency' THEN 0 WHEN 'urgent' THEN 1 ELSE 2 END,
			admission.admitted_at, admission.id LIMIT $1`, limit)
	found, err := collect(rows, err, func(row scanner) (w WaitingPatient, err error) {
		w.AdmissionLine, err = scanAdmissionLine(row, append(w.Placement.columns(), &w.PatientID,
			(*instant)(&w.BirthDate), &w.Sex, &w.Diet, &w.Texture,
			(*allergyList)(&w.Allergies), &w.Confirmed,
			(*instant)(&w.Leave.Since), (*instant)(&w.Leave.Until), &w.Version)...)
		w.Late = now.Sub(w.AdmittedAt) >= LongWait
		return w, err
	})
	return found, wrap(err, "read who waits for a bed")
}
