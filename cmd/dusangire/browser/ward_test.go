package browser_test

import (
	"fmt"
	"testing"
	"time"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
	"dusangire/views/text"
)

// TestTwoPeopleSeeEachOthersWork follows one patient through an admission. The nurse and the
// manager each look at their dashboard and at the ward; nobody reloads a page.
func TestTwoPeopleSeeEachOthersWork(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 24, nil)
	nurse, manager := visitor(s), visitor(s)
	for person, role := range map[*screen]hospital.Role{nurse: hospital.MedicalStaff, manager: hospital.WardManagement} {
		person.open("/")
		person.signInByForm(role)
		person.untilLive()
	}
	nurseDash, managerDash := nurse.another(), manager.another()
	nurseDash.openLive("/")
	managerDash.openLive("/")
	nurse.follow(fmt.Sprintf(`main a[href="%s"]`, dusangiretest.WardPath(board)))
	manager.follow(fmt.Sprintf(`main a[href="%s"]`, dusangiretest.WardPath(board)))
	screens := []*screen{nurse, manager, nurseDash, managerDash}
	for _, p := range screens {
		p.untilLive()
		p.mark()
	}
	numbers := func(occupancy, patients, pending string) {
		t.Helper()
		for _, dash := range []*screen{nurseDash, managerDash} {
			dash.untilSays("#metrics td:nth-child(1)", occupancy)
			dash.untilSays("#metrics td:nth-child(2)", patients)
			dash.untilSays("#metrics td:nth-child(3)", pending)
		}
	}
	numbers("0.0", "0", "0")
	first, second := board.Beds[4], board.Beds[9]

	nurse.openBed(first)
	nurse.write("#admit-patient_name", "Uwase Marie")
	nurse.choose("#admit-diet", "diabetic")
	nurse.press(".panel .primary")
	for _, p := range []*screen{nurse, manager} {
		p.untilSays(card(first), "Uwase Marie")
		p.untilSays(card(first), "occupied")
		p.untilSays(card(first), "diabetic")
	}
	nurse.untilSays(".panel .patient", "Uwase Marie")
	numbers("4.2", "1", "0")

	manager.openBed(first)
	manager.unfold("transfer")
	manager.choose("#transfer-bed_id", fmt.Sprint(second.ID))
	manager.press("#sheet-transfer .primary")
	for _, p := range []*screen{nurse, manager} {
		p.untilSays(card(first), "cleaning")
		p.untilSays(card(second), "Uwase Marie")
	}

	nurse.openBed(second)
	nurse.unfold("plan")
	leaves := time.Now().Add(30 * time.Hour)
	nurse.choose("#plan-expected_discharge", text.Input(t.Context(), leaves))
	nurse.press("#sheet-plan .primary")
	for _, p := range []*screen{nurse, manager} {
		p.untilSays(card(second), "leaves "+text.Moment(t.Context(), leaves))
	}
	numbers("4.2", "1", "1")

	manager.openBed(second)
	manager.unfold("discharge")
	manager.choose("#discharge-outcome", "improved")
	manager.press("#sheet-discharge .primary")
	manager.confirm("Uwase Marie")
	for _, p := range []*screen{nurse, manager} {
		p.untilSays(card(second), "cleaning")
	}
	numbers("0.0", "0", "0")

	nurse.openBed(second)
	nurse.press(`#sheet-status button[value="available"]`)
	for _, p := range []*screen{nurse, manager} {
		p.untilSays(card(second), "available")
	}
	for _, p := range screens {
		p.wantSamePage()
	}
}

// mark leaves a note in the page's memory that a navigation would wipe out.
func (p *screen) mark() {
	p.t.Helper()
	ask[bool](p, `window.marked = true`)
}

// wantSamePage fails the test if the page was loaded again since mark.
func (p *screen) wantSamePage() {
	p.t.Helper()
	if !ask[bool](p, `window.marked === true`) {
		p.t.Errorf("%s was loaded anew, and nobody asked for it", ask[string](p, "location.pathname"))
	}
}
