package main

import (
	"strings"
	"testing"
)

func TestCountersAreReadFromPrometheusText(t *testing.T) {
	t.Parallel()
	text := "# HELP dusangire_views Views.\n# TYPE dusangire_views gauge\ndusangire_views 3\ndusangire_view_reads_total 1.5e+03\n" +
		"dusangire_view_renders_total 1400\ndusangire_views_of_others 9\n"
	if got, err := countersIn(strings.NewReader(text)); err != nil || got != (counters{views: 3, reads: 1500, renders: 1400}) {
		t.Errorf("got %+v: %v", got, err)
	}
}
