package hub

import (
	"context"
	"sync"

	"dusangire/hub/revision"
)

// MemoryBus joins hubs of one process: the bus of a hospital with one node, and of tests with
// several.
type MemoryBus struct {
	mu          sync.Mutex
	subscribers map[*queue]struct{}
}

// NewMemoryBus returns a bus that nobody listens on yet.
func NewMemoryBus() *MemoryBus { return &MemoryBus{subscribers: map[*queue]struct{}{}} }

// Publish implements Bus.
func (b *MemoryBus) Publish(r revision.Set) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for q := range b.subscribers {
		q.put(r)
	}
}

// Run implements Bus.
func (b *MemoryBus) Run(ctx context.Context, hint func(revision.Set), lost func()) error {
	q := newQueue()
	b.mu.Lock()
	b.subscribers[q] = struct{}{}
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		delete(b.subscribers, q)
		b.mu.Unlock()
	}()
	lost()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-q.filled:
			hint(q.take())
		}
	}
}

// Trouble implements Bus: memory has none.
func (b *MemoryBus) Trouble() string { return BusOK }
