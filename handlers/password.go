package handlers

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// This file is the link with which somebody sets a password: how it is shown once to whoever made
// it, and where it leads.

// slipLasts is for how many seconds a browser shows a slip again that it has just made.
const slipLasts = 600

// slipCookie is the name of the cookie with the secret of a slip. It is sent to the page that shows
// the slip alone, so that no address has the secret in it.
func (s *Server) slipCookie() string { return "dusangire_slip_" + s.Hospital.Instance() }

// leaveSlip lets the page at path show a secret for some minutes, after the form was sent.
func (s *Server) leaveSlip(c echo.Context, path, secret string) {
	// #nosec G124 -- Secure wherever the client speaks HTTPS
	c.SetCookie(&http.Cookie{Name: s.slipCookie(), Value: secret, Path: path, MaxAge: slipLasts,
		HttpOnly: true, Secure: isSecure(c), SameSite: http.SameSiteStrictMode})
}

// passwordSlip is the link of a user that was just made in this browser; nil where there is none,
// or it is no longer good.
func (s *Server) passwordSlip(c echo.Context, user hospital.User) (*views.Slip, error) {
	token := cookieOf(c, s.slipCookie())
	if token == "" {
		return nil, nil
	}
	link, err := s.Hospital.PasswordLinkOf(c.Request().Context(), token)
	if hospital.IsKind(err, hospital.NotFound) || err == nil && link.User.ID != user.ID {
		return nil, nil
	}
	return &views.Slip{URL: passwordURL(c, token), Until: link.ExpiresAt}, err
}

// passwordURL is the whole link of a token.
func passwordURL(c echo.Context, token string) string {
	return siteOf(c) + views.PasswordPathOf(token)
}

// siteOf is where this server is, as the client calls it, without a slash at its end.
func siteOf(c echo.Context) string { return c.Scheme() + "://" + c.Request().Host }

// passwordPage is GET /password/{token}. To look at it uses nothing up.
func (s *Server) passwordPage(c echo.Context) error {
	return s.renderPassword(c, http.StatusOK, views.Form{})
}

func (s *Server) renderPassword(c echo.Context, status int, form views.Form) error {
	ctx := c.Request().Context()
	link, err := s.Hospital.PasswordLinkOf(ctx, c.Param("token"))
	if err != nil {
		return err
	}
	page := views.Page{Title: text.T(ctx, "password.title"), Path: c.Request().URL.Path}
	return render(c, status, views.ChoosePasswordPage(page, link, form))
}

// choosePassword is POST /password/{token}: it sets the password and signs the person in.
func (s *Server) choosePassword(c echo.Context) error {
	in, err := readInput(c, "password", "password_again")
	if err != nil {
		return err
	}
	ctx, token := c.Request().Context(), c.Param("token")
	if _, err := s.Hospital.PasswordLinkOf(ctx, token); err != nil {
		return err // there is no form to show again
	}
	password := in.text("password")
	in.checkAgain(password)
	var user hospital.User
	err = in.err()
	if err == nil {
		user, err = s.Hospital.SetPasswordByLink(ctx, token, password)
	}
	if err != nil {
		return s.passwordForm(in).refuse(err)
	}
	return s.enter(c, user.Username, password, homePaths[user.Role])
}

// checkAgain refuses a password that was typed twice and not the same. Who types it once is not
// asked.
func (in *input) checkAgain(password string) {
	if in.has("password_again") && in.text("password_again") != password {
		in.refuse("password_again", "password_again", "The two passwords differ. Type both again.")
	}
}

// passwordForm never shows again what was typed.
func (s *Server) passwordForm(in *input) form {
	return form{name: views.FormPassword, in: in, page: func(c echo.Context, r refusal) error {
		return s.renderPassword(c, r.Status, r.againWith(in))
	}}
}

// enter signs somebody in who has just chosen a password, and leads on to the page at next.
func (s *Server) enter(c echo.Context, username, password, next string) error {
	from := s.client(c)
	token, session, err := s.Hospital.SignIn(c.Request().Context(), username, password, from)
	if err != nil {
		return err
	}
	c.Set(sessionKey, session) // for the log
	s.setSession(c, token, 0)
	s.speakTo(c, session.User)
	return created(c, next, next, func() (any, error) { return newSessionJSON(session, token), nil })
}

// againWith is the form for its page with these of its fields alone: never with a password.
func (r refusal) againWith(in *input, fields ...string) views.Form {
	values := url.Values{}
	for _, field := range fields {
		values.Set(field, in.values.Get(field))
	}
	return views.Form{Name: r.name, Values: values, Errors: r.Errors, Problem: r.Detail}
}
