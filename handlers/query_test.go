package handlers_test

import (
	"net/http"
	"testing"
)

// TestWhatAPageIsAskedForMustExist: else an empty list would say that there is none of it.
func TestWhatAPageIsAskedForMustExist(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admin := h.token("admin")
	for field, paths := range map[string][]string{
		"meal": {"/dishes/?meal=zzz", "/menu/plan/?meal=zzz&day=1", "/menu/forecast/?meal=zzz",
			"/dishes/?meal=lunch&meal=dinner"},
		"station": {"/dishes/?station=warm"},
		"view":    {"/dishes/?view=picture"},
		"date": {"/menu/plan/?date=tomorrow&meal=lunch", "/menu/forecast/?date=2026-13-01",
			"/menu/forecast/?date=0001-01-01"},
		"day":  {"/menu/plan/?day=one&meal=lunch", "/menu/plan/?day=0", "/menu/plan/?day=36"},
		"ward": {"/wards/?ward=MED", "/wards/?ward=-1", "/wards/?ward=4711"},
	} {
		for _, path := range paths {
			p := h.get(path, admin, program).problem(http.StatusUnprocessableEntity)
			if p.Errors[field] == "" {
				t.Errorf("%s: %v", path, p.Errors)
			}
			if page := h.get(path, admin, browser); page.status != http.StatusUnprocessableEntity {
				t.Errorf("%s for a person: %d", path, page.status)
			}
		}
	}
	for _, path := range []string{"/dishes/?meal=&station=", "/dishes/?view=matrix&meal=snack",
		"/menu/plan/?date=2030-01-01", "/menu/plan/?day=3&meal=lunch", "/wards/?ward=", "/wards/?ward=1",
		"/menu/forecast/?meal=&date="} {
		for _, as := range []audience{program, browser} {
			if got := h.get(path, admin, as); got.status != http.StatusOK {
				t.Errorf("%s: %d %s", path, got.status, got.body)
			}
		}
	}
}
