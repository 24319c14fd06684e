package demo_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/demo"
)

// pace is that of the demo.
const pace = 4 * time.Second

// at is a moment of the day of the tests in Kigali.
func at(hour, minute int) time.Time {
	return time.Date(2026, time.November, 24, hour-2, minute, 0, 0, time.UTC)
}

// opened opens the demo at a moment, with a clock that moves from there.
func opened(t *testing.T, moment time.Time) (*hospital.Hospital, *clock) {
	t.Helper()
	now := newClock(moment)
	return open(t, hospital.Options{DatabaseURL: demoAt(t, 1, moment), Now: now.read}), now
}

// serve lets cooks and couriers work for a while, until done says so before.
func serve(t *testing.T, staff *demo.Staff, now *clock, while time.Duration, done func() bool) {
	t.Helper()
	for end := now.read().Add(while); now.read().Before(end) && !done(); now.move(pace) {
		for _, work := range []func(context.Context) error{staff.Cook, staff.Carry} {
			if err := work(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// never is for those who work all the time.
func never() bool { return false }

// login signs a demo login in and returns it as the actor of commands.
func login(t *testing.T, h *hospital.Hospital, role hospital.Role) hospital.Actor {
	t.Helper()
	_, session, err := h.SignIn(t.Context(), string(role), "dusangire", hospital.Client{Address: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	return hospital.Actor{UserID: session.User.ID, Username: session.User.Username, Role: role}
}

// ticket finds a ticket on the wall.
func ticket(t *testing.T, h *hospital.Hospital, fits func(hospital.Ticket) bool) hospital.Ticket {
	t.Helper()
	tickets := kitchen(t, h).Tickets
	i := slices.IndexFunc(tickets, fits)
	if i < 0 {
		t.Fatalf("there is no such ticket among %d", len(tickets))
	}
	return tickets[i]
}

func TestCooksAndCouriersBringAMealToAllWhoWaitForIt(t *testing.T) {
	t.Parallel()
	h, now := opened(t, at(12, 31)) // four wards have not eaten
	staff := demo.NewStaff(h, 1, pace, quiet)
	waiting := map[int64]bool{}
	for _, ticket := range kitchen(t, h).Tickets {
		if ticket.Meal == hospital.Lunch {
			waiting[ticket.OrderID] = true
		}
	}
	if len(waiting) < 25 {
		t.Fatalf("%d wait for lunch, too few to prove anything", len(waiting))
	}
	ends := map[hospital.OrderStatus]int{}
	serve(t, staff, now, 75*time.Minute, func() bool {
		board := kitchen(t, h)
		if n := board.Counts[hospital.OrderPreparing]; n > 20 {
			t.Fatalf("%d are prepared at once", n)
		}
		for _, ticket := range board.Tickets {
			if waiting[ticket.OrderID] && ticket.Status.Ended() {
				delete(waiting, ticket.OrderID)
				ends[ticket.Status]++
			}
		}
		return len(waiting) == 0
	})
	if len(waiting) > 0 || ends[hospital.OrderDelivered] < 20 || ends[hospital.OrderCancelled] > 2 {
		t.Errorf("%d still wait for lunch; the others' orders ended as %v", len(waiting), ends)
	}
	if runs := deliveries(t, h); runs.Counts[hospital.DeliveryInTransit] > 3*6 {
		t.Errorf("three couriers have %d trays on their way", runs.Counts[hospital.DeliveryInTransit])
	}
}

func TestTheKitchenIsNeverWithoutWork(t *testing.T) {
	t.Parallel()
	h, now := opened(t, at(3, 0))
	staff := demo.NewStaff(h, 2, pace, quiet)
	for range 6 {
		serve(t, staff, now, 5*time.Minute, never)
		counts, open := kitchen(t, h).Counts, 0
		for status, n := range counts {
			if !status.Ended() {
				open += n
			}
		}
		if open < 8 || open > 50 {
			t.Errorf("at %v there are %d open tickets: %v", now.read(), open, counts)
		}
	}
	if delivered := deliveries(t, h).Counts[hospital.DeliveryDelivered]; delivered < 15 {
		t.Errorf("in half an hour of the night %d trays were delivered", delivered)
	}
}

func TestCooksLeaveATicketAloneThatAPersonJustChanged(t *testing.T) {
	t.Parallel()
	h, now := opened(t, at(3, 0))
	staff := demo.NewStaff(h, 1, pace, quiet)
	person := login(t, h, hospital.KitchenStaff)
	theirs := ticket(t, h, func(t hospital.Ticket) bool { return t.Status == hospital.OrderPending })
	if _, err := h.ConfirmOrder(t.Context(), person, theirs.OrderID, hospital.OrderCommand{}); err != nil {
		t.Fatal(err)
	}
	status := func() hospital.OrderStatus {
		return ticket(t, h, func(t hospital.Ticket) bool { return t.OrderID == theirs.OrderID }).Status
	}
	serve(t, staff, now, 2*time.Minute-pace, never)
	if got := status(); got != hospital.OrderConfirmed {
		t.Errorf("within two minutes of a person's confirming it the ticket is %s", got)
	}
	serve(t, staff, now, 10*time.Minute, func() bool { return status() != hospital.OrderConfirmed })
	if got := status(); got != hospital.OrderPreparing {
		t.Errorf("later the ticket is %s, want it taken up by a colleague", got)
	}
}

func TestANewOrderWaitsAWhileForAPersonToConfirmIt(t *testing.T) {
	t.Parallel()
	h, now := opened(t, at(3, 0))
	staff := demo.NewStaff(h, 1, pace, quiet)
	mother := login(t, h, hospital.Customer)
	home, err := h.CustomerHome(t.Context(), mother)
	if err != nil {
		t.Fatal(err)
	}
	water := slices.IndexFunc(dishes(t, h), func(d hospital.Dish) bool { return d.Name.En == "Water" })
	o, _, err := h.PlaceOrder(t.Context(), mother, hospital.PlaceOrderCommand{AddressID: home.Addresses[0].ID, Meal: hospital.Snack, Dishes: []int64{dishes(t, h)[water].ID}})
	if err != nil {
		t.Fatal(err)
	}
	status := func() hospital.OrderStatus {
		t.Helper()
		o, err := h.Order(t.Context(), mother, o.ID)
		if err != nil {
			t.Fatal(err)
		}
		return o.Status
	}
	serve(t, staff, now, 40*time.Second, never)
	if got := status(); got != hospital.OrderPending {
		t.Errorf("within 40 seconds the order is %s", got)
	}
	// And then it goes all the way to her door, where she says the code.
	serve(t, staff, now, 40*time.Minute, func() bool { return status() == hospital.OrderDelivered })
	if got := status(); got != hospital.OrderDelivered && got != hospital.OrderUndelivered {
		t.Errorf("in 40 minutes the order came no farther than %s", got)
	}
}

func TestCouriersLeaveToPeopleWhatTheyHaveClaimed(t *testing.T) {
	t.Parallel()
	h, now := opened(t, at(3, 0))
	staff := demo.NewStaff(h, 1, pace, quiet)
	person := login(t, h, hospital.DeliveryStaff)
	board, err := h.DeliveryBoard(t.Context(), person)
	if err != nil {
		t.Fatal(err)
	}
	tray := board.Waiting[0].Stops[0]
	claimed, err := h.ClaimDelivery(t.Context(), person, tray.ID, hospital.CourierCommand{})
	if err != nil {
		t.Fatal(err)
	}
	serve(t, staff, now, 6*time.Minute, never)
	watch, err := h.Delivery(t.Context(), person, tray.ID)
	if err != nil || watch.Version != claimed.Version {
		t.Errorf("a person's delivery was changed to %+v (error %v)", watch.Delivery, err)
	}
}

// A server that was off for a while finds tickets that nobody eats any more, and trays of patients who have left.
func TestCooksKeepTheWallInOrder(t *testing.T) {
	t.Parallel()
	h, now := opened(t, at(3, 0))
	staff := demo.NewStaff(h, 1, pace, quiet)
	nurse := login(t, h, hospital.MedicalStaff)
	begun := ticket(t, h, func(t hospital.Ticket) bool { return t.Status == hospital.OrderPreparing && t.BedNumber != "" })
	o, err := h.Order(t.Context(), nurse, begun.OrderID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Discharge(t.Context(), nurse, o.AdmissionID, hospital.DischargeCommand{Outcome: hospital.Improved}); err != nil {
		t.Fatal(err)
	}
	serve(t, staff, now, 4*time.Minute, never)
	if got, err := h.Order(t.Context(), nurse, o.ID); err != nil || got.Status != hospital.OrderCancelled || got.CancelReason == "" {
		t.Errorf("the tray of a patient who has left is %s for %q (error %v)", got.Status, got.CancelReason, err)
	}

	now.move(10 * time.Hour)
	serve(t, staff, now, 10*time.Minute, never)
	for _, ticket := range kitchen(t, h).Tickets {
		if !ticket.Status.Ended() && ticket.Due.Before(now.read().Add(-150*time.Minute)) {
			t.Errorf("a ticket that was due at %v is still %s", ticket.Due, ticket.Status)
		}
	}
}
