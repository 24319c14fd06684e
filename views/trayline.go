package views

import (
	"context"
	"slices"
	"strings"

	"dusangire/hospital"
	"dusangire/views/text"
)

// LineID is the id of the trays on a line, LineHeadID that of how far they are.
const (
	LineID     = "line"
	LineHeadID = "line-head"
)

// TrayRowID is the id of a tray on the line.
func TrayRowID(orderID int64) string { return "tray-" + number(orderID) }

// lineWard is the ward whose line the wall is; none where it is of all.
func (w Wall) lineWard(s hospital.MealService) (ward hospital.WardTrays, ok bool) {
	i := slices.IndexFunc(s.Wards, func(one hospital.WardTrays) bool {
		return one.Code == w.Filter.Ward
	})
	if w.Filter.Ward == "" || i < 0 {
		return ward, false
	}
	return s.Wards[i], true
}

// movedAway reports whether a tray of a ward goes to another one by now.
func movedAway(t hospital.Ticket, ward string) bool {
	return t.WardCode != ward && t.FromWard == ward
}

// rowClass is how a tray stands on the line of a ward: what it waits for, or why it is not there.
func rowClass(t hospital.Ticket, ward string) string {
	switch {
	case movedAway(t, ward):
		return "away"
	case t.Status == hospital.OrderCancelled:
		return "off"
	case t.Status == hospital.OrderInTransit && t.Stopped != "":
		return "off"
	case t.Status == hospital.OrderInTransit, t.Status.Ended():
		return "left"
	}
	return string(t.Status)
}

// careful reports whether a tray is not what most get, so that it is checked by a second touch.
func careful(t hospital.Ticket) bool {
	return t.Texture != hospital.RegularTexture || len(t.Allergies.Allergens) > 0 ||
		!t.Allergies.Known
}

// rowStep is what a touch of the tray's row does; false where it does nothing.
func rowStep(t hospital.Ticket, ward string) (command, word string, ok bool) {
	if movedAway(t, ward) || t.Status == hospital.OrderHeld {
		return "", "", false
	}
	if t.Status == hospital.OrderReady {
		return "recall", "recall", true
	}
	bump, ok := bumps[t.Status]
	return bump.command, bump.word, ok
}

// rowSays is why a row can't be checked, in the place of what it is given; "" where it can.
func rowSays(ctx context.Context, t hospital.Ticket, ward string) string {
	switch rowClass(t, ward) {
	case "away":
		return text.T(ctx, "line.away", whereTo(t))
	case "off":
		if t.Status == hospital.OrderCancelled {
			return cancelledFor(ctx, t)
		}
		return text.T(ctx, "ticket.stopped")
	case "held":
		return heldFor(ctx, t)
	case "left":
		return text.T(ctx, "order."+string(t.Status))
	}
	return ""
}

// dishesFrom names a ticket's dishes that are made cold, or those that are not.
func dishesFrom(ctx context.Context, t hospital.Ticket, cold bool) string {
	var names []string
	for _, station := range hospital.Stations {
		if (station == "cold") != cold {
			continue
		}
		for _, dish := range servedFrom(t, station) {
			words := dish.words(ctx)
			if dish.SoldOut {
				words += ": " + dish.instead(ctx)
			}
			names = append(names, words)
		}
	}
	return strings.Join(names, ", ")
}

// lineRegions are those of a meal's screen, and the trays of a ward; the wards where none is
// chosen.
func lineRegions(b hospital.KitchenBoard, w Wall) []Region {
	regions := serviceRegions(b, w)
	ward, ok := w.lineWard(b.Service)
	if !ok {
		return append(regions, wardsRegion(b.Service))
	}
	return append(regions, Region{ID: LineHeadID, Component: lineHead(b.Service, ward)},
		lineRegion(b.Service, ward))
}

// lineRegion is the trays of a ward in the order of its beds, also those that have gone or that go
// elsewhere by now: what stands on the line must not move.
func lineRegion(s hospital.MealService, ward hospital.WardTrays) Region {
	list := emptyList(LineID, lineList())
	for _, t := range s.Trays {
		if t.WardCode == ward.Code || movedAway(t, ward.Code) && !t.Status.Ended() {
			list.add(TrayRowID(t.OrderID), trayRow(t, ward.Code))
		}
	}
	return list
}
