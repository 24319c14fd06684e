package main

import (
	"testing"
)

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
