package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// accountRoutes are what people do with their own account.
func (s *Server) accountRoutes() []entry {
	const own = hospital.ReadOwnSession
	return []entry{
		get(views.AccountPath, own, s.accountPage),
		post(views.AccountPath+"password", own, s.changePassword),
		post(views.OwnSessionPath+"end", own, s.endOwnSession),
	}
}

// accountPage is GET /account/: who one is here, and where one is signed in.
func (s *Server) accountPage(c echo.Context) error {
	return represent(c, func() (any, error) {
		account, err := s.Hospital.Account(c.Request().Context(), actor(c))
		return newAccountJSON(account), err
	}, func() error {
		return s.renderAccount(c, http.StatusOK, views.Form{})
	})
}

func (s *Server) renderAccount(c echo.Context, status int, form views.Form) error {
	ctx := c.Request().Context()
	account, err := s.Hospital.Account(ctx, actor(c))
	if err != nil {
		return err
	}
	page, err := s.page(c, text.T(ctx, "account.title"))
	if err != nil {
		return err
	}
	changed := c.QueryParam("changed") == "password"
	return render(c, status, views.AccountPageOf(page, account, changed, form))
}

// changePassword is POST /account/password.
func (s *Server) changePassword(c echo.Context) error {
	in, err := readInput(c, "current", "new", "password_again")
	if err != nil {
		return err
	}
	current, next := in.text("current"), in.text("new")
	if current == "" {
		in.refuse("current", "password_missing", "Give your password.")
	}
	in.checkAgain(next)
	err = in.err()
	if err == nil {
		err = s.Hospital.ChangePassword(c.Request().Context(), actor(c), current, next, s.client(c))
	}
	if err != nil {
		return s.accountForm(in).refuse(err)
	}
	return done(c, views.AccountPath+"?changed=password")
}

// accountForm never shows again what was typed: it is a password.
func (s *Server) accountForm(in *input) form {
	return form{name: views.FormPassword, in: in, page: func(c echo.Context, r refusal) error {
		return s.renderAccount(c, r.Status, r.againWith(in))
	}}
}

// endOwnSession is POST /account/sessions/{id}/end.
func (s *Server) endOwnSession(c echo.Context) error {
	id, in, err := readAbout(c)
	if err != nil {
		return err
	}
	if err := in.err(); err != nil {
		return err
	}
	if err := s.Hospital.EndOwnSession(c.Request().Context(), actor(c), id); err != nil {
		return err
	}
	return done(c, views.AccountPath)
}

// accountJSON is a person's own account.
type accountJSON struct {
	Username    string        `json:"username"`
	DisplayName *string       `json:"display_name"`
	Role        string        `json:"role"`
	Wards       []int64       `json:"wards"`
	Language    *string       `json:"language"`
	Sessions    []sessionSeen `json:"sessions"`
}

// sessionSeen is one of a person's own sessions.
type sessionSeen struct {
	ID        int64   `json:"id"`
	Current   bool    `json:"current"`
	CreatedAt *string `json:"created_at"`
	ExpiresAt *string `json:"expires_at"`
	Address   *string `json:"address"`
	Agent     *string `json:"agent"`
}

func newAccountJSON(a hospital.Account) accountJSON {
	return accountJSON{a.Username, textOrNull(a.DisplayName), string(a.Role), orEmpty(a.Wards),
		textOrNull(a.Language), each(a.Sessions, newSessionSeen)}
}

func newSessionSeen(s hospital.OpenSession) sessionSeen {
	return sessionSeen{s.ID, s.Own, rfc3339(s.CreatedAt), rfc3339(s.ExpiresAt),
		textOrNull(s.Address), textOrNull(s.Agent)}
}
