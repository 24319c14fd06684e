package hospital_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

// kitchen reads the kitchen's wall.
func (s *service) kitchen(t testing.TB) hospital.KitchenBoard {
	t.Helper()
	board, err := s.KitchenBoard(t.Context(), hospital.System)
	if err != nil {
		t.Fatal(err)
	}
	return board
}

func TestATicketShowsWhatTheKitchenNeedsAndNotWhoThePatientIs(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		soft := hospital.Texture(6)
		bed := s.bed(t, "A-05").ID
		a, _, err := s.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Xanthippe Quagmire", BedID: bed, Reason: "zoonosis", Diet: hospital.DietRenal,
			Texture: &soft, Allergies: hospital.Allergies{Allergens: []hospital.Allergen{"milk", "nuts"}, Severe: []hospital.Allergen{"nuts"}}})
		if err != nil {
			t.Fatal(err)
		}
		tea := s.add(t, "Tea", func(d *hospital.Dish) { d.Allergens, d.Station = []hospital.Allergen{"milk"}, "cold" })
		o, _, err := s.PlaceOrder(t.Context(), nurse, hospital.PlaceOrderCommand{AdmissionID: a.ID, Meal: hospital.Lunch, Dishes: []int64{tea.ID, s.dish.ID},
			Notes: "small portion", OverrideReason: "Tolerates boiled milk"})
		if err != nil {
			t.Fatal(err)
		}
		s.diet(t, a, fasting(morning, time.Time{}))
		board := s.kitchen(t)
		want := []hospital.Ticket{{OrderID: o.ID, Status: hospital.OrderHeld, StatusSince: morning, PlacedAt: morning, Due: o.Due, Meal: hospital.Lunch, ServiceDate: o.ServiceDate,
			WardCode: "A", BedNumber: "A-05", Initials: "X. Q.", Diet: hospital.DietRenal, Texture: 6,
			Allergies:  hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"milk", "nuts"}, Severe: []hospital.Allergen{"nuts"}},
			Isolation:  hospital.NoIsolation,
			NilByMouth: true, Dishes: []hospital.TicketDish{{ID: tea.ID, Name: tea.Name, Station: "cold", Diets: tea.Diets}, {ID: s.dish.ID, Name: s.dish.Name, Station: "hot", Diets: s.dish.Diets}},
			Parts: hospital.Parts{{Station: "hot"}, {Station: "cold"}},
			Notes: "small portion", OverrideReason: "Tolerates boiled milk", OverriddenBy: "nurse",
			HeldFor: []hospital.Hazard{{Kind: hospital.HazardNilByMouth}}, Version: 2}}
		if !reflect.DeepEqual(board.Tickets, want) {
			t.Errorf("got  %+v\nwant %+v", board.Tickets, want)
		}
		told, err := s.Inbox(t.Context(), cook)
		if err != nil {
			t.Fatal(err)
		}
		for _, shown := range []any{board, told} {
			text, err := json.Marshal(shown)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"xanthippe", "quagmire", "zoonosis"} {
				if strings.Contains(strings.ToLower(string(text)), secret) {
					t.Errorf("the kitchen is shown %s", text)
				}
			}
		}
	})
}

func TestATicketForAnAddressShowsItsZone(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.parcel(t)
		tickets := s.kitchen(t).Tickets
		if len(tickets) != 1 || tickets[0].Destination != "Shelter" || tickets[0].BedNumber != "" || tickets[0].Initials != "" || tickets[0].Texture != hospital.RegularTexture {
			t.Errorf("the wall shows %+v", tickets)
		}
	})
}

func TestTheWallShowsOpenTicketsByWhenTheyAreDueAndWhatHasJustEnded(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		dinner, lunch := s.orderFor(t, nurse, a, hospital.Dinner), s.orderFor(t, nurse, a, hospital.Lunch)
		var ended []hospital.Order
		for _, status := range endedStatuses {
			ended = append(ended, s.bringTo(t, a, status))
		}
		shown := func(want ...hospital.Order) {
			t.Helper()
			var got, ids []int64
			board := s.kitchen(t)
			for _, ticket := range board.Tickets {
				got = append(got, ticket.OrderID)
			}
			counts := map[hospital.OrderStatus]int{}
			for _, status := range hospital.OrderStatuses {
				counts[status] = 0
			}
			for _, o := range want {
				ids = append(ids, o.ID)
				counts[s.order(t, o.ID).Status]++
			}
			if !slices.Equal(got, ids) || !reflect.DeepEqual(board.Counts, counts) {
				t.Errorf("the wall shows %v and counts %v, want %v and %v", got, board.Counts, ids, counts)
			}
		}
		shown(ended[0], ended[1], ended[2], lunch, dinner) // a snack at 10:00 in UTC, lunch at 10:30
		s.clock.pass(hospital.EndedTicketsShow - time.Millisecond)
		shown(ended[0], ended[1], ended[2], lunch, dinner)
		s.clock.pass(time.Millisecond)
		shown(lunch, dinner)
	})
}

func TestTheWallCountsWhatIsStillToBeCooked(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		tea := s.add(t, "Tea", func(d *hospital.Dish) { d.Station = "cold" })
		beans := s.add(t, "Beans", nil)
		for _, status := range openStatuses[:5] {
			s.bringTo(t, a, status) // rice
		}
		for _, dishes := range [][]hospital.Dish{{tea, s.dish, tea}, {beans}} {
			s.confirm(t, must[hospital.Order](t)(s.place(t, a, "", dishes...)))
		}
		var got []string
		for _, dish := range s.kitchen(t).ToCook {
			got = append(got, fmt.Sprintf("%s %s %d", dish.Station, dish.Name.En, dish.Count))
		}
		if want := []string{"hot Beans 1", "hot Rice 3", "cold Tea 2"}; !slices.Equal(got, want) {
			t.Errorf("to cook are %v, want %v", got, want)
		}
	})
}

func TestATicketSaysSinceWhenItsPatientLiesElsewhere(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, waiting := s.patient(t, "Uwase Marie", "A-01"), s.patient(t, "Mugisha Jean", "")
		s.orderFor(t, nurse, a, hospital.Lunch)
		s.clock.pass(time.Minute)
		moved := func(number string) time.Time {
			t.Helper()
			for _, ticket := range s.kitchen(t).Tickets {
				if ticket.BedNumber == number {
					return ticket.MovedAt
				}
			}
			t.Fatalf("no ticket is for %q", number)
			return time.Time{}
		}
		if at := moved("A-01"); !at.IsZero() {
			t.Errorf("who lies where they lay when the order was placed has moved at %v", at)
		}
		must[hospital.Admission](t)(s.Transfer(t.Context(), nurse, a.ID, hospital.TransferCommand{BedID: s.bed(t, "A-02").ID}))
		if at, now := moved("A-02"), s.clock.Now(); !at.Equal(now) {
			t.Errorf("moved at %v, want %v", at, now)
		}
		s.orderFor(t, nurse, waiting, hospital.Lunch)
		if at := moved(""); !at.IsZero() {
			t.Errorf("who waits for a bed has moved at %v", at)
		}
		s.clock.pass(time.Minute)
		s.orderFor(t, nurse, s.patient(t, "Keza Alice", "A-03"), hospital.Lunch)
		if at := moved("A-03"); !at.IsZero() {
			t.Errorf("an order that was placed after the move has moved at %v", at)
		}
	})
}

func TestATicketIsSoonAndThenLate(t *testing.T) {
	ticket := hospital.Ticket{Due: morning}
	for left, want := range map[time.Duration]hospital.Urgency{
		24 * time.Hour: "on_time", hospital.SoonDue + time.Millisecond: "on_time", hospital.SoonDue: "soon", 0: "soon", -time.Millisecond: "late", -24 * time.Hour: "late",
	} {
		if got := ticket.Urgency(morning.Add(-left)); got != want {
			t.Errorf("%v before it is due a ticket is %s, want %s", left, got, want)
		}
	}
}

func TestAFilteredWallShowsWhatItIsForAndWhatNobodyClaims(t *testing.T) {
	dish := func(id int64, station hospital.Station) hospital.TicketDish {
		return hospital.TicketDish{ID: id, Name: hospital.DishName{En: fmt.Sprint("Dish ", id)}, Station: station}
	}
	ticket := func(id int64, ward string, meal hospital.Meal, dishes ...hospital.TicketDish) hospital.Ticket {
		return hospital.Ticket{OrderID: id, Status: hospital.OrderConfirmed, WardCode: ward, Meal: meal, Dishes: dishes}
	}
	hot, cold, unrouted := dish(1, "hot"), dish(2, "cold"), dish(3, hospital.Unrouted)
	board := hospital.KitchenBoard{Tickets: []hospital.Ticket{
		ticket(1, "A", hospital.Lunch, hot, cold), ticket(2, "A", hospital.Snack, cold), ticket(3, "B", hospital.Lunch, hot), ticket(4, "B", hospital.Lunch, unrouted),
		ticket(5, "", hospital.Lunch, hot),
	}}
	for _, c := range []struct {
		filter  hospital.KitchenFilter
		tickets []int64
		cook    string
	}{
		{hospital.KitchenFilter{}, []int64{1, 2, 3, 4, 5}, "Dish 1 3, Dish 2 2, Dish 3 1"},
		{hospital.KitchenFilter{Ward: "A"}, []int64{1, 2, 5}, "Dish 1 2, Dish 2 2"},
		{hospital.KitchenFilter{Station: "hot"}, []int64{1, 3, 4, 5}, "Dish 1 3, Dish 3 1"},
		{hospital.KitchenFilter{Station: "cold"}, []int64{1, 2, 4}, "Dish 2 2, Dish 3 1"},
		{hospital.KitchenFilter{Station: "porridge"}, []int64{4}, "Dish 3 1"},
		{hospital.KitchenFilter{Station: hospital.Unrouted}, []int64{4}, "Dish 3 1"},
		{hospital.KitchenFilter{Meal: hospital.Snack}, []int64{2}, "Dish 2 1"},
		{hospital.KitchenFilter{Ward: "B", Station: "hot", Meal: hospital.Lunch}, []int64{3, 4, 5}, "Dish 1 2, Dish 3 1"},
		{hospital.KitchenFilter{Meal: hospital.Dinner}, nil, ""},
	} {
		shown := board.Filtered(c.filter)
		var tickets []int64
		for _, one := range shown.Tickets {
			tickets = append(tickets, one.OrderID)
		}
		var cook []string
		for _, count := range shown.ToCook {
			cook = append(cook, fmt.Sprint(count.Name.En, " ", count.Count))
		}
		if !slices.Equal(tickets, c.tickets) || strings.Join(cook, ", ") != c.cook || shown.Counts[hospital.OrderConfirmed] != len(c.tickets) {
			t.Errorf("%+v shows %v, of which %d are confirmed, and to cook %q; want %v and %q", c.filter, tickets, shown.Counts[hospital.OrderConfirmed],
				strings.Join(cook, ", "), c.tickets, c.cook)
		}
	}
	if len(board.Tickets) != 5 || board.Tickets[1].OrderID != 2 {
		t.Error("filtering changed the board")
	}
}

func TestTheWallAgreesWithTheDashboardsAndTheirRevisions(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.tray(t, "A-01")
		board := s.kitchen(t)
		d, err := s.ManagementDashboard(t.Context(), hospital.System)
		if err != nil {
			t.Fatal(err)
		}
		if board.Metrics != d.Metrics {
			t.Errorf("the wall says %+v, the dashboard %+v", board.Metrics, d.Metrics)
		}
		at, err := s.Revisions(t.Context(), []hospital.Topic{hospital.KitchenTopic, hospital.MetricsTopic})
		if err != nil || !reflect.DeepEqual(board.Revisions, at) {
			t.Errorf("the wall is of %+v, the topics stand at %+v (error %v)", board.Revisions, at, err)
		}
	})
}
