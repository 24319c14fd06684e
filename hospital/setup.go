package hospital

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// This file lets somebody in who sets the hospital up: there are no accounts yet, and never a
// default password. Whoever starts the server is shown a link, with which the first administrator's
// account is made, once.

// SetupLasts is how long a link to set the hospital up is good.
const SetupLasts = time.Hour

const setupLink = "setup_link" // in meta: the SHA-256 of the token, and until when it is good

// SetupLink lets somebody make the first account. It is empty where there are accounts.
type SetupLink struct {
	Token     string
	ExpiresAt time.Time
}

// NewSetupLink makes a link, instead of any before it, while nobody has an account.
func (h *Hospital) NewSetupLink(ctx context.Context) (link SetupLink, err error) {
	err = h.write(ctx, System, func(ctx context.Context, c *change) error {
		link = SetupLink{}
		begun, err := anyUsers(ctx, c.tx)
		if err != nil || begun {
			return err
		}
		link = SetupLink{Token: newSecret(), ExpiresAt: c.now.Add(SetupLasts)}
		_, err = c.exec(ctx, `INSERT INTO meta (name, value) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, setupLink,
			fmt.Sprintf("%s %d", digest(link.Token), link.ExpiresAt.UnixMilli()))
		return wrap(err, "keep the link to set the hospital up")
	})
	return link, err
}

// anyUsers reports whether anybody has an account.
func anyUsers(ctx context.Context, q *sql.Tx) (bool, error) {
	any, err := scanValue[bool](q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM app_user)`))
	return any, wrap(err, "read whether there are accounts")
}

// CheckSetup returns NotFound unless the hospital can be set up with a token now.
func (h *Hospital) CheckSetup(ctx context.Context, token string) error {
	return h.read(ctx, func(ctx context.Context, q *sql.Tx) error {
		return checkSetup(ctx, q, token, h.clock(ctx))
	})
}

// checkSetup is CheckSetup in a transaction.
func checkSetup(ctx context.Context, q *sql.Tx, token string, now time.Time) error {
	kept, err := scanValue[string](q.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = $1`,
		setupLink))
	if errors.Is(err, sql.ErrNoRows) {
		return setupOver()
	}
	if err != nil {
		return wrap(err, "read the link to set the hospital up")
	}
	hash, until, _ := strings.Cut(kept, " ")
	expires, err := strconv.ParseInt(until, 10, 64)
	if err != nil || hash != digest(token) || now.UnixMilli() >= expires {
		return setupOver()
	}
	begun, err := anyUsers(ctx, q)
	if err == nil && begun {
		return setupOver()
	}
	return err
}

// setupOver is the one answer to every link that sets nothing up.
func setupOver() error {
	return Refuse(NotFound, "setup_over", "This link has run out, or was used already. "+
		"Sign in, or start the server again and take the link that it prints.")
}

// BeginSetup makes the first administrator and uses the link up. NotFound where it is no longer
// good, Invalid for wrong fields.
func (h *Hospital) BeginSetup(ctx context.Context, token string,
	user AddUserCommand) (User, error) {
	if err := h.CheckSetup(ctx, token); err != nil { // before the work of a hash
		return User{}, err
	}
	user = user.tidied()
	user.Role, user.Demo, user.Disabled = Admin, false, false
	wrong := user.wrong()
	wrong.password(user.Username, user.Password)
	if err := wrong.err(); err != nil {
		return User{}, err
	}
	hash, err := h.hashPassword(ctx, typed(user.Password))
	if err != nil {
		return User{}, notSaved(ctx, err)
	}
	themselves := Actor{Username: user.Username, Role: Admin}
	return command(ctx, h, themselves, func(ctx context.Context, c *change) (User, error) {
		if err := c.useSetup(ctx, token); err != nil {
			return User{}, err
		}
		id, err := c.addUser(ctx, user, hash)
		if err != nil {
			return User{}, err
		}
		return userByID(ctx, c.tx, id)
	})
}

// useSetup uses a link up. Of two at once, one finds it.
func (c *change) useSetup(ctx context.Context, token string) error {
	if err := checkSetup(ctx, c.tx, token, c.now); err != nil {
		return err
	}
	used, err := c.exec(ctx, `DELETE FROM meta WHERE name = $1 AND value LIKE $2`, setupLink,
		digest(token)+" %")
	if err == nil && used == 0 {
		return setupOver()
	}
	return wrap(err, "use the link to set the hospital up")
}

// Unclaimed reports whether nobody has an account yet.
func (h *Hospital) Unclaimed(ctx context.Context) (bool, error) {
	return readValue(ctx, h, func(ctx context.Context, q *sql.Tx) (bool, error) {
		any, err := anyUsers(ctx, q)
		return !any, err
	})
}
