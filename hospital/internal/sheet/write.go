package sheet

import (
	"encoding/csv"
	"io"
)

// Writer writes a table as CSV of RFC 4180 in UTF-8. No cell of it is a formula.
type Writer struct{ csv *csv.Writer }

// NewWriter returns a writer, to be flushed.
func NewWriter(to io.Writer) *Writer {
	w := csv.NewWriter(to)
	w.UseCRLF = true
	return &Writer{w}
}

// Write writes a row.
func (w *Writer) Write(cells ...string) error {
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = defused(cell)
	}
	return w.csv.Write(row)
}

// Flush writes what is held back.
func (w *Writer) Flush() error {
	w.csv.Flush()
	return w.csv.Error()
}
