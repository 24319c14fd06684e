package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
)

// ErrReplaced says that the path of a SQLite database names another file by now, or none. What is
// written to the file that is open would be found by nobody.
var ErrReplaced = errors.New(
	"the database's file was moved, removed or replaced while the server has it open")

// ErrDamaged says that a SQLite database was found to be damaged since it was opened, as a copy
// makes it that is written into the open file. What SQLite still has in memory may hide that from
// one connection and not from the next.
var ErrDamaged = errors.New(
	"the database's file is damaged, or was written over while the server has it open")

// place is where the files of a SQLite database are. It is fixed after Open, but for damaged.
type place struct {
	path    string
	files   map[string]os.FileInfo // by path: the database, its write-ahead log, a link to it
	anchor  *sql.Conn              // keeps the log from being removed and made anew by SQLite itself
	damaged atomic.Bool            // until the server starts anew
	left    sync.Once
}

// settle remembers the files that are open, and that given, the path in the URL, leads to them.
func (db *DB) settle(ctx context.Context, path, given string) error {
	anchor, err := db.read.Conn(ctx)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	db.place = &place{path: path, anchor: anchor, files: map[string]os.FileInfo{}}
	var tables int
	row := anchor.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master`)
	if err := row.Scan(&tables); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	for _, file := range []string{path, path + "-wal", given} {
		if db.place.files[file], err = os.Stat(file); err != nil {
			return fmt.Errorf("look at %s: %w", file, err)
		}
	}
	return nil
}

// IsFile reports whether the database is a file, which can be written over.
func (db *DB) IsFile() bool { return db.place != nil }

// Notice remembers what err says of a SQLite database that is damaged.
func (db *DB) Notice(err error) {
	if db.place != nil && err != nil && reason(err) == "damaged" {
		db.place.damaged.Store(true)
	}
}

// InPlace returns ErrReplaced where the files that are open are not those at the database's path
// any more, and ErrDamaged where one was noticed to be damaged. It asks the file system alone and
// is quick. Of PostgreSQL it knows nothing.
func (db *DB) InPlace() error {
	if db.place == nil {
		return nil
	}
	if db.place.damaged.Load() {
		return fmt.Errorf("%s: %w", db.place.path, ErrDamaged)
	}
	for path, opened := range db.place.files {
		there, err := os.Stat(path)
		switch {
		case errors.Is(err, os.ErrNotExist), err == nil && !os.SameFile(opened, there):
			return fmt.Errorf("%s: %w", path, ErrReplaced)
		case err != nil:
			return fmt.Errorf("look at the database's file: %w", err)
		}
	}
	return nil
}

// inPlace is a connector of SQLite that connects to the file that is served and to no other. A
// connection to what lies at its path while it is away would stay when it is back, and show another
// hospital's beds.
type inPlace struct {
	driver.Connector
	db *DB
}

// Connect implements driver.Connector. It looks before, so that nothing is done to another file,
// and afterwards, since the file may have been moved meanwhile.
func (c inPlace) Connect(ctx context.Context) (driver.Conn, error) {
	if err := c.db.InPlace(); err != nil {
		return nil, err
	}
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.db.InPlace(); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// Rescue writes what stands in the write-ahead log into the file that it belongs to, wherever that
// is now, and empties the log: beside another file with the database's name it would spoil that one
// at the next start.
func (db *DB) Rescue(ctx context.Context) error {
	if _, err := db.write.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		return fmt.Errorf("write the log into the file it belongs to: %w", err)
	}
	return nil
}

// leave ends the watch over the files. Where they were moved it rescues what is in the log.
func (db *DB) leave() error {
	if db.place == nil {
		return nil
	}
	var err error
	db.place.left.Do(func() {
		if errors.Is(db.InPlace(), ErrReplaced) {
			err = db.Rescue(context.Background())
		}
		err = errors.Join(err, db.place.anchor.Close())
	})
	return err
}
