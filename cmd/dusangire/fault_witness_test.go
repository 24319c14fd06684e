package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// patience is how long a page waits for what before it says that it is not live or tries anew. static/app.js has the same.
type patience struct{ silence, hanging, old, behind time.Duration }

var pagesPatience = patience{silence: 6 * time.Second, hanging: 8 * time.Second, old: 4 * time.Second, behind: 2 * time.Second}

// TestAWitnessHasThePatienceOfAPage keeps witnesses what they stand for.
func TestAWitnessHasThePatienceOfAPage(t *testing.T) {
	script, err := os.ReadFile(filepath.Join("..", "..", "static", "app.js"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]time.Duration{"SILENCE": pagesPatience.silence, "HANGING": pagesPatience.hanging, "OLD": pagesPatience.old, "BEHIND": pagesPatience.behind} {
		if said := fmt.Sprintf("const %s = %d;", name, want.Milliseconds()); !strings.Contains(string(script), said) {
			t.Errorf("app.js does not say %q", said)
		}
	}
}

// witness is a live page without a browser: it judges its frames as static/app.js does, and writes down what it shows when and
// when it says that it is live.
type witness struct {
	name     string
	page     string // its URL
	socket   string
	token    string
	patience patience
	client   *http.Client

	mu          sync.Mutex
	epoch       string           // of the page that was loaded
	labels      map[string]int64 // the topics that the page says it shows
	parts       string
	regions     map[string]string // as they stand on the screen
	behindSince time.Time
	gone        string // why it may not come back
	opened      int    // sockets
	refused     int    // of them, before the upgrade
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
	return &witness{name: name, page: server + page, socket: server + socket, token: token, patience: pagesPatience,
		client: http.DefaultClient, regions: map[string]string{}, history: history{shown: map[string][]mark{}}}
}

// run watches until ctx ends or the person may not be here any more.
func (w *witness) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := w.load(ctx); err != nil {
			pauseFor(ctx, time.Second) // a person looks at the browser's own words and tries again
			continue
		}
		if again := w.follow(ctx); !again {
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
	ofStamp = regexp.MustCompile(`<time id="live" data-epoch="([^"]*)" data-shown="([^"]*)" data-current="([^"]*)" data-age="([^"]*)" data-database="([^"]*)"`)
	ofStep  = regexp.MustCompile(`(?s)<hx-partial hx-target="#([a-z0-9-]+)" hx-swap="([a-zA-Z]+)">(.*?)</hx-partial>`)
	ofCard  = regexp.MustCompile(`data-version="(\d+)`)
)

// load loads the page, which is born not live.
func (w *witness) load(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, w.patience.hanging)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.page, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Cookie", "dusangire_session="+w.token)
	request.Header.Set("Accept", "text/html")
	response, err := w.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	html, err := io.ReadAll(response.Body)
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

// How the extension tries again, by htmxConfig in views/layout.templ.
const (
	retryDelay  = 500 * time.Millisecond
	retryMost   = 4 * time.Second
	retryJitter = 0.9
)

var (
	errAnew   = errors.New("the page throws its connection away")
	errReload = errors.New("the page is loaded anew")
)

// follow keeps a socket open for the loaded page, and returns whether the page is to be loaded anew.
func (w *witness) follow(ctx context.Context) (again bool) {
	for attempt := 0; ctx.Err() == nil; {
		opened, err := w.watch(ctx)
		now := time.Now()
		w.mu.Lock()
		w.notLive(now)
		w.mu.Unlock()
		if opened {
			attempt = 0
		}
		switch code := websocket.CloseStatus(err); {
		case errors.Is(err, errReload):
			return true
		case errors.Is(err, errAnew):
			attempt = 0
			continue
		case code >= 4000:
			w.mu.Lock()
			w.gone = err.Error()
			w.mu.Unlock()
			return false
		}
		delay := min(retryDelay<<min(attempt, 8), retryMost)
		attempt++
		pauseFor(ctx, time.Duration(float64(delay)*(1+retryJitter*(2*rand.Float64()-1))))
	}
	return false
}

// watch is one socket's life.
func (w *witness) watch(ctx context.Context) (opened bool, err error) {
	dialling, cancel := context.WithTimeout(ctx, w.patience.hanging)
	conn, response, err := websocket.Dial(dialling, w.socket, &websocket.DialOptions{
		HTTPClient: w.client, Subprotocols: []string{asHTML}, HTTPHeader: http.Header{"Cookie": {"dusangire_session=" + w.token}}})
	hung := dialling.Err() != nil
	cancel()
	if err != nil {
		w.mu.Lock()
		if response != nil {
			w.refused++
		}
		w.mu.Unlock()
		if hung {
			return false, errAnew
		}
		return false, err
	}
	defer conn.CloseNow()
	conn.SetReadLimit(4 << 20)
	w.mu.Lock()
	w.opened++
	w.mu.Unlock()
	for {
		listening, cancel := context.WithTimeout(ctx, w.patience.silence)
		_, frame, err := conn.Read(listening)
		silent := listening.Err() != nil
		cancel()
		if err != nil && silent {
			return true, errAnew
		}
		if err != nil {
			return true, err
		}
		if err := w.take(string(frame), time.Now()); err != nil {
			return true, err
		}
	}
}

// take shows a frame and judges the stamp that ends it.
func (w *witness) take(frame string, now time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	stamps := ofStamp.FindAllStringSubmatch(frame, -1)
	if stamps == nil {
		return nil
	}
	stamp := stamps[len(stamps)-1]
	epoch, shown, current, database := stamp[1], stamp[2], stamp[3], stamp[5]
	labels := revisionsOf(shown)
	if epoch == w.epoch && older(labels, w.labels) {
		w.notLive(now)
		return errAnew
	}
	w.show(frame, now)
	if epoch != w.epoch || w.partsNow() != w.parts {
		return errReload
	}
	w.labels = labels
	for topic, revision := range labels {
		w.note(topic, revision, now)
	}
	age, err := strconv.Atoi(stamp[4])
	if err != nil {
		return fmt.Errorf("a stamp's age is %q", stamp[4])
	}
	w.accept(time.Duration(age)*time.Millisecond, shown == current, database == "ok", now)
	return nil
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

// show puts the frame's steps on the screen. The pages that witnesses watch have no lists, so each is a morph.
func (w *witness) show(frame string, now time.Time) {
	for _, step := range ofStep.FindAllStringSubmatch(frame, -1) {
		id, swap, body := step[1], step[2], step[3]
		if swap != "outerMorph" {
			w.history.wrong = append(w.history.wrong, "was sent "+swap+" for #"+id)
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
func (w *witness) accept(age time.Duration, isCurrent, database bool, now time.Time) {
	if age >= w.patience.old || !database {
		w.notLive(now)
		return
	}
	isLive := w.isLive(now)
	switch {
	case isCurrent:
		w.behindSince = time.Time{}
	case !isLive:
		return
	case w.behindSince.IsZero():
		w.behindSince = now
	case now.Sub(w.behindSince) > w.patience.behind:
		w.notLive(now)
		return
	}
	until := now.Add(w.patience.silence)
	if isLive {
		w.history.live[len(w.history.live)-1].until = until
	} else {
		w.history.live = append(w.history.live, span{now, until})
	}
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

// screen is what stands on it.
func (w *witness) screen() map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.regions)
}

// newClient is a client with connections of its own.
func newClient() *http.Client { return &http.Client{Transport: &http.Transport{}} }
