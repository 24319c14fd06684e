package hospitaltest

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// Database opens the database at databaseURL behind the hospital's back, for tests that look into it or break it. It is closed when the
// test ends.
func Database(t testing.TB, databaseURL string) *sql.DB {
	t.Helper()
	driver, source := "pgx", databaseURL
	if path, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		driver, source = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatalf("open the database: %v", err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// pulses is the table into which a node writes by itself, again and again, that it can.
const pulses = "node_pulse"

// Contents is every row of every table but that one as text, for comparing what a database holds
// before and after. What the audit says of refusals and of readings is left out: they change
// nothing else.
func Contents(t testing.TB, databaseURL string) string {
	t.Helper()
	return ContentsOf(t, Database(t, databaseURL))
}

// ContentsOf is Contents of a database that Database has opened, for tests that compare often.
func ContentsOf(t testing.TB, db *sql.DB) string {
	t.Helper()
	tables := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`
	if _, ok := db.Driver().(*stdlib.Driver); ok {
		tables = `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`
	}
	var all strings.Builder
	for _, table := range rows(t, db, tables) {
		if table == pulses {
			continue
		}
		query := `SELECT * FROM ` + table
		if table == "audit" {
			query += ` WHERE action NOT IN ('access.denied', 'patient.open', 'patient.export',
				'session.sign_in_failed', 'session.locked_out')`
		}
		lines := rows(t, db, query)
		slices.Sort(lines)
		fmt.Fprintf(&all, "%s\n\t%s\n", table, strings.Join(lines, "\n\t"))
	}
	return all.String()
}

// rows reads each row of a query as one line of text.
func rows(t testing.TB, db *sql.DB, query string) []string {
	t.Helper()
	found, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	var lines []string
	for found.Next() {
		values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := found.Scan(into...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		line := make([]string, len(columns))
		for i, value := range values {
			line[i] = "NULL"
			if value.Valid {
				line[i] = value.String
			}
		}
		lines = append(lines, strings.Join(line, " | "))
	}
	if err := found.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return lines
}
