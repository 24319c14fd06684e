package handlers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
	"dusangire/views/text"
)

// everyone is all of a role, who share their dashboard.
func everyone(role hospital.Role) hospital.Actor { return hospital.Actor{Role: role} }

// withNews adds to the live view of a dashboard what its readers are told: a list for pages, a message for programs.
func (s *Server) withNews(reader hospital.Actor, language text.Lang, view hub.View) hub.View {
	read := view.Read
	view.Topics = append(view.Topics, string(hospital.RoleInboxTopic(reader.Role)))
	if reader.UserID != 0 {
		view.Topics = append(view.Topics, string(hospital.InboxTopic(reader.UserID)))
	}
	view.Read = func(ctx context.Context) (hub.State, error) {
		state, err := read(ctx)
		if err != nil {
			return nil, err
		}
		news, err := s.Hospital.News(ctx, reader)
		if err != nil {
			return nil, err
		}
		if state.Revisions().Epoch != news.Epoch {
			return nil, errRestored
		}
		return newsState{state, news, language}, nil
	}
	return view
}

// errRestored says that a backup was restored between two reads, which are then of two databases. The next reads are of one.
var errRestored = errors.New("the database was replaced while it was read")

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

// newsState is the state of a dashboard with the news of its role.
type newsState struct {
	hub.State
	news     hospital.News
	language text.Lang
}

func (s newsState) Revisions() hub.Revisions {
	all := HubRevisions(s.news.Revisions)
	maps.Copy(all.Topics, s.State.Revisions().Topics)
	return all
}

func (s newsState) HTML() ([]hub.Region, error) {
	regions, err := s.State.HTML()
	if err != nil {
		return nil, err
	}
	news, err := drawRegions(text.With(context.Background(), s.language), []views.Region{views.NewsRegion(s.news)})
	return append(regions, news...), err
}

func (s newsState) JSON() ([]hub.Region, error) {
	regions, err := s.State.JSON()
	if err != nil {
		return nil, err
	}
	messages := messageList{regions: regions}
	for _, n := range slices.Backward(s.news.Notifications) { // they are newest first, and told as they happened
		messages.event(fmt.Sprintf("news-%d", n.ID), n.ID, newsJSON{"notification", n.Title, n.Message, string(n.Level),
			n.CreatedAt.UTC().Format(time.RFC3339)})
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

// notificationsPage is GET /notifications/: what the person was told, those of their role included.
func (s *Server) notificationsPage(c echo.Context) error {
	ctx := c.Request().Context()
	inbox, err := s.Hospital.Inbox(ctx, actor(c))
	if err != nil {
		return err
	}
	if audienceOf(c.Request()) == program {
		return c.JSON(http.StatusOK, inboxShape(inbox))
	}
	page, err := s.page(c, text.T(ctx, "nav.notifications"))
	if err != nil {
		return err
	}
	page.Live = &views.Live{Socket: "/ws/notifications/", Revisions: inbox.Revisions}
	return render(c, http.StatusOK, views.NotificationsPage(page, inbox))
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
	return done(c, "/notifications/")
}

// liveNotifications is the page, live: /ws/notifications/.
func (s *Server) liveNotifications(c echo.Context) error {
	who, language := actor(c), language(c)
	var topics []string
	for _, topic := range hospital.InboxTopics(who) {
		topics = append(topics, string(topic))
	}
	return watch(c, hub.View{
		Name:   fmt.Sprintf("notifications/%d/%s", who.UserID, language),
		Topics: topics,
		Read: func(ctx context.Context) (hub.State, error) {
			inbox, err := s.Hospital.Inbox(ctx, who)
			return inboxState(inbox, language), err
		},
	})
}

func inboxState(inbox hospital.Inbox, language text.Lang) *liveState {
	return &liveState{
		revisions: inbox.Revisions, language: language,
		regions:  views.InboxRegions(inbox),
		messages: func() ([]hub.Region, error) { return inboxMessages(inbox) },
		answer:   answerWithState,
	}
}

// inboxMessages are a person's notifications as messages: each new one by itself, and all of them.
func inboxMessages(inbox hospital.Inbox) ([]hub.Region, error) {
	var messages messageList
	for _, n := range slices.Backward(inbox.Notifications) { // they are newest first, and told as they happened
		if n.CreatedAt.Before(inbox.At.Add(-hospital.NewsLasts)) {
			continue // an old one comes into view when others are forgotten, and is no news
		}
		messages.event(fmt.Sprintf("notice-%d", n.ID), n.ID, notificationJSON{"notification", n.ID, n.Title, n.Message, string(n.Level),
			inbox.Unread, n.CreatedAt.UTC().Format(time.RFC3339)})
	}
	shape := inboxShape(inbox)
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

func inboxShape(inbox hospital.Inbox) inboxJSON {
	shape := inboxJSON{"notifications", inbox.Unread, make([]noticeJSON, 0, len(inbox.Notifications))}
	for _, n := range inbox.Notifications {
		shape.Data = append(shape.Data, noticeJSON{n.ID, n.Title, n.Message, string(n.Level), n.Read, n.CreatedAt.UTC().Format(time.RFC3339)})
	}
	return shape
}
