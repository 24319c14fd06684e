package handlers

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// securityHeaders stand on every answer. Pages run our own script and nothing else: no inline code, no eval, no other site.
// No answer is kept, for most speak of patients; static files, which speak of nobody, say otherwise themselves.
var securityHeaders = map[string]string{
	"Cache-Control": "no-store",
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
		"connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           "camera=(), microphone=(), geolocation=(self), payment=()",
	"Referrer-Policy":              "same-origin",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
}

func secureHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !isSocket(c.Request().URL.Path) { // the upgrade would copy them onto a 101
			for name, value := range securityHeaders {
				c.Response().Header().Set(name, value)
			}
			if isSecure(c) {
				c.Response().Header().Set("Strict-Transport-Security", "max-age=31536000")
			}
		}
		return next(c)
	}
}

// isSecure reports whether the client speaks HTTPS, to us or to a trusted proxy.
func isSecure(c echo.Context) bool { return c.Scheme() == "https" }

// refuseForeignPosts refuses what another site's page makes a browser send. Programs send neither Origin nor Sec-Fetch-Site.
func refuseForeignPosts(next echo.HandlerFunc) echo.HandlerFunc {
	protection := http.NewCrossOriginProtection()
	return func(c echo.Context) error {
		if protection.Check(c.Request()) != nil {
			return echo.NewHTTPError(http.StatusForbidden, "This request came from another site's page.")
		}
		return next(c)
	}
}

// requireAllowedHost refuses requests that reach us under a name that is not ours, as DNS rebinding does.
func (s *Server) requireAllowedHost(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !isProbe(c.Request().URL.Path) && !s.allowsHost(c.Request().Host) {
			return echo.NewHTTPError(http.StatusForbidden, "This server does not answer under that name. Its operator sets --allowed-hosts.")
		}
		return next(c)
	}
}

// isProbe reports whether a path is asked for by machines that know this server by its address alone.
func isProbe(path string) bool { return path == "/healthz" || path == "/readyz" || path == "/metrics" }

// believeProxies takes the host that a client named to a trusted proxy for the request's own, as its address and scheme are.
func (s *Server) believeProxies(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if host := s.vouched(r, "X-Forwarded-Host"); host != "" {
			r.Host = host
		}
		return next(c)
	}
}

// allowsHost reports whether a Host header's value is among the allowed ones, by name or by name and port.
func (s *Server) allowsHost(host string) bool {
	name, port := splitHost(host)
	return slices.ContainsFunc(s.AllowedHosts, func(allowed string) bool {
		allowedName, allowedPort := splitHost(allowed)
		return strings.EqualFold(name, allowedName) && (allowedPort == "" || port == allowedPort)
	})
}

// allowsOrigin reports whether a browser's page may open a socket here: its host is allowed, and it is the port that the
// request came to unless the allowed host names another. Programs send no Origin and prove themselves by their session alone.
func (s *Server) allowsOrigin(c echo.Context) bool {
	origin := c.Request().Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return false
	}
	if slices.ContainsFunc(s.AllowedHosts, func(allowed string) bool {
		_, port := splitHost(allowed)
		return port != "" && strings.EqualFold(allowed, u.Host)
	}) {
		return true
	}
	_, hostPort := splitHost(c.Request().Host)
	return s.allowsHost(u.Host) && portOr(u.Port(), u.Scheme) == portOr(hostPort, c.Scheme())
}

// splitHost cuts "name:port", "[v6]:port" or a bare name; the name comes without brackets.
func splitHost(host string) (name, port string) {
	if name, port, err := net.SplitHostPort(host); err == nil {
		return name, port
	}
	return strings.Trim(host, "[]"), ""
}

func portOr(port, scheme string) string {
	switch {
	case port != "":
		return port
	case scheme == "https":
		return "443"
	}
	return "80"
}
