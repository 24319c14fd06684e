package hub_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"dusangire/hub"
)

func TestOnlySoManySocketsAreOnTheirWayAtOnce(t *testing.T) {
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	const most = 200
	var admitted []func()
	for range most {
		opened, err := n.Admit()
		if err != nil {
			t.Fatalf("after %d that are on their way: %v", len(admitted), err)
		}
		admitted = append(admitted, opened)
	}
	if _, err := n.Admit(); !errors.Is(err, hub.ErrBusy) {
		t.Errorf("one more is told %v, want to come back", err)
	}
	admitted[0]()
	admitted[0]() // which frees one place, not two
	if _, err := n.Admit(); err != nil {
		t.Errorf("after one has come to its end: %v", err)
	}
	if _, err := n.Admit(); !errors.Is(err, hub.ErrBusy) {
		t.Errorf("one more is told %v, want to come back", err)
	}
	if got := n.Stats().Refused; got != 2 {
		t.Errorf("%d refusals were counted, want 2", got)
	}
}

func TestSocketsAreOpenedNoFasterThanANodeCan(t *testing.T) {
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	admitted := 0
	for range 5000 {
		if opened, err := n.Admit(); err == nil {
			opened()
			admitted++
		}
	}
	if admitted < 1000 || admitted > 3000 {
		t.Errorf("%d of 5000 were admitted at once, want about a thousand", admitted)
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
