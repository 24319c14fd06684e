package main

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"
)

const stamped = `<hx-partial hx-target="#bed-5"><li id="bed-5" title="data-shown"></li></hx-partial><hx-partial hx-target="#live" hx-swap="outerMorph">` +
	`<time id="live" data-epoch="e" data-shown="metrics=7,ward:11=118,ward:1=9" data-current="ward:1=10" data-age="1">14:32:05</time></hx-partial>`

func TestAStampTellsTheRevisionOfATopicByItsWholeName(t *testing.T) {
	t.Parallel()
	for topic, want := range map[string]uint32{"metrics": 7, "ward:11": 118, "ward:1": 9} {
		if got, found := revisionOf(topic, shownIn([]byte(stamped))); !found || got != want {
			t.Errorf("%s: got %d (%t), want %d", topic, got, found, want)
		}
	}
	for _, topic := range []string{"ward:111", "ward", "1", ""} {
		if got, found := revisionOf(topic, shownIn([]byte(stamped))); found {
			t.Errorf("%q is not shown and was found at %d", topic, got)
		}
	}
	for _, frame := range []string{"", "no stamp", `data-shown="cut off=3`, `data-shown=""`, `data-shown="ward:1=x"`} {
		if _, found := revisionOf("ward:1", shownIn([]byte(frame))); found {
			t.Errorf("%q shows no ward:1", frame)
		}
	}
}

func TestOfALongMessageTheEndIsKept(t *testing.T) {
	t.Parallel()
	for _, length := range []int{0, 1, 4 << 10, 4<<10 + 1, 100_000} {
		message := strings.Repeat("x", length) + stamped
		size, end, err := readEnd(iotest.HalfReader(strings.NewReader(message)), make([]byte, 4<<10))
		if err != nil || size != len(message) {
			t.Errorf("%d bytes before the stamp: read %d of %d: %v", length, size, len(message), err)
		}
		if got, _ := revisionOf("ward:11", shownIn(end)); got != 118 {
			t.Errorf("%d bytes before the stamp: shown %d, want 118", length, got)
		}
	}
	broken := errors.New("cut")
	if _, _, err := readEnd(iotest.ErrReader(broken), make([]byte, 4<<10)); !errors.Is(err, broken) {
		t.Errorf("a socket that breaks: %v", err)
	}
}

func TestACountingFrameDiffersInItsNumberAlone(t *testing.T) {
	t.Parallel()
	c, ok := countingFrame([]byte(stamped))
	if !ok || c.topic != "metrics" || c.start != 7 {
		t.Fatalf("got %q at %d (%t)", c.topic, c.start, ok)
	}
	if got := string(c.at(7)); got != stamped {
		t.Errorf("at its own number: %s", got)
	}
	if got, want := string(c.at(1234)), strings.Replace(stamped, "metrics=7", "metrics=1234", 1); got != want {
		t.Errorf("at 1234: got %s, want %s", got, want)
	}
	if _, ok := countingFrame([]byte("no stamp")); ok {
		t.Error("a frame without a stamp can't count")
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
