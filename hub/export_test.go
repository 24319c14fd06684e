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

// RenditionForTest is a rendition without sockets, for tests that play its clients.
type RenditionForTest struct{ rendition *rendition }

// NewRenditionForTest returns one of HTML that nothing was drawn for.
func NewRenditionForTest() RenditionForTest { return RenditionForTest{newRendition(HTML)} }

// Update takes a rendering in and returns the version it made.
func (r RenditionForTest) Update(regions []Region) (version uint64, err error) {
	_, err = r.rendition.update(regions, revision.Set{})
	return r.rendition.version, err
}

// Frame is what brings a client from a version to the newest.
func (r RenditionForTest) Frame(version uint64) []byte {
	return r.rendition.messages(version, func() []byte { return []byte(`<time id="live"></time>`) })[0]
}

// MostGone is how many removed items a list remembers.
const MostGone = mostGone
