package hub

import (
	"fmt"
	"testing"
	"time"

	"dusangire/hub/revision"
)

// A page takes the first stamp of its socket for made when the socket opened.
func TestTheStampThatANewWatcherGetsFirstIsNew(t *testing.T) {
	p := newPage(HTML)
	if _, err := p.update([]Region{{ID: "cell-1", Body: []byte(`<p id="cell-1"></p>`)}}, revision.Set{}); err != nil {
		t.Fatal(err)
	}
	stamps := 0
	stamp := func() []byte { stamps++; return fmt.Appendf(nil, `<time id="live">%d</time>`, stamps) }
	first := p.delta(0, stamp)
	p.forgetOld(p.stamped.Add(oldStamp))
	if again := p.delta(0, stamp); again.messages[0] != first.messages[0] {
		t.Error("watchers that come together should share what they get")
	}
	p.forgetOld(p.stamped.Add(oldStamp + time.Millisecond))
	if p.delta(0, stamp); stamps != 2 {
		t.Errorf("%d stamps were made, want a second one for who comes later", stamps)
	}
}
