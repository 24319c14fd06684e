package faults_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hub/freshness"
)

// The lie detector: at any instant a screen says that it is not live, or it shows what the database held a while ago. Screens
// write down what they show and when they call it live, the ledger what the database held, and afterwards both are laid side by side.

const (
	oldest    = 6 * time.Second // how old what a live screen shows may ever be
	healthy   = 2 * time.Second // and how old it may be while nothing but the bus is broken
	clockSkew = 500 * time.Millisecond

	// How old a label may be at least: what moves a topic and alters nothing on a page, as a bed freed here and one taken there leave its numbers as
	// they were, is told with the next change that does, or by a heartbeat, which comes every two seconds to who was told nothing in the last one.
	// The version of a card may not.
	oldestLabel = 3500 * time.Millisecond
)

// lie is something that a screen showed as live although it had been overtaken for some time.
type lie struct {
	what  string
	shown int64
	until time.Time     // when the screen stopped to show it or to call it live
	old   time.Duration // how long it had been overtaken by then
}

// ages lists how old everything was that a live screen showed within a stretch of time, at the moment when it was replaced or was
// no longer called live.
func (h history) ages(l *ledger, within span) []lie {
	var found []lie
	for what, marks := range h.shown {
		for i, m := range marks {
			replaced := within.until
			if i+1 < len(marks) && marks[i+1].at.Before(replaced) {
				replaced = marks[i+1].at
			}
			overtaken, ok := l.passed(what, m.count)
			if !ok {
				continue
			}
			for _, live := range h.live {
				from, until := latest(live.from, m.at, within.from), earliest(live.until, replaced)
				if from.Before(until) && overtaken.Before(until) {
					found = append(found, lie{what, m.count, until, until.Sub(overtaken)})
				}
			}
		}
	}
	return found
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

func earliest(times ...time.Time) time.Time { return slices.MinFunc(times, time.Time.Compare) }

// verdict is each lie of a screen: what it showed as live although that had been overtaken for longer than its limit, and what it
// must never do. Beside it stands how old things were.
func (w *witness) verdict(l *ledger, limit func(what string) time.Duration, within span) (lies []string, ages []time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, wrong := range w.history.wrong {
		lies = append(lies, w.name+" "+wrong)
	}
	for _, one := range w.history.ages(l, within) {
		ages = append(ages, one.old)
		if one.old > limit(one.what) {
			lies = append(lies, fmt.Sprintf("%s showed %s at %d as live when that had been overtaken for %v", w.name, one.what, one.shown, one.old))
		}
	}
	return lies, ages
}

// judge fails the test for each lie within a stretch of time, and tells how old things were.
func (s *scene) judge(limit time.Duration, within span) {
	s.t.Helper()
	limitOf := func(what string) time.Duration {
		if strings.HasPrefix(what, "bed-") {
			return limit
		}
		return max(limit, oldestLabel)
	}
	var all []time.Duration
	for _, w := range s.screens {
		lies, ages := w.verdict(s.ledger, limitOf, within)
		for _, lie := range lies {
			s.t.Error(lie)
		}
		all = append(all, ages...)
	}
	s.t.Logf("%d things were shown until overtaken: half of them within %v, 99 of 100 within %v, all within %v",
		len(all), quantile(all, 0.5), quantile(all, 0.99), quantile(all, 1))
}

// bannersWithin counts the screens that were not live all the time.
func (s *scene) bannersWithin(stretch span) int {
	n := 0
	for _, w := range s.screens {
		w.mu.Lock()
		if !slices.ContainsFunc(w.history.live, func(live span) bool { return !live.from.After(stretch.from) && !live.until.Before(stretch.until) }) {
			n++
		}
		w.mu.Unlock()
	}
	return n
}

// wantNoneLiveOn checks that every screen of a node said all the time that it is not live.
func (s *scene) wantNoneLiveOn(node int, stretch span) {
	s.t.Helper()
	for _, w := range s.screens {
		if !strings.HasPrefix(w.socket, s.nodes[node].URL) {
			continue
		}
		w.mu.Lock()
		for _, live := range w.history.live {
			if live.from.Before(stretch.until) && live.until.After(stretch.from) {
				s.t.Errorf("%s called itself live until %v after it must not any more", w.name, live.until.Sub(stretch.from))
				break
			}
		}
		w.mu.Unlock()
	}
}

// actor plays a node to one screen, honestly or not.
type actor struct {
	born time.Time

	mu   sync.Mutex
	says stamped
}

// stamped is what a frame shows and what it says of itself.
type stamped struct {
	content        int64 // the version of the one bed
	shown, current int64
	age            time.Duration
	made           time.Duration // when, if the frame comes from a queue that began to grow then
	now            time.Duration
	database       string
	silent         bool
}

const actorsBeat = 20 * time.Millisecond

// quicker is by how much all goes faster on an actor's page than on others, and quickStale and
// quickSilence are two of its times.
const (
	quicker      = 10
	quickStale   = freshness.MaxAge / quicker
	quickSilence = freshness.HeartbeatTimeout / quicker
)

var actorsPage = fmt.Sprintf(`<meta name="htmx-config" content="{&#34;ws&#34;:{&#34;reconnectDelay&#34;:50,&#34;reconnectMaxDelay&#34;:400}}">`+
	`<body data-live="no" data-epoch="e" data-shown="ward:1=1" data-limits="%s"><data id="parts" value="5"></data>`, quickLimits())

func quickLimits() string {
	var said []string
	for name, limit := range revisionsOf(freshness.ForPages()) {
		said = append(said, fmt.Sprintf("%s=%d", name, limit/quicker))
	}
	return strings.Join(said, ",")
}

func (a *actor) say(change func(*stamped)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.says.now = time.Since(a.born)
	change(&a.says)
}

// ServeHTTP answers with the page or plays its socket.
func (a *actor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") == "" {
		fmt.Fprint(w, actorsPage)
		return
	}
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{dusangiretest.AsHTML}})
	if err != nil {
		return
	}
	defer conn.CloseNow()
	beat := time.NewTicker(actorsBeat)
	defer beat.Stop()
	opened := time.Since(a.born)
	for ctx := conn.CloseRead(r.Context()); ; {
		a.mu.Lock()
		says := a.says
		a.mu.Unlock()
		if says.made > 0 && opened > says.made { // a new socket has no queue
			says.made, says.content, says.shown, says.current = 0, 2, 2, 2
		}
		if !says.silent && conn.Write(ctx, websocket.MessageText, []byte(says.frame(time.Since(a.born)))) != nil {
			return
		}
		select {
		case <-beat.C:
		case <-ctx.Done():
			return
		}
	}
}

func (f stamped) frame(now time.Duration) string {
	if f.made > 0 {
		now = f.made
	}
	const step = `<hx-partial hx-target="#%s" hx-swap="outerMorph">%s</hx-partial>`
	card := fmt.Sprintf(`<li id="bed-5" data-version="%d"></li>`, f.content)
	stamp := fmt.Sprintf(`<time id="live" data-epoch="e" data-shown="ward:1=%d" data-current="ward:1=%d" data-age="%d" data-sent="%d" data-database="%s"></time>`,
		f.shown, f.current, f.age.Milliseconds(), now.Milliseconds(), f.database)
	return fmt.Sprintf(step, "bed-5", card) + fmt.Sprintf(step, "live", stamp)
}

// TestTheDetectorFindsLies keeps all tests of faults honest: of several actors it must find out those who lie, and only them.
func TestTheDetectorFindsLies(t *testing.T) {
	breaks(t)
	for name, c := range map[string]struct {
		after func(*stamped) // how the node speaks after the change
		lie   string         // a part of what it is found out by; empty: it is honest
	}{
		"shows what there is":                             {func(f *stamped) { f.content, f.shown, f.current = 2, 2, 2 }, ""},
		"does not notice":                                 {func(*stamped) {}, "ward:1 at 1 as live"},
		"labels old content as new":                       {func(f *stamped) { f.shown, f.current = 2, 2 }, "bed-5 at 1 as live"},
		"says that there is more":                         {func(f *stamped) { f.current = 2 }, ""},
		"says that the database is away":                  {func(f *stamped) { f.database = "down" }, ""},
		"says that it has not looked for long":            {func(f *stamped) { f.age = quickStale }, ""},
		"is heard ever later, through a queue that grows": {func(f *stamped) { f.made = f.now }, ""},
		"falls silent":                                    {func(f *stamped) { f.silent = true }, ""},
		"shows less than before under a newer name":       {func(f *stamped) { f.content, f.shown, f.current = 0, 2, 2 }, "went back"},
		"shows less than before":                          {func(f *stamped) { f.content, f.shown, f.current = 0, 0, 0 }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &actor{born: time.Now(), says: stamped{content: 1, shown: 1, current: 1, database: "ok"}}
			node := httptest.NewServer(a)
			defer node.Close()
			l := newLedger()
			l.note("ward:1", 1, time.Now())
			l.note("bed-5", 1, time.Now())
			w := newWitness("the screen", node.URL, "/", "/ws/", "")
			ctx, stop := context.WithCancel(t.Context())
			var watching sync.WaitGroup
			watching.Go(func() { w.run(ctx) })
			began := time.Now()
			dusangiretest.WaitFor(t, "the screen is live", func() bool { return w.shows(l.reached()) })
			a.say(c.after)
			l.note("ward:1", 2, time.Now())
			l.note("bed-5", 2, time.Now())
			pauseFor(t.Context(), 3*quickSilence)
			stop()
			watching.Wait()
			limit := func(string) time.Duration { return quickSilence + clockSkew }
			lies, _ := w.verdict(l, limit, span{began, time.Now()})
			found := strings.Join(lies, "; ")
			if c.lie == "" && found != "" || !strings.Contains(found, c.lie) {
				t.Errorf("found %q, want %q", found, c.lie)
			}
		})
	}
}
