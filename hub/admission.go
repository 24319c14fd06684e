package hub

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A node that restarts is met by all its clients at once. It lets them in at a pace that leaves it time for those who are in; the others wait
// at the door, which costs next to nothing, while to refuse them costs half as much as to let them in and they would soon be back. Only
// who would have to wait for too long is refused, before the upgrade: that makes a browser come back later, and later each time, while
// one that is let in and closed again comes back at once.
const (
	openingAtOnce   = 64              // sockets that are on their way from their request to their first state
	openingsASecond = 2500            // two cores open about three thousand
	longestAtDoor   = 4 * time.Second // a page gives a socket up that takes twice as long
)

var (
	// ErrBusy refuses a socket because too many others are being opened: come back in a moment.
	ErrBusy = errors.New("hub opens too many sockets now")
	// ErrTooMany refuses a socket because one of its holders has as many as they may.
	ErrTooMany = errors.New("too many sockets of one holder")
)

// Holder is somebody whose open sockets are counted, such as a user or one of their sessions, and how many they may have.
type Holder struct {
	Name string
	Most int
}

// door lets requests for sockets in.
type door struct {
	opening chan struct{} // holds a token for each socket that is on its way
	mu      sync.Mutex    // the limiter lets too many in when its callers' clocks overtake each other
	pace    *rate.Limiter
}

func newDoor() door {
	return door{opening: make(chan struct{}, openingAtOnce), pace: rate.NewLimiter(openingsASecond, openingsASecond)}
}

// turn waits for a place in the pace. It reports whether there is one soon enough.
func (d *door) turn(ctx context.Context) bool {
	d.mu.Lock()
	turn := d.pace.Reserve()
	wait := turn.Delay()
	if wait > longestAtDoor {
		turn.Cancel()
	}
	d.mu.Unlock()
	if wait > longestAtDoor {
		return false
	}
	pause(ctx, wait)
	return ctx.Err() == nil
}

// Admit waits, before anything else is done for a request, until one more socket may be opened. When it may, opened is to be given
// to Serve with the visit, and to be called when it comes to no visit; more than once is no error. The error is ErrBusy or ErrDraining,
// or ctx's when that has ended.
func (h *Hub) Admit(ctx context.Context) (opened func(), err error) {
	within, cancel := context.WithTimeout(ctx, longestAtDoor)
	defer cancel()
	defer context.AfterFunc(h.admitting, cancel)()
	if h.door.turn(within) {
		select {
		case h.door.opening <- struct{}{}:
			return sync.OnceFunc(func() { <-h.door.opening }), nil
		case <-within.Done():
		}
	}
	switch {
	case h.admitting.Err() != nil:
		return nil, ErrDraining
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	h.stats.refused.Add(1)
	return nil, ErrBusy
}

// begin counts a socket for the hub and its holders, until end. It refuses one while the hub drains, and one too many.
func (h *Hub) begin(v Visit) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.draining {
		return ErrDraining
	}
	for _, holder := range v.Holders {
		if h.held[holder.Name] >= holder.Most {
			h.stats.refused.Add(1)
			return ErrTooMany
		}
	}
	for _, holder := range v.Holders {
		h.held[holder.Name]++
	}
	h.sockets.Add(1)
	return nil
}

func (h *Hub) end(v Visit) {
	h.mu.Lock()
	for _, holder := range v.Holders {
		if h.held[holder.Name]--; h.held[holder.Name] == 0 {
			delete(h.held, holder.Name)
		}
	}
	h.mu.Unlock()
	h.sockets.Done()
}

const (
	stormLooked = 5 * time.Second
	storm       = 1000 // sockets that came or went in that time
	settled     = 4    // such times without a storm: what pools held is free after two collections, and grown stacks are small again
)

// giveBackAfterStorms returns to the system, as soon as a storm is over, the memory that it took, until ctx ends. Each handshake leaves as
// much as an idle socket takes, and a node at rest would collect it only after minutes.
func (h *Hub) giveBackAfterStorms(ctx context.Context) {
	tick := time.NewTicker(stormLooked)
	defer tick.Stop()
	var before uint64
	calm := settled
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		moved := h.stats.opened.Load() + h.stats.ended.Load()
		if calm++; moved-before >= storm {
			calm = 0
		}
		if before = moved; 0 < calm && calm < settled {
			debug.FreeOSMemory()
		}
	}
}
