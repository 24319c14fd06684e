package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/olahol/melody"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// The bare servers know nothing of beds. A change is a POST to changePath; they send every socket
// one frame for it.

const (
	baselineCommand = "bare" // the sub-command that this program is started with as a bare server
	changePath      = "/change"
	bareTopic       = "board"
)

// frameBytes is how long a frame of Dusangire is for a change of one bed of the added ward.
const frameBytes = 714

// bareFrame is as long, and ends with a marker too.
func bareFrame(revision uint32) []byte {
	marker := fmt.Sprintf(`<time id="live" data-shown="%s=%d"></time>`, bareTopic, revision)
	return []byte(strings.Repeat("x", frameBytes-len(marker)) + marker)
}

// newBroadcast returns how a socket is opened and how a frame is sent to all of them.
func newBroadcast(s server) (open http.HandlerFunc, send func(frame []byte)) {
	if s == raw {
		w := &straightWrites{conns: map[*websocket.Conn]bool{}}
		return w.open, w.send
	}
	m := melody.New()
	if s == melodySmall {
		m.Config.MessageBufferSize = 16
	}
	open = func(w http.ResponseWriter, r *http.Request) {
		_ = m.HandleRequest(w, r) // which has answered
	}
	return open, func(frame []byte) { _ = m.Broadcast(frame) } // it fails only once closed
}

// straightWrites writes to one socket after the other: the yardstick.
type straightWrites struct {
	mu    sync.Mutex
	conns map[*websocket.Conn]bool
}

// upgrader has small buffers: nothing is read, and prepared messages need none.
var upgrader = websocket.Upgrader{
	ReadBufferSize: 128, WriteBufferPool: &sync.Pool{},
	CheckOrigin: func(*http.Request) bool { return true },
}

// open keeps a connection. Nobody reads from it: its end is noticed when a write fails.
func (s *straightWrites) open(w http.ResponseWriter, r *http.Request) {
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // it was answered
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[conn] = true
}

func (s *straightWrites) send(frame []byte) {
	prepared, err := websocket.NewPreparedMessage(websocket.TextMessage, frame)
	if err != nil {
		panic(err) // a text message can always be prepared
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		if err := conn.WritePreparedMessage(prepared); err != nil {
			_ = conn.Close()
			delete(s.conns, conn)
		}
	}
}

// queuedChanges may wait to be sent.
const queuedChanges = 1 << 16

// serveBaseline is the process of a bare server, which serves until ctx ends.
func serveBaseline(ctx context.Context, s server, address string) error {
	open, send := newBroadcast(s)
	changes := make(chan struct{}, queuedChanges)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.Handler())
	mux.HandleFunc("GET /ws/", open)
	mux.HandleFunc("POST "+changePath, func(w http.ResponseWriter, r *http.Request) {
		changes <- struct{}{}
		w.WriteHeader(http.StatusNoContent)
	})
	server := &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	var working sync.WaitGroup
	defer working.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	working.Go(func() { sendChanges(ctx, changes, send) })
	working.Go(func() { <-ctx.Done(); _ = server.Close() })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// sendChanges sends one frame for each change, in their order.
func sendChanges(ctx context.Context, changes <-chan struct{}, send func(frame []byte)) {
	for revision := uint32(1); ; revision++ {
		select {
		case <-changes:
			send(bareFrame(revision))
		case <-ctx.Done():
			return
		}
	}
}
