package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"dusangire/freshness"
)

// patience is how long a page waits for what before it says that it is not live or tries anew.
type patience struct{ silence, hanging, old, behind, late, another, door time.Duration }

var pagesPatience = patience{silence: freshness.Silence, hanging: freshness.Hanging, old: freshness.Stale,
	behind: freshness.Behind, late: freshness.Late, another: freshness.Another, door: freshness.Door}

// What keeps a page up to date, in the words of app.js.
const (
	live   = "yes"
	polled = "polled"
)

// witness is a live page without a browser: it judges its frames as static/app.js does, and writes down what it shows when and
// when it says that it is live.
type witness struct {
	name     string
	page     string // its URL
	socket   string
	token    string
	patience patience
	client   *http.Client
	born     time.Time
	light    bool // one of thousands: it goes by the stamps alone, and keeps neither regions nor history

	mu          sync.Mutex
	epoch       string           // of the page that was loaded
	labels      map[string]int64 // the topics that the page says it shows
	parts       string
	regions     map[string]string // as they stand on the screen
	lists       map[string]bool   // elements whose items have changed one by one, and such items
	by          string            // what keeps it up to date: live or polled
	behindSince time.Time
	openedAt    time.Time     // the socket
	ahead       time.Duration // of the node's clock, by which the time since born is
	lateSince   time.Time
	triedAt     time.Time
	polling     bool
	pollChange  chan struct{} // closed when polling changes
	tryNow      chan struct{} // closed when polls say that the server is back
	opened      int           // sockets
	refused     int           // sockets that were answered and not opened
	polls       int
	closes      map[websocket.StatusCode]int // how often its sockets were closed with a code
	history     history
}

// history is what a screen showed when, for judging it afterwards.
type history struct {
	shown map[string][]mark // topics by their labels, and the versions of cards by their content
	live  []span            // in which it did not say that it is not live
	wrong []string          // what it must never do
}

// span is a stretch of time.
type span struct{ from, until time.Time }

func newWitness(name, server, page, socket, token string) *witness {
	return &witness{name: name, page: server + page, socket: server + socket, token: token, patience: pagesPatience, client: http.DefaultClient,
		born: time.Now(), pollChange: make(chan struct{}), tryNow: make(chan struct{}), closes: map[websocket.StatusCode]int{}, regions: map[string]string{}, lists: map[string]bool{},
		history: history{shown: map[string][]mark{}}}
}

// run watches until ctx ends or the person may not be here any more.
func (w *witness) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := w.load(ctx); err != nil {
			pauseFor(ctx, time.Second) // a person looks at the browser's own words and tries again
			continue
		}
		err := w.follow(ctx)
		w.mu.Lock()
		w.notLive(time.Now())
		w.mu.Unlock()
		if errors.Is(err, errGone) {
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
	ofBody  = regexp.MustCompile(`<body data-live="no" data-epoch="([^"]*)" data-shown="([^"]*)"`)
	ofParts = regexp.MustCompile(`<data id="parts" value="([^"]*)"`)
	ofStamp = regexp.MustCompile(` data-([a-z]+)="([^"]*)"`)
	ofStep  = regexp.MustCompile(`(?s)<hx-partial hx-target="#([a-z0-9-]+)" hx-swap="([a-zA-Z]+)">(.*?)</hx-partial>`)
	ofCard  = regexp.MustCompile(`data-version="(\d+)`)
)

// load loads the page, which is born not live.
func (w *witness) load(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, w.patience.hanging)
	defer cancel()
	html, response, err := w.get(ctx, w.page)
	if err != nil {
		return err
	}
	body, parts := ofBody.FindSubmatch(html), ofParts.FindSubmatch(html)
	if body == nil || parts == nil {
		return fmt.Errorf("%s is answered %s and is no live page", w.page, response.Status)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.notLive(time.Now())
	w.epoch, w.labels, w.parts = string(body[1]), revisionsOf(string(body[2])), string(parts[1])
	clear(w.regions)
	return nil
}

// loadLike makes the screen one of thousands that had been loaded before the test began, like another one of the same page.
func (w *witness) loadLike(other *witness) {
	other.mu.Lock()
	defer other.mu.Unlock()
	w.light, w.epoch, w.labels, w.parts = true, other.epoch, other.labels, other.parts
}

// get asks for a page or a frame.
func (w *witness) get(ctx context.Context, url string) (html []byte, response *http.Response, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Authorization", "Bearer "+w.token)
	request.Header.Set("Accept", "text/html")
	if response, err = w.client.Do(request); err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	html, err = io.ReadAll(response.Body)
	return html, response, err
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

// How the extension tries again, by htmxConfig in views/layout.templ, and how often a page polls whose sockets are refused.
const (
	retryDelay  = 500 * time.Millisecond
	retryMost   = 4 * time.Second
	retryJitter = 0.9
	pollJitter  = 0.2
	pollLimit   = 5 * time.Second
)

var (
	errAnew   = errors.New("the page throws its connection away")
	errReload = errors.New("the page is loaded anew")
	errGone   = errors.New("the person may not be here any more")
)

// follow keeps the loaded page up to date by its socket, or by polls while sockets are refused. It returns why it stopped.
func (w *witness) follow(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	var polling sync.WaitGroup
	defer polling.Wait()
	defer stop(nil)
	polling.Go(func() { w.poll(ctx, stop) })
	unheard := 0
	for attempt := 0; ctx.Err() == nil; {
		w.mu.Lock()
		serverIsBack := w.tryNow
		w.mu.Unlock()
		if unheard++; unheard > 1 {
			w.pollFrom(true)
		}
		opened, heard, err := w.watch(ctx)
		switch {
		case errors.Is(err, errReload):
			return err
		case websocket.CloseStatus(err) >= 4000:
			return errGone
		}
		w.mu.Lock()
		if w.by != polled {
			w.notLive(time.Now())
		}
		w.mu.Unlock()
		if heard {
			unheard = 0
		}
		if opened || errors.Is(err, errAnew) {
			attempt = 0
		}
		if errors.Is(err, errAnew) {
			continue
		}
		delay := min(retryDelay<<min(attempt, 8), retryMost)
		attempt++
		if w.rest(ctx, time.Duration(float64(delay)*(1+retryJitter*(2*rand.Float64()-1))), serverIsBack) {
			attempt = 0
		}
	}
	return context.Cause(ctx)
}

// rest waits before the next socket: for a delay and then, while polls keep the page up to date, until it is time to try one again. It ends
// when polls find that the server is back, and reports whether there is reason to begin with short delays again.
func (w *witness) rest(ctx context.Context, delay time.Duration, serverIsBack <-chan struct{}) bool {
	if pauseUnless(ctx, delay, serverIsBack) {
		return true
	}
	w.mu.Lock()
	isPolled := w.by == polled && w.isLive(time.Now())
	w.mu.Unlock()
	if isPolled {
		pauseUnless(ctx, w.patience.another, serverIsBack)
	}
	return isPolled
}

// pauseUnless waits until something happens, and reports whether it did, or for as long as it may take.
func pauseUnless(ctx context.Context, d time.Duration, happens <-chan struct{}) (happened bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-happens:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// pollFrom begins or ends polling.
func (w *witness) pollFrom(begin bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.polling != begin {
		w.polling = begin
		close(w.pollChange)
		w.pollChange = make(chan struct{})
	}
}

// poll asks for frames over plain HTTP while that is wanted.
func (w *witness) poll(ctx context.Context, stop context.CancelCauseFunc) {
	for ctx.Err() == nil {
		w.mu.Lock()
		polling, change := w.polling, w.pollChange
		w.mu.Unlock()
		if !polling {
			select {
			case <-change:
			case <-ctx.Done():
			}
			continue
		}
		if wait := w.socketComesFirst(time.Now()); wait > 0 {
			pauseFor(ctx, wait)
			continue
		}
		if err := w.ask(ctx); errors.Is(err, errReload) || errors.Is(err, errGone) {
			stop(err)
			return
		}
		wait := time.NewTimer(time.Duration(float64(freshness.PollEvery) * (1 + pollJitter*(2*rand.Float64()-1))))
		select {
		case <-wait.C:
		case <-change:
		case <-ctx.Done():
		}
		wait.Stop()
	}
}

// tries notes since when a socket has been trying to open.
func (w *witness) tries(since time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.triedAt = since
}

// socketComesFirst is how long a poll waits for a socket that is on its way.
func (w *witness) socketComesFirst(now time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.triedAt.IsZero() || w.isLive(now) {
		return 0
	}
	return w.triedAt.Add(w.patience.door).Sub(now)
}

// ask is one poll.
func (w *witness) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pollLimit)
	defer cancel()
	asked := time.Now()
	w.mu.Lock()
	w.polls++
	wasLive := w.isLive(asked)
	w.mu.Unlock()
	html, response, err := w.get(ctx, strings.Replace(w.socket, "/ws/", "/frames/", 1))
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !w.polling:
		return nil // a socket has taken over
	case err == nil && response.Header.Get("Dusangire-Close") != "":
		return errGone
	case err != nil || response.StatusCode != http.StatusOK:
		w.notLive(time.Now())
		return err
	}
	now := time.Now()
	if err := w.take(string(html), polled, asked, now); err != nil {
		return err
	}
	if !wasLive && w.isLive(now) {
		close(w.tryNow)
		w.tryNow = make(chan struct{})
	}
	return nil
}

// watch is one socket's life.
func (w *witness) watch(ctx context.Context) (opened, heard bool, err error) {
	w.tries(time.Now())
	dialling, cancel := context.WithTimeout(ctx, w.patience.hanging)
	conn, response, err := websocket.Dial(dialling, w.socket, &websocket.DialOptions{
		HTTPClient: w.client, Subprotocols: []string{asHTML}, HTTPHeader: http.Header{"Authorization": {"Bearer " + w.token}}})
	hung := dialling.Err() != nil
	cancel()
	w.tries(time.Time{})
	w.mu.Lock()
	w.openedAt, w.ahead, w.lateSince = time.Now(), math.MaxInt64, time.Time{}
	if err == nil {
		w.opened++
	} else if response != nil {
		w.refused++
	}
	w.mu.Unlock()
	if err != nil {
		if hung {
			return false, false, errAnew
		}
		return false, false, err
	}
	defer conn.CloseNow()
	conn.SetReadLimit(4 << 20)
	for {
		listening, cancel := context.WithTimeout(ctx, w.patience.silence)
		_, frame, err := conn.Read(listening)
		silent := listening.Err() != nil
		cancel()
		if err != nil && silent {
			return true, heard, errAnew
		}
		if err != nil {
			w.mu.Lock()
			w.closes[websocket.CloseStatus(err)]++
			w.mu.Unlock()
			return true, heard, err
		}
		heard = true
		w.pollFrom(false)
		w.mu.Lock()
		err = w.take(string(frame), live, time.Time{}, time.Now())
		w.mu.Unlock()
		if err != nil {
			return true, heard, err
		}
	}
}

// take shows a frame and judges the stamp that ends it. asked is when a poll was sent.
func (w *witness) take(frame string, by string, asked, now time.Time) error {
	at := strings.LastIndex(frame, `<time id="live"`) // it ends the frame
	if at < 0 {
		return nil
	}
	stamp := map[string]string{}
	for _, said := range ofStamp.FindAllStringSubmatch(frame[at:], -1) {
		stamp[said[1]] = said[2]
	}
	epoch, labels := stamp["epoch"], revisionsOf(stamp["shown"])
	current, ahead := stamp["current"]
	if epoch == w.epoch && older(labels, w.labels) {
		if by == live {
			w.notLive(now)
			return errAnew
		}
		return nil
	}
	w.show(frame, now)
	if epoch != w.epoch || w.partsNow() != w.parts {
		w.notLive(now)
		return errReload
	}
	w.labels = labels
	for topic, revision := range labels {
		if !w.light {
			w.note(topic, revision, now)
		}
	}
	late := now.Sub(asked)
	if by == live {
		late = w.lateness(milliseconds(stamp["sent"]), now)
	}
	return w.accept(by, milliseconds(stamp["age"]), late, !ahead || current == stamp["shown"], stamp["database"] == "ok", now)
}

func milliseconds(text string) time.Duration {
	n, _ := strconv.Atoi(text)
	return time.Duration(n) * time.Millisecond
}

// lateness is how long ago a stamp was made that has just come.
func (w *witness) lateness(sent time.Duration, now time.Time) time.Duration {
	from := now
	if w.ahead == math.MaxInt64 {
		from = w.openedAt
	}
	w.ahead = min(w.ahead, from.Sub(w.born)-sent)
	return now.Sub(w.born) - sent - w.ahead
}

// older reports whether labels show less than others do.
func older(labels, than map[string]int64) bool {
	for topic, revision := range labels {
		if had, known := than[topic]; known && revision < had {
			return true
		}
	}
	return false
}

// show puts the frame's steps on the screen: those that morph a region. What becomes of the items of lists is not followed.
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

func (w *witness) partsNow() string {
	if found := ofParts.FindStringSubmatch(w.regions["parts"]); found != nil {
		return found[1]
	}
	return w.parts
}

// note writes down what the screen shows from now on.
func (w *witness) note(what string, count int64, now time.Time) {
	marks := w.history.shown[what]
	if n := len(marks); n > 0 && marks[n-1].count >= count {
		if marks[n-1].count > count {
			w.history.wrong = append(w.history.wrong, fmt.Sprintf("%s went back from %d to %d", what, marks[n-1].count, count))
		}
		return
	}
	w.history.shown[what] = append(marks, mark{count, now})
}

// accept is what app.js does with a stamp.
func (w *witness) accept(by string, age, late time.Duration, isCurrent, database bool, now time.Time) error {
	if late < w.patience.old {
		w.lateSince = time.Time{}
	} else if w.lateSince.IsZero() {
		w.lateSince = now
	} else if now.Sub(w.lateSince) > w.patience.late {
		w.notLive(now)
		return errAnew
	}
	old := age + late
	if old >= w.patience.old || !database {
		w.notLive(now)
		return nil
	}
	until := now.Add(w.patience.silence - old)
	isLive := w.isLive(now)
	switch {
	case isCurrent:
		w.behindSince = time.Time{}
	case !isLive:
		return nil
	default:
		if w.behindSince.IsZero() {
			w.behindSince = now
		}
		until = earliest(until, w.behindSince.Add(w.patience.behind))
	}
	w.by = by
	switch n := len(w.history.live); {
	case isLive:
		w.history.live[n-1].until = until
	case w.light && n > 0:
		w.history.live[0] = span{now, until}
	default:
		w.history.live = append(w.history.live, span{now, until})
	}
	return nil
}

// notLive shows the banner.
func (w *witness) notLive(now time.Time) {
	w.behindSince = time.Time{}
	if w.isLive(now) {
		w.history.live[len(w.history.live)-1].until = now
	}
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

// unlike is what stands on the screen where another one, which watches no more, shows something else.
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
