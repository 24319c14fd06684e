package program

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"dusangire/hospital"
)

// wardCommand sets a hospital up: its wards and their beds.
type wardCommand struct {
	Add   wardAdd    `cmd:"" help:"Create a ward with its beds, numbered CODE-01 and so on."`
	List  wardList   `cmd:"" help:"List all wards with their ids."`
	Set   wardSet    `cmd:"" help:"Change a ward. What is not given stays."`
	Open  wardOpen   `cmd:"" help:"Let a ward take patients in."`
	Close wardClose  `cmd:"" help:"Close a ward in which nobody lies."`
	Bed   bedCommand `cmd:"" help:"Look after the beds of wards."`
}

type wardAdd struct {
	database
	Code       string `arg:"" help:"Short and unique, such as MED-A."`
	Name       string `required:"" help:"What people call it."`
	Block      string `help:"Where it is, such as B1."`
	Position   *int   `help:"Its place among the wards. None: the last." placeholder:"N"`
	Sex        string `default:"any" help:"For whom it is: any, female or male."`
	Speciality string `help:"Such as Cardiology."`
	Closed     bool   `help:"It takes nobody in yet."`
	Beds       int    `help:"How many beds."`
}

// Run creates a ward.
func (c *wardAdd) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		ward, err := h.AddWard(ctx, operator, hospital.AddWardCommand{Code: c.Code, Name: c.Name,
			Block: c.Block, Position: c.Position, Sex: hospital.WardSex(c.Sex),
			Speciality: c.Speciality, Closed: c.Closed, Beds: c.Beds})
		if err == nil {
			fmt.Fprintf(os.Stdout, "Ward %d is %s with %d beds.\n", ward.ID, ward.Code, c.Beds)
		}
		return err
	})
}

type wardList struct{ database }

// Run prints all wards.
func (c *wardList) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		wards, err := h.WardsInCare(ctx, operator)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "ID\tCODE\tNAME\tBLOCK\tPOSITION\tFOR\tSPECIALITY\tSTATE\tBEDS\tOCCUPIED")
		for _, w := range wards {
			state := map[bool]string{true: "open", false: "closed"}[w.Open]
			fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%d\t%d\n", w.ID, w.Code, w.Name,
				orDash(w.Block), w.Position, w.Sex, orDash(w.Speciality), state, w.Counts.Total,
				w.Counts.Occupied)
		}
		return table.Flush()
	})
}

// orDash is a text, or what stands for none.
func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// oneWard is a command on one ward.
type oneWard struct {
	database
	Code string `arg:"" help:"The ward's code."`
}

// change changes the ward.
func (c *oneWard) change(ctx context.Context, to hospital.SetWardCommand) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		ward, err := wardOf(ctx, h, c.Code)
		if err == nil {
			_, err = h.SetWard(ctx, operator, ward.ID, to)
		}
		return err
	})
}

// wardOf finds a ward by its code.
func wardOf(ctx context.Context, h *hospital.Hospital, code string) (hospital.WardInCare, error) {
	wards, err := h.WardsInCare(ctx, operator)
	if err != nil {
		return hospital.WardInCare{}, err
	}
	for _, ward := range wards {
		if ward.Code == code {
			return ward, nil
		}
	}
	return hospital.WardInCare{}, fmt.Errorf("there is no ward %s: dusangire ward list names them",
		code)
}

type wardSet struct {
	oneWard
	NewCode    *string `help:"Its new code." placeholder:"CODE"`
	Name       *string `help:"What people call it."`
	Block      *string `help:"Where it is, such as B1."`
	Position   *int    `help:"Its place among the wards." placeholder:"N"`
	Sex        *string `help:"For whom it is: any, female or male."`
	Speciality *string `help:"Such as Cardiology."`
}

// Run changes a ward.
func (c *wardSet) Run(ctx context.Context) error {
	to := hospital.SetWardCommand{Code: c.NewCode, Name: c.Name, Block: c.Block,
		Position: c.Position, Speciality: c.Speciality}
	if c.Sex != nil {
		to.Sex = new(hospital.WardSex(*c.Sex))
	}
	return c.change(ctx, to)
}

type wardOpen struct{ oneWard }

// Run opens a ward.
func (c *wardOpen) Run(ctx context.Context) error {
	return c.change(ctx, hospital.SetWardCommand{Open: new(true)})
}

type wardClose struct{ oneWard }

// Run closes a ward.
func (c *wardClose) Run(ctx context.Context) error {
	return c.change(ctx, hospital.SetWardCommand{Open: new(false)})
}

// bedCommand looks after beds.
type bedCommand struct {
	List   bedList   `cmd:"" help:"List the beds of a ward."`
	Add    bedAdd    `cmd:"" help:"Add beds to a ward."`
	Set    bedSet    `cmd:"" help:"Change a bed. What is not given stays."`
	Retire bedRetire `cmd:"" help:"Take an empty bed out of the hospital for good. Its history stays."`
}

type bedList struct{ oneWard }

// Run prints the beds of a ward, without those who lie in them.
func (c *bedList) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		ward, err := wardOf(ctx, h, c.Code)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "NUMBER\tSTATUS\tHAS\tSTAFFED")
		for _, bed := range ward.Beds {
			var has []string
			for _, feature := range bed.Features.List() {
				has = append(has, string(feature))
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%t\n", bed.Number, bed.Status,
				orDash(strings.Join(has, ",")), bed.Staffed)
		}
		return table.Flush()
	})
}

type bedAdd struct {
	oneWard
	Number []string `arg:"" optional:"" help:"A bed's number, or a range such as A-07..A-12."`
	Count  int      `help:"How many, instead of their numbers." placeholder:"N"`
}

// Run adds beds to a ward.
func (c *bedAdd) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		ward, err := wardOf(ctx, h, c.Code)
		if err != nil {
			return err
		}
		beds, err := h.AddBeds(ctx, operator, ward.ID, hospital.AddBedsCommand{Numbers: c.Number,
			Count: c.Count})
		for _, bed := range beds {
			fmt.Fprintln(os.Stdout, bed.Number)
		}
		return err
	})
}

// oneBed is a command on one bed.
type oneBed struct {
	database
	Number string `arg:"" help:"The bed's number."`
}

// bedOf finds a bed by its number.
func bedOf(ctx context.Context, h *hospital.Hospital, number string) (hospital.Bed, error) {
	wards, err := h.WardsInCare(ctx, operator)
	if err != nil {
		return hospital.Bed{}, err
	}
	for _, ward := range wards {
		for _, bed := range ward.Beds {
			if bed.Number == number {
				return bed.Bed, nil
			}
		}
	}
	return hospital.Bed{}, fmt.Errorf("there is no bed %s: dusangire ward bed list names those of a "+
		"ward", number)
}

type bedSet struct {
	oneBed
	NewNumber *string  `help:"Its new number." placeholder:"NUMBER"`
	Ward      *string  `help:"The code of the ward that it moves to." placeholder:"CODE"`
	Has       []string `help:"What it has: oxygen, isolation, cot, bariatric; may be repeated."`
	HasNone   bool     `help:"It has none of these."`
	Staffed   *bool    `help:"Somebody looks after it; --staffed=false: nobody does."`
}

// Run changes a bed.
func (c *bedSet) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		bed, err := bedOf(ctx, h, c.Number)
		if err != nil {
			return err
		}
		to := hospital.SetBedCommand{Number: c.NewNumber, Staffed: c.Staffed}
		if c.Ward != nil {
			ward, err := wardOf(ctx, h, *c.Ward)
			if err != nil {
				return err
			}
			to.WardID = &ward.ID
		}
		if len(c.Has) > 0 || c.HasNone {
			features := make([]hospital.BedFeature, len(c.Has))
			for i, feature := range c.Has {
				features[i] = hospital.BedFeature(feature)
			}
			to.Features = &features
		}
		_, err = h.SetBed(ctx, operator, bed.ID, to)
		return err
	})
}

type bedRetire struct {
	oneBed
	Reason string `help:"Why."`
}

// Run retires a bed.
func (c *bedRetire) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		bed, err := bedOf(ctx, h, c.Number)
		if err == nil {
			err = h.RetireBed(ctx, operator, bed.ID, c.Reason, 0)
		}
		return err
	})
}
