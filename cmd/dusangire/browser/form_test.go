package browser_test

import (
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
)

func TestEverythingCanBeDoneWithoutJavaScript(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 24, nil)
	p := visitor(s)
	p.disableScripts(true)
	bed := board.Beds[4]

	p.open(dusangiretest.WardPath(board))
	p.foresees("401")
	p.write("#login-username", string(hospital.MedicalStaff))
	p.write("#login-password", "not it")
	p.follow(".login button")
	p.untilSays(".alert", "wrong")
	if got := p.value("#login-username"); got != string(hospital.MedicalStaff) {
		t.Errorf("the name that was typed is now %q", got)
	}
	p.write("#login-password", dusangiretest.Password)
	p.follow(".login button")
	p.untilSays("h1", board.Name)
	p.until("the banner", isBanner)
	p.untilSays(".banner", "Not live")

	p.follow(card(bed) + " > a")
	p.write("#admit-patient_name", "Uwase Marie")
	p.choose("#admit-birth_date", "2199-01-01")
	p.choose("#admit-diet", "renal")
	p.press(`input[value="peanuts"]`)
	p.foresees("422")
	p.follow("#sheet-admit .primary")
	p.wantErrorAt("#admit-birth_date")
	p.wantValues(map[string]string{"#admit-patient_name": "Uwase Marie", "#admit-birth_date": "2199-01-01", "#admit-diet": "renal"})
	if !ask[bool](p, `document.querySelector('input[value="peanuts"]').checked`) {
		t.Error("the allergy that was ticked is no longer ticked")
	}
	p.choose("#admit-birth_date", "1984-05-31")
	p.follow("#sheet-admit .primary")
	p.untilSays(".panel .patient", "Uwase Marie")
	p.untilSays(card(bed), "peanuts")

	p.unfold("discharge")
	p.choose("#discharge-outcome", "improved")
	p.follow("#sheet-discharge .primary")
	p.untilSays(card(bed), "cleaning")
	p.follow(`#sheet-status button[value="available"]`)
	p.untilSays(card(bed), "available")
}

// wantErrorAt says that a field must be marked as wrong and point to a sentence that is seen and says why.
func (p *screen) wantErrorAt(css string) {
	p.t.Helper()
	told := ask[string](p, `(() => {
		const field = document.querySelector(`+strconv.Quote(css)+`);
		const sentence = document.getElementById(field.getAttribute("aria-describedby"));
		return field.getAttribute("aria-invalid") === "true" && sentence?.checkVisibility() ? sentence.innerText : "";
	})()`)
	if told == "" {
		p.t.Errorf("%s should be marked as wrong and say why; the page says: %s", css, p.text())
	}
}

// wantValues says what fields must hold.
func (p *screen) wantValues(fields map[string]string) {
	p.t.Helper()
	for css, want := range fields {
		if got := p.value(css); got != want {
			p.t.Errorf("%s holds %q, want %q", css, got, want)
		}
	}
}

func TestARefusalIsShownAtItsFieldAndKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 24, nil)
	p := visitorAs(s, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	p.mark()
	p.openBed(board.Beds[2])
	p.write("#admit-patient_name", "Uwase Marie")
	p.choose("#admit-birth_date", "2199-01-01")
	p.foresees("422")
	p.press("#sheet-admit .primary")
	p.untilSays(".panel .alert", "another look")
	p.wantErrorAt("#admit-birth_date")
	p.wantValues(map[string]string{"#admit-patient_name": "Uwase Marie", "#admit-birth_date": "2199-01-01"})
	p.until("the focus to be on the field that is wrong, or on the sentence that leads to it", focusOn("#admit-birth_date, .panel .alert a"))
	p.press("#panel-title")
	p.press(".panel .alert a")
	p.until("the sentence at the head of the panel to lead to the field", focusOn("#admit-birth_date"))

	p.choose("#admit-birth_date", "1984-05-31")
	p.press("#sheet-admit .primary")
	p.untilSays(".panel .patient", "Uwase Marie")
	p.until("the focus to be at the head of the new panel", `document.activeElement.id === "panel-title"`)
	p.wantSamePage()
}

// TestTheSecondOfTwoWhoAdmitIntoOneBedIsToldWhichBedAndWhy holds the second command back until the first is done, as the
// network may.
func TestTheSecondOfTwoWhoAdmitIntoOneBedIsToldWhichBedAndWhy(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 24, nil)
	first, second := visitorAs(s, hospital.MedicalStaff), visitorAs(s, hospital.WardManagement)
	bed := board.Beds[2]
	for p, name := range map[*screen]string{first: "Uwase Marie", second: "Uwase Marthe"} {
		p.openLive(dusangiretest.WardPath(board))
		p.openBed(bed)
		p.write("#admit-patient_name", name)
	}
	pressed, release := second.hold("*/admissions")
	second.foresees("409")
	second.press("#sheet-admit .primary")
	pressed()
	loads := second.requestsFor(dusangiretest.BedPath(bed))
	first.press("#sheet-admit .primary")
	first.untilSays(".panel .patient", "Uwase Marie")
	second.untilSays(card(bed), "Uwase Marie")
	if again := second.requestsFor(dusangiretest.BedPath(bed)) - loads; again > 0 {
		t.Error("the panel is loaded anew under a command that waits for its answer, which may then be shown nowhere")
	}
	release()

	second.untilSays(".panel .alert", bed.Number)
	second.untilSays(".panel header", "occupied")
	second.untilSays(".panel .patient", "Uwase Marie")
	if got := s.Board(board.ID).Counts.Occupied; got != 1 {
		t.Errorf("%d beds are occupied, want 1", got)
	}
}

func TestTheSecondOfTwoWithoutJavaScriptIsToldTheSame(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 24, nil)
	p := visitorAs(s, hospital.MedicalStaff)
	p.disableScripts(true)
	bed := board.Beds[2]
	p.open(dusangiretest.BedPath(bed))
	p.write("#admit-patient_name", "Uwase Marthe")
	dusangiretest.Admit(t, s, "Uwase Marie", bed)
	p.foresees("409")
	p.follow("#sheet-admit .primary")
	p.untilSays(".panel .alert", bed.Number)
	p.untilSays(".panel .patient", "Uwase Marie")
}

func TestAPersonWithAKeyboardAloneCanWorkOnTheWard(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 6, nil)
	p := visitorAs(s, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	bed := board.Beds[3]
	p.tabTo(card(bed) + " > a")
	if unseen := ask[string](p, unseenFocus); unseen != "" {
		t.Errorf("the card does not show that it has the focus: %s", unseen)
	}
	p.key(kb.Enter)
	p.untilOpen(bed)
	p.until("the focus to be in the panel", `document.activeElement.id === "panel-title"`)
	p.key(kb.Escape)
	p.until("the panel to close", `!document.querySelector(".panel")`)
	p.until("the focus to be back on the card", focusOn(card(bed)+" > a"))

	p.key(kb.Enter)
	p.untilOpen(bed)
	p.tabTo("#admit-patient_name")
	p.do(chromedp.KeyEvent("Uwase Marie"))
	p.key(kb.Escape)
	p.untilSays(".question", "not saved")
	p.key(kb.Escape)
	p.until("the focus to be back in the field", focusOn("#admit-patient_name"))
	p.wantValues(map[string]string{"#admit-patient_name": "Uwase Marie"}) // Escape throws nothing away that was typed
	p.key(kb.Enter)
	p.untilSays(".panel .patient", "Uwase Marie")
	p.untilSays(card(bed), "Uwase Marie")
	p.tabTo("#sheet-plan > summary")
	p.key(kb.Enter)
	p.until("the part to open", `document.getElementById("sheet-plan").open`)
	p.tabTo(".panel .close")
	p.key(kb.Enter)
	p.until("the focus to be back on the card", focusOn(card(bed)+" > a"))

	p.tabTo(".tools .menu summary")
	p.key(kb.Enter)
	p.until("the menu to open", `document.querySelector(".tools .menu").open`)
	p.key(kb.Escape)
	p.until("the menu to close", `!document.querySelector(".tools .menu").open`)
	p.until("the focus to be back on the menu", focusOn(".tools .menu summary"))
}

func focusOn(css string) string { return `document.activeElement.matches(` + strconv.Quote(css) + `)` }

// tabTo presses Tab until what css selects has the focus.
func (p *screen) tabTo(css string) {
	p.t.Helper()
	for range 200 {
		p.key(kb.Tab)
		if ask[bool](p, focusOn(css)) {
			return
		}
	}
	p.t.Fatalf("200 presses of Tab do not lead to %s", css)
}

// unseenFocus is what has the focus and does not show it, by an outline of its own or of what it lies in; "" where it does.
// Inside its own controls, as the calendar of a date, the browser shows it by itself.
const unseenFocus = `(() => {
	const e = document.activeElement;
	const shows = (x) => getComputedStyle(x).outlineStyle !== "none" && parseFloat(getComputedStyle(x).outlineWidth) >= 2;
	return e === document.body || !e.matches(":focus") || shows(e) || shows(e.parentElement) ? "" : e.outerHTML.slice(0, 120);
})()`

func TestFocusAndCaretStayWhereTheyAreWhileChangesArrive(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 24, nil)
	p := visitorAs(s, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	bed, other := board.Beds[5], board.Beds[6]

	p.tabTo(card(bed) + " > a")
	for _, status := range []hospital.BedStatus{hospital.BedReserved, hospital.BedAvailable, hospital.BedCleaning, hospital.BedAvailable} {
		dusangiretest.SetBedStatus(t, s, bed, status)
		p.untilSays(card(bed), string(status))
		if !ask[bool](p, focusOn(card(bed)+" > a")) {
			t.Fatalf("the card lost the focus as its bed became %s", status)
		}
	}

	p.key(kb.Enter)
	p.untilOpen(bed)
	p.unfold("status")
	p.write("#admit-patient_name", "Uwase Marie")
	p.key(kb.Home)
	p.do(chromedp.KeyEvent("Mukamana "))
	before := ask[string](p, caret)
	dusangiretest.SetBedStatus(t, s, other, hospital.BedReserved)
	p.untilSays(card(other), "reserved")
	dusangiretest.SetBedStatus(t, s, bed, hospital.BedReserved) // the open bed itself: its panel is drawn anew
	p.untilSays(".panel header", "reserved")
	if after := ask[string](p, caret); after != before || before != `admit-patient_name 9-9 of "Mukamana Uwase Marie"` {
		t.Errorf("the caret was in %s and is now in %s", before, after)
	}
	if !ask[bool](p, `document.getElementById("sheet-status").open`) {
		t.Error("the part of the panel that was open has closed")
	}

	p.press(".tools .menu summary")
	dusangiretest.SetBedStatus(t, s, other, hospital.BedAvailable)
	p.untilSays(card(other), "available")
	if !ask[bool](p, `document.querySelector(".tools .menu").open`) {
		t.Error("the open menu has closed")
	}
}

// caret says where somebody types.
const caret = `(({id, selectionStart, selectionEnd, value}) => id + " " + selectionStart + "-" + selectionEnd + " of " + JSON.stringify(value))(document.activeElement)`
