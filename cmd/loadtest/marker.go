package main

import (
	"bytes"
	"strconv"
)

// The freshness marker ends each frame of a page and says at which revision of its topics the page
// now stands:
//
//	<time id="live" … data-shown="metrics=7,ward:3=118" …>14:32:05</time></hx-partial>

var shownAttribute = []byte(`data-shown="`)

// shownIn returns what stands in data-shown of a frame's marker, nil where there is none.
func shownIn(frame []byte) []byte {
	at := bytes.LastIndex(frame, shownAttribute)
	if at < 0 {
		return nil
	}
	shown, _, _ := bytes.Cut(frame[at+len(shownAttribute):], []byte(`"`))
	return shown
}

// revisionOf finds a topic in what a marker shows.
func revisionOf(topic string, shown []byte) (revision uint32, found bool) {
	for pair := range bytes.SplitSeq(shown, []byte(",")) {
		name, number, _ := bytes.Cut(pair, []byte("="))
		if string(name) == topic {
			n, err := strconv.ParseUint(string(number), 10, 32)
			return uint32(n), err == nil
		}
	}
	return 0, false
}

// onTheWire is how long a message from a server is as one WebSocket frame.
func onTheWire(payload int) int {
	switch {
	case payload < 126:
		return 2 + payload
	case payload < 1<<16:
		return 4 + payload
	}
	return 10 + payload
}
