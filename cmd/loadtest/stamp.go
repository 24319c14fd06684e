package main

import (
	"bytes"
	"io"
	"strconv"
)

// The stamp ends each frame of a page and says at which revision of its topics the page now stands:
//
//	<hx-partial …><time id="live" … data-shown="metrics=7,ward:3=118" …>14:32:05</time></hx-partial>

const longestStamp = 1 << 10 // bytes, with room

var shownAttribute = []byte(`data-shown="`)

// shownIn returns what stands in data-shown of the last stamp in a frame or in its end, nil where there is none.
func shownIn(frame []byte) []byte {
	at := bytes.LastIndex(frame, shownAttribute)
	if at < 0 {
		return nil
	}
	shown, _, closed := bytes.Cut(frame[at+len(shownAttribute):], []byte(`"`))
	if !closed {
		return nil
	}
	return shown
}

// revisionOf finds a topic in what a stamp shows.
func revisionOf(topic string, shown []byte) (revision uint32, found bool) {
	for len(shown) > 0 {
		var one []byte
		one, shown, _ = bytes.Cut(shown, []byte(","))
		name, number, _ := bytes.Cut(one, []byte("="))
		if string(name) == topic {
			n, err := strconv.ParseUint(string(number), 10, 32)
			return uint32(n), err == nil
		}
	}
	return 0, false
}

// readEnd reads a message to its end, forgetting all but its last longestStamp bytes or more, which are in buffer.
func readEnd(r io.Reader, buffer []byte) (size int, end []byte, err error) {
	kept := 0
	for {
		n, err := r.Read(buffer[kept:])
		size, kept = size+n, kept+n
		if err == io.EOF {
			return size, buffer[:kept], nil
		}
		if err != nil {
			return size, nil, err
		}
		if kept == len(buffer) {
			kept = copy(buffer, buffer[kept-longestStamp:])
		}
	}
}

// counting is a frame whose stamp counts: at each revision it is the same bytes with another number.
type counting struct {
	topic         string
	start         uint32 // the number that it came with
	before, after []byte
}

// countingFrame finds the number of the first topic in the stamp of a frame.
func countingFrame(frame []byte) (c counting, ok bool) {
	shown := shownIn(frame)
	first, _, _ := bytes.Cut(shown, []byte(","))
	topic, number, _ := bytes.Cut(first, []byte("="))
	c.topic = string(topic)
	if c.start, ok = revisionOf(c.topic, shown); !ok {
		return c, false
	}
	at := bytes.LastIndex(frame, shownAttribute) + len(shownAttribute) + len(topic) + len("=")
	c.before, c.after = bytes.Clone(frame[:at]), bytes.Clone(frame[at+len(number):])
	return c, true
}

// at is the frame that shows a revision.
func (c counting) at(revision uint32) []byte {
	frame := make([]byte, 0, len(c.before)+len(c.after)+10)
	frame = append(frame, c.before...)
	frame = strconv.AppendUint(frame, uint64(revision), 10)
	return append(frame, c.after...)
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
