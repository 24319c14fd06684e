package hub

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Revisions says where some topics stand. Revisions of different epochs (lives of the database) can't be compared.
type Revisions struct {
	Epoch  string
	Topics map[string]int64
}

// covers reports whether content labelled r already shows all that wanted asks for, as far as r's topics go.
// Revisions of another epoch are never covered.
func (r Revisions) covers(wanted Revisions) bool {
	for topic, revision := range wanted.Topics {
		shown, mine := r.Topics[topic]
		if mine && (wanted.Epoch != r.Epoch || revision > shown) {
			return false
		}
	}
	return true
}

// merge takes in what others say where topics stand: within one epoch the higher revision counts,
// and revisions of another epoch replace all that was known.
func (r *Revisions) merge(others Revisions) {
	if r.Topics == nil || r.Epoch != others.Epoch {
		*r = Revisions{Epoch: others.Epoch, Topics: maps.Clone(others.Topics)}
		return
	}
	for topic, revision := range others.Topics {
		r.Topics[topic] = max(revision, r.Topics[topic])
	}
}

// Of keeps only the named topics; those that r does not know are left out.
func (r Revisions) Of(topics []string) Revisions {
	some := Revisions{Epoch: r.Epoch, Topics: make(map[string]int64, len(topics))}
	for _, topic := range topics {
		if revision, known := r.Topics[topic]; known {
			some.Topics[topic] = revision
		}
	}
	return some
}

// String is the form in which a page compares what it shows with what stands: "metrics=7,ward:3=118", sorted by topic.
func (r Revisions) String() string {
	var b strings.Builder
	for i, topic := range slices.Sorted(maps.Keys(r.Topics)) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(topic)
		b.WriteByte('=')
		b.WriteString(strconv.FormatInt(r.Topics[topic], 10))
	}
	return b.String()
}
