package hospital

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
)

// This file is who looks after which wards, and what they see of them.

// WardInCare is a ward as those see it who look after wards.
type WardInCare struct {
	WardSummary
	Beds    []BoardBed // in the order of their numbers
	Retired []Bed      // the last one first
}

// WardsInCare lists the wards that the actor looks after, in their order: their own, all where none
// are assigned. Forbidden without ArrangeWards.
func (h *Hospital) WardsInCare(ctx context.Context, actor Actor) ([]WardInCare, error) {
	return readAs(ctx, h, actor, ArrangeWards,
		func(ctx context.Context, q *sql.Tx) ([]WardInCare, error) {
			summaries, err := wardSummaries(ctx, q)
			if err != nil {
				return nil, err
			}
			own, err := ownWards(ctx, q, actor)
			if err != nil {
				return nil, err
			}
			var wards []WardInCare
			for _, summary := range summaries {
				if own == nil || slices.Contains(own, summary.ID) {
					wards = append(wards, WardInCare{WardSummary: summary})
				}
			}
			rows, err := q.QueryContext(ctx,
				selectBoardBed+` ORDER BY length(bed.number), bed.number, bed.id`)
			now := h.clock(ctx)
			beds, err := collect(rows, err, func(row scanner) (BoardBed, error) {
				return scanBoardBed(row, now)
			})
			addBedsInCare(wards, beds)
			return wards, wrap(err, "read the beds of all wards")
		})
}

// addBedsInCare gives each ward its beds.
func addBedsInCare(wards []WardInCare, beds []BoardBed) {
	for _, bed := range beds {
		i := slices.IndexFunc(wards, func(w WardInCare) bool { return w.ID == bed.WardID })
		switch {
		case i < 0:
		case bed.Retired():
			wards[i].Retired = append(wards[i].Retired, bed.Bed)
		default:
			wards[i].Beds = append(wards[i].Beds, bed)
		}
	}
	for _, w := range wards {
		slices.SortStableFunc(w.Retired, func(a, b Bed) int { return b.RetiredAt.Compare(a.RetiredAt) })
	}
}

// ownWards are the wards that the actor looks after; nil: all.
func ownWards(ctx context.Context, q *sql.Tx, actor Actor) ([]int64, error) {
	if actor.Role.May(SetUpWards) {
		return nil, nil
	}
	own, err := queryIDs(ctx, q, `SELECT ward_id FROM user_ward WHERE user_id = $1`, actor.UserID)
	return own, wrap(err, "read the wards of user %d", actor.UserID)
}

// needWard returns a Forbidden error unless the actor looks after a ward: whoever is bound to some
// wards looks after these alone.
func (c *change) needWard(ctx context.Context, wardID int64) error {
	own, err := ownWards(ctx, c.tx, c.actor)
	if err == nil && own != nil && !slices.Contains(own, wardID) {
		return Refuse(Forbidden, "ward_not_yours",
			"Others look after this ward. Ask them, or an administrator.")
	}
	return err
}

// MoveWard puts a ward one place up or down among all. At the end of the list nothing changes.
// version is that of the ward as the person saw it; 0 where they did not say. Invalid for another
// step, NotFound where there is no such ward, Forbidden where it is not the actor's, Conflict where
// it has another version.
func (h *Hospital) MoveWard(ctx context.Context, actor Actor, wardID int64, step WardStep,
	version int64) error {
	if err := actor.need(ArrangeWards); err != nil {
		return err
	}
	if !slices.Contains(WardSteps, step) {
		wrong := fields{}
		refuseChoice(wrong, "step", WardSteps)
		return wrong.err()
	}
	return h.change(ctx, actor, func(ctx context.Context, c *change) error {
		if err := c.lockWards(ctx); err != nil {
			return err
		}
		if _, err := c.lockWardInVersion(ctx, wardID, version); err != nil {
			return err
		}
		return c.moveWard(ctx, wardID, step)
	})
}

// WardStep is a way to move a ward among all.
type WardStep string

// The steps.
const (
	WardUp   WardStep = "up"
	WardDown WardStep = "down"
)

// WardSteps lists them.
var WardSteps = []WardStep{WardUp, WardDown}

// lockWards keeps all wards from everyone else until the commit.
func (c *change) lockWards(ctx context.Context) error {
	ids, err := queryIDs(ctx, c.tx, `SELECT id FROM ward ORDER BY id`)
	for _, id := range ids {
		if err == nil {
			_, err = c.lock(ctx, "ward", id)
		}
	}
	return wrap(err, "lock the wards")
}

// moveWard puts one of the locked wards one place up or down, and gives all the places in which
// they stand.
func (c *change) moveWard(ctx context.Context, wardID int64, step WardStep) error {
	wards, err := allWards(ctx, c.tx)
	if err != nil {
		return wrap(err, "read the wards")
	}
	i := slices.IndexFunc(wards, func(w Ward) bool { return w.ID == wardID })
	if other := i + map[WardStep]int{WardUp: -1, WardDown: 1}[step]; other >= 0 && other < len(wards) {
		wards[i], wards[other] = wards[other], wards[i]
		return c.numberWards(ctx, wards)
	}
	return nil
}

// numberWards writes the places in which locked wards stand.
func (c *change) numberWards(ctx context.Context, wards []Ward) error {
	for i, ward := range wards {
		if ward.Position == i+1 {
			continue
		}
		err := c.tx.QueryRowContext(ctx, `UPDATE ward SET position = $2, version = version + 1
			WHERE id = $1 RETURNING version`, ward.ID, i+1).Scan(&ward.Version)
		if err != nil {
			return wrap(err, "give ward %d its place", ward.ID)
		}
		e := entry{action: "ward.set", entity: "ward", entityID: ward.ID, wardID: ward.ID,
			version: ward.Version}
		e.from, e.to = codesOf(
			coded{"position", strconv.Itoa(ward.Position), strconv.Itoa(i + 1)})
		c.record(e, ward)
	}
	return nil
}
