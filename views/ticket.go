package views

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"dusangire/hospital"
	"dusangire/views/text"
)

// bumps are the steps that take a ticket on, by its state: the command, and the word on the button.
var bumps = map[hospital.OrderStatus]struct{ command, word string }{
	hospital.OrderHeld:      {"confirm", "check"},
	hospital.OrderPending:   {"confirm", "confirm"},
	hospital.OrderConfirmed: {"start", "start"},
	hospital.OrderPreparing: {"ready", "ready"},
}

// stationStep is what a station's own screen offers for a ticket that is being cooked: that its part
// is done. The check of the whole tray is made elsewhere.
func stationStep(t hospital.Ticket, f hospital.KitchenFilter) (station hospital.Station, ok bool) {
	if f.Station == "" || t.Status != hospital.OrderPreparing {
		return "", false
	}
	return f.Station, true
}

// hasPart reports whether a station makes a part of the ticket.
func hasPart(t hospital.Ticket, station hospital.Station) bool {
	return slices.ContainsFunc(t.Parts, func(p hospital.Part) bool { return p.Station == station })
}

// canTick reports whether the parts of a ticket can be ticked now.
func canTick(t hospital.Ticket) bool {
	return t.Status == hospital.OrderConfirmed || t.Status == hospital.OrderPreparing
}

// canRecall reports whether a ticket in a state can be taken a step back.
func canRecall(s hospital.OrderStatus) bool {
	return s == hospital.OrderConfirmed || s == hospital.OrderPreparing || s == hospital.OrderReady
}

// ticketClass is how a ticket looks other than another of its lane: how urgent it is, and when it
// has ended how.
func ticketClass(t hospital.Ticket, now time.Time) string {
	if laneOf(t) == laneEnded {
		return string(t.Status)
	}
	return string(t.Urgency(now))
}

// ticketPlace says where a ticket goes where that is no bed.
func ticketPlace(ctx context.Context, t hospital.Ticket) string {
	return cmp.Or(t.Destination, text.T(ctx, "admission.no_bed"))
}

// due is when a ticket is due: the day too, unless the time of day alone can mean no other.
func due(ctx context.Context, t hospital.Ticket, now time.Time) string {
	if t.Due.Sub(now).Abs() < 12*time.Hour {
		return text.Minute(ctx, t.Due)
	}
	return text.Moment(ctx, t.Due)
}

// heldFor is why a ticket is held.
func heldFor(ctx context.Context, t hospital.Ticket) string {
	if len(t.HeldFor) == 0 {
		return text.T(ctx, "order.held.clear")
	}
	return text.T(ctx, "ticket.held", strings.Join(hazardWords(ctx, t.HeldFor), "; "))
}

// cancelledFor is why a ticket was cancelled.
func cancelledFor(ctx context.Context, t hospital.Ticket) string {
	switch t.CancelReason {
	case "":
		return text.T(ctx, "order.cancelled")
	case hospital.StoppedDischarged:
		return text.T(ctx, "ticket.cancelled", text.T(ctx, "kitchen.cancel.left"))
	case hospital.CancelledAdmission:
		return text.T(ctx, "ticket.cancelled", text.T(ctx, "order.cancelled.admission"))
	}
	return text.T(ctx, "ticket.cancelled", t.CancelReason)
}

// stationDishes are the dishes of a ticket that one station makes.
type stationDishes struct {
	station hospital.Station
	dishes  []servedDish
	own     bool // made where this wall hangs
}

// class sets apart what is made elsewhere, and what nobody is known to make.
func (s stationDishes) class() string {
	switch {
	case !s.own:
		return "other"
	case s.station == hospital.Unrouted:
		return "unrouted"
	}
	return ""
}

// servedDish is a dish with how often it is served.
type servedDish struct {
	hospital.TicketDish
	times int
}

// words are "2 × Rice", or "Rice" for one.
func (d servedDish) words(ctx context.Context) string {
	if d.times == 1 {
		return text.Dish(ctx, d.Name)
	}
	return number(d.times) + " × " + text.Dish(ctx, d.Name)
}

// instead says that there is nothing left of the dish, and what to cook in its place.
func (d servedDish) instead(ctx context.Context) string {
	if d.SubstituteID == 0 {
		return text.T(ctx, "ticket.sold_out")
	}
	return text.T(ctx, "ticket.instead", text.Dish(ctx, d.Substitute))
}

// byStation groups a ticket's dishes by the stations that make them, those of this wall first.
func byStation(t hospital.Ticket, f hospital.KitchenFilter) []stationDishes {
	var groups []stationDishes
	for _, own := range []bool{true, false} {
		for _, station := range hospital.Stations {
			if f.Cooks(station) != own {
				continue
			}
			if dishes := servedFrom(t, station); len(dishes) > 0 {
				groups = append(groups, stationDishes{station, dishes, own})
			}
		}
	}
	return groups
}

// servedFrom are the dishes of a ticket that a station makes, each once.
func servedFrom(t hospital.Ticket, station hospital.Station) (served []servedDish) {
	place := map[int64]int{}
	for _, dish := range t.Dishes {
		if dish.Station != station {
			continue
		}
		if at, known := place[dish.ID]; known {
			served[at].times++
			continue
		}
		place[dish.ID] = len(served)
		served = append(served, servedDish{dish, 1})
	}
	return served
}
