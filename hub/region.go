package hub

import "bytes"

// Region is one part of a view that changes by itself.
type Region struct {
	ID string // of its element in HTML; in JSON only a name within the view
	// Body is what is sent: the element with that id, or one JSON object. It must not be changed
	// afterwards.
	Body []byte
	// State is what tells two renderings apart where Body can't, because it carries the time of
	// reading; nil means Body.
	State []byte
	// Event marks a region that is told when it changes but is no part of the whole state, as "this
	// bed changed" is not.
	Event bool
	// Items are what stands in the element, in this order, where things come, go and move: Body is
	// then the element with nothing in it. Each item is an element of its own and is sent by
	// itself. Only regions of HTML have items.
	Items []Region
}

// state is what is compared.
func (r Region) state() []byte {
	if r.State != nil {
		return r.State
	}
	return r.Body
}

// seenRegion is a region with the version of the rendition that last changed it.
type seenRegion struct {
	Region
	changed uint64
	list    *list // nil for a region without items
}

// whole is the element of the region with its items in it: before the end tag of Body, which is
// drawn empty.
func (r seenRegion) whole() [][]byte {
	end := bytes.LastIndex(r.Body, []byte("</"))
	parts := [][]byte{r.Body[:end]}
	for _, item := range r.Items {
		parts = append(parts, item.Body)
	}
	return append(parts, r.Body[end:])
}
