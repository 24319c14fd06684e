package handlers

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// query is what the address of a page asks for, after the question mark. What is empty asks for
// nothing. Its readers collect what is wrong with each part.
type query struct {
	fieldErrors
	values url.Values
	ctx    context.Context // of the request
}

func queryOf(c echo.Context) query {
	return query{fieldErrors{}, c.QueryParams(), c.Request().Context()}
}

// one is the only value of a part.
func (q query) one(field string) string {
	if len(q.values[field]) > 1 {
		q.refuse(field, "one_value", "Send one value.")
	}
	return q.values.Get(field)
}

// date reads a day, as midnight UTC.
func (q query) date(field string) time.Time {
	sent := q.one(field)
	if sent == "" {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, sent)
	if err != nil || day.IsZero() {
		q.refuse(field, "not_a_date", "Give a date, such as 1984-05-31.")
	}
	return day
}

// amount reads a number from 1 to most; 0 where none is asked for.
func (q query) amount(field string, most int) int {
	sent := q.one(field)
	if sent == "" {
		return 0
	}
	n, err := strconv.Atoi(sent)
	if err != nil || n < 1 || n > most {
		q.refuse(field, "from_to", "Give a number from %d to %d.", 1, most)
	}
	return n
}

// chosen reads one of some codes.
func chosen[T ~string](q query, field string, all []T) T {
	sent := T(q.one(field))
	if sent != "" && !slices.Contains(all, sent) {
		q.refuse(field, "unknown_choice", "Choose one of these: %s.",
			strings.Join(asTexts(all), ", "))
	}
	return sent
}
