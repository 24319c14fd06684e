package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// This file is what people do with their own account.

// OpenSession is a session that is open, as its user sees it.
type OpenSession struct {
	ID        int64
	CreatedAt time.Time
	ExpiresAt time.Time
	Address   string // of the client that opened it; empty where nobody knows
	Agent     string // what its browser calls itself; may be empty
	Own       bool   // the one that asks
}

// Account is a person's own, read in one snapshot.
type Account struct {
	User
	Sessions []OpenSession // newest first
}

// Account reads the actor's own.
func (h *Hospital) Account(ctx context.Context, actor Actor) (Account, error) {
	return readAs(ctx, h, actor, ReadOwnSession,
		func(ctx context.Context, q *sql.Tx) (a Account, err error) {
			if a.User, err = userByID(ctx, q, actor.UserID); err != nil {
				return a, err
			}
			rows, err := q.QueryContext(ctx, `SELECT id, created_at, expires_at, address, agent
				FROM session WHERE user_id = $1 AND expires_at > $2`, actor.UserID,
				instant(h.clock(ctx)))
			a.Sessions, err = collect(rows, err, func(row scanner) (s OpenSession, err error) {
				err = row.Scan(&s.ID, (*instant)(&s.CreatedAt), (*instant)(&s.ExpiresAt), &s.Address,
					&s.Agent)
				s.Own = s.ID == actor.SessionID
				return s, err
			})
			slices.SortFunc(a.Sessions, func(a, b OpenSession) int {
				return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID))
			})
			return a, wrap(err, "read the sessions of %s", actor.Username)
		})
}

// ChangePassword replaces the actor's own password and ends all their other sessions. Invalid where
// current is not the present password, or next can't be one; TooMany as for SignIn, for whoever
// finds an open screen could guess.
func (h *Hospital) ChangePassword(ctx context.Context, actor Actor, current, next string,
	from Client) error {
	if err := actor.need(ReadOwnSession); err != nil {
		return err
	}
	a, err := h.readAttempt(ctx, actor.Username, from)
	if err != nil {
		return err
	}
	if err := h.tryPassword(ctx, &a, typed(current)); err != nil {
		return wrongCurrent(h.noteSignIn(ctx, actor.Username, err))
	}
	hash, err := h.newPassword(ctx, actor.Username, "new", next)
	if err != nil {
		return err
	}
	return h.change(ctx, actor, func(ctx context.Context, c *change) error {
		user, err := c.lockUser(ctx, actor.Username)
		if err == nil {
			err = c.setPassword(ctx, user, hash, "user.change_password")
		}
		if err != nil {
			return err
		}
		_, err = c.exec(ctx, `DELETE FROM session WHERE user_id = $1 AND id <> $2`, user.ID,
			actor.SessionID)
		return wrap(err, "end the other sessions of %s", user.Username)
	})
}

// wrongCurrent says at the field that the present password was not right.
func wrongCurrent(err error) error {
	if !IsKind(err, Unauthenticated) {
		return err
	}
	return refuseField("current", "password_wrong", "This is not your present password.")
}

// EndOwnSession ends a session of the actor's. NotFound where it is nobody's or another's.
func (h *Hospital) EndOwnSession(ctx context.Context, actor Actor, id int64) error {
	return h.changeAs(ctx, actor, ReadOwnSession, func(ctx context.Context, c *change) error {
		ended, err := c.exec(ctx, `DELETE FROM session WHERE id = $1 AND user_id = $2`, id,
			actor.UserID)
		if err != nil {
			return fmt.Errorf("end session %d: %w", id, err)
		}
		if ended == 0 {
			return Refuse(NotFound, "session_unknown", "That session has ended already.")
		}
		c.record(entry{action: "session.end", entity: "user", entityID: actor.UserID},
			topicOnly(UserTopic(actor.UserID)))
		return nil
	})
}

// SetOwnLanguage remembers in which language the actor reads. What stands already changes nothing.
func (h *Hospital) SetOwnLanguage(ctx context.Context, actor Actor, language string) error {
	return h.changeAs(ctx, actor, ReadOwnSession, func(ctx context.Context, c *change) error {
		if err := c.lockUserID(ctx, actor.UserID); err != nil {
			return err
		}
		user, err := userByID(ctx, c.tx, actor.UserID)
		if err != nil {
			return err
		}
		return c.setUser(ctx, user, SetUserCommand{Language: &language})
	})
}
