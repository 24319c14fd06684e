package hospital

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// turn is a place among those who want the same; at once says how many may have one.
type turn struct {
	subject string
	atOnce  int
}

// turns are the places that are taken now, in this process.
type turns struct {
	mu    sync.Mutex
	taken map[string]*places
}

// places are those of one subject.
type places struct {
	free   chan struct{} // takes a value for each place that is taken
	wanted int           // by how many, those who have one included; guarded by turns.mu
}

// take waits for each of the turns, one after the other, until the context ends. giveBack gives all
// of them back.
func (t *turns) take(ctx context.Context, wanted []turn) (giveBack func(), err error) {
	var taken []turn
	giveBack = func() {
		for _, one := range slices.Backward(taken) {
			t.leave(one, true)
		}
	}
	for _, one := range wanted {
		select {
		case t.want(one) <- struct{}{}:
			taken = append(taken, one)
		case <-ctx.Done():
			t.leave(one, false)
			giveBack()
			return nil, fmt.Errorf("wait for a turn to sign in: %w", ctx.Err())
		}
	}
	return giveBack, nil
}

// want returns where the turn is taken.
func (t *turns) want(one turn) chan<- struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.taken[one.subject]
	if p == nil {
		p = &places{free: make(chan struct{}, one.atOnce)}
		t.taken[one.subject] = p
	}
	p.wanted++
	return p.free
}

// leave gives a turn back, or no longer wants it, and forgets a subject that nobody wants.
func (t *turns) leave(one turn, had bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.taken[one.subject]
	if had {
		<-p.free
	}
	if p.wanted--; p.wanted == 0 {
		delete(t.taken, one.subject)
	}
}

// rank is in which order those who wait for the same are let in.
type rank int

const (
	known    rank = iota // a device that has signed in before, or an administrator
	stranger             // any other
	doubted              // one that has failed before
	ranks    int  = iota
)

// door lets a few in at once, and those who wait by their rank, then by when they came.
type door struct {
	mu      sync.Mutex
	free    int
	waiting [ranks][]chan struct{} // each is closed when its owner is let in
}

// enter waits to be let in until the context ends. Who was let in must leave.
func (d *door) enter(ctx context.Context, r rank) error {
	d.mu.Lock()
	if d.free > 0 {
		d.free--
		d.mu.Unlock()
		return nil
	}
	let := make(chan struct{})
	d.waiting[r] = append(d.waiting[r], let)
	d.mu.Unlock()
	select {
	case <-let:
		return nil
	case <-ctx.Done():
		d.giveUp(r, let)
		return fmt.Errorf("wait to check a password: %w", ctx.Err())
	}
}

// giveUp takes one who waits away, or lets the next in where they had just been let in.
func (d *door) giveUp(r rank, let chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if i := slices.Index(d.waiting[r], let); i >= 0 {
		d.waiting[r] = slices.Delete(d.waiting[r], i, i+1)
		return
	}
	d.next()
}

func (d *door) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.next()
}

// next lets in who comes next. The caller holds mu.
func (d *door) next() {
	for r, queue := range d.waiting {
		if len(queue) > 0 {
			d.waiting[r] = queue[1:]
			close(queue[0])
			return
		}
	}
	d.free++
}

// pause lets time pass, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("pause: %w", ctx.Err())
	}
}
