package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub"
)

// socket opens a live route. Who may not see it is told by a close code after the upgrade, since a
// browser learns nothing from a refused one; a foreign origin and a path that can never be one are
// refused before.
func (s *Server) socket(r liveRoute) echo.HandlerFunc {
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
			return echo.NewHTTPError(http.StatusForbidden,
				"This page's site may not open sockets here. Its operator sets --allowed-hosts.")
		}
		release, err := s.Hub.Acquire(c.Request().Context(), gateKey(c.RealIP(), s.tokenOf(c)))
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

// gateKey is as whom a request from an address waits for its turn. Who brings no token waits
// apart, so that strangers delay nobody at whose address they are.
func gateKey(address, token string) string {
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
		return hospital.Busy("busy",
			"Very many screens are being opened at this moment. Try again in a moment.")
	case errors.Is(err, context.Canceled):
		return err // the client has left
	case errors.Is(err, hub.ErrOverQuota):
		return hospital.Refuse(hospital.TooMany, "too_many_sockets",
			"Too many screens are open on this sign-in or account. Close some of them.")
	}
	return nil
}

func isUpgrade(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// subscription is what the person behind a request may watch: their session and role decide, never
// the message or the query.
func (s *Server) subscription(c echo.Context, r liveRoute) (hub.Subscription, error) {
	err := s.authenticate(c)
	if hospital.IsKind(err, hospital.Unauthenticated) || err == nil && !isOwnPage(c) {
		return hub.Subscription{Refusal: hub.CloseSignedOut}, nil
	}
	if err != nil {
		return hub.Subscription{}, err
	}
	session, _ := sessionOf(c)
	if !session.User.Role.May(r.permission) {
		return s.forbid(c), nil
	}
	view, act, err := r.watch(c)
	if errors.Is(err, hub.CloseForbidden) {
		return s.forbid(c), nil
	}
	err = goneAsClose(err)
	if refusal, refused := errors.AsType[*hub.Close](err); refused {
		return hub.Subscription{Refusal: refusal}, nil
	}
	return hub.Subscription{View: view, Act: act, Quotas: quotas(session),
		Authorization: s.authorization(session, r.permission)}, err
}

// forbid refuses a socket that is for others, and lets the audit know.
func (s *Server) forbid(c echo.Context) hub.Subscription {
	s.noteDenied(c.Request().Context(), actor(c), "GET "+c.Path())
	return hub.Subscription{Refusal: hub.CloseForbidden}
}

// How many sockets there may be at once: far more than anybody needs, so that an account with a
// screen on every wall never meets the limit, and few enough that no program that forgets to close
// its sockets fills the node. A socket costs about 20 KiB.
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

// authorization ends a socket when its session has ended or its user's role no longer permits it,
// and lets it be opened anew when the user has another role or other wards, since what it shows
// hangs on these.
func (s *Server) authorization(session hospital.Session,
	permission hospital.Permission) hub.Authorization {
	user := session.User
	return hub.Authorization{
		Topic: hospital.UserTopic(user.ID), Checked: session.Revisions,
		Session: session.ID, Permission: string(permission), As: placeOf(user),
		Expires: session.ExpiresAt,
		Recheck: func(ctx context.Context) (hub.Grants, error) { return s.grants(ctx, user.ID) },
	}
}

// placeOf is what of a user decides what their screens show.
func placeOf(user hospital.User) string { return fmt.Sprint(user.Role, user.Wards) }

// grants are those of all who are signed in as a user.
func (s *Server) grants(ctx context.Context, userID int64) (hub.Grants, error) {
	now, err := s.Hospital.SignIns(ctx, userID)
	if err != nil {
		return hub.Grants{}, err
	}
	refusal := func(a hub.Authorization) *hub.Close {
		switch {
		case !now.Open[a.Session]:
			return hub.CloseSignedOut
		case !now.User.Role.May(hospital.Permission(a.Permission)):
			return hub.CloseForbidden
		case a.As != placeOf(now.User):
			return hub.CloseAnew
		}
		return nil
	}
	return hub.Grants{Checked: now.Revisions, Refusal: refusal}, nil
}

// goneAsClose is the close code for an error that says that something is not there, and any other
// error as it is.
func goneAsClose(err error) error {
	if hospital.IsKind(err, hospital.NotFound) || errors.Is(err, echo.ErrNotFound) {
		return hub.CloseNoSuchPath
	}
	return err
}
