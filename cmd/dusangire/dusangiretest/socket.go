package dusangiretest

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// What a socket may speak.
const (
	AsJSON = "dusangire.json" // messages for programs
	AsHTML = "dusangire.html" // parts of pages
)

// Socket is a live path, read by a library that the server does not use.
type Socket struct {
	T    testing.TB
	Conn *websocket.Conn
}

// Watch opens a socket. The end of the test closes it.
func (c Client) Watch(path, representation string) Socket {
	c.T.Helper()
	conn, _, err := websocket.Dial(c.T.Context(), c.URL+path, &websocket.DialOptions{
		Subprotocols: []string{representation},
		HTTPHeader:   http.Header{"Authorization": {"Bearer " + c.Token}},
	})
	if err != nil {
		c.T.Fatalf("watch %s: %v", path, err)
	}
	conn.SetReadLimit(4 << 20)
	c.T.Cleanup(func() { _ = conn.CloseNow() })
	return Socket{c.T, conn}
}

// Next is the next message, which must come.
func (s Socket) Next() string {
	s.T.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Soon)
	defer cancel()
	_, message, err := s.Conn.Read(ctx)
	if err != nil {
		s.T.Fatalf("read: %v", err)
	}
	return string(message)
}

// NextWith passes over messages until one contains text.
func (s Socket) NextWith(text string) string {
	s.T.Helper()
	for {
		if message := s.Next(); strings.Contains(message, text) {
			return message
		}
	}
}

// NextObject passes over messages until one of a type, which must come.
func (s Socket) NextObject(kind string) Object {
	s.T.Helper()
	for late := time.Now().Add(Soon); time.Now().Before(late); {
		var o Object
		if err := json.Unmarshal([]byte(s.Next()), &o); err != nil {
			s.T.Fatal(err)
		}
		if o["type"] == kind {
			return o
		}
	}
	s.T.Fatalf("waited %v for a message of the type %s", Soon, kind)
	return nil
}

// Send sends a text message.
func (s Socket) Send(message string) {
	s.T.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Soon)
	defer cancel()
	if err := s.Conn.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
		s.T.Fatalf("send: %v", err)
	}
}

// CloseCode passes over messages until the socket is closed, and returns with which code.
func (s Socket) CloseCode() websocket.StatusCode {
	s.T.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Soon)
	defer cancel()
	for {
		if _, _, err := s.Conn.Read(ctx); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}
