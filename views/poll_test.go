package views_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"dusangire/hospital"
	"dusangire/hub/freshness"
	"dusangire/views"
	"dusangire/views/text"
)

// The tests in this file put something between page and server that lets no socket through: the page asks again and again
// instead, and says so.

const (
	isPolled    = `document.body.dataset.live === "polled"`
	polledWords = "Updating every 3 s"
)

// polls answers what a page asks over plain HTTP, and keeps when and how it asked.
type polls struct {
	site *site

	mu      sync.Mutex
	mark    string // of frame
	frame   string
	at      []time.Time
	seen    []string // the marks that the page sent
	sockets int      // tried
	open    bool     // lets sockets through
}

// blockSockets lets sockets be refused and polls be answered with a frame under a mark.
func blockSockets(s *site, mark, frame string) *polls {
	p := &polls{site: s, mark: mark, frame: frame}
	s.answer("GET /ws/ward/2/", p.socket)
	s.answer("GET /frames/ward/2/", p.answer)
	return p
}

func (p *polls) socket(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.sockets++
	open := p.open
	p.mu.Unlock()
	if open {
		p.site.socket(w, r)
		return
	}
	http.Error(w, "no upgrades here", http.StatusBadRequest)
}

func (p *polls) answer(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = append(p.at, time.Now())
	p.seen = append(p.seen, r.Header.Get("Dusangire-Frame"))
	w.Header().Set("Dusangire-Frame", p.mark)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, p.frame)
}

// set changes what the next poll brings.
func (p *polls) set(mark, frame string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mark, p.frame = mark, frame
}

// openPolled opens the sample ward and waits until it says that it polls.
func openPolled(t *testing.T, s *site) context.Context {
	t.Helper()
	tab := newTab(t)
	look(t, tab, 1366, 768, "light")
	do(t, tab, chromedp.Navigate(s.URL+"/wards/2/"))
	until(t, tab, "the page to poll", isPolled)
	return tab
}

func TestAPageWhoseSocketIsRefusedPollsAndSaysSo(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	blocked := blockSockets(site, "m1", frame(t, text.En, stampOf("ward:2=118")))
	tab := openPolled(t, site)
	if got := ask[string](t, tab, pillSays); got != polledWords {
		t.Errorf("the pill says %q, want %q", got, polledWords)
	}
	if ask[bool](t, tab, bannerShows) || ask[bool](t, tab, isLive) {
		t.Error("a page that polls is neither live nor out of date")
	}

	free := sampleBed(sampleWards()[1], 5, hospital.BedAvailable)
	blocked.set("m2", frame(t, text.En, stampOf("ward:2=119"), views.BedRegion(free)))
	until(t, tab, "the change on the board", `document.getElementById("bed-5").classList.contains("available") || document.querySelector("#bed-5 .available, #bed-5.available")`)
	blocked.set("m2", frame(t, text.En, stampOf("ward:2=119")))
	blocked.untilAsked(t, 1)
	blocked.mu.Lock()
	defer blocked.mu.Unlock()
	if blocked.seen[0] != "" || blocked.seen[1] != "m1" || blocked.seen[len(blocked.seen)-1] != "m2" {
		t.Errorf("the page told what it shows as %q", blocked.seen)
	}
}

// untilAsked waits for so many more polls.
func (p *polls) untilAsked(t *testing.T, more int) {
	t.Helper()
	late, look := time.After(20*time.Second), time.NewTicker(20*time.Millisecond)
	defer look.Stop()
	for before := len(p.times()); len(p.times()) < before+more; {
		select {
		case <-look.C:
		case <-late:
			t.Fatalf("the page asked %d times more, want %d", len(p.times())-before, more)
		}
	}
}

func (p *polls) times() []time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.at)
}

// TestPollsComeEveryThreeSecondsGiveOrTakeAFifth measures what the style sheet's six seconds have to be enough for.
func TestPollsComeEveryThreeSecondsGiveOrTakeAFifth(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	blocked := blockSockets(site, "m1", frame(t, text.En, stampOf("ward:2=118")))
	tab := openPolled(t, site)
	flickered := timeUntilWithin(t, tab, 22*time.Second, bannerShows).clock
	if flickered < 22*time.Second {
		t.Errorf("the banner showed after %v although every poll was answered", flickered)
	}
	at := blocked.times()
	var gaps []time.Duration
	for i := range len(at) - 1 {
		gaps = append(gaps, at[i+1].Sub(at[i]).Round(10*time.Millisecond))
	}
	t.Logf("between polls: %v", gaps)
	shortest, longest := slices.Min(gaps), slices.Max(gaps)
	if len(gaps) < 5 || shortest < 2300*time.Millisecond || longest > 5*time.Second {
		t.Errorf("polls came %v apart, want about 3 s each", gaps)
	}
	if shortest == longest {
		t.Error("the polls of many pages would come all at once")
	}
	blocked.mu.Lock()
	defer blocked.mu.Unlock()
	if blocked.sockets > 4 {
		t.Errorf("the page tried %d sockets in 22 s, want the first few and then one each 30 s", blocked.sockets)
	}
}

func TestAPageWhosePollsFailTooIsNotLive(t *testing.T) {
	t.Parallel()
	good := stampOf("ward:2=118")
	old := good
	old.Age = 4 * time.Second
	for what, answer := range map[string]http.HandlerFunc{
		"a server error":          func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "broken", http.StatusBadGateway) },
		"a dead connection":       func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"a portal's page":         func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<h1>Welcome to our Wi-Fi</h1>") },
		"a refusal not of ours":   func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) },
		"no answer at all":        func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"a frame with an old age": frameAnswer(frame(t, text.En, old)),
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			site := newSite(t)
			blockSockets(site, "m1", frame(t, text.En, good))
			tab := openPolled(t, site)
			site.answer("GET /frames/ward/2/", answer)
			if waited := timeUntil(t, tab, bannerShows).lived; waited > 6500*time.Millisecond {
				t.Errorf("the banner came after %v, want 6 s at most", waited)
			}
			if got := ask[string](t, tab, pillSays); got != "Not live" {
				t.Errorf("the pill says %q", got)
			}
			if !ask[bool](t, tab, `document.body.textContent.includes("Mukamana")`) || ask[bool](t, tab, `document.body.textContent.includes("Wi-Fi")`) {
				t.Error("the board should stand as it was")
			}
			blockSockets(site, "m1", frame(t, text.En, good))
			until(t, tab, "the page to poll again", isPolled+" && !("+bannerShows+")")
		})
	}
}

// frameAnswer answers a poll with a frame.
func frameAnswer(frame string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Dusangire-Frame", "m2")
		fmt.Fprint(w, frame)
	}
}

func TestTheStyleSheetAloneEndsAPollingPagesWordWhenTheScriptIsDead(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	blockSockets(site, "m1", frame(t, text.En, stampOf("ward:2=118")))
	tab := openPolled(t, site)
	ask[bool](t, tab, `(() => { for (let i = setInterval(() => {}, 1e6); i > 0; i--) clearInterval(i); return true; })()`)
	if waited := timeUntil(t, tab, bannerShows).lived; waited > 6500*time.Millisecond {
		t.Errorf("the banner came after %v, want 6 s at most", waited)
	}
	if got := ask[string](t, tab, pillSays); got != "Not live" || !ask[bool](t, tab, isPolled) {
		t.Errorf("the pill says %q; the script's own word must still stand, or this proves nothing", got)
	}
}

func TestAPollingPageGoesBackToItsSocketByItself(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	blocked := blockSockets(site, "m1", frame(t, text.En, stampOf("ward:2=118")))
	tab := openPolled(t, site)
	ask[bool](t, tab, `window.before = true`)
	blocked.mu.Lock()
	blocked.open = true
	blocked.mu.Unlock()
	// The next try comes within half a minute; a page that finds itself online again tries at once.
	ask[bool](t, tab, `dispatchEvent(new Event("online"))`)
	socket := site.nextSocket(t)
	if got := ask[string](t, tab, pillSays); got != polledWords {
		t.Errorf("before its socket has brought anything the pill says %q", got)
	}
	defer beat(t, socket, stampOf("ward:2=119"))()
	until(t, tab, "the page to be live", isLive+` && window.before`)
	until(t, tab, "the word to say so", `document.getElementById("said").textContent === "The page is live again."`)
	polled := len(blocked.times())
	if waited := timeUntilWithin(t, tab, 4*time.Second, "!("+isLive+")").clock; waited < 4*time.Second {
		t.Errorf("the page was live for %v only", waited)
	}
	if after := len(blocked.times()); after != polled {
		t.Errorf("a live page polled %d times", after-polled)
	}
}

func TestAServerThatComesBackFindsAPageOnItsSocket(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab, socket := openWard(t, site)
	send(t, socket, frame(t, text.En, stampOf("ward:2=118")))
	until(t, tab, "the page to be live", isLive)
	blocked := blockSockets(site, "m1", frame(t, text.En, stampOf("ward:2=118")))
	failed := make(chan struct{}, 64)
	site.answer("GET /frames/ward/2/", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "away", http.StatusBadGateway)
		failed <- struct{}{}
	})
	socket.Close(1012, "")
	until(t, tab, "the page not to be live", isNotLive)
	untilCame(t, "a poll that fails", failed)
	blocked.mu.Lock()
	blocked.open = true
	blocked.mu.Unlock()
	site.answer("GET /frames/ward/2/", blocked.answer)
	again := site.nextSocket(t)
	defer beat(t, again, stampOf("ward:2=119"))()
	until(t, tab, "the page to be live again", isLive)
}

func TestAPollSaysWhoMayNotBeHereAnyMore(t *testing.T) {
	t.Parallel()
	for code, heading := range map[int]string{4401: "You are signed out", 4403: "You may no longer see this page", 4404: "You may no longer see this page"} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			site := newSite(t)
			blocked := blockSockets(site, "m1", frame(t, text.En, stampOf("ward:2=118")))
			tab := openPolled(t, site)
			site.answer("GET /frames/ward/2/", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Dusangire-Close", fmt.Sprint(code))
				w.WriteHeader(code - 4000)
			})
			until(t, tab, "the notice", fmt.Sprintf(`document.querySelector("main h1").textContent === %q`, heading))
			if ask[bool](t, tab, `document.body.textContent.includes("Mukamana")`) {
				t.Error("patients are still on the page")
			}
			site.answer("GET /frames/ward/2/", blocked.answer)
			polled := len(blocked.times())
			if waited := timeUntilWithin(t, tab, 4*time.Second, isPolled).clock; waited < 4*time.Second || len(blocked.times()) != polled {
				t.Error("the page went on polling")
			}
		})
	}
}

func TestAnOlderPollIsNotShown(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	blocked := blockSockets(site, "m1", frame(t, text.En, stampOf("ward:2=120")))
	tab := openPolled(t, site)
	board := sampleBoard()
	board.Beds[0].Admission.PatientName = "Who Left Long Ago"
	blocked.set("m0", frame(t, text.En, stampOf("ward:2=119"), views.BedRegion(board.Beds[0])))
	polled := len(blocked.times())
	until(t, tab, "the banner of a page that gets nothing new", bannerShows)
	if len(blocked.times()) == polled || ask[bool](t, tab, `document.body.textContent.includes("Who Left Long Ago")`) {
		t.Error("an older frame was shown, or none was asked for")
	}
}

func TestAPollingPageShowsItsOwnCommandAtOnce(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	blocked := blockSockets(site, "m1", frame(t, text.En, stampOf("ward:2=118")))
	tab := openPolled(t, site)
	openBed(t, tab, 9)
	cleaned := sampleBed(sampleWards()[1], 9, hospital.BedAvailable)
	cleaned.Version++
	site.answer("POST /beds/9/status", func(w http.ResponseWriter, _ *http.Request) {
		blocked.set("m2", frame(t, text.En, stampOf("ward:2=119"), views.BedRegion(cleaned)))
		site.answer("GET /beds/9/", panelOf(t, cleaned, 200, views.Form{}))
		w.WriteHeader(http.StatusNoContent)
	})
	ask[bool](t, tab, noPollByItself)
	blocked.untilAsked(t, 1) // the last by itself
	clickOn(t, tab, `#panel button[value="available"]`)
	until(t, tab, "one's own change",
		`document.querySelector("#bed-9 .badge, #bed-9 em").textContent.includes("vailable")`)
}

// noPollByItself lets the page's timer of polls never go off again, once the one that runs has.
const noPollByItself = `(() => {
	const real = setTimeout;
	window.setTimeout = (then, ms, ...given) => ms > 2000 && ms < 4000 ? 0 : real(then, ms, ...given);
	return true;
})()`

// A server that is met by many at once lets sockets wait for a few seconds. Polls would only keep it from getting to them.
func TestAPageWhoseSocketIsOnItsWayDoesNotPressForMore(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	var sockets, polls atomic.Int32
	site.answer("GET /ws/ward/2/", func(w http.ResponseWriter, r *http.Request) {
		if sockets.Add(1) == 1 {
			http.Error(w, "just starting", http.StatusServiceUnavailable)
			return
		}
		select { // the next poll would be due meanwhile
		case <-time.After(freshness.PollInterval * 7 / 6):
			site.socket(w, r)
		case <-r.Context().Done():
		}
	})
	site.answer("GET /frames/ward/2/", func(w http.ResponseWriter, r *http.Request) {
		polls.Add(1)
		http.Error(w, "just starting", http.StatusServiceUnavailable)
	})
	tab := newTab(t)
	do(t, tab, chromedp.Navigate(site.URL+"/wards/2/"))
	send(t, site.nextSocket(t), frame(t, text.En, stampOf("ward:2=118")))
	until(t, tab, "the page to be live", isLive)
	if polls.Load() != 1 || sockets.Load() != 2 {
		t.Errorf("the page polled %d times and tried %d sockets, want one poll when the first was refused, and the second socket", polls.Load(), sockets.Load())
	}
}
