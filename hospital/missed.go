package hospital

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// MissedRound is a meal round that should have been ordered by itself and was not, because no
// server was there from its cut-off until the meal was served. It is never ordered late by itself:
// whoever may order rounds is offered to (OrderMealRound).
type MissedRound struct {
	Ward     Ward
	Meal     Meal
	Day      time.Time // midnight UTC of the day in Kigali
	Patients int       // who have no order for that meal and could have had one
	Until    time.Time // the last moment at which it is offered
}

// roundsKnown is how far the server looks back for rounds that it missed: what is older nobody can
// eat.
const roundsKnown = 12 * time.Hour

// AnnounceMissedRounds tells the kitchen, medical staff and ward management of each round that was
// missed in the hours before now, once for a ward and meal, on whichever node, and returns those
// that it told of.
func (h *Hospital) AnnounceMissedRounds(ctx context.Context) ([]MissedRound, error) {
	if err := h.plausible(ctx); err != nil {
		return nil, err
	}
	now := h.clock(ctx)
	var told []MissedRound
	var failures []error
	for _, round := range servedRounds(now) {
		missed, err := h.announceMissed(ctx, round, now)
		told = append(told, missed...)
		failures = append(failures, err)
	}
	return told, errors.Join(failures...)
}

// TakeOverMeals keeps that nobody missed a meal that was served before now: it was ordered
// elsewhere. It is for whoever fills a database with patients who were there before it.
func (h *Hospital) TakeOverMeals(ctx context.Context) error {
	for _, round := range servedRounds(h.clock(ctx)) {
		wards, err := h.wardsWithout(ctx, round)
		if err != nil {
			return err
		}
		for _, round.Ward = range wards {
			if _, err := h.tellMissed(ctx, round); err != nil {
				return err
			}
		}
	}
	return nil
}

// servedRounds are the meals that were served in the hours before now, each as a round without its
// ward.
func servedRounds(now time.Time) (served []MissedRound) {
	today := dayIn(now.In(kigali))
	for _, day := range []time.Time{today.AddDate(0, 0, -1), today} {
		for _, meal := range Meals {
			times, ok := MealTimes[meal]
			at := times.at(day)
			if ok && now.After(at) && now.Sub(at) < roundsKnown {
				served = append(served, MissedRound{Meal: meal, Day: day,
					Until: meal.lateUntil(day)})
			}
		}
	}
	return served
}

// lateUntil is until when the round of a day's meal can be ordered late: until the next round
// begins, and for the last of a day until the day ends.
func (m Meal) lateUntil(day time.Time) time.Time {
	year, month, date := day.Date()
	until := time.Date(year, month, date+1, 0, 0, 0, 0, kigali).UTC()
	served := MealTimes[m].at(day)
	for _, next := range MealTimes {
		begins := next.at(day).Add(-next.CutOff - roundsBegin)
		if begins.After(served) && begins.Before(until) {
			until = begins
		}
	}
	return until
}

// announceMissed tells of the wards whose round of a meal is not done.
func (h *Hospital) announceMissed(ctx context.Context, round MissedRound, now time.Time) (
	told []MissedRound, err error) {
	wards, err := h.wardsWithout(ctx, round)
	if err != nil {
		return nil, err
	}
	for _, ward := range wards {
		missed := round
		missed.Ward = ward
		if missed.Patients, err = h.couldHaveHad(ctx, missed, now); err != nil {
			return told, err
		}
		first, err := h.tellMissed(ctx, missed)
		if err != nil {
			return told, fmt.Errorf("tell that %s was missed in ward %s: %w", missed.Meal,
				ward.Code, err)
		}
		if first {
			told = append(told, missed)
		}
	}
	return told, nil
}

// tellMissed tells of a missed round and reports whether this node was the first to. Where nobody
// missed anything there is nothing to tell, and nothing to look at again.
func (h *Hospital) tellMissed(ctx context.Context, round MissedRound) (first bool, err error) {
	if round.Patients == 0 {
		return false, h.write(ctx, System, func(ctx context.Context, c *change) error {
			_, err := c.keepMissed(ctx, round)
			return err
		})
	}
	err = h.change(ctx, System, func(ctx context.Context, c *change) (err error) {
		first, err = c.keepMissed(ctx, round)
		if err != nil || !first {
			return err
		}
		return c.notifyMissed(ctx, round)
	})
	return first, err
}

// wardsWithout lists the open wards of whose round of a meal nobody knows anything.
func (h *Hospital) wardsWithout(ctx context.Context, round MissedRound) (wards []Ward, err error) {
	err = h.read(ctx, func(ctx context.Context, q *sql.Tx) error {
		rows, err := q.QueryContext(ctx, selectWard+` WHERE ward.is_open AND NOT EXISTS (
			SELECT 1 FROM meal_round WHERE service_date = $1 AND meal = $2 AND ward_id = ward.id)
			ORDER BY ward.id`, instant(round.Day), round.Meal)
		if wards, err = collect(rows, err, scanWard); err != nil {
			return fmt.Errorf("read which wards had no round of %s: %w", round.Meal, err)
		}
		return nil
	})
	return wards, err
}

// couldHaveHad counts the patients of a ward who were there when the round was due, have no order
// for its meal, and for whom there would be something.
func (h *Hospital) couldHaveHad(ctx context.Context, round MissedRound,
	now time.Time) (n int, err error) {
	times := MealTimes[round.Meal]
	begun := times.at(round.Day).Add(-times.CutOff)
	err = h.read(ctx, func(ctx context.Context, q *sql.Tx) error {
		rows, err := q.QueryContext(ctx, `SELECT admission.id
			FROM admission JOIN bed ON bed.id = admission.bed_id
			WHERE bed.ward_id = $1 AND admission.discharged_at IS NULL
			AND admission.admitted_at <= $2`,
			round.Ward.ID, instant(begun))
		stays, err := collect(rows, err, scanID)
		if err != nil {
			return fmt.Errorf("read who lay in ward %d: %w", round.Ward.ID, err)
		}
		for _, stay := range stays {
			would, err := wouldHave(ctx, q, stay, round, now)
			if err != nil {
				return err
			}
			if would {
				n++
			}
		}
		return nil
	})
	return n, err
}

// wouldHave reports whether a round would order something for a stay.
func wouldHave(ctx context.Context, q *sql.Tx, stay int64, round MissedRound,
	now time.Time) (bool, error) {
	s := round.Meal.on(round.Day, now)
	diet, err := readDiet(ctx, q, stay)
	if err != nil {
		return false, err
	}
	menu, err := readMenu(ctx, q, round.Meal)
	if err != nil {
		return false, err
	}
	had, err := hasOrder(ctx, q, stay, round.Meal, s.date)
	if err != nil {
		return false, err
	}
	return diet.inRound(diet.plate(menu, now, s), had, now, s) == roundPlaced, nil
}

// keepMissed keeps that a round was missed, unless another node was quicker.
func (c *change) keepMissed(ctx context.Context, round MissedRound) (first bool, err error) {
	kept, err := c.exec(ctx, `INSERT INTO meal_round (ward_id, service_date, meal, missed)
		VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		round.Ward.ID, instant(round.Day), round.Meal, round.Patients)
	if err != nil {
		return false, fmt.Errorf("keep that the round was missed: %w", err)
	}
	return kept > 0, nil
}

// notifyMissed tells whoever can do something about it.
func (c *change) notifyMissed(ctx context.Context, round MissedRound) error {
	c.record(entry{action: "ward.meal_round_missed", entity: "ward", entityID: round.Ward.ID,
		wardID: round.Ward.ID, to: string(round.Meal), reason: fmt.Sprintf("patients %d",
			round.Patients)}, round)
	for _, role := range []Role{KitchenStaff, MedicalStaff, WardManagement} {
		err := c.notifyRole(ctx, role, "meal_round_missed", strconv.Itoa(round.Patients),
			string(round.Meal),
			round.Ward.Code)
		if err != nil {
			return err
		}
	}
	return nil
}

// readMissed lists the rounds that were missed and can be ordered late now, by ward and meal.
func readMissed(ctx context.Context, q *sql.Tx, now time.Time) ([]MissedRound, error) {
	today := dayIn(now.In(kigali))
	rows, err := q.QueryContext(ctx,
		`SELECT ward.id, ward.code, ward.name, ward.block, ward.is_open,
			meal_round.meal, meal_round.service_date, meal_round.missed
		FROM meal_round JOIN ward ON ward.id = meal_round.ward_id
		WHERE meal_round.service_date = $1 AND meal_round.missed > 0 ORDER BY ward.code,
		ward.id`, instant(today))
	missed, err := collect(rows, err, func(row scanner) (m MissedRound, err error) {
		w := &m.Ward
		err = row.Scan(&w.ID, &w.Code, &w.Name, &w.Block, &w.Open, &m.Meal, (*instant)(&m.Day),
			&m.Patients)
		m.Until = m.Meal.lateUntil(m.Day)
		return m, err
	})
	if err != nil {
		return nil, fmt.Errorf("read which rounds were missed: %w", err)
	}
	return slices.DeleteFunc(missed, func(m MissedRound) bool { return now.After(m.Until) }), nil
}

// endMissed keeps that a round of today that was missed is ordered. Where none was it changes
// nothing.
func (c *change) endMissed(ctx context.Context, wardID int64, meal Meal, ordered MealRound) error {
	ended, err := c.exec(ctx, `UPDATE meal_round SET missed = 0
		WHERE ward_id = $1 AND service_date = $2 AND meal = $3 AND missed > 0`,
		wardID, instant(dayIn(c.now.In(kigali))), meal)
	if err != nil {
		return fmt.Errorf("keep that the round is done: %w", err)
	}
	if ended == 0 {
		return nil
	}
	c.record(entry{action: "ward.meal_round", entity: "ward", entityID: wardID, wardID: wardID,
		to: string(meal), reason: ordered.words()}, MissedRound{})
	return nil
}
