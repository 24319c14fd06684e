package hub

import (
	"bytes"
	"slices"
)

// list remembers what stands in a region with items, so that a client at any version that the list
// follows is told only what came, went, moved or changed. It is owned by its view's goroutine; a
// nil list has no items.
type list struct {
	start uint64 // from which version on changes are known; a client before it gets the list whole
	items []seenItem
	gone  []goneItem // by removed, at most mostGone
}

// seenItem is an item with the versions that last placed it and last changed it.
type seenItem struct {
	Region
	placed, changed uint64
}

// goneItem is what was removed, or placed anew.
type goneItem struct {
	id              string
	placed, removed uint64 // it stood there from the one to the version before the other
}

// mostGone bounds what is remembered of the past. A client that was away for longer gets the list
// whole, which by then is less.
const mostGone = 256

// update returns the list with new items as of a version. Items that change their order among each
// other make it start anew.
func (l *list) update(next []Region, version uint64) *list {
	if l == nil {
		return newList(next, version)
	}
	stood := make(map[string]seenItem, len(l.items))
	for _, item := range l.items {
		stood[item.ID] = item
	}
	if !sameOrder(l.items, next, stood) {
		return newList(next, version)
	}
	updated := &list{start: l.start, gone: slices.Clone(l.gone)}
	for _, r := range next {
		item, known := stood[r.ID]
		switch {
		case !known:
			item.placed, item.changed = version, version
		case !bytes.Equal(item.state(), r.state()):
			item.changed = version
		}
		item.Region = r
		updated.items = append(updated.items, item)
		delete(stood, r.ID)
	}
	for _, item := range l.items {
		if _, left := stood[item.ID]; left {
			updated.gone = append(updated.gone, goneItem{item.ID, item.placed, version})
		}
	}
	if excess := len(updated.gone) - mostGone; excess > 0 {
		updated.start = updated.gone[excess-1].removed
		updated.gone = updated.gone[excess:]
	}
	return updated
}

func newList(items []Region, version uint64) *list {
	l := &list{start: version}
	for _, r := range items {
		l.items = append(l.items, seenItem{Region: r, placed: version, changed: version})
	}
	return l
}

// sameOrder reports whether the items that stay keep their order.
func sameOrder(before []seenItem, next []Region, stood map[string]seenItem) bool {
	stays := make(map[string]bool, len(next))
	var order []string
	for _, r := range next {
		if _, known := stood[r.ID]; known {
			stays[r.ID] = true
			order = append(order, r.ID)
		}
	}
	for _, item := range before {
		if !stays[item.ID] {
			continue
		}
		if order[0] != item.ID {
			return false
		}
		order = order[1:]
	}
	return true
}

// changed reports whether a version made the list what it is.
func (l *list) changed(version uint64) bool { return version > 0 && l.changedSince(version-1) }

// changedSince reports whether a client at a version lacks something.
func (l *list) changedSince(version uint64) bool {
	if l == nil {
		return false
	}
	return l.start > version ||
		slices.ContainsFunc(l.items, func(i seenItem) bool { return i.changed > version }) ||
		slices.ContainsFunc(l.gone, func(g goneItem) bool { return g.removed > version })
}

// follows reports whether a client at a version can be told the changes alone.
func (l *list) follows(version uint64) bool { return version >= l.start }

// removals take away what a client at a version has and the list has not, or not there.
func (l *list) removals(version uint64) []partial {
	var steps []partial
	for _, g := range l.gone {
		if g.placed <= version && version < g.removed {
			steps = append(steps, partial{g.id, remove, nil})
		}
	}
	return steps
}

// steps bring what a client at a version lacks. New items that stand side by side come together,
// behind the one before them that the client has.
func (l *list) steps(id string, version uint64) []partial {
	var steps []partial
	place := partial{target: id, swap: first}
	for _, item := range l.items {
		if item.placed > version {
			place.body = append(place.body, item.Body)
			continue
		}
		if place.body != nil {
			steps = append(steps, place)
		}
		if item.changed > version {
			steps = append(steps, partial{item.ID, morph, [][]byte{item.Body}})
		}
		place = partial{target: item.ID, swap: after}
	}
	if place.body != nil {
		steps = append(steps, place)
	}
	return steps
}
