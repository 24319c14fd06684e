package hub

import (
	"context"
	"maps"
	"slices"
	"time"

	"dusangire/hub/revision"
)

const (
	// checkEvery is how long a lost hint leaves a screen behind.
	checkEvery = time.Second
	// checkWithoutBus is the same while the bus brings no hints: with the reading and the drawing a
	// change is to be everywhere within a second all the same.
	checkWithoutBus = checkEvery / 2
	// checkTimeout lets a check that hangs end before the next one is due.
	checkTimeout = 800 * time.Millisecond
)

// checkSoon asks for a check now, as after hints may have been lost.
func (h *Hub) checkSoon() {
	select {
	case h.checks <- struct{}{}:
	default:
	}
}

// checkEachSecond compares the screens with the database until ctx ends. This is the guarantee;
// hints only make it faster.
func (h *Hub) checkEachSecond(ctx context.Context) {
	tick := time.NewTicker(checkWithoutBus)
	defer tick.Stop()
	for alive := true; alive; alive = h.awaitCheck(ctx, tick.C) {
		h.check(ctx)
	}
}

// awaitCheck waits for when the screens are to be compared again: at the second tick, or at the
// first while the bus brings no hints. It reports whether ctx goes on.
func (h *Hub) awaitCheck(ctx context.Context, tick <-chan time.Time) bool {
	for second := false; ; second = true {
		select {
		case <-ctx.Done():
			return false
		case <-h.checks:
			return true
		case <-tick:
			if second || h.BusTrouble() != BusOK {
				return true
			}
		}
	}
}

// check reads the revisions of everything that is watched here in one statement, and hints at what
// moved. With nobody watching it asks nothing.
func (h *Hub) check(ctx context.Context) {
	topics := h.watchedTopics()
	began := time.Now()
	found := revision.Set{}
	if len(topics) > 0 {
		within, cancel := context.WithTimeout(ctx, checkTimeout)
		defer cancel()
		var err error
		found, err = h.config.Check(within, topics)
		if err != nil {
			h.noteCheck(ctx, err)
			h.hint(found) // screens that are not current follow as far as they can
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
		h.config.Log.Error("revisions can't be checked; screens will say that they are not current",
			"error", err)
	case err == nil && was:
		h.config.Log.Info("revisions are checked again")
	}
}

func (h *Hub) watchedTopics() []revision.Topic {
	h.mu.RLock()
	defer h.mu.RUnlock()
	topics := slices.Collect(maps.Keys(h.viewsByTopic))
	return slices.AppendSeq(topics, maps.Keys(h.clientsByTopic))
}
