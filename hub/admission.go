package hub

import (
	"errors"
	"sync"

	"golang.org/x/time/rate"
)

// A node that restarts is met by all its clients at once. It lets them in at a pace that leaves it time for those who are in, and refuses the
// others before it looks anything up for them: a refused upgrade is what makes a browser come back later, and later each time, while
// one that is let in and closed again comes back at once.
const (
	openingAtOnce   = 200  // sockets that are on their way from their request to their first state
	openingsASecond = 1000 // a core opens some two thousand
)

var (
	// ErrBusy refuses a socket because many others are being opened: come back in a moment.
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
	pace    *rate.Limiter
}

func newDoor() door {
	return door{opening: make(chan struct{}, openingAtOnce), pace: rate.NewLimiter(openingsASecond, openingsASecond)}
}

// Admit asks, before anything else is done for a request, whether one more socket may be opened now. Where it may, opened is to be given
// to Serve with the visit, and to be called when it comes to no visit; more than once is no error. Else the error is ErrBusy.
func (h *Hub) Admit() (opened func(), err error) {
	if !h.door.pace.Allow() {
		h.stats.refused.Add(1)
		return nil, ErrBusy
	}
	select {
	case h.door.opening <- struct{}{}:
		return sync.OnceFunc(func() { <-h.door.opening }), nil
	default:
		h.stats.refused.Add(1)
		return nil, ErrBusy
	}
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
