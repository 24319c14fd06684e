package hospital

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/go-crypt/crypt/algorithm/argon2"

	"dusangire/hospital/internal/store"
)

// Options is what a Hospital needs to open.
type Options struct {
	// DatabaseURL is "sqlite:PATH" or "postgres://…".
	DatabaseURL string
	// Announce is told after each commit which topics moved and where they stand now. It must not
	// block. May be nil.
	Announce func(Revisions)
	// DatabaseConnections is the most connections to PostgreSQL at once; 0 means store's default.
	DatabaseConnections int
	// Now is the clock; nil means time.Now. Times are kept in UTC to the millisecond.
	Now func() time.Time
	// PasswordHasher hashes new passwords; nil means argon2id at OWASP's minimum. Only tests have
	// another.
	PasswordHasher *argon2.Hasher
}

// Hospital answers reads and takes commands. It is safe for concurrent use.
type Hospital struct {
	url       string // of db
	db        *store.DB
	announce  func(Revisions)
	now       func() time.Time
	instance  string
	deviceKey string          // signs what devices are known again by
	attempts  keyedSemaphore  // to sign in, that wait for each other
	slow      sync.WaitGroup  // the attempts that keep others waiting, until slowDelay or closing
	open      context.Context // until Close
	close     context.CancelFunc
	hashing   prioritySemaphore // of the checks of passwords
	hasher    *argon2.Hasher    // of new passwords
	pulse     pulse
	refused   refusals
	settings  knownSettings
}

// Migrate brings the database at databaseURL to the current schema. Several processes may call it
// at once.
func Migrate(ctx context.Context, databaseURL string) error {
	return store.Migrate(ctx, databaseURL)
}

// Open opens the database, which must be at the current schema. Close it when done.
func Open(ctx context.Context, o Options) (*Hospital, error) {
	return open(ctx, o, nil)
}

// open is Open for a database whose every connection is made by what through makes of the driver's
// connector. Where through is nil, the driver's own makes them.
func open(ctx context.Context, o Options,
	through func(driver.Connector) driver.Connector) (*Hospital, error) {
	db, err := store.Open(ctx, store.Settings{
		URL: o.DatabaseURL, Connections: o.DatabaseConnections, Through: through,
	})
	if err != nil {
		return nil, err
	}
	h := &Hospital{url: o.DatabaseURL, db: db,
		pulse:    pulse{node: rand.Text()},
		announce: o.Announce, now: o.Now, hasher: o.PasswordHasher,
		hashing: prioritySemaphore{free: hashesAtOnce}}
	h.open, h.close = context.WithCancel(context.WithoutCancel(ctx))
	if h.announce == nil {
		h.announce = func(Revisions) {}
	}
	if h.now == nil {
		h.now = time.Now
	}
	if h.hasher == nil {
		h.hasher, err = newHasher()
	}
	if err == nil {
		err = h.readMeta(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return h, nil
}

// Analyze lets the database count what it holds, for whoever has just written much at once: how it
// reads hangs on that.
func (h *Hospital) Analyze(ctx context.Context) error { return store.Analyze(ctx, h.url) }

// readMeta reads what a database says of itself once and for all.
func (h *Hospital) readMeta(ctx context.Context) error {
	return h.read(ctx, func(ctx context.Context, q *sql.Tx) error {
		row := q.QueryRowContext(ctx, `SELECT epoch.value, device_key.value
			FROM meta AS epoch, meta AS device_key
			WHERE epoch.name = 'epoch' AND device_key.name = 'device_key'`)
		return wrap(row.Scan(&h.instance, &h.deviceKey), "read what database this is")
	})
}

// lengthOfInstance is how much of the epoch tells two databases on one machine apart.
const lengthOfInstance = 8

// Instance is a short name of the database, which all its nodes share and no other database has.
func (h *Hospital) Instance() string { return strings.ToLower(h.instance[:lengthOfInstance]) }

// Close releases the database. Commands under way must have ended.
func (h *Hospital) Close() error {
	h.close()
	h.slow.Wait()
	return h.db.Close()
}

// momentKey finds the moment that At has put into a context.
type momentKey struct{}

// At returns a context in which it is the given moment, whatever the clock says: for writing down
// what happened earlier, such as the days before a demo begins.
func At(ctx context.Context, moment time.Time) context.Context {
	return context.WithValue(ctx, momentKey{}, moment)
}

// clock is the present as it is kept: UTC, to the millisecond.
func (h *Hospital) clock(ctx context.Context) time.Time {
	now, ok := ctx.Value(momentKey{}).(time.Time)
	if !ok {
		now = h.now()
	}
	return now.UTC().Truncate(time.Millisecond)
}

// Empty reports whether the hospital has neither wards nor users yet.
func (h *Hospital) Empty(ctx context.Context) (bool, error) {
	return readValue(ctx, h, func(ctx context.Context, q *sql.Tx) (bool, error) {
		return scanValue[bool](q.QueryRowContext(ctx, `SELECT NOT EXISTS (SELECT 1 FROM ward)
			AND NOT EXISTS (SELECT 1 FROM app_user)`))
	})
}

// longestRead bounds a read: on SQLite a reader that lingers keeps the write-ahead log from being
// emptied.
const longestRead = 5 * time.Second

// read runs fn on one state of the database that doesn't change meanwhile. Within InTransaction
// that is the state which the transaction has made so far.
func (h *Hospital) read(ctx context.Context, fn func(ctx context.Context, q *sql.Tx) error) error {
	return h.readWithin(ctx, longestRead, fn)
}

// readWithin is read for what may take another time.
func (h *Hospital) readWithin(ctx context.Context, longest time.Duration,
	fn func(ctx context.Context, q *sql.Tx) error) error {
	if tx := h.transactionOf(ctx); tx != nil {
		ctx, err := h.withSettings(ctx, tx.Tx)
		if err != nil {
			return err
		}
		return fn(ctx, tx.Tx)
	}
	limited, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	tx, err := h.db.Snapshot(limited)
	if err != nil {
		h.db.Notice(err)
		return notRead(ctx, err)
	}
	defer tx.Rollback() // ends the snapshot; there is nothing to undo
	limited, err = h.withSettings(limited, tx)
	if err == nil {
		err = fn(limited, tx)
	}
	h.db.Notice(err)
	return notRead(ctx, err)
}

// readValue is read for what returns something.
func readValue[T any](ctx context.Context, h *Hospital,
	fn func(ctx context.Context, q *sql.Tx) (T, error)) (found T, err error) {
	err = h.read(ctx, func(ctx context.Context, q *sql.Tx) (err error) {
		found, err = fn(ctx, q)
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	return found, nil
}

// readAs is readValue for an actor who must hold a permission.
func readAs[T any](ctx context.Context, h *Hospital, actor Actor, p Permission,
	fn func(ctx context.Context, q *sql.Tx) (T, error)) (T, error) {
	if err := actor.need(p); err != nil {
		var none T
		return none, err
	}
	return readValue(ctx, h, fn)
}

// notRead words an error of a read for the person it concerns.
func notRead(ctx context.Context, err error) error {
	return worded(ctx, err, "not_read",
		"The hospital's records can't be read right now. Try again in a moment.")
}
