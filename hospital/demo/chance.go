package demo

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// newRand is the demo's source of chance: the same for the same seed.
//
// #nosec G404 -- it must be foreseeable; nothing secret
func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// pick returns one of the choices.
func pick[T any](rng *rand.Rand, choices []T) T { return choices[rng.IntN(len(choices))] }

// upTo returns a duration below most, which must be above zero.
func upTo(rng *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(rng.Int64N(int64(most)))
}

// draw puts the choices in an order by lot: a choice of twice the weight is twice as likely to stand before another.
// Those without weight are left out.
func draw[T any](rng *rand.Rand, choices []T, weight func(T) float64) []T {
	type ticket struct {
		choice T
		number float64
	}
	var tickets []ticket
	for _, c := range choices {
		if w := weight(c); w > 0 {
			tickets = append(tickets, ticket{c, rng.ExpFloat64() / w})
		}
	}
	slices.SortFunc(tickets, func(a, b ticket) int { return cmp.Compare(a.number, b.number) })
	drawn := make([]T, len(tickets))
	for i, t := range tickets {
		drawn[i] = t.choice
	}
	return drawn
}
