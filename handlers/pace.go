package handlers

import (
	"slices"
	"sync"
	"time"

	"dusangire/hospital"
)

// commandsAMinute is how many commands a customer may give within a minute, unless Config says
// otherwise: more than people give, and too few to do harm.
const commandsAMinute = 30

// rememberedPaces is how many people's commands are remembered before those are forgotten who have
// given none within the minute.
const rememberedPaces = 1000

// pace counts what people have done within the last minute.
type pace struct {
	mu    sync.Mutex
	given map[int64][]time.Time // by person, the earliest first
}

// take counts one more, or refuses it where the person has given most already.
func (p *pace) take(userID int64, most int, now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := func(at time.Time) bool { return now.Sub(at) >= time.Minute }
	recent := slices.DeleteFunc(p.given[userID], old)
	if p.given == nil {
		p.given = map[int64][]time.Time{}
	}
	p.given[userID] = recent
	if len(recent) >= most {
		return tooFast(most, recent[0].Add(time.Minute).Sub(now))
	}
	p.given[userID] = append(recent, now)
	if len(p.given) > rememberedPaces {
		for id, given := range p.given {
			if old(given[len(given)-1]) {
				delete(p.given, id)
			}
		}
	}
	return nil
}

// tooFast refuses a command until some time has passed.
func tooFast(most int, wait time.Duration) error {
	refusal := hospital.Refuse(hospital.TooMany, "too_many", "%s Try again later.",
		hospital.Refuse(hospital.TooMany, "many_commands",
			"You have done %d things within a minute, which is the most.", most))
	refusal.RetryAfter = max(wait.Round(time.Second), time.Second)
	return refusal
}
