package hospital

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// An order whose time is long over and that nobody has ended is past: a meal that was cooked on
// paper, or never. It leaves the lanes and the counts of those who work now, and stands on a list
// of its own until somebody ends them all.

// overAfter is how long after its time an order is past at the earliest; it never is on the day on
// which it was to be eaten.
const overAfter = 4 * time.Hour

// pastBefore is the due time before which what is still open now is past.
func (s *Settings) pastBefore(now time.Time) time.Time {
	over, morning := now.Add(-overAfter), s.DayBegins(now)
	if over.Before(morning) {
		return over
	}
	return morning
}

// splitPast takes from tickets those that were due before a time and are past, oldest first. Of
// those that have ended it keeps none that was.
func splitPast(tickets []Ticket, before time.Time) (present, past []Ticket) {
	for _, t := range tickets {
		switch {
		case !t.Due.Before(before):
			present = append(present, t)
		case !t.Status.Ended():
			past = append(past, t)
		}
	}
	return present, past
}

// PastDay is how many orders of a day are not finished.
type PastDay struct {
	Day   time.Time // midnight UTC of the day in the hospital
	Count int
}

// pastDays counts things by the day on which they were due, the oldest first.
func pastDays[T any](s *Settings, past []T, due func(T) time.Time) (days []PastDay) {
	counts := map[time.Time]int{}
	for _, one := range past {
		counts[s.Day(due(one))]++
	}
	for day, count := range counts {
		days = append(days, PastDay{day, count})
	}
	slices.SortFunc(days, func(a, b PastDay) int { return a.Day.Compare(b.Day) })
	return days
}

// ClosePastOrders ends all orders that are past, as never delivered, and returns how many: those on
// their way become undelivered, all others cancelled. Invalid without a reason, which each of them
// keeps. Each is ended by itself, so that it may be given again.
func (h *Hospital) ClosePastOrders(ctx context.Context, actor Actor,
	reason string) (closed int, err error) {
	if err := actor.need(CookOrders); err != nil {
		return 0, err
	}
	reason = tidy(reason)
	wrong := fields{}
	wrong.line("reason", reason, LongestReason, "Say why they were never delivered.")
	if err := wrong.err(); err != nil {
		return 0, err
	}
	past, err := h.pastOrders(ctx)
	if err != nil {
		return 0, err
	}
	for _, id := range past {
		ended, err := command(ctx, h, actor, func(ctx context.Context, c *change) (bool, error) {
			return c.closePast(ctx, id, reason)
		})
		if err != nil {
			return closed, fmt.Errorf("close order %d: %w", id, err)
		}
		if ended {
			closed++
		}
	}
	return closed, nil
}

// pastOrders lists the orders that are past, the oldest first.
func (h *Hospital) pastOrders(ctx context.Context) ([]int64, error) {
	return readValue(ctx, h, func(ctx context.Context, q *sql.Tx) ([]int64, error) {
		ids, err := queryIDs(ctx, q,
			`SELECT id FROM meal_order WHERE ended_at IS NULL AND due < $1 ORDER BY due, id`,
			instant(SettingsOf(ctx).pastBefore(h.clock(ctx))))
		return ids, wrap(err, "read which orders are past")
	})
}

// closePast ends one order that is past, unless somebody has meanwhile.
func (c *change) closePast(ctx context.Context, id int64, reason string) (ended bool, err error) {
	o, err := c.lockOrder(ctx, id)
	if err != nil {
		return false, err
	}
	if o.Status.Ended() || !o.Due.Before(SettingsOf(ctx).pastBefore(c.now)) {
		return false, nil
	}
	o.CancelReason = reason
	if o.Status != OrderInTransit {
		return true, c.takeBack(ctx, &o, OrderCancelled)
	}
	r, ok, err := c.lockOpenDelivery(ctx, o)
	if err == nil && !ok {
		err = errors.New("an order is on its way without a delivery")
	}
	if err != nil {
		return false, err
	}
	if err := c.putOrder(ctx, &o, OrderUndelivered); err != nil {
		return false, err
	}
	r.FailReason, r.DoneAt = reason, c.now
	return true, c.putDelivery(ctx, &r, o.undeliveredAs())
}
