package program

import (
	"context"
	"fmt"
	"os"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/demo"
)

type demoCommand struct {
	database
	DemoSeed uint64 `default:"1" help:"Which invented hospital to write."`
}

// Run writes the demo hospital into an empty database.
func (c *demoCommand) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		if err := demo.Load(ctx, h, c.DemoSeed, time.Now()); err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, "The demo hospital is written.")
		return nil
	})
}
