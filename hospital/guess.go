package hospital

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"dusangire/hospital/internal/commonpassword"
	"dusangire/hospital/internal/spelling"
)

// This file says which passwords others try first: those that many people have, with whatever
// figures around them, what fingers find by themselves, and what is known of a person and of the
// place.

// ownWords are what people of a hospital in Rwanda think of first: where they are, and when they
// were asked for a new password. Accents are left out.
var ownWords = strings.Fields(`
	dusangire hospital hopital ibitaro clinic clinique kigali rwanda
	motdepasse ijambobanga ijambo banga
	january february march april may june july august september october november december
	janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
	mutarama gashyantare werurwe mata gicurasi kamena nyakanga kanama nzeri ukwakira ugushyingo
	ukuboza
	spring summer autumn fall winter printemps ete automne hiver
	urugaryi itumba impeshyi umuhindo`)

// rows are the ways that fingers go: sequences, and the keys beside each other on the keyboards in
// use.
var rows = []string{
	"01234567890123456789", "1357924680", "147258369", "abcdefghijklmnopqrstuvwxyz",
	"qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "qsdfghjklm", "zxcvbnm", "yxcvbnm",
	"wxcvbn",
	"1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "qazwsxedcrfvtgbyhnujmikolp",
}

// rowPieces matches a text that is cut from rows, forwards or backwards, three keys and more at a
// time.
var rowPieces = sync.OnceValue(func() *regexp.Regexp {
	var pieces []string
	for _, row := range rows {
		for _, way := range []string{row, reversed(row)} {
			for length := 3; length <= 5; length++ { // longer ones are made of these
				for i := 0; i+length <= len(way); i++ {
					pieces = append(pieces, way[i:i+length])
				}
			}
		}
	}
	return madeOf(pieces)
})

// madeOf matches what consists of nothing but the pieces, in any order and number.
func madeOf(pieces []string) *regexp.Regexp {
	quoted := make([]string, len(pieces))
	for i, piece := range pieces {
		quoted[i] = regexp.QuoteMeta(piece)
	}
	return regexp.MustCompile(`^(?:` + strings.Join(quoted, "|") + `)+$`)
}

func reversed(ascii string) string {
	turned := make([]byte, len(ascii))
	for i := range turned {
		turned[i] = ascii[len(ascii)-1-i]
	}
	return string(turned)
}

// guessable reports whether a password is among those that are tried first at a user's.
func guessable(username, password string) bool {
	lower := strings.ToLower(password)
	bare := spelling.Fold(lower)
	keys := only(bare, letterOrDigit)
	core := strings.TrimFunc(bare, isNoLetter)
	return lower == username || commonpassword.Contains(lower) || isRun(keys) || isRun(core) ||
		isOf(append(namesOf(username), ownWords...), strings.FieldsFunc(bare, isNoLetter))
}

// isOf reports whether there are words, and all are made of the known ones.
func isOf(known, words []string) bool {
	made := madeOf(known)
	unknown := func(word string) bool { return !made.MatchString(word) }
	return len(words) > 0 && !slices.ContainsFunc(words, unknown)
}

// isRun reports whether a text is what fingers find by themselves.
func isRun(text string) bool {
	const shortest = 4 // less than that is no habit
	return len(text) >= shortest && (repeats(text) || rowPieces().MatchString(text))
}

// namesOf are the names in a username, together and each by itself where it is long enough to tell.
func namesOf(username string) []string {
	const shortest = 3
	var names []string
	apart := strings.FieldsFunc(username, isNoLetter)
	for _, name := range append(apart, strings.Join(apart, "")) {
		if len(name) >= shortest || len(apart) == 1 {
			names = append(names, name)
		}
	}
	return names
}

// repeats reports whether a text is the same few characters again and again.
func repeats(text string) bool {
	for n := 1; n <= len(text)/2; n++ {
		unit := text[:n]
		if strings.HasPrefix(strings.Repeat(unit, len(text)/n+1), text) {
			return utf8.RuneCountInString(unit) < ShortestPassword
		}
	}
	return false
}

func isNoLetter(r rune) bool { return !unicode.IsLetter(r) }

func letterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// only is a text without all other characters.
func only(text string, wanted func(rune) bool) string {
	return strings.Map(func(r rune) rune {
		if wanted(r) {
			return r
		}
		return -1
	}, text)
}
