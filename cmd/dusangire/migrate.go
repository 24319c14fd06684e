package main

import (
	"context"

	"dusangire/hospital"
)

type migrateCommand struct{ database }

// Run brings the database to the current schema.
func (c *migrateCommand) Run(ctx context.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	return hospital.Migrate(ctx, c.DatabaseURL)
}

// open migrates and opens the database of a command.
func (d database) open(ctx context.Context) (*hospital.Hospital, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	if err := hospital.Migrate(ctx, d.DatabaseURL); err != nil {
		return nil, err
	}
	return hospital.Open(ctx, hospital.Options{DatabaseURL: d.DatabaseURL})
}
