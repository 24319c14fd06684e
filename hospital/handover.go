package hospital

import (
	"context"
	"database/sql"
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
	Patients     []HandoverPatient // who lie in the ward, by their beds, newborns after their mother
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

	bedSince   time.Time
	leaveSince time.Time // zero: they are here
	withMother bool      // a newborn in the mother's bed
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

// HandoverMove is somebody who came into a bed of the ward, or left one for another or to wait. Who
// came back because their discharge was taken back came from none.
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
	Changes []Change // a field each, in the order of a diet order: the diet before the allergies
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

// HandoverMissed is a main meal that was served without the patient, who was in the hospital then
// or on leave. A newborn with its mother is fed with her, and misses only what was ordered for it.
type HandoverMissed struct {
	HandoverPerson
	Meal   Meal
	Served time.Time
	Why    NoMeal
	Last   Order // as MealLine's
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
	q    *sql.Tx
	done []doneLine           // to the patients, since
	gone map[int64][]timeSpan // when the patients of admissions had left the hospital, since
	away map[int64][]timeSpan // when they were on leave, since
}

// read reads all of it.
func (r *handoverReading) read(ctx context.Context, wardID int64) (err error) {
	if r.Ward, err = readWard(ctx, r.q, wardID); err != nil {
		return err
	}
	for _, part := range []func(context.Context) error{r.readBeds, r.readPatients, r.readDone,
		r.readMoves, r.readDiets, r.readHeld, r.readMissed} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// readBeds reads the beds that can't take anyone, or only somebody in particular.
func (r *handoverReading) readBeds(ctx context.Context) error {
	rows, err := r.q.QueryContext(ctx, selectBed+` WHERE bed.ward_id = $1
		AND bed.status NOT IN ('available', 'occupied') AND bed.retired_at IS NULL
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
			admission.admitted_at, admission.version, admission.bed_since, admission.leave_since,
			admission.with_mother, `+shiftNoteColumns+`, `+dietColumns+`
		FROM bed
		JOIN admission ON admission.bed_id = bed.id AND admission.discharged_at IS NULL
		JOIN patient ON patient.id = admission.patient_id
		WHERE bed.ward_id = $1
		ORDER BY length(bed.number), bed.number, admission.with_mother, admission.id`, r.ID)
	r.Patients, err = collect(rows, err, func(row scanner) (p HandoverPatient, err error) {
		columns := append(p.columns(), (*instant)(&p.AdmittedAt), &p.Version,
			(*instant)(&p.bedSince), (*instant)(&p.leaveSince), &p.withMother)
		err = row.Scan(slices.Concat(columns, p.Note.columns(), p.Diet.columns())...)
		return p, err
	})
	return wrap(err, "read who lies in ward %d", r.ID)
}

// columns are where whom a line is about goes.
func (p *HandoverPerson) columns() []any {
	return []any{&p.AdmissionID, &p.PatientID, &p.PatientName, &p.BedNumber}
}

// readHeld finds the open orders of the patients that somebody must look at.
func (r *handoverReading) readHeld(ctx context.Context) error {
	list, args := oneOf([]any{instant(SettingsOf(ctx).pastBefore(r.Until))}, r.admissions())
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
	settings := SettingsOf(ctx)
	for day := r.firstDay(settings); !day.After(settings.Day(r.Until)); day = day.AddDate(0, 0, 1) {
		for _, meal := range settings.MainMeals() {
			served, _ := settings.Serves(meal, r.ID, day)
			if !r.shows(served) {
				continue
			}
			for _, p := range r.Patients {
				if r.wasIn(p, served) {
					r.addMissed(p, meal, served, ordered[plannedMeal{p.AdmissionID, day, meal}])
				}
			}
		}
	}
	return nil
}

// firstDay is the first day whose meals may have been served in the shift: a ward's turn may come
// after midnight.
func (r *handoverReading) firstDay(s *Settings) time.Time {
	return s.Day(r.Since).AddDate(0, 0, -1)
}

// addMissed adds a meal that was served without a patient, if it was.
func (r *handoverReading) addMissed(p HandoverPatient, meal Meal, served time.Time,
	orders []Order) {
	why, last := p.Diet.without(orders, served, r.wasOnLeave(p, served))
	if why != "" && (!p.withMother || last.ID != 0) {
		r.Missed = append(r.Missed, HandoverMissed{p.HandoverPerson, meal, served, why, last})
	}
}

// readOrdered reads the patients' orders of the days that the handover tells of.
func (r *handoverReading) readOrdered(ctx context.Context) (map[plannedMeal][]Order, error) {
	settings := SettingsOf(ctx)
	list, args := oneOf([]any{instant(r.firstDay(settings)), instant(settings.Day(r.Until))},
		r.admissions())
	orders, err := ordersWhere(ctx, r.q, `meal_order.admission_id IN `+list+`
		AND meal_order.service_date >= $1 AND meal_order.service_date <= $2`, args...)
	ordered := map[plannedMeal][]Order{}
	for _, o := range orders {
		planned := plannedMeal{o.AdmissionID, o.ServiceDate, o.Meal}
		ordered[planned] = append(ordered[planned], o)
	}
	return ordered, err
}
