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

// plate is what a round orders for somebody of a diet, at one texture or several.
type plate struct {
	textures []hospital.Texture // the lowest first
	dishes   []hospital.Dish    // none: nothing fits
}

// platesOf are the plates of a diet, that of regular food first.
func platesOf(defaults []hospital.DefaultMeal, diet hospital.Diet) (plates []plate) {
	sameDish := func(a, b hospital.Dish) bool { return a.ID == b.ID }
	for _, d := range defaults {
		if d.Diet != diet {
			continue
		}
		i := slices.IndexFunc(plates, func(p plate) bool {
			return slices.EqualFunc(p.dishes, d.Dishes, sameDish)
		})
		if i < 0 {
			plates = append(plates, plate{dishes: d.Dishes})
			i = len(plates) - 1
		}
		plates[i].textures = append([]hospital.Texture{d.Texture}, plates[i].textures...)
	}
	return plates
}

// textureCounts is how many servings each texture needs, regular food first.
func textureCounts(ctx context.Context, counts map[hospital.Texture]int) string {
	levels := slices.Sorted(maps.Keys(counts))
	slices.Reverse(levels)
	return listed(levels, func(t hospital.Texture) string {
		return text.T(ctx, "forecast.texture", counts[t], texture(ctx, t))
	})
}
