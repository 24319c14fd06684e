package handlers

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub/revision"
)

// unread is GET /notifications/unread/: how much a person has not read, for the bell on each of
// their pages. Whoever sends the tag of the number that they know is told no more than that it
// stands, which costs two revisions and no count.
func (s *Server) unread(c echo.Context) error {
	ctx := c.Request().Context()
	session, _ := sessionOf(c)
	now, err := s.Hospital.Revisions(ctx, hospital.UnreadTopics(actor(c)))
	if err != nil {
		return err
	}
	if c.Request().Header.Get("If-None-Match") == unreadTag(now, session.User.Wards) {
		return c.NoContent(http.StatusNotModified)
	}
	found, err := s.Hospital.Unread(ctx, actor(c))
	if err != nil {
		return err
	}
	c.Response().Header().Set("ETag", unreadTag(found.Revisions, session.User.Wards))
	return c.JSON(http.StatusOK, unreadJSON{found.Count})
}

// unreadTag says what a number of unread notifications was counted from: the topics by which it
// changes, and the wards where the person works.
func unreadTag(of hospital.Revisions, wards []int64) string {
	return fmt.Sprintf(`"%s %s %s"`, of.Epoch, revision.Label(of), joinIDs(wards))
}

// unreadJSON is how much a person has not read.
type unreadJSON struct {
	Unread int `json:"unread"`
}
