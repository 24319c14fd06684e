package views_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/coder/websocket"

	"dusangire/hospital"
	"dusangire/hub/revision"
	"dusangire/static"
	"dusangire/views"
	"dusangire/views/text"
)

// What a page says of itself, as a person sees it.
const (
	pillSays    = `[...document.querySelectorAll(".pill span")].filter((e) => getComputedStyle(e).visibility === "visible").map((e) => e.textContent.trim()).join(" ")`
	bannerShows = `getComputedStyle(document.getElementById("banner")).visibility === "visible" && document.getElementById("banner").offsetHeight > 20`
	bannerSays  = `document.querySelector("#banner p").textContent.trim()`
	isLive      = `document.body.dataset.live === "yes"`
	isNotLive   = `document.body.dataset.live === "no"`
)

// openWard opens the sample ward in a new tab and returns the tab and the page's socket.
func openWard(t *testing.T, s *site) (context.Context, *websocket.Conn) {
	t.Helper()
	tab := newTab(t)
	look(t, tab, 1366, 768, "light")
	do(t, tab, chromedp.Navigate(s.URL+"/wards/2/"))
	return tab, s.nextSocket(t)
}

// beat sends a stamp each half second until stop is called.
func beat(t *testing.T, c *websocket.Conn, s revision.Freshness) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticks := time.NewTicker(500 * time.Millisecond)
		defer ticks.Stop()
		// A write that stop broke off would end the socket.
		for c.Write(t.Context(), websocket.MessageText, []byte(frame(t, text.En, s))) == nil {
			select {
			case <-ctx.Done():
				return
			case <-ticks.C:
			}
		}
	}()
	return func() { cancel(); <-done }
}

// waited is how long a page waited for something, by its own clock.
type waited struct {
	clock time.Duration
	// lived leaves out what a machine with other things to do kept the page waiting for its turn.
	lived time.Duration
}

// timeUntil is how long an expression takes to be true, from window.began on if that is set.
func timeUntil(t *testing.T, tab context.Context, expression string) waited {
	t.Helper()
	return timeUntilWithin(t, tab, 15*time.Second, expression)
}

// timeUntilWithin is the same, and limit or a little more where it does not become true.
func timeUntilWithin(
	t *testing.T, tab context.Context, limit time.Duration, expression string,
) waited {
	t.Helper()
	took := ask[[2]float64](t, tab, fmt.Sprintf(`new Promise((done) => {
		let now = performance.now(), lived = 0;
		const began = window.began ?? now;
		const look = () => {
			lived += Math.min(performance.now() - now, 100);
			now = performance.now();
			if ((%s) || now - began > %d) done([now - began, lived]);
			else setTimeout(look, 20);
		};
		look();
	})`, expression, limit.Milliseconds()))
	return waited{
		clock: time.Duration(took[0] * float64(time.Millisecond)),
		lived: time.Duration(took[1] * float64(time.Millisecond)),
	}
}

// beginWhenLive lets timeUntil count from when the page becomes live.
const beginWhenLive = `(() => {
	const watch = new MutationObserver(() => { if (` + isLive + `) window.began ??= performance.now(); });
	watch.observe(document.body, { attributes: true });
	return true;
})()`

func TestAPageIsBornNotLiveAndSaysSoWithoutAScript(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab := newTab(t)
	if _, err := chromedp.Call(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	do(t, tab, chromedp.Navigate(site.URL+"/wards/2/"), chromedp.WaitVisible(chromedp.ID("banner")))
	if _, err := chromedp.Call(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{}); err != nil {
		t.Fatal(err)
	}
	if got := ask[string](t, tab, bannerSays); got != "Not live. Showing the state of 14:32:05." {
		t.Errorf("the banner says %q", got)
	}
	if got := ask[string](t, tab, pillSays); got != "Not live" {
		t.Errorf("the pill says %q", got)
	}
}

func TestAPageIsLiveOnlyAfterAFreshStampFromTheSocket(t *testing.T) {
	t.Parallel()
	good := stampOf("ward:2=118")
	for _, c := range []struct {
		what  string
		stamp revision.Freshness
		live  bool
	}{
		{"a fresh stamp", good, true},
		{"a stamp that says that something newer exists", revision.Freshness{Shown: good.Shown, Current: labelled("ward:2=119"), DatabaseOK: true, At: now}, false},
		{"a stamp of an old look at the database", revision.Freshness{Shown: good.Shown, Current: good.Current, Age: 4 * time.Second, DatabaseOK: true, At: now}, false},
		{"a stamp that says that the database is down", revision.Freshness{Shown: good.Shown, Current: good.Current, At: now}, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			site := newSite(t)
			tab, socket := openWard(t, site)
			if ask[bool](t, tab, isLive) {
				t.Error("the page is live before any stamp came")
			}
			c.stamp.At = now.Add(time.Minute)
			send(t, socket, frame(t, text.En, c.stamp))
			until(t, tab, "the stamp to be on the screen", `document.getElementById("live").textContent === "14:33:05"`)
			until(t, tab, "the script to have judged it", fmt.Sprintf(`%v === (document.body.dataset.live === "yes")`, c.live))
			if c.live {
				if got := ask[string](t, tab, pillSays); got != "Live" {
					t.Errorf("the pill says %q", got)
				}
				return
			}
			until(t, tab, "the banner", bannerShows)
		})
	}
}

// On a first visit over a slow line the supervisor may be the last script to come. The others wait for it, so that it sees every socket.
func TestAPageWhoseSupervisorComesLateIsLiveAtOnce(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	rest := make(chan struct{})
	site.answer("GET "+static.Path("app.js"), func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-rest:
		case <-r.Context().Done():
		}
		static.Handler().ServeHTTP(w, r)
	})
	site.answer("GET "+static.Path("vendor/hx-ws.min.js"), func(w http.ResponseWriter, r *http.Request) {
		static.Handler().ServeHTTP(w, r)
		close(rest)
	})
	tab, socket := openWard(t, site)
	send(t, socket, frame(t, text.En, stampOf("ward:2=118")))
	if waited := timeUntil(t, tab, isLive).lived; waited > 3*time.Second {
		t.Errorf("the page was live %v after its supervisor came, want at once", waited)
	}
}

func TestALivePageWithoutStampsSaysSoWithinSixSeconds(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab, socket := openWard(t, site)
	ask[bool](t, tab, beginWhenLive)
	send(t, socket, frame(t, text.En, stampOf("ward:2=118")))
	until(t, tab, "the page to be live", isLive)
	waited := timeUntil(t, tab, bannerShows)
	if waited.clock < 4*time.Second || waited.lived > 6500*time.Millisecond {
		t.Errorf("the banner came after %v, want about 6 s", waited)
	}
	if got := ask[string](t, tab, bannerSays); got != "Not live. Showing the state of 14:32:05." {
		t.Errorf("the banner says %q", got)
	}
	site.nextSocket(t) // the silent connection was replaced
}

func TestTheStyleSheetAloneSaysNotLiveWhenTheScriptIsDead(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab, socket := openWard(t, site)
	send(t, socket, frame(t, text.En, stampOf("ward:2=118")))
	until(t, tab, "the page to be live", isLive)
	// the script's timers die, the word that it wrote stays
	ask[bool](t, tab, `(() => { for (let i = setInterval(() => {}, 1e6); i > 0; i--) clearInterval(i); return true; })()`)
	until(t, tab, "the banner", bannerShows)
	if !ask[bool](t, tab, isLive) {
		t.Error("the script took the word back, so this proves nothing")
	}
	if got := ask[string](t, tab, pillSays); got != "Not live" {
		t.Errorf("the pill says %q", got)
	}
}

func TestAPageThatTrailsForTwoSecondsIsNotLive(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab, socket := openWard(t, site)
	send(t, socket, frame(t, text.En, stampOf("ward:2=118")))
	until(t, tab, "the page to be live", isLive)
	trailing := stampOf("ward:2=118")
	trailing.Current = labelled("ward:2=119")
	ask[float64](t, tab, `window.began = performance.now()`)
	defer beat(t, socket, trailing)()
	waited := timeUntil(t, tab, isNotLive)
	if waited.clock < 1500*time.Millisecond || waited.lived > 5*time.Second {
		t.Errorf("the page gave up being live after %v, want a little over 2 s", waited)
	}
}

// On a line that is slower than what is sent, frames queue: they come without a pause, and each is older than the one before was.
func TestAPageWhoseFramesQueueSaysSoAndTakesANewSocket(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab, socket := openWard(t, site)
	queued := stampOf("ward:2=118")
	queued.Sent = time.Since(began)
	ask[bool](t, tab, beginWhenLive)
	defer beat(t, socket, queued)()
	until(t, tab, "the page to be live or to have been", "window.began > 0")
	waited := timeUntil(t, tab, isNotLive)
	if waited.clock < 2*time.Second || waited.lived > 5*time.Second {
		t.Errorf("the page gave up being live after %v, want about 4 s", waited)
	}
	again := site.nextSocket(t)
	defer beat(t, again, stampOf("ward:2=119"))()
	until(t, tab, "the page to be live again", isLive)
}

func TestAnotherEpochReloadsThePage(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab, socket := openWard(t, site)
	ask[bool](t, tab, `window.before = true`)
	other := stampOf("ward:2=1")
	other.Current.Epoch = "restored"
	send(t, socket, frame(t, text.En, other))
	site.nextSocket(t)
	until(t, tab, "a new page", `!window.before`)
}

func TestAnOlderFrameIsNotShownAndAFullOneIsFetched(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab, socket := openWard(t, site)
	send(t, socket, frame(t, text.En, stampOf("ward:2=120")))
	until(t, tab, "the page to be live", isLive)
	board := sampleBoard()
	board.Beds[0].Admission.PatientName = "Who Left Long Ago"
	send(t, socket, frame(t, text.En, stampOf("ward:2=119"), views.BedRegion(board.Beds[0])))
	until(t, tab, "the page not to be live", isNotLive)
	again := site.nextSocket(t)
	if ask[bool](t, tab, `document.body.textContent.includes("Who Left Long Ago")`) {
		t.Error("an older frame was shown")
	}
	send(t, again, frame(t, text.En, stampOf("ward:2=121")))
	until(t, tab, "the page to be live again", isLive)
}

// Nothing that comes after what the page has missed makes it live again, but a new socket, which begins with everything.
func TestAFrameThatCannotBeShownEndsTheTrustInItsSocket(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab, socket := openWard(t, site)
	for what, missed := range map[string]string{
		"a step from an item that the page lacks": `<hx-partial hx-target="#ticket-9" hx-swap="afterend"><li id="ticket-10"></li></hx-partial>`,
		"the removal of one":                      `<hx-partial hx-target="#ticket-9" hx-swap="delete"></hx-partial>`,
		"what htmx can't show":                    `<hx-partial hx-target="##" hx-swap="outerMorph"><p></p></hx-partial>`,
	} {
		send(t, socket, frame(t, text.En, stampOf("ward:2=118")))
		until(t, tab, "the page to be live", isLive)
		defer beat(t, socket, stampOf("ward:2=118"))()
		send(t, socket, missed+frame(t, text.En, stampOf("ward:2=118")))
		until(t, tab, "the page not to be live after "+what, isNotLive)
		socket = site.nextSocket(t)
		if ask[bool](t, tab, isLive) {
			t.Errorf("after %s, the page is live before its new socket has brought anything", what)
		}
	}
	// A region as a whole may be of another page.
	other := `<hx-partial hx-target="#bed-999" hx-swap="outerMorph"><li id="bed-999"></li></hx-partial>`
	send(t, socket, other+frame(t, text.En, stampOf("ward:2=118")))
	until(t, tab, "the page to be live again", isLive)
}

func TestWhoMayNotBeHereSeesNoPatient(t *testing.T) {
	t.Parallel()
	for code, heading := range map[websocket.StatusCode]string{
		4401: "You are signed out", 4403: "You may no longer see this page", 4404: "You may no longer see this page",
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			site := newSite(t)
			site.answer("GET /wards/2/", func(w http.ResponseWriter, _ *http.Request) {
				page, news := wardPage(), sampleNews()
				page.News = &news
				fmt.Fprint(w, draw(t, text.En, views.WardPage(page, sampleBoard(), nil)))
			})
			tab, socket := openWard(t, site)
			send(t, socket, frame(t, text.En, stampOf("ward:2=118")))
			until(t, tab, "the page to be live", isLive+` && !!document.querySelector("#news details")`)
			socket.Close(code, "")
			until(t, tab, "the notice", fmt.Sprintf(`document.querySelector("main h1").textContent === %q`, heading))
			if ask[bool](t, tab, `document.documentElement.outerHTML.includes("Mukamana") || !!document.getElementById("news")`) {
				t.Error("patients, or what was told of them, are still on the page")
			}
			select {
			case <-site.sockets:
				t.Error("the page connected again")
			case <-time.After(1500 * time.Millisecond):
			}
		})
	}
}

func TestAPageComesBackAfterEveryOtherClose(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab, socket := openWard(t, site)
	const cut = 1006 // is told by no one: the connection ends
	for _, code := range []websocket.StatusCode{1012, 1013, 1008, 1000, 1001, 1009, 1011, cut, 3000} {
		send(t, socket, frame(t, text.En, stampOf("ward:2=118")))
		until(t, tab, "the page to be live", isLive)
		if code == cut {
			socket.CloseNow()
		} else {
			socket.Close(code, "")
		}
		until(t, tab, fmt.Sprintf("the page not to be live after %d", code), isNotLive)
		socket = site.nextSocket(t)
	}
}

func TestAHangingConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	var asked atomic.Int32
	site.answer("GET /ws/ward/2/", func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 1 {
			<-r.Context().Done() // accepts the connection and never answers
			return
		}
		site.socket(w, r)
	})
	tab := newTab(t)
	do(t, tab, chromedp.Navigate(site.URL+"/wards/2/"))
	began := time.Now()
	send(t, site.nextSocket(t), frame(t, text.En, stampOf("ward:2=118")))
	until(t, tab, "the page to be live", isLive)
	if waited := time.Since(began); waited < 7*time.Second {
		t.Errorf("the connection was replaced after %v, before its 8 s", waited)
	}
}

func TestAFrameChangesTheBedAndKeepsTheFocus(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab, socket := openWard(t, site)
	send(t, socket, frame(t, text.En, stampOf("ward:2=118")))
	until(t, tab, "the page to be live", isLive)
	do(t, tab, chromedp.Focus(chromedp.CSS("#bed-4 a")))
	board := sampleBoard()
	board.Beds[3] = sampleBed(board.Ward, 4, hospital.BedOccupied)
	board.Counts.Available, board.Counts.Occupied = 2, 18
	for _, r := range views.WardRegions(board) {
		send(t, socket, frame(t, text.En, stampOf("ward:2=119"), r))
	}
	until(t, tab, "the patient on the card", `document.querySelector("#bed-4 strong")?.textContent === "Umutoni Aline"`)
	if got := ask[string](t, tab, `document.activeElement.closest("li")?.id ?? document.activeElement.tagName`); got != "bed-4" {
		t.Errorf("the focus went to %s", got)
	}
	if got := ask[string](t, tab, `document.querySelector("#counts td:nth-child(3)").textContent`); got != "18" {
		t.Errorf("%s beds are counted as occupied, want 18", got)
	}
}

// press sends a key to the page.
func press(t *testing.T, tab context.Context, key string) {
	t.Helper()
	do(t, tab, chromedp.KeyEvent(key))
}

func TestABedOpensBesideTheBoardByKeyboardAndClosesWithEscape(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	site.keepLive()
	tab := newTab(t)
	look(t, tab, 1366, 768, "light")
	do(t, tab, chromedp.Navigate(site.URL+"/wards/2/"), chromedp.Focus(chromedp.CSS("#bed-5 a")))
	press(t, tab, kb.Enter)
	until(t, tab, "the panel with the focus on its heading", `document.activeElement.id === "panel-title" && document.activeElement.textContent === "MED-A-05"`)
	if got := ask[string](t, tab, `document.querySelector("[aria-current=true]").closest("li").id`); got != "bed-5" {
		t.Errorf("the board shows %s as open", got)
	}
	if got := ask[string](t, tab, `location.pathname`); got != "/beds/5/" {
		t.Errorf("the open bed's address is %s", got)
	}
	press(t, tab, kb.Escape)
	until(t, tab, "the focus to be back on the card", `document.activeElement.closest("li")?.id === "bed-5" && !document.querySelector(".panel")`)
	if got := ask[string](t, tab, `location.pathname`); got != "/wards/2/" {
		t.Errorf("the address of the ward is %s once the bed is closed", got)
	}
}

func TestAFrameLeavesTheMarkOfTheOpenBedAndChangesEveryOther(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab, socket := openWard(t, site)
	openBed(t, tab, 5)
	board := sampleBoard()
	board.Beds[4].Admission.PatientName = "Someone Else"
	send(t, socket, frame(t, text.En, stampOf("ward:2=119"), views.BedRegion(board.Beds[4])))
	until(t, tab, "the frame", `document.querySelector("#bed-5 strong").textContent === "Someone Else"`)
	if got := ask[string](t, tab, `document.querySelector("[aria-current=true]")?.closest("li").id || "none"`); got != "bed-5" {
		t.Errorf("the board shows %s as open", got)
	}
	// What an order's progress marks as the present step moves with the order.
	ask[bool](t, tab, `(document.querySelector("main").insertAdjacentHTML("beforeend", '<ol id="way"><li aria-current="step">Pending</li><li aria-current="false">Confirmed</li></ol>'), true)`)
	way := views.Region{ID: "way", Component: templ.Raw(`<ol id="way"><li aria-current="false">Pending</li><li aria-current="step">Confirmed</li></ol>`)}
	send(t, socket, frame(t, text.En, stampOf("ward:2=120"), way))
	until(t, tab, "the mark on the next step", `document.querySelector("#way [aria-current=step]").textContent === "Confirmed"`)
}

// openBed opens a bed of the board in its panel.
func openBed(t *testing.T, tab context.Context, id int) {
	t.Helper()
	clickOn(t, tab, fmt.Sprintf("#bed-%d a", id))
	until(t, tab, "the panel", fmt.Sprintf(`document.querySelector(".panel")?.dataset.bed === "%d"`, id))
}

func TestACommandThatSucceedsSaysSavedAndShowsTheNewState(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab, _ := openWard(t, site)
	var sent atomic.Value
	site.answer("POST /beds/9/status", func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		sent.Store(r.Form.Get("status") + " " + r.Form.Get("version") + " " + r.Header.Get("HX-Request"))
		cleaned := sampleBed(sampleWards()[1], 9, hospital.BedAvailable)
		site.answer("GET /beds/9/", panelOf(t, cleaned, 200, views.Form{}))
		w.WriteHeader(http.StatusNoContent)
	})
	openBed(t, tab, 9)
	clickOn(t, tab, `#panel button[value="available"]`)
	until(t, tab, "the word Saved",
		`document.getElementById("said").textContent === "Saved: MED-A-09."`)
	until(t, tab, "the new state", `document.querySelector(".panel .badge").textContent === "Available"`)
	if got := sent.Load(); got != "available 19 true" {
		t.Errorf("the server was sent %q", got)
	}
}

func TestACommandWhoseBedWasLeftStillSaysWhatCameOfIt(t *testing.T) {
	t.Parallel()
	for status, sentence := range map[int]string{http.StatusNoContent: "Saved: MED-A-09.",
		http.StatusConflict: "Not done. The server refused it."} {
		site := newSite(t)
		tab, _ := openWard(t, site)
		began, answer := make(chan struct{}), make(chan struct{})
		site.answer("POST /beds/9/status", func(w http.ResponseWriter, r *http.Request) {
			close(began)
			select {
			case <-answer:
			case <-r.Context().Done(): // else the site of a test that failed would wait for ever
			}
			panelOf(t, sampleBed(sampleWards()[1], 9, hospital.BedCleaning), status, views.Form{})(w, r)
		})
		openBed(t, tab, 9)
		clickOn(t, tab, `#panel button[value="available"]`)
		untilCame(t, "the command", began)
		openBed(t, tab, 5)
		close(answer)
		until(t, tab, "the sentence", fmt.Sprintf(`document.getElementById("said").textContent === %q`, sentence))
		if got := ask[string](t, tab, `document.querySelector(".panel").dataset.bed`); got != "5" {
			t.Errorf("after status %d the panel shows bed %s", status, got)
		}
	}
}

// panelOf answers with a bed's panel.
func panelOf(t *testing.T, b hospital.BoardBed, status int, f views.Form) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		if status == http.StatusNoContent {
			return
		}
		fmt.Fprint(w, draw(t, text.En, views.BedPanel(*viewer(hospital.Admin), detail(b), f)))
	}
}

func TestARefusedCommandSaysWhyAtTheFieldAndKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab, _ := openWard(t, site)
	site.answer("POST /admissions", func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		panelOf(t, sampleBed(sampleWards()[1], 11, hospital.BedAvailable), http.StatusUnprocessableEntity, views.Form{
			Name: views.FormAdmit, Values: r.Form, Problem: "Some fields need another look.", Errors: map[string]string{"birth_date": "It lies in the future."},
		})(w, r)
	})
	openBed(t, tab, 11)
	openSheet(t, tab, "sheet-admit")
	do(t, tab, chromedp.SendKeys(chromedp.ID("admit-patient_name"), "Uwera Grâce"))
	clickOn(t, tab, `#sheet-admit form[action="/admissions"] button.primary`)
	until(t, tab, "the focus on the sentence that leads to the field", `document.activeElement.matches(".panel .alert a[href='#admit-birth_date']")`)
	if got := ask[string](t, tab, `document.getElementById("admit-patient_name").value + "|" + document.getElementById("admit-birth_date-error").textContent + document.querySelector("[aria-invalid]").id`); got != "Uwera Grâce|It lies in the future.admit-birth_date" {
		t.Errorf("the form shows %q", got)
	}
}

func TestACommandWithoutAnAnswerIsNotCalledSaved(t *testing.T) {
	t.Parallel()
	for what, answer := range map[string]http.HandlerFunc{
		"a server that fails":    func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "broken", http.StatusInternalServerError) },
		"a connection that dies": func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			site := newSite(t)
			tab, _ := openWard(t, site)
			site.answer("POST /beds/9/status", answer)
			openBed(t, tab, 9)
			do(t, tab, chromedp.SendKeys(chromedp.ID("status-reason"), "typed"))
			clickOn(t, tab, `#panel button[value="available"]`)
			until(t, tab, "the alert", `document.querySelector(".panel [role=alert]")?.textContent.startsWith("No answer from the hospital")`)
			if got := ask[string](t, tab, `document.getElementById("status-reason").value + document.getElementById("said").textContent`); got != "typed" {
				t.Errorf("the form and the status line say %q", got)
			}
		})
	}
}

func TestASignedOutCommandHidesThePatients(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab, _ := openWard(t, site)
	site.answer("POST /beds/9/status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	openBed(t, tab, 9)
	clickOn(t, tab, `#panel button[value="available"]`)
	until(t, tab, "the notice", `document.querySelector("main h1").textContent === "You are signed out"`)
}

// openSheet opens a form of the panel by keyboard, which hits it wherever it stands by then, and waits until it can be typed into.
func openSheet(t *testing.T, tab context.Context, id string) {
	t.Helper()
	do(t, tab, chromedp.SendKeys(chromedp.CSS("#"+id+" summary"), kb.Enter))
	until(t, tab, "the open form", `document.querySelector("#`+id+` input:not([type=hidden])").getClientRects().length > 0`)
}

func TestAnOpenPanelFollowsItsBedAndKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab, socket := openWard(t, site)
	stop := beat(t, socket, stampOf("ward:2=118")) // else the page takes another after ten seconds
	openBed(t, tab, 11)
	openSheet(t, tab, "sheet-admit")
	do(t, tab, chromedp.SendKeys(chromedp.ID("admit-patient_name"), "Uwera Grâce"))
	reserved := sampleBed(sampleWards()[1], 11, hospital.BedReserved)
	reserved.Version++
	site.answer("GET /beds/11/", panelOf(t, reserved, 200, views.Form{}))
	stop()
	send(t, socket, frame(t, text.En, stampOf("ward:2=119"), views.BedRegion(reserved)))
	until(t, tab, "the panel with the new state", `document.querySelector(".panel .badge").textContent === "Reserved"`)
	if got := ask[string](t, tab, `document.getElementById("admit-patient_name").value + document.activeElement.id`); got != "Uwera Grâceadmit-patient_name" {
		t.Errorf("what was typed and where became %q", got)
	}
	if got := ask[string](t, tab, `document.querySelector('.panel form[action$="/status"] [name=version]').value`); got != "22" {
		t.Errorf("the form would send version %s, want 22", got)
	}
}

func TestAPanelThatCantFollowItsBedSaysSo(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab, socket := openWard(t, site)
	stop := beat(t, socket, stampOf("ward:2=118"))
	openBed(t, tab, 11)
	site.answer("GET /beds/11/", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "broken", http.StatusInternalServerError) })
	taken := sampleBed(sampleWards()[1], 11, hospital.BedOccupied)
	taken.Version++
	stop()
	send(t, socket, frame(t, text.En, stampOf("ward:2=119"), views.BedRegion(taken)))
	until(t, tab, "the alert", `document.querySelector(".panel [role=alert]")?.textContent.startsWith("This bed has changed since")`)
}

func TestABedThatCantBeFetchedLeavesTheBoardWhereItIs(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab, _ := openWard(t, site)
	site.answer("GET /beds/5/", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	clickOn(t, tab, "#bed-5 a")
	until(t, tab, "the sentence", `document.getElementById("said").textContent.startsWith("The hospital’s server can’t be reached")`)
	if got := ask[string](t, tab, `location.pathname + document.querySelectorAll(".bed").length`); got != "/wards/2/24" {
		t.Errorf("the page is %s", got)
	}
}

func TestWhoWasHereBeforeIsAdmittedUnderTheirNumberAlone(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab, _ := openWard(t, site)
	free := sampleBed(sampleWards()[1], 11, hospital.BedAvailable)
	var sent atomic.Value
	site.answer("POST /beds/11/patients", func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		panelOf(t, free, 200, views.Form{Query: r.Form.Get("q"), Known: []hospital.Patient{{ID: 8, Name: "Uwera Grâce"}}})(w, r)
	})
	site.answer("POST /admissions", func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		sent.Store(fmt.Sprint(r.Form["patient_id"], r.Form["patient_name"], r.Form["birth_date"], r.Form["bed_id"]))
		w.WriteHeader(http.StatusNoContent)
	})
	openBed(t, tab, 11)
	openSheet(t, tab, "sheet-admit")
	do(t, tab, chromedp.SendKeys(chromedp.ID("admit-patient_name"), "Uwe"),
		chromedp.SendKeys(chromedp.ID("find-q"), "Uwe"+kb.Enter))
	until(t, tab, "the patients found", `!!document.querySelector(".known [value='8']")`)
	clickOn(t, tab, ".known [value='8']")
	do(t, tab, chromedp.WaitNotVisible(chromedp.ID("admit-patient_name")))
	clickOn(t, tab, `#sheet-admit form[action="/admissions"] button.primary`)
	until(t, tab, "the word of it",
		`document.getElementById("said").textContent === "Admitted to MED-A-11: Uwera Grâce."`)
	if got := sent.Load(); got != "[8] [] [] [11]" {
		t.Errorf("the server was sent %v", got)
	}
}

// screens are pages that people see, by their paths on the sample site.
var screens = []string{
	"/login", "/dashboard/medical_staff/", "/dashboard/ward_management/", "/dashboard/kitchen/",
	views.HousekeepingPath, "/wards/2/", "/wards/2/admit", "/beds/5/", "/admissions/71/", "/users/",
	"/problem", "/gallery",
}

func TestThePagesBreakNoRuleOfThePolicy(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	site.keepLive()
	tab := newTab(t)
	look(t, tab, 1366, 768, "light")
	messages := make(chan string, 100)
	ctx, stop := context.WithCancel(tab)
	defer stop()
	console := chromedp.Console(ctx)
	go func() {
		defer close(messages)
		for m, err := range console {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == "error" || m.Type == "warning" {
				messages <- m.String()
			}
		}
	}()
	for _, path := range screens {
		do(t, tab, chromedp.Navigate(site.URL+path))
		if ask[bool](t, tab, `"live" in document.body.dataset`) {
			until(t, tab, path+" to be live", isLive)
		}
	}
	do(t, tab, chromedp.Navigate(site.URL+"/wards/2/"))
	openBed(t, tab, 9)
	clickOn(t, tab, `#panel summary`)
	stop()
	for m := range messages {
		t.Errorf("the browser says %s", m)
	}
}

func TestAPageWhoseMachineSleptTakesANewSocket(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab, socket := openWard(t, site)
	defer beat(t, socket, stampOf("ward:2=118"))()
	until(t, tab, "the page to be live", isLive)
	ask[bool](t, tab, `(() => { const now = Date.now; Date.now = () => now() + 3_000; return true; })()`)
	site.nextSocket(t)
	if ask[bool](t, tab, isLive) {
		t.Error("the page is live before its new socket has brought anything")
	}
	const hatched = `getComputedStyle(document.querySelector(".vital"), "::after").visibility === "visible"`
	if ask[bool](t, tab, hatched) {
		t.Error("after a nap people are warned of diets and allergies already")
	}
	// What the page's own clock has missed counts too, where the machine sleeps on and nothing comes.
	ask[bool](t, tab, `(() => { const now = Date.now; Date.now = () => now() + 60_000; return true; })()`)
	again := site.nextSocket(t)
	if !ask[bool](t, tab, hatched) {
		t.Error("after more than a minute of sleep nobody is warned of diets and allergies")
	}
	send(t, again, frame(t, text.En, stampOf("ward:2=118")))
	until(t, tab, "the page to be live again", isLive+" && !("+hatched+")")
}

// No page is kept for going back to, since none may be stored; should a browser keep one all the same, it is loaded anew.
func TestAPageThatABrowserHadKeptIsLoadedAnew(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab, socket := openWard(t, site)
	send(t, socket, frame(t, text.En, stampOf("ward:2=118")))
	until(t, tab, "the page to be live", isLive)
	ask[bool](t, tab, `window.before = dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))`)
	site.nextSocket(t)
	until(t, tab, "a new page", `!window.before`)
}

// inDoubt asks of the elements that tell diets and allergies which are hatched, and lets their animations' clock stand at a time.
const inDoubt = `(() => {
	const waiting = document.getAnimations().filter((a) => a.effect.pseudoElement === "::after" && a.effect.target.matches(".vital"));
	for (const a of waiting) { a.pause(); a.currentTime = %d; }
	const hatched = (e) => getComputedStyle(e, "::after").visibility === "visible";
	const vital = [...document.querySelectorAll(".vital")];
	return [waiting.length, vital.length, vital.filter(hatched).length].join();
})()`

// A minute is long enough for an allergy to be found and for a diet to change.
func TestAMinuteAfterTheLastStampNobodyIsToRelyOnDietsAndAllergies(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab, socket := openWard(t, site)
	send(t, socket, frame(t, text.En, stampOf("ward:2=118")))
	until(t, tab, "the page to be live", isLive)
	occupied := ask[int](t, tab, `document.querySelectorAll(".bed.occupied").length`)
	all := func(at time.Duration, hatched int) {
		t.Helper()
		if got, want := ask[string](t, tab, fmt.Sprintf(inDoubt, at.Milliseconds())), fmt.Sprintf("%d,%[1]d,%d", occupied, hatched); got != want || occupied == 0 {
			t.Errorf("after %v: of so many marks wait, are there and are hatched: %s, want %s", at, got, want)
		}
	}
	// Should the script die now, the style sheet counts the minute by itself.
	all(58*time.Second, 0)
	all(60*time.Second, occupied)
	until(t, tab, "the script to say that the page is not live", isNotLive)
	all(53*time.Second, 0)
	all(54*time.Second, occupied)

	do(t, tab, chromedp.Navigate(site.URL+"/wards/2/"))
	again := site.nextSocket(t)
	defer beat(t, again, stampOf("ward:2=118"))()
	until(t, tab, "the page to be live", isLive)
	if got := ask[bool](t, tab, `getComputedStyle(document.querySelector(".vital"), "::after").visibility === "visible"`); got {
		t.Error("marks of a live page are hatched")
	}
}

// Only who may read the wards has a chart to look into; the others ask the ward.
func TestWhoIsInDoubtIsToldWhatTheyCanDo(t *testing.T) {
	for role, want := range map[hospital.Role]string{
		hospital.MedicalStaff: "Look into the chart.", hospital.WardManagement: "Look into the chart.",
		hospital.KitchenStaff: "Ask the ward.", hospital.Customer: "Ask the ward.",
	} {
		page := wardPage()
		page.Viewer = viewer(role)
		if got := draw(t, text.En, views.WardPage(page, sampleBoard(), nil)); !strings.Contains(got, `<p class="doubt">Diets and allergies may have changed since. `+want) {
			t.Errorf("in doubt, %s is not told: %s", role, want)
		}
	}
}
