package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
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

func TestASpreadIsReadOffTheSortedDurations(t *testing.T) {
	t.Parallel()
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(100-i)*ms)
	}
	for name, c := range map[string]struct {
		took []time.Duration
		want spread
	}{
		"nothing":         {nil, spread{}},
		"one":             {[]time.Duration{7 * ms}, spread{7, 7, 7}},
		"two":             {[]time.Duration{9 * ms, 1 * ms}, spread{1, 9, 9}},
		"1 to 100 ms":     {hundred, spread{50, 99, 100}},
		"1 to 100 and 1s": {append([]time.Duration{time.Second}, hundred...), spread{51, 100, 1000}},
	} {
		if got := spreadOf(c.took); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

func TestTheMedianIsTheMiddleOfTheFigures(t *testing.T) {
	t.Parallel()
	for want, of := range map[float64][]float64{0: nil, 3: {3}, 2: {3, 1}, 5: {9, 5, 1}} {
		if got := median(of); got != want {
			t.Errorf("median of %v: got %v, want %v", of, got, want)
		}
	}
}

const stamped = `<hx-partial hx-target="#bed-5"><li id="bed-5" title="data-shown"></li></hx-partial><hx-partial hx-target="#live" hx-swap="outerMorph">` +
	`<time id="live" data-epoch="e" data-shown="metrics=7,ward:11=118,ward:1=9" data-current="ward:1=10" data-age="1">14:32:05</time></hx-partial>`

func TestAStampTellsTheRevisionOfATopicByItsWholeName(t *testing.T) {
	t.Parallel()
	for topic, want := range map[string]uint32{"metrics": 7, "ward:11": 118, "ward:1": 9} {
		if got, found := revisionOf(topic, shownIn([]byte(stamped))); !found || got != want {
			t.Errorf("%s: got %d (%t), want %d", topic, got, found, want)
		}
	}
	for _, topic := range []string{"ward:111", "ward", "1", ""} {
		if got, found := revisionOf(topic, shownIn([]byte(stamped))); found {
			t.Errorf("%q is not shown and was found at %d", topic, got)
		}
	}
	for _, frame := range []string{"", "no stamp", `data-shown="cut off=3`, `data-shown=""`, `data-shown="ward:1=x"`} {
		if _, found := revisionOf("ward:1", shownIn([]byte(frame))); found {
			t.Errorf("%q shows no ward:1", frame)
		}
	}
}

func TestOfALongMessageTheEndIsKept(t *testing.T) {
	t.Parallel()
	for _, length := range []int{0, 1, 4 << 10, 4<<10 + 1, 100_000} {
		message := strings.Repeat("x", length) + stamped
		size, end, err := readEnd(iotest.HalfReader(strings.NewReader(message)), make([]byte, 4<<10))
		if err != nil || size != len(message) {
			t.Errorf("%d bytes before the stamp: read %d of %d: %v", length, size, len(message), err)
		}
		if got, _ := revisionOf("ward:11", shownIn(end)); got != 118 {
			t.Errorf("%d bytes before the stamp: shown %d, want 118", length, got)
		}
	}
	broken := errors.New("cut")
	if _, _, err := readEnd(iotest.ErrReader(broken), make([]byte, 4<<10)); !errors.Is(err, broken) {
		t.Errorf("a socket that breaks: %v", err)
	}
}

func TestACountingFrameDiffersInItsNumberAlone(t *testing.T) {
	t.Parallel()
	c, ok := countingFrame([]byte(stamped))
	if !ok || c.topic != "metrics" || c.start != 7 {
		t.Fatalf("got %q at %d (%t)", c.topic, c.start, ok)
	}
	if got := string(c.at(7)); got != stamped {
		t.Errorf("at its own number: %s", got)
	}
	if got, want := string(c.at(1234)), strings.Replace(stamped, "metrics=7", "metrics=1234", 1); got != want {
		t.Errorf("at 1234: got %s, want %s", got, want)
	}
	if _, ok := countingFrame([]byte("no stamp")); ok {
		t.Error("a frame without a stamp can't count")
	}
}

func TestAMessageOnTheWireHasItsHeader(t *testing.T) {
	t.Parallel()
	for payload, want := range map[int]int{0: 2, 125: 127, 126: 130, 65535: 65539, 65536: 65546} {
		if got := onTheWire(payload); got != want {
			t.Errorf("%d bytes: got %d, want %d", payload, got, want)
		}
	}
}

func TestAChangeIsCoveredByTheRevisionItMusthaveMade(t *testing.T) {
	t.Parallel()
	both, other := []string{"ward:1", "metrics"}, []string{"ward:2", "metrics"}
	changes := []change{
		{topics: both, sent: 10, answered: 20},
		{topics: other, sent: 30, answered: 40},
		{topics: both, sent: 50, answered: 90}, // slow: the next one may be before it
		{topics: both, sent: 60, answered: 70}, // answered while the one before is under way
		{topics: both, sent: 80, answered: 100, failure: errors.New("refused")},
		{topics: both, sent: 110, answered: 120},
	}
	for topic, want := range map[string][]covering{
		"ward:1":  {{0, 101}, {2, 103}, {3, 103}, {5, 104}},
		"ward:2":  {{1, 101}},
		"metrics": {{0, 101}, {1, 102}, {2, 104}, {3, 104}, {5, 105}},
		"kitchen": nil,
	} {
		if got := coverings(changes, topic, 100); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %v, want %v", topic, got, want)
		}
	}
	if got, want := fmt.Sprint(last(changes, map[string]uint32{"ward:1": 100, "kitchen": 7})), "map[kitchen:7 ward:1:104]"; got != want {
		t.Errorf("after the changes: got %s, want %s", got, want)
	}
}

func TestAChangeArrivesWithTheFirstFrameThatCoversIt(t *testing.T) {
	t.Parallel()
	topics := []string{"ward:1"}
	changes := []change{
		{topics: topics, due: 0, sent: 1 * ms, answered: 2 * ms},
		{topics: topics, due: 10 * ms, sent: 10 * ms, answered: 12 * ms},
		{topics: topics, due: 20 * ms, sent: 20 * ms, answered: 29 * ms},
		{topics: topics, due: 30 * ms, sent: 30 * ms, answered: 31 * ms},
	}
	covered := coverings(changes, "ward:1", 5)
	r := newReach(len(changes))
	r.add(changes, covered, []arrival{{at: 4 * ms, revision: 6}, {at: 25 * ms, revision: 8}, {at: 40 * ms, revision: 9}}) // skips 7
	r.add(changes, covered, []arrival{{at: 9 * ms, revision: 6}, {at: 13 * ms, revision: 7}, {at: 33 * ms, revision: 8}}) // never has 9
	if got, want := fmt.Sprint(r.took), "[[4ms 9ms] [15ms 3ms] [5ms 13ms] [10ms]]"; got != want {
		t.Errorf("took: got %s, want %s", got, want)
	}
	if r.missed != 1 {
		t.Errorf("missed: got %d, want 1", r.missed)
	}
	if got, want := fmt.Sprint(r.all()), "[9ms 15ms 13ms 10ms]"; got != want {
		t.Errorf("to all: got %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(r.afterAnswer(changes)), "[2ms 7ms 13ms 1ms -4ms 4ms 9ms]"; got != want {
		t.Errorf("after the answer: got %s, want %s", got, want)
	}
	if got, want := r.growth(), 10.0/9; got != want {
		t.Errorf("growth: got %v, want %v", got, want)
	}
}

func TestALateCommandDoesNotDelayTheNext(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	others := make(chan struct{}, 100)
	lanes := []lane{
		{topics: []string{"ward:1"}, give: func(ctx context.Context) error { <-release; return nil }},
		{topics: []string{"ward:2"}, give: func(ctx context.Context) error { others <- struct{}{}; return nil }},
	}
	go func() {
		for range 5 { // all of the other lane's
			<-others
		}
		close(release)
	}()
	changes := makeChanges(t.Context(), lanes, 100, 100*ms, time.Now())
	if len(changes) != 10 {
		t.Fatalf("%d changes, want 10", len(changes))
	}
	for i, c := range changes {
		if got, want := c.due-changes[0].due, time.Duration(i)*10*ms; got != want {
			t.Errorf("change %d was due after %s, want %s", i, got, want)
		}
		if c.sent < c.due || c.answered < c.sent || c.failure != nil {
			t.Errorf("change %d: due %s, sent %s, answered %s: %v", i, c.due, c.sent, c.answered, c.failure)
		}
	}
	if changes[0].answered < changes[9].answered {
		t.Error("the first command was held up until all others were answered, and is told as answered before")
	}
}

func TestProcessorTimeIsReadBehindAnyName(t *testing.T) {
	t.Parallel()
	stat := "4711 (a) b (c) S 1 4711 4711 0 -1 4194560 9 0 0 0 250 31 0 0 20 0 8 0 1 2 3\n"
	if got, err := cpuIn([]byte(stat)); err != nil || got != 2810*ms {
		t.Errorf("got %s (%v), want 2.81s", got, err)
	}
	if _, err := cpuIn([]byte("4711 (short) S 1")); err == nil {
		t.Error("a line without the fields should be an error")
	}
	if memory, err := memoryOf(os.Getpid()); err != nil || memory < 1000 {
		t.Errorf("this process has %d KiB: %v", memory, err)
	}
}

func TestCountersAreReadFromPrometheusText(t *testing.T) {
	t.Parallel()
	text := "# HELP dusangire_views Views.\n# TYPE dusangire_views gauge\ndusangire_views 3\ndusangire_view_reads_total 1.5e+03\n" +
		"dusangire_view_renders_total 1400\ndusangire_views_of_others 9\n"
	if got, err := countersIn(strings.NewReader(text)); err != nil || got != (counters{views: 3, reads: 1500, renders: 1400}) {
		t.Errorf("got %+v: %v", got, err)
	}
}

func TestPeopleAreEnoughForEveryPlan(t *testing.T) {
	t.Parallel()
	groups := []group{{plans: []plan{{screens: 41, mix: one}}}, {plans: []plan{{screens: 20, mix: mixed}}}}
	got := people(groups, 2)
	if got[medical] != 21 || got[management] != 4 {
		t.Errorf("got %v, want 21 and 4", got)
	}
	h := &house{wards: []int64{1, 2, 3}, own: 4, people: map[string][]string{}}
	for role, n := range got {
		for i := range n {
			h.people[role] = append(h.people[role], fmt.Sprint(role, i))
		}
	}
	opened := map[string]int{}
	paths := map[string]bool{}
	for _, seat := range groups[1].plans[0].seats(h) {
		opened[seat.token]++
		paths[seat.path] = true
	}
	for token, n := range opened {
		if n > 2 {
			t.Errorf("%s opens %d screens, want 2 at most", token, n)
		}
	}
	if len(paths) != 5 || paths["/ws/ward/4/"] {
		t.Errorf("mixed screens show %v, want three wards and two dashboards", paths)
	}
}

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

func TestScreensComeBackAfterAStorm(t *testing.T) {
	t.Parallel()
	const screens = 30
	h := mustHouse(t)
	p := plan{kind: dusangire, screens: screens, mix: mixed, storm: true}
	if err := h.prepare(t.Context(), people([]group{{plans: []plan{p}}}, 20)); err != nil {
		t.Fatal(err)
	}
	f, err := h.measure(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	for name, g := range map[string]*gust{"cut": f.Cut, "killed": f.Killed} {
		if g == nil || g.Missing > 0 || g.Fresh.Max <= 0 || g.Renders < 1 || g.Memory == 0 {
			t.Errorf("%s: %+v", name, g)
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
