// Package spelling is how names and numbers are compared that people write in many ways: with
// accents or without, with any apostrophe, and with a typing error.
package spelling

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold is a text as it is compared by those who don't mind: in lower case, without accents.
func Fold(text string) string {
	bare := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(text))
	return norm.NFC.String(bare)
}

// apostrophes are the characters that people take for one. They are no part of a name's letters,
// and what they part is one word.
const apostrophes = "'`´‘’‛′‵ʹʻʼʽˈˊˋ՚׳\u05f4ꞌ＇\u1fbd\u1fbf\u1fef\u1ffd\u1ffe"

// plainLetters are letters that Unicode does not take apart, as those write them who lack them.
var plainLetters = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "đ", "d",
	"ð", "d", "ł", "l", "þ", "th", "ħ", "h", "ı", "i", "ŋ", "n", "ɛ", "e", "ɔ", "o")

// Words are the words of a name, folded, of letters and digits alone: "Jeanne d’Arc-Uwé" has
// jeanne, darc and uwe.
func Words(name string) []string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(apostrophes, r) {
			return -1
		}
		return r
	}, name)
	return strings.FieldsFunc(plainLetters.Replace(Fold(name)), func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.N, unicode.M)
	})
}

// Key is a name as it is found by: its Words with a space between.
func Key(name string) string { return strings.Join(Words(name), " ") }

// Word is a number as it is found by, such as "HN-2024/17": one word, hn202417.
func Word(number string) string { return strings.Join(Words(number), "") }

// Near reports whether two words differ by one typing error at most: a letter too many, one too
// few, another one, or two that have changed places.
func Near(a, b string) bool {
	x, y := []rune(a), []rune(b)
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	swapped := len(x) == 2 && len(y) == 2 && x[0] == y[1] && x[1] == y[0]
	return len(x) <= 1 && len(y) <= 1 || swapped
}

// letters are those that a finger may hit by mistake.
const letters = "abcdefghijklmnopqrstuvwxyz"

// Errors lists every word that is one typing error away from this one.
func Errors(word string) []string {
	runes := []rune(word)
	var all []string
	for i := range len(runes) + 1 {
		before, after := string(runes[:i]), string(runes[i:])
		for _, letter := range letters {
			all = append(all, before+string(letter)+after)
		}
		if i == len(runes) {
			break
		}
		rest := string(runes[i+1:])
		all = append(all, before+rest)
		for _, letter := range letters {
			if letter != runes[i] {
				all = append(all, before+string(letter)+rest)
			}
		}
		if i+1 < len(runes) && runes[i] != runes[i+1] {
			all = append(all, before+string(runes[i+1])+string(runes[i])+string(runes[i+2:]))
		}
	}
	return all
}

// Alike reports whether two names may be one person's: each word of the shorter one is in the
// other, in whatever order, or sounds like a word of it, or is one typing error away.
func Alike(a, b string) bool {
	few, many := Words(a), Words(b)
	if len(few) > len(many) {
		few, many = many, few
	}
	taken := make([]bool, len(many))
next:
	for _, word := range few {
		for i, other := range many {
			if !taken[i] && alike(word, other) {
				taken[i] = true
				continue next
			}
		}
		return false
	}
	return len(few) > 0
}

// ShortestForErrors is how long a word must be for an error in it to be forgiven: shorter ones have
// too many neighbours.
const ShortestForErrors = 5

func alike(a, b string) bool {
	long := len([]rune(a)) >= ShortestForErrors && len([]rune(b)) >= ShortestForErrors
	return long && Near(a, b) || sound(a) == sound(b)
}

// sounds are spellings that are said alike, in the order in which they are replaced: what the names
// of French, English and Kinyarwanda have in common. L and r are one sound in Kinyarwanda.
var sounds = strings.NewReplacer("ph", "f", "th", "t", "ck", "k", "ce", "se", "ci", "si", "cy",
	"si",
	"ch", "s", "sh", "s", "sch", "s", "qu", "k", "ge", "je", "gi", "ji", "gh", "g", "kh", "k",
	"c", "k", "q", "k", "z", "s", "x", "s", "y", "i", "l", "r", "v", "b", "w", "u", "h", "")

// sound is how a word is said, roughly: its sounds, each of two alike once.
func sound(word string) string {
	var last rune
	return strings.Map(func(r rune) rune {
		if r == last {
			return -1
		}
		last = r
		return r
	}, sounds.Replace(word))
}
