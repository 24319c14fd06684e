package views_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/a-h/templ"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// began is since when the stamps of these tests count.
var began = time.Now()

// now is the moment at which every sample was read: 14:32:05 in Kigali.
var now = time.Date(2026, 2, 3, 12, 32, 5, 0, time.UTC)

var names = []hospital.PatientName{
	"Uwase Marie Claire", "Mukamana Espérance", "Ingabire Solange", "Nyiransabimana Vestine", "Umutoni Aline",
	"Mukandayisenga Joséphine", "Uwimana Béatrice", "Niyonsaba Chantal", "Kayitesi Diane", "Mukeshimana Odette",
	"Iradukunda Sandrine", "Murekatete Jeanne d’Arc", "Uwamahoro Yvonne", "Nyirahabimana Consolée", "Umuhoza Grâce",
}

func sampleWards() []hospital.Ward {
	wards := []hospital.Ward{
		{Code: "URG", Name: "Emergency", Block: "A0"}, {Code: "MED-A", Name: "Medicine, women", Block: "B1"},
		{Code: "MED-B", Name: "Medicine, men", Block: "B1"}, {Code: "SURG", Name: "Surgery", Block: "B2"},
		{Code: "ICU", Name: "Intensive care", Block: "B2"}, {Code: "PED", Name: "Paediatrics", Block: "C1"},
		{Code: "NUT", Name: "Nutrition rehabilitation", Block: "C1"}, {Code: "MAT", Name: "Maternity", Block: "C2"},
		{Code: "ISO", Name: "Isolation", Block: "D0"}, {Code: "PRIV", Name: "Private rooms", Block: "D1"},
	}
	for i := range wards {
		wards[i].ID, wards[i].Open = int64(i+1), true
	}
	wards[8].Open = false
	return wards
}

func summary(w hospital.Ward, counts hospital.BedCounts, pending int) hospital.WardSummary {
	return hospital.WardSummary{Ward: w, Counts: counts, PendingDischarges: pending}
}

// sampleAdmission is an ordinary admission; the nth has the nth name and what makes a card crowded
// now and then.
func sampleAdmission(n int) *hospital.BoardAdmission {
	s := &hospital.BoardAdmission{
		AdmissionID: int64(100 + n), PatientID: int64(200 + n), PatientName: names[n%len(names)],
		AdmittedAt: now.Add(-time.Duration(20+n*7) * time.Hour), BedSince: now.Add(-time.Duration(3+n*5) * time.Hour),
		Diet: hospital.DietGeneral, Texture: hospital.RegularTexture,
		Allergies: hospital.Allergies{Known: true}, AllergiesConfirmed: true, Version: int64(n + 1),
	}
	switch n % 7 {
	case 1:
		s.Allergies.Allergens = []hospital.Allergen{"milk", "peanuts"}
		s.Diet = hospital.DietDiabetic
	case 2:
		s.NilByMouth = true
	case 3:
		s.Texture = 4
		s.Diet = hospital.DietRenal
		s.ExpectedDischarge = now.Add(70 * time.Hour)
	case 4:
		s.Allergies = hospital.Allergies{}
	case 5:
		s.DischargePlanned, s.ExpectedDischarge = true, now.Add(20*time.Hour)
		s.Diet = hospital.DietLowSodium
	case 6:
		s.Meals = []hospital.BoardMeal{{OrderID: int64(500 + n), Meal: hospital.Lunch, Status: hospital.OrderInTransit, Version: 6}}
	case 0:
		s.Allergies = hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"eggs", "peanuts"}, Severe: []hospital.Allergen{"peanuts"}}
		s.Meals = []hospital.BoardMeal{{OrderID: 12, Meal: hospital.Lunch, Status: hospital.OrderHeld, Version: 3},
			{OrderID: 13, Meal: hospital.Dinner, Status: hospital.OrderConfirmed, Version: 2}}
	}
	return s
}

func sampleBed(ward hospital.Ward, n int, status hospital.BedStatus) hospital.BoardBed {
	b := hospital.BoardBed{Bed: hospital.Bed{
		ID: int64(n), WardID: ward.ID, WardName: ward.Name, Number: fmt.Sprintf("%s-%02d", ward.Code, n), Status: status,
		StatusSince: now.Add(-time.Duration(n) * 47 * time.Minute), Version: int64(10 + n),
		Fitness: hospital.Fitness{Staffed: true},
	}}
	switch status {
	case hospital.BedOccupied:
		b.Admission = sampleAdmission(n)
	case hospital.BedReserved:
		b.StatusReason, b.ReservedUntil = "From emergency, after the scan", now.Add(6*time.Hour)
	case hospital.BedMaintenance:
		b.StatusReason = "Call bell broken"
	case hospital.BedClosed:
		b.StatusReason = "No staff for this bay"
	}
	return b
}

// sampleBoard is the board of the women's ward with its 24 beds, every status among them.
func sampleBoard() hospital.WardBoard {
	ward := sampleWards()[1]
	odd := map[int]hospital.BedStatus{4: hospital.BedAvailable, 9: hospital.BedCleaning, 11: hospital.BedAvailable,
		14: hospital.BedReserved, 17: hospital.BedMaintenance, 20: hospital.BedAvailable, 24: hospital.BedClosed}
	board := hospital.WardBoard{At: now, Revisions: revisions("ward:2", 118)}
	for n := 1; n <= 24; n++ {
		status := hospital.BedOccupied
		if s, special := odd[n]; special {
			status = s
		}
		board.Beds = append(board.Beds, sampleBed(ward, n, status))
	}
	board.WardSummary = summary(ward, hospital.BedCounts{Total: 24, Available: 3, Reserved: 1, Occupied: 17, Cleaning: 1, Maintenance: 1, Closed: 1}, 3)
	return board
}

func revisions(topic hospital.Topic, revision int64) hospital.Revisions {
	return hospital.Revisions{Epoch: "8f3a1c2b9d4e5f60", Topics: map[hospital.Topic]int64{topic: revision}}
}

func sampleSummaries() []hospital.WardSummary {
	counts := []hospital.BedCounts{
		{Total: 12, Available: 1, Occupied: 10, Cleaning: 1}, {Total: 24, Available: 3, Reserved: 1, Occupied: 17, Cleaning: 1, Maintenance: 1, Closed: 1},
		{Total: 24, Available: 2, Occupied: 21, Cleaning: 1}, {Total: 20, Available: 3, Reserved: 2, Occupied: 14, Cleaning: 1},
		{Total: 8, Occupied: 8}, {Total: 18, Available: 4, Occupied: 13, Maintenance: 1}, {Total: 8, Available: 1, Occupied: 6, Cleaning: 1},
		{Total: 22, Available: 2, Reserved: 1, Occupied: 18, Cleaning: 1}, {Total: 6, Closed: 6}, {Total: 10, Available: 5, Occupied: 4, Reserved: 1},
	}
	summaries := make([]hospital.WardSummary, len(counts))
	for i, w := range sampleWards() {
		summaries[i] = summary(w, counts[i], (i*3)%4)
	}
	return summaries
}

func admissionLine(n int, bedID int64) hospital.AdmissionLine {
	s := hospital.AdmissionLine{
		AdmissionID: int64(300 + n), PatientName: names[n%len(names)], WardID: 2, WardName: "Medicine, women",
		AdmittedAt: now.Add(-time.Duration(n) * 83 * time.Minute), ExpectedDischarge: now.Add(time.Duration(n+1) * 95 * time.Minute),
	}
	if bedID != 0 {
		s.BedID, s.BedNumber = bedID, fmt.Sprintf("MED-A-%02d", bedID)
	}
	return s
}

// waitingPatient is one of those who wait for a bed, each pressing in another way.
func waitingPatient(n int) hospital.WaitingPatient {
	return hospital.WaitingPatient{AdmissionLine: admissionLine(n, 0), PatientID: int64(200 + n),
		Version: 2,
		Sex:     hospital.Sexes[n%len(hospital.Sexes)], Diet: hospital.DietRenal,
		Texture: hospital.RegularTexture,
		Placement: hospital.Placement{Isolation: hospital.Isolations[n%len(hospital.Isolations)],
			Priority: hospital.Priorities[n%len(hospital.Priorities)], WantedWardID: 2,
			WantedWard: "Medicine, women"}}
}

// sampleWaiting is the list of who waits.
func sampleWaiting() hospital.WaitingList {
	return hospital.WaitingList{Patients: []hospital.WaitingPatient{waitingPatient(4),
		waitingPatient(5)}, Wards: sampleWards(), At: now,
		Revisions: revisions(hospital.MetricsTopic, 7)}
}

func sampleMetrics() hospital.Metrics {
	return hospital.Metrics{OccupancyRate: 78.3, PatientCount: 121, PendingDischarges: 9, ActiveWards: 9}
}

func sampleMedical() hospital.MedicalDashboard {
	d := hospital.MedicalDashboard{
		Metrics: sampleMetrics(), Wards: sampleSummaries()[1:5], WaitingCount: 3, PendingCount: 14, At: now,
		Revisions: revisions(hospital.MetricsTopic, 7),
	}
	for n := range 3 {
		d.Waiting = append(d.Waiting, waitingPatient(n+4))
	}
	d.Held, d.HeldCount = []hospital.HeldLine{
		{AdmissionLine: admissionLine(7, 7), OrderID: 12, Meal: hospital.Lunch, Due: now.Add(time.Hour), HeldFor: sampleHazards()},
		{AdmissionLine: admissionLine(8, 8), OrderID: 13, Meal: hospital.Dinner,
			Due: now.Add(6 * time.Hour)},
		{AdmissionLine: admissionLine(9, 9), OrderID: 14, Meal: hospital.Snack, Due: now.Add(time.Minute), HeldFor: sampleHazards()[1:], Stopped: hospital.StoppedHazard},
	}, 14
	d.Fasted, d.FastedCount = []hospital.FastingLine{{AdmissionLine: admissionLine(2, 2), Over: now.Add(-2 * time.Hour), Missed: 2}, {AdmissionLine: admissionLine(3, 0), Over: now.Add(-time.Hour)}}, 2
	for n := range 6 {
		d.PendingDischarges = append(d.PendingDischarges, admissionLine(n, int64(n+1)))
		d.RecentAdmissions = append(d.RecentAdmissions, admissionLine(n+7, int64((n+10)*(n%4))))
	}
	return d
}

func sampleManagement() hospital.ManagementDashboard {
	d := hospital.ManagementDashboard{
		Metrics: sampleMetrics(), Wards: sampleSummaries(), PendingCount: 9, CleaningCount: 7, WaitingCount: 3, At: now,
		Counts:    hospital.BedCounts{Total: 146, Available: 21, Reserved: 5, Occupied: 111, Cleaning: 6, Maintenance: 2, Closed: 1},
		Revisions: revisions(hospital.MetricsTopic, 7),
	}
	for n := range 3 {
		d.Waiting = append(d.Waiting, waitingPatient(n+4))
	}
	for n := range 5 {
		d.PendingDischarges = append(d.PendingDischarges, admissionLine(n, int64(n+1)))
		d.BedsToClean = append(d.BedsToClean, hospital.BedLine{ID: int64(n + 30), Number: fmt.Sprintf("SURG-%02d", n+3), WardID: 4,
			WardName: "Surgery", Since: now.Add(-time.Duration(9-n) * 31 * time.Minute)})
	}
	d.BedsToClean[0].Cleaning.Stat, d.BedsToClean[0].Late = true, true
	d.BedsToClean[1].Cleaning = hospital.Cleaning{StartedAt: now.Add(-12 * time.Minute), By: "alice"}
	d.Waiting[0].Late, d.PendingDischarges[0].Late = true, true
	return d
}

// sampleCleaning is the list of beds to clean, all that can be said of one in it.
func sampleCleaning() hospital.CleaningBoard {
	d := sampleManagement()
	return hospital.CleaningBoard{Metrics: d.Metrics, Beds: d.BedsToClean, At: d.At,
		Revisions: d.Revisions}
}

func housekeepingPage() views.Page {
	return livePage("Housekeeping", hospital.Housekeeping, views.HousekeepingPath,
		"/ws"+views.HousekeepingPath, sampleCleaning().Revisions)
}

// detail is the page of a bed of the sample board, with all that its status offers.
func detail(b hospital.BoardBed) hospital.BedDetail {
	d := hospital.BedDetail{BoardBed: b, WardOpen: true, At: now, Revisions: revisions("ward:2", 118)}
	if b.Admission != nil {
		d.PatientNumber = "100042"
		d.BirthDate, d.Sex, d.Reason = time.Date(1984, 7, 9, 0, 0, 0, 0, time.UTC), "female", "planned"
		d.FreeBeds = sampleFreeBeds()
		if len(b.Admission.Meals) > 1 {
			d.Orders = sampleOrders()
		}
		if b.Admission.NilByMouth {
			d.Fasting = hospital.Window{From: now.Add(-time.Hour), Until: now.Add(5 * time.Hour)}
		}
		return d
	}
	if b.Status == hospital.BedAvailable || b.Status == hospital.BedReserved {
		d.Waiting = []hospital.WaitingPatient{
			{AdmissionLine: hospital.AdmissionLine{AdmissionID: 71, PatientName: names[4],
				AdmittedAt: now.Add(-5 * time.Hour)}},
			{AdmissionLine: hospital.AdmissionLine{AdmissionID: 72, PatientName: names[8],
				AdmittedAt: now.Add(-2 * time.Hour)}},
		}
	}
	return d
}

func sampleBedChoice() hospital.BedChoice {
	return hospital.BedChoice{Admission: hospital.Admission{ID: 71, PatientName: names[4],
		AdmittedAt: now.Add(-5 * time.Hour), Version: 2},
		BirthDate: now.AddDate(-38, 0, 0), Sex: "female",
		Diet: hospital.DietOrder{Diet: hospital.DietRenal, Texture: hospital.RegularTexture,
			Allergies: hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"peanuts"},
				Severe: []hospital.Allergen{"peanuts"}}},
		FreeBeds: sampleFreeBeds(), At: now, Revisions: sampleBoard().Revisions}
}

func sampleFreeBeds() []hospital.FreeBed {
	return []hospital.FreeBed{
		{ID: 4, Number: "MED-A-04", WardName: "Medicine, women", Status: hospital.BedAvailable,
			Fitness: hospital.Fitness{Staffed: true}},
		{ID: 14, Number: "MED-A-14", WardName: "Medicine, women", Status: hospital.BedReserved,
			StatusReason: "From theatre",
			ReservedFor:  71, ReservedName: names[4], ReservedUntil: now.Add(time.Hour),
			Fitness: hospital.Fitness{WardSex: hospital.FemaleWard}},
		{ID: 61, Number: "SURG-01", WardName: "Surgery", Status: hospital.BedAvailable,
			Fitness: hospital.Fitness{Staffed: true}},
	}
}

// sampleNews is what the kitchen hears when things go wrong, one too many to be shown at once.
func sampleNews() hospital.News {
	var news hospital.News
	about := hospital.About{OrderID: 12, AdmissionIDs: []int64{101}}
	for i, code := range []string{"ticket_held", "ticket_stopped", "ticket_clear", "ticket_moved", "ticket_discharged"} {
		n := hospital.Notices[code]
		news.Notifications = append(news.Notifications,
			hospital.Notification{ID: int64(90 - i), Role: hospital.KitchenStaff, Code: code, About: about,
				Target: hospital.Target{Kind: hospital.TargetOrder, ID: 12},
				Title:  about.Fill(n.Title, ""), Message: about.Fill(n.Message, ""),
				Patients: []hospital.NoticePatient{{AdmissionID: 101, Initials: "U. M.",
					BedNumber: "MED-A-05"}}, Level: n.Level, CreatedAt: now})
	}
	return news
}

// sampleOrder is an order of the first bed's patient in a state, changed by each of the changes.
func sampleOrder(status hospital.OrderStatus, changes ...func(*hospital.OrderDetail)) hospital.OrderDetail {
	d := hospital.OrderDetail{
		Order: hospital.Order{ID: 12, AdmissionID: 101, Meal: hospital.Lunch, ServiceDate: now.Truncate(24 * time.Hour), Due: now.Add(time.Hour),
			Dishes: []hospital.Dish{{ID: 1, Name: hospital.DishName{En: "Rice", Fr: "Riz", Rw: "Umuceri"}}, {ID: 2, Name: hospital.DishName{En: "Isombe"}}},
			Notes:  "cut small", Status: status, PlacedAt: now.Add(-time.Hour), StatusSince: now.Add(-time.Minute), Version: 3},
		Initials: "U. M. C.", BedID: 1, BedNumber: "MED-A-01", WardName: "Medicine, women", At: now, Revisions: revisions(hospital.OrderTopic(12), 3),
	}
	for _, change := range changes {
		change(&d)
	}
	return d
}

// sampleHazards are a reason that nobody may override, and one that medical staff may.
func sampleHazards() []hospital.Hazard {
	return []hospital.Hazard{
		{Kind: hospital.HazardAllergen, DishID: 2, DishName: hospital.DishName{En: "Isombe"}, Allergen: "peanuts", Severe: true},
		{Kind: hospital.HazardDiet, DishID: 2, DishName: hospital.DishName{En: "Isombe"}, Diet: hospital.DietRenal},
	}
}

// heldFor makes an order one that is held for some hazards.
func heldFor(hazards ...hospital.Hazard) func(*hospital.OrderDetail) {
	return func(d *hospital.OrderDetail) { d.Status, d.HeldFor = hospital.OrderHeld, hazards }
}

// sampleOrders are open orders of one patient: held for what nobody and for what medical staff may override, and for nothing any more;
// stopped on its way; late and begun.
func sampleOrders() []hospital.Order {
	return []hospital.Order{
		sampleOrder(hospital.OrderHeld, heldFor(sampleHazards()...)).Order,
		sampleOrder(hospital.OrderHeld, heldFor(sampleHazards()[1]), func(d *hospital.OrderDetail) { d.ID = 13 }).Order,
		sampleOrder(hospital.OrderHeld, func(d *hospital.OrderDetail) { d.ID = 14 }).Order,
		sampleOrder(hospital.OrderInTransit, func(d *hospital.OrderDetail) { d.ID, d.Stopped = 15, hospital.StoppedHazard }).Order,
		sampleOrder(hospital.OrderPreparing, func(d *hospital.OrderDetail) { d.ID, d.Late, d.Begun = 16, true, true }).Order,
	}
}

// bedsideOffer is lunch for a patient whom nobody asked about allergies: a safe dish, one that conflicts, one that nobody may let pass.
func bedsideOffer() *hospital.Offer {
	asked := hospital.Hazard{Kind: hospital.HazardNeverAsked}
	dish := func(id int64, name string, hazards ...hospital.Hazard) hospital.OfferedDish {
		return hospital.OfferedDish{Dish: hospital.Dish{ID: id, Name: hospital.DishName{En: name}}, Hazards: append([]hospital.Hazard{asked}, hazards...)}
	}
	return &hospital.Offer{Meal: hospital.Lunch, Servings: []hospital.Serving{{Meal: hospital.Lunch, Due: now.Add(time.Hour), Late: true}},
		Dishes: []hospital.OfferedDish{dish(1, "Rice"), dish(2, "Isombe", sampleHazards()...), dish(3, "Tea", sampleHazards()[1])}, At: now}
}

func viewer(role hospital.Role) *views.Viewer {
	return &views.Viewer{Username: "clarisse", Role: role, Wards: sampleWards()}
}

func livePage(title string, role hospital.Role, path, socket string, r hospital.Revisions) views.Page {
	return views.Page{Title: title, Viewer: viewer(role), Live: &views.Live{Socket: socket, Revisions: r}, Path: path}
}

func wardPage() views.Page {
	b := sampleBoard()
	return livePage(b.Name, hospital.MedicalStaff, "/wards/2/", "/ws/ward/2/", b.Revisions)
}

// draw renders a component in a language; it must not fail.
func draw(t testing.TB, lang text.Lang, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(text.With(context.Background(), lang), &b); err != nil {
		t.Fatalf("render: %v", err)
	}
	return b.String()
}

// sampleHome is the page of a customer with a patient, an order to each of whom and where, and something to read.
func sampleHome() hospital.CustomerHome {
	dish := hospital.Dish{ID: 1, Name: hospital.DishName{En: "Rice"}}
	return hospital.CustomerHome{
		Admissions: []hospital.CustomerAdmission{sampleOffer().Admission},
		Orders: []hospital.CustomerOrder{
			{Order: hospital.Order{ID: 12, AdmissionID: 101, Meal: hospital.Lunch, Status: hospital.OrderPreparing, Due: now, Dishes: []hospital.Dish{dish}, Version: 3}, For: string(names[0])},
			{Order: hospital.Order{ID: 11, AddressID: 10, Meal: hospital.Snack, Status: hospital.OrderInTransit, Due: now, Dishes: []hospital.Dish{dish}, Price: 1300, Version: 5},
				For: "Home", DeliveryID: 5, Code: "4711", Revocable: true},
		},
		Addresses: []hospital.Address{sampleAddress().Address}, Unread: 2, News: sampleInbox().Notifications[:2], At: now,
		Revisions: revisions("customer:5", 9),
	}
}

func sampleInbox() hospital.Inbox {
	inbox := hospital.Inbox{Unread: 2, At: now, Revisions: revisions("inbox:5", 4)}
	for i, code := range []string{"order_ready", "order_held", "order_delivered"} {
		inbox.Notifications = append(inbox.Notifications,
			hospital.Notification{ID: int64(30 - i), UserID: 5, Code: code,
				About:  hospital.About{OrderID: 12, Meal: hospital.Lunch},
				Target: hospital.Target{Kind: hospital.TargetOrder, ID: 12},
				Title:  "Title", Message: "Message.", Level: hospital.Notices[code].Level, Read: i == 2, CreatedAt: now})
	}
	return inbox
}

func sampleAddress() hospital.AddressWatch {
	return hospital.AddressWatch{At: now, Revisions: revisions("address:10", 2), Address: hospital.Address{ID: 10, OwnerID: 5, Label: "Home", FullName: "Ineza Grace",
		Phone: "+250788123456", Line1: "KN 5 Rd 12", City: "Nyarugenge", Zone: hospital.Zone{ID: 1, Name: "Shelter", Charge: 500}, Default: true, Version: 2}}
}

// sampleOffer is a menu with a dish that is safe and one that is not.
func sampleOffer() hospital.Offer {
	hazard := hospital.Hazard{Kind: hospital.HazardAllergen, DishID: 2, DishName: hospital.DishName{En: "Isombe"}, Allergen: "peanuts"}
	return hospital.Offer{
		Admission: hospital.CustomerAdmission{AdmissionID: 101, PatientName: names[0], Place: "Medicine, women, MED-A-05",
			Order: hospital.DietOrder{Diet: hospital.DietGeneral, Texture: hospital.RegularTexture, Allergies: hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"peanuts"}}}},
		Meal: hospital.Lunch, Servings: []hospital.Serving{{Meal: hospital.Lunch, Due: now, Late: true}, {Meal: hospital.Dinner, Due: now.Add(6 * time.Hour)}},
		Dishes: []hospital.OfferedDish{{Dish: hospital.Dish{ID: 1, Name: hospital.DishName{En: "Rice"}}},
			{Dish: hospital.Dish{ID: 2, Name: hospital.DishName{En: "Isombe"}, Allergens: []hospital.Allergen{"peanuts"}}, Hazards: []hospital.Hazard{hazard}}},
		At: now,
	}
}
