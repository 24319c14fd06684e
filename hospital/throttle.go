package hospital

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"
)

// Guessing passwords is made slow, and nobody is kept out by what others guess.
//
// A device that has signed in to the account before, and shows what it was given then, is slowed by
// its own failures alone. So is, for each of its addresses, a name from anywhere else: a few
// failures are free, then each doubles the time until the next attempt, up to longestWait. That
// comes to at most 300 guesses a day at one name from one device or one address, where an IPv6
// address counts as its network of 64 bits; whoever guesses from a hundred addresses has 30,000,
// and whoever comes from the hundred-and-first does not notice.
//
// Beside that, a device that is not known takes turns with all others where very many have failed
// at its name, or many from its address under whatever names, unless this name has signed in from
// there of late. There are attemptsAtOnce turns, and one in which the password was wrong lasts
// slowDelay longer: at most 4 guesses a second and node at one name from however many addresses, and
// as many from one address. The next turn is for whoever has failed least at the name, so that those
// who guess wait for everyone else. An attempt that waits is never refused, unless so many wait
// before it that longestTurn would pass.
//
// The counts are in the database, so that all nodes share them, and are forgotten when nobody has
// failed for failuresLast.
const (
	freeForOwn    = 5
	freeForClient = 50
	freeForName   = 1000
	longestWait   = 5 * time.Minute
	failuresLast  = time.Hour // so long that to pause and begin anew brings no more guesses
	placesLast    = 30 * 24 * time.Hour

	slowDelay      = time.Second
	attemptsAtOnce = 4
	longestTurn    = 15 * time.Second
)

// Client is what the request of an attempt to sign in says of where it comes from.
type Client struct {
	Address string // of its network
	Agent   string // what the browser calls itself; may be empty
	Devices string // what RememberDevice left there; empty: nothing
	Session string // token of the session that came along, which a sign-in ends; empty: none
}

// Under what failures are counted. Digests, since what people type into the field for the name is
// at times their password.

func nameSubject(username string) string { return "name " + digest(username) }

func clientSubject(network string) string { return "client " + digest(network) }

func pairSubject(username, network string) string { return pairsOf(username) + digest(network) }

func deviceSubject(username, device string) string { return devicesOf(username) + digest(device) }

// pairsOf and devicesOf are what the subjects of a username begin with, whatever the address or the
// device.
func pairsOf(username string) string   { return "pair " + digest(username) + " " }
func devicesOf(username string) string { return "device " + digest(username) + " " }

// loginAttempt is one attempt to sign in, and what is known of it before its password is looked at.
type loginAttempt struct {
	username string
	from     Client
	user     User         // whom the name belongs to; zero: nobody
	hash     passwordHash // nothing matches it where nobody has the name
	own      string       // whose failures say when it may be tried again
	shared   []string     // for what else it counts when it fails, in the order of locking
	slots    []slot       // that it has to wait for when it is its own turn, in this order
	slow     bool         // whether a failure holds them for slowDelay
	priority priority
}

// readAttempt reads what is known of an attempt to sign in.
func (h *Hospital) readAttempt(ctx context.Context, username string,
	from Client) (loginAttempt, error) {
	return readValue(ctx, h, func(ctx context.Context, q *sql.Tx) (a loginAttempt, err error) {
		a = loginAttempt{username: foldUsername(username), from: from}
		if a.user, a.hash, err = credentials(ctx, q, a.username); err != nil {
			return a, err
		}
		if device := h.device(from.Devices, a.user, a.hash); device != "" {
			a.own, a.priority = deviceSubject(a.username, device), knownDevice
			return a, nil
		}
		err = a.readUnknownDevice(ctx, q, h.clock(ctx))
		return a, err
	})
}

// readUnknownDevice reads what slows an attempt from a device that is not known.
func (a *loginAttempt) readUnknownDevice(ctx context.Context, q *sql.Tx, now time.Time) error {
	network := Network(a.from.Address)
	client, name := clientSubject(network), nameSubject(a.username)
	a.own, a.shared = pairSubject(a.username, network), []string{client, name}
	a.priority = unknownDevice
	atHome, err := signedInFrom(ctx, q, a.own, now)
	if err != nil || atHome {
		return err
	}
	fromClient, _, err := failuresOf(ctx, q, client, now)
	if err != nil {
		return err
	}
	atName, _, err := failuresOf(ctx, q, name, now)
	if err != nil {
		return err
	}
	a.slow = fromClient >= freeForClient || atName >= freeForName
	a.slots = []slot{{client, attemptsAtOnce}}
	if atName >= freeForName {
		a.slots = append(a.slots, slot{name, attemptsAtOnce})
	}
	return nil
}

// credentials finds who has a name and the hash to check the password against: one that nothing
// matches where nobody has it.
func credentials(ctx context.Context, q *sql.Tx, username string) (User, passwordHash, error) {
	user, hash, err := userByName(ctx, q, username)
	if IsKind(err, NotFound) {
		return User{}, noPassword, nil
	}
	return user, hash, err
}

// signedInFrom reports whether the name has signed in from the address of late.
func signedInFrom(ctx context.Context, q *sql.Tx, pair string, now time.Time) (bool, error) {
	is, err := scanValue[bool](q.QueryRowContext(ctx, `SELECT EXISTS (
		SELECT 1 FROM sign_in_place WHERE subject = $1 AND last_at > $2)`,
		pair, instant(now.Add(-placesLast))))
	return is, wrap(err, "read where somebody has signed in")
}

// failuresOf reads how often a subject has failed of late, and when it did last.
func failuresOf(ctx context.Context, q *sql.Tx, subject string, now time.Time) (
	failures int, last time.Time, err error,
) {
	err = q.QueryRowContext(ctx, `SELECT failures, last_at FROM sign_in_failure
		WHERE subject = $1 AND last_at > $2`, subject,
		instant(now.Add(-failuresLast))).Scan(&failures, (*instant)(&last))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, time.Time{}, fmt.Errorf("read failed sign-ins: %w", err)
	}
	return failures, last, nil
}

// checkThrottle returns TooMany where it is too early for another attempt, with RetryAfter.
// Whoever has failed before comes after all who have failed less.
func (h *Hospital) checkThrottle(ctx context.Context, a *loginAttempt) error {
	now := h.clock(ctx)
	var last time.Time
	failures, err := readValue(ctx, h, func(ctx context.Context, q *sql.Tx) (n int, err error) {
		n, last, err = failuresOf(ctx, q, a.own, now)
		return n, err
	})
	if err != nil {
		return err
	}
	if last.After(now) { // the clock was ahead: what happened then counts as if it had happened now
		if err := h.clampLastFailure(ctx, a.own, now); err != nil {
			return err
		}
		last = now
	}
	if wait := waitAfter(failures-freeForOwn) - now.Sub(last); wait > 0 {
		return tooManyAttempts(wait)
	}
	if a.priority == unknownDevice {
		a.priority = min(unknownDevice+priority(failures), failedOften)
	}
	return nil
}

// tooManyAttempts is the refusal of an attempt that comes too early.
func tooManyAttempts(wait time.Duration) error {
	seconds := int(math.Ceil(wait.Seconds()))
	refusal := Refuse(TooMany, "too_many_attempts", "Too many attempts. Try again in %d s.", seconds)
	refusal.RetryAfter = time.Duration(seconds) * time.Second
	return refusal
}

// waitAfter is how long nobody may try again after so many failures beyond the free ones.
func waitAfter(beyond int) time.Duration {
	if beyond < 0 {
		return 0
	}
	return min(time.Second<<min(beyond, 10), longestWait)
}

// clampLastFailure moves the last failure of a subject back to now, where it lies ahead.
func (h *Hospital) clampLastFailure(ctx context.Context, subject string, now time.Time) error {
	return h.write(ctx, System, func(ctx context.Context, c *change) error {
		_, err := c.exec(ctx, `UPDATE sign_in_failure SET last_at = $2
			WHERE subject = $1 AND last_at > $2`, subject, instant(now))
		return wrap(err, "clamp a failed sign-in")
	})
}

// countFailure counts an attempt that failed. The subjects that it shares with others come first,
// in the same order for everyone: no two attempts wait for each other.
func (h *Hospital) countFailure(ctx context.Context, a loginAttempt) error {
	return h.write(ctx, System, func(ctx context.Context, c *change) error {
		for _, subject := range append(a.shared, a.own) {
			_, err := c.exec(ctx, `INSERT INTO sign_in_failure (subject, failures, last_at)
				VALUES ($1, 1, $2) ON CONFLICT (subject) DO UPDATE SET last_at = $2,
				failures = CASE WHEN sign_in_failure.last_at <= $3 THEN 1
					ELSE sign_in_failure.failures + 1 END`,
				subject, instant(c.now), instant(c.now.Add(-failuresLast)))
			if err != nil {
				return fmt.Errorf("count a failed sign-in: %w", err)
			}
		}
		return nil
	})
}

// recordSuccess lets whoever has signed in begin anew, and remembers where the name has done so.
// What was counted for the name or for the address stays: others may have failed there.
func (c *change) recordSuccess(ctx context.Context, a loginAttempt) error {
	if _, err := c.exec(ctx, `DELETE FROM sign_in_failure WHERE subject = $1`, a.own); err != nil {
		return fmt.Errorf("forget failed sign-ins: %w", err)
	}
	_, err := c.exec(ctx, `INSERT INTO sign_in_place (subject, last_at) VALUES ($1, $2)
		ON CONFLICT (subject) DO UPDATE SET last_at = $2`,
		pairSubject(a.username, Network(a.from.Address)), instant(c.now))
	return wrap(err, "remember where somebody signed in")
}

// clearFailures lets a name begin anew, from every address and device.
func (c *change) clearFailures(ctx context.Context, username string) error {
	_, err := c.exec(ctx, `DELETE FROM sign_in_failure
		WHERE subject = $1 OR subject LIKE $2 OR subject LIKE $3`,
		nameSubject(username), pairsOf(username)+"%", devicesOf(username)+"%")
	return wrap(err, "forget failed sign-ins")
}

// UnlockUser lets a name that was guessed at be tried again at once, from everywhere. Sessions
// stand. NotFound where there is no such user.
func (h *Hospital) UnlockUser(ctx context.Context, actor Actor, username string) error {
	return h.changeAs(ctx, actor, ManageUsers, func(ctx context.Context, c *change) error {
		user, err := c.lockUser(ctx, username)
		if err != nil {
			return err
		}
		c.record(entry{action: "user.unlock", entity: "user", entityID: user.ID}, user)
		return c.clearFailures(ctx, user.Username)
	})
}
