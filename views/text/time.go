package text

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the hospital's zone must be known on every machine
)

// Kigali is the time of the hospital's walls: all times are shown and typed in it. It has no
// daylight saving.
var Kigali = mustLoad("Africa/Kigali")

func mustLoad(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic("text: " + err.Error())
	}
	return zone
}

// Clock is a time of day to the second, "14:05:09", the same in every language.
func Clock(_ context.Context, t time.Time) string { return t.In(Kigali).Format("15:04:05") }

// Minute is a time of day to the minute, "14:05", the same in every language.
func Minute(_ context.Context, t time.Time) string { return t.In(Kigali).Format("15:04") }

// Moment is a day and a time of day, "3 Feb 14:05"; "" for the zero time. It never says "today",
// which would go stale.
func Moment(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	local := t.In(Kigali)
	return fmt.Sprintf("%d %s %s", local.Day(), T(ctx, monthKey(local)), local.Format("15:04"))
}

// DatedMoment is a Moment of any year, "3 Feb 2024 14:05"; "" for the zero time.
func DatedMoment(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	local := t.In(Kigali)
	return fmt.Sprintf("%d %s %s", local.Day(), T(ctx, monthKey(local)),
		local.Format("2006 15:04"))
}

// Day is a day, "3 Feb", of a date that has no zone.
func Day(ctx context.Context, t time.Time) string {
	day := t.UTC()
	return fmt.Sprintf("%d %s", day.Day(), T(ctx, monthKey(day)))
}

// Birthday is a date of birth, "3 Feb 1984"; "" for the zero time. Such a date has no zone: it is
// read as stored.
func Birthday(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	day := t.UTC()
	return fmt.Sprintf("%d %s %d", day.Day(), T(ctx, monthKey(day)), day.Year())
}

// Date is the day of a moment, "3 Feb 2026".
func Date(ctx context.Context, t time.Time) string {
	year, month, day := t.In(Kigali).Date()
	return Birthday(ctx, time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

// Age is how old somebody is: in years, under two years in months, under two months in days; "" for
// the zero time and for one that is still to come.
func Age(ctx context.Context, born, now time.Time) string {
	local := now.In(Kigali)
	today := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
	if born.IsZero() || born.After(today) {
		return ""
	}
	months := 12*(today.Year()-born.Year()) + int(today.Month()-born.Month())
	if today.Day() < born.Day() {
		months--
	}
	switch {
	case months >= 24:
		return T(ctx, "age.years", months/12)
	case months >= 2:
		return T(ctx, "age.months", months)
	}
	return T(ctx, "age.days", int(today.Sub(born).Hours()/24))
}

func monthKey(t time.Time) string { return "month." + t.Format("01") }

// inputLayout is what <input type="datetime-local"> shows and sends.
const inputLayout = "2006-01-02T15:04"

// Input is a time as the value of a datetime-local field; "" for the zero time.
func Input(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(Kigali).Format(inputLayout)
}

// ParseInput reads what a datetime-local field sends, in the hospital's time, or an RFC 3339 time
// from a program.
func ParseInput(s string) (time.Time, error) {
	if t, err := time.ParseInLocation(inputLayout, s, Kigali); err == nil {
		return t.UTC(), nil
	}
	if t, err := time.ParseInLocation(inputLayout+":05", s, Kigali); err == nil {
		return t.UTC(), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{},
			fmt.Errorf("time %q is neither RFC 3339 nor of the form %s", s, inputLayout)
	}
	return t.UTC(), nil
}

// Percent is a rate with one decimal, "78.3 %", with the decimal sign of the language.
func Percent(ctx context.Context, rate float64) string {
	digits := strconv.FormatFloat(rate, 'f', 1, 64)
	if From(ctx) != En {
		digits = strings.Replace(digits, ".", ",", 1)
	}
	return digits + "\u00a0%"
}

// Francs is an amount of Rwandan francs, "1 200 RWF": they have no smaller coin, and digits are
// grouped by a space in every language.
func Francs(_ context.Context, amount int) string {
	digits := strconv.Itoa(amount)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "\u00a0" + digits[i:]
	}
	return digits + "\u00a0RWF"
}
