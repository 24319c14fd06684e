package hospital

import (
	"context"
	"slices"
	"time"
)

// This file says how long hot food may stand. It counts from when its station has done its part, or
// from the tray check where that marked the part. After Settings.HotFoodMinutes screens warn; after
// twice that the tray goes no further, and the food must be cooked again.

// hotStations make what is eaten hot.
var hotStations = []Station{"hot", "porridge"}

// HotFood is the food of a tray that is eaten hot. Its times are zero where there is none that is
// done, and where hospitals do not mind.
type HotFood struct {
	Since       time.Time // of the oldest
	WarnAt      time.Time
	CookAgainAt time.Time
}

// hotFood is the hot food of an order with these parts.
func (s *Settings) hotFood(parts Parts) (hot HotFood) {
	for _, part := range parts {
		if part.DoneAt.IsZero() || !slices.Contains(hotStations, part.Station) {
			continue
		}
		if hot.Since.IsZero() || part.DoneAt.Before(hot.Since) {
			hot.Since = part.DoneAt
		}
	}
	if hot.Since.IsZero() || s.HotFoodMinutes == 0 {
		return HotFood{}
	}
	warn := time.Duration(s.HotFoodMinutes) * time.Minute
	hot.WarnAt, hot.CookAgainAt = hot.Since.Add(warn), hot.Since.Add(2*warn)
	return hot
}

// tooOld reports whether the food must be cooked again.
func (f HotFood) tooOld(now time.Time) bool {
	return !f.CookAgainAt.IsZero() && !now.Before(f.CookAgainAt)
}

// checkFood refuses to go on with a locked order whose hot food has stood for too long.
func (c *change) checkFood(ctx context.Context, o Order) error {
	if !SettingsOf(ctx).hotFood(o.Parts).tooOld(c.now) {
		return nil
	}
	return o.conflict(c.actor, "food_too_old",
		"The hot food of order %d has stood for %d minutes or more. The kitchen must cook it again.",
		o.ID, 2*SettingsOf(ctx).HotFoodMinutes)
}
