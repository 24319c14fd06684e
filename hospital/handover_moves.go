package hospital

import (
	"context"
	"slices"
	"time"
)

// This file is who came into a ward and who left it, as a handover tells. It tells what is so now:
// an admission that was cancelled never was, a transfer that was taken back moved nobody, and who
// left and came back to the same bed since has not left. A newborn is told of with its mother.

// wardStay is a patient's time in one bed, of whatever ward.
type wardStay struct {
	stayer
	wardID       int64
	ward         string
	since, until time.Time // until is zero while they lie there
}

// bedsEver are the beds that are, or were, in the ward $1.
const bedsEver = `SELECT id FROM bed WHERE ward_id = $1
	UNION SELECT bed_id FROM bed_assignment WHERE ward_id = $1`

// readMoves finds who came into the ward and who left it: those who came into the hospital, those
// who moved, and those who went home.
func (r *handoverReading) readMoves(ctx context.Context) error {
	moved, err := queryIDs(ctx, r.q, `SELECT admission_id FROM bed_assignment
		WHERE bed_id IN (`+bedsEver+`) AND since >= $2 AND since <= $3
		UNION SELECT admission_id FROM bed_assignment
		WHERE bed_id IN (`+bedsEver+`) AND until >= $2 AND until <= $3`,
		r.ID, instant(r.Since), instant(r.Until))
	if err != nil {
		return wrap(err, "read who came into ward %d and left it", r.ID)
	}
	stays, err := r.readStays(ctx, append(moved, r.entered()...))
	for i, stay := range stays {
		var before, after wardStay
		if i > 0 && stays[i-1].AdmissionID == stay.AdmissionID {
			before = stays[i-1]
		}
		if i+1 < len(stays) && stays[i+1].AdmissionID == stay.AdmissionID {
			after = stays[i+1]
		}
		r.came(before, stay)
		r.left(stay, after)
	}
	r.cameBack()
	slices.SortStableFunc(r.Admitted, func(a, b HandoverAdmitted) int { return a.At.Compare(b.At) })
	slices.SortStableFunc(r.Moved, func(a, b HandoverMove) int { return a.At.Compare(b.At) })
	slices.SortStableFunc(r.Discharged,
		func(a, b HandoverDischarged) int { return a.At.Compare(b.At) })
	return err
}

// stayer is what a stay has of its admission.
type stayer struct {
	HandoverPerson
	admittedAt   time.Time
	dischargedAt time.Time
	outcome      Outcome
	reason       string
}

// readStayers reads some admissions by their ids, without those that never were. It is a read of
// its own: joined to their stays, PostgreSQL reads all admissions that ever were, where it has not
// counted the stays yet.
func (r *handoverReading) readStayers(ctx context.Context,
	admissions []int64) (map[int64]stayer, error) {
	list, args := oneOf(nil, admissions)
	// #nosec G202 -- the list is of $n alone
	rows, err := r.q.QueryContext(ctx, `SELECT admission.id, patient.id, patient.name,
			admission.admitted_at, admission.discharged_at, admission.outcome, admission.reason
		FROM admission JOIN patient ON patient.id = admission.patient_id
		WHERE admission.id IN `+list+` AND NOT admission.cancelled`, args...)
	found := make(map[int64]stayer, len(admissions))
	err = eachRow(rows, err, func(row scanner) error {
		var s stayer
		err := row.Scan(&s.AdmissionID, &s.PatientID, &s.PatientName, (*instant)(&s.admittedAt),
			(*instant)(&s.dischargedAt), &s.outcome, &s.reason)
		found[s.AdmissionID] = s
		return err
	})
	return found, wrap(err, "read who came into ward %d and left it", r.ID)
}

// readStays reads all stays in beds of some admissions, those of each one after the other. Each has
// its bed and ward: that these are joined from the left keeps PostgreSQL from reading all stays that
// there ever were in these beds.
func (r *handoverReading) readStays(ctx context.Context, admissions []int64) ([]wardStay, error) {
	stayers, err := r.readStayers(ctx, admissions)
	if err != nil {
		return nil, err
	}
	list, args := oneOf(nil, admissions)
	// #nosec G202 -- the list is of $n alone
	rows, err := r.q.QueryContext(ctx, `SELECT bed_assignment.admission_id,
			COALESCE(bed_assignment.bed_number, bed.number), ward.id, ward.name,
			bed_assignment.since, bed_assignment.until
		FROM bed_assignment
		LEFT JOIN bed ON bed.id = bed_assignment.bed_id
		LEFT JOIN ward ON ward.id = COALESCE(bed_assignment.ward_id, bed.ward_id)
		WHERE bed_assignment.admission_id IN `+list+`
		ORDER BY bed_assignment.admission_id, bed_assignment.since, bed_assignment.id`, args...)
	stays, err := collect(rows, err, func(row scanner) (s wardStay, err error) {
		var admissionID int64
		var bed string
		err = row.Scan(&admissionID, &bed, &s.wardID, &s.ward, (*instant)(&s.since),
			(*instant)(&s.until))
		s.stayer = stayers[admissionID]
		s.BedNumber = bed
		return s, err
	})
	stays = slices.DeleteFunc(stays, func(s wardStay) bool { return s.AdmissionID == 0 })
	return stays, wrap(err, "read in which beds they lay")
}

// shows reports whether the handover tells of what happened at a time.
func (r *handoverReading) shows(at time.Time) bool {
	return !at.IsZero() && !at.Before(r.Since) && !at.After(r.Until)
}

// came tells of somebody who came into a bed, before which they lay in another one, or in none.
func (r *handoverReading) came(before, stay wardStay) {
	first := before.AdmissionID == 0
	if !before.until.Equal(stay.since) { // they had no bed meanwhile
		before = wardStay{}
	}
	news := r.shows(stay.since) || first && slices.Contains(r.entered(), stay.AdmissionID)
	switch {
	case !news || stay.wardID != r.ID && before.wardID != r.ID:
	case first && stay.since.Equal(stay.admittedAt):
		r.Admitted = append(r.Admitted, HandoverAdmitted{stay.HandoverPerson, stay.since, stay.reason})
	default:
		r.Moved = append(r.Moved, HandoverMove{stay.HandoverPerson, stay.since, before.BedNumber,
			stay.BedNumber, before.ward, stay.ward})
	}
}

// left tells of somebody who left a bed for home, or to wait for another: came tells of who went
// straight into the one after it.
func (r *handoverReading) left(stay, after wardStay) {
	switch {
	case !r.shows(stay.until) || stay.wardID != r.ID || after.since.Equal(stay.until):
	case after.AdmissionID == 0 && stay.until.Equal(stay.dischargedAt):
		r.Discharged = append(r.Discharged,
			HandoverDischarged{stay.HandoverPerson, stay.dischargedAt, stay.outcome})
	default:
		r.Moved = append(r.Moved,
			HandoverMove{stay.HandoverPerson, stay.until, stay.BedNumber, "", stay.ward, ""})
	}
}

// entered are the admissions of the ward that were opened since, some of them for a time before: no
// handover has told of these.
func (r *handoverReading) entered() (admissions []int64) {
	for _, d := range r.done {
		if d.action == "admission.admit" {
			admissions = append(admissions, d.entityID)
		}
	}
	return admissions
}

// cameBack tells of those who had left before the time that the handover tells of, and lie in the
// bed again that they left, as their discharge was taken back.
func (r *handoverReading) cameBack() {
	for _, p := range r.Patients {
		i := slices.IndexFunc(r.done, func(d doneLine) bool {
			return d.entity == "admission" && d.entityID == p.AdmissionID &&
				(d.action == "admission.discharge" || d.action == "admission.reopen")
		})
		if i >= 0 && r.done[i].action == "admission.reopen" && p.bedSince.Before(r.Since) {
			r.Moved = append(r.Moved,
				HandoverMove{p.HandoverPerson, r.done[i].at, "", p.BedNumber, "", r.Name})
		}
	}
}
