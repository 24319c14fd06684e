package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"
)

// Tray is a delivery as whoever looks for one to carry sees it: where it goes and since when it
// waits. Whom it is for and what they eat is told to its courier alone. Where the courier is now is
// on the delivery's own page alone.
type Tray struct {
	Delivery
	Meal       Meal
	Due        time.Time // when it is to be eaten
	ReadySince time.Time
	Claimable  bool // nobody carries it, or its courier can't go on with it
}

// RoundStop is a tray as its courier's tablet shows it: the two identifiers, what to carry and what
// must not go wrong.
type RoundStop struct {
	Tray
	PatientName PatientName // the second identifier at the bedside; for an address whom to ask for
	BirthDate   time.Time
	Diet        Diet    // empty for an address
	Texture     Texture // regular for an address
	Allergies   Allergies
	Isolation   Isolation // empty for an address
	HeldFor     []Hazard  // why a stopped tray must come back
	Dishes      []TicketDish
	Notes       string // on the order
	Phone       string // of an address
	Price       int    // to be collected at an address, in the smallest unit of the currency
	CodeLocked  bool   // too many wrong codes were given: the customer needs another one
}

// EndedTray is a tray that its courier has handed over or brought back a while ago, and may still
// do something about.
type EndedTray struct {
	Tray
	// until when the courier may take back how it ended; zero: no more
	UndoUntil time.Time
	Resend    bool // it was not handed over, and may be sent again
}

// Round is what goes to one ward, or one zone, together.
type Round[Stop any] struct {
	WardID int64  // 0: a zone's, or for patients who have no bed now
	ZoneID int64  // 0: a ward's, or for patients who have no bed now
	Name   string // ward code and name, or zone; empty for patients who have no bed now
	Stops  []Stop // by bed number
}

// DeliveryBoard is what a courier's tablet shows: what waits, and the courier's own. For whoever
// oversees all couriers, theirs wait too. Wards come first, by code, then patients who have no bed
// now, then zones by name.
type DeliveryBoard struct {
	Metrics
	Waiting   []Round[Tray]
	Mine      []Round[RoundStop]
	Carts     []Cart                 // that wait for a courier; their trays are in Waiting too
	Ended     []EndedTray            // the reader's own, the last one first
	LastWard  int64                  // where the reader handed something over last; 0: nowhere of late
	Out       []TraysOut             // by ward
	Couriers  []string               // to whom the reader may hand a delivery over
	Past      []Tray                 // of both, whose day is over, oldest first
	Counts    map[DeliveryStatus]int // open ones, and those that ended today
	At        time.Time
	Revisions // of DeliveriesTopic and MetricsTopic
}

// DeliveryBoard reads it. For roles that hold ReadDeliveries.
func (h *Hospital) DeliveryBoard(ctx context.Context, actor Actor) (DeliveryBoard, error) {
	return readAs(ctx, h, actor, ReadDeliveries,
		func(ctx context.Context, q *sql.Tx) (board DeliveryBoard, err error) {
			board.At = h.clock(ctx)
			if board.Revisions, err = revisions(ctx, q, DeliveriesTopic, MetricsTopic); err != nil {
				return board, err
			}
			if board.Metrics, err = readMetrics(ctx, q); err != nil {
				return board, err
			}
			if board.Counts, err = countDeliveries(ctx, q, board.At); err != nil {
				return board, err
			}
			if err := board.readTrays(ctx, q, actor); err != nil {
				return board, err
			}
			err = board.readOwn(ctx, q, actor)
			return board, err
		})
}

// readOwn adds the carts that wait, what the actor has ended of late and with whom they work.
func (b *DeliveryBoard) readOwn(ctx context.Context, q *sql.Tx, actor Actor) error {
	carts, err := readOpenCarts(ctx, q)
	if err != nil {
		return err
	}
	b.Carts = slices.DeleteFunc(carts, func(k Cart) bool { return !k.claimable() })
	if b.Ended, b.LastWard, err = readEnded(ctx, q, b.At, actor); err != nil {
		return err
	}
	if b.Out, err = countTraysOut(ctx, q, b.At); err != nil {
		return err
	}
	b.Couriers, err = couriers(ctx, q, actor)
	return err
}

// readEnded reads what the actor has handed over or brought back and may still do something about,
// the last one first, and the ward of the last one of all.
func readEnded(ctx context.Context, q *sql.Tx, now time.Time, actor Actor) (ended []EndedTray,
	lastWard int64, err error) {
	rows, err := q.QueryContext(ctx, `SELECT `+trayColumns+`,
			NOT EXISTS (SELECT 1 FROM delivery later
				WHERE later.order_id = delivery.order_id AND later.id > delivery.id)
		`+deliveryTables+` WHERE delivery.courier_id = $1 AND delivery.ended_at > $2
		AND delivery.ended_at < $3 ORDER BY delivery.ended_at DESC, delivery.id DESC`,
		actor.UserID, instant(now.Add(-CarriedShows)), uncounted(now))
	before := SettingsOf(ctx).pastBefore(now)
	err = eachRow(rows, err, func(row scanner) error {
		var d destined[Tray]
		var last bool
		if err := d.scan(row, actor, &last); err != nil {
			return err
		}
		if lastWard == 0 {
			lastWard = d.wardID
		}
		one := EndedTray{Tray: d.tray}
		one.Resend = last && one.Status == DeliveryFailed && !one.Due.Before(before)
		until := one.StatusSince.Add(UndoDeliveryWithin)
		if last && !now.After(until) &&
			(one.Status == DeliveryDelivered || one.Status == DeliveryFailed) {
			one.UndoUntil = until
		}
		if one.Resend || !one.UndoUntil.IsZero() {
			ended = append(ended, one)
		}
		return nil
	})
	return ended, lastWard, wrap(err, "read what user %d has carried", actor.UserID)
}

// readTrays adds the trays that wait and those that the actor carries.
func (b *DeliveryBoard) readTrays(ctx context.Context, q *sql.Tx, actor Actor) error {
	waiting, err := readWaiting(ctx, q, actor)
	if err != nil {
		return err
	}
	carried, err := readMine(ctx, q, actor)
	if err != nil {
		return err
	}
	var past, own []Tray
	before := SettingsOf(ctx).pastBefore(b.At)
	b.Waiting, past = splitTrays(waiting, before)
	b.Mine, own = splitTrays(carried, before)
	b.Past = append(past, own...)
	slices.SortFunc(b.Past, func(a, b Tray) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID))
	})
	return nil
}

// countDeliveries counts by status what is open and not past, and what has ended today.
func countDeliveries(ctx context.Context, q *sql.Tx,
	now time.Time) (map[DeliveryStatus]int, error) {
	settings := SettingsOf(ctx)
	counts := map[DeliveryStatus]int{}
	rows, err := q.QueryContext(ctx, `SELECT delivery.status, count(*) FROM delivery
		JOIN meal_order ON meal_order.id = delivery.order_id
		WHERE delivery.ended_at IS NULL AND meal_order.due >= $3 GROUP BY delivery.status
		UNION ALL SELECT status, count(*) FROM delivery WHERE ended_at >= $1
		AND ended_at < $2 GROUP BY status`,
		instant(settings.DayBegins(now)), uncounted(now), instant(settings.pastBefore(now)))
	err = eachRow(rows, err, func(row scanner) error {
		var status DeliveryStatus
		var n int
		err := row.Scan(&status, &n)
		counts[status] = n
		return err
	})
	return counts, wrap(err, "count the deliveries")
}

// The columns and tables of a tray, and which trays are on the board: open ones.
const (
	trayColumns = deliveryColumns + `, meal_order.meal, meal_order.due, delivery.ready_at,
		COALESCE(ward.name, ''), address.zone_id`
	openTrays = ` WHERE delivery.ended_at IS NULL AND `
)

// destined is a tray with what it is sorted and grouped by.
type destined[Stop any] struct {
	stop   Stop
	tray   Tray
	wardID int64
	ward   string
	zoneID int64
	zone   string
	locked bool // by wrong codes
}

// scan reads a row that begins with trayColumns and has more columns after them, as far as the
// actor may know of the tray.
func (d *destined[Stop]) scan(row scanner, actor Actor, more ...any) error {
	r, err := scanDelivery(row, append([]any{&d.tray.Meal, (*instant)(&d.tray.Due),
		(*instant)(&d.tray.ReadySince), &d.ward, (*reference)(&d.zoneID)}, more...)...)
	d.tray.Delivery, d.wardID, d.zone = r.shownTo(actor), r.WardID, r.Zone
	d.locked = r.Tries >= mostTries
	d.tray.Claimable = r.claimable()
	d.tray.Latitude, d.tray.Longitude, d.tray.LocatedAt = nil, nil, time.Time{}
	return err
}

// readWaiting reads the trays that may be claimed; for who oversees all couriers, everyone else's
// too.
func readWaiting(ctx context.Context, q *sql.Tx, actor Actor) ([]destined[Tray], error) {
	condition, args := `COALESCE(delivery.courier_id, 0) <> $1`, []any{actor.UserID}
	if !actor.Role.May(OverseeDeliveries) {
		condition += ` AND (delivery.courier_id IS NULL OR ` + courierGone + `
			OR wrong_code.given >= $2)`
		args = append(args, mostWrongCodes)
	}
	// #nosec G202 -- the condition is one of this package's own, with $n for what people send
	rows, err := q.QueryContext(ctx,
		`SELECT `+trayColumns+deliveryTables+openTrays+condition, args...)
	trays, err := collect(rows, err, func(row scanner) (d destined[Tray], err error) {
		err = d.scan(row, actor)
		d.stop = d.tray
		return d, err
	})
	return trays, wrap(err, "read what waits for a courier")
}

// readMine reads the trays that the actor carries, with all that is needed at the bedside.
func readMine(ctx context.Context, q *sql.Tx, actor Actor) ([]destined[RoundStop], error) {
	rows, err := q.QueryContext(ctx,
		`SELECT `+trayColumns+`, COALESCE(patient.name, address.full_name), patient.birth_date,
			COALESCE(admission.diet, ''), COALESCE(admission.texture, 7), patient.allergies,
			COALESCE(admission.isolation, ''), meal_order.held_for, meal_order.notes,
			COALESCE(address.phone, ''), meal_order.price, `+dishesOfOrder+
			deliveryTables+` LEFT JOIN patient ON patient.id = admission.patient_id`+openTrays+
			`delivery.courier_id = $1`, actor.UserID)
	plates := plates{}
	stops, err := collect(rows, err, func(row scanner) (d destined[RoundStop], err error) {
		var dishes []Dish
		err = d.scan(row, actor, &d.stop.PatientName, (*instant)(&d.stop.BirthDate), &d.stop.Diet,
			&d.stop.Texture, (*allergyList)(&d.stop.Allergies), &d.stop.Isolation,
			(*list[Hazard])(&d.stop.HeldFor), &d.stop.Notes, &d.stop.Phone, &d.stop.Price,
			plates.onto(&dishes))
		d.stop.Tray, d.stop.Dishes, d.stop.CodeLocked = d.tray, onTicket(dishes), d.locked
		return d, err
	})
	return stops, wrap(err, "read the rounds of user %d", actor.UserID)
}

// splitTrays groups trays into rounds, but for those that were due before a time and are past.
func splitTrays[Stop any](trays []destined[Stop],
	before time.Time) (present []Round[Stop], past []Tray) {
	isPast := func(d destined[Stop]) bool { return d.tray.Due.Before(before) }
	for _, d := range trays {
		if isPast(d) {
			past = append(past, d.tray)
		}
	}
	return rounds(slices.DeleteFunc(trays, isPast)), past
}

// PastDays counts the trays that are not finished by their day, the oldest first.
func (b DeliveryBoard) PastDays(s *Settings) []PastDay {
	return pastDays(s, b.Past, func(t Tray) time.Time { return t.Due })
}

// name is that of the round which the tray belongs to.
func (d destined[Stop]) name() string {
	if d.wardID != 0 {
		return d.tray.WardCode + " " + d.ward
	}
	return d.zone
}

// compare sorts trays into rounds: by ward, by zone, and within by bed.
func (d destined[Stop]) compare(other destined[Stop]) int {
	kind := func(d destined[Stop]) int {
		switch {
		case d.wardID != 0:
			return 0
		case d.zoneID == 0:
			return 1
		}
		return 2
	}
	return cmp.Or(cmp.Compare(kind(d), kind(other)),
		cmp.Compare(d.tray.WardCode, other.tray.WardCode),
		cmp.Compare(d.zone, other.zone), cmp.Compare(d.zoneID, other.zoneID),
		cmp.Compare(len(d.tray.BedNumber), len(other.tray.BedNumber)),
		cmp.Compare(d.tray.BedNumber, other.tray.BedNumber), cmp.Compare(d.tray.ID, other.tray.ID))
}

// rounds groups trays by where they go.
func rounds[Stop any](trays []destined[Stop]) []Round[Stop] {
	slices.SortFunc(trays, destined[Stop].compare)
	var rounds []Round[Stop]
	for _, d := range trays {
		n := len(rounds)
		if n == 0 || rounds[n-1].WardID != d.wardID || rounds[n-1].ZoneID != d.zoneID {
			rounds = append(rounds, Round[Stop]{WardID: d.wardID, ZoneID: d.zoneID, Name: d.name()})
		}
		last := &rounds[len(rounds)-1]
		last.Stops = append(last.Stops, d.stop)
	}
	return rounds
}
