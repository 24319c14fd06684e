package demo_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"dusangire/hospital"
)

// kitchen reads the kitchen's wall.
func kitchen(t *testing.T, h *hospital.Hospital) hospital.KitchenBoard {
	t.Helper()
	board, err := h.KitchenBoard(t.Context(), hospital.System)
	if err != nil {
		t.Fatal(err)
	}
	return board
}

// deliveries reads the deliveries as who oversees them.
func deliveries(t *testing.T, h *hospital.Hospital) hospital.DeliveryBoard {
	t.Helper()
	board, err := h.DeliveryBoard(t.Context(), hospital.System)
	if err != nil {
		t.Fatal(err)
	}
	return board
}

func TestTheDemoOpensWithTheKitchenAndTheCouriersAtWork(t *testing.T) {
	t.Parallel()
	const all = 90 // tickets, of every ward
	// In Kigali: the least tickets, and those of the main meal.
	for at, want := range map[string]struct {
		meal  hospital.Meal
		round int // tickets of it, at least
	}{
		"03:10": {hospital.Breakfast, 5},
		"06:20": {hospital.Breakfast, all},
		"07:15": {hospital.Breakfast, 25},
		"12:29": {hospital.Lunch, all},
		"15:00": {hospital.Dinner, 5},
		"18:45": {hospital.Dinner, 25},
		"00:10": {hospital.Breakfast, 5},
	} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			now, err := time.Parse("2006-01-02 15:04 -0700", "2026-11-24 "+at+" +0200")
			if err != nil {
				t.Fatal(err)
			}
			h := open(t, hospital.Options{DatabaseURL: demoAt(t, uint64(now.Hour()), now), Now: func() time.Time { return now }})
			board, runs := kitchen(t, h), deliveries(t, h)
			for status, least := range map[hospital.OrderStatus]int{hospital.OrderPending: 2, hospital.OrderConfirmed: 3, hospital.OrderPreparing: 3,
				hospital.OrderReady: 3, hospital.OrderInTransit: 3, hospital.OrderHeld: 1} {
				if board.Counts[status] < least {
					t.Errorf("%d tickets are %s, want at least %d", board.Counts[status], status, least)
				}
			}
			for status, least := range map[hospital.DeliveryStatus]int{hospital.DeliveryUnassigned: 1, hospital.DeliveryAssigned: 2,
				hospital.DeliveryInTransit: 3, hospital.DeliveryDelivered: 1} {
				if runs.Counts[status] < least {
					t.Errorf("%d deliveries are %s, want at least %d", runs.Counts[status], status, least)
				}
			}
			round := 0
			for _, ticket := range board.Tickets {
				if ticket.Meal == want.meal {
					round++
				}
				checkTicket(t, ticket, now)
			}
			if round < want.round || round > 3*all/2 || want.round < all && round >= all {
				t.Errorf("there are %d tickets for %s, want at least %d", round, want.meal, want.round)
			}
		})
	}
}

// checkTicket fails where a ticket's ages are none that a kitchen has, or it is held for nothing that speaks against it.
func checkTicket(t *testing.T, ticket hospital.Ticket, now time.Time) {
	t.Helper()
	longest := map[hospital.OrderStatus]time.Duration{hospital.OrderPending: 5 * time.Minute, hospital.OrderPreparing: 15 * time.Minute,
		hospital.OrderReady: 15 * time.Minute, hospital.OrderInTransit: 15 * time.Minute, hospital.OrderHeld: 10 * time.Minute}
	age := now.Sub(ticket.StatusSince)
	if most, ok := longest[ticket.Status]; age < 0 || ok && age > most {
		t.Errorf("ticket %d is %s since %v", ticket.OrderID, ticket.Status, age)
	}
	if ticket.PlacedAt.After(ticket.StatusSince) || ticket.Due.Before(now.Add(-90*time.Minute)) {
		t.Errorf("ticket %d was placed at %v, is %s since %v and due at %v", ticket.OrderID, ticket.PlacedAt, ticket.Status, ticket.StatusSince, ticket.Due)
	}
	if (ticket.Status == hospital.OrderHeld) != (len(ticket.HeldFor) > 0) {
		t.Errorf("ticket %d is %s for %v", ticket.OrderID, ticket.Status, ticket.HeldFor)
	}
	if len(ticket.Dishes) == 0 {
		t.Errorf("ticket %d has no dishes", ticket.OrderID)
	}
}

// The one that is held at the opening is held for a real reason, which a nurse learned while it was prepared.
func TestTheDemoOpensWithATicketThatIsHeldForAnAllergy(t *testing.T) {
	t.Parallel()
	var held []hospital.Hazard
	for _, ticket := range kitchen(t, loaded(t, 1, hospital.Options{})).Tickets {
		if ticket.Begun {
			held = append(held, ticket.HeldFor...)
		}
	}
	if !slices.ContainsFunc(held, func(z hospital.Hazard) bool {
		return z.Kind == hospital.HazardAllergen && z.Allergen == "peanuts" && z.DishName.En == "Roasted groundnuts"
	}) {
		t.Errorf("what was begun is held for %+v", held)
	}
}

func TestTheDemosCustomerIsAMotherWithAnOrderAndAddresses(t *testing.T) {
	t.Parallel()
	h := loaded(t, 1, hospital.Options{})
	_, session, err := h.SignIn(t.Context(), string(hospital.Customer), "dusangire", hospital.Client{Address: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	actor := hospital.Actor{UserID: session.User.ID, Username: session.User.Username, Role: session.User.Role}
	home, err := h.CustomerHome(t.Context(), actor)
	if err != nil {
		t.Fatal(err)
	}
	if len(home.Admissions) != 1 || !slices.Equal(home.Admissions[0].Order.Allergies.Allergens, []hospital.Allergen{"peanuts"}) {
		t.Fatalf("she cares for %+v, want a child that must not have groundnuts", home.Admissions)
	}
	if place := home.Admissions[0].Place; place[:len("Paediatrics")] != "Paediatrics" {
		t.Errorf("her child lies in %s", place)
	}
	charges := map[string]int{}
	for _, address := range home.Addresses {
		charges[address.Label] = address.Zone.Charge
	}
	if want := map[string]int{"Shelter": 500, "Home": 2000}; !maps.Equal(charges, want) {
		t.Errorf("her addresses cost %v, want %v", charges, want)
	}
	open := map[string]bool{}
	for _, o := range home.Orders {
		open[o.For] = open[o.For] || !o.Status.Ended()
	}
	if !open[string(home.Admissions[0].PatientName)] || !open["Shelter"] {
		t.Errorf("she follows the orders %+v, want one for her child and one for herself", home.Orders)
	}
	offered, err := h.MenuFor(t.Context(), actor, home.Admissions[0].AdmissionID, hospital.Snack)
	if err != nil {
		t.Fatal(err)
	}
	for _, dish := range offered {
		if dish.Name.En == "Roasted groundnuts" && len(dish.Hazards) == 0 {
			t.Error("she is offered groundnuts for her child")
		}
	}
}

// Nobody can sign in as the simulated couriers and customers, so that no password of theirs is published.
func TestOnlyTheDemoLoginsAreMarkedAsSuch(t *testing.T) {
	t.Parallel()
	h := loaded(t, 1, hospital.Options{})
	users, err := h.Users(t.Context(), hospital.System)
	if err != nil {
		t.Fatal(err)
	}
	simulated := 0
	for _, user := range users {
		if user.Demo {
			continue
		}
		simulated++
		if _, _, err := h.SignIn(t.Context(), user.Username, "dusangire", hospital.Client{Address: "127.0.0.1"}); err == nil {
			t.Errorf("%s can sign in with the published password", user.Username)
		}
		if user.Role != hospital.DeliveryStaff && user.Role != hospital.Customer {
			t.Errorf("%s is %s, and nobody of that role needs a login", user.Username, user.Role)
		}
	}
	if simulated == 0 {
		t.Error("there are no simulated couriers")
	}
}
