package hub

import (
	"fmt"
	"testing"
	"time"

	"dusangire/hub/revision"
)

// A page takes the first marker of its socket for made when the socket opened.
func TestTheMarkerThatANewClientGetsFirstIsNew(t *testing.T) {
	p := newRendition(HTML)
	cell := Region{ID: "cell-1", Body: []byte(`<p id="cell-1"></p>`)}
	if _, err := p.update([]Region{cell}, revision.Set{}); err != nil {
		t.Fatal(err)
	}
	markers := 0
	marker := func() []byte {
		markers++
		return fmt.Appendf(nil, `<time id="live">%d</time>`, markers)
	}
	first := p.diff(0, marker)
	p.dropOldMarkers(p.marked.Add(maxFirstMarkerAge))
	if again := p.diff(0, marker); again.messages[0] != first.messages[0] {
		t.Error("clients that come together should share what they get")
	}
	p.dropOldMarkers(p.marked.Add(maxFirstMarkerAge + time.Millisecond))
	if p.diff(0, marker); markers != 2 {
		t.Errorf("%d markers were made, want a second one for who comes later", markers)
	}
}
