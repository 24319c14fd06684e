package main

import (
	"context"
	"testing"
	"time"
)

func TestALateCommandDoesNotDelayTheNext(t *testing.T) {
	t.Parallel()
	release, others := make(chan struct{}), make(chan struct{}, 5)
	writers := []writer{
		{[]string{"ward:1"}, func(context.Context) error { <-release; return nil }},
		{[]string{"ward:2"}, func(context.Context) error { others <- struct{}{}; return nil }},
	}
	go func() {
		for range 5 { // all of the other writer's
			<-others
		}
		close(release)
	}()
	changes := makeChanges(t.Context(), writers, 100, 100*ms, time.Now())
	if len(changes) != 10 {
		t.Fatalf("%d changes, want 10", len(changes))
	}
	for i, c := range changes {
		if got, want := c.due-changes[0].due, time.Duration(i)*10*ms; got != want {
			t.Errorf("change %d was due after %s, want %s", i, got, want)
		}
		if c.sent < c.due || c.answered < c.sent || c.err != nil {
			t.Errorf("change %d: due %s, sent %s, answered %s: %v", i, c.due, c.sent, c.answered, c.err)
		}
	}
	if changes[0].answered < changes[9].answered {
		t.Error("the first command was held up until all others were answered, and is told as before")
	}
}
