package program

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"dusangire/hospital"
)

// mealCommand looks after the meals of the hospital.
type mealCommand struct {
	Add      mealAdd      `cmd:"" help:"Give the hospital another meal."`
	Set      mealSet      `cmd:"" help:"Change a meal; what is not given stays as it is."`
	List     mealList     `cmd:"" help:"List all meals."`
	Sequence mealSequence `cmd:"" help:"Say in which order wards get a meal, and how much later than others."`
}

// mealFlags are what can be said of a meal besides its code. nil: it was not given.
type mealFlags struct {
	Name     *string `help:"Its name in English." placeholder:"NAME"`
	Fr       *string `help:"Its name in French." placeholder:"NAME"`
	Rw       *string `help:"Its name in Kinyarwanda." placeholder:"NAME"`
	At       *string `help:"When it is served, such as 12:30; empty: within the hour." placeholder:"TIME"`
	CutOff   *int    `help:"For how long before that an order is late." placeholder:"MINUTES"`
	Main     *bool   `negatable:"" help:"Whether each patient gets it once a day."`
	Position *int    `help:"Its place among the meals." placeholder:"N"`
	Enabled  *bool   `negatable:"" help:"Whether it is served at present."`
}

func (f mealFlags) command() hospital.MealCommand {
	return hospital.MealCommand{NameEn: f.Name, NameFr: f.Fr, NameRw: f.Rw, ServeAt: f.At,
		CutOffMinutes: f.CutOff, Main: f.Main, Position: f.Position, Enabled: f.Enabled}
}

// oneMeal is a command on one meal.
type oneMeal struct {
	database
	Code string `arg:"" help:"The meal's code, such as lunch."`
}

func (c oneMeal) meal() hospital.Meal { return hospital.Meal(c.Code) }

type mealAdd struct {
	oneMeal
	mealFlags
}

// Run adds a meal.
func (c *mealAdd) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		cmd := c.command()
		cmd.Code = c.meal()
		_, err := h.AddMeal(ctx, operator, cmd)
		return err
	})
}

type mealSet struct {
	oneMeal
	mealFlags
}

// Run changes a meal.
func (c *mealSet) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		_, err := h.SetMeal(ctx, operator, c.meal(), c.command())
		return err
	})
}

type mealList struct{ database }

// Run prints all meals.
func (c *mealList) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		settings, err := h.Settings(ctx)
		if err != nil {
			return err
		}
		wards, err := h.WardsInCare(ctx, operator)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "CODE\tNAME\tSERVED AT\tCUT-OFF\tMAIN\tPOSITION\tENABLED\tSEQUENCE")
		for _, m := range settings.Meals {
			fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%t\t%d\t%t\t%s\n", m.Code, m.Name.En,
				orDash(m.ServeAt()), int(m.CutOff/time.Minute), m.Main, m.Position, m.Enabled,
				orDash(sequenceOf(m, wards)))
		}
		return table.Flush()
	})
}

// sequenceOf is the sequence of a meal as mealSequence takes it.
func sequenceOf(m hospital.MealKind, wards []hospital.WardInCare) string {
	var turns []string
	for _, turn := range m.Turns {
		for _, ward := range wards {
			if ward.ID == turn.WardID {
				turns = append(turns, fmt.Sprintf("%s=%d", ward.Code, int(turn.Offset/time.Minute)))
			}
		}
	}
	return strings.Join(turns, " ")
}

type mealSequence struct {
	oneMeal
	Turn []string `arg:"" optional:"" name:"ward=minutes" help:"A ward's code and how many minutes later than others it gets the meal, in order. None: each gets it at its time."`
}

// Run sets the sequence.
func (c *mealSequence) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		var wards []int64
		var offsets []int
		for _, turn := range c.Turn {
			code, minutes, _ := strings.Cut(turn, "=")
			offset, err := strconv.Atoi(minutes)
			if err != nil {
				return &usageError{fmt.Errorf("%s: give WARD=MINUTES", turn)}
			}
			ward, err := wardOf(ctx, h, code)
			if err != nil {
				return err
			}
			wards, offsets = append(wards, ward.ID), append(offsets, offset)
		}
		_, err := h.SetMealSequence(ctx, operator, c.meal(), wards, offsets, 0)
		return err
	})
}
