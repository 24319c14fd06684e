package faults_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hub/freshness"
	"dusangire/hub/freshness/freshnesstest"
)

// witness is a live page without a browser: it lets the page's own script judge what comes, does
// what that says as static/app.js and the socket extension do, and writes down what it shows when,
// and when it says that it is live.
type witness struct {
	name   string
	page   string // its URL
	socket string
	token  string
	client *http.Client
	judge  *freshnesstest.Judge
	light  bool // one of thousands: it goes by the markers alone, and keeps no regions and no history

	mu      sync.Mutex
	loaded  loadedPage
	state   freshnesstest.State
	regions map[string]string // as they stand on the screen
	lists   map[string]bool   // elements whose items have changed one by one, and such items
	opened  int               // sockets
	refused int               // sockets that were answered and not opened
	polls   int
	closes  map[websocket.StatusCode]int // how often its sockets were closed with a code
	history history

	line // while it follows its page
}

// loadedPage is what a page says when it is loaded.
type loadedPage struct {
	at    time.Time // when the page's clock began
	page  freshnesstest.Page
	retry retry
}

// retry is how the socket extension tries again, in milliseconds.
type retry struct {
	Delay  float64 `json:"reconnectDelay"`
	Most   float64 `json:"reconnectMaxDelay"`
	Jitter float64 `json:"reconnectJitter"`
}

// line is what leads from a page to its node. Only the goroutine of follow uses it.
type line struct {
	ctx        context.Context
	happened   chan func() // what other goroutines leave to that of follow
	going      sync.WaitGroup
	extension  *connection // the extension's
	trusted    *connection // the same, unless the page has missed something of it
	attempts   int         // sockets so far
	again      *time.Timer // of a new socket
	next       *time.Timer // of the next poll
	asking     context.Context
	stopAsking context.CancelFunc
	ended      error // why nothing follows
}

// connection is the socket extension's: one attempt after the other to have a socket.
type connection struct {
	attempt int // since one was open
	number  int // of the socket
	ready   int // its state, as in a browser
	close   context.CancelFunc
}

// The states of a browser's socket.
const (
	connecting = iota
	open
	_
	closed
)

// history is what a screen showed when, for judging it afterwards.
type history struct {
	shown map[string][]mark // topics by their labels, and the versions of cards by their content
	live  []span            // in which it did not say that it is not live
	wrong []string          // what it must never do
}

// span is a stretch of time.
type span struct{ from, until time.Time }

// engines are what the witnesses of a process share to judge by, one for each processor: an engine
// judges one thing at a time.
var engines = sync.OnceValue(func() []*freshnesstest.Judge {
	all := make([]*freshnesstest.Judge, runtime.GOMAXPROCS(0))
	for i := range all {
		judge, err := freshnesstest.New()
		if err != nil {
			panic(err)
		}
		all[i] = judge
	}
	return all
})

// witnesses counts those of the process.
var witnesses atomic.Int64

func newWitness(name, server, page, socket, token string) *witness {
	of := engines()
	return &witness{
		judge: of[int(witnesses.Add(1))%len(of)],
		name:  name, page: server + page, socket: server + socket, token: token,
		client: http.DefaultClient,
		closes: map[websocket.StatusCode]int{}, regions: map[string]string{}, lists: map[string]bool{},
		history: history{shown: map[string][]mark{}},
	}
}

// run watches until ctx ends or the person may not be here any more.
func (w *witness) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := w.load(ctx); err != nil {
			pauseFor(ctx, time.Second) // a person looks at the browser's own words and tries again
			continue
		}
		if err := w.follow(ctx); errors.Is(err, errGone) {
			return
		}
	}
}

func pauseFor(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

var (
	ofBody = regexp.MustCompile(`<body data-live="no" data-epoch="([^"]*)" data-shown="([^"]*)" ` +
		`data-limits="([^"]*)"`)
	ofRetry = regexp.MustCompile(`<meta name="htmx-config" content="([^"]*)"`)
	ofParts = regexp.MustCompile(`<data id="parts" value="([^"]*)"`)
	ofField = regexp.MustCompile(` data-([a-z]+)="([^"]*)"`)
	ofStep  = regexp.MustCompile(`(?s)<hx-partial hx-target="#([a-z0-9-]+)" hx-swap="([a-zA-Z]+)">` +
		`(.*?)</hx-partial>`)
	ofCard = regexp.MustCompile(`data-version="(\d+)`)
)

// load loads the page, which is born not live.
func (w *witness) load(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, freshness.ConnectTimeout)
	defer cancel()
	text, response, err := w.get(ctx, w.page)
	if err != nil {
		return err
	}
	body, parts := ofBody.FindSubmatch(text), ofParts.FindSubmatch(text)
	config := ofRetry.FindSubmatch(text)
	if body == nil || parts == nil || config == nil {
		return fmt.Errorf("%s is answered %s and is no live page", w.page, response.Status)
	}
	var htmx struct{ WS retry }
	if err := json.Unmarshal([]byte(html.UnescapeString(string(config[1]))), &htmx); err != nil {
		return fmt.Errorf("read the configuration of htmx: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.regions)
	w.begin(loadedPage{retry: htmx.WS, page: freshnesstest.Page{"epoch": string(body[1]),
		"shown": string(body[2]), "limits": string(body[3]), "parts": string(parts[1]), "time": ""}})
	return nil
}

// loadLike makes the screen one of thousands that had been loaded before the test began, like
// another one of the same page.
func (w *witness) loadLike(other *witness) {
	other.mu.Lock()
	page := other.loaded
	other.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.light = true
	w.begin(page)
}

// begin starts the clock and the judgement of a page. The caller holds mu.
func (w *witness) begin(page loadedPage) {
	page.at = time.Now()
	w.loaded = page
	born := freshnesstest.Page{"now": 0.0, "wall": 0.0}
	maps.Copy(born, page.page)
	w.state = w.judge.Begin(born)
	w.record(page.at)
}

// get asks for a page or a frame.
func (w *witness) get(ctx context.Context, url string) ([]byte, *http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Authorization", "Bearer "+w.token)
	request.Header.Set("Accept", "text/html")
	response, err := w.client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return text, response, err
}

// revisionsOf reads "metrics=7,ward:3=118".
func revisionsOf(label string) map[string]int64 {
	revisions := map[string]int64{}
	for part := range strings.SplitSeq(label, ",") {
		at := strings.LastIndexByte(part, '=')
		if n, err := strconv.ParseInt(part[at+1:], 10, 64); at > 0 && err == nil {
			revisions[part[:at]] = n
		}
	}
	return revisions
}

// labels are the topics that the page says it shows. The caller holds mu.
func (w *witness) labels() map[string]int64 {
	return revisionsOf(w.judge.Text(w.state, "shown"))
}

// ---- what is judged, and what follows

var (
	errReload = errors.New("the page is loaded anew")
	errGone   = errors.New("the person may not be here any more")
)

// follow keeps the loaded page up to date, and returns why it stopped.
func (w *witness) follow(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	w.line = line{ctx: ctx, happened: make(chan func())}
	defer func() {
		stop()
		w.hush()
		w.going.Wait()
		w.mu.Lock()
		defer w.mu.Unlock()
		w.cut(time.Now())
	}()
	tick := time.NewTimer(w.tick())
	defer tick.Stop()
	for w.tell("again", nil); w.ended == nil; {
		select {
		case <-tick.C:
			w.tell("tick", nil)
			tick.Reset(w.tick())
		case happen := <-w.happened:
			happen()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return w.ended
}

// tick is in how long the page looks at its clock again. One of thousands does so more seldom: while
// it is live, when that would end if nothing more came.
func (w *witness) tick() time.Duration {
	tick := w.limit("tickInterval")
	if !w.light {
		return tick
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return max(4*tick, milliseconds(w.state.Until-w.now())+time.Millisecond)
}

func (w *witness) limit(name string) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return milliseconds(w.judge.Number(w.state, name))
}

func milliseconds(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }

// now is what the page's clock shows.
func (w *witness) now() float64 {
	return float64(time.Since(w.loaded.at)) / float64(time.Millisecond)
}

// tell lets an event be judged, does what follows from it, and reports whether what the event is
// about must not happen.
func (w *witness) tell(kind string, told freshnesstest.Event) (refused bool) {
	now := w.now()
	e := freshnesstest.Event{"type": kind, "now": now, "wall": now, "hidden": false}
	if w.trusted != nil {
		e["socket"], e["ready"] = w.trusted.number, w.trusted.ready
	}
	maps.Copy(e, told)
	w.mu.Lock()
	state, actions := w.judge.Judge(w.state, e)
	w.state = state
	w.record(w.loaded.at.Add(milliseconds(now)))
	w.mu.Unlock()
	for _, action := range actions {
		w.perform(action)
		refused = refused || action.Do == "refuse"
	}
	return refused
}

func (w *witness) perform(action freshnesstest.Action) {
	switch action.Do {
	case "restart":
		w.restart()
	case "drop":
		w.trusted = nil
	case "again":
		w.again = w.after(action.After, w.again, func() { w.tell("again", nil) })
	case "poll":
		w.next = w.after(action.After, w.next, func() { w.tell("poll", nil) })
	case "ask":
		w.ask()
	case "hush", "stop":
		w.hush()
	case "reload":
		w.ended = errReload
	case "leave":
		w.ended = errGone
	}
}

// later leaves something to the goroutine of follow.
func (w *witness) later(do func()) {
	select {
	case w.happened <- do:
	case <-w.ctx.Done():
	}
}

// after does something later, in place of what was before.
func (w *witness) after(d time.Duration, before *time.Timer, do func()) *time.Timer {
	if before != nil {
		before.Stop()
	}
	ctx, happened := w.ctx, w.happened
	return time.AfterFunc(d, func() {
		select {
		case happened <- do:
		case <-ctx.Done():
		}
	})
}

// record writes down until when the page is live by now. The caller holds mu.
func (w *witness) record(now time.Time) {
	if w.state.Until == 0 {
		w.cut(now)
		return
	}
	until, n := w.loaded.at.Add(milliseconds(w.state.Until)), len(w.history.live)
	switch {
	case !until.After(now): // it will be said at the next tick
	case w.isLive(now):
		w.history.live[n-1].until = until
	case w.light && n > 0:
		w.history.live[0] = span{now, until}
	default:
		w.history.live = append(w.history.live, span{now, until})
	}
}

// cut writes down that the page is not live any more. The caller holds mu.
func (w *witness) cut(now time.Time) {
	if w.isLive(now) {
		w.history.live[len(w.history.live)-1].until = now
	}
}

// ---- the socket, as the extension has it

// restart throws the connection away and opens another one.
func (w *witness) restart() {
	if w.extension != nil {
		w.extension.close()
		w.extension = nil
		w.tell("closed", nil)
	}
	it := &connection{ready: closed, close: func() {}}
	before := w.trusted
	w.trusted = it
	if w.tell("connecting", freshnesstest.Event{"again": false}) {
		w.trusted = before
		return
	}
	w.extension = it
	w.dial(it)
}

// retry opens another socket for a connection, after a while.
func (w *witness) retry(it *connection) {
	it.attempt++
	before := w.trusted
	w.trusted = it
	if w.tell("connecting", freshnesstest.Event{"again": true}) {
		w.trusted, w.extension = before, nil
		w.tell("closed", nil)
		return
	}
	r := w.loaded.retry
	delay := min(r.Delay*float64(int(1)<<min(it.attempt-1, 8)), r.Most)
	delay *= 1 + r.Jitter*(2*rand.Float64()-1)
	timer := w.after(milliseconds(delay), nil, func() {
		if w.extension == it {
			w.dial(it)
		}
	})
	it.close = func() { timer.Stop() }
}

// dial opens a socket and reads it.
func (w *witness) dial(it *connection) {
	ctx, cancel := context.WithCancel(w.ctx)
	w.attempts++
	it.number, it.ready, it.close = w.attempts, connecting, cancel
	w.going.Go(func() {
		defer cancel()
		conn, response, err := websocket.Dial(ctx, w.socket, &websocket.DialOptions{HTTPClient: w.client,
			Subprotocols: []string{dusangiretest.AsHTML}, HTTPHeader: http.Header{"Authorization": {"Bearer " + w.token}}})
		if err != nil {
			w.later(func() { w.lost(it, response != nil, err) })
			return
		}
		defer conn.CloseNow()
		conn.SetReadLimit(4 << 20)
		w.later(func() { w.isOpen(it) })
		for {
			_, frame, err := conn.Read(ctx)
			if err != nil {
				w.later(func() { w.lost(it, false, err) })
				return
			}
			w.later(func() { w.frame(it, string(frame)) })
		}
	})
}

func (w *witness) isOpen(it *connection) {
	if w.extension != it {
		return // it was thrown away
	}
	w.count(&w.opened)
	it.attempt, it.ready = 0, open
	w.tell("opened", nil)
}

// lost is the end of a socket, or of the attempt to open one.
func (w *witness) lost(it *connection, wasRefused bool, err error) {
	if w.extension != it {
		return
	}
	if wasRefused {
		w.count(&w.refused)
	}
	code := websocket.CloseStatus(err)
	if it.ready == open {
		w.mu.Lock()
		w.closes[code]++
		w.mu.Unlock()
	}
	it.ready = closed
	w.tell("closed", freshnesstest.Event{"code": int(code)})
	if w.ended == nil && w.extension == it {
		w.retry(it)
	}
}

func (w *witness) count(what *int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*what++
}

// frame shows what a socket has brought, and lets its marker be judged. What is not followed here,
// the items of lists, is never missing.
func (w *witness) frame(it *connection, text string) {
	if w.extension != it {
		return
	}
	said := w.judge.Read(text)
	ours := it == w.trusted
	told := freshnesstest.Event{"ours": ours, "fits": true, "epoch": said.Epoch, "shown": said.Shown}
	if !w.tell("frame", told) {
		w.take(text, freshnesstest.Event{"by": "yes"})
	}
}

// take shows a frame and lets the marker that ends it be judged.
func (w *witness) take(frame string, told freshnesstest.Event) {
	at := strings.LastIndex(frame, `<time id="live"`)
	if at < 0 {
		return
	}
	marker := map[string]any{}
	for _, field := range ofField.FindAllStringSubmatch(frame[at:], -1) {
		marker[field[1]] = field[2]
	}
	now := time.Now()
	w.mu.Lock()
	w.show(frame, now)
	told["marker"], told["parts"], told["time"] = marker, w.partsNow(), ""
	isOurs := marker["epoch"] == w.loaded.page["epoch"] && told["parts"] == w.loaded.page["parts"]
	if shown, _ := marker["shown"].(string); isOurs && !w.light {
		for topic, revision := range revisionsOf(shown) {
			w.note(topic, revision, now)
		}
	}
	w.mu.Unlock()
	w.tell("marker", told)
}

// ---- polls

// ask is one poll.
func (w *witness) ask() {
	w.hush()
	w.count(&w.polls)
	ctx, cancel := context.WithTimeout(w.ctx, w.limit("pollTimeout"))
	w.asking, w.stopAsking = ctx, cancel
	askedAt := w.now()
	w.going.Go(func() {
		text, response, err := w.get(ctx, strings.Replace(w.socket, "/ws/", "/frames/", 1))
		w.later(func() {
			if w.asking != ctx {
				return // another poll or a socket has taken over
			}
			came := err == nil && w.answered(string(text), response, askedAt)
			if w.asking != ctx {
				return
			}
			w.hush()
			w.tell("answered", freshnesstest.Event{"came": came, "chance": rand.Float64()})
		})
	})
}

// answered takes the answer to a poll, and reports whether it brought something.
func (w *witness) answered(text string, response *http.Response, askedAt float64) bool {
	if code, err := strconv.Atoi(response.Header.Get("Dusangire-Close")); err == nil {
		w.tell("ended", freshnesstest.Event{"code": code})
		return false
	}
	if response.StatusCode != http.StatusOK {
		return false
	}
	if !w.judge.IsOlder(w.state, w.judge.Read(text)) {
		w.take(text, freshnesstest.Event{"by": "polled", "askedAt": askedAt})
	}
	return true
}

// hush ends the poll under way and the wait for the next one.
func (w *witness) hush() {
	if w.next != nil {
		w.next.Stop()
	}
	if w.stopAsking != nil {
		w.stopAsking()
	}
	w.asking = nil
}

// ---- the screen

// older reports whether labels show less than others do.
func older(labels, than map[string]int64) bool {
	for topic, revision := range labels {
		if had, known := than[topic]; known && revision < had {
			return true
		}
	}
	return false
}

// show puts the frame's steps on the screen: those that morph a region. What becomes of the items
// of lists is not followed.
func (w *witness) show(frame string, now time.Time) {
	if w.light {
		return
	}
	for _, step := range ofStep.FindAllStringSubmatch(frame, -1) {
		id, swap, body := step[1], step[2], step[3]
		if swap != "outerMorph" {
			w.lists[id] = true
			continue
		}
		if id == "live" {
			continue
		}
		w.regions[id] = body
		if version := ofCard.FindStringSubmatch(body); version != nil {
			n, _ := strconv.ParseInt(version[1], 10, 64)
			w.note(id, n, now)
		}
	}
}

// partsNow is what the screen has a place for.
func (w *witness) partsNow() string {
	if found := ofParts.FindStringSubmatch(w.regions["parts"]); found != nil {
		return found[1]
	}
	return w.loaded.page["parts"].(string)
}

// note writes down what the screen shows from now on.
func (w *witness) note(what string, count int64, now time.Time) {
	marks := w.history.shown[what]
	if n := len(marks); n > 0 && marks[n-1].count >= count {
		if marks[n-1].count > count {
			wrong := fmt.Sprintf("%s went back from %d to %d", what, marks[n-1].count, count)
			w.history.wrong = append(w.history.wrong, wrong)
		}
		return
	}
	w.history.shown[what] = append(marks, mark{count, now})
}

// isLive reports whether no banner stands. The caller holds mu.
func (w *witness) isLive(now time.Time) bool {
	n := len(w.history.live)
	return n > 0 && now.Before(w.history.live[n-1].until)
}

// shows reports whether the screen is live and as far as the ledger in everything that it shows.
func (w *witness) shows(reached map[string]int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.isLive(time.Now()) || len(w.history.shown) == 0 {
		return false
	}
	for what, marks := range w.history.shown {
		if marks[len(marks)-1].count < reached[what] {
			return false
		}
	}
	return true
}

// unlike is what stands on the screen where another one, which watches no more, shows something
// else.
func (w *witness) unlike(other *witness) map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	unlike := map[string]string{}
	for id, want := range other.regions {
		isList := w.lists[id]
		for item := range w.lists {
			isList = isList || strings.Contains(want, ` id="`+item+`"`)
		}
		if !isList && w.regions[id] != want {
			unlike[id] = w.regions[id]
		}
	}
	return unlike
}

// newClient is a client with connections of its own.
func newClient() *http.Client { return &http.Client{Transport: &http.Transport{}} }
