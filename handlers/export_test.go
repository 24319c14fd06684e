package handlers

import (
	"errors"
	"net/http"
	"net/http/httptest"

	"github.com/labstack/echo/v4"

	"dusangire/hub"
)

// ViewOf is what a socket on a live path would watch for the bearer of a token, for tests that read it themselves.
func (s *Server) ViewOf(path, token string) (hub.View, error) {
	subscription, failed := hub.Subscription{}, errors.New("no such live path")
	e := echo.New()
	for _, one := range s.table() {
		_, sockets := one.routes()
		for _, r := range sockets {
			e.GET(string(r.path), func(c echo.Context) error {
				subscription, failed = s.subscription(c, r)
				return nil
			})
		}
	}
	request := httptest.NewRequest(http.MethodGet, path, nil)
	request.Header.Set("Authorization", "Bearer "+token)
	e.ServeHTTP(httptest.NewRecorder(), request)
	if failed == nil && subscription.Refusal != nil {
		failed = subscription.Refusal
	}
	return subscription.View, failed
}

// GateKey is as whom a request from an address waits for a socket.
var GateKey = gateKey
