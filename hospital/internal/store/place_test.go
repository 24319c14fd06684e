package store_test

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
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
