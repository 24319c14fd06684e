package hospital_test

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// However much has happened, what people watch costs what there is now: no statement of a live view
// reads a table whole that grows with the past, whether the database has counted what there is, or
// much was written just now and nobody has. Nor does one that a command of the day reads with.
func TestNoScreenReadsThePastWhole(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.past(t, 0, pastRead)
		s.settle(t)
		s.readsNoPast(t, func() { s.settle(t) })
	})
}

// The same on a database that was filled at once, such as by a copy of another system's data, and
// whose tables nobody has counted since they were empty. SQLite never counts.
func TestNoScreenReadsThePastWholeThatNobodyHasCounted(t *testing.T) {
	t.Parallel()
	s := newService(t, newFixture(t, hospitaltest.PostgreSQL(t)))
	s.neverCounted(t)
	s.past(t, 0, pastUncounted)
	s.readsNoPast(t, func() {})
}

// The same on a database that was counted while it was small and open orders were all that it had,
// as a new hospital's is, and then filled at once.
func TestNoScreenReadsThePastWholeThatWasCountedWhileItWasSmall(t *testing.T) {
	t.Parallel()
	s := newService(t, newFixture(t, hospitaltest.PostgreSQL(t)))
	s.neverCounted(t)
	s.readsNoPast(t, func() {
		s.settle(t)
		s.past(t, 0, pastUncounted)
	})
}

// How many past admissions there are in a hospital where no screen reads them. PostgreSQL reads small
// tables whole where that is quicker, so those that nobody has counted must be larger.
const (
	pastRead      = 20_000
	pastUncounted = 40_000
)

// readsNoPast lets the people of a busy ward do what they do all day, then something happen, and
// then the people look at what they look at all day.
func (s *service) readsNoPast(t *testing.T, meanwhile func()) {
	t.Helper()
	plans := &plans{postgres: s.onPostgreSQL(), present: s.ofThePresent(t)}
	s.Hospital = plans.open(t, s.fixture)
	plans.told = func(statement, plan, complaint string) {
		if complaint != "" {
			t.Errorf("a command of the day %s:\n%s\n%s", complaint, statement, plan)
		}
	}
	ward := s.busy(t, 12)
	looks := s.looks(t, ward)
	meanwhile()
	for _, look := range looks {
		seen := 0
		plans.told = func(statement, plan, complaint string) {
			if seen++; complaint != "" {
				t.Errorf("%s %s:\n%s\n%s", look.what, complaint, statement, plan)
			}
		}
		if err := look.read(t.Context()); err != nil {
			t.Fatalf("%s: %v", look.what, err)
		}
		if seen == 0 {
			t.Errorf("%s is read with no statement", look.what)
		}
	}
}

// theHouse are the tables, one of them also under another name, that are as big as the hospital,
// however long it stands. Every other one grows with the past.
var theHouse = []string{"ward", "bed", "departed", "zone", "dish", "meta", "user_ward"}

// ofThePresent names the indexes that hold what has not ended and nothing else: reading one of them
// whole is reading the present.
func (s *service) ofThePresent(t *testing.T) (indexes []string) {
	t.Helper()
	if s.onPostgreSQL() {
		return nil // it tells how many rows it reads
	}
	rows, err := s.raw.QueryContext(t.Context(), `SELECT name FROM sqlite_master
		WHERE type = 'index' AND (sql LIKE '%WHERE discharged_at IS NULL%' OR sql LIKE '%WHERE ended_at IS NULL%')`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		indexes = append(indexes, name)
	}
	if err := rows.Err(); err != nil || len(indexes) == 0 {
		t.Fatalf("indexes of the present: %v, %v", indexes, err)
	}
	return indexes
}

// plans looks at how a database goes about each query before it is run. Whoever reads with it reads
// one thing after the other.
type plans struct {
	postgres bool
	present  []string // SQLite's indexes of what has not ended
	told     func(statement, plan, complaint string)
}

// open opens the fixture's database once more, with each query looked at.
func (p *plans) open(t *testing.T, h *fixture) *hospital.Hospital {
	t.Helper()
	opened, err := hospital.OpenThrough(t.Context(), hospital.Options{DatabaseURL: h.url, Now: h.clock.Now}, func(direct driver.Connector) driver.Connector {
		return explaining{direct, p}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	return opened
}

// explaining makes connections that explain each query to plans before they run it.
type explaining struct {
	driver.Connector
	plans *plans
}

func (e explaining) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := e.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return explained{conn.(connection), e.plans}, nil
}

// connection is what the hospital uses of a driver's.
type connection interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
}

type explained struct {
	connection
	plans *plans
}

func (e explained) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if strings.HasPrefix(query, "SELECT") && e.plans.told != nil { // while the database is opened nobody listens
		if err := e.explain(ctx, query, args); err != nil {
			return nil, fmt.Errorf("explain %s: %w", query, err)
		}
	}
	return e.connection.QueryContext(ctx, query, args)
}

// explain asks for the plan of a query, on PostgreSQL with what it met when it was run, and tells
// of it.
func (e explained) explain(ctx context.Context, query string, args []driver.NamedValue) error {
	words, judge := "EXPLAIN QUERY PLAN ", e.plans.judgeSQLite
	if e.plans.postgres {
		words, judge = "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ", judgePostgreSQL
	}
	rows, err := e.connection.QueryContext(ctx, words+query, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	var plan strings.Builder
	for line := make([]driver.Value, len(rows.Columns())); ; {
		if err := rows.Next(line); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		fmt.Fprintf(&plan, "%s\n", line[len(line)-1])
	}
	complaint, err := judge(plan.String())
	e.plans.told(query, plan.String(), complaint)
	return err
}

// sqliteWhole is a step that reads a table from one end to the other, by itself or in the order of
// an index, or that makes an index of all of it first. A table of the search says that it is
// scanned where it is asked for what matches, and so does a list in JSON.
var sqliteWhole = regexp.MustCompile(
	`(?m)^(?:SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+)| (VIRTUAL TABLE INDEX (?:1:|\d+:M\d)))?|SEARCH (\w+) USING AUTOMATIC)`)

func (p *plans) judgeSQLite(plan string) (complaint string, err error) {
	for _, step := range sqliteWhole.FindAllStringSubmatch(plan, -1) {
		table, index, matching := step[1]+step[4], step[2], step[3] != ""
		if matching {
			continue
		}
		if table != "CONSTANT" && !slices.Contains(theHouse, table) && !slices.Contains(p.present, index) {
			return "reads all of " + table, nil
		}
	}
	return "", nil
}

// mostRows is the most that a statement may read of a table that grows: far more than there is now,
// and far less than there was.
const mostRows = 1000

// postgresStep is a step of PostgreSQL's plan, of which EXPLAIN tells as JSON.
type postgresStep struct {
	Table   string         `json:"Relation Name"`
	Rows    float64        `json:"Actual Rows"`
	Dropped float64        `json:"Rows Removed by Filter"`
	Lost    float64        `json:"Rows Removed by Index Recheck"`
	Loops   float64        `json:"Actual Loops"`
	Steps   []postgresStep `json:"Plans"`
}

func judgePostgreSQL(plan string) (complaint string, err error) {
	var told []struct{ Plan postgresStep }
	if err := json.Unmarshal([]byte(plan), &told); err != nil {
		return "", err
	}
	return told[0].Plan.judge(), nil
}

func (s postgresStep) judge() (complaint string) {
	if n := (s.Rows + s.Dropped + s.Lost) * s.Loops; n > mostRows && !slices.Contains(theHouse, s.Table) && s.Table != "" {
		return fmt.Sprintf("reads %.0f rows of %s", n, s.Table)
	}
	for _, step := range s.Steps {
		if complaint := step.judge(); complaint != "" {
			return complaint
		}
	}
	return ""
}
