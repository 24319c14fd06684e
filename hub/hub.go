package hub

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/olahol/melody"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"dusangire/hub/revision"
)

// Config is what a Hub is told by those who know beds and HTML.
type Config struct {
	// Bus joins this node with others.
	Bus Bus
	// Check reads where topics stand in the database now, in one statement. With an error no screen
	// counts as current.
	Check func(ctx context.Context, topics []revision.Topic) (revision.Set, error)
	// Stamp draws the element with the id StampID that tells a page how fresh it is.
	Stamp func(revision.Freshness) []byte
	// Log gets what an operator should know. It is never given content.
	Log *slog.Logger
	// Metrics is where the hub registers what it counts; nil: nobody wants to know.
	Metrics prometheus.Registerer
}

// Visit is one request for a socket: what it wants to see and on what terms.
type Visit struct {
	View    View
	Guard   Guard
	Holders []Holder // whose sockets are counted
	Opened  func()   // what Admit returned; nil: nobody asked
	// Act carries out a well-formed request that depends on who asks, such as a courier's word of where they are, and returns
	// the message that answers it; nil: none. Requests that it does not know are the view's to answer. Nil: there are none such.
	// It is called from the socket's own goroutine, with a context that ends with the socket's view.
	Act     func(ctx context.Context, request []byte) (reply []byte, known bool)
	Refusal *Close // not nil: the socket is opened, told this and closed, for a browser learns nothing from a refused upgrade
}

// Hub keeps all sockets of one node. It is safe for concurrent use.
type Hub struct {
	config  Config
	melody  *melody.Melody
	metrics metrics
	began   time.Time
	checks  chan struct{} // asks for a check before the next second is over
	guards  *mailbox      // topics on which someone's right to watch may hang
	door    *door

	admitting context.Context // of the door; ends when Drain begins
	shut      context.CancelFunc
	base      context.Context // of the views' reads; ends with Drain
	stop      context.CancelFunc
	sockets   sync.WaitGroup // those that Serve let in and that have not ended
	workers   sync.WaitGroup // views, closing handshakes

	mu       sync.RWMutex
	draining bool
	drained  bool                                 // every socket has ended and nothing new may begin
	views    map[string]*view                     // by name
	watching map[revision.Topic]map[*view]bool    // by topic
	guarded  map[revision.Topic]map[*watcher]bool // by guard topic
	watchers map[*watcher]struct{}
	held     map[string]int // sockets, by the names of their holders
	verified verification
}

// verification is what the last successful check found.
type verification struct {
	at        time.Time // when it began, with the monotonic clock
	revisions revision.Set
	failing   bool // the latest check did not succeed
}

// How sockets are served; RELIABILITY section 5 and TECH section 3 have the reasons.
const (
	handshakeTimeout = 5 * time.Second
	writeWait        = 10 * time.Second
	pongWait         = 25 * time.Second
	pingEvery        = 10 * time.Second // by the hub: melody's own pings would be a second writer on the connection
	never            = math.MaxInt64 * time.Nanosecond
	readBuffer       = 256     // bytes
	largestMessage   = 4 << 10 // bytes; gorilla closes with 1009 beyond it, as CONTRACT section 5.6 says
	messagesASecond  = 20      // of a client, its pings and pongs among them
)

// ErrDraining refuses a socket while the server stops.
var ErrDraining = errors.New("hub is draining")

// New returns a hub that serves sockets at once and is kept true by Run.
func New(c Config) *Hub {
	base, stop := context.WithCancel(context.Background())
	admitting, shut := context.WithCancel(base)
	h := &Hub{
		config: c, melody: melody.New(), began: time.Now(),
		checks: make(chan struct{}, 1), guards: newMailbox(), admitting: admitting, shut: shut, base: base, stop: stop,
		views: map[string]*view{}, watching: map[revision.Topic]map[*view]bool{},
		guarded: map[revision.Topic]map[*watcher]bool{}, watchers: map[*watcher]struct{}{}, held: map[string]int{}, door: newDoor(),
	}
	h.verified.at = time.Now()
	metrics := registry{promauto.With(c.Metrics)}
	h.metrics = newMetrics(metrics)
	h.registerGauges(metrics)
	h.configureMelody()
	return h
}

// configureMelody sets what its defaults get wrong for us, and leads each event to the watcher it is about.
func (h *Hub) configureMelody() {
	m := h.melody
	m.Config.PongWait, m.Config.PingPeriod = pongWait, never
	m.Config.MaxMessageSize, m.Config.MessageBufferSize = largestMessage, 0 // nothing is sent through its buffers
	m.Upgrader.HandshakeTimeout = handshakeTimeout
	m.Upgrader.ReadBufferSize, m.Upgrader.WriteBufferPool = readBuffer, &sync.Pool{} // of thousands who say hardly anything
	m.Upgrader.Subprotocols = []string{string(JSON), string(HTML)}
	// Whoever calls Serve has checked the Origin against the allowed hosts, which melody does not know.
	m.Upgrader.CheckOrigin = func(*http.Request) bool { return true }
	m.HandleConnect(func(s *melody.Session) { h.guarding(s, func(w *watcher) { w.connected(s) }) })
	m.HandleDisconnect(func(s *melody.Session) { h.guarding(s, (*watcher).disconnected) })
	m.HandleMessage(func(s *melody.Session, message []byte) {
		h.guarding(s, func(w *watcher) { w.received(message) })
	})
	m.HandlePong(func(s *melody.Session) { watcherOf(s).keepsPace() })
	m.HandleMessageBinary(func(s *melody.Session, _ []byte) { watcherOf(s).close(CloseBinary) })
	m.HandleError(func(s *melody.Session, err error) {
		if errors.Is(err, websocket.ErrReadLimit) {
			watcherOf(s).swallow()
		}
	})
}

// guarding runs a callback so that a panic costs one socket and is logged: melody would forget to unregister it.
func (h *Hub) guarding(s *melody.Session, act func(*watcher)) {
	defer func() {
		if failure := recover(); failure != nil {
			h.config.Log.Error("socket callback panicked", "panic", failure)
			_ = s.WebsocketConnection().Close()
		}
	}()
	act(watcherOf(s))
}

// Serve upgrades a request whose Origin was checked and returns when its socket is open. It returns ErrDraining while the hub stops and
// ErrTooMany for a holder who has enough, with nothing written; other errors were answered by the upgrade.
//
// The socket lives on in a goroutine of its own. That of the request would keep its deep stack, its buffers and all that its
// handlers hold, which is more than everything else that an idle socket needs.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, v Visit) error {
	if err := h.begin(v); err != nil {
		return err
	}
	watcher, ended := newWatcher(h, v), make(chan error, 1)
	go func() {
		defer h.end(v)
		err := h.live(w, r, watcher)
		if err != nil && watcher.session != nil {
			h.config.Log.Error("a socket ended badly", "error", err)
		}
		ended <- err
	}()
	select {
	case <-watcher.open:
		return nil
	case err := <-ended:
		return err
	}
}

// live is a socket's life, from the upgrade to its end. A panic in it is an error like any other.
func (h *Hub) live(w http.ResponseWriter, r *http.Request, watcher *watcher) (err error) {
	defer recoverInto(&err)
	watcher.handshake = handshakeOf(r)
	return h.melody.HandleRequestWithKeys(handover{w, watcher}, watcher.handshake, map[string]any{watcherKey: watcher})
}

// handshakeOf is a request with what an upgrade reads of another, whose context and headers are large.
func handshakeOf(r *http.Request) *http.Request {
	handshake := &http.Request{Method: r.Method, Header: http.Header{}}
	for _, name := range []string{"Connection", "Upgrade", "Sec-Websocket-Version", "Sec-Websocket-Key", "Sec-Websocket-Protocol"} {
		if values := r.Header.Values(name); len(values) > 0 {
			handshake.Header[name] = values
		}
	}
	return handshake
}

// Announce tells every watcher here, and by the bus every other node, that topics moved. It never blocks.
func (h *Hub) Announce(r revision.Set) {
	h.hint(r)
	h.config.Bus.Publish(r)
}

// hint wakes the views and the guards that the topics concern. What it says is only where to look.
func (h *Hub) hint(r revision.Set) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	concerned := map[*view]bool{}
	for topic := range r.Topics {
		for v := range h.watching[topic] {
			concerned[v] = true
		}
		if len(h.guarded[topic]) > 0 {
			h.guards.put(r)
		}
	}
	for v := range concerned {
		v.hints.put(r)
	}
}

// Run keeps the hub true until ctx ends: it listens on the bus, checks the revisions each second and looks again at who
// may watch.
func (h *Hub) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { h.checkEachSecond(ctx) })
	running.Go(func() { h.keepGuard(ctx) })
	return h.config.Bus.Run(ctx, h.heard, h.checkSoon)
}

// heard takes a hint from the bus. One of another epoch than the database was last found in is another hospital's on the same
// Redis, or word of a restored backup, which the next check finds by itself.
func (h *Hub) heard(r revision.Set) {
	h.mu.RLock()
	epoch := h.verified.revisions.Epoch
	h.mu.RUnlock()
	if epoch == "" || epoch == r.Epoch {
		h.hint(r)
	}
}

// enter registers a watcher and finds or starts the view that it wants. It reports whether the hub
// began to drain since the watcher was let in.
func (h *Hub) enter(w *watcher) (v *view, draining bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.watchers[w] = struct{}{}
	if topic := w.visit.Guard.Topic; topic != "" {
		if h.guarded[topic] == nil {
			h.guarded[topic] = map[*watcher]bool{}
		}
		h.guarded[topic][w] = true
	}
	return h.join(w.visit.View), h.draining
}

// exit forgets a watcher.
func (h *Hub) exit(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.watchers, w)
	if topic := w.visit.Guard.Topic; topic != "" {
		delete(h.guarded[topic], w)
		if len(h.guarded[topic]) == 0 {
			delete(h.guarded, topic)
		}
	}
	h.leave(w.view)
}

// join finds or starts a view, which lives until everyone who joined it has left. Its callers hold
// mu.
func (h *Hub) join(spec View) *view {
	v := h.views[spec.Name]
	if v == nil {
		v = newView(h, spec)
		h.views[spec.Name] = v
		for _, topic := range spec.Topics {
			if h.watching[topic] == nil {
				h.watching[topic] = map[*view]bool{}
			}
			h.watching[topic][v] = true
		}
		h.workers.Go(v.run)
	}
	v.references++
	return v
}

// leave ends a view that everyone has left. Its callers hold mu.
func (h *Hub) leave(v *view) {
	v.references--
	if v.references > 0 {
		return
	}
	delete(h.views, v.spec.Name)
	for _, topic := range v.spec.Topics {
		delete(h.watching[topic], v)
		if len(h.watching[topic]) == 0 {
			delete(h.watching, topic)
		}
	}
	v.cancel()
}

// Drain refuses new sockets, tells those that are open that the server restarts, and waits until all have ended and every
// goroutine of the hub but Run's has returned. When ctx ends first, the rest are cut.
func (h *Hub) Drain(ctx context.Context) {
	h.mu.Lock()
	h.draining = true
	h.mu.Unlock()
	h.shut()
	h.closeInSteps(ctx, h.openWatchers())
	ended := make(chan struct{})
	go func() { h.sockets.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
		for _, w := range h.openWatchers() {
			_ = w.line.Cut()
		}
		<-ended
	}
	h.mu.Lock()
	h.drained = true
	h.mu.Unlock()
	h.stop()
	h.workers.Wait()
}

// work runs something that Drain waits for. Once all has ended there is nothing left to do it for.
func (h *Hub) work(act func()) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if !h.drained {
		h.workers.Go(act)
	}
}

func (h *Hub) openWatchers() []*watcher {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return slices.Collect(maps.Keys(h.watchers))
}

// Restarting clients come back at once, so they are let go over drainTakes rather than all in one moment.
const (
	drainSteps  = 20
	drainTakes  = 2 * time.Second
	drainAtOnce = 500
)

func (h *Hub) closeInSteps(ctx context.Context, open []*watcher) {
	step := max(len(open)/drainSteps, drainAtOnce)
	for len(open) > 0 {
		n := min(step, len(open))
		for _, w := range open[:n] {
			w.close(CloseRestart)
		}
		if open = open[n:]; len(open) > 0 {
			pause(ctx, drainTakes/drainSteps)
		}
	}
}
