package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// MissedRound is a meal round that should have been ordered by itself and was not, because no
// server was there from its cut-off until the meal was served. It is never ordered late by itself:
// whoever may order rounds is offered to (OrderMealRound).
type MissedRound struct {
	Ward     Ward
	Meal     Meal
	Day      time.Time // midnight UTC of the day in the hospital
	Patients int       // who have no order for that meal and could have had one
	Without  []int64   // their admissions, and those of who has none and was on leave
	// Who of them is still here and has none yet, as far as the reader may know them.
	Who   []NoticePatient
	Until time.Time // the last moment at which it is offered
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
	settings, err := h.Settings(ctx)
	if err != nil {
		return nil, err
	}
	now := h.clock(ctx)
	var told []MissedRound
	var failures []error
	for _, round := range settings.servedRounds(now) {
		missed, err := h.announceMissed(ctx, round, now)
		told = append(told, missed...)
		failures = append(failures, err)
	}
	return told, errors.Join(failures...)
}

// TakeOverMeals keeps that nobody missed a meal that was served before now: it was ordered
// elsewhere. It is for whoever fills a database with patients who were there before it.
func (h *Hospital) TakeOverMeals(ctx context.Context) error {
	settings, err := h.Settings(ctx)
	if err != nil {
		return err
	}
	return h.takeOverMeals(ctx, settings.MainMeals()...)
}

// takeOverMeals is TakeOverMeals of some meals, such as one that is served only from now on.
func (h *Hospital) takeOverMeals(ctx context.Context, meals ...Meal) error {
	settings, err := h.Settings(ctx)
	if err != nil {
		return err
	}
	for _, round := range settings.servedRounds(h.clock(ctx)) {
		if !slices.Contains(meals, round.Meal) {
			continue
		}
		wards, err := h.wardsOf(ctx, round)
		if err != nil {
			return err
		}
		for _, ward := range wards {
			round.Ward = ward
			if _, err := h.tellMissed(ctx, round); err != nil {
				return err
			}
		}
	}
	return nil
}

// servedRounds are the meals that were served in the hours before now, each as a round without its
// ward.
func (s *Settings) servedRounds(now time.Time) (served []MissedRound) {
	today := s.Day(now)
	for _, day := range []time.Time{today.AddDate(0, 0, -1), today} {
		for _, meal := range s.MainMeals() {
			at, _ := s.Serves(meal, 0, day)
			at = at.Add(s.Meal(meal).lastTurn())
			if now.After(at) && now.Sub(at) < roundsKnown {
				round := MissedRound{Meal: meal, Day: day, Until: s.lateUntil(meal, day)}
				served = append(served, round)
			}
		}
	}
	return served
}

// lateUntil is until when the round of a day's meal can be ordered late: until the next round
// begins, and for the last of a day until the day ends.
func (s *Settings) lateUntil(m Meal, day time.Time) time.Time {
	until := s.At(day.AddDate(0, 0, 1), 0)
	served, _ := s.Serves(m, 0, day)
	for _, next := range s.MainMeals() {
		at, _ := s.Serves(next, 0, day)
		begins := s.roundBegins(next, at)
		if begins.After(served) && begins.Before(until) {
			until = begins
		}
	}
	return until
}

// announceMissed tells of the wards whose round of a meal is not done.
func (h *Hospital) announceMissed(ctx context.Context, round MissedRound, now time.Time) (
	told []MissedRound, err error) {
	wards, err := h.wardsOf(ctx, round)
	if err != nil {
		return nil, err
	}
	for _, ward := range wards {
		round.Ward = ward
		if round.Patients, round.Without, err = h.couldHaveHad(ctx, round, now); err != nil {
			return told, err
		}
		first, err := h.tellMissed(ctx, round)
		if err != nil {
			return told, fmt.Errorf("tell that %s was missed in ward %s: %w",
				round.Meal, ward.Code, err)
		}
		if first {
			told = append(told, round)
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

// wardsOf lists the wards that have missed a round and where nobody was told of it.
func (h *Hospital) wardsOf(ctx context.Context, round MissedRound) ([]Ward, error) {
	return readValue(ctx, h, func(ctx context.Context, q *sql.Tx) ([]Ward, error) {
		return wardsWithout(ctx, q, round.Meal, round.Day)
	})
}

// couldHaveHad counts the admissions of a ward that were there when the round was due, have no
// order for its meal, and for which there would be something, and lists them with those of who is
// on leave, in the order of their beds.
func (h *Hospital) couldHaveHad(ctx context.Context, round MissedRound, now time.Time) (
	patients int, without []int64, err error) {
	without, err = readValue(ctx, h, func(ctx context.Context, q *sql.Tx) (list []int64, _ error) {
		settings := SettingsOf(ctx)
		served, _ := settings.Serves(round.Meal, round.Ward.ID, round.Day)
		begun := settings.orderBy(round.Meal, served)
		admissions, err := queryIDs(ctx, q, `SELECT admission.id
			FROM admission JOIN bed ON bed.id = admission.bed_id
			WHERE bed.ward_id = $1 AND admission.discharged_at IS NULL
			AND NOT admission.with_mother
			AND admission.admitted_at <= $2
			ORDER BY length(bed.number), bed.number`, round.Ward.ID, instant(begun))
		if err != nil {
			return nil, fmt.Errorf("read who lay in ward %d: %w", round.Ward.ID, err)
		}
		for _, admission := range admissions {
			would, err := wouldBecome(ctx, q, admission, round, now)
			if err != nil {
				return nil, err
			}
			if would == roundPlaced {
				patients++
			}
			if would == roundPlaced || would == roundOnLeave {
				list = append(list, admission)
			}
		}
		return list, nil
	})
	return patients, without, err
}

// wouldBecome says what would become of an admission in a round.
func wouldBecome(ctx context.Context, q *sql.Tx, admissionID int64, round MissedRound,
	now time.Time) (roundOutcome, error) {
	s := SettingsOf(ctx).on(round.Meal, round.Ward.ID, round.Day, now)
	diet, err := readDiet(ctx, q, admissionID)
	if err != nil {
		return 0, err
	}
	menu, err := readMenu(ctx, q, round.Meal, s)
	if err != nil {
		return 0, err
	}
	had, err := hasOrder(ctx, q, admissionID, round.Meal, s.date)
	if err != nil {
		return 0, err
	}
	return diet.inRound(diet.plate(menu, now, s), had, now, s), nil
}

// keepMissed keeps that a round was missed, unless another node was quicker.
func (c *change) keepMissed(ctx context.Context, round MissedRound) (first bool, err error) {
	kept, err := c.exec(ctx,
		`INSERT INTO meal_round (ward_id, service_date, meal, missed, missed_admissions)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		round.Ward.ID, instant(round.Day), round.Meal, round.Patients, list[int64](round.Without))
	return kept > 0, wrap(err, "keep that the round was missed")
}

// notifyMissed tells whoever can do something about it: the kitchen, and those who work in the
// ward.
func (c *change) notifyMissed(ctx context.Context, round MissedRound) error {
	c.record(entry{action: "ward.meal_round_missed", entity: "ward", entityID: round.Ward.ID,
		wardID: round.Ward.ID, to: string(round.Meal),
		reason: fmt.Sprintf("patients %d", round.Patients)}, round)
	const code = "meal_round_missed"
	about := aboutRound(round.Ward, round.Meal, round.Day, round.Without)
	about.Patients = round.Patients
	return cmp.Or(c.notifyRole(ctx, KitchenStaff, code, about),
		c.notifyWard(ctx, MedicalStaff, code, about),
		c.notifyWard(ctx, WardManagement, code, about))
}

// readMissed lists the rounds that were missed and can be ordered late now, by ward and meal, with
// whom the role may know of the patients.
func readMissed(ctx context.Context, q *sql.Tx, now time.Time, role Role) ([]MissedRound, error) {
	settings := SettingsOf(ctx)
	rows, err := q.QueryContext(ctx,
		`SELECT ward.id, ward.code, ward.name, ward.block, ward.is_open,
			meal_round.meal, meal_round.service_date, meal_round.missed,
			meal_round.missed_admissions
		FROM meal_round JOIN ward ON ward.id = meal_round.ward_id
		WHERE meal_round.service_date = $1 AND meal_round.missed > 0
		ORDER BY ward.position, ward.code, ward.id`, instant(settings.Day(now)))
	missed, err := collect(rows, err, func(row scanner) (m MissedRound, err error) {
		w := &m.Ward
		err = row.Scan(&w.ID, &w.Code, &w.Name, &w.Block, &w.Open,
			&m.Meal, (*instant)(&m.Day), &m.Patients, (*list[int64])(&m.Without))
		m.Until = settings.lateUntil(m.Meal, m.Day)
		return m, err
	})
	if err != nil {
		return nil, fmt.Errorf("read which rounds were missed: %w", err)
	}
	over := func(m MissedRound) bool {
		return now.After(m.Until) || !slices.Contains(settings.MainMeals(), m.Meal)
	}
	missed = slices.DeleteFunc(missed, over)
	return missed, addWho(ctx, q, role, missed)
}

// addWho adds to missed rounds who has nothing yet, as far as a role may know them.
func addWho(ctx context.Context, q *sql.Tx, role Role, missed []MissedRound) (err error) {
	var admissions []int64
	var days []instant
	for _, m := range missed {
		admissions, days = append(admissions, m.Without...), append(days, instant(m.Day))
	}
	var seen whatIsSeen
	if seen.patients, err = openPatients(ctx, q, admissions); err != nil {
		return err
	}
	if seen.ordered, err = mealsOrdered(ctx, q, admissions, days); err != nil {
		return err
	}
	for i, m := range missed {
		about := aboutRound(m.Ward, m.Meal, m.Day, m.Without)
		missed[i].Who = slices.DeleteFunc(seen.patientsOf(about, role, SettingsOf(ctx).WallNames),
			func(p NoticePatient) bool { return p.Ordered })
	}
	return nil
}

// touchRounds tells those who see who gets nothing of a meal, after its rounds, that this may have
// changed by an order.
func (c *change) touchRounds(ctx context.Context, o Order) error {
	after, err := scanValue[bool](c.tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM meal_round
		WHERE service_date = $1 AND meal = $2)`, instant(o.ServiceDate), o.Meal))
	if after {
		c.touch(MissedRound{})
	}
	return wrap(err, "read whether there was a round of %s", o.Meal)
}

// endMissed keeps that a round of today that was missed is ordered. Where none was it changes
// nothing.
func (c *change) endMissed(ctx context.Context, wardID int64, meal Meal, ordered MealRound) error {
	ended, err := c.exec(ctx, `UPDATE meal_round SET missed = 0
		WHERE ward_id = $1 AND service_date = $2 AND meal = $3 AND missed > 0`,
		wardID, instant(SettingsOf(ctx).Day(c.now)), meal)
	if err != nil || ended == 0 {
		return wrap(err, "keep that the round is done")
	}
	c.record(entry{action: "ward.meal_round", entity: "ward", entityID: wardID, wardID: wardID,
		to: string(meal), reason: ordered.words()}, MissedRound{})
	return nil
}
