package store

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// narrow keeps a pool within what its server has room for. The server says so only by refusing a
// connection, and may have more room later, or less.
type narrow struct {
	mu    sync.Mutex
	until time.Time // when the pool may try to have all its connections again; zero: it has them
}

const (
	narrowFor  = 10 * time.Second
	noneToWait = 100 * time.Millisecond // before asking again where the pool has no connection at all
)

// down lets the pool do with the connections that it has. Where it has none it waits a little. It
// reports whether ctx leaves time to try again.
func (n *narrow) down(ctx context.Context, pool *sql.DB) bool {
	n.mu.Lock()
	open := pool.Stats().OpenConnections
	pool.SetMaxOpenConns(max(open, 1))
	n.until = time.Now().Add(narrowFor)
	n.mu.Unlock()
	if open > 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(noneToWait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// widen lets the pool have all its connections again once the server has been left alone for a
// while.
func (n *narrow) widen(pool *sql.DB, most int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.until.IsZero() && time.Now().After(n.until) {
		n.until = time.Time{}
		pool.SetMaxOpenConns(most)
		pool.SetMaxIdleConns(most)
	}
}
