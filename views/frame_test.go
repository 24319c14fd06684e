package views_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// frame is what the hub sends when these regions changed: each as a partial, the stamp last, which is made now if it does not say when.
func frame(t testing.TB, lang text.Lang, s views.Freshness, regions ...views.Region) string {
	t.Helper()
	if s.Sent == 0 {
		s.Sent = time.Since(began)
	}
	var b strings.Builder
	for _, r := range append(regions, views.Region{ID: views.StampID, Component: views.Stamp(s)}) {
		fmt.Fprintf(&b, `<hx-partial hx-target="#%s" hx-swap="outerMorph">%s</hx-partial>`, r.ID, draw(t, lang, r.Component))
	}
	return b.String()
}

func stampOf(shown string) views.Freshness {
	return views.Freshness{Epoch: "8f3a1c2b9d4e5f60", Shown: shown, Current: shown, Age: 430 * time.Millisecond, DatabaseOK: true, At: now}
}

func TestTheFrameOfOneBedFitsOneKilobyte(t *testing.T) {
	board := sampleBoard()
	board.Beds[0].Stay = sampleStay(1)
	board.Beds[0].Stay.Meals = sampleStay(7).Meals
	for _, lang := range text.Langs {
		var changed []views.Region
		for _, r := range views.WardRegions(board) {
			if r.ID == views.BedID(board.Beds[0].ID) || r.ID == views.WardCountsID {
				changed = append(changed, r)
			}
		}
		got := frame(t, lang, stampOf("ward:2=118"), changed...)
		t.Logf("%s: %d bytes\n%s", lang, len(got), got)
		if len(got) > 1024 {
			t.Errorf("in %s the frame of one occupied bed has %d bytes, more than 1024", lang, len(got))
		}
	}
}

func TestAStampIsSmall(t *testing.T) {
	got := draw(t, text.En, views.Stamp(stampOf("metrics=123456,ward:10=123456")))
	if len(got) > 240 {
		t.Errorf("a stamp of two topics has %d bytes: %s", len(got), got)
	}
}

func TestAFreshnessLabelIsSortedByTopic(t *testing.T) {
	r := hospital.Revisions{Topics: map[hospital.Topic]int64{"ward:3": 118, "metrics": 7}}
	if got, want := views.FreshnessLabel(r), "metrics=7,ward:3=118"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
