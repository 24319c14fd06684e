package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"dusangire/hospital"
)

// healthz is 200 while the process lives.
func (s *Server) healthz(c echo.Context) error {
	return c.JSON(http.StatusOK, map[string]string{"status": "ok"})
}

// oldCheck is how old the hub's last look at the revisions may be where a screen is proven to be
// fresh.
const oldCheck = 5 * time.Second

// readyz is 200 when commands can be committed, freshness can be proven, the clock agrees with the
// database's and the bus carries a message both ways. Else it names in a word what is not so; the
// log has the cause.
func (s *Server) readyz(c echo.Context) error {
	health := s.Hospital.Health(c.Request().Context())
	parts := map[string]string{
		"database": health.Database, "bus": s.Hub.BusTrouble(), "clock": health.Clock,
	}
	if health.Database == hospital.HealthOK && s.Hub.CheckAge() > oldCheck {
		parts["database"] = "unproven"
	}
	if hasLeft(c) {
		return context.Canceled // nothing was looked at to the end
	}
	status := http.StatusOK
	for _, found := range parts {
		if found != hospital.HealthOK {
			status = http.StatusServiceUnavailable
		}
	}
	return c.JSON(status, parts)
}

// Metrics serves the Prometheus text of this server at /metrics and nothing else, with the headers
// of every other answer. It asks nobody who they are, so it is no route: it belongs on a listener
// of its own.
func (s *Server) Metrics() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.Gatherer, promhttp.HandlerOpts{}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setSecurityHeaders(w.Header())
		mux.ServeHTTP(w, r)
	})
}
