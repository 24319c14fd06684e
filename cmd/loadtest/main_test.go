package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the tests' own binary be the bare servers, as the program itself is.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == bareCommand {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		if err := do(ctx, os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code := m.Run()
	_ = os.RemoveAll(workshop.dir) // it was only for now
	os.Exit(code)
}

const ms = time.Millisecond

// workshop is where the program under test is built, once for all tests.
var workshop house

var build = sync.OnceValue(func() (err error) {
	if workshop.dir, err = os.MkdirTemp("", "dusangire-load"); err != nil {
		return err
	}
	return workshop.build(context.Background())
})

// mustHouse is a house that is yet to be prepared.
func mustHouse(t *testing.T) *house {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	return &house{dir: t.TempDir(), program: workshop.program, settling: 50 * ms}
}

// TestEveryServerIsMeasured runs the whole program small, against the real server and the bare ones.
func TestEveryServerIsMeasured(t *testing.T) {
	t.Parallel()
	const screens = 30
	h := mustHouse(t)
	small := plan{screens: screens, mix: one, changes: 20, lasts: time.Second, quiet: 10 * ms}
	all := group{passes: 1, plans: small.against(dusangire, raw, bareMelody, smallMelody)}
	everywhere := small
	everywhere.kind, everywhere.mix = dusangire, mixed
	nowhere := everywhere
	nowhere.mix, nowhere.where = one, elsewhere
	all.plans = append(all.plans, everywhere, nowhere)
	if err := h.prepare(t.Context(), people([]group{all}, 20)); err != nil {
		t.Fatal(err)
	}
	runs, err := h.compare(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	for i, passes := range runs {
		p, f := all.plans[i], passes[0]
		what := fmt.Sprintf("%s, %s", p.kind, p.mix)
		if f.Asked != 20 || f.Made != 20 || f.Failure != "" {
			t.Errorf("%s: %d of %d changes made: %s", what, f.Made, f.Asked, f.Failure)
		}
		if f.Missed+f.Back+f.Lost > 0 {
			t.Errorf("%s: %d missed, %d back, %d lost", what, f.Missed, f.Back, f.Lost)
		}
		if f.MemoryBefore == 0 || f.MemorySettled == 0 || f.MemoryQuiet == 0 || f.HandshakesPerSecond == 0 {
			t.Errorf("%s: memory %d, %d, %d KiB, %v handshakes a second", what, f.MemoryBefore, f.MemorySettled, f.MemoryQuiet, f.HandshakesPerSecond)
		}
		if p.where == elsewhere {
			if f.Renders != 0 || f.Deliveries != 0 {
				t.Errorf("%s: changes that nobody watches were drawn %v times and delivered %d times", what, f.Renders, f.Deliveries)
			}
			continue
		}
		if p.mix == one && f.Deliveries < screens {
			t.Errorf("%s: %d deliveries to %d screens", what, f.Deliveries, screens)
		}
		if p.kind != dusangire && f.Deliveries != screens*20 {
			t.Errorf("%s: %d deliveries, want each change at each screen", what, f.Deliveries)
		}
		if f.Frame.P50 <= 0 || f.Frame.P99 < f.Frame.P50 || f.All.Max < f.Frame.P99 || f.Bytes < 100 {
			t.Errorf("%s: at a screen %+v, at all %+v, %v bytes", what, f.Frame, f.All, f.Bytes)
		}
	}
	var table strings.Builder
	writeTable(&table, runs)
	writeRatios(&table, runs)
	for _, want := range []string{"| server ", "| melody-16 ", "dusangire ÷ raw: all have it, p50 ms ", "KiB/socket later "} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, &table)
		}
	}
}

func TestFlagsThatCanNotBeMeasuredAreRefused(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"-baseline apache", "-baseline melody -buffer 0", "-screens 0", "-mix all", "-suite huge",
		"-baseline raw -mix mixed", "-baseline melody -storm", "-for 1ms", "-screens 100000000"} {
		if _, err := parse(strings.Fields(args)); err == nil {
			t.Errorf("%s should be refused", args)
		}
	}
	s, err := parse(strings.Fields("--baseline melody -buffer 16 -screens 10"))
	if err != nil || s.groups[0].plans[0].kind != smallMelody {
		t.Errorf("got %v: %v", s.groups, err)
	}
	for name := range suites {
		if _, err := parse([]string{"-suite", name}); err != nil {
			t.Errorf("-suite %s: %v", name, err)
		}
	}
}
