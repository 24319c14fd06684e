package hospital

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// Metrics are the hospital's numbers, exact at the moment they were read.
type Metrics struct {
	OccupancyRate     float64 // BedCounts.OccupancyRate over all open wards
	PatientCount      int     // open admissions, those without a bed too
	PendingDischarges int     // open admissions that are marked for discharge
	ActiveWards       int     // open wards with at least one bed in service
}

// AdmissionLine is an admission as the dashboards' lists show it.
type AdmissionLine struct {
	AdmissionID       int64
	PatientName       PatientName
	BedID             int64 // 0: waiting for a bed
	BedNumber         string
	WardID            int64
	WardName          string
	AdmittedAt        time.Time
	ExpectedDischarge time.Time
	OnLeave           bool
	Late              bool // in its list: the time to leave is over, or the wait is a LongWait
}

// LongWait is how long a patient waits for a bed until that is too long.
const LongWait = 4 * time.Hour

// HeldLine is an order of a patient that is held, or whose tray must come back, as the dashboards'
// lists show it.
type HeldLine struct {
	AdmissionLine
	OrderID int64
	Meal    Meal
	Due     time.Time
	HeldFor []Hazard // empty where nothing speaks against it any more
	Stopped string
}

// FastingLine is a patient whose time of nil by mouth is over, and whom nobody has let eat again
// yet.
type FastingLine struct {
	AdmissionLine
	Over   time.Time // since when
	Missed int       // main meals
}

// BedLine is a bed in cleaning as the dashboards' lists show it.
type BedLine struct {
	ID       int64
	Number   string
	WardID   int64
	WardName string
	Since    time.Time // when it was left
	Cleaning Cleaning
	Late     bool // it should be clean by now
	Version  int64
}

// ListLimit is the most lines a dashboard's list has; what is beyond it is counted.
const ListLimit = 12

// MedicalDashboard is what medical staff see first, read in one snapshot. Lists are of the wards it
// was asked for, oldest need first; recent admissions newest first.
type MedicalDashboard struct {
	Metrics
	// Lists of lines have at most ListLimit; the counts go beyond.
	Wards             []WardSummary
	RecentAdmissions  []AdmissionLine  // open admissions of the last 24 hours
	PendingDischarges []AdmissionLine  // soonest first
	Waiting           []WaitingPatient // of the whole hospital, the most pressing first
	Held              []HeldLine       // soonest due first
	Fasted            []FastingLine    // longest first
	Missed            []MissedRound    // of the wards asked for, to be ordered late
	WaitingCount      int
	PendingCount      int // of the wards asked for
	HeldCount         int
	FastedCount       int
	At                time.Time
	Revisions         // of MetricsTopic
}

// ManagementDashboard is what ward managers see first, read in one snapshot.
type ManagementDashboard struct {
	Metrics
	Counts            BedCounts // of all open wards
	Wards             []WardSummary
	PendingDischarges []AdmissionLine
	PendingCount      int
	BedsToClean       []BedLine     // stat first, then the longest dirty; at most ListLimit
	Missed            []MissedRound // to be ordered late
	CleaningCount     int
	Waiting           []WaitingPatient
	WaitingCount      int
	At                time.Time
	Revisions         // of MetricsTopic
}

// MedicalDashboard reads it for some wards; none given means all, and then patients who wait for a
// bed are of it too.
func (h *Hospital) MedicalDashboard(ctx context.Context, actor Actor,
	wardIDs []int64) (MedicalDashboard, error) {
	return readAs(ctx, h, actor, ReadMedicalDashboard,
		func(ctx context.Context, q *sql.Tx) (MedicalDashboard, error) {
			return readMedicalDashboard(ctx, q, h.clock(ctx), wardIDs)
		})
}

// readMedicalDashboard reads it for some wards, as of now.
func readMedicalDashboard(ctx context.Context, q *sql.Tx, now time.Time,
	wardIDs []int64) (d MedicalDashboard, err error) {
	s, err := readStanding(ctx, q)
	if err != nil {
		return d, err
	}
	d = MedicalDashboard{At: now, Revisions: s.Revisions, Metrics: s.metrics(), Wards: s.wards,
		WaitingCount: s.waiting, PendingCount: s.pending}
	elsewhere := func(w Ward) bool { return len(wardIDs) > 0 && !slices.Contains(wardIDs, w.ID) }
	if len(wardIDs) > 0 {
		d.Wards = slices.DeleteFunc(s.wards, func(w WardSummary) bool { return elsewhere(w.Ward) })
		d.PendingCount = 0
		for _, w := range d.Wards {
			d.PendingCount += w.PendingDischarges
		}
	}
	if d.RecentAdmissions, err = recentAdmissions(ctx, q, now, wardIDs); err != nil {
		return d, err
	}
	if d.PendingDischarges, err = pendingDischarges(ctx, q, now, wardIDs); err != nil {
		return d, err
	}
	if d.Waiting, err = waitingPatients(ctx, q, now, ListLimit); err != nil {
		return d, err
	}
	if d.Missed, err = readMissed(ctx, q, now, MedicalStaff); err != nil {
		return d, err
	}
	d.Missed = slices.DeleteFunc(d.Missed, func(m MissedRound) bool { return elsewhere(m.Ward) })
	err = d.readMeals(ctx, q, wardIDs)
	return d, err
}

// ManagementDashboard reads it.
func (h *Hospital) ManagementDashboard(ctx context.Context,
	actor Actor) (ManagementDashboard, error) {
	return readAs(ctx, h, actor, ReadManagementDashboard,
		func(ctx context.Context, q *sql.Tx) (ManagementDashboard, error) {
			return readManagementDashboard(ctx, q, h.clock(ctx))
		})
}

// readManagementDashboard reads it as of now.
func readManagementDashboard(ctx context.Context, q *sql.Tx,
	now time.Time) (d ManagementDashboard, err error) {
	s, err := readStanding(ctx, q)
	if err != nil {
		return d, err
	}
	d = ManagementDashboard{At: now, Revisions: s.Revisions, Metrics: s.metrics(), Wards: s.wards,
		Counts: s.openCounts(), WaitingCount: s.waiting, PendingCount: s.pending}
	for _, w := range s.wards {
		d.CleaningCount += w.Counts.Cleaning
	}
	if d.PendingDischarges, err = pendingDischarges(ctx, q, now, nil); err != nil {
		return d, err
	}
	if d.BedsToClean, err = bedsToClean(ctx, q, now); err != nil {
		return d, err
	}
	d.BedsToClean = d.BedsToClean[:min(len(d.BedsToClean), ListLimit)]
	if d.Missed, err = readMissed(ctx, q, now, WardManagement); err != nil {
		return d, err
	}
	d.Waiting, err = waitingPatients(ctx, q, now, ListLimit)
	return d, err
}

// standing is how the hospital stands: what all dashboards count from.
type standing struct {
	Revisions // of MetricsTopic
	wards     []WardSummary
	patients  int // open admissions
	pending   int // those marked for discharge
	waiting   int // those without a bed
}

// readStanding reads it in three statements, whatever the number of wards and of admissions that
// have ended.
func readStanding(ctx context.Context, q *sql.Tx) (s standing, err error) {
	if s.Revisions, err = revisions(ctx, q, MetricsTopic); err != nil {
		return s, err
	}
	if s.wards, err = wardSummaries(ctx, q); err != nil {
		return s, err
	}
	err = q.QueryRowContext(ctx,
		`SELECT count(*), count(*) FILTER (WHERE discharge_planned),
			count(*) FILTER (WHERE bed_id IS NULL AND NOT with_mother)
		FROM admission WHERE discharged_at IS NULL`).Scan(&s.patients, &s.pending, &s.waiting)
	return s, wrap(err, "count the open admissions")
}

// readMetrics reads the hospital's numbers alone.
func readMetrics(ctx context.Context, q *sql.Tx) (Metrics, error) {
	s, err := readStanding(ctx, q)
	return s.metrics(), err
}

// openCounts adds up the beds of the open wards.
func (s standing) openCounts() (all BedCounts) {
	for _, w := range s.wards {
		if w.Open {
			all = all.plus(w.Counts)
		}
	}
	return all
}

// metrics are the hospital's numbers.
func (s standing) metrics() Metrics {
	m := Metrics{OccupancyRate: s.openCounts().OccupancyRate(), PatientCount: s.patients,
		PendingDischarges: s.pending}
	for _, w := range s.wards {
		if w.Open && w.Counts.InService() > 0 {
			m.ActiveWards++
		}
	}
	return m
}

// The columns and tables of admissions in a list. What is asked of meals comes between them.
const (
	admissionLineColumns = `admission.id, patient.name, admission.bed_id, COALESCE(bed.number, ''),
		bed.ward_id, COALESCE(ward.name, ''), admission.admitted_at, admission.expected_discharge,
		admission.leave_since IS NOT NULL`
	admissionLineTables = ` FROM admission
		JOIN patient ON patient.id = admission.patient_id
		LEFT JOIN bed ON bed.id = admission.bed_id
		LEFT JOIN ward ON ward.id = bed.ward_id `
)

// scanAdmissionLine reads a row of admissionLineColumns and more columns after them.
func scanAdmissionLine(row scanner, more ...any) (a AdmissionLine, err error) {
	err = row.Scan(append([]any{&a.AdmissionID, &a.PatientName, (*reference)(&a.BedID),
		&a.BedNumber, (*reference)(&a.WardID), &a.WardName, (*instant)(&a.AdmittedAt),
		(*instant)(&a.ExpectedDischarge), &a.OnLeave}, more...)...)
	return a, err
}

// inWards adds to a condition that an admission lies in one of some wards; none given means any.
func inWards(condition string, args []any, wardIDs []int64) (string, []any) {
	if len(wardIDs) == 0 {
		return condition, args
	}
	list, args := oneOf(args, wardIDs)
	return condition + ` AND admission.bed_id IN (SELECT id FROM bed
		WHERE ward_id IN ` + list + `)`, args
}

// admissionLines lists the first ListLimit open admissions of some wards, or of all, that condition
// selects and order sorts. It looks up the patients and beds of these alone, however many there
// are. The arguments that condition names begin with $2.
func admissionLines(ctx context.Context, q *sql.Tx, wardIDs []int64, condition, order string,
	args ...any) ([]AdmissionLine, error) {
	condition, args = inWards(condition, append([]any{ListLimit}, args...), wardIDs)
	first := `SELECT admission.id FROM admission WHERE admission.discharged_at IS NULL
		AND ` + condition + ` ORDER BY ` + order + ` LIMIT $1`
	// #nosec G202 -- the condition is one of this package's own, with $n for what people send
	rows, err := q.QueryContext(ctx, `SELECT `+admissionLineColumns+admissionLineTables+
		`WHERE admission.id IN (`+first+`) ORDER BY `+order, args...)
	return collect(rows, err, func(row scanner) (AdmissionLine,
		error) {
		return scanAdmissionLine(row)
	})
}

// selectHeld reads the orders of open admissions that are held, or whose trays must come back, and
// that are not past by $1, through the index of open orders.
const selectHeld = `SELECT ` + admissionLineColumns + `, meal_order.id, meal_order.meal,
		meal_order.due, meal_order.held_for, meal_order.stopped` + admissionLineTables + `
	JOIN meal_order ON meal_order.admission_id = admission.id
	WHERE admission.discharged_at IS NULL AND meal_order.ended_at IS NULL
	AND (meal_order.status = 'held' OR meal_order.stopped <> '') AND meal_order.due >= $1`

// selectFasted reads the open admissions whose time of nil by mouth is over by $1 and that nobody
// has let eat again.
const selectFasted = `SELECT ` + admissionLineColumns + `, admission.nil_by_mouth_from,
		admission.nil_by_mouth_until` + admissionLineTables + `
	WHERE admission.discharged_at IS NULL AND admission.nil_by_mouth_from IS NOT NULL
	AND admission.nil_by_mouth_until <= $1`

// readMeals adds what medical staff must look at of the meals in some wards, or in all.
func (d *MedicalDashboard) readMeals(ctx context.Context, q *sql.Tx, wardIDs []int64) error {
	query, args := inWards(selectHeld, []any{instant(SettingsOf(ctx).pastBefore(d.At))}, wardIDs)
	rows, err := q.QueryContext(ctx, query+` ORDER BY meal_order.due, meal_order.id`, args...)
	held, err := collect(rows, err, func(row scanner) (l HeldLine, err error) {
		l.AdmissionLine, err = scanAdmissionLine(row, &l.OrderID, &l.Meal, (*instant)(&l.Due),
			(*list[Hazard])(&l.HeldFor), &l.Stopped)
		return l, err
	})
	if err != nil {
		return fmt.Errorf("read the held orders: %w", err)
	}
	query, args = inWards(selectFasted, []any{instant(d.At)}, wardIDs)
	rows, err = q.QueryContext(ctx,
		query+` ORDER BY admission.nil_by_mouth_until, admission.id`, args...)
	fasted, err := collect(rows, err, func(row scanner) (l FastingLine, err error) {
		var window Window
		l.AdmissionLine, err = scanAdmissionLine(row, (*instant)(&window.From), (*instant)(&window.Until))
		l.Over, l.Missed = window.Until, window.MealsMissed(SettingsOf(ctx), d.At)
		return l, err
	})
	if err != nil {
		return fmt.Errorf("read who may eat again: %w", err)
	}
	d.HeldCount, d.FastedCount = len(held), len(fasted)
	d.Held, d.Fasted = held[:min(len(held), ListLimit)], fasted[:min(len(fasted), ListLimit)]
	return nil
}

// recentAdmissions lists who was admitted in the 24 hours before now, newest first.
func recentAdmissions(ctx context.Context, q *sql.Tx, now time.Time,
	wardIDs []int64) ([]AdmissionLine, error) {
	return admissionLines(ctx, q, wardIDs, `admission.admitted_at > $2`,
		`admission.admitted_at DESC, admission.id DESC`, instant(now.Add(-24*time.Hour)))
}

// pendingDischarges lists who is marked for discharge, soonest first. Nobody who is on leave is
// late.
func pendingDischarges(ctx context.Context, q *sql.Tx, now time.Time,
	wardIDs []int64) ([]AdmissionLine, error) {
	lines, err := admissionLines(ctx, q, wardIDs, `admission.discharge_planned`,
		`admission.expected_discharge, admission.id`)
	for i := range lines {
		lines[i].Late = !lines[i].OnLeave && !lines[i].ExpectedDischarge.After(now)
	}
	return lines, err
}
