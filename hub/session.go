package hub

import (
	"bufio"
	"context"
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

	"dusangire/hub/internal/line"
	"dusangire/hub/revision"
)

// Guard is what a socket's right to be open hangs on.
type Guard struct {
	Topic      revision.Topic // moves whenever the right may have ended; empty: it can't end early
	Seen       revision.Set   // of Topic, read together with the right
	Session    int64          // by which the socket was opened
	Permission string         // that it needs
	// Rights is asked again when Topic moves, once for all sockets that have that Topic, whichever of them it comes from. An error is
	// tried again.
	Rights func(ctx context.Context) (Rights, error)
	Until  time.Time // the right ends by itself then; zero: never
}

// Rights tells which of the sockets that have one topic may stay open.
type Rights struct {
	revision.Set // of the topic, read together with the rights
	// Refusal is why a session may no longer do what needs a permission; nil: it may.
	Refusal func(session int64, permission string) *Close
}

// watcher is one socket. Its life: newWatcher → connected → (received | freed)… → disconnected.
type watcher struct {
	hub   *Hub
	visit Visit
	open  chan struct{} // closed when the socket is open
	gone  chan struct{} // closed when it has ended

	// Set when the socket opens, before anybody else knows of the watcher.
	session        *melody.Session
	socket         *websocket.Conn // of the session
	line           *line.Conn      // under the socket
	handshake      *http.Request   // what melody keeps of the request
	view           *view           // nil for a refused visit
	representation Representation

	// Owned by the socket's reading goroutine.
	pace *rate.Limiter

	// Owned by the view's goroutine.
	place  int       // among the watchers of its page; -1: it has left
	sent   uint64    // the version of the page that it was last told
	told   time.Time // when it was last told anything
	pinged time.Time // when it was last pinged
	queue  []parcel  // answers that wait until the line is free
	waits  bool      // for a read that is due: for its first state, or for an answer

	// Owned by the hub's guard goroutine once the socket is open.
	seen revision.Set

	lagging atomic.Bool // wants to be pumped when the line is free
	closing atomic.Bool
}

const (
	watcherKey = "watcher"
	longQueue  = 128             // queued answers beyond which a client is not reading
	tooSlow    = 7 * time.Second // with a busy line: told to come back later
	goodbye    = 2 * time.Second // how long the closing handshake may take
	swallowed  = 16 << 20        // bytes of a too big message that are read and forgotten

	systemQueue = 16 << 10 // bytes that the system may hold for a socket; Linux makes it the double
)

func newWatcher(h *Hub, v Visit) *watcher {
	return &watcher{hub: h, visit: v, seen: v.Guard.Seen, open: make(chan struct{}), gone: make(chan struct{})}
}

// watcherOf finds the watcher that Serve gave to melody.
func watcherOf(s *melody.Session) *watcher { return s.MustGet(watcherKey).(*watcher) }

// handover is a response whose connection the upgrade gets as the watcher's line.
type handover struct {
	http.ResponseWriter
	watcher *watcher
}

// Hijack implements http.Hijacker.
func (o handover) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w := o.watcher
	conn, buffered, err := line.Hijack(o.ResponseWriter, line.Settings{Go: w.hub.work, Within: writeWait, Free: w.freed})
	if err != nil {
		return nil, nil, err
	}
	w.line = conn
	return conn, buffered, nil
}

// connected is the first event: the socket is open and nothing was written yet.
func (w *watcher) connected(s *melody.Session) {
	if w.visit.Opened != nil {
		defer w.visit.Opened()
	}
	w.session, w.socket, w.pinged = s, s.WebsocketConnection(), time.Now()
	w.handshake.Header = nil // it was read, and is held for as long as the socket lives
	close(w.open)
	w.line.KeepShort(systemQueue)
	w.socket.SetPingHandler(w.pong)
	w.representation = Representation(w.socket.Subprotocol())
	if w.representation == "" {
		w.representation = JSON
	}
	if w.visit.Refusal != nil {
		w.close(w.visit.Refusal)
		return
	}
	w.hub.metrics.opened.Inc()
	var draining bool
	if w.view, draining = w.hub.enter(w); draining {
		w.close(CloseRestart)
		return
	}
	w.view.send(event{kind: joined, watcher: w})
}

// disconnected is the last event.
func (w *watcher) disconnected() {
	close(w.gone)
	if w.view != nil {
		w.view.send(event{kind: left, watcher: w})
		w.hub.exit(w)
	}
}

// received takes a client's message. Nothing that it says is passed on to anybody else.
func (w *watcher) received(message []byte) {
	if w.closing.Load() || w.view == nil || !w.keepsPace() {
		return
	}
	reply := checkRequest(message)
	if reply == nil && w.visit.Act != nil {
		var known bool
		if reply, known = w.visit.Act(w.view.ctx, message); known && reply == nil {
			return
		}
	}
	if reply != nil {
		w.view.send(event{kind: replied, watcher: w, message: reply})
		return
	}
	w.view.send(event{kind: asked, watcher: w, message: message})
}

// write sends a parcel. It does not wait for the client; the line should be free, so that no more than one parcel is kept for it.
func (w *watcher) write(p parcel, now time.Time) {
	w.told = now
	for _, message := range p.messages {
		if w.socket.WritePreparedMessage(message) != nil {
			return // its reader finds out, and ends the socket
		}
	}
}

// ping asks the client whether it is still there, when that was some time ago. Melody waits for the answer.
func (w *watcher) ping(now time.Time) {
	if now.Sub(w.pinged) < pingEvery {
		return
	}
	w.pinged = now
	_ = w.control(websocket.PingMessage, nil)
}

// pong answers a client's ping, as long as it does not ask too often.
func (w *watcher) pong(payload string) error {
	if !w.closing.Load() && w.keepsPace() {
		_ = w.control(websocket.PongMessage, []byte(payload))
	}
	return nil
}

// control sends a control frame. What fails is found by the next read from the connection.
func (w *watcher) control(kind int, payload []byte) error {
	return w.socket.WriteControl(kind, payload, time.Now().Add(writeWait))
}

// keepsPace counts a message, ping or pong of the client, and closes the socket of one who sends too many.
func (w *watcher) keepsPace() bool {
	if w.pace == nil {
		w.pace = rate.NewLimiter(messagesASecond, messagesASecond)
	}
	if w.pace.Allow() {
		return true
	}
	w.close(CloseFlood)
	return false
}

// freed is told that the line is free again, and asks for more where more waits.
func (w *watcher) freed() {
	if w.lagging.CompareAndSwap(true, false) {
		w.view.send(event{kind: readable, watcher: w})
	}
}

// free reports whether the line takes something. Where it does not, the view is told by a readable event when it does.
func (w *watcher) free() bool {
	if !w.line.Busy() {
		return true
	}
	w.lagging.Store(true)
	return !w.line.Busy() && w.lagging.CompareAndSwap(true, false)
}

// stuck reports whether, by now, the line has been busy with one parcel for tooSlow.
func (w *watcher) stuck(now time.Time) bool {
	since := w.line.Since()
	return !since.IsZero() && now.Sub(since) > tooSlow
}

// close begins the closing handshake of RFC 6455 and cuts the connection when the client does not finish it. Melody's own Close
// would cut at once, and a client whose last message was still unread could miss the code.
func (w *watcher) close(c *Close) {
	if w.hasLeft() || !w.closing.CompareAndSwap(false, true) {
		return
	}
	w.hub.noteClose(c, w.visit)
	w.hub.work(func() {
		if w.control(websocket.CloseMessage, websocket.FormatCloseMessage(c.Code, c.Reason)) == nil {
			w.awaitGoodbye()
		}
		_ = w.line.Cut() // nothing to do where the socket has ended
	})
}

// hasLeft reports whether the socket has ended, by whoever.
func (w *watcher) hasLeft() bool {
	select {
	case <-w.gone:
		return true
	default:
		return false
	}
}

// awaitGoodbye waits until the client has answered the close frame or had the time for it. A slow one has first to read what is on
// its way, for which the line has its own deadline.
func (w *watcher) awaitGoodbye() {
	select {
	case <-w.line.Idle():
	case <-w.gone:
		return
	}
	timer := time.NewTimer(goodbye)
	defer timer.Stop()
	select {
	case <-w.gone:
	case <-timer.C:
	}
}

// swallow reads on for a moment after a message that was too big: to close with it unread would reset the connection, and
// the client might never learn why.
func (w *watcher) swallow() {
	if w.closing.CompareAndSwap(false, true) {
		w.hub.noteClose(CloseTooBig, w.visit)
	}
	_ = w.line.SetReadDeadline(time.Now().Add(goodbye))
	_, _ = io.CopyN(io.Discard, w.line, swallowed)
}

// checkRequest returns the error that a malformed message gets, or nil.
func checkRequest(message []byte) []byte {
	var request struct {
		Action *string `json:"action"`
	}
	var object map[string]json.RawMessage
	if !utf8.Valid(message) || json.Unmarshal(message, &object) != nil || object == nil {
		return ErrorMessage("invalid_json", "Send one JSON object a frame, such as {\"action\":\"get_status\"}.")
	}
	if err := json.Unmarshal(message, &request); err != nil {
		return ErrorMessage("unknown_action", "The action must be a string.")
	}
	if request.Action == nil {
		return ErrorMessage("missing_field", "Say which action you want, such as {\"action\":\"get_status\"}.")
	}
	return nil
}
