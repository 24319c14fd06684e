package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views/text"
)

// setLanguage remembers in which language a person reads, and goes back to where they were.
func (s *Server) setLanguage(c echo.Context) error {
	in, err := readInput(c, "language", "back")
	if err != nil {
		return err
	}
	language := in.text("language")
	if !hospital.SettingsOf(c.Request().Context()).Offers(language) {
		in.refuse("language", "language", "Choose one of the languages that are offered.")
	}
	back := localPath(in.text("back"))
	if err := in.err(); err != nil {
		return err
	}
	// #nosec G124 -- Secure wherever the client speaks HTTPS
	c.SetCookie(&http.Cookie{Name: languageCookie, Value: language, Path: "/",
		MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: isSecure(c),
		SameSite: http.SameSiteLaxMode})
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
		language := text.Pick(r.Context(), chosen, r.Header.Get("Accept-Language"))
		c.SetRequest(r.WithContext(text.With(r.Context(), language)))
		return next(c)
	}
}
