package handlers

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// representation is how an answer is to be written.
type representation int

const (
	asPage representation = iota // HTML for a person whose browser goes to another page
	asPart                       // HTML for a page that asks for a part of itself
	asJSON                       // for a program
)

// negotiate tells it from the headers. A request that says nothing is a plain form's.
func negotiate(c echo.Context) representation {
	r := c.Request()
	accept := r.Header.Get("Accept")
	switch {
	case r.Header.Get("HX-Request") == "true":
		return asPart
	case strings.Contains(accept, "text/html"):
		return asPage
	case strings.Contains(accept, "application/json"),
		strings.Contains(accept, "application/problem+json"), isJSON(r):
		return asJSON
	}
	return asPage
}

// wantsPage reports whether a person's browser asks for another page, as with any plain form.
func wantsPage(c echo.Context) bool { return negotiate(c) == asPage }

// represent answers a program with an object and a person with a page.
func represent(c echo.Context, object func() (any, error), page func() error) error {
	if negotiate(c) != asJSON {
		return page()
	}
	found, err := object()
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, found)
}

// created answers a command that created the object at path. A person goes on to the page at next.
func created(c echo.Context, path, next string, object func() (any, error)) error {
	if negotiate(c) != asJSON {
		return done(c, next)
	}
	made, err := object()
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, path)
	return c.JSON(http.StatusCreated, made)
}

// done answers a command that changed something but created nothing: 204, or for a plain form on to
// the page at next.
func done(c echo.Context, next string) error {
	if wantsPage(c) {
		return c.Redirect(http.StatusSeeOther, next)
	}
	return c.NoContent(http.StatusNoContent)
}
