package faults_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// readiness is what a node says of its parts.
func (s *scene) readiness(node int) (parts map[string]string) {
	s.t.Helper()
	response, err := http.Get(s.urls[node] + "/readyz")
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&parts); err != nil {
		s.t.Fatal(err)
	}
	if ready := parts["database"] == "ok" && parts["bus"] == "ok" && parts["clock"] == "ok"; ready != (response.StatusCode == http.StatusOK) {
		s.t.Errorf("the node answers %d and says %v", response.StatusCode, parts)
	}
	return parts
}

// wantUnfit lets the database be unfit to be written for a while, for a reason, and checks that
// nobody is told a lie: nothing is answered as saved, and no screen calls itself live.
func (s *scene) wantUnfit(clerks *clerks, reason string) {
	s.t.Helper()
	began := time.Now()
	dusangiretest.WaitFor(s.t, "the node says "+reason, func() bool { return s.readiness(0)["database"] == reason })
	if took := time.Since(began); took > allowing(5*time.Second) {
		s.t.Errorf("the node said so only after %v", took)
	}
	pauseFor(s.t.Context(), oldest+allowing(time.Second))
	unfit := span{from: time.Now()}
	for n := range 3 {
		key := fmt.Sprint(reason, " ", n)
		a := clerks.admit(0, key)
		if clerks.keep(key, a); a.id != 0 || !strings.HasSuffix(a.refusal, ":not_saved") {
			s.t.Errorf("while it is %s, an admission is answered %+v", reason, a)
		}
	}
	unfit.until = time.Now()
	s.wantNoneLiveOn(0, unfit)
}

// TestOnAFullDiskNothingIsLostAndNoScreenIsLive fills the disk of the database under load, and
// makes room again.
func TestOnAFullDiskNothingIsLostAndNoScreenIsLive(t *testing.T) {
	breaks(t)
	disk := hospitaltest.SmallDisk(t)
	database := "sqlite:" + filepath.Join(disk, "hospital.db")
	if err := hospital.Migrate(t.Context(), database); err != nil {
		t.Fatal(err)
	}
	s := newScene(t, database, 2, nil)
	s.open(3)
	clerks := s.clerks(4)
	for round := range dusangiretest.Size(1, 5) {
		key := fmt.Sprint("before ", round)
		clerks.keep(key, clerks.admit(0, key))
		ballast := filepath.Join(disk, "ballast")
		for n := 0; ; n++ { // a log has room to write into until it has been used up
			fillUp(t, ballast)
			key := fmt.Sprint("full ", round, " ", n)
			a := clerks.admit(0, key)
			if clerks.keep(key, a); a.id == 0 {
				break
			}
		}
		s.wantUnfit(clerks, "disk_full")
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		s.settled()
		dusangiretest.WaitFor(t, "the node is ready again", func() bool { return s.readiness(0)["database"] == "ok" })
	}
	s.sameAsNew()
	clerks.check()
}

// fillUp uses up what is left of a disk.
func fillUp(t *testing.T, path string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for err == nil {
		_, err = file.Write(make([]byte, 4096))
	}
}

// TestAFileThatIsMovedUnderTheServerTakesNothing moves the database away and back.
func TestAFileThatIsMovedUnderTheServerTakesNothing(t *testing.T) {
	breaks(t)
	s := newScene(t, hospitaltest.SQLite(t), 2, nil)
	s.open(3)
	clerks := s.clerks(4)
	clerks.keep("before", clerks.admit(0, "before"))
	path := strings.TrimPrefix(s.database, "sqlite:")
	s.ledger.db.Close() // which would make a new file there
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	s.wantUnfit(clerks, "replaced")
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	dusangiretest.WaitFor(t, "the node is ready again", func() bool { return s.readiness(0)["database"] == "ok" })
	clerks.check()
}

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
		if lasts > 5*time.Second { // longer than a command waits
			dusangiretest.WaitFor(t, "the node says that it is locked", func() bool { return s.readiness(0)["database"] == "locked" })
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
	for round := range dusangiretest.Size(1, 30) {
		for _, lasts := range []time.Duration{time.Second, 4 * time.Second} {
			if refused := lock(fmt.Sprint(round, lasts), lasts); len(refused) > 0 {
				t.Errorf("locked for %v: %v", lasts, refused)
			}
		}
		// The first command may come behind a look at the node's health, which waits for up to 2.5 s.
		refused := lock(fmt.Sprint(round, " long"), 9*time.Second)
		if len(refused) == 0 {
			t.Error("locked for 9 s, nobody was told that nothing was saved")
		}
		for _, refusal := range refused {
			if !strings.HasPrefix(refusal, "503 ") || !strings.HasSuffix(refusal, ":not_saved") {
				t.Errorf("locked for 9 s, somebody was told %s", refusal)
			}
		}
		s.wantNumber(clerks.promised(), "admissions, as many as were promised",
			`SELECT count(*) FROM admission`)
	}
	s.settled()
	whole := span{began, time.Now()}
	s.judge(allowing(healthy), whole)
	if n := s.bannersWithin(whole); n > 0 {
		t.Errorf("%d screens said that they are not live, and the database could be read all the time", n)
	}
	clerks.check()
}
