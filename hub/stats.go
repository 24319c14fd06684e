package hub

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// Stats counts what the hub did since it started. Ages and numbers of things are those of the moment.
type Stats struct {
	Sockets, Views  int
	Opened, Ended   uint64
	Reads, Renders  uint64 // of views
	Messages, Bytes uint64 // handed to sockets
	Coalesced       uint64 // times a slow watcher skipped to the newest state
	Polls           uint64 // answered to pages that have no socket
	Refused         uint64 // requests for sockets, because of too many others
	Strangers       uint64 // sockets that were closed at once, for want of a session
	Closes          map[int]uint64
	CheckAge        time.Duration
	Redis           *RedisStats // nil where the bus is in memory
}

type stats struct {
	opened, ended, reads, renders, messages, bytes, coalesced, polls, refused, strangers atomic.Uint64

	mu     sync.Mutex
	closes map[int]uint64
}

func (s *stats) closed(code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closes[code]++
}

// round is what one goroutine writes to some watchers, one after the other. It is counted when it is over: counters that several
// cores change all the time are slow.
type round struct {
	now             time.Time
	messages, bytes int
}

func (r *round) write(w *watcher, p parcel) {
	w.write(p, r.now)
	r.messages += len(p.messages)
	r.bytes += p.bytes
}

func (s *stats) sent(r round) {
	s.messages.Add(uint64(r.messages)) // #nosec G115 -- a count, never below 0
	s.bytes.Add(uint64(r.bytes))       // #nosec G115 -- a count, never below 0
}

// Stats reads the counters.
func (h *Hub) Stats() Stats {
	h.stats.mu.Lock()
	closes := maps.Clone(h.stats.closes)
	h.stats.mu.Unlock()
	var redis *RedisStats
	if bus, is := h.config.Bus.(*RedisBus); is {
		redis = new(bus.Stats())
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	return Stats{
		Sockets: len(h.watchers), Views: len(h.views),
		Opened: h.stats.opened.Load(), Ended: h.stats.ended.Load(),
		Reads: h.stats.reads.Load(), Renders: h.stats.renders.Load(),
		Messages: h.stats.messages.Load(), Bytes: h.stats.bytes.Load(),
		Coalesced: h.stats.coalesced.Load(), Polls: h.stats.polls.Load(), Refused: h.stats.refused.Load(),
		Strangers: h.stats.strangers.Load(),
		Closes:    closes, CheckAge: time.Since(h.verified.at), Redis: redis,
	}
}
