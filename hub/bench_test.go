package hub

import (
	"fmt"
	"io"
	"testing"

	"dusangire/hub/revision"
)

// benchBoard is a rendering of cells of the size of a bed's card, one of them in its n-th state.
func benchBoard(cells, n int) []Region {
	regions := make([]Region, cells)
	for i := range regions {
		state := "occupied"
		if i == cells/2 {
			state = fmt.Sprint(n)
		}
		id := fmt.Sprintf("bed-%d", i)
		regions[i] = Region{ID: id, Body: fmt.Appendf(nil, `<li id="%s" class="bed" data-version="7">`+
			`<a href="/beds/%d/"><b>%02d</b><em>%s</em><strong>Umutoniwase Denise</strong>`+
			`<i class="warn">Allergy: peanuts</i><span>since 22 Nov 07:34</span></a></li>`,
			id, i, i, state)}
	}
	return regions
}

var benchRevisions = revision.Set{Epoch: "e", Topics: map[revision.Topic]int64{"ward:3": 118}}

func benchMarker() []byte {
	return []byte(`<time id="live" data-epoch="e" data-shown="ward:3=118" ` +
		`data-current="ward:3=118" data-age="230" data-database="ok">14:32:05</time>`)
}

// BenchmarkCompare takes in a rendering of a 24-bed ward in which one bed differs.
func BenchmarkCompare(b *testing.B) {
	p := newRendition(HTML)
	renderings := [2][]Region{benchBoard(24, 0), benchBoard(24, 1)}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := p.update(renderings[i%2], benchRevisions); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFrame builds what a client is sent: the one bed that differs, and the whole ward for one
// who joins.
func BenchmarkFrame(b *testing.B) {
	p := newRendition(HTML)
	for n := range 2 {
		if _, err := p.update(benchBoard(24, n), benchRevisions); err != nil {
			b.Fatal(err)
		}
	}
	for name, from := range map[string]uint64{"one_bed": p.version - 1, "whole_ward": 0} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			size := 0
			for b.Loop() {
				clear(p.diffs)
				size = p.diff(from, benchMarker).bytes
			}
			b.ReportMetric(float64(size), "bytes/frame")
		})
	}
}

// BenchmarkHint wakes the views of one topic among many that others watch.
func BenchmarkHint(b *testing.B) {
	for _, others := range []int{0, 100, 10_000} {
		b.Run(fmt.Sprintf("%d_other_topics", others), func(b *testing.B) {
			h := New(Config{})
			defer h.stop()
			watched := newView(h, View{Name: "ward:3"})
			h.viewsByTopic["ward:3"] = map[*view]bool{watched: true}
			for i := range others {
				other := revision.Topic(fmt.Sprintf("other:%d", i))
				h.viewsByTopic[other] = map[*view]bool{newView(h, View{}): true}
			}
			b.ReportAllocs()
			for b.Loop() {
				h.hint(benchRevisions)
			}
		})
	}
}

// benchState is a ward as its read found it.
type benchState []Region

func (s benchState) Revisions() revision.Set      { return benchRevisions }
func (s benchState) HTML() ([]Region, error)      { return s, nil }
func (s benchState) JSON() ([]Region, error)      { return nil, nil }
func (s benchState) Answer([]byte) ([]byte, bool) { return nil, true }

// BenchmarkFanOut brings a change of one bed to all who watch, over real connections: it is
// compared with what was there, framed once and written to each.
func BenchmarkFanOut(b *testing.B) {
	for _, clients := range []int{1, 100, 1000} {
		b.Run(fmt.Sprintf("%d_clients", clients), func(b *testing.B) {
			marker := func(revision.Freshness) []byte { return benchMarker() }
			h := New(Config{Bus: NewMemoryBus(), Marker: marker})
			b.Cleanup(func() { h.stop(); h.workers.Wait() })
			v := newView(h, View{Name: "ward:3"})
			p := v.renditions[HTML]
			lobby := newLobby(b, h)
			for range clients {
				w, far := lobby.open()
				// It reads until the end of the benchmark closes the connection.
				h.workers.Go(func() { _, _ = io.Copy(io.Discard, far) })
				w.view = v
				p.add(w)
			}
			states := [2]benchState{benchBoard(24, 0), benchBoard(24, 1)}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				v.state = states[i%2]
				v.publish(p)
				for len(v.events) > 0 { // of lines that were busy
					v.handle(<-v.events)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*clients), "ns/delivery")
		})
	}
}
