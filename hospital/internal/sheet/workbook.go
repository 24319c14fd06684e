package sheet

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// workbook is the first sheet of an .xlsx file.
type workbook struct {
	file *excelize.File
	rows *excelize.Rows
	line int
	// broken: nothing can be read any more.
	broken bool
}

// What an .xlsx file may unpack to, in bytes. Tables and texts beyond keptInMemory are unpacked to
// a temporary file and read from there.
const (
	mostUnpacked = 384 << 20 // some 300,000 rows of patients
	mostOfRest   = 8 << 20   // styles, settings, pictures: what is no table
	keptInMemory = 1 << 20
	mostTexts    = 1 << 20 // of which the library keeps in memory where each stands
	// longestElement is a row of as many empty cells with a style as a sheet is wide.
	longestElement = 1 << 20
)

// openWorkbook looks over an .xlsx file before it lets the library unpack it: what it unpacks to
// is no more than it may be, and so is each row, whatever the file says of itself.
func openWorkbook(file File) (*workbook, time.Time, error) {
	parts, err := zip.NewReader(file, file.Size())
	if err != nil {
		return nil, time.Time{}, ErrNoTable
	}
	if err := checkParts(parts); err != nil {
		return nil, time.Time{}, err
	}
	book, err := unpack(file)
	if err != nil {
		return nil, time.Time{}, ErrNoTable
	}
	w := &workbook{file: book}
	sheets := book.GetSheetList()
	if len(sheets) > 0 {
		w.rows, err = book.Rows(sheets[0])
	}
	if err != nil || w.rows == nil {
		return nil, time.Time{}, errors.Join(ErrNoTable, book.Close())
	}
	return w, epoch(book), nil
}

// epoch is the day from which a workbook counts: the end of 1899, or, as it once was on the
// Macintosh, the beginning of 1904.
func epoch(book *excelize.File) time.Time {
	props, err := book.GetWorkbookProps()
	if err == nil && props.Date1904 != nil && *props.Date1904 {
		return time.Date(1904, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC)
}

// unpack opens a workbook. One that has a name is not read into memory.
func unpack(file File) (*excelize.File, error) {
	options := excelize.Options{RawCellValue: true, UnzipSizeLimit: mostUnpacked + mostOfRest,
		UnzipXMLSizeLimit: keptInMemory}
	if named, ok := file.(interface{ Name() string }); ok {
		return excelize.OpenFile(named.Name(), options)
	}
	return excelize.OpenReader(io.NewSectionReader(file, 0, file.Size()), options)
}

func (w *workbook) next() (Row, error) {
	if w.broken {
		return Row{}, io.EOF
	}
	if !w.rows.Next() {
		w.broken = true
		if w.rows.Error() != nil {
			return Row{}, ErrNoTable
		}
		return Row{}, io.EOF
	}
	w.line++
	cells, err := w.rows.Columns()
	if err != nil {
		return Row{}, &LineError{w.line, ErrNoTable}
	}
	return Row{w.line, cells}, nil
}

func (w *workbook) close() error { return errors.Join(w.rows.Close(), w.file.Close()) }

// checkParts unpacks every part of a workbook, keeps none of it, and refuses what is too large, and
// tables that break off: the library would take what stands before for the whole.
func checkParts(parts *zip.Reader) error {
	tables, rest := int64(mostUnpacked), int64(mostOfRest)
	for _, part := range parts.File {
		left := &rest
		if isTable(part.Name) {
			left = &tables
		}
		// #nosec G115 -- no part unpacks to more than is left
		if part.UncompressedSize64 > uint64(*left) {
			return ErrTooLarge // as it says itself
		}
		unpacked, err := checkPart(part, *left)
		if err == nil && left == &tables {
			err = checkTable(part)
		}
		if err != nil {
			return err
		}
		*left -= unpacked
	}
	return nil
}

// checkTable reads a part to its end as XML. Its rows must follow one another.
func checkTable(part *zip.File) error {
	r, err := part.Open()
	if err != nil {
		return ErrNoTable
	}
	defer r.Close() // it was only read
	decoder := xml.NewDecoder(r)
	decoder.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil }
	row, texts := 0, 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return ErrNoTable
		}
		start, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case start.Name.Local == "row":
			next := rowNumber(start, row+1)
			if next <= row {
				return ErrNoTable
			}
			row = next
		case start.Name.Local == "si":
			if texts++; texts > mostTexts {
				return ErrTooLarge
			}
		}
	}
}

// rowNumber is the number that a row says it has, next where it says none, 0 where it is none.
func rowNumber(row xml.StartElement, next int) int {
	for _, attribute := range row.Attr {
		if attribute.Name.Local == "r" {
			next, _ = strconv.Atoi(attribute.Value) // what is no number is no row
		}
	}
	return next
}

// isTable reports whether a part has rows or the texts of their cells.
func isTable(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "xl/worksheets/sheet") || name == "xl/sharedstrings.xml"
}

// checkPart unpacks a part, and counts it and its rows.
func checkPart(part *zip.File, most int64) (unpacked int64, err error) {
	r, err := part.Open()
	if err != nil {
		return 0, ErrNoTable
	}
	defer r.Close() // what matters of it was read
	rows := bufio.NewScanner(io.LimitReader(r, most+1))
	rows.Buffer(nil, longestElement)
	if !isTable(part.Name) {
		unpacked, err = io.Copy(io.Discard, io.LimitReader(r, most+1))
		if err != nil {
			return 0, ErrNoTable
		}
	} else {
		rows.Split(splitElements)
		for rows.Scan() {
			unpacked += int64(len(rows.Bytes()))
		}
		switch err := rows.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			return 0, ErrTooLong
		case err != nil:
			return 0, ErrNoTable
		}
	}
	if unpacked > most {
		return 0, ErrTooLarge
	}
	return unpacked, nil
}

// splitElements cuts XML behind each element that is a row or the text of a cell, so that none may
// be longer than the scanner's buffer.
func splitElements(data []byte, atEnd bool) (advance int, token []byte, err error) {
	for from := 0; ; {
		open := bytes.Index(data[from:], []byte("</"))
		if open < 0 {
			break
		}
		open += from
		length := bytes.IndexByte(data[open:], '>')
		if length < 0 {
			break
		}
		end := open + length + 1
		switch name := data[open+2 : end-1]; string(name[bytes.IndexByte(name, ':')+1:]) {
		case "row", "si", "cols":
			return end, data[:end], nil
		}
		from = end
	}
	if atEnd && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}
