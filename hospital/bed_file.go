package hospital

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
)

// bedLayout is a file of beds. Those that are retired are in none.
var bedLayout = layout{
	permission: SetUpWards,
	columns:    []string{"bed_number", "ward_code", "features", "staffed"}, key: 1,
	fields: map[string]string{"numbers": "bed_number", "ward_id": "ward_code"},
	take:   takeBed, list: listBeds,
}

// takeBed adds the bed of a line, or changes it.
func takeBed(ctx context.Context, h *Hospital, actor Actor, r *fileRow) (fileOutcome, error) {
	number := tidy(r.cell("bed_number"))
	bed, err := bedInFile(ctx, h, number)
	if err != nil {
		return lineUnchanged, err
	}
	wardID := bed.WardID
	if r.has("ward_code") || bed.ID == 0 {
		if wardID, err = wardOfBed(ctx, h, r); err != nil {
			return lineUnchanged, err
		}
	}
	features := listIn(r, "features", bed.Features.List())
	cmd := SetBedCommand{WardID: &wardID, Features: &features,
		Staffed: new(r.truth("staffed", bed.ID == 0 || bed.Staffed))}
	wrong := fields{}
	wrong.bedNumber("bed_number", number)
	if err := mergeFields(wrong, cmd.check()); err != nil || wardID == 0 {
		return lineUnchanged, err
	}
	if bed.ID != 0 {
		after, err := h.SetBed(ctx, actor, bed.ID, cmd)
		return changedIf(after.Version != bed.Version), err
	}
	added, err := h.AddBeds(ctx, actor, wardID, AddBedsCommand{Numbers: []string{number}})
	if err == nil {
		_, err = h.SetBed(ctx, actor, added[0].ID, cmd)
	}
	return lineAdded, err
}

// wardOfBed is the ward that a line names, 0 where it is wrong.
func wardOfBed(ctx context.Context, h *Hospital, r *fileRow) (int64, error) {
	code := tidy(r.cell("ward_code"))
	ward, err := wardInFile(ctx, h, code)
	if err == nil && ward.ID == 0 {
		r.wrong.refuse("ward_code", "ward_code_unknown", "There is no ward %s. Take in the wards first.",
			code)
	}
	return ward.ID, err
}

// bedInFile is the bed with a number, the zero Bed where there is none.
func bedInFile(ctx context.Context, h *Hospital, number string) (Bed, error) {
	return readValue(ctx, h, func(ctx context.Context, q *sql.Tx) (bed Bed, err error) {
		rows, err := q.QueryContext(ctx,
			selectBed+` WHERE bed.number = $1 AND bed.retired_at IS NULL`, number)
		err = eachRow(rows, err, func(row scanner) error { return row.Scan(bed.columns()...) })
		return bed, wrap(err, "find a bed")
	})
}

// listBeds writes the beds by number.
func listBeds(ctx context.Context, _ *Hospital, q *sql.Tx,
	write func(cells ...string) error) error {
	wards, err := allWards(ctx, q)
	if err != nil {
		return wrap(err, "read the wards")
	}
	codeOf := func(id int64) string {
		return wards[slices.IndexFunc(wards, func(w Ward) bool { return w.ID == id })].Code
	}
	rows, err := q.QueryContext(ctx, selectBed+` WHERE bed.retired_at IS NULL`)
	beds, err := collect(rows, err, func(row scanner) (bed Bed, err error) {
		return bed, row.Scan(bed.columns()...)
	})
	if err != nil {
		return wrap(err, "read the beds")
	}
	return inOrderOf(beds, func(b Bed) string { return b.Number }, write, func(b Bed) []string {
		return []string{b.Number, codeOf(b.WardID), listCell(b.Features.List()),
			strconv.FormatBool(b.Staffed)}
	})
}
