package hub

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"dusangire/hub/revision"
)

// pollLinger is for how long a view lives on after a poll, so that the polls of many share its
// reads.
const pollLinger = time.Second

// snapshot is the whole of what a page shows, for those who poll it. It is never changed.
type snapshot struct {
	steps []partial // of a frame that shows all of it
	mark  string    // equal marks mean equal steps
	shown revision.Set
	began time.Time // when the read began: what is shown is of then or newer
}

// pollAnswer is a snapshot, or why there is none.
type pollAnswer struct {
	snapshot *snapshot
	err      error
}

// Poll returns the frame that brings a page without a socket to the view's state of now, and the
// mark of what it then shows. With the mark that an earlier frame came with, and nothing changed
// since, the frame is a freshness marker alone. A poll is a short visit: it joins the view that
// sockets watch too, takes the whole state and leaves. What it gets is at most a second old, and
// never older than what a socket would get. A *Close as the error means what it would on a socket;
// ErrDraining that the hub stops.
func (h *Hub) Poll(
	ctx context.Context, v View, seen string,
) (frame []byte, mark string, err error) {
	h.metrics.polls.Inc()
	s, err := h.visit(ctx, v)
	if err != nil {
		return nil, "", err
	}
	steps := s.steps
	if s.mark == seen {
		steps = nil
	}
	return htmlFrame(steps, h.config.Marker(s.freshness())), s.mark, nil
}

// visit joins a view for as long as it takes to get a snapshot of it.
func (h *Hub) visit(ctx context.Context, spec View) (*snapshot, error) {
	v, err := h.joinToPoll(spec)
	if err != nil {
		return nil, err
	}
	defer func() { time.AfterFunc(pollLinger, func() { h.leaveAfterPoll(v) }) }()

	answers := make(chan pollAnswer, 1)
	select {
	case v.events <- event{kind: polled, poll: answers}:
	case <-v.ctx.Done():
		return nil, ErrDraining
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case a := <-answers:
		return a.snapshot, a.err
	case <-v.ctx.Done():
		return nil, ErrDraining
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (h *Hub) joinToPoll(spec View) (*view, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.drained {
		return nil, ErrDraining
	}
	return h.join(spec), nil
}

func (h *Hub) leaveAfterPoll(v *view) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.leave(v)
}

// answerPoll returns a snapshot of the state, unless that may be behind.
func (v *view) answerPoll() pollAnswer {
	if v.ctx.Err() != nil {
		return pollAnswer{err: ErrDraining}
	}
	r := v.renditions[HTML]
	if v.failure == nil && r.version == 0 {
		v.publish(r)
	}
	if v.failure != nil {
		return pollAnswer{err: v.failure}
	}
	if r.snapshot == nil {
		steps := partials(r.since(0), 0)
		sum := sha256.Sum256(htmlFrame(steps, nil))
		mark := hex.EncodeToString(sum[:16])
		r.snapshot = &snapshot{steps: steps, mark: mark, shown: r.shown, began: v.lastRead}
	}
	return pollAnswer{snapshot: r.snapshot}
}

// freshness says that the snapshot was all that the database held when its read began.
func (s *snapshot) freshness() revision.Freshness {
	return revision.Freshness{
		Shown: s.shown, Current: s.shown, Age: time.Since(s.began), DatabaseOK: true, At: s.began,
	}
}
