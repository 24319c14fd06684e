package main

import (
	"context"
	"slices"
	"sync"
	"time"
)

// outages cuts all screens off as a network would, and when they are back and the server is quiet
// kills it and starts it anew.
func (r *run) outages(ctx context.Context) error {
	err := r.outage(ctx, "cut", func() error {
		for _, c := range r.clients.all {
			_ = c.conn.NetConn().Close() // the server may have been first
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.outage(ctx, "killed", func() error {
		fresh, err := r.process.restart(ctx)
		if err == nil {
			r.process = fresh
		}
		return err
	})
}

// outage lets something cut all screens off and measures how they come back.
func (r *run) outage(ctx context.Context, name string, cut func() error) error {
	before, err := r.process.usage(ctx)
	if err != nil {
		return err
	}
	killed, start := r.process, time.Now()
	address, done := killed.address, make(chan error, 1)
	go func() { done <- cut() }()
	back, took := r.clients.comeBack(ctx, address, start)
	r.clients = back
	if err := <-done; err != nil {
		return err
	}
	pause(ctx, 5*r.fixture.settle) // a server gives back what an outage took only when it is over
	after, err := r.process.usage(ctx)
	if err != nil {
		return err
	}
	if r.process != killed {
		before.rendered = 0 // it counts anew
	}
	if len(took) > 0 {
		r.report.set(name+": all fresh, s", slices.Max(took).Seconds())
	}
	r.report.set(name+": renders/view", (after.rendered-before.rendered)/max(after.views, 1))
	r.report.set(name+": missing", float64(r.screens-len(took)))
	r.report.set(name+": RSS MiB", after.rss/1024)
	return nil
}

// comeBack opens each screen anew when it has been cut off, as pages do, and tells how long after
// the start those that came back were fresh.
func (cs *clients) comeBack(
	ctx context.Context, address string, start time.Time,
) (back *clients, took []time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	back = &clients{}
	var mu sync.Mutex // of took
	var returning sync.WaitGroup
	for _, old := range cs.all {
		c := newClient(old.subscription)
		back.all = append(back.all, c)
		returning.Go(func() {
			<-old.gone
			_ = old.conn.Close() // both ends know
			pause(ctx, jittered(firstWait))
			if back.open(ctx, c, address, start) == nil {
				mu.Lock()
				defer mu.Unlock()
				took = append(took, time.Since(start))
			}
		})
	}
	returning.Wait()
	return back, took
}
