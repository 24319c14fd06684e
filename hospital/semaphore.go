package hospital

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// slot is a place among those who want the same key, of which there are limit.
type slot struct {
	key   string
	limit int
}

// keyedSemaphore gives out slots, in this process. Its zero value has given out none.
type keyedSemaphore struct {
	mu   sync.Mutex
	keys map[string]*semaphore
}

// semaphore is that of one key.
type semaphore struct {
	prioritySemaphore
	wanted int // by how many, those who have one included; guarded by keyedSemaphore.mu
}

// acquire waits for each of the slots, one after the other, until the context ends. release gives
// all of them back.
func (k *keyedSemaphore) acquire(ctx context.Context, p priority,
	slots ...slot) (release func(), err error) {
	var acquired []slot
	release = func() {
		for _, s := range slices.Backward(acquired) {
			k.leave(s, true)
		}
	}
	for _, s := range slots {
		if err := k.join(s).acquire(ctx, p); err != nil {
			k.leave(s, false)
			release()
			return nil, err
		}
		acquired = append(acquired, s)
	}
	return release, nil
}

// join returns where a slot is taken.
func (k *keyedSemaphore) join(s slot) *semaphore {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys == nil {
		k.keys = map[string]*semaphore{}
	}
	sem := k.keys[s.key]
	if sem == nil {
		sem = &semaphore{prioritySemaphore: prioritySemaphore{free: s.limit}}
		k.keys[s.key] = sem
	}
	sem.wanted++
	return sem
}

// leave gives a slot back, or no longer wants it, and forgets a key that nobody wants.
func (k *keyedSemaphore) leave(s slot, had bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	sem := k.keys[s.key]
	if had {
		sem.release()
	}
	sem.wanted--
	if sem.wanted == 0 {
		delete(k.keys, s.key)
	}
}

// priority is in which order those who wait for the same are served.
type priority int

const (
	knownDevice   priority = iota // one that has signed in before, or an administrator
	unknownDevice                 // any other; after it come those that have failed once, twice …
	failedOften   = unknownDevice + 10
	priorities    = int(failedOften) + 1
)

// prioritySemaphore serves a few at once, and those who wait by their priority, then by when they
// came.
type prioritySemaphore struct {
	mu      sync.Mutex
	free    int
	waiting [priorities][]chan struct{} // each is closed when its owner is served
}

// acquire waits to be served until the context ends. Who was served must release.
func (s *prioritySemaphore) acquire(ctx context.Context, p priority) error {
	s.mu.Lock()
	if s.free > 0 {
		s.free--
		s.mu.Unlock()
		return nil
	}
	served := make(chan struct{})
	s.waiting[p] = append(s.waiting[p], served)
	s.mu.Unlock()
	select {
	case <-served:
		return nil
	case <-ctx.Done():
		s.cancel(p, served)
		return fmt.Errorf("wait for a turn to sign in: %w", ctx.Err())
	}
}

// cancel takes one who waits away, or serves the next where they had just been served.
func (s *prioritySemaphore) cancel(p priority, served chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.waiting[p], served)
	if i < 0 {
		s.next()
		return
	}
	s.waiting[p] = slices.Delete(s.waiting[p], i, i+1)
}

func (s *prioritySemaphore) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next()
}

// next serves who comes next. The caller holds mu.
func (s *prioritySemaphore) next() {
	for p, queue := range s.waiting {
		if len(queue) > 0 {
			s.waiting[p] = queue[1:]
			close(queue[0])
			return
		}
	}
	s.free++
}
