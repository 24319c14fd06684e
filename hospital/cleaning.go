package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"
)

// Cleaning is how far the cleaning of a bed is. The zero value is of a bed that is dirty, or not to
// be cleaned.
type Cleaning struct {
	StartedAt time.Time // zero: nobody has begun
	By        string    // who has begun
	Stat      bool      // to be cleaned before the others
}

// CleaningState is the part of BedCleaning in which a bed is.
type CleaningState string

// The states of a bed in cleaning.
const (
	Dirty           CleaningState = "dirty"
	CleaningStarted CleaningState = "in_progress"
)

// State is how far the cleaning is.
func (c Cleaning) State() CleaningState {
	if c.StartedAt.IsZero() {
		return Dirty
	}
	return CleaningStarted
}

// Since is when the state began of a bed that was left at a time.
func (c Cleaning) Since(left time.Time) time.Time {
	if c.StartedAt.IsZero() {
		return left
	}
	return c.StartedAt
}

// CleanWithin is how long a bed may wait until it is clean, from when it was left. CleanStatWithin
// is that for a bed that is to be cleaned before the others.
const (
	CleanWithin     = time.Hour
	CleanStatWithin = 30 * time.Minute
)

// isLate reports whether a bed that has been in cleaning since a time should be clean by now.
func (c Cleaning) isLate(since, now time.Time) bool {
	within := CleanWithin
	if c.Stat {
		within = CleanStatWithin
	}
	return now.Sub(since) >= within
}

// CleaningStep is one thing that somebody does about a bed that is to be cleaned.
type CleaningStep string

// The steps of cleaning.
const (
	StartCleaning  CleaningStep = "start"   // of a dirty bed
	FinishCleaning CleaningStep = "done"    // of one in progress: it is available then
	CleanFirst     CleaningStep = "stat"    // before the others
	CleanInTurn    CleaningStep = "routine" // takes CleanFirst back
)

// CleaningSteps lists the steps.
var CleaningSteps = []CleaningStep{StartCleaning, FinishCleaning, CleanFirst, CleanInTurn}

// CleanBedCommand is what CleanBed needs.
type CleanBedCommand struct {
	Step    CleaningStep
	Version int64 // of the bed as the person saw it; 0: they did not say
}

// CleaningBoard is what housekeeping sees: the beds to clean, read in one snapshot. It knows
// nothing of patients.
type CleaningBoard struct {
	Metrics
	Beds      []BedLine // those to be cleaned first, then those in progress, then the longest dirty
	At        time.Time
	Revisions // of MetricsTopic
}

// CleaningBoard reads it for some wards; none given means all.
func (h *Hospital) CleaningBoard(ctx context.Context, actor Actor,
	wardIDs []int64) (CleaningBoard, error) {
	return readAs(ctx, h, actor, ReadCleaning,
		func(ctx context.Context, q *sql.Tx) (CleaningBoard, error) {
			return readCleaningBoard(ctx, q, h.clock(ctx), wardIDs)
		})
}

func readCleaningBoard(ctx context.Context, q *sql.Tx, now time.Time,
	wardIDs []int64) (b CleaningBoard, err error) {
	s, err := readStanding(ctx, q)
	if err != nil {
		return b, err
	}
	b = CleaningBoard{Metrics: s.metrics(), At: now, Revisions: s.Revisions}
	b.Beds, err = bedsToClean(ctx, q, now)
	b.Beds = slices.DeleteFunc(b.Beds, func(bed BedLine) bool {
		return len(wardIDs) > 0 && !slices.Contains(wardIDs, bed.WardID)
	})
	slices.SortStableFunc(b.Beds, func(a, b BedLine) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), a.Since.Compare(b.Since))
	})
	return b, err
}

// rank is where a bed stands among those to clean: what goes first, what somebody is at, the rest.
func (b BedLine) rank() int {
	switch {
	case b.Cleaning.Stat:
		return 0
	case b.Cleaning.State() == CleaningStarted:
		return 1
	}
	return 2
}

// bedsToClean lists the beds in cleaning as of now: those to be cleaned first, then the longest
// dirty.
func bedsToClean(ctx context.Context, q *sql.Tx, now time.Time) ([]BedLine, error) {
	rows, err := q.QueryContext(ctx, `SELECT bed.id, bed.number, bed.ward_id, ward.name,
			bed.status_since, bed.cleaning_since, bed.cleaning_by, bed.cleaning_stat, bed.version
		FROM bed JOIN ward ON ward.id = bed.ward_id WHERE bed.status = 'cleaning'
		ORDER BY bed.cleaning_stat DESC, bed.status_since, bed.id`)
	return collect(rows, err, func(row scanner) (b BedLine, err error) {
		err = row.Scan(&b.ID, &b.Number, &b.WardID, &b.WardName, (*instant)(&b.Since),
			(*instant)(&b.Cleaning.StartedAt), &b.Cleaning.By, &b.Cleaning.Stat, &b.Version)
		b.Late = b.Cleaning.isLate(b.Since, now)
		return b, err
	})
}

// CleanBed takes the cleaning of a bed a step on. Invalid for a step that there is not, Forbidden
// where what is cleaned first is not for this role to say, Conflict with the bed as it stands where
// it is not to be cleaned or the step does not follow.
func (h *Hospital) CleanBed(ctx context.Context, actor Actor, bedID int64,
	cmd CleanBedCommand) (Bed, error) {
	if err := cmp.Or(actor.need(CleanBeds), cmd.check(actor)); err != nil {
		return Bed{}, err
	}
	return command(ctx, h, actor, func(ctx context.Context, c *change) (Bed, error) {
		bed, err := c.lockBed(ctx, bedID)
		if err != nil {
			return bed, err
		}
		if err = bed.checkCleaning(cmd); err != nil {
			return bed, c.bedRefused(ctx, err, bed, cmd.Version)
		}
		if cmd.Step == FinishCleaning {
			err = c.putBed(ctx, &bed, BedAvailable, "")
		} else {
			err = c.putCleaning(ctx, &bed, cmd.Step)
		}
		return bed, err
	})
}

// check returns what is wrong with the step, or that it is not for the actor.
func (cmd CleanBedCommand) check(actor Actor) error {
	if !slices.Contains(CleaningSteps, cmd.Step) {
		wrong := fields{}
		wrong.refuse("step", "cleaning_step_unknown", "Choose one of the steps of cleaning a bed.")
		return wrong.err()
	}
	if cmd.Step == CleanFirst || cmd.Step == CleanInTurn {
		return actor.need(RankCleaning)
	}
	return nil
}

// checkCleaning returns why a step can't be taken with the bed as it stands, or nil. What somebody
// else has done already says more than that the bed has changed, and comes first.
func (b Bed) checkCleaning(cmd CleanBedCommand) error {
	started := b.Cleaning.State() == CleaningStarted
	switch {
	case b.Status != BedCleaning:
		return b.conflict("bed_not_to_clean", "Bed %s is %s. There is nothing to clean now.",
			b.Number, bedWords[b.Status])
	case cmd.Step == StartCleaning && started:
		return b.conflict("cleaning_started", "Bed %s is being cleaned by %s already.", b.Number,
			b.Cleaning.By)
	case cmd.Step == FinishCleaning && !started:
		return b.conflict("cleaning_not_started",
			"Nobody has begun to clean bed %s. Start first, and say when it is done.", b.Number)
	case cmd.Step == CleanFirst && b.Cleaning.Stat:
		return b.conflict("cleaning_stat", "Bed %s is to be cleaned first already.", b.Number)
	case cmd.Step == CleanInTurn && !b.Cleaning.Stat:
		return b.conflict("cleaning_not_stat", "Bed %s is to be cleaned in its turn already.",
			b.Number)
	case cmd.Version != 0 && cmd.Version != b.Version:
		return b.outdated()
	}
	return nil
}

// putCleaning takes a step with a locked bed that leaves it in cleaning, and records it.
func (c *change) putCleaning(ctx context.Context, bed *Bed, step CleaningStep) error {
	e := entry{action: "bed.clean", entity: "bed", entityID: bed.ID, wardID: bed.WardID}
	if step == StartCleaning {
		bed.Cleaning.StartedAt, bed.Cleaning.By = c.now, c.actor.Username
		e.from, e.to = string(Dirty), string(CleaningStarted)
	} else {
		bed.Cleaning.Stat = step == CleanFirst
		e.action, e.to = "bed.rank_cleaning", string(step)
	}
	err := c.tx.QueryRowContext(ctx, `UPDATE bed SET cleaning_since = $2, cleaning_by = $3,
			cleaning_stat = $4, version = version + 1
		WHERE id = $1 RETURNING version`, bed.ID, instant(bed.Cleaning.StartedAt),
		bed.Cleaning.By, bed.Cleaning.Stat).Scan(&bed.Version)
	if err != nil {
		return wrap(err, "%s of bed %d", step, bed.ID)
	}
	e.version = bed.Version
	c.record(e, bed)
	return nil
}
