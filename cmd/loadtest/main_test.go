package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const ms = time.Millisecond

// TestMain lets the tests' own binary be the bare servers, as the program itself is.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == baselineCommand {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		if err := do(ctx, os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	dir, err := os.MkdirTemp("", "dusangire-load")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	program = sync.OnceValues(func() (string, error) {
		path := filepath.Join(dir, "dusangire")
		_, err := command(context.Background(), "", "go", "build", "-o", path, "dusangire/cmd/dusangire")
		return path, err
	})
	code := m.Run()
	_ = os.RemoveAll(dir) // it was only for now
	os.Exit(code)
}

// program builds the program under test, once for all tests.
var program func() (string, error)

// mustPrepare is a hospital for some plans in which nobody opens more than 20 screens.
func mustPrepare(t *testing.T, plans ...plan) *fixture {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{dir: t.TempDir(), program: path, settle: 50 * ms}
	if err := f.prepare(t.Context(), people([]group{{plans: plans}}, 20)); err != nil {
		t.Fatal(err)
	}
	return f
}

// TestEveryServerIsMeasured runs the whole program small, against the real server and the bare
// ones.
func TestEveryServerIsMeasured(t *testing.T) {
	t.Parallel()
	const screens = 30
	small := plan{screens: screens, rate: 20, lasts: time.Second, quiet: 10 * ms}
	plans := small.on(dusangire, raw, melodyLarge, melodySmall)
	dashboards, unwatched := plans[0], plans[0]
	dashboards.mixed, unwatched.elsewhere = true, true
	plans = append(plans, dashboards, unwatched)
	f := mustPrepare(t, plans...)
	reports, err := f.compare(t.Context(), group{passes: 1, plans: plans})
	if err != nil {
		t.Fatal(err)
	}
	for i, passes := range reports {
		testReport(t, plans[i], passes[0])
	}
	var table strings.Builder
	writeTable(&table, reports)
	writeRatios(&table, reports)
	for _, want := range []string{"| server ", "| melody-16 ",
		"dusangire ÷ raw: all have it, p50 ms ", "KiB/socket later "} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, &table)
		}
	}
}

func testReport(t *testing.T, p plan, r report) {
	t.Helper()
	got := r.values
	what := fmt.Sprintf("%s, mixed %t, elsewhere %t", p.server, p.mixed, p.elsewhere)
	for name := range got {
		if !slices.ContainsFunc(columns, func(c column) bool { return c.name == name }) {
			t.Errorf("%s: there is no column for %q", what, name)
		}
	}
	if len(r.notes) > 0 || got["asked"] != 20 || got["made"] != 20 || got["missed"] != 0 {
		t.Errorf("%s: %v of 20 changes made, %v missed: %v", what, got["made"], got["missed"], r.notes)
	}
	if got["RSS MiB"] < 1 || got["handshakes/s"] <= 0 {
		t.Errorf("%s: %v MiB, %v handshakes a second", what, got["RSS MiB"], got["handshakes/s"])
	}
	if p.elsewhere {
		if renders, delivered := got["renders"], got["deliveries/s"]; renders+delivered > 0 {
			t.Errorf("%s: changes that nobody watches were drawn %v times, and delivered", what, renders)
		}
		return
	}
	if p50, p99 := got["at a screen, p50 ms"], got["at a screen p99"]; p50 <= 0 || p99 < p50 ||
		got["at a screen max"] < p99 || got["all have it p99"] < p50 || got["bytes"] < 100 {
		t.Errorf("%s: %v", what, got)
	}
}

func TestScreensComeBackAfterAnOutage(t *testing.T) {
	t.Parallel()
	p := plan{server: dusangire, screens: 30, mixed: true, storm: true}
	r, err := mustPrepare(t, p).measure(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"cut", "killed"} {
		missing, measured := r.values[name+": missing"]
		if !measured || missing > 0 || r.values[name+": all fresh, s"] <= 0 ||
			r.values[name+": renders/view"] < 1 || r.values[name+": RSS MiB"] < 1 {
			t.Errorf("%s: %v", name, r.values)
		}
	}
}

func TestFlagsThatCanNotBeMeasuredAreRefused(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"-baseline apache", "-screens 0", "-mix all", "-suite huge",
		"-baseline raw -mix mixed", "-baseline melody -storm", "-for 1ms"} {
		if _, err := parse(strings.Fields(args)); err == nil {
			t.Errorf("%s should be refused", args)
		}
	}
	o, err := parse(strings.Fields("--baseline melody-16 -screens 10"))
	if err != nil || o.suite[0].plans[0].server != melodySmall {
		t.Errorf("got %v: %v", o, err)
	}
	for name, suite := range suites {
		if _, err := parse([]string{"-suite", name}); err != nil {
			t.Errorf("-suite %s: %v", name, err)
		}
		for _, g := range suite {
			for _, p := range g.plans {
				if err := p.check(); err != nil {
					t.Errorf("-suite %s, %s: %v", name, g.name, err)
				}
			}
		}
	}
}
