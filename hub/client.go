package hub

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
	"github.com/olahol/melody"
	"golang.org/x/time/rate"

	"dusangire/hub/internal/conn"
	"dusangire/hub/revision"
)

// client is one socket. Its life: newClient → connected → (received | writable)… → disconnected.
type client struct {
	hub          *Hub
	subscription Subscription
	open         chan struct{} // closed when the socket is open
	gone         chan struct{} // closed when it has ended

	// Set when the socket opens, before anybody else knows of the client.
	session        *melody.Session
	socket         *websocket.Conn // of the session
	conn           *conn.Conn      // under the socket
	handshake      *http.Request   // what melody keeps of the request
	view           *view           // nil for a refused subscription
	representation Representation

	// Owned by the socket's reading goroutine.
	limiter *rate.Limiter

	// Owned by the view's goroutine.
	place   int        // among the clients of its rendition; -1: it is none of them
	sent    uint64     // the version of the rendition that it was last sent
	told    time.Time  // when it was last sent anything
	pinged  time.Time  // when it was last pinged
	replies []prepared // that wait until the connection takes them
	waits   bool       // for a read that is due: for its first state, or for a reply

	// Owned by the goroutine that keeps sockets authorized, once the socket is open.
	checked revision.Set

	wantsFlush atomic.Bool // when the connection takes something again
	closing    atomic.Bool
}

const (
	clientKey = "client" // among the keys of a melody session

	// replyLimit is how many replies wait for a client before it counts as one that does not read.
	replyLimit = 128
	// stallTimeout is how long a connection may be busy with one message before its client is told
	// to come back later. It is shorter than writeTimeout, after which the connection is cut
	// without a word.
	stallTimeout = 7 * time.Second
	// closeTimeout is how long a client may take to answer a close frame. Few answer later, and a
	// restart waits for all.
	closeTimeout = 2 * time.Second
	// drainLimit is how many bytes of a message that is too big are read and forgotten.
	drainLimit = 16 << 20
	// systemQueue is how many bytes the system may hold for a socket, so that a slow client skips
	// to the newest state instead of reading through megabytes of old ones. Linux makes it the
	// double.
	systemQueue = 16 << 10
)

func newClient(h *Hub, s Subscription) *client {
	return &client{
		hub: h, subscription: s, checked: s.Authorization.Checked, place: -1,
		open: make(chan struct{}), gone: make(chan struct{}),
	}
}

// clientOf finds the client that Serve gave to melody.
func clientOf(s *melody.Session) *client { return s.MustGet(clientKey).(*client) }

// hijacker is a response whose connection the upgrade gets wrapped, as the client's.
type hijacker struct {
	http.ResponseWriter
	client *client
}

// Hijack implements http.Hijacker.
func (j hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c := j.client
	wrapped, buffered, err := conn.Hijack(j.ResponseWriter,
		conn.Settings{Go: c.hub.work, Within: writeTimeout, Free: c.writable})
	if err != nil {
		return nil, nil, err
	}
	c.conn = wrapped
	return wrapped, buffered, nil
}

// connected is the first event: the socket is open and nothing was written yet.
func (c *client) connected(s *melody.Session) {
	if c.subscription.Release != nil {
		defer c.subscription.Release()
	}
	c.session, c.socket, c.pinged = s, s.WebsocketConnection(), time.Now()
	c.handshake.Header = nil // it was read, and is held for as long as the socket lives
	close(c.open)
	c.conn.KeepShort(systemQueue)
	c.socket.SetPingHandler(c.pong)
	c.representation = Representation(c.socket.Subprotocol())
	if c.representation == "" {
		c.representation = JSON
	}
	if c.subscription.Refusal != nil {
		c.close(c.subscription.Refusal)
		return
	}
	c.hub.metrics.opened.Inc()
	var draining bool
	c.view, draining = c.hub.register(c)
	if draining {
		c.close(CloseRestart)
		return
	}
	c.view.send(event{kind: joined, client: c})
}

// disconnected is the last event.
func (c *client) disconnected() {
	close(c.gone)
	if c.view != nil {
		c.view.send(event{kind: left, client: c})
		c.hub.unregister(c)
	}
}

// received takes a client's message. Nothing that it says is passed on to anybody else.
func (c *client) received(message []byte) {
	if c.closing.Load() || c.view == nil || !c.withinRate() {
		return
	}
	if code := malformed(message); code != "" {
		c.reply(ErrorMessage(code, c.hub.config.Explain(code)))
		return
	}
	if c.subscription.Act != nil {
		reply, known := c.subscription.Act(c.view.ctx, message)
		if reply != nil {
			c.reply(reply)
		}
		if known || reply != nil {
			return
		}
	}
	c.view.send(event{kind: asked, client: c, message: message})
}

// reply lets the view send a reply in its turn.
func (c *client) reply(message []byte) {
	c.view.send(event{kind: replied, client: c, message: message})
}

// malformed returns the code of the error that a message gets which is no request, or "".
func malformed(message []byte) (code string) {
	var object map[string]json.RawMessage
	if !utf8.Valid(message) || json.Unmarshal(message, &object) != nil || object == nil {
		return "invalid_json"
	}
	var request struct {
		Action *string `json:"action"`
	}
	if json.Unmarshal(message, &request) != nil {
		return "unknown_action"
	}
	if request.Action == nil {
		return "missing_field"
	}
	return ""
}

// write sends messages. It does not wait for the client; canWrite should have said that the
// connection is free, so that no more than these is kept for it.
func (c *client) write(p prepared, now time.Time) {
	c.told = now
	for _, message := range p.messages {
		if c.socket.WritePreparedMessage(message) != nil {
			return // the socket's reader finds out, and ends it
		}
	}
}

// ping asks the client whether it is still there, when that was some time ago. Melody waits for the
// answer.
func (c *client) ping(now time.Time) {
	if now.Sub(c.pinged) < pingEvery {
		return
	}
	c.pinged = now
	_ = c.control(websocket.PingMessage, nil)
}

// pong answers a client's ping, as long as it does not ask too often.
func (c *client) pong(payload string) error {
	if !c.closing.Load() && c.withinRate() {
		_ = c.control(websocket.PongMessage, []byte(payload))
	}
	return nil
}

// control sends a control frame. What fails is found by the next read from the connection.
func (c *client) control(kind int, payload []byte) error {
	return c.socket.WriteControl(kind, payload, time.Now().Add(writeTimeout))
}

// withinRate counts a message, ping or pong of the client, and closes the socket of one that sends
// too many.
func (c *client) withinRate() bool {
	if c.limiter == nil {
		c.limiter = rate.NewLimiter(messagesPerSecond, messagesPerSecond)
	}
	if c.limiter.Allow() {
		return true
	}
	c.close(CloseFlood)
	return false
}

// canWrite reports whether the connection takes something. Where it does not, the view gets a
// flushable event when it does.
func (c *client) canWrite() bool {
	if !c.conn.Busy() {
		return true
	}
	c.wantsFlush.Store(true)
	return !c.conn.Busy() && c.wantsFlush.CompareAndSwap(true, false)
}

// writable is told that the connection takes something again.
func (c *client) writable() {
	if c.wantsFlush.CompareAndSwap(true, false) {
		c.view.send(event{kind: flushable, client: c})
	}
}

// stalled reports whether, by now, the connection has been busy with one message for stallTimeout.
func (c *client) stalled(now time.Time) bool {
	since := c.conn.Since()
	return !since.IsZero() && now.Sub(since) > stallTimeout
}

// close begins the closing handshake of RFC 6455 and cuts the connection when the client does not
// finish it. Melody's own Close would cut at once, and a client whose last message was still unread
// could miss the code.
func (c *client) close(why *Close) {
	if c.hasEnded() || !c.closing.CompareAndSwap(false, true) {
		return
	}
	c.hub.noteClose(why, c.subscription)
	c.hub.work(func() {
		frame := websocket.FormatCloseMessage(why.Code, why.Reason)
		if c.control(websocket.CloseMessage, frame) == nil {
			c.awaitClose()
		}
		_ = c.conn.Cut() // nothing to do where the socket has ended
	})
}

// hasEnded reports whether the socket has ended, by whoever.
func (c *client) hasEnded() bool {
	select {
	case <-c.gone:
		return true
	default:
		return false
	}
}

// awaitClose waits until the client has answered the close frame or had the time for it. A slow
// client has first to read what is on its way, for which the connection has its own deadline.
func (c *client) awaitClose() {
	select {
	case <-c.conn.Idle():
	case <-c.gone:
		return
	}
	timer := time.NewTimer(closeTimeout)
	defer timer.Stop()
	select {
	case <-c.gone:
	case <-timer.C:
	}
}

// drainOversized reads on for a moment after a message that was too big: to close with it unread
// would reset the connection, and the client might never learn why.
func (c *client) drainOversized() {
	if c.closing.CompareAndSwap(false, true) {
		c.hub.noteClose(CloseTooBig, c.subscription)
	}
	_ = c.conn.SetReadDeadline(time.Now().Add(closeTimeout))
	_, _ = io.CopyN(io.Discard, c.conn, drainLimit)
}
