package hub

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

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
	// Heard is told where topics stand before any view reads by it; nil: nobody wants to know. It
	// must not block.
	Heard func(revision.Set)
	// Marker renders the freshness marker, the element with the id freshness.MarkerID.
	Marker func(revision.Freshness) []byte
	// Explain words the error that a client gets for a message that is no request; the code is
	// invalid_json, unknown_action or missing_field.
	Explain func(code string) string
	// Log gets what an operator should know. It is never given content.
	Log *slog.Logger
	// Metrics is where the hub registers what it counts; nil: nobody wants to know.
	Metrics prometheus.Registerer
}

// Hub keeps all sockets of one node. It is safe for concurrent use.
type Hub struct {
	config      Config
	melody      *melody.Melody
	metrics     metrics
	began       time.Time
	checks      chan struct{} // asks for a check before the next second is over
	reauthorize *queue        // topics on which someone's authorization may hang
	gate        *gate

	accepting     context.Context // of the gate; ends when Drain begins
	stopAccepting context.CancelFunc
	base          context.Context // of the views' reads; ends with Drain
	stop          context.CancelFunc
	sockets       sync.WaitGroup // those that Serve took in and that have not ended
	workers       sync.WaitGroup // views, closing handshakes

	mu             sync.RWMutex
	draining       bool
	drained        bool                 // no socket is left, nothing may begin
	views          map[string]*view     // by name
	viewsByTopic   byTopic[*view]       // those that show it
	clients        map[*client]struct{} // whose socket is open
	clientsByTopic byTopic[*client]     // those whose authorization hangs on it
	quotaUse       map[string]int       // sockets, by the name of their quota
	verified       verification
}

// verification is what the last successful check found.
type verification struct {
	at        time.Time // when it began, with the monotonic clock
	revisions revision.Set
	failing   bool // the latest check did not succeed
}

// New returns a hub that serves sockets at once and is kept true by Run.
func New(c Config) *Hub {
	base, stop := context.WithCancel(context.Background())
	accepting, stopAccepting := context.WithCancel(base)
	h := &Hub{
		config: c, melody: melody.New(), began: time.Now(),
		checks: make(chan struct{}, 1), reauthorize: newQueue(), gate: newGate(),
		accepting: accepting, stopAccepting: stopAccepting, base: base, stop: stop,
		views: map[string]*view{}, viewsByTopic: byTopic[*view]{},
		clients: map[*client]struct{}{}, clientsByTopic: byTopic[*client]{},
		quotaUse: map[string]int{},
	}
	h.verified.at = time.Now()
	metrics := registry{promauto.With(c.Metrics)}
	h.metrics = newMetrics(metrics)
	h.registerGauges(metrics)
	h.configureMelody()
	return h
}

// Run keeps the hub true until ctx ends: it listens on the bus, checks the revisions each second
// and asks again who may watch.
func (h *Hub) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { h.checkEachSecond(ctx) })
	running.Go(func() { h.keepAuthorized(ctx) })
	return h.config.Bus.Run(ctx, h.heard, h.checkSoon)
}

// Announce tells every client here, and by the bus every other node, that topics moved. It never
// blocks.
func (h *Hub) Announce(r revision.Set) {
	h.hint(r)
	h.config.Bus.Publish(r)
}

// heard takes a hint from the bus. One of another epoch than the database was last found in is
// another hospital's on the same Redis, or of a database that was put in this one's place, which the
// next check finds by itself.
func (h *Hub) heard(r revision.Set) {
	h.mu.RLock()
	epoch := h.verified.revisions.Epoch
	h.mu.RUnlock()
	if epoch == "" || epoch == r.Epoch {
		h.hint(r)
	}
}

// hint wakes the views that show the topics and whoever looks after the authorizations that hang on
// them.
func (h *Hub) hint(r revision.Set) {
	if h.config.Heard != nil {
		h.config.Heard(r)
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	concerned := map[*view]bool{}
	for topic := range r.Topics {
		for v := range h.viewsByTopic[topic] {
			concerned[v] = true
		}
		if len(h.clientsByTopic[topic]) > 0 {
			h.reauthorize.put(r)
		}
	}
	for v := range concerned {
		v.hints.put(r)
	}
}

// register adds a client whose socket is open, and finds or starts its view. It reports whether the
// hub began to drain since the client was taken in.
func (h *Hub) register(c *client) (v *view, draining bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clients[c] = struct{}{}
	if topic := c.subscription.Authorization.Topic; topic != "" {
		h.clientsByTopic.add(topic, c)
	}
	return h.join(c.subscription.View), h.draining
}

// unregister forgets a client whose socket has ended.
func (h *Hub) unregister(c *client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.clients, c)
	h.clientsByTopic.remove(c.subscription.Authorization.Topic, c)
	h.leave(c.view)
}

// join finds or starts a view, which lives until everyone who joined it has left. Its callers hold
// mu.
func (h *Hub) join(spec View) *view {
	v := h.views[spec.Name]
	if v == nil {
		v = newView(h, spec)
		h.views[spec.Name] = v
		for _, topic := range spec.Topics {
			h.viewsByTopic.add(topic, v)
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
		h.viewsByTopic.remove(topic, v)
	}
	v.cancel()
}

// byTopic finds all that hangs on a topic.
type byTopic[T comparable] map[revision.Topic]map[T]bool

func (b byTopic[T]) add(topic revision.Topic, one T) {
	if b[topic] == nil {
		b[topic] = map[T]bool{}
	}
	b[topic][one] = true
}

func (b byTopic[T]) remove(topic revision.Topic, one T) {
	delete(b[topic], one)
	if len(b[topic]) == 0 {
		delete(b, topic)
	}
}

// work runs something that Drain waits for. Once all has ended there is nothing left to do it for.
func (h *Hub) work(act func()) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if !h.drained {
		h.workers.Go(act)
	}
}

func (h *Hub) openClients() []*client {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return slices.Collect(maps.Keys(h.clients))
}
