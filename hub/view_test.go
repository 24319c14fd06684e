package hub

import (
	"testing"
	"time"
)

func TestViewsTogetherLeaveTimeForCommands(t *testing.T) {
	for _, tc := range []struct {
		what  string
		views int
		cost  time.Duration
		want  time.Duration
	}{
		{"one view", 1, 2 * time.Millisecond, readEvery},
		{"some that are quickly drawn", 25, time.Millisecond, readEvery},
		{"so many that they would take a whole core", 33, 2 * time.Millisecond, 132 * time.Millisecond},
		{"more than a core could draw", 1000, 2 * time.Millisecond, longReadEvery},
	} {
		h := New(Config{})
		for i := range tc.views {
			h.views[string(rune('a'+i))] = nil
		}
		v := newView(h, View{})
		v.cost = tc.cost
		if got := v.readInterval(); got != tc.want {
			t.Errorf("%s: a view pauses %v between its reads, want %v", tc.what, got, tc.want)
		}
		h.stop()
	}
}

func TestOneSlowReadHardlySlowsAView(t *testing.T) {
	h := New(Config{})
	defer h.stop()
	v := newView(h, View{})
	read := func(took time.Duration) { v.spent(took / 2); v.spent(took / 2) }
	for range 50 {
		read(2 * time.Millisecond)
	}
	if v.cost < 1900*time.Microsecond || v.cost > 2100*time.Microsecond {
		t.Errorf("reads of 2 ms are counted as %v", v.cost)
	}
	read(20 * time.Millisecond)
	if v.cost > 7*time.Millisecond {
		t.Errorf("one read of 20 ms among those of 2 ms makes it %v", v.cost)
	}
}

// Which events a view still hears while it ends is chance.
func TestAClientThatLeavesBeforeItsComingIsHeardTakesNobodysPlace(t *testing.T) {
	h := New(Config{})
	defer h.stop()
	v := newView(h, View{})
	other, early := newClient(h, Subscription{}), newClient(h, Subscription{})
	other.representation, early.representation = HTML, HTML
	v.handle(event{kind: left, client: early})
	v.renditionOf(other).add(other)
	v.handle(event{kind: left, client: early})
	if r := v.renditionOf(other); len(r.clients) != 1 || !r.has(other) {
		t.Errorf("of one client that is there the view knows %d", len(r.clients))
	}
}
