package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// run is a plan that is being measured.
type run struct {
	plan
	fixture       *fixture
	process       *process
	start         time.Time
	writers       []writer
	subscriptions []subscription
	clients       *clients
	report        report
}

// measure runs a plan once.
func (f *fixture) measure(ctx context.Context, p plan) (_ report, err error) {
	r := &run{plan: p, fixture: f, start: time.Now(), report: newReport(p)}
	if err := r.startServer(ctx); err != nil {
		return r.report, err
	}
	defer func() { err = errors.Join(err, r.process.stop()) }()
	if err := r.findWriters(ctx); err != nil {
		return r.report, err
	}
	if err := r.warmUp(ctx); err != nil {
		return r.report, fmt.Errorf("warm up: %w", err)
	}
	if err := r.connect(ctx); err != nil {
		return r.report, err
	}
	defer func() { r.clients.close() }()
	switch {
	case p.storm:
		err = r.outages(ctx)
	case p.rate > 0:
		err = r.change(ctx)
	}
	return r.report, err
}

// startServer starts Dusangire, or this program as a bare server.
func (r *run) startServer(ctx context.Context) (err error) {
	if r.server == dusangire {
		r.subscriptions = r.fixture.subscriptions(r.plan)
		r.process, err = r.fixture.startCopy(ctx)
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	r.subscriptions = slices.Repeat([]subscription{{path: "/ws/", topic: bareTopic}}, r.screens)
	p := &process{address: freeAddress()}
	p.metrics = "http://" + p.address + "/metrics"
	r.process, err = startProcess(ctx, p, self, baselineCommand, string(r.server), p.address)
	return err
}

// findWriters finds what can be changed. A bare server takes as many commands at a time as the
// added ward has beds.
func (r *run) findWriters(ctx context.Context) (err error) {
	if r.server != dusangire {
		change := writer{[]string{bareTopic}, func(ctx context.Context) error {
			return api{address: r.process.address}.do(ctx, "POST", changePath, nil, nil)
		}}
		r.writers = slices.Repeat([]writer{change}, addedBeds)
		return nil
	}
	wards := r.fixture.demoWards()
	if r.mixed == r.elsewhere {
		wards = []int64{r.fixture.added}
	}
	r.writers, err = r.fixture.writers(ctx, r.process.address, wards...)
	return err
}

// warmUpChanges are made before anything is measured.
const warmUpChanges = 20

// warmUp lets the server do everything once, so that what it needs only the first time is not
// counted to its screens.
func (r *run) warmUp(ctx context.Context) error {
	few := r.subscriptions[:min(len(r.subscriptions), 50)]
	warming, err := connect(ctx, r.process.address, few, 0, r.start)
	if err != nil {
		return err
	}
	for _, c := range makeChanges(ctx, r.writers, warmUpChanges, time.Second, r.start) {
		err = errors.Join(err, c.err)
	}
	_, usageErr := r.process.usage(ctx)
	warming.close()
	pause(ctx, r.fixture.settle)
	return errors.Join(err, usageErr)
}

// connect opens the screens, and measures the memory that they take.
func (r *run) connect(ctx context.Context) error {
	before, err := r.process.usage(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	r.clients, err = connect(ctx, r.process.address, r.subscriptions, warmUpChanges, r.start)
	if err != nil {
		return err
	}
	r.report.set("handshakes/s", float64(r.screens)/time.Since(began).Seconds())
	if err := r.memory(ctx, "KiB/socket", before, r.fixture.settle); err != nil || r.quiet == 0 {
		return err
	}
	return r.memory(ctx, "KiB/socket later", before, r.quiet)
}

// memory waits and notes by how much the server's memory has grown.
func (r *run) memory(ctx context.Context, name string, before usage, wait time.Duration) error {
	pause(ctx, wait)
	after, err := r.process.usage(ctx)
	if err != nil {
		r.clients.close()
		return err
	}
	r.report.set(name, (after.rss-before.rss)/float64(r.screens))
	r.report.set("RSS MiB", max(r.report.values["RSS MiB"], after.rss/1024))
	return nil
}

// showTimeout is how long the last frame is waited for.
const showTimeout = 20 * time.Second

// change makes the changes, waits until they are everywhere and notes what that took.
func (r *run) change(ctx context.Context) error {
	before := r.clients.revisions()
	idle, err := r.process.usage(ctx)
	if err != nil {
		return err
	}
	if r.elsewhere {
		pause(ctx, r.lasts) // what it uses then is taken off
	}
	start, err := r.process.usage(ctx)
	if err != nil {
		return err
	}
	changes := makeChanges(ctx, r.writers, r.rate, r.lasts, r.start)
	expected := revisionsAfter(changes, before)
	r.clients.waitFor(ctx, expected, showTimeout)
	end, err := r.process.usage(ctx)
	if err != nil {
		return err
	}
	r.clients.close()
	r.noteCommands(changes)
	deliveries := r.noteLatencies(changes, before, expected)
	r.noteUsage(idle, start, end, deliveries)
	return nil
}

// noteCommands notes how the commands fared.
func (r *run) noteCommands(changes []change) {
	var took []time.Duration
	for _, c := range changes {
		if c.err == nil {
			took = append(took, c.answered-c.sent)
		} else if len(r.report.notes) == 0 {
			r.report.note("a command was not carried out: %v", c.err)
		}
	}
	answer := percentilesOf(took)
	r.report.set("asked", float64(len(changes)))
	r.report.set("made", float64(len(took)))
	r.report.set("answer, p50 ms", answer.p50)
	r.report.set("answer p99", answer.p99)
}

// noteLatencies notes how the changes came to the screens, and returns how many frames that took.
func (r *run) noteLatencies(
	changes []change, before, expected map[string]uint32,
) (deliveries int) {
	latencies := make(latencies, len(changes))
	shown := map[string][]shown{}
	for topic, revision := range before {
		shown[topic] = shownAt(changes, topic, revision)
	}
	var sizes []uint32
	missed, stale, lost := 0, 0, 0
	for _, c := range r.clients.all {
		missed += latencies.add(changes, shown[c.topic], c.arrivals)
		stale += c.stale
		if c.newest.Load() != expected[c.topic] {
			lost++
		}
		for _, a := range c.arrivals {
			sizes = append(sizes, a.bytes)
		}
	}
	if missed+stale+lost > 0 {
		r.report.note("%d changes never came to a screen, %d frames went back, %d screens did not "+
			"end at the last state", missed, stale, lost)
	}
	if len(sizes) == 0 {
		return 0
	}
	slices.Sort(sizes)
	atAll, atAScreen := latencies.atAll(), latencies.atAScreen()
	r.report.set("all have it, p50 ms", atAll.p50)
	r.report.set("all have it p99", atAll.p99)
	r.report.set("at a screen, p50 ms", atAScreen.p50)
	r.report.set("at a screen p99", atAScreen.p99)
	r.report.set("at a screen max", atAScreen.max)
	r.report.set("lag grows", latencies.growth())
	r.report.set("missed", float64(missed+stale+lost))
	r.report.set("bytes", float64(quantile(sizes, 0.5)))
	return len(sizes)
}

// noteUsage notes what the server did and used for the changes.
func (r *run) noteUsage(idle, start, end usage, deliveries int) {
	lasted := end.at.Sub(start.at).Seconds()
	used := end.cpu - start.cpu
	r.report.set("cores", used/lasted)
	r.report.set("loadtest's", (end.ownCPU-start.ownCPU)/lasted)
	if r.server == dusangire {
		r.report.set("renders", end.rendered-start.rendered)
	}
	if deliveries > 0 {
		r.report.set("deliveries/s", float64(deliveries)/lasted)
		r.report.set("CPU ms/1000", used*1000/float64(deliveries)*1000)
	}
	if r.elsewhere {
		atRest := (start.cpu - idle.cpu) / start.at.Sub(idle.at).Seconds()
		made := max(r.report.values["made"], 1)
		r.report.set("CPU ms/change beyond idle", (used-atRest*lasted)*1000/made)
	}
}
