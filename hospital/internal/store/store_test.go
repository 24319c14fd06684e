package store_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"dusangire/hospital/hospitaltest"
	"dusangire/hospital/internal/store"
)

// bare is the URL of a database that nobody has migrated.
func bare(t *testing.T, postgres bool) string {
	t.Helper()
	if !postgres {
		return "sqlite:" + filepath.Join(t.TempDir(), "bare.db")
	}
	neighbour := hospitaltest.PostgreSQL(t)
	db := hospitaltest.Database(t, neighbour)
	if _, err := db.ExecContext(t.Context(), `CREATE DATABASE bare TEMPLATE template0`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.ExecContext(context.Background(), `DROP DATABASE bare WITH (FORCE)`); err != nil {
			t.Error(err)
		}
	})
	at, err := url.Parse(neighbour)
	if err != nil {
		t.Fatal(err)
	}
	at.Path = "/bare"
	return at.String()
}

// onBare runs test with a database of each kind that nobody has migrated.
func onBare(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { test(t, bare(t, false)) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, bare(t, true)) })
}

// open opens a database and closes it when the test ends.
func open(t *testing.T, url string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Settings{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// read reads one value in a transaction.
func read[T any](t *testing.T, tx *sql.Tx, query string) (value T) {
	t.Helper()
	if err := tx.QueryRowContext(t.Context(), query).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

func TestSeveralProcessesMayMigrateAtOnce(t *testing.T) {
	onBare(t, func(t *testing.T, url string) {
		failed := make([]error, 6)
		var running sync.WaitGroup
		for i := range failed {
			running.Go(func() { failed[i] = store.Migrate(t.Context(), url) })
		}
		running.Wait()
		for i, err := range failed {
			if err != nil {
				t.Errorf("process %d: %v", i, err)
			}
		}
		tx, err := open(t, url).Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		if n := read[int](t, tx, `SELECT count(*) FROM meta WHERE name = 'epoch'`); n != 1 {
			t.Errorf("the database has %d epochs", n)
		}
	})
}

// What nobody has counted PostgreSQL reads by guesses, until it counts by itself minutes later.
func TestPostgreSQLCountsItsTablesAfterAMigrationAndWhenAsked(t *testing.T) {
	url := bare(t, true)
	db := hospitaltest.Database(t, url)
	number := func(query string) (n int) {
		t.Helper()
		if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := store.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	uncounted := number(`SELECT count(*) FROM pg_class
		WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples < 0`)
	if uncounted > 0 {
		t.Errorf("after the migration %d tables are uncounted", uncounted)
	}
	if _, err := db.ExecContext(t.Context(), `INSERT INTO topic_rev (topic, rev) SELECT i, i FROM generate_series(1, 700) i`); err != nil {
		t.Fatal(err)
	}
	if err := store.Analyze(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	if n := number(`SELECT reltuples FROM pg_class WHERE oid = 'topic_rev'::regclass`); n != 700 {
		t.Errorf("of 700 topics %d are counted", n)
	}
}

func TestADatabaseIsOpenedAtTheSchemaOfThisProgramOnly(t *testing.T) {
	onBare(t, func(t *testing.T, url string) {
		refused := func(words string) {
			t.Helper()
			db, err := store.Open(t.Context(), store.Settings{URL: url})
			if err == nil {
				db.Close()
			}
			if err == nil || !strings.Contains(err.Error(), words) {
				t.Errorf("got error %v, want one that says %q", err, words)
			}
		}
		refused("run dusangire migrate")
		if err := store.Migrate(t.Context(), url); err != nil {
			t.Fatal(err)
		}
		open(t, url)
		if _, err := hospitaltest.Database(t, url).ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (4711, TRUE)`); err != nil {
			t.Fatal(err)
		}
		refused("run a newer dusangire")
	})
}

func TestEveryDatabaseBeginsAnEpochOfItsOwn(t *testing.T) {
	var epochs []string
	for range 2 {
		url := bare(t, false)
		if err := store.Migrate(t.Context(), url); err != nil {
			t.Fatal(err)
		}
		tx, err := open(t, url).Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		epochs = append(epochs, read[string](t, tx, `SELECT value FROM meta WHERE name = 'epoch'`))
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
	}
	if epochs[0] == epochs[1] || len(epochs[0]) < 16 {
		t.Errorf("the epochs are %v", epochs)
	}
}

func TestASnapshotDoesNotSeeWhatIsCommittedMeanwhile(t *testing.T) {
	hospitaltest.OnEachDatabase(t, func(t *testing.T, url string) {
		db := open(t, url)
		snapshot, err := db.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer snapshot.Rollback()
		before := read[int](t, snapshot, `SELECT count(*) FROM meta`)
		tx, err := db.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		if _, err := tx.ExecContext(t.Context(), `INSERT INTO meta (name, value) VALUES ('new', 'one')`); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		if after := read[int](t, snapshot, `SELECT count(*) FROM meta`); after != before {
			t.Errorf("the snapshot saw %d rows, then %d", before, after)
		}
		if _, err := snapshot.ExecContext(t.Context(), `DELETE FROM meta`); err == nil {
			t.Error("a snapshot could write")
		}
	})
}

func TestADatabaseIsOpenedWithTheSettingsThatItsPromisesRestOn(t *testing.T) {
	settings := map[string]map[string]string{
		"SQLite": {"PRAGMA journal_mode": "wal", "PRAGMA synchronous": "2", "PRAGMA foreign_keys": "1", "PRAGMA busy_timeout": "5000"},
		"PostgreSQL": {"SHOW statement_timeout": "5s", "SHOW lock_timeout": "2s", "SHOW idle_in_transaction_session_timeout": "10s",
			"SHOW transaction_isolation": "read committed"},
	}
	for name, url := range map[string]string{"SQLite": hospitaltest.SQLite(t), "PostgreSQL": hospitaltest.PostgreSQL(t)} {
		tx, err := open(t, url).Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		for setting, want := range settings[name] {
			if got := read[string](t, tx, setting); got != want {
				t.Errorf("%s: %s is %q, want %q", name, setting, got, want)
			}
		}
	}
}

// Reading first and then writing is what loses transactions on SQLite when they are begun as readers.
func TestSeveralProcessesMayReadAndThenWriteAtOnce(t *testing.T) {
	hospitaltest.OnEachDatabase(t, func(t *testing.T, url string) {
		const processes, turns = 4, 15
		before := rows(t, url)
		var running sync.WaitGroup
		for range processes {
			db := open(t, url)
			running.Go(func() {
				for range turns {
					if err := countUp(t.Context(), db); err != nil {
						t.Error(err)
					}
				}
			})
		}
		running.Wait()
		if n := rows(t, url); n != before+processes*turns {
			t.Errorf("the table has %d rows, want %d", n, before+processes*turns)
		}
	})
}

// rows counts what countUp adds to.
func rows(t *testing.T, url string) int {
	t.Helper()
	tx, err := open(t, url).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	return read[int](t, tx, `SELECT count(*) FROM meta`)
}

// countUp reads, then writes.
func countUp(ctx context.Context, db *store.DB) error {
	tx, err := db.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var rows int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM meta`).Scan(&rows); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ($1, '')`, rand.Text()); err != nil {
		return err
	}
	return tx.Commit()
}

func TestWhatAPersonSetsInTheURLStands(t *testing.T) {
	tx, err := open(t, hospitaltest.PostgreSQL(t)+"&lock_timeout=700").Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if got := read[string](t, tx, `SHOW lock_timeout`); got != "700ms" {
		t.Errorf("lock_timeout is %q, want 700ms", got)
	}
}

// TestTheSchemeOfAURLMayBeInCapitals, as that of every URL may.
func TestTheSchemeOfAURLMayBeInCapitals(t *testing.T) {
	scheme, rest, _ := strings.Cut(hospitaltest.PostgreSQL(t), "://")
	tx, err := open(t, strings.ToUpper(scheme)+"://"+rest).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tx.Rollback()
}

func TestAFileIsForItsOwnerAlone(t *testing.T) {
	for _, name := range []string{"plain.db", "with space.db", "50%25 of what?#.db"} {
		directory := t.TempDir()
		url := "sqlite:" + filepath.Join(directory, name)
		if err := store.Migrate(t.Context(), url); err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		tx, err := open(t, url).Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{name, name + "-wal", name + "-shm"} {
			info, err := os.Stat(filepath.Join(directory, file))
			if err != nil {
				t.Error(err)
			} else if mode := info.Mode().Perm(); mode != 0o600 {
				t.Errorf("%s has the mode %v, want 0600", file, mode)
			}
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		files, err := fs.Glob(os.DirFS(directory), "*")
		if err != nil || len(files) != 3 {
			t.Errorf("the directory holds %q and error %v", files, err)
		}
	}
}

func TestAWrongURLIsRefusedWithoutShowingIt(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing", "x.db")
	for url, words := range map[string]string{
		"":                                     `"sqlite:PATH" or "postgres://…"`,
		"dusangire.db":                         `"sqlite:PATH" or "postgres://…"`,
		"mysql://root:secret@localhost/x":      `"sqlite:PATH" or "postgres://…"`,
		"sqlite:":                              "names no file",
		"sqlite::memory:":                      "names no file",
		"sqlite:" + missing:                    "no such file or directory",
		"postgres://u:secret@host:port/x":      "can't be read",
		"postgres://u:secret@h/x?sslmode=nope": "can't be read",
	} {
		for name, try := range map[string]func() error{
			"migrate": func() error { return store.Migrate(t.Context(), url) },
			"open": func() error {
				_, err := store.Open(t.Context(), store.Settings{URL: url})
				return err
			},
		} {
			err := try()
			if err == nil || !strings.Contains(err.Error(), words) || strings.Contains(fmt.Sprintf("%+v", err), "secret") {
				t.Errorf("%s %q: got %v, want an error that says %q and no password", name, url, err, words)
			}
		}
	}
}

func TestAUniqueIndexThatRefusesIsNamedAlikeByBothDatabases(t *testing.T) {
	hospitaltest.OnEachDatabase(t, func(t *testing.T, url string) {
		db := hospitaltest.Database(t, url)
		add := func(code string) error {
			_, err := db.ExecContext(t.Context(), `INSERT INTO ward (code, name, block) VALUES ($1, 'x', 'y')`, code)
			return err
		}
		if err := add("A"); err != nil {
			t.Fatal(err)
		}
		if got := store.Violated(fmt.Errorf("add a ward: %w", add("A"))); got != "ward_code" {
			t.Errorf("got %q, want ward_code", got)
		}
		_, err := db.ExecContext(t.Context(), `INSERT INTO ward (code) VALUES ('B')`)
		if got := store.Violated(err); err == nil || got != "" || store.Unavailable(err) || !store.Answered(err) {
			t.Errorf("another complaint, %v, is taken for %q", err, got)
		}
		if store.Violated(nil) != "" || store.Unavailable(nil) || store.Retryable(nil) || store.Answered(nil) {
			t.Error("no error is taken for one")
		}
	})
}
