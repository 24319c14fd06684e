package sheet

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"
)

// workbook is the first sheet of an .xlsx file.
type workbook struct {
	file *excelize.File
	rows *excelize.Rows
	line int
}

// What an .xlsx file may unpack to, in bytes. Tables and texts beyond keptInMemory are unpacked to
// a temporary file and read from there.
const (
	mostUnpacked = 384 << 20 // some 300,000 rows of patients
	mostOfRest   = 8 << 20   // styles, settings, pictures: what is no table
	keptInMemory = 1 << 20
	// longestElement is a row of as many empty cells with a style as a sheet is wide.
	longestElement = 1 << 20
)

// openWorkbook looks over an .xlsx file before it lets the library unpack it: what it unpacks to
// is no more than it may be, and so is each row, whatever the file says of itself.
func openWorkbook(file File) (*workbook, error) {
	parts, err := zip.NewReader(file, file.Size())
	if err != nil {
		return nil, ErrNoTable
	}
	if err := checkParts(parts); err != nil {
		return nil, err
	}
	book, err := unpack(file)
	if err != nil {
		return nil, ErrNoTable
	}
	sheets := book.GetSheetList()
	if len(sheets) == 0 {
		return nil, errors.Join(ErrNoTable, book.Close())
	}
	rows, err := book.Rows(sheets[0])
	if err != nil {
		return nil, errors.Join(ErrNoTable, book.Close())
	}
	return &workbook{file: book, rows: rows}, nil
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
	if !w.rows.Next() {
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

// checkParts unpacks every part of a workbook, keeps none of it, and refuses what is too large.
func checkParts(parts *zip.Reader) error {
	tables, rest := int64(mostUnpacked), int64(mostOfRest)
	for _, part := range parts.File {
		left := &rest
		if isTable(part.Name) {
			left = &tables
		}
		unpacked, err := checkPart(part, *left)
		if err != nil {
			return err
		}
		*left -= unpacked
	}
	return nil
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
