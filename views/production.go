package views

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"dusangire/hospital"
	"dusangire/views/text"
)

// The ids of what a screen of the kitchen has once.
const (
	ServiceID  = "service"   // which meal is made, and how many of its trays are checked
	MakeHeadID = "make-head" // the columns of the dishes
	CartsID    = "carts"     // the wards in the order in which they are served
)

// MakeStationID is the id of the dishes that a station makes for a meal, MakeDishID that of one.
func MakeStationID(s hospital.Station) string { return "make-" + string(s) }
func MakeDishID(dishID int64) string          { return "make-dish-" + number(dishID) }

// WardTraysID is the id of how far a ward is.
func WardTraysID(wardID int64) string { return "trays-" + number(wardID) }

// ExceptionsID is the id of how many tickets of a kind somebody must look at, ExceptionListID that
// of their list, ExceptionID that of one of them.
func ExceptionsID(kind string) string          { return "exceptions-" + kind }
func ExceptionListID(kind string) string       { return "list-" + kind }
func ExceptionID(kind string, id int64) string { return kind + "-" + number(id) }

// exception is a kind of tickets that somebody must look at.
type exception struct {
	kind    string
	tickets []hospital.Ticket
}

// exceptionKinds are all kinds, each at its place, also where there is none of it.
func exceptionKinds(e hospital.Exceptions) []exception {
	return []exception{{"held", e.Held}, {"moved", e.Moved}, {"stopped", e.Stopped},
		{"late", e.Late}, {"undelivered", e.Undelivered}}
}

// placesShown is how many tickets the line of exceptions names of a kind.
const placesShown = 2

// most is how many places the line names of the kind: a move takes the room of two.
func (e exception) most() int {
	if e.kind == "moved" {
		return placesShown / 2
	}
	return placesShown
}

// places name the first of the tickets.
func (e exception) places(ctx context.Context) string {
	var places []string
	for i, t := range e.tickets {
		if i == e.most() {
			places = append(places, "+"+number(len(e.tickets)-i))
			break
		}
		places = append(places, whereTo(t))
	}
	return strings.Join(places, ", ")
}

// whereTo is the bed or place of a ticket, else whom it is for, with the bed where the patient lay
// where that is another one.
func whereTo(t hospital.Ticket) string {
	place := cmp.Or(t.BedNumber, t.Destination, strings.TrimSpace(t.Initials+" "+number(t.OrderID)))
	if t.MovedFrom != "" {
		return t.MovedFrom + " → " + place
	}
	return place
}

// why is what there is to say of one of the tickets.
func (e exception) why(ctx context.Context, t hospital.Ticket) string {
	switch e.kind {
	case "held":
		return heldFor(ctx, t)
	case "moved":
		return text.T(ctx, "ticket.moved", text.Minute(ctx, t.MovedAt))
	case "late":
		return text.T(ctx, "order."+string(t.Status))
	case "undelivered":
		return text.T(ctx, "order.undelivered")
	}
	if t.Status == hospital.OrderCancelled {
		return cancelledFor(ctx, t)
	}
	return text.T(ctx, "ticket.stopped")
}

// texturesOf are those of a meal's dishes, from regular food down.
func texturesOf(s hospital.MealService) []hospital.Texture {
	found := map[hospital.Texture]bool{}
	for _, dish := range s.Dishes {
		for texture := range dish.ByTexture {
			found[texture] = true
		}
	}
	textures := slices.Sorted(maps.Keys(found))
	slices.Reverse(textures)
	return textures
}

// texturesOfDish are those in which a dish is made for somebody or has been made, from regular food
// down.
func texturesOfDish(d hospital.ProductionDish) []hospital.Texture {
	both := maps.Clone(d.ByTexture)
	maps.Copy(both, d.MadeBy)
	textures := slices.Sorted(maps.Keys(both))
	slices.Reverse(textures)
	return textures
}

// dietsOf counts the trays of a dish by the diet of who eats; "" where that is nothing special.
func dietsOf(ctx context.Context, d hospital.ProductionDish) string {
	if d.ByDiet[hospital.DietGeneral] > 0 {
		return ""
	}
	var diets []string
	for _, diet := range hospital.Diets {
		if n := d.ByDiet[diet]; n > 0 {
			diets = append(diets, text.T(ctx, "diet."+string(diet))+" "+number(n))
		}
	}
	return strings.Join(diets, ", ")
}

// checkedOf counts the trays of a meal: all that are not cancelled, and those that are checked.
func checkedOf(s hospital.MealService) (trays, checked int) {
	for _, t := range s.Trays {
		if t.Status == hospital.OrderCancelled {
			continue
		}
		trays++
		if trayChecked(t) {
			checked++
		}
	}
	return trays, checked
}

// trayChecked reports whether a tray has passed the check.
func trayChecked(t hospital.Ticket) bool {
	switch t.Status {
	case hospital.OrderReady, hospital.OrderInTransit, hospital.OrderDelivered,
		hospital.OrderUndelivered:
		return true
	}
	return false
}

// mealWalls are the same screen for each meal, the one that is shown now marked.
func (w Wall) mealWalls(ctx context.Context, s hospital.MealService) (walls []choice) {
	for _, meal := range hospital.SettingsOf(ctx).MealCodes() {
		f := w.Filter
		f.Meal = meal
		walls = append(walls, choice{WallPath(w.of(f)), text.Meal(ctx, meal), meal == s.Meal})
	}
	return walls
}

// lineOf is the tray line of a ward for a meal.
func lineOf(s hospital.MealService, ward hospital.Ward) string {
	return WallPath(Wall{View: LineView,
		Filter: hospital.KitchenFilter{Ward: ward.Code, Meal: s.Meal}})
}

// productionRegions are the numbers of the meal, what somebody must look at, the dishes of each
// station and the wards.
func productionRegions(b hospital.KitchenBoard, w Wall) []Region {
	regions := append(serviceRegions(b, w), Region{ID: MakeHeadID, Component: makeHead(b.Service)})
	for _, station := range hospital.Stations {
		regions = append(regions, makeRegion(b.Service, station))
	}
	return append(regions, wardsRegion(b.Service))
}

// serviceRegions are those of every screen of the kitchen that is about one meal.
func serviceRegions(b hospital.KitchenBoard, w Wall) []Region {
	regions := []Region{
		{ID: ServiceID, Component: service(b.Service)},
		{ID: MissedID, Component: missedRounds(b.Missed, WallPath(w))},
		{ID: PastID, Component: pastStrip(b)},
	}
	for _, e := range exceptionKinds(b.Exceptions) {
		regions = append(regions, Region{ID: ExceptionsID(e.kind), Component: exceptionCount(e)},
			exceptionRegion(e))
	}
	return regions
}

// exceptionRegion is the list of the tickets of one kind.
func exceptionRegion(e exception) Region {
	list := emptyList(ExceptionListID(e.kind), exceptionList(e.kind))
	for _, t := range e.tickets {
		list.add(ExceptionID(e.kind, t.OrderID), exceptionLine(e, t))
	}
	return list
}

// makeRegion is what a station makes.
func makeRegion(s hospital.MealService, station hospital.Station) Region {
	list, textures := emptyList(MakeStationID(station), makeList(station)), texturesOf(s)
	for _, dish := range s.Dishes {
		if dish.Station == station {
			list.add(MakeDishID(dish.DishID), makeDish(s, dish, textures))
		}
	}
	return list
}

// wardsRegion is how far the wards are.
func wardsRegion(s hospital.MealService) Region {
	list := emptyList(CartsID, wardList())
	for _, ward := range s.Wards {
		list.add(WardTraysID(ward.ID), wardTrays(s, ward))
	}
	return list
}
