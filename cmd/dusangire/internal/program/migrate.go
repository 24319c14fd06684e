package program

import (
	"cmp"
	"context"
	"errors"

	"dusangire/hospital"
)

type migrateCommand struct{ database }

// Run brings the database to the current schema.
func (c *migrateCommand) Run(ctx context.Context) error { return c.migrate(ctx) }

func (d database) migrate(ctx context.Context) error {
	if err := d.check(); err != nil {
		return err
	}
	if err := hospital.Migrate(ctx, d.DatabaseURL); err != nil {
		return d.errDatabase(err)
	}
	return nil
}

// openHospital migrates and opens the database. announce is told what moved; it may be nil.
func (d database) openHospital(
	ctx context.Context, announce func(hospital.Revisions),
) (*hospital.Hospital, error) {
	if err := d.migrate(ctx); err != nil {
		return nil, err
	}
	h, err := hospital.Open(ctx, hospital.Options{
		DatabaseURL: d.DatabaseURL, DatabaseConnections: d.DatabaseConnections,
		Announce: announce, Now: d.Now, PasswordHasher: d.Hasher,
	})
	if err != nil {
		return nil, d.errDatabase(cmp.Or(unavailableCause(err), err))
	}
	return h, nil
}

// with opens the database for one act.
func (d database) with(ctx context.Context, act func(*hospital.Hospital) error) (err error) {
	h, err := d.openHospital(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	return d.withSetting(act(h))
}
