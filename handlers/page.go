package handlers

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
)

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
	user := session.User
	p.Viewer = &views.Viewer{UserID: user.ID, Username: user.Username, Role: user.Role,
		Called: user.Called()}
	unread, err := s.Hospital.Unread(c.Request().Context(), actor(c))
	if err != nil {
		return p, err
	}
	p.Viewer.Unread, p.Viewer.UnreadTag = unread.Count, unreadTag(unread.Revisions, user.Wards)
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
	return slices.DeleteFunc(slices.Clone(all), func(w hospital.Ward) bool {
		return !slices.Contains(own, w.ID)
	})
}
