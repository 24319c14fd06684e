package hub

import (
	"errors"
	"fmt"
)

// Close is why a socket is closed: a code of RFC 6455 (or of its 4000 range, for applications) and a few words.
// A read that returns a Close as its error closes the sockets of its view with it.
type Close struct {
	Code   int
	Reason string // at most 123 bytes, by the RFC
}

// Error returns the code and the reason.
func (c *Close) Error() string { return fmt.Sprintf("close %d: %s", c.Code, c.Reason) }

// The ways in which a socket ends, CONTRACT section 5.
var (
	CloseBinary     = &Close{1003, "text frames only"}
	CloseFlood      = &Close{1008, "too many messages"}
	CloseRestart    = &Close{1012, "the server restarts"}
	CloseTooSlow    = &Close{1013, "reads too slowly"}
	CloseNoState    = &Close{1013, "the state can't be read now"}
	CloseSignedOut  = &Close{4401, "signed out"}
	CloseForbidden  = &Close{4403, "not for this role"}
	CloseNoSuchPath = &Close{4404, "no such thing"}
)

// closeFor returns the Close that err carries, or nil.
func closeFor(err error) *Close {
	var c *Close
	if errors.As(err, &c) {
		return c
	}
	return nil
}
