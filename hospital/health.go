package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"dusangire/hospital/internal/store"
)

// HealthOK is the word for what does its work.
const HealthOK = "ok"

// Health is whether the hospital can do its work. A database that answers and can't be written does
// not do it.
type Health struct {
	// HealthOK, or in a word why no command can be committed, such as "read_only" or "disk_full"
	Database string
	Clock    string // HealthOK, or how far this machine's clock is from the database's
	cause    error  // of Database, for the log
}

// How health is found. A fault is found within probeEvery and longestProbe.
const (
	probeEvery   = 2 * time.Second
	longestProbe = 2500 * time.Millisecond // PostgreSQL gives up waiting for a lock before it
	probeKept    = time.Second             // whoever asks within it is told the same
	clocksApart  = 2 * time.Second         // at most
	pulsesLast   = 24 * time.Hour          // of nodes that have ended
)

// pulse is how a node proves that it can write.
type pulse struct {
	node string                 // names this one among all
	sick atomic.Pointer[Health] // what was found last, where it takes Live away from pages

	kept atomic.Pointer[kept] // what must be in the database for good; nil: nothing yet

	mu    sync.Mutex // held while somebody tries
	found Health
	at    time.Time // of found, by the clock that does not jump
}

// Health tries whether commands can be committed by committing a line of this node's own. It tries
// once a second at most, and tells others who ask what was found.
func (h *Hospital) Health(ctx context.Context) Health {
	p := &h.pulse
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.at.IsZero() && time.Since(p.at) < probeKept {
		return p.found
	}
	found := h.probe(ctx)
	if ctx.Err() != nil {
		return found // whoever asked has left, and so nothing was found
	}
	if found.Database == "replaced" && p.found.Database != found.Database {
		found.cause = errors.Join(found.cause, h.db.Rescue(ctx))
	}
	p.found, p.at = found, time.Now()
	p.sick.Store(nil)
	if found.lasting() {
		p.sick.Store(&found)
	}
	return found
}

// probe writes this node's line, reads as a screen does and compares the clocks.
func (h *Hospital) probe(ctx context.Context) Health {
	within, cancel := context.WithTimeout(ctx, longestProbe)
	defer cancel()
	var apart time.Duration
	err := h.commit(within, func(ctx context.Context, tx *transaction) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO node_pulse (node, at) VALUES ($1, $2)
			ON CONFLICT (node) DO UPDATE SET at = excluded.at`, h.pulse.node, instant(h.now()))
		if err != nil {
			return fmt.Errorf("write that this node lives: %w", err)
		}
		apart, err = h.clockAhead(ctx, tx.Tx)
		return err
	})
	if err == nil {
		err = h.proveReading(within)
	}
	found := Health{Database: HealthOK, Clock: HealthOK, cause: err}
	if err != nil {
		found.Database = h.db.Reason(cmp.Or(causeOf(err), err))
	}
	switch {
	case apart > clocksApart:
		found.Clock = fmt.Sprintf("%s ahead of the database", apart.Round(time.Second))
	case apart < -clocksApart:
		found.Clock = fmt.Sprintf("%s behind the database", (-apart).Round(time.Second))
	}
	return found
}

// kept is a line of the audit that this node has committed, and in which epoch.
type kept struct {
	audit int64
	epoch string
}

// committed remembers what a transaction has committed, if any.
func (p *pulse) committed(tx *transaction, epoch string) {
	if tx.lastAudit != 0 {
		p.kept.Store(&kept{tx.lastAudit, epoch})
	}
}

// proveReading reads what every screen reads, as screens do: the connection that writes may still
// have in memory what nobody else finds any more.
func (h *Hospital) proveReading(ctx context.Context) error {
	kept := h.pulse.kept.Load() // before what is read begins: commands go on meanwhile
	return h.read(ctx, func(ctx context.Context, q *sql.Tx) error {
		if err := h.proveKept(ctx, q, kept); err != nil {
			return err
		}
		row := q.QueryRowContext(ctx, `SELECT COALESCE(max(rev), 0) FROM topic_rev`)
		_, err := scanValue[int64](row)
		return wrap(err, "read the newest revision")
	})
}

// proveKept looks whether a database that is a file still has what this node had committed. The
// audit is only ever added to: where its newest line is older, a copy was written over the file.
func (h *Hospital) proveKept(ctx context.Context, q *sql.Tx, had *kept) error {
	if !h.db.IsFile() || had == nil {
		return nil
	}
	var epoch string
	var newest int64
	err := q.QueryRowContext(ctx, `SELECT value, (SELECT COALESCE(max(id), 0) FROM audit)
		FROM meta WHERE name = 'epoch'`).Scan(&epoch, &newest)
	if err != nil {
		return fmt.Errorf("read the newest line of the audit: %w", err)
	}
	if epoch == had.epoch && newest < had.audit { // of another epoch it is another database
		return fmt.Errorf("line %d of the audit is gone, the newest is %d: %w", had.audit, newest,
			store.ErrDamaged)
	}
	return nil
}

// clockAhead is how far this machine's clock is ahead of the database's, as far as the time in
// which it answered leaves no doubt.
func (h *Hospital) clockAhead(ctx context.Context, tx *sql.Tx) (time.Duration, error) {
	before := h.now()
	there, ok, err := h.db.Clock(ctx, tx)
	if err != nil || !ok {
		return 0, err
	}
	if after := h.now(); there.After(after) {
		return after.Sub(there), nil
	}
	return max(before.Sub(there), 0), nil
}

// causeOf is what a person was not told of an error, or nil.
func causeOf(err error) error {
	if refusal, ok := errors.AsType[*Error](err); ok {
		return refusal.Cause
	}
	return nil
}

// lasting reports whether the database said itself that it can't be written. A wait for a turn
// ends, and whether a database is there at all the checks of the revisions find too.
func (f Health) lasting() bool {
	return !slices.Contains([]string{HealthOK, "locked", "unreachable", "no_room"}, f.Database)
}

// Trouble returns why pages must not say that they are live although the database can be read, or
// nil.
func (h *Hospital) Trouble() error {
	if found := h.pulse.sick.Load(); found != nil {
		return fmt.Errorf("the database takes no commands (%s): %w", found.Database, found.cause)
	}
	return nil
}

// KeepHealth tries again and again until ctx ends, so that a fault is found although nobody asks,
// and tells the log when health changes.
func (h *Hospital) KeepHealth(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	was := Health{Database: HealthOK, Clock: HealthOK}
	for {
		now := h.Health(ctx)
		if ctx.Err() != nil {
			return
		}
		now.tell(log, was)
		was = now
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// tell tells the log what is otherwise than it was.
func (f Health) tell(log *slog.Logger, was Health) {
	if f.Database != was.Database {
		f.tellDatabase(log)
	}
	if f.Database == HealthOK && (f.Clock == HealthOK) != (was.Clock == HealthOK) {
		f.tellClock(log)
	}
}

func (f Health) tellDatabase(log *slog.Logger) {
	if f.Database == HealthOK {
		log.Info("the database takes commands again")
	} else {
		log.Error("the database takes no commands; they are refused, and this node is not ready",
			"reason", f.Database, "error", f.cause)
	}
}

func (f Health) tellClock(log *slog.Logger) {
	if f.Clock == HealthOK {
		log.Info("this machine's clock agrees with the database's again")
	} else {
		log.Warn("this machine's clock is wrong, or the database's is; set both by NTP", "clock",
			f.Clock)
	}
}
