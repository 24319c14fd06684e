package faults_test

import (
	"syscall"
	"testing"
	"time"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital/hospitaltest"
	"dusangire/hub/hubtest"
)

// TestTheScreensOfAFrozenNodeSaySo lets one of two nodes stand still, as a machine does whose disk hangs: its sockets stay open and bring
// nothing. What the other node does meanwhile must not pass unnoticed.
func TestTheScreensOfAFrozenNodeSaySo(t *testing.T) {
	breaks(t)
	redis := hubtest.StartRedis(t)
	bus := []string{"--redis-url", redis.URL()}
	s := newScene(t, hospitaltest.PostgreSQL(t), 24, bus, bus)
	s.open(dusangiretest.Size(12, 100))
	began := time.Now()
	shift := s.work(dusangiretest.Size(20, 50)) // at the first node
	for range dusangiretest.Size(1, 10) {
		frozen := time.Now()
		s.nodes[1].Signal(syscall.SIGSTOP)
		pauseFor(t.Context(), oldest+allowing(2*time.Second))
		s.wantNoneLiveOn(1, span{frozen.Add(allowing(oldest)), time.Now()})
		s.nodes[1].Signal(syscall.SIGCONT)
		t.Logf("every screen was live and up to date %v after the node went on", s.settled().Round(time.Millisecond))
	}
	s.end(shift)
	s.settled()
	s.judge(oldest+clockSkew, span{began, time.Now()})
	s.sameAsNew()
}
