// Command loadtest opens screens, makes changes and measures how long each takes to be on every
// screen. The server that is measured is a process of its own, and so are the bare servers that it
// is compared with.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := do(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "loadtest: %v\n", err)
		os.Exit(1)
	}
}

func do(ctx context.Context, args []string) error {
	if len(args) == 3 && args[0] == baselineCommand {
		return serveBaseline(ctx, server(args[1]), args[2])
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	return o.measure(ctx)
}

// options are what the flags say.
type options struct {
	suite   []group
	each    int // screens that one person opens at most
	fixture fixture
}

func parse(args []string) (*options, error) {
	o := &options{fixture: fixture{settle: 3 * time.Second}}
	var p plan
	flags := flag.NewFlagSet("loadtest", flag.ContinueOnError)
	suite := flags.String("suite", "",
		"instead of one plan: quick or large, as make load and make load-large do")
	flags.IntVar(&p.screens, "screens", 1000, "how many screens watch")
	flags.Float64Var(&p.rate, "changes", 10, "changes a second, by commands; 0: none")
	flags.DurationVar(&p.lasts, "for", 20*time.Second, "how long changes are made")
	flags.DurationVar(&p.quiet, "quiet", 0,
		"how long nothing happens before that; then memory is read again")
	mix := flags.String("mix", "one",
		"who watches: one (all of them one ward) or mixed (wards and dashboards)")
	flags.BoolVar(&p.elsewhere, "elsewhere", false, "make the changes where nobody looks")
	flags.BoolVar(&p.storm, "storm", false,
		"instead of changes: cut all screens off, then kill and start the server")
	baseline := flags.String("baseline", "",
		"measure a bare server: raw, melody or melody-16; empty: dusangire")
	passes := flags.Int("passes", 1, "how often it is measured; medians are reported")
	flags.IntVar(&o.each, "each", 50, "screens that one person opens at most")
	flags.StringVar(&o.fixture.program, "server", "",
		"the program under test; empty: it is built")
	flags.StringVar(&o.fixture.database, "database-url", "",
		"an empty PostgreSQL database; empty: SQLite")
	flags.StringVar(&o.fixture.redis, "redis-url", "",
		"Redis for the server under test; empty: none")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if *suite != "" {
		var known bool
		if o.suite, known = suites[*suite]; !known {
			return nil, fmt.Errorf("-suite %q: give quick or large", *suite)
		}
		return o, nil
	}
	if *mix != "one" && *mix != "mixed" {
		return nil, fmt.Errorf("-mix %q: give one or mixed", *mix)
	}
	p.server, p.mixed = dusangire, *mix == "mixed"
	if *baseline != "" {
		p.server = server(*baseline)
	}
	o.suite = []group{{"as the flags say", *passes, []plan{p}}}
	return o, p.check()
}

// measure prepares a hospital, runs every plan of the suite on it and reports.
func (o *options) measure(ctx context.Context) (err error) {
	f := &o.fixture
	if f.dir, err = os.MkdirTemp("", "dusangire-load"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(f.dir)) }()
	fmt.Fprintln(os.Stderr, "preparing a hospital")
	if err := f.prepare(ctx, people(o.suite, o.each)); err != nil {
		return fmt.Errorf("prepare the hospital: %w", err)
	}
	for _, g := range o.suite {
		reports, err := f.compare(ctx, g)
		if err != nil {
			return err
		}
		fmt.Printf("\n%s\n\n", g.title())
		writeTable(os.Stdout, reports)
		writeRatios(os.Stdout, reports)
	}
	return nil
}

// compare measures the plans of a group pass by pass, and returns the passes of each plan.
func (f *fixture) compare(ctx context.Context, g group) ([][]report, error) {
	reports := make([][]report, len(g.plans))
	for pass := range g.passes {
		for i, p := range g.plans {
			fmt.Fprintf(os.Stderr, "measuring %s, pass %d of %d: %s\n",
				g.name, pass+1, g.passes, p.server)
			r, err := f.measure(ctx, p)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", g.name, p.server, err)
			}
			for _, note := range r.notes {
				fmt.Fprintf(os.Stderr, "%s, %s: %s\n", g.name, p.server, note)
			}
			reports[i] = append(reports[i], r)
		}
	}
	return reports, nil
}
