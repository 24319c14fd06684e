package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"path/filepath"
	"testing"

	"modernc.org/sqlite"
)

// counting counts the statements that are prepared on its connections.
type counting struct {
	driver.Connector
	prepared map[string]int
}

func (c counting) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return countingConn{conn.(sqliteConn), c.prepared}, nil
}

type countingConn struct {
	sqliteConn
	prepared map[string]int
}

func (c countingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	c.prepared[query]++
	return c.sqliteConn.PrepareContext(ctx, query)
}

func TestAStatementIsPreparedOnceAndMayRunWithinItself(t *testing.T) {
	direct, err := sqlite.NewConnector("file:" + filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	counted := counting{direct, map[string]int{}}
	db := sql.OpenDB(preparing{counted})
	defer db.Close()
	db.SetMaxOpenConns(1)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	const insert, below = `INSERT INTO number VALUES ($1)`, `SELECT n FROM number WHERE n < $1 ORDER BY n`
	if _, err := tx.ExecContext(t.Context(), `CREATE TABLE number (n BIGINT PRIMARY KEY)`); err != nil {
		t.Fatal(err)
	}
	for n := range 4 {
		if _, err := tx.ExecContext(t.Context(), insert, n); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tx.ExecContext(t.Context(), insert, 3); err == nil {
		t.Error("a number was inserted twice")
	}
	pairs := 0
	eachBelow(t, tx, below, 4, func(n int) {
		eachBelow(t, tx, below, n, func(int) { pairs++ })
	})
	if pairs != 0+1+2+3 {
		t.Errorf("%d pairs of numbers were found, want 6", pairs)
	}
	if counted.prepared[insert] != 1 || counted.prepared[below] != 1 {
		t.Errorf("prepared: %v, want each statement once", counted.prepared)
	}
}

func eachBelow(t *testing.T, tx *sql.Tx, query string, limit int, act func(n int)) {
	t.Helper()
	rows, err := tx.QueryContext(t.Context(), query, limit)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		act(n)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
