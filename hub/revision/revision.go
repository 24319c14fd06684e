// Package revision says where the things stand that screens show, and how far behind a screen is.
//
// Each topic of the database has a revision that counts its changes. Whoever reads labels what they
// read with the revisions of that moment; whoever commits a change announces the new ones. Two
// labels can then be compared without a look at what they label.
package revision

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Topic names a thing whose change matters to someone, such as "ward:3". Its revision counts its
// changes.
type Topic string

// Set says at which revision each of some topics stands. Revisions of different epochs can't be
// compared.
type Set struct {
	Epoch  string          // the life of the database: random, made with it
	Topics map[Topic]int64 // a topic that never moved stands at 0
}

// AsOf returns the set. Whatever embeds one says by it as of when it was read.
func (s Set) AsOf() Set { return s }

// Covers reports whether content labelled with the set already shows all that wanted asks for, as
// far as the set's topics go. Revisions of another epoch are never covered.
func (s Set) Covers(wanted Set) bool {
	for topic, revision := range wanted.Topics {
		shown, known := s.Topics[topic]
		if known && (wanted.Epoch != s.Epoch || revision > shown) {
			return false
		}
	}
	return true
}

// Of keeps only the named topics; those that the set does not know are left out.
func (s Set) Of(topics []Topic) Set {
	some := Set{Epoch: s.Epoch, Topics: make(map[Topic]int64, len(topics))}
	for _, topic := range topics {
		if revision, known := s.Topics[topic]; known {
			some.Topics[topic] = revision
		}
	}
	return some
}

// Merge takes in what others say about where topics stand: within one epoch the higher revision
// counts, and revisions of another epoch replace the set.
func (s *Set) Merge(others Set) {
	if s.Topics == nil || s.Epoch != others.Epoch {
		*s = Set{Epoch: others.Epoch, Topics: maps.Clone(others.Topics)}
		return
	}
	for topic, revision := range others.Topics {
		s.Topics[topic] = max(revision, s.Topics[topic])
	}
}

// Label is the form in which a page compares what it shows with what the database holds:
// "metrics=7,ward:3=118", sorted by topic. Equal labels mean equal revisions. (As a method it would
// be one of everything that embeds a Set.)
func Label(s Set) string {
	var b strings.Builder
	for i, topic := range slices.Sorted(maps.Keys(s.Topics)) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(string(topic))
		b.WriteByte('=')
		b.WriteString(strconv.FormatInt(s.Topics[topic], 10))
	}
	return b.String()
}

// Freshness says how current a page is. The page may call itself live only while Shown equals
// Current, Age is small even with the time added that the message was on its way, and the database
// answers.
type Freshness struct {
	Shown      Set           // what the page shows
	Current    Set           // where its topics stand, as far as the node that says so knows
	Age        time.Duration // since Current was last compared with the database
	DatabaseOK bool
	At         time.Time     // when it was said: the clock on the screen
	Sent       time.Duration // the same by a clock of the node that only goes forward
}
