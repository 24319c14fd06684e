package main

import (
	"context"
	"sync"
	"time"
)

// writer gives commands that have to follow one another, as those of one bed do: a bed can be
// reserved only after it was freed.
type writer struct {
	topics []string // that each of its changes moves
	write  func(context.Context) error
}

// change is one command and what came of it. Its moments count from the start of the run.
type change struct {
	topics              []string // that it moves
	due, sent, answered time.Duration
	err                 error // why it was not made
}

// commandTimeout is how long a command may take. Whether it was carried out is unknown after that,
// and the run is worth nothing.
const commandTimeout = 20 * time.Second

// makeChanges gives so many commands a second, by one writer after the other. Each is due at its
// moment however late others are, and its time counts from then: a server that is slow can't make
// the load smaller. It returns when all are answered.
func makeChanges(
	ctx context.Context, writers []writer, perSecond float64, lasts time.Duration, start time.Time,
) []change {
	changes := make([]change, int(perSecond*lasts.Seconds()))
	began := time.Since(start)
	for i := range changes {
		changes[i].topics = writers[i%len(writers)].topics
		changes[i].due = began + time.Duration(float64(i)/perSecond*float64(time.Second))
	}
	var working sync.WaitGroup
	for first, w := range writers {
		working.Go(func() {
			for i := first; i < len(changes); i += len(writers) {
				w.give(ctx, &changes[i], start)
			}
		})
	}
	working.Wait()
	return changes
}

// give gives a command when it is due.
func (w writer) give(ctx context.Context, c *change, start time.Time) {
	pause(ctx, c.due-time.Since(start))
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	c.sent = time.Since(start)
	c.err = w.write(ctx)
	c.answered = time.Since(start)
}

// pause waits until d is over or ctx ends.
func pause(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-ctx.Done()
}
