package handlers

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// audience is who reads the answer.
type audience int

const (
	browser audience = iota // a person; forms and links without script
	htmx                    // a page that asks for a part of itself
	program                 // JSON in, JSON out
)

// audienceOf tells it from the headers. A request that says nothing is a plain form's.
func audienceOf(r *http.Request) audience {
	accept := r.Header.Get("Accept")
	switch {
	case r.Header.Get("HX-Request") == "true":
		return htmx
	case strings.Contains(accept, "text/html"):
		return browser
	case strings.Contains(accept, "application/json"), strings.Contains(accept, "application/problem+json"), isJSON(r):
		return program
	}
	return browser
}

// render draws into memory first, so that a component that fails leaves no half page behind.
func render(c echo.Context, status int, component templ.Component) error {
	var b bytes.Buffer
	if err := component.Render(c.Request().Context(), &b); err != nil {
		return fmt.Errorf("render: %w", err)
	}
	return c.HTMLBlob(status, b.Bytes())
}

// draw renders a component for a frame.
func draw(ctx context.Context, component templ.Component) ([]byte, error) {
	var b bytes.Buffer
	if err := component.Render(ctx, &b); err != nil {
		return nil, fmt.Errorf("render: %w", err)
	}
	return b.Bytes(), nil
}

// page starts a page with a title from the catalogue for whoever is signed in.
func (s *Server) page(c echo.Context, title string) (views.Page, error) {
	p := views.Page{Title: title, Path: c.Request().URL.Path}
	session, signedIn := sessionOf(c)
	if !signedIn {
		return p, nil
	}
	p.Viewer = &views.Viewer{UserID: session.User.ID, Username: session.User.Username, Role: session.User.Role}
	if !session.User.Role.May(hospital.ReadWards) {
		return p, nil
	}
	all, err := s.Hospital.Wards(c.Request().Context(), actor(c))
	if err != nil {
		return p, err
	}
	p.Viewer.Wards = ownWards(all, session.User.Wards)
	return p, nil
}

// ownWards keeps the wards that a person works on; all where none are assigned.
func ownWards(all []hospital.Ward, own []int64) []hospital.Ward {
	if len(own) == 0 {
		return all
	}
	mine := make([]hospital.Ward, 0, len(own))
	for _, ward := range all {
		for _, id := range own {
			if ward.ID == id {
				mine = append(mine, ward)
			}
		}
	}
	return mine
}

// done answers a command that changed something but created nothing: 204, or for a plain form on to the page at path.
func done(c echo.Context, path string) error {
	if audienceOf(c.Request()) == browser {
		return c.Redirect(http.StatusSeeOther, path)
	}
	return c.NoContent(http.StatusNoContent)
}

// created answers a command that created something which has the page at path.
func created(c echo.Context, path string, object any) error {
	if audienceOf(c.Request()) != program {
		return done(c, path)
	}
	c.Response().Header().Set(echo.HeaderLocation, path)
	return c.JSON(http.StatusCreated, object)
}

// setLanguage remembers in which language a person reads, and goes back to where they were.
func (s *Server) setLanguage(c echo.Context) error {
	in, err := readInput(c, "language", "back")
	if err != nil {
		return err
	}
	language := text.Pick(in.text("language"), "")
	if string(language) != in.text("language") {
		in.refuse("language", "language", "Choose en, fr or rw.")
	}
	back := localPath(in.text("back"))
	if err := in.err(); err != nil {
		return err
	}
	// #nosec G124 -- Secure wherever the client speaks HTTPS
	c.SetCookie(&http.Cookie{Name: languageCookie, Value: string(language), Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, Secure: isSecure(c), SameSite: http.SameSiteLaxMode})
	return done(c, back)
}

const languageCookie = "language"

// rememberLanguage puts the reader's language into the context, where views look for it.
func rememberLanguage(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		chosen := ""
		if cookie, err := c.Cookie(languageCookie); err == nil {
			chosen = cookie.Value
		}
		r := c.Request()
		language := text.Pick(chosen, r.Header.Get("Accept-Language"))
		c.SetRequest(r.WithContext(text.With(r.Context(), language)))
		return next(c)
	}
}

// localPath keeps a path of this site and turns anything else into the start page. Browsers take a backslash for a slash and leave
// out tabs and line breaks, so a path with any of these may lead elsewhere.
func localPath(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.Contains(path, `\`) || strings.ContainsFunc(path, unicode.IsControl) {
		return "/"
	}
	return path
}
