package hub

import (
	"time"

	"dusangire/hub/freshness"
	"dusangire/hub/revision"
)

const (
	// toldLately is how long ago a page may have been told something to know already what a
	// heartbeat would tell it.
	toldLately = time.Second
	// jsonHeartbeatInterval is for programs, which are promised one each 15 seconds, while all is
	// well. When something goes wrong they hear of it at the next interval of pages.
	jsonHeartbeatInterval = 10 * time.Second
)

// heartbeat proves to each client of the view how fresh it is, and closes the sockets of those
// whose right has run out or who do not read.
func (v *view) heartbeat() {
	now := time.Now()
	batch := batch{now: now}
	defer func() { v.hub.metrics.sent(batch) }()
	if now.Sub(v.lastRead) > maxStateAge {
		v.refresh()
	}
	v.refreshIfBehind()
	for _, r := range v.renditions {
		clear(r.diffs) // their markers have aged
		f := v.freshness(r)
		message := v.heartbeatMessage(r, f, now)
		// Each frame of HTML says that it is current where it is, and nothing has changed since.
		markedCurrent := r.representation == HTML && isCurrent(f)
		for _, c := range r.clients {
			c.ping(now)
			knowsAlready := markedCurrent && now.Sub(c.told) < toldLately
			waitsForState := c.sent == 0
			takesIt := len(c.replies) == 0 && !c.conn.Busy()
			switch {
			case c.subscription.Authorization.expired(now):
				c.close(CloseSignedOut)
			case c.stalled(now):
				c.close(CloseTooSlow)
			case message.messages != nil && !knowsAlready && !waitsForState && takesIt:
				batch.write(c, message)
			}
		}
	}
}

// heartbeatMessage returns the heartbeat of a rendition which is due now, nothing where none is.
func (v *view) heartbeatMessage(r *rendition, f revision.Freshness, now time.Time) prepared {
	if len(r.clients) == 0 || r.version == 0 {
		return prepared{}
	}
	if r.representation == HTML {
		return prepareMessages(htmlFrame(nil, v.hub.config.Marker(f)))
	}
	if isCurrent(f) && !r.behind && now.Sub(r.beaten) < jsonHeartbeatInterval {
		return prepared{}
	}
	r.beaten, r.behind = now, !isCurrent(f)
	return prepareMessages(jsonHeartbeat(f))
}

// isCurrent reports whether what was sent is what stands.
func isCurrent(f revision.Freshness) bool {
	return f.DatabaseOK && f.Age < freshness.MaxAge && f.Shown.Epoch == f.Current.Epoch &&
		revision.Label(f.Shown) == revision.Label(f.Current)
}

// marker renders how fresh a rendition is now.
func (v *view) marker(r *rendition) []byte { return v.hub.config.Marker(v.freshness(r)) }

// freshness compares what a rendition shows with what the last check and this node's own reads
// know. A view that can't be read or rendered is behind by definition.
func (v *view) freshness(r *rendition) revision.Freshness {
	v.hub.mu.RLock()
	verified := v.hub.verified
	v.hub.mu.RUnlock()
	return revision.Freshness{
		Shown: r.shown, Current: newest(r.shown, verified.revisions.Of(v.spec.Topics)),
		Age: time.Since(verified.at), DatabaseOK: !v.failed() && !verified.failing,
		At: time.Now(), Sent: time.Since(v.hub.began),
	}
}

// newest is where topics stand by two sources: within one epoch the higher revision, and otherwise
// what was checked.
func newest(shown, checked revision.Set) revision.Set {
	if len(checked.Topics) == 0 {
		return shown
	}
	current := revision.Set{Epoch: checked.Epoch, Topics: map[revision.Topic]int64{}}
	for topic, stands := range shown.Topics {
		found, known := checked.Topics[topic]
		if known && (checked.Epoch != shown.Epoch || found > stands) {
			stands = found
		}
		current.Topics[topic] = stands
	}
	return current
}
