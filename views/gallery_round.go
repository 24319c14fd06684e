package views

import (
	"time"

	"dusangire/hospital"
)

// galleryTray is a tray for a bed.
func galleryTray(id int64, bed string, status hospital.DeliveryStatus) hospital.Tray {
	return hospital.Tray{Meal: hospital.Lunch, ReadySince: galleryTime.Add(-20 * time.Minute), Claimable: status == hospital.DeliveryUnassigned,
		Delivery: hospital.Delivery{ID: id, OrderID: 100 + id, Status: status, BedID: id, BedNumber: bed, WardCode: "MED-A",
			Destination: bed + ", Medicine, women", Version: 1}}
}

// galleryStop is a stop of a patient of whom nothing unusual is known, changed by each of the changes.
func galleryStop(id int64, bed string, status hospital.DeliveryStatus, name hospital.PatientName, changes ...func(*hospital.RoundStop)) hospital.RoundStop {
	s := hospital.RoundStop{Tray: galleryTray(id, bed, status), PatientName: name, BirthDate: galleryTime.AddDate(-41, 0, int(id)),
		Diet: hospital.DietGeneral, Texture: hospital.RegularTexture, Allergies: hospital.Allergies{Known: true},
		Dishes: []hospital.TicketDish{{ID: 1, Name: hospital.DishName{En: "Rice"}}, {ID: 2, Name: hospital.DishName{En: "Isombe"}}}}
	s.Courier = "courier"
	for _, change := range changes {
		change(&s)
	}
	return s
}

// galleryStops is a stop for each thing that can be said of one.
func galleryStops() []hospital.RoundStop {
	sick := func(s *hospital.RoundStop) {
		s.Diet, s.Texture = hospital.DietRenal, 4
		s.Allergies = hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"milk", "peanuts", "sesame"}, Severe: []hospital.Allergen{"peanuts"}}
	}
	stopped := func(s *hospital.RoundStop) {
		s.Stopped, s.HeldFor = hospital.StoppedHazard, []hospital.Hazard{{Kind: hospital.HazardAllergen, DishID: 2,
			DishName: hospital.DishName{En: "Isombe"}, Allergen: "peanuts", Severe: true}}
	}
	return []hospital.RoundStop{
		galleryStop(1, "MED-A-02", hospital.DeliveryAssigned, "Uwase Marie"),
		galleryStop(2, "MED-A-03", hospital.DeliveryInTransit, "Uwase Marine Everything-Together Nyiransabimana", sick),
		galleryStop(3, "MED-A-04", hospital.DeliveryInTransit, "Keza Ange", func(s *hospital.RoundStop) { s.Allergies, s.MovedFrom = hospital.Allergies{}, "MED-A-17" }),
		galleryStop(4, "MED-A-05", hospital.DeliveryInTransit, "Mugisha Jean", sick, stopped),
		galleryStop(5, "", hospital.DeliveryInTransit, "Umutoni Aline", func(s *hospital.RoundStop) { s.BedID, s.Destination = 0, "" }),
		galleryStop(6, "", hospital.DeliveryInTransit, "Claudine Uwera", func(s *hospital.RoundStop) {
			s.BedID, s.Destination, s.Diet, s.BirthDate, s.Phone = 0, "KG 7 Ave 12, Kigali", "", time.Time{}, "+250788123456"
		}),
	}
}

// galleryTrays is what waits: for anybody, with somebody, at an address.
func galleryTrays() hospital.Round[hospital.Tray] {
	carried, address := galleryTray(12, "MED-A-08", hospital.DeliveryInTransit), galleryTray(13, "", hospital.DeliveryUnassigned)
	carried.Courier, address.Destination, address.BedID = "jean", "KG 7 Ave 12, Kigali", 0
	return hospital.Round[hospital.Tray]{WardID: 1, Name: "MED-A Medicine, women", Stops: []hospital.Tray{
		galleryTray(10, "MED-A-06", hospital.DeliveryUnassigned), galleryTray(11, "MED-A-07", hospital.DeliveryUnassigned), carried, address}}
}

// galleryDelivery is a delivery on its own page, as the customer who waits for it sees it.
func galleryDelivery() hospital.DeliveryWatch {
	latitude, longitude := -1.95, 30.06
	return hospital.DeliveryWatch{At: galleryTime, Code: "0427", OrderSeen: true, Delivery: hospital.Delivery{ID: 7, OrderID: 107, Status: hospital.DeliveryInTransit, Courier: "jean",
		Destination: "KG 7 Ave 12, Kigali", Latitude: &latitude, Longitude: &longitude, LocatedAt: galleryTime, StatusSince: galleryTime}}
}
