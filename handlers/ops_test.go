package handlers_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"dusangire/hospital/hospitaltest"
	"dusangire/hub"
	"dusangire/hub/hubtest"
)

// ready asks /readyz until it answers with a status, and returns the parts.
func (h *fixture) ready(status int) map[string]string {
	h.t.Helper()
	var parts map[string]string
	h.until("readyz is "+http.StatusText(status), func() bool {
		got := h.get("/readyz", "", program)
		parts = nil
		got.json(&parts)
		return got.status == status
	})
	return parts
}

// until asks again until something holds that no event tells of.
func (h *fixture) until(what string, holds func() bool) {
	h.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(soon); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			h.t.Fatalf("waited in vain until %s", what)
		}
	}
}

func TestReadyzNamesWhatIsDown(t *testing.T) {
	t.Parallel()
	t.Run("the bus", func(t *testing.T) {
		t.Parallel()
		redis := hubtest.StartRedis(t)
		h := newFixture(t, settings{bus: redisBus(t, redis)})
		if parts := h.ready(http.StatusOK); parts["database"] != "ok" || parts["bus"] != "ok" {
			t.Errorf("all is well: %v", parts)
		}
		redis.Kill()
		if parts := h.ready(http.StatusServiceUnavailable); parts["database"] != "ok" || parts["bus"] != "unreachable" {
			t.Errorf("without Redis: %v", parts)
		}
		if got := h.get("/healthz", "", program); got.status != http.StatusOK {
			t.Errorf("the process lives: %d", got.status)
		}
		redis.Start()
		h.ready(http.StatusOK)
	})
	t.Run("the database", func(t *testing.T) {
		t.Parallel()
		h := newFixture(t, settings{})
		h.ready(http.StatusOK)
		h.must(h.hospital.Close())
		if parts := h.ready(http.StatusServiceUnavailable); parts["database"] != "failing" || parts["bus"] != "ok" {
			t.Errorf("without a database: %v", parts)
		}
		if got := h.get("/healthz", "", program); got.status != http.StatusOK {
			t.Errorf("the process lives: %d", got.status)
		}
	})
}

// redisBus joins a fixture to a Redis.
func redisBus(t testing.TB, redis *hubtest.Redis) hub.Bus {
	t.Helper()
	bus, err := hub.NewRedisBus(redis.URL(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := bus.Close(); err != nil {
			t.Error(err)
		}
	})
	return bus
}

func TestWithoutADatabaseNothingIsTakenAndPeopleAreToldSo(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	token := h.token("medical_staff")
	if _, err := hospitaltest.Database(t, h.database).ExecContext(t.Context(), `ALTER TABLE bed RENAME TO bed_gone`); err != nil {
		t.Fatal(err)
	}
	for _, got := range []answer{h.get("/dashboard/medical_staff/", token, program), h.post("/admissions", token, program, map[string]any{"patient_name": "Uwase Marie", "bed_id": 1})} {
		if p := got.problem(http.StatusInternalServerError); strings.Contains(got.body, "bed_gone") || strings.Contains(got.body, "SQL") || strings.Contains(p.Detail, "table") {
			t.Errorf("none of what failed is shown: %s", got.body)
		}
	}
	page := h.get("/dashboard/medical_staff/", token, browser)
	if page.status != http.StatusInternalServerError || page.html().Find("h1").Text() == "" || strings.Contains(page.body, "SQL") {
		t.Errorf("a person gets a page that says so: %d %.300s", page.status, page.body)
	}
	if log := h.log.String(); !strings.Contains(log, "no such table") || strings.Contains(log, "Uwase") {
		t.Errorf("the log has the cause, and no patient: %s", log)
	}
}

// metrics is what the server counts, in Prometheus's words.
func (h *fixture) metrics() string {
	h.t.Helper()
	answered := httptest.NewRecorder()
	asked := httptest.NewRequestWithContext(h.t.Context(), http.MethodGet, "/metrics", nil)
	h.server.Metrics().ServeHTTP(answered, asked)
	if answered.Code != http.StatusOK {
		h.t.Fatalf("the metrics: %d %s", answered.Code, answered.Body)
	}
	return answered.Body.String()
}

func TestWhateverIsAskedOfTheMetricsListenerHasTheHeaders(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	for path, want := range map[string]int{"/metrics": http.StatusOK, "/": http.StatusNotFound, "/login": http.StatusNotFound} {
		answered := httptest.NewRecorder()
		h.server.Metrics().ServeHTTP(answered, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Cache-Control"} {
			if answered.Code != want || answered.Header().Get(name) == "" {
				t.Errorf("GET %s: %d, %s: %q", path, answered.Code, name, answered.Header().Get(name))
			}
		}
	}
}

// TestMetricsAreNoneOfThePages: under no name, for nobody, signed in or not.
func TestMetricsAreNoneOfThePages(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	for _, path := range []string{"/metrics", "/metrics/", "//metrics", "/metrics?x=1"} {
		for _, token := range []string{"", h.token("admin")} {
			if got := h.get(path, token, program); got.status != http.StatusNotFound {
				t.Errorf("GET %s: %d, want 404 as for any path that is not there", path, got.status)
			}
		}
		got := h.ask(question{method: "GET", path: path, as: program, host: "attacker.example"})
		if got.status != http.StatusForbidden {
			t.Errorf("GET %s under another name: %d, want 403", path, got.status)
		}
	}
}

func TestMetricsAreWhatPrometheusReads(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	s := h.watch("/ws/dashboard/medical_staff/", h.token("medical_staff"))
	s.next()
	if code := h.watch("/ws/dashboard/medical_staff/", "").closeCode(); code != 4401 {
		t.Fatalf("closed with %d", code)
	}
	got := h.metrics()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(got))
	if err != nil {
		t.Fatalf("/metrics: %v", err)
	}
	value := func(name string) float64 {
		t.Helper()
		family := families[name]
		if family == nil || len(family.Metric) == 0 {
			t.Fatalf("there is no metric %s", name)
		}
		m := family.Metric[0]
		return m.GetGauge().GetValue() + m.GetCounter().GetValue()
	}
	if value("dusangire_ws_sessions") != 1 || value("dusangire_views") != 1 || value("dusangire_ws_close_total") != 1 || value("dusangire_view_reads_total") < 1 {
		t.Errorf("the sockets should be counted:\n%s", got)
	}
	for name, family := range families {
		for _, metric := range family.Metric {
			for _, label := range metric.Label {
				if strings.HasPrefix(name, "dusangire_") && !slices.Contains([]string{"code", "backend", "state", "result", "manager"}, label.GetName()) {
					t.Errorf("%s has the label %s, which could name a person", name, label.GetName())
				}
			}
		}
	}
}

func TestMetricsTellTheBusAndItsPoolOfConnections(t *testing.T) {
	t.Parallel()
	alone := newFixture(t, settings{})
	got := alone.metrics()
	inMemory := strings.Contains(got, `dusangire_bus_connected{backend="memory"} 1`)
	if !inMemory || strings.Contains(got, "redis_pool") {
		t.Errorf("one node by itself:\n%s", got)
	}
	redis := hubtest.StartRedis(t)
	h := newFixture(t, settings{bus: redisBus(t, redis)})
	tells := func(line string) func() bool {
		return func() bool { return strings.Contains(h.metrics(), line) }
	}
	h.until("the bus is connected", tells(`dusangire_bus_connected{backend="redis"} 1`))
	h.until("connections are used again", func() bool { return !tells(`dusangire_redis_pool_requests_total{result="reused"} 0`)() })
	for _, line := range []string{`dusangire_redis_pool_connections{state="idle"}`, `dusangire_redis_pool_requests_total{result="timeout"} 0`, "dusangire_redis_pool_stale_total"} {
		if !tells(line)() {
			t.Errorf("there is no %s", line)
		}
	}
	redis.Kill()
	h.until("the bus is lost", tells(`dusangire_bus_connected{backend="redis"} 0`))
}

func TestTheLogTellsWhySocketsAreClosedAndOfNobody(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	h.admit("Uwase Marie", h.bed(h.a, 1).ID)
	if code := h.watch(wardPath(h.a), "").closeCode(); code != 4401 {
		t.Fatalf("a stranger's socket is closed with %d", code)
	}
	flood := h.watch(wardPath(h.a), h.token("medical_staff"))
	if err := flood.conn.Write(t.Context(), websocket.MessageBinary, []byte("Uwase Marie")); err != nil {
		t.Fatal(err)
	}
	if code := flood.closeCode(); code != 1003 {
		t.Fatalf("a binary message is answered with %d", code)
	}
	log := h.log.String()
	for _, line := range []string{`"level":"DEBUG","msg":"socket closed","code":4401,"reason":"signed out","view":""`, `"level":"WARN","msg":"socket closed","code":1003,"reason":"text frames only","view":"ward:`} {
		if !strings.Contains(log, line) {
			t.Errorf("the log does not say %s:\n%s", line, log)
		}
	}
	if strings.Contains(log, "Uwase") {
		t.Errorf("the log names a patient:\n%s", log)
	}
}
