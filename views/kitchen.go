package views

import (
	"cmp"
	"context"
	"net/url"

	"dusangire/hospital"
	"dusangire/views/text"
)

// KitchenView is one of the kitchen's screens: the same state for another job.
type KitchenView string

// The kitchen's screens.
const (
	ProductionView KitchenView = "production" // what is cooked, and how far each ward is
	LineView       KitchenView = "line"       // the trays of one ward, to be checked one by one
	TicketsView    KitchenView = "tickets"    // each ticket by itself
)

// KitchenViews lists them, the one that is shown without being asked for first.
var KitchenViews = []KitchenView{ProductionView, LineView, TicketsView}

// Wall is one screen in the kitchen: what it shows of the board, and what there is to say besides.
type Wall struct {
	View    KitchenView // empty: the first
	Filter  hospital.KitchenFilter
	Wards   []hospital.Ward // to choose from
	Notes   []string        // about what was asked for and can't be shown, in the reader's language
	Refused int64           // the order whose step was refused; 0: none
	Refusal string          // why, in the reader's language
}

// WallPath is the page of a wall.
func WallPath(w Wall) string { return KitchenPath + WallQuery(w) }

// WallQuery is the query of a wall's page; "" for the one that is shown without being asked for.
func WallQuery(w Wall) string {
	query := url.Values{}
	for name, value := range map[string]string{
		"view": string(w.View), "ward": w.Filter.Ward, "station": string(w.Filter.Station),
		"meal": string(w.Filter.Meal),
	} {
		if value != "" && value != string(KitchenViews[0]) {
			query.Set(name, value)
		}
	}
	if len(query) == 0 {
		return ""
	}
	return "?" + query.Encode()
}

// view is which of the screens the wall is.
func (w Wall) view() KitchenView { return cmp.Or(w.View, KitchenViews[0]) }

// as is another screen of the same part of the kitchen.
func (w Wall) as(v KitchenView) Wall { return Wall{View: v, Filter: w.Filter} }

// of is the same screen of another part of the kitchen.
func (w Wall) of(f hospital.KitchenFilter) Wall { return Wall{View: w.View, Filter: f} }

// stepForm is the id of the form that every ticket's buttons send.
const stepForm = "step"

// The lanes of the wall are the states in which the kitchen has a ticket, and one for what came
// back or was cancelled.
const laneEnded = "ended"

// lanes are as they stand side by side.
var lanes = []string{
	string(hospital.OrderHeld), string(hospital.OrderPending), string(hospital.OrderConfirmed),
	string(hospital.OrderPreparing), string(hospital.OrderReady), laneEnded,
}

// laneOf is where a ticket stands; "" for one that has left the kitchen for good.
func laneOf(t hospital.Ticket) string {
	switch t.Status {
	case hospital.OrderDelivered:
		return ""
	case hospital.OrderInTransit:
		if t.Stopped == "" {
			return ""
		}
		return laneEnded
	case hospital.OrderCancelled, hospital.OrderUndelivered:
		return laneEnded
	}
	return string(t.Status)
}

// laneSize says how many columns of three tickets a lane needs on a wall. A crowd scrolls.
func laneSize(n int) string {
	sizes := []string{"vacant", "single", "double", "triple", "wide"}
	if columns := (n + 2) / 3; columns < len(sizes) {
		return sizes[columns]
	}
	return "crowd"
}

// laneName is the heading of a lane.
func laneName(ctx context.Context, lane string) string {
	if lane == laneEnded {
		return text.T(ctx, "kitchen.ended")
	}
	return text.T(ctx, "order."+lane)
}

// refusalOf is why a step of the ticket was refused, if it was.
func (w Wall) refusalOf(t hospital.Ticket) string {
	if t.OrderID != w.Refused {
		return ""
	}
	return w.Refusal
}

// homeless is a refusal whose ticket does not stand on the wall.
func (w Wall) homeless(b hospital.KitchenBoard) string {
	for _, t := range b.Tickets {
		if t.OrderID == w.Refused && laneOf(t) != "" {
			return ""
		}
	}
	return w.Refusal
}

// narrowing is one way to narrow a wall: what one field of its filter can be.
type narrowing struct {
	name    string // in the reader's language, as all here
	choices []choice
}

// choice is a wall that one can change to.
type choice struct {
	href, label string
	holds       bool // this is the one
}

// add offers the wall that a filter makes.
func (n *narrowing) add(w Wall, f hospital.KitchenFilter, label string) {
	n.choices = append(n.choices, choice{WallPath(w.of(f)), label, f == w.Filter})
}

// chosen is what holds.
func (n narrowing) chosen() string {
	for _, c := range n.choices {
		if c.holds {
			return c.label
		}
	}
	return ""
}

// narrowings are the ways to narrow a wall: by station, by meal and by ward.
func (w Wall) narrowings(ctx context.Context) []narrowing {
	all := text.T(ctx, "kitchen.all")
	stations := narrowing{name: text.T(ctx, "kitchen.station")}
	meals := narrowing{name: text.T(ctx, "kitchen.meal")}
	wards := narrowing{name: text.T(ctx, "fact.ward")}
	f := w.Filter
	f.Station = ""
	stations.add(w, f, all)
	for _, station := range hospital.Stations {
		f.Station = station
		stations.add(w, f, text.T(ctx, "station."+string(station)))
	}
	f = w.Filter
	f.Meal = ""
	meals.add(w, f, all)
	for _, meal := range hospital.SettingsOf(ctx).MealCodes() {
		f.Meal = meal
		meals.add(w, f, text.Meal(ctx, meal))
	}
	f = w.Filter
	f.Ward = ""
	wards.add(w, f, all)
	for _, ward := range w.Wards {
		f.Ward = ward.Code
		wards.add(w, f, ward.Code+" "+ward.Name)
	}
	return []narrowing{stations, meals, wards}
}

// TicketID is the id of a ticket on the kitchen's wall.
func TicketID(orderID int64) string { return "ticket-" + number(orderID) }

// LaneID is the id of a lane's tickets, LaneCountID that of their number.
func LaneID(lane string) string      { return "lane-" + lane }
func LaneCountID(lane string) string { return "count-" + lane }

// StationID is the id of what a station has still to cook, DishCountID that of one dish.
func StationID(s hospital.Station) string { return "cook-" + string(s) }
func DishCountID(dishID int64) string     { return "dish-" + number(dishID) }

// KitchenRegions lists what changes on a wall of the kitchen. The board is filtered already.
func KitchenRegions(b hospital.KitchenBoard, w Wall) []Region {
	switch w.view() {
	case TicketsView:
		return ticketRegions(b, w)
	case LineView:
		return lineRegions(b, w)
	}
	return productionRegions(b, w)
}

// ticketRegions are the tickets of each lane and their number, how many are on their way, and each
// dish that is still to be cooked.
func ticketRegions(b hospital.KitchenBoard, w Wall) []Region {
	regions := []Region{
		{ID: TransitID, Component: inTransit(b)},
		{ID: MissedID, Component: missedRounds(b.Missed, WallPath(w))},
		{ID: PastID, Component: pastStrip(b)},
	}
	for _, lane := range lanes {
		tickets := laneRegion(b, w, lane)
		count := Region{ID: LaneCountID(lane), Component: laneCount(lane, len(tickets.Items))}
		regions = append(regions, tickets, count)
	}
	for _, station := range hospital.Stations {
		regions = append(regions, stationRegion(b, station))
	}
	return regions
}

// laneRegion is the tickets of a lane, in the order of the board.
func laneRegion(b hospital.KitchenBoard, w Wall, lane string) Region {
	list := emptyList(LaneID(lane), laneList(lane))
	for _, t := range b.Tickets {
		if laneOf(t) == lane {
			list.add(TicketID(t.OrderID), ticketCard(t, w.Filter, b.At, w.refusalOf(t)))
		}
	}
	return list
}

// stationRegion is what a station has still to cook.
func stationRegion(b hospital.KitchenBoard, s hospital.Station) Region {
	list := emptyList(StationID(s), stationList(s))
	for _, dish := range b.ToCook {
		if dish.Station == s {
			list.add(DishCountID(dish.DishID), dishCount(dish))
		}
	}
	return list
}
