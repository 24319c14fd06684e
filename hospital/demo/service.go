package demo

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"dusangire/hospital"
)

// The opening finds the kitchen and the couriers at work whatever the time of day: main meals are ordered ahead, by their rounds where
// it is time for one, and snacks and supplements stand at every step between the order and the bedside.

// served is when a main meal is served on the day of a moment.
func served(s *hospital.Settings, meal hospital.Meal, at time.Time) time.Time {
	due, _ := s.Serves(meal, 0, s.Day(at))
	return due
}

// How the service of a main meal goes.
const (
	roundsAhead   = time.Minute      // before the cut-off its rounds are ordered
	servingBefore = 30 * time.Minute // its first trays leave the kitchen
	servingLasts  = 25 * time.Minute // after it was due its last trays follow
	wardsAtTheEnd = 4                // have not eaten when the meal has been served; nobody sees the tickets of the others any more
)

// arrangeFasts lets half of intensive care, and some before their operation, have nothing by mouth.
func (o *opening) arrangeFasts() {
	for _, fast := range []struct {
		ward     string
		patients int
		until    time.Time // zero: until somebody ends it
	}{
		{intensive, 3, time.Time{}},
		{"SURG", 2, o.start.Add(2 * time.Hour).Truncate(15 * time.Minute)},
	} {
		for range fast.patients {
			s := o.settled(func(s *openingAdmission) bool { return s.ward.code == fast.ward })
			if s == nil {
				break
			}
			from := s.admitted.Add(o.between(10*time.Minute, time.Hour))
			o.happens(from, func(ctx context.Context) error {
				_, err := o.h.SetDiet(ctx, doctor, s.id, hospital.DietCommand{NilByMouth: &hospital.Window{From: from, Until: fast.until}})
				return err
			})
		}
	}
}

// settled takes a patient who fits out of those who have been in their bed for a while, stay on, and of whom nothing else is told; nil where
// there is none.
func (o *opening) settled(fits func(*openingAdmission) bool) *openingAdmission {
	for _, s := range o.staying {
		if !s.told && s.cmd.Allergies.Known && s.admitted.Before(o.start.Add(-90*time.Minute)) && fits(s) {
			s.told = true
			return s
		}
	}
	return nil
}

// inWard is for those who lie there.
func inWard(code string) func(*openingAdmission) bool {
	return func(a *openingAdmission) bool { return a.ward.code == code }
}

// arrangeMeals lets cooks and couriers come to where they are at the start.
func (o *opening) arrangeMeals() {
	o.arrangeRound()
	o.arrangeTrays()
	o.arrangeConflict()
	o.arrangeRuns()
	o.arrangeBrought()
}

// arrangeRound orders the rounds of the main meal for which it is time, and cooks a part of it. Where it is time for none, people have
// ordered the next one.
func (o *opening) arrangeRound() {
	settings := o.h.KnownSettings()
	for _, meal := range settings.MainMeals() {
		at := served(settings, meal, o.start)
		ordered := at.Add(-settings.Meal(meal).CutOff - roundsAhead)
		if o.start.Before(ordered) || o.start.After(at.Add(servingLasts)) {
			continue
		}
		o.happens(ordered, func(ctx context.Context) error { return o.orderRounds(ctx, meal, at) })
		o.happens(latest(ordered, o.ago(25*time.Minute, 26*time.Minute)), func(ctx context.Context) error {
			return o.cookRound(ctx, meal, !o.start.Before(at.Add(-servingBefore)))
		})
		return
	}
	for range 6 {
		o.tray(o.settled(func(a *openingAdmission) bool { return a.ward.code != intensive }), nextMain(settings, o.start), hospital.OrderConfirmed,
			o.ago(4*time.Minute, 25*time.Minute))
	}
}

// nextMain is the main meal that is served next after a moment.
func nextMain(s *hospital.Settings, at time.Time) hospital.Meal {
	for _, meal := range s.MainMeals() {
		if served(s, meal, at).After(at) {
			return meal
		}
	}
	return s.MainMeals()[0]
}

// orderRounds orders a meal's rounds: of all wards, or of those that have not eaten yet.
func (o *opening) orderRounds(ctx context.Context, meal hospital.Meal, at time.Time) error {
	if !o.start.After(at) {
		_, err := o.h.OrderDueMealRounds(ctx)
		return err
	}
	all, err := o.h.Wards(ctx, hospital.System)
	if err != nil {
		return err
	}
	for _, w := range all[len(all)-wardsAtTheEnd:] {
		if _, err := o.h.OrderMealRound(ctx, hospital.System, w.ID, meal, o.h.KnownSettings().Local(o.start)); err != nil {
			return err
		}
	}
	return nil
}

// How many tickets of a main meal are cooked at the start, and how many trays stand ready once it is being served.
const (
	roundsPreparing = 8
	roundsReady     = 12
)

// cookRound lets the cooks begin with the wards in their order.
func (o *opening) cookRound(ctx context.Context, meal hospital.Meal, serving bool) error {
	board, err := o.h.KitchenBoard(ctx, hospital.System)
	if err != nil {
		return err
	}
	tickets := slices.DeleteFunc(board.Tickets, func(t hospital.Ticket) bool { return t.Meal != meal || t.Status != hospital.OrderConfirmed })
	slices.SortStableFunc(tickets, func(a, b hospital.Ticket) int { return cmp.Compare(a.BedNumber, b.BedNumber) })
	ready := 0
	if serving {
		ready = roundsReady
	}
	for i, ticket := range tickets[:min(len(tickets), ready+roundsPreparing)] {
		if i < ready {
			o.cooks(ticket.OrderID, o.h.StartOrder, o.ago(12*time.Minute, 18*time.Minute))
			o.cooks(ticket.OrderID, o.h.ReadyOrder, o.ago(4*time.Minute, 8*time.Minute))
			continue
		}
		o.cooks(ticket.OrderID, o.h.StartOrder, latest(board.At, o.ago(time.Minute, 9*time.Minute)))
	}
	return nil
}

// latest is the later of two moments.
func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// step is a command of the kitchen on an order.
type step func(context.Context, hospital.Actor, int64, hospital.OrderCommand) (hospital.Order, error)

// cooks lets the cook take an order a step further, if that can be done by then: its patient may have left.
func (o *opening) cooks(order int64, do step, at time.Time) {
	o.tries(at, func(ctx context.Context) error {
		_, err := do(ctx, cook, order, hospital.OrderCommand{})
		return err
	})
}

// tries lets something happen that the rules may refuse by then.
func (o *opening) tries(at time.Time, do func(ctx context.Context) error) {
	o.happens(at, func(ctx context.Context) error {
		err := do(ctx)
		if refusal, ok := errors.AsType[*hospital.Error](err); ok && refusal.Kind == hospital.Conflict {
			return nil
		}
		return err
	})
}

// tray lets the nurse order something that is safe for a patient, and the cooks take it to a status, where it stands since a moment. It does
// nothing for nobody.
func (o *opening) tray(a *openingAdmission, meal hospital.Meal, to hospital.OrderStatus,
	since time.Time) {
	if a == nil {
		return
	}
	if plate := o.plate(a, meal); len(plate) > 0 {
		o.order(nurse, hospital.PlaceOrderCommand{Meal: meal, Dishes: plate}, a, to, since)
	}
}

// kitchenStep is one of those that lead from an order that was placed to a tray that is ready.
type kitchenStep struct {
	to          hospital.OrderStatus
	do          func(*hospital.Hospital) step
	least, most time.Duration // after the step before it
}

var kitchenSteps = []kitchenStep{
	{hospital.OrderConfirmed, func(h *hospital.Hospital) step { return h.ConfirmOrder }, time.Minute, 3 * time.Minute},
	{hospital.OrderPreparing, func(h *hospital.Hospital) step { return h.StartOrder }, 2 * time.Minute, 5 * time.Minute},
	{hospital.OrderReady, func(h *hospital.Hospital) step { return h.ReadyOrder }, 6 * time.Minute, 10 * time.Minute},
}

// order lets somebody order, for an admission if there is one, and the cooks take it to a status,
// where it stands since a moment.
func (o *opening) order(who hospital.Actor, cmd hospital.PlaceOrderCommand, a *openingAdmission, to hospital.OrderStatus, since time.Time) {
	steps := kitchenSteps[:1+slices.IndexFunc(kitchenSteps, func(k kitchenStep) bool { return k.to == to })]
	at := make([]time.Time, len(steps))
	for i := len(steps) - 1; i >= 0; i-- {
		at[i] = since
		since = since.Add(-o.between(steps[i].least, steps[i].most))
	}
	o.tries(since, func(ctx context.Context) error {
		if a != nil {
			cmd.AdmissionID = a.id
		}
		placed, _, err := o.h.PlaceOrder(ctx, who, cmd)
		if err != nil {
			return err
		}
		for i, k := range steps {
			o.cooks(placed.ID, k.do(o.h), at[i])
		}
		return nil
	})
}

// plate is a dish or two of a meal that are safe for a patient as they were admitted; none where there is none.
func (o *opening) plate(a *openingAdmission, meal hospital.Meal) []int64 {
	patient := hospital.DietOrder{Diet: a.cmd.Diet, Texture: *a.cmd.Texture, Allergies: a.cmd.Allergies}
	var safe []int64
	for _, dish := range o.menu {
		if slices.Contains(dish.Meals, meal) && len(patient.Hazards([]hospital.Dish{dish}, o.start, o.start)) == 0 {
			safe = append(safe, dish.ID)
		}
	}
	o.rng.Shuffle(len(safe), func(i, k int) { safe[i], safe[k] = safe[k], safe[i] })
	return safe[:min(len(safe), 1+o.rng.IntN(2))]
}

// dish is the id of a dish on the menu.
func (o *opening) dish(name string) int64 {
	return o.menu[slices.IndexFunc(o.menu, func(d hospital.Dish) bool { return d.Name.En == name })].ID
}

// arrangeTrays brings snacks and supplements to every step in the kitchen, on three wards and for the customers.
func (o *opening) arrangeTrays() {
	for _, ready := range []struct {
		ward        string
		least, most time.Duration // ago
	}{
		{"MED-A", 19 * time.Minute, 22 * time.Minute}, // have been handed over at the start
		{"MAT", 7 * time.Minute, 9 * time.Minute},     // are on their way
		{"PRIV", 3 * time.Minute, 5 * time.Minute},    // wait
	} {
		for range 4 {
			o.tray(o.settled(inWard(ready.ward)), hospital.Snack, hospital.OrderReady, o.ago(ready.least, ready.most))
		}
	}
	for range 3 {
		o.tray(o.settled(inWard(nutritional)), hospital.Supplement, hospital.OrderPreparing, o.ago(time.Minute, 6*time.Minute))
		o.tray(o.settled(inWard("PED")), hospital.Snack, hospital.OrderPreparing, o.ago(time.Minute, 6*time.Minute))
		o.tray(o.settled(inWard("MED-B")), hospital.Snack, hospital.OrderConfirmed, o.ago(time.Minute, 4*time.Minute))
	}
	for range 2 {
		o.tray(o.settled(inWard("SURG")), hospital.Snack, hospital.OrderPending, o.ago(20*time.Second, 90*time.Second))
	}
	mother, father, daughter := customers[0], customers[1], customers[2]
	o.meal(mother, hospital.OrderPreparing, o.ago(2*time.Minute, 4*time.Minute), "Cup with a lid, please")
	o.meal(daughter, hospital.OrderPending, o.ago(30*time.Second, time.Minute), "")
	o.parcel(mother, hospital.OrderConfirmed, o.ago(time.Minute, 3*time.Minute), "Tea with milk", "Mandazi")
	o.parcel(father, hospital.OrderReady, o.ago(12*time.Minute, 13*time.Minute), "Passion fruit juice", "Sambusa with beef")
}

// meal lets a customer order a snack for their patient.
func (o *opening) meal(c customer, to hospital.OrderStatus, since time.Time, notes string) {
	s := o.regulars[c.patient]
	if plate := o.plate(s, hospital.Snack); len(plate) > 0 {
		o.order(o.people[c.username], hospital.PlaceOrderCommand{Meal: hospital.Snack, Dishes: plate, Notes: notes}, s, to, since)
	}
}

// parcel lets a customer order a snack for their own address.
func (o *opening) parcel(c customer, to hospital.OrderStatus, since time.Time, dishes ...string) {
	cmd := hospital.PlaceOrderCommand{Meal: hospital.Snack, AddressID: o.homes[c.username]}
	for _, name := range dishes {
		cmd.Dishes = append(cmd.Dishes, o.dish(name))
	}
	o.order(o.people[c.username], cmd, nil, to, since)
}

// arrangeConflict lets a nurse learn of an allergy while the very thing is being prepared: the ticket is held.
func (o *opening) arrangeConflict() {
	nuts := o.dish("Roasted groundnuts")
	s := o.settled(func(s *openingAdmission) bool {
		return len(s.cmd.Allergies.Allergens) == 0 && s.cmd.Diet == hospital.DietGeneral && *s.cmd.Texture == hospital.RegularTexture
	})
	if s == nil {
		return
	}
	o.order(nurse, hospital.PlaceOrderCommand{Meal: hospital.Snack, Dishes: []int64{nuts}}, s, hospital.OrderPreparing, o.ago(6*time.Minute, 7*time.Minute))
	o.happens(o.ago(3*time.Minute, 5*time.Minute), func(ctx context.Context) error {
		_, err := o.h.SetDiet(ctx, nurse, s.id, hospital.DietCommand{Allergies: &hospital.Allergies{Allergens: []hospital.Allergen{"peanuts"}}})
		return err
	})
}

// arrangeRuns lets the couriers carry what is ready by then: one has been to a ward and claims more, one is on a ward, and one on the
// way to a house.
func (o *opening) arrangeRuns() {
	first, second, third := o.people[couriers[0]], o.people[couriers[1]], o.people[couriers[2]]
	aWard := func(r hospital.Round[hospital.Tray]) bool { return r.WardID != 0 }
	aHouse := func(r hospital.Round[hospital.Tray]) bool { return r.ZoneID != 0 }
	o.run(first, o.ago(17*time.Minute, 18*time.Minute), aWard, run{trays: 4, departs: true, handsOver: 3, fails: 1})
	o.run(third, o.ago(10*time.Minute, 11*time.Minute), aHouse, run{trays: 1, departs: true})
	o.run(second, o.ago(5*time.Minute, 6*time.Minute), aWard, run{trays: 4, departs: true, handsOver: 1})
	o.run(first, o.ago(time.Minute, 2*time.Minute), aWard, run{trays: 2})
}

// arrangeBrought lets the demo login of couriers have brought something to the customer's home, so
// that there is a delivery and an address which that login may look up.
func (o *opening) arrangeBrought() {
	mother, courier := customers[0], o.people[string(hospital.DeliveryStaff)]
	o.parcel(mother, hospital.OrderReady, o.start.Add(-40*time.Minute), "Tea with milk")
	o.happens(o.start.Add(-35*time.Minute), func(ctx context.Context) error {
		home, err := o.h.CustomerHome(ctx, o.people[mother.username])
		if err != nil {
			return err
		}
		for _, order := range home.Orders {
			if order.Code != "" {
				return o.brings(ctx, courier, order)
			}
		}
		return nil
	})
}

// brings lets a courier take an order to the door of the customer who waits for it.
func (o *opening) brings(ctx context.Context, courier hospital.Actor, order hospital.CustomerOrder) error {
	step := hospital.CourierCommand{}
	if _, err := o.h.ClaimDelivery(ctx, courier, order.DeliveryID, step); err != nil {
		return err
	}
	if _, err := o.h.DepartDelivery(ctx, courier, order.DeliveryID, step); err != nil {
		return err
	}
	_, err := o.h.Deliver(ctx, courier, order.DeliveryID, hospital.DeliverCommand{BedCode: order.Code})
	return err
}

// run is what a courier does on one way: claim trays, and then depart with them, hand some over and fail with the next.
type run struct {
	trays            int
	departs          bool
	handsOver, fails int
}

// onTheWard is how long after departing a courier hands the first tray over, and betweenBeds how long each other one takes.
const (
	onTheWard   = 2 * time.Minute
	betweenBeds = time.Minute
)

// run lets a courier take the largest round that fits, and bring it.
func (o *opening) run(courier hospital.Actor, at time.Time, fits func(hospital.Round[hospital.Tray]) bool, r run) {
	o.happens(at, func(ctx context.Context) error {
		board, err := o.h.DeliveryBoard(ctx, courier)
		if err != nil {
			return err
		}
		largest := hospital.Round[hospital.Tray]{}
		for _, round := range board.Waiting {
			if fits(round) && len(round.Stops) > len(largest.Stops) {
				largest = round
			}
		}
		for i, tray := range largest.Stops[:min(len(largest.Stops), r.trays)] {
			if _, err := o.h.ClaimDelivery(ctx, courier, tray.ID, hospital.CourierCommand{}); err != nil {
				return err
			}
			if r.departs {
				o.carries(courier, tray, at.Add(40*time.Second), at.Add(onTheWard+time.Duration(i)*betweenBeds), r.ends(i))
			}
		}
		return nil
	})
}

// ends is how the way of the i-th tray ends; in transit where it does not.
func (r run) ends(i int) hospital.DeliveryStatus {
	switch {
	case i < r.handsOver:
		return hospital.DeliveryDelivered
	case i < r.handsOver+r.fails:
		return hospital.DeliveryFailed
	}
	return hospital.DeliveryInTransit
}

// carries lets a courier depart with a claimed tray, and end its way some time later.
func (o *opening) carries(courier hospital.Actor, tray hospital.Tray, departs, ends time.Time, how hospital.DeliveryStatus) {
	o.tries(departs, func(ctx context.Context) error {
		if _, err := o.h.DepartDelivery(ctx, courier, tray.ID, hospital.CourierCommand{}); err != nil {
			return err
		}
		switch how {
		case hospital.DeliveryDelivered:
			o.tries(ends, func(ctx context.Context) error {
				_, err := o.h.Deliver(ctx, courier, tray.ID, hospital.DeliverCommand{BedCode: tray.BedNumber, ReceivedBy: "patient"})
				return err
			})
		case hospital.DeliveryFailed:
			o.tries(ends, func(ctx context.Context) error {
				_, err := o.h.FailDelivery(ctx, courier, tray.ID, "asleep", hospital.CourierCommand{})
				return err
			})
		}
		return nil
	})
}
