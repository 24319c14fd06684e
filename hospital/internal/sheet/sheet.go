// Package sheet reads and writes tables as spreadsheets keep them: a header of names and a row a
// line. It reads CSV with any of the usual separators and encodings, and .xlsx, and says which it
// took a file for. It writes CSV alone.
//
// A file is never in memory whole, and every row is short, or it is refused.
package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// File is what a table is read from.
type File interface {
	io.ReaderAt
	Size() int64
}

// Format is what a file was taken for.
type Format struct {
	Type      string // "csv" or "xlsx"
	Encoding  string // of CSV: "UTF-8", "UTF-16" or "Windows-1252"
	Delimiter string // of CSV: ",", ";" or a tab
	// Epoch is the day 0 of a workbook's dates, which are numbers of days; zero of CSV.
	Epoch time.Time
}

// Spooled is a file in the system's temporary folder.
type Spooled struct {
	*os.File
	size int64
}

// Size is how many bytes it has.
func (s *Spooled) Size() int64 { return s.size }

// Close removes the file.
func (s *Spooled) Close() error {
	return errors.Join(s.File.Close(), os.Remove(s.Name()))
}

// Spool keeps what r has in a file, to be closed. ErrTooLarge where that is more than most bytes.
func Spool(r io.Reader, most int64) (*Spooled, error) {
	file, err := os.CreateTemp("", "dusangire-")
	if err != nil {
		return nil, err
	}
	s := &Spooled{File: file}
	s.size, err = io.Copy(file, io.LimitReader(r, most+1))
	if err == nil && s.size > most {
		err = ErrTooLarge
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Row is one line of a table.
type Row struct {
	Line  int // from 1, as a spreadsheet and an editor count
	Cells []string
}

// empty reports whether the row says nothing.
func (r Row) empty() bool {
	for _, cell := range r.Cells {
		if cell != "" {
			return false
		}
	}
	return true
}

// LongestRow is the most bytes of a row. No row that means anything is near.
const LongestRow = 64 << 10

// What is wrong with a file, or with a line of it.
var (
	// ErrNoTable is a file that is neither text nor .xlsx.
	ErrNoTable = errors.New("neither text nor .xlsx")
	// ErrOldWorkbook is a workbook of the time before .xlsx, or one with a password.
	ErrOldWorkbook = errors.New("a workbook older than .xlsx or with a password")
	// ErrTooLarge is a file of more bytes than it may have, or that unpacks to more.
	ErrTooLarge = errors.New("larger than a file may be")
	// ErrTooLong is a row of more than LongestRow bytes.
	ErrTooLong = errors.New("a row is too long")
	// ErrQuotes is a row whose quotation marks don't come in pairs.
	ErrQuotes = errors.New("quotation marks don't come in pairs")
)

// LineError is what is wrong with one line.
type LineError struct {
	Line int
	Err  error
}

// Error says where and what.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns what is wrong.
func (e *LineError) Unwrap() error { return e.Err }

// Reader reads the rows of a file one after the other.
type Reader struct {
	Format Format
	rows   source
}

// source is a kind of file.
type source interface {
	// next returns the next row, io.EOF after the last, or a LineError. After a LineError it goes on
	// behind the line where that is possible, else it is at the end.
	next() (Row, error)
	close() error
}

// How files begin that are no text.
const (
	zipMagic = "PK\x03\x04"
	oleMagic = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"
)

// Open recognises a file and returns its reader, to be closed. Of a text the separator is the one
// with which most names of its first line are known.
func Open(file File, known func(name string) bool) (*Reader, error) {
	head := make([]byte, len(oleMagic))
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	r := &Reader{}
	switch head = head[:n]; {
	case bytes.HasPrefix(head, []byte(oleMagic)):
		return nil, ErrOldWorkbook
	case bytes.HasPrefix(head, []byte(zipMagic)):
		r.Format.Type = "xlsx"
		r.rows, r.Format.Epoch, err = openWorkbook(file)
	default:
		r.rows, r.Format, err = openText(file, known)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// Read returns the next row that says something, its cells without the spaces around them. The
// error is io.EOF after the last row, and a LineError for one that can't be read: then the next
// call goes on behind it.
func (r *Reader) Read() (Row, error) {
	for {
		row, err := r.rows.next()
		if err != nil {
			return row, err
		}
		for i, cell := range row.Cells {
			row.Cells[i] = armed(strings.TrimSpace(cell))
		}
		if !row.empty() {
			return row, nil
		}
	}
}

// Close lets go of what the reader holds.
func (r *Reader) Close() error { return r.rows.close() }
