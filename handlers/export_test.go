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
	visit, failed := hub.Visit{}, errors.New("no such live path")
	e := echo.New()
	for _, one := range s.table() {
		_, sockets := one.routes()
		for _, r := range sockets {
			e.GET(string(r.path), func(c echo.Context) error {
				visit, failed = s.visit(c, r)
				return nil
			})
		}
	}
	request := httptest.NewRequest(http.MethodGet, path, nil)
	request.Header.Set("Authorization", "Bearer "+token)
	e.ServeHTTP(httptest.NewRecorder(), request)
	if failed == nil && visit.Refusal != nil {
		failed = visit.Refusal
	}
	return visit.View, failed
}

// GateKey is as whom a request from an address waits for a socket.
var GateKey = gateKey
