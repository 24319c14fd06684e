package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Violated returns the name of the unique index that refused a row, such as "admission_bed_id", or "" for any other error.
// PostgreSQL names the index and SQLite the columns, so the schema calls each unique index by its table and columns in their order.
func Violated(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == "23505" {
		return e.ConstraintName
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok && e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE {
		_, columns, _ := strings.Cut(e.Error(), "UNIQUE constraint failed: ")
		columns, _, _ = strings.Cut(columns, " (")
		table, _, _ := strings.Cut(columns, ".")
		return table + "_" + strings.ReplaceAll(strings.ReplaceAll(columns, table+".", ""), ", ", "_")
	}
	return ""
}

// Retryable reports whether the database took the transaction back because of another one, so that the same again may
// succeed at once: a deadlock or a serialization failure. SQLite knows neither.
func Retryable(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01")
}

// unavailableStates are the PostgreSQL codes, or beginnings of them, that say: not now. In order: connection lost, out
// of disk or memory or connections, server stopping or starting, its input or output failing, a standby that can't
// write, waited too long for a lock or for the statement, the transaction idled too long, and transactions in each
// other's way.
var unavailableStates = []string{"08", "53", "57P", "58", "25006", "55P03", "57014", "25P03", "40"}

// unavailableCodes are the SQLite result codes that say the same.
var unavailableCodes = []int{
	sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
	sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_INTERRUPT,
}

// Unavailable reports whether err says that the database can't serve now, rather than that something was asked wrongly.
func Unavailable(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return slices.ContainsFunc(unavailableStates, func(state string) bool { return strings.HasPrefix(e.Code, state) })
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return slices.Contains(unavailableCodes, e.Code()&0xff)
	}
	return unreachable(err) || lost(err) || errors.Is(err, context.DeadlineExceeded)
}

// Answered reports whether err is the database's own answer, rather than a sign that its answer got lost.
func Answered(err error) bool {
	if _, ok := errors.AsType[*pgconn.PgError](err); ok {
		return true
	}
	_, ok := errors.AsType[*sqlite.Error](err)
	return ok
}

// unreachable reports whether err says that no connection to the database could be made.
func unreachable(err error) bool {
	_, ok := errors.AsType[*pgconn.ConnectError](err)
	return ok
}

// lost reports whether err says that the connection to the database is gone.
func lost(err error) bool {
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	for _, gone := range []error{pgconn.ErrConnClosed, driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
		if errors.Is(err, gone) {
			return true
		}
	}
	return false
}
