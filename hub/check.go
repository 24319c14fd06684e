package hub

import (
	"context"
	"maps"
	"slices"
	"time"

	"dusangire/hub/revision"
)

const (
	checkEvery   = time.Second
	checkTimeout = 800 * time.Millisecond
	guardTimeout = time.Second
)

// checkSoon asks for a check now, as after hints may have been lost.
func (h *Hub) checkSoon() {
	select {
	case h.checks <- struct{}{}:
	default:
	}
}

// checkEachSecond compares the screens with the database until ctx ends. This is the guarantee; hints only make it faster.
func (h *Hub) checkEachSecond(ctx context.Context) {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		h.check(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-h.checks:
		}
	}
}

// check reads the revisions of everything that is watched here in one statement, and hints at what moved. With nobody
// watching it asks nothing.
func (h *Hub) check(ctx context.Context) {
	topics := h.watchedTopics()
	began := time.Now()
	found := revision.Set{}
	if len(topics) > 0 {
		within, cancel := context.WithTimeout(ctx, checkTimeout)
		defer cancel()
		var err error
		if found, err = h.config.Check(within, topics); err != nil {
			h.noteCheck(ctx, err)
			h.hint(found) // what it found all the same: screens that are not current follow as far as they can
			return
		}
	}
	h.mu.Lock()
	h.verified.at, h.verified.revisions = began, found
	h.mu.Unlock()
	h.noteCheck(ctx, nil)
	h.hint(found)
}

// noteCheck remembers whether the latest check succeeded and tells the log when that changes.
func (h *Hub) noteCheck(ctx context.Context, err error) {
	h.mu.Lock()
	was := h.verified.failing
	h.verified.failing = err != nil
	h.mu.Unlock()
	switch {
	case err != nil && !was && ctx.Err() == nil:
		h.config.Log.Error("revisions can't be checked; screens will say that they are not current", "error", err)
	case err == nil && was:
		h.config.Log.Info("revisions are checked again")
	}
}

func (h *Hub) watchedTopics() []revision.Topic {
	h.mu.RLock()
	defer h.mu.RUnlock()
	topics := slices.Collect(maps.Keys(h.watching))
	return slices.AppendSeq(topics, maps.Keys(h.guarded))
}

// keepGuard asks again whether sockets may stay open, whenever what their right hangs on has moved.
func (h *Hub) keepGuard(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.guards.filled:
			h.askRights(ctx, h.guards.take())
			pause(ctx, gather) // so that hints that somebody forges cost no more than a few questions a second
		}
	}
}

// askRights closes the sockets whose right has ended. It asks once for each topic, so that a thousand screens of one account cost what
// one does, and gives up after guardTimeout: the sockets of a question without an answer stay open and are asked about again at the next
// check, a second later. Where a topic stands is taken from the answer, never from the hint: one that was forged, of a revision far
// ahead, would otherwise keep its sockets from ever being asked about again.
func (h *Hub) askRights(ctx context.Context, moved revision.Set) {
	within, cancel := context.WithTimeout(ctx, guardTimeout)
	defer cancel()
	for _, watchers := range h.guardedSince(moved) {
		rights, err := watchers[0].visit.Guard.Rights(within)
		if err != nil {
			continue
		}
		for _, w := range watchers {
			w.seen = rights.Set
			if c := rights.Refusal(w.visit.Guard.Session, w.visit.Guard.Permission); c != nil {
				w.close(c)
			}
		}
	}
}

// guardedSince finds, by topic, the watchers whose right was last looked at before the topic moved.
func (h *Hub) guardedSince(moved revision.Set) map[revision.Topic][]*watcher {
	h.mu.RLock()
	defer h.mu.RUnlock()
	concerned := map[revision.Topic][]*watcher{}
	for topic := range moved.Topics {
		for w := range h.guarded[topic] {
			if !w.seen.Covers(moved) {
				concerned[topic] = append(concerned[topic], w)
			}
		}
	}
	return concerned
}
