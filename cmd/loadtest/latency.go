package main

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"sort"
	"time"
)

// arrival is the moment at which a screen first showed a revision.
type arrival struct {
	at       time.Duration
	revision uint32
	bytes    uint32 // of the frame on the wire
}

// shown says which revision of a topic is sure to show a change.
type shown struct {
	change   int
	revision uint32
}

// shownAt are those of the changes that moved a topic, in the order of revisions. Whoever makes
// these changes is the only writer, so each moves the topic by one from where it stood before the
// first. Where commands overlap their order is not known: then a change counts as shown only with
// all that were sent before it was answered.
func shownAt(changes []change, topic string, before uint32) []shown {
	var made []shown
	var sent []time.Duration
	for i, c := range changes {
		if c.err == nil && slices.Contains(c.topics, topic) {
			made = append(made, shown{change: i})
			sent = append(sent, c.sent)
		}
	}
	slices.Sort(sent)
	for i, m := range made {
		answered := changes[m.change].answered
		earlier := sort.Search(len(sent), func(k int) bool { return sent[k] >= answered })
		made[i].revision = before + uint32(earlier)
	}
	slices.SortStableFunc(made, func(a, b shown) int { return cmp.Compare(a.revision, b.revision) })
	return made
}

// revisionsAfter is where topics stand after the changes.
func revisionsAfter(changes []change, before map[string]uint32) map[string]uint32 {
	after := maps.Clone(before)
	for _, c := range changes {
		for _, topic := range c.topics {
			if _, followed := after[topic]; followed && c.err == nil {
				after[topic]++
			}
		}
	}
	return after
}

// latencies are how long each change took, from when it was due, to the screens that came to show
// it.
type latencies [][]time.Duration

// add follows the changes on one screen: each has arrived with the first frame that is sure to show
// it. It returns how many never did.
func (l latencies) add(changes []change, expected []shown, arrivals []arrival) (missed int) {
	next := 0
	for i, e := range expected {
		for next < len(arrivals) && arrivals[next].revision < e.revision {
			next++
		}
		if next == len(arrivals) {
			return len(expected) - i
		}
		l[e.change] = append(l[e.change], arrivals[next].at-changes[e.change].due)
	}
	return 0
}

// atAScreen is how long the changes took to each of their screens.
func (l latencies) atAScreen() percentiles { return percentilesOf(slices.Concat(l...)) }

// atAll is how long each change took to the last of its screens.
func (l latencies) atAll() percentiles {
	var last []time.Duration
	for _, took := range l {
		if len(took) > 0 {
			last = append(last, slices.Max(took))
		}
	}
	return percentilesOf(last)
}

// growth is the 99th percentile of the last quarter of the changes over that of the first.
func (l latencies) growth() float64 {
	quarter := len(l) / 4
	return l[len(l)-quarter:].atAScreen().p99 / l[:quarter].atAScreen().p99
}

// percentiles are in milliseconds.
type percentiles struct{ p50, p99, max float64 }

// percentilesOf sorts the durations; the percentiles of none are zero.
func percentilesOf(took []time.Duration) percentiles {
	if len(took) == 0 {
		return percentiles{}
	}
	slices.Sort(took)
	ms := func(q float64) float64 { return quantile(took, q).Seconds() * 1000 }
	return percentiles{ms(0.5), ms(0.99), ms(1)}
}

// quantile is the smallest of the sorted values that a share q of them does not exceed.
func quantile[T any](sorted []T, q float64) T {
	return sorted[max(int(math.Ceil(q*float64(len(sorted))))-1, 0)]
}

// median is the middle one of some numbers; of an even number of them the mean of the middle two.
func median(numbers []float64) float64 {
	sorted := slices.Sorted(slices.Values(numbers))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
