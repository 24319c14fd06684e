package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"dusangire/views"
	"dusangire/views/text"
)

// usersPage is GET /users/: who can sign in. Accounts are made and ended with the command line.
func (s *Server) usersPage(c echo.Context) error {
	ctx := c.Request().Context()
	users, err := s.Hospital.Users(ctx, actor(c))
	if err != nil {
		return err
	}
	page, err := s.page(c, text.T(ctx, "nav.users"))
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, views.UsersPage(page, users))
}

// gallery is GET /gallery, for those who develop: every part in every state.
func (s *Server) gallery(c echo.Context) error {
	page, err := s.page(c, "Gallery")
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, views.GalleryPage(page))
}
