package revision_test

import (
	"testing"

	"dusangire/hub/revision"
)

func TestALabelIsSortedByTopic(t *testing.T) {
	s := revision.Set{Topics: map[revision.Topic]int64{"ward:3": 118, "metrics": 7}}
	if got, want := revision.Label(s), "metrics=7,ward:3=118"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestASetCoversWhatItShowsAlready(t *testing.T) {
	shown := revision.Set{Epoch: "e1", Topics: map[revision.Topic]int64{"ward:3": 5}}
	for _, c := range []struct {
		what   string
		wanted revision.Set
		want   bool
	}{
		{"nothing", revision.Set{}, true},
		{"the same revision", of("e1", "ward:3", 5), true},
		{"an earlier revision", of("e1", "ward:3", 4), true},
		{"a later revision", of("e1", "ward:3", 6), false},
		{"a later revision of another topic", of("e1", "ward:4", 9), true},
		{"an earlier revision of another epoch", of("e2", "ward:3", 1), false},
	} {
		if got := shown.Covers(c.wanted); got != c.want {
			t.Errorf("%v covers %s: %t, want %t", shown, c.what, got, c.want)
		}
	}
}

func TestMergeKeepsTheHighestOfOneEpoch(t *testing.T) {
	var known revision.Set
	for _, c := range []struct {
		others revision.Set
		want   string
	}{
		{of("e1", "ward:3", 5), "ward:3=5"},
		{of("e1", "ward:3", 4), "ward:3=5"},
		{of("e1", "metrics", 2), "metrics=2,ward:3=5"},
		{of("e2", "ward:3", 1), "ward:3=1"},
	} {
		if known.Merge(c.others); revision.Label(known) != c.want || known.Epoch != c.others.Epoch {
			t.Errorf("after %v it is %v, want %s", c.others, known, c.want)
		}
	}
}

// of is a set of one topic.
func of(epoch string, topic revision.Topic, at int64) revision.Set {
	return revision.Set{Epoch: epoch, Topics: map[revision.Topic]int64{topic: at}}
}
