package hospital

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"
)

// Guessing passwords is made slow, never impossible for the one who knows theirs: each failure beyond a number of free
// ones doubles the time until the next attempt for that name, or from that client address, up to longestWait. The counts
// are in the database, so that all nodes share them, and are forgotten when nobody has failed for a while.
const (
	freeForName   = 5
	freeForClient = 50
	longestWait   = 5 * time.Minute
	failuresLast  = 15 * time.Minute // longer than longestWait, or waiting would be enough to begin anew
)

// nameSubject is under what the failures for a username are counted. Digests, since what people type into the field for the
// name is at times their password.
func nameSubject(username string) string { return "name " + digest(username) }

// clientSubject is under what the failures from a client address are counted.
func clientSubject(client string) string { return "client " + digest(client) }

// countAttempt counts an attempt to sign in as a failure before it is made, so that many at once are not all taken for
// the first, or returns TooMany where it has to wait.
func (h *Hospital) countAttempt(ctx context.Context, username, client string) error {
	now := h.clock(ctx)
	return h.write(ctx, func(ctx context.Context, u *unit) error {
		// The client's row first, for everyone: no two attempts wait for each other.
		if err := countFailure(ctx, u.tx, clientSubject(client), freeForClient, now); err != nil {
			return err
		}
		return countFailure(ctx, u.tx, nameSubject(username), freeForName, now)
	})
}

// countFailure counts a failure of the subject, or returns TooMany where it is too early for another attempt. What is
// too old to count has been forgotten before.
func countFailure(ctx context.Context, tx *sql.Tx, subject string, free int, now time.Time) error {
	var failures int
	var last time.Time
	err := tx.QueryRowContext(ctx, `INSERT INTO sign_in_failure (subject, failures, last_at) VALUES ($1, 0, $2)
		ON CONFLICT (subject) DO UPDATE SET failures = sign_in_failure.failures RETURNING failures, last_at`,
		subject, instant(now)).Scan(&failures, (*instant)(&last))
	if err != nil {
		return fmt.Errorf("read failed sign-ins: %w", err)
	}
	if wait := waitAfter(failures-free) - now.Sub(last); wait > 0 {
		return Refuse(TooMany, "too_many_attempts", "Too many attempts. Wait %d seconds, then try again.", int(math.Ceil(wait.Seconds())))
	}
	_, err = tx.ExecContext(ctx, `UPDATE sign_in_failure SET failures = $2, last_at = $3 WHERE subject = $1`,
		subject, failures+1, instant(now))
	if err != nil {
		return fmt.Errorf("count a failed sign-in: %w", err)
	}
	return nil
}

// waitAfter is how long nobody may try again after so many failures beyond the free ones.
func waitAfter(beyond int) time.Duration {
	if beyond < 0 {
		return 0
	}
	return min(time.Second<<min(beyond, 10), longestWait)
}

// forgetFailures lets a name begin anew.
func (c *change) forgetFailures(ctx context.Context, username string) error {
	if _, err := c.exec(ctx, `DELETE FROM sign_in_failure WHERE subject = $1`, nameSubject(username)); err != nil {
		return fmt.Errorf("forget failed sign-ins: %w", err)
	}
	return nil
}

// takeBackAttempt takes back what countAttempt counted for the client, since the attempt did not fail. What others failed
// from the same address, such as that of a whole hospital, stays counted.
func (c *change) takeBackAttempt(ctx context.Context, client string) error {
	_, err := c.exec(ctx, `UPDATE sign_in_failure SET failures = failures - 1 WHERE subject = $1 AND failures > 0`, clientSubject(client))
	if err != nil {
		return fmt.Errorf("take back an attempt: %w", err)
	}
	return nil
}

// forgetOld deletes sessions that have ended, failures that no longer count, and idempotency keys that nobody will ask
// for again.
func (h *Hospital) forgetOld(ctx context.Context) error {
	now := h.clock(ctx)
	return h.write(ctx, func(ctx context.Context, u *unit) error {
		for _, old := range []struct {
			statement string
			before    time.Time
		}{
			{`DELETE FROM session WHERE expires_at <= $1`, now},
			{`DELETE FROM sign_in_failure WHERE last_at <= $1`, now.Add(-failuresLast)},
			{`DELETE FROM idempotency WHERE created_at <= $1`, now.Add(-keysLast)},
		} {
			if _, err := u.tx.ExecContext(ctx, old.statement, instant(old.before)); err != nil {
				return fmt.Errorf("forget what is old: %w", err)
			}
		}
		return nil
	})
}
