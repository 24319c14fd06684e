package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// BedStatus is the state of a bed. "Pending discharge" is not one: it belongs to the admission.
type BedStatus string

// The states of a bed.
const (
	BedAvailable   BedStatus = "available"
	BedReserved    BedStatus = "reserved"
	BedOccupied    BedStatus = "occupied"
	BedCleaning    BedStatus = "cleaning"
	BedMaintenance BedStatus = "maintenance"
	BedClosed      BedStatus = "closed"
)

// BedStatuses lists the states in the order in which counts are shown.
var BedStatuses = []BedStatus{BedAvailable, BedReserved, BedOccupied, BedCleaning, BedMaintenance,
	BedClosed}

// bedSteps is the table of the steps that a person may order with SetBedStatus. Occupied is neither
// a source nor a target here: only admissions, transfers and discharges fill and empty a bed.
// Nothing leads from maintenance or closed straight to available: such a bed is cleaned first.
var bedSteps = map[BedStatus][]BedStatus{
	BedAvailable:   {BedReserved, BedCleaning, BedMaintenance, BedClosed},
	BedReserved:    {BedAvailable, BedClosed},
	BedCleaning:    {BedAvailable, BedMaintenance, BedClosed},
	BedMaintenance: {BedCleaning, BedClosed},
	BedClosed:      {BedCleaning},
}

// bedWords are the states as a sentence about a bed says them.
var bedWords = map[BedStatus]string{
	BedAvailable:   "available",
	BedReserved:    "reserved",
	BedOccupied:    "occupied",
	BedCleaning:    "being cleaned",
	BedMaintenance: "in maintenance",
	BedClosed:      "closed",
}

// Valid reports whether s is one of BedStatuses.
func (s BedStatus) Valid() bool { return slices.Contains(BedStatuses, s) }

// TakesPatient reports whether a patient can be put into a bed in status s.
func (s BedStatus) TakesPatient() bool { return s == BedAvailable || s == BedReserved }

// NextBedStatuses lists what SetBedStatus accepts for a bed in status s; empty for an occupied bed.
// The caller must not change the slice.
func NextBedStatuses(s BedStatus) []BedStatus { return bedSteps[s] }

// Bed is a place for one patient.
type Bed struct {
	ID       int64
	WardID   int64
	WardName string
	// unique among those that are not retired, such as "MED-A-05"; it is also what is scanned at
	// the bedside
	Number        string
	Status        BedStatus
	StatusReason  string // why it is reserved, in maintenance or closed; may be empty
	StatusSince   time.Time
	ReservedUntil time.Time // for a reserved bed: when it becomes available again by itself
	ReservedFor   int64     // for a reserved bed: the patient; 0: nobody by name
	ReservedName  PatientName
	Fitness
	Cleaning Cleaning // for a bed in cleaning: how far that is
	Version  int64    // counts the bed's changes

	RetiredAt time.Time // zero: it is not
	RetiredBy string
}

// Retired reports whether the bed is out of the hospital for good.
func (b Bed) Retired() bool { return !b.RetiredAt.IsZero() }

// BedStatusCommand is what SetBedStatus needs.
type BedStatusCommand struct {
	Status    BedStatus
	Reason    string
	PatientID int64     // for BedReserved: for whom; 0: for nobody by name
	Until     time.Time // for BedReserved: how long; zero: for ReservationLasts
	// What the person saw; 0 where they did not say.
	AdmissionID int64 // of who lies in the bed; not there now: Conflict "another_patient"
	Version     int64 // of the bed; another one now: Conflict "bed_outdated"
}

// BedDetail is one bed with all that its page shows to a person of the actor's role.
type BedDetail struct {
	BoardBed
	WardOpen bool
	// of the ward
	Speciality    string
	WardVersion   int64
	PatientNumber string           // the hospital's; "": none
	BirthDate     time.Time        // of the patient; zero: unknown
	Sex           string           // of the patient
	Reason        string           // for admission; empty for roles without ReadClinical
	Noted         []NotedAllergy   // Admission.Allergies, each with who noted it and when
	Placement     Placement        // of the patient
	Note          ShiftNote        // about the patient, for the next shift
	Fasting       Window           // when the patient is nil by mouth; also one that is over
	Orders        []Order          // open ones of the admission, the next due first
	Waiting       []WaitingPatient // for a bed that can take someone: who waits for a bed
	FreeBeds      []FreeBed        // for an occupied bed: where its patient could go
	Customers     []string         // who may order for the patient; empty without LinkCustomers
	Mother        int64            // of a newborn: the admission of its mother; 0: not known
	Newborns      []Occupant       // of the patient, wherever they lie
	Others        []Occupant       // in the other beds, those of the ward first
	Undoable      bool             // the patient's transfer into this bed can still be taken back
	Left          *LeftPatient     // of an empty bed: who left it last; nil: nobody of late
	At            time.Time        // when it was read
	Revisions                      // of the ward's topic and of MetricsTopic
}

// FreeBed is a bed that a patient could be put into.
type FreeBed struct {
	ID       int64
	Number   string
	WardName string
	Status   BedStatus // available or reserved
	// For a reserved bed: for what, for whom and until when.
	StatusReason  string
	ReservedFor   int64
	ReservedName  PatientName
	ReservedUntil time.Time
	Fitness
	Version int64
}

const (
	bedColumns = `bed.id, bed.ward_id, ward.name, bed.number, bed.status, bed.status_reason,
		bed.status_since, ` + reservedColumns + `, ` + fitnessColumns + `, bed.version,
		bed.cleaning_since, bed.cleaning_by, bed.cleaning_stat, bed.retired_at, bed.retired_by`
	reservedColumns = `bed.reserved_until, bed.reserved_for, COALESCE((SELECT kept.name
		FROM patient AS kept WHERE kept.id = bed.reserved_for), '')`
	selectBed = `SELECT ` + bedColumns + ` FROM bed JOIN ward ON ward.id = bed.ward_id`
)

// columns are where bedColumns go.
func (b *Bed) columns() []any {
	columns := []any{&b.ID, &b.WardID, &b.WardName, &b.Number, &b.Status, &b.StatusReason,
		(*instant)(&b.StatusSince), (*instant)(&b.ReservedUntil), (*reference)(&b.ReservedFor),
		&b.ReservedName}
	return append(append(columns, b.Fitness.columns()...), &b.Version,
		(*instant)(&b.Cleaning.StartedAt), &b.Cleaning.By, &b.Cleaning.Stat,
		(*instant)(&b.RetiredAt), &b.RetiredBy)
}

// readBed reads one bed. NotFound where there is none.
func readBed(ctx context.Context, q *sql.Tx, id int64) (bed Bed, err error) {
	err = q.QueryRowContext(ctx, selectBed+` WHERE bed.id = $1`, id).Scan(bed.columns()...)
	return bed, wrapRow(err, unknownBed, "read bed %d", id)
}

// selectBoardBed reads beds with the admission in each, if any.
const selectBoardBed = `SELECT ` + bedColumns + `,
		admission.id, admission.patient_id, COALESCE(patient.name, ''), admission.admitted_at,
		admission.bed_since, admission.expected_discharge,
		COALESCE(admission.discharge_planned, FALSE), COALESCE(admission.diet, ''),
		COALESCE(admission.texture, 0), admission.nil_by_mouth_from, admission.nil_by_mouth_until,
		patient.allergies, COALESCE(admission.allergies_confirmed, FALSE),
		COALESCE(patient.sex, ''), COALESCE(admission.isolation, ''),
		admission.leave_since, admission.leave_until,
		(SELECT count(*) FROM admission newborn WHERE newborn.bed_id = bed.id
			AND newborn.discharged_at IS NULL AND newborn.with_mother),
		COALESCE(admission.version, 0)
	FROM bed
	JOIN ward ON ward.id = bed.ward_id
	LEFT JOIN admission ON admission.bed_id = bed.id AND admission.discharged_at IS NULL
		AND NOT admission.with_mother
	LEFT JOIN patient ON patient.id = admission.patient_id`

// scanBoardBed reads a row of selectBoardBed as of now.
func scanBoardBed(row scanner, now time.Time) (BoardBed, error) {
	var bed BoardBed
	var admission BoardAdmission
	var nilByMouth Window
	err := row.Scan(append(bed.columns(),
		(*reference)(&admission.AdmissionID), (*reference)(&admission.PatientID), &admission.PatientName,
		(*instant)(&admission.AdmittedAt), (*instant)(&admission.BedSince),
		(*instant)(&admission.ExpectedDischarge), &admission.DischargePlanned,
		&admission.Diet, &admission.Texture,
		(*instant)(&nilByMouth.From), (*instant)(&nilByMouth.Until),
		(*allergyList)(&admission.Allergies), &admission.AllergiesConfirmed,
		&admission.Sex, &admission.Isolation,
		(*instant)(&admission.LeaveSince), (*instant)(&admission.LeaveUntil), &admission.Newborns,
		&admission.Version)...)
	if err != nil {
		return bed, err
	}
	bed.Late = bed.Status == BedCleaning && bed.Cleaning.isLate(bed.StatusSince, now)
	if admission.AdmissionID != 0 {
		admission.setFasting(nilByMouth, now)
		admission.Overdue = admission.DischargePlanned && admission.LeaveSince.IsZero() &&
			!admission.ExpectedDischarge.After(now)
		bed.Admission = &admission
	}
	return bed, nil
}

// setFasting says whether the patient must not eat now, or soon.
func (a *BoardAdmission) setFasting(window Window, now time.Time) {
	a.NilByMouth = window.Holds(now)
	if ahead := window.From.Sub(now); ahead > 0 && ahead < FastingAhead {
		a.NilByMouthFrom = window.From
	}
}

// BedDetail reads a bed's page. Forbidden without ReadWards, NotFound where there is no such bed.
func (h *Hospital) BedDetail(ctx context.Context, actor Actor, bedID int64) (BedDetail, error) {
	return readAs(ctx, h, actor, ReadWards,
		func(ctx context.Context, q *sql.Tx) (detail BedDetail, err error) {
			bed, err := readBed(ctx, q, bedID)
			if err != nil {
				return detail, err
			}
			if detail, err = readBedDetail(ctx, q, bed, h.clock(ctx)); err != nil {
				return detail, err
			}
			if !actor.Role.May(ReadClinical) {
				detail.Reason = ""
			}
			if detail.Admission != nil && actor.Role.May(LinkCustomers) {
				detail.Customers, err = customersOf(ctx, q, detail.Admission.PatientID)
			}
			return detail, err
		})
}

// unknownBed is the refusal of a bed that a path names and that does not exist.
func unknownBed() error { return Refuse(NotFound, "bed_unknown", "There is no such bed.") }

// readBedDetail reads all that the bed's page shows.
func readBedDetail(ctx context.Context, q *sql.Tx, bed Bed,
	now time.Time) (detail BedDetail, err error) {
	moved, err := revisions(ctx, q, WardTopic(bed.WardID), MetricsTopic)
	if err != nil {
		return detail, err
	}
	ward, err := readWard(ctx, q, bed.WardID)
	if err != nil {
		return detail, err
	}
	board, err := readBoardBed(ctx, q, bed.ID, now)
	if err != nil {
		return detail, err
	}
	detail = BedDetail{BoardBed: board, WardOpen: ward.Open,
		Speciality: ward.Speciality, WardVersion: ward.Version, At: now, Revisions: moved}
	if detail.Admission != nil {
		err = detail.readAdmission(ctx, q)
		return detail, err
	}
	if ward.Open && detail.Status.TakesPatient() {
		if detail.Waiting, err = waitingPatients(ctx, q, now, everyWaiting); err != nil {
			return detail, err
		}
		if detail.Others, err = occupantsBut(ctx, q, detail.Bed); err != nil {
			return detail, err
		}
	}
	detail.Left, err = leftPatient(ctx, q, bed.ID, now)
	return detail, err
}

// readAdmission adds what the page shows of the patient in the bed.
func (d *BedDetail) readAdmission(ctx context.Context, q *sql.Tx) error {
	var record AllergyRecord
	err := q.QueryRowContext(ctx, `
		SELECT COALESCE(patient.number, ''), patient.birth_date, patient.sex,
			admission.reason, patient.allergies, admission.nil_by_mouth_from, admission.nil_by_mouth_until,
			admission.mother_admission_id, `+shiftNoteColumns+`
		FROM admission JOIN patient ON patient.id = admission.patient_id
		WHERE admission.id = $1`, d.Admission.AdmissionID).
		Scan(append([]any{&d.PatientNumber, (*instant)(&d.BirthDate), &d.Sex, &d.Reason,
			(*notedList)(&record),
			(*instant)(&d.Fasting.From), (*instant)(&d.Fasting.Until), (*reference)(&d.Mother)},
			d.Note.columns()...)...)
	if err != nil {
		return fmt.Errorf("read the patient in bed %d: %w", d.ID, err)
	}
	d.Noted = record.Noted
	if d.Placement, err = readPlacement(ctx, q, d.Admission.AdmissionID); err != nil {
		return err
	}
	if d.Orders, err = d.Admission.readOrders(ctx, q, d.At); err != nil {
		return err
	}
	if d.FreeBeds, err = freeBeds(ctx, q); err != nil {
		return err
	}
	if d.Newborns, err = newbornsOf(ctx, q, d.Admission.AdmissionID, d.ID); err != nil {
		return err
	}
	if d.Others, err = occupantsBut(ctx, q, d.Bed); err != nil {
		return err
	}
	beds, err := bedAssignments(ctx, q, d.Admission.AdmissionID)
	back := backFrom(beds)
	d.Undoable = back.to.Act == byTransfer && !back.to.Since.Before(d.At.Add(-UndoTransferWithin))
	return err
}

// readBoardBed reads one bed with the admission in it as of now.
func readBoardBed(ctx context.Context, q *sql.Tx, id int64, now time.Time) (BoardBed, error) {
	row := q.QueryRowContext(ctx, selectBoardBed+` WHERE bed.id = $1`, id)
	board, err := scanBoardBed(row, now)
	return board, wrap(err, "read who lies in bed %d", id)
}

// readOrders reads the open orders of the admission, the next due first, and shows those that are
// not past as its meals.
func (s *BoardAdmission) readOrders(ctx context.Context, q *sql.Tx,
	now time.Time) ([]Order, error) {
	orders, err := openOrders(ctx, q, s.AdmissionID)
	slices.SortStableFunc(orders, func(a, b Order) int { return a.Due.Compare(b.Due) })
	before := SettingsOf(ctx).pastBefore(now)
	for _, o := range orders {
		if !o.Due.Before(before) {
			s.Meals = append(s.Meals, BoardMeal{o.ID, o.Meal, o.Status, o.Stopped, o.Version})
		}
	}
	return orders, err
}

// freeBeds lists where a patient could be put, by number.
func freeBeds(ctx context.Context, q *sql.Tx) ([]FreeBed, error) {
	rows, err := q.QueryContext(ctx, `SELECT bed.id, bed.number, ward.name, bed.status,
			bed.status_reason, `+reservedColumns+`, `+fitnessColumns+`, bed.version
		FROM bed JOIN ward ON ward.id = bed.ward_id
		WHERE ward.is_open AND bed.status IN ($1, $2)
		ORDER BY ward.position, ward.code, length(bed.number), bed.number`, BedAvailable, BedReserved)
	return collect(rows, err, func(row scanner) (bed FreeBed, err error) {
		columns := []any{&bed.ID, &bed.Number, &bed.WardName, &bed.Status, &bed.StatusReason,
			(*instant)(&bed.ReservedUntil), (*reference)(&bed.ReservedFor), &bed.ReservedName}
		err = row.Scan(append(append(columns, bed.Fitness.columns()...), &bed.Version)...)
		return bed, err
	})
}

// SetBedStatus takes a bed from one state to another as bedSteps allows. Invalid for a status that
// nobody can set by hand, Conflict with the current BoardBed for a step that the table lacks,
// Forbidden where closing or reopening is not for this role. Setting the state that the bed already
// has is a Conflict too, and so is to keep a bed for a patient whose death is on record.
func (h *Hospital) SetBedStatus(ctx context.Context, actor Actor, bedID int64,
	cmd BedStatusCommand) (Bed, error) {
	cmd.Reason = tidy(cmd.Reason)
	cmd.Until = conceivable(cmd.Until.UTC().Truncate(time.Millisecond))
	if err := cmp.Or(actor.need(ChangeBeds), cmd.check()); err != nil {
		return Bed{}, err
	}
	return command(ctx, h, actor, func(ctx context.Context, c *change) (Bed, error) {
		kept, err := c.reservationOf(ctx, cmd)
		if err != nil {
			return Bed{}, err
		}
		bed, err := c.lockBed(ctx, bedID)
		if err != nil {
			return bed, err
		}
		err = c.checkOccupant(ctx, bed, cmd.AdmissionID)
		if err == nil {
			err = bed.checkTransition(actor, cmd)
		}
		if err != nil {
			return bed, c.bedRefused(ctx, err, bed, cmd.Version)
		}
		err = c.putBedFor(ctx, &bed, cmd.Status, cmd.Reason, kept)
		return bed, err
	})
}

// check returns what is wrong with the fields.
func (cmd BedStatusCommand) check() error {
	wrong := fields{}
	switch {
	case !cmd.Status.Valid():
		wrong.refuse("status", "bed_status_unknown", "Choose one of the states of a bed.")
	case cmd.Status == BedOccupied:
		wrong.refuse("status", "bed_status_not_by_hand",
			"A bed becomes occupied by admitting or transferring a patient.")
	}
	wrong.text("reason", cmd.Reason, LongestReason)
	return wrong.err()
}

// checkTransition returns why the actor may not take the bed to another state, or nil.
func (b Bed) checkTransition(actor Actor, to BedStatusCommand) error {
	if to.Status == BedClosed || b.Status == BedClosed {
		if err := actor.need(CloseBeds); err != nil {
			return err
		}
	}
	switch {
	case to.Version != 0 && to.Version != b.Version:
		return b.outdated()
	case b.Retired():
		return b.retired()
	case b.Status == to.Status && (to.Status != BedReserved || !to.keepsOtherwise(b)):
		return b.conflict("bed_already", "Bed %s is already %s.", b.Number, bedWords[b.Status])
	case b.Status == BedOccupied:
		return b.conflict("bed_occupied",
			"Bed %s is occupied. Transfer or discharge its patient first.", b.Number)
	case b.Status != to.Status && !slices.Contains(bedSteps[b.Status], to.Status):
		return b.conflict("bed_step", "Bed %s is %s. From there it can only become: %s.",
			b.Number, bedWords[b.Status], named(bedSteps[b.Status], bedWords))
	}
	return nil
}

// outdated is the refusal of a command whose giver saw another version.
func (b Bed) outdated() error {
	return b.conflict("bed_outdated",
		"Bed %s has changed meanwhile: it is %s now. Look again before you change it.",
		b.Number, bedWords[b.Status])
}

// checkOccupant refuses unless the patient of an admission lies in the locked bed. Of no admission
// nothing is asked.
func (c *change) checkOccupant(ctx context.Context, bed Bed, admissionID int64) error {
	if admissionID == 0 {
		return nil
	}
	there, err := scanValue[bool](c.tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM admission
		WHERE id = $1 AND bed_id = $2 AND discharged_at IS NULL)`, admissionID, bed.ID))
	if err == nil && !there {
		return anotherPatient().With(bed)
	}
	return wrap(err, "read who lies in bed %d", bed.ID)
}

// bedRefused adds to a refusal of a command on the locked bed what it shows: what has changed since
// the version that was seen, and in the bed who lies there, for those who read wards.
func (c *change) bedRefused(ctx context.Context, err error, bed Bed, version int64) error {
	refusal, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	if _, shown := refusal.Current.(Bed); shown && c.actor.Role.May(ReadWards) {
		board, err := readBoardBed(ctx, c.tx, bed.ID, c.now)
		if err != nil {
			return err
		}
		board.Bed = bed // as it stands without the command that is refused
		refusal.Current = board
	}
	return c.withChanges(ctx, err, "bed", bed.ID, version, bed.Version)
}

// conflict is a refusal because of the state in which the bed stands.
func (b Bed) conflict(code, format string, args ...any) error {
	return Refuse(Conflict, code, format, args...).With(b)
}

// lockBed keeps the bed from everyone else until the commit and returns it as it stands. NotFound
// where there is none.
func (c *change) lockBed(ctx context.Context, id int64) (Bed, error) {
	if _, err := c.lock(ctx, "bed", id); err != nil {
		return Bed{}, err
	}
	return readBed(ctx, c.tx, id)
}

// putBed takes a locked bed to a status and records it.
func (c *change) putBed(ctx context.Context, bed *Bed, to BedStatus, reason string) error {
	return c.putBedFor(ctx, bed, to, reason, reservation{})
}

// putBedFor is putBed with for whom a reserved bed is kept. It is the only way for a bed's status
// to change.
func (c *change) putBedFor(ctx context.Context, bed *Bed, to BedStatus, reason string,
	kept reservation) error {
	from := bed.Status
	bed.Status, bed.StatusSince, bed.StatusReason = to, c.now, ""
	bed.ReservedUntil, bed.ReservedFor, bed.ReservedName = time.Time{}, 0, ""
	bed.Cleaning = Cleaning{}
	switch to {
	case BedReserved:
		bed.StatusReason, bed.ReservedUntil = reason, kept.until
		bed.ReservedFor, bed.ReservedName = kept.patientID, kept.name
		if kept.until.IsZero() {
			bed.ReservedUntil = c.now.Add(ReservationLasts)
		}
	case BedMaintenance, BedClosed:
		bed.StatusReason = reason
	}
	err := c.tx.QueryRowContext(ctx, `UPDATE bed SET status = $2, status_reason = $3,
			status_since = $4, reserved_until = $5, reserved_for = $6, cleaning_since = NULL,
			cleaning_by = '', cleaning_stat = FALSE, version = version + 1
		WHERE id = $1 RETURNING version`,
		bed.ID, bed.Status, bed.StatusReason, instant(bed.StatusSince),
		instant(bed.ReservedUntil), reference(bed.ReservedFor)).Scan(&bed.Version)
	if err != nil {
		return fmt.Errorf("take bed %d to %s: %w", bed.ID, to, err)
	}
	c.record(entry{action: "bed.status", entity: "bed", entityID: bed.ID, wardID: bed.WardID,
		patientID: bed.ReservedFor, from: string(from), to: string(to), reason: reason,
		version: bed.Version}, bed)
	return nil
}

// checkFree returns why a patient can't be put into the locked bed now, or nil.
func (c *change) checkFree(ctx context.Context, bed Bed) error {
	ward, err := readWard(ctx, c.tx, bed.WardID)
	if err != nil {
		return err
	}
	switch {
	case !ward.Open:
		return bed.conflict("ward_closed",
			"Ward %s is closed and takes nobody in. Choose a bed in another ward.", ward.Name)
	case bed.Status == BedOccupied:
		return c.bedTaken(ctx, bed)
	case !bed.Status.TakesPatient():
		return bed.conflict("bed_not_free", "Bed %s is %s. Choose a bed that is available.",
			bed.Number, bedWords[bed.Status])
	}
	return nil
}

// checkFreeInVersion is checkFree for a bed that somebody has seen in a version; 0: they did not
// say in which.
func (c *change) checkFreeInVersion(ctx context.Context, bed Bed, version int64) error {
	err := c.checkFree(ctx, bed)
	if err == nil && version != 0 && version != bed.Version {
		err = bed.outdated()
	}
	return c.bedRefused(ctx, err, bed, version)
}

// bedTaken says who lies in the bed.
func (c *change) bedTaken(ctx context.Context, bed Bed) error {
	patient, err := scanValue[PatientName](c.tx.QueryRowContext(ctx, `SELECT patient.name
		FROM admission JOIN patient ON patient.id = admission.patient_id
		WHERE admission.bed_id = $1 AND admission.discharged_at IS NULL
		AND NOT admission.with_mother`, bed.ID))
	if err != nil {
		return fmt.Errorf("read who lies in bed %d: %w", bed.ID, err)
	}
	return bed.conflict("bed_taken", "Bed %s is occupied: %s lies there. Choose another bed.",
		bed.Number, c.actor.called(patient))
}

// ReleaseExpiredReservations makes every bed available whose reservation has run out, and returns
// how many.
func (h *Hospital) ReleaseExpiredReservations(ctx context.Context) (int, error) {
	expired, err := readValue(ctx, h, func(ctx context.Context, q *sql.Tx) ([]int64, error) {
		return queryIDs(ctx, q,
			`SELECT id FROM bed WHERE status = 'reserved' AND reserved_until <= $1 ORDER BY id`,
			instant(h.clock(ctx)))
	})
	if err != nil {
		return 0, err
	}
	return h.eachByItself(ctx, expired, "bed", (*change).releaseReservation)
}

// releaseReservation makes the bed available if its reservation has really run out, and reports
// whether it did.
func (c *change) releaseReservation(ctx context.Context, id int64) (bool, error) {
	bed, err := c.lockBed(ctx, id)
	if err != nil {
		return false, err
	}
	if bed.Status != BedReserved || bed.ReservedUntil.After(c.now) {
		return false, nil
	}
	return true, c.putBed(ctx, &bed, BedAvailable, "reservation ran out")
}
