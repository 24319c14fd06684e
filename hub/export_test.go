package hub

import "dusangire/hub/revision"

// Waiting is how many requests wait at the gate.
func (h *Hub) Waiting() (requests int) {
	h.gate.mu.Lock()
	defer h.gate.mu.Unlock()
	for entry := h.gate.waiting.Front(); entry != nil; entry = entry.Next() {
		requests += entry.Value.(*source).requests.Len()
	}
	return requests
}

// PageForTest is a page without sockets, for tests that play its clients.
type PageForTest struct{ page *rendition }

// NewPageForTest returns one of HTML that nothing was drawn for.
func NewPageForTest() PageForTest { return PageForTest{newRendition(HTML)} }

// Update takes a rendering in and returns the version it made.
func (p PageForTest) Update(regions []Region) (version uint64, err error) {
	_, err = p.page.update(regions, revision.Set{})
	return p.page.version, err
}

// Frame is what brings a client from a version to the newest.
func (p PageForTest) Frame(version uint64) []byte {
	return p.page.messages(version, func() []byte { return []byte(`<time id="live"></time>`) })[0]
}

// MostGone is how many removed items a list remembers.
const MostGone = mostGone
