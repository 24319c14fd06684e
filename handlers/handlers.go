package handlers

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"dusangire/hospital"
	"dusangire/hub"
)

// Config is what a Server works with. All of it is fixed before New.
type Config struct {
	Hospital *hospital.Hospital
	Hub      *hub.Hub // made by NewHub
	Log      *slog.Logger
	// AllowedHosts are the names, with or without a port, that Host and a browser's Origin may
	// carry.
	AllowedHosts []string
	// TrustedProxies are the networks whose X-Forwarded-For, -Proto and -Host and X-Request-ID are
	// believed.
	TrustedProxies []*net.IPNet
	// Gatherer has what the program and its parts count, for Metrics.
	Gatherer prometheus.Gatherer
	// CommandsAMinute is how many commands a customer may give within a minute; 0 means 30.
	CommandsAMinute int
	// Gallery adds /gallery, every part in every state, for those who develop.
	Gallery bool
}

// Server answers HTTP requests and opens sockets. It is safe for concurrent use.
type Server struct {
	Config
	lostPorts  lostPorts
	pace       pace // of customers
	wrongCodes *rate.Limiter
}

// largestBody is how much a request may carry that brings no file.
const largestBody = "64KiB"

// New returns a server.
func New(c Config) *Server { return &Server{Config: c, wrongCodes: newWrongCodes()} }

// Handler returns the whole application.
func (s *Server) Handler() http.Handler {
	e := echo.New()
	e.HTTPErrorHandler = s.answerError
	e.IPExtractor, e.SchemeExtractor = s.clientAddress, s.clientScheme
	e.Use(
		s.assignRequestID,
		s.secureHeaders,
		rememberOrigin,
		s.logRequests,
		middleware.RecoverWithConfig(middleware.RecoverConfig{LogErrorFunc: s.logPanic}),
		answerErrors,
		s.useForwardedHost,
		s.rememberSettings,
		rememberLanguage,
		s.requireAllowedHost,
		s.refuseForeignPosts,
		middleware.BodyLimitWithConfig(middleware.BodyLimitConfig{Limit: largestBody,
			Skipper: takesFile}),
	)
	s.register(e)
	return e
}

// logRequests writes a line for each request that is not of a live path or a static file: who
// asked for what, and from where. The line has the route, never the query or a body: those may
// speak of patients.
func (s *Server) logRequests(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := time.Now()
		err := next(c)
		if route := c.Path(); !isLive(route) && route != staticRoute {
			s.Log.Info("request", "method", c.Request().Method, "route", route,
				"status", c.Response().Status,
				"milliseconds", time.Since(began).Milliseconds(), "request", requestID(c),
				"person", person(c), "address", c.RealIP())
		}
		return err
	}
}

// answerErrors has errors answered where a panic in drawing the answer is recovered from.
func answerErrors(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := next(c); err != nil {
			c.Error(err)
		}
		return nil
	}
}

// person is who asked, for the log; "" where nobody was signed in or it made no difference. A
// customer is called by number: their name may be a patient's.
func person(c echo.Context) string {
	session, known := sessionOf(c)
	switch {
	case !known:
		return ""
	case session.User.Role == hospital.Customer:
		return fmt.Sprintf("customer %d", session.User.ID)
	}
	return session.User.Username
}

// rememberOrigin lets the audit know from where a command comes.
func rememberOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		from := hospital.Origin{Address: c.RealIP(), RequestID: requestID(c)}
		c.SetRequest(r.WithContext(hospital.From(r.Context(), from)))
		return next(c)
	}
}

func (s *Server) logPanic(c echo.Context, err error, stack []byte) error {
	s.Log.Error("request panicked", "route", c.Path(), "request", requestID(c),
		"error", err, "stack", string(stack))
	return err
}

// givenID is what the id of a request may look like that a proxy before us has numbered.
var givenID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// assignRequestID gives each request the id by which log, audit and answer know it: that of a
// trusted proxy, or a new one.
func (s *Server) assignRequestID(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := c.Request().Header.Get(echo.HeaderXRequestID)
		if !s.trustsPeer(c.Request()) || !givenID.MatchString(id) {
			id = rand.Text()
		}
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		return next(c)
	}
}

func requestID(c echo.Context) string { return c.Response().Header().Get(echo.HeaderXRequestID) }
