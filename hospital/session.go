package hospital

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Session is one sign-in of one user, on a browser or a program.
type Session struct {
	ID        int64
	User      User
	ExpiresAt time.Time
	UsedAt    time.Time // when somebody last did something with it, to the minute
	// of the user's UserTopic, of the same moment: when it moves, the right to be here must be
	// looked at again
	Revisions
}

// Actor is the session's user as one who gives commands.
func (s Session) Actor(requestID string) Actor {
	return Actor{UserID: s.User.ID, Username: s.User.Username, Role: s.User.Role,
		RequestID: requestID, SessionID: s.ID}
}

// SignIn checks a password and opens a session, and ends the one that the request came with. The
// token is shown once and kept only as its SHA-256. Every failure is the same Unauthenticated error
// after the same work, whether the name, the password or the account was wrong; TooMany after
// repeated failures, with RetryAfter; Unavailable where too many others sign in at
// this moment.
//
// Whatever came of the attempt is known here, and nowhere else; failures and waits are noted in the
// audit.
func (h *Hospital) SignIn(ctx context.Context, username, password string, from Client) (
	token string, s Session, err error,
) {
	defer func() { err = h.noteSignIn(ctx, username, err) }()
	a, err := h.readAttempt(ctx, username, from)
	if err != nil {
		return "", Session{}, err
	}
	if err := h.tryPassword(ctx, &a, typed(password)); err != nil {
		return "", Session{}, err
	}
	return h.openSession(ctx, a)
}

// tryPassword returns nil where the password is right, when its turn has come. Attempts with one
// name from one place are made one after the other, so that many at once are not all taken for the
// first, and that what is right is never counted as wrong. Those that come too early take no turn
// from anybody else.
func (h *Hospital) tryPassword(ctx context.Context, a *loginAttempt, password string) error {
	waiting, cancel := context.WithTimeoutCause(ctx, longestTurn, errLongTurn)
	defer cancel()
	release, err := h.attempts.acquire(waiting, a.priority, slot{a.own, 1})
	if err != nil {
		return waitedTooLong(ctx, waiting, err)
	}
	defer release()
	if err := h.checkThrottle(waiting, a); err != nil {
		return waitedTooLong(ctx, waiting, err)
	}
	right, err := h.checkInTurn(waiting, a, password)
	if err != nil {
		return waitedTooLong(ctx, waiting, err)
	}
	if !right {
		return wrongPassword()
	}
	return nil
}

// checkInTurn checks a password when it is its turn among those of other names and places, and
// counts a wrong one, also for a caller who has left meanwhile. After a wrong one of a slow attempt
// a goroutine gives the turn back, so that it is its caller whom others wait for, and not who answers.
func (h *Hospital) checkInTurn(ctx context.Context, a *loginAttempt,
	password string) (right bool, err error) {
	release, err := h.attempts.acquire(ctx, a.priority, a.slots...)
	if err != nil {
		return false, err
	}
	wrong := false
	defer func() {
		if wrong && a.slow {
			h.slow.Go(func() { defer release(); _ = pause(h.open, slowDelay) })
			return
		}
		release()
	}()
	same, err := h.matches(ctx, a.priority, a.hash, password)
	if err != nil {
		return false, err
	}
	if same && !a.user.Disabled {
		return true, nil
	}
	wrong = true
	return false, h.countFailure(context.WithoutCancel(ctx), *a)
}

// errLongTurn says why a wait for a turn has ended: not because its caller left.
var errLongTurn = errors.New("too many sign-ins at once")

// waitedTooLong words what ended an attempt that waited for its turn: that this took longestTurn,
// or anything else.
func waitedTooLong(ctx, waiting context.Context, err error) error {
	if !errors.Is(context.Cause(waiting), errLongTurn) {
		return notSaved(ctx, err)
	}
	return Busy("sign_in_busy",
		"Very many people are signing in at this moment. Try again in a moment.")
}

// wrongPassword is the one answer to every sign-in that fails.
func wrongPassword() error {
	return Refuse(Unauthenticated, "sign_in",
		"The name or the password is wrong. Try again, or ask for a new password.")
}

// noSession is the one answer to every token that opens nothing.
func noSession() error {
	return Refuse(Unauthenticated, "no_session",
		"You are not signed in, or no longer. Sign in again.")
}

// openSession opens a session for someone whose password was right, unless that has changed while
// it was being checked.
func (h *Hospital) openSession(ctx context.Context,
	a loginAttempt) (token string, s Session, err error) {
	token = newSecret()
	user := a.user
	actor := Actor{UserID: user.ID, Username: user.Username, Role: user.Role}
	err = h.change(ctx, actor, func(ctx context.Context, c *change) error {
		standing, err := c.exec(ctx, `UPDATE app_user SET username = username
			WHERE id = $1 AND password_hash = $2 AND NOT disabled`, user.ID, a.hash)
		if err != nil {
			return fmt.Errorf("lock user %s: %w", user.Username, err)
		}
		if standing == 0 {
			return wrongPassword()
		}
		if err := c.endSession(ctx, a.from.Session); err != nil {
			return err
		}
		lasts := time.Duration(SettingsOf(ctx).SessionHours) * time.Hour
		_, err = c.exec(ctx, `INSERT INTO session
				(token_hash, user_id, created_at, expires_at, address, agent)
			VALUES ($1, $2, $3, $4, $5, $6)`,
			digest(token), user.ID, instant(c.now), instant(c.now.Add(lasts)),
			keepable(a.from.Address), keepableTo(a.from.Agent, longestAgent))
		if err != nil {
			return fmt.Errorf("open a session: %w", err)
		}
		if err := c.recordSuccess(ctx, a); err != nil {
			return err
		}
		c.record(entry{action: "session.sign_in", entity: "user", entityID: user.ID},
			topicOnly(UserTopic(user.ID)))
		return nil
	})
	if err != nil {
		return "", Session{}, err
	}
	s, err = h.SessionByToken(ctx, token)
	return token, s, err
}

// endSession ends the session of a token, if there is one, and records whose it was.
func (c *change) endSession(ctx context.Context, token string) error {
	owners, err := queryIDs(ctx, c.tx,
		`DELETE FROM session WHERE token_hash = $1 RETURNING user_id`, digest(token))
	for _, id := range owners {
		c.record(entry{action: "session.sign_out", entity: "user", entityID: id},
			topicOnly(UserTopic(id)))
	}
	return wrap(err, "end a session")
}

// SessionByToken finds the open session of a token. Unauthenticated where there is none, it has
// ended or its user was disabled.
func (h *Hospital) SessionByToken(ctx context.Context, token string) (Session, error) {
	return readValue(ctx, h, func(ctx context.Context, q *sql.Tx) (Session, error) {
		return openSessionOf(ctx, q, token, h.clock(ctx))
	})
}

// openSessionOf reads the session of a token that is open now.
func openSessionOf(ctx context.Context, q *sql.Tx, token string,
	now time.Time) (s Session, err error) {
	var userID int64
	err = q.QueryRowContext(ctx, `SELECT id, expires_at, COALESCE(used_at, created_at), user_id
		FROM session WHERE token_hash = $1 AND expires_at > $2
		AND COALESCE(used_at, created_at) > $3`,
		digest(token), instant(now), instant(SettingsOf(ctx).idleSince(now))).
		Scan(&s.ID, (*instant)(&s.ExpiresAt), (*instant)(&s.UsedAt), &userID)
	if err := wrapRow(err, noSession, "read a session"); err != nil {
		return s, err
	}
	if s.Revisions, err = revisions(ctx, q, UserTopic(userID)); err != nil {
		return s, err
	}
	if s.User, err = userByID(ctx, q, userID); err == nil && s.User.Disabled {
		err = noSession()
	}
	return s, err
}

// idleSince is when a session must have been used last to be open now.
func (s *Settings) idleSince(now time.Time) time.Time {
	if s.IdleMinutes == 0 {
		return time.UnixMilli(-1)
	}
	return now.Add(-time.Duration(s.IdleMinutes) * time.Minute)
}

// usedEvery is how often it is kept that a session is used.
const usedEvery = time.Minute

// UseSession keeps that somebody does something with a session, where sessions end that are left
// alone.
func (h *Hospital) UseSession(ctx context.Context, s Session) error {
	now := h.clock(ctx)
	if h.KnownSettings().IdleMinutes == 0 || now.Sub(s.UsedAt) < usedEvery {
		return nil
	}
	return h.write(ctx, s.Actor(""), func(ctx context.Context, c *change) error {
		_, err := c.exec(ctx, `UPDATE session SET used_at = $2 WHERE id = $1`, s.ID, instant(c.now))
		return wrap(err, "keep that a session is used")
	})
}

// endIdleSessions ends the sessions that were left alone for too long, and closes their sockets.
func (c *change) endIdleSessions(ctx context.Context) error {
	if SettingsOf(ctx).IdleMinutes == 0 {
		return nil
	}
	owners, err := queryIDs(ctx, c.tx, `DELETE FROM session
		WHERE COALESCE(used_at, created_at) <= $1 RETURNING user_id`,
		instant(SettingsOf(ctx).idleSince(c.now)))
	for _, id := range owners {
		c.record(entry{action: "session.idle", entity: "user", entityID: id},
			topicOnly(UserTopic(id)))
	}
	return wrap(err, "end the sessions that are left alone")
}

// SignIns is who is signed in as one user.
type SignIns struct {
	User
	Open      map[int64]bool // sessions, by their ids; none where the user is disabled
	Revisions                // of the user's UserTopic, of the same moment
}

// SignIns reads who is signed in as a user who is known to exist.
func (h *Hospital) SignIns(ctx context.Context, userID int64) (SignIns, error) {
	return readValue(ctx, h, func(ctx context.Context, q *sql.Tx) (s SignIns, err error) {
		if s.Revisions, err = revisions(ctx, q, UserTopic(userID)); err != nil {
			return s, err
		}
		if s.User, err = userByID(ctx, q, userID); err != nil || s.Disabled {
			return s, err
		}
		open, err := queryIDs(ctx, q,
			`SELECT id FROM session WHERE user_id = $1 AND expires_at > $2
			AND COALESCE(used_at, created_at) > $3`,
			userID, instant(h.clock(ctx)), instant(SettingsOf(ctx).idleSince(h.clock(ctx))))
		s.Open = setOf(open)
		return s, wrap(err, "read the sessions of %s", s.Username)
	})
}

// SignOut ends the session of a token and moves its UserTopic. No error where there is none.
func (h *Hospital) SignOut(ctx context.Context, token string) error {
	s, err := h.SessionByToken(ctx, token)
	if IsKind(err, Unauthenticated) {
		return nil
	}
	if err != nil {
		return err
	}
	return h.change(ctx, s.Actor(""), func(ctx context.Context, c *change) error {
		return c.endSession(ctx, token)
	})
}
