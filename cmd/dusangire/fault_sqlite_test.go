package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"dusangire/hospital/hospitaltest"
)

// TestWhileSQLiteIsLockedCommandsWaitOrSayThatNothingWasSaved lets somebody else, such as a backup, keep the database from being
// written. Screens read on; a command waits for five seconds and is then refused, and nothing of it is there.
func TestWhileSQLiteIsLockedCommandsWaitOrSayThatNothingWasSaved(t *testing.T) {
	breaks(t)
	s := newScene(t, hospitaltest.SQLite(t), 2, nil)
	s.open(3)
	db := hospitaltest.Database(t, s.database)
	db.SetMaxOpenConns(1)
	clerks := s.clerks(4)
	began := time.Now()
	lock := func(turn string, lasts time.Duration) (refused []string) {
		if _, err := db.ExecContext(t.Context(), `BEGIN IMMEDIATE`); err != nil {
			t.Fatal(err)
		}
		locked := time.Now()
		var asking sync.WaitGroup
		var mu sync.Mutex
		for clerk := range clerks.number {
			asking.Go(func() {
				key := fmt.Sprint(turn, " ", clerk)
				a := clerks.admit(0, key)
				clerks.keep(key, a)
				mu.Lock()
				defer mu.Unlock()
				if a.id == 0 {
					refused = append(refused, a.refusal)
				}
			})
		}
		if status := getStatus(t, s.nodes[0].url+"/readyz"); status != 200 {
			t.Errorf("while the database is locked, the node says %d of itself", status)
		}
		pauseFor(t.Context(), time.Until(locked.Add(lasts)))
		if _, err := db.ExecContext(t.Context(), `ROLLBACK`); err != nil {
			t.Fatal(err)
		}
		asking.Wait()
		if took := time.Since(locked); took > allowing(11*time.Second) {
			t.Errorf("locked for %v, the last answer came only after %v", lasts, took)
		}
		t.Logf("locked for %v: %d of %d refused; the last answer came after %v", lasts, len(refused), clerks.number, time.Since(locked).Round(time.Millisecond))
		return refused
	}
	for round := range size(1, 30) {
		for _, lasts := range []time.Duration{time.Second, 4 * time.Second} {
			if refused := lock(fmt.Sprint(round, lasts), lasts); len(refused) > 0 {
				t.Errorf("locked for %v: %v", lasts, refused)
			}
		}
		refused := lock(fmt.Sprint(round, " long"), 8*time.Second)
		if len(refused) == 0 {
			t.Error("locked for 8 s, nobody was told that nothing was saved")
		}
		for _, refusal := range refused {
			if !strings.HasPrefix(refusal, "503 ") || !strings.HasSuffix(refusal, ":not_saved") {
				t.Errorf("locked for 8 s, somebody was told %s", refusal)
			}
		}
		s.wantNumber(clerks.promised(), "stays, as many as were promised", `SELECT count(*) FROM admission`)
	}
	s.settled()
	whole := span{began, time.Now()}
	s.judge(allowing(healthy), whole)
	if n := s.bannersWithin(whole); n > 0 {
		t.Errorf("%d screens said that they are not live, and the database could be read all the time", n)
	}
	clerks.check()
}
