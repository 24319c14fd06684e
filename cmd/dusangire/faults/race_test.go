package faults_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
	"dusangire/hub/hubtest"
)

// race is sixteen clerks on two nodes who all want the same bed.
type race struct {
	*clerks
	bed          hospital.BoardBed
	won, unknown atomic.Int32 // clerks who were promised the bed, and who have no answer
}

// run lets the clerk ask for the bed, under the same key each time, and counts the answer.
func (r *race) run(clerk int) {
	key := fmt.Sprint(r.bed.ID, " ", clerk)
	a := r.send(clerk%len(r.s.nodes), key, fmt.Sprintf(`{"patient_name":"Umurwayi %s","bed_id":%d}`, key, r.bed.ID))
	r.keep(key, a)
	switch {
	case a.id != 0:
		r.won.Add(1)
	case a.refusal == noAnswer || a.refusal == nobodyThere:
		r.unknown.Add(1)
	case !strings.HasSuffix(a.refusal, ":bed_taken"):
		r.s.t.Errorf("racing for %s, somebody was told %s", r.bed.Number, a.refusal)
	}
}

// all lets all clerks ask at once, and something happen to them meanwhile.
func (r *race) all(meanwhile func()) {
	var racing sync.WaitGroup
	start := make(chan struct{})
	for clerk := range r.number {
		racing.Go(func() {
			<-start
			r.run(clerk)
		})
	}
	close(start)
	meanwhile()
	racing.Wait()
}

// TestTwoNodesRaceForABedAndOneIsKilled: whoever was promised a bed has it, alone, whatever happens to a node in the middle of it; and
// the screens show it.
func TestTwoNodesRaceForABedAndOneIsKilled(t *testing.T) {
	breaks(t)
	redis := hubtest.StartRedis(t)
	bus := []string{"--redis-url", redis.URL()}
	beds := dusangiretest.Size(6, 60)
	s := newScene(t, hospitaltest.PostgreSQL(t), beds, bus, bus)
	s.open(dusangiretest.Size(12, 60))
	clerks := s.clerks(16)
	began := time.Now()
	for turn, bed := range s.board.Beds {
		r := &race{clerks: clerks, bed: bed}
		if turn%2 == 0 {
			r.all(func() {})
		} else {
			r.all(func() { pauseFor(t.Context(), rand.N(60*time.Millisecond)); s.nodes[1].Kill() })
			t.Logf("a node was killed in the race for %s: %d won, %d had no answer", bed.Number, r.won.Load(), r.unknown.Load())
			if r.won.Load() > 1 {
				t.Errorf("%d were promised the bed %s", r.won.Load(), bed.Number)
			}
			s.start(1)
			r = &race{clerks: clerks, bed: bed} // all ask again: the one who has the bed is told the same, the others that it is taken
			r.all(func() {})
		}
		if r.won.Load() != 1 || r.unknown.Load() != 0 {
			t.Errorf("with both nodes up, %d have the bed %s and %d have no answer", r.won.Load(), bed.Number, r.unknown.Load())
		}
	}
	s.settled()
	s.judge(oldest+clockSkew, span{began, time.Now()})
	s.wantNumber(beds, "patients in beds", `SELECT count(*) FROM admission WHERE bed_id IS NOT NULL AND discharged_at IS NULL`)
	s.wantNumber(beds, "occupied beds", `SELECT count(*) FROM bed WHERE status = 'occupied'`)
	s.wantNumber(beds, "patients, none of them without an admission", `SELECT count(*) FROM patient`)
	s.wantNumber(beds, "lines of the audit for these", `SELECT count(*) FROM audit WHERE action = 'admission.admit'`)
	s.sameAsNew()
}
