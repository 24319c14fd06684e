package hospital

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"dusangire/hospital/internal/store"
)

// This file is the one way to write. Every command is the same sentence, framed here:
//
//	begin → check and change → audit → revisions → commit → announce
//
// Rows are locked before they are judged, by an update that counts their version: the same words do it on both
// databases, and what is read after it is the truth until the commit. Everyone locks in the same order, so that nobody waits in
// a circle: the idempotency key, then the user or patient, then dishes by id, then admissions by id, then beds by id, then
// orders by id, then deliveries by id, then addresses and zones, then topics by name.

// change is one command under way.
type change struct {
	tx      *sql.Tx
	actor   Actor
	now     time.Time // of the whole command
	entries []entry
	topics  map[Topic]bool
}

// record notes what was done for the audit, and the topics that it moves: nothing is kept without
// a line of the audit, and no line is written that moves no topic. What else is seen elsewhere
// because of it is moved beside it, in topics.
func (c *change) record(e entry, topic Topic, more ...Topic) {
	c.entries = append(c.entries, e)
	c.topics[topic] = true
	for _, topic := range more {
		c.topics[topic] = true
	}
}

// exec runs a statement and returns how many rows it changed.
func (c *change) exec(ctx context.Context, query string, args ...any) (rows int64, err error) {
	result, err := c.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// errUnchanged ends a command that finds nothing to do: it is rolled back, moves no topic, and is no error.
var errUnchanged = errors.New("nothing to change")

// keptRefusal is the one refusal that changes something: whoever gave the command is told that it was refused, and what it did
// is committed nevertheless. It is for a safety check that finds an order to be dangerous: that must both stop the order for
// everyone and be said to the person who was about to go on with it.
type keptRefusal struct{ error }

// keeping makes the refusal one that keeps what the command did.
func keeping(refusal error) error { return keptRefusal{refusal} }

// longestCommand bounds a command, its wait for a turn included.
const longestCommand = 10 * time.Second

// retries is how often a command is tried again that was taken back because of another one.
const retries = 3

// change runs a command as the actor: fn checks, changes and records, and everything it did is committed together or not
// at all. A refusal comes back as fn made it; all but a keptRefusal take back what fn did. fn may be run again, so it must not
// keep anything from an earlier run. Within Together the command is a part of that transaction, and its failure undoes its part
// alone.
func (h *Hospital) change(ctx context.Context, actor Actor, fn func(ctx context.Context, c *change) error) error {
	var kept error
	err := h.write(ctx, func(ctx context.Context, u *unit) (err error) {
		kept, err = u.perform(ctx, h.clock(ctx), actor, fn)
		return err
	})
	if err != nil {
		return err
	}
	return kept
}

// write runs work in a transaction of its own, or as a step of the one that Together has put into the context.
// Only what is nobody's command, such as counting failed sign-ins, calls it directly.
func (h *Hospital) write(ctx context.Context, work func(ctx context.Context, u *unit) error) error {
	var err error
	if u := h.unitOf(ctx); u != nil {
		err = u.step(ctx, work)
	} else {
		err = h.commitRetrying(ctx, work)
	}
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return notSaved(ctx, err)
}

// Together runs fn so that every command given with the context it receives happens in one transaction: all of
// them or, when fn returns an error, none. Reads with that context see what was done so far. A refused command undoes
// its own part, and fn may go on after it. Announcements go out once, after the commit. fn runs once and must give its
// commands one after the other.
func (h *Hospital) Together(ctx context.Context, fn func(ctx context.Context) error) error {
	work := func(ctx context.Context, u *unit) error { return fn(context.WithValue(ctx, unitKey{h}, u)) }
	if u := h.unitOf(ctx); u != nil {
		return u.step(ctx, work)
	}
	return notSaved(ctx, h.commit(ctx, work))
}

// commitRetrying is commit for a single command: bounded in time, and tried again when the database took it back
// because of another command.
func (h *Hospital) commitRetrying(ctx context.Context, work func(context.Context, *unit) error) error {
	ctx, cancel := context.WithTimeout(ctx, longestCommand)
	defer cancel()
	for tried := 0; ; tried++ {
		err := h.commit(ctx, work)
		if tried == retries || !store.Retryable(err) {
			return err
		}
	}
}

// commit runs work in a transaction, moves the topics of its commands last, commits and announces.
func (h *Hospital) commit(ctx context.Context, work func(context.Context, *unit) error) (err error) {
	defer func() { h.db.Notice(err) }()
	tx, err := h.db.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() // does nothing after the commit
	u := &unit{tx: tx, topics: map[Topic]bool{}}
	if err := work(ctx, u); err != nil {
		return err
	}
	moved, err := u.move(ctx)
	if err != nil {
		return err
	}
	if err := h.db.InPlace(); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		if err := h.unlessCommitted(ctx, u, err); err != nil {
			return err
		}
	}
	if err := h.db.InPlace(); err != nil { // in this very moment: the commit may have gone to a file that nobody will find
		return outcomeUnknown(err)
	}
	if len(moved.Topics) > 0 {
		h.announce(moved)
	}
	return nil
}

// longestDoubt bounds how long a command tries to find out what became of it.
const longestDoubt = 3 * time.Second

// unlessCommitted returns nil if a transaction whose commit failed is in the database after all, and else why it is not.
// Where the database itself refused, it is not. Where the answer got lost, the database is asked again.
func (h *Hospital) unlessCommitted(ctx context.Context, u *unit, failed error) error {
	failed = fmt.Errorf("commit: %w", failed)
	if store.Answered(failed) || u.lastAudit == 0 {
		return failed
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longestDoubt)
	defer cancel()
	committed, err := h.committed(ctx, u)
	switch {
	case err != nil:
		return outcomeUnknown(errors.Join(failed, err))
	case !committed:
		return failed
	}
	return nil
}

// outcomeUnknown is the answer where nobody can say what became of a command.
func outcomeUnknown(cause error) error {
	return &Error{Kind: Unavailable, Code: "outcome_unknown", Cause: cause,
		Message: "The connection was lost while saving. Look whether it was saved before you try again."}
}

// committed waits for the end of the unit's transaction, wherever it is, and reports whether it is in the database. While
// the transaction is under way it holds the rows of its topics, so touching one of them waits for it; after that its
// audit is there or never will be.
func (h *Hospital) committed(ctx context.Context, u *unit) (is bool, err error) {
	tx, err := h.db.Begin(ctx)
	if err != nil {
		return false, err
	}
	defer tx.Rollback() // touching changes nothing
	touched := slices.Sorted(maps.Keys(u.topics))[0]
	_, err = tx.ExecContext(ctx, `INSERT INTO topic_rev (topic, rev) VALUES ($1, 0)
		ON CONFLICT (topic) DO UPDATE SET rev = topic_rev.rev`, touched)
	if err != nil {
		return false, err
	}
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM audit WHERE id = $1)`, u.lastAudit).Scan(&is)
	return is, err
}

// unit is one transaction, of a single command or of all that Together gathers. It belongs to one goroutine.
type unit struct {
	tx        *sql.Tx
	topics    map[Topic]bool // to be moved before the commit
	lastAudit int64          // the id of the last line of the audit; 0 where there is none yet
}

// unitKey finds the unit of a hospital in a context.
type unitKey struct{ h *Hospital }

// unitOf returns the transaction that Together has put into the context, or nil.
func (h *Hospital) unitOf(ctx context.Context) *unit {
	u, _ := ctx.Value(unitKey{h}).(*unit)
	return u
}

// perform runs one command and writes its audit. kept is the refusal of a command that was refused and is to be committed.
func (u *unit) perform(ctx context.Context, now time.Time, actor Actor, fn func(context.Context, *change) error) (kept, err error) {
	c := &change{tx: u.tx, actor: actor, now: now, topics: map[Topic]bool{}}
	err = fn(ctx, c)
	if refusal, ok := errors.AsType[keptRefusal](err); ok {
		kept = refusal.error
	} else if err != nil {
		return nil, err
	}
	if len(c.entries) == 0 {
		return nil, errors.New("a command changed something and recorded nothing")
	}
	for _, e := range c.entries {
		if u.lastAudit, err = c.audit(ctx, e); err != nil {
			return nil, err
		}
	}
	maps.Copy(u.topics, c.topics)
	return kept, nil
}

// step runs work so that its failure undoes what it did and nothing before it.
func (u *unit) step(ctx context.Context, work func(context.Context, *unit) error) error {
	if _, err := u.tx.ExecContext(ctx, `SAVEPOINT step`); err != nil {
		return fmt.Errorf("begin a step: %w", err)
	}
	before := unit{tx: u.tx, topics: maps.Clone(u.topics), lastAudit: u.lastAudit}
	failed := work(ctx, u)
	if failed != nil {
		*u = before
		if _, err := u.tx.ExecContext(ctx, `ROLLBACK TO SAVEPOINT step`); err != nil {
			return errors.Join(failed, fmt.Errorf("undo a step: %w", err))
		}
	}
	if _, err := u.tx.ExecContext(ctx, `RELEASE SAVEPOINT step`); err != nil {
		return errors.Join(failed, fmt.Errorf("end a step: %w", err))
	}
	return failed
}

// move moves each topic by one, in the order of their names, and returns where they stand.
func (u *unit) move(ctx context.Context) (Revisions, error) {
	moved := Revisions{Topics: make(map[Topic]int64, len(u.topics))}
	for _, topic := range slices.Sorted(maps.Keys(u.topics)) {
		epoch, rev, err := move(ctx, u.tx, topic)
		if err != nil {
			return moved, err
		}
		moved.Epoch, moved.Topics[topic] = epoch, rev
	}
	return moved, nil
}

// notSaved words an error of a command for the person it concerns.
func notSaved(ctx context.Context, err error) error {
	return worded(ctx, err, "not_saved", "Not saved: the hospital's records can't be changed right now. Try again in a moment.")
}

// worded leaves a refusal as it is, gives words to the database's inability to serve, and passes on anything else.
// The context is the caller's: where the caller has left, there is nobody to word anything for.
func worded(ctx context.Context, err error, code, sentence string) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("the caller left: %w", errors.Join(context.Canceled, err))
	}
	if store.Unavailable(err) {
		return &Error{Kind: Unavailable, Code: code, Message: sentence, Cause: err}
	}
	return err
}
