package main

import (
	"context"
	"sync"
	"time"
)

// lane is where changes follow one another, as those of one bed do: a bed can be reserved only after it was freed.
type lane struct {
	topics []string // that its changes move
	give   func(ctx context.Context) error
}

// longestCommand is how long a command may take. What it came to is unknown after that, and the run is worth nothing.
const longestCommand = 20 * time.Second

// makeChanges gives so many commands a second, one lane after the other. Each is due at its moment however late others are, and
// its time counts from then: a server that is slow can't make the load smaller. It returns when all are answered.
func makeChanges(ctx context.Context, lanes []lane, perSecond float64, lasts time.Duration, since time.Time) []change {
	changes := make([]change, int(perSecond*lasts.Seconds()))
	began := time.Since(since)
	queues := make([]chan *change, len(lanes))
	var working sync.WaitGroup
	for i, l := range lanes {
		queues[i] = make(chan *change, len(changes)/len(lanes)+1)
		working.Go(func() {
			for c := range queues[i] {
				c.sent = time.Since(since)
				c.failure = l.giveWithin(ctx, longestCommand)
				c.answered = time.Since(since)
			}
		})
	}
	for i := range changes {
		c := &changes[i]
		c.topics = lanes[i%len(lanes)].topics
		c.due = began + time.Duration(float64(i)/perSecond*float64(time.Second))
		pause(ctx, c.due-time.Since(since))
		queues[i%len(lanes)] <- c
	}
	for _, queue := range queues {
		close(queue)
	}
	working.Wait()
	return changes
}

func (l lane) giveWithin(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return l.give(ctx)
}

// pause waits until d is over or ctx ends.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
