package hub

import (
	"bytes"
	"fmt"
	"regexp"
	"time"

	"dusangire/hub/revision"
)

// Region is one part of a view that changes by itself.
type Region struct {
	ID   string // of its element in HTML; in JSON only a name within the view
	Body []byte // what is sent: the element with that id, or one JSON object. Must not be changed afterwards
	// State is what tells two renderings apart where Body can't, because it carries the time of reading; nil means Body.
	State []byte
	// Event marks a region that is told when it changes but is no part of the whole state, as "this bed changed" is not.
	Event bool
	// Items are what stands in the element, in this order, where things come, go and move: Body is then the element as it is
	// with nothing in it. Each item is an element of its own and is sent by itself. Of HTML only.
	Items []Region
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
	watchers       []*watcher // in no order
	version        uint64     // counts the renderings that differed; 0: nothing rendered yet
	regions        []seenRegion
	bodies         map[string][]byte // of the regions and their items, by id
	shown          revision.Set
	beaten         time.Time         // when programs last got a heartbeat
	behind         bool              // that heartbeat said that they are not current
	deltas         map[uint64]parcel // what brings a watcher from a version to this one, made when first asked for
	stamped        time.Time         // when the oldest of them was made
	snapshot       *snapshot         // what polls are answered with, made when first asked for
}

// seenRegion is a region with the version of the page that last changed it.
type seenRegion struct {
	Region
	changed uint64
	list    *list // nil for a region without items
}

func newPage(r Representation) *page {
	return &page{representation: r, deltas: map[uint64]parcel{}}
}

func (p *page) add(w *watcher) {
	w.place = len(p.watchers)
	p.watchers = append(p.watchers, w)
}

// remove puts the last watcher into the place of one that leaves.
func (p *page) remove(w *watcher) {
	last := len(p.watchers) - 1
	p.watchers[w.place] = p.watchers[last]
	p.watchers[w.place].place = w.place
	p.watchers[last], w.place = nil, -1
	p.watchers = p.watchers[:last]
}

// isWatchedBy reports whether a watcher is still there.
func (p *page) isWatchedBy(w *watcher) bool { return w.place >= 0 }

// update takes a new rendering in, labelled with the revisions it shows, and reports whether anything differs.
// A malformed rendering is refused whole: the page stays as it was.
func (p *page) update(next []Region, shown revision.Set) (differs bool, err error) {
	bodies, err := p.check(next)
	if err != nil {
		return false, err
	}
	before := make(map[string]seenRegion, len(p.regions))
	for _, r := range p.regions {
		before[r.ID] = r
	}
	version := p.version + 1
	regions := make([]seenRegion, 0, len(next))
	for _, r := range next {
		old, known := before[r.ID]
		seen := seenRegion{Region: r, changed: old.changed}
		if !known || !bytes.Equal(old.state(), r.state()) || (r.Items == nil) != (old.list == nil) {
			seen.changed = version
		}
		if r.Items != nil {
			seen.list = old.list.update(r.Items, version)
		}
		differs = differs || seen.changed == version || seen.list.changed(version)
		regions = append(regions, seen)
	}
	p.regions, p.bodies, p.shown = regions, bodies, shown
	if differs {
		p.version = version
	}
	clear(p.deltas)
	p.snapshot = nil
	return differs, nil
}

// check refuses what can't be told, or is told twice, and returns the bodies by id.
func (p *page) check(next []Region) (bodies map[string][]byte, err error) {
	bodies = make(map[string][]byte, len(p.bodies))
	accept := func(r Region) error {
		if bodies[r.ID] != nil {
			return fmt.Errorf("region %q is there twice", r.ID)
		}
		bodies[r.ID] = r.Body
		if accepted, known := p.bodies[r.ID]; known && bytes.Equal(accepted, r.Body) {
			return nil
		}
		return p.representation.accepts(r)
	}
	for _, r := range next {
		if err := accept(r); err != nil {
			return nil, err
		}
		for _, item := range r.Items {
			if err := accept(item); err != nil {
				return nil, err
			}
		}
	}
	return bodies, nil
}

// since lists what a watcher at a version needs to be at this one; from version 0 that is the whole state.
func (p *page) since(version uint64) []seenRegion {
	var changed []seenRegion
	for _, r := range p.regions {
		if (r.changed > version || r.list.changedSince(version)) && !(r.Event && version == 0) {
			changed = append(changed, r)
		}
	}
	return changed
}

// delta returns what brings a watcher from a version to this one.
func (p *page) delta(version uint64, stamp func() []byte) parcel {
	made, known := p.deltas[version]
	if !known {
		if len(p.deltas) == 0 {
			p.stamped = time.Now()
		}
		made = pack(p.messages(version, stamp)...)
		p.deltas[version] = made
	}
	return made
}

func (p *page) messages(version uint64, stamp func() []byte) [][]byte {
	if p.representation == HTML {
		return [][]byte{htmlFrame(partials(p.since(version), version), stamp())}
	}
	return jsonMessages(p.since(version))
}

// oldStamp is how old the stamp may be that a new watcher gets first: a page takes it for made when its socket opened.
const oldStamp = 100 * time.Millisecond

// forgetOld lets the messages be made anew whose stamps are old.
func (p *page) forgetOld(now time.Time) {
	if now.Sub(p.stamped) > oldStamp {
		clear(p.deltas)
	}
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
	if _, content, _ := bytes.Cut(r.Body, []byte(">")); r.Items != nil && !bytes.HasPrefix(content, []byte("</")) {
		return fmt.Errorf("region %q has items and is not drawn empty", r.ID)
	}
	return nil
}
