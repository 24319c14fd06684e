package hospital

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// This file is how statements are run and how their rows are read.

// wrap says what failed; nil where nothing did.
func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), err)
}

// wrapRow is wrap for reading one row, which is refused with missing where there is none.
func wrapRow(err error, missing func() error, format string, args ...any) error {
	if errors.Is(err, sql.ErrNoRows) {
		return missing()
	}
	return wrap(err, format, args...)
}

// scanner is one row, of several or alone.
type scanner interface{ Scan(columns ...any) error }

// eachRow hands every row of a query to scan.
func eachRow(rows *sql.Rows, err error, scan func(row scanner) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("read a row: %w", err)
		}
	}
	return rows.Err()
}

// collect reads all rows of a query, each with scan.
func collect[T any](rows *sql.Rows, err error, scan func(row scanner) (T, error)) ([]T, error) {
	var all []T
	err = eachRow(rows, err, func(row scanner) error {
		one, err := scan(row)
		all = append(all, one)
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// queryIDs reads the rows of a query that are one id each.
func queryIDs(ctx context.Context, q *sql.Tx, query string, args ...any) ([]int64, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	return collect(rows, err, scanValue[int64])
}

// scanValue reads a row that is one value.
func scanValue[T any](row scanner) (value T, err error) {
	err = row.Scan(&value)
	return value, err
}

// exec runs a statement and returns how many rows it changed.
func (c *change) exec(ctx context.Context, query string, args ...any) (rows int64, err error) {
	result, err := c.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// insert runs an INSERT that returns the id of its row.
func (c *change) insert(ctx context.Context, query string, args ...any) (id int64, err error) {
	err = c.tx.QueryRowContext(ctx, query, args...).Scan(&id)
	return id, err
}

// lock keeps a row of a table from everyone else until the commit and reports whether there is one.
// It sets the version to itself: both databases know that, where SQLite has no SELECT FOR UPDATE.
func (c *change) lock(ctx context.Context, table string, id int64) (found bool, err error) {
	// #nosec G202 -- the table is one of this package's own
	rows, err := c.exec(ctx, `UPDATE `+table+` SET version = version WHERE id = $1`, id)
	return rows > 0, wrap(err, "lock %s %d", table, id)
}
