package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

const (
	sessionKey = "session" // in echo.Context
	// The cookie over HTTPS carries the prefix that keeps other hosts and paths from setting it; browsers refuse that prefix over HTTP.
	sessionCookie       = "dusangire_session"
	secureSessionCookie = "__Host-dusangire_session"
)

// permitted lets a request through to its handler when its route is for it. Routes for anyone read no session.
func (s *Server) permitted(r Route) echo.HandlerFunc {
	if r.Permission == Anyone {
		return r.handle
	}
	return func(c echo.Context) error {
		err := s.recognise(c)
		if isKind(err, hospital.Unauthenticated) && r.Method == http.MethodGet && audienceOf(c.Request()) == browser {
			return c.Redirect(http.StatusSeeOther, "/login?next="+url.QueryEscape(c.Request().URL.Path))
		}
		if err != nil {
			return err
		}
		if !actor(c).Role.May(r.Permission) {
			return hospital.Refuse(hospital.Forbidden, "forbidden", "Your role may not do this. Ask a colleague whose work it is.")
		}
		return r.handle(c)
	}
}

// recognise finds who is signed in and remembers it for sessionOf.
func (s *Server) recognise(c echo.Context) error {
	token := tokenOf(c)
	if token == "" {
		return hospital.Refuse(hospital.Unauthenticated, "signed_out", "Sign in first.")
	}
	session, err := s.Hospital.SessionByToken(c.Request().Context(), token)
	if err == nil {
		c.Set(sessionKey, session)
	}
	return err
}

func isKind(err error, kind hospital.Kind) bool {
	var refusal *hospital.Error
	return errors.As(err, &refusal) && refusal.Kind == kind
}

// tokenOf is the session's token: a program's bearer token, or the cookie.
func tokenOf(c echo.Context) string {
	scheme, token, _ := strings.Cut(c.Request().Header.Get(echo.HeaderAuthorization), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	if cookie, err := c.Cookie(cookieName(c)); err == nil {
		return cookie.Value
	}
	return ""
}

func cookieName(c echo.Context) string {
	if isSecure(c) {
		return secureSessionCookie
	}
	return sessionCookie
}

// sessionOf is the session that recognise found.
func sessionOf(c echo.Context) (hospital.Session, bool) {
	session, signedIn := c.Get(sessionKey).(hospital.Session)
	return session, signedIn
}

// actor is the signed-in person as one who gives commands.
func actor(c echo.Context) hospital.Actor {
	session, _ := sessionOf(c)
	return session.Actor(requestID(c))
}

// home sends people to where their work is.
func (s *Server) home(c echo.Context) error {
	if err := s.recognise(c); isKind(err, hospital.Unauthenticated) {
		return c.Redirect(http.StatusSeeOther, "/login")
	} else if err != nil {
		return err
	}
	session, _ := sessionOf(c)
	return c.Redirect(http.StatusSeeOther, homePaths[session.User.Role])
}

// homePaths are the pages that the roles start from.
var homePaths = map[hospital.Role]string{
	hospital.MedicalStaff:   "/dashboard/medical_staff/",
	hospital.WardManagement: "/dashboard/ward_management/",
	hospital.KitchenStaff:   "/dashboard/kitchen/",
	hospital.DeliveryStaff:  roundPath,
	hospital.Customer:       "/home/",
	hospital.Admin:          "/users/",
}

func (s *Server) loginPage(c echo.Context) error {
	if s.recognise(c) == nil {
		return c.Redirect(http.StatusSeeOther, "/")
	}
	next := url.Values{"next": {localPath(c.QueryParam("next"))}}
	return s.renderLogin(c, http.StatusOK, views.Form{Name: views.FormLogin, Values: next})
}

func (s *Server) renderLogin(c echo.Context, status int, form views.Form) error {
	page, err := s.page(c, text.T(c.Request().Context(), "login.title"))
	if err != nil {
		return err
	}
	return render(c, status, views.LoginPage(page, form))
}

// login checks a password. A browser gets a cookie and goes on; a program gets the token to send as its Bearer.
func (s *Server) login(c echo.Context) error {
	in, err := readInput(c, "username", "password", "next")
	if err != nil {
		return err
	}
	if in.text("username") == "" {
		in.refuse("username", "username_missing", "Give your username.")
	}
	if in.text("password") == "" {
		in.refuse("password", "password_missing", "Give your password.")
	}
	if err := in.err(); err != nil {
		return s.refuseLogin(c, in, err)
	}
	ctx := c.Request().Context()
	token, session, err := s.Hospital.SignIn(ctx, in.text("username"), in.text("password"), c.RealIP())
	if err != nil {
		return s.refuseLogin(c, in, err)
	}
	c.Set(sessionKey, session) // for the log
	// #nosec G124 -- Secure wherever the client speaks HTTPS
	c.SetCookie(&http.Cookie{Name: cookieName(c), Value: token, Path: "/", Expires: session.ExpiresAt,
		HttpOnly: true, Secure: isSecure(c), SameSite: http.SameSiteLaxMode})
	if audienceOf(c.Request()) == program {
		return created(c, homePaths[session.User.Role], sessionJSON(session, token))
	}
	return done(c, localPath(in.text("next")))
}

// refuseLogin shows a person the form again, with the name they typed and never the password.
func (s *Server) refuseLogin(c echo.Context, in *input, err error) error {
	if audienceOf(c.Request()) != browser {
		return err
	}
	p := s.explain(c, err)
	values := url.Values{"username": {in.text("username")}, "next": {localPath(in.text("next"))}}
	return s.renderLogin(c, p.Status, views.Form{Name: views.FormLogin, Values: values, Errors: p.Errors, Problem: p.Detail})
}

// logout ends the session here and on the server; open sockets of it are closed.
func (s *Server) logout(c echo.Context) error {
	if token := tokenOf(c); token != "" {
		if err := s.Hospital.SignOut(c.Request().Context(), token); err != nil {
			return err
		}
	}
	// #nosec G124 -- Secure wherever the client speaks HTTPS
	c.SetCookie(&http.Cookie{Name: cookieName(c), Path: "/", MaxAge: -1, HttpOnly: true, Secure: isSecure(c), SameSite: http.SameSiteLaxMode})
	c.Response().Header().Set("Clear-Site-Data", `"cache"`)
	return done(c, "/login")
}
