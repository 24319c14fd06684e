package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// input is what a command was sent, by form or JSON with the same names. Its readers collect what
// is wrong with each field.
type input struct {
	sentValues
	fieldErrors
	ctx context.Context // of the request: times and amounts are written as its hospital does
}

// fieldErrors are what is wrong with fields, by their names on the wire.
type fieldErrors map[string]*hospital.Error

// sentValues are the values of a body by name. A form has texts only; of JSON it is kept what was
// no text.
type sentValues struct {
	values   url.Values
	fromJSON bool
	nulls    map[string]bool // sent as null, which says nothing of a field
	lists    map[string]bool // sent as a list
	bare     map[string]bool // sent as a number or a truth value, or as a list with one
}

// formFields are those that pages send with any form, beside the fields that
// docs/contract.md#commands gives each command.
var formFields = []string{"idempotency_key", "version", views.PersonField}

// readInput decodes the body. A field that the command does not know is refused, for a misspelt
// "allergies" must not pass.
func readInput(c echo.Context, known ...string) (*input, error) {
	body, err := bodyOf(c)
	if err != nil {
		return nil, err
	}
	in := &input{body, fieldErrors{}, c.Request().Context()}
	in.values = url.Values{}
	isKnown := func(field string) bool {
		return slices.Contains(known, field) || slices.Contains(formFields, field)
	}
	for field := range body.nulls {
		if !isKnown(field) {
			in.refuse(field, "unknown_field", "There is no such field here.")
		}
	}
	for name, sent := range body.values {
		plain := strings.TrimSuffix(name, "[]")
		if !isKnown(plain) {
			in.refuse(plain, "unknown_field", "There is no such field here.")
			continue
		}
		if slices.ContainsFunc(sent, broken) {
			in.refuseCharacters(plain)
		}
		in.values[plain] = append(in.values[plain], sent...)
	}
	return in, nil
}

// readAbout is the id in the path and the body of a command about the one that it names.
func readAbout(c echo.Context, known ...string) (id int64, in *input, err error) {
	if id, err = pathID(c); err == nil {
		in, err = readInput(c, known...)
	}
	return id, in, err
}

// broken reports whether a text has the one character that not every database takes, or the one
// that stands where a character could not be read, such as half of one in JSON.
func broken(text string) bool { return strings.ContainsAny(text, "\x00\uFFFD") }

func isJSON(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}

const bodyKey = "body" // in echo.Context: the func that decodes it

// bodyOf is what a request carries, decoded once however often it is asked for.
func bodyOf(c echo.Context) (sentValues, error) {
	decode, begun := c.Get(bodyKey).(func() (sentValues, error))
	if !begun {
		decode = sync.OnceValues(func() (sentValues, error) { return decodeBody(c.Request()) })
		c.Set(bodyKey, decode)
	}
	return decode()
}

func decodeBody(r *http.Request) (sentValues, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return sentValues{}, unread(err)
	}
	if !utf8.Valid(body) {
		return sentValues{}, malformed("The request is not UTF-8 text.")
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case len(body) == 0: // a command without fields, whatever type its client gives the empty body
		return decodeForm("")
	case isJSON(r):
		return decodeJSON(body)
	case kind == "application/x-www-form-urlencoded":
		return decodeForm(string(body))
	}
	return sentValues{}, echo.NewHTTPError(http.StatusUnsupportedMediaType, "Send a form or JSON.")
}

// unread words a body that did not arrive: too large, which Echo has said already, too slow, or cut
// off.
func unread(err error) error {
	if said, ok := errors.AsType[*echo.HTTPError](err); ok {
		return said
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return echo.NewHTTPError(http.StatusRequestTimeout, "The request took too long to arrive.")
	}
	return malformed("The request did not arrive whole.")
}

func decodeForm(body string) (sentValues, error) {
	values, err := url.ParseQuery(body)
	if err != nil {
		return sentValues{}, malformed("The form can't be read.")
	}
	for name, sent := range values {
		if !utf8.ValidString(name + strings.Join(sent, "")) {
			return sentValues{}, malformed("The form is not UTF-8 text.")
		}
	}
	return sentValues{values: values}, nil
}

// decodeJSON flattens one object into the values of a form: its values are texts, numbers, truth
// values or lists of these. A field that is null is as one that was not sent, so that null wipes
// nothing.
func decodeJSON(body []byte) (sentValues, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil || object == nil {
		return sentValues{}, malformed("Send one JSON object.")
	}
	if _, err := decoder.Token(); err != io.EOF {
		return sentValues{}, malformed("Send one JSON object and nothing after it.")
	}
	s := sentValues{values: url.Values{}, fromJSON: true, nulls: map[string]bool{},
		lists: map[string]bool{}, bare: map[string]bool{}}
	for name, value := range object {
		if value == nil {
			s.nulls[strings.TrimSuffix(name, "[]")] = true
		} else if !s.take(name, value) {
			return sentValues{}, malformed(fmt.Sprintf(
				"The value of %q can't be read: send a text, a number or a list of these.", name))
		}
	}
	return s, nil
}

// take adds a field and reports whether a command could have one like it.
func (s sentValues) take(name string, value any) bool {
	name = strings.TrimSuffix(name, "[]")
	list, isList := value.([]any)
	if isList {
		s.lists[name] = true
		s.values[name] = append([]string{}, s.values[name]...)
	} else {
		list = []any{value}
	}
	for _, item := range list {
		sent, isText, ok := scalar(item)
		if !ok {
			return false
		}
		s.values.Add(name, sent)
		s.bare[name] = s.bare[name] || !isText
	}
	return true
}

// scalar writes a value as a form would. ok is false for null too, which has no place in a list.
func scalar(value any) (sent string, isText, ok bool) {
	switch v := value.(type) {
	case string:
		return v, true, true
	case json.Number:
		return v.String(), false, true
	case bool:
		return strconv.FormatBool(v), false, true
	}
	return "", false, false
}

func malformed(sentence string) error { return echo.NewHTTPError(http.StatusBadRequest, sentence) }

// refuse notes what is wrong with a field; the first finding stands.
func (f fieldErrors) refuse(field, code, format string, args ...any) {
	if _, found := f[field]; !found {
		f[field] = hospital.Refuse(hospital.Invalid, code, format, args...)
	}
}

// err is nil where every field could be read.
func (f fieldErrors) err() error { return hospital.InvalidFields(f) }

// has reports whether a field was sent at all.
func (in *input) has(field string) bool { return in.values.Has(field) }

// emptied reports whether a field of a time was sent without one. Of a command that does nothing
// but to set it, null says so too, as in answers.
func (in *input) emptied(field string) bool {
	return in.nulls[field] || in.has(field) && in.one(field) == ""
}

// one is a field's only value, "" where it was not sent.
func (in *input) one(field string) string {
	if len(in.values[field]) > 1 || in.lists[field] {
		in.refuse(field, "one_value", "Send one value.")
	}
	return in.values.Get(field)
}

// text is the value of a field that holds words, "" where it was not sent.
func (in *input) text(field string) string {
	in.refuseBare(field)
	return in.one(field)
}

// list are all values of a field that holds words.
func (in *input) list(field string) []string {
	in.refuseBare(field)
	return in.values[field]
}

// refuseBare refuses a number or a truth value where words belong: what it would be as a text is
// nobody's name.
func (in *input) refuseBare(field string) {
	if in.bare[field] {
		in.refuse(field, "not_a_text", "Send a text.")
	}
}

func (in *input) refuseCharacters(field string) {
	in.refuse(field, "characters", "Leave out characters that can't be written.")
}

// id reads a positive whole number, 0 where the field is empty.
func (in *input) id(field string) int64 {
	return in.parseID(field, in.one(field))
}

// ids reads a list of positive whole numbers. What is empty in it is left out.
func (in *input) ids(field string) []int64 {
	var all []int64
	for _, sent := range in.values[field] {
		if id := in.parseID(field, sent); id != 0 {
			all = append(all, id)
		}
	}
	return all
}

func (in *input) parseID(field, sent string) int64 {
	if sent == "" {
		return 0
	}
	n, err := strconv.ParseInt(sent, 10, 64)
	if err != nil || n < 1 {
		in.refuse(field, "not_an_id", "Give the number of one.")
		return 0
	}
	return n
}

// amount reads a whole number, such as of money; whether it may be below zero is not asked here.
func (in *input) amount(field string) int {
	n, err := strconv.Atoi(in.one(field))
	if err != nil {
		in.refuse(field, "not_an_amount", "Give a whole number.")
	}
	return n
}

// money reads an amount of the hospital's currency: in JSON a whole number of its smallest unit, in
// a form what people write, such as 12.50 or 12,50. The field currency says in which one a form was
// begun.
func (in *input) money(field string) int {
	currency := hospital.SettingsOf(in.ctx).Currency
	if begun := in.one("currency"); begun != "" && begun != string(currency) {
		in.refuse(field, "currency_changed",
			"Money is counted in %s by now. Give the amount again.", string(currency))
	}
	if in.fromJSON {
		return in.amount(field)
	}
	n, ok := currency.Read(in.one(field))
	if !ok {
		in.refuse(field, "not_money", "Give an amount of %s, such as %s.", string(currency),
			currency.Write(1250))
	}
	return n
}

// givenAmount is amount for a field that may not have been sent; nil where it was not.
func (in *input) givenAmount(field string) *int {
	if !in.has(field) {
		return nil
	}
	return new(in.amount(field))
}

// time reads RFC 3339, or what a browser's date and time field sends, which is the hospital's own
// time. Empty is zero.
func (in *input) time(field string) time.Time {
	sent := in.text(field)
	if sent == "" {
		return time.Time{}
	}
	t, err := text.ParseInput(in.ctx, sent)
	if err != nil {
		in.refuse(field, "not_a_time", "Give a date and time, such as 2026-02-03T14:30:00Z.")
	}
	return t
}

// date reads a day, as midnight UTC. Empty is zero.
func (in *input) date(field string) time.Time {
	sent := in.text(field)
	if sent == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.DateOnly, sent)
	if err != nil {
		in.refuse(field, "not_a_date", "Give a date, such as 1984-05-31.")
	}
	return t
}

// truth reads yes or no, as JSON or a form says it; nil where it was not sent. Empty is no.
func (in *input) truth(field string) *bool {
	if !in.has(field) {
		return nil
	}
	switch in.one(field) {
	case "true", "on", "yes", "1":
		return new(true)
	case "false", "off", "no", "0", "":
		return new(false)
	}
	in.refuse(field, "truth", "Say true or false.")
	return nil
}

// isTrue is truth where what was not sent means no.
func (in *input) isTrue(field string) bool {
	truth := in.truth(field)
	return truth != nil && *truth
}

// pathID reads the id in the path. What is no id names nothing.
func pathID(c echo.Context) (int64, error) {
	n, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil || n < 1 {
		return 0, echo.ErrNotFound
	}
	return n, nil
}

// isInteger reports whether s is a whole number of any size.
func isInteger(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}

// idempotencyKey is the header's, or the one that a form carries in a field.
func (in *input) idempotencyKey(c echo.Context) string {
	key := c.Request().Header.Get("Idempotency-Key")
	if key == "" {
		key = in.text("idempotency_key")
	}
	if !utf8.ValidString(key) {
		in.refuseCharacters("idempotency_key")
	}
	return key
}
