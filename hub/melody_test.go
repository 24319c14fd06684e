package hub

import (
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"
	"github.com/olahol/melody"

	"dusangire/hub/revision"
)

// These tests pin down what melody and the library below it do where the hub builds on it or guards
// against it. When one fails after an upgrade, the guard that it names is to be looked at again;
// the hub's own tests say whether the hub still holds.

// patience is how long these tests wait for what must happen.
const patience = 10 * time.Second

// melodyServer serves a melody on a free port. What panics in it is told to panicked, once the
// handler has ended.
func melodyServer(
	t *testing.T, m *melody.Melody, header http.Header,
) (url string, panicked <-chan string) {
	t.Helper()
	told := make(panicLog, 8)
	serve := func(w http.ResponseWriter, r *http.Request) {
		for name, values := range header {
			w.Header()[name] = values
		}
		_ = m.HandleRequest(w, r)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(serve))
	server.Config.ErrorLog = log.New(told, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	return server.URL, told
}

// panicLog takes what net/http writes when a handler panicked.
type panicLog chan string

func (l panicLog) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

func dialMelody(t *testing.T, url string, header http.Header) (*websocket.Conn, *http.Response) {
	t.Helper()
	within, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, response, err := websocket.Dial(within, url, &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return conn, response
}

// readMelody returns the next message, or the error that ended the socket.
func readMelody(conn *websocket.Conn) (string, error) {
	within, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, message, err := conn.Read(within)
	return string(message), err
}

func writeMelody(t *testing.T, conn *websocket.Conn, message string) {
	t.Helper()
	within, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := conn.Write(within, websocket.MessageText, []byte(message)); err != nil {
		t.Fatalf("write: %v", err)
	}
}

// receive waits for what a callback tells.
func receive[T any](t *testing.T, told <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-told:
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// Guard: handlers check the Origin before Serve, and configureMelody says so.
func TestMelodyAcceptsAnyOriginByItself(t *testing.T) {
	m := melody.New()
	url, _ := melodyServer(t, m, nil)
	_, response := dialMelody(t, url, http.Header{"Origin": {"http://evil.example"}})
	if response.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("melody now refuses a foreign origin by itself: %s", response.Status)
	}
}

// Guard: nothing that belongs to pages is set on the answer before the upgrade.
func TestMelodyCopiesTheResponsesHeadersOntoTheUpgrade(t *testing.T) {
	url, _ := melodyServer(t, melody.New(), http.Header{"Set-Cookie": {"a=b"}})
	_, response := dialMelody(t, url, nil)
	if got := response.Header.Get("Set-Cookie"); got != "a=b" {
		t.Errorf("the upgrade has the header %q; melody no longer copies it", got)
	}
}

// Guard: Hub.containPanic recovers, cuts the connection and lets melody go on to unregister.
func TestAPanicInAMelodyCallbackLeaksTheSession(t *testing.T) {
	m := melody.New()
	sessions, failures := make(chan *melody.Session, 1), make(chan error, 8)
	m.HandleError(func(_ *melody.Session, err error) { failures <- err })
	m.HandleMessage(func(s *melody.Session, _ []byte) {
		sessions <- s
		panic("a callback that fails")
	})
	disconnected := make(chan struct{}, 1)
	m.HandleDisconnect(func(*melody.Session) { disconnected <- struct{}{} })
	url, panicked := melodyServer(t, m, nil)
	conn, _ := dialMelody(t, url, nil)
	writeMelody(t, conn, "anything")
	receive(t, panicked, "the panic")
	_ = conn.CloseNow()
	if m.Len() != 1 || len(disconnected) != 0 {
		t.Errorf("%d sessions and %d disconnects after the panic; melody now cleans up by itself",
			m.Len(), len(disconnected))
	}
	s := receive(t, sessions, "the session")
	_ = s.WebsocketConnection().Close()
	_ = s.Write([]byte("x"))
	receive(t, failures, "the failed write, which ends the writing goroutine")
}

func TestTheHubsGuardLeaksNothingWhenACallbackPanics(t *testing.T) {
	marker := func(revision.Freshness) []byte { return nil }
	h := New(Config{Bus: NewMemoryBus(), Log: slog.New(slog.DiscardHandler), Marker: marker})
	h.melody.HandleMessage(func(s *melody.Session, _ []byte) {
		h.containPanic(s, func(*client) { panic("a callback that fails") })
	})
	read := func(context.Context) (State, error) { return nil, errors.New("nothing to see") }
	view := View{Name: "any", Read: read}
	served, ended := make(chan error, 1), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served <- h.Serve(w, r, Subscription{View: view})
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { h.Drain(t.Context()) })
	conn, _ := dialMelody(t, server.URL, nil)
	writeMelody(t, conn, "anything")
	if err := receive(t, served, "the socket to be open"); err != nil {
		t.Errorf("Serve returns %v", err)
	}
	go func() { h.sockets.Wait(); close(ended) }()
	receive(t, ended, "the end of the socket")
	if h.melody.Len() != 0 || len(h.openClients()) != 0 {
		t.Errorf("%d sessions and %d clients are left", h.melody.Len(), len(h.openClients()))
	}
}

// What client.connected and disconnected build on: their order, that each happens once, and that
// the connection is the one below.
func TestMelodyTellsALifeInOrder(t *testing.T) {
	m := melody.New()
	m.Upgrader.Subprotocols = []string{string(JSON), string(HTML)}
	events := make(chan string, 16)
	m.HandleConnect(func(s *melody.Session) {
		socket := s.WebsocketConnection()
		events <- "connected as " + socket.Subprotocol() + " with " + s.MustGet("key").(string)
		if err := socket.WriteMessage(gorilla.TextMessage, []byte("one")); err != nil {
			events <- err.Error()
		}
	})
	m.HandleDisconnect(func(s *melody.Session) { events <- "disconnected" })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = m.HandleRequestWithKeys(w, r, map[string]any{"key": "value"})
		events <- "returned"
	}))
	t.Cleanup(server.Close)
	within, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	options := &websocket.DialOptions{Subprotocols: []string{string(JSON)}}
	conn, _, err := websocket.Dial(within, server.URL, options)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := readMelody(conn); got != "one" {
		t.Errorf("the client got %q: %v", got, err)
	}
	told := []string{receive(t, events, "the connection")}
	_ = conn.Close(websocket.StatusNormalClosure, "")
	told = append(told, receive(t, events, "the disconnection"), receive(t, events, "the return"))
	const want = "connected as dusangire.json with value, disconnected, returned"
	if got := strings.Join(told, ", "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What HandleError builds on to drain a message that is too big.
func TestMelodyReportsAMessageThatIsTooBigAsTheReadLimit(t *testing.T) {
	m := melody.New()
	failures := make(chan error, 8)
	m.HandleError(func(_ *melody.Session, err error) { failures <- err })
	url, _ := melodyServer(t, m, nil)
	if m.Config.MaxMessageSize >= largestMessage {
		t.Errorf("melody's own limit is %d bytes; the hub promises %d",
			m.Config.MaxMessageSize, largestMessage)
	}
	conn, _ := dialMelody(t, url, nil)
	writeMelody(t, conn, strings.Repeat("x", int(m.Config.MaxMessageSize)+1))
	if err := receive(t, failures, "the error handler"); !errors.Is(err, gorilla.ErrReadLimit) {
		t.Errorf("the error handler is told %v, want gorilla's ErrReadLimit", err)
	}
	if _, err := readMelody(conn); websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
		t.Errorf("the client is told %v, want 1009", err)
	}
}

// Guard: compression stays off, since the limit counts what comes over the wire.
func TestTheHubOffersNoCompression(t *testing.T) {
	h := New(Config{Bus: NewMemoryBus(), Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if h.melody.Upgrader.EnableCompression {
		t.Error("a compressed message of a few bytes may unfold to hundreds of megabytes")
	}
	h.Drain(t.Context())
}
