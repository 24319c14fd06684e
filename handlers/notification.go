package handlers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
)

// newsOf is for a dashboard whose news is that of all of a role.
func newsOf(role hospital.Role) func(visitor) hospital.Actor {
	return func(visitor) hospital.Actor { return hospital.Actor{Role: role} }
}

// newsTopics are those that move with what a reader is told.
func newsTopics(reader hospital.Actor) []hospital.Topic {
	topics := []hospital.Topic{hospital.RoleInboxTopic(reader.Role)}
	if reader.UserID != 0 {
		topics = append(topics, hospital.InboxTopic(reader.UserID))
	}
	return topics
}

// addNews adds what the readers of a dashboard were told lately to its live page.
func (s *Server) addNews(ctx context.Context, page *views.Page, reader hospital.Actor) error {
	news, err := s.Hospital.News(ctx, reader)
	if err != nil {
		return err
	}
	page.News = &news
	shown := maps.Clone(page.Live.Revisions.Topics)
	maps.Copy(shown, news.Topics)
	page.Live.Revisions.Topics = shown
	return nil
}

// withNews adds a message for each piece of news to those of a dashboard.
func withNews(dashboard []hub.Region, news hospital.News) ([]hub.Region, error) {
	messages := messageList{regions: dashboard}
	// They are newest first, and told as they happened.
	for _, n := range slices.Backward(news.Notifications) {
		at := n.CreatedAt.UTC().Format(time.RFC3339)
		messages.event(fmt.Sprintf("news-%d", n.ID), n.ID,
			newsJSON{"notification", n.Title, n.Message, string(n.Level), at})
	}
	return messages.regions, messages.err
}

// newsJSON tells a role's dashboard of something when it happens: docs/contract.md#dashboards.
type newsJSON struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Message   string `json:"message"`
	Level     string `json:"level"`
	Timestamp string `json:"timestamp"`
}

// notifications are what the person was told, those of their role included.
func (s *Server) notifications() screen[hospital.Inbox] {
	return screen[hospital.Inbox]{
		server: s, path: views.NotificationsPath, socket: "/ws" + views.NotificationsPath,
		permission: hospital.ReadOwnSession,
		topics: func(v visitor) []hospital.Topic {
			return hospital.InboxTopics(v.actor)
		},
		read: func(ctx context.Context, v visitor) (hospital.Inbox, error) {
			return s.Hospital.Inbox(ctx, v.actor)
		},
		title:    titled[hospital.Inbox]("nav.notifications"),
		page:     plain(views.NotificationsPage),
		regions:  forAll(views.InboxRegions),
		json:     object(newInboxJSON),
		messages: inboxMessages,
	}
}

// readNotifications is POST /notifications/read: all up to one are read.
func (s *Server) readNotifications(c echo.Context) error {
	in, err := readInput(c, "up_to")
	if err != nil {
		return err
	}
	upTo := in.id("up_to")
	if upTo == 0 {
		in.refuse("up_to", "required", "Say up to which notification.")
	}
	if err := in.err(); err != nil {
		return err
	}
	if err := s.Hospital.ReadNotifications(c.Request().Context(), actor(c), upTo); err != nil {
		return err
	}
	return done(c, views.NotificationsPath)
}

// inboxMessages are a person's notifications as messages: each new one by itself, and all of them.
func inboxMessages(ctx context.Context, inbox hospital.Inbox) ([]hub.Region, error) {
	var messages messageList
	// They are newest first, and told as they happened.
	for _, n := range slices.Backward(inbox.Notifications) {
		if n.CreatedAt.Before(inbox.At.Add(-hospital.NewsLasts)) {
			continue // an old one comes into view when others are forgotten, and is no news
		}
		at := n.CreatedAt.UTC().Format(time.RFC3339)
		messages.event(fmt.Sprintf("notice-%d", n.ID), n.ID, notificationJSON{"notification",
			n.ID, n.Title, n.Message, string(n.Level), inbox.Unread, at})
	}
	shape := newInboxJSON(ctx, inbox)
	messages.whole("notifications", shape, shape)
	return messages.regions, messages.err
}

// notificationJSON tells a person of something when it happens:
// docs/contract.md#notifications-on-a-socket.
type notificationJSON struct {
	Type      string `json:"type"`
	ID        int64  `json:"id"`
	Title     string `json:"title"`
	Message   string `json:"message"`
	Level     string `json:"level"`
	Unread    int    `json:"unread"`
	Timestamp string `json:"timestamp"`
}

// inboxJSON is all that a person was told.
type inboxJSON struct {
	Type   string       `json:"type"`
	Unread int          `json:"unread"`
	Data   []noticeJSON `json:"data"`
}

type noticeJSON struct {
	ID        int64  `json:"id"`
	Title     string `json:"title"`
	Message   string `json:"message"`
	Level     string `json:"level"`
	Read      bool   `json:"read"`
	Timestamp string `json:"timestamp"`
}

func newNoticeJSON(n hospital.Notification) noticeJSON {
	return noticeJSON{n.ID, n.Title, n.Message, string(n.Level), n.Read,
		n.CreatedAt.UTC().Format(time.RFC3339)}
}

func newInboxJSON(_ context.Context, inbox hospital.Inbox) inboxJSON {
	return inboxJSON{"notifications", inbox.Unread, each(inbox.Notifications, newNoticeJSON)}
}
