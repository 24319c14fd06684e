package hospital

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"dusangire/hospital/internal/sheet"
)

// ImportCommand is what Import needs.
type ImportCommand struct {
	Kind   FileKind
	File   File
	DryRun bool // find out what would become of it, and change nothing
	// Progress is told each time how many lines were looked at; may be nil.
	Progress func(lines int)
}

// Imported is what became of a file, or would become of it.
type Imported struct {
	Kind   FileKind
	Format FileFormat // what the file was taken for
	Rows   int        // that say something, without the header
	// How many things were added, changed, and left because they were so already. With Errors
	// nothing was done.
	Added, Changed, Unchanged int
	Errors                    []LineError // by line, at most MostLineErrors
	// Links are for those whose accounts were added, to set their passwords with.
	Links []PasswordLink
}

// Limits of a file that is imported.
const (
	MostLineErrors = 1000
	MostFileRows   = 250_000
)

// progressEvery is after how many lines Progress is told.
const progressEvery = 1000

// errNotKept rolls an import back.
var errNotKept = errors.New("the import is not kept")

// Import does what a file says, line by line by the commands that people give too, in one
// transaction: all of it or, where a line is wrong or for a dry run, nothing. What is wrong is in
// Errors, every line of it. Things are known by their natural keys, so that the same file again
// changes nothing. What the file does not name stays; so do fields whose column it does not have.
// Forbidden without the kind's permission.
func (h *Hospital) Import(ctx context.Context, actor Actor, cmd ImportCommand) (Imported, error) {
	layout, found := layouts()[cmd.Kind]
	if !found {
		return Imported{}, unknownFileKind()
	}
	if err := actor.need(layout.permission); err != nil {
		return Imported{}, err
	}
	in := &importing{h: h, actor: actor, layout: layout, cmd: cmd, keys: map[string]int{},
		Imported: Imported{Kind: cmd.Kind}}
	if err := in.open(); err != nil || in.reader == nil {
		return in.Imported, err
	}
	defer in.reader.Close() // nothing was written to it
	if len(in.Errors) > 0 {
		return in.Imported, nil
	}
	err := h.InTransaction(ctx, func(ctx context.Context) error {
		if err := in.takeAll(ctx); err != nil {
			return err
		}
		if len(in.Errors) == 0 && layout.finish != nil {
			if err := layout.finish(ctx, h, actor, in.count); err != nil {
				return err
			}
		}
		if cmd.DryRun || len(in.Errors) > 0 {
			return errNotKept
		}
		return nil
	})
	if errors.Is(err, errNotKept) {
		in.Links, err = nil, nil
	}
	if err == nil && !cmd.DryRun && in.Added+in.Changed > progressEvery {
		err = h.Analyze(ctx)
	}
	return in.Imported, err
}

// unknownFileKind is the refusal of a kind that there is not.
func unknownFileKind() error {
	return Refuse(NotFound, "file_kind_unknown", "There is no such kind of file.")
}

// importing is an import under way.
type importing struct {
	Imported
	h      *Hospital
	actor  Actor
	layout layout
	cmd    ImportCommand
	reader *sheet.Reader
	places map[string]int // of the file's columns
	keys   map[string]int // the line of each natural key
}

// open recognises the file and reads its header. A file that can't be read has no reader then.
func (in *importing) open() (err error) {
	known := func(name string) bool { return slices.Contains(in.layout.columns, columnName(name)) }
	reader, err := sheet.Open(in.cmd.File, known)
	if err != nil {
		return in.skip(err)
	}
	in.Format = reader.Format
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		err = Refuse(Invalid, "file_empty", "The file is empty. Its first line must name its columns.")
	}
	if err != nil {
		return errors.Join(in.skip(err), reader.Close())
	}
	in.reader = reader
	in.readHeader(header)
	return nil
}

// unreadableFile is the refusal of a file, or of a line of it, that can't be read; nil where
// something else has failed.
func unreadableFile(err error) *Error {
	refusal := refusalOf(err)
	switch {
	case refusal != nil:
	case errors.Is(err, sheet.ErrNoTable):
		refusal = Refuse(Invalid, "file_no_table",
			"This file can't be read. Save it as CSV or as .xlsx, and take that.")
	case errors.Is(err, sheet.ErrOldWorkbook):
		refusal = Refuse(Invalid, "file_old_workbook", "This is an old workbook, or one with a "+
			"password. Save it as CSV or as .xlsx without a password, and take that.")
	case errors.Is(err, sheet.ErrTooLarge):
		refusal = Refuse(Invalid, "file_too_large",
			"This file is too large. Take several files, of at most %d MB each.", MostFileBytes>>20)
	case errors.Is(err, sheet.ErrTooLong):
		refusal = Refuse(Invalid, "line_too_long",
			"This line is too long. Look whether a quotation mark is missing before its end.")
	case errors.Is(err, sheet.ErrQuotes):
		refusal = Refuse(Invalid, "line_quotes", "The quotation marks of this line don't come in "+
			"pairs. Double a mark that belongs to the text.")
	}
	return refusal
}

// columnName is the name of a column as a header writes it.
func columnName(name string) string { return strings.ToLower(tidy(name)) }

// readHeader finds where each column stands, and what is wrong with the header.
func (in *importing) readHeader(header sheet.Row) {
	in.places = map[string]int{}
	refuse := func(name string, reason *Error) {
		in.Errors = append(in.Errors, LineError{header.Line, columnName(name), name, reason})
	}
	for i, name := range header.Cells {
		column := columnName(name)
		_, twice := in.places[column]
		switch {
		case name == "":
			continue // of no column, as long as nothing stands below
		case twice:
			refuse(name, Refuse(Invalid, "column_twice", "This column is there twice."))
		case !slices.Contains(in.layout.columns, column):
			refuse(name, Refuse(Invalid, "column_unknown", "There is no such column here. It can be: %s.",
				strings.Join(in.layout.columns, ", ")))
		}
		in.places[column] = i
	}
	for _, column := range in.layout.columns[:in.layout.key] {
		if _, found := in.places[column]; !found {
			refuse(column, Refuse(Invalid, "column_missing", "This column is needed: by it lines are "+
				"known again."))
		}
	}
}

// takeAll does what all lines say, and goes on after those that are wrong.
func (in *importing) takeAll(ctx context.Context) error {
	for len(in.Errors) < MostLineErrors {
		row, err := in.reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		in.Rows++
		if in.cmd.Progress != nil && in.Rows%progressEvery == 0 {
			in.cmd.Progress(in.Rows)
		}
		if in.Rows > MostFileRows {
			in.refuse(LineError{row.Line, "", "", Refuse(Invalid, "file_too_many",
				"A file has at most %d lines. Take several files.", MostFileRows)})
			return nil
		}
		if err == nil {
			err = in.take(ctx, row)
		} else {
			err = in.skip(err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// skip notes a line that can't be read; what is wrong with the file as a whole stands at the first.
func (in *importing) skip(err error) error {
	refusal := unreadableFile(err)
	if refusal == nil {
		return wrap(err, "read a file of %s", in.cmd.Kind)
	}
	line := 1
	if wrong, ok := errors.AsType[*sheet.LineError](err); ok {
		line = wrong.Line
	}
	in.refuse(LineError{line, "", "", refusal})
	return nil
}

// take does what a line says, or notes what is wrong with it. Then nothing of the file stays.
func (in *importing) take(ctx context.Context, read sheet.Row) error {
	row := &fileRow{Row: read, places: in.places, wrong: fields{},
		workbook: in.Format.Type == "xlsx"}
	row.checkCells(in.layout.columns)
	in.checkWidth(row)
	in.checkKey(row)
	outcome, err := in.layout.take(ctx, in.h, in.actor, row)
	if err == nil {
		err = row.wrong.err()
	}
	if err != nil {
		return in.note(row, err)
	}
	in.count(outcome, 1)
	in.Links = append(in.Links, row.links...)
	return nil
}

func (in *importing) count(became fileOutcome, lines int) {
	switch became {
	case lineAdded:
		in.Added += lines
	case lineChanged:
		in.Changed += lines
	case lineUnchanged:
		in.Unchanged += lines
	case lineGathered:
	}
}

// checkWidth records what stands in a line under no column, and that a line of CSV is too short:
// then its cells are not those of the header.
func (in *importing) checkWidth(row *fileRow) {
	named := make([]bool, len(row.Cells))
	columns := 0
	for _, place := range in.places {
		columns = max(columns, place+1)
		if place < len(named) {
			named[place] = true
		}
	}
	for place, cell := range row.Cells {
		if cell != "" && !named[place] {
			row.wrong.refuse("", "line_wide",
				"This line has more cells than the first line has columns.")
		}
	}
	if len(row.Cells) < columns && in.Format.Type == "csv" {
		row.wrong.refuse("", "line_short",
			"This line has %d cells, and the first line has %d columns.", len(row.Cells), columns)
	}
}

// checkKey records that a line has no natural key, or that of an earlier line.
func (in *importing) checkKey(row *fileRow) {
	columns := in.layout.columns[:in.layout.key]
	if !row.need(columns[:cmp.Or(in.layout.filled, len(columns))]...) {
		return
	}
	key := make([]string, len(columns))
	for i, column := range columns {
		key[i] = tidy(row.cell(column))
	}
	whole := strings.Join(key, "\x00")
	if earlier, found := in.keys[whole]; found {
		row.wrong.refuse(columns[len(columns)-1], "line_twice", "The same stands in line %d.", earlier)
		return
	}
	in.keys[whole] = row.Line
}

// note keeps what is wrong with a line, in the order of its columns, or returns what failed where
// that is no refusal.
func (in *importing) note(row *fileRow, failed error) error {
	refusal := refusalOf(failed)
	if refusal == nil || refusal.Kind == Unavailable {
		return fmt.Errorf("import line %d of %s: %w", row.Line, in.cmd.Kind, failed)
	}
	for field, reason := range refusal.Fields {
		column := field
		if known, found := in.layout.fields[field]; found {
			column = known
		}
		if _, found := row.wrong[column]; !found {
			row.wrong[column] = reason
		}
	}
	if len(refusal.Fields) == 0 && len(row.wrong) == 0 {
		row.wrong[in.layout.columns[0]] = refusal
	}
	for _, column := range append([]string{""}, in.layout.columns...) {
		if reason, found := row.wrong[column]; found {
			in.refuse(LineError{row.Line, column, row.cell(column), reason})
			delete(row.wrong, column)
		}
	}
	for column, reason := range row.wrong { // of what is no column, such as an idempotency key
		in.refuse(LineError{row.Line, column, "", reason})
	}
	return nil
}

func (in *importing) refuse(wrong LineError) {
	if len(in.Errors) < MostLineErrors {
		in.Errors = append(in.Errors, wrong)
	}
}
