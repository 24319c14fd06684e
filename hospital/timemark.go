package hospital

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// timeMark is a mark that time alone puts on a screen: nobody does anything, and what was in time
// is late.
type timeMark struct {
	kind   string
	id     int64 // of a bed, an admission or a dish
	wardID int64 // on whose board it stands; 0: on none
}

// topics are those of an admission or a bed on the board: the same.
func (m timeMark) topics() []Topic { return Admission{WardID: m.wardID}.topics() }

// ShowTimeMarks moves the screens on which something has got late since it was last called, on
// whichever node, or on which the board tells now who will be nil by mouth, and returns how many
// such marks there were. To be called often: screens are as late with a mark as this is.
func (h *Hospital) ShowTimeMarks(ctx context.Context) (int, error) {
	turned, err := readValue(ctx, h, func(ctx context.Context, q *sql.Tx) (bool, error) {
		shown, gone, err := turnedTimeMarks(ctx, q, h.clock(ctx))
		return len(shown)+len(gone) > 0, err
	})
	if err != nil || !turned {
		return 0, err
	}
	count := 0
	err = h.write(ctx, System, func(ctx context.Context, c *change) (err error) {
		count, err = c.showTimeMarks(ctx)
		return err
	})
	return count, err
}

// showTimeMarks keeps which marks stand now, and moves the topics of the new ones. One that has
// gone was taken off by a command, which has moved them.
func (c *change) showTimeMarks(ctx context.Context) (count int, err error) {
	shown, gone, err := turnedTimeMarks(ctx, c.tx, c.now)
	if err != nil {
		return 0, err
	}
	for _, m := range gone {
		_, err := c.exec(ctx, `DELETE FROM time_mark WHERE kind = $1 AND subject_id = $2`,
			m.kind, m.id)
		if err != nil {
			return 0, fmt.Errorf("take the mark %s off %d: %w", m.kind, m.id, err)
		}
	}
	for _, m := range shown {
		first, err := c.exec(ctx, `INSERT INTO time_mark (kind, subject_id) VALUES ($1, $2)
			ON CONFLICT DO NOTHING`, m.kind, m.id)
		if err != nil {
			return 0, fmt.Errorf("put the mark %s on %d: %w", m.kind, m.id, err)
		}
		if first > 0 {
			c.touch(m)
			count++
		}
	}
	return count, nil
}

// turnedTimeMarks are the marks that stand now and were not seen yet, and those that were and no
// longer stand.
func turnedTimeMarks(ctx context.Context, q *sql.Tx, now time.Time) (
	shown, gone []timeMark, err error) {
	rows, err := q.QueryContext(ctx, `SELECT kind, subject_id FROM time_mark`)
	seen := map[timeMark]bool{} // without their wards
	err = eachRow(rows, err, func(row scanner) error {
		var m timeMark
		err := row.Scan(&m.kind, &m.id)
		seen[m] = true
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read which marks were seen: %w", err)
	}
	stand, err := timeMarks(ctx, q, now)
	if err != nil {
		return nil, nil, fmt.Errorf("read what is late: %w", err)
	}
	for _, m := range stand {
		key := timeMark{kind: m.kind, id: m.id}
		if !seen[key] {
			shown = append(shown, m)
		}
		delete(seen, key)
	}
	for m := range seen {
		gone = append(gone, m)
	}
	return shown, gone, nil
}

// timeMarks are all that stand now. Who is on leave is not overdue to leave, and a newborn with its
// mother waits for no bed and is on no board. A reservation that has run out needs no mark: the bed
// is released by a command.
func timeMarks(ctx context.Context, q *sql.Tx, now time.Time) ([]timeMark, error) {
	rows, err := q.QueryContext(ctx, `SELECT 'cleaning', id, ward_id FROM bed
			WHERE status = 'cleaning'
			AND (status_since <= $3 OR cleaning_stat AND status_since <= $2)
		UNION ALL SELECT 'overdue', admission.id, bed.ward_id
			FROM admission LEFT JOIN bed ON bed.id = admission.bed_id
			WHERE discharged_at IS NULL AND discharge_planned AND expected_discharge <= $1
			AND leave_since IS NULL
		UNION ALL SELECT 'long_wait', id, NULL FROM admission
			WHERE discharged_at IS NULL AND bed_id IS NULL AND NOT with_mother
			AND admitted_at <= $4
		UNION ALL SELECT 'fasting_ahead', admission.id, bed.ward_id
			FROM admission JOIN bed ON bed.id = admission.bed_id
			WHERE discharged_at IS NULL AND nil_by_mouth_from > $1 AND nil_by_mouth_from < $5
			AND NOT with_mother
		UNION ALL SELECT 'restocked', id, NULL FROM dish WHERE sold_out_until <= $1`,
		instant(now), instant(now.Add(-CleanStatWithin)), instant(now.Add(-CleanWithin)),
		instant(now.Add(-LongWait)), instant(now.Add(FastingAhead)))
	return collect(rows, err, func(row scanner) (m timeMark, err error) {
		err = row.Scan(&m.kind, &m.id, (*reference)(&m.wardID))
		return m, err
	})
}
