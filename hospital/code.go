package hospital

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// One code has many spellings: what a scanner sends depends on its settings and on the keyboard
// that the tablet takes it for, and no two keyboards have the same dash. static/delivery.js reads
// codes by the same rules where there is no line.

// symbology is what many scanners put before a code: which kind of bar code it was, such as "]C1".
var symbology = regexp.MustCompile(`^\][A-Za-z][0-9A-Za-z]`)

// withoutFrame takes away the control characters that scanners send around a code. NUL is none of
// them.
func withoutFrame(code string) string {
	return strings.TrimFunc(code, func(r rune) bool {
		return r != 0 && (unicode.IsControl(r) || unicode.IsSpace(r) || r == '\ufeff')
	})
}

// foldCode is the form in which codes are compared first: in capitals, letters of full width as
// plain ones, digits of any script as 0 to 9, any dash as "-", without blanks, invisible characters
// and a scanner's prefix.
func foldCode(code string) string {
	code = symbology.ReplaceAllString(withoutFrame(norm.NFKC.String(code)), "")
	return strings.ToUpper(strings.Map(func(r rune) rune {
		switch {
		case r == '\u00ad' || r == '\u2212' || unicode.Is(unicode.Pd, r):
			return '-'
		case unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		case unicode.Is(unicode.Nd, r):
			return '0' + digitValue(r)
		}
		return r
	}, code))
}

// digitValue is the value of a decimal digit: each script has its ten in a row.
func digitValue(r rune) rune {
	value := rune(0)
	for value < 9 && unicode.Is(unicode.Nd, r-value-1) {
		value++
	}
	return value
}

// bareCode is what is left of a code without dashes and other signs, which a keyboard may swap or a
// person leave out.
func bareCode(code string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, foldCode(code))
}

// unreadable is the refusal of what is no code at all. It is no alarm: nothing was confused, and
// couriers must not get used to alarms.
func unreadable() error {
	return Refuse(Conflict, "unreadable_code",
		"That can't be read as a code. Check the scanner, or type the number by hand.")
}

// bedOf finds the one bed whose number a code is, in whatever spelling; empty where none is meant,
// or more than one may be.
func (c *change) bedOf(ctx context.Context, code string) (string, error) {
	rows, err := c.tx.QueryContext(ctx,
		`SELECT number FROM bed WHERE retired_at IS NULL ORDER BY number`)
	numbers, err := collect(rows, err, scanValue[string])
	if err != nil {
		return "", fmt.Errorf("read the numbers of the beds: %w", err)
	}
	folded, bare := foldCode(code), bareCode(code)
	var alike []string
	for _, number := range numbers {
		if foldCode(number) == folded {
			return number, nil
		}
		if bareCode(number) == bare {
			alike = append(alike, number)
		}
	}
	if len(alike) != 1 {
		return "", nil
	}
	return alike[0], nil
}
