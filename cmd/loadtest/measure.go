package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// figures are what one run of a plan came to.
type figures struct {
	Group   string  `json:"group"`
	Server  kind    `json:"server"`
	Screens int     `json:"screens"`
	Rate    float64 `json:"changes_per_second"`

	HandshakesPerSecond float64 `json:"handshakes_per_second"`
	MemoryBefore        int     `json:"rss_before_kib"`
	MemorySettled       int     `json:"rss_settled_kib"`
	MemoryQuiet         int     `json:"rss_quiet_kib,omitempty"`

	Asked    int     `json:"changes_asked"`
	Made     int     `json:"changes_made"`
	MadeRate float64 `json:"changes_made_per_second"`
	Failure  string  `json:"first_failure,omitempty"`
	Answer   spread  `json:"command_to_answer"`

	Frame       spread  `json:"command_to_frame"`
	AfterAnswer spread  `json:"answer_to_frame"`
	All         spread  `json:"command_to_all_screens"`
	Missed      int     `json:"frames_missed"`
	Back        int     `json:"frames_back"` // that showed less than one before
	Lost        int     `json:"screens_lost"`
	Growth      float64 `json:"lag_growth"`

	Deliveries          int     `json:"deliveries"` // frames that showed something new
	DeliveriesPerSecond float64 `json:"deliveries_per_second"`
	Frames              int     `json:"frames"` // heartbeats too
	Bytes               float64 `json:"bytes_per_delivery"`

	Seconds        float64 `json:"seconds"` // from the first change until every screen has the last
	CPU            float64 `json:"server_cpu_ms"`
	CPUPerThousand float64 `json:"server_cpu_ms_per_1000_deliveries"`
	CPUPerChange   float64 `json:"server_cpu_ms_per_change"` // beyond what it uses when nothing changes; of plans with changes elsewhere
	Cores          float64 `json:"server_cores"`
	OwnCores       float64 `json:"loadtest_cores"`

	Views     float64 `json:"views"`
	Reads     float64 `json:"view_reads"`
	Renders   float64 `json:"view_renders"`
	Coalesced float64 `json:"coalesced"`

	Cut    *gust `json:"cut,omitempty"`    // by the network
	Killed *gust `json:"killed,omitempty"` // with the server
}

// perSocket is the memory in KiB that each screen takes.
func (f figures) perSocket(memory int) float64 {
	if memory == 0 {
		return 0
	}
	return float64(memory-f.MemoryBefore) / float64(f.Screens)
}

// patience is how long the last frame is waited for.
const patience = 20 * time.Second

// trial is one run under way.
type trial struct {
	plan
	house  *house
	server *server
	since  time.Time
	lanes  []lane
	seats  []seat
	silent *uint32 // what screens show of which the server sends no first frame
	crowd  *crowd
	f      figures
}

// measure runs a plan once.
func (h *house) measure(ctx context.Context, p plan) (f figures, err error) {
	t := &trial{plan: p, house: h, since: time.Now(), f: figures{Server: p.kind, Screens: p.screens, Rate: p.changes}}
	if err := t.start(ctx); err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, t.server.stop()) }()
	if err := t.warmUp(ctx); err != nil {
		return f, fmt.Errorf("warm up: %w", err)
	}
	if err := t.gather(ctx); err != nil {
		return f, err
	}
	defer t.crowd.leave()
	if p.storm {
		return t.f, t.weather(ctx)
	}
	if p.changes > 0 {
		err = t.change(ctx)
	}
	return t.f, err
}

// start starts the server and finds what can be changed on it.
func (t *trial) start(ctx context.Context) (err error) {
	if t.kind != dusangire {
		return t.startBare(ctx)
	}
	if t.server, err = t.house.startCopy(ctx); err != nil {
		return err
	}
	t.seats = t.plan.seats(t.house)
	wards := []int64{t.house.own}
	if (t.mix == mixed) != (t.where == elsewhere) {
		wards = t.house.wards
	}
	if t.lanes, err = t.house.lanes(ctx, t.server.address, wards...); err != nil {
		t.server.kill()
	}
	return err
}

// bareLanes are how many commands may be on their way to a bare server, which takes them in any order.
const bareLanes = 24

func (t *trial) startBare(ctx context.Context) (err error) {
	counting, ok := countingFrame(t.house.frame)
	if !ok {
		return errors.New("the recorded frame has no stamp")
	}
	if t.server, err = t.house.startBare(ctx, t.kind); err != nil {
		return err
	}
	t.silent = &counting.start
	t.seats = slices.Repeat([]seat{{path: "/ws/", topic: counting.topic}}, t.screens)
	change := lane{topics: []string{counting.topic}, give: func(ctx context.Context) error {
		return post(ctx, t.server.address, "", changePath, nil, nil)
	}}
	t.lanes = slices.Repeat([]lane{change}, bareLanes)
	return nil
}

// warmUp lets the server do everything once, so that what it needs only the first time is not counted to its screens.
func (t *trial) warmUp(ctx context.Context) error {
	few := t.seats[:min(len(t.seats), 50)]
	c, err := gather(ctx, t.server.address, few, t.silent, t.since)
	if err != nil {
		return err
	}
	for _, change := range makeChanges(ctx, t.lanes, 20, time.Second, t.since) {
		if change.failure != nil {
			return change.failure
		}
	}
	if t.silent != nil {
		*t.silent += 20
	}
	c.leave()
	pause(ctx, t.house.settling)
	return nil
}

// gather opens the screens, and reads the memory before and after.
func (t *trial) gather(ctx context.Context) (err error) {
	if t.f.MemoryBefore, err = memoryOf(t.server.pid()); err != nil {
		return err
	}
	began := time.Now()
	if t.crowd, err = gather(ctx, t.server.address, t.seats, t.silent, t.since); err != nil {
		return err
	}
	t.f.HandshakesPerSecond = float64(t.screens) / time.Since(began).Seconds()
	pause(ctx, t.house.settling)
	if t.f.MemorySettled, err = memoryOf(t.server.pid()); err != nil {
		return err
	}
	if t.quiet > 0 {
		pause(ctx, t.quiet)
		t.f.MemoryQuiet, err = memoryOf(t.server.pid())
	}
	return err
}

// change makes the changes, waits until they are everywhere and reads off what that took.
func (t *trial) change(ctx context.Context) error {
	before, err := t.crowd.standing()
	if err != nil {
		return err
	}
	idle, err := t.idleCPU(ctx)
	if err != nil {
		return err
	}
	start, err := t.reading(ctx)
	if err != nil {
		return err
	}
	changes := makeChanges(ctx, t.lanes, t.changes, t.lasts, t.since)
	expected := last(changes, before)
	t.crowd.caughtUp(ctx, expected, patience)
	end, err := t.reading(ctx)
	if err != nil {
		return err
	}
	t.crowd.leave()
	t.commands(changes)
	t.used(start, end, idle)
	t.reached(changes, before)
	return t.verify(expected)
}

// idleCPU is what share of a core the server uses while nothing changes; it is asked only where changes are elsewhere.
func (t *trial) idleCPU(ctx context.Context) (cores float64, err error) {
	if t.where != elsewhere {
		return 0, nil
	}
	before, err := cpuOf(t.server.pid())
	if err != nil {
		return 0, err
	}
	pause(ctx, t.lasts)
	after, err := cpuOf(t.server.pid())
	return (after - before).Seconds() / t.lasts.Seconds(), err
}

// reading is where the meters stand.
type reading struct {
	at       time.Time
	cpu, own time.Duration
	counted  counters
}

func (t *trial) reading(ctx context.Context) (r reading, err error) {
	if r.counted, err = t.server.counted(ctx); err != nil {
		return r, err
	}
	r.at, r.own = time.Now(), ownCPU()
	r.cpu, err = cpuOf(t.server.pid())
	return r, err
}

// used notes what the server did and used between two readings.
func (t *trial) used(start, end reading, idle float64) {
	f := &t.f
	f.Seconds = end.at.Sub(start.at).Seconds()
	f.CPU = milliseconds(end.cpu - start.cpu)
	f.Cores = f.CPU / 1000 / f.Seconds
	f.OwnCores = (end.own - start.own).Seconds() / f.Seconds
	f.Views = end.counted.views
	f.Reads = end.counted.reads - start.counted.reads
	f.Renders = end.counted.renders - start.counted.renders
	f.Coalesced = end.counted.coalesced - start.counted.coalesced
	if t.where == elsewhere {
		f.CPUPerChange = (f.Cores - idle) * f.Seconds * 1000 / float64(max(f.Made, 1))
	}
}

// commands notes how the commands fared.
func (t *trial) commands(changes []change) {
	f := &t.f
	var took []time.Duration
	var ended time.Duration
	for _, c := range changes {
		f.Asked++
		if c.failure != nil {
			if f.Failure == "" {
				f.Failure = c.failure.Error()
			}
			continue
		}
		f.Made++
		took = append(took, c.answered-c.sent)
		ended = max(ended, c.answered)
	}
	f.Answer = spreadOf(took)
	if f.Made > 0 {
		f.MadeRate = float64(f.Made) / max(ended-changes[0].due, t.lasts).Seconds()
	}
}

// reached notes how the changes came to the screens.
func (t *trial) reached(changes []change, before map[string]uint32) {
	f := &t.f
	r := newReach(len(changes))
	covered := map[string][]covering{}
	for topic, revision := range before {
		covered[topic] = coverings(changes, topic, revision)
	}
	var sizes []uint32
	for _, s := range t.crowd.screens {
		r.add(changes, covered[s.topic], s.arrivals)
		f.Deliveries += len(s.arrivals)
		f.Frames += s.frames
		f.Back += s.back
		for _, a := range s.arrivals {
			sizes = append(sizes, a.bytes)
		}
	}
	f.Frame, f.AfterAnswer, f.All = spreadOf(r.each(0, len(changes))), spreadOf(r.afterAnswer(changes)), spreadOf(r.all())
	f.Missed, f.Growth = r.missed, r.growth()
	if f.Deliveries > 0 {
		slices.Sort(sizes)
		f.Bytes = float64(quantile(sizes, 0.5))
		f.DeliveriesPerSecond = float64(f.Deliveries) / f.Seconds
		f.CPUPerThousand = f.CPU / float64(f.Deliveries) * 1000
	}
}

// last is where the topics stand after the changes.
func last(changes []change, before map[string]uint32) map[string]uint32 {
	after := map[string]uint32{}
	for topic, revision := range before {
		after[topic] = revision
	}
	for _, c := range changes {
		for _, topic := range c.topics {
			if _, followed := after[topic]; followed && c.failure == nil {
				after[topic]++
			}
		}
	}
	return after
}

// verify checks that each screen ended at the revision to which the changes led, and not beyond.
func (t *trial) verify(expected map[string]uint32) error {
	for _, s := range t.crowd.screens {
		shown := s.shown.Load()
		if shown > expected[s.topic] {
			return fmt.Errorf("a screen ended at %s=%d and %d was expected: somebody else writes", s.topic, shown, expected[s.topic])
		}
		if shown < expected[s.topic] {
			t.f.Lost++
		}
	}
	return nil
}
