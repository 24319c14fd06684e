// Package conn is a connection whose Write never waits for the other end.
//
// A library that writes to many connections from one goroutine would be as slow as the slowest of
// them. Here each write is tried once: what the system takes at once costs one system call on the
// goroutine of the writer and wakes nobody. What it does not take is kept, in order, and gets a
// goroutine for as long as it needs one.
package conn

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Settings are what a connection needs to know of whoever uses it.
type Settings struct {
	// Go starts the goroutine that finishes what did not go out at once, where somebody waits for
	// its end. It must not call the connection.
	Go func(func())
	// Within is how long what is kept may take to go out. The connection is closed after it.
	Within time.Duration
	// Free is called each time that nothing is kept any more, from that goroutine.
	Free func()
}

// Conn implements net.Conn. Reading is the wrapped connection's.
type Conn struct {
	net.Conn
	settings Settings
	early    io.Reader       // what was read before the wrapping; nil: nothing is left
	raw      syscall.RawConn // nil where nothing can be tried, as over TLS
	trial    func(fd uintptr)

	busy atomic.Bool // a goroutine writes

	mu     sync.Mutex    // guards all below; held while a write is tried, which does not wait
	tried  []byte        // by trial
	taken  int           // of tried
	kept   []byte        // what the goroutine takes next
	since  time.Time     // when it began with what it has now
	ended  chan struct{} // closed when it ends
	failed error         // what every further write returns
	last   bool          // the connection is closed when the goroutine ends
}

// linger is how long a close waits for what is kept, as for the words that say why.
const linger = time.Second

// Hijack takes over the connection of a request, with buffers of which nothing was read or written,
// as an upgrade wants it. What the client sent early, together with its request, is read first.
func Hijack(w http.ResponseWriter, s Settings) (*Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, err
	}
	c := New(conn, s)
	if n := buffered.Reader.Buffered(); n > 0 {
		c.early = io.LimitReader(buffered.Reader, int64(n))
	}
	return c, bufio.NewReadWriter(bufio.NewReaderSize(c, 0), buffered.Writer), nil
}

// New wraps a connection, which nobody else may write to from then on.
func New(conn net.Conn, s Settings) *Conn {
	c := &Conn{Conn: conn, settings: s}
	if plain, ok := conn.(syscall.Conn); ok && canTry {
		c.raw, _ = plain.SyscallConn() // it fails only for a closed connection, as writes will find
		c.trial = func(fd uintptr) { c.taken = tryWrite(fd, c.tried) }
	}
	return c
}

// Read implements net.Conn.
func (c *Conn) Read(p []byte) (int, error) {
	if c.early != nil {
		if n, err := c.early.Read(p); err == nil {
			return n, nil
		}
		c.early = nil
	}
	return c.Conn.Read(p)
}

// Write implements net.Conn. It does not wait, and fails only where the connection has.
func (c *Conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed != nil {
		return 0, c.failed
	}
	left := p
	if c.raw != nil && !c.busy.Load() {
		left = p[c.try(p):]
	}
	if len(left) > 0 {
		c.keep(left)
	}
	return len(p), nil
}

// try writes what the system takes at once and returns how much that was. An error is left to the
// goroutine, which meets it again.
func (c *Conn) try(p []byte) int {
	c.tried, c.taken = p, 0
	_ = c.raw.Control(c.trial)
	c.tried = nil
	return c.taken
}

func (c *Conn) keep(left []byte) {
	c.kept = append(c.kept, left...)
	if c.busy.Load() {
		return
	}
	c.busy.Store(true)
	c.ended = make(chan struct{})
	c.since = time.Now()
	c.settings.Go(c.finish)
}

// finish is the goroutine: it writes what is kept until nothing is.
func (c *Conn) finish() {
	for next := c.next(nil); next != nil; {
		_, err := c.Conn.Write(next)
		next = c.next(err)
	}
	c.settings.Free()
}

// next returns what is to be written after something was, with this error; nil: nothing.
func (c *Conn) next(err error) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && len(c.kept) > 0 {
		next := c.kept
		c.kept, c.since = nil, time.Now()
		if err = c.Conn.SetWriteDeadline(c.since.Add(c.patience())); err == nil {
			return next
		}
	}
	switch {
	case err != nil:
		c.failed = err
		_ = c.Cut() // its reader finds out
	case c.last:
		_ = c.Conn.Close()
	}
	c.kept, c.since = nil, time.Time{}
	c.busy.Store(false)
	close(c.ended)
	return nil
}

func (c *Conn) patience() time.Duration {
	if c.last {
		return linger
	}
	return c.settings.Within
}

// Busy reports whether something is kept. Free is called after it was.
func (c *Conn) Busy() bool { return c.busy.Load() }

// Since is since when the connection has been busy with what it writes now; zero: it is not.
func (c *Conn) Since() time.Time {
	if !c.busy.Load() {
		return time.Time{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.since
}

// Idle returns a channel that is closed when nothing is kept any more.
func (c *Conn) Idle() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.busy.Load() {
		return closedChannel
	}
	return c.ended
}

var closedChannel = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// SetWriteDeadline implements net.Conn. No write waits, so there is none that a deadline could end;
// what is kept has its own, and belongs to others too than whoever writes next.
func (c *Conn) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline implements net.Conn.
func (c *Conn) SetDeadline(t time.Time) error { return c.Conn.SetReadDeadline(t) }

// Close implements net.Conn. Where something is kept it has a moment to go out; whoever closes a
// connection in the middle of that has mostly just said why.
func (c *Conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed == nil {
		c.failed = net.ErrClosed
	}
	if !c.busy.Load() {
		return c.Conn.Close()
	}
	if !c.last {
		c.last = true
		_ = c.Conn.SetReadDeadline(longAgo)
		return c.Conn.SetWriteDeadline(time.Now().Add(linger))
	}
	return nil
}

// longAgo ends what waits.
var longAgo = time.Unix(1, 0)

// Cut closes the connection at once. Over TLS no farewell is sent, for that could wait.
func (c *Conn) Cut() error { return c.below().Close() }

// KeepShort keeps the system from queueing much for a client that reads slowly: by default it takes
// megabytes, which a client on a bad line would have to read through before it saw anything new.
func (c *Conn) KeepShort(bytes int) {
	if queue, ok := c.below().(interface{ SetWriteBuffer(bytes int) error }); ok {
		_ = queue.SetWriteBuffer(bytes) // a system that can't is as it was
	}
}

// below is the connection without TLS.
func (c *Conn) below() net.Conn {
	if secure, ok := c.Conn.(interface{ NetConn() net.Conn }); ok {
		return secure.NetConn()
	}
	return c.Conn
}
