package main

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestAChangeIsShownByTheRevisionItMustHaveMade(t *testing.T) {
	t.Parallel()
	both, other := []string{"ward:1", "metrics"}, []string{"ward:2", "metrics"}
	changes := []change{
		{topics: both, sent: 10, answered: 20},
		{topics: other, sent: 30, answered: 40},
		{topics: both, sent: 50, answered: 90}, // slow: the next one may be before it
		{topics: both, sent: 60, answered: 70}, // answered while the one before is under way
		{topics: both, sent: 80, answered: 100, err: errors.New("refused")},
		{topics: both, sent: 110, answered: 120},
	}
	for topic, want := range map[string][]shown{
		"ward:1":  {{0, 101}, {2, 103}, {3, 103}, {5, 104}},
		"ward:2":  {{1, 101}},
		"metrics": {{0, 101}, {1, 102}, {2, 104}, {3, 104}, {5, 105}},
		"kitchen": nil,
	} {
		if got := shownAt(changes, topic, 100); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %v, want %v", topic, got, want)
		}
	}
	after := revisionsAfter(changes, map[string]uint32{"ward:1": 100, "kitchen": 7})
	if got, want := fmt.Sprint(after), "map[kitchen:7 ward:1:104]"; got != want {
		t.Errorf("after the changes: got %s, want %s", got, want)
	}
}

func TestAChangeArrivesWithTheFirstFrameThatShowsIt(t *testing.T) {
	t.Parallel()
	topics := []string{"ward:1"}
	changes := []change{
		{topics: topics, due: 0, sent: 1 * ms, answered: 2 * ms},
		{topics: topics, due: 10 * ms, sent: 10 * ms, answered: 12 * ms},
		{topics: topics, due: 20 * ms, sent: 20 * ms, answered: 29 * ms},
		{topics: topics, due: 30 * ms, sent: 30 * ms, answered: 31 * ms},
	}
	expected := shownAt(changes, "ward:1", 5)
	l := make(latencies, len(changes))
	skips7 := []arrival{{at: 4 * ms, revision: 6}, {at: 25 * ms, revision: 8}, {at: 40 * ms, revision: 9}}
	lacks9 := []arrival{{at: 9 * ms, revision: 6}, {at: 13 * ms, revision: 7}, {at: 33 * ms, revision: 8}}
	if missed := l.add(changes, expected, skips7); missed != 0 {
		t.Errorf("a screen that skips a revision missed %d changes", missed)
	}
	if missed := l.add(changes, expected, lacks9); missed != 1 {
		t.Errorf("a screen that never shows the last change missed %d", missed)
	}
	if got, want := fmt.Sprint(l), "[[4ms 9ms] [15ms 3ms] [5ms 13ms] [10ms]]"; got != want {
		t.Errorf("latencies: got %s, want %s", got, want)
	}
	if got, want := l.atAll(), (percentiles{10, 15, 15}); got != want {
		t.Errorf("at all screens: got %v, want %v", got, want)
	}
	if got, want := l.growth(), 10.0/9; got != want {
		t.Errorf("growth: got %v, want %v", got, want)
	}
}

func TestPercentilesAreReadOffTheSortedDurations(t *testing.T) {
	t.Parallel()
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(100-i)*ms)
	}
	for name, c := range map[string]struct {
		took []time.Duration
		want percentiles
	}{
		"nothing":         {nil, percentiles{}},
		"one":             {[]time.Duration{7 * ms}, percentiles{7, 7, 7}},
		"two":             {[]time.Duration{9 * ms, 1 * ms}, percentiles{1, 9, 9}},
		"1 to 100 ms":     {hundred, percentiles{50, 99, 100}},
		"1 to 100 and 1s": {append([]time.Duration{time.Second}, hundred...), percentiles{51, 100, 1000}},
	} {
		if got := percentilesOf(c.took); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
	for want, of := range map[float64][]float64{3: {3}, 2: {3, 1}, 5: {9, 5, 1}} {
		if got := median(of); got != want {
			t.Errorf("median of %v: got %v, want %v", of, got, want)
		}
	}
}
