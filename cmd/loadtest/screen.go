package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// seat is what a screen shows and as whom.
type seat struct {
	path  string
	topic string // of those that it shows, the one whose revision is followed
	token string // of a session
}

// screen is one page that watches. It reads as little of its frames as it can: the stamps.
type screen struct {
	seat
	conn  *websocket.Conn
	fresh chan struct{} // closed when the first stamp is there
	gone  chan struct{} // closed when nothing is read any more
	first uint32        // what that showed
	shown atomic.Uint32 // the newest revision

	// Owned by the reading goroutine until it ends.
	begun    bool
	arrivals []arrival
	frames   int
	back     int   // frames that showed less than one before
	ended    error // why the socket is no more
}

func newScreen(s seat) *screen {
	return &screen{seat: s, fresh: make(chan struct{}), gone: make(chan struct{})}
}

// dialer has small buffers: there are thousands of screens in one process. A frame of one bed fits in one read.
var dialer = websocket.Dialer{
	Subprotocols:     []string{"dusangire.html"},
	ReadBufferSize:   2 << 10,
	WriteBufferSize:  256,
	WriteBufferPool:  &sync.Pool{},
	HandshakeTimeout: 30 * time.Second,
}

// errBusy is a server that refuses a socket for the moment.
var errBusy = errors.New("the server has no room now")

// open dials once.
func (s *screen) open(ctx context.Context, address string) error {
	header := http.Header{}
	if s.token != "" {
		header.Set("Authorization", "Bearer "+s.token)
	}
	conn, response, err := dialer.DialContext(ctx, "ws://"+address+s.path, header)
	if err != nil {
		if response != nil && response.StatusCode == http.StatusServiceUnavailable {
			return errBusy
		}
		if response != nil {
			return fmt.Errorf("open %s: %s", s.path, response.Status)
		}
		return fmt.Errorf("open %s: %w", s.path, err)
	}
	s.conn = conn
	return nil
}

// openAtLast dials until it is let in, as pages do.
func (s *screen) openAtLast(ctx context.Context, address string) error {
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		err := s.open(ctx, address)
		if !errors.Is(err, errBusy) {
			return err
		}
		if pause(ctx, jittered(wait)); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// How long a page waits before it dials anew; the pages' script has the same.
const (
	firstWait   = 500 * time.Millisecond
	longestWait = 4 * time.Second
	jitter      = 0.9
)

func jittered(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (1 + jitter*(2*rand.Float64()-1)))
}

// buffers are for messages while they are read, which only few screens do at a time.
var buffers = sync.Pool{New: func() any { return new([16 << 10]byte) }}

// read follows the stamps until the socket ends.
func (s *screen) read(since time.Time) {
	defer close(s.gone)
	for {
		revision, told, size, err := s.next()
		if err != nil {
			s.ended = err
			return
		}
		s.frames++
		if told {
			s.note(time.Since(since), revision, size)
		}
	}
}

// next reads a message and returns the revision that its stamp tells of the topic, and its size on the wire.
func (s *screen) next() (revision uint32, told bool, size int, err error) {
	_, message, err := s.conn.NextReader()
	if err != nil {
		return 0, false, 0, err
	}
	buffer := buffers.Get().(*[16 << 10]byte)
	defer buffers.Put(buffer)
	size, end, err := readEnd(message, buffer[:])
	if err != nil {
		return 0, false, 0, err
	}
	revision, told = revisionOf(s.topic, shownIn(end))
	return revision, told, onTheWire(size), nil
}

// note takes in what a frame shows.
func (s *screen) note(at time.Duration, revision uint32, size int) {
	before := s.shown.Load()
	switch {
	case !s.begun:
		s.begun, s.first = true, revision
		s.shown.Store(revision)
		close(s.fresh)
	case revision > before:
		s.shown.Store(revision)
		s.arrivals = append(s.arrivals, arrival{at, revision, uint32(size)})
	case revision < before:
		s.back++
	}
}

// crowd is all the screens of a run.
type crowd struct {
	screens []*screen
	reading sync.WaitGroup
}

// atOnce is how many screens dial at a time.
const atOnce = 64

// gather opens a screen for each seat and returns when all show something. A server that sends no first frame leaves screens at
// silentAt; nil: all servers but the bare ones send one.
func gather(ctx context.Context, address string, seats []seat, silentAt *uint32, since time.Time) (*crowd, error) {
	c := &crowd{screens: make([]*screen, len(seats))}
	for i, seat := range seats {
		c.screens[i] = newScreen(seat)
	}
	var dialing sync.WaitGroup
	var next atomic.Int64
	failures := make(chan error, atOnce)
	for range min(atOnce, len(seats)) {
		dialing.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(seats)); i = next.Add(1) - 1 {
				if err := c.seat(ctx, c.screens[i], address, silentAt, since); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	dialing.Wait()
	select {
	case err := <-failures:
		c.leave()
		return nil, err
	default:
		return c, nil
	}
}

// seat opens one screen and waits until it shows something.
func (c *crowd) seat(ctx context.Context, s *screen, address string, silentAt *uint32, since time.Time) error {
	if err := s.openAtLast(ctx, address); err != nil {
		return err
	}
	if silentAt != nil {
		s.note(0, *silentAt, 0)
	}
	return c.follow(ctx, s, since)
}

// follow begins to read an open screen and waits until it shows something.
func (c *crowd) follow(ctx context.Context, s *screen, since time.Time) error {
	c.reading.Go(func() { s.read(since) })
	select {
	case <-s.fresh:
		return nil
	case <-s.gone:
		return fmt.Errorf("%s closed before it showed anything: %w", s.path, s.ended)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave closes all sockets and waits until nobody reads any more: then all that was read may be looked at.
func (c *crowd) leave() {
	for _, s := range c.screens {
		if s.conn != nil {
			_ = s.conn.Close() // the server may have closed it before
		}
	}
	c.reading.Wait()
}

// standing are the revisions that screens showed first, by topic. It is an error if screens of one topic disagree.
func (c *crowd) standing() (map[string]uint32, error) {
	before := map[string]uint32{}
	for _, s := range c.screens {
		if known, ok := before[s.topic]; ok && known != s.first {
			return nil, fmt.Errorf("screens first showed %s at %d and at %d: somebody else writes", s.topic, known, s.first)
		}
		before[s.topic] = s.first
	}
	return before, nil
}

// caughtUp waits until every screen shows the last revision of its topic, or patience is over.
func (c *crowd) caughtUp(ctx context.Context, last map[string]uint32, patience time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, s := range c.screens {
		for s.shown.Load() < last[s.topic] && ctx.Err() == nil {
			pause(ctx, 5*time.Millisecond)
		}
	}
}
