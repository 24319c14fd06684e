package handlers_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// The representations of a live path.
const (
	asJSON = "dusangire.json"
	asHTML = "dusangire.html"
)

// socket is a live path, read by a library that the server does not use.
type socket struct {
	t    testing.TB
	conn *websocket.Conn
}

// dial opens a live path. With a response that is no upgrade the socket is nil.
func (h *fixture) dial(path string, header http.Header, subprotocols ...string) (*socket, *http.Response) {
	h.t.Helper()
	within, cancel := context.WithTimeout(h.t.Context(), soon)
	defer cancel()
	conn, response, err := websocket.Dial(within, h.web.URL+path, &websocket.DialOptions{
		HTTPClient: h.web.Client(), HTTPHeader: header, Subprotocols: subprotocols,
	})
	if err != nil {
		if response == nil {
			h.t.Fatalf("dial %s: %v", path, err)
		}
		return nil, response
	}
	conn.SetReadLimit(4 << 20)
	h.t.Cleanup(func() { _ = conn.CloseNow() })
	return &socket{h.t, conn}, response
}

// watch opens a live path with a session's token and must be let in.
func (h *fixture) watch(path, token string, subprotocols ...string) *socket {
	h.t.Helper()
	s, response := h.dial(path, bearer(token), subprotocols...)
	if s == nil {
		h.t.Fatalf("watch %s: %s", path, response.Status)
	}
	return s
}

func bearer(token string) http.Header {
	if token == "" {
		return http.Header{}
	}
	return http.Header{"Authorization": {"Bearer " + token}}
}

// read returns the next message, or why there is none.
func (s *socket) read() (string, error) {
	within, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	_, message, err := s.conn.Read(within)
	return string(message), err
}

// next returns the next message that is no heartbeat.
func (s *socket) next() string {
	s.t.Helper()
	within, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	for {
		_, message, err := s.conn.Read(within)
		if err != nil {
			s.t.Fatalf("read: %v", err)
		}
		if !strings.HasPrefix(string(message), `{"type":"heartbeat"`) {
			return string(message)
		}
	}
}

// nextObject is next, read as a JSON object.
func (s *socket) nextObject() object {
	s.t.Helper()
	return parseObject(s.t, s.next())
}

// send sends a text message.
func (s *socket) send(message string) {
	s.t.Helper()
	within, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	if err := s.conn.Write(within, websocket.MessageText, []byte(message)); err != nil {
		s.t.Fatalf("send: %v", err)
	}
}

// closeCode reads on until the socket is closed; -1 where it is not.
func (s *socket) closeCode() websocket.StatusCode {
	s.t.Helper()
	within, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	for {
		if _, _, err := s.conn.Read(within); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}

// object is a JSON object whose numbers are as they were written.
type object map[string]any

func parseObject(t testing.TB, message string) object {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(message))
	decoder.UseNumber()
	var o object
	if err := decoder.Decode(&o); err != nil {
		t.Fatalf("want one JSON object a frame: %v: %s", err, message)
	}
	return o
}

// sub is the object under a key.
func (o object) sub(key string) object {
	inner, _ := o[key].(map[string]any)
	return inner
}

// int is the integer under a key; -1 where there is none.
func (o object) int(key string) int64 {
	if number, ok := o[key].(json.Number); ok {
		if n, err := number.Int64(); err == nil {
			return n
		}
	}
	return -1
}
