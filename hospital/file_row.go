package hospital

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"dusangire/hospital/internal/sheet"
)

// fileRow is one line of a file while it is imported. Its readers collect what is wrong with each
// cell; where one is wrong, what they return is of no use, and nothing of the file is kept.
type fileRow struct {
	sheet.Row
	places   map[string]int // of each column that the file has
	workbook bool           // of which it is
	wrong    fields
	links    []PasswordLink // of whom the line has added
}

// LineError is what is wrong with one line of a file.
type LineError struct {
	Line   int    // the header is 1
	Field  string // the column; "" where it is the line as a whole
	Value  string // what stands there
	Reason *Error
}

// has reports whether the file has a column at all.
func (r *fileRow) has(column string) bool {
	_, found := r.places[column]
	return found
}

// cell is what stands in a column, "" where the file does not have it.
func (r *fileRow) cell(column string) string {
	place, found := r.places[column]
	if !found || place >= len(r.Cells) {
		return ""
	}
	return r.Cells[place]
}

// need reports whether some columns, by which a line is known again, are not empty, and records
// those that are.
func (r *fileRow) need(columns ...string) bool {
	full := true
	for _, column := range columns {
		if tidy(r.cell(column)) == "" {
			r.wrong.refuse(column, "key_missing", "This must not be empty: by it lines are known again.")
			full = false
		}
	}
	return full
}

// text is the text of a column, or what stands where the file does not have the column.
func (r *fileRow) text(column, stands string) string {
	if !r.has(column) {
		return stands
	}
	return tidy(r.cell(column))
}

// choice is one of some words in a column, or what stands where the file says none.
func (r *fileRow) choice(column, stands string) string {
	return cmp.Or(r.text(column, ""), stands)
}

// amount is the whole number of a column, or what stands where the file says none.
func (r *fileRow) amount(column string, stands int) int {
	cell := r.cell(column)
	if cell == "" {
		return stands
	}
	n, err := strconv.Atoi(cell)
	if err != nil {
		r.wrong.refuse(column, "not_an_amount", "Give a whole number.")
	}
	return n
}

// yes and no, as spreadsheets write them in the hospital's languages.
var (
	yes = []string{"true", "yes", "1", "vrai", "oui", "yego"}
	no  = []string{"false", "no", "0", "faux", "non", "oya"}
)

// truth is the yes or no of a column, or what stands where the file says neither.
func (r *fileRow) truth(column string, stands bool) bool {
	cell := strings.ToLower(r.cell(column))
	switch {
	case cell == "":
		return stands
	case slices.Contains(yes, cell):
		return true
	case !slices.Contains(no, cell):
		r.wrong.refuse(column, "truth", "Say true or false.")
	}
	return false
}

// listSeparator is between the parts of a list in a cell.
const listSeparator = "|"

// listIn is the list of a column, or what stands where the file does not have the column.
func listIn[T ~string](r *fileRow, column string, stands []T) []T {
	if !r.has(column) {
		return stands
	}
	var all []T
	for part := range strings.SplitSeq(r.cell(column), listSeparator) {
		if part = tidy(part); part != "" {
			all = append(all, T(part))
		}
	}
	return all
}

// day is the date of a column, zero where the file says none.
func (r *fileRow) day(column string) time.Time {
	cell := r.cell(column)
	if cell == "" {
		return time.Time{}
	}
	t, ok := r.readDay(cell)
	if !ok {
		r.wrong.refuse(column, "not_a_date", "Give a date, such as 1984-05-31.")
	}
	return t
}

// readDay reads a date, and reports whether it is one.
func (r *fileRow) readDay(cell string) (time.Time, bool) {
	if t, ok := r.serialTime(cell); ok {
		return dayOf(t), true
	}
	t, err := time.Parse(time.DateOnly, cell)
	return t, err == nil
}

// moment is the time of a column, zero where the file says none. A time without a zone is the
// hospital's own.
func (r *fileRow) moment(ctx context.Context, column string) time.Time {
	cell := r.cell(column)
	if cell == "" {
		return time.Time{}
	}
	if t, ok := r.serialTime(cell); ok {
		return SettingsOf(ctx).Typed(t)
	}
	if t, err := time.Parse(time.RFC3339, cell); err == nil {
		return t
	}
	for _, form := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05",
		"2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(form, cell); err == nil {
			return SettingsOf(ctx).Typed(t)
		}
	}
	r.wrong.refuse(column, "not_a_time", "Give a date and time, such as 2026-02-03T14:30:00Z.")
	return time.Time{}
}

// serial is a time as workbooks keep it: the days since the end of 1899, written in digits.
var serial = regexp.MustCompile(`^[1-9]\d{3,5}(\.\d+)?$`)

// year is what a bare number means that could be a year.
var year = regexp.MustCompile(`^(19|20)\d\d$`)

// serialTime is what a workbook's clock showed at a serial number of days. In a text, and where it
// could be a year, such a number is no time.
func (r *fileRow) serialTime(cell string) (time.Time, bool) {
	if !r.workbook || !serial.MatchString(cell) || year.MatchString(cell) {
		return time.Time{}, false
	}
	days, err := strconv.ParseFloat(cell, 64)
	first := time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC)
	passed := time.Duration(days * float64(24*time.Hour))
	return first.Add(passed).Round(time.Second), err == nil
}

// fault is what a spreadsheet shows in the place of a value that it could not work out.
var fault = regexp.MustCompile(`^#(REF!|N/A|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!)$`)

// imprecise is a number that a spreadsheet has rounded, or shows by its power of ten.
var imprecise = regexp.MustCompile(`^\d([.,]\d+)?E\+?\d+$`)

// checkCells records what no cell may hold, and cells beyond the last column.
func (r *fileRow) checkCells(columns []string) {
	for _, column := range columns {
		switch cell := r.cell(column); {
		case unwritable(cell):
			r.wrong.refuse(column, "characters", "Leave out characters that can't be written.")
		case fault.MatchString(cell):
			r.wrong.refuse(column, "cell_fault",
				"The spreadsheet could not work this out. Mend it there, and save the file again.")
		case imprecise.MatchString(cell):
			r.wrong.refuse(column, "cell_rounded",
				"The spreadsheet has rounded this number. Format the cell as text, and type it again.")
		}
	}
}
