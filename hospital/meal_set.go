package hospital

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"dusangire/hospital/internal/store"
)

// MealCommand is what AddMeal and SetMeal need. What is nil does not change; of a new meal it is
// nothing, and Enabled is true.
type MealCommand struct {
	Code           Meal    // of AddMeal: a to z, 0 to 9 and _, beginning with a letter
	NameEn         *string // at most LongestName characters, as the other two
	NameFr, NameRw *string // may be empty
	ServeAt        *string // such as "12:30"; empty: within the hour, which no main meal is
	CutOffMinutes  *int    // 0 to MostCutOffMinutes
	Main           *bool
	Position       *int // 1 to MostPosition
	Enabled        *bool
	IdempotencyKey string // of AddMeal
	Version        int64  // of SetMeal: as the person saw it; 0 where they did not say
}

// What a meal can be, so that a slip of the finger makes nobody hungry.
const (
	MostCutOffMinutes = 12 * 60
	MostPosition      = 100
	MostOffsetMinutes = 4 * 60
)

var mealCode = regexp.MustCompile(`^[a-z][a-z0-9_]{0,29}$`)

// AddMeal gives the hospital another meal. Nobody missed it where its time was before now. Invalid
// names wrong fields, Conflict a code that is taken. An IdempotencyKey works as for Admit.
func (h *Hospital) AddMeal(ctx context.Context, actor Actor,
	cmd MealCommand) (added MealKind, err error) {
	if err := actor.need(ManageMenu); err != nil {
		return MealKind{}, err
	}
	err = h.InTransaction(ctx, func(ctx context.Context) (err error) {
		if added, err = h.createMeal(ctx, actor, cmd); err != nil {
			return err
		}
		return h.takeOverMeals(ctx, added.Code)
	})
	return added, err
}

// createMeal is AddMeal, whatever was served before now.
func (h *Hospital) createMeal(ctx context.Context, actor Actor, cmd MealCommand) (MealKind, error) {
	said := cmd
	said.IdempotencyKey, said.Version = "", 0
	added, _, err := create(ctx, h, actor, creation[MealKind]{
		name: "meal.add", key: cmd.IdempotencyKey, said: said,
		make: func(ctx context.Context, c *change) (int64, error) { return c.addMeal(ctx, cmd) },
		read: readMealKind,
	})
	return added, err
}

func readMealKind(ctx context.Context, q *sql.Tx, id int64) (MealKind, error) {
	kind, err := scanMealKind(q.QueryRowContext(ctx, `SELECT id, code, name_en, name_fr, name_rw,
		COALESCE(serve_minute, -1), cut_off_minutes, main, position, enabled, version
		FROM meal_kind WHERE id = $1`, id))
	return kind, wrap(err, "read meal %d", id)
}

// addMeal inserts a meal and returns its id.
func (c *change) addMeal(ctx context.Context, cmd MealCommand) (int64, error) {
	if _, err := c.lockSettings(ctx); err != nil {
		return 0, err
	}
	wrong := fields{}
	kind := cmd.on(MealKind{Code: cmd.Code, Enabled: true}, wrong)
	if kind.Position == 0 {
		kind.Position = len(SettingsOf(ctx).Meals) + 1
	}
	if !mealCode.MatchString(string(kind.Code)) {
		wrong.refuse("code", "meal_code", "Give a code of small letters, digits and _, such as tea.")
	}
	if err := kind.check(wrong); err != nil {
		return 0, err
	}
	id, err := c.insert(ctx, `INSERT INTO meal_kind (code, name_en, name_fr, name_rw,
			serve_minute, cut_off_minutes, main, position, enabled)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id`, kind.values()...)
	if store.Violated(err) == "meal_kind_code" {
		return 0, Refuse(Conflict, "meal_code_taken",
			"There is a meal %s already. Choose another code.", string(kind.Code))
	}
	if err != nil {
		return 0, fmt.Errorf("add a meal: %w", err)
	}
	kind.ID = id
	return id, c.mealChanged(ctx, entry{action: "meal.add", to: string(kind.Code), version: 1}, kind)
}

// mealChanged records a change of a meal, which is one of the settings.
func (c *change) mealChanged(ctx context.Context, e entry, kind MealKind) error {
	settings, err := readSettings(ctx, c.tx)
	if err != nil {
		return err
	}
	if len(settings.MainMeals()) == 0 {
		return refuseField("main", "last_main_meal",
			"Keep at least one main meal: patients are fed by it.")
	}
	c.settings = settings
	e.entity, e.entityID = "meal", kind.ID
	c.record(e, topicOnly(SettingsTopic))
	return nil
}

// values are what the columns of a meal are to hold, apart from its id and version.
func (k MealKind) values() []any {
	var serve any
	if k.Timed {
		serve = minutes(k.Serve)
	}
	return []any{k.Code, k.Name.En, k.Name.Fr, k.Name.Rw, serve, minutes(k.CutOff), k.Main,
		k.Position, k.Enabled}
}

func minutes(d time.Duration) int { return int(d / time.Minute) }

// on returns the meal with the command carried out.
func (cmd MealCommand) on(k MealKind, wrong fields) MealKind {
	for _, name := range []struct{ field, given *string }{{&k.Name.En, cmd.NameEn},
		{&k.Name.Fr, cmd.NameFr}, {&k.Name.Rw, cmd.NameRw}} {
		if name.given != nil {
			*name.field = tidy(*name.given)
		}
	}
	if cmd.ServeAt != nil {
		k.setTime(*cmd.ServeAt, wrong)
	}
	if cmd.CutOffMinutes != nil {
		k.CutOff = time.Duration(*cmd.CutOffMinutes) * time.Minute
	}
	setTo(&k.Main, cmd.Main)
	setTo(&k.Position, cmd.Position)
	setTo(&k.Enabled, cmd.Enabled)
	return k
}

// setTime reads a time of day.
func (k *MealKind) setTime(text string, wrong fields) {
	k.Timed, k.Serve = text != "", 0
	if text == "" {
		return
	}
	at, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		wrong.refuse("serve_at", "time_of_day", "Give a time of day, such as 12:30.")
		return
	}
	k.Serve = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
}

// ServeAt is when the meal is served, such as "12:30"; "" where it has no time of its own.
func (k MealKind) ServeAt() string {
	if !k.Timed {
		return ""
	}
	return fmt.Sprintf("%02d:%02d", minutes(k.Serve)/60, minutes(k.Serve)%60)
}

// check returns what is wrong with the fields, those that were found wrong before included.
func (k MealKind) check(wrong fields) error {
	wrong.line("name_en", k.Name.En, LongestName, "Give the meal a name.")
	wrong.text("name_fr", k.Name.Fr, LongestName)
	wrong.text("name_rw", k.Name.Rw, LongestName)
	wrong.letters("name_en", k.Name.En)
	wrong.letters("name_fr", k.Name.Fr)
	wrong.letters("name_rw", k.Name.Rw)
	if k.Main && !k.Timed {
		wrong.refuse("serve_at", "main_untimed", "Say when it is served: a main meal has a time.")
	}
	if n := minutes(k.CutOff); n < 0 || n > MostCutOffMinutes {
		wrong.refuse("cut_off_minutes", "range", "Give amounts from 0 to %d.", MostCutOffMinutes)
	}
	if k.Position < 1 || k.Position > MostPosition {
		wrong.refuse("position", "from_to", "Give a number from %d to %d.", 1, MostPosition)
	}
	return wrong.err()
}

// SetMeal changes a meal. Orders that there are keep when they are due, and nobody missed a meal
// that has no rounds until now. Invalid names wrong fields, NotFound a code that there is not,
// Conflict another version.
func (h *Hospital) SetMeal(ctx context.Context, actor Actor, code Meal,
	cmd MealCommand) (after MealKind, err error) {
	err = h.InTransaction(ctx, func(ctx context.Context) error {
		settings, err := h.Settings(ctx)
		if err != nil {
			return err
		}
		if after, err = h.setMeal(ctx, actor, code, cmd); err != nil {
			return err
		}
		if slices.Contains(settings.MainMeals(), code) {
			return nil
		}
		return h.takeOverMeals(ctx, code)
	})
	return after, err
}

// setMeal is SetMeal, whatever was served before now.
func (h *Hospital) setMeal(ctx context.Context, actor Actor, code Meal,
	cmd MealCommand) (MealKind, error) {
	return h.changeMeal(ctx, actor, code, cmd.Version,
		func(ctx context.Context, c *change, before MealKind) (MealKind, entry, error) {
			wrong := fields{}
			after := cmd.on(before, wrong)
			if err := after.check(wrong); err != nil {
				return after, entry{}, err
			}
			e := entry{action: "meal.set"}
			e.from, e.to = before.codesTo(after)
			if e.to == "" {
				return after, e, nil
			}
			_, err := c.exec(ctx, `UPDATE meal_kind SET code = $1, name_en = $2, name_fr = $3,
					name_rw = $4, serve_minute = $5, cut_off_minutes = $6, main = $7,
					position = $8, enabled = $9 WHERE id = $10`,
				append(after.values(), after.ID)...)
			return after, e, wrap(err, "set meal %s", code)
		})
}

// changeMeal runs a command that changes a meal that there is. An entry without a state that was
// reached says that nothing has changed.
func (h *Hospital) changeMeal(ctx context.Context, actor Actor, code Meal, version int64,
	do func(context.Context, *change, MealKind) (MealKind, entry, error)) (MealKind, error) {
	if err := actor.need(ManageMenu); err != nil {
		return MealKind{}, err
	}
	return command(ctx, h, actor, func(ctx context.Context, c *change) (MealKind, error) {
		if _, err := c.lockSettings(ctx); err != nil {
			return MealKind{}, err
		}
		before, err := mealOf(ctx, c.tx, code)
		if err == nil && version != 0 && version != before.Version {
			refusal := Refuse(Conflict, "meal_outdated",
				"This meal has changed meanwhile. Look again before you change it.").With(before)
			err = c.withChanges(ctx, refusal, "meal", before.ID, version, before.Version)
		}
		if err != nil {
			return before, err
		}
		after, e, err := do(ctx, c, before)
		if err != nil || e.to == e.from {
			return after, err
		}
		after.Version++
		e.version = after.Version
		_, err = c.exec(ctx, `UPDATE meal_kind SET version = $2 WHERE id = $1`, after.ID,
			after.Version)
		if err != nil {
			return after, fmt.Errorf("count a change of meal %s: %w", code, err)
		}
		return after, c.mealChanged(ctx, e, after)
	})
}

// codesTo are the fields that differ, for the audit.
func (k MealKind) codesTo(to MealKind) (was, is string) {
	return codesOf(
		coded{"name_en", k.Name.En, to.Name.En},
		coded{"name_fr", k.Name.Fr, to.Name.Fr},
		coded{"name_rw", k.Name.Rw, to.Name.Rw},
		coded{"serve_at", k.ServeAt(), to.ServeAt()},
		coded{"cut_off_minutes", number(int64(minutes(k.CutOff))), number(int64(minutes(to.CutOff)))},
		coded{"main", strconv.FormatBool(k.Main), strconv.FormatBool(to.Main)},
		coded{"position", strconv.Itoa(k.Position), strconv.Itoa(to.Position)},
		coded{"enabled", strconv.FormatBool(k.Enabled), strconv.FormatBool(to.Enabled)})
}

// SetMealSequence says in which order wards get a meal, and how many minutes after its time each. A
// ward that is not named gets it at its time. Invalid for a ward that there is not or that is named
// twice, and for offsets that are not one for each ward of 0 to MostOffsetMinutes.
func (h *Hospital) SetMealSequence(ctx context.Context, actor Actor, code Meal, wardIDs []int64,
	offsets []int, version int64) (MealKind, error) {
	return h.changeMeal(ctx, actor, code, version,
		func(ctx context.Context, c *change, meal MealKind) (MealKind, entry, error) {
			turns, err := c.turns(ctx, wardIDs, offsets)
			if err != nil {
				return meal, entry{}, err
			}
			e := entry{action: "meal.sequence", from: turnCodes(meal.Turns), to: turnCodes(turns)}
			meal.Turns = turns
			if e.from == e.to {
				return meal, e, nil
			}
			return meal, e, c.putTurns(ctx, meal)
		})
}

// turns checks a sequence.
func (c *change) turns(ctx context.Context, wardIDs []int64, offsets []int) ([]WardTurn, error) {
	wrong := fields{}
	known, err := queryIDs(ctx, c.tx, `SELECT id FROM ward`)
	if err != nil {
		return nil, fmt.Errorf("read which wards there are: %w", err)
	}
	isWrong := func(n int) bool { return n < 0 || n > MostOffsetMinutes }
	if len(offsets) != len(wardIDs) || slices.ContainsFunc(offsets, isWrong) {
		wrong.refuse("offset_minutes", "offsets",
			"Give each ward its minutes, 0 to %d.", MostOffsetMinutes)
	}
	var turns []WardTurn
	for i, id := range wardIDs {
		switch {
		case !slices.Contains(known, id):
			wrong.refuse("ward_ids", "ward_unknown", "There is no such ward.")
		case slices.Contains(wardIDs[:i], id):
			wrong.refuse("ward_ids", "ward_twice", "Name each ward once.")
		case i < len(offsets):
			turns = append(turns, WardTurn{id, time.Duration(offsets[i]) * time.Minute})
		}
	}
	return turns, wrong.err()
}

// turnCodes is a sequence as the audit keeps it, such as "3+0,1+15".
func turnCodes(turns []WardTurn) string {
	return joined(turns, ",", func(t WardTurn) string {
		return number(t.WardID) + "+" + strconv.Itoa(minutes(t.Offset))
	})
}

// putTurns writes the sequence of a meal.
func (c *change) putTurns(ctx context.Context, meal MealKind) error {
	_, err := c.exec(ctx, `DELETE FROM meal_turn WHERE meal_id = $1`, meal.ID)
	for i, turn := range meal.Turns {
		if err != nil {
			break
		}
		_, err = c.exec(ctx, `INSERT INTO meal_turn (meal_id, ward_id, position, offset_minutes)
			VALUES ($1, $2, $3, $4)`, meal.ID, turn.WardID, i+1, minutes(turn.Offset))
	}
	return wrap(err, "write when wards get meal %s", meal.Code)
}
