package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the database at url to the current schema. Several processes may call it at once:
// on PostgreSQL a lock lets one after the other try, on SQLite the loser of a race finds on its
// next try that nothing is left to do.
func Migrate(ctx context.Context, url string) error {
	return withMigrations(url, func(m *goose.Provider, db *sql.DB) error {
		tries := len(m.ListSources()) + 2
		if _, ok := sqlitePath(url); !ok {
			tries = 1
		}
		var applied []*goose.MigrationResult
		var err error
		for range tries {
			if applied, err = m.Up(ctx); err == nil || ctx.Err() != nil {
				break
			}
		}
		if err != nil {
			return fmt.Errorf("migrate the database: %w", advised(err, url))
		}
		if len(applied) == 0 {
			return nil
		}
		return analyze(ctx, db, url)
	})
}

// advised adds to the complaint of a file that can't be read what to do about the usual reason.
func advised(err error, url string) error {
	path, ok := sqlitePath(url)
	if !ok || reason(err) != "damaged" {
		return err
	}
	return fmt.Errorf("%s is damaged, or was put there as a copy while %s-wal beside it belongs to "+
		"another file: stop every server on it, move %s-wal and %s-shm away (they hold the last "+
		"changes of the file that was there before) and start again: %w", path, path, path, path, err)
}

// atCurrentSchema returns an error that says what to do unless the database at url has exactly the
// schema of this program.
func atCurrentSchema(ctx context.Context, url string) error {
	return withMigrations(url, func(m *goose.Provider, _ *sql.DB) error {
		has, wants, err := m.GetVersions(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("read the database's schema version: %w", advised(err, url))
		case has < wants:
			return fmt.Errorf("the database has schema %d and this program needs %d: "+
				"run dusangire migrate", has, wants)
		case has > wants:
			return fmt.Errorf("the database has schema %d and this program knows only %d: "+
				"run a newer dusangire", has, wants)
		}
		return nil
	})
}

// withMigrations opens the database at url on a connection of its own, without the limits that
// commands have, since a migration may take its time, and hands fn its migrations and the
// connection.
func withMigrations(url string, fn func(*goose.Provider, *sql.DB) error) (err error) {
	db, dialect, err := migrationTarget(url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()

	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	options := []goose.ProviderOption{
		goose.WithDisableGlobalRegistry(true),
		goose.WithGoMigrations(
			goose.NewGoMigration(2, &goose.GoFunc{RunTx: keepAudit(dialect)}, nil),
			goose.NewGoMigration(3, &goose.GoFunc{RunTx: newEpoch}, nil),
			goose.NewGoMigration(12, &goose.GoFunc{RunTx: rememberSignIns}, nil),
			goose.NewGoMigration(17, &goose.GoFunc{RunTx: addIdentity(dialect)}, nil),
		),
	}
	if dialect == goose.DialectSQLite3 {
		files = inSQLite{files}
	} else {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	m, err := goose.NewProvider(dialect, db, files, options...)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	return fn(m, db)
}

// Analyze lets PostgreSQL count what the database at url holds, which it else does by itself only
// some minutes after much was written at once, and until then goes about reading by guesses.
// SQLite's plans hang on the statements alone, which is what holds them to one way.
func Analyze(ctx context.Context, url string) (err error) {
	db, _, err := migrationTarget(url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return analyze(ctx, db, url)
}

func analyze(ctx context.Context, db *sql.DB, url string) error {
	if _, ok := sqlitePath(url); ok {
		return nil
	}
	if _, err := db.ExecContext(ctx, `ANALYZE`); err != nil {
		return fmt.Errorf("count what the database holds: %w", err)
	}
	return nil
}

// migrationTarget opens the database at url for migrations.
func migrationTarget(url string) (*sql.DB, goose.Dialect, error) {
	if path, ok := sqlitePath(url); ok {
		if err := createPrivate(path); err != nil {
			return nil, "", err
		}
		db, err := sql.Open("sqlite", sqliteWriter(path))
		if err == nil {
			db.SetMaxOpenConns(1)
		}
		return db, goose.DialectSQLite3, err
	}
	config, err := postgresConfig(url)
	if err != nil {
		return nil, "", err
	}
	return stdlib.OpenDB(*config), goose.DialectPostgres, nil
}

// inSQLite shows migrations written for PostgreSQL in SQLite's words.
type inSQLite struct{ fs.FS }

// Open opens a migration with its words replaced, and anything else as it is.
func (f inSQLite) Open(name string) (fs.File, error) {
	file, err := f.FS.Open(name)
	if err != nil || path.Ext(name) != ".sql" {
		return file, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	text, err := fs.ReadFile(f.FS, name)
	if err != nil {
		return nil, err
	}
	return translated{bytes.NewReader(sqliteWords(text)), info}, nil
}

// translated is a migration in SQLite's words.
type translated struct {
	*bytes.Reader
	info fs.FileInfo
}

func (f translated) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f translated) Close() error               { return nil }

// keepAudit makes the database itself refuse to change or remove what the audit says. Triggers are
// where the two databases share no words.
func keepAudit(dialect goose.Dialect) func(context.Context, *sql.Tx) error {
	statements := []string{
		`CREATE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS
			'BEGIN RAISE EXCEPTION ''the audit is only ever added to''; END'`,
		`CREATE TRIGGER audit_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
			FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept()`,
	}
	if dialect == goose.DialectSQLite3 {
		statements = []string{
			`CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
				BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END`,
			`CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit
				BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END`,
		}
	}
	return func(ctx context.Context, tx *sql.Tx) error {
		for _, statement := range statements {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	}
}

// newEpoch begins the database's life: revisions of different epochs are never compared.
func newEpoch(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('epoch', $1)`, rand.Text())
	return err
}

// rememberSignIns adds the key by which devices are known again that somebody has signed in on, and
// where they did: the subject is that of sign_in_failure for a name from an address.
func rememberSignIns(ctx context.Context, tx *sql.Tx) error {
	for _, statement := range []string{
		`CREATE TABLE sign_in_place (subject TEXT PRIMARY KEY, last_at BIGINT NOT NULL)`,
		`CREATE INDEX sign_in_place_last_at ON sign_in_place (last_at)`,
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('device_key', $1)`,
		rand.Text()+rand.Text())
	return err
}
