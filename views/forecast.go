package views

import (
	"context"
	"maps"
	"slices"

	"dusangire/hospital"
	"dusangire/views/text"
)

// forecastPlace is the bed of somebody who would get nothing, or the initials of who has none.
func forecastPlace(l hospital.ForecastLine) string {
	if l.BedNumber == "" {
		return l.Initials
	}
	return l.BedNumber
}

// forecastWho is the name of somebody who would get nothing, or the initials where the reader may
// not know it.
func forecastWho(l hospital.ForecastLine) string {
	switch {
	case l.PatientName != "":
		return string(l.PatientName)
	case l.BedNumber != "":
		return l.Initials
	}
	return ""
}

// textureCounts is how many servings each texture needs, regular food first.
func textureCounts(ctx context.Context, counts map[hospital.Texture]int) string {
	levels := slices.Sorted(maps.Keys(counts))
	slices.Reverse(levels)
	return listed(levels, func(t hospital.Texture) string {
		return text.T(ctx, "forecast.texture", counts[t], texture(ctx, t))
	})
}
