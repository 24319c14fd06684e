package main

import (
	"testing"
	"time"
)

func TestASpreadIsReadOffTheSortedDurations(t *testing.T) {
	t.Parallel()
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(100-i)*ms)
	}
	for name, c := range map[string]struct {
		took []time.Duration
		want spread
	}{
		"nothing":         {nil, spread{}},
		"one":             {[]time.Duration{7 * ms}, spread{7, 7, 7}},
		"two":             {[]time.Duration{9 * ms, 1 * ms}, spread{1, 9, 9}},
		"1 to 100 ms":     {hundred, spread{50, 99, 100}},
		"1 to 100 and 1s": {append([]time.Duration{time.Second}, hundred...), spread{51, 100, 1000}},
	} {
		if got := spreadOf(c.took); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

func TestTheMedianIsTheMiddleOfTheFigures(t *testing.T) {
	t.Parallel()
	for want, of := range map[float64][]float64{0: nil, 3: {3}, 2: {3, 1}, 5: {9, 5, 1}} {
		if got := median(of); got != want {
			t.Errorf("median of %v: got %v, want %v", of, got, want)
		}
	}
}
