package hub

import (
	"context"
	"errors"
	"sync"
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

// Admit waits, before anything else is done for a request, until one more socket may be opened for a client; who
// has come before is let in first, but no client takes the turns of others. When it may, opened is to be given to
// Serve with the visit, and to be called when it comes to no visit; more than once is no error. The error is
// ErrBusy or ErrDraining, or ctx's when that has ended.
func (h *Hub) Admit(ctx context.Context, client string) (opened func(), err error) {
	within, cancel := context.WithTimeout(ctx, longestAtDoor)
	defer cancel()
	defer context.AfterFunc(h.admitting, cancel)()
	switch admitted := h.door.enter(within, client); {
	case admitted:
		return sync.OnceFunc(h.door.leave), nil
	case h.admitting.Err() != nil:
		return nil, ErrDraining
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	h.metrics.refused.Inc()
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
			h.metrics.refused.Inc()
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
