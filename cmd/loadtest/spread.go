package main

import (
	"math"
	"slices"
	"time"
)

// spread is how durations lie, in milliseconds.
type spread struct {
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

// spreadOf sorts the durations and reads the spread off them; it is zero where there are none.
func spreadOf(took []time.Duration) spread {
	if len(took) == 0 {
		return spread{}
	}
	slices.Sort(took)
	return spread{P50: milliseconds(quantile(took, 0.5)), P99: milliseconds(quantile(took, 0.99)), Max: milliseconds(took[len(took)-1])}
}

// quantile is the smallest of the sorted values that a share q of them does not exceed.
func quantile[T any](sorted []T, q float64) T {
	return sorted[max(int(math.Ceil(q*float64(len(sorted))))-1, 0)]
}

// median is the middle one of some figures; of an even number the mean of the two in the middle.
func median(figures []float64) float64 {
	if len(figures) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(figures))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
