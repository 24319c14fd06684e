package hub

import (
	linked "container/list"
	"context"
	"sync"
	"time"
)

// A node that restarts is met by all its clients at once. It lets them in at a pace that leaves it time for those
// who are in; the others wait at the door, which costs next to nothing, while to refuse them costs half as much as
// to let them in and they would soon be back. Only who would have to wait for too long is refused, before the
// upgrade: that makes a browser come back later, and later each time, while one that is let in and closed again
// comes back at once.
const (
	openingAtOnce   = 64              // sockets that are on their way from their request to their first state
	openingsASecond = 2500            // two cores open about three thousand
	longestAtDoor   = 4 * time.Second // a page gives a socket up that takes twice as long
)

// door lets requests for sockets in. Clients take turns, so that one with a thousand requests delays nobody else's
// only one. Whoever leaves takes nobody's turn.
type door struct {
	mu      sync.Mutex
	opening int                        // sockets that are on their way
	room    float64                    // sockets that the pace lets in at once
	counted time.Time                  // when that was counted
	armed   bool                       // looksAgain will be called
	waiting linked.List                // *client, in the order of their turns
	clients map[string]*linked.Element // those, by name
}

// client is where requests come from. It is there as long as one of them waits.
type client struct {
	name  string
	turns linked.List // *turn, in the order in which they came
}

// turn is a request that waits.
type turn struct {
	client string
	place  *linked.Element // among the client's; nil: its turn has come
	came   chan struct{}   // closed then
}

func newDoor() *door {
	return &door{room: openingsASecond, counted: time.Now(), clients: map[string]*linked.Element{}}
}

// enter waits for a turn until ctx ends. It reports whether that came; then leave is to be called.
func (d *door) enter(ctx context.Context, client string) bool {
	t := d.queue(client)
	if t == nil {
		return false
	}
	select {
	case <-t.came:
		return true
	case <-ctx.Done():
		d.giveUp(t)
		return false
	}
}

// queue takes a place behind the client's others; nil: they are so many that the turn would come too late.
func (d *door) queue(name string) *turn {
	d.mu.Lock()
	defer d.mu.Unlock()
	entry, known := d.clients[name]
	if !known {
		entry = d.waiting.PushBack(&client{name: name})
		d.clients[name] = entry
	}
	others := &entry.Value.(*client).turns
	if others.Len()*d.waiting.Len() > openingsASecond*int(longestAtDoor/time.Second) {
		return nil
	}
	t := &turn{client: name, came: make(chan struct{})}
	t.place = others.PushBack(t)
	d.admit()
	return t
}

// admit lets in whose turn it is, while there is room. Its callers hold mu.
func (d *door) admit() {
	for d.waiting.Len() > 0 && d.opening < openingAtOnce && d.hasRoom() {
		entry := d.waiting.Front()
		d.waiting.MoveToBack(entry)
		t := entry.Value.(*client).turns.Front().Value.(*turn)
		d.remove(t)
		d.opening++
		d.room--
		close(t.came)
	}
	if d.waiting.Len() > 0 && d.opening < openingAtOnce && !d.armed {
		d.armed = true
		time.AfterFunc(lookAgain, d.looksAgain)
	}
}

// lookAgain is after how long the door looks whether the pace has room again, for several at a time.
const lookAgain = 5 * time.Millisecond

func (d *door) looksAgain() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.armed = false
	d.admit()
}

// hasRoom reports whether the pace lets one more in.
func (d *door) hasRoom() bool {
	now := time.Now()
	d.room = min(d.room+now.Sub(d.counted).Seconds()*openingsASecond, openingsASecond)
	d.counted = now
	return d.room >= 1
}

// remove takes a turn out of its client's queue, and the client out of those who wait when it was the last.
func (d *door) remove(t *turn) {
	entry := d.clients[t.client]
	turns := &entry.Value.(*client).turns
	turns.Remove(t.place)
	t.place = nil
	if turns.Len() == 0 {
		d.waiting.Remove(entry)
		delete(d.clients, t.client)
	}
}

// giveUp is told that whoever waited has left. A turn that has come in that moment is given back.
func (d *door) giveUp(t *turn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if t.place != nil {
		d.remove(t)
		return
	}
	d.opening--
	d.room++
	d.admit()
}

// leave is told that a socket is not on its way any more.
func (d *door) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.opening--
	d.admit()
}
