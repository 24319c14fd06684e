package faults_test

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// link is a line between two programs whose faults a test chooses: a proxy of TCP.
type link struct {
	listener net.Listener
	network  string
	address  string
	ended    chan struct{}
	running  sync.WaitGroup

	mu     sync.Mutex
	faults faults
	change chan struct{} // closed when the faults change
	ends   map[*net.TCPConn]struct{}
	far    map[net.Conn]struct{}
}

// faults are what is wrong with a link. None: it passes on everything at once.
type faults struct {
	hole    bool          // nothing gets through and nobody is told, as when a cable is pulled; what is on its way waits
	latency time.Duration // each piece arrives later by so much
	rate    int           // bytes a second each way; 0: as many as come
}

// newLink opens a link to an address until the test ends.
func newLink(t testing.TB, network, address string) *link {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &link{listener: listener, network: network, address: address, ended: make(chan struct{}), change: make(chan struct{}),
		ends: map[*net.TCPConn]struct{}{}, far: map[net.Conn]struct{}{}}
	l.running.Go(l.accept)
	t.Cleanup(func() {
		close(l.ended)
		listener.Close()
		l.reset()
		l.running.Wait()
	})
	return l
}

// near is the address of the end that is to be dialled.
func (l *link) near() string { return l.listener.Addr().String() }

// suffer sets what is wrong from now on.
func (l *link) suffer(f faults) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = f
	close(l.change)
	l.change = make(chan struct{})
}

// reset breaks all connections at once, as a firewall that restarts does: both ends are told by an RST.
func (l *link) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for end := range l.ends {
		_ = end.SetLinger(0)
		end.Close()
	}
	for end := range l.far {
		end.Close()
	}
}

func (l *link) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return // the test has ended
		}
		l.running.Go(func() { l.join(near.(*net.TCPConn)) })
	}
}

// join carries one connection until either end has closed it.
func (l *link) join(near *net.TCPConn) {
	defer near.Close()
	if !l.open() {
		return
	}
	far, err := net.Dial(l.network, l.address)
	if err != nil {
		return
	}
	defer far.Close()
	l.mu.Lock()
	l.ends[near], l.far[far] = struct{}{}, struct{}{}
	l.mu.Unlock()
	hangUp := func() { near.Close(); far.Close() }
	var carrying sync.WaitGroup
	carrying.Go(func() { l.carry(near, far, hangUp) })
	carrying.Go(func() { l.carry(far, near, hangUp) })
	carrying.Wait()
	l.mu.Lock()
	delete(l.ends, near)
	delete(l.far, far)
	l.mu.Unlock()
}

// piecesOnTheWay is how much a link holds of what came and has not got through yet.
const piecesOnTheWay = 8

// piece is what was read at once, and when.
type piece struct {
	bytes []byte
	at    time.Time
}

// carry passes on what one end sends to the other, and hangs up when that is over.
func (l *link) carry(from io.Reader, to io.Writer, hangUp func()) {
	pieces, gone := make(chan piece, piecesOnTheWay), make(chan struct{})
	var reading sync.WaitGroup
	defer func() {
		close(gone)
		hangUp()
		reading.Wait()
	}()
	reading.Go(func() {
		defer close(pieces)
		for {
			buffer := make([]byte, 4<<10)
			n, err := from.Read(buffer)
			if err != nil {
				return
			}
			select {
			case pieces <- piece{buffer[:n], time.Now()}:
			case <-gone:
				return
			}
		}
	})
	for p := range pieces {
		if !l.pass(p, to) {
			return
		}
	}
}

// pass lets a piece through when the faults permit it, and reports whether the line still stands.
func (l *link) pass(p piece, to io.Writer) bool {
	l.mu.Lock()
	f := l.faults
	l.mu.Unlock()
	if !l.wait(time.Until(p.at.Add(f.latency))) || !l.open() {
		return false
	}
	for len(p.bytes) > 0 {
		n := len(p.bytes)
		if f.rate > 0 {
			n = min(n, max(1, f.rate/20))
			if !l.wait(time.Duration(n) * time.Second / time.Duration(f.rate)) {
				return false
			}
		}
		if _, err := to.Write(p.bytes[:n]); err != nil {
			return false
		}
		p.bytes = p.bytes[n:]
	}
	return true
}

// open waits while nothing gets through, and reports whether the line still stands.
func (l *link) open() bool {
	for {
		l.mu.Lock()
		hole, change := l.faults.hole, l.change
		l.mu.Unlock()
		if !hole {
			return true
		}
		select {
		case <-change:
		case <-l.ended:
			return false
		}
	}
}

// wait lets some time pass, and reports whether the line still stands.
func (l *link) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.ended:
		return false
	}
}
