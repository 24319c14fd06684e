package hospital

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// This file is how the cycle of the menu comes in and goes out by file: one dish of one meal a
// line. A meal's dishes become those that the file names, so its lines are gathered first. Of how
// many days the cycle has the file says no more than its last day; one without dishes is a line
// that has the day alone. When the cycle begins the file does not say.

// menuLayout is a file of what is planned, for one import.
func menuLayout() layout {
	plan := &plannedInFile{lines: map[planSlot]int{}, dishes: map[planSlot][]int64{}}
	return layout{
		permission: ManageMenu,
		columns:    []string{"day", "meal", "dish"}, key: 3, filled: 1,
		fields: map[string]string{"date": "day"},
		take:   plan.take, finish: plan.keep, list: listPlan,
	}
}

// planSlot is a meal of a day of the cycle, or of a date.
type planSlot struct {
	day  int
	date time.Time
	meal Meal
}

// plannedInFile is what the lines of a file say together.
type plannedInFile struct {
	slots  []planSlot // in the order of the file
	dishes map[planSlot][]int64
	lines  map[planSlot]int // how many are about it
	bare   []int            // the days of the lines that have a day alone
}

// take notes which dish a line plans, once the line is found right.
func (p *plannedInFile) take(ctx context.Context, h *Hospital, _ Actor,
	r *fileRow) (fileOutcome, error) {
	at := planSlot{meal: Meal(tidy(r.cell("meal")))}
	at.day, at.date = r.plannedOn()
	if at.meal == "" && r.cell("dish") == "" && at.day > 0 {
		p.bare = append(p.bare, at.day)
		return lineGathered, nil
	}
	if !r.need("meal", "dish") || len(r.wrong) > 0 {
		return lineUnchanged, nil
	}
	dish, err := r.plannedDish(ctx, h, at)
	if err == nil {
		p.note(at, dish.ID)
	}
	return lineGathered, err
}

// plannedDish is the dish that a line plans for a meal. Invalid where it can't be planned.
func (r *fileRow) plannedDish(ctx context.Context, h *Hospital, at planSlot) (Dish, error) {
	now := h.clock(ctx)
	return readValue(ctx, h, func(ctx context.Context, q *sql.Tx) (Dish, error) {
		name := tidy(r.cell("dish"))
		dish, err := dishNamed(ctx, q, name)
		if err != nil {
			return dish, err
		}
		planned := PlanEntryCommand{Day: at.day, Date: at.date, Meal: at.meal}
		wrong := planned.check(MenuPlan{Days: LongestCycle}, SettingsOf(ctx), now)
		if dish.ID == 0 {
			wrong.refuse("dish", "dish_name_unknown",
				"There is no dish %s on the menu. Take in the dishes first.", name)
		} else {
			wrong.notServed(ctx, "dish", dish, at.meal)
		}
		return dish, wrong.err()
	})
}

// note notes that a dish is planned.
func (p *plannedInFile) note(at planSlot, dishID int64) {
	if p.lines[at] == 0 {
		p.slots = append(p.slots, at)
	}
	p.lines[at]++
	p.dishes[at] = append(p.dishes[at], dishID)
}

// plannedOn is the day of the cycle, or the date, that a line is about; neither where it says none
// that can be read.
func (r *fileRow) plannedOn() (day int, date time.Time) {
	cell := r.cell("day")
	if date, ok := r.readDay(cell); ok {
		return 0, date
	}
	day, err := strconv.Atoi(cell)
	switch {
	case cell == "":
	case err != nil:
		r.wrong.refuse("day", "not_a_plan_day",
			"Give a day of the cycle, such as 1, or a date, such as 2026-12-25.")
	case day < 1 || day > LongestCycle:
		r.wrong.refuse("day", "plan_day", "Choose a day from 1 to %d.", LongestCycle)
	}
	return day, time.Time{}
}

// keep plans what the lines say, and counts what became of them.
func (p *plannedInFile) keep(ctx context.Context, h *Hospital, actor Actor,
	count func(became fileOutcome, lines int)) error {
	plan, err := h.MenuPlan(ctx, actor)
	if err != nil {
		return err
	}
	last := 0
	for _, at := range p.slots {
		last = max(last, at.day)
	}
	for _, day := range p.bare {
		last = max(last, day)
		if day > plan.Days {
			count(lineAdded, 1)
		} else {
			count(lineUnchanged, 1)
		}
	}
	if err := plan.lengthen(ctx, h, actor, last); err != nil {
		return err
	}
	for _, at := range p.slots {
		stands := plan.Entry(at.day, at.date, at.meal)
		cmd := PlanEntryCommand{Day: at.day, Date: at.date, Meal: at.meal, Dishes: p.dishes[at]}
		if err := h.PlanMeal(ctx, actor, cmd); err != nil {
			return fmt.Errorf("plan what a file says: %w", err)
		}
		count(stands.becomes(cmd.Dishes), p.lines[at])
	}
	return nil
}

// lengthen gives a cycle the days that it lacks up to one. A cycle that nobody has laid out begins
// with this week.
func (p MenuPlan) lengthen(ctx context.Context, h *Hospital, actor Actor, last int) error {
	if last <= p.Days {
		return nil
	}
	settings, err := h.Settings(ctx)
	if err != nil {
		return err
	}
	begins := p.StartsOn
	if p.Days == 0 || far(begins, p.Today) {
		begins = settings.WeekOf(p.Today)
	}
	return h.SetMenuCycle(ctx, actor, MenuCycleCommand{Days: &last, StartsOn: &begins})
}

// becomes is what a file does to an entry by the dishes that it names for it.
func (e PlanEntry) becomes(dishes []int64) fileOutcome {
	stands := make([]int64, len(e.Dishes))
	for i, dish := range e.Dishes {
		stands[i] = dish.ID
	}
	switch {
	case len(stands) == 0:
		return lineAdded
	case slices.Equal(sortedSet(stands), sortedSet(dishes)):
		return lineUnchanged
	}
	return lineChanged
}

// listPlan writes the days of the cycle, then the dates that are not over, the meals of each in
// their order. A dish that is not served at the meal any more is in no line: nobody could take it
// in.
func listPlan(ctx context.Context, h *Hospital, q *sql.Tx, write func(cells ...string) error) error {
	plan, err := readCycle(ctx, q)
	if err != nil {
		return err
	}
	plan.Entries, err = readEntries(ctx, q, SettingsOf(ctx).Day(h.clock(ctx)))
	if err != nil {
		return err
	}
	for _, line := range plan.lines(ctx) {
		if err := write(line[:]...); err != nil {
			return fmt.Errorf("write a line: %w", err)
		}
	}
	return nil
}

// lines are the plan as a file has it. Where no dish says how many days the cycle has, the last day
// stands alone, behind the others.
func (p MenuPlan) lines(ctx context.Context) (lines [][3]string) {
	last := 0
	var dates [][3]string
	for _, e := range p.Entries {
		for _, dish := range e.Dishes {
			wrong := fields{}
			if wrong.notServed(ctx, "dish", dish, e.Meal); len(wrong) > 0 {
				continue
			}
			if e.Day == 0 {
				dates = append(dates, [3]string{dateCode(e.Date), string(e.Meal), dish.Name.En})
				continue
			}
			last = e.Day
			lines = append(lines, [3]string{strconv.Itoa(e.Day), string(e.Meal), dish.Name.En})
		}
	}
	if last < p.Days {
		lines = append(lines, [3]string{strconv.Itoa(p.Days)})
	}
	return append(lines, dates...)
}
