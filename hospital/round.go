package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// RoundStop is a delivery as the courier's tablet shows it: the two identifiers, what to carry and what must not go wrong. Where the
// courier is now is on the delivery's own page alone.
type RoundStop struct {
	Delivery
	PatientName PatientName // to be asked for at the bedside: the second identifier. For an address: who is to be asked for
	BirthDate   time.Time
	Meal        Meal
	Diet        Diet    // empty for an address
	Texture     Texture // regular for an address
	Allergies   Allergies
	Dishes      []TicketDish
	Phone       string // of an address
	ReadySince  time.Time
}

// Round is the deliveries that go to one ward, or one zone, together.
type Round struct {
	Name  string      // ward code and name, or zone; empty for patients who have no bed now
	Stops []RoundStop // by bed number
}

// DeliveryBoard is what a courier's tablet shows: what waits, and the courier's own. Wards come first, by code, then zones by name.
type DeliveryBoard struct {
	Metrics
	Waiting   []Round
	Mine      []Round
	Counts    map[DeliveryStatus]int // open ones, and those that ended today in Kigali
	At        time.Time
	Revisions // of DeliveriesTopic and MetricsTopic
}

// DeliveryBoard reads it for a courier; an admin sees all as waiting. For roles that hold ReadDeliveries.
func (h *Hospital) DeliveryBoard(ctx context.Context, actor Actor) (DeliveryBoard, error) {
	if err := actor.need(ReadDeliveries); err != nil {
		return DeliveryBoard{}, err
	}
	board := DeliveryBoard{At: h.clock(ctx)}
	err := h.read(ctx, func(ctx context.Context, q *sql.Tx) (err error) {
		if board.Revisions, err = revisions(ctx, q, DeliveriesTopic, MetricsTopic); err != nil {
			return err
		}
		s, err := readStanding(ctx, q)
		if err != nil {
			return err
		}
		board.Metrics = s.metrics()
		if board.Counts, err = countDeliveries(ctx, q, startOfDay(board.At)); err != nil {
			return err
		}
		stops, err := readStops(ctx, q, actor)
		if err != nil {
			return err
		}
		board.Waiting, board.Mine = rounds(stops, actor)
		return nil
	})
	if err != nil {
		return DeliveryBoard{}, err
	}
	return board, nil
}

// startOfDay is when the day of t began in Kigali.
func startOfDay(t time.Time) time.Time {
	year, month, day := t.In(kigali).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, kigali).UTC()
}

// countDeliveries counts by status what is open and what has ended since a time.
func countDeliveries(ctx context.Context, q *sql.Tx, since time.Time) (map[DeliveryStatus]int, error) {
	counts := map[DeliveryStatus]int{}
	rows, err := q.QueryContext(ctx, `SELECT status, count(*) FROM delivery WHERE ended_at IS NULL GROUP BY status
		UNION ALL SELECT status, count(*) FROM delivery WHERE ended_at >= $1 GROUP BY status`, instant(since))
	if err != nil {
		return nil, fmt.Errorf("count the deliveries: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var status DeliveryStatus
		var n int
		if err := rows.Scan(&status, &n); err != nil {
			return nil, fmt.Errorf("count the deliveries: %w", err)
		}
		counts[status] = n
	}
	return counts, rows.Err()
}

// stop is a RoundStop with what it is sorted by.
type stop struct {
	RoundStop
	wardName, zone string
}

// readStops reads the open deliveries that are the actor's or may be claimed; for who carries none, all of them.
func readStops(ctx context.Context, q *sql.Tx, actor Actor) ([]stop, error) {
	condition, args := ` WHERE delivery.ended_at IS NULL`, []any(nil)
	if actor.Role.May(CarryDeliveries) {
		condition += ` AND (delivery.courier_id IS NULL OR delivery.courier_id = $1 OR courier.disabled)`
		args = []any{actor.UserID}
	}
	rows, err := q.QueryContext(ctx, `SELECT `+runColumns+`, COALESCE(ward.name, ''), COALESCE(zone.name, ''),
			COALESCE(patient.name, address.full_name), patient.birth_date, meal_order.meal, COALESCE(admission.diet, ''),
			COALESCE(admission.texture, 7), admission.allergies, COALESCE(address.phone, ''), delivery.ready_at`+runTables+`
		LEFT JOIN zone ON zone.id = address.zone_id
		LEFT JOIN patient ON patient.id = admission.patient_id`+condition, args...)
	stops, err := collect(rows, err, scanStop)
	if err != nil {
		return nil, fmt.Errorf("read the rounds: %w", err)
	}
	dishes, err := dishesWhere(ctx, q, `meal_order.ended_at IS NULL AND meal_order.status IN ('ready', 'in_transit')`)
	if err != nil {
		return nil, err
	}
	for i := range stops {
		for _, dish := range dishes[stops[i].OrderID] {
			stops[i].Dishes = append(stops[i].Dishes, TicketDish{ID: dish.ID, Name: dish.Name, Station: dish.Station})
		}
	}
	return stops, nil
}

// scanStop reads a row of readStops.
func scanStop(row scanner) (s stop, err error) {
	r, err := scanRun(row, &s.wardName, &s.zone, &s.PatientName, (*instant)(&s.BirthDate), &s.Meal, &s.Diet, &s.Texture,
		(*allergyList)(&s.Allergies), &s.Phone, (*instant)(&s.ReadySince))
	s.Delivery = r.Delivery
	s.Latitude, s.Longitude, s.LocatedAt = nil, nil, time.Time{}
	return s, err
}

// name is that of the round which the stop belongs to.
func (s stop) name() string {
	if s.BedID != 0 {
		return s.WardCode + " " + s.wardName
	}
	return s.zone
}

// compare sorts stops into rounds: by ward, by zone, and within by bed.
func (s stop) compare(other stop) int {
	kind := func(s stop) int {
		switch {
		case s.BedID != 0:
			return 0
		case s.zone == "":
			return 1
		}
		return 2
	}
	return cmp.Or(cmp.Compare(kind(s), kind(other)), cmp.Compare(s.WardCode, other.WardCode), cmp.Compare(s.zone, other.zone),
		cmp.Compare(len(s.BedNumber), len(other.BedNumber)), cmp.Compare(s.BedNumber, other.BedNumber), cmp.Compare(s.ID, other.ID))
}

// rounds groups stops: a courier's own, and those that wait. For who carries none all of them wait.
func rounds(stops []stop, actor Actor) (waiting, mine []Round) {
	slices.SortFunc(stops, stop.compare)
	for _, s := range stops {
		to := &waiting
		if s.CourierID == actor.UserID && actor.Role.May(CarryDeliveries) {
			to = &mine
		}
		if len(*to) == 0 || (*to)[len(*to)-1].Name != s.name() {
			*to = append(*to, Round{Name: s.name()})
		}
		last := &(*to)[len(*to)-1]
		last.Stops = append(last.Stops, s.RoundStop)
	}
	return waiting, mine
}
