package hospital

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Kind says what sort of refusal an Error is; handlers turn it into an HTTP status.
type Kind string

// The kinds of refusal.
const (
	Invalid         Kind = "invalid"         // a field is wrong (422)
	Unauthenticated Kind = "unauthenticated" // nobody is signed in, or the password is wrong (401)
	Forbidden       Kind = "forbidden"       // this role may not (403)
	NotFound        Kind = "not_found"       // no such thing (404)
	Conflict        Kind = "conflict"        // the rules refuse in the present state (409)
	TooMany         Kind = "too_many"        // too many attempts (429)
	Unavailable     Kind = "unavailable"     // not now; nothing was saved (503)
)

// Error is a refusal with words for the person it concerns. Its cause, if any, is for the log only.
// Any other error out of this package is internal: log it, and show none of it.
type Error struct {
	Kind    Kind
	Code    string            // for machines and translations, such as "bed_taken"
	Message string            // one English sentence that says what is wrong and what to do
	Args    []any             // what the sentence was filled with, in order, for its translations
	Fields  map[string]*Error // for Invalid: what is wrong with each field, by its name on the wire
	Current any               // for Conflict: what stands instead, such as a BoardBed; may be nil
	Changes []Change          // for Conflict: what has changed since the version seen; nil: none was
	Cause   error             // for the log; may be nil

	// RetryAfter is after how long the same may succeed; 0 where time changes nothing.
	RetryAfter time.Duration
}

// Refusals are several of the same thing, such as of the lines of a list.
type Refusals []*Error

// String says each on a line, in English.
func (all Refusals) String() string { return joined(all, "\n", (*Error).Error) }

// retrySoon is after how long it is worth trying again what is Unavailable.
const retrySoon = 2 * time.Second

// Refuse returns an Error whose Message is format filled with args.
func Refuse(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...), Args: args}
}

// Busy returns an Unavailable error that is worth trying again soon.
func Busy(code, sentence string) *Error {
	return &Error{Kind: Unavailable, Code: code, Message: sentence, RetryAfter: retrySoon}
}

// With returns the error with the state that stands instead.
func (e *Error) With(current any) *Error {
	e.Current = current
	return e
}

// IsKind reports whether err is an Error of a kind.
func IsKind(err error, kind Kind) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Kind == kind
}

// refusalOf is the refusal that an error is; nil where it is none.
func refusalOf(err error) *Error {
	refusal, _ := errors.AsType[*Error](err)
	return refusal
}

// Error returns the sentence, for Invalid with the fields' sentences after it. It never contains
// the cause.
func (e *Error) Error() string {
	if len(e.Fields) == 0 {
		return e.Message
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		parts = append(parts, name+": "+e.Fields[name].Message)
	}
	return e.Message + " (" + strings.Join(parts, "; ") + ")"
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// fields collects what is wrong with the fields of one command.
type fields map[string]*Error

// refuse records that a field is wrong; the first finding for a field stands.
func (f fields) refuse(field, code, format string, args ...any) {
	if _, found := f[field]; !found {
		f[field] = Refuse(Invalid, code, format, args...)
	}
}

// text records that a field's text is longer than a number of characters, or holds what no text may
// hold.
func (f fields) text(field, value string, longest int) {
	switch {
	case unwritable(value):
		f.refuse(field, "characters", "Leave out characters that can't be written.")
	case utf8.RuneCountInString(value) > longest:
		f.refuse(field, "too_long", "Use at most %d characters.", longest)
	}
}

// letters records that a name has neither a letter nor a digit, and so can't be read out. That it
// is empty is for its caller to say.
func (f fields) letters(field, name string) {
	read := func(r rune) bool {
		return unicode.In(r, unicode.L, unicode.N) && !unicode.Is(unicode.Lm, r)
	}
	if name != "" && !strings.ContainsFunc(name, read) {
		f.refuse(field, "no_letters", "Use at least one letter or digit.")
	}
}

// unwritable reports whether a text holds what has no place in one: characters that are broken, or
// were before they came here, control characters other than line breaks and tabs, characters that
// Unicode does not know or leaves to each font, and the marks that turn the direction of what
// follows them.
func unwritable(text string) bool {
	return !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool {
		return r != '\n' && r != '\t' && (r == utf8.RuneError || unicode.IsControl(r) ||
			unicode.In(r, unicode.Bidi_Control, unicode.Cn, unicode.Co))
	})
}

// tidy is a text of one line as it is kept: composed characters (NFC), none that nobody sees,
// single spaces, none around it.
func tidy(text string) string { return strings.Join(strings.Fields(visible(text)), " ") }

// tidyLines is the same for a text of several lines, whose lines and spaces stay as they are.
func tidyLines(text string) string { return strings.TrimSpace(visible(text)) }

// visible is a text in composed characters (NFC) without what nobody sees: soft hyphens, spaces
// without width, byte order marks, fillers. A text of nothing but these, or of accents without a
// letter, is empty. Joiners stay where a script writes with them, which Latin does not. The marks
// that turn the direction stay, to be refused as unwritable.
func visible(text string) string {
	var before rune
	text = strings.Map(func(r rune) rune {
		if invisible(r) && !joins(before, r) {
			return -1
		}
		before = r
		return r
	}, norm.NFC.String(text))
	text = strings.TrimRight(text, joiners)
	accent := func(r rune) bool { return unicode.IsMark(r) || unicode.IsSpace(r) }
	if strings.TrimFunc(text, accent) == "" {
		return ""
	}
	return text
}

// joiners tell whether the letters around them are written as one.
const joiners = "\u200c\u200d"

// joins reports whether a character is a joiner in its place.
func joins(before, r rune) bool {
	written := unicode.IsLetter(before) || unicode.IsMark(before) || unicode.IsSymbol(before)
	return strings.ContainsRune(joiners, r) && written && !unicode.Is(unicode.Latin, before)
}

// invisible reports whether a character shows nothing and is no space.
func invisible(r rune) bool {
	const brailleBlank = '\u2800'
	if unicode.Is(unicode.Cf, r) {
		return !unicode.In(r, unicode.Bidi_Control, unicode.Prepended_Concatenation_Mark)
	}
	return r == brailleBlank ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// refuseChoice records that a field is none of the values that it can have, and names them.
func refuseChoice[T ~string](f fields, field string, values []T) {
	named := joined(values, ", ", func(value T) string { return string(value) })
	f.refuse(field, "unknown_choice", "Choose one of these: %s.", named)
}

// joined is what word says of each of some things, with separator between.
func joined[T any](all []T, separator string, word func(T) string) string {
	words := make([]string, len(all))
	for i, one := range all {
		words[i] = word(one)
	}
	return strings.Join(words, separator)
}

// named lists states in a sentence, in their words.
func named[S comparable](states []S, words map[S]string) string {
	return joined(states, ", ", func(s S) string { return words[s] })
}

// refuseField returns an Invalid error for one field.
func refuseField(field, code, format string, args ...any) error {
	wrong := fields{}
	wrong.refuse(field, code, format, args...)
	return wrong.err()
}

// checkReason returns what is wrong with a reason that may be empty.
func checkReason(reason string) error {
	wrong := fields{}
	wrong.text("reason", reason, LongestReason)
	return wrong.err()
}

// err returns nil where every field is right, else one Invalid error that names them all.
func (f fields) err() error { return InvalidFields(f) }

// InvalidFields returns one Invalid error for what is wrong with the fields of a command, by their
// names on the wire; nil where nothing is.
func InvalidFields(wrong map[string]*Error) error {
	if len(wrong) == 0 {
		return nil
	}
	e := Refuse(Invalid, "fields", "Some fields need another look.")
	e.Fields = wrong
	return e
}
