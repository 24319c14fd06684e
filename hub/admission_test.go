package hub_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dusangire/hub"
)

// admitAll asks for places until one has to wait.
func (n *node) admitAll() (admitted []func()) {
	n.t.Helper()
	for {
		impatient, cancel := context.WithTimeout(n.t.Context(), 100*time.Millisecond)
		opened, err := n.Admit(impatient)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return admitted
		}
		if err != nil {
			n.t.Fatalf("after %d that are on their way: %v", len(admitted), err)
		}
		admitted = append(admitted, opened)
	}
}

func TestOnlySoManySocketsAreOnTheirWayAtOnce(t *testing.T) {
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	admitted := n.admitAll()
	if len(admitted) != 64 {
		t.Errorf("%d are on their way at once, want 64", len(admitted))
	}
	waiting := make(chan error, 1)
	go func() {
		_, err := n.Admit(t.Context())
		waiting <- err
	}()
	admitted[0]()
	admitted[0]() // which frees one place, not two
	if err := <-waiting; err != nil {
		t.Errorf("whoever waited when one came to its end is told %v", err)
	}
	if more := n.admitAll(); len(more) > 0 {
		t.Errorf("%d more found a place", len(more))
	}
	if _, err := n.Admit(t.Context()); !errors.Is(err, hub.ErrBusy) {
		t.Errorf("who waits too long is told %v, want to come back", err)
	}
	if got := n.Stats().Refused; got != 1 {
		t.Errorf("%d refusals were counted, want 1", got)
	}
}

func TestSocketsAreOpenedNoFasterThanANodeCan(t *testing.T) {
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	const all = 20_000
	began := time.Now()
	var asking sync.WaitGroup
	var admitted, refused atomic.Int64
	for range all {
		asking.Go(func() {
			opened, err := n.Admit(t.Context())
			switch {
			case err == nil:
				opened()
				admitted.Add(1)
			case errors.Is(err, hub.ErrBusy):
				refused.Add(1)
			}
		})
	}
	asking.Wait()
	most := int64(2510 * (time.Since(began).Seconds() + 1))
	if admitted.Load() < 5000 || admitted.Load() > most || admitted.Load()+refused.Load() != all {
		t.Errorf("of %d at once %d were admitted and %d refused in %v, want between 5000 and %d", all, admitted.Load(), refused.Load(), time.Since(began), most)
	}
}

func TestWhoWaitsAtTheDoorIsSentAwayWhenTheHubStops(t *testing.T) {
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	n.admitAll()
	waiting := make(chan error, 1)
	go func() {
		_, err := n.Admit(t.Context())
		waiting <- err
	}()
	n.finish()
	if err := <-waiting; !errors.Is(err, hub.ErrDraining) {
		t.Errorf("told %v, want that the hub stops", err)
	}
}

func TestAnOpenSocketIsNotOnItsWayAnyMore(t *testing.T) {
	b := newBoard(1)
	opened := make(chan struct{}, 2)
	n := startNode(t, b, hub.NewMemoryBus(), func(*http.Request) hub.Visit {
		return hub.Visit{View: b.view(), Opened: func() { opened <- struct{}{} }}
	})
	c := n.dial(hub.HTML)
	c.next()
	select {
	case <-opened:
	case <-time.After(soon):
		t.Fatal("the socket has its state and is still said to be on its way")
	}
	_ = c.conn.CloseNow()
	n.finish()
	if len(opened) > 0 {
		t.Error("the socket was said to be open twice")
	}
}

func TestAHolderHasOnlySoManySockets(t *testing.T) {
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), func(r *http.Request) hub.Visit {
		return hub.Visit{View: b.view(), Holders: []hub.Holder{{Name: "user", Most: 3}, {Name: r.URL.Path, Most: 2}}}
	})
	first, _ := n.tryDial("/one", hub.HTML)
	for _, c := range []struct {
		path string
		want int
	}{{"/one", 101}, {"/one", 429}, {"/two", 101}, {"/two", 429}, {"/three", 429}} {
		if _, status := n.tryDial(c.path, hub.HTML); status != c.want {
			t.Errorf("one more socket on %s is answered with %d, want %d", c.path, status, c.want)
		}
	}
	_ = first.conn.CloseNow()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for late := time.After(soon); ; {
		if _, status := n.tryDial("/one", hub.HTML); status == 101 {
			return
		}
		select {
		case <-again.C:
		case <-late:
			t.Fatal("the place of a socket that has ended is never free")
		}
	}
}
