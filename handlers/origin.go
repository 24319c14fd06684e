package handlers

import (
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/labstack/echo/v4"
)

const policyHeader = "Content-Security-Policy"

// securityHeaders stand on every answer but an upgrade. Pages run our own script and nothing else:
// no inline code, no eval, no other site. No answer is kept, for most speak of patients; static
// files, which speak of nobody, say otherwise themselves.
var securityHeaders = map[string]string{
	"Cache-Control": "no-store",
	policyHeader: "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
		"font-src 'self'; connect-src 'self'; manifest-src 'self'; object-src 'none'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           "camera=(), microphone=(), geolocation=(self), payment=()",
	"Referrer-Policy":              "same-origin",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
}

// secureHeaders sets them when an answer's header is written, whoever writes it. An upgrade takes
// the connection over before that, and what stood among the headers by then would go out on it.
func (s *Server) secureHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Before(func() {
			setSecurityHeaders(c.Response().Header())
			s.allowSockets(c)
			if isSecure(c) {
				c.Response().Header().Set("Strict-Transport-Security", "max-age=31536000")
			}
		})
		return next(c)
	}
}

// plainHost is a host that a policy can name: its grammar knows no IPv6.
var plainHost = regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]+)?$`)

// allowSockets names the sockets of the request's own host in the policy: before Safari 15.4 'self'
// covers none.
func (s *Server) allowSockets(c echo.Context) {
	host := c.Request().Host
	if !plainHost.MatchString(host) || !s.allowsHost(host) {
		return
	}
	own := "connect-src 'self' ws://" + host + " wss://" + host
	header := c.Response().Header()
	policy := strings.Replace(header.Get(policyHeader), "connect-src 'self'", own, 1)
	header.Set(policyHeader, policy)
}

// setSecurityHeaders sets them, but leaves a static file's word of how long it may be kept.
func setSecurityHeaders(header http.Header) {
	for name, value := range securityHeaders {
		if name != "Cache-Control" || header.Get(name) == "" {
			header.Set(name, value)
		}
	}
}

// isSecure reports whether the client speaks HTTPS, to us or to a trusted proxy.
func isSecure(c echo.Context) bool { return c.Scheme() == "https" }

// refuseForeignPosts refuses what another site's page makes a browser send. Programs send neither
// Origin nor Sec-Fetch-Site.
func (s *Server) refuseForeignPosts(next echo.HandlerFunc) echo.HandlerFunc {
	protection := http.NewCrossOriginProtection()
	return func(c echo.Context) error {
		if protection.Check(c.Request()) != nil {
			s.tellLostPort(c)
			return echo.NewHTTPError(http.StatusForbidden,
				"This request came from another site's page.")
		}
		return next(c)
	}
}

// requireAllowedHost refuses requests that reach us under a name that is not ours, as DNS rebinding
// does.
func (s *Server) requireAllowedHost(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !isProbe(c.Request().URL.Path) && !s.allowsHost(c.Request().Host) {
			return echo.NewHTTPError(http.StatusForbidden,
				"This server does not answer under that name. Its operator sets --allowed-hosts.")
		}
		return next(c)
	}
}

// isProbe reports whether a path is asked for by machines that know this server by its address
// alone.
func isProbe(path string) bool { return path == "/healthz" || path == "/readyz" }

// useForwardedHost takes the host that a client named to a trusted proxy for the request's own, as
// its address and scheme are.
func (s *Server) useForwardedHost(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if host := s.vouched(r, "X-Forwarded-Host"); host != "" {
			r.Host = host
		}
		return next(c)
	}
}

// allowsHost reports whether a Host header's value is among the allowed ones, by name or by name
// and port.
func (s *Server) allowsHost(host string) bool {
	name, port := splitHost(host)
	return slices.ContainsFunc(s.AllowedHosts, func(allowed string) bool {
		allowedName, allowedPort := splitHost(allowed)
		return strings.EqualFold(name, allowedName) && (allowedPort == "" || port == allowedPort)
	})
}

// allowsOrigin reports whether a browser's page may open a socket here: its host is allowed, and it
// is the port that the request came to unless the allowed host names another. Programs send no
// Origin and prove themselves by their session alone.
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

// lostPorts are the origins that were told of to the operator, who needs to hear of each once.
// There are as many as strangers care to send, so only the first few are told.
type lostPorts struct {
	mu   sync.Mutex
	told map[string]bool
}

const mostLostPorts = 8

// first reports whether an origin is to be told of.
func (l *lostPorts) first(origin string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.told[origin] || len(l.told) == mostLostPorts {
		return false
	}
	if l.told == nil {
		l.told = map[string]bool{}
	}
	l.told[origin] = true
	return true
}

// tellLostPort tells the operator of a refused page that is our own by its host and not by its port
// or scheme. Such pages come through something that hands the host on without its port, or ends
// HTTPS and does not say so; nobody at the screen could know.
func (s *Server) tellLostPort(c echo.Context) {
	origin, err := url.Parse(c.Request().Header.Get("Origin"))
	if err != nil || (origin.Scheme != "http" && origin.Scheme != "https") || origin.User != nil {
		return
	}
	name, _ := splitHost(c.Request().Host)
	from := origin.Scheme + "://" + origin.Host
	if !strings.EqualFold(origin.Hostname(), name) || !s.lostPorts.first(from) {
		return
	}
	s.Log.Warn("a page of this host on another port or scheme was refused; if people come that "+
		"way, let what stands before the server pass on Host with its port and X-Forwarded-Proto, "+
		"as deploy/nginx.conf does, and name it in --trusted-proxies",
		"origin", from, "asked", c.Scheme()+"://"+c.Request().Host)
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

// localPath keeps a path of this site and turns anything else into the start page. Browsers take a
// backslash for a slash and leave out tabs and line breaks, so a path with any of these may lead
// elsewhere.
func localPath(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") ||
		strings.Contains(path, `\`) || strings.ContainsFunc(path, unicode.IsControl) {
		return "/"
	}
	return path
}
