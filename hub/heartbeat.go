package hub

import (
	"time"

	"dusangire/freshness"
)

const (
	lately             = time.Second      // a page that was told something since then knows what a heartbeat would tell
	jsonHeartbeatEvery = 10 * time.Second // to programs while all is well; CONTRACT section 5 promises 15
	rereadEvery        = time.Minute      // what a view shows may depend on the hour too, as "in the last 24 hours" does
)

// beat proves to each watcher of the view how fresh it is, and lets go those whose right has run out or who do not read.
func (v *view) beat() {
	now := time.Now()
	round := round{now: now}
	defer func() { v.hub.stats.sent(round) }()
	if now.Sub(v.lastRead) > rereadEvery {
		v.refresh()
	}
	v.refreshIfBehind()
	for _, p := range v.pages {
		clear(p.deltas) // their stamps have aged
		f := v.freshness(p)
		frame := v.heartbeat(p, f, now)
		stamped := p.representation == HTML && f.current() // with each frame, and nothing has gone wrong since
		for _, w := range p.watchers {
			w.ping(now)
			switch {
			case !w.visit.Guard.Until.IsZero() && now.After(w.visit.Guard.Until):
				w.close(CloseSignedOut)
			case w.stuck(now):
				w.close(CloseTooSlow)
			case w.sent == 0: // a newcomer, whose page shows nobody knows what until the read that is due
			case stamped && now.Sub(w.told) < lately:
			case len(frame.messages) > 0 && len(w.queue) == 0 && !w.line.Busy():
				round.write(w, frame)
			}
		}
	}
}

// heartbeat returns that of a page which is due now, an empty parcel where none is.
func (v *view) heartbeat(p *page, f Freshness, now time.Time) parcel {
	if len(p.watchers) == 0 || p.version == 0 {
		return parcel{}
	}
	if p.representation == HTML {
		return pack(htmlFrame(nil, v.hub.config.Stamp(f)))
	}
	if f.current() && !p.behind && now.Sub(p.beaten) < jsonHeartbeatEvery {
		return parcel{}
	}
	p.beaten, p.behind = now, !f.current()
	return pack(jsonHeartbeat(f))
}

// current reports whether what was sent is what stands.
func (f Freshness) current() bool {
	return f.DatabaseOK && f.Age < freshness.Stale && f.Shown.Epoch == f.Current.Epoch && f.Shown.String() == f.Current.String()
}

// stamp draws how fresh a page is now.
func (v *view) stamp(p *page) []byte { return v.hub.config.Stamp(v.freshness(p)) }

// freshness compares what a page shows with what the last check and this node's own reads know. A view that can't be read or
// drawn is behind by definition.
func (v *view) freshness(p *page) Freshness {
	v.hub.mu.RLock()
	verified := v.hub.verified
	v.hub.mu.RUnlock()
	f := Freshness{
		Shown: p.shown, Age: time.Since(verified.at), At: time.Now(), Sent: time.Since(v.hub.began),
		DatabaseOK: !v.failed && !verified.failing,
	}
	f.Current = newest(p.shown, verified.revisions.Of(v.spec.Topics))
	return f
}

// newest is where topics stand by two sources: within one epoch the higher revision, and otherwise what was checked.
func newest(shown, checked Revisions) Revisions {
	if len(checked.Topics) == 0 {
		return shown
	}
	current := Revisions{Epoch: checked.Epoch, Topics: map[string]int64{}}
	for topic, revision := range shown.Topics {
		if found, known := checked.Topics[topic]; known && (checked.Epoch != shown.Epoch || found > revision) {
			revision = found
		}
		current.Topics[topic] = revision
	}
	return current
}
