package faults_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital/hospitaltest"
)

// TestHostileFramesDisturbNobody sends what no client should to live sockets, by hand: the server lets such clients go, keeps nothing of
// them, and serves the others as before.
func TestHostileFramesDisturbNobody(t *testing.T) {
	breaks(t)
	s := newScene(t, hospitaltest.SQLite(t), 24, nil)
	s.open(dusangiretest.Size(6, 50))
	node := s.nodes[0]
	goroutines, sockets := node.Metric("go_goroutines"), node.Metric("dusangire_ws_sessions")
	memory := node.Metric("process_resident_memory_bytes")
	shift := s.work(10)
	began := time.Now()
	var sent atomic.Int64
	var sending sync.WaitGroup
	tokens := s.signInMany(dusangiretest.Size(1, 5), dusangiretest.Size(1, 5))
	for i := range dusangiretest.Size(16, 200) {
		sending.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 1))
			for sent.Load() < dusangiretest.Size[int64](20_000, 1_000_000) {
				s.offend(r, tokens[i%len(tokens)], &sent)
			}
		})
	}
	sending.Wait()
	whole := span{began, time.Now()}
	t.Logf("%d frames in %v", sent.Load(), whole.until.Sub(began).Round(time.Millisecond))
	s.end(shift)
	s.settled()
	s.judge(allowing(healthy), whole)
	if n := s.bannersWithin(whole); n > 0 {
		t.Errorf("%d good screens said that they are not live", n)
	}
	dusangiretest.WaitFor(t, "the server has let all of them go", func() bool {
		return node.Metric("dusangire_ws_sessions") <= sockets && node.Metric("go_goroutines") <= goroutines+10
	})
	if grown := (node.Metric("process_resident_memory_bytes") - memory) / (1 << 20); grown > 100 {
		t.Errorf("the server's memory grew by %.0f MB", grown)
	}
	if strings.Contains(node.Log.String(), "panic") {
		t.Errorf("the server panicked:\n%s", node.Log)
	}
}

// offend opens a socket, sends some frames that may pass and then one that may not, and reads whatever the server says to it.
func (s *scene) offend(r *rand.Rand, token string, sent *atomic.Int64) {
	path := []string{fmt.Sprintf("/ws/ward/%d/", s.board.ID), "/ws/dashboard/medical_staff/"}[r.IntN(2)]
	socket, err := dialRaw(s.nodes[0].URL, path, []string{dusangiretest.AsHTML, dusangiretest.AsJSON}[r.IntN(2)], token)
	if err != nil {
		s.t.Errorf("open a socket: %v", err)
		return
	}
	defer socket.Close()
	_ = socket.SetDeadline(time.Now().Add(time.Second))
	var reading sync.WaitGroup
	defer reading.Wait()
	defer socket.Close()
	reading.Go(func() { _, _ = io.Copy(io.Discard, socket.reader) })
	var bytes bytes.Buffer
	frames := 1 + r.IntN(60)
	for range frames {
		bytes.Write(harmless(r))
	}
	bytes.Write(offences[r.IntN(len(offences))](r))
	if _, err := socket.Write(bytes.Bytes()); err == nil {
		sent.Add(int64(frames + 1))
	}
	if r.IntN(4) == 0 {
		return // leaves at once, mostly in the middle
	}
	reading.Wait() // until the server closes it, or patience ends
}

// Opcodes of RFC 6455, section 5.2.
const (
	opContinuation = 0
	opText         = 1
	opBinary       = 2
	opClose        = 8
	opPing         = 9
	opPong         = 10
)

// frameOf writes a frame that is masked as a client's must be. first is its first byte: FIN, the reserved bits and the opcode.
func frameOf(first byte, payload []byte) []byte {
	return append(headOf(first, uint64(len(payload)), true), masked(payload)...)
}

// headOf writes the head of a frame, with any length it is told.
func headOf(first byte, length uint64, isMasked bool) []byte {
	mask := byte(0)
	if isMasked {
		mask = 0x80
	}
	head := []byte{first}
	switch {
	case length < 126:
		head = append(head, mask|byte(length))
	case length <= math.MaxUint16:
		head = binary.BigEndian.AppendUint16(append(head, mask|126), uint16(length))
	default:
		head = binary.BigEndian.AppendUint64(append(head, mask|127), length)
	}
	if isMasked {
		head = append(head, maskingKey...)
	}
	return head
}

var maskingKey = []byte{1, 2, 3, 4}

func masked(payload []byte) []byte {
	out := make([]byte, len(payload))
	for i, b := range payload {
		out[i] = b ^ maskingKey[i%4]
	}
	return out
}

const fin = 0x80

// harmless is a frame that the protocol permits.
func harmless(r *rand.Rand) []byte {
	switch r.IntN(8) {
	case 0:
		return frameOf(fin|opPong, noise(r, 125))
	case 1:
		return append(frameOf(opText, []byte(`{"action":`)), append(frameOf(opContinuation, nil), frameOf(fin|opContinuation, []byte(`"get_status"}`))...)...)
	case 2:
		return append(frameOf(opText, []byte(`{"a`)), append(frameOf(fin|opPing, nil), frameOf(fin|opContinuation, []byte(`":1}`))...)...)
	default:
		return frameOf(fin|opPing, noise(r, 125))
	}
}

func noise(r *rand.Rand, most int) []byte {
	out := make([]byte, r.IntN(most+1))
	for i := range out {
		out[i] = byte(r.Uint32())
	}
	return out
}

// offences are frames that end a socket, or stop in the middle.
var offences = []func(r *rand.Rand) []byte{
	func(r *rand.Rand) []byte { return frameOf(fin|opText, bytes.Repeat([]byte("x"), 5000+r.IntN(60_000))) }, // too big
	func(r *rand.Rand) []byte {
		return headOf(fin|opText, []uint64{1 << 63, math.MaxUint64, 1 << 40, 1<<63 - 1}[r.IntN(4)], true)
	}, // a length that nobody has
	func(r *rand.Rand) []byte { return append(headOf(fin|opText, 4, false), "{}{}"...) }, // not masked
	func(r *rand.Rand) []byte {
		return frameOf(fin|[]byte{3, 4, 5, 6, 7, 11, 12, 13, 14, 15}[r.IntN(10)], noise(r, 40))
	}, // unknown opcodes
	func(r *rand.Rand) []byte { return frameOf(fin|byte(1+r.IntN(7))<<4|opText, noise(r, 40)) },             // reserved bits
	func(r *rand.Rand) []byte { return frameOf(fin|opPing, bytes.Repeat([]byte("p"), 126+r.IntN(60_000))) }, // a control frame that is too long
	func(r *rand.Rand) []byte { return frameOf(opPing, nil) },                                               // a control frame in parts
	func(r *rand.Rand) []byte { return frameOf(fin|opContinuation, noise(r, 40)) },                          // the end of nothing
	func(r *rand.Rand) []byte { return append(frameOf(opText, nil), frameOf(fin|opText, nil)...) },          // a message within a message
	func(r *rand.Rand) []byte { return frameOf(fin|opBinary, noise(r, 1000)) },                              // binary
	func(r *rand.Rand) []byte { return frameOf(fin|opText, []byte{0xc3, 0x28, 0xff, 0xfe}) },                // no UTF-8
	func(r *rand.Rand) []byte {
		return frameOf(fin|opClose, []byte{byte(r.Uint32()), byte(r.Uint32()), 0xff})
	}, // a close that says nonsense
	func(r *rand.Rand) []byte { return frameOf(fin|opClose, []byte{3}) },                          // half a close code
	func(r *rand.Rand) []byte { return append(headOf(fin|opText, 4000, true), noise(r, 100)...) }, // the rest never comes
	func(r *rand.Rand) []byte { return []byte{fin | opText} },                                     // half a head
	func(r *rand.Rand) []byte { return noise(r, 4000) },                                           // anything
	func(r *rand.Rand) []byte {
		return bytes.Repeat(frameOf(fin|opText, []byte(`{"action":"get_status"}`)), 30)
	}, // too many questions
	func(r *rand.Rand) []byte { // a message in countless parts
		return append(frameOf(opText, []byte("{")), bytes.Repeat(frameOf(opContinuation, []byte("{")), 5000)...)
	},
	func(r *rand.Rand) []byte { // JSON that goes very deep
		return frameOf(fin|opText, bytes.Repeat([]byte(`{"action":`), 400))
	},
}
