package hub

import (
	"errors"
	"fmt"
	"log/slog"
)

// Close is why a socket is closed: a code of RFC 6455 (or of its 4000 range, for applications) and
// a few words. A read that returns a Close as its error closes the sockets of its view with it.
type Close struct {
	Code   int
	Reason string // at most 123 bytes, by the RFC
}

// Error returns the code and the reason.
func (c *Close) Error() string { return fmt.Sprintf("close %d: %s", c.Code, c.Reason) }

// The ways in which a socket ends: docs/contract.md#websockets.
var (
	CloseBinary     = &Close{1003, "text frames only"}
	CloseFlood      = &Close{1008, "too many messages"}
	CloseTooBig     = &Close{1009, "message too big"}
	CloseRestart    = &Close{1012, "the server restarts"}
	CloseAnew       = &Close{1012, "the account has changed: connect anew"}
	CloseTooSlow    = &Close{1013, "reads too slowly"}
	CloseNoState    = &Close{1013, "the state can't be read now"}
	CloseSignedOut  = &Close{4401, "signed out"}
	CloseForbidden  = &Close{4403, "not for this role"}
	CloseNoSuchPath = &Close{4404, "no such thing"}
)

// noteClose counts a socket that is closed and tells the log why: of a client that misbehaves as a
// warning, of one whose right to be here has ended or never was for information. That all are
// closed at a restart is told once, by whoever stops the server. Strangers are only counted:
// anybody can be as many of them as they like.
func (h *Hub) noteClose(c *Close, s Subscription) {
	h.metrics.closed(c.Code)
	level := slog.LevelWarn
	switch {
	case s.Refusal == CloseSignedOut:
		h.metrics.strangers.Inc()
		level = slog.LevelDebug
	case c == CloseRestart, c == CloseAnew:
		level = slog.LevelDebug
	case c == CloseSignedOut, c == CloseForbidden, c == CloseNoSuchPath:
		level = slog.LevelInfo
	}
	h.config.Log.Log(h.base, level, "socket closed",
		"code", c.Code, "reason", c.Reason, "view", s.View.Name)
}

// closeFor returns the Close that err carries, or nil.
func closeFor(err error) *Close {
	c, _ := errors.AsType[*Close](err)
	return c
}
