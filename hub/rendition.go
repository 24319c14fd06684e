package hub

import (
	"bytes"
	"fmt"
	"time"

	"dusangire/hub/revision"
)

// rendition is one representation of a view as it was last rendered, with the clients that get it.
// It is owned by its view's goroutine.
type rendition struct {
	representation Representation
	clients        []*client // in no order
	version        uint64    // counts the renderings that differed; 0: nothing rendered yet
	regions        []seenRegion
	bodies         map[string][]byte // of the regions and their items, by id
	shown          revision.Set
	beaten         time.Time // when programs last got a heartbeat
	behind         bool      // that heartbeat said that they are not current

	// Made when first asked for.
	diffs    map[uint64]prepared // what brings a client from a version to this one
	marked   time.Time           // when the oldest freshness marker in the diffs was made
	snapshot *snapshot           // what polls are answered with
}

func newRendition(r Representation) *rendition {
	return &rendition{representation: r, diffs: map[uint64]prepared{}}
}

func (r *rendition) add(c *client) {
	c.place = len(r.clients)
	r.clients = append(r.clients, c)
}

// remove puts the last client into the place of one that leaves. A view that ends may hear that a
// client has left and not that it had come.
func (r *rendition) remove(c *client) {
	if !r.has(c) {
		return
	}
	last := len(r.clients) - 1
	r.clients[c.place] = r.clients[last]
	r.clients[c.place].place = c.place
	r.clients[last], c.place = nil, -1
	r.clients = r.clients[:last]
}

// has reports whether a client was added and has not been removed.
func (r *rendition) has(c *client) bool { return c.place >= 0 }

// update takes a new rendering in, labelled with the revisions it shows, and reports whether
// anything differs. A malformed rendering is refused whole: the rendition stays as it was.
func (r *rendition) update(next []Region, shown revision.Set) (differs bool, err error) {
	bodies, err := r.check(next)
	if err != nil {
		return false, err
	}
	before := make(map[string]seenRegion, len(r.regions))
	for _, region := range r.regions {
		before[region.ID] = region
	}
	version := r.version + 1
	regions := make([]seenRegion, 0, len(next))
	for _, region := range next {
		old, known := before[region.ID]
		seen := seenRegion{Region: region, changed: old.changed}
		becameList := (region.Items == nil) != (old.list == nil)
		if !known || becameList || !bytes.Equal(old.state(), region.state()) {
			seen.changed = version
		}
		if region.Items != nil {
			seen.list = old.list.update(region.Items, version)
		}
		differs = differs || seen.changed == version || seen.list.changed(version)
		regions = append(regions, seen)
	}
	r.regions, r.bodies, r.shown = regions, bodies, shown
	if differs {
		r.version = version
	}
	clear(r.diffs)
	r.snapshot = nil
	return differs, nil
}

// check refuses what can't be told, or is told twice, and returns the bodies by id.
func (r *rendition) check(next []Region) (bodies map[string][]byte, err error) {
	bodies = make(map[string][]byte, len(r.bodies))
	accept := func(region Region) error {
		if bodies[region.ID] != nil {
			return fmt.Errorf("region %q is there twice", region.ID)
		}
		bodies[region.ID] = region.Body
		if accepted, known := r.bodies[region.ID]; known && bytes.Equal(accepted, region.Body) {
			return nil
		}
		return r.representation.accepts(region)
	}
	for _, region := range next {
		if err := accept(region); err != nil {
			return nil, err
		}
		for _, item := range region.Items {
			if err := accept(item); err != nil {
				return nil, err
			}
		}
	}
	return bodies, nil
}

// since lists what a client at a version needs to be at this one; from version 0 that is the whole
// state.
func (r *rendition) since(version uint64) []seenRegion {
	var changed []seenRegion
	for _, region := range r.regions {
		differs := region.changed > version || region.list.changedSince(version)
		if differs && !(region.Event && version == 0) {
			changed = append(changed, region)
		}
	}
	return changed
}

// diff returns what brings a client from a version to this one.
func (r *rendition) diff(version uint64, marker func() []byte) prepared {
	made, known := r.diffs[version]
	if !known {
		if len(r.diffs) == 0 {
			r.marked = time.Now()
		}
		made = prepareMessages(r.messages(version, marker)...)
		r.diffs[version] = made
	}
	return made
}

func (r *rendition) messages(version uint64, marker func() []byte) [][]byte {
	if r.representation == HTML {
		return [][]byte{htmlFrame(partials(r.since(version), version), marker())}
	}
	return jsonMessages(r.since(version))
}

// maxFirstMarkerAge is how old the freshness marker may be that a new client gets first: a page
// takes it for made when its socket opened, and reckons by it how late later markers are.
const maxFirstMarkerAge = 100 * time.Millisecond

// dropOldMarkers lets the messages be made anew whose markers are too old for a new client.
func (r *rendition) dropOldMarkers(now time.Time) {
	if now.Sub(r.marked) > maxFirstMarkerAge {
		clear(r.diffs)
	}
}
