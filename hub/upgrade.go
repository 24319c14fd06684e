package hub

import (
	"context"
	"errors"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/olahol/melody"
)

// Subscription is one request for a socket: what it wants to see and on what terms.
type Subscription struct {
	View          View
	Authorization Authorization
	Quotas        []Quota // against which the socket is counted
	// Release is what Acquire returned, and is called when the socket is open; nil: nobody waited
	// at the gate.
	Release func()
	// Act carries out a well-formed request that depends on who asks, such as a courier's word of
	// where they are, and returns the message that answers it; nil: none. It returns false for
	// requests that it does not know, which are the view's to answer. Act is called from the
	// socket's own goroutine, with a context that ends with the socket's view. It may be nil.
	Act func(ctx context.Context, request []byte) (reply []byte, known bool)
	// Refusal, where it is not nil, is told to the client as soon as the socket is open, and closes
	// it: a browser does not let a page see why an upgrade was refused.
	Refusal *Close
}

// How sockets are served.
const (
	// pingEvery and pongTimeout find out that a client is gone without a word, as behind a cable
	// that was pulled: two pings may be lost before the socket ends. Pings also keep proxies from
	// closing a quiet socket, which most do after a minute. The hub sends them, for melody's own
	// would be a second writer on the connection.
	pingEvery   = 10 * time.Second
	pongTimeout = 25 * time.Second
	// writeTimeout is how long a client may take to take one message from the system. A page that
	// is that slow has been told to come back after stallTimeout.
	writeTimeout = 10 * time.Second
	// readBuffer is small, in bytes, because thousands of clients say hardly anything.
	readBuffer = 256
	// largestMessage, in bytes, and messagesPerSecond, pings and pongs among them, are far more
	// than a client needs: requests have some fifty bytes, and nobody has much to ask. Gorilla
	// closes a socket with 1009 for a larger message.
	largestMessage    = 4 << 10
	messagesPerSecond = 20

	never = math.MaxInt64 * time.Nanosecond
)

// configureMelody sets what its defaults get wrong for us, and leads each event to its client.
func (h *Hub) configureMelody() {
	m := h.melody
	m.Config.PongWait, m.Config.PingPeriod = pongTimeout, never
	m.Config.MaxMessageSize = largestMessage
	m.Config.MessageBufferSize = 0 // nothing is sent through melody's buffers
	m.Upgrader.ReadBufferSize, m.Upgrader.WriteBufferPool = readBuffer, &sync.Pool{}
	m.Upgrader.Subprotocols = []string{string(JSON), string(HTML)}
	// Whoever calls Serve has checked the Origin against the allowed hosts, which melody does not
	// know.
	m.Upgrader.CheckOrigin = func(*http.Request) bool { return true }
	m.HandleConnect(func(s *melody.Session) {
		h.containPanic(s, func(c *client) { c.connected(s) })
	})
	m.HandleDisconnect(func(s *melody.Session) { h.containPanic(s, (*client).disconnected) })
	m.HandleMessage(func(s *melody.Session, message []byte) {
		h.containPanic(s, func(c *client) { c.received(message) })
	})
	m.HandlePong(func(s *melody.Session) { clientOf(s).withinRate() })
	m.HandleMessageBinary(func(s *melody.Session, _ []byte) { clientOf(s).close(CloseBinary) })
	m.HandleError(func(s *melody.Session, err error) {
		if errors.Is(err, websocket.ErrReadLimit) {
			clientOf(s).drainOversized()
		}
	})
}

// containPanic runs a callback so that a panic costs one socket and is logged. Melody would forget
// to unregister the session.
func (h *Hub) containPanic(s *melody.Session, callback func(*client)) {
	defer func() {
		if failure := recover(); failure != nil {
			h.config.Log.Error("socket callback panicked", "panic", failure)
			_ = s.WebsocketConnection().Close()
		}
	}()
	callback(clientOf(s))
}

// Serve upgrades a request whose Origin was checked and returns when its socket is open. It returns
// ErrDraining while the hub stops and ErrOverQuota where a quota is used up, with nothing written;
// other errors were answered by the upgrade.
//
// The socket lives on in a goroutine of its own. The goroutine of the request would keep its deep
// stack, its buffers and all that its handlers hold, which is more than everything else that an
// idle socket needs.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, s Subscription) error {
	if err := h.reserve(s); err != nil {
		return err
	}
	c, ended := newClient(h, s), make(chan error, 1)
	go func() {
		defer h.unreserve(s)
		err := h.upgrade(w, r, c)
		if err != nil && c.session != nil {
			h.config.Log.Error("a socket ended badly", "error", err)
		}
		ended <- err
	}()
	select {
	case <-c.open:
		return nil
	case err := <-ended:
		return err
	}
}

// upgrade opens a client's socket and returns when it has ended. A panic in between is an error
// like any other.
func (h *Hub) upgrade(w http.ResponseWriter, r *http.Request, c *client) (err error) {
	defer recoverInto(&err)
	c.handshake = handshakeOf(r)
	keys := map[string]any{clientKey: c}
	return h.melody.HandleRequestWithKeys(hijacker{w, c}, c.handshake, keys)
}

// handshakeOf is a new request with what an upgrade reads of r, whose context and headers are
// large.
func handshakeOf(r *http.Request) *http.Request {
	handshake := &http.Request{Method: r.Method, Header: http.Header{}}
	for _, name := range []string{
		"Connection", "Upgrade",
		"Sec-Websocket-Version", "Sec-Websocket-Key", "Sec-Websocket-Protocol",
	} {
		if values := r.Header.Values(name); len(values) > 0 {
			handshake.Header[name] = values
		}
	}
	return handshake
}
