package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// TestSlowAndDeadScreensDisturbNobodyAndNeverLie puts screens on a bad line, on one that is cut, and some that never read, among
// good ones. Those on the bad line show something newer now and then or say that they don't; those who never read are let go.
func TestSlowAndDeadScreensDisturbNobodyAndNeverLie(t *testing.T) {
	breaks(t)
	s := newScene(t, hospitaltest.SQLite(t), 24, nil)
	s.open(size(12, 300))
	good := s.screens
	address := strings.TrimPrefix(s.nodes[0].url, "http://")
	bad, cut := newLink(t, "tcp", address), newLink(t, "tcp", address)
	s.openThrough(bad, size(4, 50))
	s.openThrough(cut, size(2, 25))
	s.settled()
	shift := s.work(size(20, 50))
	began := time.Now()
	pauseFor(t.Context(), size(3*time.Second, 30*time.Second)) // for comparison
	broken := time.Now()
	before := s.nodes[0].metric("process_resident_memory_bytes")
	bad.suffer(faults{rate: 2 << 10})
	cut.suffer(faults{hole: true})
	another := s.nodes[0].signIn(string(hospital.MedicalStaff)).token // one may have only so many sockets
	for range size(8, 100) {
		s.mustDialRaw(fmt.Sprintf("/ws/ward/%d/", s.board.ID), asHTML, another)
	}
	dead := time.Now()
	waitFor(t, "those who never read are let go", func() bool {
		return s.nodes[0].metric(`dusangire_ws_close_total{code="1013"}`) >= float64(size(8, 100))
	})
	t.Logf("those who never read were let go after %v", time.Since(dead).Round(100*time.Millisecond))
	pauseFor(t.Context(), time.Until(broken.Add(size(12*time.Second, 5*time.Minute))))
	s.end(shift)
	over := time.Now()
	bad.suffer(faults{})
	cut.suffer(faults{})
	t.Logf("every screen was live and up to date again after %v", s.settled().Round(time.Millisecond))
	t.Logf("memory grew by %.1f MB", (s.nodes[0].metric("process_resident_memory_bytes")-before)/(1<<20))

	s.judge(oldest+clockSkew, span{began, time.Now()})
	s.screens = good
	for what, stretch := range map[string]span{"before": {began, broken}, "beside slow and dead ones": {broken, over}} {
		t.Logf("good screens %s:", what)
		s.judge(allowing(healthy), stretch)
		if n := s.bannersWithin(stretch); n > 0 {
			t.Errorf("%d good screens said that they are not live %s", n, what)
		}
	}
}

// openThrough opens screens of the ward's board whose line leads through a link.
func (s *scene) openThrough(l *link, screens int) {
	ctx, stop := context.WithCancel(context.Background())
	s.t.Cleanup(stop)
	for i := range screens {
		w := newWitness(fmt.Sprintf("screen %d behind %s", i, l.near()), "http://"+l.near(), wardPath(s.board), fmt.Sprintf("/ws/ward/%d/", s.board.ID), s.tokens[hospital.MedicalStaff])
		w.client = newClient()
		s.add(ctx, w)
	}
}
