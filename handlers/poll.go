package handlers

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/hub"
	"dusangire/views"
)

// Headers between a page without a socket and the server.
const (
	// frameHeader says what the frame shows, and on the next request what the page shows: the
	// regions are told again only when they differ.
	frameHeader = "Dusangire-Frame"
	// closeHeader comes instead of a frame: the code with which a socket would have been closed.
	closeHeader = "Dusangire-Close"
)

// framePath is where a live path is asked over plain HTTP, for pages whose sockets something on the
// way refuses. It does not begin with /ws/, so that whoever refuses those by their path lets it
// pass.
func framePath(socket views.Path) string {
	return "/frames/" + strings.TrimPrefix(string(socket), "/ws/")
}

func isFrame(path string) bool { return strings.HasPrefix(path, "/frames/") }

// poll answers with the frame that a page would get when its socket opens. The same session, role
// and view decide.
func (s *Server) poll(r liveRoute) echo.HandlerFunc {
	return func(c echo.Context) error {
		subscription, err := s.subscription(c, r)
		if err != nil {
			return err
		}
		if subscription.Refusal != nil {
			return refuseFrame(c, subscription.Refusal)
		}
		r := c.Request()
		frame, mark, err := s.Hub.Poll(r.Context(), subscription.View, r.Header.Get(frameHeader))
		if refusal, refused := errors.AsType[*hub.Close](err); refused {
			return refuseFrame(c, refusal)
		}
		if errors.Is(err, hub.ErrDraining) {
			return errRestarting()
		}
		if err != nil {
			return err
		}
		c.Response().Header().Set(frameHeader, mark)
		return c.HTMLBlob(http.StatusOK, frame)
	}
}

// refuseFrame says no with the status that the close code stands for: 4401 is 401. The code itself
// tells a page that the answer is this server's and not that of something in between.
func refuseFrame(c echo.Context, refusal *hub.Close) error {
	c.Response().Header().Set(closeHeader, strconv.Itoa(refusal.Code))
	return echo.NewHTTPError(refusal.Code-4000, refusal.Reason)
}

func errRestarting() error {
	return hospital.Busy("restarting", "The server restarts. Try again in a moment.")
}
