package browser_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
)

// These tests hold that it is always seen whom a command is for, and that nobody loses what they
// have typed without being asked.

// admitPerson admits somebody of whom more is known than the name.
func admitPerson(t testing.TB, s *dusangiretest.Server, bed hospital.BoardBed) hospital.Admission {
	t.Helper()
	admission, _, err := s.Hospital.Admit(t.Context(), hospital.System, hospital.AdmitCommand{
		PatientName: "Irakoze Vedaste", BirthDate: time.Now().AddDate(-38, 0, -40), Sex: "male",
		BedID: bed.ID,
		Allergies: hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"milk"},
			Severe: []hospital.Allergen{"milk"}},
	})
	if err != nil {
		t.Fatalf("admit: %v", err)
	}
	return admission
}

// confirm answers the question that must name somebody with yes.
func (p *screen) confirm(name string) {
	p.t.Helper()
	p.untilSays(".question", name)
	p.press(".question .primary")
}

// inView reports whether what css selects is seen whole.
func inView(css string) string {
	return `(() => {
		const e = document.querySelector("` + css + `");
		const r = e.getBoundingClientRect();
		const at = document.elementFromPoint(r.left + 4, r.top + r.height / 2);
		return r.top >= 0 && r.bottom <= innerHeight && e.contains(at);
	})()`
}

func TestWhoItIsStandsInSightOfEveryButton(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 6, nil)
	admitPerson(t, s, board.Beds[0])
	for _, width := range []int64{1366, 390} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			p := visitorAs(s, hospital.MedicalStaff)
			p.resize(width, 768)
			p.openLive(dusangiretest.WardPath(board))
			p.openBed(board.Beds[0])
			ask[chromedp.Void](p,
				`for (const part of document.querySelectorAll(".panel details")) part.open = true`)
			names := ask[[]string](p,
				`[...document.querySelectorAll(".panel .primary, .panel .step")].filter((b) =>
					!b.innerText.includes("Irakoze Vedaste")).map((b) => b.innerText)`)
			if len(names) > 0 {
				t.Errorf("these buttons do not say for whom: %q", names)
			}
			p.until("the last button to be reached",
				`(document.querySelector("#sheet-discharge .primary").scrollIntoView({block: "end"}), true)`)
			p.until("the name in sight", inView(".panel .patient"))
			p.untilSays(".panel .who", "38 years · Male")
			p.untilSays(".panel header .marks", "milk")
		})
	}
}

func TestADischargeIsAskedAboutAndSaysWhom(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 6, nil)
	c := colleague{t, s}
	admission := admitPerson(t, s, board.Beds[0])
	p := visitorAs(s, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	p.openBed(board.Beds[0])
	p.unfold("discharge")
	p.choose("#discharge-outcome", "deceased")
	p.press("#sheet-discharge .primary")
	p.untilSays(".question", "Irakoze Vedaste (38 years · Male) in "+board.Beds[0].Number+" has died")
	p.key(kb.Escape)
	p.until("no question", `!document.querySelector(".question")`)
	p.choose("#discharge-outcome", "improved")
	p.press("#sheet-discharge .primary")
	p.untilSays(".question", "Discharge Irakoze Vedaste")
	if now := c.admission(admission.ID); !now.DischargedAt.IsZero() {
		t.Fatal("the patient was discharged before the question was answered")
	}
	p.confirm("Irakoze Vedaste")
	p.untilSays("#said", "Discharged: Irakoze Vedaste.")
	if now := c.admission(admission.ID); now.Outcome != hospital.Improved {
		t.Errorf("the admission ended as %q", now.Outcome)
	}
}

func TestAQuestionAboutOneWhoHasLeftTheBedDoesNothing(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 6, nil)
	c := colleague{t, s}
	alpha := dusangiretest.Admit(t, s, "Alpha Amata", board.Beds[0])
	p := visitorAs(s, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	p.openBed(board.Beds[0])
	p.unfold("discharge")
	p.choose("#discharge-outcome", "improved")
	p.press("#sheet-discharge .primary")
	p.untilSays(".question", "Alpha Amata")
	bravo := c.takeOver(alpha, board.Beds[0], board.Beds[1], "Bravo Bahati")
	p.until("the panel of the other",
		`document.querySelector(".panel .patient").textContent === "Bravo Bahati"`)
	p.press(".question .primary")
	p.until("no question", `!document.querySelector(".question")`)
	p.untilSays("#aside", "Alpha Amata")
	for who, admission := range map[string]hospital.Admission{"Alpha": alpha, "Bravo": bravo} {
		if now := c.admission(admission.ID); !now.DischargedAt.IsZero() {
			t.Errorf("%s was discharged", who)
		}
	}
}

func TestAChangedSevereAllergyIsAskedAbout(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 6, nil)
	c := colleague{t, s}
	admission := admitPerson(t, s, board.Beds[0])
	p := visitorAs(s, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	p.openBed(board.Beds[0])
	p.unfold("diet")
	p.choose("#diet-diet", "renal")
	p.press(`#form-diet input[name="severe[]"][value="milk"]`)
	p.press("#form-diet .primary")
	p.untilSays(".question", "Change the severe allergies of Irakoze Vedaste")
	p.untilSays(".question", "Milk: no longer severe")
	p.press(".question button:not(.primary)")
	p.press(`#form-diet input[name="severe[]"][value="milk"]`)
	p.press("#form-diet .primary")
	p.untilSays("#said", "Saved: Irakoze Vedaste.") // nothing severe has changed: nothing is asked
	if severe := c.allergies(admission.ID).Severe; len(severe) != 1 {
		t.Errorf("severe are %v", severe)
	}
}

func TestThePanelGoesAlongWithWhoIsMoved(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 6, nil)
	admitPerson(t, s, board.Beds[0])
	p := visitorAs(s, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	p.openBed(board.Beds[0])
	p.unfold("discharge")
	p.write("#discharge-notes", "with her sister")
	p.unfold("transfer")
	p.choose("#transfer-bed_id", fmt.Sprint(board.Beds[3].ID))
	p.press("#form-transfer .primary")
	p.untilOpen(board.Beds[3])
	p.untilSays("#said", "Moved to "+board.Beds[3].Number+": Irakoze Vedaste.")
	p.until("the address of the new bed",
		`location.pathname === "`+dusangiretest.BedPath(board.Beds[3])+`"`)
	p.wantValues(map[string]string{"#discharge-notes": "with her sister"})
}

func TestNothingTypedIsLeftWithoutAQuestion(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 6, nil)
	dusangiretest.Admit(t, s, "Alpha Amata", board.Beds[0])
	p := visitorAs(s, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	p.openBed(board.Beds[0])
	p.unfold("discharge")
	p.choose("#discharge-outcome", "improved") // a choice alone is something
	for what, leave := range map[string]func(){
		"Escape":       func() { p.key(kb.Escape) },
		"another card": func() { p.press(card(board.Beds[1]) + " > a") },
		"the cross":    func() { p.press(".panel .close") },
		"Back":         func() { ask[chromedp.Void](p, `history.back()`) },
	} {
		leave()
		p.untilSays(".question", "What you wrote about Alpha Amata is not saved")
		p.press(".question button:not(.primary)")
		p.until("no question after "+what, `!document.querySelector(".question")`)
		p.untilOpen(board.Beds[0])
		p.wantValues(map[string]string{"#discharge-outcome": "improved"})
		p.until("the address after "+what,
			`location.pathname === "`+dusangiretest.BedPath(board.Beds[0])+`"`)
	}
	p.key(kb.Escape)
	p.confirm("Alpha Amata")
	p.until("the panel to close", `!document.querySelector(".panel")`)
}

func TestBackClosesTheOpenBedAndItsAddressOpensIt(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 6, nil)
	p := visitorAs(s, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	p.mark()
	p.openBed(board.Beds[0])
	p.openBed(board.Beds[1])
	ask[chromedp.Void](p, `history.back()`)
	p.until("the panel to close",
		`!document.querySelector(".panel") && location.pathname === "`+dusangiretest.WardPath(board)+`"`)
	ask[chromedp.Void](p, `history.forward()`)
	p.untilOpen(board.Beds[1])
	p.key(kb.Escape)
	p.until("the ward's address", `location.pathname === "`+dusangiretest.WardPath(board)+`"`)
	p.openBed(board.Beds[2])
	ask[chromedp.Void](p, `history.back()`)
	p.until("the panel to close again", `!document.querySelector(".panel")`)
	p.wantSamePage()
	p.openLive(dusangiretest.BedPath(board.Beds[4]))
	p.untilOpen(board.Beds[4])
	if beds := ask[int](p, `document.querySelectorAll(".board .bed").length`); beds != 6 {
		t.Errorf("the address of a bed shows %d beds of its ward, want 6", beds)
	}
	p.press(".panel .close")
	p.until("the ward", `!document.querySelector(".panel") && location.pathname === "`+
		dusangiretest.WardPath(board)+`"`)
}

func TestARefusalIsSeenAtTheButtonThatWasPressed(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 6, nil)
	c := colleague{t, s}
	admission := dusangiretest.Admit(t, s, "Alpha Amata", board.Beds[0])
	p := visitorAs(s, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	p.openBed(board.Beds[0])
	p.unfold("diet")
	p.choose("#diet-diet", "renal")
	p.press("#form-diet .primary")
	p.untilSays("#said", "Saved")
	p.unfold("discharge")
	p.choose("#discharge-outcome", "improved")
	cardiac := hospital.DietCardiac
	c.diet(admission, hospital.DietCommand{Diet: &cardiac})
	p.untilSays(".panel .marks", "cardiac")
	p.foresees("409")
	p.press("#sheet-discharge .primary")
	p.confirm("Alpha Amata")
	p.untilSays("#form-discharge .refusal", "changed meanwhile")
	p.until("the focus on it", focusOn("#form-discharge .refusal"))
	p.until("it and the button in sight",
		inView("#form-discharge .refusal")+" && "+inView("#form-discharge .primary"))
	p.until("the success before to be gone", `document.getElementById("said").textContent === ""`)
}

func TestThePageOfOneWhoWaitsIsLive(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 3, nil)
	c := colleague{t, s}
	admission, _, err := s.Hospital.Admit(t.Context(), hospital.System,
		hospital.AdmitCommand{PatientName: "Waiting Whiskey", Sex: "female",
			BirthDate: time.Now().AddDate(-7, 0, -3),
			Allergies: hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"fish"}}})
	c.must("admit", err)
	p := visitorAs(s, hospital.WardManagement)
	p.openLive(fmt.Sprintf("/admissions/%d/", admission.ID))
	p.untilSays("#choice-head", "7 years · Female")
	p.untilSays("#choice-head", "fish")
	p.untilSays("#choice", board.Beds[1].Number)
	dusangiretest.SetBedStatus(t, s, board.Beds[1], hospital.BedMaintenance)
	p.until("the bed to go",
		`!document.getElementById("choice").innerText.includes("`+board.Beds[1].Number+`")`)
	c.transfer(admission, board.Beds[0])
	p.untilSays("#choice", "Waiting Whiskey is in "+board.Beds[0].Number)
	if ask[bool](p, `document.querySelector("#choice form") !== null`) {
		t.Error("beds are still offered to one who has one")
	}
}
