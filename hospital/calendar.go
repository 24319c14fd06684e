package hospital

import "time"

// This file is how the hospital's clocks count: what day it is, when it began, and when they show a
// time of a day. A day is midnight UTC of its date, whatever the zone.

// Zone is the time of the hospital's walls: all times are shown and typed in it.
func (s *Settings) Zone() *time.Location { return s.zone }

// Local is a moment as the hospital's clocks show it.
func (s *Settings) Local(t time.Time) time.Time { return t.In(s.zone) }

// Day is the day that it is in the hospital at a moment.
func (s *Settings) Day(t time.Time) time.Time { return dayIn(s.Local(t)) }

// WeekOf is the first day of the week of a date, midnight UTC.
func (s *Settings) WeekOf(date time.Time) time.Time {
	passed := (int(date.Weekday()-s.WeekStarts.Day()) + 7) % 7
	return date.AddDate(0, 0, -passed)
}

// DayBegins is when the day of a moment began in the hospital.
func (s *Settings) DayBegins(t time.Time) time.Time { return s.At(s.Day(t), 0) }

// At is when the hospital's clocks show a time of a day, given as what has passed since midnight
// on a day without a change. Of a time that they show twice it is the first, and for one that they
// skip the moment at which they skip it, so that each comes once every day.
func (s *Settings) At(day time.Time, clock time.Duration) time.Time {
	const aDay = 24 * time.Hour
	shown := day.Add(clock)
	_, before := shown.Add(-aDay).In(s.zone).Zone()
	_, after := shown.Add(aDay).In(s.zone).Zone()
	for _, offset := range []int{before, after} {
		t := shown.Add(-time.Duration(offset) * time.Second)
		if s.shows(t, shown) {
			return t
		}
	}
	skipped, _ := shown.Add(-time.Duration(before) * time.Second).In(s.zone).ZoneBounds()
	return skipped.UTC()
}

// Typed is the moment at which the hospital's clocks show what t shows in UTC, as At has it.
func (s *Settings) Typed(t time.Time) time.Time {
	day := dayIn(t)
	return s.At(day, t.Sub(day))
}

// shows reports whether the hospital's clocks show at t what is written as a time in UTC.
func (s *Settings) shows(t, shown time.Time) bool {
	_, offset := s.Local(t).Zone()
	return t.Add(time.Duration(offset) * time.Second).Equal(shown)
}

// dayIn is midnight UTC of the day that t shows.
func dayIn(t time.Time) time.Time {
	year, month, date := t.Date()
	return time.Date(year, month, date, 0, 0, 0, 0, time.UTC)
}
