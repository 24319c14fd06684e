package hub

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"
)

// connect returns both ends of a connection over TCP.
func connect(t testing.TB) (near *line, far net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if far, err = net.Dial("tcp", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(); far.Close() })
	return newLine(conn), far
}

// readFar reads so many bytes.
func readFar(t *testing.T, far net.Conn, n int) []byte {
	t.Helper()
	if err := far.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	read := make([]byte, n)
	if _, err := io.ReadFull(far, read); err != nil {
		t.Fatalf("the other end: %v", err)
	}
	return read
}

// fill tries messages until the connection takes no more, and returns all of them and what is left of the last.
func fill(t *testing.T, near *line) (all, left []byte) {
	t.Helper()
	if err := near.Conn.(*net.TCPConn).SetWriteBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	for i := byte(0); len(left) == 0; i++ {
		message := bytes.Repeat([]byte{'a' + i%26}, 50_000)
		left = near.try(message)
		all = append(all, message...)
		if len(all) > 100<<20 {
			t.Fatal("the connection takes everything although nobody reads")
		}
	}
	return all, left
}

func TestALineTakesWhatGoesOutAtOnce(t *testing.T) {
	near, far := connect(t)
	for _, message := range []string{"one", "two", "three"} {
		if left := near.try([]byte(message)); len(left) > 0 {
			t.Errorf("%q is left of %q on a connection with room", left, message)
		}
	}
	if got := readFar(t, far, len("onetwothree")); string(got) != "onetwothree" {
		t.Errorf("the other end got %q", got)
	}
}

func TestAMessageThatDoesNotGoOutAtOnceIsFinishedBeforeAnythingElse(t *testing.T) {
	near, far := connect(t)
	all, left := fill(t, near)
	if left2 := near.try([]byte("x")); !near.begun || len(left2) != 1 {
		t.Errorf("begun %t, left %q: a message was put into the middle of another", near.begun, left2)
	}
	pinged := make(chan error, 1)
	ping := []byte{0x89, 0x00}
	go func() { _, err := near.Write(ping); pinged <- err }()
	finished := make(chan error, 1)
	go func() { finished <- near.finish(left, time.Now().Add(patience)) }()
	if got := readFar(t, far, len(all)+len(ping)); !bytes.Equal(got, append(all, ping...)) {
		t.Error("the other end did not get each message whole, and then the control frame")
	}
	for _, ended := range []<-chan error{finished, pinged} {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if left := near.try([]byte("free again")); len(left) > 0 {
		t.Errorf("%q is left when the line should be free again", left)
	}
}

func TestALineNobodyReadsIsGivenUpAtItsDeadline(t *testing.T) {
	near, _ := connect(t)
	_, left := fill(t, near)
	left = append(left, make([]byte, 64<<20)...) // more than buffers grow to
	if err := near.finish(left, time.Now().Add(20*time.Millisecond)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("finish returned %v, want that its deadline is over", err)
	}
}

func TestNothingFollowsACloseFrame(t *testing.T) {
	near, far := connect(t)
	if _, err := near.Write([]byte{closeFrame, 0}); err != nil {
		t.Fatal(err)
	}
	if left := near.try([]byte("late")); len(left) > 0 {
		t.Errorf("%q is left to be written", left)
	}
	if err := near.finish([]byte("later"), time.Now().Add(patience)); err != nil {
		t.Error(err)
	}
	near.Close()
	if got, err := io.ReadAll(far); err != nil || !bytes.Equal(got, []byte{closeFrame, 0}) {
		t.Errorf("the other end got %q: %v", got, err)
	}
}

func TestALineThatCanNotBeTriedIsWrittenLater(t *testing.T) {
	one, other := net.Pipe()
	defer other.Close()
	near := newLine(one)
	defer near.Close()
	message := []byte("a message")
	left := near.try(message)
	if !bytes.Equal(left, message) {
		t.Fatalf("left: %q", left)
	}
	go func() { _ = near.finish(left, time.Now().Add(patience)) }()
	if got := readFar(t, other, len(message)); !bytes.Equal(got, message) {
		t.Errorf("the other end got %q", got)
	}
}

// A parcel is what gorilla itself would have written.
func TestAParcelIsFramesOfRFC6455(t *testing.T) {
	for _, length := range []int{0, 1, 125, 126, 65535, 65536, 100_000} {
		message := bytes.Repeat([]byte("m"), length)
		prepared, err := gorilla.NewPreparedMessage(gorilla.TextMessage, message)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := pack(message).frames, framed(t, prepared); !bytes.Equal(got, want) {
			t.Errorf("%d bytes: the frame begins with % x, want % x", length, got[:min(len(got), 12)], want[:min(len(want), 12)])
		}
	}
	two := pack([]byte("one"), []byte("two"))
	if want := "\x81\x03one\x81\x03two"; string(two.frames) != want || two.messages != 2 {
		t.Errorf("two messages are %q, want %q", two.frames, want)
	}
}

// framed is what gorilla puts on the wire for a prepared message.
func framed(t *testing.T, prepared *gorilla.PreparedMessage) []byte {
	t.Helper()
	written := make(chan []byte, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tap := &tapped{ResponseWriter: w}
		conn, err := (&gorilla.Upgrader{}).Upgrade(tap, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		tap.conn.written = nil
		if err := conn.WritePreparedMessage(prepared); err != nil {
			t.Error(err)
		}
		written <- tap.conn.written
	}))
	defer server.Close()
	dialMelody(t, server.URL, nil)
	return receive(t, written, "the frame")
}

// tapped is a response whose connection keeps what is written to it.
type tapped struct {
	http.ResponseWriter
	conn *tap
}

type tap struct {
	net.Conn
	written []byte
}

func (c *tap) Write(p []byte) (int, error) {
	c.written = append(c.written, p...)
	return c.Conn.Write(p)
}

func (w *tapped) Hijack() (conn net.Conn, buffered *bufio.ReadWriter, err error) {
	conn, buffered, err = http.NewResponseController(w.ResponseWriter).Hijack()
	w.conn = &tap{Conn: conn}
	return w.conn, buffered, err
}

// Nothing can be tried over TLS. What must hold, holds there too.
func TestOverTLSChangesArriveAndASlowClientDisturbsNobody(t *testing.T) {
	var revision atomic.Int64
	filler := strings.Repeat("x", 1_000_000)
	h := New(Config{Bus: NewMemoryBus(), Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Stamp: func(Freshness) []byte { return []byte(`<i id="live"></i>`) }})
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = h.Serve(w, r, Visit{View: View{Name: "board", Topics: []string{"board"}, Read: func(context.Context) (State, error) {
			return numbered{revision.Load(), filler}, nil
		}}})
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { h.Drain(t.Context()) })
	dial := func() *websocket.Conn {
		within, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		conn, _, err := websocket.Dial(within, server.URL, &websocket.DialOptions{HTTPClient: server.Client(), Subprotocols: []string{string(HTML)}})
		if err != nil {
			t.Fatal(err)
		}
		conn.SetReadLimit(4 << 20)
		t.Cleanup(func() { _ = conn.CloseNow() })
		return conn
	}
	slow, quick := dial(), dial()
	const states = 30
	for i := range int64(states) {
		revision.Store(i)
		h.hint(numbered{revision: i}.Revisions())
		untilShows(t, quick, i)
	}
	if skipped := states - untilShows(t, slow, states-1); skipped <= 0 {
		t.Error("the slow client was fed all states, want the newest")
	}
}

// untilShows reads until a frame shows a revision and returns how many frames that took.
func untilShows(t *testing.T, conn *websocket.Conn, revision int64) (frames int) {
	t.Helper()
	for {
		message, err := readMelody(conn)
		if err != nil {
			t.Fatalf("waiting for revision %d: %v", revision, err)
		}
		if strings.Contains(message, "cell") {
			frames++
		}
		if strings.Contains(message, numbered{revision: revision}.cell()) {
			return frames
		}
	}
}

// numbered is a state of one cell.
type numbered struct {
	revision int64
	filler   string
}

func (s numbered) cell() string { return `<p id="cell" class="n` + string(rune('a'+s.revision)) + `">` }
func (s numbered) Revisions() Revisions {
	return Revisions{Epoch: "e", Topics: map[string]int64{"board": s.revision}}
}
func (s numbered) HTML() ([]Region, error) {
	return []Region{{ID: "cell", Body: []byte(s.cell() + s.filler + "</p>")}}, nil
}
func (s numbered) JSON() ([]Region, error)      { return nil, errors.New("nobody asked") }
func (s numbered) Answer([]byte) ([]byte, bool) { return nil, true }
