package hospital

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"
)

// Guessing passwords is made slow, never impossible for the one who knows theirs: each failure beyond a number of free
// ones doubles the time until the next attempt for that name from that client address, from that address for whatever name, or
// for that name from wherever, up to longestWait. One address alone can't keep somebody out elsewhere: it is slowed down long
// before the name is. The counts are in the database, so that all nodes share them, and are forgotten when nobody has
// failed for a while.
const (
	freeForPair   = 5
	freeForClient = 50
	freeForName   = 100
	longestWait   = 5 * time.Minute
	failuresLast  = 15 * time.Minute // longer than longestWait, or waiting would be enough to begin anew
)

// nameSubject is under what the failures for a username are counted. Digests, since what people type into the field for the
// name is at times their password.
func nameSubject(username string) string { return "name " + digest(username) }

// pairSubject is under what the failures for a username from a client address are counted.
func pairSubject(username, client string) string { return pairsOf(username) + digest(client) }

// pairsOf is what the pairSubject of a username begins with, whatever the address.
func pairsOf(username string) string { return "pair " + digest(username) + " " }

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
		if err := countFailure(ctx, u.tx, pairSubject(username, client), freeForPair, now); err != nil {
			return err
		}
		return countFailure(ctx, u.tx, nameSubject(username), freeForName, now)
	})
}

// countFailure counts a failure of the subject, or returns TooMany where it is too early for another attempt. Failures
// after which nobody failed for failuresLast do not count.
func countFailure(ctx context.Context, tx *sql.Tx, subject string, free int, now time.Time) error {
	var failures int
	var last time.Time
	err := tx.QueryRowContext(ctx, `INSERT INTO sign_in_failure (subject, failures, last_at) VALUES ($1, 0, $2)
		ON CONFLICT (subject) DO UPDATE SET failures = CASE WHEN sign_in_failure.last_at <= $3 THEN 0 ELSE sign_in_failure.failures END
		RETURNING failures, last_at`,
		subject, instant(now), instant(now.Add(-failuresLast))).Scan(&failures, (*instant)(&last))
	if err != nil {
		return fmt.Errorf("read failed sign-ins: %w", err)
	}
	// Where no wait is due, last may even lie ahead of now: another attempt began later and was counted first.
	if wait := waitAfter(failures-free) - max(now.Sub(last), 0); wait > 0 {
		return Refuse(TooMany, "too_many_attempts", "Too many attempts. Try again in %d s.", int(math.Ceil(wait.Seconds())))
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

// forgetFailures lets a name begin anew, from every address.
func (c *change) forgetFailures(ctx context.Context, username string) error {
	_, err := c.exec(ctx, `DELETE FROM sign_in_failure WHERE subject = $1 OR subject LIKE $2`, nameSubject(username), pairsOf(username)+"%")
	if err != nil {
		return fmt.Errorf("forget failed sign-ins: %w", err)
	}
	return nil
}

// takeBackAttempt lets a name begin anew from a client address, and takes back what countAttempt counted for the address and for the
// name, since the attempt did not fail. What others failed stays counted.
func (c *change) takeBackAttempt(ctx context.Context, username, client string) error {
	// In the order of countAttempt, so that no two sign-ins wait for each other.
	for _, step := range []struct{ statement, subject string }{
		{`UPDATE sign_in_failure SET failures = failures - 1 WHERE subject = $1 AND failures > 0`, clientSubject(client)},
		{`DELETE FROM sign_in_failure WHERE subject = $1`, pairSubject(username, client)},
		{`UPDATE sign_in_failure SET failures = failures - 1 WHERE subject = $1 AND failures > 0`, nameSubject(username)},
	} {
		if _, err := c.exec(ctx, step.statement, step.subject); err != nil {
			return fmt.Errorf("take back an attempt: %w", err)
		}
	}
	return nil
}

// ForgetOld deletes sessions that have ended, failed sign-ins that no longer count, and idempotency keys that nobody will
// ask for again. Nothing depends on when it is called; the server does so now and then.
func (h *Hospital) ForgetOld(ctx context.Context) error {
	now := h.clock(ctx)
	return h.write(ctx, func(ctx context.Context, u *unit) error {
		for _, old := range []struct {
			statement string
			before    time.Time
		}{
			{`DELETE FROM session WHERE expires_at <= $1`, now},
			{`DELETE FROM sign_in_failure WHERE last_at <= $1`, now.Add(-failuresLast)},
			{`DELETE FROM idempotency WHERE created_at <= $1`, now.Add(-keysLast)},
			{`DELETE FROM node_pulse WHERE at <= $1`, now.Add(-pulsesLast)},
		} {
			if _, err := u.tx.ExecContext(ctx, old.statement, instant(old.before)); err != nil {
				return fmt.Errorf("forget what is old: %w", err)
			}
		}
		return nil
	})
}
