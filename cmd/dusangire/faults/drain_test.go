package faults_test

import (
	"context"
	"sync"
	"syscall"
	"testing"
	"time"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/cmd/dusangire/internal/program"
	"dusangire/hospital/hospitaltest"
)

// TestARestartUnderLoadCutsNobodyShort ends the server politely while clerks write and screens watch: every request that reached it is
// answered, every screen is told that the server restarts, and it is gone within ten seconds.
func TestARestartUnderLoadCutsNobodyShort(t *testing.T) {
	breaks(t)
	s := newScene(t, hospitaltest.SQLite(t), 1, nil)
	s.open(dusangiretest.Size(30, 500))
	clerks := s.clerks(16)
	clerks.rest = 100 * time.Millisecond // what is broken is not the processor
	ctx, stop := context.WithCancel(t.Context())
	var working sync.WaitGroup
	working.Go(func() { clerks.work(ctx, 0) })
	t.Cleanup(func() { stop(); working.Wait() })
	began := time.Now()
	rounds := dusangiretest.Size(2, 50)
	for range rounds {
		enough := clerks.promised() + 100
		dusangiretest.WaitFor(t, "clerks have been answered", func() bool { return clerks.promised() >= enough })
		ended := time.Now()
		if code := s.nodes[0].End(syscall.SIGTERM); code != program.ExitOK {
			t.Errorf("exit code %d, want 0:\n%s", code, s.nodes[0].Log)
		}
		if took := time.Since(ended); took > 10*time.Second {
			t.Errorf("the process took %s to end, want 10 s at most", took)
		} else {
			t.Logf("the process ended after %v", took.Round(time.Millisecond))
		}
		s.start(0)
		again := time.Now()
		s.settled()
		t.Logf("every screen was live and up to date %v after the next start", time.Since(again).Round(time.Millisecond))
	}
	stop()
	working.Wait()
	s.judge(oldest+clockSkew, span{began, time.Now()})
	if cut := clerks.refused[noAnswer]; cut > 0 {
		t.Errorf("%d requests were cut short", cut)
	}
	told := 0
	for _, w := range s.screens {
		if w.mu.Lock(); w.closes[1012] > rounds || len(w.closes) > 1 {
			t.Errorf("%s was closed with %v, want 1012 alone, %d times", w.name, w.closes, rounds)
		}
		told += w.closes[1012]
		w.mu.Unlock()
	}
	// On a machine that is busy with other tests, a screen may be between two sockets at that moment.
	if all := len(s.screens) * rounds; told < dusangiretest.Size(all*3/4, all) {
		t.Errorf("of %d screens that were cut off by a restart %d were told so", all, told)
	}
	clerks.check()
}
