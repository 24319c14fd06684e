package sheet

import "strings"

// A spreadsheet takes a cell that begins like a formula for one, and may run it. Such a cell is
// written behind an apostrophe, and so is one that begins with apostrophes and then like a formula,
// so that each text comes back as it was.

// formulas are the characters with which a formula begins, also in the width of East Asian letters.
const formulas = "=+-@\t\r\n＝＋－＠"

const apostrophe = "'"

// defused is a text as it is written.
func defused(cell string) string {
	if looksLikeFormula(strings.TrimLeft(cell, apostrophe)) {
		return apostrophe + cell
	}
	return cell
}

// armed is the text that was written as cell.
func armed(cell string) string {
	rest, quoted := strings.CutPrefix(cell, apostrophe)
	if quoted && looksLikeFormula(strings.TrimLeft(rest, apostrophe)) {
		return rest
	}
	return cell
}

func looksLikeFormula(cell string) bool {
	first, _ := firstRune(cell)
	return first != "" && strings.Contains(formulas, first)
}

// firstRune is the first character of a text, "" where there is none.
func firstRune(text string) (first, rest string) {
	for i := range text {
		if i > 0 {
			return text[:i], text[i:]
		}
	}
	return text, ""
}
