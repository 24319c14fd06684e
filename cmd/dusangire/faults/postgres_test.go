package faults_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital/hospitaltest"
	"dusangire/hub/hubtest"
)

// TestWhilePostgreSQLCanOnlyBeReadNothingIsLostAndNoScreenIsLive makes the database one that
// answers and can't be written, as a standby is, and one that can be again.
func TestWhilePostgreSQLCanOnlyBeReadNothingIsLostAndNoScreenIsLive(t *testing.T) {
	breaks(t)
	s := newScene(t, hospitaltest.StartCluster(t).URL(), 2, nil)
	s.open(3)
	clerks := s.clerks(4)
	readOnly := func(setting string) {
		t.Helper()
		for _, statement := range []string{`SET default_transaction_read_only = off`,
			`ALTER SYSTEM SET default_transaction_read_only = ` + setting, `SELECT pg_reload_conf()`} {
			if _, err := s.ledger.db.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
	}
	for round := range dusangiretest.Size(1, 5) {
		key := fmt.Sprint("before ", round)
		clerks.keep(key, clerks.admit(0, key))
		readOnly("on")
		s.wantUnfit(clerks, "read_only")
		readOnly("off")
		s.settled()
		dusangiretest.WaitFor(t, "the node is ready again", func() bool { return s.readiness(0)["database"] == "ok" })
	}
	s.sameAsNew()
	clerks.check()
}

// TestWhilePostgreSQLIsAwayScreensSaySoAndNothingThatWasAnsweredIsLost crashes the database under load. What is answered meanwhile
// is that nothing was saved; when the database is back, so is everything else, without anybody's doing.
func TestWhilePostgreSQLIsAwayScreensSaySoAndNothingThatWasAnsweredIsLost(t *testing.T) {
	breaks(t)
	postgres, redis := hospitaltest.StartCluster(t), hubtest.StartRedis(t)
	bus := []string{"--redis-url", redis.URL()}
	s := newScene(t, postgres.URL(), 24, bus, bus)
	s.open(dusangiretest.Size(12, 60))
	clerks := s.clerks(16)
	clerks.rest = 100 * time.Millisecond // what is broken is not the processor
	ctx, stop := context.WithCancel(t.Context())
	var working sync.WaitGroup
	working.Go(func() { clerks.work(ctx, 0) })
	t.Cleanup(func() { stop(); working.Wait() })
	began := time.Now()
	for round := range dusangiretest.Size(3, 20) {
		enough := clerks.promised() + dusangiretest.Size(50, 200)
		dusangiretest.WaitFor(t, "clerks have been answered", func() bool { return clerks.promised() >= enough })
		away := span{from: time.Now()}
		postgres.Crash()
		if round == 0 { // long enough for every screen to say so
			pauseFor(t.Context(), oldest+allowing(2*time.Second))
			gone := span{away.from.Add(allowing(oldest)), time.Now()}
			s.wantNoneLiveOn(0, gone)
			s.wantNoneLiveOn(1, gone)
		} else {
			pauseFor(t.Context(), rand.N(3*time.Second))
		}
		postgres.Start()
		back := time.Now()
		s.settled()
		if took := time.Since(back); took > allowing(3*time.Second) {
			t.Errorf("screens were live and up to date only %v after the database was back", took)
		} else {
			t.Logf("away for %v; every screen was live and up to date %v after that", back.Sub(away.from).Round(time.Millisecond), took.Round(time.Millisecond))
		}
	}
	stop()
	working.Wait()
	s.settled()
	s.judge(oldest+clockSkew, span{began, time.Now()})
	s.sameAsNew()
	clerks.check()
}
