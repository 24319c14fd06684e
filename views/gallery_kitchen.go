package views

import (
	"time"

	"dusangire/hospital"
)

// galleryTicket is a ticket of which nothing unusual is known, changed by each of the changes.
func galleryTicket(
	id int64, status hospital.OrderStatus, changes ...func(*hospital.Ticket),
) hospital.Ticket {
	t := hospital.Ticket{
		OrderID: id, Status: status, Due: galleryTime.Add(45 * time.Minute), Meal: hospital.Lunch,
		WardCode: "GAL", BedNumber: "GAL-" + number(id), Initials: "U. M.", Version: 1,
		Diet: hospital.DietGeneral, Texture: hospital.RegularTexture, Allergies: allergies(),
		Dishes: []hospital.TicketDish{
			galleryServed("Ubugali", "hot"), galleryServed("Imineke", "cold"),
		},
	}
	for _, change := range changes {
		change(&t)
	}
	return t
}

func galleryServed(name string, station hospital.Station) hospital.TicketDish {
	id := int64(len(name))
	return hospital.TicketDish{ID: id, Name: hospital.DishName{En: name}, Station: station}
}

func dueIn(minutes time.Duration) func(*hospital.Ticket) {
	return func(t *hospital.Ticket) { t.Due = galleryTime.Add(minutes * time.Minute) }
}

func allergicEater(t *hospital.Ticket) {
	t.Allergies = allergies(hospital.Allergens...)
	t.Allergies.Severe = hospital.Allergens[:3]
	t.Diet, t.Texture = hospital.DietLowSodium, 5
}

func notedTicket(t *hospital.Ticket) {
	t.Notes = "Cut very small; needs help to eat"
	t.OverrideReason, t.OverriddenBy = "Tolerates boiled milk", "dr.keza"
	t.Late, t.MovedAt = true, galleryTime.Add(-20*time.Minute)
	t.Dishes = append(t.Dishes, galleryServed("Igikoma", "porridge"),
		galleryServed("Isupu y’imboga", "special"), galleryServed("Isupu y’imboga", "special"))
}

func heldTicket(t *hospital.Ticket) {
	t.NilByMouth = true
	t.HeldFor = []hospital.Hazard{{Kind: hospital.HazardNilByMouth}, peanutsIn(0, isombe)}
}

func leftTicket(t *hospital.Ticket) {
	t.Stopped, t.BedNumber, t.WardCode = hospital.StoppedDischarged, "", ""
	t.HeldFor = []hospital.Hazard{{Kind: hospital.HazardNotAdmitted}}
}

func addressTicket(t *hospital.Ticket) {
	t.Destination, t.BedNumber, t.WardCode = "Shelter", "", ""
	t.Initials, t.Diet, t.Allergies = "", "", hospital.Allergies{}
	t.Dishes = append(t.Dishes, galleryServed("Umutobe", hospital.Unrouted))
}

func unaskedEater(t *hospital.Ticket) { t.Allergies = hospital.Allergies{} }

// galleryKitchenBoard is a wall with a ticket of each kind in each lane.
func galleryKitchenBoard() hospital.KitchenBoard {
	b := hospital.KitchenBoard{At: galleryTime, Tickets: []hospital.Ticket{
		galleryTicket(201, hospital.OrderHeld, heldTicket),
		galleryTicket(202, hospital.OrderHeld, leftTicket),
		galleryTicket(203, hospital.OrderHeld),
		galleryTicket(204, hospital.OrderPending, dueIn(12)),
		galleryTicket(205, hospital.OrderPending, unaskedEater, dueIn(-8)),
		galleryTicket(206, hospital.OrderPending, addressTicket),
		galleryTicket(207, hospital.OrderConfirmed, allergicEater),
		galleryTicket(208, hospital.OrderPreparing, notedTicket, dueIn(-3)),
		galleryTicket(209, hospital.OrderReady),
		galleryTicket(210, hospital.OrderInTransit,
			func(t *hospital.Ticket) { t.Stopped = hospital.StoppedHazard }),
		galleryTicket(211, hospital.OrderCancelled,
			func(t *hospital.Ticket) { t.CancelReason = "Spilled" }),
		galleryTicket(212, hospital.OrderUndelivered),
	}}
	return b.Filtered(hospital.KitchenFilter{Station: "hot"})
}

// galleryWall is the wall of one station, where a step was refused.
func galleryWall() Wall {
	return Wall{
		View:    TicketsView,
		Filter:  hospital.KitchenFilter{Station: "hot"},
		Wards:   []hospital.Ward{{Code: "GAL", Name: "Gallery"}},
		Notes:   []string{"There is no meal “brunch”. Every meal is shown."},
		Refused: 204,
		Refusal: "Order 204 has changed meanwhile: it is being prepared now. Look again.",
	}
}
