package main

import (
	"errors"
	"fmt"
	"testing"
)

func TestAChangeIsCoveredByTheRevisionItMustHaveMade(t *testing.T) {
	t.Parallel()
	both, other := []string{"ward:1", "metrics"}, []string{"ward:2", "metrics"}
	changes := []change{
		{topics: both, sent: 10, answered: 20},
		{topics: other, sent: 30, answered: 40},
		{topics: both, sent: 50, answered: 90}, // slow: the next one may be before it
		{topics: both, sent: 60, answered: 70}, // answered while the one before is under way
		{topics: both, sent: 80, answered: 100, failure: errors.New("refused")},
		{topics: both, sent: 110, answered: 120},
	}
	for topic, want := range map[string][]covering{
		"ward:1":  {{0, 101}, {2, 103}, {3, 103}, {5, 104}},
		"ward:2":  {{1, 101}},
		"metrics": {{0, 101}, {1, 102}, {2, 104}, {3, 104}, {5, 105}},
		"kitchen": nil,
	} {
		if got := coverings(changes, topic, 100); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %v, want %v", topic, got, want)
		}
	}
	if got, want := fmt.Sprint(last(changes, map[string]uint32{"ward:1": 100, "kitchen": 7})), "map[kitchen:7 ward:1:104]"; got != want {
		t.Errorf("after the changes: got %s, want %s", got, want)
	}
}

func TestAChangeArrivesWithTheFirstFrameThatCoversIt(t *testing.T) {
	t.Parallel()
	topics := []string{"ward:1"}
	changes := []change{
		{topics: topics, due: 0, sent: 1 * ms, answered: 2 * ms},
		{topics: topics, due: 10 * ms, sent: 10 * ms, answered: 12 * ms},
		{topics: topics, due: 20 * ms, sent: 20 * ms, answered: 29 * ms},
		{topics: topics, due: 30 * ms, sent: 30 * ms, answered: 31 * ms},
	}
	covered := coverings(changes, "ward:1", 5)
	r := newReach(len(changes))
	r.add(changes, covered, []arrival{{at: 4 * ms, revision: 6}, {at: 25 * ms, revision: 8}, {at: 40 * ms, revision: 9}}) // skips 7
	r.add(changes, covered, []arrival{{at: 9 * ms, revision: 6}, {at: 13 * ms, revision: 7}, {at: 33 * ms, revision: 8}}) // never has 9
	if got, want := fmt.Sprint(r.took), "[[4ms 9ms] [15ms 3ms] [5ms 13ms] [10ms]]"; got != want {
		t.Errorf("took: got %s, want %s", got, want)
	}
	if r.missed != 1 {
		t.Errorf("missed: got %d, want 1", r.missed)
	}
	if got, want := fmt.Sprint(r.all()), "[9ms 15ms 13ms 10ms]"; got != want {
		t.Errorf("to all: got %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(r.afterAnswer(changes)), "[2ms 7ms 13ms 1ms -4ms 4ms 9ms]"; got != want {
		t.Errorf("after the answer: got %s, want %s", got, want)
	}
	if got, want := r.growth(), 10.0/9; got != want {
		t.Errorf("growth: got %v, want %v", got, want)
	}
}
