package hospital

import (
	"context"
	"time"
)

// SessionLasts is how long a sign-in stands: a shift.
const SessionLasts = 12 * time.Hour

// Session is one sign-in of one user, on a browser or a program.
type Session struct {
	ID        int64
	User      User
	ExpiresAt time.Time
	Revisions // of the user's UserTopic, read in the same statement: when it moves, the right to be here must be looked at again
}

// Actor is the session's user as one who gives commands.
func (s Session) Actor(requestID string) Actor {
	return Actor{UserID: s.User.ID, Username: s.User.Username, Role: s.User.Role, RequestID: requestID}
}

// SignIn checks a password and opens a session. The token is shown once and kept only as its SHA-256. Every failure is the same
// Unauthenticated error after the same work, whether the name, the password or the account was wrong; TooMany after
// repeated failures for that name or from that client address, with the time to wait in Args.
func (h *Hospital) SignIn(ctx context.Context, username, password, client string) (token string, s Session, err error) {
	panic("unbuilt")
}

// SessionByToken finds the open session of a token. Unauthenticated where there is none, it has ended or its user was disabled.
func (h *Hospital) SessionByToken(ctx context.Context, token string) (Session, error) {
	panic("unbuilt")
}

// SignOut ends the session of a token and moves its UserTopic. No error where there is none.
func (h *Hospital) SignOut(ctx context.Context, token string) error { panic("unbuilt") }
