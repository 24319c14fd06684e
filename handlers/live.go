package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/hub/revision"
	"dusangire/views"
	"dusangire/views/text"
)

// NewHub joins a hospital to a hub: what the hub checks is the hospital's revisions, and its
// freshness marker is the stamp of pages. A database that can be read and not written is no better than one that does
// not answer: pages say that they are not live.
func NewHub(h *hospital.Hospital, c hub.Config) *hub.Hub {
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
		return stamp(f)
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

// stamp draws what tells a page how fresh it is. It has no words, so it is the same in every language.
func stamp(f revision.Freshness) []byte {
	body, err := draw(context.Background(), views.Stamp(f))
	if err != nil {
		panic(err) // writing to memory does not fail; the hub turns this into a view that can't be drawn
	}
	return body
}

// socket opens a live route. Who may not see it is told by a close code after the upgrade, since a browser learns nothing
// from a refused one; a foreign origin and a path that can never be one are refused before.
func (s *Server) socket(r Route) echo.HandlerFunc {
	return func(c echo.Context) error {
		if id := c.Param("id"); id != "" && !isInteger(id) {
			return echo.ErrNotFound
		}
		if !isUpgrade(c.Request()) {
			c.Response().Header().Set("Upgrade", "websocket")
			return echo.NewHTTPError(http.StatusUpgradeRequired, "This address speaks WebSocket.")
		}
		if !s.allowsOrigin(c) {
			s.tellLostPort(c)
			return echo.NewHTTPError(http.StatusForbidden, "This page's site may not open sockets here. Its operator sets --allowed-hosts.")
		}
		release, err := s.Hub.Acquire(c.Request().Context(), atTheDoor(c.RealIP(), s.tokenOf(c)))
		if err != nil {
			return refusedSocket(err)
		}
		defer release()
		subscription, err := s.subscription(c, r)
		if err != nil {
			return err
		}
		subscription.Release = release
		return refusedSocket(s.Hub.Serve(c.Response(), c.Request(), subscription))
	}
}

// atTheDoor is as whom a request from an address waits for its turn. Who brings no token waits apart,
// so that strangers delay nobody at whose address they are.
func atTheDoor(address, token string) string {
	who := hospital.Network(address)
	if token == "" {
		return "a stranger at " + who
	}
	return who
}

// refusedSocket words why the hub opens no socket; nil where it has answered the request itself.
func refusedSocket(err error) error {
	switch {
	case errors.Is(err, hub.ErrDraining):
		return errRestarting()
	case errors.Is(err, hub.ErrBusy):
		return hospital.Refuse(hospital.Unavailable, "busy", "Very many screens are being opened at this moment. Try again in a moment.")
	case errors.Is(err, context.Canceled):
		return err // the client has left
	case errors.Is(err, hub.ErrOverQuota):
		return hospital.Refuse(hospital.TooMany, "too_many_sockets", "Too many screens are open on this sign-in or account. Close some of them.")
	}
	return nil
}

func isUpgrade(r *http.Request) bool { return strings.EqualFold(r.Header.Get("Upgrade"), "websocket") }

// subscription is what the person behind a request may watch: their session and role decide, never the message or the query.
func (s *Server) subscription(c echo.Context, r Route) (hub.Subscription, error) {
	err := s.recognise(c)
	if isKind(err, hospital.Unauthenticated) || err == nil && !isOwnPage(c) {
		return hub.Subscription{Refusal: hub.CloseSignedOut}, nil
	}
	if err != nil {
		return hub.Subscription{}, err
	}
	session, _ := sessionOf(c)
	err = hub.CloseForbidden
	if session.User.Role.May(r.Permission) {
		err = r.handle(c)
	}
	if refusal, refused := errors.AsType[*hub.Close](err); refused {
		if refusal == hub.CloseForbidden {
			s.noteDenied(c.Request().Context(), actor(c), "GET "+c.Path())
		}
		return hub.Subscription{Refusal: refusal}, nil
	}
	if err != nil {
		return hub.Subscription{}, err
	}
	subscription := hub.Subscription{
		View: c.Get(viewKey).(hub.View), Authorization: s.authorization(session, r.Permission),
		Quotas: quotas(session),
	}
	subscription.Act, _ = c.Get(actKey).(action)
	return subscription, nil
}

// How many sockets there may be at once: far more than anybody needs, so that an account with a screen on every wall never meets the
// limit, and few enough that no program that forgets to close its sockets fills the node. A socket costs about 30 KiB.
const (
	socketsOfUser    = 1000
	socketsOfSession = 200
)

// quotas are those against which a session's sockets count.
func quotas(session hospital.Session) []hub.Quota {
	return []hub.Quota{
		{Name: fmt.Sprintf("user:%d", session.User.ID), Limit: socketsOfUser},
		{Name: fmt.Sprintf("session:%d", session.ID), Limit: socketsOfSession},
	}
}

const (
	viewKey = "view" // in echo.Context: the hub.View that a live route chose by watch, which it does unless it returns an error
	actKey  = "act"  // in echo.Context: the action that it chose by act, if any
)

// action carries out requests that depend on who asks, as hub.Subscription.Act.
type action = func(ctx context.Context, request []byte) (reply []byte, known bool)

// act is how a live route says what can be done through its socket besides asking for the state.
func act(c echo.Context, a action) {
	from := hospital.Origin{Address: c.RealIP(), RequestID: requestID(c)}
	c.Set(actKey, action(func(ctx context.Context, request []byte) ([]byte, bool) {
		return a(hospital.From(ctx, from), request)
	}))
}

// watch is how a live route says what it shows.
func watch(c echo.Context, view hub.View) error {
	view.Read = closeWhenGone(view.Read)
	c.Set(viewKey, view)
	return nil
}

// closeWhenGone turns "no such ward" into the close code for it.
func closeWhenGone(read func(context.Context) (hub.State, error)) func(context.Context) (hub.State, error) {
	return func(ctx context.Context) (hub.State, error) {
		state, err := read(ctx)
		if err != nil {
			return nil, goneAsClose(err)
		}
		return state, nil
	}
}

// goneAsClose is the close code for an error that says that something is not there, and any other
// error as it is. Whoever opens a view that hangs on more than a role asks first whether it is for
// them now: what the view has read may be of a minute ago.
func goneAsClose(err error) error {
	if isKind(err, hospital.NotFound) {
		return hub.CloseNoSuchPath
	}
	return err
}

// authorization ends a socket when its session has ended or its user's role no longer permits it.
func (s *Server) authorization(session hospital.Session, permission hospital.Permission) hub.Authorization {
	user := session.User.ID
	return hub.Authorization{
		Topic: hospital.UserTopic(user), Checked: session.Revisions,
		Session: session.ID, Permission: string(permission), Expires: session.ExpiresAt,
		Recheck: func(ctx context.Context) (hub.Grants, error) { return s.grants(ctx, user) },
	}
}

// grants are those of all who are signed in as a user.
func (s *Server) grants(ctx context.Context, userID int64) (hub.Grants, error) {
	now, err := s.Hospital.SignIns(ctx, userID)
	if err != nil {
		return hub.Grants{}, err
	}
	refusal := func(session int64, permission string) *hub.Close {
		switch {
		case !now.Open[session]:
			return hub.CloseSignedOut
		case !now.User.Role.May(hospital.Permission(permission)):
			return hub.CloseForbidden
		}
		return nil
	}
	return hub.Grants{Checked: now.Revisions, Refusal: refusal}, nil
}

// language is how one name of a view differs from another that shows the same in other words.
func language(c echo.Context) text.Lang { return text.From(c.Request().Context()) }

// liveState is what a view's read found, with the two ways of telling it. It implements hub.State.
type liveState struct {
	revisions hospital.Revisions
	language  text.Lang
	regions   []views.Region
	messages  func() ([]hub.Region, error)
	answer    func(request []byte) (reply []byte, whole bool)
}

func (s *liveState) Revisions() hospital.Revisions { return s.revisions }

func (s *liveState) HTML() ([]hub.Region, error) {
	return drawRegions(text.With(context.Background(), s.language), s.regions)
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

func (s *liveState) JSON() ([]hub.Region, error) { return s.messages() }

func (s *liveState) Answer(request []byte) ([]byte, bool) { return s.answer(request) }

// answerWithState answers {"action":"get_status"} with everything. Nothing that a client sends reaches another client.
func answerWithState(request []byte) (reply []byte, whole bool) {
	var asked struct {
		Action string `json:"action"`
	}
	if err := json.Unmarshal(request, &asked); err != nil || asked.Action != "get_status" {
		return hub.ErrorMessage("unknown_action", "This socket knows get_status."), false
	}
	return nil, true
}

// liveDashboard is /ws/dashboard/{role}/ where the role has no live dashboard of its own.
func (s *Server) liveDashboard(c echo.Context) error {
	session, _ := sessionOf(c)
	asked, own := hospital.Role(c.Param("role")), session.User.Role
	if asked.Valid() && asked != own && own != hospital.Admin {
		return hub.CloseForbidden
	}
	return hub.CloseNoSuchPath
}

// liveID is the id in the path of a socket. A number that can be no id names nothing, as an unknown one does; what is
// no number at all has been refused by socket.
func liveID(c echo.Context) (int64, error) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, hub.CloseNoSuchPath
	}
	return id, nil
}

// isInteger reports whether s is a whole number of any size.
func isInteger(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}

// rfc3339 writes a time as JSON has it: UTC to the second; nil for none.
func rfc3339(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	written := t.UTC().Format(time.RFC3339)
	return &written
}
