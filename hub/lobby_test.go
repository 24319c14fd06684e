package hub

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// lobby opens sockets for tests that play the views themselves. It knows nothing of melody.
type lobby struct {
	t       testing.TB
	hub     *Hub
	address string
	opened  chan *client
}

func newLobby(t testing.TB, h *Hub) *lobby {
	t.Helper()
	l := &lobby{t: t, hub: h, opened: make(chan *client, 1)}
	server := httptest.NewServer(http.HandlerFunc(l.upgrade))
	t.Cleanup(server.Close)
	l.address = server.Listener.Addr().String()
	return l
}

func (l *lobby) upgrade(w http.ResponseWriter, r *http.Request) {
	client := newClient(l.hub, Subscription{})
	socket, err := (&websocket.Upgrader{}).Upgrade(hijacker{w, client}, r, nil)
	if err != nil {
		l.t.Error(err)
	}
	client.socket, client.representation, client.pinged = socket, HTML, time.Now()
	l.opened <- client
}

// open returns both ends of a socket: a client of pages, and what its client reads after the
// handshake.
func (l *lobby) open() (w *client, far net.Conn) {
	l.t.Helper()
	far, err := net.Dial("tcp", l.address)
	if err != nil {
		l.t.Fatal(err)
	}
	if _, err := io.WriteString(far, handshake("/", string(HTML))); err != nil {
		l.t.Fatal(err)
	}
	w = <-l.opened
	l.t.Cleanup(func() { _ = w.conn.Cut(); _ = far.Close() })
	answer := bufio.NewReader(far) // it holds nothing more: only the test writes to a socket
	if _, err := http.ReadResponse(answer, nil); err != nil {
		l.t.Fatal(err)
	}
	return w, far
}

// handshake is what a client asks for a socket with.
func handshake(path, subprotocol string) string {
	return strings.Join([]string{
		"GET " + path + " HTTP/1.1", "Host: test", "Connection: Upgrade", "Upgrade: websocket",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
		"Sec-WebSocket-Protocol: " + subprotocol, "", "",
	}, "\r\n")
}
