package sheet

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// table is a text whose cells are separated by one character.
type table struct {
	csv    *csv.Reader
	budget *budget
	last   int  // the line of the last row
	broken bool // where rows begin is not known any more
}

// separators are those that spreadsheets write, the standard one first.
const separators = ",;\t"

// openText recognises the encoding and the separator of a text.
func openText(file File, known func(string) bool) (*table, Format, error) {
	code, name, err := recognise(file)
	if err != nil {
		return nil, Format{}, err
	}
	open := func() *budget {
		whole := io.NewSectionReader(file, 0, file.Size())
		return &budget{from: transform.NewReader(whole, code.NewDecoder()), left: 2 * LongestRow}
	}
	header, err := bufio.NewReader(open()).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, Format{}, &LineError{1, ErrTooLong}
	}
	separator := separatorOf(header, known)
	t := &table{budget: open()}
	t.csv = csv.NewReader(t.budget)
	t.csv.Comma, t.csv.FieldsPerRecord = separator, -1
	return t, Format{Type: "csv", Encoding: name, Delimiter: string(separator)}, nil
}

// separatorOf is the separator with which most names of a header are known, the first of several.
func separatorOf(header string, known func(string) bool) (best rune) {
	most := -1
	for _, separator := range separators {
		r := csv.NewReader(strings.NewReader(header))
		r.Comma = separator
		names, _ := r.Read() // what can't be read so has no names
		found := 0
		for _, name := range names {
			if known(name) {
				found++
			}
		}
		if found > most {
			best, most = separator, found
		}
	}
	return best
}

func (t *table) next() (Row, error) {
	if t.broken {
		return Row{}, io.EOF
	}
	t.budget.left = 2 * LongestRow // with what is read ahead
	cells, err := t.csv.Read()
	if err == nil {
		t.last, _ = t.csv.FieldPos(0)
		return Row{t.last, cells}, nil
	}
	if errors.Is(err, errBudget) {
		t.broken = true
		return Row{}, &LineError{t.last + 1, ErrTooLong}
	}
	if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
		// Behind a mark that nothing closes, or that stands within a cell, rows begin anywhere.
		t.broken = !errors.Is(wrong.Err, csv.ErrBareQuote)
		return Row{}, &LineError{wrong.StartLine, ErrQuotes}
	}
	return Row{}, err
}

func (t *table) close() error { return nil }

// budget reads no more than it is given between two rows, so that no row fills the memory.
type budget struct {
	from io.Reader
	left int
}

var errBudget = errors.New("more than a row")

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errBudget
	}
	n, err := b.from.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// How text begins that says itself how it is written.
const (
	utf8Mark   = "\xEF\xBB\xBF"
	utf16LE    = "\xFF\xFE"
	utf16BE    = "\xFE\xFF"
	sampleSize = 4 << 10 // by which text is judged that does not say how it is written
)

// recognise tells in which encoding a text is written. It reads it once to its end: the first
// accent may stand there.
func recognise(file File) (encoding.Encoding, string, error) {
	sample := make([]byte, sampleSize)
	n, err := file.ReadAt(sample, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", err
	}
	head := string(sample[:n])
	utf16 := func(order unicode.Endianness) (encoding.Encoding, string, error) {
		return unicode.UTF16(order, unicode.UseBOM), "UTF-16", nil
	}
	switch even, odd := zeros(head, 0), zeros(head, 1); {
	case strings.HasPrefix(head, utf8Mark):
		return unicode.UTF8BOM, "UTF-8", nil
	case strings.HasPrefix(head, utf16LE), odd > n/8 && even < odd/8:
		return utf16(unicode.LittleEndian)
	case strings.HasPrefix(head, utf16BE), even > n/8 && odd < even/8:
		return utf16(unicode.BigEndian)
	case even+odd > 0:
		return nil, "", ErrNoTable
	}
	wide, broken, err := countUTF8(io.NewSectionReader(file, 0, file.Size()))
	switch {
	case err != nil:
		return nil, "", err
	case broken > wide:
		return charmap.Windows1252, "Windows-1252", nil
	}
	return unicode.UTF8BOM, "UTF-8", nil // a few broken characters are refused where they stand
}

// zeros counts the zero bytes of a text at its even or odd places.
func zeros(text string, from int) (count int) {
	for i := from; i < len(text); i += 2 {
		if text[i] == 0 {
			count++
		}
	}
	return count
}

// countUTF8 counts the characters of several bytes in a text, and what would be none.
func countUTF8(text io.Reader) (wide, broken int, err error) {
	for r := bufio.NewReaderSize(text, 64<<10); ; {
		char, size, err := r.ReadRune()
		switch {
		case errors.Is(err, io.EOF):
			return wide, broken, nil
		case err != nil:
			return wide, broken, err
		case char == utf8.RuneError && size == 1:
			broken++
		case size > 1:
			wide++
		}
	}
}
