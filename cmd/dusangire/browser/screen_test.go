package browser_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
	"dusangire/views/browsertest"
)

// The tests in this package look at the program as people do, through Chromium. All share one
// browser process; each person has a profile of their own in it. What a page complains of by itself,
// be it a script's error, a line on the console, a failed request or one to another site, fails the
// test that it happens in.
//
// They run beside each other, but for those few that look at who has the focus or how things move.

// oldBrowser is the environment variable that names another Chromium for these tests, such as the
// oldest one meant. docs/deploy.md#browsers says where it is to be had.
const oldBrowser = "DUSANGIRE_OLD_BROWSER"

// endBrowser is set by the one start of the browser.
var endBrowser = func() {}

// theBrowser starts Chromium when it is first asked for.
var theBrowser = sync.OnceValues(func() (context.Context, error) {
	ctx, end, err := startBrowser()
	endBrowser = end
	return ctx, err
})

// startBrowser starts Chromium, which trusts the tests' certificates. The caller ends it, even where
// it did not start.
func startBrowser(more ...chromedp.ExecAllocatorOption) (context.Context, func(), error) {
	options := []chromedp.ExecAllocatorOption{chromedp.Flag("ignore-certificate-errors-spki-list",
		dusangiretest.CertificateKey().Fingerprint)}
	if path := os.Getenv(oldBrowser); path != "" {
		options = append(options, chromedp.ExecPath(path))
	}
	return browsertest.Start(append(options, more...)...)
}

// screen is one page in front of somebody.
type screen struct {
	t   testing.TB
	ctx context.Context
	url string // of the server that it shows
	// close tells what went wrong and closes the page; the end of the test does so too.
	close func()

	mu       sync.Mutex
	mishaps  []string                     // what went wrong in the page, in order
	requests []string                     // the URLs of all requests and sockets
	foreseen []string                     // parts of mishaps that the test causes
	possible []string                     // parts of those that may come, or may not
	commands map[network.RequestID]string // the URLs of POSTs
	answered []string                     // those that the server answered, in that order
}

// visitor opens a screen in a profile of its own; nobody is signed in.
func visitor(s *dusangiretest.Server) *screen { return newScreen(s.T, s.URL) }

func newScreen(t testing.TB, url string) *screen {
	t.Helper()
	browser, err := theBrowser()
	if err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	return openScreen(t, url, browser, chromedp.WithNewBrowserContext())
}

// another opens one more screen for the same person, in a window of its own.
func (p *screen) another() *screen {
	p.t.Helper()
	return openScreen(p.t, p.url, p.ctx)
}

// openScreen opens a page and sees to it that what goes wrong in it is told when the test ends.
func openScreen(t testing.TB, url string, parent context.Context, options ...chromedp.ContextOption) *screen {
	t.Helper()
	p := &screen{t: t, url: url, commands: map[network.RequestID]string{}}
	ctx, closePage := chromedp.NewContext(parent, append(options, chromedp.WithListener(p.hear))...)
	p.ctx = ctx
	p.close = sync.OnceFunc(func() {
		p.tell()
		closePage()
	})
	t.Cleanup(p.close)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("open a page: %v", err)
	}
	p.resize(1366, 768)
	return p
}

// visitorAs opens a screen for somebody of the role who has signed in.
func visitorAs(s *dusangiretest.Server, role hospital.Role) *screen {
	s.T.Helper()
	p := visitor(s)
	p.useToken(s.SignIn(role).Token)
	return p
}

// useToken puts a session's cookie into the profile.
func (p *screen) useToken(token string) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, network.SetCookie, network.SetCookieParams{
		Name: dusangiretest.SessionCookie(p.t, p.url), Value: token, URL: p.url, HTTPOnly: new(true), SameSite: network.CookieSameSiteLax,
	})
	if err != nil {
		p.t.Fatalf("set the session's cookie: %v", err)
	}
}

// hear notes what the page reports. It runs between the browser's messages.
func (p *screen) hear(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	note := func(format string, args ...any) { p.mishaps = append(p.mishaps, fmt.Sprintf(format, args...)) }
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		note("a script failed: %v", &chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails})
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			note("a script complained on the console: %s", describe(e.Args))
		}
	case *log.EventEntryAdded:
		if os.Getenv(oldBrowser) != "" && complainsOfItself(e.Entry) {
			return
		}
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			note("the browser complained on the console: %s %s", e.Entry.Text, e.Entry.URL)
		}
	case *network.EventResponseReceived:
		if url, isCommand := p.commands[e.RequestID]; isCommand {
			p.answered = append(p.answered, url)
		}
		if e.Response.Status >= 400 {
			note("a request was answered with %d: %s", int(e.Response.Status), e.Response.URL)
		}
	case *network.EventLoadingFailed:
		if !e.Canceled {
			note("a request failed: %s", e.ErrorText)
		}
	case *network.EventRequestWillBeSent:
		p.request(e.Request.URL)
		if e.Request.Method == "POST" {
			p.commands[e.RequestID] = e.Request.URL
		}
	case *network.EventWebSocketCreated:
		p.request(e.URL)
	}
}

// complainsOfItself reports whether an old browser warns of what newer ones have taken back since, or that
// its own fields for dates break a page's policy, as those of Chromium 91 and 92 do.
func complainsOfItself(entry *log.Entry) bool {
	return entry.Source == log.EntrySourceDeprecation ||
		entry.Source == log.EntrySourceSecurity && entry.URL == ""
}

func describe(args []*runtime.RemoteObject) string {
	var parts []string
	for _, arg := range args {
		parts = append(parts, arg.Description+string(arg.Value))
	}
	return strings.Join(parts, " ")
}

// request notes where a request went. The caller holds mu.
func (p *screen) request(to string) {
	p.requests = append(p.requests, to)
	_, own, _ := strings.Cut(p.url, "://")
	if u, err := url.Parse(to); err != nil || (u.Host != own && u.Scheme != "data") {
		p.mishaps = append(p.mishaps, "a request went to another site: "+to)
	}
}

// requestsFor counts the requests for a path so far.
func (p *screen) requestsFor(path string) int {
	p.t.Helper()
	p.settle()
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, to := range p.requests {
		if to == p.url+path {
			n++
		}
	}
	return n
}

// commandsAnswered are the URLs of the commands that the server has answered so far, in order. One
// that was tried without a line is none of them, unless the line came back in time for it.
func (p *screen) commandsAnswered() []string {
	p.t.Helper()
	p.settle()
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.answered)
}

// foresees says that the test causes mishaps whose text contains part; that none comes fails the test too.
func (p *screen) foresees(part string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.foreseen = append(p.foreseen, part)
}

// permits says that the test may cause mishaps whose text contains part.
func (p *screen) permits(part string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.possible = append(p.possible, part)
}

// tell fails the test for each mishap that it neither foresaw nor permitted, and for what it foresaw in vain.
func (p *screen) tell() {
	p.t.Helper()
	p.settle()
	p.mu.Lock()
	defer p.mu.Unlock()
	unforeseen, vain := p.judge()
	for _, mishap := range unforeseen {
		p.t.Errorf("in the page, %s", mishap)
	}
	for _, part := range vain {
		p.t.Errorf("in the page, %q should have gone wrong and did not", part)
	}
}

// settle returns when everything that the page has reported is noted: the answer to a command comes after it.
func (p *screen) settle() {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: "0"}); err != nil {
		p.t.Errorf("the page does not answer: %v", err)
	}
}

// judge sorts the mishaps that the test neither foresaw nor permitted from those that it foresaw in vain. The caller holds mu.
func (p *screen) judge() (unforeseen, vain []string) {
	vain = slices.Clone(p.foreseen)
	for _, mishap := range p.mishaps {
		caused := func(part string) bool { return strings.Contains(mishap, part) }
		if !slices.ContainsFunc(p.foreseen, caused) && !slices.ContainsFunc(p.possible, caused) {
			unforeseen = append(unforeseen, mishap)
		}
		vain = slices.DeleteFunc(vain, caused)
	}
	return unforeseen, vain
}

// do runs steps of the browser, which a page that hangs does not hold up for ever.
func (p *screen) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, dusangiretest.Soon)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("the browser: %v", err)
	}
}

// ask evaluates an expression in the page.
func ask[T any](p *screen, expression string) T {
	p.t.Helper()
	v, err := tryAsk[T](p, expression)
	if err != nil {
		p.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return v
}

func tryAsk[T any](p *screen, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, dusangiretest.Soon)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// until waits for an expression to become true, across navigations and in pages whose own timers stand still.
func (p *screen) until(what, expression string) {
	p.t.Helper()
	p.within(dusangiretest.Soon, what, expression)
}

func (p *screen) within(limit time.Duration, what, expression string) {
	p.t.Helper()
	late := time.After(limit)
	// A look costs three processes a millisecond: who has waited for long can wait a little longer.
	for pause := 10 * time.Millisecond; ; pause = min(pause*3/2, 100*time.Millisecond) {
		is, err := tryAsk[bool](p, "!!("+expression+")")
		if is {
			return
		}
		select {
		case <-time.After(pause):
		case <-late:
			p.t.Fatalf("waited %v for %s; last: %v, %v\n%s", limit, what, is, err, p.text())
		}
	}
}

// text is what the page says, for failures.
func (p *screen) text() string {
	text, err := tryAsk[string](p, `location.pathname + "\n" + document.body?.innerText`)
	if err != nil {
		return err.Error()
	}
	return strings.Join(strings.Fields(text), " ")
}

// open navigates to a path of the server and waits until the page has loaded.
func (p *screen) open(path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.url + path))
}

// openLive opens a live page and waits until it says that it is live.
func (p *screen) openLive(path string) {
	p.t.Helper()
	p.open(path)
	p.untilLive()
}

const (
	isLive   = `getComputedStyle(document.querySelector(".pill .live")).visibility === "visible" && !(` + isBanner + `)`
	isBanner = `getComputedStyle(document.getElementById("banner")).visibility === "visible" && document.getElementById("banner").offsetHeight > 0`
)

func (p *screen) untilLive() {
	p.t.Helper()
	p.until("the page to say that it is live", isLive)
}

func (p *screen) resize(width, height int64, options ...chromedp.EmulateViewportOption) {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(width, height, options...))
}

// stirs says that the page is about to move what it shows, under a finger that is on its way: its
// typeface has not arrived, or the banner of a page that does not become live opens in a second.
const stirs = `document.fonts.status !== "loaded" ||
	(document.getElementById("banner")?.getAnimations() ?? []).some((a) => a.playState === "running" && a.effect.getTiming().delay <= 1000)`

// point finds where to press an element: its middle, scrolled into sight, once it has lain in the
// same place for two looks at it. What lies under something else can't be pressed.
func (p *screen) point(css string) (x, y float64) {
	p.t.Helper()
	p.until(css+" to lie where it can be pressed", `(() => {
		const e = document.querySelector(`+strconv.Quote(css)+`);
		if (!e || `+stirs+`) return false;
		const onTop = () => {
			const r = e.getBoundingClientRect();
			const top = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);
			return top && (e.contains(top) || [...e.labels || []].some((l) => l.contains(top)));
		};
		if (!onTop()) e.scrollIntoView({block: "center"});
		const {left, top, width, height} = e.getBoundingClientRect();
		const before = e.lay;
		e.lay = [left, top, width, height].join();
		return onTop() && e.lay === before;
	})()`)
	at := ask[[2]float64](p, `(() => {
		const r = document.querySelector(`+strconv.Quote(css)+`).getBoundingClientRect();
		return [r.left + r.width / 2, r.top + r.height / 2];
	})()`)
	return at[0], at[1]
}

// press clicks with the mouse on what css selects.
func (p *screen) press(css string) {
	p.t.Helper()
	x, y := p.point(css)
	p.do(chromedp.MouseClickXY(x, y))
}

// follow presses a link or a button of a plain form and waits for the page that it leads to.
func (p *screen) follow(css string) {
	p.t.Helper()
	x, y := p.point(css)
	ctx, cancel := context.WithTimeout(p.ctx, dusangiretest.Soon)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.MouseClickXY(x, y)); err != nil {
		p.t.Fatalf("follow %s: %v", css, err)
	}
}

// write presses a field and types into it, key by key.
func (p *screen) write(css, text string) {
	p.t.Helper()
	p.press(css)
	p.do(chromedp.KeyEvent(text))
}

// choose sets a field that is not typed into, such as a list or a date.
func (p *screen) choose(css, value string) {
	p.t.Helper()
	ask[bool](p, `(() => {
		const e = document.querySelector(`+strconv.Quote(css)+`);
		e.value = `+strconv.Quote(value)+`;
		e.dispatchEvent(new Event("input", {bubbles: true}));
		e.dispatchEvent(new Event("change", {bubbles: true}));
		return true;
	})()`)
	if got := p.value(css); got != value {
		p.t.Fatalf("%s can't be set to %q", css, value)
	}
}

func (p *screen) value(css string) string {
	p.t.Helper()
	return ask[string](p, `document.querySelector(`+strconv.Quote(css)+`).value`)
}

// intercept hands each request whose URL matches the pattern to meet, one after the other, which lets it go on or fail.
func (p *screen) intercept(pattern string, meet func(ctx context.Context, request fetch.RequestID) error) {
	p.t.Helper()
	paused := chromedp.Events(p.ctx, fetch.RequestPaused)
	_, err := chromedp.Call(p.ctx, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: pattern}}})
	if err != nil {
		p.t.Fatalf("intercept %s: %v", pattern, err)
	}
	var meeting sync.WaitGroup
	meeting.Go(func() {
		for request, err := range paused {
			if err != nil {
				return // the page is closed
			}
			if err := meet(p.ctx, request.RequestID); err != nil && p.ctx.Err() == nil {
				p.t.Errorf("intercept %s: %v", request.Request.URL, err)
			}
		}
	})
	p.t.Cleanup(func() { p.close(); meeting.Wait() })
}

// hold keeps back every request that matches the pattern until release is called or the page is
// closed. Wait waits for the first of them.
func (p *screen) hold(pattern string) (wait, release func()) {
	p.t.Helper()
	came, released := make(chan struct{}), make(chan struct{})
	first := sync.OnceFunc(func() { close(came) })
	p.intercept(pattern, func(ctx context.Context, request fetch.RequestID) error {
		first()
		select {
		case <-released:
		case <-ctx.Done():
			return ctx.Err()
		}
		_, err := chromedp.Call(ctx, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: request})
		return err
	})
	wait = func() {
		p.t.Helper()
		select {
		case <-came:
		case <-time.After(dusangiretest.Soon):
			p.t.Fatalf("waited %v for a request to %s\n%s", dusangiretest.Soon, pattern, p.text())
		}
	}
	return wait, sync.OnceFunc(func() { close(released) })
}

// block lets requests that match the pattern fail, as a filter in the network would.
func (p *screen) block(pattern string) {
	p.t.Helper()
	p.foresees("ERR_BLOCKED_BY_CLIENT")
	p.intercept(pattern, func(ctx context.Context, request fetch.RequestID) error {
		_, err := chromedp.Call(ctx, fetch.FailRequest, fetch.FailRequestParams{RequestID: request, ErrorReason: network.ErrorReasonBlockedByClient})
		return err
	})
}

// key presses a key of the keyboard.
func (p *screen) key(key string, options ...chromedp.KeyOption) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(key, options...))
}

// untilSays waits until what css selects is in the page and says the text, letter by letter or in another case.
func (p *screen) untilSays(css, text string) {
	p.t.Helper()
	p.until(css+" to say "+strconv.Quote(text), says(css, text))
}

func says(css, text string) string {
	return `document.querySelector(` + strconv.Quote(css) + `)?.innerText.toLowerCase().includes(` + strconv.Quote(strings.ToLower(text)) + `)`
}

// signInByForm fills in the form that the page shows.
func (p *screen) signInByForm(role hospital.Role) {
	p.t.Helper()
	p.write("#login-username", string(role))
	p.write("#login-password", dusangiretest.Password)
	p.follow(".login button")
}

// card is the card of a bed on the board.
func card(bed hospital.BoardBed) string { return fmt.Sprintf("#bed-%d", bed.ID) }

// openBed presses the card of a bed and waits for its panel.
func (p *screen) openBed(bed hospital.BoardBed) {
	p.t.Helper()
	p.press(card(bed) + " > a")
	p.untilOpen(bed)
}

func (p *screen) untilOpen(bed hospital.BoardBed) {
	p.t.Helper()
	p.until("the panel of "+bed.Number, fmt.Sprintf(`document.querySelector(".panel")?.dataset.bed === "%d"`, bed.ID))
}

// unfold opens a part of the panel where it is closed.
func (p *screen) unfold(form string) {
	p.t.Helper()
	if !ask[bool](p, `document.getElementById("sheet-`+form+`").open`) {
		p.press("#sheet-" + form + " > summary")
	}
	p.until("the part "+form+" to open", `document.getElementById("sheet-`+form+`").open`)
}

// TestTheBrowserTestsNoticeWhatGoesWrongInAPage keeps the other tests honest.
func TestTheBrowserTestsNoticeWhatGoesWrongInAPage(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 1, nil)
	ours, bare := visitorAs(s, hospital.MedicalStaff), visitor(s)
	ours.openLive(dusangiretest.WardPath(board))
	for _, mishap := range []struct {
		page        *screen
		cause, told string
	}{
		{ours, `setTimeout(() => { throw new Error("broken") })`, "Error: broken"},
		{ours, `void Promise.reject(new Error("unheard"))`, "Error: unheard"},
		{ours, `console.error("oh")`, `complained on the console: "oh"`},
		{ours, `document.body.append(Object.assign(document.createElement("script"), {textContent: "1"}))`, "Content Security Policy"},
		{ours, `fetch("http://127.0.0.1:1/").catch(() => {})`, "Content Security Policy"},
		{ours, `fetch("/nowhere", {headers: {Accept: "application/json"}}).then(() => {})`, "answered with 404"},
		{bare, `fetch("http://127.0.0.1:1/").catch(() => {})`, "another site: http://127.0.0.1:1/"},
		{bare, `fetch("http://127.0.0.1:1/").catch(() => {})`, "a request failed: net::ERR_"},
		{bare, `void new WebSocket("ws://127.0.0.1:1/ws/")`, "another site: ws://127.0.0.1:1/ws/"},
	} {
		mishap.page.forget()
		ask[chromedp.Void](mishap.page, mishap.cause)
		mishap.page.untilTold(mishap.told)
	}
	bare.untilTold("WebSocket connection to 'ws://127.0.0.1:1/ws/' failed") // the last mishap has this echo
	ours.forget()
	bare.forget()
}

// untilTold waits until one of the page's mishaps contains the text.
func (p *screen) untilTold(text string) {
	p.t.Helper()
	late := time.After(dusangiretest.Soon)
	for {
		p.settle()
		p.mu.Lock()
		mishaps := strings.Join(p.mishaps, "\n")
		p.mu.Unlock()
		if strings.Contains(mishaps, text) {
			return
		}
		select {
		case <-late:
			p.t.Fatalf("%q was not told; there was:\n%s", text, mishaps)
		default:
		}
	}
}

// forget drops what went wrong so far.
func (p *screen) forget() {
	p.settle()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mishaps = nil
}
