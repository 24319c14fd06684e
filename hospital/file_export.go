package hospital

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"slices"
	"time"

	"dusangire/hospital/internal/sheet"
)

// longestExport bounds the reading of a file, in which nobody but the disk is waited for.
const longestExport = time.Minute

// Export writes everything of a kind as CSV, which Import takes back: into an empty hospital it
// makes what there is here, and another Export the same bytes. That somebody has taken patients
// with them is in the audit. Forbidden without the kind's permission. to must take what is written
// at once: the database is read meanwhile.
func (h *Hospital) Export(ctx context.Context, actor Actor, kind FileKind, to io.Writer) error {
	layout, found := layouts()[kind]
	if !found {
		return unknownFileKind()
	}
	if err := actor.need(layout.permission); err != nil {
		return err
	}
	if kind == PatientFile {
		if err := h.noteExport(ctx, actor); err != nil {
			return err
		}
	}
	file := sheet.NewWriter(to)
	if err := file.Write(layout.columns...); err != nil {
		return fmt.Errorf("write the columns of %s: %w", kind, err)
	}
	err := h.readWithin(ctx, longestExport, func(ctx context.Context, q *sql.Tx) error {
		return layout.list(ctx, h, q, file.Write)
	})
	if err != nil {
		return err
	}
	return wrap(file.Flush(), "write %s", kind)
}

// noteExport lets the audit know who has taken all patients with them.
func (h *Hospital) noteExport(ctx context.Context, actor Actor) error {
	return h.change(ctx, actor, func(_ context.Context, c *change) error {
		c.note(entry{action: "patient.export", entity: "patient"})
		return nil
	})
}

// listCell writes a list into a cell.
func listCell[T ~string](all []T) string {
	return joined(all, listSeparator, func(one T) string { return string(one) })
}

// dateCell writes a date into a cell; zero is empty.
func dateCell(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// timeCell writes a time into a cell; zero is empty.
func timeCell(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// inOrderOf sorts things by the texts that are their natural keys, as people count, and writes each
// as a line.
func inOrderOf[T any](all []T, key func(T) string, write func(cells ...string) error,
	cells func(T) []string) error {
	slices.SortFunc(all, func(a, b T) int { return compareCodes(key(a), key(b)) })
	for _, one := range all {
		if err := write(cells(one)...); err != nil {
			return fmt.Errorf("write a line: %w", err)
		}
	}
	return nil
}
