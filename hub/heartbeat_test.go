package hub

import (
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"dusangire/hub/revision"
)

func TestWhoWasPingedSomeTimeAgoIsPingedAgain(t *testing.T) {
	for _, c := range []struct {
		name   string
		pinged time.Duration // ago
		want   bool
	}{{"just now", 0, false}, {"some time ago", pingEvery, true}} {
		t.Run(c.name, func(t *testing.T) {
			marker := func(revision.Freshness) []byte { return nil }
			h := New(Config{Bus: NewMemoryBus(), Marker: marker})
			defer h.Drain(t.Context())
			v := newView(h, View{Name: "board"})
			v.state, v.lastRead = benchState{}, time.Now()
			w, far := newLobby(t, h).open()
			w.pinged = time.Now().Add(-c.pinged)
			v.renditions[HTML].add(w)
			v.heartbeat()
			v.heartbeat()
			_ = w.conn.Close()
			got, err := io.ReadAll(far)
			if err != nil || strings.Contains(string(got), "\x89\x00") != c.want || len(got) > 2 {
				t.Errorf("the client got %q (%v), one ping was wanted: %t", got, err, c.want)
			}
		})
	}
}

func TestAPageThatWasToldSomethingLatelyNeedsNoHeartbeat(t *testing.T) {
	for _, c := range []struct {
		name    string
		told    time.Duration // ago
		sent    uint64        // the version that it knows
		failing bool
		want    bool
	}{
		{"told just now", 0, 1, false, false},
		{"told a while ago", toldLately, 1, false, true},
		{"told just now, but the database has been gone since", 0, 1, true, true},
		{"a newcomer that waits for its first state", time.Hour, 0, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			marker := func(f revision.Freshness) []byte { return []byte("<i id=live>") }
			log := slog.New(slog.DiscardHandler)
			h := New(Config{Bus: NewMemoryBus(), Log: log, Marker: marker})
			defer h.Drain(t.Context())
			h.verified.failing = c.failing
			v := newView(h, View{Name: "board"})
			v.state, v.lastRead = benchState{}, time.Now()
			w, far := newLobby(t, h).open()
			w.told, w.sent = time.Now().Add(-c.told), c.sent
			p := v.renditions[HTML]
			p.version = 1
			p.add(w)
			v.heartbeat()
			w.conn.Close()
			got, err := io.ReadAll(far)
			if err != nil || strings.Contains(string(got), "live") != c.want {
				t.Errorf("the page got %q (%v), a heartbeat was wanted: %t", got, err, c.want)
			}
		})
	}
}
