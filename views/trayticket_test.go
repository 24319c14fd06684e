package views_test

import (
	"time"

	"dusangire/hospital"
	"dusangire/views"
)

// sampleTrayTickets are tickets of every kind: printed first, again and anew, to a bed, to an
// address, held and taken back.
func sampleTrayTickets(size views.TicketSize) views.TicketPaper {
	paper := views.TicketPaper{Size: size, Wards: sampleWards()}
	paper.Meal, paper.Due, paper.At, paper.LastPrint = hospital.Lunch, now, now, now
	for i, ticket := range sampleKitchen().Tickets {
		t := hospital.TrayTicket{Ticket: ticket, WardID: 2, WardName: "Medicine, women",
			PatientNumber: "100042", Token: "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
		if ticket.BedNumber == "" {
			t.WardID, t.WardName = 0, ""
		}
		if i%2 == 1 {
			t.Prints, t.PrintedAt = 1, now.Add(-time.Hour)
		}
		switch ticket.Status {
		case hospital.OrderHeld:
			paper.LeftOut = append(paper.LeftOut, t)
		case hospital.OrderCancelled:
			paper.Withdrawn = append(paper.Withdrawn, t)
		default:
			paper.Tickets = append(paper.Tickets, t)
		}
	}
	return paper
}

func trayTicketsPage() views.Page {
	return views.Page{Title: "Tray tickets", Viewer: viewer(hospital.KitchenStaff),
		Path: views.TicketsPath}
}

func trayTicketChoice() views.TicketPaper {
	paper := sampleTrayTickets("a6")
	paper.Chooses = true
	return paper
}
