package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// This file is what a courier does when a delivery has gone wrong: take back what was tapped by
// mistake, send a tray again, give it to a colleague, and ask for another code at a door.

// UndoDeliveryWithin is how long a courier may take back that a tray was handed over or could not
// be.
const UndoDeliveryWithin = time.Minute

// UndoDelivery takes back that the actor's delivery was delivered or failed: the tray is on its way
// again, and what speaks against it now stops it there. Conflict "undo_too_late" after
// UndoDeliveryWithin, "delivery_replaced" where the tray was sent again since, "meal_twice" where
// the patient has another order for the meal by now. Only its courier may.
func (h *Hospital) UndoDelivery(ctx context.Context, actor Actor, id int64,
	cmd CourierCommand) (Delivery, error) {
	step := cmd.step(id, "delivery.undo")
	step.run = func(ctx context.Context, c *change, o *Order, r *deliveryRow) error {
		return c.undoDelivery(ctx, o, r, cmd.Version)
	}
	return h.carry(ctx, actor, step)
}

func (c *change) undoDelivery(ctx context.Context, o *Order, r *deliveryRow, version int64) error {
	if err := c.checkUndo(ctx, *o, *r, version); err != nil {
		return err
	}
	if err := c.checkDuplicate(ctx, *o); err != nil {
		return err
	}
	if err := c.forgetIntake(ctx, o); err != nil {
		return err
	}
	r.ReceivedBy, r.FailReason, r.DoneAt = "", "", time.Time{}
	if err := c.putOrder(ctx, o, OrderInTransit); err != nil {
		return err
	}
	if err := c.putDelivery(ctx, r, DeliveryInTransit); err != nil {
		return err
	}
	if err := c.recheck(ctx, o); err != nil {
		return err
	}
	after, err := readDelivery(ctx, c.tx, r.ID)
	*r = after
	return err
}

// checkUndo returns why the actor may not take back how a locked delivery has ended, or nil.
func (c *change) checkUndo(ctx context.Context, o Order, r deliveryRow, version int64) error {
	switch {
	case r.CourierID != c.actor.UserID:
		return r.notYours()
	case r.Status != DeliveryDelivered && r.Status != DeliveryFailed:
		return r.invalidTransition(c.actor)
	case c.now.Sub(r.StatusSince) > UndoDeliveryWithin:
		return r.conflict(c.actor, "undo_too_late",
			"It is too late to take that back: order %d was %s more than a minute ago.",
			r.OrderID, deliveryWords[r.Status])
	}
	if err := r.checkVersion(c.actor, version); err != nil {
		return err
	}
	return c.checkLastDelivery(ctx, o, r)
}

// checkLastDelivery refuses unless a locked delivery is the last one of its order, which has ended
// by it.
func (c *change) checkLastDelivery(ctx context.Context, o Order, r deliveryRow) error {
	last, err := scanValue[int64](c.tx.QueryRowContext(ctx,
		`SELECT MAX(id) FROM delivery WHERE order_id = $1`, o.ID))
	if err != nil {
		return fmt.Errorf("read the last delivery of order %d: %w", o.ID, err)
	}
	if last != r.ID || o.Status != OrderDelivered && o.Status != OrderUndelivered {
		return r.conflict(c.actor, "delivery_replaced",
			"Order %d is %s. The tray was sent again meanwhile.", o.ID, orderWords[o.Status])
	}
	return nil
}

// notYours is the refusal of whoever is not the delivery's courier.
func (r deliveryRow) notYours() error {
	if r.Courier == "" {
		return Refuse(Forbidden, "delivery_not_yours",
			"This delivery is not yours. Only its courier may go on with it.")
	}
	return Refuse(Forbidden, "delivery_not_yours",
		"This delivery is %s's. Only its courier may go on with it.", r.Courier)
}

// ResendDelivery sends the tray of a failed delivery again: its order is ready once more, and a new
// delivery, which it returns, waits for a courier. It checks anew: with a hazard the answer is the
// Conflict "hazards" and nothing changes. Conflict "delivery_replaced" where the tray was sent again already, "resend_too_late" once the order is
// past, "meal_twice" as for UndoDelivery. The delivery's courier may, and the kitchen.
func (h *Hospital) ResendDelivery(ctx context.Context, actor Actor, id int64,
	cmd CourierCommand) (Delivery, error) {
	if err := actor.need(ResendDeliveries); err != nil {
		return Delivery{}, err
	}
	sent, _, err := create(ctx, h, actor, creation[Delivery]{
		name: "delivery.resend", key: cmd.IdempotencyKey, said: id,
		make: func(ctx context.Context, c *change) (int64, error) {
			return c.resend(ctx, id, cmd)
		},
		read: func(ctx context.Context, q *sql.Tx, id int64) (Delivery, error) {
			r, err := readDelivery(ctx, q, id)
			return r.shownTo(actor), err
		},
	})
	return sent, err
}

// resend opens another delivery for the order of a failed one and returns its id.
func (c *change) resend(ctx context.Context, id int64, cmd CourierCommand) (int64, error) {
	o, r, err := c.lockCarried(ctx, id, cmd.AdmissionID)
	if err != nil {
		return 0, err
	}
	if err := c.checkResend(ctx, o, r, cmd.Version); err != nil {
		return 0, err
	}
	if err := cmp.Or(c.checkDuplicate(ctx, o), c.checkSafe(ctx, o)); err != nil {
		return 0, err
	}
	if err := c.putOrder(ctx, &o, OrderReady); err != nil {
		return 0, err
	}
	return c.openDelivery(ctx, o)
}

// checkSafe refuses to take up again a locked order that has ended where something speaks against it
// now. The order stays as it ended.
func (c *change) checkSafe(ctx context.Context, o Order) error {
	hazards, err := c.hazardsOf(ctx, o)
	if err != nil || len(hazards) == 0 {
		return err
	}
	return dangerous(c.actor, hazards)
}

// lockCarried keeps a delivery and its order from everyone else. Of another admission than the
// actor meant it is refused.
func (c *change) lockCarried(ctx context.Context, id, admissionID int64) (o Order, r deliveryRow,
	err error) {
	if err := c.checkRecipient(ctx, id, admissionID); err != nil {
		return o, r, err
	}
	if r, err = readDelivery(ctx, c.tx, id); err != nil {
		return o, r, err
	}
	if o, err = c.lockOrder(ctx, r.OrderID); err != nil {
		return o, r, err
	}
	r, err = c.lockReadableDelivery(ctx, id)
	return o, r, err
}

// checkResend returns why the actor may not send the tray of a locked delivery again, or nil.
func (c *change) checkResend(ctx context.Context, o Order, r deliveryRow, version int64) error {
	switch {
	case !c.actor.Role.May(CookOrders) && r.CourierID != c.actor.UserID:
		return r.notYours()
	case r.Status != DeliveryFailed:
		return r.invalidTransition(c.actor)
	case o.Due.Before(SettingsOf(ctx).pastBefore(c.now)):
		return r.conflict(c.actor, "resend_too_late",
			"Order %d is of a meal that is over. Order anew instead.", o.ID)
	}
	if err := r.checkVersion(c.actor, version); err != nil {
		return err
	}
	return c.checkLastDelivery(ctx, o, r)
}

// HandOverDelivery gives the actor's delivery, claimed or on its way, to a colleague, who is told.
// Invalid where there is no courier of that name. Only its courier may.
func (h *Hospital) HandOverDelivery(ctx context.Context, actor Actor, id int64, username string,
	cmd CourierCommand) (Delivery, error) {
	username = tidy(username)
	if err := actor.need(CarryDeliveries); err != nil {
		return Delivery{}, err
	}
	step := cmd.step(id, "delivery.hand_over")
	step.sent = []string{username}
	step.run = func(ctx context.Context, c *change, _ *Order, r *deliveryRow) error {
		return c.handOverTo(ctx, r, username, cmd.Version)
	}
	return h.carry(ctx, actor, step)
}

// handOverTo gives a locked delivery to a colleague.
func (c *change) handOverTo(ctx context.Context, r *deliveryRow, username string,
	version int64) error {
	colleague, err := c.courierNamed(ctx, username)
	if err != nil {
		return err
	}
	switch {
	case r.Status.Ended() || r.CourierID == 0:
		return r.invalidTransition(c.actor)
	case r.CourierID != c.actor.UserID:
		return r.notYours()
	}
	if err := r.checkVersion(c.actor, version); err != nil {
		return err
	}
	e := r.entry("delivery.hand_over")
	e.from, e.to = c.actor.Username, username
	c.note(e)
	r.CourierID, r.Courier = colleague, username
	if err := c.putDelivery(ctx, r, r.Status); err != nil {
		return err
	}
	return c.notifyCourier(ctx, *r, "delivery_yours")
}

// courierNamed is the id of a colleague of the actor's who may carry.
func (c *change) courierNamed(ctx context.Context, username string) (int64, error) {
	wrong := fields{}
	wrong.line("username", username, LongestName, "Say who takes it over.")
	if err := wrong.err(); err != nil {
		return 0, err
	}
	id, err := scanValue[int64](c.tx.QueryRowContext(ctx, `SELECT courier.id FROM app_user courier
		WHERE courier.username = $1 AND courier.id <> $2 AND NOT `+courierGone,
		username, c.actor.UserID))
	if errors.Is(err, sql.ErrNoRows) {
		return 0, refuseField("username", "courier_unknown",
			"There is no other courier of that name. Choose a colleague from the list.")
	}
	return id, wrap(err, "read who takes a delivery over")
}

// couriers lists the usernames of those to whom the actor may hand a delivery over.
func couriers(ctx context.Context, q *sql.Tx, actor Actor) ([]string, error) {
	rows, err := q.QueryContext(ctx, `SELECT username FROM app_user
		WHERE role = 'delivery' AND id <> $1 AND NOT disabled ORDER BY username`, actor.UserID)
	names, err := collect(rows, err, scanValue[string])
	return names, wrap(err, "read the couriers")
}

// RenewDeliveryCode gives the customer at an address another code after too many wrong ones, at
// most mostRenewals times: after that, Conflict "code_used_up". Conflict "code_holds" while the
// last code may still be given. Only its courier may.
func (h *Hospital) RenewDeliveryCode(ctx context.Context, actor Actor, id int64,
	cmd CourierCommand) (Delivery, error) {
	step := cmd.step(id, "delivery.new_code")
	step.run = func(ctx context.Context, c *change, _ *Order, r *deliveryRow) error {
		switch {
		case r.Status.Ended() || r.CourierID == 0 || r.Code == "":
			return r.invalidTransition(c.actor)
		case r.CourierID != c.actor.UserID:
			return r.notYours()
		case r.Wrong >= mostWrongCodes:
			return codeUsedUp(r.OrderID)
		case r.Tries < mostTries:
			return r.conflict(c.actor, "code_holds",
				"The code of order %d holds: %d tries are left. The customer sees it.", r.OrderID,
				mostTries-r.Tries)
		}
		return c.renewCode(ctx, r, r.Status)
	}
	return h.carry(ctx, actor, step)
}
