// Package store opens the hospital's database, SQLite or PostgreSQL, with the settings that its
// promises rest on; brings it to the current schema; and translates what the drivers complain
// about. It knows no beds: the SQL of each noun stands beside its rules in package hospital. One
// text with $n placeholders serves both databases.
package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
)

// DB is an open database. It is safe for concurrent use.
type DB struct {
	write    *sql.DB
	read     *sql.DB // the same pool as write on PostgreSQL
	snapshot *sql.TxOptions
	place    *place // nil on PostgreSQL
	most     int    // connections of a pool, at most
	narrow   narrow
}

// Settings say which database is opened and how.
type Settings struct {
	URL         string // "sqlite:PATH" or "postgres://…"
	Connections int    // at most, to PostgreSQL; 0: DefaultConnections

	// Through makes of the driver's own connector the one that makes every connection, for tests
	// that look at the statements which really run. Nil: the driver's own.
	Through func(direct driver.Connector) driver.Connector
}

// Open opens a database, which must be at the current schema. The caller closes it.
func Open(ctx context.Context, s Settings) (*DB, error) {
	if s.Connections == 0 {
		s.Connections = DefaultConnections
	}
	if s.Through == nil {
		s.Through = func(direct driver.Connector) driver.Connector { return direct }
	}
	db, err := s.connect()
	if err != nil {
		return nil, err
	}
	err = atCurrentSchema(ctx, s.URL)
	if path, ok := sqlitePath(s.URL); ok && err == nil {
		err = db.settle(ctx, path, strings.TrimPrefix(s.URL, "sqlite:"))
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// connect makes the pools. Nothing is dialled before it is needed.
func (s Settings) connect() (*DB, error) {
	if path, ok := sqlitePath(s.URL); ok {
		return connectSQLite(path, s.Through)
	}
	return s.connectPostgres()
}

// connectSQLite makes a pool of one writer, since SQLite has one writer at a time anyway and a
// queue in Go is fair and can be left, and a pool of readers, which in WAL mode neither wait for
// the writer nor keep it waiting.
func connectSQLite(path string, through func(driver.Connector) driver.Connector) (*DB, error) {
	if err := createPrivate(path); err != nil {
		return nil, err
	}
	writer, err := sqlite.NewConnector(sqliteWriter(path))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	reader, err := sqlite.NewConnector(sqliteSource(path, "_pragma=query_only(1)"))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	readers := max(4, runtime.NumCPU()) + 1 // one anchors the files
	db := &DB{snapshot: &sql.TxOptions{ReadOnly: true}, most: readers}
	db.write = sql.OpenDB(through(preparing{inPlace{writer, db}}))
	db.read = sql.OpenDB(through(preparing{inPlace{reader, db}}))
	db.write.SetMaxOpenConns(1)
	db.read.SetMaxOpenConns(readers)
	db.read.SetMaxIdleConns(readers)
	return db, nil
}

// sqlitePath returns the file that a URL such as "sqlite:dusangire.db" names. Where a link is at
// its path, that is the file which the link leads to, also where it is yet to be made: SQLite keeps
// the write-ahead log beside that one.
func sqlitePath(url string) (path string, ok bool) {
	path, ok = strings.CutPrefix(url, "sqlite:")
	for range mostLinks {
		target, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			// Not joined: the system alone knows where ".." leads from a linked folder.
			target = filepath.Dir(path) + string(filepath.Separator) + target
		}
		path = target
	}
	return path, ok
}

// mostLinks is how many links Linux follows from one to the next.
const mostLinks = 40

// sqliteSource is the driver's name for the file at path with the settings that every connection
// needs, and some more. A file that is not there is not made.
func sqliteSource(path string, more ...string) string {
	escaped := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
	common := []string{"mode=rw", "_pragma=busy_timeout(5000)", "_pragma=foreign_keys(1)"}
	settings := append(common, more...)
	return "file:" + escaped + "?" + strings.Join(settings, "&")
}

// sqliteWriter is the driver's name for the file at path for a connection that writes.
func sqliteWriter(path string) string {
	return sqliteSource(path, "_txlock=immediate", "_pragma=journal_mode(WAL)",
		"_pragma=synchronous(FULL)")
}

// createPrivate creates the file for its owner alone where it does not exist; SQLite gives its
// companions the same mode. A file that is there is not opened: closing it again would drop the
// locks of connections that this process may have.
func createPrivate(path string) error {
	if path == "" || strings.HasPrefix(path, ":") {
		return fmt.Errorf(
			`"sqlite:%s" names no file: write "sqlite:dusangire.db", or another path`, path)
	}
	// #nosec G304 -- the operator names the file
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("create the database: %w", err)
	}
	return file.Close()
}

// DefaultConnections bounds the pool; a node that needs more at once is better served by a queue
// here than by a busier server.
const DefaultConnections = 16

// byIndex lets PostgreSQL go about every statement in one way, from row to row along indexes, as
// SQLite does, whatever it has counted. What it counted while a hospital was new and all its orders
// were open would otherwise have it read all orders that there ever were, until it counts again.
// Where a statement has no index to go by, a table is read whole all the same.
var byIndex = map[string]string{
	"enable_seqscan":   "off",
	"enable_hashjoin":  "off",
	"enable_mergejoin": "off",
	"jit":              "off", // which the price of what is off would set going
}

// connectPostgres makes one pool whose sessions never wait or linger for long: a stuck one must not
// hold up the others' beds.
func (s Settings) connectPostgres() (*DB, error) {
	config, err := postgresConfig(s.URL)
	if err != nil {
		return nil, err
	}
	settings := map[string]string{
		"statement_timeout":                   "5s",
		"lock_timeout":                        "2s",
		"idle_in_transaction_session_timeout": "10s",
	}
	maps.Copy(settings, byIndex)
	for name, value := range settings {
		if _, set := config.RuntimeParams[name]; !set {
			config.RuntimeParams[name] = value
		}
	}
	pool := sql.OpenDB(s.Through(stdlib.GetConnector(*config)))
	pool.SetMaxOpenConns(s.Connections)
	pool.SetMaxIdleConns(s.Connections)
	snapshot := &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	return &DB{write: pool, read: pool, snapshot: snapshot, most: s.Connections}, nil
}

// postgresConfig parses a URL. What is wrong with it is told without the URL, which may hold a
// password.
func postgresConfig(url string) (*pgx.ConnConfig, error) {
	scheme, rest, _ := strings.Cut(url, "://")
	scheme = strings.ToLower(scheme) // pgx knows it in no other case
	if scheme != "postgres" && scheme != "postgresql" {
		return nil, errors.New(`the database URL must be "sqlite:PATH" or "postgres://…"`)
	}
	config, err := pgx.ParseConfig(scheme + "://" + rest)
	if err != nil {
		return nil, errors.New("the database URL can't be read: " +
			`write "postgres://user:password@host:5432/database"`)
	}
	for name := range config.RuntimeParams {
		if strings.HasPrefix(name, "pool_") { // another library's words, which the server would refuse
			return nil, fmt.Errorf("the database URL has %s, which is not known here: "+
				"the most connections of a node are set by --database-connections", name)
		}
	}
	return config, nil
}

// Close closes all connections.
func (db *DB) Close() error {
	if db.read == db.write {
		return db.write.Close()
	}
	return errors.Join(db.leave(), db.read.Close(), db.write.Close())
}

// Begin begins a transaction that writes. On SQLite it waits for its turn here, not at the first
// write.
func (db *DB) Begin(ctx context.Context) (*sql.Tx, error) { return db.begin(ctx, db.write, nil) }

// Snapshot begins a transaction that reads one state of the database throughout. Roll it back when
// done.
func (db *DB) Snapshot(ctx context.Context) (*sql.Tx, error) {
	return db.begin(ctx, db.read, db.snapshot)
}

// begin begins a transaction. After the database was away the pool may hold connections that are
// dead and don't know it yet; since nothing has been said on them, begin goes on to the next, until
// it comes to a new one. A server that has no room for another connection is not asked for one for
// a while: who needs one waits for one of those that there are.
func (db *DB) begin(ctx context.Context, pool *sql.DB,
	options *sql.TxOptions) (tx *sql.Tx, err error) {
	for dead := 0; dead <= db.most; {
		db.narrow.widen(pool, db.most)
		tx, err = pool.BeginTx(ctx, options)
		switch {
		case err == nil:
			return tx, nil
		case full(err):
			if !db.narrow.down(ctx, pool) {
				return nil, err
			}
		case lost(err) || ended(err):
			dead++
		default:
			return nil, err
		}
	}
	return nil, err
}

// Clock reads the clock of the server that tx is on. ok is false for SQLite, which has the
// machine's own.
func (db *DB) Clock(ctx context.Context, tx *sql.Tx) (now time.Time, ok bool, err error) {
	if db.place != nil {
		return time.Time{}, false, nil
	}
	var ms int64
	row := tx.QueryRowContext(ctx,
		`SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)`)
	if err := row.Scan(&ms); err != nil {
		return time.Time{}, false, fmt.Errorf("read the database's clock: %w", err)
	}
	return time.UnixMilli(ms), true, nil
}
