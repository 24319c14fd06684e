package hub

import (
	"context"
	"time"

	"dusangire/hub/revision"
)

// Authorization is what a socket's right to be open hangs on.
type Authorization struct {
	Topic      revision.Topic // moves whenever the right may have ended; empty: it can't end early
	Checked    revision.Set   // where Topic stood when the right was last looked at
	Session    int64          // by which the socket was opened
	Permission string         // that the socket needs
	As         string         // what of the person the view was made for, such as their role
	// Recheck is called when Topic moves, once for all sockets that have that Topic, whichever of
	// them it belongs to. An error is tried again.
	Recheck func(ctx context.Context) (Grants, error)
	Expires time.Time // the right ends by itself then; zero: never
}

func (a Authorization) expired(now time.Time) bool {
	return !a.Expires.IsZero() && now.After(a.Expires)
}

// Grants tells which of the sockets whose authorization hangs on one topic may stay open.
type Grants struct {
	Checked revision.Set // where the topic stands, read together with the grants
	// Refusal is why a socket may not stay open; nil: it may.
	Refusal func(Authorization) *Close
}

// recheckTimeout is as long as it takes until the next check asks again.
const recheckTimeout = time.Second

// keepAuthorized asks again whether sockets may stay open, whenever what their authorization hangs
// on has moved.
func (h *Hub) keepAuthorized(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.reauthorize.filled:
			h.recheck(ctx, h.reauthorize.take())
			pause(ctx, readEvery) // so that forged hints cost no more than a few questions a second
		}
	}
}

// recheck closes the sockets whose right has ended. It asks once for each topic, so that a thousand
// screens of one account cost what one does. Where no answer comes within recheckTimeout, the
// sockets stay open and are asked about again at the next check, a second later. Where a topic
// stands is taken from the answer, never from the hint: a forged hint of a revision far ahead would
// otherwise keep its sockets from ever being asked about again.
func (h *Hub) recheck(ctx context.Context, moved revision.Set) {
	within, cancel := context.WithTimeout(ctx, recheckTimeout)
	defer cancel()
	for _, clients := range h.uncheckedSince(moved) {
		grants, err := clients[0].subscription.Authorization.Recheck(within)
		if err != nil {
			continue
		}
		for _, c := range clients {
			c.checked = grants.Checked
			if refusal := grants.Refusal(c.subscription.Authorization); refusal != nil {
				c.close(refusal)
			}
		}
	}
}

// uncheckedSince finds, by topic, the clients whose right was last looked at before the topic
// moved.
func (h *Hub) uncheckedSince(moved revision.Set) map[revision.Topic][]*client {
	h.mu.RLock()
	defer h.mu.RUnlock()
	unchecked := map[revision.Topic][]*client{}
	for topic := range moved.Topics {
		for c := range h.clientsByTopic[topic] {
			if !c.checked.Covers(moved) {
				unchecked[topic] = append(unchecked[topic], c)
			}
		}
	}
	return unchecked
}
