package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"dusangire/hospital/internal/store"
)

// OrderStatus is the state of an order, which the kitchen calls a ticket.
type OrderStatus string

// The states of an order.
const (
	// placed; waits for a cook to look at it, except where a meal round placed it in time: a round
	// orders nothing that a check would find
	OrderPending     OrderStatus = "pending"
	OrderConfirmed   OrderStatus = "confirmed"   // the kitchen will cook it
	OrderPreparing   OrderStatus = "preparing"   // is being cooked
	OrderReady       OrderStatus = "ready"       // the tray waits for a courier
	OrderInTransit   OrderStatus = "in_transit"  // on its way; only its delivery moves it
	OrderDelivered   OrderStatus = "delivered"   // ended: confirmed at the bedside or the door
	OrderHeld        OrderStatus = "held"        // stopped for safety; goes on after a new check
	OrderCancelled   OrderStatus = "cancelled"   // ended
	OrderUndelivered OrderStatus = "undelivered" // ended: the delivery failed
)

// OrderStatuses lists the states in the order in which counts are shown.
var OrderStatuses = []OrderStatus{OrderHeld, OrderPending, OrderConfirmed, OrderPreparing,
	OrderReady, OrderInTransit, OrderDelivered, OrderUndelivered, OrderCancelled}

// orderSteps is the table of the steps that people order. In transit, delivered and undelivered are
// reached by the order's delivery alone, held by the safety check alone.
var orderSteps = map[OrderStatus][]OrderStatus{
	OrderPending:   {OrderConfirmed, OrderCancelled},
	OrderConfirmed: {OrderPreparing, OrderPending, OrderCancelled},
	OrderPreparing: {OrderReady, OrderConfirmed, OrderCancelled},
	OrderReady:     {OrderPreparing, OrderCancelled},
	OrderHeld:      {OrderConfirmed, OrderCancelled}, // confirming a held order checks it anew
}

// NextOrderStatuses lists where people can take an order in status s. The caller must not change
// the slice.
func NextOrderStatuses(s OrderStatus) []OrderStatus { return orderSteps[s] }

// Ended reports whether an order in status s never changes again.
func (s OrderStatus) Ended() bool {
	return s == OrderDelivered || s == OrderCancelled || s == OrderUndelivered
}

// Order is one meal for one patient or one address.
type Order struct {
	ID          int64
	AdmissionID int64 // 0: for an address
	AddressID   int64 // 0: for a patient in the hospital
	Meal        Meal
	ServiceDate time.Time // midnight UTC of the day in the hospital
	Due         time.Time // when it is to be eaten
	Dishes      []Dish    // as they were when ordered
	Parts       Parts     // what each station does for it
	Notes       string
	Status      OrderStatus
	Begun       bool     // cooking has begun, also where the order was held after that
	HeldFor     []Hazard // what stops it; empty where nothing speaks against a held one any more
	// why the tray must come back or be thrown away: StoppedHazard or StoppedDischarged; else empty
	Stopped        string
	OverrideReason string // prints on the ticket
	OverriddenBy   string
	Overridden     []Hazard // what the reason was given for, and covers
	Late           bool     // placed after the cut-off
	Price          int      // of the smallest unit of the currency, with the zone's charge; 0 for inpatients
	PlacedBy       int64    // 0: the system
	PlacedAt       time.Time
	StatusSince    time.Time
	CancelReason   string
	Version        int64

	patientID, wardID int64 // of the admission, for the audit; 0 for an address
}

// Codes of why a tray is stopped.
const (
	StoppedHazard     = "hazard"
	StoppedDischarged = "discharged"
)

// CancelledAdmission is the code of why an order was cancelled whose admission never was.
const CancelledAdmission = "admission_cancelled"

// PlaceOrderCommand is what PlaceOrder needs: for an admission or for an address, not both.
type PlaceOrderCommand struct {
	AdmissionID    int64
	AddressID      int64
	Meal           Meal
	Dishes         []int64 // one that is there twice is served twice
	Notes          string
	OverrideReason string // at least ShortestOverride characters; from medical staff only
	Version        int64  // of the admission as the person saw it; 0 where they did not say
	IdempotencyKey string
}

// Limits of an order.
const (
	MostDishes       = 12
	ShortestOverride = 10 // characters of the reason
)

// OrderCommand is what confirming, starting, readying, recalling and cancelling need.
type OrderCommand struct {
	// required to cancel what is begun; medical staff override hazards with it when they confirm
	Reason string
	// What the person saw; 0 where they did not say.
	AdmissionID int64 // the admission that the order is for; another one: Conflict "another_patient"
	Version     int64 // of the order; another one now: Conflict "order_outdated"
	// The person means a meal that is coming; an order of another one: Conflict "not_coming".
	Coming bool
}

// PlaceOrder places an order for the meal's next serving. It is pending until a cook confirms it.
// Conflict, code "hazards", with the hazards in words and as Current ([]Hazard) where something
// speaks against it and it is not, or can't be, overridden; Conflict "meal_twice" for a second open
// order of the same main meal (Current is the Order that stands); Forbidden where a customer orders
// for somebody else's patient, or overrides. An IdempotencyKey works as for Admit.
func (h *Hospital) PlaceOrder(ctx context.Context, actor Actor,
	cmd PlaceOrderCommand) (o Order, replayed bool, err error) {
	if err := actor.need(OrderMeals); err != nil {
		return Order{}, false, err
	}
	cmd.Notes, cmd.OverrideReason = tidyLines(cmd.Notes), tidy(cmd.OverrideReason)
	if cmd.OverrideReason != "" {
		if err := actor.need(OverrideHazards); err != nil {
			return Order{}, false, err
		}
	}
	said := cmd
	said.IdempotencyKey, said.Version = "", 0 // a repeated command need not have seen the same
	o, replayed, err = create(ctx, h, actor, creation[Order]{
		name: "order.place", key: cmd.IdempotencyKey, said: said,
		make: func(ctx context.Context, c *change) (int64, error) { return c.placeOrder(ctx, cmd) },
		read: readOrder,
	})
	return o.shownTo(actor), replayed, err
}

// check finds what is wrong with the fields, apart from what only the database knows.
func (cmd PlaceOrderCommand) check(s *Settings) fields {
	wrong := fields{}
	if (cmd.AdmissionID == 0) == (cmd.AddressID == 0) {
		wrong.refuse("admission_id", "order_for", "Order for a patient or for an address.")
	}
	checkChoices(wrong, "meal", []Meal{cmd.Meal}, s.MealCodes(), true)
	wrong.dishes(cmd.Dishes)
	wrong.text("notes", cmd.Notes, LongestReason)
	wrong.override("override_reason", cmd.OverrideReason)
	return wrong
}

// dishes records that too few or too many dishes are chosen.
func (f fields) dishes(chosen []int64) {
	switch {
	case len(chosen) == 0:
		f.refuse("items", "required", "Choose something to eat.")
	case len(chosen) > MostDishes:
		f.refuse("items", "too_many_dishes", "Choose at most %d dishes.", MostDishes)
	}
}

// override records what is wrong with the reason of an override, if there is one.
func (f fields) override(field, reason string) {
	f.text(field, reason, LongestReason)
	length := utf8.RuneCountInString(reason)
	if length > 0 && length < ShortestOverride {
		f.refuse(field, "too_short", "Say why in at least %d characters.", ShortestOverride)
	}
}

// placeOrder inserts an order that has passed all checks and returns its id.
func (c *change) placeOrder(ctx context.Context, cmd PlaceOrderCommand) (int64, error) {
	if err := c.limitCustomer(ctx); err != nil {
		return 0, err
	}
	settings := SettingsOf(ctx)
	wrong := cmd.check(settings)
	wardID, err := wardOf(ctx, c.tx, cmd.AdmissionID)
	if err != nil {
		return 0, err
	}
	s := settings.next(cmd.Meal, wardID, c.now)
	dishes, err := c.lockDishes(ctx, cmd, s, wrong)
	if err != nil {
		return 0, err
	}
	if err := wrong.err(); err != nil {
		return 0, err
	}
	o := Order{AdmissionID: cmd.AdmissionID, AddressID: cmd.AddressID, Meal: cmd.Meal,
		ServiceDate: s.date, Due: s.due, Late: s.late, Dishes: dishes, Notes: cmd.Notes,
		Status: OrderPending, PlacedBy: c.actor.UserID, PlacedAt: c.now, StatusSince: c.now}
	if o.AddressID != 0 {
		return c.placeForAddress(ctx, o)
	}
	return c.placeForAdmission(ctx, o, cmd)
}

// lockDishes returns the dishes of an order in the order in which they were chosen. They can't
// change until the commit, so that no recipe changes between the check of an order and its being
// there to be checked. It records those that can't be had.
func (c *change) lockDishes(ctx context.Context, cmd PlaceOrderCommand, s serving,
	wrong fields) ([]Dish, error) {
	known := map[int64]Dish{}
	for _, id := range sortedSet(cmd.Dishes[:min(len(cmd.Dishes), MostDishes)]) {
		dish, err := c.lockDish(ctx, id)
		if IsKind(err, NotFound) || !dish.RetiredAt.IsZero() {
			wrong.refuse("items", "dish_unknown", "There is no such dish. Choose from the menu.")
			continue
		}
		if err != nil {
			return nil, err
		}
		switch {
		case !dish.Available || dish.SoldOut(s.due):
			wrong.refuse("items", "dish_unavailable",
				"There is no %s left today. Choose something else.", dish.Name.En)
		case SettingsOf(ctx).Meal(cmd.Meal).Enabled && !slices.Contains(dish.Meals, cmd.Meal):
			wrong.refuse("items", "dish_meal",
				"%s is not served at this meal. Choose something else.", dish.Name.En)
		}
		known[id] = dish
	}
	if err := c.checkServed(ctx, cmd.Meal, s, known, wrong); err != nil {
		return nil, err
	}
	dishes := make([]Dish, len(cmd.Dishes))
	for i, id := range cmd.Dishes {
		dishes[i] = known[id]
	}
	return dishes, nil
}

// checkServed records the dishes that something else is planned instead of.
func (c *change) checkServed(ctx context.Context, meal Meal, s serving, dishes map[int64]Dish,
	wrong fields) error {
	if !SettingsOf(ctx).Meal(meal).Enabled {
		return nil
	}
	menu, err := readMenu(ctx, c.tx, meal, s)
	for id, dish := range dishes {
		if !slices.ContainsFunc(menu, func(d Dish) bool { return d.ID == id }) {
			wrong.refuse("items", "dish_not_planned",
				"%s is not on the menu of that day. Choose something else.", dish.Name.En)
		}
	}
	return err
}

// placeForAddress inserts an order for an address of the actor's.
func (c *change) placeForAddress(ctx context.Context, o Order) (int64, error) {
	address, err := c.lockAddress(ctx, o.AddressID)
	if IsKind(err, NotFound) {
		return 0, refuseField("address_id", "address_unknown",
			"There is no such address. Choose one of yours.")
	}
	if err != nil {
		return 0, err
	}
	if err := c.limitAddress(ctx, o); err != nil {
		return 0, err
	}
	o.Price = address.Zone.Charge + priceOf(o.Dishes)
	return c.insertOrder(ctx, o)
}

// placeForAdmission inserts an order for a patient if nothing speaks against it, or what does is
// overridden for a reason.
func (c *change) placeForAdmission(ctx context.Context, o Order,
	cmd PlaceOrderCommand) (int64, error) {
	if err := c.lockAdmission(ctx, o.AdmissionID); err != nil {
		return 0, err
	}
	diet, err := dietFor(ctx, c.tx, c.actor, o.AdmissionID)
	if IsKind(err, NotFound) {
		return 0, notTheirs(c.actor)
	}
	if err != nil {
		return 0, err
	}
	if err := c.checkAdmissionVersion(ctx, o.AdmissionID, cmd.Version); err != nil {
		return 0, err
	}
	hazards := diet.Hazards(o.Dishes, c.now, o.Due)
	if len(hazards) > 0 && (cmd.OverrideReason == "" || !Overridable(hazards)) {
		return 0, dangerous(c.actor, hazards)
	}
	if len(hazards) > 0 {
		o.OverrideReason, o.OverriddenBy, o.Overridden = cmd.OverrideReason, c.actor.Username, hazards
	}
	if err := c.checkDuplicate(ctx, o); err != nil {
		return 0, err
	}
	return c.insertOrder(ctx, o)
}

// checkAdmissionVersion refuses an order for a locked admission that has changed since whoever
// orders saw it. Of the admission a customer is shown nothing but the changes that are theirs to
// see.
func (c *change) checkAdmissionVersion(ctx context.Context, admissionID, version int64) error {
	if version == 0 {
		return nil
	}
	admission, err := readAdmission(ctx, c.tx, admissionID)
	if err != nil {
		return err
	}
	err = admission.checkPrecondition(c.actor, precondition{version: version})
	refusal, ok := errors.AsType[*Error](err)
	if ok && !c.actor.Role.May(ReadOrders) {
		refusal.Current = nil
	}
	return c.withChanges(ctx, err, "admission", admissionID, version, admission.Version)
}

// notTheirs is the refusal of an order for an admission that there is not, or not for this
// customer, who does not learn which.
func notTheirs(actor Actor) error {
	if !actor.Role.May(ReadOrders) {
		return Refuse(Forbidden, "not_your_patient",
			"You can order for your own patient only. Ask the ward's desk to link you to the patient.")
	}
	return refuseField("admission_id", "stay_unknown", "There is no such stay.")
}

// checkDuplicate refuses a second open order of an admission for one main meal of a day, and more
// than a few of another meal.
func (c *change) checkDuplicate(ctx context.Context, o Order) error {
	if !SettingsOf(ctx).Meal(o.Meal).Main {
		return c.limitMeal(ctx, o)
	}
	found, err := ordersWhere(ctx, c.tx, `meal_order.admission_id = $1
		AND meal_order.service_date = $2 AND meal_order.meal = $3
		AND meal_order.ended_at IS NULL`, o.AdmissionID, instant(o.ServiceDate), o.Meal)
	if err != nil || len(found) == 0 {
		return err
	}
	return found[0].conflict(c.actor, "meal_twice",
		"This patient has an order for %s already. Cancel it first.", o.Meal)
}

// insertOrder inserts an order that has passed all checks, tells of it and returns its id.
func (c *change) insertOrder(ctx context.Context, o Order) (int64, error) {
	var err error
	o.ID, err = c.insert(ctx, `INSERT INTO meal_order (admission_id, address_id, meal,
			service_date, due, notes, status, status_since, override_reason, overridden_by,
			overridden, late, price, placed_by, placed_at, once)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
		RETURNING id`,
		reference(o.AdmissionID), reference(o.AddressID), o.Meal, instant(o.ServiceDate),
		instant(o.Due), o.Notes, o.Status, instant(o.StatusSince), o.OverrideReason, o.OverriddenBy,
		list[Hazard](o.Overridden), o.Late, o.Price, reference(o.PlacedBy), instant(o.PlacedAt),
		SettingsOf(ctx).Meal(o.Meal).Main)
	if store.Violated(err) == "meal_order_admission_id_service_date_meal" {
		// The last line of defence: behind the lock of the admission it should not happen.
		return 0, Refuse(Conflict, "meal_twice",
			"This patient has an order for %s already. Cancel it first.", o.Meal)
	}
	if err != nil {
		return 0, fmt.Errorf("place an order: %w", err)
	}
	if err := cmp.Or(c.insertDishes(ctx, o), c.touchRounds(ctx, o)); err != nil {
		return 0, err
	}
	if o, err = readOrder(ctx, c.tx, o.ID); err != nil {
		return 0, err
	}
	if err := c.recordOrder(ctx, o, "order.place", ""); err != nil {
		return 0, err
	}
	c.recordOverride(o)
	return o.ID, c.notifyOrder(ctx, o)
}

// insertDishes keeps the dishes of a new order as they are now.
func (c *change) insertDishes(ctx context.Context, o Order) error {
	for i, dish := range o.Dishes {
		asOrdered, err := json.Marshal(dish)
		if err != nil {
			return fmt.Errorf("keep dish %d as ordered: %w", dish.ID, err)
		}
		_, err = c.exec(ctx, `INSERT INTO order_dish (order_id, position, dish_id, as_ordered)
			VALUES ($1, $2, $3, $4)`, o.ID, i, dish.ID, string(asOrdered))
		if err != nil {
			return fmt.Errorf("keep dish %d of order %d: %w", dish.ID, o.ID, err)
		}
	}
	return nil
}

// recordOrder records what was done to an order, for all who see it now or saw it before.
func (c *change) recordOrder(ctx context.Context, o Order, action string, from OrderStatus) error {
	before := o
	before.Status = from
	e := o.entry(action)
	e.from, e.to, e.reason, e.version = string(from), string(o.Status), o.CancelReason, o.Version
	c.record(e, o, before)
	return c.touchCustomers(ctx, o)
}

// touchCustomers moves the topics of those who follow an order, or all orders of an admission.
func (c *change) touchCustomers(ctx context.Context, o Order) error {
	customers, err := c.concernedCustomers(ctx, o)
	for _, customer := range customers {
		c.touch(topicOnly(CustomerTopic(customer)))
	}
	return err
}

// recordOverride records that hazards were overridden and why, if they were.
func (c *change) recordOverride(o Order) {
	if len(o.Overridden) == 0 {
		return
	}
	e := o.entry("order.override")
	e.to = joined(o.Overridden, ",", func(z Hazard) string { return string(z.Kind) })
	e.reason = o.OverrideReason
	c.record(e, o)
}

// entry is a line of the audit about the order.
func (o Order) entry(action string) entry {
	return entry{action: action, entity: "order", entityID: o.ID, patientID: o.patientID,
		wardID: o.wardID}
}

// orderWords are the states as a sentence about an order says them.
var orderWords = map[OrderStatus]string{
	OrderPending:     "pending",
	OrderConfirmed:   "confirmed",
	OrderPreparing:   "being prepared",
	OrderReady:       "ready",
	OrderInTransit:   "on its way",
	OrderDelivered:   "delivered",
	OrderHeld:        "held",
	OrderCancelled:   "cancelled",
	OrderUndelivered: "undelivered",
}

// invalidTransition is the refusal of a step of the actor's that the table lacks.
func (o Order) invalidTransition(actor Actor) error {
	if len(orderSteps[o.Status]) == 0 {
		return o.conflict(actor, "order_closed", "Order %d is %s and can't be changed here.",
			o.ID, orderWords[o.Status])
	}
	return o.conflict(actor, "order_step", "Order %d is %s. From there it can only become: %s.",
		o.ID, orderWords[o.Status], named(orderSteps[o.Status], orderWords))
}

// conflict is a refusal of the actor because of the state in which the order stands.
func (o Order) conflict(actor Actor, code, format string, args ...any) error {
	return Refuse(Conflict, code, format, args...).With(o.shownTo(actor))
}

// unknownOrder is the refusal of an order that does not exist, or that a customer may not know of.
func unknownOrder() error { return Refuse(NotFound, "order_unknown", "There is no such order.") }

// Order reads one. NotFound where there is none, or it is not for this customer.
func (h *Hospital) Order(ctx context.Context, actor Actor, id int64) (Order, error) {
	return readAs(ctx, h, actor, FollowOrders, func(ctx context.Context, q *sql.Tx) (Order, error) {
		return readableOrder(ctx, q, h.clock(ctx), actor, id)
	})
}

// readableOrder reads one order as far as the actor may know of it. NotFound as for Order.
func readableOrder(ctx context.Context, q *sql.Tx, now time.Time, actor Actor,
	id int64) (Order, error) {
	o, err := readOrder(ctx, q, id)
	if err != nil {
		return o, err
	}
	return o.shownTo(actor), authorizeOrder(ctx, q, now, actor, o)
}

// OrderDetail is one order with all that its page shows. It has the patient's initials and never
// the name.
type OrderDetail struct {
	Order
	Initials string // of the patient; empty for an address
	// where the patient lies now; 0 for an address, while there is no bed, and after the admission
	BedID      int64
	BedNumber  string
	WardName   string
	Zone       string // for an address
	DeliveryID int64  // 0: none yet, or none that the reader may look up
	At         time.Time
	Revisions  // of OrderTopic
}

// OrderDetail reads an order's page. NotFound as for Order.
func (h *Hospital) OrderDetail(ctx context.Context, actor Actor, id int64) (OrderDetail, error) {
	return readAs(ctx, h, actor, FollowOrders,
		func(ctx context.Context, q *sql.Tx) (d OrderDetail, err error) {
			d.At = h.clock(ctx)
			if d.Revisions, err = revisions(ctx, q, OrderTopic(id)); err != nil {
				return d, err
			}
			if d.Order, err = readableOrder(ctx, q, d.At, actor, id); err != nil {
				return d, err
			}
			if err := d.readPlace(ctx, q); err != nil || d.DeliveryID == 0 {
				return d, err
			}
			r, err := readDelivery(ctx, q, d.DeliveryID)
			if err == nil && r.authorize(d.At, actor) != nil {
				d.DeliveryID = 0
			}
			return d, err
		})
}

// readPlace adds whom the order is for, where it goes, as long as it does, and by which delivery.
// The patient's name goes no further than here.
func (d *OrderDetail) readPlace(ctx context.Context, q *sql.Tx) error {
	var patient PatientName
	err := q.QueryRowContext(ctx, `SELECT COALESCE(patient.name, ''), bed.id,
			COALESCE(bed.number, ''), COALESCE(ward.name, ''), COALESCE(zone.name, ''),
			(SELECT MAX(delivery.id) FROM delivery
				WHERE delivery.order_id = meal_order.id AND delivery.status <> 'cancelled')
		FROM meal_order
		LEFT JOIN admission ON admission.id = meal_order.admission_id
		LEFT JOIN patient ON patient.id = admission.patient_id
		LEFT JOIN bed ON bed.id = admission.bed_id AND admission.discharged_at IS NULL
			AND meal_order.ended_at IS NULL
		LEFT JOIN ward ON ward.id = bed.ward_id
		LEFT JOIN address ON address.id = meal_order.address_id AND meal_order.ended_at IS NULL
		LEFT JOIN zone ON zone.id = address.zone_id
		WHERE meal_order.id = $1`, d.ID).Scan(&patient, (*reference)(&d.BedID), &d.BedNumber,
		&d.WardName, &d.Zone, (*reference)(&d.DeliveryID))
	d.Initials = patient.Initials()
	return wrap(err, "read where order %d goes", d.ID)
}

// shownTo is the order as far as the actor may know of it. Why staff set a hazard aside, they wrote
// for each other.
func (o Order) shownTo(actor Actor) Order {
	if !actor.Role.May(ReadOrders) {
		o.OverrideReason, o.OverriddenBy = "", ""
	}
	return o
}

// authorizeStep returns NotFound unless the actor may know of the order that they give a command
// about. One that is still open is work, whatever day it is of.
func (c *change) authorizeStep(ctx context.Context, o Order) error {
	if c.actor.Role.May(ReadOrders) && !o.Status.Ended() {
		return nil
	}
	return authorizeOrder(ctx, c.tx, c.now, c.actor, o)
}

// readOrder reads one order. NotFound where there is none.
func readOrder(ctx context.Context, q *sql.Tx, id int64) (Order, error) {
	found, err := ordersWhere(ctx, q, `meal_order.id = $1`, id)
	if err == nil && len(found) == 0 {
		err = unknownOrder()
	}
	if err != nil {
		return Order{}, err
	}
	return found[0], nil
}

// ordersWhere reads the orders that fit a condition on meal_order and admission, by id.
func ordersWhere(ctx context.Context, q *sql.Tx, condition string, args ...any) ([]Order, error) {
	// #nosec G202 -- the condition is one of this package's own, with $n for what people send
	rows, err := q.QueryContext(ctx,
		`SELECT meal_order.id, meal_order.admission_id, meal_order.address_id, meal_order.meal,
			meal_order.service_date, meal_order.due, meal_order.notes, meal_order.status,
			meal_order.begun, meal_order.held_for, meal_order.stopped, meal_order.override_reason,
			meal_order.overridden_by, meal_order.overridden, meal_order.late, meal_order.price,
			meal_order.placed_by, meal_order.placed_at, meal_order.status_since,
			meal_order.cancel_reason, meal_order.version, admission.patient_id, bed.ward_id, `+
			dishesOfOrder+`, `+partsOfOrder+`
		FROM meal_order
		LEFT JOIN admission ON admission.id = meal_order.admission_id
		LEFT JOIN bed ON bed.id = admission.bed_id
		WHERE `+condition, args...)
	plates := plates{}
	orders, err := collect(rows, err, func(row scanner) (Order, error) {
		return scanOrder(row, plates)
	})
	// Sorted here: asked for them by id, SQLite goes through all orders there ever were in that
	// order, past the index of those asked for.
	slices.SortFunc(orders, func(a, b Order) int { return cmp.Compare(a.ID, b.ID) })
	return orders, wrap(err, "read orders")
}

func scanOrder(row scanner, plates plates) (o Order, err error) {
	var done partsDone
	err = row.Scan(&o.ID, (*reference)(&o.AdmissionID), (*reference)(&o.AddressID), &o.Meal,
		(*instant)(&o.ServiceDate), (*instant)(&o.Due), &o.Notes, &o.Status, &o.Begun,
		(*list[Hazard])(&o.HeldFor), &o.Stopped, &o.OverrideReason, &o.OverriddenBy,
		(*list[Hazard])(&o.Overridden), &o.Late, &o.Price, (*reference)(&o.PlacedBy),
		(*instant)(&o.PlacedAt), (*instant)(&o.StatusSince), &o.CancelReason, &o.Version,
		(*reference)(&o.patientID), (*reference)(&o.wardID), plates.onto(&o.Dishes), &done)
	o.Parts = partsOf(o.Dishes, done)
	return o, err
}

// dishesOfOrder is a column with the dishes of meal_order as they were ordered, in the order in
// which they were chosen. A database looks for them order by order; where it had not counted its
// tables it would join all dishes there ever were.
const dishesOfOrder = `COALESCE((SELECT '[' || string_agg(order_dish.as_ordered, ','
	ORDER BY order_dish.position) || ']'
	FROM order_dish WHERE order_dish.order_id = meal_order.id), '[]')`

// plates are the dishes of orders by their text: what many have ordered is decoded once.
type plates map[string][]Dish

// onto reads the column dishesOfOrder into dishes.
func (p plates) onto(dishes *[]Dish) sql.Scanner { return plate{p, dishes} }

// plate is where the dishes of one order go.
type plate struct {
	known  plates
	dishes *[]Dish
}

// Scan takes what the column holds.
func (p plate) Scan(column any) error {
	text, ok := column.(string)
	if !ok {
		return fmt.Errorf("dishes are held as %T", column)
	}
	dishes, known := p.known[text]
	if !known {
		if err := (*list[Dish])(&dishes).Scan(text); err != nil {
			return err
		}
		p.known[text] = dishes
	}
	*p.dishes = slices.Clone(dishes)
	return nil
}

// openOrders reads the open orders of an admission.
func openOrders(ctx context.Context, q *sql.Tx, admissionID int64) ([]Order, error) {
	return ordersWhere(ctx, q, `meal_order.admission_id = $1 AND meal_order.ended_at IS NULL`,
		admissionID)
}

// lockOrder keeps an order, and the admission that it is for, from everyone else until the commit
// and returns it as it stands. NotFound where there is none.
func (c *change) lockOrder(ctx context.Context, id int64) (Order, error) {
	admission, err := scanValue[reference](c.tx.QueryRowContext(ctx,
		`SELECT admission_id FROM meal_order WHERE id = $1`, id))
	if err := wrapRow(err, unknownOrder, "read what order %d is for", id); err != nil {
		return Order{}, err
	}
	if err := c.lockAdmission(ctx, int64(admission)); err != nil {
		return Order{}, err
	}
	if _, err := c.lock(ctx, "meal_order", id); err != nil {
		return Order{}, err
	}
	return readOrder(ctx, c.tx, id)
}

// putOrder takes a locked order to a status, keeps its other fields as they stand in o, records it
// and tells the customers who follow it. It is the only way for an order to change.
func (c *change) putOrder(ctx context.Context, o *Order, to OrderStatus) error {
	from := o.Status
	var ended time.Time
	if to.Ended() {
		ended = c.now
	}
	if to != from {
		if err := c.partsUndone(ctx, o, to); err != nil {
			return err
		}
		o.Status, o.StatusSince = to, c.now
	}
	err := c.tx.QueryRowContext(ctx, `UPDATE meal_order SET status = $2, status_since = $3,
			begun = $4, held_for = $5, stopped = $6, override_reason = $7, overridden_by = $8,
			overridden = $9, cancel_reason = $10, ended_at = $11, version = version + 1
		WHERE id = $1 RETURNING version`,
		o.ID, o.Status, instant(o.StatusSince), o.Begun, list[Hazard](o.HeldFor), o.Stopped,
		o.OverrideReason, o.OverriddenBy, list[Hazard](o.Overridden), o.CancelReason,
		instant(ended)).Scan(&o.Version)
	if err != nil {
		return fmt.Errorf("take order %d to %s: %w", o.ID, to, err)
	}
	if err := c.recordOrder(ctx, *o, "order.status", from); err != nil {
		return err
	}
	if to == from {
		return nil
	}
	if to == OrderCancelled || to == OrderUndelivered {
		if err := c.touchRounds(ctx, *o); err != nil {
			return err
		}
	}
	return c.notifyOrder(ctx, *o)
}
