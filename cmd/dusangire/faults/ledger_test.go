package faults_test

import (
	"context"
	"database/sql"
	"slices"
	"sync"
	"testing"
	"time"

	"dusangire/hospital/hospitaltest"
)

// ledger knows what the database held when. It is told by somebody who looks into the database again and again, so what it
// knows of a moment had been committed by then.
type ledger struct {
	db *sql.DB

	mu    sync.Mutex
	marks map[string][]mark // by what they count, such as the topic "ward:1" or the element "bed-5", ascending
}

// mark is a count that was reached by a moment.
type mark struct {
	count int64
	at    time.Time
}

func newLedger() *ledger { return &ledger{marks: map[string][]mark{}} }

// note takes down how far something had come by a moment. What is no news is left out.
func (l *ledger) note(what string, count int64, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	marks := l.marks[what]
	if len(marks) == 0 || marks[len(marks)-1].count < count {
		l.marks[what] = append(marks, mark{count, at})
	}
}

// reached is how far everything has come that is known.
func (l *ledger) reached() map[string]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	reached := map[string]int64{}
	for what, marks := range l.marks {
		reached[what] = marks[len(marks)-1].count
	}
	return reached
}

// passed is when something was first known to be further than a count; false while it is not.
func (l *ledger) passed(what string, count int64) (at time.Time, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	marks := l.marks[what]
	i, _ := slices.BinarySearchFunc(marks, count+1, func(m mark, count int64) int { return int(m.count - count) })
	if i == len(marks) {
		return time.Time{}, false
	}
	return marks[i].at, true
}

// lookEvery is how often the database is looked into.
const lookEvery = 50 * time.Millisecond

// keepLedger writes down what a database holds until the test ends. While the database is away nothing is committed.
func keepLedger(t testing.TB, databaseURL string) *ledger {
	t.Helper()
	l := newLedger()
	l.db = hospitaltest.Database(t, databaseURL)
	l.db.SetMaxOpenConns(2)
	ctx, stop := context.WithCancel(context.Background())
	var keeping sync.WaitGroup
	t.Cleanup(func() { stop(); keeping.Wait() })
	keeping.Go(func() {
		look := time.NewTicker(lookEvery)
		defer look.Stop()
		for {
			_ = l.look(ctx) // it may be away
			select {
			case <-look.C:
			case <-ctx.Done():
				return
			}
		}
	})
	return l
}

// look reads once where the topics and the versions of the beds stand. A bed's version is what its card shows of itself, whatever
// the page is labelled with.
func (l *ledger) look(ctx context.Context) error {
	rows, err := l.db.QueryContext(ctx, `SELECT topic, rev FROM topic_rev UNION ALL SELECT 'bed-' || id, version FROM bed`)
	if err != nil {
		return err
	}
	defer rows.Close()
	found := map[string]int64{}
	for rows.Next() {
		var what string
		var count int64
		if err := rows.Scan(&what, &count); err != nil {
			return err
		}
		found[what] = count
	}
	read := time.Now()
	for what, count := range found {
		l.note(what, count, read)
	}
	return rows.Err()
}
