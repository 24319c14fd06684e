package handlers_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// framePath is where a live path answers over plain HTTP.
func framePath(socketPath string) string { return strings.Replace(socketPath, "/ws/", "/frames/", 1) }

// poll asks for a frame as a page's script does, whose page shows what seen is the mark of.
func (h *fixture) poll(path, token, seen string, cookies ...string) answer {
	h.t.Helper()
	header := http.Header{"Dusangire-Frame": {seen}, "Cookie": cookies}
	return h.ask(question{method: http.MethodGet, path: framePath(path), as: htmx, token: token, header: header})
}

func TestAFrameOverPlainHTTPIsWhatTheSocketBrings(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	bed := h.bed(h.a, 3)
	h.admit("Uwase Marie", bed.ID)
	token := h.token("medical_staff")
	for _, path := range []string{wardPath(h.a), "/ws/dashboard/medical_staff/"} {
		socket, poll := h.watch(path, token, asHTML).next(), h.poll(path, token, "")
		untilStamp := func(frame string) string {
			regions, _, _ := strings.Cut(frame, `<hx-partial hx-target="#live"`)
			return regions
		}
		if got, want := untilStamp(poll.body), untilStamp(socket); got != want || got == "" {
			t.Errorf("%s over plain HTTP brings\n%s\nand over its socket\n%s", path, got, want)
		}
		if kind := poll.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/html") || poll.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s is %s, to be kept: %s", path, kind, poll.header.Get("Cache-Control"))
		}
	}
	if french := h.poll(wardPath(h.a), token, "", "language=fr").body; !strings.Contains(french, "Occupé") {
		t.Errorf("a reader of French should get French: %.600s", french)
	}
}

func TestAPollTellsAChangeAtOnceAndNothingTwice(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	bed := h.bed(h.a, 3)
	token := h.token("medical_staff")
	first := h.poll(wardPath(h.a), token, "")
	mark := first.header.Get("Dusangire-Frame")
	if again := h.poll(wardPath(h.a), token, mark); strings.Count(again.body, "<hx-partial") != 1 || !strings.Contains(again.body, `id="live"`) || again.header.Get("Dusangire-Frame") != mark {
		t.Errorf("with nothing new a poll brings the stamp alone: %s", again.body)
	}
	h.admit("Uwase Marie", bed.ID)
	if changed := h.poll(wardPath(h.a), token, mark); !strings.Contains(changed.body, "Uwase Marie") || changed.header.Get("Dusangire-Frame") == mark {
		t.Errorf("right after the command a poll brings %.300s", changed.body)
	}
	if log := h.log.String(); strings.Contains(log, "/frames/") {
		t.Errorf("polls are not logged one by one: %s", log)
	}
}

func TestAPollThatCannotBeAnsweredBringsNoFrame(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	token := h.token("admin")
	for path, status := range map[string]int{"/ws/ward/9999/": 404, "/ws/ward/abc/": 404, "/ws/dashboard/porter/": 404, "/ws/nowhere/": 404} {
		if got := h.poll(path, token, ""); got.status != status || got.header.Get("Dusangire-Frame") != "" {
			t.Errorf("%s: %d, want %d and no frame", framePath(path), got.status, status)
		}
	}
	if got := h.ask(question{method: http.MethodPost, path: framePath(wardPath(h.a)), as: htmx, token: token}); got.status != http.StatusMethodNotAllowed {
		t.Errorf("a frame is only asked for: %d", got.status)
	}
	if _, err := hospitaltest.Database(t, h.database).ExecContext(t.Context(), `ALTER TABLE bed RENAME TO bed_gone`); err != nil {
		t.Fatal(err)
	}
	if got := h.poll(wardPath(h.a), token, ""); got.problem(http.StatusInternalServerError).Status != 500 || got.header.Get("Dusangire-Frame") != "" || strings.Contains(got.body, "bed_gone") {
		t.Errorf("without its table a ward has no frame: %d %s", got.status, got.body)
	}
}

func TestAPollIsTurnedAwayWhileTheServerStops(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	token := h.token(string(hospital.MedicalStaff))
	within, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	h.hub.Drain(within)
	if got := h.poll(wardPath(h.a), token, ""); got.problem(http.StatusServiceUnavailable).Detail == "" || got.header.Get("Retry-After") == "" {
		t.Errorf("a poll of a server that stops: %d %v", got.status, got.header)
	}
}
