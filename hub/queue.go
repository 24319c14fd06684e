package hub

import (
	"sync"

	"dusangire/hub/revision"
)

// queue is a latest-wins queue of hints: it keeps the newest revision of each topic until someone
// takes them, so that it can't grow with traffic.
type queue struct {
	filled chan struct{} // holds one token while there is something to take

	mu      sync.Mutex
	waiting revision.Set
}

func newQueue() *queue { return &queue{filled: make(chan struct{}, 1)} }

// put adds revisions to those that wait; those of another epoch replace them.
func (q *queue) put(r revision.Set) {
	q.mu.Lock()
	q.waiting.Merge(r)
	q.mu.Unlock()
	select {
	case q.filled <- struct{}{}:
	default:
	}
}

// take empties the queue.
func (q *queue) take() revision.Set {
	q.mu.Lock()
	defer q.mu.Unlock()
	r := q.waiting
	q.waiting = revision.Set{}
	return r
}
