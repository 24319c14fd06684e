package main

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// server is what is measured: Dusangire, or a bare server that it is compared with.
type server string

const (
	dusangire   server = "dusangire"
	raw         server = "raw"       // straight writes, one socket after the other
	melodyLarge server = "melody"    // with its default buffers of 256 messages
	melodySmall server = "melody-16" // with buffers of 16
)

var everyServer = []server{dusangire, melodyLarge, melodySmall, raw}

// plan is one thing to measure.
type plan struct {
	server    server
	screens   int
	mixed     bool    // screens show wards and dashboards; else all of them one ward
	rate      float64 // changes a second; 0: none
	elsewhere bool    // changes are made in wards that no screen shows
	lasts     time.Duration
	quiet     time.Duration // nothing happens before the changes, and memory is read once more
	storm     bool          // instead: all screens are cut off, then the server is killed
}

// check refuses what can't be measured.
func (p plan) check() error {
	if !slices.Contains(everyServer, p.server) {
		return fmt.Errorf("-baseline %q: give raw, melody or melody-16", p.server)
	}
	if p.screens < 1 || p.rate < 0 || (p.rate > 0 && p.lasts < time.Second) {
		return errors.New("give -screens above 0, -changes of 0 or more and -for 1s or more")
	}
	if p.server != dusangire && (p.storm || p.elsewhere || p.mixed) {
		return errors.New("a bare server knows one kind of screen: give -baseline without -mix, " +
			"-elsewhere and -storm")
	}
	return nil
}

// The roles whose screens watch.
const (
	medical    = "medical_staff"
	management = "ward_management"
	kitchen    = "kitchen"
	delivery   = "delivery"
)

// screenKind is what a screen shows, and to whom.
type screenKind struct {
	role        string
	path, topic string // of a dashboard; empty: a ward's page
}

const metricsTopic = "metrics"

var (
	wardScreen = screenKind{role: medical}
	dashboard  = screenKind{medical, "/ws/dashboard/medical_staff/", metricsTopic}
	mixture    = []screenKind{
		wardScreen, dashboard, {role: management}, {kitchen, "/ws/dashboard/kitchen/", "kitchen"},
		wardScreen, {management, "/ws/dashboard/ward_management/", metricsTopic},
		{role: management}, {delivery, "/ws/dashboard/delivery/", "deliveries"}, wardScreen,
		dashboard,
	}
)

func (p plan) screen(i int) screenKind {
	if p.mixed {
		return mixture[i%len(mixture)]
	}
	return wardScreen
}

// people is how many of each role are needed where nobody opens more than so many screens.
func people(suite []group, each int) map[string]int {
	most := map[string]int{medical: 1}
	for _, g := range suite {
		for _, p := range g.plans {
			screens := map[string]int{}
			for i := range p.screens {
				screens[p.screen(i).role]++
			}
			for role, n := range screens {
				most[role] = max(most[role], (n+each-1)/each)
			}
		}
	}
	return most
}

// group is what is measured side by side: each pass measures every plan, and the first plan is
// compared with the others.
type group struct {
	name   string
	passes int
	plans  []plan
}

func (g group) title() string {
	if g.passes > 1 {
		return fmt.Sprintf("%s; medians of %d passes", g.name, g.passes)
	}
	return g.name
}

// on is the same plan for several servers.
func (p plan) on(servers ...server) []plan {
	plans := make([]plan, len(servers))
	for i, s := range servers {
		plans[i] = p
		plans[i].server = s
	}
	return plans
}

// unwatched makes changes where none of so many screens looks.
func unwatched(screens int) plan {
	return plan{server: dusangire, screens: screens, rate: 10, elsewhere: true,
		lasts: 10 * time.Second}
}

// suites are what `make load` and `make load-large` measure.
var suites = map[string][]group{
	"quick": {
		{"1,000 screens of one ward, 10 changes a second", 3,
			plan{screens: 1000, rate: 10, lasts: 10 * time.Second}.on(everyServer...)},
		{"1,000 screens, nothing happens", 1,
			plan{screens: 1000, quiet: 20 * time.Second}.on(everyServer...)},
		{"1,000 screens of one ward, 50 changes a second", 1,
			plan{screens: 1000, rate: 50, lasts: 20 * time.Second}.on(dusangire)},
	},
	"large": {
		{"10,000 screens of one ward, 10 changes a second", 1,
			plan{screens: 10_000, rate: 10, lasts: 20 * time.Second}.on(everyServer...)},
		{"10,000 screens of one ward, 50 changes a second", 1,
			plan{screens: 10_000, rate: 50, lasts: time.Minute}.on(dusangire)},
		{"10,000 screens, nothing happens", 1,
			plan{screens: 10_000, quiet: 30 * time.Second}.on(everyServer...)},
		{"changes that nobody watches", 1, []plan{unwatched(100), unwatched(1000), unwatched(10_000)}},
		{"1,000 screens of 10 wards and of dashboards, 20 changes a second", 1,
			plan{screens: 1000, mixed: true, rate: 20, lasts: 30 * time.Second}.on(dusangire)},
		{"the same, 500 changes a second", 1,
			plan{screens: 1000, mixed: true, rate: 500, lasts: 20 * time.Second}.on(dusangire)},
		{"10,000 screens come back at once", 1,
			plan{screens: 10_000, mixed: true, storm: true}.on(dusangire)},
	},
}
