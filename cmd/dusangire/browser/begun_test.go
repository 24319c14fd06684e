package browser_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
)

// These tests hold that a form which somebody has begun stays with the one for whom it was begun.

// colleague acts on the wards without any browser, and fails the test where that is refused.
type colleague struct {
	t testing.TB
	s *dusangiretest.Server
}

func (c colleague) must(what string, err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatalf("%s: %v", what, err)
	}
}

func (c colleague) transfer(admission hospital.Admission, to hospital.BoardBed) {
	c.t.Helper()
	_, err := c.s.Hospital.Transfer(c.t.Context(), hospital.System, admission.ID, hospital.TransferCommand{BedID: to.ID})
	c.must("transfer", err)
}

func (c colleague) diet(admission hospital.Admission, to hospital.DietCommand) {
	c.t.Helper()
	_, err := c.s.Hospital.SetDiet(c.t.Context(), hospital.System, admission.ID, to)
	c.must("set the diet", err)
}

// takeOver brings another patient into the bed of an admission: the one is moved, the bed cleaned,
// the other admitted.
func (c colleague) takeOver(admission hospital.Admission, bed, to hospital.BoardBed, name hospital.PatientName) hospital.Admission {
	c.t.Helper()
	c.transfer(admission, to)
	dusangiretest.SetBedStatus(c.t, c.s, bed, hospital.BedAvailable)
	return dusangiretest.Admit(c.t, c.s, name, bed)
}

// admission reads an admission as it is.
func (c colleague) admission(id int64) hospital.Admission {
	c.t.Helper()
	admission, err := c.s.Hospital.Admission(c.t.Context(), hospital.System, id)
	c.must("read an admission", err)
	return admission
}

// allergies are those of an admission.
func (c colleague) allergies(id int64) hospital.Allergies {
	c.t.Helper()
	detail, err := c.s.Hospital.AdmissionDetail(c.t.Context(), hospital.System, id)
	c.must("read an admission", err)
	return detail.Order.Allergies
}

func TestAFormIsPutAsideWhenAnotherPatientComesIntoTheBed(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]bool{"after the line was cut": true, "while the page is live": false} {
		t.Run(name, func(t *testing.T) {
			s, board := dusangiretest.MustServeWard(t, 6, nil)
			c := colleague{t, s}
			bed := board.Beds[0]
			alpha := dusangiretest.Admit(t, s, "Alpha Amata", bed)
			p := visitorAs(s, hospital.MedicalStaff)
			p.openLive(dusangiretest.WardPath(board))
			p.openBed(bed)
			p.unfold("discharge")
			p.choose("#discharge-outcome", "improved")
			p.write("#discharge-notes", "Alpha goes home with her sister")
			if cut {
				p.permitsNoLine()
				p.offline(true)
			}
			bravo := c.takeOver(alpha, bed, board.Beds[1], "Bravo Bahati")
			if cut {
				p.offline(false)
				p.untilLive()
			}
			p.untilSays(".panel .patient", "Bravo Bahati")
			for _, text := range []string{"You were writing about Alpha Amata", "Alpha Amata is in " + board.Beds[1].Number, "with her sister", "Improved"} {
				p.untilSays("#aside .alert[role=alert]", text)
			}
			p.until("the focus to be on what was put aside", focusOn("#aside .alert"))
			p.unfold("discharge")
			p.wantValues(map[string]string{"#discharge-outcome": "", "#discharge-notes": ""})
			p.press("#sheet-discharge .primary")
			p.key(kb.Escape)
			dusangiretest.SetBedStatus(t, s, board.Beds[2], hospital.BedReserved) // a command that would have been sent is answered before this is seen
			p.untilSays(card(board.Beds[2]), "reserved")
			for who, admission := range map[string]hospital.Admission{"Alpha": alpha, "Bravo": bravo} {
				if now := c.admission(admission.ID); !now.DischargedAt.IsZero() {
					t.Errorf("%s was discharged: %+v", who, now)
				}
			}
		})
	}
}

func TestWhatWasPutAsideStaysUntilSomebodyRemovesIt(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 6, nil)
	c := colleague{t, s}
	bed := board.Beds[0]
	alpha := dusangiretest.Admit(t, s, "Alpha Amata", bed)
	p := visitorAs(s, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	p.openBed(bed)
	p.unfold("discharge")
	p.write("#discharge-notes", "with her sister")
	bravo := c.takeOver(alpha, bed, board.Beds[1], "Bravo Bahati")
	p.untilSays("#aside", "with her sister")
	renal := hospital.DietRenal
	c.diet(bravo, hospital.DietCommand{Diet: &renal})
	p.untilSays(".panel .marks", "renal")
	c.takeOver(bravo, bed, board.Beds[2], "Charlie Cyusa")
	p.untilSays(".panel .patient", "Charlie Cyusa")
	p.untilSays("#aside", "with her sister")
	p.until("the focus to stay on what was put aside", focusOn("#aside .alert"))
	p.press("#aside .there") // leads to whom it was about, and goes along
	p.untilOpen(board.Beds[1])
	p.untilSays(".panel .patient", "Alpha Amata")
	p.untilSays("#aside", "with her sister")
	p.press("#aside button")
	p.until("it to be gone", `!document.querySelector("#aside .alert")`)
}

// Who asks for a bed leaves what they began before. What they type after that, while the answer is
// on its way, stays in its form, or is put aside where that is another patient's.
func TestWhatIsTypedWhileABedIsOpenedIsNotLost(t *testing.T) {
	s, board := dusangiretest.MustServeWard(t, 6, nil)
	bed, other := board.Beds[0], board.Beds[1]
	dusangiretest.Admit(t, s, "Alpha Amata", bed)
	dusangiretest.Admit(t, s, "Bravo Bahati", other)
	for name, asked := range map[string]hospital.BoardBed{"the same bed": bed, "another": other} {
		t.Run(name, func(t *testing.T) {
			p := visitorAs(s, hospital.MedicalStaff)
			p.openLive(dusangiretest.WardPath(board))
			p.openBed(bed)
			p.unfold("discharge")
			p.unfold("diet")
			p.choose("#diet-diet", "renal")
			_, release := p.hold("*/beds/*")
			p.press(card(asked) + " > a")
			p.confirm("Alpha Amata")
			p.choose("#discharge-notes", "with her sister")
			release()
			if asked.ID == other.ID {
				p.untilSays(".panel .patient", "Bravo Bahati")
				p.untilSays("#aside .alert", "You were writing about Alpha Amata")
				p.untilSays("#aside .alert", "with her sister")
				p.wantValues(map[string]string{"#discharge-notes": ""})
				return
			}
			p.until("what was begun before to be left", `document.querySelector("#diet-diet").value !== "renal"`)
			p.until("the panel to be drawn", `!document.querySelector("#panel").hasAttribute("aria-busy")`)
			p.wantValues(map[string]string{"#discharge-notes": "with her sister"})
		})
	}
}

func TestAFormOfAnEmptyBedIsPutAsideWhenAPatientComesIntoIt(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 6, nil)
	bed := board.Beds[0]
	p := visitorAs(s, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	p.openBed(bed)
	p.write("#admit-patient_name", "Delta Dusabe")
	p.choose("#admit-diet", "cardiac")
	p.press("#admit-allergies-fish")
	dusangiretest.Admit(t, s, "Echo Ereza", bed)
	p.untilSays(".panel .patient", "Echo Ereza")
	p.untilSays("#aside .alert", "Delta Dusabe")
	p.untilSays("#aside .alert", "Cardiac")
	p.untilSays("#aside .alert", "Patient’s name")
	p.untilSays("#aside .alert", "✓ fish")
	p.press("#aside .buttons button") // another bed is offered, and takes all of it
	p.untilOpen(board.Beds[1])
	p.wantValues(map[string]string{"#admit-patient_name": "Delta Dusabe", "#admit-diet": "cardiac"})
	p.press("#sheet-admit .primary[data-named]")
	p.untilSays("#said", "Admitted to "+board.Beds[1].Number+": Delta Dusabe.")
}

// TestTwoNursesOnOnePatientsAllergiesLoseNothing has both begin, and the second save without having
// touched what the first changed.
func TestTwoNursesOnOnePatientsAllergiesLoseNothing(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 6, nil)
	c := colleague{t, s}
	bed := board.Beds[0]
	admission := dusangiretest.Admit(t, s, "Alpha Amata", bed)
	p := visitorAs(s, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	p.openBed(bed)
	p.unfold("diet")
	p.press(`#form-diet input[name="allergies[]"][value="milk"]`)
	p.choose("#diet-diet", "renal")
	texture := hospital.Texture(4)
	peanuts := hospital.Allergies{Allergens: []hospital.Allergen{"peanuts"}, Severe: []hospital.Allergen{"peanuts"}}
	c.diet(admission, hospital.DietCommand{Texture: &texture, Allergies: &peanuts})
	p.untilSays(".panel .marks", "peanuts") // the facts follow, the form does not
	if got := p.value(`#form-diet [name="version"]`); got != fmt.Sprint(admission.Version) {
		t.Errorf("the form that was begun at version %d has version %s", admission.Version, got)
	}
	p.foresees("409")
	p.press("#form-diet .primary")
	for _, text := range []string{"has changed meanwhile", "peanuts", "Severe allergies", "system"} {
		p.untilSays(".panel .refusal", text)
	}
	p.until("the focus to be on why", focusOn(".panel .refusal"))
	if got := c.allergies(admission.ID); !slices.Equal(got.Allergens, peanuts.Allergens) || !slices.Equal(got.Severe, peanuts.Severe) {
		t.Fatalf("a refused command changed the allergies to %+v", got)
	}
	p.wantValues(map[string]string{"#diet-diet": "renal", "#diet-texture": "4"})
	p.untilSays("#form-diet .again button", "Apply again to Alpha Amata")
	p.press("#form-diet .again button")
	p.untilSays("#said", "Saved")
	got := c.allergies(admission.ID)
	if !slices.Equal(got.Allergens, []hospital.Allergen{"milk", "peanuts"}) || !slices.Equal(got.Severe, peanuts.Severe) {
		t.Errorf("after both have saved the allergies are %+v", got)
	}
}

func TestTickingAnAllergyNeverUnticksSevere(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 6, nil)
	c := colleague{t, s}
	admission := dusangiretest.Admit(t, s, "Alpha Amata", board.Beds[0])
	c.diet(admission, hospital.DietCommand{Allergies: &hospital.Allergies{Allergens: []hospital.Allergen{"eggs", "fish"}, Severe: []hospital.Allergen{"eggs", "fish"}}})
	p := visitorAs(s, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	p.openBed(board.Beds[0])
	p.unfold("diet")
	tick := func(allergen, want string) {
		t.Helper()
		p.press(`#form-diet input[name="allergies[]"][value="` + allergen + `"]`)
		got := ask[[]string](p, `[...document.querySelectorAll('#form-diet [name="severe[]"]:checked')].map((e) => e.value)`)
		if strings.Join(got, " ") != want {
			t.Errorf("after a press on %s these are severe: %q, want %q", allergen, got, want)
		}
	}
	tick("milk", "eggs fish")
	tick("fish", "eggs")
	tick("fish", "eggs")
	tick("none", "")
}

// TestWhoHasABedIsNoLongerOffered in a panel that nobody has touched, on a page of another ward, and
// who comes to wait is; one that somebody has chosen in stays as it is, and says from when.
func TestWhoHasABedIsNoLongerOffered(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 6, nil)
	other := s.Board(anotherWard(t, s).ID)
	c := colleague{t, s}
	wait := func(name string) hospital.Admission {
		t.Helper()
		a, _, err := s.Hospital.Admit(t.Context(), hospital.System,
			hospital.AdmitCommand{PatientName: hospital.PatientName(name)})
		c.must("admit", err)
		return a
	}
	whiskey := wait("Waiting Whiskey")
	dusangiretest.Admit(t, s, "Alpha Amata", board.Beds[0])
	p := visitorAs(s, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	p.openBed(board.Beds[1])
	p.untilSays("#sheet-place", "Waiting Whiskey")
	c.transfer(whiskey, other.Beds[0])
	p.until("nobody to be offered", `!document.getElementById("sheet-place")`)
	wait("Waiting Yankee")
	p.untilSays("#sheet-place", "Waiting Yankee")

	p.openBed(board.Beds[0])
	p.unfold("transfer")
	free := func(bed hospital.BoardBed) string {
		return fmt.Sprintf(`document.querySelector("#transfer-bed_id option[value='%d']")`, bed.ID)
	}
	p.until("a bed of another ward", free(other.Beds[1]))
	dusangiretest.SetBedStatus(t, s, other.Beds[1], hospital.BedMaintenance)
	p.until("a bed that is free no more to be gone", "!"+free(other.Beds[1]))
	p.choose("#transfer-bed_id", fmt.Sprint(other.Beds[2].ID))
	looked := fmt.Sprintf(`performance.getEntriesByType("resource")
		.filter((e) => e.name.includes("/beds/%d/")).length`, board.Beds[0].ID)
	before := ask[int](p, looked)
	dusangiretest.SetBedStatus(t, s, other.Beds[2], hospital.BedMaintenance)
	p.until("the lists to be looked at again", fmt.Sprintf("%s > %d", looked, before+1))
	p.until("what was chosen to stay", free(other.Beds[2]))
	p.untilSays("#form-transfer", "As of")
}

// anotherWard adds a ward with three beds.
func anotherWard(t *testing.T, s *dusangiretest.Server) hospital.Ward {
	t.Helper()
	ward, err := s.Hospital.AddWard(t.Context(), hospital.System,
		hospital.AddWardCommand{Code: "SUR-B", Name: "Surgery", Beds: 3})
	if err != nil {
		t.Fatal(err)
	}
	return ward
}

func TestAStalePlaceHereIsRefused(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 6, nil)
	c := colleague{t, s}
	whiskey, _, err := s.Hospital.Admit(t.Context(), hospital.System, hospital.AdmitCommand{PatientName: "Waiting Whiskey"})
	c.must("admit", err)
	p := visitorAs(s, hospital.MedicalStaff)
	p.before(`const every = setInterval; // the lists are not looked at again
		window.setInterval = (act, pause) => pause === 2000 ? 0 : every(act, pause);`)
	p.openLive(dusangiretest.WardPath(board))
	p.openBed(board.Beds[0])
	p.untilSays("#sheet-place", "As of")
	c.transfer(whiskey, board.Beds[1])
	p.untilSays(card(board.Beds[1]), "Waiting Whiskey")
	p.foresees("409")
	p.press("#sheet-place .lines button")
	p.untilSays(".panel .refusal", "has changed meanwhile")
	p.untilSays(".panel .refusal", board.Beds[1].Number)
	p.untilOpen(board.Beds[0])
	if now := c.admission(whiskey.ID); now.BedID != board.Beds[1].ID {
		t.Errorf("the patient was moved to bed %s", now.BedNumber)
	}
	if ask[bool](p, `document.querySelector("#sheet-place") !== null`) {
		t.Error("the one who has a bed is still offered as waiting")
	}
}

func TestABedThatWasReservedMeanwhileIsNotTakenUnseen(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 6, nil)
	c := colleague{t, s}
	admission := dusangiretest.Admit(t, s, "Alpha Amata", board.Beds[0])
	p := visitorAs(s, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	p.openBed(board.Beds[0])
	p.unfold("transfer")
	p.choose("#transfer-bed_id", fmt.Sprint(board.Beds[1].ID))
	dusangiretest.SetBedStatus(t, s, board.Beds[1], hospital.BedReserved)
	p.untilSays(card(board.Beds[1]), "reserved")
	p.foresees("409")
	p.press("#form-transfer .primary")
	p.untilSays(".panel .refusal", "Available, now Reserved")
	if now := c.admission(admission.ID); now.BedID != board.Beds[0].ID {
		t.Errorf("the patient was moved to bed %s", now.BedNumber)
	}
	p.wantValues(map[string]string{"#transfer-bed_id": fmt.Sprint(board.Beds[1].ID)})
}

// TestAnOrdersPageKeepsTheVersionUnderAReason is the same fault where a live region has a form in
// it.
func TestAnOrdersPageKeepsTheVersionUnderAReason(t *testing.T) {
	t.Parallel()
	k := mustServeFamily(t)
	order, _, err := k.Hospital.PlaceOrder(t.Context(), k.person(hospital.MedicalStaff), hospital.PlaceOrderCommand{AdmissionID: k.admission.ID,
		Meal: hospital.Dinner, Dishes: []int64{k.dish("Plain rice").ID}})
	if err != nil {
		t.Fatal(err)
	}
	p := visitorAs(k.Server, hospital.MedicalStaff)
	p.openLive(fmt.Sprintf("/orders/%d/", order.ID))
	p.unfold(fmt.Sprintf("cancel-%d", order.ID))
	p.write(fmt.Sprintf("#cancel-%d-reason", order.ID), "not hungry")
	k.step(hospital.KitchenStaff, fmt.Sprintf("/orders/%d/confirm", order.ID), nil)
	p.untilSays("#order .now", "confirmed")
	p.foresees("409")
	p.follow(fmt.Sprintf("#form-cancel-%d button", order.ID))
	p.untilSays("main .refusal", "Pending, now Confirmed")
	p.wantValues(map[string]string{fmt.Sprintf("#cancel-%d-reason", order.ID): "not hungry"})
	if now, err := k.Hospital.Order(t.Context(), hospital.System, order.ID); err != nil || now.Status != hospital.OrderConfirmed {
		t.Errorf("the order is %s: %v", now.Status, err)
	}
}

// TestAStaleFormWithoutJavaScriptIsRefusedAndPutAside holds the same for plain forms.
func TestAStaleFormWithoutJavaScriptIsRefusedAndPutAside(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 6, nil)
	c := colleague{t, s}
	alpha := dusangiretest.Admit(t, s, "Alpha Amata", board.Beds[0])
	p := visitorAs(s, hospital.MedicalStaff)
	p.disableScripts(true)
	p.open(dusangiretest.BedPath(board.Beds[0]))
	p.press("#sheet-discharge > summary")
	p.choose("#discharge-outcome", "improved")
	p.write("#discharge-notes", "with her sister")
	c.transfer(alpha, board.Beds[1])
	p.foresees("409")
	p.follow("#sheet-discharge .primary")
	p.untilSays(".panel .refusal", board.Beds[0].Number+", now "+board.Beds[1].Number)
	p.untilSays(".panel .patient", "Alpha Amata")
	p.wantValues(map[string]string{"#discharge-outcome": "improved", "#discharge-notes": "with her sister"})

	_, err := s.Hospital.Discharge(t.Context(), hospital.System, alpha.ID, hospital.DischargeCommand{Outcome: hospital.Stable})
	c.must("discharge", err)
	dusangiretest.SetBedStatus(t, s, board.Beds[1], hospital.BedAvailable)
	bravo := dusangiretest.Admit(t, s, "Bravo Bahati", board.Beds[1])
	p.follow("#sheet-discharge .primary")
	p.untilSays(".panel .patient", "Bravo Bahati")
	p.untilSays("#aside", "with her sister")
	p.wantValues(map[string]string{"#discharge-outcome": "", "#discharge-notes": ""})
	if now := c.admission(bravo.ID); !now.DischargedAt.IsZero() {
		t.Error("Bravo was discharged")
	}
}
