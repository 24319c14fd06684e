package views

import (
	"time"

	"dusangire/hospital"
)

// galleryTime is when everything in the gallery was read, so that the gallery looks the same every
// time.
var galleryTime = time.Date(2026, 2, 3, 12, 32, 5, 0, time.UTC)

// galleryBed is an empty bed in some state.
func galleryBed(id int64, status hospital.BedStatus, reason string) hospital.BoardBed {
	return hospital.BoardBed{Bed: hospital.Bed{
		ID: id, WardID: 1, WardName: "Gallery", Number: "GAL-" + number(id), Version: 1,
		Status: status, StatusReason: reason, StatusSince: galleryTime.Add(-time.Hour),
		Fitness: hospital.Fitness{Staffed: true},
	}}
}

// galleryAdmission is a bed with a patient of whom nothing unusual is known, changed by each of the
// changes.
func galleryAdmission(
	id int64, name hospital.PatientName, changes ...func(*hospital.BoardAdmission),
) hospital.BoardBed {
	b := galleryBed(id, hospital.BedOccupied, "")
	b.Admission = &hospital.BoardAdmission{
		AdmissionID: id, PatientID: id, PatientName: name,
		AdmittedAt: galleryTime.Add(-30 * time.Hour), BedSince: galleryTime.Add(-5 * time.Hour),
		Diet: hospital.DietGeneral, Texture: hospital.RegularTexture, Allergies: allergies(),
		AllergiesConfirmed: true, Version: 1,
	}
	for _, change := range changes {
		change(b.Admission)
	}
	return b
}

func leaving(a *hospital.BoardAdmission) {
	a.DischargePlanned, a.ExpectedDischarge = true, galleryTime.Add(3*time.Hour)
}

func allergic(list ...hospital.Allergen) func(*hospital.BoardAdmission) {
	return func(a *hospital.BoardAdmission) { a.Allergies = allergies(list...) }
}

// allergies are what somebody has said; of nobody else's are they known.
func allergies(list ...hospital.Allergen) hospital.Allergies {
	return hospital.Allergies{Known: true, Allergens: list}
}

func severely(list ...hospital.Allergen) func(*hospital.BoardAdmission) {
	return func(a *hospital.BoardAdmission) { a.Allergies.Severe = list }
}

func unconfirmed(a *hospital.BoardAdmission) { a.AllergiesConfirmed = false }
func notAsked(a *hospital.BoardAdmission)    { a.Allergies = hospital.Allergies{} }
func nilByMouth(a *hospital.BoardAdmission)  { a.NilByMouth = true }

func mealIs(status hospital.OrderStatus) func(*hospital.BoardAdmission) {
	return func(a *hospital.BoardAdmission) {
		meal := hospital.BoardMeal{OrderID: 1, Meal: hospital.Lunch, Status: status, Version: 1}
		a.Meals = []hospital.BoardMeal{meal}
	}
}

func eats(diet hospital.Diet, texture hospital.Texture) func(*hospital.BoardAdmission) {
	return func(a *hospital.BoardAdmission) { a.Diet, a.Texture = diet, texture }
}

func apart(a *hospital.BoardAdmission) { a.Isolation = hospital.AirborneIsolation }

// galleryBeds is a card for each state of a bed, and for each thing that a card can say of a
// patient.
func galleryBeds() []hospital.BoardBed {
	reserved := galleryBed(2, hospital.BedReserved, "From theatre this evening")
	reserved.ReservedUntil = galleryTime.Add(6 * time.Hour)
	reserved.ReservedFor, reserved.ReservedName = 2, "Umutoni Aline"
	return []hospital.BoardBed{
		galleryBed(1, hospital.BedAvailable, ""), reserved, galleryBed(3, hospital.BedCleaning, ""),
		galleryBed(4, hospital.BedMaintenance, "Call bell broken"),
		galleryBed(5, hospital.BedClosed, "No staff for this bay"),
		galleryAdmission(6, "Nothing Unusual"), galleryAdmission(7, "Leaving Today", leaving),
		galleryAdmission(8, "One Allergy", allergic("peanuts")),
		galleryAdmission(9, "Many Allergies", allergic(hospital.Allergens...)),
		galleryAdmission(17, "Severe Allergy", allergic("eggs", "milk", "peanuts"),
			severely("peanuts")),
		galleryAdmission(18, "Here Before", allergic("fish"), unconfirmed),
		galleryAdmission(10, "Nobody Asked", notAsked),
		galleryAdmission(11, "Before Theatre", nilByMouth),
		galleryAdmission(24, "Overdue", overdue),
		galleryAdmission(25, "Tonight", nilByMouthTonight),
		galleryAdmission(12, "Soft Food", eats(hospital.DietRenal, 4)),
		galleryAdmission(14, "Meal Held", mealIs(hospital.OrderHeld)),
		galleryAdmission(15, "Meal Coming", mealIs(hospital.OrderInTransit)),
		galleryAdmission(19, "Kept Apart", apart),
		galleryMisfit(),
		galleryAdmission(13, "Everything-Together Uwimana Nyiransabimana", leaving,
			allergic("milk", "eggs"), nilByMouth, eats(hospital.DietDiabetic, 6)),
	}
}

// galleryMisfit is somebody whom nothing about the bed fits.
func galleryMisfit() hospital.BoardBed {
	b := galleryAdmission(26, "Another Bed", apart,
		func(a *hospital.BoardAdmission) { a.Sex = "female" })
	b.Fitness = hospital.Fitness{WardSex: hospital.MaleWard}
	return b
}

// galleryWards are an ordinary, a full, an empty and a closed ward.
func galleryWards() []hospital.WardSummary {
	ward := func(id int64, code, name string, c hospital.BedCounts) hospital.WardSummary {
		w := hospital.Ward{ID: id, Code: code, Name: name, Block: "B1", Open: true}
		return hospital.WardSummary{Ward: w, Counts: c}
	}
	wards := []hospital.WardSummary{
		ward(1, "ORD", "Ordinary", hospital.BedCounts{Total: 24, Available: 3, Reserved: 1,
			Occupied: 17, Cleaning: 1, Maintenance: 1, Closed: 1}),
		ward(2, "FULL", "Full", hospital.BedCounts{Total: 8, Occupied: 8}),
		ward(3, "NEW", "Without beds", hospital.BedCounts{}),
		ward(4, "SHUT", "Closed", hospital.BedCounts{Total: 6, Closed: 6}),
	}
	wards[0].PendingDischarges, wards[3].Open = 3, false
	return wards
}

// galleryLines are admissions for a list: with a bed, and without.
func galleryLines() []hospital.AdmissionLine {
	return []hospital.AdmissionLine{
		{AdmissionID: 1, PatientName: "Uwase Marie", BedID: 6, BedNumber: "GAL-6",
			AdmittedAt: galleryTime, ExpectedDischarge: galleryTime.Add(time.Hour)},
		{AdmissionID: 2, PatientName: "Umutoni Aline", AdmittedAt: galleryTime,
			ExpectedDischarge: galleryTime.Add(2 * time.Hour)},
	}
}

// galleryRefused is an admission that was refused for every reason at once.
func galleryRefused() Form {
	return Form{
		Name: FormAdmit, Problem: "Some fields need another look.", Query: "Uwa", Key: "gallery",
		Errors: map[string]string{
			"patient_name": "Give the patient’s name.",
			"allergies":    "Choose allergens or none, not both.",
		},
		Known: []hospital.Patient{
			{ID: 1, Name: "Uwase Marie", Sex: "female"},
			{ID: 2, Name: "Uwamahoro Yvonne", Admitted: true},
		},
	}
}

// galleryEmpty is an empty bed's page, galleryOccupied that of one with a patient.
func galleryEmpty() hospital.BedDetail {
	waits := hospital.WaitingPatient{
		AdmissionLine: galleryLines()[1], PatientID: 2, Sex: "female",
		Placement: hospital.Placement{Priority: hospital.Urgent, WantedWard: "Surgery",
			Isolation: hospital.ContactIsolation},
	}
	return hospital.BedDetail{BoardBed: galleryBed(1, hospital.BedAvailable, ""), WardOpen: true,
		Waiting: []hospital.WaitingPatient{waits}}
}

func galleryOccupied() hospital.BedDetail {
	beds := galleryBeds()
	free := hospital.FreeBed{
		ID: 1, Number: "GAL-1", WardName: "Gallery", Status: hospital.BedAvailable,
		Fitness: hospital.Fitness{WardSex: hospital.MaleWard, Staffed: true},
	}
	from, until := galleryTime.Add(-20*time.Hour), galleryTime.Add(-time.Hour)
	return hospital.BedDetail{
		BoardBed: beds[len(beds)-1], WardOpen: true, At: galleryTime,
		BirthDate: galleryTime.AddDate(-40, 0, 0), Sex: "female", Reason: "emergency",
		Note:    hospital.ShiftNote{Text: "Asks for the light to stay on.", By: "nurse"},
		Fasting: hospital.Window{From: from, Until: until}, Orders: galleryMeals(),
		FreeBeds: []hospital.FreeBed{free},
	}
}

// galleryHazards are a reason that nobody may override, and one that medical staff may.
func galleryHazards() []hospital.Hazard {
	leaves := hospital.DishName{En: "Cassava leaves", Fr: "Feuilles de manioc", Rw: "Isombe"}
	return []hospital.Hazard{
		peanutsIn(2, leaves),
		{Kind: hospital.HazardDiet, DishID: 2, DishName: leaves, Diet: hospital.DietRenal},
	}
}

// peanutsIn is the worst that a dish can have for a patient.
func peanutsIn(dishID int64, name hospital.DishName) hospital.Hazard {
	return hospital.Hazard{Kind: hospital.HazardAllergen, DishID: dishID, DishName: name,
		Allergen: "peanuts", Severe: true}
}

// isombe is a dish whose name is the same in all languages.
var isombe = hospital.DishName{En: "Isombe"}

// galleryDish is a dish of which only the name is of interest.
func galleryDish(id int64, name string) hospital.Dish {
	return hospital.Dish{ID: id, Name: hospital.DishName{En: name}}
}

// galleryMeals are open orders of one patient, one in each state that a panel shows in its own way.
func galleryMeals() []hospital.Order {
	order := func(id int64, status hospital.OrderStatus, why ...hospital.Hazard) hospital.Order {
		return hospital.Order{
			ID: id, AdmissionID: 13, Meal: hospital.Lunch, Due: galleryTime.Add(time.Hour),
			Status: status, HeldFor: why, Version: 1,
			Dishes: []hospital.Dish{galleryDish(1, "Rice"), galleryDish(2, "Cassava leaves")},
		}
	}
	stopped, late := order(4, hospital.OrderInTransit), order(5, hospital.OrderPreparing)
	stopped.Stopped, late.Late, late.Begun = hospital.StoppedHazard, true, true
	return []hospital.Order{
		order(1, hospital.OrderHeld, galleryHazards()...),
		order(2, hospital.OrderHeld, galleryHazards()[1]), order(3, hospital.OrderHeld),
		stopped, late, order(6, hospital.OrderReady),
	}
}

// galleryOffer is a menu with a safe dish, one that medical staff may let pass, and one that nobody
// may.
func galleryOffer() *hospital.Offer {
	serving := hospital.Serving{
		Meal: hospital.Dinner, Due: galleryTime.Add(5 * time.Hour), Late: true,
	}
	return &hospital.Offer{
		Meal: hospital.Dinner, Servings: []hospital.Serving{serving},
		Dishes: []hospital.OfferedDish{
			{Dish: galleryDish(1, "Rice")},
			{Dish: galleryDish(2, "Cassava leaves"), Hazards: galleryHazards()},
			{Dish: galleryDish(3, "Beans"), Hazards: galleryHazards()[1:]},
		},
	}
}

// galleryDetail is the page of an order that is held.
func galleryDetail() hospital.OrderDetail {
	return hospital.OrderDetail{Order: galleryMeals()[1], Initials: "U. M.", BedID: 13,
		BedNumber: "GAL-13", WardName: "Gallery", At: galleryTime}
}

// galleryHeld are the lines of meals that medical staff must look at.
func galleryHeld() []hospital.HeldLine {
	admissions := galleryLines()
	return []hospital.HeldLine{
		{AdmissionLine: admissions[0], OrderID: 1, Meal: hospital.Lunch, Due: galleryTime,
			HeldFor: galleryHazards()},
		{AdmissionLine: admissions[1], OrderID: 3, Meal: hospital.Dinner, Due: galleryTime},
	}
}

// galleryNews is a notification of each level over a dashboard.
func galleryNews() hospital.News {
	var news hospital.News
	about := hospital.About{OrderID: 12, Meal: hospital.Lunch, BedNumber: "MED-A-05"}
	codes := []string{"ticket_held", "ticket_clear", "order_delivered", "nil_by_mouth_over"}
	for i, code := range codes {
		notice := hospital.Notices[code]
		news.Notifications = append(news.Notifications, hospital.Notification{
			ID: int64(i + 1), Code: code, About: about, Level: notice.Level,
			Title: about.Fill(notice.Title, "lunch"), Message: about.Fill(notice.Message, "lunch"),
			CreatedAt: galleryTime,
		})
	}
	return news
}
