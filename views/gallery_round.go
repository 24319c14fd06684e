package views

import (
	"time"

	"dusangire/hospital"
)

// galleryTray is a tray for a bed.
func galleryTray(id int64, bed string, status hospital.DeliveryStatus) hospital.Tray {
	return hospital.Tray{
		Meal: hospital.Lunch, ReadySince: galleryTime.Add(-20 * time.Minute),
		Claimable: status == hospital.DeliveryUnassigned,
		Delivery: hospital.Delivery{
			ID: id, OrderID: 100 + id, Status: status, BedID: id, BedNumber: bed, WardCode: "MED-A",
			Destination: bed + ", Medicine, women", Version: 1,
		},
	}
}

// galleryStop is a stop of a patient of whom nothing unusual is known, changed by each of the
// changes.
func galleryStop(
	tray hospital.Tray, name hospital.PatientName, changes ...func(*hospital.RoundStop),
) hospital.RoundStop {
	s := hospital.RoundStop{
		Tray: tray, PatientName: name, BirthDate: galleryTime.AddDate(-41, 0, int(tray.ID)),
		Diet: hospital.DietGeneral, Texture: hospital.RegularTexture, Allergies: allergies(),
		Dishes: []hospital.TicketDish{
			{ID: 1, Name: hospital.DishName{En: "Rice"}}, {ID: 2, Name: isombe},
		},
	}
	s.Courier = "courier"
	for _, change := range changes {
		change(&s)
	}
	return s
}

// galleryCouriers are the colleagues of whoever looks at the gallery.
var galleryCouriers = []string{"courier2", "courier3"}

// galleryStops is a stop for each thing that can be said of one.
func galleryStops() []hospital.RoundStop {
	sick := func(s *hospital.RoundStop) {
		s.Diet, s.Texture = hospital.DietRenal, 4
		s.Allergies = allergies("milk", "peanuts", "sesame")
		s.Allergies.Severe = []hospital.Allergen{"peanuts"}
	}
	moved := func(s *hospital.RoundStop) {
		s.Allergies, s.MovedFrom = hospital.Allergies{}, "MED-A-17"
	}
	stopped := func(s *hospital.RoundStop) {
		s.Stopped, s.HeldFor = hospital.StoppedHazard, []hospital.Hazard{peanutsIn(2, isombe)}
	}
	homeless := func(s *hospital.RoundStop) { s.BedID, s.Destination = 0, "" }
	atAddress := func(s *hospital.RoundStop) {
		s.BedID, s.Diet, s.BirthDate = 0, "", time.Time{}
		s.Destination, s.Phone = "KG 7 Ave 12, Kigali", "+250788123456"
		s.Price, s.Notes = 1300, "Ring twice."
	}
	on := func(id int64, bed string) hospital.Tray {
		return galleryTray(id, bed, hospital.DeliveryInTransit)
	}
	return []hospital.RoundStop{
		galleryStop(galleryTray(1, "MED-A-02", hospital.DeliveryAssigned), "Uwase Marie"),
		galleryStop(on(2, "MED-A-03"), "Uwase Marine Everything-Together Nyiransabimana", sick),
		galleryStop(on(3, "MED-A-04"), "Keza Ange", moved),
		galleryStop(on(4, "MED-A-05"), "Mugisha Jean", sick, stopped),
		galleryStop(on(5, ""), "Umutoni Aline", homeless),
		galleryStop(on(6, ""), "Claudine Uwera", atAddress),
	}
}

// galleryTrays is what waits: for anybody, with somebody, at an address.
func galleryTrays() hospital.Round[hospital.Tray] {
	carried := galleryTray(12, "MED-A-08", hospital.DeliveryInTransit)
	carried.Courier = "jean"
	address := galleryTray(13, "", hospital.DeliveryUnassigned)
	address.Destination, address.BedID = "KG 7 Ave 12, Kigali", 0
	return hospital.Round[hospital.Tray]{WardID: 1, Name: "MED-A Medicine, women",
		Stops: []hospital.Tray{
			galleryTray(10, "MED-A-06", hospital.DeliveryUnassigned),
			galleryTray(11, "MED-A-07", hospital.DeliveryUnassigned), carried, address,
		}}
}

// galleryDelivery is a delivery on its own page, as the customer who waits for it sees it.
func galleryDelivery() hospital.DeliveryWatch {
	latitude, longitude := -1.95, 30.06
	return hospital.DeliveryWatch{At: galleryTime, Code: "0427", OrderSeen: true,
		Delivery: hospital.Delivery{
			ID: 7, OrderID: 107, Status: hospital.DeliveryInTransit, StatusSince: galleryTime,
			Courier: "jean", Destination: "KG 7 Ave 12, Kigali",
			Latitude: &latitude, Longitude: &longitude, LocatedAt: galleryTime,
		}}
}

// galleryCarts has a cart that waits, and a tray that was handed over and one that was not.
func galleryCarts() hospital.DeliveryBoard {
	cart := hospital.Cart{ID: 1, WardID: 2, WardCode: "MED-A", Meal: "lunch", Trays: 18,
		ReadyAt: galleryTime}
	until := galleryTime.Add(hospital.UndoDeliveryWithin)
	delivered := galleryTray(21, "MED-A-02", hospital.DeliveryDelivered)
	failed := galleryTray(22, "MED-A-03", hospital.DeliveryFailed)
	return hospital.DeliveryBoard{Carts: []hospital.Cart{cart},
		Ended: []hospital.EndedTray{{Tray: delivered, UndoUntil: until},
			{Tray: failed, UndoUntil: until, Resend: true}},
		Out: []hospital.TraysOut{{WardID: 2, WardCode: "MED-A", Trays: 17}}}
}
