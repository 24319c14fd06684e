package main

import (
	"context"
	"testing"
	"time"
)

func TestALateCommandDoesNotDelayTheNext(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	others := make(chan struct{}, 100)
	lanes := []lane{
		{topics: []string{"ward:1"}, give: func(ctx context.Context) error { <-release; return nil }},
		{topics: []string{"ward:2"}, give: func(ctx context.Context) error { others <- struct{}{}; return nil }},
	}
	go func() {
		for range 5 { // all of the other lane's
			<-others
		}
		close(release)
	}()
	changes := makeChanges(t.Context(), lanes, 100, 100*ms, time.Now())
	if len(changes) != 10 {
		t.Fatalf("%d changes, want 10", len(changes))
	}
	for i, c := range changes {
		if got, want := c.due-changes[0].due, time.Duration(i)*10*ms; got != want {
			t.Errorf("change %d was due after %s, want %s", i, got, want)
		}
		if c.sent < c.due || c.answered < c.sent || c.failure != nil {
			t.Errorf("change %d: due %s, sent %s, answered %s: %v", i, c.due, c.sent, c.answered, c.failure)
		}
	}
	if changes[0].answered < changes[9].answered {
		t.Error("the first command was held up until all others were answered, and is told as answered before")
	}
}
