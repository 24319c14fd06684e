package hospital

import (
	"context"
	"slices"
)

// This file has the steps of an order: confirm, start, ready, recall and cancel.

// orderStep is what a command does that takes an order a step on or back.
type orderStep struct {
	may Permission
	to  OrderStatus // the step must stand in orderSteps and lead forward; empty: run decides
	run func(c *change, ctx context.Context, o *Order, reason string) error
}

// ConfirmOrder accepts a pending order, or takes up a held one after a new safety check. Medical
// staff who give a reason override with it what speaks against the order, where that can be.
// Conflict "hazards" as for PlaceOrder: a pending order is held then, and so is a held one with
// what speaks against it now.
func (h *Hospital) ConfirmOrder(ctx context.Context, actor Actor, id int64,
	cmd OrderCommand) (Order, error) {
	return h.stepOrder(ctx, actor, id, cmd,
		orderStep{ConfirmOrders, OrderConfirmed, (*change).confirmOrder})
}

func (c *change) confirmOrder(ctx context.Context, o *Order, reason string) error {
	if reason != "" && c.actor.Role.May(OverrideHazards) {
		if err := c.override(ctx, o, reason); err != nil {
			return err
		}
	}
	if err := c.holdIfUnsafe(ctx, o); err != nil {
		return err
	}
	o.HeldFor, o.Stopped, o.Begun = nil, "", false
	return c.putOrder(ctx, o, OrderConfirmed)
}

// override lets a locked order go on in spite of what speaks against it now, for a reason. Where
// nothing does, it does nothing.
func (c *change) override(ctx context.Context, o *Order, reason string) error {
	wrong := fields{}
	wrong.override("reason", reason)
	if err := wrong.err(); err != nil {
		return err
	}
	hazards, err := c.everyHazardOf(ctx, *o)
	if err != nil {
		return err
	}
	if len(uncovered(hazards, o.Overridden)) == 0 || !Overridable(hazards) {
		return nil
	}
	o.OverrideReason, o.OverriddenBy, o.Overridden = reason, c.actor.Username, hazards
	c.recordOverride(*o)
	return nil
}

// StartOrder begins to cook a confirmed order. It checks anew: with a hazard the order is held
// instead and the answer is the Conflict "hazards", with Current as for PlaceOrder. Held it stays,
// although the command was refused.
func (h *Hospital) StartOrder(ctx context.Context, actor Actor, id int64,
	cmd OrderCommand) (Order, error) {
	return h.stepOrder(ctx, actor, id, cmd,
		orderStep{CookOrders, OrderPreparing, (*change).startOrder})
}

func (c *change) startOrder(ctx context.Context, o *Order, _ string) error {
	if err := c.holdIfUnsafe(ctx, o); err != nil {
		return err
	}
	o.Begun = true
	return c.putOrder(ctx, o, OrderPreparing)
}

// ReadyOrder is the tray check: it ends the cooking and opens the order's delivery. It checks anew,
// like StartOrder, and marks the parts that no station has said to have done. Conflict
// "food_too_old" where hot food has stood for too long.
func (h *Hospital) ReadyOrder(ctx context.Context, actor Actor, id int64,
	cmd OrderCommand) (Order, error) {
	return h.stepOrder(ctx, actor, id, cmd, orderStep{CookOrders, OrderReady, (*change).readyOrder})
}

func (c *change) readyOrder(ctx context.Context, o *Order, _ string) error {
	if err := c.holdIfUnsafe(ctx, o); err != nil {
		return err
	}
	if err := c.checkFood(ctx, *o); err != nil {
		return err
	}
	if err := c.checkParts(ctx, o); err != nil {
		return err
	}
	if err := c.putOrder(ctx, o, OrderReady); err != nil {
		return err
	}
	return c.openDelivery(ctx, *o)
}

// recalledTo is where each state goes one step back.
var recalledTo = map[OrderStatus]OrderStatus{
	OrderConfirmed: OrderPending,
	OrderPreparing: OrderConfirmed,
	OrderReady:     OrderPreparing,
}

// RecallOrder takes an order one step back. From ready it cancels the delivery that waits; Conflict
// where the courier has departed.
func (h *Hospital) RecallOrder(ctx context.Context, actor Actor, id int64,
	cmd OrderCommand) (Order, error) {
	return h.stepOrder(ctx, actor, id, cmd, orderStep{CookOrders, "", (*change).recallOrder})
}

func (c *change) recallOrder(ctx context.Context, o *Order, _ string) error {
	to, ok := recalledTo[o.Status]
	if !ok {
		return o.conflict(c.actor, "order_recall", "Order %d is %s and can't be taken back.", o.ID,
			orderWords[o.Status])
	}
	o.Begun = to == OrderPreparing
	return c.takeBack(ctx, o, to)
}

// takeBack takes a locked order from the tray to a status. The delivery that waits is cancelled.
func (c *change) takeBack(ctx context.Context, o *Order, to OrderStatus) error {
	ready := o.Status == OrderReady
	if err := c.putOrder(ctx, o, to); err != nil {
		return err
	}
	if !ready {
		return nil
	}
	return c.cancelDelivery(ctx, *o)
}

// CancelOrder ends an order before it departs. Whoever placed it may until it is being prepared,
// after that the kitchen or medical staff with a reason; they may before that too.
func (h *Hospital) CancelOrder(ctx context.Context, actor Actor, id int64,
	cmd OrderCommand) (Order, error) {
	return h.stepOrder(ctx, actor, id, cmd,
		orderStep{CancelOrders, OrderCancelled, (*change).cancelOrder})
}

func (c *change) cancelOrder(ctx context.Context, o *Order, reason string) error {
	if err := c.actor.checkCancel(*o, reason); err != nil {
		return err
	}
	o.CancelReason = reason
	return c.takeBack(ctx, o, OrderCancelled)
}

// MayCancel reports whether the actor may cancel the order as it stands, with a reason.
func (a Actor) MayCancel(o Order) bool {
	return slices.Contains(orderSteps[o.Status], OrderCancelled) &&
		a.checkCancel(o, "for a reason") == nil
}

// checkCancel returns why the actor may not cancel the order, or nil.
func (a Actor) checkCancel(o Order, reason string) error {
	staff := a.Role.May(CookOrders) || a.Role.May(OverrideHazards)
	switch {
	case !staff && (a.UserID == 0 || a.UserID != o.PlacedBy):
		return Refuse(Forbidden, "forbidden",
			"Only whoever placed the order, the kitchen and medical staff may cancel it.")
	case o.Begun && !staff:
		return o.conflict(a, "order_begun",
			"The kitchen has begun to cook order %d. Ask the ward to cancel it.", o.ID)
	case o.Begun && reason == "":
		return refuseField("reason", "required", "Say why: the kitchen has begun to cook it.")
	}
	return nil
}

// stepOrder runs a command on an order, which it locks first, and returns the order as it is then.
func (h *Hospital) stepOrder(ctx context.Context, actor Actor, id int64, cmd OrderCommand,
	step orderStep) (Order, error) {
	if err := actor.need(step.may); err != nil {
		return Order{}, err
	}
	reason := tidy(cmd.Reason)
	if err := checkReason(reason); err != nil {
		return Order{}, err
	}
	return command(ctx, h, actor, func(ctx context.Context, c *change) (Order, error) {
		o, err := c.lockOrder(ctx, id)
		if err != nil {
			return Order{}, err
		}
		if err := c.authorizeStep(ctx, o); err != nil {
			return Order{}, err
		}
		err = o.checkPrecondition(actor, precondition{cmd.AdmissionID, cmd.Version})
		if err != nil {
			return Order{}, c.withChanges(ctx, err, "order", o.ID, cmd.Version, o.Version)
		}
		if step.to != "" && !o.goesForwardTo(step.to) {
			return Order{}, o.invalidTransition(actor)
		}
		if cmd.Coming {
			if err := c.checkComing(ctx, o); err != nil {
				return Order{}, err
			}
		}
		err = step.run(c, ctx, &o, reason)
		return o.shownTo(actor), err
	})
}

// goesForwardTo reports whether a step forward leads the order to a status.
func (o Order) goesForwardTo(status OrderStatus) bool {
	return slices.Contains(orderSteps[o.Status], status) && recalledTo[o.Status] != status
}

// checkPrecondition returns why the actor must not change the order, or nil: it is not for the
// admission, or not as they saw it.
func (o Order) checkPrecondition(actor Actor, seen precondition) error {
	switch {
	case seen.admissionID != 0 && seen.admissionID != o.AdmissionID:
		return anotherPatient().With(o.shownTo(actor))
	case seen.version != 0 && seen.version != o.Version:
		return o.conflict(actor, "order_outdated",
			"Order %d has changed meanwhile: it is %s now. Look again.", o.ID,
			orderWords[o.Status])
	}
	return nil
}
