package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
	"dusangire/views/text"
)

// look is a screen as somebody may have it.
type look struct {
	name          string
	width, height int64
	touch         bool
	scheme        string // what the person prefers: light or dark
}

// looks are a wall, a desk and a tablet, each by day and by night.
func looks() []look {
	var all []look
	for _, scheme := range []string{"light", "dark"} {
		all = append(all,
			look{"wall", 1920, 1080, false, scheme},
			look{"desk", 1366, 768, false, scheme},
			look{"tablet", 820, 1180, true, scheme})
	}
	return all
}

func (l look) String() string {
	return fmt.Sprintf("%s %d×%d %s", l.name, l.width, l.height, l.scheme)
}

// have gives the screen a look.
func (p *screen) have(l look) {
	p.t.Helper()
	option := func(_ *emulation.SetDeviceMetricsOverrideParams, touch *emulation.SetTouchEmulationEnabledParams) {
		touch.Enabled = l.touch
	}
	p.resize(l.width, l.height, option)
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}},
	})
	if err != nil {
		p.t.Fatalf("prefer %s: %v", l.scheme, err)
	}
	p.until("the look "+l.String(), fmt.Sprintf(`innerWidth === %d && matchMedia("(prefers-color-scheme: %s)").matches && matchMedia("(pointer: coarse)").matches === %v`,
		l.width, l.scheme, l.touch))
}

// sight is one page in one state, with the way there.
type sight struct {
	name string
	role hospital.Role // "": nobody is signed in
	show func(p *screen)
}

// at is a sight that an address alone shows.
func at(path string) func(*screen) { return func(p *screen) { p.open(path) } }

// demoVisitorAs opens a screen for the demo's login of a role.
func demoVisitorAs(t testing.TB, s *dusangiretest.Server, role hospital.Role) *screen {
	t.Helper()
	p := newScreen(t, s.URL)
	if role == "" {
		return p
	}
	p.useToken(s.Client().SignInAs(string(role), "dusangire").Token)
	return p
}

// sights are all pages, and the states in which they look different.
func sights(t testing.TB, s *dusangiretest.Server) []sight {
	t.Helper()
	ward := demoWard(s, "MED-A")
	waiting := dusangiretest.Admit(t, s, "Uwamahoro Vestine", hospital.BoardBed{})
	fillKitchen(t, s, ward)
	bed := func(status hospital.BedStatus) hospital.BoardBed {
		t.Helper()
		for _, b := range ward.Beds {
			if b.Status == status {
				return b
			}
		}
		t.Fatalf("ward %s has no bed in the state %s", ward.Code, status)
		return hospital.BoardBed{}
	}
	carried := carriedTray(t, s, ward)
	// The whole wall, whose many tickets take long to look at, is the sight "kitchen".
	lunch := wall + "&meal=lunch&ward=" + ward.Code
	opened := func(status hospital.BedStatus) func(*screen) {
		b := bed(status)
		return func(p *screen) {
			p.openLive(dusangiretest.WardPath(ward))
			p.openBed(b)
			ask[chromedp.Void](p, `for (const part of document.querySelectorAll(".panel details")) part.open = true`)
		}
	}
	record := fmt.Sprintf("/patients/%d/", bed(hospital.BedOccupied).Admission.PatientID)
	others := slices.Concat(customerSights(t, s), mealSights(t, s), ownSights(t, s))
	return append(others, []sight{
		{"login", "", at("/login")},
		{"login-refused", "", func(p *screen) {
			p.foresees("401")
			p.open("/login")
			p.write("#login-username", "nobody")
			p.write("#login-password", "nothing")
			p.follow(".login button")
		}},
		{"medical", hospital.MedicalStaff, func(p *screen) { p.openLive("/dashboard/medical_staff/") }},
		{"management", hospital.WardManagement, func(p *screen) { p.openLive("/dashboard/ward_management/") }},
		{"menu", hospital.Admin,
			func(p *screen) { p.openLive("/dashboard/ward_management/"); p.press(".tools .menu summary") }},
		{"ward", hospital.MedicalStaff, func(p *screen) { p.openLive(dusangiretest.WardPath(ward)) }},
		{"ward-not-live", hospital.MedicalStaff, func(p *screen) {
			p.disableScripts(true)
			p.open(dusangiretest.WardPath(ward))
			p.until("the banner", isBanner)
			p.disableScripts(false)
		}},
		{"ward-available", hospital.MedicalStaff, opened(hospital.BedAvailable)},
		{"ward-reserved", hospital.WardManagement, opened(hospital.BedReserved)},
		{"ward-occupied", hospital.MedicalStaff, opened(hospital.BedOccupied)},
		{"ward-cleaning", hospital.WardManagement, opened(hospital.BedCleaning)},
		{"housekeeping", hospital.Housekeeping,
			func(p *screen) { p.openLive("/dashboard/housekeeping/") }},
		{"bed", hospital.MedicalStaff, func(p *screen) { p.openLive(dusangiretest.BedPath(bed(hospital.BedOccupied))) }},
		{"bed-errors", hospital.MedicalStaff, func(p *screen) {
			p.foresees("422")
			p.disableScripts(true)
			p.open(dusangiretest.BedPath(bed(hospital.BedAvailable)))
			p.choose("#admit-birth_date", "2199-01-01")
			p.choose("#admit-expected_discharge", "1999-01-01T12:00")
			p.unfold("admit")
			p.follow("#sheet-admit .primary")
			p.disableScripts(false)
		}},
		{"waiting", hospital.MedicalStaff, at(fmt.Sprintf("/admissions/%d/", waiting.ID))},
		{"waiting-list", hospital.WardManagement, func(p *screen) { p.openLive("/waiting/") }},
		{"waiting-care", hospital.MedicalStaff, func(p *screen) {
			p.open(fmt.Sprintf("/admissions/%d/care/", waiting.ID))
			ask[chromedp.Void](p,
				`for (const part of document.querySelectorAll(".panel details")) part.open = true`)
		}},
		{"round", hospital.DeliveryStaff, func(p *screen) { p.openLive("/dashboard/delivery/") }},
		{"round-bedside", hospital.DeliveryStaff, func(p *screen) {
			p.openLive(fmt.Sprintf("/dashboard/delivery/#delivery-%d", carried.ID))
			p.untilReady(carried)
			p.press(stop(carried) + " summary")
		}},
		{"round-alarm", hospital.DeliveryStaff, func(p *screen) {
			p.foresees("409")
			p.disableScripts(true)
			p.open(fmt.Sprintf("/dashboard/delivery/#delivery-%d", carried.ID))
			p.choose(stop(carried)+" [name=bed_code]", bed(hospital.BedAvailable).Number)
			p.follow(stop(carried) + " .handover .primary")
			p.disableScripts(false)
		}},
		{"delivery", hospital.MedicalStaff, func(p *screen) { p.openLive(fmt.Sprintf("/deliveries/%d/", carried.ID)) }},
		{"users", hospital.Admin, func(p *screen) {
			p.open("/users/")
			ask[chromedp.Void](p, `document.querySelector("main details").open = true`)
		}},
		{"user", hospital.Admin, func(p *screen) {
			p.open("/users/")
			p.follow(".users tbody a")
		}},
		{"account", hospital.MedicalStaff, at("/account/")},
		{"setup", hospital.Admin, at("/setup/")},
		{"setup-hospital", hospital.Admin, at("/setup/hospital/")},
		{"setup-wards", hospital.Admin, at("/setup/wards/")},
		{"setup-meals", hospital.Admin, at("/setup/meals/")},
		{"setup-menu", hospital.Admin, at("/setup/menu/")},
		{"password-link", "", at("/password/" + passwordLink(t, s))},
		{"invitations", hospital.MedicalStaff, func(p *screen) {
			p.open(fmt.Sprintf("/admissions/%d/invitations/", waiting.ID))
			p.follow("main .primary")
		}},
		{"join", "", at("/join/" + invitationCode(t, s, waiting))},
		{"wards", hospital.WardManagement, at("/wards/")},
		{"wards-unfolded", hospital.Admin, func(p *screen) {
			p.open(fmt.Sprintf("/wards/?ward=%d&bed=%d", ward.ID, ward.Beds[0].ID))
			ask[chromedp.Void](p,
				`for (const part of document.querySelectorAll("main details")) part.open = true`)
		}},
		{"search", hospital.MedicalStaff, at("/patients/search")},
		{"record", hospital.MedicalStaff, at(record)},
		{"record-unfolded", hospital.Admin, func(p *screen) {
			p.open(record)
			ask[chromedp.Void](p,
				`for (const part of document.querySelectorAll("main details")) part.open = true`)
		}},
		{"handover", hospital.MedicalStaff, at(dusangiretest.WardPath(ward) + "handover/")},
		{"meal-list", hospital.KitchenStaff, at(dusangiretest.WardPath(ward) + "list/?meal=lunch")},
		{"stay-ended", hospital.MedicalStaff, at(endedStay(t, s))},
		{"problem", hospital.MedicalStaff, func(p *screen) { p.foresees("404"); p.open("/nowhere") }},
		{"problem-signed-out", "", func(p *screen) { p.foresees("404"); p.open("/nowhere") }},
		{"kitchen", hospital.KitchenStaff, func(p *screen) { p.openLive(wall) }},
		{"kitchen-production", hospital.KitchenStaff,
			func(p *screen) { p.openLive("/dashboard/kitchen/?meal=lunch") }},
		{"kitchen-line", hospital.KitchenStaff, func(p *screen) {
			p.openLive("/dashboard/kitchen/?view=line&meal=lunch&ward=" + ward.Code)
		}},
		{"kitchen-station", hospital.KitchenStaff, func(p *screen) {
			p.openLive("/dashboard/kitchen/?meal=supplement&station=porridge&ward=nowhere")
			p.press(".filters summary")
		}},
		{"kitchen-refused", hospital.KitchenStaff, func(p *screen) {
			p.foresees("409")
			p.disableScripts(true)
			p.open(lunch)
			k := &kitchen{Server: s}
			order := k.confirmed()[0].OrderID
			_, err := s.Hospital.StartOrder(t.Context(), hospital.System, order, hospital.OrderCommand{}) // meanwhile
			k.must(err)
			p.follow(fmt.Sprintf("#ticket-%d .bump", order))
			p.disableScripts(false)
		}},
		{"kitchen-cancel", hospital.Admin, func(p *screen) {
			p.openLive(lunch)
			p.press(".states [value=preparing]")
			p.press("#tickets > [data-lane=preparing] a")
		}},
		{"signed-out", hospital.MedicalStaff, func(p *screen) {
			p.openLive(dusangiretest.WardPath(ward))
			p.signOutElsewhere()
			p.until("the page to know that nobody is signed in", `document.body.dataset.gone === "yes"`)
		}},
		{"gallery", hospital.Admin, at("/gallery")},
	}...)
}

// passwordLink is the token of a link with which somebody new sets a password.
func passwordLink(t testing.TB, s *dusangiretest.Server) string {
	t.Helper()
	link, err := s.Hospital.InviteUser(t.Context(), hospital.System, hospital.AddUserCommand{
		Username: "uwimana.beatrice", DisplayName: "Uwimana Béatrice", Role: hospital.MedicalStaff}, "")
	if err != nil {
		t.Fatal(err)
	}
	return link.Token
}

// invitationCode is the code of an invitation to a stay.
func invitationCode(t testing.TB, s *dusangiretest.Server, a hospital.Admission) string {
	t.Helper()
	made, err := s.Hospital.Invite(t.Context(), hospital.System, a.ID, hospital.InviteCommand{})
	if err != nil {
		t.Fatal(err)
	}
	return made.Code
}

// endedStay is the path of a stay that has ended.
func endedStay(t testing.TB, s *dusangiretest.Server) string {
	t.Helper()
	left := dusangiretest.Admit(t, s, "Mukarugwiza Immaculée", hospital.BoardBed{})
	_, err := s.Hospital.Discharge(t.Context(), hospital.System, left.ID,
		hospital.DischargeCommand{Outcome: hospital.Improved, Notes: "Comes back in two weeks."})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("/admissions/%d/", left.ID)
}

// fillKitchen orders tomorrow's lunch for a ward, and takes its tickets to the lanes of the kitchen.
func fillKitchen(t testing.TB, s *dusangiretest.Server, ward hospital.WardBoard) {
	t.Helper()
	k := &kitchen{Server: s}
	_, err := s.Hospital.OrderMealRound(t.Context(), hospital.System, ward.ID, hospital.Lunch, time.Now().AddDate(0, 0, 1))
	k.must(err)
	tickets := k.confirmed()
	for i, status := range []hospital.OrderStatus{hospital.OrderPreparing, hospital.OrderPreparing, hospital.OrderReady, hospital.OrderReady, hospital.OrderCancelled} {
		k.bring(tickets[i].OrderID, status)
	}
	held, err := s.Hospital.Order(t.Context(), hospital.System, tickets[5].OrderID)
	k.must(err)
	_, err = s.Hospital.SetDiet(t.Context(), hospital.System, held.AdmissionID, hospital.DietCommand{NilByMouth: &hospital.Window{From: time.Now().Add(-time.Minute)}})
	k.must(err)
	_, err = s.Hospital.RecallOrder(t.Context(), hospital.System, tickets[6].OrderID, hospital.OrderCommand{})
	k.must(err)
}

// confirmed are the tickets that are due last and wait to be cooked, of which there must be some.
func (k *kitchen) confirmed() (tickets []hospital.Ticket) {
	k.T.Helper()
	for _, ticket := range slices.Backward(k.tickets()) {
		if ticket.Status == hospital.OrderConfirmed {
			tickets = append(tickets, ticket)
		}
	}
	if len(tickets) < 8 {
		k.T.Fatalf("%d tickets are confirmed, want 8", len(tickets))
	}
	return tickets
}

// signOutElsewhere ends the session of the screen's person in another window.
func (p *screen) signOutElsewhere() {
	p.t.Helper()
	other := p.another()
	other.open("/")
	other.press(".tools .menu summary")
	other.follow(".sign-out")
	other.close()
}

// demoWard is the board of a ward of the demo hospital.
func demoWard(s *dusangiretest.Server, code string) hospital.WardBoard {
	s.T.Helper()
	wards, err := s.Hospital.Wards(s.T.Context(), hospital.System)
	if err != nil {
		s.T.Fatal(err)
	}
	for _, ward := range wards {
		if ward.Code == code {
			return s.Board(ward.ID)
		}
	}
	s.T.Fatalf("the demo hospital has no ward %s", code)
	return hospital.WardBoard{}
}

// TestEveryPageIsUsableByEveryoneOnEveryScreen looks at each page on a wall, a desk and a tablet, by
// day and by night, and with larger text.
func TestEveryPageIsUsableByEveryoneOnEveryScreen(t *testing.T) {
	s := dusangiretest.MustServeDemo(t)
	for _, sight := range sights(t, s) {
		t.Run(sight.name, func(t *testing.T) {
			t.Parallel()
			p := demoVisitorAs(t, s, sight.role)
			sight.show(p)
			p.bringAxe()
			wantNone := func(l look, found []string) {
				for _, barrier := range found {
					t.Errorf("%v: %s", l, barrier)
				}
			}
			for _, l := range looks() {
				p.have(l)
				p.photograph(sight.name, l)
				wantNone(l, p.foundByAxe(l.scheme))
				if l.scheme == "dark" {
					continue // only its colours are others
				}
				wantNone(l, p.wider())
				wantNone(l, p.illegible())
				if l.touch {
					wantNone(l, p.tooSmallToTouch())
				}
			}
			p.enlarge(120)
			for _, l := range looks()[:3] {
				p.have(l)
				wantNone(l, p.wider())
				wantNone(l, p.illegible())
			}
			p.enlarge(100)
			narrow, desk := look{"phone", 320, 640, true, "light"}, look{"desk", 1366, 768, false, "light"}
			p.have(narrow)
			p.photograph(sight.name, narrow)
			wantNone(narrow, p.wider())
			p.have(desk)
			wantNone(desk, p.outOfReachOfKeys())
		})
	}
}

// TestTheLooksAtPagesFindBarriers keeps the test above honest: in a page that is spoiled each of its looks finds something.
func TestTheLooksAtPagesFindBarriers(t *testing.T) {
	t.Parallel()
	s := dusangiretest.MustServe(t, nil)
	p := visitor(s)
	p.open("/login")
	p.bringAxe()
	for what, find := range map[string]func() []string{
		"axe":          func() []string { return p.foundByAxe("light") },
		"axe by night": func() []string { return p.foundByAxe("dark") },
		"width":        p.wider,
		"touch":        p.tooSmallToTouch,
		"keys":         p.outOfReachOfKeys,
		"words":        p.illegible,
	} {
		t.Run(what, func(t *testing.T) {
			p.have(look{"tablet", 820, 1180, true, "light"})
			if found := find(); len(found) > 0 {
				t.Errorf("in a good page it finds %q", found)
			}
			ask[chromedp.Void](p, `document.querySelector("main").insertAdjacentHTML("beforeend", '<div id="spoiled"><img src="/static/none.svg" hidden><button></button>' +
				'<a href="/" tabindex="-1">never reached</a><p>faint and cut</p></div>');
				document.getElementById("spoiled").style.minWidth = "9000px";
				Object.assign(document.querySelector("#spoiled p").style,
					{width: "2rem", overflow: "hidden", whiteSpace: "nowrap", color: "#777", background: "#888"})`)
			if found := find(); len(found) == 0 {
				t.Error("in a spoiled page it finds nothing")
			}
			ask[chromedp.Void](p, `document.getElementById("spoiled").remove()`)
		})
	}
	p.foresees("404")
}

// photograph writes what is on the screen into the folder screenshots when DUSANGIRE_SCREENSHOTS is set.
func (p *screen) photograph(name string, l look) {
	p.t.Helper()
	if os.Getenv("DUSANGIRE_SCREENSHOTS") == "" {
		return
	}
	folder := filepath.Join("..", "..", "..", "screenshots")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		p.t.Fatal(err)
	}
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatalf("photograph %s: %v", name, err)
	}
	if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%s-%s.png", name, l.name, l.scheme)), png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// bringAxe loads axe-core into the page, past the page's own policy.
func (p *screen) bringAxe() {
	p.t.Helper()
	source, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		p.t.Fatal(err)
	}
	ask[chromedp.Void](p, string(source)+";void 0")
}

// foundByAxe are the barriers that axe-core finds in the page. By night only the colours are others
// than by day.
func (p *screen) foundByAxe(scheme string) []string {
	p.t.Helper()
	rules := `["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]`
	if scheme == "dark" {
		rules = `{type: "rule", values: ["color-contrast"]}`
	}
	return ask[[]string](p, `axe.run(document, {
		resultTypes: ["violations"],
		runOnly: `+rules+`,
	}).then(({violations}) => violations.flatMap(({id, help, nodes}) =>
		nodes.map((n) => ["axe: " + id, help, n.html.slice(0, 150), n.failureSummary].join(" | "))))`)
}

// wider are the elements for which the page would have to be scrolled sideways.
func (p *screen) wider() []string {
	p.t.Helper()
	return ask[[]string](p, `document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
		.filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, nav")).slice(0, 3)
		.map((e) => "the page is " + document.documentElement.scrollWidth + " px wide: " + e.outerHTML.slice(0, 120))`)
}

// tooSmallToTouch are the controls of less than 44 px in either direction, but for links in running text. A tick is pressed by its label.
func (p *screen) tooSmallToTouch() []string {
	p.t.Helper()
	return ask[[]string](p, `[...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")].flatMap((e) => {
		if (!e.checkVisibility({visibilityProperty: true}) || e.matches(".skip")) return [];
		const inText = e.matches("p a") && e.closest("p").innerText.trim() !== e.innerText.trim();
		const {width, height} = (e.matches("[type=checkbox], [type=radio]") && e.closest("label") || e).getBoundingClientRect();
		return inText || width >= 44 && height >= 44 ? [] : ["too small for a finger, " + Math.round(width) + "×" + Math.round(height) + " px: " + e.outerHTML.slice(0, 120)];
	})`)
}

// outOfReachOfKeys presses Tab through the whole page and returns the controls that it does not lead
// to, and those that do not show that they have the focus. The page looks by itself at whatever has
// the focus: to be asked after each key would take twice as long as the keys do.
func (p *screen) outOfReachOfKeys() []string {
	p.t.Helper()
	stops := ask[int](p, `(() => {
		document.activeElement.blur();
		getSelection().collapse(document.body, 0);
		window.unseen = new Set();
		window.unreached = new Set([...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
			.filter((e) => e.checkVisibility({visibilityProperty: true}) && !e.disabled && (!document.querySelector(":modal") || e.closest(":modal")) && (e.type !== "radio" || e.checked)));
		document.addEventListener("focusin", () => {
			unreached.delete(document.activeElement);
			unseen.add(`+unseenFocus+`);
		});
		return unreached.size;
	})()`)
	keys := slices.Repeat([]chromedp.Action[chromedp.Void]{chromedp.KeyEvent(kb.Tab)}, 10)
	for pressed := 0; pressed < 4*stops+8; pressed += len(keys) { // a date has several stops
		p.do(keys...)
		if ask[int](p, `unreached.size`) == 0 {
			break
		}
	}
	return ask[[]string](p, `[...unseen].filter(Boolean)
		.map((e) => "has the focus and does not show it: " + e)
		.concat([...unreached].map((e) => "Tab does not lead to " + e.outerHTML.slice(0, 120)))`)
}

func TestAWardOf24BedsFitsOnAScreen(t *testing.T) {
	t.Parallel()
	s := dusangiretest.MustServeDemo(t)
	for machine, browser := range machines(t) {
		for _, code := range []string{"MED-A", "MED-B"} {
			t.Run(code+" on a machine "+machine, func(t *testing.T) {
				t.Parallel()
				ward := demoWard(s, code)
				if len(ward.Beds) != 24 {
					t.Fatalf("ward %s has %d beds, want 24", code, len(ward.Beds))
				}
				p := on(t, s, browser, hospital.MedicalStaff)
				p.openLive(dusangiretest.WardPath(ward))
				p.untilFaced()
				for _, l := range looks() {
					if l.touch {
						continue
					}
					p.have(l)
					p.wantAllBeds(l.String())
				}
				p.enlarge(120)
				p.have(looks()[0]) // nobody scrolls a wall
				p.wantAllBeds("on a wall, with larger text")
			})
		}
	}
}

// TestANoticeTakesNoBedOffTheWall, in no language and with no larger text, and no notice is cut.
func TestANoticeTakesNoBedOffTheWall(t *testing.T) {
	t.Parallel()
	s := dusangiretest.MustServeDemo(t)
	ward := demoWard(s, "MED-A")
	tellOfAFast(t, s, ward)
	for _, l := range text.Langs {
		p := newScreen(t, s.URL)
		p.useToken(s.Client().SignInAs(string(hospital.MedicalStaff), "dusangire").Token)
		p.prefer(l)
		p.have(looks()[0])
		p.openLive(dusangiretest.WardPath(ward))
		p.untilFaced()
		for _, percent := range []int64{100, 120} {
			p.enlarge(percent)
			where := fmt.Sprintf("in %s, text at %d %%", l, percent)
			p.until("a notice "+where, newsApart)
			p.wantAllBeds(where)
			if ask[bool](p, `(({ scrollHeight, clientHeight }) => scrollHeight > clientHeight + 1)(
				document.getElementById("news"))`) {
				t.Errorf("%s: the notice is cut", where)
			}
		}
	}
}

// tellOfAFast lets a ward hear that somebody's time without food is over.
func tellOfAFast(t *testing.T, s *dusangiretest.Server, ward hospital.WardBoard) {
	t.Helper()
	began := time.Now()
	for _, bed := range ward.Beds {
		if bed.Admission == nil {
			continue
		}
		_, err := s.Hospital.SetDiet(t.Context(), hospital.System, bed.Admission.AdmissionID,
			hospital.DietCommand{NilByMouth: &hospital.Window{From: began.Add(-2 * time.Hour),
				Until: began.Add(time.Second)}})
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatalf("nobody lies in %s", ward.Name)
}

// wantAllBeds fails the test for each bed of the board that is not in sight as a whole.
func (p *screen) wantAllBeds(where string) {
	p.t.Helper()
	if beyond := ask[[]string](p, `[...document.querySelectorAll(".board > li")].filter((e) => {
		const r = e.getBoundingClientRect();
		return r.top < 0 || r.bottom > innerHeight || r.left < 0 || r.right > innerWidth;
	}).map((e) => e.innerText)`); len(beyond) > 0 {
		p.t.Errorf("%s: %d beds are not in sight", where, len(beyond))
	}
	if cut := ask[[]string](p, `[...document.querySelectorAll(".board > li > a")]
		.filter((e) => e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1)
		.map((e) => e.innerText)`); len(cut) > 0 {
		p.t.Errorf("%s: these cards hold more than they show: %q", where, cut)
	}
}
