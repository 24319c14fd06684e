package hub

import (
	"context"
	"sync"

	"dusangire/hub/revision"
)

// MemoryBus joins hubs of one process: the bus of a hospital with one node, and of tests with several.
type MemoryBus struct {
	mu          sync.Mutex
	subscribers map[*mailbox]struct{}
}

// NewMemoryBus returns a bus that nobody listens on yet.
func NewMemoryBus() *MemoryBus { return &MemoryBus{subscribers: map[*mailbox]struct{}{}} }

// Publish implements Bus.
func (b *MemoryBus) Publish(r revision.Set) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for m := range b.subscribers {
		m.put(r)
	}
}

// Run implements Bus.
func (b *MemoryBus) Run(ctx context.Context, hint func(revision.Set), lost func()) error {
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
	waiting revision.Set
}

func newMailbox() *mailbox { return &mailbox{filled: make(chan struct{}, 1)} }

// put adds revisions to those that wait; those of another epoch replace them.
func (m *mailbox) put(r revision.Set) {
	m.mu.Lock()
	m.waiting.Merge(r)
	m.mu.Unlock()
	select {
	case m.filled <- struct{}{}:
	default:
	}
}

// take empties the mailbox.
func (m *mailbox) take() revision.Set {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.waiting
	m.waiting = revision.Set{}
	return r
}
