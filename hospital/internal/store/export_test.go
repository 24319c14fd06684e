package store

import (
	"context"
	"database/sql"

	"github.com/pressly/goose/v3"
)

// MigrateTo brings the database at url to the schema of an older program, up or down.
func MigrateTo(ctx context.Context, url string, version int64) error {
	return withMigrations(url, func(m *goose.Provider, _ *sql.DB) error {
		if _, err := m.UpTo(ctx, version); err != nil {
			return err
		}
		_, err := m.DownTo(ctx, version)
		return err
	})
}
