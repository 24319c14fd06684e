package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/olahol/melody"
)

// The bare servers know nothing of beds. A change is a POST to changePath; they send every socket the same frame, whose stamp counts.

const (
	bareCommand = "bare" // the sub-command that this program is started with as a bare server
	changePath  = "/change"
)

// bare is a way to bring bytes to all sockets.
type bare interface {
	open(w http.ResponseWriter, r *http.Request)
	send(frame []byte)
}

// straight writes to one socket after the other: the yardstick.
type straight struct {
	upgrader websocket.Upgrader

	mu    sync.Mutex
	conns map[*websocket.Conn]struct{}
}

func newStraight() *straight {
	return &straight{
		// Nothing is read and prepared messages need no buffer.
		upgrader: websocket.Upgrader{ReadBufferSize: 128, WriteBufferPool: &sync.Pool{}, CheckOrigin: func(*http.Request) bool { return true }},
		conns:    map[*websocket.Conn]struct{}{},
	}
}

// open keeps a connection. Nobody reads from it: its end is noticed when a write fails.
func (s *straight) open(w http.ResponseWriter, r *http.Request) {
	conn, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // it was answered
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[conn] = struct{}{}
}

func (s *straight) send(frame []byte) {
	prepared, err := websocket.NewPreparedMessage(websocket.TextMessage, frame)
	if err != nil {
		panic(err) // of a text message it can't be
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

// broadcast lets melody do it, with its defaults but for the size of its buffers.
type broadcast struct{ melody *melody.Melody }

func newBroadcast(buffer int) broadcast {
	m := melody.New()
	m.Config.MessageBufferSize = buffer
	return broadcast{m}
}

func (b broadcast) open(w http.ResponseWriter, r *http.Request) { _ = b.melody.HandleRequest(w, r) }

func (b broadcast) send(frame []byte) { _ = b.melody.Broadcast(frame) } // it fails only after Close

// bareServer gives each change its number and sends it, in that order.
type bareServer struct {
	bare    bare
	frame   counting
	changes chan struct{}
	ctx     context.Context // ends with the process
}

// manyChanges may wait to be sent.
const manyChanges = 1 << 16

// serveBare is the process of a bare server: it reads the frame from standard input and serves until ctx ends.
func serveBare(ctx context.Context, kind kind) error {
	frame, err := io.ReadAll(os.Stdin)
	if err != nil {
		return fmt.Errorf("read the frame: %w", err)
	}
	counting, ok := countingFrame(frame)
	if !ok {
		return errors.New("the frame has no stamp that shows a revision")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	b := &bareServer{bare: kind.bare(), frame: counting, changes: make(chan struct{}, manyChanges), ctx: ctx}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ws/", b.bare.open)
	mux.HandleFunc("POST "+changePath, b.change)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	var working sync.WaitGroup
	defer working.Wait()
	working.Go(b.sendChanges)
	working.Go(func() { <-ctx.Done(); _ = server.Close() })
	fmt.Fprintf(os.Stderr, "serving url=http://%s\n", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (b *bareServer) change(w http.ResponseWriter, _ *http.Request) {
	select {
	case b.changes <- struct{}{}:
		w.WriteHeader(http.StatusNoContent)
	case <-b.ctx.Done():
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

func (b *bareServer) sendChanges() {
	for revision := b.frame.start + 1; ; revision++ {
		select {
		case <-b.changes:
			b.bare.send(b.frame.at(revision))
		case <-b.ctx.Done():
			return
		}
	}
}
