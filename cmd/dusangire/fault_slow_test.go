package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

func TestSlowScreens(t *testing.T) {
	breaks(t)
	s := newScene(t, hospitaltest.SQLite(t), 24, nil)
	s.open(12)
	line := newLink(t, "tcp", strings.TrimPrefix(s.nodes[0].url, "http://"))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	for range 4 {
		w := newWitness("slow", "http://"+line.near(), wardPath(s.board), "/ws/ward/1/", s.tokens[hospital.MedicalStaff])
		w.client = newClient()
		s.add(ctx, w)
	}
	s.settled()
	began := time.Now()
	shift := s.work(40)
	pauseFor(t.Context(), 3*time.Second)
	line.suffer(faults{rate: 2 << 10})
	pauseFor(t.Context(), 20*time.Second)
	s.end(shift)
	for _, w := range s.screens[12:] {
		t.Log(w.opened, w.refused)
	}
	line.suffer(faults{})
	t.Log(s.settled())
	s.judge(oldest+clockSkew, span{began, time.Now()})
}
