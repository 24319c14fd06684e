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

// newsFor is whom a page tells what has just happened: everyone of a role who works in some wards,
// all where none are named, and with a UserID what that person alone was told.
type newsFor struct {
	reader hospital.Actor
	wards  []int64
}

// newsOf is for a dashboard of a role: what those hear who work where the visitor does.
func newsOf(role hospital.Role) func(visitor) newsFor {
	return func(v visitor) newsFor { return newsFor{hospital.Actor{Role: role}, v.wards} }
}

// newsOfWard is for a ward's pages: what the visitor's role hears of that ward. Whoever has no news
// of their own there, as admin, is told what medical staff are.
func newsOfWard(v visitor) newsFor {
	return newsFor{hospital.Actor{Role: wardRole(v)}, []int64{v.id}}
}

// wardRole is the role whose news a visitor sees on a ward's pages.
func wardRole(v visitor) hospital.Role {
	if v.actor.Role == hospital.WardManagement {
		return hospital.WardManagement
	}
	return hospital.MedicalStaff
}

// news reads what whoever a page is for was told lately.
func (s *Server) news(ctx context.Context, of newsFor) (hospital.News, error) {
	return s.Hospital.News(ctx, of.reader, of.wards...)
}

// addNews adds what the readers of a live page were told lately.
func (s *Server) addNews(ctx context.Context, page *views.Page, of newsFor) error {
	news, err := s.news(ctx, of)
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
	ID        int64               `json:"id"`
	Code      string              `json:"code"`
	Title     string              `json:"title"`
	Message   string              `json:"message"`
	Level     string              `json:"level"`
	Read      bool                `json:"read"`
	Timestamp string              `json:"timestamp"`
	Link      *string             `json:"link"` // null: the reader may look up nothing of it
	About     aboutJSON           `json:"about"`
	Patients  []noticePatientJSON `json:"patients"` // who are still here
}

// aboutJSON is what a notification is about. A field that does not belong to it is null.
type aboutJSON struct {
	OrderID     *int64  `json:"order_id"`
	DeliveryID  *int64  `json:"delivery_id"`
	WardID      *int64  `json:"ward_id"`
	Ward        *string `json:"ward"`       // its code
	Bed         *string `json:"bed_number"` // where the patient lay then
	Meal        *string `json:"meal"`
	ServiceDate *string `json:"service_date"`
	Count       int     `json:"patients_told_of"`
}

// noticePatientJSON is a patient whom a notification is about: by name for ward roles, by initials
// for the kitchen.
type noticePatientJSON struct {
	AdmissionID int64   `json:"admission_id"`
	Name        *string `json:"patient_name"`
	Initials    *string `json:"initials"`
	Bed         *string `json:"bed_number"` // where they lie now
	Ordered     bool    `json:"ordered"`    // of a meal round: by now
	OnLeave     bool    `json:"on_leave"`   // now
}

func newNoticePatientJSON(p hospital.NoticePatient) noticePatientJSON {
	return noticePatientJSON{p.AdmissionID, textOrNull(string(p.PatientName)),
		textOrNull(p.Initials), textOrNull(p.BedNumber), p.Ordered, p.OnLeave}
}

func newAboutJSON(a hospital.About) aboutJSON {
	return aboutJSON{OrderID: idOrNull(a.OrderID), DeliveryID: idOrNull(a.DeliveryID),
		WardID: idOrNull(a.WardID), Ward: textOrNull(a.WardCode), Bed: textOrNull(a.BedNumber),
		Meal: textOrNull(string(a.Meal)), ServiceDate: dayOrNull(a.ServiceDate), Count: a.Patients}
}

func newNoticeJSON(n hospital.Notification) noticeJSON {
	return noticeJSON{n.ID, n.Code, n.Title, n.Message, string(n.Level), n.Read,
		n.CreatedAt.UTC().Format(time.RFC3339), textOrNull(views.NoticePath(n)),
		newAboutJSON(n.About), each(n.Patients, newNoticePatientJSON)}
}

func newInboxJSON(_ context.Context, inbox hospital.Inbox) inboxJSON {
	return inboxJSON{"notifications", inbox.Unread, each(inbox.Notifications, newNoticeJSON)}
}
