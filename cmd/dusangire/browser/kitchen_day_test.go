package browser_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
)

// kitchen is a server whose kitchen is at work: wards full of patients, a menu, and tickets in the states that a test asks for.
type kitchen struct {
	*dusangiretest.Server
	menu       map[string]hospital.Dish
	admissions []hospital.Admission
	beds       []hospital.BoardBed // of the admissions
}

// menu is what the kitchen cooks, with its true allergens.
var menu = []struct {
	name      string
	station   hospital.Station
	allergens []hospital.Allergen
	textures  []hospital.Texture
}{
	{"Ubugali", "hot", nil, []hospital.Texture{6, 7}},
	{"Ibishyimbo", "hot", nil, []hospital.Texture{4, 5, 6, 7}},
	{"Isombe", "hot", []hospital.Allergen{"peanuts", "fish"}, []hospital.Texture{5, 6, 7}},
	{"Inyama y’inka", "hot", []hospital.Allergen{"celery"}, []hospital.Texture{5, 6, 7}},
	{"Imineke", "cold", nil, []hospital.Texture{4, 5, 6, 7}},
	{"Ivuguto", "cold", []hospital.Allergen{"milk"}, []hospital.Texture{2, 3, 4, 5, 6, 7}},
	{"Igikoma cy’amasaka", "porridge", []hospital.Allergen{"soya"}, []hospital.Texture{3, 4, 5, 6, 7}},
	{"Isupu y’imboga", "special", []hospital.Allergen{"celery"}, []hospital.Texture{3, 4, 5, 6, 7}},
	{"Umutobe", hospital.Unrouted, nil, []hospital.Texture{0, 1, 2, 3, 4, 5, 6, 7}},
}

// patients are who lies in the beds, one after the other and again from the start: what they may eat, and what is ordered for them.
var patients = []struct {
	name      hospital.PatientName
	diet      hospital.Diet
	texture   hospital.Texture
	allergies []hospital.Allergen
	severe    []hospital.Allergen
	dishes    []string
	notes     string
}{
	{"Uwase Marie Claire", "general", 7, nil, nil, []string{"Ubugali", "Ibishyimbo", "Imineke"}, ""},
	{"Mukamana Espérance", "diabetic", 7, []hospital.Allergen{"peanuts"}, []hospital.Allergen{"peanuts"}, []string{"Ubugali", "Ibishyimbo", "Isupu y’imboga"}, "No sugar in the tea, please"},
	{"Habimana Jean Bosco", "low_sodium", 6, nil, nil, []string{"Ubugali", "Inyama y’inka"}, "Small portion, eats with the left hand"},
	{"Niyonzima Eric", "renal", 4, []hospital.Allergen{"milk", "gluten"}, nil, []string{"Ibishyimbo", "Igikoma cy’amasaka", "Imineke", "Isupu y’imboga"}, ""},
	{"Ingabire Solange", "high_protein", 7, nil, nil, []string{"Inyama y’inka", "Ibishyimbo", "Ivuguto"}, "Leave the tray at the door: isolation"},
	{"Mugisha Patrick", "general", 5, []hospital.Allergen{"eggs", "fish", "milk"}, []hospital.Allergen{"fish"}, []string{"Ibishyimbo", "Imineke"}, "Cut very small; needs help to eat"},
}

// mustServeKitchen starts a server whose wards are full: of at least so many patients, each with an order that is due when due says.
func mustServeKitchen(t testing.TB, orders int, due func(n int) time.Duration) *kitchen {
	t.Helper()
	const beds = 24
	s, first := dusangiretest.MustServeWard(t, beds, nil)
	k := &kitchen{Server: s, menu: map[string]hospital.Dish{}}
	k.cook()
	wards := []hospital.WardBoard{first}
	for n := 1; n*beds < orders; n++ {
		ward, err := s.Hospital.AddWard(t.Context(), hospital.System, hospital.AddWardCommand{Code: fmt.Sprintf("SURG-%d", n), Name: fmt.Sprintf("Surgery %d", n), Block: "B2", Beds: beds})
		k.must(err)
		wards = append(wards, s.Board(ward.ID))
	}
	for n := range orders {
		k.admit(wards[n/beds].Beds[n%beds], n)
		k.order(n, time.Now().Add(due(n)-snackWithin))
	}
	return k
}

// snackWithin is how long after it is ordered a snack is due.
const snackWithin = time.Hour

func (k *kitchen) must(err error) {
	k.T.Helper()
	if err != nil {
		k.T.Fatal(err)
	}
}

// cook puts the menu in place. Every dish suits every diet, so that a test says by allergies and textures what is dangerous.
func (k *kitchen) cook() {
	k.T.Helper()
	for _, m := range menu {
		dish, err := k.Hospital.AddDish(k.T.Context(), hospital.System, hospital.Dish{Name: hospital.DishName{En: m.name, Fr: m.name, Rw: m.name},
			Meals: hospital.Meals, Station: m.station, Allergens: m.allergens, Diets: hospital.Diets, Textures: m.textures, Available: true})
		k.must(err)
		k.menu[m.name] = dish
	}
}

// admit puts the nth patient into a bed.
func (k *kitchen) admit(bed hospital.BoardBed, n int) {
	k.T.Helper()
	p := patients[n%len(patients)]
	yesterday := hospital.At(k.T.Context(), time.Now().Add(-24*time.Hour))
	admission, _, err := k.Hospital.Admit(yesterday, hospital.System, hospital.AdmitCommand{PatientName: p.name, BedID: bed.ID, Reason: "kanari-impamvu",
		Diet: p.diet, Texture: &p.texture, Allergies: hospital.Allergies{Known: true, Allergens: p.allergies, Severe: p.severe}})
	k.must(err)
	k.admissions, k.beds = append(k.admissions, admission), append(k.beds, bed)
}

// order orders a snack for the nth patient at a moment.
func (k *kitchen) order(n int, at time.Time) hospital.Order {
	k.T.Helper()
	p := patients[n%len(patients)]
	cmd := hospital.PlaceOrderCommand{AdmissionID: k.admissions[n].ID, Meal: hospital.Snack,
		Notes: p.notes}
	for _, name := range p.dishes {
		cmd.Dishes = append(cmd.Dishes, k.menu[name].ID)
	}
	order, _, err := k.Hospital.PlaceOrder(hospital.At(k.T.Context(), at), hospital.System, cmd)
	k.must(err)
	return order
}

// tickets are what the wall shows now, oldest first.
func (k *kitchen) tickets() []hospital.Ticket {
	k.T.Helper()
	board, err := k.Hospital.KitchenBoard(k.T.Context(), hospital.System)
	k.must(err)
	return board.Tickets
}

// ticket is what the wall shows of an order.
func (k *kitchen) ticket(id int64) hospital.Ticket {
	k.T.Helper()
	tickets := k.tickets()
	at := slices.IndexFunc(tickets, func(t hospital.Ticket) bool { return t.OrderID == id })
	if at < 0 {
		k.T.Fatalf("order %d is not on the wall", id)
	}
	return tickets[at]
}

// bring takes an order on from where it stands until it has a status.
func (k *kitchen) bring(id int64, to hospital.OrderStatus) {
	k.T.Helper()
	ctx := k.T.Context()
	for k.ticket(id).Status != to {
		var err error
		switch from := k.ticket(id).Status; {
		case to == hospital.OrderCancelled:
			_, err = k.Hospital.CancelOrder(ctx, hospital.System, id, hospital.OrderCommand{Reason: "The patient eats elsewhere"})
		case from == hospital.OrderPending:
			_, err = k.Hospital.ConfirmOrder(ctx, hospital.System, id, hospital.OrderCommand{})
		case from == hospital.OrderConfirmed:
			_, err = k.Hospital.StartOrder(ctx, hospital.System, id, hospital.OrderCommand{})
		case from == hospital.OrderPreparing:
			_, err = k.Hospital.ReadyOrder(ctx, hospital.System, id, hospital.OrderCommand{})
		default:
			k.T.Fatalf("from %s nothing leads to %s", from, to)
		}
		k.must(err)
	}
}

// allergic makes the patient of the nth bed severely allergic to something.
func (k *kitchen) allergic(n int, allergen hospital.Allergen) {
	k.T.Helper()
	known := hospital.Allergies{Known: true, Allergens: []hospital.Allergen{allergen}, Severe: []hospital.Allergen{allergen}}
	_, err := k.Hospital.SetDiet(k.T.Context(), hospital.System, k.admissions[n].ID, hospital.DietCommand{Allergies: &known})
	k.must(err)
}
