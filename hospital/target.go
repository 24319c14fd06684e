package hospital

import (
	"context"
	"database/sql"
	"slices"
	"time"
)

// Target is what a notification leads to: something that its reader may look up.
type Target struct {
	Kind TargetKind
	ID   int64 // 0 for the kitchen's wall
}

// TargetKind says what a Target is.
type TargetKind string

// The kinds of targets.
const (
	NoTarget        TargetKind = ""
	TargetOrder     TargetKind = "order"
	TargetDelivery  TargetKind = "delivery"
	TargetAdmission TargetKind = "admission" // one that has not ended
	TargetWard      TargetKind = "ward"
	TargetKitchen   TargetKind = "kitchen" // the wall, narrowed to the ward and meal
)

// NoticePatient is a patient whom a notification is about, as far as its reader may know them.
// Whoever has left is in no list: of an admission that has ended nothing is told.
type NoticePatient struct {
	AdmissionID int64
	PatientName PatientName // for those who may read wards
	Initials    string      // for the kitchen
	BedNumber   string      // where they lie now; empty while they wait for a bed
	WardID      int64       // of that bed
	OnLeave     bool        // away now: their meals are held
	Ordered     bool        // of a meal round: there is an order for them by now
}

// addWhatIsSeen adds to notifications what they lead to and whom they are about, as far as the
// reader may look it up now.
func addWhatIsSeen(ctx context.Context, q *sql.Tx, now time.Time, reader Actor,
	all []Notification) error {
	seen, err := readSeen(ctx, q, now, reader, all)
	if err != nil {
		return err
	}
	settings := SettingsOf(ctx)
	yesterday := settings.At(settings.Day(now).AddDate(0, 0, -1), 0)
	for i, n := range all {
		all[i].Target = seen.target(reader.Role, n.About)
		if seen.tellsOf(n, reader.Role, yesterday) {
			all[i].Patients = seen.patientsOf(n.About, reader.Role, settings.WallNames)
		}
	}
	return nil
}

// whatIsSeen is what there is to look up of some notifications.
type whatIsSeen struct {
	orders, deliveries map[int64]bool
	patients           map[int64]NoticePatient // of open admissions
	ordered            map[orderedMeal]bool
}

// orderedMeal is one meal of a day for one patient.
type orderedMeal struct {
	admissionID int64
	meal        Meal
	day         int64 // milliseconds since 1970
}

func readSeen(ctx context.Context, q *sql.Tx, now time.Time, reader Actor,
	all []Notification) (seen whatIsSeen, err error) {
	var orders, deliveries, admissions []int64
	var days []instant
	for _, n := range all {
		orders = append(orders, n.About.OrderID)
		deliveries = append(deliveries, n.About.DeliveryID)
		admissions = append(admissions, n.About.AdmissionIDs...)
		if n.About.ofRound() && !n.About.ServiceDate.IsZero() {
			days = append(days, instant(n.About.ServiceDate))
		}
	}
	if seen.orders, err = whichOrders(ctx, q, now, reader, distinct(orders)); err != nil {
		return seen, err
	}
	if reader.Role.May(CarryDeliveries) {
		seen.deliveries, err = deliveriesSeen(ctx, q, now, reader, distinct(deliveries))
		return seen, err
	}
	if !reader.Role.May(ReadWards) && !reader.Role.May(ReadKitchen) {
		return seen, nil
	}
	if seen.patients, err = openPatients(ctx, q, distinct(admissions)); err != nil {
		return seen, err
	}
	seen.ordered, err = mealsOrdered(ctx, q, distinct(admissions), days)
	return seen, err
}

// distinct lists the ids that are not 0, each once.
func distinct(ids []int64) []int64 {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return slices.DeleteFunc(slices.Compact(ids), func(id int64) bool { return id == 0 })
}

// whichOrders is ordersSeen for a reader who may have been told of none.
func whichOrders(ctx context.Context, q *sql.Tx, now time.Time, reader Actor,
	ids []int64) (map[int64]bool, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return ordersSeen(ctx, q, now, reader, ids...)
}

// deliveriesSeen returns which of some deliveries a courier may read: deliveryRow.authorize for
// many.
func deliveriesSeen(ctx context.Context, q *sql.Tx, now time.Time, courier Actor,
	ids []int64) (map[int64]bool, error) {
	if len(ids) == 0 || courier.oversees() {
		return setOf(ids), nil
	}
	list, args := oneOf([]any{courier.UserID, instant(now.Add(-CarriedShows))}, ids)
	// #nosec G202 -- the list is of $n alone
	found, err := queryIDs(ctx, q, `SELECT id FROM delivery WHERE (ended_at IS NULL
		OR courier_id = $1 AND ended_at > $2) AND id IN `+list, args...)
	return setOf(found), wrap(err, "read which deliveries user %d may read", courier.UserID)
}

// openPatients reads who the patients of those of some admissions are that have not ended.
func openPatients(ctx context.Context, q *sql.Tx, ids []int64) (map[int64]NoticePatient, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, args := oneOf(nil, ids)
	// #nosec G202 -- the list is of $n alone
	rows, err := q.QueryContext(ctx,
		`SELECT admission.id, patient.name, COALESCE(bed.number, ''), bed.ward_id,
			admission.leave_since IS NOT NULL
		FROM admission JOIN patient ON patient.id = admission.patient_id
		LEFT JOIN bed ON bed.id = admission.bed_id
		WHERE admission.discharged_at IS NULL AND admission.id IN `+list, args...)
	found := make(map[int64]NoticePatient, len(ids))
	err = eachRow(rows, err, func(row scanner) error {
		var p NoticePatient
		err := row.Scan(&p.AdmissionID, &p.PatientName, &p.BedNumber, (*reference)(&p.WardID),
			&p.OnLeave)
		p.Initials = p.PatientName.Initials()
		found[p.AdmissionID] = p
		return err
	})
	return found, wrap(err, "read whom notifications are about")
}

// mealsOrdered reads which meals of some days were ordered for some admissions and not cancelled.
func mealsOrdered(ctx context.Context, q *sql.Tx, admissions []int64, days []instant) (
	map[orderedMeal]bool, error) {
	if len(admissions) == 0 || len(days) == 0 {
		return nil, nil
	}
	whose, args := oneOf(nil, admissions)
	when, args := oneOf(args, slices.Compact(days))
	// #nosec G202 -- the lists are of $n alone
	rows, err := q.QueryContext(ctx,
		`SELECT admission_id, meal, service_date FROM meal_order
		WHERE status NOT IN ('cancelled', 'undelivered')
		AND admission_id IN `+whose+` AND service_date IN `+when, args...)
	found := map[orderedMeal]bool{}
	err = eachRow(rows, err, func(row scanner) error {
		var o orderedMeal
		err := row.Scan(&o.admissionID, &o.meal, &o.day)
		found[o] = true
		return err
	})
	return found, wrap(err, "read what is ordered for whom notifications are about")
}

// target is what leads a role to what a notification is about.
func (seen whatIsSeen) target(role Role, about About) Target {
	switch {
	case seen.deliveries[about.DeliveryID]:
		return Target{TargetDelivery, about.DeliveryID}
	case seen.orders[about.OrderID]:
		return Target{TargetOrder, about.OrderID}
	case about.ofRound() && role.May(ReadWards) && about.WardID != 0:
		return Target{TargetWard, about.WardID}
	case about.ofRound() && role.May(ReadKitchen):
		return Target{Kind: TargetKitchen}
	case about.OrderID == 0 && len(about.AdmissionIDs) == 1 && role.May(ReadWards):
		if id := about.AdmissionIDs[0]; seen.patients[id].AdmissionID == id {
			return Target{TargetAdmission, id}
		}
	}
	return Target{}
}

// tellsOf reports whether a role may know whom a notification is about: the kitchen only for as
// long as it may read the order, from the beginning of yesterday on.
func (seen whatIsSeen) tellsOf(n Notification, role Role, yesterday time.Time) bool {
	if role.May(ReadWards) {
		return true
	}
	return role.May(ReadKitchen) && !n.CreatedAt.Before(yesterday)
}

// patientsOf lists the patients of a notification who are still here, by name or by initials.
func (seen whatIsSeen) patientsOf(about About, role Role,
	form WallNames) (patients []NoticePatient) {
	for _, id := range about.AdmissionIDs {
		p, open := seen.patients[id]
		if !open {
			continue
		}
		if role.May(ReadWards) {
			p.Initials = ""
		} else {
			p.Initials, p.PatientName = p.PatientName.onWall(form), ""
		}
		p.Ordered = seen.ordered[orderedMeal{id, about.Meal, about.ServiceDate.UnixMilli()}]
		patients = append(patients, p)
	}
	return patients
}
