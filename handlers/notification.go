package handlers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
	"dusangire/views/text"
)

// withNews adds to the live view of a role's dashboard what the role is told: a list for pages, a message for programs.
func (s *Server) withNews(role hospital.Role, language text.Lang, view hub.View) hub.View {
	read := view.Read
	view.Topics = append(view.Topics, string(hospital.RoleInboxTopic(role)))
	view.Read = func(ctx context.Context) (hub.State, error) {
		state, err := read(ctx)
		if err != nil {
			return nil, err
		}
		news, err := s.Hospital.News(ctx, role)
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

// addNews adds what a role was told lately to the live page of its dashboard.
func (s *Server) addNews(ctx context.Context, page *views.Page, role hospital.Role) error {
	news, err := s.Hospital.News(ctx, role)
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
	for _, n := range slices.Backward(s.news.Notifications) { // they are newest first, and told as they happened
		sent := newsJSON{"notification", n.Title, n.Message, string(n.Level), n.CreatedAt.UTC().Format(time.RFC3339)}
		event, err := region(fmt.Sprintf("news-%d", n.ID), n.ID, sent)
		if err != nil {
			return nil, err
		}
		event.Event = true
		regions = append(regions, event)
	}
	return regions, nil
}

// newsJSON tells a role's dashboard of something when it happens, CONTRACT section 5.2.
type newsJSON struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Message   string `json:"message"`
	Level     string `json:"level"`
	Timestamp string `json:"timestamp"`
}
