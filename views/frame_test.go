package views_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"dusangire/hub/freshness"
	"dusangire/hub/revision"
	"dusangire/views"
	"dusangire/views/text"
)

// frame is what the hub sends when these regions changed: each as a partial, the stamp last, which is made now if it does not say when.
func frame(t testing.TB, lang text.Lang, s revision.Freshness, regions ...views.Region) string {
	t.Helper()
	if s.Sent == 0 {
		s.Sent = time.Since(began)
	}
	var b strings.Builder
	for _, r := range append(regions, views.Region{ID: freshness.MarkerID, Component: views.Marker(s)}) {
		fmt.Fprintf(&b, `<hx-partial hx-target="#%s" hx-swap="outerMorph">%s</hx-partial>`, r.ID, draw(t, lang, r.Component))
	}
	return b.String()
}

func stampOf(label string) revision.Freshness {
	shown := labelled(label)
	return revision.Freshness{Shown: shown, Current: shown, Age: 430 * time.Millisecond, DatabaseOK: true, At: now}
}

// labelled is the revisions whose label is "metrics=7,ward:3=118".
func labelled(label string) revision.Set {
	s := revision.Set{Epoch: "8f3a1c2b9d4e5f60", Topics: map[revision.Topic]int64{}}
	for _, one := range strings.Split(label, ",") {
		topic, at, _ := strings.Cut(one, "=")
		stands, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			panic(err)
		}
		s.Topics[revision.Topic(topic)] = stands
	}
	return s
}

func TestTheFrameOfOneBedFitsOneKilobyte(t *testing.T) {
	board := sampleBoard()
	board.Beds[0].Admission = sampleAdmission(1)
	board.Beds[0].Admission.Meals = sampleAdmission(7).Meals
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
	got := draw(t, text.En, views.Marker(stampOf("metrics=123456,ward:10=123456")))
	if len(got) > 240 {
		t.Errorf("a stamp of two topics has %d bytes: %s", len(got), got)
	}
}
