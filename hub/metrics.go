package hub

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics are what the hub counts from its start. None has a label that could name a person.
type metrics struct {
	opened, reads, renders, messages, bytes, coalesced, polls, refused, strangers prometheus.Counter

	closes *prometheus.CounterVec
}

// registry is where metrics are registered, under names that begin with the program's.
type registry struct{ promauto.Factory }

func (r registry) counter(name, help string) prometheus.Counter {
	return r.NewCounter(prometheus.CounterOpts{Namespace: "dusangire", Name: name, Help: help})
}

// counterFunc and gauge register a number that is looked up when somebody asks for the metrics.
func (r registry) counterFunc(name, help string, labels prometheus.Labels, value func() float64) {
	r.NewCounterFunc(prometheus.CounterOpts{
		Namespace: "dusangire", Name: name, Help: help, ConstLabels: labels,
	}, value)
}

func (r registry) gauge(name, help string, labels prometheus.Labels, value func() float64) {
	r.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "dusangire", Name: name, Help: help, ConstLabels: labels,
	}, value)
}

func newMetrics(r registry) metrics {
	return metrics{
		opened:   r.counter("ws_opened_total", "Sockets that were opened."),
		reads:    r.counter("view_reads_total", "Reads of views."),
		renders:  r.counter("view_renders_total", "Renderings of views."),
		messages: r.counter("ws_messages_total", "Messages handed to sockets."),
		bytes:    r.counter("ws_bytes_total", "Bytes handed to sockets."),
		coalesced: r.counter("mailbox_coalesced_total",
			"Times that a slow socket skipped to the newest state."),
		polls: r.counter("polls_total",
			"Polls of pages whose sockets something on the way refuses."),
		refused: r.counter("admission_rejected_total",
			"Requests for sockets that were refused because of too many others."),
		strangers: r.counter("ws_strangers_total",
			"Sockets that were closed at once because nobody was signed in."),
		closes: r.NewCounterVec(prometheus.CounterOpts{
			Namespace: "dusangire", Name: "ws_close_total", Help: "Sockets closed by the server.",
		}, []string{"code"}),
	}
}

func (m *metrics) closed(code int) { m.closes.WithLabelValues(strconv.Itoa(code)).Inc() }

func (h *Hub) registerGauges(r registry) {
	r.gauge("ws_sessions", "Sockets that are open now.", nil, func() float64 {
		h.mu.RLock()
		defer h.mu.RUnlock()
		return float64(len(h.clients))
	})
	r.gauge("views", "Views that somebody watches now.", nil, func() float64 {
		h.mu.RLock()
		defer h.mu.RUnlock()
		return float64(len(h.views))
	})
	r.gauge("reconcile_age_seconds", "Since the revisions were last compared with the database.",
		nil, func() float64 { return h.CheckAge().Seconds() })
	backend := "memory"
	if redis, is := h.config.Bus.(*RedisBus); is {
		backend = "redis"
		redis.registerPool(r)
	}
	r.gauge("bus_connected", "Whether hints get through between nodes.",
		prometheus.Labels{"backend": backend}, func() float64 {
			if h.BusTrouble() == BusOK {
				return 1
			}
			return 0
		})
}

// CheckAge is how long ago the revisions were last compared with the database.
func (h *Hub) CheckAge() time.Duration {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return time.Since(h.verified.at)
}

func (m *metrics) sent(b batch) {
	m.messages.Add(float64(b.messages))
	m.bytes.Add(float64(b.bytes))
}
