package hospital

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// Handover is what a ward's next shift must know: what has changed since a time, and what is ahead.
// It is read in one snapshot.
type Handover struct {
	Ward
	Since, Until time.Time // Until is when it was read
	Admitted     []HandoverAdmitted
	Moved        []HandoverMove
	Discharged   []HandoverDischarged
	Diets        []HandoverDiet
	Held         []HandoverHeld
	Missed       []HandoverMissed
	Beds         []Bed             // that can't take anyone, or only somebody in particular
	Patients     []HandoverPatient // who lie in the ward, in the order of their beds
}

// HandoverPerson is whom a line of a handover is about.
type HandoverPerson struct {
	AdmissionID int64
	PatientID   int64
	PatientName PatientName
	BedNumber   string // where they lie; of who has left the ward, where they lay last
}

// HandoverPatient is somebody who lies in the ward.
type HandoverPatient struct {
	HandoverPerson
	AdmittedAt time.Time
	Diet       DietOrder
	Note       ShiftNote
	Version    int64 // of the admission
}

// FastsAhead reports whether the patient must not eat at a time or later.
func (p HandoverPatient) FastsAhead(now time.Time) bool {
	return !p.Diet.NilByMouth.From.IsZero() && !p.Diet.NilByMouth.Over(now)
}

// HandoverAdmitted is somebody who came into the hospital, into the ward.
type HandoverAdmitted struct {
	HandoverPerson
	At     time.Time
	Reason string // empty for roles without ReadClinical
}

// HandoverMove is somebody who came into a bed of the ward, or left one for another.
type HandoverMove struct {
	HandoverPerson
	At               time.Time
	FromBed, ToBed   string // empty: none
	FromWard, ToWard string // their names
}

// HandoverDischarged is somebody whose admission ended in the ward.
type HandoverDischarged struct {
	HandoverPerson
	At      time.Time
	Outcome Outcome
}

// HandoverDiet is somebody in the ward whose diet or allergies have changed.
type HandoverDiet struct {
	HandoverPerson
	Changes []Change // a field each, in the order in which they first changed
}

// HandoverHeld is an open order that waits for somebody to look at it.
type HandoverHeld struct {
	HandoverPerson
	OrderID int64
	Meal    Meal
	Due     time.Time
	HeldFor []Hazard
	Stopped string // as Order's
}

// HandoverMissed is a main meal that was served without the patient, who was in the hospital then.
type HandoverMissed struct {
	HandoverPerson
	Meal    Meal
	Served  time.Time
	Why     NoMeal
	OrderID int64  // of the order that came to nothing; 0: there was none
	Reason  string // why it was cancelled; may be empty
}

// How far a handover looks back: by default a long shift, and at most a week.
const (
	ShiftLasts      = 12 * time.Hour
	LongestHandover = 7 * 24 * time.Hour
)

// Handover reads what has changed in a ward since a time; zero is ShiftLasts ago. Invalid for a
// time to come or more than LongestHandover ago; NotFound where there is no such ward.
func (h *Hospital) Handover(ctx context.Context, actor Actor, wardID int64,
	since time.Time) (Handover, error) {
	now := h.clock(ctx)
	if since = since.UTC().Truncate(time.Millisecond); since.IsZero() {
		since = now.Add(-ShiftLasts)
	}
	return readAs(ctx, h, actor, ReadWards, func(ctx context.Context, q *sql.Tx) (Handover, error) {
		reading := handoverReading{q: q, Handover: Handover{Since: since, Until: now}}
		if since.After(now) || since.Before(now.Add(-LongestHandover)) {
			return reading.Handover, refuseField("since", "handover_since",
				"Give a time that is past, at most %d days ago.", int(LongestHandover.Hours()/24))
		}
		err := reading.read(ctx, wardID)
		if !actor.Role.May(ReadClinical) {
			for i := range reading.Admitted {
				reading.Admitted[i].Reason = ""
			}
		}
		return reading.Handover, err
	})
}

// handoverReading is a Handover while it is read.
type handoverReading struct {
	Handover
	q *sql.Tx
}

// read reads all of it.
func (r *handoverReading) read(ctx context.Context, wardID int64) (err error) {
	if r.Ward, err = readWard(ctx, r.q, wardID); err != nil {
		return err
	}
	for _, part := range []func(context.Context) error{r.readBeds, r.readPatients, r.readMoves,
		r.readDiets, r.readHeld, r.readMissed} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// readBeds reads the beds that can't take anyone, or only somebody in particular.
func (r *handoverReading) readBeds(ctx context.Context) error {
	rows, err := r.q.QueryContext(ctx, selectBed+` WHERE bed.ward_id = $1
		AND bed.status NOT IN ('available', 'occupied')
		ORDER BY length(bed.number), bed.number`, r.ID)
	r.Beds, err = collect(rows, err, func(row scanner) (bed Bed, err error) {
		err = row.Scan(bed.columns()...)
		return bed, err
	})
	return wrap(err, "read which beds of ward %d are out", r.ID)
}

// readPatients reads who lies in the ward.
func (r *handoverReading) readPatients(ctx context.Context) error {
	rows, err := r.q.QueryContext(ctx, `SELECT admission.id, patient.id, patient.name, bed.number,
			admission.admitted_at, admission.version, `+shiftNoteColumns+`, `+dietColumns+`
		FROM bed
		JOIN admission ON admission.bed_id = bed.id AND admission.discharged_at IS NULL
		JOIN patient ON patient.id = admission.patient_id
		WHERE bed.ward_id = $1 ORDER BY length(bed.number), bed.number`, r.ID)
	r.Patients, err = collect(rows, err, func(row scanner) (p HandoverPatient, err error) {
		columns := append(p.columns(), (*instant)(&p.AdmittedAt), &p.Version)
		err = row.Scan(slices.Concat(columns, p.Note.columns(), p.Diet.columns())...)
		return p, err
	})
	return wrap(err, "read who lies in ward %d", r.ID)
}

// columns are where whom a line is about goes.
func (p *HandoverPerson) columns() []any {
	return []any{&p.AdmissionID, &p.PatientID, &p.PatientName, &p.BedNumber}
}

// wardStay is a patient's time in one bed, of whatever ward.
type wardStay struct {
	stayer
	wardID       int64
	ward         string
	since, until time.Time // until is zero while they lie there
}

// readMoves finds who came into the ward and who left it: those who came into the hospital, those
// who moved, and those who went home.
func (r *handoverReading) readMoves(ctx context.Context) error {
	moved, err := queryIDs(ctx, r.q, `SELECT admission_id FROM bed_assignment
		WHERE bed_id IN (SELECT id FROM bed WHERE ward_id = $1) AND since >= $2 AND since <= $3
		UNION SELECT admission_id FROM bed_assignment
		WHERE bed_id IN (SELECT id FROM bed WHERE ward_id = $1) AND until >= $2 AND until <= $3`,
		r.ID, instant(r.Since), instant(r.Until))
	if err != nil {
		return wrap(err, "read who came into ward %d and left it", r.ID)
	}
	stays, err := r.readStays(ctx, moved)
	for i, stay := range stays {
		var before wardStay
		if i > 0 && stays[i-1].AdmissionID == stay.AdmissionID {
			before = stays[i-1]
		}
		r.came(before, stay)
		if i+1 == len(stays) || stays[i+1].AdmissionID != stay.AdmissionID {
			r.left(stay)
		}
	}
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

// readStayers reads some admissions by their ids. It is a read of its own: joined to their stays,
// PostgreSQL reads all admissions that ever were, where it has not counted the stays yet.
func (r *handoverReading) readStayers(ctx context.Context,
	admissions []int64) (map[int64]stayer, error) {
	list, args := oneOf(nil, admissions)
	// #nosec G202 -- the list is of $n alone
	rows, err := r.q.QueryContext(ctx, `SELECT admission.id, patient.id, patient.name,
			admission.admitted_at, admission.discharged_at, admission.outcome, admission.reason
		FROM admission JOIN patient ON patient.id = admission.patient_id
		WHERE admission.id IN `+list, args...)
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

// readStays reads all stays in beds of some admissions, those of each one after the other.
func (r *handoverReading) readStays(ctx context.Context, admissions []int64) ([]wardStay, error) {
	stayers, err := r.readStayers(ctx, admissions)
	if err != nil {
		return nil, err
	}
	list, args := oneOf(nil, admissions)
	// #nosec G202 -- the list is of $n alone
	rows, err := r.q.QueryContext(ctx, `SELECT bed_assignment.admission_id, bed.number, bed.ward_id,
			ward.name, bed_assignment.since, bed_assignment.until
		FROM bed_assignment
		JOIN bed ON bed.id = bed_assignment.bed_id
		JOIN ward ON ward.id = bed.ward_id
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
	return stays, wrap(err, "read in which beds they lay")
}

// shows reports whether the handover tells of what happened at a time.
func (r *handoverReading) shows(at time.Time) bool {
	return !at.IsZero() && !at.Before(r.Since) && !at.After(r.Until)
}

// came tells of somebody who came into a bed, before which they lay in another one, or in none.
func (r *handoverReading) came(before, stay wardStay) {
	switch {
	case !r.shows(stay.since) || stay.wardID != r.ID && before.wardID != r.ID:
		return
	case before.AdmissionID == 0 && stay.since.Equal(stay.admittedAt):
		r.Admitted = append(r.Admitted, HandoverAdmitted{stay.HandoverPerson, stay.since, stay.reason})
		return
	case before.until.Before(stay.since): // they had no bed meanwhile
		before = wardStay{}
		if stay.wardID != r.ID {
			return
		}
	}
	r.Moved = append(r.Moved, HandoverMove{stay.HandoverPerson, stay.since, before.BedNumber,
		stay.BedNumber, before.ward, stay.ward})
}

// left tells of somebody who left their last bed: for home, or to wait for another.
func (r *handoverReading) left(stay wardStay) {
	switch {
	case !r.shows(stay.until) || stay.wardID != r.ID:
	case stay.dischargedAt.IsZero():
		r.Moved = append(r.Moved,
			HandoverMove{stay.HandoverPerson, stay.until, stay.BedNumber, "", stay.ward, ""})
	default:
		r.Discharged = append(r.Discharged,
			HandoverDischarged{stay.HandoverPerson, stay.dischargedAt, stay.outcome})
	}
}

// readDiets finds what has changed of what the patients may eat. It looks at all that was done to
// them, as an allergy may be noted of the patient or of the admission.
func (r *handoverReading) readDiets(ctx context.Context) error {
	var ids []int64
	changes := map[int64][]Change{}
	for _, p := range r.Patients {
		ids = append(ids, p.PatientID)
	}
	list, args := oneOf([]any{instant(r.Since), instant(r.Until)}, ids)
	// #nosec G202 -- the list is of $n alone
	rows, err := r.q.QueryContext(ctx, `SELECT patient_id, action, from_state, to_state, actor, at
		FROM audit WHERE patient_id IN `+list+` AND at >= $1 AND at <= $2
		AND entity IN ('admission', 'patient') ORDER BY id`, args...)
	err = eachRow(rows, err, func(row scanner) error {
		var patientID int64
		var action, from, to string
		var last Change
		err := row.Scan(&patientID, &action, &from, &to, &last.By, (*instant)(&last.At))
		for _, one := range fieldsOf(action, from, to) {
			if one.By, one.At = last.By, last.At; slices.Contains(dietFields, one.Field) {
				changes[patientID] = merge(changes[patientID], one)
			}
		}
		return err
	})
	for _, p := range r.Patients {
		if left := slices.DeleteFunc(changes[p.PatientID], Change.isBack); len(left) > 0 {
			r.Diets = append(r.Diets, HandoverDiet{p.HandoverPerson, left})
		}
	}
	return wrap(err, "read which diets have changed in ward %d", r.ID)
}

// isBack reports whether a field is again what it was.
func (c Change) isBack() bool { return fmt.Sprint(c.From) == fmt.Sprint(c.To) }

// readHeld finds the open orders of the patients that somebody must look at.
func (r *handoverReading) readHeld(ctx context.Context) error {
	list, args := oneOf([]any{instant(pastBefore(r.Until))}, r.admissions())
	orders, err := ordersWhere(ctx, r.q, `meal_order.ended_at IS NULL AND meal_order.due >= $1
		AND (meal_order.status = 'held' OR meal_order.stopped <> '')
		AND meal_order.admission_id IN `+list, args...)
	for _, o := range orders {
		r.Held = append(r.Held, HandoverHeld{r.person(o.AdmissionID), o.ID, o.Meal, o.Due, o.HeldFor,
			o.Stopped})
	}
	return err
}

// admissions are those of the patients.
func (r *handoverReading) admissions() []int64 {
	ids := make([]int64, len(r.Patients))
	for i, p := range r.Patients {
		ids[i] = p.AdmissionID
	}
	return ids
}

// person is the patient of an admission.
func (r *handoverReading) person(admissionID int64) HandoverPerson {
	i := slices.IndexFunc(r.Patients, func(p HandoverPatient) bool {
		return p.AdmissionID == admissionID
	})
	return r.Patients[i].HandoverPerson
}

// plannedMeal is one meal of one day.
type plannedMeal struct {
	admissionID int64
	day         time.Time
	meal        Meal
}

// readMissed finds the main meals that came and went without a patient.
func (r *handoverReading) readMissed(ctx context.Context) error {
	ordered, err := r.readOrdered(ctx)
	if err != nil {
		return err
	}
	for day := today(r.Since); !day.After(r.Until); day = day.AddDate(0, 0, 1) {
		for _, meal := range Meals {
			served := MealTimes[meal].at(day)
			if !meal.Main() || !r.shows(served) {
				continue
			}
			for _, p := range r.Patients {
				if p.AdmittedAt.After(served) {
					continue
				}
				orders := ordered[plannedMeal{p.AdmissionID, day, meal}]
				if why, last := p.Diet.without(orders, served); why != "" {
					r.Missed = append(r.Missed, HandoverMissed{p.HandoverPerson, meal, served, why,
						last.ID, last.CancelReason})
				}
			}
		}
	}
	return nil
}

// readOrdered reads the patients' orders of the days that the handover tells of.
func (r *handoverReading) readOrdered(ctx context.Context) (map[plannedMeal][]Order, error) {
	list, args := oneOf([]any{instant(today(r.Since)), instant(today(r.Until))}, r.admissions())
	orders, err := ordersWhere(ctx, r.q, `meal_order.admission_id IN `+list+`
		AND meal_order.service_date >= $1 AND meal_order.service_date <= $2`, args...)
	ordered := map[plannedMeal][]Order{}
	for _, o := range orders {
		planned := plannedMeal{o.AdmissionID, o.ServiceDate, o.Meal}
		ordered[planned] = append(ordered[planned], o)
	}
	return ordered, err
}
