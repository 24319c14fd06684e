package views_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// hostile are texts that try to be more than text.
var hostile = []string{
	`"><script>alert(1)</script>`, `' hx-get='/logout' x='`, `</a></li><li id="bed-2">`, `<img src=x onerror=alert(1)>`,
	`<hx-partial hx-target="#live">`, `</template><template>`, `<!--`, `]]>`, `&lt;b&gt;`, "\u202eRTL\u202c", "NUL\x00NUL", `{{.}}`, `%s%n`,
	`javascript:alert(1)`, strings.Repeat("A<", 5000), "\u2028\r\n\t", `<title>x</title>`, `hx-swap-oob="true"`, "\xff\xfe",
}

// texts draws what somebody might have typed, or worse.
func texts() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom(hostile), rapid.String(), rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom(hostile).Draw(t, "first") + rapid.SampledFrom(hostile).Draw(t, "second")
	}))
}

// typed is every text in the hospital that a person typed, the same in each place.
type typed struct{ name, reason, ward, code, number, query, sentence, username string }

// The places of texts in a region or a page, drawn with those texts in them.
func (w typed) bodies(t testing.TB) map[string]string {
	bodies := map[string]string{}
	board := sampleBoard()
	ward := hospital.Ward{ID: 2, Code: w.code, Name: w.ward, Block: w.code, Open: true}
	board.Ward = ward
	for i := range board.Beds {
		b := &board.Beds[i]
		b.Number, b.StatusReason, b.WardName = w.number, w.reason, w.ward
		b.ReservedName = hospital.PatientName(w.name)
		if b.Admission != nil {
			admission := *b.Admission
			admission.PatientName = hospital.PatientName(w.name)
			b.Admission = &admission
		}
	}
	for _, r := range views.WardRegions(board) {
		bodies["ward "+r.ID] = draw(t, text.En, r.Component)
	}
	medical, management := sampleMedical(), sampleManagement()
	for _, list := range [][]hospital.AdmissionLine{medical.RecentAdmissions,
		medical.PendingDischarges, management.PendingDischarges} {
		for i := range list {
			list[i].PatientName, list[i].BedNumber, list[i].WardName = hospital.PatientName(w.name), w.number, w.ward
		}
	}
	for _, list := range [][]hospital.WaitingPatient{medical.Waiting, management.Waiting} {
		for i := range list {
			list[i].PatientName, list[i].WantedWard = hospital.PatientName(w.name), w.ward
		}
	}
	for i := range management.BedsToClean {
		management.BedsToClean[i].Number, management.BedsToClean[i].WardName = w.number, w.ward
		management.BedsToClean[i].Cleaning.By = w.username
	}
	cleaning := hospital.CleaningBoard{Beds: management.BedsToClean}
	for _, r := range withItems(views.HousekeepingRegions(cleaning)) {
		bodies["housekeeping "+r.ID] = draw(t, text.En, r.Component)
	}
	medical.Wards[0].Ward, management.Wards[1].Ward = ward, ward
	for _, r := range append(views.MedicalRegions(medical), views.ManagementRegions(management)...) {
		bodies["dashboard "+r.ID] = draw(t, text.En, r.Component)
	}
	w.deliveries(t, bodies)
	w.panels(t, board, bodies)
	w.kitchen(t, bodies)
	w.customers(t, bodies)
	return bodies
}

// deliveries are the courier's tablet and a delivery's page.
func (w typed) deliveries(t testing.TB, bodies map[string]string) {
	round := sampleRound()
	for i := range round.Mine {
		round.Mine[i].Name = w.ward
		for j := range round.Mine[i].Stops {
			stop := &round.Mine[i].Stops[j]
			stop.PatientName, stop.Phone, stop.Dishes[0].Name = hospital.PatientName(w.name), w.query, hospital.DishName{En: w.reason}
			if stop.BedNumber != "" {
				stop.BedNumber = w.number
			}
		}
	}
	for i := range round.Waiting {
		round.Waiting[i].Name = w.ward
		for j := range round.Waiting[i].Stops {
			round.Waiting[i].Stops[j].Destination, round.Waiting[i].Stops[j].Courier = w.reason, w.username
		}
	}
	for _, r := range withItems(views.RoundRegions(round)) {
		bodies["round "+r.ID] = draw(t, text.En, r.Component)
	}
	page := roundPage()
	page.Viewer.Username = w.username
	bodies["round page"] = draw(t, text.En, views.RoundPage(page, round, &views.Alarm{Code: w.code, Sentence: w.sentence}))
	d := sampleDelivery()
	d.Destination, d.Courier, d.ReceivedBy, d.FailReason, d.MovedFrom = w.reason, w.username, w.name, w.sentence, w.number
	for _, r := range views.DeliveryRegions(d, hospital.MedicalStaff) {
		bodies["delivery "+r.ID] = draw(t, text.En, r.Component)
	}
}

func (w typed) panels(t testing.TB, board hospital.WardBoard, bodies map[string]string) {
	form := refusedAdmission()
	form.Query, form.Problem, form.Key = w.query, w.sentence, w.query
	form.Values = map[string][]string{"patient_name": {w.name}, "reason": {w.reason}, "birth_date": {w.query}}
	form.Errors = map[string]string{"patient_name": w.sentence}
	form.Known = []hospital.Patient{{ID: 1, Name: hospital.PatientName(w.name), Sex: "female"}}
	for _, n := range []int{0, 3, 13, 23} {
		d := detail(board.Beds[n])
		d.Reason = w.reason
		if d.Admission != nil {
			d.Orders = []hospital.Order{w.order().Order}
			form.Offer = bedsideOffer()
			form.Offer.Dishes[1].Name.En, form.Offer.Dishes[1].Hazards[1].DishName.En = w.name, w.name
		}
		for i := range d.Waiting {
			d.Waiting[i].PatientName = hospital.PatientName(w.name)
		}
		for i := range d.FreeBeds {
			d.FreeBeds[i].Number, d.FreeBeds[i].WardName = w.number, w.ward
			d.FreeBeds[i].StatusReason, d.FreeBeds[i].ReservedName = w.reason, hospital.PatientName(w.name)
		}
		bodies[fmt.Sprint("panel ", n)] = draw(t, text.En, views.BedPanel(*viewer(hospital.MedicalStaff), d, form))
	}
	page := views.Page{Title: w.ward, Path: w.query, Viewer: &views.Viewer{Username: w.username, Role: hospital.Admin, Wards: []hospital.Ward{board.Ward}},
		Live: &views.Live{Socket: "/ws/ward/2/", Revisions: board.Revisions}}
	bodies["page"] = draw(t, text.En, views.WardPage(page, board, nil))
	bodies["order"] = draw(t, text.En, views.OrderPage(page, w.order(), form))
	page.Live = nil
	bodies["problem"] = draw(t, text.En, views.ProblemPage(page, 404, w.sentence))
	user := hospital.User{Username: w.username, DisplayName: w.name, Role: hospital.Admin}
	bodies["users"] = draw(t, text.En, views.UsersPage(page, []hospital.User{user}, nil, form))
	bodies["user"] = draw(t, text.En,
		views.UserPageOf(page, user, []hospital.Ward{{Code: "W", Name: w.ward}},
			&views.Slip{URL: w.sentence}, form))
	bodies["account"] = draw(t, text.En, views.AccountPageOf(page, hospital.Account{User: user,
		Sessions: []hospital.OpenSession{{Address: w.name, Agent: w.sentence}}}, true, form))
	bodies["choose password"] = draw(t, text.En,
		views.ChoosePasswordPage(page, hospital.PasswordLink{User: user}, form))
	bodies["join"] = draw(t, text.En,
		views.JoinPage(page, hospital.Invitation{Place: w.ward}, form))
	waiting := detail(hospital.BoardBed{Admission: sampleAdmission(3)})
	waiting.Admission.PatientName, waiting.Reason = hospital.PatientName(w.name), w.reason
	waiting.Placement = hospital.Placement{WantedWard: w.ward}
	waiting.Note = hospital.ShiftNote{Text: w.reason, By: "nurse"}
	bodies["care"] = draw(t, text.En, views.CarePage(page, waiting, []hospital.Ward{board.Ward}, form))
	list := hospital.WaitingList{Patients: sampleMedical().Waiting, Wards: []hospital.Ward{board.Ward},
		At: now}
	bodies["waiting list"] = draw(t, text.En, views.WaitingListPage(page, list, form))
	bodies["waiting"] = draw(t, text.En,
		views.BedChoicePage(page,
			hospital.BedChoice{Admission: hospital.Admission{ID: 1,
				PatientName: hospital.PatientName(w.name)}, FreeBeds: sampleFreeBeds(), At: now}, form))
}

// kitchen is the kitchen's wall.
func (w typed) kitchen(t testing.TB, bodies map[string]string) {
	board := sampleKitchen()
	dish := hospital.DishName{En: w.reason}
	for i := range board.Tickets {
		ticket := &board.Tickets[i]
		ticket.Initials, ticket.Notes, ticket.OverrideReason, ticket.OverriddenBy, ticket.CancelReason = w.name, w.reason, w.sentence, w.username, w.reason
		if ticket.BedNumber != "" {
			ticket.BedNumber, ticket.WardCode = w.number, w.code
		}
		if ticket.Destination != "" {
			ticket.Destination = w.ward
		}
		ticket.HeldFor = []hospital.Hazard{{Kind: hospital.HazardAllergen, DishName: dish, Allergen: "milk"}}
		ticket.Dishes = []hospital.TicketDish{{ID: 1, Name: dish, Station: "hot"}}
	}
	for i := range board.ToCook {
		board.ToCook[i].Name = dish
	}
	wall := views.Wall{View: views.TicketsView, Filter: hospital.KitchenFilter{Ward: w.code}, Wards: []hospital.Ward{{Code: w.code, Name: w.ward}}, Notes: []string{w.query}, Refused: 7, Refusal: w.sentence}
	bodies["kitchen"] = draw(t, text.En, views.KitchenPage(kitchenPage(), board, wall))
	board.Service.Trays, board.Exceptions.Held = board.Tickets, board.Tickets
	board.Service.Wards = []hospital.WardTrays{{Ward: hospital.Ward{Code: w.code, Name: w.ward}}}
	for _, view := range views.KitchenViews {
		wall.View = view
		bodies["kitchen "+string(view)] = draw(t, text.En,
			views.KitchenPage(kitchenPage(), board, wall))
	}
}

// customers are the pages of customers, and everybody's notifications.
func (w typed) customers(t testing.TB, bodies map[string]string) {
	home, inbox, watch, offer := sampleHome(), sampleInbox(), sampleAddress(), sampleOffer()
	zone, dish := hospital.Zone{ID: 1, Name: w.ward, Charge: 500}, hospital.DishName{En: w.reason}
	watch.Label, watch.FullName, watch.Phone, watch.Line1, watch.Line2, watch.City = w.name, w.username, w.number, w.reason, w.ward, w.code
	watch.Instructions, watch.Zone = w.sentence, zone
	home.Admissions[0].PatientName, home.Admissions[0].Place, home.Addresses[0] = hospital.PatientName(w.name), w.ward, watch.Address
	for i := range home.Orders {
		home.Orders[i].For, home.Orders[i].Dishes = w.name, []hospital.Dish{{Name: dish}}
	}
	for i := range inbox.Notifications {
		inbox.Notifications[i].Title, inbox.Notifications[i].Message = w.reason, w.sentence
	}
	home.News = inbox.Notifications
	offer.Admission = home.Admissions[0]
	for i := range offer.Dishes {
		offer.Dishes[i].Name = dish
		for j := range offer.Dishes[i].Hazards {
			offer.Dishes[i].Hazards[j].DishName = dish
		}
	}
	cooked := sampleDishDetail(0)
	cooked.Name = hospital.DishName{En: w.reason, Fr: w.name, Rw: w.sentence}
	cooked.Events[0].By = w.username
	cooked.Events[0].Changes = []hospital.Change{{Field: "name_en", From: w.name, To: w.reason}}
	plan, forecast := samplePlan(), sampleForecast()
	plan.Entries[0].Dishes[0].Name, forecast.Dishes[0].Dish.Name = cooked.Name, cooked.Name
	forecast.Without[0].PatientName = hospital.PatientName(w.name)
	forecast.Without[0].BedNumber, forecast.Without[0].Initials = w.number, w.name
	page := livePage("Customer", hospital.Customer, "/home/", "/ws/home/", home.Revisions)
	form := views.Form{Name: views.FormAddress, Problem: w.sentence, Key: w.query, Values: map[string][]string{"label": {w.name}, "instructions": {w.reason}},
		Errors: map[string]string{"label": w.sentence}}
	for name, c := range map[string]templ.Component{
		"home": views.HomePage(page, home), "notifications": views.NotificationsPage(page, inbox), "menu": views.MenuPage(page, offer, views.Form{Key: w.query}),
		"address": views.AddressPage(page, watch, true, []hospital.Zone{zone}, form),
		"zones":   views.ZonesPage(page, []hospital.Zone{zone}, zone.ID, views.Form{Key: w.query}),
		"dishes":  views.DishesPage(page, []hospital.Dish{cooked.Dish}, nil, views.DishFilter{}),
		"dish":    views.DishPage(page, cooked, true, form),
		"plan": views.MenuPlanPage(page, plan, []hospital.Dish{cooked.Dish},
			views.PlanSlot{Day: 1, Meal: hospital.Lunch}, form),
		"forecast":  views.ForecastPage(page, forecast),
		"matrix":    views.MatrixPage(page, []hospital.Dish{cooked.Dish}, views.DishFilter{}),
		"new dish":  views.NewDishPage(page, cooked.Dish, form),
		"addresses": views.AddressesPage(page, []hospital.Address{watch.Address}, []hospital.Zone{zone}, form),
	} {
		bodies[name] = draw(t, text.En, c)
	}
}

// order is one that is held, with texts wherever it has some.
func (w typed) order() hospital.OrderDetail {
	d := sampleOrder(hospital.OrderHeld, heldFor(sampleHazards()[1]))
	d.Dishes[0].Name.En, d.HeldFor[0].DishName.En, d.Notes, d.Initials = w.name, w.name, w.reason, w.name
	d.OverrideReason, d.OverriddenBy, d.CancelReason = w.reason, w.username, w.sentence
	d.BedNumber, d.WardName = w.number, w.ward
	return d
}

// skeleton is a body's elements and the names of their attributes, without any text or value.
func skeleton(t testing.TB, body string) string {
	var b strings.Builder
	var write func(n *html.Node)
	write = func(n *html.Node) {
		if n.Type == html.ElementNode {
			fmt.Fprintf(&b, "<%s", n.Data)
			for _, a := range n.Attr {
				fmt.Fprintf(&b, " %s", a.Key)
			}
			b.WriteString(">")
		}
		for child := range n.ChildNodes() {
			write(child)
		}
		if n.Type == html.ElementNode {
			b.WriteString("</>")
		}
	}
	for _, root := range parse(t, body) {
		write(root)
	}
	return b.String()
}

func TestNoTextThatPeopleTypeChangesTheStructureOfAnything(t *testing.T) {
	t.Parallel()
	plain := typed{"Uwase", "reason", "Medicine", "MED-A", "MED-A-05", "Uwa", "Give a name.", "clarisse"}
	want := map[string]string{}
	for name, body := range plain.bodies(t) {
		want[name] = skeleton(t, body)
	}
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(what string) string { return "x" + texts().Draw(rt, what) }
		w := typed{draw("name"), draw("reason"), draw("ward"), draw("code"), draw("number"), draw("query"), draw("sentence"), draw("username")}
		for name, body := range w.bodies(t) {
			if got := skeleton(t, body); got != want[name] {
				rt.Fatalf("%s has the structure\n%s\nnot\n%s", name, got, want[name])
			}
		}
	})
}
