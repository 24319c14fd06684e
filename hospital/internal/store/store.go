// Package store opens the hospital's database, SQLite or PostgreSQL, with the settings that its promises rest on; brings
// it to the current schema; and translates what the drivers complain about. It knows no beds: the SQL of each noun
// stands beside its rules in package hospital. One text with $n placeholders serves both databases.
package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
)

// DB is an open database. It is safe for concurrent use.
type DB struct {
	write    *sql.DB
	read     *sql.DB // the same pool as write on PostgreSQL
	snapshot *sql.TxOptions
}

// Open opens the database at url, "sqlite:PATH" or "postgres://…", which must be at the current schema. The caller closes it.
func Open(ctx context.Context, url string) (*DB, error) {
	return OpenThrough(ctx, url, func(direct driver.Connector) driver.Connector { return direct })
}

// OpenThrough is Open with every connection made by what through makes of the driver's own connector: for tests that look at the
// statements which really run.
func OpenThrough(ctx context.Context, url string, through func(direct driver.Connector) driver.Connector) (*DB, error) {
	db, err := connect(url, through)
	if err != nil {
		return nil, err
	}
	if err := atCurrentSchema(ctx, url); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// connect makes the pools. Nothing is dialled before it is needed.
func connect(url string, through func(driver.Connector) driver.Connector) (*DB, error) {
	if path, ok := sqlitePath(url); ok {
		return connectSQLite(path, through)
	}
	return connectPostgres(url, through)
}

// connectSQLite makes a pool of one writer, since SQLite has one writer at a time anyway and a queue in Go is fair and can be
// left, and a pool of readers, which in WAL mode neither wait for the writer nor keep it waiting.
func connectSQLite(path string, through func(driver.Connector) driver.Connector) (*DB, error) {
	if err := createPrivate(path); err != nil {
		return nil, err
	}
	writer, err := sqlite.NewConnector(sqliteSource(path, "_txlock=immediate", "_pragma=journal_mode(WAL)", "_pragma=synchronous(FULL)"))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	reader, err := sqlite.NewConnector(sqliteSource(path, "_pragma=query_only(1)"))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	write, read := sql.OpenDB(through(preparing{writer})), sql.OpenDB(through(preparing{reader}))
	write.SetMaxOpenConns(1)
	readers := max(4, runtime.NumCPU())
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	return &DB{write: write, read: read, snapshot: &sql.TxOptions{ReadOnly: true}}, nil
}

// sqlitePath returns the path in a URL such as "sqlite:dusangire.db".
func sqlitePath(url string) (path string, ok bool) { return strings.CutPrefix(url, "sqlite:") }

// sqliteSource is the driver's name for the file at path with the settings that every connection needs, and some more.
func sqliteSource(path string, more ...string) string {
	escaped := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
	settings := append([]string{"_pragma=busy_timeout(5000)", "_pragma=foreign_keys(1)"}, more...)
	return "file:" + escaped + "?" + strings.Join(settings, "&")
}

// createPrivate creates the file for its owner alone where it does not exist; SQLite gives its companions the same mode.
// A file that is there is not opened: closing it again would drop the locks of connections that this process may have.
func createPrivate(path string) error {
	if path == "" || strings.HasPrefix(path, ":") {
		return fmt.Errorf(`"sqlite:%s" names no file: write "sqlite:dusangire.db", or another path`, path)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("create the database: %w", err)
	}
	return file.Close()
}

// postgresConnections bounds the pool; a node that needs more at once is better served by a queue here than by a busier server.
const postgresConnections = 16

// connectPostgres makes one pool whose sessions never wait or linger for long: a stuck one must not hold up the others' beds.
func connectPostgres(url string, through func(driver.Connector) driver.Connector) (*DB, error) {
	config, err := postgresConfig(url)
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{
		"statement_timeout":                   "5s",
		"lock_timeout":                        "2s",
		"idle_in_transaction_session_timeout": "10s",
	} {
		if _, set := config.RuntimeParams[name]; !set {
			config.RuntimeParams[name] = value
		}
	}
	pool := sql.OpenDB(through(stdlib.GetConnector(*config)))
	pool.SetMaxOpenConns(postgresConnections)
	pool.SetMaxIdleConns(postgresConnections)
	return &DB{write: pool, read: pool, snapshot: &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}}, nil
}

// postgresConfig parses a URL. What is wrong with it is told without the URL, which may hold a password.
func postgresConfig(url string) (*pgx.ConnConfig, error) {
	if !strings.HasPrefix(url, "postgres://") && !strings.HasPrefix(url, "postgresql://") {
		return nil, errors.New(`the database URL must be "sqlite:PATH" or "postgres://…"`)
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New(`the database URL can't be read: write "postgres://user:password@host:5432/database"`)
	}
	return config, nil
}

// Close closes all connections.
func (db *DB) Close() error {
	if db.read == db.write {
		return db.write.Close()
	}
	return errors.Join(db.read.Close(), db.write.Close())
}

// Begin begins a transaction that writes. On SQLite it waits for its turn here, not at the first write.
func (db *DB) Begin(ctx context.Context) (*sql.Tx, error) { return begin(ctx, db.write, nil) }

// Snapshot begins a transaction that reads one state of the database throughout. Roll it back when done.
func (db *DB) Snapshot(ctx context.Context) (*sql.Tx, error) { return begin(ctx, db.read, db.snapshot) }

// begin begins a transaction. After the database was away the pool may hold connections that are dead and don't know it
// yet; since nothing has been said on them, begin goes on to the next, until it comes to a new one.
func begin(ctx context.Context, pool *sql.DB, options *sql.TxOptions) (tx *sql.Tx, err error) {
	for range postgresConnections + 1 {
		if tx, err = pool.BeginTx(ctx, options); err == nil || !lost(err) {
			break
		}
	}
	return tx, err
}
