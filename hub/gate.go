package hub

import (
	linked "container/list"
	"context"
	"errors"
	"sync"
	"time"

	"dusangire/hub/freshness"
)

// ErrBusy refuses a socket because too many others are being opened: come back in a moment.
var ErrBusy = errors.New("hub opens too many sockets now")

// How fast sockets are opened. A node that restarts is met by all its clients at once. It opens
// their sockets at a rate that leaves it time for those that are open; the other requests wait at
// the gate, which costs next to nothing. To refuse them instead would cost half as much as to open
// them, and they would soon be back. Only a request that would have to wait for too long is
// refused, and before the upgrade: a browser then waits longer before each next try, while it comes
// back at once to a socket that was opened and closed.
const (
	maxOpening       = 64   // sockets between their request and their first state
	openingsASecond  = 2500 // two cores open about three thousand
	refillGateEvery  = 5 * time.Millisecond
	acquireQueueSize = openingsASecond * int(freshness.GateTimeout/time.Second)
)

// gate limits how many sockets are opening at once and how many open in a second. Sources take
// turns, so that one with a thousand requests delays nobody else's only one. A request that is
// given up takes nobody's turn.
type gate struct {
	mu      sync.Mutex
	opening int                        // sockets
	tokens  float64                    // sockets that the rate lets open at once
	counted time.Time                  // when tokens was counted
	refill  bool                       // openMore will be called
	waiting linked.List                // *source, in the order of their turns
	sources map[string]*linked.Element // those, by name
}

// source is where requests come from. It is kept as long as one of them waits.
type source struct {
	name     string
	requests linked.List // *request, in the order in which they came
}

// request is one that waits.
type request struct {
	source   string
	place    *linked.Element // among the source's requests; nil: it was let through
	acquired chan struct{}   // closed then
}

func newGate() *gate {
	sources := map[string]*linked.Element{}
	return &gate{tokens: openingsASecond, counted: time.Now(), sources: sources}
}

// Acquire waits, before anything else is done for a request, until one more socket may be opened
// for a source of requests. Requests of one source are let through in their order, and sources take
// turns. After Acquire release is to be given to Serve with the subscription, or to be called where
// it comes to none; more than once is no error. The error is ErrBusy or ErrDraining, or ctx's when
// that has ended.
func (h *Hub) Acquire(ctx context.Context, source string) (release func(), err error) {
	within, cancel := context.WithTimeout(ctx, freshness.GateTimeout)
	defer cancel()
	stopWatching := context.AfterFunc(h.accepting, cancel)
	defer stopWatching()
	if h.gate.acquire(within, source) {
		return sync.OnceFunc(h.gate.release), nil
	}
	if h.accepting.Err() != nil {
		return nil, ErrDraining
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	h.metrics.refused.Inc()
	return nil, ErrBusy
}

// acquire waits for a turn until ctx ends, and reports whether it came; then release is to be
// called.
func (g *gate) acquire(ctx context.Context, source string) bool {
	r := g.enqueue(source)
	if r == nil {
		return false
	}
	select {
	case <-r.acquired:
		return true
	case <-ctx.Done():
		g.giveUp(r)
		return false
	}
}

// enqueue lets a request wait behind the others of its source; nil: they are so many that its turn
// would come too late.
func (g *gate) enqueue(name string) *request {
	g.mu.Lock()
	defer g.mu.Unlock()
	entry, known := g.sources[name]
	if !known {
		entry = g.waiting.PushBack(&source{name: name})
		g.sources[name] = entry
	}
	before := &entry.Value.(*source).requests
	if before.Len()*g.waiting.Len() > acquireQueueSize {
		return nil
	}
	r := &request{source: name, acquired: make(chan struct{})}
	r.place = before.PushBack(r)
	g.letThrough()
	return r
}

// letThrough lets requests through in their turn, while the limits allow. Its callers hold mu.
func (g *gate) letThrough() {
	for g.waiting.Len() > 0 && g.opening < maxOpening && g.hasToken() {
		entry := g.waiting.Front()
		g.waiting.MoveToBack(entry)
		r := entry.Value.(*source).requests.Front().Value.(*request)
		g.remove(r)
		g.opening++
		g.tokens--
		close(r.acquired)
	}
	if g.waiting.Len() > 0 && g.opening < maxOpening && !g.refill {
		g.refill = true
		time.AfterFunc(refillGateEvery, g.openMore)
	}
}

// openMore looks again for tokens, of which there are several by then.
func (g *gate) openMore() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refill = false
	g.letThrough()
}

// hasToken reports whether the rate lets one more socket open.
func (g *gate) hasToken() bool {
	now := time.Now()
	g.tokens = min(g.tokens+now.Sub(g.counted).Seconds()*openingsASecond, openingsASecond)
	g.counted = now
	return g.tokens >= 1
}

// remove takes a request out of its source's, and the source out of those that wait when it was the
// last.
func (g *gate) remove(r *request) {
	entry := g.sources[r.source]
	requests := &entry.Value.(*source).requests
	requests.Remove(r.place)
	r.place = nil
	if requests.Len() == 0 {
		g.waiting.Remove(entry)
		delete(g.sources, r.source)
	}
}

// giveUp is told that nobody waits for a request any more. If it was let through in that moment,
// its place is given back.
func (g *gate) giveUp(r *request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.place != nil {
		g.remove(r)
		return
	}
	g.opening--
	g.tokens++
	g.letThrough()
}

// release is told that a socket is open, or will not be opened.
func (g *gate) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.opening--
	g.letThrough()
}
