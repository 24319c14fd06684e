package hub

import (
	"context"
	"sync"
)

// MemoryBus joins hubs of one process: the bus of a hospital with one node, and of tests with several.
type MemoryBus struct {
	mu          sync.Mutex
	subscribers map[*mailbox]struct{}
}

// NewMemoryBus returns a bus that nobody listens on yet.
func NewMemoryBus() *MemoryBus { return &MemoryBus{subscribers: map[*mailbox]struct{}{}} }

// Publish implements Bus.
func (b *MemoryBus) Publish(r Revisions) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for m := range b.subscribers {
		m.put(r)
	}
}

// Run implements Bus.
func (b *MemoryBus) Run(ctx context.Context, hint func(Revisions), lost func()) error {
	m := newMailbox()
	b.mu.Lock()
	b.subscribers[m] = struct{}{}
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		delete(b.subscribers, m)
		b.mu.Unlock()
	}()
	lost()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-m.filled:
			hint(m.take())
		}
	}
}

// Trouble implements Bus: memory has none.
func (b *MemoryBus) Trouble() string { return BusOK }

// mailbox keeps the newest revision of each topic until someone takes them, so that it can't grow with traffic.
type mailbox struct {
	filled chan struct{} // holds one token while there is something to take

	mu      sync.Mutex
	waiting Revisions
}

func newMailbox() *mailbox { return &mailbox{filled: make(chan struct{}, 1)} }

// put adds revisions to those that wait; those of another epoch replace them.
func (m *mailbox) put(r Revisions) {
	m.mu.Lock()
	m.waiting.merge(r)
	m.mu.Unlock()
	select {
	case m.filled <- struct{}{}:
	default:
	}
}

// take empties the mailbox.
func (m *mailbox) take() Revisions {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.waiting
	m.waiting = Revisions{}
	return r
}
