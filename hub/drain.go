package hub

import (
	"context"
	"errors"
	"time"
)

// ErrDraining refuses a socket or a poll while the server stops.
var ErrDraining = errors.New("hub is draining")

// Clients that are told of a restart come back at once, so they are told over drainTime rather than
// all in one moment.
const (
	drainSteps      = 20
	drainTime       = 2 * time.Second
	smallestBatch   = 500 // clients in a step: few enough to be taken in by another node at once
	drainStepLength = drainTime / drainSteps
)

// Drain refuses new sockets, tells those that are open that the server restarts, and waits until
// all have ended and every goroutine of the hub but Run's has returned. When ctx ends first, the
// rest are cut.
func (h *Hub) Drain(ctx context.Context) {
	h.mu.Lock()
	h.draining = true
	h.mu.Unlock()
	h.stopAccepting()
	h.closeInSteps(ctx, h.openClients())
	ended := make(chan struct{})
	go func() { h.sockets.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
		for _, c := range h.openClients() {
			_ = c.conn.Cut()
		}
		<-ended
	}
	h.mu.Lock()
	h.drained = true
	h.mu.Unlock()
	h.stop()
	h.workers.Wait()
}

func (h *Hub) closeInSteps(ctx context.Context, open []*client) {
	batch := max(len(open)/drainSteps, smallestBatch)
	for len(open) > 0 {
		n := min(batch, len(open))
		for _, c := range open[:n] {
			c.close(CloseRestart)
		}
		open = open[n:]
		if len(open) > 0 {
			pause(ctx, drainStepLength)
		}
	}
}
