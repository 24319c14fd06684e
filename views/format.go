package views

import (
	"strconv"
	"strings"
	"time"

	"dusangire/hospital"
)

// machineTime is a time for the datetime attribute.
func machineTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// noTime stands for the time of a page that is not live.
var noTime time.Time

// readAt is when what a page shows was read: just now, where it does not say.
func readAt(shown time.Time) time.Time {
	if shown.IsZero() {
		return time.Now()
	}
	return shown
}

func number[N int | int64](n N) string { return strconv.FormatInt(int64(n), 10) }

func milliseconds(d time.Duration) string { return number(d.Milliseconds()) }

// seconds are the whole seconds of a duration, for a sentence.
func seconds(d time.Duration) int { return int(d / time.Second) }

// databaseWord is the word of a freshness marker for whether the database answers.
func databaseWord(ok bool) string {
	if ok {
		return "ok"
	}
	return "down"
}

// yesNo is the value of an aria attribute that is "true" or "false".
func yesNo(b bool) string { return strconv.FormatBool(b) }

// cutBedNumber splits "MED-A-05" into what all beds of the ward share, "MED-A-", and what tells
// them apart, "05".
func cutBedNumber(n string) (shared, own string) {
	i := strings.LastIndexByte(n, '-') + 1
	return n[:i], n[i:]
}

// version tells two states of a bed, of the admission in it and of its meals apart: "12.3", "12.3n"
// while nil by mouth holds, "12.3.45-2" with the second state of order 45, or "12" for an empty
// bed.
func version(b hospital.BoardBed) string {
	if b.Admission == nil {
		return number(b.Version)
	}
	version := number(b.Version) + "." + number(b.Admission.Version)
	if b.Admission.NilByMouth {
		version += "n"
	}
	if b.Admission.Newborns > 0 {
		version += "b" + number(int64(b.Admission.Newborns))
	}
	for _, meal := range b.Admission.Meals {
		version += "." + number(meal.OrderID) + "-" + number(meal.Version)
	}
	return version
}
