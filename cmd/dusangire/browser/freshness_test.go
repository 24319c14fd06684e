package browser_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/cmd/dusangire/internal/program"
	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// silence is the longest that a page may pass for live after its server fell silent, as
// docs/architecture.md#live-or-not says, and slack is what a busy machine may add before a test
// calls it broken.
const (
	silence = 6 * time.Second
	slack   = 4 * time.Second
)

// visitorOn opens a screen on the process for somebody of the role.
func visitorOn(s *dusangiretest.Process, role hospital.Role) *screen {
	s.T.Helper()
	p := newScreen(s.T, s.URL)
	p.useToken(s.SignIn(string(role)).Token)
	return p
}

func TestAPageIsNotLiveUntilItsSocketProvesIt(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 24, nil)
	p := visitorAs(s, hospital.MedicalStaff)
	p.disableScripts(true)
	p.open(dusangiretest.WardPath(board))
	p.until("the banner of a page without scripts", isBanner)
	p.untilSays(".banner", "Not live")
	p.wantPill("not-live")
	p.disableScripts(false)
	p.openLive(dusangiretest.WardPath(board))
	p.wantPill("live")
}

func (p *screen) disableScripts(disabled bool) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: disabled}); err != nil {
		p.t.Fatalf("switch scripts: %v", err)
	}
}

// wantPill says which of the words beside the clock must be the one that is seen.
func (p *screen) wantPill(class string) {
	p.t.Helper()
	got := ask[string](p, `[...document.querySelectorAll(".pill span")].filter((e) => getComputedStyle(e).visibility === "visible").map((e) => e.className).join()`)
	if got != class {
		p.t.Errorf("beside the clock stands %q, want %q", got, class)
	}
}

func TestAPageWithoutOneOfItsScriptsNeverCallsItselfLive(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 2, nil)
	scripts := []string{"app", "freshness", "page", "said", "begun", "panel", "fields", "htmx.min", "hx-ws.min"}
	for _, script := range scripts {
		t.Run(script, func(t *testing.T) {
			p := newScreen(t, s.URL)
			p.useToken(s.SignIn(hospital.MedicalStaff).Token)
			switch script {
			case "htmx.min":
				p.foresees("htmx is not defined")
			case "freshness", "page":
				p.foresees(script + " is not defined")
			case "app":
				p.permits("closed before the connection is established") // the first of two sockets, below
			case "begun":
				p.foresees("a script failed") // the panel's, which begins with what begun.js is to give it
			}
			p.block("*/static/" + script + ".*.js")
			p.open(dusangiretest.WardPath(board))
			p.until("the banner", isBanner)
			if script == "app" { // the extension connects, where it was there before htmx read the page, and shows what comes; nobody has judged it
				p.until("the extension", `window.htmx && document.readyState === "complete"`)
				ask[chromedp.Void](p, `htmx.process(document.getElementById("socket"), true)`)
				p.until("a frame to be shown", `document.getElementById("live").dataset.age > 0`)
			}
			if !ask[bool](p, isBanner) || ask[bool](p, `document.body.dataset.live === "yes"`) {
				t.Error("the page calls itself live without its script " + script)
			}
		})
	}
}

func TestAFrozenServerTurnsTheBannerOn(t *testing.T) {
	t.Parallel()
	beside, board, server, _ := dusangiretest.MustServeProcess(t, 24)
	whole, broken := visitorOn(server, hospital.MedicalStaff), visitorOn(server, hospital.WardManagement)
	whole.openLive(dusangiretest.WardPath(board))
	broken.openLive(dusangiretest.WardPath(board))
	ask[chromedp.Void](broken, `for (let id = setTimeout(() => {}); id > 0; id--) clearInterval(id)`) // nothing of its script runs by itself any more

	server.Signal(syscall.SIGSTOP)
	frozen := time.Now()
	for who, p := range map[string]*screen{"the page": whole, "the page whose script is dead": broken} {
		p.within(silence+slack, "the banner on "+who, isBanner)
		t.Logf("the banner stood on %s %v after the server froze", who, time.Since(frozen).Round(100*time.Millisecond))
	}
	whole.wantPill("not-live")
	broken.wantPill("not-live")

	// What happens while nobody can tell the page is shown when it is live again.
	bed := board.Beds[3]
	dusangiretest.SetBedStatus(t, beside, bed, hospital.BedMaintenance)
	server.Signal(syscall.SIGCONT)
	whole.untilLive()
	whole.untilSays(card(bed), "maintenance")
}

func TestAPageComesBackToLifeWithItsServer(t *testing.T) {
	t.Parallel()
	beside, board, server, again := dusangiretest.MustServeProcess(t, 24)
	p := visitorOn(server, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	p.mark()
	p.foresees("WebSocket connection to")
	p.foresees("htmx:ws:error")
	p.foresees("net::ERR_CONNECTION_REFUSED") // of the polls that it tries instead
	p.permits("answered with 503")            // of a poll over a connection that was open, while the server ends
	p.permits("status of 503")
	if code := server.End(syscall.SIGTERM); code != program.ExitOK {
		t.Errorf("the program ended with %d", code)
	}
	p.until("the banner", isBanner)
	p.wantPill("not-live")
	p.untilTold("htmx:ws:error")
	p.untilTold("net::ERR_CONNECTION_REFUSED")
	dusangiretest.SetBedStatus(t, beside, board.Beds[0], hospital.BedMaintenance)
	again()
	p.untilLive()
	p.untilSays(card(board.Beds[0]), "maintenance")
	p.wantSamePage()
}

func TestWhoIsSignedOutElsewhereSeesNoPatientAnyMore(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 2, nil)
	dusangiretest.Admit(t, s, "Uwase Marie", board.Beds[0])
	for how, end := range map[string]func(p *screen){
		"by signing out in another window": func(p *screen) {
			other := p.another()
			other.openLive("/")
			other.press(".tools .menu summary")
			other.follow(".sign-out")
		},
		"by the operator": func(*screen) {
			if err := s.Hospital.DisableUser(t.Context(), hospital.System, string(hospital.MedicalStaff)); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(how, func(t *testing.T) {
			if err := s.Hospital.EnableUser(t.Context(), hospital.System, string(hospital.MedicalStaff)); err != nil { // the other case may have been first
				t.Fatal(err)
			}
			p := newScreen(t, s.URL)
			p.useToken(s.SignIn(hospital.MedicalStaff).Token)
			p.permits("401") // of the bed, where the page asks for it before its socket has told
			p.openLive(dusangiretest.WardPath(board))
			p.openBed(board.Beds[0])
			end(p)
			p.untilSays("main", "You are signed out")
			if strings.Contains(ask[string](p, `document.documentElement.outerHTML`), "Uwase") {
				t.Error("the patient's name is still in the page")
			}
			p.follow("main a.button")
			p.untilSays("h1", "Sign in")
			ask[chromedp.Void](p, `history.back()`)
			p.until("the way back to lead to signing in", `document.readyState === "complete" && document.querySelector("h1")?.textContent === "Sign in"`)
			if strings.Contains(ask[string](p, `document.documentElement.outerHTML`), "Uwase") {
				t.Error("the patient's name comes back with the page before")
			}
		})
	}
}

func TestGoingBackShowsTheStateOfNow(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 24, nil)
	p := visitorAs(s, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	p.follow(`nav a[href="/dashboard/medical_staff/"]`)
	p.untilLive()
	dusangiretest.Admit(t, s, "Uwase Marie", board.Beds[0])
	p.untilSays("#metrics", "4.2")
	ask[chromedp.Void](p, `history.back()`)
	p.until("the ward again", `location.pathname === "`+dusangiretest.WardPath(board)+`"`)
	p.untilLive()
	p.untilSays(card(board.Beds[0]), "Uwase Marie")
	dusangiretest.SetBedStatus(t, s, board.Beds[1], hospital.BedMaintenance)
	p.untilSays(card(board.Beds[1]), "maintenance")
}

// setWindow minimizes the window of the page, or shows it again.
func (p *screen) setWindow(state browser.WindowState) {
	p.t.Helper()
	window, err := chromedp.Call(p.ctx, browser.GetWindowForTarget, browser.GetWindowForTargetParams{})
	if err == nil {
		_, err = chromedp.Call(p.ctx, browser.SetWindowBounds, browser.SetWindowBoundsParams{
			WindowID: window.WindowID, Bounds: &browser.Bounds{WindowState: state}})
	}
	if err != nil {
		p.t.Fatalf("make the window %s: %v", state, err)
	}
}

func TestAPageThatWasHiddenShowsTheStateOfNow(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 24, nil)
	p := visitorAs(s, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	p.mark()
	p.setWindow(browser.WindowStateMinimized)
	p.until("the page to be hidden", `document.hidden`)
	p.until("the page to know that nobody can tell it", `document.body.dataset.live === "no"`)
	dusangiretest.Admit(t, s, "Uwase Marie", board.Beds[0])
	p.setWindow(browser.WindowStateNormal)
	p.until("the page to be seen", `!document.hidden`)
	p.untilLive()
	p.untilSays(card(board.Beds[0]), "Uwase Marie")
	p.wantSamePage()
}

func TestABedThatChangesWhileItIsOpenIsShownAsItIsAndKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 24, nil)
	p := visitorAs(s, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	bed := board.Beds[6]
	p.openBed(bed)
	p.write("#admit-patient_name", "Mukamana Chantal")
	p.choose("#admit-diet", "renal")
	dusangiretest.SetBedStatus(t, s, bed, hospital.BedReserved)
	p.untilSays(".panel header", "reserved")
	p.untilSays("#said", "This bed has changed")
	if got := p.value("#admit-patient_name"); got != "Mukamana Chantal" {
		t.Errorf("the name that was typed is now %q", got)
	}
	if got := p.value("#admit-diet"); got != "renal" {
		t.Errorf("the diet that was chosen is now %q", got)
	}
	p.foresees("409")
	p.press("#sheet-admit .primary[class~=primary]")
	p.untilSays(".panel .refusal", "Available, now Reserved")
	p.wantValues(map[string]string{"#admit-patient_name": "Mukamana Chantal", "#admit-diet": "renal"})
	p.press("#sheet-admit .primary[class~=primary]")
	p.untilSays(card(bed), "Mukamana Chantal")
}

func TestAPageReloadsWhenABackupIsRestored(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 2, nil)
	p := visitorAs(s, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	p.mark()
	if _, err := hospitaltest.Database(t, s.Database).ExecContext(t.Context(), `UPDATE meta SET value = 'another life' WHERE name = 'epoch'`); err != nil {
		t.Fatal(err)
	}
	p.until("the page to be loaded anew", `!window.marked && document.body?.dataset.epoch === "another life"`)
	p.untilLive()
}
