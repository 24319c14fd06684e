package main

import (
	"fmt"
	"testing"
)

func TestPeopleAreEnoughForEveryPlan(t *testing.T) {
	t.Parallel()
	dashboards := plan{screens: 20, mixed: true}
	got := people([]group{{plans: []plan{{screens: 41}}}, {plans: []plan{dashboards}}}, 2)
	f := &fixture{added: 4, tokens: map[string][]string{}}
	for role, want := range map[string]int{medical: 21, management: 3, kitchen: 1, delivery: 1} {
		if got[role] != want {
			t.Errorf("%d of %s, want %d", got[role], role, want)
		}
		for i := range got[role] {
			f.tokens[role] = append(f.tokens[role], fmt.Sprint(role, i))
		}
	}
	opened, paths := map[string]int{}, map[string]bool{}
	for _, s := range f.subscriptions(dashboards) {
		opened[s.token]++
		paths[s.path] = true
	}
	for token, n := range opened {
		if n > 2 {
			t.Errorf("%s opens %d screens, want 2 at most", token, n)
		}
	}
	if len(paths) != 7 || paths["/ws/ward/4/"] {
		t.Errorf("mixed screens show %v, want the demo's three wards and four dashboards", paths)
	}
}
