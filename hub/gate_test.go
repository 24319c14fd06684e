package hub_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
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
		impatient, cancel := context.WithTimeout(n.t.Context(), 500*time.Millisecond)
		opened, err := n.Acquire(impatient, "a client")
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
	t.Parallel()
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	admitted := n.admitAll()
	if len(admitted) != 64 {
		t.Errorf("%d are on their way at once, want 64", len(admitted))
	}
	waiting := make(chan error, 1)
	go func() {
		_, err := n.Acquire(t.Context(), "a client")
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
	if _, err := n.Acquire(t.Context(), "a client"); !errors.Is(err, hub.ErrBusy) {
		t.Errorf("who waits too long is told %v, want to come back", err)
	}
	if got := n.metric("admission_rejected_total"); got != 1 {
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
			opened, err := n.Acquire(t.Context(), "a client")
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
		t.Errorf("of %d at once %d were admitted and %d refused in %v, want between 5000 and %d",
			all, admitted.Load(), refused.Load(), time.Since(began), most)
	}
}

// A flood of one client, whose requests are let in one after the other, delays nobody else's.
func TestAClientTakesNobodyElsesTurn(t *testing.T) {
	t.Parallel()
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	inside := n.admitAll()
	turns := make(chan string, 1000)
	var asking sync.WaitGroup
	defer asking.Wait()
	ask := func(client string) {
		asking.Go(func() {
			opened, err := n.Acquire(t.Context(), client)
			if err != nil {
				t.Errorf("%s is told %v", client, err)
				return
			}
			turns <- client
			opened()
		})
	}
	for range 500 {
		ask("flood")
	}
	waitFor(t, "the flood waits", func() bool { return n.Waiting() == 500 })
	ask("nurse")
	ask("porter")
	waitFor(t, "all wait", func() bool { return n.Waiting() == 502 })
	inside[0]()
	var first []string
	for range 5 {
		first = append(first, <-turns)
	}
	got := strings.Join(first, " ")
	if !strings.Contains(got, "nurse") || !strings.Contains(got, "porter") {
		t.Errorf("the first five who are let in are %s", got)
	}
	for range 502 - 5 {
		<-turns
	}
	for _, opened := range inside {
		opened()
	}
}

func TestWhoLeavesTheGateTakesNoTurn(t *testing.T) {
	t.Parallel()
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	inside := n.admitAll()
	impatient, leave := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	for range 500 {
		asking.Go(func() {
			if _, err := n.Acquire(impatient, "flood"); !errors.Is(err, context.Canceled) {
				t.Errorf("who leaves is told %v", err)
			}
		})
	}
	waitFor(t, "the flood waits", func() bool { return n.Waiting() == 500 })
	leave()
	asking.Wait()
	if left := n.Waiting(); left > 0 {
		t.Errorf("%d still wait who have left", left)
	}
	inside[0]()
	if _, err := n.Acquire(t.Context(), "flood"); err != nil {
		t.Errorf("the next is told %v", err)
	}
}

func TestWhoWaitsAtTheGateIsSentAwayWhenTheHubStops(t *testing.T) {
	t.Parallel()
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), watch(b))
	n.admitAll()
	waiting := make(chan error, 1)
	go func() {
		_, err := n.Acquire(t.Context(), "a client")
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
	n := startNode(t, b, hub.NewMemoryBus(), func(*http.Request) hub.Subscription {
		return hub.Subscription{View: b.view(), Release: func() { opened <- struct{}{} }}
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

func TestAQuotaHasOnlySoManySockets(t *testing.T) {
	b := newBoard(1)
	n := startNode(t, b, hub.NewMemoryBus(), func(r *http.Request) hub.Subscription {
		quotas := []hub.Quota{{Name: "user", Limit: 3}, {Name: r.URL.Path, Limit: 2}}
		return hub.Subscription{View: b.view(), Quotas: quotas}
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
