package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// gust is how all screens came back after something cut them off at one moment.
type gust struct {
	Fresh   spread  `json:"cut_to_fresh"`
	Refused int     `json:"refused"` // dials that came to nothing, each tried again
	Missing int     `json:"missing"` // screens that did not come back
	Renders float64 `json:"renders_per_view"`
	Memory  int     `json:"rss_settled_kib"`
}

// afterStorm is how long is waited before memory is read: a server gives back what a storm took only when it is over.
const afterStorm = 15 * time.Second

// stormPatience is how long screens may take to come back.
const stormPatience = 90 * time.Second

// weather cuts all screens off as a network would, and when they are back and the server is quiet kills it and starts it anew.
func (t *trial) weather(ctx context.Context) (err error) {
	if t.f.Cut, err = t.gust(ctx, t.crowd.cut); err != nil {
		return err
	}
	t.f.Killed, err = t.gust(ctx, func() error { return t.server.replace(ctx) })
	return err
}

// gust lets something cut all screens off and waits until they are back and the server is quiet.
func (t *trial) gust(ctx context.Context, blow func() error) (*gust, error) {
	before, err := t.server.counted(ctx)
	if err != nil {
		return nil, err
	}
	pid, address := t.server.pid(), t.server.address
	began := time.Now()
	blown := make(chan error, 1)
	go func() { blown <- blow() }()
	back, g := t.crowd.comeBack(ctx, address, began)
	t.crowd = back
	if err := <-blown; err != nil {
		return nil, err
	}
	pause(ctx, afterStorm)
	after, err := t.server.counted(ctx)
	if err != nil {
		return nil, err
	}
	if t.server.pid() != pid {
		before = counters{} // it counts from 0
	}
	g.Renders = (after.renders - before.renders) / max(after.views, 1)
	g.Memory, err = memoryOf(t.server.pid())
	return g, err
}

// cut ends all sockets without a word.
func (c *crowd) cut() error {
	for _, s := range c.screens {
		_ = s.conn.NetConn().Close() // the server may have been first
	}
	return nil
}

// comeBack opens each screen anew when it has been cut off, as pages do, and tells how long after began they were fresh.
func (c *crowd) comeBack(ctx context.Context, address string, began time.Time) (*crowd, *gust) {
	ctx, cancel := context.WithTimeout(ctx, stormPatience)
	defer cancel()
	back := &crowd{screens: make([]*screen, len(c.screens))}
	took := make([]time.Duration, len(c.screens))
	var refused atomic.Int64
	var returning sync.WaitGroup
	for i, old := range c.screens {
		s := newScreen(old.seat)
		back.screens[i] = s
		returning.Go(func() {
			<-old.gone
			_ = old.conn.Close() // both ends know
			for wait := firstWait; ctx.Err() == nil; wait = min(2*wait, longestWait) {
				pause(ctx, jittered(wait))
				if s.open(ctx, address) != nil {
					refused.Add(1)
					continue
				}
				if back.follow(ctx, s, began) == nil {
					took[i] = time.Since(began)
				}
				return
			}
		})
	}
	returning.Wait()
	g := &gust{Refused: int(refused.Load())}
	var fresh []time.Duration
	for _, t := range took {
		if t > 0 {
			fresh = append(fresh, t)
		}
	}
	g.Fresh, g.Missing = spreadOf(fresh), len(took)-len(fresh)
	return back, g
}
