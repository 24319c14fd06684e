package hospital

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// MenuPlan says what the kitchen cooks on which day: a cycle of days that begins anew after its
// last, and exceptions by date. A meal for which nothing is planned on a day is served from all
// dishes of that meal.
type MenuPlan struct {
	Days     int       // of the cycle, at most LongestCycle; 0: nobody has laid one out
	StartsOn time.Time // midnight UTC of the date that is day 1; zero without a cycle
	Today    time.Time // midnight UTC of the date that it was when it was read
	Entries  []PlanEntry
	Version  int64 // counts the changes of Days and StartsOn
}

// PlanEntry is what is served at a meal of a day of the cycle, or of one date.
type PlanEntry struct {
	Day    int       // 1 to Days; 0: it is of Date alone
	Date   time.Time // midnight UTC; zero: it is of Day
	Meal   Meal
	Dishes []Dish // by name
}

// LongestCycle is the most days of a cycle menu.
const LongestCycle = 35

// farthestPlan is how far from today a cycle may begin and an exception may be.
const farthestPlan = 366 * 24 * time.Hour

// DayOf is the day of the cycle that a date is, midnight UTC; 0 where the cycle has not begun by
// then, or there is none.
func (p MenuPlan) DayOf(date time.Time) int {
	if p.Days == 0 || date.Before(p.StartsOn) {
		return 0
	}
	return int(date.Sub(p.StartsOn)/(24*time.Hour))%p.Days + 1
}

// NextDate is the first date from today on that is a day of the cycle.
func (p MenuPlan) NextDate(day int) time.Time {
	from := latest(p.Today, p.StartsOn)
	ahead := (day - p.DayOf(from) + p.Days) % p.Days
	return from.AddDate(0, 0, ahead)
}

// Entry is what is planned for a meal of a day of the cycle, or of a date, the other one being
// zero; one without dishes where nothing is.
func (p MenuPlan) Entry(day int, date time.Time, meal Meal) PlanEntry {
	for _, e := range p.Entries {
		if e.Day == day && e.Date.Equal(date) && e.Meal == meal {
			return e
		}
	}
	return PlanEntry{Day: day, Date: date, Meal: meal}
}

// MenuPlan reads the plan with all that is planned but for dates that are over: the days of the
// cycle first.
func (h *Hospital) MenuPlan(ctx context.Context, actor Actor) (MenuPlan, error) {
	now := h.clock(ctx)
	return readAs(ctx, h, actor, ManageMenu, func(ctx context.Context, q *sql.Tx) (MenuPlan, error) {
		plan, err := readCycle(ctx, q)
		if err != nil {
			return plan, err
		}
		plan.Today = SettingsOf(ctx).Day(now)
		plan.Entries, err = readEntries(ctx, q, plan.Today)
		return plan, err
	})
}

// readCycle reads how long the cycle is and when it begins.
func readCycle(ctx context.Context, q *sql.Tx) (p MenuPlan, err error) {
	err = q.QueryRowContext(ctx, `SELECT days, starts_on, version FROM menu_plan WHERE id = 1`).
		Scan(&p.Days, (*instant)(&p.StartsOn), &p.Version)
	return p, wrap(err, "read the cycle of the menu")
}

// plannedDish is one dish of an entry of the plan.
type plannedDish struct {
	PlanEntry
	dishID int64
}

// readEntries reads what is planned, but for the dates before one.
func readEntries(ctx context.Context, q *sql.Tx, from time.Time) ([]PlanEntry, error) {
	dishes, err := readDishes(ctx, q, func(Dish) bool { return true })
	if err != nil {
		return nil, err
	}
	rows, err := q.QueryContext(ctx, `SELECT COALESCE(day, 0), service_date, meal, dish_id
		FROM menu_entry WHERE service_date IS NULL OR service_date >= $1`, instant(from))
	planned, err := collect(rows, err, func(row scanner) (p plannedDish, err error) {
		err = row.Scan(&p.Day, (*instant)(&p.Date), &p.Meal, &p.dishID)
		return p, err
	})
	return entriesOf(planned, dishes, SettingsOf(ctx).allMeals()), wrap(err, "read what is planned")
}

// entriesOf gathers planned dishes by their entries: days first, then dates, the meals of each in
// their order.
func entriesOf(planned []plannedDish, byName []Dish, meals []Meal) (entries []PlanEntry) {
	place := func(p plannedDish) int {
		return slices.IndexFunc(byName, func(d Dish) bool { return d.ID == p.dishID })
	}
	slices.SortFunc(planned, func(a, b plannedDish) int {
		return cmp.Or(a.Date.Compare(b.Date), cmp.Compare(a.Day, b.Day),
			cmp.Compare(slices.Index(meals, a.Meal), slices.Index(meals, b.Meal)),
			cmp.Compare(a.Meal, b.Meal), cmp.Compare(place(a), place(b)))
	})
	for _, p := range planned {
		n := len(entries)
		if n == 0 || entries[n-1].Day != p.Day || !entries[n-1].Date.Equal(p.Date) ||
			entries[n-1].Meal != p.Meal {
			entries = append(entries, p.PlanEntry)
			n++
		}
		entries[n-1].Dishes = append(entries[n-1].Dishes, byName[place(p)])
	}
	return entries
}

// plannedFor returns which dishes are planned for a meal of a date; none where nothing is. An
// exception of the date goes before the day of the cycle.
func plannedFor(ctx context.Context, q *sql.Tx, meal Meal, date time.Time) ([]int64, error) {
	plan, err := readCycle(ctx, q)
	if err != nil {
		return nil, err
	}
	ids, err := queryIDs(ctx, q, `SELECT dish_id FROM menu_entry WHERE meal = $1
		AND service_date = $2`, meal, instant(date))
	if err == nil && len(ids) == 0 {
		ids, err = queryIDs(ctx, q, `SELECT dish_id FROM menu_entry WHERE meal = $1 AND day = $2`,
			meal, plan.DayOf(date))
	}
	return ids, wrap(err, "read what is planned for %s", meal)
}

// MenuCycleCommand is what SetMenuCycle needs. What is nil does not change.
type MenuCycleCommand struct {
	Days     *int       // 1 to LongestCycle
	StartsOn *time.Time // midnight UTC of the date that is day 1
	Version  int64      // of the plan as the person saw it; 0 where they did not say
}

// SetMenuCycle says how many days the cycle of the menu has and which date is its first. What
// already stands changes nothing. Orders that are placed stay. Invalid names wrong fields; Conflict
// where the plan has another version, or a day that would fall away has dishes.
func (h *Hospital) SetMenuCycle(ctx context.Context, actor Actor, cmd MenuCycleCommand) error {
	return h.changeAs(ctx, actor, ManageMenu, func(ctx context.Context, c *change) error {
		plan, err := c.lockPlan(ctx, cmd.Version)
		if err != nil {
			return err
		}
		to := plan
		set(&to.Days, cmd.Days)
		set(&to.StartsOn, cmd.StartsOn)
		if err := to.checkCycle(SettingsOf(ctx).Day(c.now), cmd.StartsOn != nil); err != nil {
			return err
		}
		if plan.Days == to.Days && plan.StartsOn.Equal(to.StartsOn) {
			return nil
		}
		return cmp.Or(c.checkShorter(ctx, to.Days), c.setCycle(ctx, plan, to))
	})
}

// checkCycle returns what is wrong with the cycle. That it began long ago is wrong only of one that
// is to begin anew.
func (to MenuPlan) checkCycle(today time.Time, begins bool) error {
	wrong := fields{}
	if to.Days < 1 || to.Days > LongestCycle {
		wrong.refuse("days", "cycle_days", "Choose from 1 to %d days.", LongestCycle)
	}
	switch {
	case to.StartsOn.IsZero():
		wrong.refuse("starts_on", "required", "Say on which date the cycle begins.")
	case begins && far(to.StartsOn, today):
		wrong.refuse("starts_on", "plan_far", "Choose a date within a year from today.")
	}
	return wrong.err()
}

// far reports whether a date is farther from today than a plan may be.
func far(date, today time.Time) bool { return date.Sub(today).Abs() > farthestPlan }

// lockPlan keeps the cycle from everyone else until the commit and returns it as it stands.
// Conflict where it has another version than the one that somebody saw; 0 is any.
func (c *change) lockPlan(ctx context.Context, seen int64) (MenuPlan, error) {
	if _, err := c.lock(ctx, "menu_plan", 1); err != nil {
		return MenuPlan{}, err
	}
	plan, err := readCycle(ctx, c.tx)
	if err == nil && seen != 0 && seen != plan.Version {
		outdated := Refuse(Conflict, "plan_outdated",
			"The cycle of the menu has changed meanwhile. Look again before you change it.")
		err = c.withChanges(ctx, outdated.With(plan), "menu_plan", 1, seen, plan.Version)
	}
	return plan, err
}

// checkShorter refuses a cycle that would leave out a day that has dishes.
func (c *change) checkShorter(ctx context.Context, days int) error {
	last, err := scanValue[int](c.tx.QueryRowContext(ctx,
		`SELECT COALESCE(max(day), 0) FROM menu_entry`))
	if err != nil {
		return fmt.Errorf("read the last planned day: %w", err)
	}
	if last > days {
		return Refuse(Conflict, "plan_day_used",
			"Day %d has dishes. Take them off before you make the cycle shorter.", last)
	}
	return nil
}

// setCycle changes a locked plan.
func (c *change) setCycle(ctx context.Context, plan, to MenuPlan) error {
	_, err := c.exec(ctx, `UPDATE menu_plan SET days = $1, starts_on = $2, version = version + 1`,
		to.Days, instant(to.StartsOn))
	if err != nil {
		return fmt.Errorf("set the cycle of the menu: %w", err)
	}
	e := entry{action: "menu.cycle", entity: "menu_plan", entityID: 1, version: plan.Version + 1}
	e.from, e.to = codesOf(coded{"days", strconv.Itoa(plan.Days), strconv.Itoa(to.Days)},
		coded{"starts_on", dateCode(plan.StartsOn), dateCode(to.StartsOn)})
	c.record(e, Dish{})
	return nil
}

// dateCode is a date as the audit keeps it; "" for none.
func dateCode(date time.Time) string {
	if date.IsZero() {
		return ""
	}
	return date.Format(time.DateOnly)
}

// PlanEntryCommand is what PlanMeal needs: a day or a date, not both.
type PlanEntryCommand struct {
	Day     int
	Date    time.Time // midnight UTC
	Meal    Meal
	Dishes  []int64 // empty: nothing is planned any more
	Version int64   // of the plan as the person saw it; 0 where they did not say
}

// PlanMeal says what is served at a meal of a day of the cycle, or of one date, instead of what was
// planned there. Orders that are placed stay. Invalid names wrong fields, Conflict a plan of another
// version.
func (h *Hospital) PlanMeal(ctx context.Context, actor Actor, cmd PlanEntryCommand) error {
	if err := actor.need(ManageMenu); err != nil {
		return err
	}
	cmd.Dishes = sortedSet(cmd.Dishes)
	return h.change(ctx, actor, func(ctx context.Context, c *change) error {
		plan, err := c.lockPlan(ctx, cmd.Version)
		if err != nil {
			return err
		}
		wrong := cmd.check(plan, SettingsOf(ctx), c.now)
		if err := c.checkPlanned(ctx, cmd, wrong); err != nil {
			return err
		}
		if err := wrong.err(); err != nil {
			return err
		}
		return c.planMeal(ctx, cmd)
	})
}

// check finds what is wrong with the fields, apart from the dishes.
func (cmd PlanEntryCommand) check(plan MenuPlan, s *Settings, now time.Time) fields {
	wrong, today := fields{}, s.Day(now)
	switch byDate := !cmd.Date.IsZero(); {
	case byDate == (cmd.Day != 0):
		wrong.refuse("day", "plan_when", "Choose a day of the cycle, or a date.")
	case byDate && (cmd.Date.Before(today) || far(cmd.Date, today)):
		wrong.refuse("date", "plan_date", "Choose a date from today to a year ahead.")
	case !byDate && plan.Days == 0:
		wrong.refuse("day", "plan_none", "Say first how many days the cycle has.")
	case !byDate && (cmd.Day < 1 || cmd.Day > plan.Days):
		wrong.refuse("day", "plan_day", "Choose a day from 1 to %d.", plan.Days)
	}
	checkChoices(wrong, "meal", []Meal{cmd.Meal}, s.MealCodes(), true)
	return wrong
}

// checkPlanned records which of the dishes can't be planned for the meal. None of them changes
// until the commit.
func (c *change) checkPlanned(ctx context.Context, cmd PlanEntryCommand, wrong fields) error {
	for _, id := range cmd.Dishes {
		dish, err := c.lockDish(ctx, id)
		switch {
		case IsKind(err, NotFound) || err == nil && !dish.RetiredAt.IsZero():
			wrong.refuse("items", "dish_unknown", "There is no such dish. Choose from the menu.")
		case err != nil:
			return err
		default:
			wrong.notServed(ctx, "items", dish, cmd.Meal)
		}
	}
	return nil
}

// notServed records that a dish is not served at a meal. One that is not offered now may be planned
// with any.
func (f fields) notServed(ctx context.Context, field string, dish Dish, meal Meal) {
	if SettingsOf(ctx).Meal(meal).Enabled && !slices.Contains(dish.Meals, meal) {
		f.refuse(field, "dish_meal",
			"%s is not served at this meal. Choose something else.", dish.Name.En)
	}
}

// planMeal puts the dishes of an entry in the place of those that are there. Where they are the
// same it changes nothing.
func (c *change) planMeal(ctx context.Context, cmd PlanEntryCommand) error {
	day, date := reference(cmd.Day), instant(cmd.Date)
	column, at := "day", any(day)
	if cmd.Day == 0 {
		column, at = "service_date", any(date)
	}
	was, err := queryIDs(ctx, c.tx, `SELECT dish_id FROM menu_entry WHERE meal = $1
		AND `+column+` = $2 ORDER BY dish_id`, cmd.Meal, at)
	if err != nil || slices.Equal(was, cmd.Dishes) {
		return wrap(err, "read what was planned")
	}
	_, err = c.exec(ctx, `DELETE FROM menu_entry WHERE meal = $1 AND `+column+` = $2`, cmd.Meal, at)
	for _, id := range cmd.Dishes {
		if err == nil {
			_, err = c.exec(ctx, `INSERT INTO menu_entry (day, service_date, meal, dish_id)
				VALUES ($1, $2, $3, $4)`, day, date, cmd.Meal, id)
		}
	}
	if err != nil {
		return fmt.Errorf("plan a meal: %w", err)
	}
	e := entry{action: "menu.plan", entity: "menu_plan", entityID: 1,
		reason: cmp.Or(dateCode(cmd.Date), "day "+strconv.Itoa(cmd.Day)) + " " + string(cmd.Meal)}
	e.from, e.to = commaIDs(was), commaIDs(cmd.Dishes)
	c.record(e, Dish{})
	return nil
}

// commaIDs lists ids for the audit.
func commaIDs(ids []int64) string { return joined(ids, ",", number) }

// unplan takes a locked dish off the plan.
func (c *change) unplan(ctx context.Context, dishID int64) error {
	_, err := c.exec(ctx, `DELETE FROM menu_entry WHERE dish_id = $1`, dishID)
	return wrap(err, "take dish %d off the plan", dishID)
}
