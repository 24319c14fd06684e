package main

import (
	"fmt"
	"time"
)

// mix is who watches what.
type mix string

const (
	one   mix = "one"   // everyone the same ward
	mixed mix = "mixed" // wards' pages and dashboards
)

// where changes are made: where screens look, or elsewhere, in wards that no screen shows.
type where bool

const elsewhere where = true

// plan is one thing to measure.
type plan struct {
	kind    kind
	screens int
	mix     mix
	changes float64 // a second; 0: none
	where   where
	lasts   time.Duration // of the changes
	quiet   time.Duration // for which all is left alone before them, and memory is read once more
	storm   bool          // instead of changes: all screens are cut off at once, and then the server is killed
}

// spot is what a screen shows, and to whom.
type spot struct {
	role      string
	dashboard string // its path; empty: a ward's page
	topic     string // of the dashboard
}

var (
	wardSpot = spot{role: medical}
	allSpots = []spot{
		wardSpot,
		{medical, "/ws/dashboard/medical_staff/", metricsTopic},
		{role: management},
		{kitchen, "/ws/dashboard/kitchen/", "kitchen"},
		wardSpot,
		{management, "/ws/dashboard/ward_management/", metricsTopic},
		{role: management},
		{delivery, "/ws/dashboard/delivery/", "deliveries"},
		wardSpot,
		{medical, "/ws/dashboard/medical_staff/", metricsTopic},
	}
)

// spot is where the i-th screen stands.
func (p plan) spot(i int) spot {
	if p.mix == one {
		return wardSpot
	}
	return allSpots[i%len(allSpots)]
}

// seats are those of the plan's screens: people take turns, and so do wards.
func (p plan) seats(h *house) []seat {
	seats := make([]seat, p.screens)
	taken := map[string]int{}
	shown := 0
	for i := range seats {
		spot := p.spot(i)
		token := h.someone(spot.role, taken[spot.role])
		taken[spot.role]++
		switch {
		case spot.dashboard != "":
			seats[i] = seat{spot.dashboard, spot.topic, token}
		case p.mix == one:
			seats[i] = seatIn(h.own, token)
		default:
			seats[i] = seatIn(h.wards[shown%len(h.wards)], token)
			shown++
		}
	}
	return seats
}

// seatIn is a seat before a ward's page.
func seatIn(ward int64, token string) seat {
	return seat{fmt.Sprintf("/ws/ward/%d/", ward), wardTopic(ward), token}
}

// people is how many of each role the groups need where nobody opens more than so many screens.
func people(groups []group, each int) map[string]int {
	most := map[string]int{medical: 1}
	for _, p := range plansOf(groups) {
		screens := map[string]int{}
		for i := range p.screens {
			screens[p.spot(i).role]++
		}
		for role, n := range screens {
			most[role] = max(most[role], (n+each-1)/each)
		}
	}
	return most
}

// group is what is measured side by side: each pass measures every plan, and the first plan is compared with the others.
type group struct {
	name   string
	passes int
	plans  []plan
}

func plansOf(groups []group) (plans []plan) {
	for _, g := range groups {
		plans = append(plans, g.plans...)
	}
	return plans
}

// against is the same plan for several servers.
func (p plan) against(kinds ...kind) []plan {
	plans := make([]plan, len(kinds))
	for i, k := range kinds {
		plans[i] = p
		plans[i].kind = k
	}
	return plans
}

// suites are what `make load` and `make load-large` measure.
var suites = map[string][]group{
	"quick": {
		{"1,000 screens of one ward, 10 changes a second", 3, plan{screens: 1000, mix: one, changes: 10, lasts: 10 * time.Second}.
			against(dusangire, bareMelody, smallMelody, raw)},
		{"1,000 screens, nothing happens", 1, plan{screens: 1000, mix: one, quiet: 20 * time.Second}.against(dusangire, bareMelody, smallMelody, raw)},
		{"1,000 screens of one ward, 50 changes a second", 1, plan{screens: 1000, mix: one, changes: 50, lasts: 20 * time.Second}.against(dusangire)},
	},
	"large": {
		{"10,000 screens of one ward, 10 changes a second", 1, plan{screens: 10_000, mix: one, changes: 10, lasts: 20 * time.Second}.
			against(dusangire, bareMelody, smallMelody, raw)},
		{"10,000 screens of one ward, 50 changes a second", 1, plan{screens: 10_000, mix: one, changes: 50, lasts: time.Minute}.against(dusangire)},
		{"10,000 screens, nothing happens", 1, plan{screens: 10_000, mix: one, quiet: 30 * time.Second}.against(dusangire, bareMelody, smallMelody, raw)},
		{"changes that nobody watches", 1, []plan{
			{kind: dusangire, screens: 100, mix: one, changes: 10, where: elsewhere, lasts: 10 * time.Second},
			{kind: dusangire, screens: 1000, mix: one, changes: 10, where: elsewhere, lasts: 10 * time.Second},
			{kind: dusangire, screens: 10_000, mix: one, changes: 10, where: elsewhere, lasts: 10 * time.Second},
		}},
		{"1,000 screens of 10 wards and of dashboards, 20 changes a second", 1, plan{screens: 1000, mix: mixed, changes: 20, lasts: 30 * time.Second}.against(dusangire)},
		{"the same, 500 changes a second", 1, plan{screens: 1000, mix: mixed, changes: 500, lasts: 20 * time.Second}.against(dusangire)},
		{"10,000 screens come back at once", 1, plan{screens: 10_000, mix: mixed, storm: true}.against(dusangire)},
	},
}
