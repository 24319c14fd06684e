package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"io/fs"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Violated returns the name of the unique index that refused a row, such as "admission_bed_id", or
// "" for any other error. PostgreSQL names the index and SQLite the columns, so the schema calls
// each unique index by its table and columns in their order.
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

// Retryable reports whether the database took the transaction back because of another one, so that
// the same again may succeed at once: a deadlock or a serialization failure. SQLite knows neither.
func Retryable(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01")
}

// unavailableStates are the PostgreSQL codes, or beginnings of them, that say: not now. In order:
// connection lost, out of disk or memory or connections, server stopping or starting, its input or
// output failing, a standby that can't write, waited too long for a lock or for the statement, the
// transaction idled too long, and transactions in each other's way.
var unavailableStates = []string{"08", "53", "57P", "58", "25006", "55P03", "57014", "25P03", "40"}

// unavailableCodes are the SQLite result codes that say the same.
var unavailableCodes = []int{
	sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
	sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_INTERRUPT,
	sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB,
}

// Unavailable reports whether err says that the database can't serve now, rather than that
// something was asked wrongly.
func Unavailable(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return slices.ContainsFunc(unavailableStates, func(state string) bool {
			return strings.HasPrefix(e.Code, state)
		})
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return slices.Contains(unavailableCodes, e.Code()&0xff)
	}
	return errors.Is(err, ErrReplaced) || errors.Is(err, ErrDamaged) || silent(err)
}

// silent reports whether err says that no answer came from the database.
func silent(err error) bool {
	return unreachable(err) || lost(err) || errors.Is(err, context.DeadlineExceeded) || hidden(err)
}

// reasonsOfStates are why PostgreSQL does not do what it is asked, by its codes or beginnings of
// them.
var reasonsOfStates = []struct{ state, reason string }{
	{"25006", "read_only"}, {"53100", "disk_full"}, {"53", "no_room"}, {"28", "denied"},
	{"42501", "denied"}, {"55P03", "locked"}, {"57014", "locked"}, {"58", "broken_disk"},
	{"XX", "damaged"}, {"08", "unreachable"}, {"57P", "unreachable"}, {"3D000", "unreachable"},
}

// reasonsOfCodes are why SQLite does not, by its result codes.
var reasonsOfCodes = map[int]string{
	sqlite3.SQLITE_READONLY: "read_only", sqlite3.SQLITE_FULL: "disk_full",
	sqlite3.SQLITE_BUSY: "locked", sqlite3.SQLITE_LOCKED: "locked",
	sqlite3.SQLITE_INTERRUPT: "locked", sqlite3.SQLITE_IOERR: "broken_disk",
	sqlite3.SQLITE_CANTOPEN: "unreachable", sqlite3.SQLITE_PERM: "denied",
	sqlite3.SQLITE_AUTH: "denied", sqlite3.SQLITE_CORRUPT: "damaged",
	sqlite3.SQLITE_NOTADB: "damaged",
}

// Reason is, in one word, why the database did not do what it was asked. Who waits in vain for
// SQLite waits for a turn.
func (db *DB) Reason(err error) string {
	if db.place != nil && errors.Is(err, context.DeadlineExceeded) {
		return "locked"
	}
	return reason(err)
}

// reason is "failing" where a database said nothing that is known here.
func reason(err error) string {
	if errors.Is(err, ErrReplaced) {
		return "replaced"
	}
	if errors.Is(err, ErrDamaged) {
		return "damaged"
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		for _, known := range reasonsOfStates {
			if strings.HasPrefix(e.Code, known.state) {
				return known.reason
			}
		}
		return "failing"
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return cmp.Or(reasonsOfCodes[e.Code()&0xff], "failing")
	}
	if silent(err) {
		return "unreachable"
	}
	return "failing"
}

// ended reports whether err is the last word of a connection that the server has ended.
func ended(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "57P01" || e.Code == "57P02")
}

// hidden reports whether err says that the database's file can't be looked at.
func hidden(err error) bool {
	_, ok := errors.AsType[*fs.PathError](err)
	return ok
}

// full reports whether err says that the server takes no more connections.
func full(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == "53300"
}

// Answered reports whether err is the database's own answer, rather than a sign that its answer got
// lost.
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
	return slices.ContainsFunc([]error{pgconn.ErrConnClosed, driver.ErrBadConn, sql.ErrConnDone,
		io.EOF, io.ErrUnexpectedEOF, net.ErrClosed},
		func(gone error) bool { return errors.Is(err, gone) })
}
