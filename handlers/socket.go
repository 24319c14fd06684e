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
		opened, err := s.Hub.Admit(c.Request().Context(), gateKey(c.RealIP(), s.tokenOf(c)))
		if err != nil {
			return refusedSocket(err)
		}
		defer opened()
		visit, err := s.visit(c, r)
		if err != nil {
			return err
		}
		visit.Opened = opened
		return refusedSocket(s.Hub.Serve(c.Response(), c.Request(), visit))
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
		return hospital.Refuse(hospital.Unavailable, "busy",
			"Very many screens are being opened at this moment. Try again in a moment.")
	case errors.Is(err, context.Canceled):
		return err // the client has left
	case errors.Is(err, hub.ErrTooMany):
		return hospital.Refuse(hospital.TooMany, "too_many_sockets",
			"Too many screens are open on this sign-in or account. Close some of them.")
	}
	return nil
}

func isUpgrade(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// visit is what the person behind a request may watch: their session and role decide, never the
// message or the query.
func (s *Server) visit(c echo.Context, r liveRoute) (hub.Visit, error) {
	err := s.authenticate(c)
	if hospital.IsKind(err, hospital.Unauthenticated) || err == nil && !isOwnPage(c) {
		return hub.Visit{Refusal: hub.CloseSignedOut}, nil
	}
	if err != nil {
		return hub.Visit{}, err
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
		return hub.Visit{Refusal: refusal}, nil
	}
	guard := s.guard(session, r.permission)
	return hub.Visit{View: view, Act: act, Guard: guard, Holders: holders(session)}, err
}

// forbid refuses a socket that is for others, and lets the audit know.
func (s *Server) forbid(c echo.Context) hub.Visit {
	s.noteDenied(c.Request().Context(), actor(c), "GET "+c.Path())
	return hub.Visit{Refusal: hub.CloseForbidden}
}

// How many sockets there may be at once: far more than anybody needs, so that an account with a
// screen on every wall never meets the limit, and few enough that no program that forgets to close
// its sockets fills the node. A socket costs about 30 KiB.
const (
	socketsOfUser    = 1000
	socketsOfSession = 200
)

// holders are those on whose account a session's sockets go.
func holders(session hospital.Session) []hub.Holder {
	return []hub.Holder{
		{Name: fmt.Sprintf("user:%d", session.User.ID), Most: socketsOfUser},
		{Name: fmt.Sprintf("session:%d", session.ID), Most: socketsOfSession},
	}
}

// guard ends a socket when its session has ended or its user's role no longer permits it.
func (s *Server) guard(session hospital.Session, permission hospital.Permission) hub.Guard {
	user := session.User.ID
	return hub.Guard{
		Topic: string(hospital.UserTopic(user)), Seen: HubRevisions(session.Revisions),
		Session: session.ID, Permission: string(permission), Until: session.ExpiresAt,
		Rights: func(ctx context.Context) (hub.Rights, error) { return s.rights(ctx, user) },
	}
}

// rights are those of all who are signed in as a user.
func (s *Server) rights(ctx context.Context, userID int64) (hub.Rights, error) {
	now, err := s.Hospital.SignIns(ctx, userID)
	if err != nil {
		return hub.Rights{}, err
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
	return hub.Rights{Revisions: HubRevisions(now.Revisions), Refusal: refusal}, nil
}

// goneAsClose is the close code for an error that says that something is not there, and any other
// error as it is.
func goneAsClose(err error) error {
	if hospital.IsKind(err, hospital.NotFound) || errors.Is(err, echo.ErrNotFound) {
		return hub.CloseNoSuchPath
	}
	return err
}
