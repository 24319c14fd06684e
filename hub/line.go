package hub

import (
	"bufio"
	"encoding/binary"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// line is the connection under a socket. The hub writes its messages to it and gorilla its control frames; neither begins before
// the other has ended.
//
// A message is first tried: a connection whose client reads takes it at once, which costs one system call on the goroutine of the view
// and wakes nobody. Only what is left gets a goroutine, for as long as it takes, so that a slow client makes nobody else wait.
type line struct {
	net.Conn
	raw   syscall.RawConn // nil where nothing can be tried, as over TLS
	trial func(fd uintptr)

	mu     sync.Mutex // held from the first byte of a frame to its last
	closed bool       // a close frame was sent; nothing may follow it
	tried  []byte     // by trial
	taken  int        // of tried

	begun bool // try has left a frame half written, and holds mu for finish; of whoever calls them
}

func newLine(conn net.Conn) *line {
	l := &line{Conn: conn}
	if plain, ok := conn.(*net.TCPConn); ok && canTry {
		l.raw, _ = plain.SyscallConn() // it fails only for a connection that is closed, as the next write will find
		l.trial = func(fd uintptr) { l.taken = tryWrite(fd, l.tried) }
	}
	return l
}

// Write implements net.Conn for gorilla, which gives it one control frame at a time.
func (l *line) Write(frame []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(frame) > 0 && frame[0] == closeFrame {
		l.closed = true
	}
	return l.Conn.Write(frame)
}

// try writes as much as goes out at once and returns what is left, which finish has to write before anything is tried again.
func (l *line) try(frames []byte) (left []byte) {
	if l.raw == nil || !l.mu.TryLock() {
		return frames
	}
	l.tried, l.taken = frames, 0
	if l.closed {
		l.taken = len(frames) // there is nobody to tell
	} else if err := l.raw.Control(l.trial); err != nil {
		l.taken = 0
	}
	left, l.tried = frames[l.taken:], nil
	if l.begun = 0 < l.taken && len(left) > 0; !l.begun {
		l.mu.Unlock()
	}
	return left
}

// finish writes what try has left, however long that takes until the deadline. After an error the connection is of no use.
func (l *line) finish(left []byte, deadline time.Time) error {
	if !l.begun {
		l.mu.Lock()
	}
	l.begun = false
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	if err := l.Conn.SetWriteDeadline(deadline); err != nil {
		return err
	}
	_, err := l.Conn.Write(left)
	return err
}

// onLine is a response whose connection is handed to the upgrade as a line.
type onLine struct{ http.ResponseWriter }

// Hijack implements http.Hijacker.
func (o onLine) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(o.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	return newLine(conn), buffered, nil
}

// The first bytes of frames of RFC 6455 that are whole messages.
const (
	textFrame  = 0x80 | 0x1
	closeFrame = 0x80 | 0x8
)

// parcel is messages as they go over the wire: one text frame behind the other. All who get it share it.
type parcel struct {
	frames   []byte
	messages int
}

func pack(messages ...[]byte) parcel {
	size := 0
	for _, message := range messages {
		size += longestHeader + len(message)
	}
	p := parcel{frames: make([]byte, 0, size), messages: len(messages)}
	for _, message := range messages {
		p.frames = append(appendHeader(p.frames, len(message)), message...)
	}
	return p
}

const longestHeader = 10

func appendHeader(frames []byte, length int) []byte {
	switch frames = append(frames, textFrame); {
	case length < 126:
		return append(frames, byte(length)) // #nosec G115 -- below 126
	case length < 1<<16:
		return binary.BigEndian.AppendUint16(append(frames, 126), uint16(length))
	}
	return binary.BigEndian.AppendUint64(append(frames, 127), uint64(length))
}
