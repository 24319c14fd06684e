package handlers

import (
	"context"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
)

// unread is how much a person has not read, for the bell on each of their pages: a small message
// where what they were told would be a long one.
func (s *Server) unread() liveRoute {
	sc := screen[hospital.Unread]{
		server: s, path: views.NotificationsPath, socket: views.UnreadSocket,
		permission: hospital.ReadOwnSession,
		topics:     func(v visitor) []hospital.Topic { return hospital.UnreadTopics(v.actor) },
		read: func(ctx context.Context, v visitor) (hospital.Unread, error) {
			return s.Hospital.Unread(ctx, v.actor)
		},
		regions:  forAll(views.UnreadRegion),
		messages: unreadMessages,
	}
	return liveRoute{sc.socket, sc.permission, sc.watch}
}

// unreadMessages are what is unread as one message.
func unreadMessages(_ context.Context, unread hospital.Unread) ([]hub.Region, error) {
	shape := unreadJSON{"unread", unread.Count}
	whole, err := region("unread", shape, shape)
	return []hub.Region{whole}, err
}

// unreadJSON says how much a person has not read: docs/contract.md#notifications-on-a-socket.
type unreadJSON struct {
	Type   string `json:"type"`
	Unread int    `json:"unread"`
}
