package store

import (
	"context"
	"database/sql/driver"
	"errors"
)

// preparing is a connector of SQLite whose connections remember how their statements are done.
// SQLite reads and plans a statement anew each time that it is given as text, which takes as long
// as most of ours take to run. PostgreSQL's driver remembers them by itself.
type preparing struct{ driver.Connector }

// Connect implements driver.Connector.
func (p preparing) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &remembering{sqliteConn: conn.(sqliteConn), prepared: map[string]*statement{}}, nil
}

// sqliteConn is what the driver documents its connections to be.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// remembering is a connection with the statements that it was given.
type remembering struct {
	sqliteConn
	prepared map[string]*statement
}

// statement is a prepared one. It runs once at a time: whoever wants the same while its rows are
// read gives it as text.
type statement struct {
	driver.Stmt
	busy bool
}

// mostPrepared bounds what a connection remembers. The hospital has far fewer statements; their
// values are never in the text.
const mostPrepared = 500

// take returns the statement for a text, which is then the caller's until they set it free; nil: it
// is not remembered.
func (r *remembering) take(ctx context.Context, query string) (*statement, error) {
	s := r.prepared[query]
	if s == nil && len(r.prepared) < mostPrepared {
		stmt, err := r.PrepareContext(ctx, query)
		if err != nil {
			return nil, err
		}
		s = &statement{Stmt: stmt}
		r.prepared[query] = s
	}
	if s == nil || s.busy {
		return nil, nil
	}
	s.busy = true
	return s, nil
}

// ExecContext implements driver.ExecerContext.
func (r *remembering) ExecContext(ctx context.Context, query string,
	args []driver.NamedValue) (driver.Result, error) {
	s, err := r.take(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return r.sqliteConn.ExecContext(ctx, query, args)
	}
	defer func() { s.busy = false }()
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

// QueryContext implements driver.QueryerContext.
func (r *remembering) QueryContext(ctx context.Context, query string,
	args []driver.NamedValue) (driver.Rows, error) {
	s, err := r.take(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return r.sqliteConn.QueryContext(ctx, query, args)
	}
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		s.busy = false
		return nil, err
	}
	return &rowsOf{rows, s}, nil
}

// Close implements driver.Conn.
func (r *remembering) Close() error {
	var failures []error
	for _, s := range r.prepared {
		failures = append(failures, s.Close())
	}
	return errors.Join(append(failures, r.sqliteConn.Close())...)
}

// rowsOf sets its statement free when all rows were read, or nobody wants more.
type rowsOf struct {
	driver.Rows
	statement *statement
}

// Close implements driver.Rows.
func (r *rowsOf) Close() error {
	defer func() { r.statement.busy = false }()
	return r.Rows.Close()
}
