package handlers

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// userRoutes are the accounts, for whoever cares for them, and the link with which somebody sets a
// password.
func (s *Server) userRoutes() []entry {
	const manage = hospital.ManageUsers
	return []entry{
		get(views.UsersPath, manage, s.usersPage),
		post(views.NewUserPath, manage, s.addUser),
		get(views.UserPath, manage, s.userPage),
		post("/users/:id", manage, s.setUser),
		post(views.UserPath+"reset", manage, s.resetUser),
		post(views.UserPath+"sessions/end", manage, s.endUserSessions),
		get(views.PasswordPath, Anyone, s.passwordPage),
		post(views.PasswordPath, Anyone, s.choosePassword),
	}
}

// usersPage is GET /users/: who can sign in, or those of them whose name has a word in it.
func (s *Server) usersPage(c echo.Context) error {
	return represent(c, func() (any, error) {
		users, err := s.users(c)
		return usersJSON{each(users, newUserJSON)}, err
	}, func() error {
		return s.renderUsers(c, http.StatusOK, views.Form{})
	})
}

// users reads the accounts that are asked for.
func (s *Server) users(c echo.Context) ([]hospital.User, error) {
	users, err := s.Hospital.Users(c.Request().Context(), actor(c))
	word := strings.ToLower(strings.TrimSpace(c.QueryParam("q")))
	return slices.DeleteFunc(users, func(u hospital.User) bool {
		return !strings.Contains(u.Username, word) &&
			!strings.Contains(strings.ToLower(u.DisplayName), word)
	}), err
}

func (s *Server) renderUsers(c echo.Context, status int, form views.Form) error {
	ctx := c.Request().Context()
	users, err := s.users(c)
	if err != nil {
		return err
	}
	wards, err := s.Hospital.Wards(ctx, actor(c))
	if err != nil {
		return err
	}
	page, err := s.page(c, text.T(ctx, "nav.users"))
	if err != nil {
		return err
	}
	if err := s.addMissing(c, &page); err != nil {
		return err
	}
	form.Key = cmp.Or(form.Key, rand.Text())
	form.Query = c.QueryParam("q")
	return render(c, status, views.UsersPage(page, users, wards, form))
}

// userFields are the fields of an account.
var userFields = []string{"username", "display_name", "role", "wards", "language", "disabled"}

// addUser is POST /users. The answer has the link, with which the person sets a password; nobody is
// told it again.
func (s *Server) addUser(c echo.Context) error {
	in, err := readInput(c, userFields...)
	if err != nil {
		return err
	}
	cmd := hospital.AddUserCommand{Username: in.text("username"), Role: hospital.Role(in.text("role")),
		DisplayName: in.text("display_name"), Language: in.text("language"), Wards: in.ids("wards"),
		Disabled: in.isTrue("disabled")}
	key := in.idempotencyKey(c)
	var link hospital.PasswordLink
	err = in.err()
	if err == nil {
		link, err = s.Hospital.InviteUser(c.Request().Context(), actor(c), cmd, key)
	}
	if err != nil {
		return s.newUserForm(in).refuse(err)
	}
	path := views.UserPath.Of(link.User.ID)
	if wantsPage(c) {
		s.leaveSlip(c, path, link.Token)
	}
	return created(c, path, path, func() (any, error) { return newInvitedJSON(c, link), nil })
}

// newUserForm stands on the page of all accounts.
func (s *Server) newUserForm(in *input) form {
	return form{name: views.FormUser, in: in, page: func(c echo.Context, r refusal) error {
		return s.renderUsers(c, r.Status, r.again())
	}}
}

// userPage is GET /users/{id}/.
func (s *Server) userPage(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	return represent(c, func() (any, error) {
		user, err := s.Hospital.User(c.Request().Context(), actor(c), id)
		return newUserJSON(user), err
	}, func() error {
		return s.renderUser(c, http.StatusOK, id, views.Form{})
	})
}

func (s *Server) renderUser(c echo.Context, status int, id int64, form views.Form) error {
	ctx := c.Request().Context()
	user, err := s.Hospital.User(ctx, actor(c), id)
	if err != nil {
		return err
	}
	wards, err := s.Hospital.Wards(ctx, actor(c))
	if err != nil {
		return err
	}
	slip, err := s.passwordSlip(c, user)
	if err != nil {
		return err
	}
	page, err := s.page(c, text.T(ctx, "user.title"))
	if err != nil {
		return err
	}
	page.Within = views.UsersPath
	return render(c, status, views.UserPageOf(page, user, wards, slip, form))
}

// setUser is POST /users/{id}. A field that is not sent stays what it is.
func (s *Server) setUser(c echo.Context) error {
	id, in, err := readAbout(c, userFields...)
	if err != nil {
		return err
	}
	cmd := hospital.SetUserCommand{Username: in.sentText("username"),
		DisplayName: in.sentText("display_name"), Language: in.sentText("language"),
		Disabled: in.truth("disabled"), Version: in.id("version")}
	if role := in.sentText("role"); role != nil {
		cmd.Role = new(hospital.Role(*role))
	}
	if in.has("wards") {
		cmd.Wards = new(in.ids("wards"))
	}
	err = in.err()
	if err == nil {
		_, err = s.Hospital.SetUser(c.Request().Context(), actor(c), id, cmd)
	}
	if err != nil {
		return s.userForm(id, in).refuse(err)
	}
	return done(c, views.UserPath.Of(id))
}

// userForm is a form of the page of one account.
func (s *Server) userForm(id int64, in *input) form {
	return form{name: views.FormUser, in: in, page: func(c echo.Context, r refusal) error {
		return s.renderUser(c, r.Status, id, r.again())
	}}
}

// resetUser is POST /users/{id}/reset: the person sets a new password with a link.
func (s *Server) resetUser(c echo.Context) error {
	id, in, err := readAbout(c)
	if err != nil {
		return err
	}
	var link hospital.PasswordLink
	err = in.err()
	if err == nil {
		link, err = s.Hospital.ResetUser(c.Request().Context(), actor(c), id)
	}
	if err != nil {
		return s.userForm(id, in).refuse(err)
	}
	if negotiate(c) != asJSON {
		path := views.UserPath.Of(id)
		s.leaveSlip(c, path, link.Token)
		return done(c, path)
	}
	return c.JSON(http.StatusOK, newLinkJSON(c, link))
}

// endUserSessions is POST /users/{id}/sessions/end.
func (s *Server) endUserSessions(c echo.Context) error {
	id, in, err := readAbout(c)
	if err != nil {
		return err
	}
	err = in.err()
	if err == nil {
		err = s.Hospital.EndUserSessions(c.Request().Context(), actor(c), id)
	}
	if err != nil {
		return s.userForm(id, in).refuse(err)
	}
	return done(c, views.UserPath.Of(id))
}

// usersJSON is the page of all accounts.
type usersJSON struct {
	Users []userJSON `json:"users"`
}

// userJSON is an account, for whoever cares for accounts.
type userJSON struct {
	ID          int64   `json:"id"`
	Username    string  `json:"username"`
	DisplayName *string `json:"display_name"`
	Role        string  `json:"role"`
	Wards       []int64 `json:"wards"` // none: all
	Language    *string `json:"language"`
	Disabled    bool    `json:"disabled"`
	PasswordSet bool    `json:"password_set"`
	CreatedAt   *string `json:"created_at"`
	Version     int64   `json:"version"`
}

func newUserJSON(u hospital.User) userJSON {
	return userJSON{u.ID, u.Username, textOrNull(u.DisplayName), string(u.Role), orEmpty(u.Wards),
		textOrNull(u.Language), u.Disabled, !u.Waiting, rfc3339(u.CreatedAt), u.Version}
}

// linkJSON is a link with which somebody sets a password.
type linkJSON struct {
	Link      string  `json:"link"`
	ExpiresAt *string `json:"link_expires_at"`
}

func newLinkJSON(c echo.Context, link hospital.PasswordLink) linkJSON {
	return linkJSON{passwordURL(c, link.Token), rfc3339(link.ExpiresAt)}
}

// invitedJSON is an account that was just made, with its link.
type invitedJSON struct {
	userJSON
	linkJSON
}

func newInvitedJSON(c echo.Context, link hospital.PasswordLink) invitedJSON {
	return invitedJSON{newUserJSON(link.User), newLinkJSON(c, link)}
}

// gallery is GET /gallery, for those who develop: every part in every state.
func (s *Server) gallery(c echo.Context) error {
	page, err := s.page(c, "Gallery")
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, views.GalleryPage(page))
}
