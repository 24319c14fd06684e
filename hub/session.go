package hub

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
	"github.com/olahol/melody"
	"golang.org/x/time/rate"
)

// Guard is what a socket's right to be open hangs on.
type Guard struct {
	Topic      string    // moves whenever the right may have ended; empty: it can't end early
	Seen       Revisions // of Topic, read together with the right
	Session    int64     // by which the socket was opened
	Permission string    // that it needs
	// Rights is asked again when Topic moves, once for all sockets that have that Topic, whichever of them it comes from. An error is
	// tried again.
	Rights func(ctx context.Context) (Rights, error)
	Until  time.Time // the right ends by itself then; zero: never
}

// Rights tells which of the sockets that have one topic may stay open.
type Rights struct {
	Revisions // of the topic, read together with the rights
	// Refusal is why a session may no longer do what needs a permission; nil: it may.
	Refusal func(session int64, permission string) *Close
}

// watcher is one socket. Its life: newWatcher → connected → (received | credit)… → disconnected.
type watcher struct {
	hub   *Hub
	visit Visit
	open  chan struct{} // closed when the socket is open
	gone  chan struct{} // closed when it has ended

	// Set when the socket opens, before anybody else knows of the watcher.
	session        *melody.Session
	line           *line
	view           *view // nil for a refused visit
	representation Representation

	// Owned by the socket's reading goroutine.
	pace *rate.Limiter

	// Owned by the view's goroutine.
	sent    uint64    // the version of the page that it was last told
	told    time.Time // when it was last told anything
	queue   []parcel  // answers that wait until the line is free
	blocked time.Time // since when the line has been busy with one parcel, as far as heartbeats saw; zero: it is not
	noted   uint32    // credits at the last heartbeat
	waits   bool      // for a read that is due: for its first state, or for an answer

	// Owned by the hub's guard goroutine once the socket is open.
	seen Revisions

	busy    atomic.Bool   // something is being written to the line in a goroutine of its own
	credits atomic.Uint32 // counts what such goroutines have written
	lagging atomic.Bool   // wants to be pumped when the line is free
	closing atomic.Bool
}

const (
	watcherKey = "watcher"
	longQueue  = 128             // queued answers beyond which a client is not reading
	tooSlow    = 5 * time.Second // with a busy line: told to come back later
	goodbye    = 2 * time.Second // how long the closing handshake may take
	swallowed  = 16 << 20        // bytes of a too big message that are read and forgotten

	systemQueue = 16 << 10 // bytes that the system may hold for a socket; Linux makes it the double
)

func newWatcher(h *Hub, v Visit) *watcher {
	return &watcher{hub: h, visit: v, seen: v.Guard.Seen, open: make(chan struct{}), gone: make(chan struct{})}
}

// watcherOf finds the watcher that Serve gave to melody.
func watcherOf(s *melody.Session) *watcher { return s.MustGet(watcherKey).(*watcher) }

// connected is the first event: the socket is open and nothing was written yet.
func (w *watcher) connected(s *melody.Session) {
	if w.visit.Opened != nil {
		defer w.visit.Opened()
	}
	w.session = s
	connection := s.WebsocketConnection()
	w.line = connection.NetConn().(*line) // onLine gave it
	s.Request = nil                       // nobody asks for it again, and it is large
	close(w.open)
	keepShort(w.line.Conn)
	connection.SetPingHandler(w.pinged)
	w.representation = Representation(s.WebsocketConnection().Subprotocol())
	if w.representation == "" {
		w.representation = JSON
	}
	if w.visit.Refusal != nil {
		w.close(w.visit.Refusal)
		return
	}
	w.hub.stats.opened.Add(1)
	var draining bool
	if w.view, draining = w.hub.enter(w); draining {
		w.close(CloseRestart)
		return
	}
	w.view.send(event{kind: joined, watcher: w})
}

// keepShort keeps the system from queueing much for a client that reads slowly: by default it takes megabytes before a write has to
// wait, which a client on a bad line would have to read through before it saw anything new.
func keepShort(connection net.Conn) {
	if secure, ok := connection.(*tls.Conn); ok {
		connection = secure.NetConn()
	}
	if plain, ok := connection.(*net.TCPConn); ok {
		_ = plain.SetWriteBuffer(systemQueue) // a system that can't is as it was
	}
}

// disconnected is the last event.
func (w *watcher) disconnected() {
	close(w.gone)
	if w.view != nil {
		w.view.send(event{kind: left, watcher: w})
		w.hub.exit(w)
		w.hub.stats.ended.Add(1)
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

// write puts a parcel on the line, which must be free. It does not wait for the client.
func (w *watcher) write(p parcel) {
	w.told = time.Now()
	w.hub.stats.messages.Add(uint64(p.messages)) // #nosec G115 -- a count, never below 0
	w.hub.stats.bytes.Add(uint64(len(p.frames)))
	left := w.line.try(p.frames)
	if len(left) == 0 {
		return
	}
	w.busy.Store(true)
	w.hub.work(func() {
		if err := w.line.finish(left, time.Now().Add(writeWait)); err != nil {
			_ = w.line.Close() // its reader finds out and ends the socket
		}
		w.credit()
	})
}

// pinged answers a client's ping, as long as it does not ask too often.
func (w *watcher) pinged(payload string) error {
	if w.closing.Load() || !w.keepsPace() {
		return nil
	}
	// What fails here is found by the next write to or read from the connection.
	_ = w.session.WebsocketConnection().WriteControl(websocket.PongMessage, []byte(payload), time.Now().Add(goodbye/2))
	return nil
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

// credit notes that the line is free again, and asks for more where more waits.
func (w *watcher) credit() {
	w.credits.Add(1)
	w.busy.Store(false)
	if w.lagging.CompareAndSwap(true, false) {
		w.view.send(event{kind: readable, watcher: w})
	}
}

// free reports whether the line takes something. Where it does not, the view is told by a readable event when it does.
func (w *watcher) free() bool {
	if !w.busy.Load() {
		return true
	}
	w.lagging.Store(true)
	return !w.busy.Load() && w.lagging.CompareAndSwap(true, false)
}

// stuck reports whether, by now, the line has been busy with one parcel for tooSlow. It is asked at each heartbeat.
func (w *watcher) stuck(now time.Time) bool {
	credits := w.credits.Load()
	switch {
	case !w.busy.Load() || credits != w.noted:
		w.noted, w.blocked = credits, time.Time{}
	case w.blocked.IsZero():
		w.blocked = now
	}
	return !w.blocked.IsZero() && now.Sub(w.blocked) > tooSlow
}

// close begins the closing handshake of RFC 6455 and cuts the connection when the client does not finish it. Melody's own Close
// would cut at once, and a client whose last message was still unread could miss the code.
func (w *watcher) close(c *Close) {
	if !w.closing.CompareAndSwap(false, true) {
		return
	}
	w.hub.noteClose(c, w.visit.View.Name)
	w.hub.work(func() {
		connection := w.session.WebsocketConnection()
		payload := websocket.FormatCloseMessage(c.Code, c.Reason)
		err := connection.WriteControl(websocket.CloseMessage, payload, time.Now().Add(goodbye/2))
		if err == nil {
			timer := time.NewTimer(goodbye)
			defer timer.Stop()
			select {
			case <-w.gone:
				return
			case <-timer.C:
			}
		}
		_ = connection.Close()
	})
}

// swallow reads on for a moment after a message that was too big: to close with it unread would reset the connection, and
// the client might never learn why.
func (w *watcher) swallow() {
	w.closing.Store(true)
	w.hub.noteClose(CloseTooBig, w.visit.View.Name)
	connection := w.session.WebsocketConnection().NetConn()
	_ = connection.SetReadDeadline(time.Now().Add(goodbye))
	_, _ = io.CopyN(io.Discard, connection, swallowed)
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
