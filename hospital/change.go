package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"dusangire/hospital/internal/store"
)

// This file is the one way to write. Every command goes through the same steps:
//
//	begin → check and change → audit → revisions → commit → announce
//
// A command locks each row before it judges it (lock), so that what it reads then stands until the
// commit. All commands lock in the same order, so that no two wait for each other: the idempotency
// key, the number of the next patient, the user, patients by id, dishes by id, admissions by id,
// wards by id, beds by id, orders by id, deliveries by id, tray tickets by order, addresses and
// zones, and last topics by name.

// change is one command under way.
type change struct {
	tx    *sql.Tx
	actor Actor
	now   time.Time // of the whole command
	// settings are those that the command has put in place; nil: none
	settings *Settings
	entries  []entry
	topics   map[Topic]bool
}

// record adds a line to the audit and moves the topics of what was changed.
func (c *change) record(e entry, changed subject, more ...subject) {
	c.note(e)
	c.touch(changed)
	c.touch(more...)
}

// note adds a line to the audit about what has changed nothing, such as a refusal.
func (c *change) note(e entry) { c.entries = append(c.entries, e) }

// touch moves the topics of what looks different now although nothing was written of it.
func (c *change) touch(subjects ...subject) {
	for _, s := range subjects {
		for _, topic := range s.topics() {
			c.topics[topic] = true
		}
	}
}

// errUnchanged rolls back a command that has recorded nothing. Its caller gets no error.
var errUnchanged = errors.New("nothing to change")

// committedRefusal is a refusal whose command is committed nevertheless.
type committedRefusal struct{ error }

// commitAndRefuse refuses a command and keeps what it did. It is for a safety check that finds an
// order to be dangerous: the order stops for everyone, and who was about to go on with it is told.
func commitAndRefuse(refusal error) error { return committedRefusal{refusal} }

// longestCommand bounds a command, its wait for locks included.
const longestCommand = 10 * time.Second

// A command that the database took back because of another one is tried again after a pause: of a
// random length up to retryPause, and each time up to twice as long.
const (
	retries    = 3
	retryPause = 20 * time.Millisecond
)

// changing is what a command does in its transaction. It may run again, so it must not keep
// anything from an earlier run.
type changing = func(ctx context.Context, c *change) error

// change runs a command as the actor: fn checks, changes and records, and everything it did is
// committed together or not at all. A command that records nothing has changed nothing, and is
// rolled back without an error. A refusal comes back as fn made it. Within InTransaction the
// command is a part of that transaction, and its failure undoes its part alone.
func (h *Hospital) change(ctx context.Context, actor Actor, fn changing) error {
	var refused error
	err := h.write(ctx, actor, func(ctx context.Context, c *change) error {
		refused = nil
		err := fn(ctx, c)
		if refusal, ok := errors.AsType[committedRefusal](err); ok {
			refused, err = refusal.error, nil
		}
		if err == nil && len(c.entries) == 0 {
			return errUnchanged
		}
		return err
	})
	return cmp.Or(err, refused)
}

// changeAs is change for an actor who must hold a permission.
func (h *Hospital) changeAs(ctx context.Context, actor Actor, p Permission, fn changing) error {
	if err := actor.need(p); err != nil {
		return err
	}
	return h.change(ctx, actor, fn)
}

// eachByItself does something as the system to each of some rows in a transaction of its own, so
// that a long list keeps nobody from theirs, and returns how many it was needed for. A failure does
// not keep the others from their turn.
func (h *Hospital) eachByItself(ctx context.Context, ids []int64, kind string,
	do func(c *change, ctx context.Context, id int64) (needed bool, err error)) (int, error) {
	done, failures := 0, []error(nil)
	for _, id := range ids {
		needed, err := command(ctx, h, System, func(ctx context.Context, c *change) (bool, error) {
			return do(c, ctx, id)
		})
		if needed {
			done++
		}
		failures = append(failures, wrap(err, "%s %d", kind, id))
	}
	return done, errors.Join(failures...)
}

// command is change for a command that returns something.
func command[T any](ctx context.Context, h *Hospital, actor Actor,
	fn func(ctx context.Context, c *change) (T, error)) (result T, err error) {
	err = h.change(ctx, actor, func(ctx context.Context, c *change) (err error) {
		result, err = fn(ctx, c)
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	return result, nil
}

// write is change for what may be committed without a line in the audit, such as a failed sign-in
// that is counted.
func (h *Hospital) write(ctx context.Context, actor Actor, fn changing) error {
	now := h.clock(ctx)
	work := func(ctx context.Context, tx *transaction) error {
		c := &change{tx: tx.Tx, actor: actor, now: now, topics: map[Topic]bool{}}
		ctx, err := h.withSettings(ctx, tx.Tx)
		if err != nil {
			return err
		}
		if err := fn(ctx, c); err != nil {
			return err
		}
		return tx.add(ctx, c)
	}
	var err error
	if outer := h.transactionOf(ctx); outer != nil {
		err = outer.savepoint(ctx, work)
	} else {
		err = h.commitRetrying(ctx, work)
	}
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return notSaved(ctx, err)
}

// InTransaction runs fn so that every command given with the context that fn receives happens in
// one transaction: all of them or, when fn returns an error, none. Reads with that context see what
// was done so far. A refused command undoes its own part, and fn may go on after it. Announcements
// go out once, after the commit. fn runs once and must give its commands one after the other.
func (h *Hospital) InTransaction(ctx context.Context, fn func(ctx context.Context) error) error {
	work := func(ctx context.Context, tx *transaction) error {
		return fn(context.WithValue(ctx, transactionKey{h}, tx))
	}
	if outer := h.transactionOf(ctx); outer != nil {
		return outer.savepoint(ctx, work)
	}
	return notSaved(ctx, h.commit(ctx, work))
}

// working is what is done in a transaction.
type working = func(ctx context.Context, tx *transaction) error

// commitRetrying is commit for a single command: bounded in time, and tried again when the database
// took it back because of another command.
func (h *Hospital) commitRetrying(ctx context.Context, work working) error {
	ctx, cancel := context.WithTimeout(ctx, longestCommand)
	defer cancel()
	for tried := 0; ; tried++ {
		err := h.commit(ctx, work)
		if tried == retries || !store.Retryable(err) {
			return err
		}
		// #nosec G404 -- so that two commands don't meet again; nothing secret
		if left := pause(ctx, rand.N(retryPause<<tried)); left != nil {
			return errors.Join(err, left)
		}
	}
}

// commit runs work in a transaction, moves the topics of its commands last, commits and announces.
func (h *Hospital) commit(ctx context.Context, work working) (err error) {
	defer func() { h.db.Notice(err) }()
	begun, err := h.db.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer begun.Rollback() // does nothing after the commit
	tx := &transaction{Tx: begun, topics: map[Topic]bool{}}
	if err := work(ctx, tx); err != nil {
		return err
	}
	moved, err := tx.moveTopics(ctx)
	if err != nil {
		return err
	}
	if err := h.db.InPlace(); err != nil {
		return err
	}
	if err := h.unlessCommitted(ctx, tx, tx.Commit()); err != nil {
		return err
	}
	// the commit may have gone to a file that nobody will find
	if err := h.db.InPlace(); err != nil {
		return outcomeUnknown(err)
	}
	h.pulse.committed(tx, moved.Epoch)
	if tx.settings != nil {
		h.settings.put(tx.settings.at(moved))
	}
	if len(moved.Topics) > 0 {
		h.tell(ctx, moved)
	}
	return nil
}

// togetherKey finds what together has gathered so far in a context.
type togetherKey struct{ h *Hospital }

// together runs many commands that are one act of somebody's, each committed by itself, and
// announces what they moved at their end at once: screens get one frame of it and not one of each.
func (h *Hospital) together(ctx context.Context, act func(ctx context.Context) error) error {
	gathered := &Revisions{}
	err := act(context.WithValue(ctx, togetherKey{h}, gathered))
	if len(gathered.Topics) > 0 {
		h.announce(*gathered)
	}
	return err
}

// tell announces which topics moved, or gathers it until the end of the act that they are part of.
func (h *Hospital) tell(ctx context.Context, moved Revisions) {
	gathered, ok := ctx.Value(togetherKey{h}).(*Revisions)
	switch {
	case !ok:
		h.announce(moved)
	case gathered.Epoch != moved.Epoch:
		*gathered = Revisions{Epoch: moved.Epoch, Topics: maps.Clone(moved.Topics)}
	default:
		maps.Copy(gathered.Topics, moved.Topics)
	}
}

// longestDoubt bounds how long a command tries to find out what became of it.
const longestDoubt = 3 * time.Second

// unlessCommitted returns nil if a transaction is in the database although its commit failed, and
// else why it is not. Where the database itself refused, it is not. Where the answer got lost, the
// database is asked again.
func (h *Hospital) unlessCommitted(ctx context.Context, tx *transaction, failed error) error {
	failed = wrap(failed, "commit")
	if failed == nil || store.Answered(failed) || tx.lastAudit == 0 || len(tx.topics) == 0 {
		return failed
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longestDoubt)
	defer cancel()
	committed, err := h.committed(ctx, tx)
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
	unknown := Busy("outcome_unknown",
		"The connection was lost while saving. Look whether it was saved before you try again.")
	unknown.Cause = cause
	return unknown
}

// committed waits for the end of a transaction whose connection was lost, and reports whether it is
// in the database. While it is under way it holds the rows of its topics, so touching one of them
// waits for it; after that its audit is there or never will be.
func (h *Hospital) committed(ctx context.Context, lost *transaction) (bool, error) {
	tx, err := h.db.Begin(ctx)
	if err != nil {
		return false, err
	}
	defer tx.Rollback() // touching changes nothing
	touched := slices.Sorted(maps.Keys(lost.topics))[0]
	_, err = tx.ExecContext(ctx, `INSERT INTO topic_rev (topic, rev) VALUES ($1, 0)
		ON CONFLICT (topic) DO UPDATE SET rev = topic_rev.rev`, touched)
	if err != nil {
		return false, err
	}
	return scanValue[bool](tx.QueryRowContext(ctx,
		`SELECT EXISTS (SELECT 1 FROM audit WHERE id = $1)`, lost.lastAudit))
}

// transaction is one of the database, of a single command or of all that InTransaction gathers. It
// belongs to one goroutine.
type transaction struct {
	*sql.Tx
	topics    map[Topic]bool // to be moved before the commit
	lastAudit int64          // the id of the last line of the audit; 0 where there is none yet
	settings  *Settings      // that were put in place in it; nil: none
}

// transactionKey finds the transaction of a hospital in a context.
type transactionKey struct{ h *Hospital }

// transactionOf returns the transaction that InTransaction has put into the context, or nil.
func (h *Hospital) transactionOf(ctx context.Context) *transaction {
	tx, _ := ctx.Value(transactionKey{h}).(*transaction)
	return tx
}

// add writes the audit of a command that has succeeded, and takes its topics.
func (tx *transaction) add(ctx context.Context, c *change) (err error) {
	for _, e := range c.entries {
		if tx.lastAudit, err = c.audit(ctx, e); err != nil {
			return err
		}
	}
	maps.Copy(tx.topics, c.topics)
	tx.settings = cmp.Or(c.settings, tx.settings)
	return nil
}

// savepoint runs work so that its failure undoes what it did and nothing before it.
func (tx *transaction) savepoint(ctx context.Context, work working) error {
	if _, err := tx.ExecContext(ctx, `SAVEPOINT command`); err != nil {
		return fmt.Errorf("set a savepoint: %w", err)
	}
	part := &transaction{Tx: tx.Tx, topics: map[Topic]bool{}, settings: tx.settings}
	failed := work(ctx, part)
	if failed != nil {
		if _, err := tx.ExecContext(ctx, `ROLLBACK TO SAVEPOINT command`); err != nil {
			return errors.Join(failed, fmt.Errorf("roll back to a savepoint: %w", err))
		}
	}
	if _, err := tx.ExecContext(ctx, `RELEASE SAVEPOINT command`); err != nil {
		return errors.Join(failed, fmt.Errorf("release a savepoint: %w", err))
	}
	if failed == nil {
		maps.Copy(tx.topics, part.topics)
		tx.lastAudit, tx.settings = cmp.Or(part.lastAudit, tx.lastAudit), part.settings
	}
	return failed
}

// moveTopics moves each topic by one, in the order of their names, and returns where they stand.
func (tx *transaction) moveTopics(ctx context.Context) (Revisions, error) {
	moved := Revisions{Topics: make(map[Topic]int64, len(tx.topics))}
	for _, topic := range slices.Sorted(maps.Keys(tx.topics)) {
		epoch, rev, err := move(ctx, tx.Tx, topic)
		if err != nil {
			return moved, err
		}
		moved.Epoch, moved.Topics[topic] = epoch, rev
	}
	return moved, nil
}

// notSaved words an error of a command for the person it concerns.
func notSaved(ctx context.Context, err error) error {
	return worded(ctx, err, "not_saved",
		"Not saved: the hospital's records can't be changed right now. Try again in a moment.")
}

// worded leaves a refusal as it is, gives words to the database's inability to serve, and passes on
// anything else. The context is the caller's: where the caller has left, there is nobody to word
// anything for.
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
		refusal := Busy(code, sentence)
		refusal.Cause = err
		return refusal
	}
	return err
}

// pause lets time pass, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("pause: %w", ctx.Err())
	}
}
