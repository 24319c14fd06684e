package program

import (
	"context"
	"fmt"
	"os"
	"strings"

	"dusangire/hospital"
)

// settingsCommand reads and changes what differs between two hospitals.
type settingsCommand struct {
	Get settingsGet `cmd:"" help:"Print all settings, each as KEY=VALUE, or the value of one."`
	Set settingsSet `cmd:"" help:"Change settings: all that are given, or none where one is wrong."`
}

type settingsGet struct {
	database
	Key string `arg:"" optional:"" help:"Such as time_zone."`
}

// Run prints settings.
func (c *settingsGet) Run(ctx context.Context) error {
	return c.with(ctx, func(h *hospital.Hospital) error {
		settings, err := h.Settings(ctx)
		if err != nil {
			return err
		}
		for _, v := range settings.Values() {
			switch c.Key {
			case "":
				fmt.Fprintf(os.Stdout, "%s=%s\n", v.Key, v.Text)
			case v.Key:
				fmt.Fprintln(os.Stdout, v.Text)
				return nil
			}
		}
		if c.Key != "" {
			return fmt.Errorf("there is no setting %s; `dusangire settings get` lists all", c.Key)
		}
		return nil
	})
}

type settingsSet struct {
	database
	Given []string `arg:"" name:"key=value" help:"Such as time_zone=Africa/Kigali, languages=en,fr."`
}

// Run changes settings.
func (c *settingsSet) Run(ctx context.Context) error {
	var cmd hospital.SettingsCommand
	for _, given := range c.Given {
		key, value, found := strings.Cut(given, "=")
		if !found {
			return &usageError{fmt.Errorf("%s: give KEY=VALUE", given)}
		}
		if err := cmd.Set(key, value); err != nil {
			return err
		}
	}
	return c.with(ctx, func(h *hospital.Hospital) error {
		before, err := h.Settings(ctx)
		if err != nil {
			return err
		}
		after, err := h.SetSettings(ctx, operator, cmd)
		if err == nil && after.Currency != before.Currency {
			fmt.Fprintf(os.Stdout, "Amounts keep their numbers: what was %s is %s now.\n",
				hospital.Money{Amount: 1500, Currency: before.Currency},
				hospital.Money{Amount: 1500, Currency: after.Currency})
		}
		return err
	})
}
