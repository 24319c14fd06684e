package program

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"text/tabwriter"
	"time"

	"dusangire/hospital"
)

// planCommand says what is cooked on which day.
type planCommand struct {
	Show  planShow  `cmd:"" help:"Print the cycle, and what is planned."`
	Cycle planCycle `cmd:"" help:"Say how many days the cycle has and on which date it begins."`
	Set   planSet   `cmd:"" help:"Say which dishes are served at a meal of a day."`
	Clear planClear `cmd:"" help:"Plan nothing for a meal of a day."`
}

type planShow struct{ database }

// Run prints the plan.
func (c *planShow) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		plan, err := h.MenuPlan(ctx, operator)
		if err != nil {
			return err
		}
		if plan.Days > 0 {
			fmt.Fprintf(os.Stdout, "%d days from %s\n", plan.Days, plan.StartsOn.Format(time.DateOnly))
		}
		table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "WHEN\tMEAL\tDISH")
		for _, entry := range plan.Entries {
			for _, dish := range entry.Dishes {
				fmt.Fprintf(table, "%s\t%s\t%s\n", whenOf(entry), entry.Meal, dish.Name.En)
			}
		}
		return table.Flush()
	})
}

// whenOf is the day of an entry as plannedMeal takes it.
func whenOf(e hospital.PlanEntry) string {
	if e.Day != 0 {
		return strconv.Itoa(e.Day)
	}
	return e.Date.Format(time.DateOnly)
}

type planCycle struct {
	database
	Days     *int   `help:"How many days it has, 1 to 35." placeholder:"N"`
	StartsOn string `help:"The date that is day 1, such as 2026-02-03." placeholder:"DATE"`
}

// Run changes the cycle.
func (c *planCycle) Run(ctx context.Context) error {
	cmd := hospital.MenuCycleCommand{Days: c.Days}
	if c.StartsOn != "" {
		date, err := time.Parse(time.DateOnly, c.StartsOn)
		if err != nil {
			return &usageError{fmt.Errorf("%s: give a date such as 2026-02-03", c.StartsOn)}
		}
		cmd.StartsOn = &date
	}
	return c.with(ctx, func(h *hospital.Hospital) error {
		return h.SetMenuCycle(ctx, operator, cmd)
	})
}

// plannedMeal is a command on a meal of a day.
type plannedMeal struct {
	database
	When string `arg:"" help:"A day of the cycle, such as 1, or a date, such as 2026-02-03."`
	Meal string `arg:"" help:"The meal's code, such as lunch."`
}

// put plans dishes for the meal.
func (c plannedMeal) put(ctx context.Context, h *hospital.Hospital, dishes ...int64) error {
	cmd := hospital.PlanEntryCommand{Meal: hospital.Meal(c.Meal), Dishes: dishes}
	var err error
	if cmd.Day, err = strconv.Atoi(c.When); err != nil {
		cmd.Date, err = time.Parse(time.DateOnly, c.When)
	}
	if err != nil {
		return &usageError{fmt.Errorf("%s: give a day such as 1, or a date such as 2026-02-03", c.When)}
	}
	return h.PlanMeal(ctx, operator, cmd)
}

type planSet struct {
	plannedMeal
	Dish []string `arg:"" help:"The id of a dish, or its name in English: all that are served then."`
}

// Run plans a meal.
func (c *planSet) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		var dishes []int64
		for _, called := range c.Dish {
			dish, err := dishCalled(ctx, h, called)
			if err != nil {
				return err
			}
			dishes = append(dishes, dish.ID)
		}
		return c.put(ctx, h, dishes...)
	})
}

type planClear struct{ plannedMeal }

// Run plans nothing.
func (c *planClear) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error { return c.put(ctx, h) })
}
