package hospital

import (
	"context"
	"time"
)

// This file says which meals are coming: those that the kitchen works on, so that no other one is
// cooked by accident.

// kitchenDay is the day of the serving of a meal that the kitchen works on now, midnight UTC: as
// long as a late tray of today's can be ordered anywhere it is today's, and then tomorrow's.
func (s *Settings) kitchenDay(m Meal, now time.Time) time.Time {
	today := s.Day(now)
	served, timed := s.Serves(m, 0, today)
	if timed && now.After(served.Add(s.Meal(m).lastTurn()).Add(lateLasts)) {
		return today.AddDate(0, 0, 1)
	}
	return today
}

// coming reports whether a meal of a day is coming: no main meal is still to be served before it.
// What has no time of its own comes always, and so does what is served already.
func (s *Settings) coming(m Meal, day, now time.Time) bool {
	served, timed := s.Serves(m, 0, day)
	if !timed || !now.Before(served) {
		return true
	}
	today := s.Day(now)
	for _, other := range s.MainMeals() {
		for _, otherDay := range []time.Time{today.AddDate(0, 0, -1), today, today.AddDate(0, 0, 1)} {
			first, _ := s.Serves(other, 0, otherDay)
			last := first.Add(s.Meal(other).lastTurn())
			if first.Before(served) && now.Before(last) {
				return false
			}
		}
	}
	return true
}

// checkComing refuses to go on with a locked order of a meal that is not coming.
func (c *change) checkComing(ctx context.Context, o Order) error {
	if SettingsOf(ctx).coming(o.Meal, o.ServiceDate, c.now) {
		return nil
	}
	return o.conflict(c.actor, "not_coming",
		"Order %d is for another meal than the next one. If you mean it, go on from its own page.",
		o.ID)
}
