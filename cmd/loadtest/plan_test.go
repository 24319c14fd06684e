package main

import (
	"fmt"
	"testing"
)

func TestPeopleAreEnoughForEveryPlan(t *testing.T) {
	t.Parallel()
	groups := []group{{plans: []plan{{screens: 41, mix: one}}}, {plans: []plan{{screens: 20, mix: mixed}}}}
	got := people(groups, 2)
	for role, want := range map[string]int{medical: 21, management: 3, kitchen: 1, delivery: 1} {
		if got[role] != want {
			t.Errorf("%d of %s, want %d", got[role], role, want)
		}
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
	if len(paths) != 7 || paths["/ws/ward/4/"] {
		t.Errorf("mixed screens show %v, want three wards and four dashboards", paths)
	}
}
