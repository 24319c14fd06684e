// Command loadtest opens screens, makes changes and measures how long each takes to be on every one of them. The server under test is
// a process of its own, and so are the bare servers that it is compared with.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
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
	if len(args) == 2 && args[0] == bareCommand {
		return serveBare(ctx, kind(args[1]))
	}
	s, err := parse(args)
	if err != nil {
		return err
	}
	return s.run(ctx)
}

// settings are what the flags say.
type settings struct {
	groups []group
	each   int
	json   bool
	house  house
}

func parse(args []string) (s settings, err error) {
	var p plan
	flags := flag.NewFlagSet("loadtest", flag.ContinueOnError)
	suite := flags.String("suite", "", "instead of one plan: quick or large, as make load and make load-large measure them")
	flags.IntVar(&p.screens, "screens", 1000, "how many screens watch")
	flags.Float64Var(&p.changes, "changes", 10, "changes a second, by commands; 0: none")
	flags.DurationVar(&p.lasts, "for", 20*time.Second, "how long changes are made")
	flags.DurationVar(&p.quiet, "quiet", 0, "how long all is left alone before that, to read the memory once more")
	watching := flags.String("mix", string(one), "who watches: one (all of them one ward) or mixed (wards and dashboards)")
	flags.BoolVar((*bool)(&p.where), "elsewhere", false, "make the changes where nobody looks")
	flags.BoolVar(&p.storm, "storm", false, "instead of changes: cut all screens off at once, then kill the server and start it anew")
	baseline := flags.String("baseline", "", "measure a bare server: raw (straight writes) or melody; empty: dusangire")
	buffer := flags.Int("buffer", defaultBuffer, "messages that bare melody buffers for a socket")
	passes := flags.Int("passes", 1, "how often it is measured; medians are reported")
	flags.IntVar(&s.each, "each", 50, "screens that one person opens at most")
	flags.DurationVar(&s.house.settling, "settling", 3*time.Second, "how long is waited before memory is read, after screens came and before")
	flags.BoolVar(&s.json, "json", false, "report every run as JSON")
	flags.StringVar(&s.house.program, "server", "", "the program under test; empty: it is built")
	flags.StringVar(&s.house.database, "database-url", "", "an empty PostgreSQL database; empty: SQLite in a temporary folder")
	flags.StringVar(&s.house.redis, "redis-url", "", "Redis for the server under test; empty: none")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if *suite != "" {
		var known bool
		if s.groups, known = suites[*suite]; !known {
			return s, fmt.Errorf("-suite %q: give quick or large", *suite)
		}
		return s, nil
	}
	if p.kind, err = kindOf(*baseline, *buffer); err != nil {
		return s, err
	}
	p.mix = mix(*watching)
	if p.storm {
		p.changes = 0
	}
	s.groups = []group{{"as the flags say", *passes, []plan{p}}}
	return s, p.check()
}

// check refuses what can't be measured.
func (p plan) check() error {
	switch {
	case p.screens < 1 || p.changes < 0 || (p.changes > 0 && p.lasts < time.Second):
		return errors.New("give -screens above 0, -changes of 0 or more and -for 1s or more")
	case p.mix != one && p.mix != mixed:
		return fmt.Errorf("-mix %q: give one or mixed", p.mix)
	case p.kind != dusangire && (p.storm || bool(p.where) || p.mix == mixed):
		return errors.New("a bare server knows one kind of screen: give -baseline without -mix, -elsewhere and -storm")
	}
	return checkFiles(p.screens)
}

// run prepares a hospital, measures everything on it and reports.
func (s *settings) run(ctx context.Context) (err error) {
	for _, p := range plansOf(s.groups) {
		if err := p.check(); err != nil {
			return err
		}
	}
	if s.house.dir, err = os.MkdirTemp("", "dusangire-load"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.house.dir)) }()
	fmt.Fprintln(os.Stderr, "preparing a hospital")
	if err := s.house.prepare(ctx, people(s.groups, s.each)); err != nil {
		return err
	}
	var all []figures
	for _, g := range s.groups {
		runs, err := s.house.compare(ctx, g)
		if err != nil {
			return err
		}
		if s.json {
			all = slices.Concat(all, slices.Concat(runs...))
			continue
		}
		fmt.Printf("\n%s\n\n", g.title())
		writeTable(os.Stdout, runs)
		writeRatios(os.Stdout, runs)
	}
	if s.json {
		return writeJSON(os.Stdout, all)
	}
	return nil
}

// compare measures the plans of a group pass by pass, and returns the passes of each plan.
func (h *house) compare(ctx context.Context, g group) ([][]figures, error) {
	runs := make([][]figures, len(g.plans))
	for pass := range g.passes {
		for i, p := range g.plans {
			fmt.Fprintf(os.Stderr, "measuring %s, pass %d of %d: %s\n", g.name, pass+1, g.passes, p.kind)
			f, err := h.measure(ctx, p)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", g.name, p.kind, err)
			}
			f.Group = g.name
			writeNotes(os.Stderr, f)
			runs[i] = append(runs[i], f)
		}
	}
	return runs, nil
}

func (g group) title() string {
	if g.passes > 1 {
		return fmt.Sprintf("%s; medians of %d passes", g.name, g.passes)
	}
	return g.name
}
