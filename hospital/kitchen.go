package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"
)

// Ticket is an order as the kitchen sees it: bed and initials, never the full name, reason or
// history.
type Ticket struct {
	OrderID     int64
	Status      OrderStatus
	StatusSince time.Time
	PlacedAt    time.Time
	Due         time.Time
	Meal        Meal
	ServiceDate time.Time // midnight UTC of the day in the hospital
	WardCode    string    // "" for an address
	BedNumber   string    // "" while the patient has no bed, and for an address
	// when the patient came to that bed, where that was after the order was placed; else zero
	MovedAt time.Time
	// where the patient lay when the order was placed, where that is elsewhere now; else empty
	MovedFrom      string
	FromWard       string // the code of that bed's ward
	Destination    string // zone, for an address
	Initials       string // of the patient
	Diet           Diet
	Texture        Texture
	Allergies      Allergies
	Isolation      Isolation
	NilByMouth     bool // now
	Dishes         []TicketDish
	Parts          Parts // what each station does for it
	Hot            HotFood
	Notes          string
	OverrideReason string
	OverriddenBy   string
	HeldFor        []Hazard
	Stopped        string
	Begun          bool
	Late           bool
	CancelReason   string
	Version        int64
}

// TicketDish is a dish as a ticket shows it.
type TicketDish struct {
	ID      int64
	Name    DishName
	Station Station
	Diets   []Diet // it suits these
	SoldOut bool   // there is nothing left of it, and it is still to be cooked
	// what is offered instead and is safe for the patient; 0 where there is nothing
	SubstituteID int64
	Substitute   DishName
}

// Urgency says how near a ticket is to the time when it is to be eaten.
type Urgency string

// The urgencies of a ticket.
const (
	TicketOnTime Urgency = "on_time"
	TicketSoon   Urgency = "soon" // due within SoonDue
	TicketLate   Urgency = "late" // that time has passed
)

// Urgencies lists them as they follow each other.
var Urgencies = []Urgency{TicketOnTime, TicketSoon, TicketLate}

// SoonDue is how long before it is due a ticket is urgent.
const SoonDue = 20 * time.Minute

// Urgency is the ticket's at a moment.
func (t Ticket) Urgency(now time.Time) Urgency {
	left := t.Due.Sub(now)
	switch {
	case left < 0:
		return TicketLate
	case left <= SoonDue:
		return TicketSoon
	}
	return TicketOnTime
}

// DishCount is how often a dish is still to be cooked.
type DishCount struct {
	DishID  int64
	Name    DishName
	Station Station
	Count   int
}

// EndedTicketsShow is how long a ticket that has ended stays on the wall.
const EndedTicketsShow = 15 * time.Minute

// KitchenBoard is everything on the kitchen's wall, read in one snapshot.
type KitchenBoard struct {
	Metrics
	Tickets []Ticket            // open, or ended within EndedTicketsShow; oldest Due first
	Past    []Ticket            // open ones whose day is over, oldest Due first
	Missed  []MissedRound       // to be ordered late
	ToCook  []DishCount         // of confirmed and begun tickets what no station has done
	Counts  map[OrderStatus]int // of Tickets
	Service MealService         // the meal that is made now, or was asked for
	Exceptions
	At        time.Time
	Revisions // of KitchenTopic and MetricsTopic

	settings *Settings // that held when it was read
}

// KitchenBoard reads it with the main meal that comes next, in as many statements however many
// orders there are. For roles that hold ReadKitchen.
func (h *Hospital) KitchenBoard(ctx context.Context, actor Actor) (KitchenBoard, error) {
	return h.KitchenBoardOf(ctx, actor, "")
}

// KitchenBoardOf is KitchenBoard with the next service of a meal; an empty one is the main meal
// that comes next.
func (h *Hospital) KitchenBoardOf(ctx context.Context, actor Actor,
	meal Meal) (KitchenBoard, error) {
	return readAs(ctx, h, actor, ReadKitchen,
		func(ctx context.Context, q *sql.Tx) (board KitchenBoard, err error) {
			board.At = h.clock(ctx)
			if board.Revisions, err = revisions(ctx, q, KitchenTopic, MetricsTopic); err != nil {
				return board, err
			}
			if board.Metrics, err = readMetrics(ctx, q); err != nil {
				return board, err
			}
			if board.Missed, err = readMissed(ctx, q, board.At, KitchenStaff); err != nil {
				return board, err
			}
			tickets, err := readTickets(ctx, q, board.At)
			if err != nil {
				return board, err
			}
			board.settings = SettingsOf(ctx)
			board.Tickets, board.Past = splitPast(tickets, board.settings.pastBefore(board.At))
			board.count()
			board.Exceptions = exceptionsOf(board.Tickets, board.At)
			open := slices.DeleteFunc(slices.Clone(board.Tickets),
				func(t Ticket) bool { return t.Status.Ended() })
			board.Service, err = readService(ctx, q, meal, open, board.At)
			return board, err
		})
}

// PastDays counts the tickets that are not finished by their day, the oldest first.
func (b KitchenBoard) PastDays(s *Settings) []PastDay {
	return pastDays(s, b.Past, func(t Ticket) time.Time { return t.Due })
}

// KitchenFilter narrows the wall to what one place in the kitchen works on. An empty field narrows
// nothing.
type KitchenFilter struct {
	Ward    string // its code
	Station Station
	Meal    Meal
}

// Shows reports whether a ticket stands on the wall. What no ward or no station claims stands on
// every wall, so that nothing can be filtered into invisibility.
func (f KitchenFilter) Shows(t Ticket) bool {
	return f.InWard(t) && (f.Meal == "" || t.Meal == f.Meal) &&
		slices.ContainsFunc(t.Dishes, func(dish TicketDish) bool { return f.Cooks(dish.Station) })
}

// InWard reports whether a ticket is for the ward, or for none.
func (f KitchenFilter) InWard(t Ticket) bool {
	return f.Ward == "" || t.WardCode == "" || t.WardCode == f.Ward
}

// Cooks reports whether dishes of a station are made here.
func (f KitchenFilter) Cooks(station Station) bool {
	return f.Station == "" || station == f.Station || station == Unrouted
}

// Filtered is the board as a wall with this filter shows it, with the counts of what is shown.
func (b KitchenBoard) Filtered(f KitchenFilter) KitchenBoard {
	shown := b
	hidden := func(t Ticket) bool { return !f.Shows(t) }
	shown.Tickets = slices.DeleteFunc(slices.Clone(b.Tickets), hidden)
	shown.Past = slices.DeleteFunc(slices.Clone(b.Past), hidden)
	shown.count()
	shown.Service = b.Service.filtered(cmp.Or(b.settings, firstSettings), f)
	anyMeal := f
	anyMeal.Meal = "" // what is dangerous at another meal is dangerous
	shown.Exceptions = exceptionsOf(slices.DeleteFunc(slices.Clone(b.Tickets),
		func(t Ticket) bool { return !anyMeal.Shows(t) }), b.At)
	shown.ToCook = slices.DeleteFunc(shown.ToCook,
		func(d DishCount) bool { return !f.Cooks(d.Station) })
	return shown
}

// count counts what the tickets say.
func (b *KitchenBoard) count() {
	b.ToCook = nil
	b.Counts = make(map[OrderStatus]int, len(OrderStatuses))
	for _, status := range OrderStatuses {
		b.Counts[status] = 0
	}
	toCook := map[int64]*DishCount{}
	for _, ticket := range b.Tickets {
		b.Counts[ticket.Status]++
		if ticket.Status != OrderConfirmed && ticket.Status != OrderPreparing {
			continue
		}
		for _, dish := range ticket.Dishes {
			if ticket.Parts.Done(dish.Station) {
				continue
			}
			if toCook[dish.ID] == nil {
				toCook[dish.ID] = &DishCount{dish.ID, dish.Name, dish.Station, 0}
			}
			toCook[dish.ID].Count++
		}
	}
	for _, dish := range toCook {
		b.ToCook = append(b.ToCook, *dish)
	}
	slices.SortFunc(b.ToCook, DishCount.compare)
}

// compare sorts by station, then by name.
func (d DishCount) compare(other DishCount) int {
	return cmp.Or(
		cmp.Compare(slices.Index(Stations, d.Station), slices.Index(Stations, other.Station)),
		cmp.Compare(d.Name.En, other.Name.En), cmp.Compare(d.DishID, other.DishID))
}

// The conditions of the orders whose tickets the wall shows: each has an index as small as the
// kitchen. After a death no ticket is shown.
const (
	openOnTheWall  = `meal_order.ended_at IS NULL AND COALESCE(admission.outcome, '') <> 'deceased'`
	endedOnTheWall = `meal_order.ended_at > $1 AND meal_order.ended_at < $2
		AND COALESCE(admission.outcome, '') <> 'deceased'`
)

// readTickets reads the tickets on the wall, oldest Due first, in a statement for each kind.
func readTickets(ctx context.Context, q *sql.Tx, now time.Time) ([]Ticket, error) {
	open, err := ticketsWhere(ctx, q, now, openOnTheWall)
	if err != nil {
		return nil, err
	}
	ended, err := ticketsWhere(ctx, q, now, endedOnTheWall,
		instant(now.Add(-EndedTicketsShow)), uncounted(now))
	if err != nil {
		return nil, err
	}
	tickets := slices.Concat(open, ended)
	if err := markSoldOut(ctx, q, tickets, now); err != nil {
		return nil, err
	}
	if err := markMoves(ctx, q, tickets); err != nil {
		return nil, err
	}
	slices.SortFunc(tickets, func(a, b Ticket) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.OrderID, b.OrderID))
	})
	return tickets, nil
}

// selectTicket reads the tickets of the orders that fit a condition, which follows it.
const selectTicket = `SELECT meal_order.id, meal_order.status, meal_order.status_since,
		meal_order.placed_at, meal_order.due, meal_order.meal, meal_order.service_date,
		COALESCE(ward.code, ''),
		COALESCE(bed.number, ''), COALESCE(zone.name, ''), COALESCE(patient.name, ''),
		admission.bed_since, COALESCE(admission.diet, ''), COALESCE(admission.texture, 7),
		patient.allergies, COALESCE(admission.isolation, ''), admission.nil_by_mouth_from,
		admission.nil_by_mouth_until, meal_order.notes, meal_order.override_reason,
		meal_order.overridden_by,
		meal_order.held_for, meal_order.stopped, meal_order.begun, meal_order.late,
		meal_order.cancel_reason, meal_order.version, ` + dishesOfOrder + `, ` + partsOfOrder + `
	FROM meal_order
	LEFT JOIN admission ON admission.id = meal_order.admission_id
	LEFT JOIN patient ON patient.id = admission.patient_id
	LEFT JOIN bed ON bed.id = admission.bed_id AND admission.discharged_at IS NULL
	LEFT JOIN ward ON ward.id = bed.ward_id
	LEFT JOIN address ON address.id = meal_order.address_id
	LEFT JOIN zone ON zone.id = address.zone_id
	WHERE `

// ticketsWhere reads the tickets of the orders that fit a condition on meal_order and admission.
func ticketsWhere(ctx context.Context, q *sql.Tx, now time.Time, condition string,
	args ...any) ([]Ticket, error) {
	rows, err := q.QueryContext(ctx, selectTicket+condition, args...)
	plates := plates{}
	tickets, err := collect(rows, err, func(row scanner) (Ticket, error) {
		return scanTicket(row, now, SettingsOf(ctx), plates)
	})
	return tickets, wrap(err, "read the tickets")
}

// scanTicket reads a ticket as of now. The patient's name goes no further than here.
func scanTicket(row scanner, now time.Time, settings *Settings,
	plates plates) (t Ticket, err error) {
	var name PatientName
	var bedSince time.Time
	var nilByMouth Window
	var dishes []Dish
	var done partsDone
	err = row.Scan(&t.OrderID, &t.Status, (*instant)(&t.StatusSince), (*instant)(&t.PlacedAt),
		(*instant)(&t.Due), &t.Meal, (*instant)(&t.ServiceDate), &t.WardCode, &t.BedNumber,
		&t.Destination, &name,
		(*instant)(&bedSince), &t.Diet, &t.Texture, (*allergyList)(&t.Allergies), &t.Isolation,
		(*instant)(&nilByMouth.From), (*instant)(&nilByMouth.Until), &t.Notes, &t.OverrideReason,
		&t.OverriddenBy, (*list[Hazard])(&t.HeldFor), &t.Stopped, &t.Begun, &t.Late,
		&t.CancelReason, &t.Version, plates.onto(&dishes), &done)
	t.Dishes, t.Parts = onTicket(dishes), partsOf(dishes, done)
	if !t.Status.Ended() {
		t.Hot = settings.hotFood(t.Parts)
	}
	t.Initials, t.NilByMouth = name.onWall(settings.WallNames), nilByMouth.Holds(now)
	if t.BedNumber != "" && bedSince.After(t.PlacedAt) {
		t.MovedAt = bedSince
	}
	return t, err
}

// onTicket are dishes as a ticket shows them.
func onTicket(dishes []Dish) []TicketDish {
	shown := make([]TicketDish, len(dishes))
	for i, dish := range dishes {
		shown[i] = TicketDish{ID: dish.ID, Name: dish.Name, Station: dish.Station,
			Diets: dish.Diets}
	}
	return shown
}
