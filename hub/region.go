package hub

import (
	"bytes"
	"fmt"
	"regexp"
	"time"
)

// Region is one part of a view that changes by itself.
type Region struct {
	ID   string // of its element in HTML; in JSON only a name within the view
	Body []byte // what is sent: the element with that id, or one JSON object. Must not be changed afterwards
	// State is what tells two renderings apart where Body can't, because it carries the time of reading; nil means Body.
	State []byte
	// Event marks a region that is told when it changes but is no part of the whole state, as "this bed changed" is not.
	Event bool
}

// state is what is compared.
func (r Region) state() []byte {
	if r.State != nil {
		return r.State
	}
	return r.Body
}

// page is one representation of a view as of its last rendering, with those who watch it.
// It is owned by its view's goroutine.
type page struct {
	representation Representation
	watchers       map[*watcher]struct{}
	version        uint64 // counts the renderings that differed; 0: nothing rendered yet
	regions        []seenRegion
	shown          Revisions
	beaten         time.Time           // when programs last got a heartbeat
	behind         bool                // that heartbeat said that they are not current
	deltas         map[uint64][][]byte // messages that bring a watcher from a version to this one, made when first asked for
}

// seenRegion is a region with the version of the page that last changed it.
type seenRegion struct {
	Region
	changed uint64
}

func newPage(r Representation) *page {
	return &page{representation: r, watchers: map[*watcher]struct{}{}, deltas: map[uint64][][]byte{}}
}

// update takes a new rendering in, labelled with the revisions it shows, and reports whether anything differs.
// A malformed rendering is refused whole: the page stays as it was.
func (p *page) update(next []Region, shown Revisions) (differs bool, err error) {
	before := make(map[string]seenRegion, len(p.regions))
	for _, r := range p.regions {
		before[r.ID] = r
	}
	regions := make([]seenRegion, 0, len(next))
	for _, r := range next {
		old, known := before[r.ID]
		seen := seenRegion{Region: r, changed: old.changed}
		if !known || !bytes.Equal(old.state(), r.state()) {
			if err := p.representation.accepts(r); err != nil {
				return false, err
			}
			seen.changed = p.version + 1
			differs = true
		}
		regions = append(regions, seen)
	}
	p.regions, p.shown = regions, shown
	if differs {
		p.version++
	}
	clear(p.deltas)
	return differs, nil
}

// since lists what a watcher at a version needs to be at this one; from version 0 that is the whole state.
func (p *page) since(version uint64) []Region {
	var changed []Region
	for _, r := range p.regions {
		if r.changed > version && !(r.Event && version == 0) {
			changed = append(changed, r.Region)
		}
	}
	return changed
}

// delta returns the messages that bring a watcher from a version to this one. They are shared and must not be changed.
func (p *page) delta(version uint64, stamp func() []byte) [][]byte {
	messages, made := p.deltas[version]
	if !made {
		messages = p.representation.frames(p.since(version), stamp)
		p.deltas[version] = messages
	}
	return messages
}

// regionID is what may stand in a selector unescaped.
var regionID = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// checkElement refuses a body that is not one element with the region's id at its start, since anything else in a
// frame would replace what it must not.
func checkElement(r Region) error {
	start, _, _ := bytes.Cut(r.Body, []byte(">"))
	if !regionID.MatchString(r.ID) || !bytes.HasPrefix(start, []byte("<")) || !bytes.Contains(start, []byte(` id="`+r.ID+`"`)) {
		return fmt.Errorf("region %q does not start with an element of that id", r.ID)
	}
	return nil
}
