package conn_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"dusangire/hub/internal/conn"
)

// patience is how long a test waits for what must happen.
const patience = 10 * time.Second

// ends are the two of a connection over TCP.
type ends struct {
	t    testing.TB
	near *conn.Conn
	far  net.Conn
	free chan struct{} // gets something each time that the connection is free again
}

// connect wraps one end, which has so long for what it keeps.
func connect(t testing.TB, within time.Duration) *ends {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	far, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := far.(*net.TCPConn).SetReadBuffer(64 << 10); err != nil {
		t.Fatal(err)
	}
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return wrap(t, accepted, far, within)
}

func wrap(t testing.TB, near, far net.Conn, within time.Duration) *ends {
	var working sync.WaitGroup
	e := &ends{t: t, far: far, free: make(chan struct{}, 8)}
	free := func() { e.free <- struct{}{} }
	e.near = conn.New(near, conn.Settings{Go: working.Go, Within: within, Free: free})
	e.near.KeepShort(4 << 10)
	t.Cleanup(func() { _ = e.near.Cut(); _ = far.Close(); working.Wait() })
	return e
}

// write writes what must be taken without waiting.
func (e *ends) write(p []byte) {
	e.t.Helper()
	if n, err := e.near.Write(p); n != len(p) || err != nil {
		e.t.Fatalf("Write took %d of %d bytes: %v", n, len(p), err)
	}
}

// fill writes more than the system takes while nobody reads, and returns it.
func (e *ends) fill() []byte {
	e.t.Helper()
	all := make([]byte, 2<<20)
	for i := range all {
		all[i] = byte(i / 1000)
	}
	if e.write(all); !e.near.Busy() {
		e.t.Fatal("the connection takes everything although nobody reads")
	}
	return all
}

// read reads so many bytes from the other end.
func (e *ends) read(n int) []byte {
	e.t.Helper()
	if err := e.far.SetReadDeadline(time.Now().Add(patience)); err != nil {
		e.t.Fatal(err)
	}
	read := make([]byte, n)
	if _, err := io.ReadFull(e.far, read); err != nil {
		e.t.Fatalf("the other end: %v", err)
	}
	return read
}

func (e *ends) await(what string, event <-chan struct{}) {
	e.t.Helper()
	select {
	case <-event:
	case <-time.After(patience):
		e.t.Fatalf("waited in vain until %s", what)
	}
}

func TestWhatGoesOutAtOnceLeavesTheConnectionFree(t *testing.T) {
	e := connect(t, patience)
	for _, message := range []string{"one", "two", "three"} {
		if e.write([]byte(message)); e.near.Busy() || !e.near.Since().IsZero() {
			t.Errorf("the connection is busy after %q, with room for it", message)
		}
	}
	e.await("a connection is idle that was never busy", e.near.Idle())
	if got := e.read(len("onetwothree")); string(got) != "onetwothree" {
		t.Errorf("the other end got %q", got)
	}
}

func TestWhatDoesNotGoOutAtOnceIsKeptInOrderAndShared(t *testing.T) {
	e := connect(t, patience)
	all := e.fill()
	if since := e.near.Since(); since.IsZero() || time.Since(since) > patience {
		t.Errorf("the connection is said to be busy since %v", since)
	}
	last := []byte("and this is last")
	all = append(all, last...)
	e.write(last)
	clear(last) // whoever writes may do with it what they like
	idle := e.near.Idle()
	if got := e.read(len(all)); !bytes.Equal(got, all) {
		t.Error("the other end did not get everything in its order")
	}
	e.await("the connection is idle", idle)
	e.await("it says that it is free", e.free)
	if e.write([]byte("x")); e.near.Busy() {
		t.Error("the connection is busy again")
	}
}

func TestADeadlineThatALibrarySetsCutsNothing(t *testing.T) {
	e := connect(t, patience)
	all := e.fill()
	for _, set := range []func(time.Time) error{e.near.SetWriteDeadline, e.near.SetDeadline} {
		if err := set(time.Now().Add(-time.Hour)); err != nil {
			t.Error(err)
		}
	}
	e.write([]byte("more"))
	if got := e.read(len(all) + len("more")); !bytes.HasSuffix(got, []byte("more")) {
		t.Error("the other end did not get everything")
	}
}

func TestAConnectionNobodyReadsIsCutWhenItsTimeIsOver(t *testing.T) {
	e := connect(t, 20*time.Millisecond)
	e.fill()
	e.await("the connection is given up", e.free)
	if _, err := e.near.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a later write returned %v, want that the deadline is over", err)
	}
	if _, err := e.near.Read(make([]byte, 1)); err == nil {
		t.Error("its reader does not find out")
	}
}

func TestACloseLetsGoOutWhatIsKept(t *testing.T) {
	e := connect(t, patience)
	all := e.fill()
	e.write([]byte("farewell"))
	if err := e.near.Close(); err != nil {
		t.Error(err)
	}
	if _, err := e.near.Write([]byte("late")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a write after the close returned %v", err)
	}
	if _, err := e.near.Read(make([]byte, 1)); err == nil {
		t.Error("a read after the close returned no error")
	}
	if got := e.read(len(all) + len("farewell")); !bytes.HasSuffix(got, []byte("farewell")) {
		t.Error("the other end did not get everything")
	}
	if n, err := e.far.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the other end read %d bytes more: %v, want the end", n, err)
	}
}

func TestACloseWaitsForNobodyWhoDoesNotRead(t *testing.T) {
	e := connect(t, time.Hour)
	e.fill()
	if err := e.near.Close(); err != nil {
		t.Error(err)
	}
	e.await("the connection is given up", e.free)
}

func TestACutWaitsForNothing(t *testing.T) {
	e := connect(t, time.Hour)
	e.fill()
	if err := e.near.Cut(); err != nil {
		t.Error(err)
	}
	e.await("the connection is given up", e.free)
}

// As over TLS, and on systems whose connections can't be tried.
func TestWhatCanNotBeTriedIsWrittenAllTheSame(t *testing.T) {
	near, far := net.Pipe()
	e := wrap(t, near, far, patience)
	e.write([]byte("one"))
	if !e.near.Busy() {
		t.Error("a write waited for the other end")
	}
	e.write([]byte("two"))
	if got := e.read(len("onetwo")); string(got) != "onetwo" {
		t.Errorf("the other end got %q", got)
	}
	e.await("it says that it is free", e.free)
}
