package browser_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
)

// before runs a script in every page that the screen opens from now on, before any of the page's own.
func (p *screen) before(script string) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument,
		page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
	if err != nil {
		p.t.Fatalf("run a script before the page's: %v", err)
	}
}

// untilFailed waits until the page says that a part of it has failed, and is not live whatever comes.
func (p *screen) untilFailed() {
	p.t.Helper()
	p.until("the banner", isBanner)
	p.untilSays("#banner", "a part of this page has failed. Reload the page.")
	p.wantPill("not-live")
}

// lacking takes away what Chromium 90, Firefox 91 and Safari 15.0 lack, as far as a script can.
const lacking = `
	for (const [owner, names] of [
		[Array.prototype, "at findLast findLastIndex toSorted toReversed toSpliced with"],
		[String.prototype, "at isWellFormed"], [Object, "hasOwn groupBy"], [Promise, "withResolvers try"],
		[AbortSignal, "timeout any"], [Crypto.prototype, "randomUUID"], [Document, "parseHTMLUnsafe"],
		[Document.prototype, "startViewTransition"], [Element.prototype, "checkVisibility moveBefore"],
		[HTMLElement.prototype, "inert togglePopover showPopover"], [HTMLFormElement.prototype, "requestSubmit"],
		[SubmitEvent.prototype, "submitter"], [HTMLDialogElement.prototype, "showModal close open"],
		[Navigator.prototype, "userActivation locks wakeLock"],
		[window, "structuredClone BroadcastChannel navigation"],
	]) for (const name of names.split(" ")) delete owner[name];
	Object.setPrototypeOf(HTMLDialogElement.prototype, HTMLUnknownElement.prototype);
	delete window.HTMLDialogElement;
	window.FormData = new Proxy(FormData, {
		construct: (made, [form]) => form ? new made(form) : new made(),
	});`

func TestTheOldestBrowsersMeantCanDoTheWork(t *testing.T) {
	t.Parallel()
	s := mustServeTrays(t, 2)
	courier, cook := visitorAs(s.Server, hospital.DeliveryStaff), visitorAs(s.Server, hospital.KitchenStaff)
	for _, p := range []*screen{courier, cook} {
		p.before(lacking)
	}
	courier.have(look{"tablet", 820, 1180, true, "light"})
	courier.openLive("/dashboard/delivery/")
	cook.openLive(wall)
	cook.press(".tickets > [data-lane=ready] > a")
	cook.until("the question to lie over the wall", `document.activeElement.closest("#cancel[open]")`)
	cook.press("#cancel .keep")
	cook.until("the question to be gone", `document.getElementById("cancel").offsetHeight === 0`)
	courier.press("#ready .round button")
	courier.untilSays("#mine", "Uwase Marie")
	courier.untilSays("#mine", "Mugisha Jean")
	courier.press("#carry button")
	for _, d := range s.ready {
		courier.untilSays(stop(d)+" .card", "in transit")
	}
	courier.openStop(s.ready[0])
	courier.foresees("409")
	courier.scan("MED-A-02")
	courier.untilAlarmed("Wrong bed")
	courier.understand()
	courier.untilReady(s.ready[0])
	courier.scan("MED\u2011A\u201101")
	s.untilIs(s.ready[0], hospital.DeliveryDelivered)
	courier.untilSays("#outbox", "Saved")
	courier.openStop(s.ready[1])
	courier.press(stop(s.ready[1]) + " summary")
	courier.press(stop(s.ready[1]) + " [value=asleep]")
	if d := s.untilIs(s.ready[1], hospital.DeliveryFailed); d.FailReason != "asleep" {
		t.Errorf("failed because %q", d.FailReason)
	}
	cook.until("the trays to leave the wall", `!document.querySelector(".tickets > [data-lane=ready]")`)
}

// A tap that a fault keeps from the outbox goes to the server as a plain form.
func TestATapThatAScriptFailsIsSentByTheBrowser(t *testing.T) {
	t.Parallel()
	for what, script := range map[string]string{
		"reading the form": `FormData.prototype.getAll = () => { throw new TypeError("broken"); }`,
		"making a key":     `crypto.getRandomValues = undefined`,
		"drawing":          `Element.prototype.replaceChildren = undefined`,
	} {
		t.Run(what, func(t *testing.T) {
			s := mustServeTrays(t, 1)
			p := s.onTheWay()
			p.foresees("a script failed")
			p.openStop(s.ready[0])
			ask[bool](p, `(() => { `+script+`; return true; })()`)
			p.scan("MED-A-01")
			s.untilIs(s.ready[0], hospital.DeliveryDelivered)
			p.until("a new page that is live and waits for nothing",
				`document.readyState === "complete" && `+isLive+` && document.getElementById("outbox").hidden`)
		})
	}
}

// What is thrown while something is sent is a fault of the page, and no dead line: that it can't be sent
// is said, not hidden.
func TestAScriptThatFailsTakesLiveAwayUntilThePageIsLoadedAnew(t *testing.T) {
	t.Parallel()
	for what, script := range map[string]string{
		"fetch fails in its own way": `window.fetch = () => Promise.reject(new RangeError("broken"))`,
		"fetch fails with no error":  `window.fetch = () => Promise.reject("nope")`,
		"fetch fails with nothing":   `window.fetch = () => Promise.reject()`,
		"fetch throws":               `window.fetch = () => { throw new TypeError("broken"); }`,
		"what is sent can't be made": `JSON.stringify = new Proxy(JSON.stringify, { apply: (make, self, [it]) => {
			if (it.bed_code) throw new Error("broken");
			return make(it);
		} })`,
		"an answer can't be read": `Response.prototype.text = undefined`,
		"the drawing of it fails": `let drawn = 0;
			HTMLOListElement.prototype.replaceChildren = () => { if (drawn++) throw new Error("broken"); }`,
		"a promise of its own breaks": `Navigator.prototype.vibrate = () => { throw new DOMException("broken"); };
			Object.defineProperty(navigator, "userActivation", { value: { hasBeenActive: true } })`,
	} {
		t.Run(what, func(t *testing.T) {
			s := mustServeTrays(t, 2)
			p := s.onTheWay()
			p.foresees("a script failed")
			p.openStop(s.ready[0])
			ask[bool](p, `(() => { `+script+`; return true; })()`)
			p.scan("MED-A-01")
			p.untilFailed()
			dusangiretest.SetBedStatus(t, s.Server, s.ward.Beds[4], hospital.BedMaintenance)
			p.until("the page to hear of something", `document.getElementById("live").dataset.age > 0`)
			p.untilFailed()
			p.open("/dashboard/delivery/")
			p.untilLive()
			s.untilIs(s.ready[0], hospital.DeliveryDelivered)
		})
	}
}

// TestOnlyARejectedFetchMeansThatThereIsNoLine: what keeps a command from being sent is a fault of
// the page, whatever kind of error it is, and where there is no line that is said at its button.
func TestOnlyARejectedFetchMeansThatThereIsNoLine(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 2, nil)
	for script, failed := range map[string]bool{
		`window.FormData = function () { throw new TypeError("broken"); }`: true,
		`window.fetch = () => { throw new TypeError("broken"); }`:          true,
		`window.fetch = () => Promise.reject("nope")`:                      true,
		`window.fetch = () => Promise.reject(new TypeError("no line"))`:    false,
		`window.fetch = (...asked) => Promise.resolve({ status: 200, headers: new Headers(),
			text: () => Promise.reject(new TypeError("cut")) })`: false,
	} {
		t.Run(script, func(t *testing.T) {
			p := visitorAs(s, hospital.MedicalStaff)
			p.permits("broken")
			p.permits("no line")
			p.permits("nope")
			p.permits("cut")
			p.permits("a script failed")
			p.openLive(dusangiretest.WardPath(board))
			p.openBed(board.Beds[0])
			p.write("#admit-patient_name", "Uwase Marie")
			ask[bool](p, `(() => { `+script+`; return true; })()`)
			p.press(".panel .primary")
			if failed {
				p.untilFailed()
				return
			}
			p.until("it to be said", `document.querySelector(".panel .alert") !== null`)
			p.untilLive()
		})
	}
}

func TestAPageThatLacksItsOwnScriptIsNotLive(t *testing.T) {
	t.Parallel()
	s := mustServeTrays(t, 1)
	for role, c := range map[hospital.Role]struct{ script, path string }{
		hospital.DeliveryStaff: {"delivery", "/dashboard/delivery/"},
		hospital.KitchenStaff:  {"kitchen", "/dashboard/kitchen/"},
	} {
		for what, body := range map[string]string{
			"does not come": "", "can't be parsed": "let = ;", "throws": "undefined.anything;",
		} {
			t.Run(c.script+" "+what, func(t *testing.T) {
				p := newScreen(t, s.URL)
				p.useToken(s.SignIn(role).Token)
				pattern := "*/static/" + c.script + ".*.js"
				if body == "" {
					p.block(pattern)
				} else {
					p.foresees("a script failed")
					p.answers(pattern, body)
				}
				p.open(c.path)
				p.untilFailed()
			})
		}
	}
}

// A script that stops half way may have told the page already how to be live.
func TestAPageWhoseSupervisorStopsHalfWayIsNotLive(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 2, nil)
	p := visitorAs(s, hospital.MedicalStaff)
	p.foresees("a script failed")
	p.before(`const listen = EventTarget.prototype.addEventListener;
		EventTarget.prototype.addEventListener = function (type, ...rest) {
			if (type === "keydown") throw new Error("broken");
			return listen.call(this, type, ...rest);
		}`)
	p.open(dusangiretest.WardPath(board))
	p.untilFailed()
	p.until("a frame to be shown", `document.getElementById("live").dataset.sent > 0`)
	p.untilFailed()
}

// answers gives another body to each request for a script.
func (p *screen) answers(pattern, body string) {
	p.t.Helper()
	p.intercept(pattern, func(ctx context.Context, request fetch.RequestID) error {
		_, err := chromedp.Call(ctx, fetch.FulfillRequest, fetch.FulfillRequestParams{
			RequestID: request, ResponseCode: 200, Body: []byte(body),
			ResponseHeaders: []*fetch.HeaderEntry{{Name: "Content-Type", Value: "text/javascript"}},
		})
		return err
	})
}

// What a browser itself complains of, or somebody's extension, is no fault of the page.
func TestAStrangersErrorLeavesThePageLive(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 2, nil)
	p := visitorAs(s, hospital.MedicalStaff)
	p.openLive(dusangiretest.WardPath(board))
	ask[bool](p, `(() => {
		const failed = new Error("theirs");
		const filename = "chrome-extension://abc/content.js";
		failed.stack = "Error: theirs\n at " + filename + ":1:1";
		dispatchEvent(new ErrorEvent("error", { message: "ResizeObserver loop", filename: location.href }));
		dispatchEvent(new ErrorEvent("error", { message: "Script error." }));
		dispatchEvent(new ErrorEvent("error", { message: "theirs", filename, error: failed }));
		const promise = Promise.resolve();
		dispatchEvent(new PromiseRejectionEvent("unhandledrejection", { promise, reason: failed }));
		dispatchEvent(new PromiseRejectionEvent("unhandledrejection", { promise, reason: "theirs" }));
		return true;
	})()`)
	dusangiretest.SetBedStatus(t, s, board.Beds[0], hospital.BedMaintenance)
	p.untilSays(card(board.Beds[0]), "maintenance")
	p.untilLive()
}

// Without a line a code is read as the server reads it, and what a scanner garbled is no wrong bed.
func TestWithoutALineACodeIsReadInItsSpellingsToo(t *testing.T) {
	t.Parallel()
	s := mustServeTrays(t, 1)
	p := s.onTheWay()
	p.permitsNoLine()
	p.offline(true)
	p.openStop(s.ready[0])
	field := stop(s.ready[0]) + " [name=bed_code]"
	for code, kind := range map[string]string{
		"MED-A-02": "alarm danger", "MED-A-\u0660\u0662": "alarm danger", "?ED)Q)à&": "alarm",
	} {
		p.choose(field, code)
		p.key(kb.Enter)
		p.until("the alarm", `document.getElementById("alarm").open`)
		if class := ask[string](p, `document.getElementById("alarm").className`); class != kind {
			t.Errorf("%s raises %q, want %q", code, class, kind)
		}
		p.understand()
		p.untilReady(s.ready[0])
	}
	p.choose(field, "\ufeff]C1med\u2011a\u2212\uff10\u0661")
	p.key(kb.Enter)
	p.untilSays("#outbox", "Waiting to be sent (1)")
	p.untilTold("ERR_INTERNET_DISCONNECTED") // it was sent in vain
	p.offline(false)
	s.untilIs(s.ready[0], hospital.DeliveryDelivered)
	if n := s.lines("delivery.wrong_bed", "MED-A-02"); n > 0 {
		t.Errorf("the audit has %d wrong beds that the server never saw", n)
	}
}

// Where something on the way answers instead of the hospital's server, nothing is saved.
func TestTheAnswerOfSomethingOnTheWayIsNoAnswer(t *testing.T) {
	t.Parallel()
	s := mustServeTrays(t, 1)
	p := s.onTheWay()
	p.answers("*/deliver", "<h1>Welcome to the hotel's network</h1>")
	p.openStop(s.ready[0])
	p.scan("MED-A-01")
	p.untilSays("#outbox", "Waiting to be sent (1)")
	p.wantNotSaved()
}

func TestABrowserThatIsTooOldIsToldSoAndItsFormsWork(t *testing.T) {
	t.Parallel()
	s := mustServeTrays(t, 1)
	for language, sentence := range map[string]string{
		"en": "this browser is too old", "fr": "ce navigateur est trop ancien", "rw": "mucukumbuzi irashaje",
	} {
		p := visitorAs(s.Server, hospital.MedicalStaff)
		p.before(`delete Element.prototype.replaceChildren`)
		p.open(dusangiretest.WardPath(s.ward))
		p.speak(language)
		p.open(dusangiretest.WardPath(s.ward))
		p.until("the banner", isBanner)
		p.untilSays("#banner", sentence)
	}
	p := visitorAs(s.Server, hospital.DeliveryStaff)
	p.have(look{"tablet", 820, 1180, true, "light"})
	p.before(`const listen = EventTarget.prototype.addEventListener;
		EventTarget.prototype.addEventListener = function (...given) { return listen.apply(this, given.slice(0, 2)); }`)
	p.open("/dashboard/delivery/")
	p.until("the banner", isBanner)
	p.untilSays("#banner", "this browser is too old for live pages")
	p.wantPill("not-live")
	p.follow(fmt.Sprintf("#tray-%d button", s.ready[0].ID))
	p.follow("#carry button")
	p.follow(stop(s.ready[0]) + " > .card")
	p.choose(stop(s.ready[0])+" [name=bed_code]", "MED-A-01")
	p.follow(stop(s.ready[0]) + " .handover .primary")
	s.untilIs(s.ready[0], hospital.DeliveryDelivered)
	if n := p.requestsFor("/ws/dashboard/delivery/"); n > 0 {
		t.Errorf("a page that is not live opened %d sockets", n)
	}
}

// Some browsers let a page open no socket and say so by an exception. Such a page polls, and does not try
// again and again.
func TestASocketThatThrowsLeadsToPolls(t *testing.T) {
	t.Parallel()
	for what, rule := range map[string]string{"always": "true", "twice": "made < 3"} {
		for kind, fault := range map[string]string{
			"an exception": `new DOMException("The operation is insecure.", "SecurityError")`, "a word": `"no"`,
		} {
			t.Run(what+" "+kind, func(t *testing.T) {
				s, board := dusangiretest.MustServeWard(t, 2, nil)
				p := visitorAs(s, hospital.MedicalStaff)
				p.permits("htmx:ws:error")
				p.permits("closed before the connection is established") // the first of the two below
				p.before(`window.made = 0;
					window.WebSocket = new Proxy(WebSocket, { construct: (socket, given) => {
						window.made++;
						if (` + rule + `) throw ` + fault + `;
						return new socket(...given);
					} });`)
				p.open(dusangiretest.WardPath(board))
				p.until("the page to poll or to be live", `["polled", "yes"].includes(document.body.dataset.live)`)
				dusangiretest.SetBedStatus(t, s, board.Beds[0], hospital.BedMaintenance)
				p.untilSays(card(board.Beds[0]), "maintenance")
				if n := ask[int](p, `window.made`); n > 4 {
					t.Errorf("the page tried %d sockets", n)
				}
				if what != "always" {
					ask[bool](p, `dispatchEvent(new Event("online"))`)
					ask[bool](p, `dispatchEvent(new Event("online"))`)
					p.untilLive()
				}
			})
		}
	}
}

// A page without any WebSocket polls as well.
func TestABrowserWithoutSocketsPolls(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 2, nil)
	p := visitorAs(s, hospital.MedicalStaff)
	p.permits("htmx:ws:error")
	p.before(`delete window.WebSocket`)
	p.open(dusangiretest.WardPath(board))
	p.until("the page to poll", `document.body.dataset.live === "polled"`)
	p.untilSays(".pill", "Updating every")
}
