package views_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// The dishes of the sample kitchen, of each station one.
var (
	beans = hospital.TicketDish{ID: 1, Name: hospital.DishName{En: "Beans", Fr: "Haricots", Rw: "Ibishyimbo"}, Station: "hot"}
	fruit = hospital.TicketDish{ID: 2, Name: hospital.DishName{En: "Bananas", Fr: "Bananes", Rw: "Imineke"}, Station: "cold"}
	soup  = hospital.TicketDish{ID: 3, Name: hospital.DishName{En: "Soup", Fr: "Soupe", Rw: "Isupu"}, Station: "special"}
	juice = hospital.TicketDish{ID: 4, Name: hospital.DishName{En: "Juice", Fr: "Jus", Rw: "Umutobe"}, Station: hospital.Unrouted}
)

// sampleTicket is a ticket of which nothing unusual is known, changed by each of the changes.
func sampleTicket(id int64, status hospital.OrderStatus, changes ...func(*hospital.Ticket)) hospital.Ticket {
	t := hospital.Ticket{OrderID: id, Status: status, StatusSince: now.Add(-5 * time.Minute), PlacedAt: now.Add(-2 * time.Hour), Due: now.Add(45 * time.Minute),
		Meal: hospital.Lunch, WardCode: "MED-A", BedNumber: fmt.Sprintf("MED-A-%02d", id), Initials: "U. M. C.", Diet: hospital.DietGeneral, Texture: hospital.RegularTexture,
		Allergies: hospital.Allergies{Known: true}, Dishes: []hospital.TicketDish{beans, fruit}, Version: 3}
	for _, change := range changes {
		change(&t)
	}
	return t
}

func allergicTicket(t *hospital.Ticket) {
	t.Diet, t.Texture = hospital.DietRenal, 4
	t.Allergies = hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"fish", "milk", "peanuts"}, Severe: []hospital.Allergen{"peanuts"}}
	t.Dishes = []hospital.TicketDish{beans, beans, soup}
}

func notedTicket(t *hospital.Ticket) {
	t.Notes, t.OverrideReason, t.OverriddenBy = "No salt at the table", "Tolerates boiled milk since childhood", "dr.keza"
	t.Late, t.MovedAt, t.Due = true, now.Add(-30*time.Minute), now.Add(-12*time.Minute)
}

func heldTicket(t *hospital.Ticket) {
	t.NilByMouth, t.Due = true, now.Add(10*time.Minute)
	t.HeldFor = []hospital.Hazard{{Kind: hospital.HazardNilByMouth}, {Kind: hospital.HazardAllergen, DishID: 1, DishName: beans.Name, Allergen: "soya", Severe: true}}
}

func unaskedTicket(t *hospital.Ticket) { t.Allergies = hospital.Allergies{} }
func bedlessTicket(t *hospital.Ticket) { t.BedNumber, t.WardCode = "", "" }
func clearTicket(t *hospital.Ticket)   { t.HeldFor = nil }
func parcelTicket(t *hospital.Ticket) {
	t.BedNumber, t.WardCode, t.Initials, t.Destination, t.Diet, t.Allergies = "", "", "", "Shelter", "", hospital.Allergies{}
	t.Dishes = []hospital.TicketDish{beans, juice}
}

func stoppedTicket(why string) func(*hospital.Ticket) {
	return func(t *hospital.Ticket) { t.Stopped = why }
}

func cancelledTicket(why string) func(*hospital.Ticket) {
	return func(t *hospital.Ticket) { t.CancelReason = why }
}

// sampleKitchen is a wall with a ticket of each kind in each lane.
func sampleKitchen() hospital.KitchenBoard {
	b := hospital.KitchenBoard{Metrics: sampleMetrics(), At: now, Revisions: revisions(hospital.KitchenTopic, 21), Tickets: []hospital.Ticket{
		sampleTicket(1, hospital.OrderHeld, heldTicket), sampleTicket(2, hospital.OrderHeld, clearTicket),
		sampleTicket(3, hospital.OrderHeld, stoppedTicket(hospital.StoppedDischarged), bedlessTicket),
		sampleTicket(4, hospital.OrderPending), sampleTicket(5, hospital.OrderPending, unaskedTicket), sampleTicket(6, hospital.OrderPending, parcelTicket),
		sampleTicket(7, hospital.OrderConfirmed, allergicTicket), sampleTicket(8, hospital.OrderConfirmed, bedlessTicket),
		sampleTicket(9, hospital.OrderPreparing, allergicTicket, notedTicket), sampleTicket(10, hospital.OrderReady),
		sampleTicket(11, hospital.OrderInTransit), sampleTicket(12, hospital.OrderInTransit, stoppedTicket(hospital.StoppedHazard)),
		sampleTicket(13, hospital.OrderCancelled, cancelledTicket("Spilled")), sampleTicket(14, hospital.OrderCancelled, cancelledTicket(hospital.StoppedDischarged)),
		sampleTicket(15, hospital.OrderUndelivered), sampleTicket(16, hospital.OrderDelivered),
	}}
	return b.Filtered(hospital.KitchenFilter{}) // which counts
}

func kitchenPage() views.Page {
	p := livePage("Kitchen", hospital.KitchenStaff, "/dashboard/kitchen/", "/ws/dashboard/kitchen/", sampleKitchen().Revisions)
	return p
}

func sampleWall() views.Wall { return views.Wall{View: views.TicketsView, Wards: sampleWards()} }

// drawTicket is a ticket as a wall with this filter shows it.
func drawTicket(t testing.TB, ticket hospital.Ticket, f hospital.KitchenFilter) string {
	t.Helper()
	board := hospital.KitchenBoard{Tickets: []hospital.Ticket{ticket}, At: now}
	for _, r := range withItems(views.KitchenRegions(board, views.Wall{View: views.TicketsView, Filter: f})) {
		if r.ID == views.TicketID(ticket.OrderID) {
			return draw(t, text.En, r.Component)
		}
	}
	t.Fatalf("ticket %d stands on no wall", ticket.OrderID)
	return ""
}

func TestATicketSaysWhatMustNotGoWrongInWords(t *testing.T) {
	for _, c := range []struct {
		what   string
		ticket hospital.Ticket
		says   []string
		hides  []string
	}{
		{"nothing unusual", sampleTicket(4, hospital.OrderPending), []string{"U. M. C.", "General", "IDDSI 7 regular", "15:17", "On time", "Hot kitchen", "Beans", "Lunch 4"},
			[]string{"llerg", "Late", "<strong"}},
		{"allergies", sampleTicket(7, hospital.OrderConfirmed, allergicTicket), []string{`<strong class="severe">Severe allergy: peanuts`, `<strong class="warn">Allergy: fish, milk`,
			`<strong class="texture">IDDSI 4 puréed`, "Renal", "2 × Beans"}, []string{"IDDSI 7"}},
		{"never asked", sampleTicket(5, hospital.OrderPending, unaskedTicket), []string{`<strong class="ask">Allergies not asked`}, nil},
		{"an address", sampleTicket(6, hospital.OrderPending, parcelTicket), []string{"Shelter", "No station", "Juice"}, []string{"llerg", "IDDSI", "No bed"}},
		{"no bed", sampleTicket(8, hospital.OrderConfirmed, bedlessTicket), []string{"No bed"}, nil},
		{"held", sampleTicket(1, hospital.OrderHeld, heldTicket), []string{"Held: the patient is nil by mouth; Beans contains soya (severe allergy)", `<strong class="stop">Nil by mouth`, "Soon"}, nil},
		{"clear again", sampleTicket(2, hospital.OrderHeld, clearTicket), []string{"nothing speaks against it any more"}, []string{"Held:"}},
		{"the patient has left", sampleTicket(3, hospital.OrderHeld, stoppedTicket(hospital.StoppedDischarged)), []string{"The patient has left"}, nil},
		{"stopped on its way", sampleTicket(12, hospital.OrderInTransit, stoppedTicket(hospital.StoppedHazard)), []string{"comes back: must not be given"}, []string{"<em>"}},
		{"words", sampleTicket(9, hospital.OrderPreparing, notedTicket), []string{"No salt at the table", "Override by dr.keza: Tolerates boiled milk", "Ordered late", "New bed since 14:02", "<em>Late</em>"}, nil},
		{"cancelled", sampleTicket(13, hospital.OrderCancelled, cancelledTicket("Spilled")), []string{"Cancelled: Spilled"}, []string{"<button"}},
		{"cancelled by a discharge", sampleTicket(14, hospital.OrderCancelled, cancelledTicket(hospital.StoppedDischarged)), []string{"Cancelled: The patient has left"}, nil},
		{"not delivered", sampleTicket(15, hospital.OrderUndelivered), []string{"Not delivered"}, nil},
		{"due tomorrow", sampleTicket(4, hospital.OrderPending, func(t *hospital.Ticket) { t.Due = t.Due.AddDate(0, 0, 1) }), []string{"4 Feb 15:17"}, nil},
	} {
		got := drawTicket(t, c.ticket, hospital.KitchenFilter{})
		for _, words := range c.says {
			if !strings.Contains(got, words) {
				t.Errorf("%s: the ticket does not say %q:\n%s", c.what, words, got)
			}
		}
		for _, words := range c.hides {
			if strings.Contains(got, words) {
				t.Errorf("%s: the ticket says %q:\n%s", c.what, words, got)
			}
		}
	}
}

func TestATicketOffersTheStepsOfItsState(t *testing.T) {
	for status, want := range map[hospital.OrderStatus]string{
		hospital.OrderHeld: "confirm", hospital.OrderPending: "confirm", hospital.OrderConfirmed: "recall start", hospital.OrderPreparing: "recall ready", hospital.OrderReady: "recall",
	} {
		var steps []string
		walk(parse(t, drawTicket(t, sampleTicket(9, status), hospital.KitchenFilter{})), func(n *html.Node) {
			if n.Data != "button" {
				return
			}
			path := attribute(n, "formaction")
			if path != attribute(n, "hx-post") || attribute(n, "name") != "version" || attribute(n, "value") != "3" {
				t.Errorf("%s: a button goes to %s and %s with %s %s", status, path, attribute(n, "hx-post"), attribute(n, "name"), attribute(n, "value"))
			}
			steps = append(steps, strings.TrimPrefix(path, "/orders/9/"))
		})
		if got := strings.Join(steps, " "); got != want {
			t.Errorf("a %s ticket offers %q, want %q", status, got, want)
		}
		for _, step := range steps {
			if to := map[string]hospital.OrderStatus{"confirm": "confirmed", "start": "preparing", "ready": "ready"}[step]; to != "" && !slices.Contains(hospital.NextOrderStatuses(status), to) {
				t.Errorf("a %s ticket offers %s, which the hospital refuses", status, step)
			}
		}
	}
}

func TestAWallAtAStationSetsApartWhatOthersMake(t *testing.T) {
	got := drawTicket(t, sampleTicket(4, hospital.OrderPending), hospital.KitchenFilter{Station: "cold"})
	if cold, hot := strings.Index(got, "<dl><dt>Cold kitchen"), strings.Index(got, `<dl class="other"><dt>Hot kitchen`); cold < 0 || hot < cold {
		t.Errorf("the station's own dishes should come first, the others after them:\n%s", got)
	}
	if got := drawTicket(t, sampleTicket(6, hospital.OrderPending, parcelTicket), hospital.KitchenFilter{Station: "cold"}); !strings.Contains(got, `<dl class="unrouted"><dt>No station`) {
		t.Errorf("what no station claims is everyone's:\n%s", got)
	}
}

func TestARefusalThatHasNoTicketStandsAboveTheBoard(t *testing.T) {
	wall := sampleWall()
	wall.Refused, wall.Refusal = 16, "Order 16 is delivered." // which is not on the wall
	if got := draw(t, text.En, views.KitchenPage(kitchenPage(), sampleKitchen(), wall)); !strings.Contains(got, `<p class="alert" role="alert">Order 16 is delivered.</p>`) {
		t.Error("the refusal is not told")
	}
}
