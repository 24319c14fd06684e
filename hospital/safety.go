package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// This file is what the safety check does to orders. There is no way around it: whoever takes an
// order a step further toward its patient calls holdIfUnsafe while holding the admission, and
// whatever changes what a patient may eat, or what is in a dish, calls recheckAdmission while
// holding it.

// everyHazardOf is what speaks against a locked order as things stand now, overridden or not. It
// checks the dishes both as they were ordered and as they are made now. Nothing speaks against an
// order for an address: nobody knows who eats it.
func (c *change) everyHazardOf(ctx context.Context, o Order) ([]Hazard, error) {
	if o.AdmissionID == 0 {
		return nil, nil
	}
	diet, err := readDiet(ctx, c.tx, o.AdmissionID)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(o.Dishes))
	names := make(map[int64]DishName, len(o.Dishes))
	for i, dish := range o.Dishes {
		ids[i], names[dish.ID] = dish.ID, dish.Name
	}
	list, args := oneOf(nil, ids)
	rows, err := c.tx.QueryContext(ctx,
		selectDish+` WHERE dish.id IN `+list+` ORDER BY dish.id`, args...)
	now, err := collect(rows, err, scanDish)
	if err != nil {
		return nil, fmt.Errorf("read the recipes of order %d: %w", o.ID, err)
	}
	for i, dish := range now {
		now[i].Name = names[dish.ID] // one name for one dish, so that one hazard is not two
	}
	return diet.Hazards(slices.Concat(o.Dishes, now), c.now, latest(c.now, o.Due)), nil
}

// hazardsOf is the safety check of a locked order: what speaks against it as things stand now and
// no override covers.
func (c *change) hazardsOf(ctx context.Context, o Order) ([]Hazard, error) {
	hazards, err := c.everyHazardOf(ctx, o)
	return uncovered(hazards, o.Overridden), err
}

// holdIfUnsafe refuses to go on with a locked order that is dangerous as things stand now. It stops
// the order for everyone, and what it does is kept although the command is refused.
func (c *change) holdIfUnsafe(ctx context.Context, o *Order) error {
	hazards, err := c.hazardsOf(ctx, *o)
	if err != nil || len(hazards) == 0 {
		return err
	}
	if o.stoppedFor(hazards) {
		return dangerous(c.actor, hazards)
	}
	if err := c.holdOrder(ctx, o, hazards); err != nil {
		return err
	}
	return commitAndRefuse(dangerous(c.actor, hazards))
}

// stoppedFor reports whether the order is stopped already, as much as the hazards ask for.
func (o Order) stoppedFor(hazards []Hazard) bool {
	switch {
	case o.Status == OrderHeld:
		return slices.EqualFunc(o.HeldFor, hazards, Hazard.same)
	case o.Status == OrderInTransit && o.Stopped != "":
		return true
	}
	return len(hazards) == 0
}

// holdOrder stops a locked order for its hazards and tells the kitchen: one that has not departed
// is held and its delivery, if any, cancelled; one in transit is to be brought back. An order that
// is held already is held for these hazards from now on.
func (c *change) holdOrder(ctx context.Context, o *Order, hazards []Hazard) error {
	from, known, news := o.Status, o.HeldFor, "ticket_held"
	o.HeldFor = hazards
	if hasKind(hazards, HazardNotAdmitted) {
		o.Stopped, news = StoppedDischarged, "ticket_discharged"
	}
	if from == OrderInTransit {
		return c.callBack(ctx, o)
	}
	if err := c.takeBack(ctx, o, OrderHeld); err != nil {
		return err
	}
	if from == OrderHeld && !hasNew(hazards, known) {
		return nil // for fewer reasons than before: no alarm
	}
	return c.notifyKitchen(ctx, news, *o)
}

// callBack stops a locked order in transit: the courier is to bring it back, and the kitchen to
// make another one.
func (c *change) callBack(ctx context.Context, o *Order) error {
	o.Stopped = cmp.Or(o.Stopped, StoppedHazard)
	if err := c.putOrder(ctx, o, OrderInTransit); err != nil {
		return err
	}
	if err := c.stopDelivery(ctx, *o, o.Stopped); err != nil {
		return err
	}
	return c.notifyKitchen(ctx, "ticket_stopped", *o)
}

// hasKind reports whether there is a hazard of a kind.
func hasKind(hazards []Hazard, kind HazardKind) bool {
	return slices.ContainsFunc(hazards, func(z Hazard) bool { return z.Kind == kind })
}

// hasNew reports whether there is a hazard that was not known.
func hasNew(hazards, known []Hazard) bool {
	return slices.ContainsFunc(hazards, func(z Hazard) bool {
		return !slices.ContainsFunc(known, z.same)
	})
}

// recheckAdmission checks every open order of a locked admission anew, since what the patient may
// eat or what is in a dish has changed, or time has passed: what is dangerous now is stopped. What
// is dangerous no longer stays held, and the kitchen is told that it may be confirmed.
func (c *change) recheckAdmission(ctx context.Context, admissionID int64) error {
	orders, err := openOrders(ctx, c.tx, admissionID)
	if err != nil {
		return err
	}
	for _, o := range orders {
		if err := c.recheck(ctx, &o); err != nil {
			return err
		}
	}
	return nil
}

// recheck checks one locked open order anew.
func (c *change) recheck(ctx context.Context, o *Order) error {
	hazards, err := c.hazardsOf(ctx, *o)
	if err != nil || o.stoppedFor(hazards) {
		return err
	}
	if len(hazards) > 0 {
		return c.holdOrder(ctx, o, hazards)
	}
	o.HeldFor = nil
	if err := c.putOrder(ctx, o, OrderHeld); err != nil {
		return err
	}
	return c.notifyKitchen(ctx, "ticket_clear", *o)
}

// touchOpenOrders moves the topics of all who see the open orders of a locked admission, which has
// changed, and returns the orders.
func (c *change) touchOpenOrders(ctx context.Context, admissionID int64) ([]Order, error) {
	orders, err := openOrders(ctx, c.tx, admissionID)
	if err != nil {
		return nil, err
	}
	for _, o := range orders {
		c.touch(o)
		if err := c.touchDelivery(ctx, o); err != nil {
			return nil, err
		}
	}
	return orders, c.touchCustomers(ctx, Order{AdmissionID: admissionID})
}

// rerouteOrders sends the open orders of a locked admission, whose patient has just been moved, to
// the new bed. A tray's identity is its patient, never a bed, so nothing is written: everyone who
// sees the orders is told.
func (c *change) rerouteOrders(ctx context.Context, admission Admission) error {
	orders, err := c.touchOpenOrders(ctx, admission.ID)
	if err != nil {
		return err
	}
	for _, o := range orders {
		if err := c.rerouteDelivery(ctx, o); err != nil {
			return err
		}
		if err := c.notifyKitchen(ctx, "ticket_moved", o); err != nil {
			return err
		}
	}
	return nil
}

// endOrders ends what is open of a locked admission that has just ended: what is not cooked is
// cancelled, what is cooked is held for the kitchen to decide on, what is on its way comes back.
// After a death everything ends without a word to anybody.
func (c *change) endOrders(ctx context.Context, admission Admission, outcome Outcome) error {
	orders, err := c.touchOpenOrders(ctx, admission.ID)
	if err != nil {
		return err
	}
	for _, o := range orders {
		if err := c.endOrder(ctx, &o, outcome); err != nil {
			return err
		}
	}
	return nil
}

// endOrder ends one locked open order of an admission that has just ended.
func (c *change) endOrder(ctx context.Context, o *Order, outcome Outcome) error {
	switch {
	case outcome == Deceased:
		o.CancelReason = StoppedDischarged
		if err := c.putOrder(ctx, o, OrderCancelled); err != nil {
			return err
		}
		return c.cancelDelivery(ctx, *o)
	case o.Status == OrderPending || o.Status == OrderConfirmed:
		o.CancelReason = StoppedDischarged
		return c.putOrder(ctx, o, OrderCancelled)
	}
	return c.recheck(ctx, o)
}

// notifyKitchen tells everyone in the kitchen about a ticket.
func (c *change) notifyKitchen(ctx context.Context, code string, o Order) error {
	about := About{OrderID: o.ID, Meal: o.Meal}
	if o.AdmissionID != 0 {
		about.AdmissionIDs = []int64{o.AdmissionID}
	}
	return c.notifyRole(ctx, KitchenStaff, code, about)
}

// HoldNilByMouth finds the admissions whose time of nil by mouth has begun or ended by itself, and
// returns how many there were. What must not be eaten is held as by SetDiet; what may be eaten
// again stays held, and the kitchen and medical staff are told. To be called often: at the steps of
// an order the safety check looks at the clock by itself.
func (h *Hospital) HoldNilByMouth(ctx context.Context) (int, error) {
	admissions, err := readValue(ctx, h, func(ctx context.Context, q *sql.Tx) ([]int64, error) {
		return nilByMouthTurned(ctx, q, h.clock(ctx))
	})
	if err != nil {
		return 0, err
	}
	return h.eachByItself(ctx, admissions, "admission", (*change).turnNilByMouth)
}

// turnNilByMouth does what an admission's beginning or ending time of nil by mouth asks for, and
// reports whether there was anything to do.
func (c *change) turnNilByMouth(ctx context.Context, id int64) (bool, error) {
	if err := c.lockAdmission(ctx, id); err != nil {
		return false, err
	}
	admission, err := readAdmission(ctx, c.tx, id)
	if err != nil {
		return false, err
	}
	if err := c.seeNilByMouth(ctx, admission); err != nil {
		return false, err
	}
	if err := c.recheckAdmission(ctx, id); err != nil {
		return false, err
	}
	if len(c.entries) == 0 {
		return false, nil
	}
	_, err = c.touchOpenOrders(ctx, id)
	return true, err
}

// seeNilByMouth notes of a locked admission whether nil by mouth holds now, and records it if it
// did not before or no longer does.
func (c *change) seeNilByMouth(ctx context.Context, admission Admission) error {
	diet, err := readDiet(ctx, c.tx, admission.ID)
	if err != nil || diet.Ended {
		return err
	}
	holds := diet.NilByMouth.Holds(c.now)
	turned, err := c.exec(ctx,
		`UPDATE admission SET nil_by_mouth_seen = $2 WHERE id = $1 AND nil_by_mouth_seen <> $2`,
		admission.ID, holds)
	if err != nil {
		return fmt.Errorf("see nil by mouth of admission %d: %w", admission.ID, err)
	}
	if turned == 0 {
		return nil
	}
	from, to := "nil_by_mouth", ""
	if holds {
		from, to = to, from
	}
	c.record(entry{action: "admission.nil_by_mouth", entity: "admission", entityID: admission.ID,
		patientID: admission.PatientID, wardID: admission.WardID, from: from, to: to}, admission)
	if holds || admission.BedID == 0 {
		return nil
	}
	return c.notifyWard(ctx, MedicalStaff, "nil_by_mouth_over", About{
		AdmissionIDs: []int64{admission.ID}, WardID: admission.WardID,
		BedNumber: admission.BedNumber})
}

// nilByMouthTurned lists the open admissions whose time of nil by mouth has begun or ended since
// they were last looked at, and those with an open order that is not held for it and must be, or is
// and need not be.
func nilByMouthTurned(ctx context.Context, q *sql.Tx, now time.Time) ([]int64, error) {
	rows, err := q.QueryContext(ctx,
		`SELECT admission.id, admission.nil_by_mouth_seen, admission.nil_by_mouth_from,
			admission.nil_by_mouth_until, meal_order.id, COALESCE(meal_order.stopped, ''),
			COALESCE(meal_order.held_for, '[]'), meal_order.due
		FROM admission LEFT JOIN meal_order ON meal_order.admission_id = admission.id
		AND meal_order.ended_at IS NULL
		WHERE admission.discharged_at IS NULL AND admission.nil_by_mouth_from IS NOT NULL
		ORDER BY admission.id`)
	var admissionIDs []int64
	err = eachRow(rows, err, func(row scanner) error {
		var o Order
		var seen bool
		var window Window
		err := row.Scan(&o.AdmissionID, &seen, (*instant)(&window.From), (*instant)(&window.Until),
			(*reference)(&o.ID), &o.Stopped, (*list[Hazard])(&o.HeldFor), (*instant)(&o.Due))
		turned := seen != window.Holds(now) ||
			o.ID != 0 && o.Stopped == "" && o.nilByMouthTurned(window, now)
		if turned && !slices.Contains(admissionIDs, o.AdmissionID) {
			admissionIDs = append(admissionIDs, o.AdmissionID)
		}
		return err
	})
	return admissionIDs, wrap(err, "read who is nil by mouth")
}

// nilByMouthTurned reports whether an open order is held for nil by mouth and need not be, or is
// not and must be.
func (o Order) nilByMouthTurned(window Window, now time.Time) bool {
	must := window.Holds(now) || window.Holds(latest(now, o.Due))
	return must != hasKind(o.HeldFor, HazardNilByMouth)
}
