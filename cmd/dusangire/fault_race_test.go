package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"dusangire/hospital/hospitaltest"
	"dusangire/hub/hubtest"
)

// TestTwoNodesRaceForABedAndOneIsKilled: whoever was promised a bed has it, alone, whatever happens to a node in the middle of it; and
// the screens of the other node show it.
func TestTwoNodesRaceForABedAndOneIsKilled(t *testing.T) {
	breaks(t)
	redis := hubtest.StartRedis(t)
	bus := []string{"--redis-url", redis.URL()}
	beds := size(6, 60)
	s := newScene(t, hospitaltest.PostgreSQL(t), beds, bus, bus)
	s.open(size(12, 60))
	clerks := s.clerks(16)
	began := time.Now()
	for turn, bed := range s.board.Beds {
		into := func(clerk int) answer {
			key := fmt.Sprint(bed.ID, " ", clerk)
			a := clerks.send(clerk%2, key, fmt.Sprintf(`{"patient_name":"Umurwayi %s","bed_id":%d}`, key, bed.ID))
			clerks.keep(key, a)
			return a
		}
		race := func() (won, unknown int) {
			var racing sync.WaitGroup
			var mu sync.Mutex
			start := make(chan struct{})
			for clerk := range clerks.number {
				racing.Go(func() {
					<-start
					a := into(clerk)
					mu.Lock()
					defer mu.Unlock()
					switch {
					case a.id != 0:
						won++
					case a.refusal == noAnswer || a.refusal == nobodyThere:
						unknown++
					case !strings.HasSuffix(a.refusal, ":bed_taken"):
						t.Errorf("racing for %s, somebody was told %s", bed.Number, a.refusal)
					}
				})
			}
			if close(start); turn%2 == 1 {
				pauseFor(t.Context(), rand.N(60*time.Millisecond))
				s.nodes[1].kill()
			}
			racing.Wait()
			return won, unknown
		}
		won, unknown := race()
		if won > 1 {
			t.Errorf("%d were promised the bed %s", won, bed.Number)
		}
		if turn%2 == 0 && (won != 1 || unknown != 0) {
			t.Errorf("with both nodes up, %d won the bed %s and %d had no answer", won, bed.Number, unknown)
		}
		if turn%2 == 1 {
			t.Logf("a node was killed in the race for %s: %d won, %d had no answer", bed.Number, won, unknown)
			s.start(1)
			// Whoever had no answer asks again: the one who has the bed is told the same, the others that it is taken.
			if again, unknown := raceAgain(clerks, into); again != 1 || unknown != 0 {
				t.Errorf("asked again, %d have the bed %s and %d have no answer, want one and none", again, bed.Number, unknown)
			}
		}
	}
	s.settled()
	s.judge(oldest+clockSkew, span{began, time.Now()})
	s.wantNumber(beds, "patients in beds", `SELECT count(*) FROM admission WHERE bed_id IS NOT NULL AND discharged_at IS NULL`)
	s.wantNumber(beds, "occupied beds", `SELECT count(*) FROM bed WHERE status = 'occupied'`)
	s.wantNumber(beds, "patients, none of them without a stay", `SELECT count(*) FROM patient`)
	s.wantNumber(beds, "lines of the audit for these", `SELECT count(*) FROM audit WHERE action = 'admission.admit'`)
	s.sameAsNew()
}

// raceAgain lets every clerk ask again, one after the other, and counts those who have the bed.
func raceAgain(c *clerks, into func(clerk int) answer) (have, unknown int) {
	for clerk := range c.number {
		switch a := into(clerk); {
		case a.id != 0:
			have++
		case a.refusal == noAnswer || a.refusal == nobodyThere:
			unknown++
		}
	}
	return have, unknown
}
