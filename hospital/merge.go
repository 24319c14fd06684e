package hospital

import (
	"context"
	"database/sql"
	"slices"
	"time"
)

// This file makes two records of one person into one, and takes that back. The admissions and the
// customers of the one move to the other, and the beds that are kept for it; which ones is kept, so
// that they can go back. Of the allergies the one that goes keeps what it had, and patient_merge
// what the other had. The audit is never changed: who reads it asks for both records.

// UnmergeWithin is how long a merge can be taken back.
const UnmergeWithin = 30 * 24 * time.Hour

// MergeCommand is what MergePatients needs.
type MergeCommand struct {
	Into        int64  // the record that stays
	IntoNumber  string // the patient's number of that record, where its id is not said
	Reason      string
	AdmissionID int64 // an admission of the one that goes; 0 where they did not say
	Version     int64 // of the record that goes, as the person saw it; 0 where they did not say
	IntoVersion int64 // of the record that stays; likewise
}

// MergePatients merges a record into another one of the same person, with everything it has, and
// returns that one. Invalid without a reason or for a record into itself; NotFound where there is
// none; Conflict where both are admitted, one died and the other is admitted, one was merged
// already, or the record has another version.
func (h *Hospital) MergePatients(ctx context.Context, actor Actor, id int64,
	cmd MergeCommand) (Record, error) {
	if err := actor.need(MergePatients); err != nil {
		return Record{}, err
	}
	cmd.Reason = tidy(cmd.Reason)
	return command(ctx, h, actor, func(ctx context.Context, c *change) (Record, error) {
		if err := c.findTarget(ctx, id, &cmd); err != nil {
			return Record{}, err
		}
		from, into, err := c.lockRecords(ctx, id, cmd)
		if err == nil {
			err = c.merge(ctx, from, into, cmd.Reason)
		}
		if err != nil {
			return Record{}, err
		}
		return c.shownRecord(ctx, into.ID)
	})
}

// MergeTarget returns who the record is into which a merge would go, for somebody to look at before
// they merge, and changes nothing. Errors as for MergePatients.
func (h *Hospital) MergeTarget(ctx context.Context, actor Actor, id int64,
	cmd MergeCommand) (Record, error) {
	cmd.Reason = tidy(cmd.Reason)
	return readAs(ctx, h, actor, MergePatients,
		func(ctx context.Context, q *sql.Tx) (into Record, err error) {
			reader := &change{tx: q, actor: actor, now: h.clock(ctx)}
			if err := reader.findTarget(ctx, id, &cmd); err != nil {
				return into, err
			}
			from, err := readIdentity(ctx, q, id)
			if err != nil {
				return into, err
			}
			if into, err = readIdentity(ctx, q, cmd.Into); IsKind(err, NotFound) {
				err = unknownTarget()
			}
			if err != nil {
				return into, err
			}
			if from.MergedInto != 0 || into.MergedInto != 0 {
				return into, patientMerged()
			}
			return into, mayMerge(from, into)
		})
}

// findTarget finds the record that a command names by its number, and returns what is wrong with
// the fields.
func (c *change) findTarget(ctx context.Context, id int64, cmd *MergeCommand) (err error) {
	if cmd.Into == 0 && cmd.IntoNumber != "" {
		if cmd.Into, err = c.ownerOf(ctx, tidy(cmd.IntoNumber)); err != nil {
			return err
		}
	}
	return cmd.check(id)
}

// unknownTarget is the refusal of a merge into a record that there is not.
func unknownTarget() error {
	return refuseField("into", "patient_unknown",
		"There is no such patient. Choose one of the list or give a name.")
}

// check returns what is wrong with the fields.
func (cmd MergeCommand) check(id int64) error {
	wrong, field := fields{}, "into"
	if cmd.IntoNumber != "" {
		field = "into_number"
	}
	switch {
	case cmd.Into == 0 && cmd.IntoNumber != "":
		wrong.refuse(field, "number_unknown", "Nobody has this number. Look it up again.")
	case cmd.Into == 0:
		wrong.refuse(field, "merge_other", "Give the number of the other record.")
	case cmd.Into == id:
		wrong.refuse(field, "merge_itself", "Choose the other record of the same person.")
	}
	if cmd.Reason == "" {
		wrong.refuse("reason", "merge_reason", "Say how you know that both are the same person.")
	}
	wrong.text("reason", cmd.Reason, LongestReason)
	return wrong.err()
}

// lockRecords locks both records, the lower id first, and returns them.
func (c *change) lockRecords(ctx context.Context, id int64, cmd MergeCommand) (
	from, into Record, err error,
) {
	for _, one := range []int64{min(id, cmd.Into), max(id, cmd.Into)} {
		if _, err := c.lock(ctx, "patient", one); err != nil {
			return from, into, err
		}
	}
	if from, err = c.lockRecord(ctx, id, precondition{cmd.AdmissionID, cmd.Version}); err != nil {
		return from, into, err
	}
	into, err = c.lockRecord(ctx, cmd.Into, precondition{version: cmd.IntoVersion})
	if IsKind(err, NotFound) {
		err = unknownTarget()
	}
	return from, into, err
}

// mayMerge returns why two records can't be one person's, or nil.
func mayMerge(from, into Record) error {
	switch {
	case from.Admitted && into.Admitted:
		return Refuse(Conflict, "both_admitted",
			"Both are admitted now, so they can't be one person. Discharge the one that is wrong first.")
	case from.Admitted && into.Died || from.Died && into.Admitted:
		return Refuse(Conflict, "merge_deceased",
			"One of them died here and the other is admitted. Look again who they are.")
	}
	return nil
}

// merge merges two locked records.
func (c *change) merge(ctx context.Context, from, into Record, reason string) error {
	if err := mayMerge(from, into); err != nil {
		return err
	}
	id, err := c.insert(ctx, `INSERT INTO patient_merge
			(patient_id, into_id, merged_at, into_allergies)
		VALUES ($1, $2, $3, (SELECT allergies FROM patient WHERE id = $2)) RETURNING id`,
		from.ID, into.ID, instant(c.now))
	if err != nil {
		return wrap(err, "merge patient %d", from.ID)
	}
	if err := c.lockKept(ctx, from.ID, into.ID); err != nil {
		return err
	}
	if err := c.run(ctx, []statement{
		{`INSERT INTO merged_row (merge_id, kind, row_id)
			SELECT CAST($1 AS BIGINT), 'admission', id FROM admission WHERE patient_id = $2
			UNION ALL SELECT CAST($1 AS BIGINT), 'bed', id FROM bed WHERE reserved_for = $2
			UNION ALL SELECT CAST($1 AS BIGINT), 'bed_assignment', id FROM bed_assignment
				WHERE found_for = $2`,
			[]any{id, from.ID}},
		{`INSERT INTO merged_row (merge_id, kind, row_id)
			SELECT CAST($1 AS BIGINT), 'customer', user_id FROM customer_patient WHERE patient_id = $2
				AND user_id NOT IN (SELECT user_id FROM customer_patient WHERE patient_id = $3)`,
			[]any{id, from.ID, into.ID}},
		{`UPDATE admission SET patient_id = $2 WHERE patient_id = $1`, []any{from.ID, into.ID}},
		{`INSERT INTO customer_link (user_id, patient_id, linked_at, admission_id)
			SELECT row_id, CAST($2 AS BIGINT), CAST($3 AS BIGINT), customer_link.admission_id
			FROM merged_row JOIN customer_link ON customer_link.user_id = row_id
				AND customer_link.patient_id = $4
			WHERE merge_id = $1 AND kind = 'customer'
			ON CONFLICT (user_id, patient_id) DO UPDATE SET admission_id = excluded.admission_id`,
			[]any{id, into.ID, instant(c.now), from.ID}},
		{`UPDATE bed SET reserved_for = $2 WHERE reserved_for = $1`, []any{from.ID, into.ID}},
		{`UPDATE bed_assignment SET found_for = $2 WHERE found_for = $1`, []any{from.ID, into.ID}},
		{`UPDATE patient SET merged_into = $2 WHERE id = $1`, []any{from.ID, into.ID}},
	}); err != nil {
		return err
	}
	if err := c.noteMerge(ctx, "patient.merge", from, into, reason); err != nil {
		return err
	}
	return c.mergeAllergies(ctx, from, into, reason)
}

// lockKept locks, in the order of all commands, the open admissions of two locked records and the
// beds that are kept for them.
func (c *change) lockKept(ctx context.Context, one, other int64) error {
	admissions, err := queryIDs(ctx, c.tx, `SELECT id FROM admission
		WHERE patient_id IN ($1, $2) AND discharged_at IS NULL ORDER BY id`, one, other)
	if err != nil {
		return wrap(err, "read whether patients %d and %d are admitted", one, other)
	}
	for _, id := range admissions {
		if _, err := c.lockWithMother(ctx, id); err != nil {
			return err
		}
	}
	beds, err := queryIDs(ctx, c.tx,
		`SELECT id FROM bed WHERE reserved_for IN ($1, $2) ORDER BY id`, one, other)
	for _, id := range beds {
		if _, err := c.lockBed(ctx, id); err != nil {
			return err
		}
	}
	return wrap(err, "read which beds are kept for patients %d and %d", one, other)
}

// statement is one of several that are run one after the other.
type statement struct {
	query string
	args  []any
}

func (c *change) run(ctx context.Context, all []statement) error {
	for _, one := range all {
		if _, err := c.exec(ctx, one.query, one.args...); err != nil {
			return wrap(err, "run %.40q", one.query)
		}
	}
	return nil
}

// noteMerge counts the change of both records, puts it into the audit and tells the screens of
// both.
func (c *change) noteMerge(ctx context.Context, action string, from, into Record,
	reason string) error {
	for _, r := range []Record{from, into} {
		_, err := c.exec(ctx, `UPDATE patient SET version = version + 1 WHERE id = $1`, r.ID)
		if err != nil {
			return wrap(err, "count the change of patient %d", r.ID)
		}
		e := entry{action: action, entity: "patient", entityID: r.ID, patientID: r.ID,
			version: r.Version + 1, from: number(from.ID), to: number(into.ID), reason: reason}
		if action == "patient.unmerge" {
			e.from, e.to = number(into.ID), number(from.ID)
		}
		c.record(e, r.Patient)
		if err := c.renamed(ctx, r.ID, "name"); err != nil {
			return err
		}
	}
	return nil
}

// UnmergePatient takes back that a record was merged into another, and returns it: what came from
// it goes back to it. NotFound where there is no such record; Conflict where it was not merged, too
// long ago, or the other was merged further since.
func (h *Hospital) UnmergePatient(ctx context.Context, actor Actor, id, version int64) (
	Record, error,
) {
	if err := actor.need(MergePatients); err != nil {
		return Record{}, err
	}
	return command(ctx, h, actor, func(ctx context.Context, c *change) (Record, error) {
		if err := c.unmerge(ctx, id, version); err != nil {
			return Record{}, err
		}
		return c.shownRecord(ctx, id)
	})
}

func (c *change) unmerge(ctx context.Context, id, version int64) error {
	from, into, err := c.lockMerged(ctx, id, version)
	if err != nil {
		return err
	}
	var merge int64
	var at time.Time
	err = c.tx.QueryRowContext(ctx, `SELECT id, merged_at FROM patient_merge
		WHERE patient_id = $1 AND undone_at IS NULL`, id).Scan(&merge, (*instant)(&at))
	if err != nil {
		return wrap(err, "read how patient %d was merged", id)
	}
	if c.now.Sub(at) > UnmergeWithin {
		return Refuse(Conflict, "merge_final",
			"The records were merged more than %d days ago. That can't be undone any more.",
			int(UnmergeWithin.Hours()/24))
	}
	if err := c.lockKept(ctx, from.ID, into.ID); err != nil {
		return err
	}
	if err := c.run(ctx, []statement{
		{`UPDATE admission SET patient_id = $2 WHERE patient_id = $3 AND id IN
			(SELECT row_id FROM merged_row WHERE merge_id = $1 AND kind = 'admission')`,
			[]any{merge, from.ID, into.ID}},
		{`DELETE FROM customer_link WHERE patient_id = $2 AND user_id IN
			(SELECT row_id FROM merged_row WHERE merge_id = $1 AND kind = 'customer')`,
			[]any{merge, into.ID}},
		// A bed that was reserved since is the other's.
		{`UPDATE bed SET reserved_for = $2 WHERE reserved_for = $3 AND status_since <= $4 AND id IN
			(SELECT row_id FROM merged_row WHERE merge_id = $1 AND kind = 'bed')`,
			[]any{merge, from.ID, into.ID, instant(at)}},
		{`UPDATE bed_assignment SET found_for = $2 WHERE found_for = $3 AND id IN
			(SELECT row_id FROM merged_row WHERE merge_id = $1 AND kind = 'bed_assignment')`,
			[]any{merge, from.ID, into.ID}},
		{`UPDATE patient_merge SET undone_at = $2 WHERE id = $1`, []any{merge, instant(c.now)}},
		{`UPDATE patient SET merged_into = NULL WHERE id = $1`, []any{from.ID}},
	}); err != nil {
		return err
	}
	if err := c.noteMerge(ctx, "patient.unmerge", from, into, ""); err != nil {
		return err
	}
	return c.unmergeAllergies(ctx, merge, from, into)
}

// mergeAllergies adds the allergies of a record that was merged to those of the other. Where that
// is new to an open admission, somebody has to confirm them.
func (c *change) mergeAllergies(ctx context.Context, from, into Record, reason string) error {
	gone, err := readAllergies(ctx, c.tx, from.ID)
	if err != nil {
		return err
	}
	stays, err := readAllergies(ctx, c.tx, into.ID)
	if err != nil {
		return err
	}
	all := stays.united(gone)
	if err := c.writeAllergies(ctx, stays, all, reason); err != nil {
		return err
	}
	known := stays
	if from.Admitted {
		known = gone
	}
	return c.askAgain(ctx, all, known.Allergies())
}

// unmergeAllergies gives both records what they had before they were merged, and what was noted of
// the two since: nobody can say whose it is, and one too many is safer than one too few.
func (c *change) unmergeAllergies(ctx context.Context, merge int64, from, into Record) error {
	gone, err := readAllergies(ctx, c.tx, from.ID)
	if err != nil {
		return err
	}
	stays, err := readAllergies(ctx, c.tx, into.ID)
	if err != nil {
		return err
	}
	before := stays
	if err := c.tx.QueryRowContext(ctx, `SELECT into_allergies FROM patient_merge WHERE id = $1`,
		merge).Scan((*notedList)(&before)); err != nil {
		return wrap(err, "read the allergies before merge %d", merge)
	}
	since := stays
	since.Noted = slices.DeleteFunc(slices.Clone(stays.Noted), func(one NotedAllergy) bool {
		return slices.Contains(before.united(gone).Noted, one)
	})
	since.Known = len(since.Noted) > 0
	for _, one := range []struct{ now, before AllergyRecord }{{stays, before}, {gone, gone}} {
		to := one.before.united(since)
		if err := c.writeAllergies(ctx, one.now, to, ""); err != nil {
			return err
		}
		if err := c.askAgain(ctx, to, stays.Allergies()); err != nil {
			return err
		}
	}
	return nil
}

// lockMerged locks a record that was merged and the one it was merged into, the lower id first.
func (c *change) lockMerged(ctx context.Context, id, version int64) (
	from, into Record, err error,
) {
	seen, err := readIdentity(ctx, c.tx, id)
	if err != nil {
		return seen, into, err
	}
	for _, one := range []int64{min(id, seen.MergedInto), max(id, seen.MergedInto)} {
		if _, err := c.lock(ctx, "patient", one); err != nil {
			return from, into, err
		}
	}
	from, err = c.lockRecord(ctx, id, precondition{version: version})
	refusal := refusalOf(err)
	switch {
	case err == nil || from.MergedInto != seen.MergedInto:
		return from, into, Refuse(Conflict, "not_merged",
			"This record is not merged into another one. Look at it again.")
	case refusal == nil || refusal.Code != "patient_merged":
		return from, into, err
	}
	into, err = readIdentity(ctx, c.tx, from.MergedInto)
	if err == nil && into.MergedInto != 0 {
		err = Refuse(Conflict, "merged_further",
			"The other record was merged into a third one since. Undo that first.")
	}
	return from, into, err
}

// shownRecord is the whole record after a command, as far as its giver may read it.
func (c *change) shownRecord(ctx context.Context, id int64) (Record, error) {
	return readRecord(ctx, c.tx, c.actor, id, c.now)
}

// recordsOf are the ids of a record and of all that were merged into it, at however many removes.
func recordsOf(ctx context.Context, q *sql.Tx, id int64) ([]int64, error) {
	all := []int64{id}
	for i := 0; i < len(all); i++ {
		merged, err := queryIDs(ctx, q, `SELECT id FROM patient WHERE merged_into = $1`, all[i])
		if err != nil {
			return nil, wrap(err, "read what was merged into patient %d", id)
		}
		all = append(all, merged...)
	}
	return all, nil
}

// mergedRecords lists which records were merged into one and can still be taken out of it.
func mergedRecords(ctx context.Context, q *sql.Tx, id int64, now time.Time) (
	[]MergedRecord, error,
) {
	rows, err := q.QueryContext(ctx, `SELECT patient.id, COALESCE(patient.number, ''),
			patient_merge.merged_at
		FROM patient JOIN patient_merge ON patient_merge.patient_id = patient.id
			AND patient_merge.undone_at IS NULL
		WHERE patient.merged_into = $1 AND patient_merge.merged_at >= $2
		ORDER BY patient_merge.merged_at`, id, instant(now.Add(-UnmergeWithin)))
	all, err := collect(rows, err, func(row scanner) (m MergedRecord, err error) {
		err = row.Scan(&m.PatientID, &m.Number, (*instant)(&m.At))
		return m, err
	})
	return all, wrap(err, "read what was merged into patient %d", id)
}
