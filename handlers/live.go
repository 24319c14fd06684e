package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"maps"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/hub/revision"
	"dusangire/views"
	"dusangire/views/text"
)

// NewHub joins a hospital to a hub: the hub checks the hospital's revisions. A database that can be
// read and not written is no better than one that does not answer: pages say that they are not
// live.
func NewHub(h *hospital.Hospital, c hub.Config) *hub.Hub {
	c.Heard = h.Heard
	c.Check = func(ctx context.Context, topics []hospital.Topic) (hospital.Revisions, error) {
		r, err := h.Revisions(ctx, topics)
		if err == nil {
			err = h.Trouble()
		}
		return r, err
	}
	c.Explain = explainRequest
	c.Marker = func(f revision.Freshness) []byte {
		f.DatabaseOK = f.DatabaseOK && h.Trouble() == nil
		f.Shown, f.Current = withoutSettings(f.Shown), withoutSettings(f.Current)
		return drawMarker(h.KnownSettings(), f)
	}
	return hub.New(c)
}

// explainRequest says to a program what is wrong with a message that is no request.
func explainRequest(code string) string {
	switch code {
	case "invalid_json":
		return `Send one JSON object a frame, such as {"action":"get_status"}.`
	case "missing_field":
		return `Say which action you want, such as {"action":"get_status"}.`
	}
	return "The action must be a string."
}

// withoutSettings are the revisions of what a page shows. By which settings it was drawn stands in
// its head, and it loads itself anew for others.
func withoutSettings(r revision.Set) revision.Set {
	r.Topics = maps.Clone(r.Topics)
	delete(r.Topics, hospital.SettingsTopic)
	return r
}

// drawMarker draws a freshness marker. Its only word is the month, for paper, in English.
func drawMarker(s *hospital.Settings, f revision.Freshness) []byte {
	ctx := hospital.WithSettings(context.Background(), s)
	body, err := draw(ctx, views.Marker(f))
	if err != nil {
		panic(err) // writing to memory does not fail
	}
	return body
}

// load reads the state that a view shows. Where the role alone decides who sees the same, it is
// read for none of them: whoever opened the view first may have left.
func (sc screen[T]) load(ctx context.Context, v visitor) (hub.State, error) {
	reader := v // the news is told by role
	if sc.sharedBy != nil && sc.topics != nil {
		v.actor = hospital.HolderOf(sc.permission)
	}
	settings, err := sc.server.Hospital.Settings(ctx)
	if err != nil {
		return nil, err
	}
	data, err := sc.read(ctx, v)
	if err != nil {
		return nil, err
	}
	state := &screenState[T]{screen: sc, visitor: v, settings: settings, data: data}
	if sc.news == nil {
		return state, nil
	}
	news, err := sc.server.news(ctx, sc.news(reader))
	if err != nil {
		return nil, err
	}
	if data.AsOf().Epoch != news.Epoch {
		return nil, errRestored
	}
	state.news = &news
	return state, nil
}

// errRestored says that another database was put in place between two reads. The next two will be
// of the same one.
var errRestored = errors.New("the database was replaced while it was read")

// screenState is what one read of a screen found. It implements hub.State.
type screenState[T snapshot] struct {
	screen   screen[T]
	visitor  visitor
	settings *hospital.Settings // that held when it was read
	data     T
	news     *hospital.News // nil: the screen shows none
}

// Revisions implements hub.State.
func (s *screenState[T]) Revisions() hospital.Revisions {
	all := s.data.AsOf()
	all.Topics = maps.Clone(all.Topics)
	maps.Copy(all.Topics, s.settings.Topics)
	if s.news != nil {
		maps.Copy(all.Topics, s.news.Revisions.Topics)
	}
	return all
}

// context is one in which words are in the language of the view, and times and amounts as the
// hospital has them.
func (s *screenState[T]) context() context.Context {
	ctx := hospital.WithSettings(context.Background(), s.settings)
	return text.With(ctx, s.visitor.language)
}

// HTML implements hub.State.
func (s *screenState[T]) HTML() ([]hub.Region, error) {
	regions := append(s.screen.regions(s.visitor, s.data), views.HospitalRegion())
	if s.news != nil {
		regions = append(regions, views.NewsRegion(*s.news))
	}
	return drawRegions(s.context(), regions)
}

// JSON implements hub.State.
func (s *screenState[T]) JSON() ([]hub.Region, error) {
	messages, err := s.screen.messages(s.context(), s.data)
	if err != nil || s.news == nil || s.screen.toldToPages {
		return messages, err
	}
	return withNews(messages, *s.news)
}

// Answer implements hub.State.
func (s *screenState[T]) Answer(request []byte) (reply []byte, whole bool) {
	if s.screen.answer == nil {
		return answerWithState(request)
	}
	return s.screen.answer(s.data, request)
}

// answerWithState answers {"action":"get_status"} with everything. Nothing that a client sends
// reaches another client.
func answerWithState(request []byte) (reply []byte, whole bool) {
	var asked struct {
		Action string `json:"action"`
	}
	if err := json.Unmarshal(request, &asked); err != nil || asked.Action != "get_status" {
		return hub.ErrorMessage("unknown_action", "This socket knows get_status."), false
	}
	return nil, true
}

// drawRegions renders regions with their items. A list without items is a list still.
func drawRegions(ctx context.Context, regions []views.Region) ([]hub.Region, error) {
	drawn := make([]hub.Region, 0, len(regions))
	for _, region := range regions {
		body, err := draw(ctx, region.Component)
		if err != nil {
			return nil, err
		}
		one := hub.Region{ID: region.ID, Body: body}
		if region.Items != nil {
			if one.Items, err = drawRegions(ctx, region.Items); err != nil {
				return nil, err
			}
		}
		drawn = append(drawn, one)
	}
	return drawn, nil
}
