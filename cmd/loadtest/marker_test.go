package main

import "testing"

const frame = `<hx-partial hx-target="#bed-5"><li id="bed-5" title="data-shown"></li></hx-partial>` +
	`<hx-partial hx-target="#live" hx-swap="outerMorph"><time id="live" data-epoch="e" ` +
	`data-shown="metrics=7,ward:11=118,ward:1=9" data-current="ward:1=10" data-age="1">` +
	`14:32:05</time></hx-partial>`

func TestAMarkerTellsTheRevisionOfATopicByItsWholeName(t *testing.T) {
	t.Parallel()
	for topic, want := range map[string]uint32{"metrics": 7, "ward:11": 118, "ward:1": 9} {
		if got, found := revisionOf(topic, shownIn([]byte(frame))); !found || got != want {
			t.Errorf("%s: got %d (%t), want %d", topic, got, found, want)
		}
	}
	for _, topic := range []string{"ward:111", "ward", "1"} {
		if got, found := revisionOf(topic, shownIn([]byte(frame))); found {
			t.Errorf("%q is not shown and was found at %d", topic, got)
		}
	}
	for _, frame := range []string{"", "no marker", `data-shown=""`, `data-shown="ward:1=x"`} {
		if _, found := revisionOf("ward:1", shownIn([]byte(frame))); found {
			t.Errorf("%q shows no ward:1", frame)
		}
	}
	if got, found := revisionOf(bareTopic, shownIn(bareFrame(1234))); !found || got != 1234 {
		t.Errorf("a bare server's frame shows %d (%t), want 1234", got, found)
	}
	if one, many := len(bareFrame(1)), len(bareFrame(1<<31)); one != frameBytes || many != frameBytes {
		t.Errorf("a bare server's frames have %d and %d bytes, want %d", one, many, frameBytes)
	}
}

func TestAMessageOnTheWireHasItsHeader(t *testing.T) {
	t.Parallel()
	for payload, want := range map[int]int{0: 2, 125: 127, 126: 130, 65535: 65539, 65536: 65546} {
		if got := onTheWire(payload); got != want {
			t.Errorf("%d bytes: got %d, want %d", payload, got, want)
		}
	}
}
