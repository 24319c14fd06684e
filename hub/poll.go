package hub

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"
)

// pollShared is for how long what one poll of a view found answers others too, unless a hint says that it moved.
const pollShared = time.Second

// polls remembers what the latest polls of each view found.
type polls struct {
	mu     sync.Mutex
	byName map[string]*polled
}

// polled is the state of a view as one poll found it. Everything below found is set before found is closed, and not changed
// afterwards.
type polled struct {
	view  View
	began time.Time     // when the read began: what is shown is of then or newer
	found chan struct{} // closed when the rest is there

	steps []partial // of a frame that shows all of it
	mark  string    // equal marks mean equal steps
	shown Revisions
	err   error
}

// Poll returns the frame that brings a page without a socket to the view's state of now, and the mark of what it then shows.
// With the mark that an earlier frame came with, and nothing changed since, the frame is a stamp alone. Polls of one view
// share a read and a rendering for up to a second, so their cost does not grow with those who poll. A *Close as the error means what
// it would on a socket; ErrDraining that the hub stops.
func (h *Hub) Poll(ctx context.Context, v View, seen string) (frame []byte, mark string, err error) {
	h.metrics.polls.Inc()
	p, mine := h.polls.latest(v)
	if mine {
		p.find(h)
	}
	select {
	case <-p.found:
	case <-ctx.Done():
		return nil, "", ctx.Err()
	}
	switch {
	case h.base.Err() != nil:
		return nil, "", ErrDraining
	case p.err != nil:
		return nil, "", p.err
	case p.mark == seen:
		return htmlFrame(nil, p.stamp(h)), p.mark, nil
	}
	return htmlFrame(p.steps, p.stamp(h)), p.mark, nil
}

// latest returns what a poll of the view may be answered from; mine tells the one caller who has to find it.
func (l *polls) latest(v View) (p *polled, mine bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	for name, p := range l.byName {
		if now.Sub(p.began) > pollShared {
			delete(l.byName, name)
		}
	}
	if p := l.byName[v.Name]; p != nil {
		return p, false
	}
	p = &polled{view: v, began: now, found: make(chan struct{})}
	if l.byName == nil {
		l.byName = map[string]*polled{}
	}
	l.byName[v.Name] = p
	return p, true
}

// forget lets no poll be answered any more from what was found before the revisions moved.
func (l *polls) forget(moved Revisions) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, p := range l.byName {
		if p.mayLack(moved) {
			delete(l.byName, name)
		}
	}
}

// mayLack reports whether revisions say that there is more than was found, or than may be found by a read under way.
func (p *polled) mayLack(moved Revisions) bool {
	select {
	case <-p.found:
		return !p.shown.covers(moved)
	default:
		return len(moved.Of(p.view.Topics).Topics) > 0
	}
}

// find reads and draws the view. It does so for everyone who polls it now, so the first one's going away does not end it.
func (p *polled) find(h *Hub) {
	defer close(p.found)
	defer recoverInto(&p.err)
	state, err := h.read(h.base, p.view)
	if err != nil {
		p.err = err
		return
	}
	h.metrics.renders.Inc()
	regions, err := state.HTML()
	if err != nil {
		p.err = err
		return
	}
	page := newPage(HTML)
	if _, p.err = page.update(regions, state.Revisions()); p.err != nil {
		return
	}
	p.steps, p.shown = partials(page.since(0), 0), page.shown
	sum := sha256.Sum256(htmlFrame(p.steps, nil))
	p.mark = hex.EncodeToString(sum[:16])
}

// stamp says how fresh the frame is: it was all that the database held when the read began.
func (p *polled) stamp(h *Hub) []byte {
	return h.config.Stamp(Freshness{Shown: p.shown, Current: p.shown, Age: time.Since(p.began), DatabaseOK: true, At: p.began})
}
