package handlers

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"dusangire/hospital"
	"dusangire/hub"
)

// healthz is 200 while the process lives.
func (s *Server) healthz(c echo.Context) error {
	return c.JSON(http.StatusOK, map[string]string{"status": "ok"})
}

// oldCheck is how old the hub's last look at the revisions may be where a screen is proven to be
// fresh.
const oldCheck = 5 * time.Second

// readyz is 200 when commands can be committed, freshness can be proven, the clock agrees with the
// database's and the bus carries a message both ways. Else it names in a word what is not so; the
// log has the cause.
func (s *Server) readyz(c echo.Context) error {
	health := s.Hospital.Health(c.Request().Context())
	parts := map[string]string{"database": health.Database, "bus": s.Hub.BusTrouble(), "clock": health.Clock}
	if health.Database == hospital.HealthOK && s.Hub.Stats().CheckAge > oldCheck {
		parts["database"] = "unproven"
	}
	if hasLeft(c) {
		return context.Canceled // nothing was looked at to the end
	}
	status := http.StatusOK
	for _, found := range parts {
		if found != hospital.HealthOK {
			status = http.StatusServiceUnavailable
		}
	}
	return c.JSON(status, parts)
}

// Metrics serves the Prometheus text of this server at /metrics and nothing else, with the headers
// of every other answer. It asks nobody who they are, so it is no route: it belongs on a listener
// of its own.
func (s *Server) Metrics() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics, promhttp.HandlerOpts{}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setSecurityHeaders(w.Header())
		mux.ServeHTTP(w, r)
	})
}

// newMetrics registers what the process and the hub count. No metric has a label that could name a
// person.
func newMetrics(c Config) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), hubCollector{c.Hub})
	manager := prometheus.NewGauge(prometheus.GaugeOpts{Name: "dusangire_process_manager", ConstLabels: prometheus.Labels{"manager": c.ProcessManager},
		Help: "What starts this process again when it ends; none where nothing is known to."})
	manager.Set(1)
	registry.MustRegister(manager, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "dusangire_database_writable",
		Help: "Whether the database took what this node last tried to write."}, func() float64 {
		if c.Hospital.Trouble() != nil {
			return 0
		}
		return 1
	}))
	return registry
}

// hubCollector reads the hub's counters at each scrape.
type hubCollector struct{ hub *hub.Hub }

var (
	socketsDesc   = describe("ws_sessions", "Sockets that are open now.")
	viewsDesc     = describe("views", "Views that somebody watches now.")
	openedDesc    = describe("ws_opened_total", "Sockets that were opened.")
	readsDesc     = describe("view_reads_total", "Reads of views.")
	rendersDesc   = describe("view_renders_total", "Renderings of views.")
	messagesDesc  = describe("ws_messages_total", "Messages handed to sockets.")
	bytesDesc     = describe("ws_bytes_total", "Bytes handed to sockets.")
	coalescedDesc = describe("mailbox_coalesced_total", "Times that a slow socket skipped to the newest state.")
	pollsDesc     = describe("polls_total", "Polls of pages whose sockets something on the way refuses.")
	refusedDesc   = describe("admission_rejected_total", "Requests for sockets that were refused because of too many others.")
	strangersDesc = describe("ws_strangers_total", "Sockets that were closed at once because nobody was signed in.")
	checkAgeDesc  = describe("reconcile_age_seconds", "Since the revisions were last compared with the database.")
	closesDesc    = describe("ws_close_total", "Sockets closed by the server.", "code")
	busDesc       = describe("bus_connected", "Whether hints get through between nodes.", "backend")

	poolConnectionsDesc = describe("redis_pool_connections", "Connections to Redis.", "state")
	poolRequestsDesc    = describe("redis_pool_requests_total", "Connections asked of the pool, by what came of it.", "result")
	poolStaleDesc       = describe("redis_pool_stale_total", "Connections to Redis that were thrown away.")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("dusangire_"+name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (hubCollector) Describe(descriptions chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{socketsDesc, viewsDesc, openedDesc, readsDesc, rendersDesc, messagesDesc, bytesDesc,
		coalescedDesc, pollsDesc, refusedDesc, strangersDesc, checkAgeDesc, closesDesc, busDesc, poolConnectionsDesc, poolRequestsDesc, poolStaleDesc} {
		descriptions <- d
	}
}

// Collect implements prometheus.Collector.
func (c hubCollector) Collect(metrics chan<- prometheus.Metric) {
	s := c.hub.Stats()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	count := func(d *prometheus.Desc, v uint64, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge(socketsDesc, float64(s.Sockets))
	gauge(viewsDesc, float64(s.Views))
	gauge(checkAgeDesc, s.CheckAge.Seconds())
	count(openedDesc, s.Opened)
	count(readsDesc, s.Reads)
	count(rendersDesc, s.Renders)
	count(pollsDesc, s.Polls)
	count(refusedDesc, s.Refused)
	count(strangersDesc, s.Strangers)
	count(messagesDesc, s.Messages)
	count(bytesDesc, s.Bytes)
	count(coalescedDesc, s.Coalesced)
	for code, n := range s.Closes {
		count(closesDesc, n, strconv.Itoa(code))
	}
	if s.Redis == nil {
		gauge(busDesc, 1, "memory")
		return
	}
	connected := 0.0
	if s.Redis.Connected {
		connected = 1
	}
	gauge(busDesc, connected, "redis")
	gauge(poolConnectionsDesc, float64(s.Redis.Idle), "idle")
	gauge(poolConnectionsDesc, float64(s.Redis.Connections-s.Redis.Idle), "busy")
	count(poolRequestsDesc, uint64(s.Redis.Hits), "reused")
	count(poolRequestsDesc, uint64(s.Redis.Misses), "new")
	count(poolRequestsDesc, uint64(s.Redis.Timeouts), "timeout")
	count(poolStaleDesc, uint64(s.Redis.Stale))
}
