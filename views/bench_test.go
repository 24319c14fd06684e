package views_test

import (
	"bytes"
	"context"
	"testing"

	"dusangire/views"
)

// BenchmarkRender draws all that a view shows, as it is done once for each change, whoever watches.
func BenchmarkRender(b *testing.B) {
	for _, view := range []struct {
		name    string
		regions func() []views.Region
	}{
		{"ward_of_24_beds", func() []views.Region { return views.WardRegions(sampleBoard()) }},
		{"medical_dashboard", func() []views.Region { return views.MedicalRegions(sampleMedical()) }},
		{"management_dashboard", func() []views.Region { return views.ManagementRegions(sampleManagement()) }},
		{"round_of_a_courier", func() []views.Region { return views.RoundRegions(sampleRound()) }},
	} {
		b.Run(view.name, func(b *testing.B) {
			regions := view.regions()
			b.ReportAllocs()
			size := 0
			for b.Loop() {
				size = drawAll(b, regions)
			}
			b.ReportMetric(float64(size), "bytes")
		})
	}
}

// drawAll draws regions with their items and returns how many bytes they are.
func drawAll(b *testing.B, regions []views.Region) (size int) {
	for _, r := range regions {
		var body bytes.Buffer
		if err := r.Component.Render(context.Background(), &body); err != nil {
			b.Fatal(err)
		}
		size += body.Len() + drawAll(b, r.Items)
	}
	return size
}
