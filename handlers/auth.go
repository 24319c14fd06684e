package handlers

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
	"dusangire/views/text"
)

const sessionKey = "session" // in echo.Context

// SessionCookie is the name of the cookie with a session's token. It has the instance in it,
// because browsers send the cookies of all servers of a host to each. Over HTTPS it carries the
// prefix that keeps other hosts and paths from setting it; browsers refuse that prefix over HTTP.
func SessionCookie(instance string, secure bool) string {
	if secure {
		return "__Host-dusangire_session_" + instance
	}
	return "dusangire_session_" + instance
}

// deviceCookie is the name of the cookie by which a device is known again when somebody signs in
// there. It is sent to that one path, and so can't have the prefix of the session's.
func deviceCookie(instance string, secure bool) string {
	if secure {
		return "__Secure-dusangire_device_" + instance
	}
	return "dusangire_device_" + instance
}

// deviceCookieLasts is as long as browsers keep one.
const deviceCookieLasts = 400 * 24 * time.Hour

// authorize lets a request through to its handler when its route is for it.
func (s *Server) authorize(r Route) echo.HandlerFunc {
	switch {
	case r.Permission == Anyone && r.Method == http.MethodPost:
		return s.fromOwnPage(r.handle)
	case r.Permission == Anyone:
		return r.handle
	}
	return func(c echo.Context) error {
		err := s.authenticate(c)
		if err == nil && !isOwnPage(c) {
			return anotherPerson(c)
		}
		if hospital.IsKind(err, hospital.Unauthenticated) && r.Method == http.MethodGet &&
			wantsPage(c) {
			next := url.QueryEscape(c.Request().URL.Path)
			return c.Redirect(http.StatusSeeOther, views.LoginPath+"?next="+next)
		}
		if err != nil {
			return err
		}
		if !actor(c).Role.May(r.Permission) {
			return hospital.Refuse(hospital.Forbidden, "forbidden",
				"Your role may not do this. Ask a colleague whose work it is.")
		}
		if r.Method == http.MethodPost && actor(c).Role == hospital.Customer {
			most := cmp.Or(s.CommandsAMinute, commandsAMinute)
			if err := s.pace.take(actor(c).UserID, most, time.Now()); err != nil {
				return err
			}
		}
		return r.handle(c)
	}
}

// fromOwnPage lets a command through that needs nobody to be signed in, unless it comes from the
// page of one person where another is. It reads a session only where a page says whose it is.
func (s *Server) fromOwnPage(handle echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if len(personsSaid(c)) > 0 && s.authenticate(c) == nil && !isOwnPage(c) {
			return anotherPerson(c)
		}
		return handle(c)
	}
}

// authenticate finds who is signed in and remembers it for sessionOf.
func (s *Server) authenticate(c echo.Context) error {
	token := s.tokenOf(c)
	if token == "" {
		return hospital.Refuse(hospital.Unauthenticated, "signed_out", "Sign in first.")
	}
	r := c.Request()
	session, err := s.Hospital.SessionByToken(r.Context(), token)
	if err == nil {
		c.Set(sessionKey, session)
		c.SetRequest(r.WithContext(views.OfPerson(r.Context(), session.User.ID)))
		s.useKnownSettings(c)
		err = s.noteUse(c, session)
	}
	return err
}

// noteUse keeps that a session is used, unless a script asks by itself, as of a page that nobody
// may be looking at.
func (s *Server) noteUse(c echo.Context, session hospital.Session) error {
	unread := strings.TrimSuffix(views.UnreadPath, "/")
	if isLive(c.Path()) || strings.TrimSuffix(c.Path(), "/") == unread {
		return nil
	}
	return s.Hospital.UseSession(c.Request().Context(), session)
}

// isOwnPage reports whether a request comes from a page of whoever is signed in, as the page says.
// Somebody else may have signed in since in the same browser: nobody may act under a colleague's
// name, or see on their page what the colleague may. Programs and links say nothing, and are served
// by their session alone.
func isOwnPage(c echo.Context) bool {
	session, _ := sessionOf(c)
	own := strconv.FormatInt(session.User.ID, 10)
	return !slices.ContainsFunc(personsSaid(c), func(person string) bool { return person != own })
}

// personsSaid are the people whose page a request says that it comes from.
func personsSaid(c echo.Context) []string {
	r := c.Request()
	said := append(r.Header.Values(views.PersonHeader), c.QueryParams()[views.PersonField]...)
	if r.Method == http.MethodPost && !takesFile(c) {
		// What can't be read is refused when the command reads it.
		if body, err := bodyOf(c); err == nil {
			said = append(said, body.values[views.PersonField]...)
		}
	}
	return said
}

// anotherPerson refuses what a page asks for that is not the signed-in person's; the header makes
// its script empty the page.
func anotherPerson(c echo.Context) error {
	c.Response().Header().Set(closeHeader, strconv.Itoa(hub.CloseSignedOut.Code))
	return hospital.Refuse(hospital.Conflict, "another_person",
		"This page is of somebody who is no longer signed in here. "+
			"Nothing was changed. Open it again.")
}

// tokenOf is the session's token: a program's bearer token, or the cookie.
func (s *Server) tokenOf(c echo.Context) string {
	scheme, token, _ := strings.Cut(c.Request().Header.Get(echo.HeaderAuthorization), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	return cookieOf(c, SessionCookie(s.Hospital.Instance(), isSecure(c)))
}

// cookieOf is the value of a cookie, "" where there is none.
func cookieOf(c echo.Context, name string) string {
	if cookie, err := c.Cookie(name); err == nil {
		return cookie.Value
	}
	return ""
}

// sessionOf is the session that authenticate found.
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
	if err := s.authenticate(c); hospital.IsKind(err, hospital.Unauthenticated) {
		return c.Redirect(http.StatusSeeOther, views.LoginPath)
	} else if err != nil {
		return err
	}
	session, _ := sessionOf(c)
	return c.Redirect(http.StatusSeeOther, homePaths[session.User.Role])
}

// homePaths are the pages that the roles start from.
var homePaths = map[hospital.Role]string{
	hospital.MedicalStaff:   views.MedicalPath,
	hospital.WardManagement: views.ManagementPath,
	hospital.KitchenStaff:   views.KitchenPath,
	hospital.DeliveryStaff:  views.RoundPath,
	hospital.Housekeeping:   views.HousekeepingPath,
	hospital.Customer:       views.HomePath,
	hospital.Admin:          views.UsersPath,
}

func (s *Server) loginPage(c echo.Context) error {
	if s.authenticate(c) == nil {
		return c.Redirect(http.StatusSeeOther, "/")
	}
	next := url.Values{"next": {localPath(c.QueryParam("next"))}}
	return s.renderLogin(c, http.StatusOK, views.Form{Name: views.FormLogin, Values: next})
}

func (s *Server) renderLogin(c echo.Context, status int, form views.Form) error {
	ctx := c.Request().Context()
	if _, err := s.Hospital.Settings(ctx); err == nil {
		s.useKnownSettings(c)
		ctx = c.Request().Context()
	}
	page, err := s.page(c, text.T(ctx, "login.title"))
	if err != nil {
		return err
	}
	if page.Unclaimed, err = s.Hospital.Unclaimed(ctx); err != nil {
		return err
	}
	return render(c, status, views.LoginPage(page, form))
}

// login checks a password. A browser gets a cookie and goes on; a program gets the token to send as
// its Bearer.
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
		return s.loginForm(in).refuse(err)
	}
	ctx := c.Request().Context()
	from := s.client(c)
	token, session, err := s.Hospital.SignIn(ctx, in.text("username"), in.text("password"), from)
	if ctx.Err() != nil {
		return nil // whoever asked has gone while it waited for its turn; nothing has failed
	}
	if err != nil {
		return s.loginForm(in).refuse(err)
	}
	c.Set(sessionKey, session) // for the log
	if from.Devices, err = s.Hospital.RememberDevice(ctx, session.User, from.Devices); err != nil {
		return s.loginForm(in).refuse(err)
	}
	s.setSession(c, token, 0)
	s.setDevice(c, from.Devices)
	s.speakTo(c, session.User)
	return created(c, homePaths[session.User.Role], localPath(in.text("next")),
		func() (any, error) { return newSessionJSON(session, token), nil })
}

// client is where a request to sign in comes from.
func (s *Server) client(c echo.Context) hospital.Client {
	return hospital.Client{Address: c.RealIP(), Agent: c.Request().UserAgent(),
		Session: s.tokenOf(c), Devices: cookieOf(c, deviceCookie(s.Hospital.Instance(), isSecure(c)))}
}

// setDevice leaves with a browser what makes it known again when somebody signs in there.
func (s *Server) setDevice(c echo.Context, devices string) {
	// #nosec G124 -- Secure wherever the client speaks HTTPS
	c.SetCookie(&http.Cookie{Name: deviceCookie(s.Hospital.Instance(), isSecure(c)), Value: devices,
		Path: views.LoginPath, MaxAge: int(deviceCookieLasts.Seconds()),
		HttpOnly: true, Secure: isSecure(c), SameSite: http.SameSiteStrictMode})
}

// setSession gives a browser the token of its session, which it keeps until it is closed; a
// negative age takes it away.
func (s *Server) setSession(c echo.Context, token string, age int) {
	// #nosec G124 -- Secure wherever the client speaks HTTPS
	c.SetCookie(&http.Cookie{Name: SessionCookie(s.Hospital.Instance(), isSecure(c)), Value: token,
		Path: "/", MaxAge: age, HttpOnly: true, Secure: isSecure(c),
		SameSite: http.SameSiteLaxMode})
}

// loginForm shows a person again the name that they typed and never the password.
func (s *Server) loginForm(in *input) form {
	return form{name: views.FormLogin, in: in, page: func(c echo.Context, r refusal) error {
		next := localPath(in.text("next"))
		values := url.Values{"username": {in.text("username")}, "next": {next}}
		return s.renderLogin(c, r.Status,
			views.Form{Name: r.name, Values: values, Errors: r.Errors, Problem: r.Detail})
	}}
}

// logout ends the session here and on the server; open sockets of it are closed.
func (s *Server) logout(c echo.Context) error {
	_ = s.authenticate(c) // for the log
	if token := s.tokenOf(c); token != "" {
		if err := s.Hospital.SignOut(c.Request().Context(), token); err != nil {
			return err
		}
	}
	s.setSession(c, "", -1)
	c.Response().Header().Set("Clear-Site-Data", `"cache"`)
	return done(c, views.LoginPath)
}

type sessionJSON struct {
	Token     string  `json:"token"`
	Username  string  `json:"username"`
	Role      string  `json:"role"`
	ExpiresAt *string `json:"expires_at"`
}

func newSessionJSON(session hospital.Session, token string) sessionJSON {
	user := session.User
	return sessionJSON{token, user.Username, string(user.Role), rfc3339(session.ExpiresAt)}
}
