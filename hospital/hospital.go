package hospital

import (
	"context"
	"time"
)

// Options is what a Hospital needs to open.
type Options struct {
	// DatabaseURL is "sqlite:PATH" or "postgres://…".
	DatabaseURL string
	// Announce is told after each commit which topics moved and where they stand now. It must not block. May be nil.
	Announce func(Revisions)
	// Now is the clock; nil means time.Now. Times are kept in UTC to the millisecond.
	Now func() time.Time
}

// Hospital answers reads and takes commands. It is safe for concurrent use.
type Hospital struct {
	unbuilt struct{}
}

// Migrate brings the database at databaseURL to the current schema. Several processes may call it at once.
func Migrate(ctx context.Context, databaseURL string) error { panic("unbuilt") }

// Open opens the database, which must be at the current schema. Close it when done.
func Open(ctx context.Context, o Options) (*Hospital, error) { panic("unbuilt") }

// Close releases the database. Commands under way must have ended.
func (h *Hospital) Close() error { panic("unbuilt") }

// Ping reports whether the database answers; its error is for the log.
func (h *Hospital) Ping(ctx context.Context) error { panic("unbuilt") }

// Empty reports whether the hospital has neither wards nor users yet.
func (h *Hospital) Empty(ctx context.Context) (bool, error) { panic("unbuilt") }

// Together runs fn so that every command given with the context it receives happens in one transaction: all of
// them or, when fn returns an error, none. Announcements go out once, after the commit.
func (h *Hospital) Together(ctx context.Context, fn func(ctx context.Context) error) error {
	panic("unbuilt")
}

// Revisions reads where the topics stand, in one statement.
func (h *Hospital) Revisions(ctx context.Context, topics []Topic) (Revisions, error) {
	panic("unbuilt")
}
