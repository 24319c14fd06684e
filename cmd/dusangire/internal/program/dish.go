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
	"dusangire/views/text"
)

// dishCommand looks after the dishes of the menu.
type dishCommand struct {
	Add     dishAdd     `cmd:"" help:"Add a dish."`
	Set     dishSet     `cmd:"" help:"Change a dish; what is not given stays as it is."`
	List    dishList    `cmd:"" help:"List the dishes that are not retired."`
	SoldOut dishSoldOut `cmd:"" name:"sold-out" help:"Say that there is nothing left of a dish, and what is offered instead."`
	Restock dishRestock `cmd:"" help:"Say that there is some of a dish again."`
	Retire  dishRetire  `cmd:"" help:"Take a dish off the menu for good."`
	Restore dishRestore `cmd:"" help:"Bring a retired dish back."`
}

// dishFlags are what can be said of a dish besides its English name. nil: it was not given.
type dishFlags struct {
	Fr         *string  `help:"Its name in French." placeholder:"NAME"`
	Rw         *string  `help:"Its name in Kinyarwanda." placeholder:"NAME"`
	Meal       []string `help:"At which it is served, such as lunch,dinner." placeholder:"MEAL"`
	Station    *string  `help:"Where it is made, such as hot." placeholder:"STATION"`
	Allergen   []string `help:"Allergens in it, such as milk,nuts; none takes all away." placeholder:"ALLERGEN"`
	MayContain []string `help:"Allergens of which traces are possible; none takes all away." placeholder:"ALLERGEN"`
	Diet       []string `help:"Diets that it suits, such as general,renal." placeholder:"DIET"`
	Texture    []int    `help:"Levels of IDDSI at which it can be served, such as 5,6,7." placeholder:"LEVEL"`

	EnergyKcal    *int `help:"Energy of a serving." placeholder:"KCAL"`
	ProteinG      *int `help:"Protein of a serving." placeholder:"G"`
	CarbohydrateG *int `help:"Carbohydrate of a serving." placeholder:"G"`
	FatG          *int `help:"Fat of a serving." placeholder:"G"`
	SodiumMg      *int `help:"Sodium of a serving." placeholder:"MG"`
	PotassiumMg   *int `help:"Potassium of a serving." placeholder:"MG"`

	Price     *int  `help:"What a serving costs, in the smallest unit of the currency." placeholder:"AMOUNT"`
	Available *bool `negatable:"" help:"Whether it is cooked at present."`
}

// on returns a dish with what was given.
func (f dishFlags) on(d hospital.Dish) hospital.Dish {
	given(f.Fr, &d.Name.Fr)
	given(f.Rw, &d.Name.Rw)
	given((*hospital.Station)(f.Station), &d.Station)
	given(f.EnergyKcal, &d.Nutrition.EnergyKcal)
	given(f.ProteinG, &d.Nutrition.ProteinG)
	given(f.CarbohydrateG, &d.Nutrition.CarbohydrateG)
	given(f.FatG, &d.Nutrition.FatG)
	given(f.SodiumMg, &d.Nutrition.SodiumMg)
	given(f.PotassiumMg, &d.Nutrition.PotassiumMg)
	given(f.Price, &d.Price)
	given(f.Available, &d.Available)
	givenCodes(f.Meal, &d.Meals)
	givenCodes(f.Diet, &d.Diets)
	givenAllergens(f.Allergen, &d.Allergens)
	givenAllergens(f.MayContain, &d.MayContain)
	if len(f.Texture) > 0 {
		d.Textures = nil
		for _, level := range f.Texture {
			d.Textures = append(d.Textures, hospital.Texture(level))
		}
	}
	return d
}

// given puts a value where it belongs, if there is one.
func given[T any](value, into *T) {
	if value != nil {
		*into = *value
	}
}

// givenCodes puts codes where they belong, if there are any.
func givenCodes[T ~string](codes []string, into *[]T) {
	if len(codes) == 0 {
		return
	}
	*into = nil
	for _, code := range codes {
		*into = append(*into, T(code))
	}
}

// givenAllergens puts allergens where they belong, if any were given, by any usual word. "none"
// stands for an empty list.
func givenAllergens(words []string, into *[]hospital.Allergen) {
	if len(words) == 0 {
		return
	}
	*into = nil
	for _, word := range words {
		for _, allergen := range hospital.ParseAllergen(word) {
			if allergen != hospital.NoKnownAllergies {
				*into = append(*into, allergen)
			}
		}
	}
}

type dishAdd struct {
	database
	dishFlags
	Name string `arg:"" help:"Its name in English."`
}

// Run adds a dish.
func (c *dishAdd) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		dish := c.on(hospital.Dish{Name: hospital.DishName{En: c.Name}, Available: true})
		added, err := h.AddDish(ctx, operator, dish)
		if err == nil {
			fmt.Fprintf(os.Stdout, "Dish %d is %s.\n", added.ID, added.Name.En)
		}
		return err
	})
}

type dishSet struct {
	database
	dishFlags
	Dish string  `arg:"" help:"Its id, or its name in English."`
	Name *string `help:"Its new name in English." placeholder:"NAME"`
}

// Run changes a dish.
func (c *dishSet) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		dish, err := dishCalled(ctx, h, c.Dish)
		if err != nil {
			return err
		}
		dish = c.on(dish)
		given(c.Name, &dish.Name.En)
		_, err = h.SetDish(ctx, operator, dish)
		return err
	})
}

// dishCalled finds a dish that is not retired by its id or its English name.
func dishCalled(ctx context.Context, h *hospital.Hospital, called string) (hospital.Dish, error) {
	dishes, err := h.Dishes(ctx, operator)
	if err != nil {
		return hospital.Dish{}, err
	}
	for _, dish := range dishes {
		if strconv.FormatInt(dish.ID, 10) == called || strings.EqualFold(dish.Name.En, called) {
			return dish, nil
		}
	}
	return hospital.Dish{}, fmt.Errorf("there is no dish %q; dusangire dish list shows all", called)
}

type dishList struct{ database }

// Run prints the dishes that are not retired.
func (c *dishList) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		dishes, err := h.Dishes(ctx, operator)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "ID\tNAME\tSTATION\tMEALS\tALLERGENS\tMAY CONTAIN\tDIETS\tTEXTURES\tPRICE\tSTATE")
		for _, d := range dishes {
			fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", d.ID, d.Name.En, d.Station,
				commas(d.Meals), commas(d.Allergens), commas(d.MayContain), commas(d.Diets),
				commas(d.Textures), d.Price, dishState(d))
		}
		return table.Flush()
	})
}

// commas lists things as a flag takes them; "-" for none.
func commas[T any](things []T) string {
	if len(things) == 0 {
		return "-"
	}
	return strings.Join(strings.Fields(strings.Trim(fmt.Sprint(things), "[]")), ",")
}

func dishState(d hospital.Dish) string {
	if !d.SoldOutUntil.IsZero() {
		return "sold out until " + d.SoldOutUntil.Format(time.RFC3339)
	}
	if d.Available {
		return "available"
	}
	return "not available"
}

// oneDish is a command on one dish.
type oneDish struct {
	database
	Dish string `arg:"" help:"Its id, or its name in English."`
}

// called runs a command on the dish.
func (c oneDish) called(ctx context.Context,
	do func(h *hospital.Hospital, dish hospital.Dish) error) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		dish, err := dishCalled(ctx, h, c.Dish)
		if err != nil {
			return err
		}
		return do(h, dish)
	})
}

type dishSoldOut struct {
	oneDish
	Until      string  `help:"Until when, such as 2026-02-03T14:30 by the hospital's clocks. None: until the day ends." placeholder:"TIME"`
	Substitute *string `help:"The dish that is offered instead: its id, or its name in English." placeholder:"DISH"`
}

// Run says that a dish is sold out.
func (c *dishSoldOut) Run(ctx context.Context) error {
	return c.called(ctx, func(h *hospital.Hospital, dish hospital.Dish) (err error) {
		var cmd hospital.SoldOutCommand
		if c.Until != "" {
			settings, err := h.Settings(ctx)
			if err != nil {
				return err
			}
			cmd.Until, err = text.ParseInput(hospital.WithSettings(ctx, settings), c.Until)
			if err != nil {
				return &usageError{err}
			}
		}
		if c.Substitute != nil {
			substitute, err := dishCalled(ctx, h, *c.Substitute)
			if err != nil {
				return err
			}
			cmd.SubstituteID = substitute.ID
		}
		return h.SellOutDish(ctx, operator, dish.ID, cmd)
	})
}

type dishRestock struct{ oneDish }

// Run says that there is some of a dish again.
func (c *dishRestock) Run(ctx context.Context) error {
	return c.called(ctx, func(h *hospital.Hospital, dish hospital.Dish) error {
		return h.RestockDish(ctx, operator, dish.ID, 0)
	})
}

type dishRetire struct{ oneDish }

// Run takes a dish off the menu for good.
func (c *dishRetire) Run(ctx context.Context) error {
	return c.called(ctx, func(h *hospital.Hospital, dish hospital.Dish) error {
		err := h.RetireDish(ctx, operator, dish.ID, dish.Version)
		if err == nil {
			fmt.Fprintf(os.Stdout, "%s is off the menu. dusangire dish restore %d brings it back.\n",
				dish.Name.En, dish.ID)
		}
		return err
	})
}

type dishRestore struct {
	database
	ID int64 `arg:"" help:"Its id."`
}

// Run brings a retired dish back.
func (c *dishRestore) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		return h.RestoreDish(ctx, operator, c.ID, 0)
	})
}
