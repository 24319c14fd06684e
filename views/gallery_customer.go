package views

import (
	"time"

	"dusangire/hospital"
)

// galleryOrders is an order in each state, for a patient, and one to an address that has everything an order can have.
func galleryOrders() []hospital.CustomerOrder {
	var orders []hospital.CustomerOrder
	for i, status := range hospital.OrderStatuses {
		orders = append(orders, hospital.CustomerOrder{For: "Uwase Marie", Revocable: status == hospital.OrderPending, Order: hospital.Order{
			ID: int64(i + 1), AdmissionID: 1, Meal: hospital.Lunch, Status: status, Due: galleryTime, Dishes: []hospital.Dish{{Name: hospital.DishName{En: "Rice"}}}, Version: 1}})
	}
	peanuts := hospital.Hazard{Kind: hospital.HazardAllergen, DishID: 1, DishName: hospital.DishName{En: "Isombe"}, Allergen: "peanuts", Severe: true}
	orders[0].HeldFor = []hospital.Hazard{peanuts, {Kind: hospital.HazardNilByMouth}}
	return append(orders, hospital.CustomerOrder{For: "At my sister's", DeliveryID: 4, Code: "4711", Order: hospital.Order{ID: 12, AddressID: 1, Meal: hospital.Snack,
		Status: hospital.OrderInTransit, Due: galleryTime, Late: true, Price: 6300, Dishes: []hospital.Dish{{Name: hospital.DishName{En: "Tilapia"}}, {Name: hospital.DishName{En: "Tea"}}}}})
}

// galleryPatients are one with everything unusual, and one without a bed.
func galleryPatients() []hospital.CustomerStay {
	return []hospital.CustomerStay{
		{AdmissionID: 1, PatientName: "Everything-Together Uwimana Nyiransabimana", Place: "Medicine, women, MED-A-05", Order: hospital.DietOrder{Diet: hospital.DietRenal, Texture: 4,
			Allergies: hospital.Allergies{Known: true, Allergens: hospital.Allergens}, NilByMouth: hospital.Window{From: galleryTime, Until: galleryTime.Add(time.Hour)}}},
		{AdmissionID: 2, PatientName: "Nobody Asked", Order: hospital.DietOrder{Diet: hospital.DietGeneral, Texture: hospital.RegularTexture}},
	}
}

func galleryZones() []hospital.Zone {
	return []hospital.Zone{{ID: 1, Name: "Relatives' shelter", Charge: 500}, {ID: 2, Name: "Outside, within 3 km", Charge: 2000}}
}

func galleryAddresses() []hospital.Address {
	home := hospital.Address{ID: 1, Label: "Home", FullName: "Ineza Grace", Phone: "+250788123456", Line1: "KN 5 Rd 12", City: "Nyarugenge", Zone: galleryZones()[0], Default: true}
	long := home
	long.ID, long.Label, long.Line2, long.Default = 2, "With-a-very-long-name-that-somebody-gave-it", "The house behind the market, second door", false
	return []hospital.Address{home, long}
}

// galleryDishes are a safe dish, one with traces, and one that must not go to the patient for every reason at once.
func galleryDishes() []hospital.OfferedDish {
	dish := func(id int64, name string, contains, traces []hospital.Allergen, hazards ...hospital.Hazard) hospital.OfferedDish {
		return hospital.OfferedDish{Hazards: hazards, Dish: hospital.Dish{ID: id, Name: hospital.DishName{En: name}, Allergens: contains, MayContain: traces, Price: 1500,
			Nutrition: hospital.Nutrition{EnergyKcal: 320, ProteinG: 12, CarbohydrateG: 48, FatG: 9, SodiumMg: 240, PotassiumMg: 510}}}
	}
	isombe := hospital.DishName{En: "Isombe"}
	return []hospital.OfferedDish{
		dish(1, "Rice", nil, nil), dish(2, "Beans", nil, []hospital.Allergen{"soya"}),
		dish(3, "Isombe", []hospital.Allergen{"peanuts"}, []hospital.Allergen{"fish"},
			hospital.Hazard{Kind: hospital.HazardAllergen, DishID: 3, DishName: isombe, Allergen: "peanuts", Severe: true},
			hospital.Hazard{Kind: hospital.HazardMayContain, DishID: 3, DishName: isombe, Allergen: "fish"},
			hospital.Hazard{Kind: hospital.HazardDiet, DishID: 3, DishName: isombe, Diet: hospital.DietRenal},
			hospital.Hazard{Kind: hospital.HazardTexture, DishID: 3, DishName: isombe}),
	}
}

func galleryRefusedAddress() Form {
	return Form{Name: FormAddress, Problem: "Some fields need another look.", Errors: map[string]string{"label": "Give the address a name of your own, such as Home.",
		"phone": "Give a telephone number of Rwanda, such as 0788 123 456.", "zone_id": "Choose the zone that the address lies in."}}
}
