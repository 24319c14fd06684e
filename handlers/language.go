package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views/text"
)

// setLanguage remembers in which language a person reads, in this browser and for their account,
// and goes back to where they were.
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
	if s.authenticate(c) == nil {
		err := s.Hospital.SetOwnLanguage(c.Request().Context(), actor(c), language)
		if err != nil {
			return err
		}
	}
	s.rememberIn(c, language)
	return done(c, back)
}

// speakTo lets a browser speak the language of whoever has just signed in, where they have said
// which.
func (s *Server) speakTo(c echo.Context, user hospital.User) {
	if user.Language != "" {
		s.rememberIn(c, user.Language)
	}
}

// rememberIn lets a browser ask in a language from now on, as long as that is offered.
func (s *Server) rememberIn(c echo.Context, language string) {
	// #nosec G124 -- Secure wherever the client speaks HTTPS
	c.SetCookie(&http.Cookie{Name: languageCookie, Value: language, Path: "/",
		MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: isSecure(c),
		SameSite: http.SameSiteLaxMode})
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
