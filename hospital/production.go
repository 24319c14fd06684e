package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"
)

// MealService is one meal of one day as the kitchen makes it: every tray, what is cooked for them
// in which texture, and how far each ward is.
type MealService struct {
	Meal   Meal
	Day    time.Time // midnight UTC of the day in the hospital
	Serve  time.Time // when the first ward gets it; zero for a meal that has no time
	Trays  []Ticket  // cancelled ones and those that have gone too, by ward and bed
	Dishes []ProductionDish
	Wards  []WardTrays // in the order in which they are served

	wards []Ward // all there are
	made  []Made
}

// ProductionDish is how often a dish is made for a meal. What is held or cancelled does not count:
// nobody may cook it as it stands.
type ProductionDish struct {
	DishID    int64
	Name      DishName
	Station   Station
	Total     int // servings for those who eat
	Made      int // servings that cooks have counted
	ByTexture map[Texture]int
	MadeBy    map[Texture]int // by the texture that the patients need
	// ByDiet counts the trays by the diet of who eats, where the dish is not for all diets.
	ByDiet map[Diet]int
}

// TrayState is how far the trays of a ward are.
type TrayState string

// The states of a ward's trays, as they follow each other.
const (
	TraysNone    TrayState = "none"       // nobody there gets this meal
	TraysWaiting TrayState = "waiting"    // nothing has been begun
	TraysOnLine  TrayState = "on_line"    // some are begun or checked
	TraysReady   TrayState = "cart_ready" // all are checked that may leave, and not all have left
	TraysGone    TrayState = "gone"       // all have left that may
	TraysServed  TrayState = "served"     // all have come to their end
)

// TrayStates lists them.
var TrayStates = []TrayState{TraysNone, TraysWaiting, TraysOnLine, TraysReady, TraysGone,
	TraysServed}

// WardTrays is how far a ward is at a meal.
type WardTrays struct {
	Ward
	Trays    int // all that are not cancelled
	Begun    int // that are being made, or further
	Checked  int // that are ready, or further
	Held     int
	Left     int // that are on their way, or further
	Ended    int
	Allergic int // that are for somebody with an allergy
	State    TrayState
	CartAt   time.Time // when its cart leaves; zero for a meal that has no time
}

// Exceptions are the tickets of all meals that somebody must look at, each kind as they are due.
type Exceptions struct {
	Held        []Ticket
	Moved       []Ticket // their patient lies elsewhere than when they were ordered
	Stopped     []Ticket // to be taken off: cancelled, or stopped on their way
	Late        []Ticket // due already, and not gone
	Undelivered []Ticket
}

// endedOfService is the condition of the orders of a meal that have ended.
const endedOfService = `meal_order.service_date = $1 AND meal_order.meal = $2
	AND meal_order.ended_at IS NOT NULL AND COALESCE(admission.outcome, '') <> 'deceased'`

// readService reads the service of a meal that comes next; an empty meal is the main one that does.
// open are all open tickets.
func readService(ctx context.Context, q *sql.Tx, meal Meal, open []Ticket,
	now time.Time) (s MealService, err error) {
	settings := SettingsOf(ctx)
	s.Meal = cmp.Or(meal, settings.comingMeal(now))
	s.Day = settings.kitchenDay(s.Meal, now)
	if at, timed := settings.Serves(s.Meal, 0, s.Day); timed {
		s.Serve = at
	}
	ended, err := ticketsWhere(ctx, q, now, endedOfService, instant(s.Day), s.Meal)
	if err != nil {
		return s, err
	}
	s.Trays = append(ended, slices.DeleteFunc(slices.Clone(open), func(t Ticket) bool {
		return t.Meal != s.Meal || !t.ServiceDate.Equal(s.Day)
	})...)
	slices.SortFunc(s.Trays, Ticket.compareBeds)
	if s.wards, err = allWards(ctx, q); err != nil {
		return s, err
	}
	if s.made, err = readMade(ctx, q, s.Meal, s.Day); err != nil {
		return s, err
	}
	s.count(settings, KitchenFilter{})
	return s, nil
}

// compareBeds orders tickets by ward and bed, as a tray line takes them; those of no bed come last.
func (t Ticket) compareBeds(other Ticket) int {
	last := func(t Ticket) int {
		if t.BedNumber == "" {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(last(t), last(other)), cmp.Compare(t.WardCode, other.WardCode),
		compareCodes(t.BedNumber, other.BedNumber), cmp.Compare(t.OrderID, other.OrderID))
}

// comes reports whether somebody is to get, or got, the tray as it stands.
func (t Ticket) comes() bool { return t.Status != OrderCancelled && t.Status != OrderHeld }

// filtered is the service as a wall with this filter shows it.
func (s MealService) filtered(settings *Settings, f KitchenFilter) MealService {
	f.Meal = ""
	s.Trays = slices.DeleteFunc(slices.Clone(s.Trays), func(t Ticket) bool { return !f.InWard(t) })
	s.count(settings, f)
	return s
}

// count counts the dishes and the wards.
func (s *MealService) count(settings *Settings, f KitchenFilter) {
	s.Dishes = countProduction(s.Trays, f)
	for i := range s.Dishes {
		s.Dishes[i].count(s.made)
	}
	s.Wards = nil
	for _, ward := range s.wards {
		if f.Ward == "" || f.Ward == ward.Code {
			s.Wards = append(s.Wards, s.countWard(settings, ward))
		}
	}
	s.Wards = slices.DeleteFunc(s.Wards, func(w WardTrays) bool { return w.Trays == 0 && !w.Open })
	turn := func(w WardTrays) int { return settings.Meal(s.Meal).turnOf(w.ID) }
	slices.SortStableFunc(s.Wards, func(a, b WardTrays) int {
		return cmp.Or(a.CartAt.Compare(b.CartAt), cmp.Compare(turn(a), turn(b)))
	})
}

// turnOf is the place of a ward among those that have a turn; the others come after them.
func (k MealKind) turnOf(wardID int64) int {
	i := slices.IndexFunc(k.Turns, func(t WardTurn) bool { return t.WardID == wardID })
	if i < 0 {
		return len(k.Turns)
	}
	return i
}

// countWard counts the trays of one ward.
func (s *MealService) countWard(settings *Settings, ward Ward) WardTrays {
	w := WardTrays{Ward: ward}
	if at, timed := settings.Serves(s.Meal, ward.ID, s.Day); timed {
		w.CartAt = at
	}
	for _, t := range s.Trays {
		if t.WardCode == ward.Code && t.Status != OrderCancelled {
			w.add(t)
		}
	}
	w.State = w.state()
	return w
}

// add counts a tray.
func (w *WardTrays) add(t Ticket) {
	tally := func(n *int, holds bool) {
		if holds {
			*n++
		}
	}
	left := t.Status == OrderInTransit || t.Status.Ended()
	checked := left || t.Status == OrderReady
	w.Trays++
	tally(&w.Held, t.Status == OrderHeld)
	tally(&w.Begun, checked || t.Status == OrderPreparing)
	tally(&w.Checked, checked)
	tally(&w.Left, left)
	tally(&w.Ended, t.Status.Ended())
	tally(&w.Allergic, len(t.Allergies.Allergens) > 0)
}

// state is how far the trays that may leave are.
func (w WardTrays) state() TrayState {
	may := w.Trays - w.Held
	switch {
	case w.Trays == 0:
		return TraysNone
	case w.Begun == 0:
		return TraysWaiting
	case w.Checked < may:
		return TraysOnLine
	case w.Left < may:
		return TraysReady
	case w.Ended < may:
		return TraysGone
	}
	return TraysServed
}

// countProduction counts the dishes of the trays that are made where a filter says, by station and
// name.
func countProduction(trays []Ticket, f KitchenFilter) []ProductionDish {
	found := map[int64]*ProductionDish{}
	for _, t := range trays {
		if !t.comes() {
			continue
		}
		for _, dish := range t.Dishes {
			if !f.Cooks(dish.Station) {
				continue
			}
			p := found[dish.ID]
			if p == nil {
				p = &ProductionDish{DishID: dish.ID, Name: dish.Name, Station: dish.Station,
					ByTexture: map[Texture]int{}, ByDiet: map[Diet]int{}}
				found[dish.ID] = p
			}
			p.add(t, dish)
		}
	}
	dishes := make([]ProductionDish, 0, len(found))
	for _, dish := range found {
		dishes = append(dishes, *dish)
	}
	slices.SortFunc(dishes, func(a, b ProductionDish) int {
		return DishCount{a.DishID, a.Name, a.Station, 0}.compare(
			DishCount{b.DishID, b.Name, b.Station, 0})
	})
	return dishes
}

// add counts a serving for who gets the tray.
func (p *ProductionDish) add(t Ticket, dish TicketDish) {
	p.Total++
	p.ByTexture[t.Texture]++
	if len(dish.Diets) < len(Diets) && t.Diet != "" {
		p.ByDiet[t.Diet]++
	}
}

// count counts what is made of the dish.
func (p *ProductionDish) count(made []Made) {
	p.MadeBy = map[Texture]int{}
	for _, m := range made {
		if m.DishID == p.DishID {
			p.MadeBy[m.Texture] = m.Count
			p.Made += m.Count
		}
	}
}

// exceptionsOf are the tickets that somebody must look at, of those on the wall.
func exceptionsOf(tickets []Ticket, now time.Time) (e Exceptions) {
	for _, t := range tickets {
		switch t.Status {
		case OrderHeld:
			e.Held = append(e.Held, t)
		case OrderCancelled:
			e.Stopped = append(e.Stopped, t)
		case OrderUndelivered:
			e.Undelivered = append(e.Undelivered, t)
		case OrderInTransit:
			if t.Stopped != "" {
				e.Stopped = append(e.Stopped, t)
			}
		case OrderPending, OrderConfirmed, OrderPreparing, OrderReady:
			if !t.MovedAt.IsZero() {
				e.Moved = append(e.Moved, t)
			}
			if t.Due.Before(now) {
				e.Late = append(e.Late, t)
			}
		}
	}
	return e
}

// markMoves says of the tickets whose patients have moved where they lay when they ordered.
func markMoves(ctx context.Context, q *sql.Tx, tickets []Ticket) error {
	moved := map[int64]*Ticket{}
	var ids []int64
	for i := range tickets {
		if t := &tickets[i]; !t.MovedAt.IsZero() {
			moved[t.OrderID] = t
			ids = append(ids, t.OrderID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	list, args := oneOf(nil, ids)
	// #nosec G202 -- the list is of $n alone
	rows, err := q.QueryContext(ctx, `SELECT meal_order.id,
			COALESCE(bed_assignment.bed_number, bed.number), ward.code
		FROM meal_order
		JOIN bed_assignment ON bed_assignment.admission_id = meal_order.admission_id
			AND bed_assignment.since <= meal_order.placed_at
			AND bed_assignment.until > meal_order.placed_at
		JOIN bed ON bed.id = bed_assignment.bed_id
		JOIN ward ON ward.id = COALESCE(bed_assignment.ward_id, bed.ward_id)
		WHERE meal_order.id IN `+list, args...)
	err = eachRow(rows, err, func(row scanner) error {
		var id int64
		var bed, ward string
		err := row.Scan(&id, &bed, &ward)
		if t := moved[id]; t != nil {
			t.MovedFrom, t.FromWard = bed, ward
		}
		return err
	})
	return wrap(err, "read where patients lay")
}
