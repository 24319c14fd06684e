package demo

import (
	"testing"
	"time"
)

func TestNoRegularIsInTheCensus(t *testing.T) {
	for _, r := range regulars {
		if _, found := everyone().byName[r.name]; found {
			t.Errorf("%q is a regular, and the staff would take them for one of theirs", string(r.name))
		}
	}
}

func TestTheCensusHasEachNameOnceAndEveryWardHasEnoughWhoFit(t *testing.T) {
	c := everyone()
	if len(c.byName) != len(c.people) {
		t.Errorf("%d people share %d names", len(c.people), len(c.byName))
	}
	for _, w := range wards {
		fitting := 0
		for _, p := range c.people {
			if w.takes(p) {
				fitting++
			}
		}
		if fitting < 10*w.opening.Total {
			t.Errorf("%d people fit ward %s with its %d beds, too few to draw from", fitting, w.code, w.opening.Total)
		}
	}
}

func TestABirthDateGivesTheAgeOnTheDay(t *testing.T) {
	at := time.Date(2026, time.March, 15, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		person person
		want   string
	}{
		{person{age: 30, month: time.March, day: 15}, "1996-03-15"},
		{person{age: 30, month: time.March, day: 16}, "1995-03-16"},
		{person{age: 0, month: time.March, day: 14}, "2026-03-14"},
		{person{age: 0, month: time.December, day: 1}, "2025-12-01"},
	} {
		if got := c.person.born(at).Format(time.DateOnly); got != c.want {
			t.Errorf("who is %d on %s and has birthday on %d %s was born %s, want %s", c.person.age, at.Format(time.DateOnly), c.person.day, c.person.month, got, c.want)
		}
	}
	if !(person{age: 40}).born(at).IsZero() {
		t.Error("a stranger has a birth date")
	}
}
