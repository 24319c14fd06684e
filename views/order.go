package views

import (
	"context"
	"slices"

	"github.com/a-h/templ"

	"dusangire/hospital"
	"dusangire/views/text"
)

// progressStep is one station on the way of an order or a delivery.
type progressStep[Status ~string] struct {
	status  Status
	class   string // done, now, or ahead
	current string // aria-current
}

// progress is a usual way with the place where something is on it; for what has left that way,
// where it ended up alone.
func progress[Status ~string](way []Status, s Status) []progressStep[Status] {
	var steps []progressStep[Status]
	class := "done"
	for _, status := range way {
		step := progressStep[Status]{status, class, "false"}
		if status == s {
			step.class, step.current, class = "now", "step", "ahead"
		}
		steps = append(steps, step)
	}
	if class == "done" { // not on the way
		return []progressStep[Status]{{s, "now " + string(s), "step"}}
	}
	return steps
}

// stopWords says in one sentence what has become of an order that does not go on.
func stopWords(ctx context.Context, o hospital.Order) string {
	switch {
	case o.Status == hospital.OrderInTransit:
		return text.T(ctx, "stopped."+o.Stopped)
	case o.Stopped == hospital.StoppedDischarged:
		return text.T(ctx, "order.held.discharged")
	case len(o.HeldFor) == 0:
		return text.T(ctx, "order.held.clear")
	}
	return text.T(ctx, "order.held.text")
}

// hazardWords says each of some hazards once.
func hazardWords(ctx context.Context, hazards []hospital.Hazard) []string {
	words := make([]string, len(hazards))
	for i, z := range hazards {
		words[i] = text.Hazard(ctx, z)
	}
	return words
}

// cancelReason is why an order was cancelled: somebody's words, or a reason that the hospital gives
// by itself.
func cancelReason(ctx context.Context, reason string) string {
	if reason == hospital.StoppedDischarged {
		return text.T(ctx, "order.cancelled.discharged")
	}
	if reason == hospital.CancelledAdmission {
		return text.T(ctx, "order.cancelled.admission")
	}
	return reason
}

// servingOf is when what is offered will be eaten.
func servingOf(o hospital.Offer) (found hospital.Serving) {
	for _, serving := range o.Servings {
		if serving.Meal == o.Meal {
			found = serving
		}
	}
	return found
}

// inPlace lets a form of a panel answer into it. On a page of its own a form is a plain one.
func inPlace(back, action string) templ.Attributes {
	if back == "" {
		return nil
	}
	return templ.Attributes{"hx-post": action}
}

// orderTone is the look of an open order's state: stopped, on its way, cooked, or not yet.
func orderTone(o hospital.Order) string {
	switch {
	case o.Status == hospital.OrderHeld || o.Stopped != "":
		return "held"
	case o.Status == hospital.OrderInTransit:
		return "leaving"
	case o.Status == hospital.OrderReady:
		return "cooked"
	}
	return "cooking"
}

// orderTitle is what an order is called.
func orderTitle(ctx context.Context, o hospital.Order) string {
	return text.T(ctx, "order.title", o.ID)
}

// orderOf is what an order is called where it must be clear whose it is.
func orderOf(ctx context.Context, o hospital.Order, patient string) string {
	if patient == "" {
		return orderTitle(ctx, o)
	}
	return orderTitle(ctx, o) + " · " + patient
}

// confirmVerb tells letting something pass from going on, by its key in the catalogue.
func confirmVerb(o hospital.Order) string {
	if len(o.HeldFor) > 0 {
		return "order.override.submit"
	}
	return "order.confirm.submit"
}

// cancelReasonLabel says whether a reason is needed: it is once cooking has begun.
func cancelReasonLabel(ctx context.Context, o hospital.Order) string {
	if o.Begun {
		return text.T(ctx, "fact.reason")
	}
	return text.T(ctx, "field.reason_optional")
}

// choosable reports whether somebody can order a dish: nothing speaks against it, or only what they
// may override.
func choosable(dish hospital.OfferedDish, mayOverride bool) bool {
	return len(dish.Hazards) == 0 || mayOverride && hospital.Overridable(dish.Hazards)
}

// overriddenOnly reports whether some of the dishes can be ordered only for a written reason.
func overriddenOnly(offered []hospital.OfferedDish) bool {
	return slices.ContainsFunc(offered, func(d hospital.OfferedDish) bool {
		return len(d.Hazards) > 0 && hospital.Overridable(d.Hazards)
	})
}

// OrderRegions lists what changes on the page of an order, as somebody sees it.
func OrderRegions(d hospital.OrderDetail, v Viewer) []Region {
	return []Region{{ID: OrderID, Component: orderCard(d, v, Form{})}}
}
