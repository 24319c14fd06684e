package hub_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dusangire/hub"
	"dusangire/hub/hubtest"
	"dusangire/hub/revision"

	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
)

// soon is how long a test waits for what must happen; it is reached only by a test that fails.
const soon = 10 * time.Second

// board is a fake of what a hospital does for the hub: cells with a text each under one topic, and
// counters of how often it is asked.
type board struct {
	mu       sync.Mutex
	epoch    string
	revision int64
	cells    []string
	others   map[revision.Topic]int64 // topics of others, such as a user's, and where they stand
	failing  error

	reads, htmls, jsons, checks atomic.Int64
}

const boardTopic = "board:1"

func newBoard(cells int) *board {
	b := &board{epoch: "e1", cells: make([]string, cells)}
	for i := range b.cells {
		b.cells[i] = "empty"
	}
	return b
}

// set changes a cell and returns the revisions to announce, as a command does.
func (b *board) set(cell int, text string) revision.Set {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cells[cell] = text
	b.revision++
	return b.revisionsLocked()
}

// move lets a topic of somebody else's stand one higher.
func (b *board) move(topic revision.Topic) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.others == nil {
		b.others = map[revision.Topic]int64{}
	}
	b.others[topic]++
}

func (b *board) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failing = err
}

func (b *board) revisionsLocked() revision.Set {
	return revision.Set{Epoch: b.epoch, Topics: map[revision.Topic]int64{boardTopic: b.revision}}
}

func (b *board) check(_ context.Context, topics []revision.Topic) (revision.Set, error) {
	b.checks.Add(1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failing != nil {
		return revision.Set{}, b.failing
	}
	r := revision.Set{Epoch: b.epoch, Topics: map[revision.Topic]int64{}}
	for _, topic := range topics {
		r.Topics[topic] = b.others[topic]
		if topic == boardTopic {
			r.Topics[topic] = b.revision
		}
	}
	return r, nil
}

func (b *board) view() hub.View {
	return hub.View{Name: "board", Topics: []revision.Topic{boardTopic}, Read: b.read}
}

func (b *board) read(context.Context) (hub.State, error) {
	b.reads.Add(1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failing != nil {
		return nil, b.failing
	}
	return &boardState{board: b, revisions: b.revisionsLocked(), cells: slices.Clone(b.cells)}, nil
}

type boardState struct {
	board     *board
	revisions revision.Set
	cells     []string
}

func (s *boardState) Revisions() revision.Set { return s.revisions }

func (s *boardState) HTML() ([]hub.Region, error) {
	s.board.htmls.Add(1)
	regions := make([]hub.Region, len(s.cells))
	for i, text := range s.cells {
		id := fmt.Sprintf("cell-%d", i)
		regions[i] = hub.Region{ID: id, Body: fmt.Appendf(nil, `<p id="%s">%s</p>`, id, text)}
	}
	return regions, nil
}

func (s *boardState) JSON() ([]hub.Region, error) {
	s.board.jsons.Add(1)
	var regions []hub.Region
	for i, text := range s.cells {
		body := fmt.Appendf(nil, `{"type":"cell","cell":%d,"text":%q}`, i, text)
		id := fmt.Sprintf("cell-%d", i)
		regions = append(regions, hub.Region{ID: id, Body: body, Event: true})
	}
	whole, err := json.Marshal(map[string]any{
		"type": "board", "cells": s.cells, "revision": s.revisions.Topics[boardTopic],
	})
	state := []byte(strings.Join(s.cells, "\x00"))
	return append(regions, hub.Region{ID: "board", Body: whole, State: state}), err
}

func (s *boardState) Answer(request []byte) ([]byte, bool) {
	if strings.Contains(string(request), "get_status") {
		return nil, true
	}
	return []byte(`{"type":"error","code":"unknown_action","message":"no"}`), false
}

func marker(f revision.Freshness) []byte {
	return fmt.Appendf(nil, `<i id="live" data-shown="%s" data-current="%s" data-database="%t"></i>`,
		revision.Label(f.Shown), revision.Label(f.Current), f.DatabaseOK)
}

// explain words an error of the hub's own.
func explain(code string) string { return "That is " + code + "." }

// node is one hub behind a real server.
type node struct {
	*hub.Hub
	t            testing.TB
	url          string
	client       *http.Client // that knows the node's certificate
	subscription subscriptions
	finish       func()
	log          journal

	registry *prometheus.Registry
}

// journal is what a node tells its operator.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(line)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// startNode serves a hub whose subscriptions are what subscription says, and drains it when the
// test ends. It fails when goroutines are left.
func startNode(t testing.TB, b *board, bus hub.Bus, subscription subscriptions) *node {
	t.Helper()
	return startNodeOver(t, false, b, bus, subscription)
}

// startNodeOver does the same, over TLS where that is wanted.
func startNodeOver(
	t testing.TB, secure bool, b *board, bus hub.Bus, subscription subscriptions,
) *node {
	t.Helper()
	n := &node{t: t, subscription: subscription, registry: prometheus.NewRegistry()}
	h := hub.New(hub.Config{
		Bus: bus, Check: b.check, Marker: marker, Explain: explain, Metrics: n.registry,
		Log: slog.New(slog.NewTextHandler(&n.log, nil)),
	})
	n.Hub = h
	serve := func(w http.ResponseWriter, r *http.Request) {
		switch err := h.Serve(w, r, n.subscription(r)); {
		case errors.Is(err, hub.ErrDraining):
			w.WriteHeader(http.StatusServiceUnavailable)
		case errors.Is(err, hub.ErrOverQuota):
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(serve))
	if server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0); secure {
		server.StartTLS()
	} else {
		server.Start()
	}
	n.url = "ws" + strings.TrimPrefix(server.URL, "http")
	n.client = server.Client()
	ctx, cancel := context.WithCancel(context.Background())
	running := make(chan error, 1)
	go func() { running <- h.Run(ctx) }()
	n.finish = sync.OnceFunc(func() {
		within, stop := context.WithTimeout(context.Background(), soon)
		defer stop()
		h.Drain(within)
		cancel()
		if err := <-running; err != nil {
			t.Errorf("the hub ended with %v", err)
		}
		server.Close()
	})
	t.Cleanup(n.finish)
	return n
}

// client is a socket of a library that the server does not use.
type client struct {
	t    testing.TB
	conn *websocket.Conn
}

func (n *node) dial(representation hub.Representation) *client {
	n.t.Helper()
	c, status := n.tryDial("", representation)
	if c == nil {
		n.t.Fatalf("dial: answered with %d", status)
	}
	return c
}

// tryDial opens a socket on a path, or returns the status with which that was refused.
func (n *node) tryDial(path string, representation hub.Representation) (c *client, status int) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	conn, response, err := websocket.Dial(ctx, n.url+path, &websocket.DialOptions{
		HTTPClient: n.client, Subprotocols: []string{string(representation)},
	})
	if err != nil && response == nil {
		n.t.Fatalf("dial: %v", err)
	}
	if err != nil {
		return nil, response.StatusCode
	}
	conn.SetReadLimit(4 << 20)
	n.t.Cleanup(func() { _ = conn.CloseNow() })
	return &client{n.t, conn}, response.StatusCode
}

// next returns the next message.
func (c *client) next() string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	_, message, err := c.conn.Read(ctx)
	if err != nil {
		c.t.Fatalf("read: %v", err)
	}
	return string(message)
}

// nextWith returns the next message that contains text, passing over others.
func (c *client) nextWith(text string) string {
	c.t.Helper()
	for {
		if message := c.next(); strings.Contains(message, text) {
			return message
		}
	}
}

func (c *client) send(kind websocket.MessageType, message string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	if err := c.conn.Write(ctx, kind, []byte(message)); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

// closeCode reads until the server closes the socket and returns its code.
func (c *client) closeCode() websocket.StatusCode {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*soon)
	defer cancel()
	for {
		if _, _, err := c.conn.Read(ctx); err != nil {
			if code := websocket.CloseStatus(err); code != -1 {
				return code
			}
			c.t.Fatalf("the socket ended without a code: %v", err)
		}
	}
}

// subscriptions says what a request for a socket subscribes to.
type subscriptions func(*http.Request) hub.Subscription

func watch(b *board) subscriptions { return always(hub.Subscription{View: b.view()}) }

func always(s hub.Subscription) subscriptions {
	return func(*http.Request) hub.Subscription { return s }
}

// refusal says why a socket may not stay open.
type refusal = func(hub.Authorization) *hub.Close

// TestMain lets stand what the Redis client ends only a second after it was closed; nothing else
// may be left.
func TestMain(m *testing.M) {
	hubtest.RunMany(3)
	const dial = "github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction(dial))
}

func TestConnecting(t *testing.T) {
	b := newBoard(3)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))

	t.Run("a page gets all at once, with a marker that says it is current", func(t *testing.T) {
		frame := n.dial(hub.HTML).next()
		for _, part := range []string{
			`<hx-partial hx-target="#cell-0" hx-swap="outerMorph"><p id="cell-0">empty</p></hx-partial>`,
			`id="cell-2"`,
			`<hx-partial hx-target="#live" hx-swap="outerMorph"><i id="live" ` +
				`data-shown="board:1=0" data-current="board:1=0" data-database="true">`,
		} {
			if !strings.Contains(frame, part) {
				t.Errorf("the first frame lacks %s:\n%s", part, frame)
			}
		}
	})
	t.Run("a client that pings is answered", func(t *testing.T) {
		c := n.dial(hub.JSON)
		ctx, cancel := context.WithTimeout(context.Background(), soon)
		defer cancel()
		var reading sync.WaitGroup
		reading.Go(func() {
			for err := error(nil); err == nil; {
				_, _, err = c.conn.Read(ctx)
			}
		})
		if err := c.conn.Ping(ctx); err != nil {
			t.Error(err)
		}
		cancel()
		reading.Wait()
	})
	t.Run("a program gets the whole state and no events", func(t *testing.T) {
		got := n.dial(hub.JSON).next()
		if !strings.HasPrefix(got, `{"cells":["empty","empty","empty"]`) {
			t.Errorf("first message is %s", got)
		}
	})
	t.Run("a program that names no subprotocol speaks JSON", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), soon)
		defer cancel()
		conn, _, err := websocket.Dial(ctx, n.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.CloseNow()
		if got := (&client{t, conn}).next(); !strings.Contains(got, `"type":"board"`) {
			t.Errorf("first message is %s", got)
		}
	})
}

func TestASocketOutlivesItsRequest(t *testing.T) {
	b := newBoard(1)
	requests := make(chan context.Context, 1)
	n := startNode(t, b, hub.NewMemoryBus(), func(r *http.Request) hub.Subscription {
		requests <- r.Context()
		return hub.Subscription{View: b.view()}
	})
	c := n.dial(hub.HTML)
	c.next()
	select {
	case <-(<-requests).Done(): // the server has ended it
	case <-time.After(soon):
		t.Fatal("the request is still there although its socket is open")
	}
	n.Announce(b.set(0, "taken"))
	c.nextWith("taken")
}

func TestAChangeSendsWhatChanged(t *testing.T) {
	b := newBoard(24)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	page, program := n.dial(hub.HTML), n.dial(hub.JSON)
	page.next()
	program.next()

	n.Announce(b.set(7, "taken"))

	frame := page.nextWith("cell-")
	if !strings.Contains(frame, `<p id="cell-7">taken</p>`) || strings.Contains(frame, "empty") {
		t.Errorf("the frame should carry cell 7 and no other:\n%s", frame)
	}
	if !strings.Contains(frame, `data-shown="board:1=1" data-current="board:1=1"`) {
		t.Errorf("the frame should be marked with the revision it shows:\n%s", frame)
	}
	if got := program.next(); got != `{"type":"cell","cell":7,"text":"taken"}` {
		t.Errorf("a program first hears which cell changed, got %s", got)
	}
	got := program.next()
	if !strings.Contains(got, `"type":"board"`) || !strings.Contains(got, `"revision":1`) {
		t.Errorf("then it hears what that adds up to, got %s", got)
	}
}

func TestOneChangeCostsOneReadAndOneRenderHoweverManyWatch(t *testing.T) {
	b := newBoard(24)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	clients := make([]*client, 300) // so many that several cores write to them
	for i := range clients {
		clients[i] = n.dial(hub.HTML)
		clients[i].next()
	}
	reads, renders := b.reads.Load(), b.htmls.Load()

	n.Announce(b.set(3, "taken"))
	for _, c := range clients {
		c.nextWith("taken")
	}

	if got := b.reads.Load() - reads; got != 1 {
		t.Errorf("the state was read %d times, want once", got)
	}
	if got := b.htmls.Load() - renders; got != 1 {
		t.Errorf("the page was rendered %d times, want once", got)
	}
	if got := b.jsons.Load(); got != 0 {
		t.Errorf("JSON was rendered %d times although nobody speaks it", got)
	}
}

func TestNothingIsReadForTopicsThatNobodyWatches(t *testing.T) {
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	n.Announce(b.set(0, "taken"))
	c := n.dial(hub.HTML)
	c.nextWith("taken")
	before := b.reads.Load()
	n.Announce(revision.Set{Epoch: "e1", Topics: map[revision.Topic]int64{"ward:9": 4}})
	n.Announce(b.set(0, "free"))
	c.nextWith("free")
	if got := b.reads.Load() - before; got != 1 {
		t.Errorf("%d reads, want one: the other topic has no client", got)
	}
}

func TestABurstIsCoalescedAndItsLastStateArrives(t *testing.T) {
	b := newBoard(2)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	c := n.dial(hub.HTML)
	c.next()
	before := b.reads.Load()
	for i := range 1000 {
		n.Announce(b.set(0, fmt.Sprintf("state-%d-", i)))
	}
	c.nextWith("state-999-")
	if got := b.reads.Load() - before; got > 100 {
		t.Errorf("1000 changes in a burst cost %d reads", got)
	}
}

// Whoever comes after a command was answered must not see what was before it, however busy the view
// is: a page would take back before its user's eyes what they have just done.
func TestANewcomerIsNotShownWhatIsKnownToBeOld(t *testing.T) {
	t.Parallel()
	for _, others := range []hub.Representation{hub.HTML, hub.JSON} {
		for _, own := range []hub.Representation{hub.HTML, hub.JSON} {
			t.Run(fmt.Sprintf("%s beside %s", own, others), func(t *testing.T) {
				t.Parallel()
				b := newBoard(2)
				n := startNode(t, b, hub.NewMemoryBus(), watch(b))
				n.dial(others).next()
				for i := range 10 {
					n.Announce(b.set(0, "read at once"))
					before := b.reads.Load()
					text := fmt.Sprintf("change %d", i)
					n.Announce(b.set(1, text))
					c := n.dial(own)
					// Nor does an answer come before the state.
					c.send(websocket.MessageText, `{"action":"nonsense"}`)
					first := c.next()
					if !strings.Contains(first, text) {
						t.Fatalf("the first that a newcomer is told lacks what was announced "+
							"before (%d reads since): %s", b.reads.Load()-before, first)
					}
				}
			})
		}
	}
}

// A program that asks for the state after a command was answered gets what stands since.
func TestAStatusIsNotWhatIsKnownToBeOld(t *testing.T) {
	t.Parallel()
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	c := n.dial(hub.JSON)
	c.next()
	for i := range 10 {
		first, second := fmt.Sprintf("first %d", i), fmt.Sprintf("second %d", i)
		n.Announce(b.set(0, first))
		c.nextWith(`"cells":["` + first)
		n.Announce(b.set(0, second))
		c.send(websocket.MessageText, `{"action":"get_status"}`)
		for range 2 { // what changed, and then the answer
			if told := c.nextWith(`"type":"board"`); !strings.Contains(told, second) {
				t.Fatalf("a program that asked was told what was known to be old: %s", told)
			}
		}
	}
}

// However many programs ask, and however often, one read that is due answers all of them.
func TestAskingForTheStateCostsNoReadsOfItsOwn(t *testing.T) {
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	var programs []*client
	for range 10 {
		programs = append(programs, n.dial(hub.JSON))
		programs[len(programs)-1].next()
	}
	n.Announce(b.set(0, "first"))
	for _, c := range programs {
		c.nextWith(`"cells":["first"`)
	}
	before := b.reads.Load()
	n.Announce(b.set(0, "second"))
	for _, c := range programs {
		for range 3 {
			c.send(websocket.MessageText, `{"action":"get_status"}`)
		}
		c.send(websocket.MessageText, `{"action":"nonsense"}`)
		c.send(websocket.MessageText, `no JSON`)
	}
	for _, c := range programs {
		// What changed, and then each answer.
		for _, want := range []string{
			"second", "second", "second", "second", "unknown_action", "invalid_json",
		} {
			message := c.next()
			for strings.Contains(message, `"cell"`) || strings.Contains(message, `"heartbeat"`) {
				message = c.next()
			}
			if !strings.Contains(message, want) {
				t.Fatalf("a program that asked three times for the state, and twice for nonsense, "+
					"was told %s, want %s", message, want)
			}
		}
	}
	// On a machine that stands still for a second, some more.
	if reads := b.reads.Load() - before; reads > 5 {
		t.Errorf("ten programs that ask three times each after one change cost %d reads", reads)
	}
}

func TestALostHintCostsASecond(t *testing.T) {
	t.Parallel()
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	page, program := n.dial(hub.HTML), n.dial(hub.JSON)
	page.next()
	program.next()
	b.set(0, "taken") // nobody is told
	page.nextWith("taken")
	program.nextWith("taken")
}

// deafBus brings no hints, and says so.
type deafBus struct{ hub.Bus }

func (deafBus) Trouble() string { return "unreachable" }

func TestWhileNoHintsComeScreensAreComparedTwiceAsOften(t *testing.T) {
	t.Parallel()
	heard, deaf := newBoard(1), newBoard(1)
	startNode(t, heard, hub.NewMemoryBus(), watch(heard)).dial(hub.HTML).next()
	startNode(t, deaf, deafBus{hub.NewMemoryBus()}, watch(deaf)).dial(hub.HTML).next()
	before, begun := heard.checks.Load(), deaf.checks.Load()
	for deaf.checks.Load() < begun+6 {
		<-time.After(10 * time.Millisecond)
	}
	if checks := heard.checks.Load() - before; checks < 1 || checks > 4 {
		t.Errorf("while a node without a bus compares 6 times, one with a bus does %d times", checks)
	}
}

func TestARestoredBackupIsShownAlthoughItsRevisionsWentBack(t *testing.T) {
	t.Parallel()
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	n.Announce(b.set(0, "one"))
	n.Announce(b.set(0, "two"))
	c := n.dial(hub.HTML)
	c.nextWith("two")
	b.mu.Lock()
	b.epoch, b.revision, b.cells[0] = "e2", 1, "one"
	b.mu.Unlock()
	c.nextWith("one")
}

func TestForgedHintsOnlyCostARead(t *testing.T) {
	b := newBoard(1)
	bus := hub.NewMemoryBus()
	n := startNode(t, b, bus, watch(b))
	c := n.dial(hub.HTML)
	c.next()
	bus.Publish(revision.Set{Epoch: "e1", Topics: map[revision.Topic]int64{boardTopic: 1 << 60}})
	bus.Publish(revision.Set{Epoch: "never", Topics: map[revision.Topic]int64{boardTopic: 1}})
	n.Announce(b.set(0, "taken"))
	frame := c.nextWith("taken")
	if !strings.Contains(frame, `data-shown="board:1=1" data-current="board:1=1"`) {
		t.Errorf("a forged revision reached the marker:\n%s", frame)
	}
	if got := b.reads.Load(); got > 4 {
		t.Errorf("forged hints cost %d reads", got)
	}
}

func TestTwoNodesShareEachChange(t *testing.T) {
	for name, newBus := range buses(t) {
		t.Run(name, func(t *testing.T) {
			b := newBoard(1)
			one := startNode(t, b, newBus(t), watch(b))
			two := startNode(t, b, newBus(t), watch(b))
			here, there := one.dial(hub.HTML), two.dial(hub.HTML)
			here.next()
			there.next()
			one.Announce(b.set(0, "taken"))
			here.nextWith("taken")
			there.nextWith("taken")
		})
	}
}

func TestWhenTheDatabaseIsGonePagesAreTold(t *testing.T) {
	t.Parallel()
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	c := n.dial(hub.HTML)
	c.nextWith(`data-database="true"`)
	b.fail(errors.New("gone"))
	c.nextWith(`data-database="false"`)
	b.set(0, "taken")
	b.fail(nil)
	c.nextWith("taken")
	c.nextWith(`data-database="true"`)
}

func TestAViewThatCannotBeReadAtAll(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		what string
		err  error
		want websocket.StatusCode
	}{
		{"asks its clients to come back later", errors.New("gone"), 1013},
		{"closes them with the code that its read returned",
			fmt.Errorf("ward 9: %w", hub.CloseNoSuchPath), 4404},
	} {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			b := newBoard(1)
			b.fail(test.err)
			n := startNode(t, b, hub.NewMemoryBus(), watch(b))
			if got := n.dial(hub.HTML).closeCode(); got != test.want {
				t.Errorf("closed with %d, want %d", got, test.want)
			}
		})
	}
}

func TestARefusedVisitorLearnsWhyAndSeesNothing(t *testing.T) {
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), always(hub.Subscription{Refusal: hub.CloseForbidden}))
	c := n.dial(hub.HTML)
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	if _, message, err := c.conn.Read(ctx); websocket.CloseStatus(err) != 4403 {
		t.Errorf("got message %q and %v, want close 4403 and nothing else", message, err)
	}
	if b.reads.Load() != 0 {
		t.Error("the view was read for a visitor who may not see it")
	}
}

// Anybody can be as many strangers as they like, so the log has no line for each.
func TestStrangersAreCountedAndNotLogged(t *testing.T) {
	b := newBoard(1)
	for _, c := range []struct {
		refusal         *hub.Close
		strangers, logs int
	}{{hub.CloseSignedOut, 3, 0}, {hub.CloseForbidden, 0, 3}} {
		n := startNode(t, b, hub.NewMemoryBus(), always(hub.Subscription{Refusal: c.refusal}))
		for range 3 {
			if code := n.dial(hub.HTML).closeCode(); int(code) != c.refusal.Code {
				t.Errorf("closed with %d, want %d", code, c.refusal.Code)
			}
		}
		n.finish()
		strangers, closes := n.metric("ws_strangers_total"), n.closes(c.refusal.Code)
		if strangers != c.strangers || closes != 3 {
			t.Errorf("%v: %d strangers and %d closes were counted", c.refusal, strangers, closes)
		}
		if got := strings.Count(n.log.String(), "socket closed"); got != c.logs {
			t.Errorf("%v: the log has %d lines, want %d:\n%s", c.refusal, got, c.logs, &n.log)
		}
	}
}

func TestTheRightToWatch(t *testing.T) {
	t.Parallel()
	moved := revision.Set{Epoch: "e1", Topics: map[revision.Topic]int64{"user:1": 1}}
	before := revision.Set{Epoch: "e1", Topics: map[revision.Topic]int64{"user:1": 0}}
	refuseAll := func(hub.Authorization) *hub.Close { return hub.CloseSignedOut }
	allow := func(hub.Authorization) *hub.Close { return nil }
	// authorized lets each visitor in by a session and with a permission that the address tells;
	// rights answers when they are asked about.
	authorized := func(b *board, until time.Time, rights func() (refusal, error)) subscriptions {
		return func(r *http.Request) hub.Subscription {
			session, _ := strconv.ParseInt(r.URL.Query().Get("session"), 10, 64)
			return hub.Subscription{View: b.view(), Authorization: hub.Authorization{
				Topic: "user:1", Checked: before, Expires: until,
				Session: session, Permission: r.URL.Query().Get("to"),
				Recheck: func(ctx context.Context) (hub.Grants, error) {
					stands, _ := b.check(ctx, []revision.Topic{"user:1"})
					refusal, err := rights()
					return hub.Grants{Checked: stands, Refusal: refusal}, err
				},
			}}
		}
	}

	t.Run("ends the socket when it is withdrawn", func(t *testing.T) {
		t.Parallel()
		b := newBoard(1)
		ask := func() (refusal, error) { return refuseAll, nil }
		n := startNode(t, b, hub.NewMemoryBus(), authorized(b, time.Time{}, ask))
		c := n.dial(hub.HTML)
		c.next()
		n.Announce(moved)
		if got := c.closeCode(); got != 4401 {
			t.Errorf("closed with %d, want 4401", got)
		}
	})
	t.Run("is asked about once for all sockets of a topic and judged for each", func(t *testing.T) {
		t.Parallel()
		b := newBoard(1)
		var asked atomic.Int64
		n := startNode(t, b, hub.NewMemoryBus(), authorized(b, time.Time{}, func() (refusal, error) {
			asked.Add(1)
			return func(a hub.Authorization) *hub.Close {
				switch {
				case a.Session == 2:
					return hub.CloseSignedOut
				case a.Permission == "cook":
					return hub.CloseForbidden
				}
				return nil
			}, nil
		}))
		const sockets = 60
		paths := [...]string{"?session=1&to=read", "?session=1&to=cook", "?session=2&to=read"}
		var open []*client
		for i := range sockets {
			c, _ := n.tryDial(paths[i%len(paths)], hub.JSON)
			c.next()
			open = append(open, c)
		}
		b.move("user:1")
		n.Announce(moved)
		for i, c := range open {
			switch i % len(paths) {
			case 1:
				if got := c.closeCode(); got != 4403 {
					t.Errorf("who lost the permission is told %d, want 4403", got)
				}
			case 2:
				if got := c.closeCode(); got != 4401 {
					t.Errorf("whose session has ended is told %d, want 4401", got)
				}
			}
		}
		for _, found := range []string{"by one check", "by the next"} { // which do not ask again
			b.set(0, found)
			open[0].nextWith(found)
		}
		if got := asked.Load(); got != 1 {
			t.Errorf("%d sockets cost %d questions, want 1", sockets, got)
		}
	})
	t.Run("is asked again while it can't be told", func(t *testing.T) {
		t.Parallel()
		b := newBoard(1)
		var asked atomic.Int64
		n := startNode(t, b, hub.NewMemoryBus(), authorized(b, time.Time{}, func() (refusal, error) {
			if asked.Add(1) == 1 {
				return nil, errors.New("database is busy")
			}
			return refuseAll, nil
		}))
		c := n.dial(hub.HTML)
		c.next()
		b.move("user:1") // and the next checks find it so
		n.Announce(moved)
		if got := c.closeCode(); got != 4401 {
			t.Errorf("closed with %d, want 4401", got)
		}
	})
	t.Run("is asked after although somebody forged a hint that was far ahead", func(t *testing.T) {
		t.Parallel()
		b := newBoard(1)
		answers := make(chan func(hub.Authorization) *hub.Close)
		ask := func() (refusal, error) { return <-answers, nil }
		n := startNode(t, b, hub.NewMemoryBus(), authorized(b, time.Time{}, ask))
		c := n.dial(hub.HTML)
		c.next()
		n.Announce(revision.Set{Epoch: "e1", Topics: map[revision.Topic]int64{"user:1": 1 << 60}})
		answers <- allow // it still stands
		b.move("user:1")
		n.Announce(moved)
		answers <- refuseAll
		if got := c.closeCode(); got != 4401 {
			t.Errorf("closed with %d, want 4401", got)
		}
	})
	t.Run("leaves the socket alone when it still stands", func(t *testing.T) {
		t.Parallel()
		b := newBoard(1)
		asked := make(chan struct{}, 1)
		n := startNode(t, b, hub.NewMemoryBus(), authorized(b, time.Time{}, func() (refusal, error) {
			asked <- struct{}{}
			return allow, nil
		}))
		c := n.dial(hub.HTML)
		c.next()
		n.Announce(moved)
		<-asked
		n.Announce(b.set(0, "taken"))
		c.nextWith("taken")
	})
	t.Run("runs out by itself, at a heartbeat", func(t *testing.T) {
		t.Parallel()
		b := newBoard(1)
		const lasts, heartbeat, slack = time.Second, 2 * time.Second, 2 * time.Second
		until := time.Now().Add(lasts)
		ask := func() (refusal, error) { return allow, nil }
		n := startNode(t, b, hub.NewMemoryBus(), authorized(b, until, ask))
		for _, c := range []*client{n.dial(hub.JSON), n.dial(hub.HTML)} {
			if got := c.closeCode(); got != 4401 {
				t.Errorf("closed with %d, want 4401", got)
			}
			if late := time.Since(until); late < 0 || late > heartbeat+slack {
				t.Errorf("closed %v after the right had run out, want a heartbeat at most", late)
			}
		}
	})
}

func TestWhatProgramsSend(t *testing.T) {
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	c := n.dial(hub.JSON)
	c.next()
	for message, want := range map[string]string{
		`{"action":"get_status"}`:           `"type":"board"`,
		`{"action":"fly"}`:                  `"code":"unknown_action"`,
		`{"action":7}`:                      `"code":"unknown_action"`,
		`{"type":"board","cells":["mine"]}`: `"code":"missing_field"`,
		`{}`:                                `"code":"missing_field"`,
		`[]`:                                `"code":"invalid_json"`,
		`null`:                              `"code":"invalid_json"`,
		`{"action":`:                        `"code":"invalid_json"`,
		`hello`:                             `"code":"invalid_json"`,
		``:                                  `"code":"invalid_json"`,
	} {
		c.send(websocket.MessageText, message)
		if got := c.next(); !strings.Contains(got, want) {
			t.Errorf("%q got %s, want %s", message, got, want)
		}
	}
	n.Announce(b.set(0, "taken"))
	c.nextWith("taken")
}

func TestWhatDependsOnWhoAsksIsAnsweredToThemAlone(t *testing.T) {
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), func(r *http.Request) hub.Subscription {
		name := r.URL.Query().Get("name")
		act := func(ctx context.Context, request []byte) (reply []byte, known bool) {
			switch {
			case ctx.Err() != nil:
				return []byte(`{"type":"too late"}`), true
			case strings.Contains(string(request), "who am I"):
				return fmt.Appendf(nil, `{"type":"you","name":%q}`, name), true
			case strings.Contains(string(request), "keep this"):
				return nil, true
			}
			return nil, false
		}
		return hub.Subscription{View: b.view(), Act: act}
	})
	url := n.url
	n.url = url + "?name=Aline"
	aline := n.dial(hub.JSON)
	n.url = url + "?name=Keza"
	keza := n.dial(hub.JSON)
	aline.next()
	keza.next()
	aline.send(websocket.MessageText, `{"action":"keep this"}`)
	aline.send(websocket.MessageText, `{"action":"who am I"}`)
	if got := aline.next(); !strings.Contains(got, "Aline") {
		t.Errorf("Aline asked who she is and got %s", got)
	}
	keza.send(websocket.MessageText, `{"action":"get_status"}`)
	if got := keza.next(); !strings.Contains(got, `"type":"board"`) {
		t.Errorf("what nobody in particular is asked is the view's to answer; Keza got %s", got)
	}
	keza.send(websocket.MessageText, `{"action":`)
	if got := keza.next(); !strings.Contains(got, "invalid_json") {
		t.Errorf("a malformed request should not reach Act; Keza got %s", got)
	}
}

func TestAPagesSocketAnswersLikeAProgramsAndStaysOpen(t *testing.T) {
	b := newBoard(2)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	c := n.dial(hub.HTML)
	c.next()
	c.send(websocket.MessageText, `{"action":"get_status"}`)
	frame := c.nextWith("cell-")
	if !strings.Contains(frame, `id="cell-0"`) || !strings.Contains(frame, `id="cell-1"`) {
		t.Errorf("the whole state should come again:\n%s", frame)
	}
	c.send(websocket.MessageText, `{bad`)
	c.nextWith(`"code":"invalid_json"`)
	n.Announce(b.set(0, "taken"))
	c.nextWith("taken")
}

func TestHintsOfAnotherHospitalCostNothing(t *testing.T) {
	t.Parallel()
	b := newBoard(1)
	bus := hub.NewMemoryBus()
	n := startNode(t, b, bus, watch(b))
	c := n.dial(hub.HTML)
	c.next()
	b.set(0, "known") // found by a check, so the hub knows the epoch by then
	c.nextWith("known")
	before := b.reads.Load()
	for i := range 50 {
		topics := map[revision.Topic]int64{boardTopic: int64(i)}
		bus.Publish(revision.Set{Epoch: "elsewhere", Topics: topics})
	}
	n.Announce(b.set(0, "taken"))
	c.nextWith("taken")
	if got := b.reads.Load() - before; got != 1 {
		t.Errorf("50 hints of another epoch and one of this cost %d reads, want one", got)
	}
}

func TestAProgramIsToldThatItsStateMayBeBehind(t *testing.T) {
	t.Parallel()
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	c := n.dial(hub.JSON)
	c.next()
	b.fail(errors.New("gone"))
	c.nextWith(`"current":false`)
	b.fail(nil)
	c.nextWith(`"current":true`)
}

func TestWhatEndsASocket(t *testing.T) {
	cases := map[string]struct {
		representation hub.Representation
		act            func(*client)
		code           websocket.StatusCode
	}{
		"a binary frame": {hub.JSON, func(c *client) { c.send(websocket.MessageBinary, "x") }, 1003},
		"a message over 4 KiB": {hub.JSON, func(c *client) {
			c.send(websocket.MessageText, `{"action":"`+strings.Repeat("x", 4096)+`"}`)
		}, 1009},
		"a message over 64 KiB": {hub.JSON, func(c *client) {
			c.send(websocket.MessageText, strings.Repeat("x", 100_000))
		}, 1009},
		"more than 20 messages a second": {hub.JSON, func(c *client) {
			for range 40 {
				ctx, cancel := context.WithTimeout(context.Background(), soon)
				// The last of them may find the socket closed.
				_ = c.conn.Write(ctx, websocket.MessageText, []byte(`{}`))
				cancel()
			}
		}, 1008},
		"more than 20 pings a second": {hub.HTML, func(c *client) {
			var pinging sync.WaitGroup
			c.t.Cleanup(pinging.Wait)
			for range 40 {
				pinging.Go(func() {
					ctx, cancel := context.WithTimeout(context.Background(), soon)
					defer cancel()
					_ = c.conn.Ping(ctx) // answered, or not any more
				})
			}
		}, 1008},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBoard(1)
			n := startNode(t, b, hub.NewMemoryBus(), watch(b))
			bad, good := n.dial(tc.representation), n.dial(hub.JSON)
			good.next()
			bad.t, good.t = t, t
			tc.act(bad)
			if got := bad.closeCode(); got != tc.code {
				t.Errorf("closed with %d, want %d", got, tc.code)
			}
			n.Announce(b.set(0, "taken"))
			good.nextWith("taken")
		})
	}
}

func TestDrainTellsEverySocketThatTheServerRestarts(t *testing.T) {
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	clients := []*client{n.dial(hub.HTML), n.dial(hub.JSON), n.dial(hub.HTML)}
	for _, c := range clients {
		c.next()
	}
	var ended sync.WaitGroup
	for _, c := range clients {
		ended.Go(func() {
			if got := c.closeCode(); got != 1012 {
				t.Errorf("closed with %d, want 1012", got)
			}
		})
	}
	n.finish()
	ended.Wait()
	if sockets, views := n.metric("ws_sessions"), n.metric("views"); sockets != 0 || views != 0 {
		t.Errorf("%d sockets and %d views are left", sockets, views)
	}
}

func TestASlowClientSkipsToTheNewestStateAndDisturbsNobody(t *testing.T) {
	plainAndSecure(t, testASlowClientSkips)
}

func testASlowClientSkips(t *testing.T, secure bool) {
	b := newBoard(1)
	n := startNodeOver(t, secure, b, hub.NewMemoryBus(), watch(b))
	slow, quick := n.dial(hub.HTML), n.dial(hub.HTML)
	quick.next()
	// 40 states of 40 kB are more than the system may hold for the slow client, so its line stays
	// busy.
	const states = 40
	filler := strings.Repeat("x", 40_000)
	for i := range states {
		n.Announce(b.set(0, fmt.Sprintf("state-%d-%s", i, filler)))
		quick.nextWith(fmt.Sprintf("state-%d-", i))
	}
	frames := 0
	for last := fmt.Sprintf("state-%d-", states-1); ; {
		frame := slow.nextWith("state-")
		frames++
		if strings.Contains(frame, last) {
			break
		}
	}
	if frames >= states {
		t.Errorf("the slow client was fed all %d states, want the newest", frames)
	}
	if n.metric("mailbox_coalesced_total") == 0 {
		t.Error("the hub did not count that it skipped states")
	}
}

// A crowd is written to on all cores at once; under the race detector this also proves that the
// writers share nothing that changes.
func TestEveryoneInACrowdIsTold(t *testing.T) {
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	crowd := make([]*client, 250)
	for i := range crowd {
		crowd[i] = n.dial([]hub.Representation{hub.HTML, hub.JSON}[i/240])
		crowd[i].next()
	}
	for i := range 3 {
		state := fmt.Sprintf("state-%d", i)
		n.Announce(b.set(0, state))
		for _, c := range crowd {
			c.nextWith(state)
		}
	}
}

func TestAClientThatNeverReadsIsLetGo(t *testing.T) {
	t.Parallel()
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	n.dial(hub.HTML) // and reads nothing
	quick := n.dial(hub.HTML)
	quick.next()
	filler := strings.Repeat("x", 1_000_000)
	for i := 0; n.metric("ws_sessions") > 1; i++ {
		if i > 1000 {
			t.Fatal("the client that never reads is still there")
		}
		n.Announce(b.set(0, fmt.Sprintf("state-%d-%s", i, filler)))
		quick.nextWith(fmt.Sprintf("state-%d-", i))
	}
	if got := n.closes(1013); got != 1 {
		t.Errorf("%d closes with 1013 were counted, want 1", got)
	}
}

func TestAMalformedRenderingNeverReachesAPage(t *testing.T) {
	for name, body := range map[string]string{
		"another id":      `<p id="elsewhere">x</p>`,
		"no element":      `text`,
		"an id deep down": `<p><b id="cell-0">x</b></p>`,
	} {
		t.Run(name, func(t *testing.T) {
			b := newBoard(1)
			read := func(context.Context) (hub.State, error) { return brokenState{body}, nil }
			broken := hub.View{Name: "broken", Read: read}
			n := startNode(t, b, hub.NewMemoryBus(), always(hub.Subscription{View: broken}))
			c := n.dial(hub.HTML)
			if got := c.closeCode(); got != 1013 {
				t.Errorf("closed with %d, want 1013", got)
			}
		})
	}
}

type brokenState struct{ body string }

func (s brokenState) Revisions() revision.Set { return revision.Set{} }
func (s brokenState) HTML() ([]hub.Region, error) {
	return []hub.Region{{ID: "cell-0", Body: []byte(s.body)}}, nil
}
func (s brokenState) JSON() ([]hub.Region, error)  { panic("drawn for nobody") }
func (s brokenState) Answer([]byte) ([]byte, bool) { return nil, false }

func TestManyWhoComeToAViewThatCanNotBeReadAreNotMadeToWaitForEachOther(t *testing.T) {
	t.Parallel()
	b := newBoard(1)
	stuck := b.view()
	stuck.Read = func(ctx context.Context) (hub.State, error) {
		b.reads.Add(1)
		<-ctx.Done() // as a locked table does
		return nil, ctx.Err()
	}
	n := startNode(t, b, hub.NewMemoryBus(), always(hub.Subscription{View: stuck}))
	var all sync.WaitGroup
	began := time.Now()
	for range 20 {
		c := n.dial(hub.HTML)
		all.Go(func() {
			if got := c.closeCode(); got != 1013 {
				t.Errorf("closed with %d, want 1013", got)
			}
		})
	}
	all.Wait()
	if took := time.Since(began); took > soon || b.reads.Load() > 5 {
		t.Errorf("20 who came at once were told so within %v, after %d tries, want a few",
			took, b.reads.Load())
	}
}

// undrawn is a state that can be read and not be drawn.
type undrawn struct{ hub.State }

func (undrawn) HTML() ([]hub.Region, error) { return nil, errors.New("a part fails") }

func TestAPageThatCanNotBeDrawnAnyMoreKeepsWhatItShowsAndSaysSo(t *testing.T) {
	t.Parallel()
	b := newBoard(1)
	var fails atomic.Bool
	view := b.view()
	view.Read = func(ctx context.Context) (hub.State, error) {
		state, err := b.read(ctx)
		if fails.Load() {
			return undrawn{state}, err
		}
		return state, err
	}
	n := startNode(t, b, hub.NewMemoryBus(), always(hub.Subscription{View: view}))
	c := n.dial(hub.HTML)
	c.nextWith(`data-database="true"`)
	fails.Store(true)
	n.Announce(b.set(0, "taken"))
	if frame := c.nextWith(`data-database="false"`); strings.Contains(frame, "cell-0") {
		t.Errorf("a page that can't be drawn was sent %s", frame)
	}
	fails.Store(false)
	c.nextWith("taken")
	c.nextWith(`data-database="true"`)
}

func TestAPanicWhileDrawingCostsOneView(t *testing.T) {
	b := newBoard(1)
	read := func(context.Context) (hub.State, error) { return brokenState{}, nil }
	broken := hub.View{Name: "broken", Read: read}
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	good := n.dial(hub.HTML)
	good.next()
	n.subscription = always(hub.Subscription{View: broken})
	if got := n.dial(hub.JSON).closeCode(); got != 1013 {
		t.Errorf("closed with %d, want 1013", got)
	}
	n.Announce(b.set(0, "taken"))
	good.nextWith("taken")
}
