package hospital

import (
	"context"
	"fmt"
	"time"
)

// ForgetOld deletes sessions that have ended, links and invitations that have run out, failed
// sign-ins that no longer count, places where nobody has signed in for long, and idempotency keys
// that nobody will ask for again. Nothing depends on when it is called; the server does so now and
// then.
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
		return nil
	})
}
