package store_test

import (
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"dusangire/hospital/hospitaltest"
	"dusangire/hospital/internal/store"
)

// limited is the URL of a database for a role that may have so many connections and no more.
func limited(t *testing.T, connections string) string {
	t.Helper()
	address := hospitaltest.PostgreSQL(t)
	db := hospitaltest.Database(t, address)
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	role := "limited" + strings.TrimPrefix(at.Path, "/")
	for _, statement := range []string{
		`CREATE ROLE ` + role + ` LOGIN CONNECTION LIMIT ` + connections,
		`GRANT ALL ON ALL TABLES IN SCHEMA public TO ` + role,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for _, statement := range []string{`DROP OWNED BY ` + role, `DROP ROLE ` + role} {
			if _, err := db.Exec(statement); err != nil {
				t.Error(err)
			}
		}
	})
	query := at.Query()
	query.Set("user", role)
	at.RawQuery = query.Encode()
	return at.String()
}

// A managed PostgreSQL may have fewer connections than this node would open, and other nodes and
// backups take some of them.
func TestWhereTheServerHasNoRoomForAnotherConnectionWorkWaitsForOneThatThereIs(t *testing.T) {
	db := open(t, limited(t, "4"))
	var running sync.WaitGroup
	var all sync.WaitGroup
	var at, most atomic.Int64
	all.Add(24)
	for range 24 {
		running.Go(func() {
			all.Done()
			all.Wait()
			for range 5 {
				tx, err := db.Snapshot(t.Context())
				if err != nil {
					t.Errorf("a read: %v", err)
					return
				}
				now := at.Add(1)
				for was := most.Load(); now > was && !most.CompareAndSwap(was, now); was = most.Load() {
				}
				if _, err := tx.ExecContext(t.Context(), `SELECT pg_sleep(0.005)`); err != nil {
					t.Errorf("a read: %v", err)
				}
				at.Add(-1)
				if err := tx.Rollback(); err != nil {
					t.Errorf("a read: %v", err)
				}
			}
		})
	}
	running.Wait()
	if n := most.Load(); n > 4 || n < 2 {
		t.Errorf("at most %d read at once, with room for 4", n)
	}
}

func TestNoMoreConnectionsAreOpenedThanAsked(t *testing.T) {
	address := hospitaltest.PostgreSQL(t)
	db, err := store.Open(t.Context(), store.Settings{URL: address, Connections: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	var running sync.WaitGroup
	for range 12 {
		running.Go(func() {
			tx, err := db.Snapshot(t.Context())
			if err != nil {
				t.Errorf("a read: %v", err)
				return
			}
			defer tx.Rollback()
			if n := read[int](t, tx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()`); n > 2 {
				t.Errorf("%d connections are open", n)
			}
		})
	}
	running.Wait()
}

func TestTheWordsOfAnotherLibraryInTheURLAreToldWhatIsRight(t *testing.T) {
	address := hospitaltest.PostgreSQL(t) + "&pool_max_conns=4"
	if _, err := store.Open(t.Context(), store.Settings{URL: address}); err == nil || !strings.Contains(err.Error(), "--database-connections") {
		t.Errorf("pool_max_conns is answered with %v", err)
	}
}
