package hospital

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"fmt"
	"time"
)

// PasswordLinkLasts is how long somebody has to set a password with the link that they were given.
const PasswordLinkLasts = 72 * time.Hour

// PasswordLink lets a person set a password once. Whoever made it is shown the token, and nobody
// after that: it is kept as its SHA-256 only.
type PasswordLink struct {
	User      User
	Token     string // empty for whoever reads it later
	ExpiresAt time.Time
}

// InviteUser creates a login without a password, and the link with which the person sets one.
// Invalid names wrong fields, Conflict a name that is taken. The same key brings the same link.
func (h *Hospital) InviteUser(ctx context.Context, actor Actor, user AddUserCommand,
	key string) (link PasswordLink, err error) {
	user = user.tidied()
	user.Password, user.Demo = "", false
	if err := cmp.Or(actor.need(ManageUsers), user.wrong().err()); err != nil {
		return link, err
	}
	link.Token = h.secretFor(actor, "user.add", key)
	link.User, _, err = create(ctx, h, actor, creation[User]{name: "user.add", key: key, said: user,
		make: func(ctx context.Context, c *change) (int64, error) {
			id, err := c.addUser(ctx, user, noPassword)
			if err != nil {
				return 0, err
			}
			return id, c.givePasswordLink(ctx, id, link.Token)
		},
		read: func(ctx context.Context, q *sql.Tx, id int64) (User, error) {
			if link.ExpiresAt, err = linkExpires(ctx, q, id); err != nil {
				return User{}, err
			}
			return userByID(ctx, q, id)
		},
	})
	return link, err
}

// ResetUser takes a user's password away, signs them out everywhere and returns the link with which
// they set another one. NotFound where there is no such user, Conflict for one's own: whoever loses
// the link could not come back.
func (h *Hospital) ResetUser(ctx context.Context, actor Actor, id int64) (link PasswordLink,
	err error) {
	if err := actor.need(ManageUsers); err != nil {
		return link, err
	}
	if id == actor.UserID && id != 0 {
		return link, Refuse(Conflict, "own_login",
			"This is your own account. Change your password on the page of your account.")
	}
	return command(ctx, h, actor, func(ctx context.Context, c *change) (PasswordLink, error) {
		link := PasswordLink{Token: newSecret(), ExpiresAt: c.now.Add(PasswordLinkLasts)}
		if err := c.lockUserID(ctx, id); err != nil {
			return link, err
		}
		user, err := userByID(ctx, c.tx, id)
		if err == nil {
			err = c.setPassword(ctx, user, noPassword, "user.reset")
		}
		if err == nil {
			err = c.endSessions(ctx, user)
		}
		if err == nil {
			err = c.givePasswordLink(ctx, id, link.Token)
		}
		if err == nil {
			link.User, err = userByID(ctx, c.tx, id)
		}
		return link, err
	})
}

// newSecret is a token that nobody guesses.
func newSecret() string {
	secret := make([]byte, sha256.Size)
	rand.Read(secret) // never fails
	return base64.RawURLEncoding.EncodeToString(secret)
}

// secretFor is a new secret, or, for a command with an idempotency key, always the same one: who
// did not get the answer asks again, and no secret is kept to be told twice.
func (h *Hospital) secretFor(actor Actor, command, key string) string {
	if key == "" {
		return newSecret()
	}
	mac := hmac.New(sha256.New, []byte(h.deviceKey))
	fmt.Fprintf(mac, "link %d %s %s", actor.UserID, command, key)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// givePasswordLink keeps the link of a locked user, instead of any that they had.
func (c *change) givePasswordLink(ctx context.Context, userID int64, token string) error {
	_, err := c.exec(ctx, `INSERT INTO password_link (user_id, token_hash, expires_at)
		VALUES ($1, $2, $3) ON CONFLICT (user_id) DO UPDATE
		SET token_hash = excluded.token_hash, expires_at = excluded.expires_at`,
		userID, digest(token), instant(c.now.Add(PasswordLinkLasts)))
	return wrap(err, "keep a link for user %d", userID)
}

// dropPasswordLink takes the link of a locked user back, if they have one.
func (c *change) dropPasswordLink(ctx context.Context, user User) error {
	_, err := c.exec(ctx, `DELETE FROM password_link WHERE user_id = $1`, user.ID)
	return wrap(err, "take back the link of %s", user.Username)
}

// linkExpires reads until when a user's link is good; zero where they have none.
func linkExpires(ctx context.Context, q *sql.Tx, userID int64) (at time.Time, err error) {
	err = q.QueryRowContext(ctx, `SELECT COALESCE(MAX(expires_at), 0) FROM password_link
		WHERE user_id = $1`, userID).Scan((*instant)(&at))
	if at.Equal(time.UnixMilli(0)) {
		at = time.Time{}
	}
	return at, wrap(err, "read the link of user %d", userID)
}

// PasswordLinkOf finds for whom a link is that is still good. NotFound for any other.
func (h *Hospital) PasswordLinkOf(ctx context.Context, token string) (PasswordLink, error) {
	return readValue(ctx, h, func(ctx context.Context, q *sql.Tx) (PasswordLink, error) {
		return passwordLink(ctx, q, token, h.clock(ctx))
	})
}

// passwordLink reads the link of a token that is good now.
func passwordLink(ctx context.Context, q *sql.Tx, token string,
	now time.Time) (link PasswordLink, err error) {
	var userID int64
	err = q.QueryRowContext(ctx, `SELECT user_id, expires_at FROM password_link
		WHERE token_hash = $1 AND expires_at > $2`, digest(token), instant(now)).
		Scan(&userID, (*instant)(&link.ExpiresAt))
	if err := wrapRow(err, usedUp, "read a link"); err != nil {
		return link, err
	}
	if link.User, err = userByID(ctx, q, userID); err == nil && link.User.Disabled {
		err = usedUp()
	}
	return link, err
}

// usedUp is the one answer to every link that opens nothing.
func usedUp() error {
	return Refuse(NotFound, "link_used",
		"This link was used already, or has run out. Ask for a new one.")
}

// SetPasswordByLink sets the password of whom a link is for, and takes the link back. NotFound where
// the link is no longer good, Invalid for a password that can't be typed or is easily guessed.
func (h *Hospital) SetPasswordByLink(ctx context.Context, token, password string) (User, error) {
	link, err := h.PasswordLinkOf(ctx, token)
	if err != nil {
		return User{}, err
	}
	hash, err := h.newPassword(ctx, link.User.Username, "password", password)
	if err != nil {
		return User{}, err
	}
	themselves := Actor{UserID: link.User.ID, Username: link.User.Username, Role: link.User.Role}
	return command(ctx, h, themselves, func(ctx context.Context, c *change) (User, error) {
		if err := c.lockUserID(ctx, link.User.ID); err != nil {
			return User{}, err
		}
		link, err := passwordLink(ctx, c.tx, token, c.now) // of two at once, one
		if err != nil {
			return User{}, err
		}
		if err := c.setPassword(ctx, link.User, hash, "user.choose_password"); err != nil {
			return User{}, err
		}
		return userByID(ctx, c.tx, link.User.ID)
	})
}
