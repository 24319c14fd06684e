package hospital

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// ForgetOld deletes sessions that have ended or are left alone, links and invitations that have run
// out, failed sign-ins that no longer count, places where nobody has signed in for long, idempotency
// keys that nobody will ask for again, and notifications that are older than the hospital wants to
// keep them. Of patients, stays, orders and the audit nothing is ever deleted. Nothing depends on
// when it is called; the server does so now and then.
func (h *Hospital) ForgetOld(ctx context.Context) error {
	return h.write(ctx, System, func(ctx context.Context, c *change) error {
		for _, old := range []struct {
			statement string
			before    time.Time
		}{
			{`DELETE FROM session WHERE expires_at <= $1`, c.now},
			{`DELETE FROM password_link WHERE expires_at <= $1`, c.now},
			{`DELETE FROM invitation WHERE used_by IS NULL AND expires_at <= $1`, c.now},
			{`DELETE FROM sign_in_failure WHERE last_at <= $1`, c.now.Add(-failuresLast)},
			{`DELETE FROM sign_in_place WHERE last_at <= $1`, c.now.Add(-placesLast)},
			{`DELETE FROM idempotency WHERE created_at <= $1`, c.now.Add(-keysLast)},
			{`DELETE FROM node_pulse WHERE at <= $1`, c.now.Add(-pulsesLast)},
		} {
			if _, err := c.exec(ctx, old.statement, instant(old.before)); err != nil {
				return fmt.Errorf("forget what is old: %w", err)
			}
		}
		return cmp.Or(c.endIdleSessions(ctx), c.forgetUnkept(ctx))
	})
}

// mostForgotten is how many notifications are forgotten at once, so that nobody waits for it.
const mostForgotten = 1000

// forgetUnkept deletes the oldest of the notifications that the hospital does not want to keep any
// longer, read or not.
func (c *change) forgetUnkept(ctx context.Context) error {
	days := SettingsOf(ctx).RetentionDays
	if days == 0 {
		return nil
	}
	rows, err := c.tx.QueryContext(ctx, `DELETE FROM notification WHERE id IN (
			SELECT id FROM notification WHERE created_at < $1 ORDER BY id LIMIT $2)
		RETURNING COALESCE(user_id, 0), role`,
		instant(c.now.AddDate(0, 0, -days)), mostForgotten)
	err = eachRow(rows, err, func(row scanner) error {
		var n Notification
		err := row.Scan(&n.UserID, &n.Role)
		c.touch(n)
		return err
	})
	return wrap(err, "forget notifications that are not kept")
}
