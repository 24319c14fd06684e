package handlers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views/text"
)

// input is what a command was sent, by form or JSON with the same names. Its readers collect what is wrong with each field.
type input struct {
	values url.Values
	fields map[string]*hospital.Error
}

// formFields are those that pages send with any form, beside the fields of CONTRACT section 4.
var formFields = []string{"idempotency_key", "version"}

// readInput decodes the body. A field that the command does not know is refused, for a misspelt "allergies" must not pass.
func readInput(c echo.Context, known ...string) (*input, error) {
	values, err := decodeBody(c.Request())
	if err != nil {
		return nil, err
	}
	in := &input{values: url.Values{}, fields: map[string]*hospital.Error{}}
	for name, sent := range values {
		plain := strings.TrimSuffix(name, "[]")
		if !slices.Contains(known, plain) && !slices.Contains(formFields, plain) {
			in.refuse(plain, "unknown_field", "There is no such field here.")
			continue
		}
		in.values[plain] = append(in.values[plain], sent...)
	}
	return in, nil
}

func isJSON(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}

func decodeBody(r *http.Request) (url.Values, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err // too large, which Echo knows how to say, or the connection broke
	}
	if !utf8.Valid(body) {
		return nil, malformed("The request is not UTF-8 text.")
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case isJSON(r):
		return decodeJSON(body)
	case kind == "application/x-www-form-urlencoded" || len(body) == 0:
		values, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, malformed("The form can't be read.")
		}
		for _, sent := range values {
			for _, value := range sent {
				if !utf8.ValidString(value) {
					return nil, malformed("The form is not UTF-8 text.")
				}
			}
		}
		return values, nil
	}
	return nil, echo.NewHTTPError(http.StatusUnsupportedMediaType, "Send a form or JSON.")
}

// decodeJSON flattens one object into the values of a form: its values are texts, numbers, truth values, null or lists of these.
func decodeJSON(body []byte) (url.Values, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil || object == nil {
		return nil, malformed("Send one JSON object.")
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, malformed("Send one JSON object and nothing after it.")
	}
	values := url.Values{}
	for name, value := range object {
		list, isList := value.([]any)
		if !isList {
			list = []any{value}
		} else {
			values[name] = []string{}
		}
		for _, item := range list {
			sent, ok := scalar(item)
			if !ok {
				return nil, malformed(fmt.Sprintf("The value of %q is too deep: send a text, a number or a list of these.", name))
			}
			values.Add(name, sent)
		}
	}
	return values, nil
}

func scalar(value any) (string, bool) {
	switch v := value.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

func malformed(sentence string) error { return echo.NewHTTPError(http.StatusBadRequest, sentence) }

// refuse notes what is wrong with a field; the first finding stands.
func (in *input) refuse(field, code, format string, args ...any) {
	if _, found := in.fields[field]; !found {
		in.fields[field] = hospital.Refuse(hospital.Invalid, code, format, args...)
	}
}

// err is nil where every field could be read.
func (in *input) err() error {
	if len(in.fields) == 0 {
		return nil
	}
	e := hospital.Refuse(hospital.Invalid, "fields", "Some fields need another look.")
	e.Fields = in.fields
	return e
}

// has reports whether a field was sent at all.
func (in *input) has(field string) bool { return in.values.Has(field) }

// text is a field's value, "" where it was not sent.
func (in *input) text(field string) string {
	if len(in.values[field]) > 1 {
		in.refuse(field, "one_value", "Send one value.")
	}
	return in.values.Get(field)
}

// list are all values of a field.
func (in *input) list(field string) []string { return in.values[field] }

// id reads a positive whole number, 0 where the field is empty.
func (in *input) id(field string) int64 {
	sent := in.text(field)
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

// time reads RFC 3339, or what a browser's date and time field sends, which is the hospital's own time. Empty is zero.
func (in *input) time(field string) time.Time {
	sent := in.text(field)
	if sent == "" {
		return time.Time{}
	}
	if t, err := time.Parse(time.RFC3339, sent); err == nil {
		return t.UTC()
	}
	t, err := text.ParseInput(sent)
	if err != nil {
		in.refuse(field, "not_a_time", "Give a date and time, such as 2026-02-03T14:30:00Z.")
		return time.Time{}
	}
	return t.UTC()
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

// texture reads a level of the IDDSI framework; nil where the field is empty.
func (in *input) texture(field string) *hospital.Texture {
	sent := in.text(field)
	if sent == "" {
		return nil
	}
	n, err := strconv.Atoi(sent)
	if err != nil || !hospital.Texture(n).Valid() {
		in.refuse(field, "texture", "Choose a texture from 0 to 7.")
		return nil
	}
	t := hospital.Texture(n)
	return &t
}

// allergies reads a list of allergens, or the one word that says there are none. Nothing sent: nobody asked.
func (in *input) allergies(field string) hospital.Allergies {
	var a hospital.Allergies
	for _, sent := range in.list(field) {
		if sent == "" {
			continue
		}
		a.Known = true
		if sent != hospital.NoKnownAllergies {
			a.Allergens = append(a.Allergens, hospital.Allergen(sent))
		} else if len(in.list(field)) > 1 {
			in.refuse(field, "allergies_and_none", "Choose allergens or none, not both.")
		}
	}
	return a
}

// pathID reads the id in the path. What is no id names nothing.
func pathID(c echo.Context) (int64, error) {
	n, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil || n < 1 {
		return 0, echo.ErrNotFound
	}
	return n, nil
}

// idempotencyKey is the header's, or the one that a form carries in a field.
func idempotencyKey(c echo.Context, in *input) string {
	if key := c.Request().Header.Get("Idempotency-Key"); key != "" {
		return key
	}
	return in.text("idempotency_key")
}
