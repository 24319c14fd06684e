package hospital_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// wellAgain fails unless the database takes commands.
func (h *fixture) wellAgain(t *testing.T) {
	t.Helper()
	if health := h.HealthNow(t.Context()); health.Database != hospital.HealthOK || h.Trouble() != nil {
		t.Errorf("the database is %q, and pages say %v", health.Database, h.Trouble())
	}
	if _, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Uwase Marie"}); err != nil {
		t.Errorf("a command: %v", err)
	}
}

// ill fails unless the database is found to take no commands for a reason, and takes none. Whether
// pages may say that they are live is live.
func (h *fixture) ill(t *testing.T, reason string, live bool) {
	t.Helper()
	began := time.Now()
	health := h.HealthNow(t.Context())
	if health.Database != reason || (h.Trouble() == nil) != live {
		t.Errorf("the database is %q, want %q; of pages it says %v", health.Database, reason, h.Trouble())
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("that took %v", took)
	}
	_, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Uwase Marie"})
	refused(t, err, hospital.Unavailable, "not_saved")
}

func TestADatabaseOnAFullDiskIsNotWell(t *testing.T) {
	t.Parallel()
	url := "sqlite:" + filepath.Join(hospitaltest.SmallDisk(t), "hospital.db")
	if err := hospital.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	h := newFixture(t, url)
	h.wellAgain(t)
	ballast := filepath.Join(filepath.Dir(strings.TrimPrefix(h.url, "sqlite:")), "ballast")
	for h.HealthNow(t.Context()).Database == hospital.HealthOK { // a log has room to write into until it has been used up
		fill(t, ballast)
	}
	h.ill(t, "disk_full", false)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	h.wellAgain(t)
}

func TestADatabaseThatSomebodyLocksIsNotReadyAndItsPagesAreLive(t *testing.T) {
	t.Parallel()
	hospitaltest.OnEachDatabase(t, func(t *testing.T, url string) {
		h := newFixture(t, url)
		other, err := h.raw.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Rollback()
		lock := `LOCK TABLE node_pulse`
		if !h.onPostgreSQL() {
			lock = `UPDATE bed SET version = version`
		}
		if _, err := other.ExecContext(t.Context(), lock); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if health := h.HealthNow(t.Context()); health.Database != "locked" || h.Trouble() != nil {
			t.Errorf("the database is %q, and pages say %v", health.Database, h.Trouble())
		}
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("that took %v", took)
		}
		if err := other.Rollback(); err != nil {
			t.Fatal(err)
		}
		h.wellAgain(t)
	})
}

// fill uses up the disk that a file is on.
func fill(t *testing.T, path string) {
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

func TestAPostgreSQLThatCanOnlyBeReadIsNotWell(t *testing.T) {
	t.Parallel()
	h := newFixture(t, hospitaltest.PostgreSQL(t))
	h.wellAgain(t)
	readOnly := func(setting string) {
		t.Helper()
		var name string
		if err := h.raw.QueryRowContext(t.Context(), `SELECT current_database()`).Scan(&name); err != nil {
			t.Fatal(err)
		}
		h.exec(t, `ALTER DATABASE `+name+` `+setting)
		h.exec(t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	}
	readOnly(`SET default_transaction_read_only = on`)
	h.ill(t, "read_only", false)
	if _, err := h.WardBoard(t.Context(), hospital.System, h.a.ID); err != nil {
		t.Errorf("it can't be read: %v", err)
	}
	h.exec(t, `SET default_transaction_read_only = off`)
	readOnly(`RESET default_transaction_read_only`)
	h.wellAgain(t)
}

// What somebody does to the file of a database that is served, and whether it can be taken back.
func TestNothingIsAnsweredAsSavedInAFileThatNobodyWillFind(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(t *testing.T, path string)
		undo func(t *testing.T, path string)
	}{
		{"it is removed", func(t *testing.T, path string) { shell(t, `rm "$0" "$0"-wal "$0"-shm`, path) }, nil},
		{"its log is removed", func(t *testing.T, path string) { shell(t, `rm "$0"-wal`, path) }, nil},
		{"it is moved", func(t *testing.T, path string) { shell(t, `mv "$0" "$0".old`, path) },
			func(t *testing.T, path string) { shell(t, `mv "$0".old "$0"`, path) }},
		{"another file takes its place", func(t *testing.T, path string) { shell(t, `cp "$0" "$0".new && mv "$0".new "$0"`, path) }, nil},
		{"its folder is moved", func(t *testing.T, path string) { shell(t, `mv "$(dirname "$0")" "$(dirname "$0")".old`, path) },
			func(t *testing.T, path string) { shell(t, `mv "$(dirname "$0")".old "$(dirname "$0")"`, path) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newFixture(t, hospitaltest.SQLite(t))
			path := strings.TrimPrefix(h.url, "sqlite:")
			h.wellAgain(t)
			c.do(t, path)
			_, err := h.AddWard(t.Context(), admin, hospital.AddWardCommand{Code: "C", Name: "Paediatrics", Beds: 1})
			refused(t, err, hospital.Unavailable, "not_saved")
			h.ill(t, "replaced", false)
			if c.undo == nil {
				return
			}
			c.undo(t, path)
			h.wellAgain(t)
		})
	}
}

// shell runs a line of the shell with a path as $0.
func shell(t *testing.T, line, path string) {
	t.Helper()
	if said, err := exec.CommandContext(t.Context(), "sh", "-c", line, path).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, said)
	}
}

// Somebody puts a copy in the place of a file that is served: what was answered is in the file that
// was moved away, and the copy is whole.
func TestACopyInThePlaceOfAServedFileSpoilsNeither(t *testing.T) {
	for _, found := range []bool{true, false} {
		t.Run(fmt.Sprintf("found before the end %t", found), func(t *testing.T) {
			t.Parallel()
			url := hospitaltest.SQLite(t)
			path := strings.TrimPrefix(url, "sqlite:")
			h, err := hospital.Open(t.Context(), hospital.Options{DatabaseURL: url})
			if err != nil {
				t.Fatal(err)
			}
			add := func(code string) {
				t.Helper()
				if _, err := h.AddWard(t.Context(), admin, hospital.AddWardCommand{Code: code, Name: code, Beds: 3}); err != nil {
					t.Fatal(err)
				}
			}
			add("A")
			raw := hospitaltest.Database(t, url)
			if _, err := raw.ExecContext(t.Context(), `VACUUM INTO '`+path+`.copy'`); err != nil {
				t.Fatal(err)
			}
			if err := raw.Close(); err != nil {
				t.Fatal(err)
			}
			add("B")
			shell(t, `mv "$0" "$0".old && cp "$0".copy "$0"`, path)
			if found {
				h.Health(t.Context())
			}
			if err := h.Close(); err != nil {
				t.Error(err)
			}
			for file, want := range map[string]int{url: 1, url + ".old": 2} {
				wards, err := hospitaltest.Open(t, hospital.Options{DatabaseURL: file}).Wards(t.Context(), hospital.System)
				if err != nil || len(wards) != want {
					t.Errorf("%s has %d wards, want %d (%v)", file, len(wards), want, err)
				}
			}
		})
	}
}

// What is written into the served file itself leaves it the file that it was.
func TestAFileThatIsWrittenOverIsNotWell(t *testing.T) {
	for name, line := range map[string]string{"emptied": `: > "$0"`,
		"something else": `head -c 300000 /dev/urandom | dd of="$0" conv=notrunc status=none`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newFixture(t, hospitaltest.SQLite(t))
			h.wellAgain(t)
			if _, err := h.raw.ExecContext(t.Context(), `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
				t.Fatal(err)
			}
			shell(t, line, strings.TrimPrefix(h.url, "sqlite:"))
			h.ill(t, "damaged", false)
			_, err := h.Wards(t.Context(), hospital.System)
			refused(t, err, hospital.Unavailable, "not_read")
		})
	}
}

// A copy of a while ago that is written into the served file is whole, and lacks what was answered
// since.
func TestACopyThatIsWrittenIntoTheServedFileIsNoticed(t *testing.T) {
	t.Parallel()
	h := newFixture(t, hospitaltest.SQLite(t))
	path := strings.TrimPrefix(h.url, "sqlite:")
	settle := func() {
		t.Helper()
		if _, err := h.raw.ExecContext(t.Context(), `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
			t.Fatal(err)
		}
	}
	settle()
	shell(t, `cp "$0" "$0".copy`, path)
	h.wellAgain(t)
	settle()
	shell(t, `cat "$0".copy > "$0"`, path)
	h.ill(t, "damaged", false)
	_, err := h.AddWard(t.Context(), admin, hospital.AddWardCommand{Code: "C", Name: "Paediatrics", Beds: 1})
	refused(t, err, hospital.Unavailable, "not_saved")
}

// A copy from which nothing is missing yet, and a backup with an epoch of its own, are as good as
// the file.
func TestAFileThatLacksNothingIsWell(t *testing.T) {
	t.Parallel()
	h := newFixture(t, hospitaltest.SQLite(t))
	path := strings.TrimPrefix(h.url, "sqlite:")
	h.wellAgain(t)
	if _, err := h.raw.ExecContext(t.Context(), `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		t.Fatal(err)
	}
	shell(t, `cp "$0" "$0".copy && cat "$0".copy > "$0"`, path)
	h.wellAgain(t)
	h.exec(t, `UPDATE meta SET value = 'RESTORED0000000' WHERE name = 'epoch'`)
	h.wellAgain(t)
}

func TestADatabaseIsWellWhileCommandsAreGiven(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		ended := make(chan error)
		go func() {
			var failed error
			for range 60 {
				_, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Uwase Marie"})
				failed = errors.Join(failed, err)
			}
			ended <- failed
		}()
		for {
			if health := h.HealthNow(t.Context()); health.Database != hospital.HealthOK {
				t.Errorf("the database is %q", health.Database)
			}
			select {
			case err := <-ended:
				if err != nil {
					t.Error(err)
				}
				return
			default:
			}
		}
	})
}

func TestAClockThatIsNotTheDatabasesIsNamed(t *testing.T) {
	for _, c := range []struct {
		name  string
		wrong time.Duration
		want  string
	}{
		{"right", 0, hospital.HealthOK},
		{"a second ahead", time.Second, hospital.HealthOK},
		{"ten minutes ahead", 10 * time.Minute, "10m0s ahead of the database"},
		{"two years behind", -2 * 365 * 24 * time.Hour, "17520h0m0s behind the database"},
	} {
		t.Run(c.name, func(t *testing.T) {
			hospitaltest.OnEachDatabase(t, func(t *testing.T, url string) {
				h := hospitaltest.Open(t, hospital.Options{DatabaseURL: url, Now: func() time.Time { return time.Now().Add(c.wrong) }})
				want := c.want
				if strings.HasPrefix(url, "sqlite:") {
					want = hospital.HealthOK // there is one clock alone
				}
				if health := h.HealthNow(t.Context()); health.Clock != want || health.Database != hospital.HealthOK {
					t.Errorf("health is %+v, want the clock %q", health, want)
				}
			})
		})
	}
}
