package main

import (
	"cmp"
	"slices"
	"sort"
	"time"
)

// change is one command and what came of it. Its moments count from the start of the run.
type change struct {
	topics              []string // that it moves
	due, sent, answered time.Duration
	failure             error // why it was not made
}

// arrival is the moment at which a screen first showed a revision.
type arrival struct {
	at       time.Duration
	revision uint32
	bytes    uint32 // of the frame on the wire
}

// covering says which revision of a topic is sure to show a change.
type covering struct {
	change   int
	revision uint32
}

// coverings are those of the changes that moved a topic, in the order of revisions. Whoever makes these changes is the only
// writer, so each moves the topic by one from where it stood before the first. Where commands overlap their order is not known:
// then a change counts as shown only with all that were sent before it was answered.
func coverings(changes []change, topic string, before uint32) []covering {
	var made []covering
	var sent []time.Duration
	for i, c := range changes {
		if c.failure == nil && slices.Contains(c.topics, topic) {
			made = append(made, covering{change: i})
			sent = append(sent, c.sent)
		}
	}
	slices.Sort(sent)
	for i, m := range made {
		answered := changes[m.change].answered
		made[i].revision = before + uint32(sort.Search(len(sent), func(k int) bool { return sent[k] >= answered }))
	}
	slices.SortStableFunc(made, func(a, b covering) int { return cmp.Compare(a.revision, b.revision) })
	return made
}

// reach is how long changes took to the screens they concerned.
type reach struct {
	took   [][]time.Duration // by change: from when it was due to each screen that came to show it
	missed int               // changes that a screen never came to show, counted for each screen
}

func newReach(changes int) *reach { return &reach{took: make([][]time.Duration, changes)} }

// add follows the changes on one screen: each has arrived with the first frame whose revision covers it.
func (r *reach) add(changes []change, covered []covering, arrivals []arrival) {
	next := 0
	for _, c := range covered {
		for next < len(arrivals) && arrivals[next].revision < c.revision {
			next++
		}
		if next == len(arrivals) {
			r.missed++
			continue
		}
		r.took[c.change] = append(r.took[c.change], arrivals[next].at-changes[c.change].due)
	}
}

// each is how long all changes of a range took to all of their screens.
func (r *reach) each(from, to int) []time.Duration { return slices.Concat(r.took[from:to]...) }

// all is how long each change took to the last of its screens.
func (r *reach) all() []time.Duration {
	var last []time.Duration
	for _, took := range r.took {
		if len(took) > 0 {
			last = append(last, slices.Max(took))
		}
	}
	return last
}

// afterAnswer is how long each change took to each of its screens once its command was answered; less than nothing where the
// frame was there first.
func (r *reach) afterAnswer(changes []change) []time.Duration {
	var after []time.Duration
	for i, took := range r.took {
		for _, t := range took {
			after = append(after, t-(changes[i].answered-changes[i].due))
		}
	}
	return after
}

// growth is by how much lag grows over a run: the 99th percentile of the last quarter of the changes over that of the first.
func (r *reach) growth() float64 {
	quarter := len(r.took) / 4
	first, last := spreadOf(r.each(0, quarter)), spreadOf(r.each(len(r.took)-quarter, len(r.took)))
	if first.P99 == 0 {
		return 0
	}
	return last.P99 / first.P99
}
