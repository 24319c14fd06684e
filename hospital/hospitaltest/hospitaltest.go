// Package hospitaltest gives the tests of every package real databases: a fresh one each, at the current schema, on SQLite
// and on PostgreSQL. A machine without PostgreSQL's programs fails the test and says what to install; nothing is ever
// skipped. The databases of one test process are copies of a template, so they share their epoch.
package hospitaltest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/go-crypt/crypt/algorithm/argon2"

	"dusangire/hospital"
)

// OnEachDatabase runs test twice, as the parallel subtests SQLite and PostgreSQL, each with the URL of a fresh database.
func OnEachDatabase(t *testing.T, test func(t *testing.T, databaseURL string)) {
	t.Helper()
	for name, fresh := range map[string]func(testing.TB) string{"SQLite": SQLite, "PostgreSQL": PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, fresh(t))
		})
	}
}

// CheapHasher hashes a password in no time, for the logins of tests.
func CheapHasher(t testing.TB) *argon2.Hasher {
	t.Helper()
	hasher, err := argon2.New(argon2.WithVariantID(), argon2.WithM(8), argon2.WithT(1), argon2.WithP(1))
	if err != nil {
		t.Fatal(err)
	}
	return hasher
}

// Open opens a hospital and closes it when the test ends. Without a DatabaseURL it is on a fresh
// SQLite database, and without a PasswordHasher it hashes passwords cheaply.
func Open(t testing.TB, o hospital.Options) *hospital.Hospital {
	t.Helper()
	if o.DatabaseURL == "" {
		o.DatabaseURL = SQLite(t)
	}
	if o.PasswordHasher == nil {
		o.PasswordHasher = CheapHasher(t)
	}
	h, err := hospital.Open(t.Context(), o)
	if err != nil {
		t.Fatalf("open the hospital: %v", err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Errorf("close the hospital: %v", err)
		}
	})
	return h
}

// SQLite returns the URL of a fresh database in a file that goes with the test.
func SQLite(t testing.TB) string {
	t.Helper()
	migrated, err := sqliteTemplate()
	if err != nil {
		t.Fatalf("make a database: %v", err)
	}
	path := filepath.Join(directory(t), "hospital.db")
	if err := os.WriteFile(path, migrated, 0o600); err != nil {
		t.Fatalf("make a database: %v", err)
	}
	return "sqlite:" + path
}

// sqliteTemplate is the content of an empty database at the current schema. Copying it is much faster than making each.
var sqliteTemplate = sync.OnceValues(func() (content []byte, err error) {
	directory, err := os.MkdirTemp("", "dusangire")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(directory)) }()
	path := filepath.Join(directory, "template.db")
	if err := hospital.Migrate(context.Background(), "sqlite:"+path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// directory is a temporary one that goes with the test: in memory where there is room, since the hospital waits for the
// disk at every commit and a test's database need not outlive it.
func directory(t testing.TB) string {
	t.Helper()
	directory, err := os.MkdirTemp(memory(), "dusangire")
	if err != nil {
		t.Fatalf("make a directory: %v", err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(directory); err != nil {
			t.Errorf("remove the database: %v", err)
		}
	})
	return directory
}

// roomNeeded is for a PostgreSQL cluster with the databases of the tests that run at once; containers often have less.
const roomNeeded = 1 << 30

// memory is a directory whose files are kept in memory, or "", the system's usual one for temporary files, where there is none with
// room. On a disk that is slow at making files a PostgreSQL database takes twenty times as long to make.
func memory() string {
	const shared = "/dev/shm"
	var disk syscall.Statfs_t
	if err := syscall.Statfs(shared, &disk); err != nil || uint64(disk.Bavail)*uint64(disk.Bsize) < roomNeeded {
		return ""
	}
	return shared
}
