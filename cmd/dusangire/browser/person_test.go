package browser_test

import (
	"testing"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
)

const isEmptied = `document.body.dataset.gone === "yes" && !document.querySelector(".bed, .panel, .stop, .tickets")`

// TestWhoSignsInNextEmptiesThePageOfThePersonBefore in another window of the same browser, at once
// and without a word of it there.
func TestWhoSignsInNextEmptiesThePageOfThePersonBefore(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 2, nil)
	dusangiretest.Admit(t, s, "Uwase Marie", board.Beds[0])
	before := visitor(s)
	next := before.another()
	before.open("/login")
	next.open("/login")
	before.signInByForm(hospital.MedicalStaff)
	before.openLive(dusangiretest.WardPath(board))
	before.openBed(board.Beds[0])
	next.signInByForm(hospital.WardManagement)
	before.until("the page to be emptied", isEmptied)
	before.untilSays(".notice", "signed out")
	if ask[bool](before, `document.body.innerText.includes("Uwase")`) {
		t.Errorf("the page still says %s", before.text())
	}
	next.openLive(dusangiretest.WardPath(board))
}

// TestAPageIsEmptiedByTheFirstThingThatItAsksForSomebodyElse, even where its own session goes on,
// so that nothing has told it before.
func TestAPageIsEmptiedByTheFirstThingThatItAsksForSomebodyElse(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 2, nil)
	dusangiretest.Admit(t, s, "Uwase Marie", board.Beds[0])
	manager := s.SignIn(hospital.WardManagement).Token
	for what, act := range map[string]func(p *screen){
		"a command": func(p *screen) {
			p.unfold("status")
			p.press("#sheet-status .step")
		},
		"a bed":    func(p *screen) { p.press(card(board.Beds[0]) + " > a") },
		"a socket": func(p *screen) { ask[bool](p, `dispatchEvent(new Event("online"))`) },
	} {
		t.Run(what, func(t *testing.T) {
			p := visitorAs(s, hospital.MedicalStaff)
			p.permits("409")
			p.openLive(dusangiretest.WardPath(board))
			p.openBed(board.Beds[1])
			p.unfold("status")
			p.useToken(manager)
			act(p)
			p.until("the page to be emptied", isEmptied)
			if bed := s.Board(board.ID).Beds[1]; bed.Status != hospital.BedAvailable {
				t.Errorf("the bed is %s", bed.Status)
			}
		})
	}
}

// TestACouriersTapsWaitForTheCourier where somebody else has signed in on the tablet: they are
// neither sent nor lost.
func TestACouriersTapsWaitForTheCourier(t *testing.T) {
	t.Parallel()
	s := mustServeTrays(t, 1)
	p := s.onTheWay()
	p.permits("409")
	p.openStop(s.ready[0])
	courier := s.SignIn(hospital.DeliveryStaff).Token
	p.useToken(s.SignIn(hospital.Admin).Token)
	p.scan("MED-A-01")
	p.until("the page to be emptied", isEmptied)
	if status := s.now(s.ready[0].ID).Status; status != hospital.DeliveryInTransit {
		t.Errorf("the delivery is %s", status)
	}
	p.useToken(courier)
	p.openLive("/dashboard/delivery/")
	s.untilIs(s.ready[0], hospital.DeliveryDelivered)
}

// TestAWallOfSomebodyElseIsEmptiedByItsNextStep, and the ticket stays where it was.
func TestAWallOfSomebodyElseIsEmptiedByItsNextStep(t *testing.T) {
	t.Parallel()
	k := mustServeKitchen(t, 1, evenly(15))
	p := k.cooks(1)[0]
	p.permits("409")
	ticket := k.tickets()[0]
	p.useToken(k.SignIn(hospital.Admin).Token)
	p.press(ticketCard(ticket.OrderID) + " .bump")
	p.until("the wall to be emptied", isEmptied)
	if after := k.tickets()[0]; after.Status != ticket.Status {
		t.Errorf("the ticket went from %s to %s", ticket.Status, after.Status)
	}
}
