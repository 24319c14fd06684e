package program

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"dusangire/hospital"
)

// wardCommand sets a hospital up: its wards and their beds.
type wardCommand struct {
	Add  wardAdd  `cmd:"" help:"Create a ward with its beds, numbered CODE-01 and so on."`
	List wardList `cmd:"" help:"List all wards with their ids."`
}

type wardAdd struct {
	database
	Code  string `arg:"" help:"Short and unique, such as MED-A."`
	Name  string `required:"" help:"What people call it."`
	Block string `help:"Where it is, such as B1."`
	Beds  int    `required:"" help:"How many beds."`
}

// Run creates a ward.
func (c *wardAdd) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		ward, err := h.AddWard(ctx, operator, hospital.AddWardCommand{
			Code: c.Code, Name: c.Name, Block: c.Block, Beds: c.Beds,
		})
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
		wards, err := h.Wards(ctx, hospital.System)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "ID\tCODE\tNAME\tBLOCK")
		for _, ward := range wards {
			fmt.Fprintf(table, "%d\t%s\t%s\t%s\n", ward.ID, ward.Code, ward.Name, ward.Block)
		}
		return table.Flush()
	})
}
