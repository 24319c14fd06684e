package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
	"dusangire/views/text"
)

// screen is a page that is told of what changes, declared once: its page, its JSON, its socket and
// the polls of pages without a socket all come from this value. T is what one read finds.
type screen[T snapshot] struct {
	server     *Server
	path       views.Path // of the page
	socket     views.Path // where its changes come from
	permission hospital.Permission

	// narrow reads the query that says what part is to be shown; nil: the screen has no parts.
	narrow func(ctx context.Context, query url.Values, v *visitor) error
	// sharedBy names those who see the same, and so share a view; nil: everyone has a view of
	// their own. Whatever read, page or regions do for one visitor and not for another must be in
	// the name.
	sharedBy func(visitor) string
	// topics are those that may change what is shown; nil: those of what is read when the socket
	// opens. That read also tells whether the screen is for this visitor now: what a view has read
	// may be a minute old. Leave it nil where more than the role decides.
	topics func(visitor) []hospital.Topic
	// news is who is told of what happens; nil: the screen shows no news. toldToPages says that
	// programs are told nothing of it.
	news        func(visitor) newsFor
	toldToPages bool

	overview bool // the page tells an administrator what the hospital lacks

	read    func(context.Context, visitor) (T, error)
	more    func(context.Context, visitor, *T) error // adds what the page alone shows; nil: nothing
	title   func(context.Context, T) string
	page    drawPage[T]
	regions func(visitor, T) []views.Region // the parts of the page that change

	json     func(context.Context, T) any // the page for programs
	messages func(context.Context, T) ([]hub.Region, error)
	// answer answers what a program asks of what was read; nil: answerWithState.
	answer func(found T, request []byte) (reply []byte, whole bool)
	// act carries out what depends on who asks; nil: there is nothing to do.
	act func(ctx context.Context, v visitor, request []byte) (reply []byte, known bool)
}

// snapshot is what was read at one moment, by the revisions of its topics.
type snapshot interface{ AsOf() hospital.Revisions }

// drawPage draws what was read as a page.
type drawPage[T any] func(views.Page, visitor, T) templ.Component

// visitor is who looks at a screen: at which of its kind, at which part of it, in which language.
type visitor struct {
	actor    hospital.Actor
	wards    []int64 // that they work on; none: all
	language text.Lang
	id       int64      // in the path; 0 where it has none
	query    string     // of the part that they see; "" for all of it
	wall     views.Wall // the part of the kitchen
	unknown  error      // says which part they ask for does not exist; nil: none
}

// visitor is who asks for the screen. The query is that of its page, whatever else was asked for.
func (sc screen[T]) visitor(c echo.Context, query url.Values) (v visitor, err error) {
	session, _ := sessionOf(c)
	ctx := c.Request().Context()
	v = visitor{actor: actor(c), wards: session.User.Wards, language: text.From(ctx)}
	if strings.Contains(string(sc.path), ":id") {
		if v.id, err = pathID(c); err != nil {
			return v, err
		}
	}
	if sc.narrow != nil {
		err = sc.narrow(ctx, query, &v)
	}
	return v, err
}

// get answers with the page, or with its JSON.
func (sc screen[T]) get(c echo.Context) error {
	v, err := sc.visitor(c, c.QueryParams())
	if err != nil {
		return err
	}
	return represent(c, func() (any, error) {
		if v.unknown != nil {
			return nil, v.unknown
		}
		ctx := c.Request().Context()
		found, err := sc.read(ctx, v)
		if err != nil {
			return nil, err
		}
		return sc.json(ctx, found), nil
	}, func() error {
		return sc.show(c, http.StatusOK, v, sc.page)
	})
}

// show draws the page as it stands now. Its path is the screen's own, also after a refused form,
// whose path can't be got.
func (sc screen[T]) show(c echo.Context, status int, v visitor, draw drawPage[T]) error {
	ctx := c.Request().Context()
	found, err := sc.read(ctx, v)
	if err != nil {
		return err
	}
	if sc.more != nil {
		if err := sc.more(ctx, v, &found); err != nil {
			return err
		}
	}
	page, err := sc.server.page(c, sc.title(ctx, found))
	if err != nil {
		return err
	}
	if sc.overview {
		if err := sc.server.addMissing(c, &page); err != nil {
			return err
		}
	}
	page.Path = sc.path.Of(v.id) + v.query
	page.Live = &views.Live{Socket: sc.socket.Of(v.id) + v.query, Revisions: found.AsOf()}
	if sc.news != nil {
		if err := sc.server.addNews(ctx, &page, sc.news(v)); err != nil {
			return err
		}
	}
	return render(c, status, draw(page, v, found))
}

// redraw draws the page of what a command was about, in another way than usual.
func (sc screen[T]) redraw(c echo.Context, status int, draw drawPage[T]) error {
	v, err := sc.visitor(c, nil)
	if err != nil {
		return err
	}
	return sc.show(c, status, v, draw)
}

// watch is what the visitor's socket shows, and what can be done through it.
func (sc screen[T]) watch(c echo.Context) (view hub.View, act action, err error) {
	v, err := sc.visitor(c, c.QueryParams())
	if err != nil {
		return view, nil, err
	}
	if v.unknown != nil {
		return view, nil, hub.CloseNoSuchPath
	}
	if view.Topics, err = sc.watched(c.Request().Context(), v); err != nil {
		return view, nil, err
	}
	view.Name = sc.name(v)
	view.Read = func(ctx context.Context) (hub.State, error) {
		state, err := sc.load(ctx, v)
		if err != nil {
			return nil, goneAsClose(err)
		}
		return state, nil
	}
	return view, sc.actionsOf(c, v), nil
}

// name tells the views of the screen apart: "ward:3/all/en".
func (sc screen[T]) name(v visitor) string {
	audience := fmt.Sprint(v.actor.UserID)
	if sc.sharedBy != nil {
		audience = sc.sharedBy(v)
	}
	path := strings.Trim(strings.TrimPrefix(string(sc.socket), "/ws/"), "/")
	path = strings.Replace(path, "/:id", fmt.Sprintf(":%d", v.id), 1)
	return fmt.Sprintf("%s%s/%s/%s", path, v.query, audience, v.language)
}

// everyone is for a screen that shows the same to all who may see it.
func everyone(visitor) string { return "all" }

// always is for a screen that hangs on the same topics, whoever looks.
func always(topics ...hospital.Topic) func(visitor) []hospital.Topic {
	return func(visitor) []hospital.Topic { return topics }
}

// titled is for a page with one title, by its key in the catalogue.
func titled[T any](key string) func(context.Context, T) string {
	return func(ctx context.Context, _ T) string { return text.T(ctx, key) }
}

// plain is for a page that is the same whoever looks.
func plain[T any](page func(views.Page, T) templ.Component) drawPage[T] {
	return func(p views.Page, _ visitor, found T) templ.Component { return page(p, found) }
}

// forAll is for regions that are the same whoever looks.
func forAll[T any](regions func(T) []views.Region) func(visitor, T) []views.Region {
	return func(_ visitor, found T) []views.Region { return regions(found) }
}

// object is for what new…JSON makes of what was read.
func object[T, J any](newJSON func(context.Context, T) J) func(context.Context, T) any {
	return func(ctx context.Context, found T) any { return newJSON(ctx, found) }
}

// watched are the topics of a visitor's view.
func (sc screen[T]) watched(ctx context.Context, v visitor) ([]hospital.Topic, error) {
	var topics []hospital.Topic
	if sc.topics != nil {
		topics = sc.topics(v)
	} else {
		found, err := sc.read(ctx, v)
		if err != nil {
			return nil, err
		}
		for topic := range found.AsOf().Topics {
			topics = append(topics, topic)
		}
	}
	topics = append(topics, hospital.SettingsTopic)
	if sc.news != nil {
		topics = append(topics, hospital.NewsTopics(sc.news(v).reader)...)
	}
	return topics, nil
}

// action carries out requests that depend on who asks, as hub.Subscription.Act.
type action = func(ctx context.Context, request []byte) (reply []byte, known bool)

// actionsOf is what a visitor can do through the socket, with the socket as where it comes from.
func (sc screen[T]) actionsOf(c echo.Context, v visitor) action {
	if sc.act == nil {
		return nil
	}
	from := hospital.Origin{Address: c.RealIP(), RequestID: requestID(c)}
	return func(ctx context.Context, request []byte) ([]byte, bool) {
		return sc.act(hospital.From(ctx, from), v, request)
	}
}

// routes are the page and the socket.
func (sc screen[T]) routes() ([]Route, []liveRoute) {
	return []Route{get(sc.path, sc.permission, sc.get)},
		[]liveRoute{{sc.socket, sc.permission, sc.watch}}
}
