package store_test

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dusangire/hospital/hospitaltest"
	"dusangire/hospital/internal/store"
)

// snapshots opens several at once, so that the pool has to make connections, and reads in each how
// often the test's topic is there.
func snapshots(t *testing.T, db *store.DB, n int) (counts []int, err error) {
	t.Helper()
	var open []*sql.Tx
	for range n {
		tx, failed := db.Snapshot(t.Context())
		if failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		open = append(open, tx)
		var found int
		if failed := tx.QueryRowContext(t.Context(), `SELECT count(*) FROM topic_rev WHERE topic = 'test'`).Scan(&found); failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		counts = append(counts, found)
	}
	for _, tx := range open {
		_ = tx.Rollback() // it only read
	}
	return counts, err
}

// A connection that is made while the database's file is away, or while another lies at its path,
// must not stay with that other one when the file is back.
func TestNoConnectionIsMadeToAnotherFileThanTheOneThatIsServed(t *testing.T) {
	for name, put := range map[string]func(t *testing.T, path string){
		"nothing": func(*testing.T, string) {},
		"another hospital's": func(t *testing.T, path string) {
			other, ok := strings.CutPrefix(hospitaltest.SQLite(t), "sqlite:")
			if !ok {
				t.Fatal("the other database is no file")
			}
			if err := os.Rename(other, path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			url := hospitaltest.SQLite(t)
			path := strings.TrimPrefix(url, "sqlite:")
			db := open(t, url)
			tx, err := db.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.ExecContext(t.Context(), `INSERT INTO topic_rev (topic, rev) VALUES ('test', 1)`); err != nil {
				t.Fatal(err)
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(path, path+".away"); err != nil {
				t.Fatal(err)
			}
			put(t, path)
			if _, err := snapshots(t, db, 3); !errors.Is(err, store.ErrReplaced) {
				t.Errorf("connections that are made while the file is away end with %v", err)
			}
			if _, err := os.Stat(path); name == "nothing" && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("a file was made where the database was: %v", err)
			}
			if err := os.Rename(path+".away", path); err != nil {
				t.Fatal(err)
			}
			counts, err := snapshots(t, db, 4)
			if err != nil {
				t.Fatalf("when the file is back: %v", err)
			}
			for _, found := range counts {
				if found != 1 {
					t.Errorf("of the 1 topic that was committed, connections find %v", counts)
				}
			}
		})
	}
}

// A hospital may keep its database on another disk, with a link where the program looks for it.
func TestADatabaseIsServedThroughALink(t *testing.T) {
	for name, link := range map[string]func(t *testing.T, file, path string) error{
		"to the file": func(_ *testing.T, file, path string) error { return os.Symlink(file, path) },
		"to where it stands beside it": func(_ *testing.T, file, path string) error {
			return os.Symlink("../disk/"+filepath.Base(file), path)
		},
		"to another link": func(_ *testing.T, file, path string) error {
			return errors.Join(os.Symlink(file, path+".next"), os.Symlink(path+".next", path))
		},
		"out of a linked folder": func(_ *testing.T, file, path string) error {
			folder := filepath.Dir(path)
			return errors.Join(os.Remove(folder), os.Mkdir(folder+".real", 0o700),
				os.Symlink(folder+".real", folder), os.Symlink("../disk/"+filepath.Base(file), path))
		},
		"to a file that is yet to be made": func(_ *testing.T, file, path string) error {
			return errors.Join(os.Remove(file), os.Symlink(file, path))
		},
	} {
		t.Run(name, func(t *testing.T) {
			made := strings.TrimPrefix(hospitaltest.SQLite(t), "sqlite:")
			top := filepath.Dir(made)
			file, path := filepath.Join(top, "disk", "real.db"), filepath.Join(top, "here", "link.db")
			if err := errors.Join(os.Mkdir(filepath.Dir(file), 0o700), os.Mkdir(filepath.Dir(path), 0o700),
				os.Rename(made, file), link(t, file, path)); err != nil {
				t.Fatal(err)
			}
			url := "sqlite:" + path
			if err := store.Migrate(t.Context(), url); err != nil {
				t.Fatal(err)
			}
			db := open(t, url)
			if _, err := snapshots(t, db, 3); err != nil {
				t.Errorf("it can't be read: %v", err)
			}
			if err := db.InPlace(); err != nil {
				t.Errorf("it is not in its place: %v", err)
			}
			if err := errors.Join(os.Rename(path, path+".away"),
				os.WriteFile(path, nil, 0o600)); err != nil {
				t.Fatal(err)
			}
			if err := db.InPlace(); !errors.Is(err, store.ErrReplaced) {
				t.Errorf("when the link gave way to another file: %v", err)
			}
			if err := os.Rename(path+".away", path); err != nil {
				t.Fatal(err)
			}
		})
	}
}
