package hospital_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

// tickets prints the tickets of lunch.
func (s *service) tickets(t testing.TB,
	selection hospital.TrayTicketSelection) hospital.TrayTickets {
	t.Helper()
	selection.Meal = hospital.Lunch
	return must[hospital.TrayTickets](t)(s.PrintTrayTickets(t.Context(), cook, selection))
}

// ticketWords are the beds of tickets, each with how it was printed before.
func ticketWords(tickets []hospital.TrayTicket) string {
	var words []string
	for _, ticket := range tickets {
		how := "new"
		switch {
		case ticket.Reprint() && ticket.Changed():
			how = "changed"
		case ticket.Reprint():
			how = "again"
		}
		words = append(words, ticket.BedNumber+" "+how)
	}
	return strings.Join(words, ", ")
}

func TestOnlyTicketsThatSaySomethingNewArePrintedAgain(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) { // 11:00 in Kigali
		changed := hospital.TrayTicketSelection{Changed: true}
		var stays []hospital.Admission
		var orders []hospital.Order
		for _, bed := range []string{"A-05", "A-02", "B-01"} {
			stays = append(stays, s.patient(t, hospital.PatientName("Of "+bed), bed))
			orders = append(orders, s.orderFor(t, nurse, stays[len(stays)-1], hospital.Lunch))
		}
		s.orderFor(t, nurse, stays[0], hospital.Dinner)

		for _, want := range []struct {
			when   string
			happen func()
			pick   hospital.TrayTicketSelection
			prints string
			off    string
		}{
			{when: "first", pick: changed, prints: "A-02 new, A-05 new, B-01 new"},
			{when: "when nothing has changed", pick: changed},
			{when: "when all are wanted", prints: "A-02 again, A-05 again, B-01 again"},
			{when: "for one ward", pick: hospital.TrayTicketSelection{WardID: s.b.ID},
				prints: "B-01 again"},
			{when: "when a cook goes on", pick: changed, happen: func() { s.confirm(t, orders[0]) }},
			{when: "after a new texture", pick: changed, prints: "A-02 changed", happen: func() {
				s.diet(t, stays[1], hospital.DietCommand{Texture: new(hospital.Texture(4))})
			}},
			{when: "after a move", pick: changed, prints: "A-06 changed",
				happen: func() { s.transfer(t, stays[0], "A-06") }},
			{when: "after a held meal", pick: changed, off: "B-01 changed",
				happen: func() { s.diet(t, stays[2], hospital.DietCommand{Allergies: &hospital.Allergies{}}) }},
			{when: "while it is held", pick: changed},
			{when: "when it goes on", pick: changed, prints: "B-01 changed", happen: func() {
				s.diet(t, stays[2], hospital.DietCommand{Allergies: &hospital.Allergies{Known: true}})
				s.confirm(t, must[hospital.Order](t)(s.Order(t.Context(), nurse, orders[2].ID)))
			}},
			{when: "after one is cancelled", pick: changed, off: "A-02 again", happen: func() {
				if _, err := s.CancelOrder(t.Context(), nurse, orders[1].ID,
					hospital.OrderCommand{Reason: "eats at home"}); err != nil {
					t.Fatal(err)
				}
			}},
			{when: "once it was taken away", pick: changed},
		} {
			if want.happen != nil {
				want.happen()
			}
			s.clock.pass(time.Second)
			got := s.tickets(t, want.pick)
			if words := ticketWords(got.Tickets); words != want.prints {
				t.Errorf("%s the tickets are %q, want %q", want.when, words, want.prints)
			}
			if off := ticketWords(got.Withdrawn); off != want.off {
				t.Errorf("%s these must leave the line: %q, want %q", want.when, off, want.off)
			}
		}
	})
}

// What a printer has eaten can be had again, as long as nothing newer was printed.
func TestTheTicketsOfOnePrintCanBeHadAgain(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.orderFor(t, nurse, s.patient(t, "First Anna", "A-01"), hospital.Lunch)
		s.tickets(t, hospital.TrayTicketSelection{})
		s.clock.pass(time.Minute)
		s.orderFor(t, nurse, s.patient(t, "Second Bea", "A-02"), hospital.Lunch)
		late := s.tickets(t, hospital.TrayTicketSelection{Changed: true})
		if words := ticketWords(late.Tickets); words != "A-02 new" || late.Unchanged != 1 {
			t.Fatalf("the second print has %q, and leaves %d", words, late.Unchanged)
		}
		s.clock.pass(time.Minute)
		left := must[hospital.TrayTickets](t)(s.TrayTickets(t.Context(), cook,
			hospital.TrayTicketSelection{Meal: hospital.Lunch, Changed: true}))
		again := s.tickets(t, hospital.TrayTicketSelection{PrintedAt: left.LastPrint})
		if words := ticketWords(again.Tickets); words != "A-02 again" {
			t.Errorf("the second print again has %q, want A-02 alone", words)
		}
		if first := again.Tickets[0]; first.Token != late.Tickets[0].Token || len(first.Token) < 16 {
			t.Errorf("the token was %q and is %q; it must stay, and nobody may guess it",
				late.Tickets[0].Token, first.Token)
		}
	})
}

func TestTicketsNameNobodyInFullAndAreForTheKitchen(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.orderFor(t, nurse, s.patient(t, "Uwase Marie", "A-01"), hospital.Lunch)
		got := s.tickets(t, hospital.TrayTicketSelection{}).Tickets[0]
		if text := fmt.Sprintf("%+v", got); strings.Contains(text, "Uwase") {
			t.Errorf("a ticket has the name: %s", text)
		}
		if got.Initials != "U. M." || got.PatientNumber == "" {
			t.Errorf("the patient is %q, number %q: want two identifiers", got.Initials,
				got.PatientNumber)
		}
		for _, who := range []hospital.Actor{nurse, manager, s.courier, s.customer} {
			s.refuses(t, hospital.Forbidden, "forbidden", func() error {
				_, err := s.PrintTrayTickets(t.Context(), who, hospital.TrayTicketSelection{})
				return err
			})
		}
	})
}
