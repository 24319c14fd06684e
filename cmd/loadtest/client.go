package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/sync/errgroup"
)

// subscription is what a screen shows and as whom.
type subscription struct {
	path  string
	topic string // of those that it shows, the one whose revision is followed
	token string // of a session
}

// client is one screen that watches. Of its frames it reads only the freshness markers.
type client struct {
	subscription
	conn   *websocket.Conn
	ready  chan struct{} // closed when it shows something
	gone   chan struct{} // closed when nothing is read any more
	first  uint32        // the revision that it showed first
	newest atomic.Uint32

	// Owned by the reading goroutine until it ends.
	begun    bool
	arrivals []arrival
	stale    int   // frames that showed less than one before
	err      error // why the socket is no more
}

func newClient(s subscription) *client {
	return &client{subscription: s, ready: make(chan struct{}), gone: make(chan struct{})}
}

// dialer has small buffers: there are thousands of clients in one process.
var dialer = websocket.Dialer{
	Subprotocols:     []string{"dusangire.html"},
	ReadBufferSize:   2 << 10, // a frame of one bed fits in one read
	WriteBufferSize:  256,
	WriteBufferPool:  &sync.Pool{},
	HandshakeTimeout: 30 * time.Second,
}

func (c *client) dial(ctx context.Context, address string) error {
	header := http.Header{"Authorization": {"Bearer " + c.token}}
	conn, response, err := dialer.DialContext(ctx, "ws://"+address+c.path, header)
	if err != nil && response != nil {
		return fmt.Errorf("open %s: %s", c.path, response.Status)
	}
	c.conn = conn
	return err
}

// How long a page waits before it dials anew: as htmxConfig in views/layout.templ says.
const (
	firstWait   = 500 * time.Millisecond
	longestWait = 4 * time.Second
	jitter      = 0.9
)

func jittered(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (1 + jitter*(2*rand.Float64()-1)))
}

// read follows the markers until the socket ends.
func (c *client) read(start time.Time) {
	defer close(c.gone)
	for {
		revision, marked, size, err := c.next()
		if err != nil {
			c.err = err
			return
		}
		if marked {
			c.note(arrival{time.Since(start), revision, uint32(size)})
		}
	}
}

// buffers are for messages while they are read, which only few clients do at a time.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// next reads a message and returns the revision of the topic that its marker shows, and its size on
// the wire.
func (c *client) next() (revision uint32, marked bool, size int, err error) {
	_, message, err := c.conn.NextReader()
	if err != nil {
		return 0, false, 0, err
	}
	frame := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(frame)
	frame.Reset()
	if _, err := frame.ReadFrom(message); err != nil {
		return 0, false, 0, err
	}
	revision, marked = revisionOf(c.topic, shownIn(frame.Bytes()))
	return revision, marked, onTheWire(frame.Len()), nil
}

// note takes in what a frame shows.
func (c *client) note(a arrival) {
	before := c.newest.Load()
	switch {
	case !c.begun:
		c.begun, c.first = true, a.revision
		c.newest.Store(a.revision)
		close(c.ready)
	case a.revision > before:
		c.newest.Store(a.revision)
		c.arrivals = append(c.arrivals, a)
	case a.revision < before:
		c.stale++
	}
}

// clients are all the screens of a run.
type clients struct {
	all     []*client
	reading sync.WaitGroup
}

// dialsAtOnce is how many clients dial at a time.
const dialsAtOnce = 64

// openTimeout is how long all screens may take to show something.
const openTimeout = 90 * time.Second

// connect opens a screen for each subscription and returns when all show something. A bare server
// sends no first frame: it has made so many changes.
func connect(
	ctx context.Context, address string, subscriptions []subscription, changes uint32,
	start time.Time,
) (*clients, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	cs := &clients{}
	dialing, ctx := errgroup.WithContext(ctx)
	dialing.SetLimit(dialsAtOnce)
	for _, s := range subscriptions {
		c := newClient(s)
		cs.all = append(cs.all, c)
		if c.topic == bareTopic {
			c.note(arrival{revision: changes})
		}
		dialing.Go(func() error { return cs.open(ctx, c, address, start) })
	}
	if err := dialing.Wait(); err != nil {
		cs.close()
		return nil, err
	}
	return cs, nil
}

// open dials again and again, as pages do, begins to read and waits until the screen shows
// something.
func (cs *clients) open(ctx context.Context, c *client, address string, start time.Time) error {
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		err := c.dial(ctx, address)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return err
		}
		pause(ctx, jittered(wait))
	}
	cs.reading.Go(func() { c.read(start) })
	select {
	case <-c.ready:
		return nil
	case <-c.gone:
		return fmt.Errorf("%s closed before it showed anything: %w", c.path, c.err)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close closes all sockets and waits until nobody reads any more: then all that was read may be
// looked at.
func (cs *clients) close() {
	for _, c := range cs.all {
		if c.conn != nil {
			_ = c.conn.Close() // the server may have closed it before
		}
	}
	cs.reading.Wait()
}

// revisions are those that screens showed first, by topic.
func (cs *clients) revisions() map[string]uint32 {
	first := map[string]uint32{}
	for _, c := range cs.all {
		first[c.topic] = c.first
	}
	return first
}

// waitFor waits until every screen shows the last revision of its topic, or the time is over.
func (cs *clients) waitFor(ctx context.Context, last map[string]uint32, limit time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for _, c := range cs.all {
		for c.newest.Load() < last[c.topic] && ctx.Err() == nil {
			pause(ctx, 5*time.Millisecond)
		}
	}
}
