package hospital

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// This file is what was done to those who lie in a ward, as a handover reads it from the audit.

// doneLine is a line of the audit about an admission or a patient.
type doneLine struct {
	id               int64
	entity           string
	entityID         int64
	action, from, to string
	by               string
	at               time.Time
}

// timeSpan is a time from its beginning until before its end.
type timeSpan struct {
	from  time.Time // zero: it began before anything that is asked of
	until time.Time // zero: it goes on
}

// holds reports whether a time is within the span.
func (s timeSpan) holds(at time.Time) bool {
	return !at.Before(s.from) && (s.until.IsZero() || at.Before(s.until))
}

// readDone reads what was done to the patients since: to their admissions and to their records.
func (r *handoverReading) readDone(ctx context.Context) error {
	admissions, err := r.linesOf(ctx, "admission", r.admissions())
	if err != nil {
		return err
	}
	records, err := r.linesOfRecords(ctx)
	r.done = append(admissions, records...)
	slices.SortStableFunc(r.done, func(a, b doneLine) int { return cmp.Compare(a.id, b.id) })
	r.readAway()
	return err
}

// linesOfRecords reads the lines of the audit about the patients as those of their admissions. The
// audit knows a patient by the record that it was then.
func (r *handoverReading) linesOfRecords(ctx context.Context) ([]doneLine, error) {
	owners, err := r.readOwners(ctx)
	if err != nil {
		return nil, err
	}
	var records []int64
	for _, all := range owners {
		for _, one := range all {
			records = append(records, one.patientID)
		}
	}
	lines, err := r.linesOf(ctx, "patient", records)
	var theirs []doneLine
	for _, line := range lines {
		for admissionID, all := range owners {
			if slices.ContainsFunc(all, line.isOf) {
				line.entityID = admissionID
				theirs = append(theirs, line)
				break
			}
		}
	}
	return theirs, err
}

// linesOf reads the lines of the audit about some admissions or patients.
func (r *handoverReading) linesOf(ctx context.Context, entity string, ids []int64) (
	[]doneLine, error,
) {
	list, args := oneOf([]any{entity, instant(r.Since), instant(r.Until)}, ids)
	// #nosec G202 -- the list is of $n alone
	rows, err := r.q.QueryContext(ctx, `SELECT id, entity_id, action, from_state, to_state, actor, at
		FROM audit WHERE entity = $1 AND entity_id IN `+list+` AND at >= $2 AND at <= $3`, args...)
	lines, err := collect(rows, err, func(row scanner) (d doneLine, err error) {
		d.entity = entity
		err = row.Scan(&d.id, &d.entityID, &d.action, &d.from, &d.to, &d.by, (*instant)(&d.at))
		return d, err
	})
	return lines, wrap(err, "read what was done in ward %d", r.ID)
}

// owner is the record that has an admission, for as long as it does.
type owner struct {
	patientID   int64
	from, until time.Time // zero: always
}

// isOf reports whether a line about a patient is about the owner of an admission while they were.
func (d doneLine) isOf(o owner) bool {
	return d.entityID == o.patientID && !d.at.Before(o.from) &&
		(o.until.IsZero() || !d.at.After(o.until))
}

// readOwners reads whose the admissions of the patients were: where two records are merged, and
// where that is taken back, they change hands.
func (r *handoverReading) readOwners(ctx context.Context) (map[int64][]owner, error) {
	list, args := oneOf(nil, r.admissions())
	// #nosec G202 -- the list is of $n alone
	rows, err := r.q.QueryContext(ctx, `SELECT merged_row.row_id, patient_merge.patient_id,
			patient_merge.into_id, patient_merge.merged_at, patient_merge.undone_at
		FROM merged_row JOIN patient_merge ON patient_merge.id = merged_row.merge_id
		WHERE merged_row.kind = 'admission' AND merged_row.row_id IN `+list+`
		ORDER BY patient_merge.merged_at, patient_merge.id`, args...)
	owners := map[int64][]owner{}
	err = eachRow(rows, err, func(row scanner) error {
		var admissionID, from, into int64
		var merged, undone time.Time
		err := row.Scan(&admissionID, &from, &into, (*instant)(&merged), (*instant)(&undone))
		all := owners[admissionID]
		if len(all) == 0 {
			all = []owner{{patientID: from}}
		}
		all[len(all)-1].until = merged
		all = append(all, owner{into, merged, undone})
		if !undone.IsZero() {
			all = append(all, owner{patientID: from, from: undone})
		}
		owners[admissionID] = all
		return err
	})
	for _, p := range r.Patients {
		if len(owners[p.AdmissionID]) == 0 {
			owners[p.AdmissionID] = []owner{{patientID: p.PatientID}}
		}
	}
	return owners, wrap(err, "read whose the admissions in ward %d were", r.ID)
}

// readAway finds when the patients were not in the hospital: discharged until that was taken back,
// or on leave.
func (r *handoverReading) readAway() {
	r.gone, r.away = map[int64][]timeSpan{}, map[int64][]timeSpan{}
	for _, d := range r.done {
		switch d.action {
		case "admission.discharge":
			r.gone[d.entityID] = begin(r.gone[d.entityID], d.at)
		case "admission.reopen":
			r.gone[d.entityID] = end(r.gone[d.entityID], d.at)
		case "admission.leave":
			r.away[d.entityID] = begin(r.away[d.entityID], d.at)
		case "admission.return":
			r.away[d.entityID] = end(r.away[d.entityID], d.at)
		}
	}
	for _, p := range r.Patients {
		if !p.leaveSince.IsZero() {
			r.away[p.AdmissionID] = append(r.away[p.AdmissionID], timeSpan{from: p.leaveSince})
		}
	}
}

// begin adds a span that begins at a time, unless one goes on.
func begin(spans []timeSpan, at time.Time) []timeSpan {
	if n := len(spans); n > 0 && spans[n-1].until.IsZero() {
		return spans
	}
	return append(spans, timeSpan{from: at})
}

// end ends the span that goes on; where none was seen to begin, it began before.
func end(spans []timeSpan, at time.Time) []timeSpan {
	n := len(spans)
	if n == 0 {
		return append(spans, timeSpan{until: at})
	}
	if spans[n-1].until.IsZero() {
		spans[n-1].until = at
	}
	return spans
}

// wasIn reports whether a patient was admitted at a time that the handover tells of, if only on
// leave.
func (r *handoverReading) wasIn(p HandoverPatient, at time.Time) bool {
	return !p.AdmittedAt.After(at) && !anyHolds(r.gone[p.AdmissionID], at)
}

// wasOnLeave reports whether a patient was on leave at a time that the handover tells of.
func (r *handoverReading) wasOnLeave(p HandoverPatient, at time.Time) bool {
	return anyHolds(r.away[p.AdmissionID], at)
}

// anyHolds reports whether a time is within one of some spans.
func anyHolds(spans []timeSpan, at time.Time) bool {
	return slices.ContainsFunc(spans, func(s timeSpan) bool { return s.holds(at) })
}

// readDiets finds what has changed of what the patients may eat. It looks at all that was done to
// them, as an allergy may be noted of the patient or of the admission.
func (r *handoverReading) readDiets(context.Context) error {
	changes := map[int64][]Change{} // by their admissions
	for _, d := range r.done {
		for _, one := range fieldsOf(d.action, d.from, d.to) {
			if one.By, one.At = d.by, d.at; slices.Contains(dietFields, one.Field) {
				changes[d.entityID] = merge(changes[d.entityID], one)
			}
		}
	}
	place := func(c Change) int { return slices.Index(dietFields, c.Field) }
	for _, p := range r.Patients {
		left := slices.DeleteFunc(changes[p.AdmissionID], Change.isBack)
		slices.SortFunc(left, func(a, b Change) int { return cmp.Compare(place(a), place(b)) })
		if len(left) > 0 {
			r.Diets = append(r.Diets, HandoverDiet{p.HandoverPerson, left})
		}
	}
	return nil
}

// isBack reports whether a field is again what it was.
func (c Change) isBack() bool { return fmt.Sprint(c.From) == fmt.Sprint(c.To) }
