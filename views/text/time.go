package text

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"dusangire/hospital"
)

// local is a moment as the clocks of the context's hospital show it: all times are shown and typed
// as they are on its walls.
func local(ctx context.Context, t time.Time) time.Time { return hospital.SettingsOf(ctx).Local(t) }

// Clock is a time of day to the second, "14:05:09", the same in every language.
func Clock(ctx context.Context, t time.Time) string { return local(ctx, t).Format("15:04:05") }

// Minute is a time of day to the minute, "14:05", the same in every language.
func Minute(ctx context.Context, t time.Time) string { return local(ctx, t).Format("15:04") }

// Moment is a day and a time of day, "3 Feb 14:05"; "" for the zero time. It never says "today",
// which would go stale.
func Moment(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	at := local(ctx, t)
	return fmt.Sprintf("%d %s %s", at.Day(), T(ctx, monthKey(at)), at.Format("15:04"))
}

// DatedMoment is a Moment of any year, "3 Feb 2024 14:05"; "" for the zero time.
func DatedMoment(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	at := local(ctx, t)
	return fmt.Sprintf("%d %s %s", at.Day(), T(ctx, monthKey(at)), at.Format("2006 15:04"))
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
	return Birthday(ctx, hospital.SettingsOf(ctx).Day(t))
}

// Age is how old somebody is: in years, under two years in months, under two months in days; "" for
// the zero time and for one that is still to come.
func Age(ctx context.Context, born, now time.Time) string {
	today := hospital.SettingsOf(ctx).Day(now)
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
func Input(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return local(ctx, t).Format(inputLayout)
}

// ParseInput reads what a datetime-local field sends, in the hospital's time, or an RFC 3339 time
// from a program.
func ParseInput(ctx context.Context, s string) (time.Time, error) {
	for _, layout := range []string{inputLayout, inputLayout + ":05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return hospital.SettingsOf(ctx).Typed(t), nil
		}
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{},
			fmt.Errorf("time %q is neither RFC 3339 nor of the form %s", s, inputLayout)
	}
	return t.UTC(), nil
}

// Percent is a rate with one decimal, "78.3 %", with the decimal sign of the language.
func Percent(ctx context.Context, rate float64) string { return Decimal(ctx, rate, 1) + "\u00a0%" }

// Decimal is a number to some decimals, with the decimal sign of the language.
func Decimal(ctx context.Context, n float64, decimals int) string {
	return strings.Replace(strconv.FormatFloat(n, 'f', decimals, 64), ".", decimalSign(ctx), 1)
}

// Count is a number of things, which may be many: "100 000", its thousands apart.
func Count(n int) string { return hospital.Grouped(strconv.Itoa(n)) }

// Money is an amount in the smallest unit of the hospital's currency, "1 200 RWF" or "12.50 EUR":
// digits are grouped by a space in every language.
func Money(ctx context.Context, amount int) string {
	return MoneyOf(ctx, hospital.Money{Amount: amount, Currency: hospital.SettingsOf(ctx).Currency})
}

// MoneyOf is Money of any currency.
func MoneyOf(ctx context.Context, m hospital.Money) string {
	return strings.Replace(m.String(), ".", decimalSign(ctx), 1)
}

// Amount is an amount in the smallest unit of the hospital's currency as people write it in a
// field, "12.50".
func Amount(ctx context.Context, amount int) string {
	written := hospital.SettingsOf(ctx).Currency.Write(amount)
	return strings.Replace(written, ".", decimalSign(ctx), 1)
}

// decimalSign is what stands before the decimals of a number.
func decimalSign(ctx context.Context) string {
	if From(ctx) == En {
		return "."
	}
	return ","
}
