package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
)

// isFixed says whether the head that tells who it is stands whole at the top of the window, over
// what has been scrolled, below the bar where that stays too.
const isFixed = `(() => {
	const head = document.querySelector(".head.whom"), r = head.getBoundingClientRect();
	const name = head.querySelector("h1").getBoundingClientRect();
	const seen = document.elementFromPoint(name.left + 5, name.top + name.height / 2);
	return scrollY > 0 && r.top >= 0 && r.bottom <= innerHeight && head.contains(seen);
})()`

// Whoever scrolls down to a form of a long page still sees whom it is for.
func TestWhomAPageIsAboutStandsInItsFixedHead(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 2, nil)
	waits := dusangiretest.Admit(t, s, "Uwase Marie", hospital.BoardBed{})
	left := dusangiretest.Admit(t, s, "Mugisha Eric", board.Beds[0])
	_, err := s.Hospital.Discharge(t.Context(), hospital.System, left.ID,
		hospital.DischargeCommand{Outcome: hospital.Improved})
	if err != nil {
		t.Fatal(err)
	}
	p := visitorAs(s, hospital.Admin)
	for path, name := range map[string]string{
		fmt.Sprintf("/admissions/%d/care/", waits.ID): "Uwase Marie",
		fmt.Sprintf("/admissions/%d/", left.ID):       "Mugisha Eric",
		fmt.Sprintf("/patients/%d/", left.PatientID):  "Mugisha Eric",
		fmt.Sprintf("/patients/%d/", waits.PatientID): "Uwase Marie",
	} {
		p.open(path)
		for _, l := range append(looks()[:3], look{"phone", 390, 844, true, "light"}) {
			p.have(l)
			ask[chromedp.Void](p, `document.querySelector("main").style.minHeight = "300vh";
				scrollTo(0, 600)`)
			p.until(fmt.Sprintf("%s to be named at the top of %s, on %v", name, path, l), isFixed)
			if said := ask[string](p, `document.querySelector(".head.whom h1").innerText`); said != name {
				t.Errorf("the head of %s names %q", path, said)
			}
		}
	}
}

// For whom a bed is kept, and what does not fit about it, has no room in the list of beds: it
// stands below once the bed is chosen.
func TestTheListOfFreeBedsNotesWhatToKnowOfTheChosenOne(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 3, nil)
	moves, plain, kept := board.Beds[0], board.Beds[1], board.Beds[2]
	dusangiretest.Admit(t, s, "Uwase Marie", moves)
	nurse := s.SignIn(hospital.MedicalStaff)
	nurse.Command(fmt.Sprintf("/beds/%d/status", kept.ID), map[string]any{"status": "reserved",
		"reason": "after theatre"})
	s.SignIn(hospital.WardManagement).Command(fmt.Sprintf("/beds/%d", kept.ID),
		map[string]any{"staffed": false})
	p := visitorAs(s, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	p.openBed(moves)
	p.unfold("transfer")
	note := `document.querySelector("#sheet-transfer output")?.innerText ?? ""`
	p.choose("#transfer-bed_id", fmt.Sprint(kept.ID))
	said := ask[string](p, note)
	for _, part := range []string{"after theatre", "Nobody looks after this bed"} {
		if !strings.Contains(said, part) {
			t.Errorf("of the chosen bed it is noted %q, which lacks %q", said, part)
		}
	}
	p.choose("#transfer-bed_id", fmt.Sprint(plain.ID))
	if said := ask[string](p, note); said != "" {
		t.Errorf("of a bed that is free and fits it is noted %q", said)
	}
}
