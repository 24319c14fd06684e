package views

import (
	"time"

	"dusangire/hospital"
)

// galleryOrders is an order in each state, for a patient, and one to an address that has everything
// an order can have.
func galleryOrders() []hospital.CustomerOrder {
	var orders []hospital.CustomerOrder
	for i, status := range hospital.OrderStatuses {
		order := hospital.Order{
			ID: int64(i + 1), AdmissionID: 1, Meal: hospital.Lunch, Status: status,
			Due: galleryTime, Dishes: []hospital.Dish{galleryDish(0, "Rice")}, Version: 1,
		}
		orders = append(orders, hospital.CustomerOrder{For: "Uwase Marie", Order: order,
			Revocable: status == hospital.OrderPending})
	}
	orders[0].HeldFor = []hospital.Hazard{peanutsIn(1, isombe), {Kind: hospital.HazardNilByMouth}}
	sisters := hospital.Order{
		ID: 12, AddressID: 1, Meal: hospital.Snack, Status: hospital.OrderInTransit,
		Due: galleryTime, Late: true, Price: 6300,
		Dishes: []hospital.Dish{galleryDish(0, "Tilapia"), galleryDish(0, "Tea")},
	}
	return append(orders, hospital.CustomerOrder{
		For: "At my sister's", DeliveryID: 4, Code: "4711", Order: sisters,
	})
}

// galleryPatients are one with everything unusual, and one without a bed.
func galleryPatients() []hospital.CustomerAdmission {
	unusual := hospital.DietOrder{
		Diet: hospital.DietRenal, Texture: 4, Allergies: allergies(hospital.Allergens...),
		NilByMouth: hospital.Window{From: galleryTime, Until: galleryTime.Add(time.Hour)},
	}
	usual := hospital.DietOrder{Diet: hospital.DietGeneral, Texture: hospital.RegularTexture}
	return []hospital.CustomerAdmission{
		{AdmissionID: 1, PatientName: "Everything-Together Uwimana Nyiransabimana",
			Place: "Medicine, women, MED-A-05", Order: unusual},
		{AdmissionID: 2, PatientName: "Nobody Asked", Order: usual},
	}
}

func galleryZones() []hospital.Zone {
	return []hospital.Zone{
		{ID: 1, Name: "Relatives' shelter", Charge: 500},
		{ID: 2, Name: "Outside, within 3 km", Charge: 2000},
	}
}

func galleryAddresses() []hospital.Address {
	home := hospital.Address{ID: 1, Label: "Home", FullName: "Ineza Grace", Phone: "+250788123456",
		Line1: "KN 5 Rd 12", City: "Nyarugenge", Zone: galleryZones()[0], Default: true}
	long := home
	long.ID, long.Default = 2, false
	long.Label = "With-a-very-long-name-that-somebody-gave-it"
	long.Line2 = "The house behind the market, second door"
	return []hospital.Address{home, long}
}

// galleryDishes are a safe dish, one with traces, and one that must not go to the patient for every
// reason at once.
func galleryDishes() []hospital.OfferedDish {
	dish := func(id int64, name string, traces ...hospital.Allergen) hospital.OfferedDish {
		d := galleryDish(id, name)
		d.MayContain, d.Price = traces, 1500
		d.Nutrition = hospital.Nutrition{EnergyKcal: 320, ProteinG: 12, CarbohydrateG: 48, FatG: 9,
			SodiumMg: 240, PotassiumMg: 510}
		return hospital.OfferedDish{Dish: d}
	}
	worst := dish(3, "Isombe", "fish")
	worst.Allergens = []hospital.Allergen{"peanuts"}
	worst.Hazards = []hospital.Hazard{
		peanutsIn(3, isombe),
		{Kind: hospital.HazardMayContain, DishID: 3, DishName: isombe, Allergen: "fish"},
		{Kind: hospital.HazardDiet, DishID: 3, DishName: isombe, Diet: hospital.DietRenal},
		{Kind: hospital.HazardTexture, DishID: 3, DishName: isombe},
	}
	return []hospital.OfferedDish{dish(1, "Rice"), dish(2, "Beans", "soya"), worst}
}

func galleryRefusedAddress() Form {
	return Form{Name: FormAddress, Problem: "Some fields need another look.",
		Errors: map[string]string{
			"label":   "Give the address a name of your own, such as Home.",
			"phone":   "Give a telephone number of Rwanda, such as 0788 123 456.",
			"zone_id": "Choose the zone that the address lies in.",
		}}
}
