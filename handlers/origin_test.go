package handlers_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"dusangire/handlers"
	"dusangire/hospital/hospitaltest"
)

// securityHeaders are what every answer carries, to the letter.
var securityHeaders = map[string]string{
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
		"connect-src 'self'; manifest-src 'self'; object-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           "camera=(), microphone=(), geolocation=(self), payment=()",
	"Referrer-Policy":              "same-origin",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
}

// ownSockets are what the policy says besides, where a browser asked under a host of ours.
var ownSockets = regexp.MustCompile(` ws://[a-z0-9.:-]+ wss://[a-z0-9.:-]+`)

// safe checks an answer's headers; what is no static file is kept by nobody.
func (a answer) safe(what string) {
	a.t.Helper()
	for name, want := range securityHeaders {
		if got := a.header.Values(name); len(got) != 1 || ownSockets.ReplaceAllString(got[0], "") != want {
			a.t.Errorf("%s: %s is %q, want %q", what, name, got, want)
		}
	}
	if a.header.Get("X-Request-Id") == "" {
		a.t.Errorf("%s has no X-Request-Id", what)
	}
	want := "no-store"
	if strings.HasPrefix(what, "/static/") {
		want = "public, max-age=31536000, immutable"
	}
	if got := a.header.Get("Cache-Control"); got != want {
		a.t.Errorf("%s: Cache-Control is %q, want %q", what, got, want)
	}
}

func TestEveryAnswerIsSafe(t *testing.T) {
	t.Parallel()
	w := newTarget(t, settings{})
	for name, rule := range rules {
		if strings.HasPrefix(rule.path, "/ws/") {
			continue
		}
		path := strings.Replace(w.path(rule.path), "{bed}", fmt.Sprint(w.occupied.ID), 1)
		method, _, _ := strings.Cut(name, " ")
		for _, token := range []string{"", w.admin} {
			for _, as := range []audience{program, browser, htmx} {
				if name != "POST /logout" || token == "" {
					w.ask(question{method: method, path: path, as: as, token: token}).safe(path)
				}
			}
		}
	}
	w.get("/nothing", w.admin, browser).safe("an unknown path")
	w.ask(question{method: "DELETE", path: "/admissions", as: program}).safe("an unknown method")
	w.ask(question{method: "POST", path: "/admissions", as: program, body: strings.NewReader(strings.Repeat("x", 70<<10))}).safe("too long a body")
	w.ask(question{method: "GET", path: "/login", as: browser, host: "evil.example"}).safe("another host")
	w.ask(question{method: "POST", path: "/login", as: browser, header: http.Header{"Origin": {"http://evil.example"}}}).safe("another origin")
	w.post("/admissions", w.admin, program, fields("patient_name", "Ineza Grace", "bed_id", w.occupied.ID)).safe("a refusal")
	w.post("/admissions", w.admin, program, fields("patient_name", "Ineza Grace")).safe("something created")
	if got := w.get("/login", "", browser); got.header.Get("Strict-Transport-Security") != "" {
		t.Error("over HTTP there is no promise of HTTPS")
	}
}

// Safari before 15.4 takes 'self' for no socket, so the policy names them; never those of a host that is
// not ours.
func TestThePolicyNamesTheSocketsOfItsOwnHostAlone(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{allowedHosts: []string{"wards.example"}, trustedProxies: []string{"127.0.0.0/8"}})
	for host, named := range map[string]bool{
		"wards.example": true, "wards.example:8443": true, "Wards.Example": true,
		"evil.example": false, "wards.example.evil.example": false, "[::1]:8000": false, "": false,
		"wards.example:80;script-src": false, "wards.example:80 *": false, "wards.example:80,default-src": false,
	} {
		got := h.ask(question{method: "GET", path: "/login", as: browser, host: "upstream.internal",
			header: http.Header{"X-Forwarded-Host": {host}}})
		policy, want := got.header.Get("Content-Security-Policy"), "; connect-src 'self';"
		if named {
			want = "; connect-src 'self' ws://" + host + " wss://" + host + ";"
		}
		if !strings.Contains(policy, want) {
			t.Errorf("under the name %q the policy is %s, want %s in it", host, policy, want)
		}
	}
}

func TestAnUpgradeCarriesNoPagesHeaders(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	_, response := h.dial("/ws/dashboard/medical_staff/", bearer(h.token("admin")), asJSON)
	for name := range securityHeaders {
		if got := response.Header.Get(name); got != "" {
			t.Errorf("the upgrade carries %s: %s", name, got)
		}
	}
	if got := response.Header.Get("Set-Cookie"); got != "" {
		t.Errorf("the upgrade sets a cookie: %s", got)
	}
	if response.StatusCode != http.StatusSwitchingProtocols || response.Header.Get("Sec-WebSocket-Protocol") != asJSON {
		t.Errorf("upgrade: %s %s", response.Status, response.Header.Get("Sec-WebSocket-Protocol"))
	}
}

// TestWhatAnotherSitesPageSendsIsRefused sends each command as a browser does from somewhere else, with the victim's cookie.
func TestWhatAnotherSitesPageSendsIsRefused(t *testing.T) {
	t.Parallel()
	w := newTarget(t, settings{})
	cookie := person{w.fixture, w.admin}.cookie()
	here := w.web.URL
	valid := map[string]url.Values{"/admissions": {"patient_name": {"Ineza Grace"}}, "/admissions/{admission}/transfer": {"bed_id": {fmt.Sprint(w.available.ID)}},
		"/admissions/{admission}/discharge": {"outcome": {"improved"}}, "/admissions/{admission}/plan-discharge": {"expected_discharge": {""}},
		"/beds/{available}/status": {"status": {"cleaning"}}, "/beds/{available}/patients": {"q": {"uwase"}},
		"/login": {"username": {"admin"}, "password": {password}}, "/logout": {}, "/language": {"language": {"fr"}}}
	for _, c := range []struct {
		name   string
		header http.Header
	}{
		{"cross-site", http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"http://evil.example"}}},
		{"cross-site with our own origin", http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {here}}},
		{"same-site", http.Header{"Sec-Fetch-Site": {"same-site"}, "Origin": {"http://other.127.0.0.1"}}},
		{"an older browser, another host", http.Header{"Origin": {"http://evil.example"}}},
		{"an older browser, another port", http.Header{"Origin": {"http://127.0.0.1:1"}}},
		{"an older browser, our host as a prefix", http.Header{"Origin": {here + ".evil.example"}}},
		{"an older browser, our host as a path", http.Header{"Origin": {"http://evil.example/" + strings.TrimPrefix(here, "http://")}}},
		{"a sandboxed frame", http.Header{"Origin": {"null"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := w.within(t)
			c.header["Cookie"] = cookie["Cookie"]
			for path, form := range valid {
				for _, as := range []audience{browser, program} {
					got := w.ask(question{method: "POST", path: w.path(path), as: as, fields: form, header: c.header})
					if got.status != http.StatusForbidden {
						t.Errorf("POST %s as %s: %d, want 403: %.200s", path, as, got.status, got.body)
					}
					if as == program {
						got.problem(http.StatusForbidden)
					} else if got.html().Find("main").Length() != 1 {
						t.Errorf("POST %s: a person should get a page: %.200s", path, got.body)
					}
				}
			}
			w.unchanged()
		})
	}
	for _, header := range []http.Header{{"Sec-Fetch-Site": {"same-origin"}, "Origin": {here}}, {"Sec-Fetch-Site": {"none"}}, {"Origin": {here}}, {}} {
		header["Cookie"] = cookie["Cookie"]
		if got := w.ask(question{method: "POST", path: "/admissions", as: browser, fields: url.Values{"patient_name": {"Ineza Grace"}}, header: header}); got.status != http.StatusSeeOther {
			t.Errorf("from our own page, %v: %d", header, got.status)
		}
	}
}

// TestASocketOpensForOurOwnPagesOnly is the table of origins, with a session that may.
func TestASocketOpensForOurOwnPagesOnly(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{allowedHosts: []string{"127.0.0.1", "wards.example:8443", "board.example"}})
	token := h.token("admin")
	port := h.web.URL[strings.LastIndex(h.web.URL, ":"):]
	for _, c := range []struct {
		name, origin string
		allowed      bool
	}{
		{"our own", "http://127.0.0.1" + port, true},
		{"our own in capitals", "HTTP://127.0.0.1" + port, true},
		{"a program's, which has none", "", true},
		{"another allowed name on our port", "http://board.example" + port, true},
		{"an allowed name with its port", "https://wards.example:8443", true},
		{"another site", "http://evil.example", false},
		{"another site on our port", "http://evil.example" + port, false},
		{"a sandboxed frame", "null", false},
		{"our name as a prefix", "http://127.0.0.1.evil.example" + port, false},
		{"our name as a suffix", "http://evil127.0.0.1" + port, false},
		{"our name as a path", "http://evil.example/127.0.0.1" + port, false},
		{"our name as a user", "http://127.0.0.1" + port + "@evil.example", false},
		{"a user at our name", "http://evil.example@127.0.0.1" + port, false},
		{"our name as a query", "http://evil.example?127.0.0.1" + port, false},
		{"our name on another port", "http://127.0.0.1:1", false},
		{"our name without our port", "http://127.0.0.1", false},
		{"another scheme without a port", "https://127.0.0.1", false},
		{"an allowed name on a port that is not its own", "https://wards.example", false},
		{"a file", "file://", false},
		{"another scheme that browsers know", "chrome-extension://127.0.0.1" + port, false},
		{"no host", "http://", false},
		{"no origin at all", "127.0.0.1" + port, false},
		{"something else", "%", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			header := bearer(token)
			if c.origin != "" {
				header.Set("Origin", c.origin)
			}
			s, response := h.within(t).dial("/ws/dashboard/ward_management/", header, asHTML)
			if opened := s != nil; opened != c.allowed {
				t.Errorf("Origin %q: %s, want it open: %t", c.origin, response.Status, c.allowed)
			}
			if !c.allowed && response.StatusCode != http.StatusForbidden {
				t.Errorf("Origin %q: %s, want 403 and no upgrade", c.origin, response.Status)
			}
		})
	}
}

// TestAForeignOriginIsRefusedBeforeAnybodyIsAsked: a site that is not ours learns nothing of who is signed in.
func TestAForeignOriginIsRefusedBeforeAnybodyIsAsked(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	for _, token := range []string{"", h.token("kitchen"), h.token("admin")} {
		header := bearer(token)
		header.Set("Origin", "http://evil.example")
		if _, response := h.dial(fmt.Sprintf("/ws/ward/%d/", h.a.ID), header); response.StatusCode != http.StatusForbidden {
			t.Errorf("got %s, want 403", response.Status)
		}
	}
}

// TestThePortThatAProxyDropsIsToldOnce: a page whose host is ours and whose port is not comes
// through something that loses the port. Its operator hears of it, once for each such place, and no
// stranger can fill the log with it.
func TestThePortThatAProxyDropsIsToldOnce(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	port := h.web.URL[strings.LastIndex(h.web.URL, ":"):]
	socket := func(origin, host string) {
		t.Helper()
		header := http.Header{"Origin": {origin}, "Upgrade": {"websocket"}, "Connection": {"Upgrade"},
			"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}
		got := h.ask(question{method: "GET", path: fmt.Sprintf("/ws/ward/%d/", h.a.ID),
			token: h.token("medical_staff"), host: host, header: header})
		if got.status != http.StatusForbidden {
			t.Errorf("a socket for %s under %s: %d, want 403", origin, host, got.status)
		}
	}
	told := func() int { return strings.Count(h.log.String(), "on another port or scheme") }

	socket("http://evil.example"+port, "127.0.0.1")
	socket("http://127.0.0.1.evil.example", "127.0.0.1")
	socket("null", "127.0.0.1")
	if told() != 0 {
		t.Errorf("pages of other hosts are strangers':\n%s", h.log)
	}
	for range 3 {
		socket("http://127.0.0.1:8446", "127.0.0.1")
	}
	if told() != 1 {
		t.Errorf("told %d times, want once:\n%s", told(), h.log)
	}
	for _, word := range []string{`"level":"WARN"`, "http://127.0.0.1:8446", "--trusted-proxies"} {
		if !strings.Contains(h.log.String(), word) {
			t.Errorf("the log does not say %s:\n%s", word, h.log)
		}
	}
	socket("https://127.0.0.1", "127.0.0.1") // HTTPS ends at something that does not say so
	post := http.Header{"Origin": {"http://127.0.0.1:8447"}}
	h.ask(question{method: "POST", path: "/login", as: browser, host: "127.0.0.1", header: post})
	if told() != 3 {
		t.Errorf("a lost scheme, and a form instead of a socket: told %d times, want 3", told())
	}
	for stranger := range 30 {
		socket(fmt.Sprintf("http://127.0.0.1:%d", 9000+stranger), "127.0.0.1")
	}
	if told() > 8 {
		t.Errorf("a stranger wrote %d lines into the log", told())
	}
}

func TestANameThatIsNotOursGetsNothing(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{allowedHosts: []string{"127.0.0.1", "wards.example", "board.example:8443", "::1"}})
	port := h.web.URL[strings.LastIndex(h.web.URL, ":"):]
	token := h.token("admin")
	for host, allowed := range map[string]bool{
		"127.0.0.1" + port: true, "127.0.0.1": true, "wards.example": true, "WARDS.example:1234": true, "board.example:8443": true, "[::1]:8000": true,
		"board.example": false, "board.example:80": false, "evil.example": false, "wards.example.evil.example": false, "evil-wards.example": false,
		"127.0.0.1.evil.example" + port: false, "wards.example.": false, "localhost" + port: false,
	} {
		for _, path := range []string{"/login", "/nothing", fmt.Sprintf("/wards/%d/", h.a.ID)} {
			got := h.ask(question{method: "GET", path: path, as: program, token: token, host: host})
			if refused := got.status == http.StatusForbidden; refused == allowed {
				t.Errorf("GET %s under the name %s: %d", path, host, got.status)
			}
		}
		for _, path := range []string{"/healthz", "/readyz"} { // for machines that know an address alone
			if got := h.ask(question{method: "GET", path: path, as: program, host: host}); got.status != http.StatusOK {
				t.Errorf("GET %s under the name %s: %d", path, host, got.status)
			}
		}
	}
}

func TestOverHTTPSTheSessionIsBoundToTheHost(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{tls: true})
	h.employ("admin")
	got := h.post("/login", "", browser, url.Values{"username": {"admin"}, "password": {password}})
	cookie := h.sessionCookie(got)
	name := handlers.SessionCookie(h.hospital.Instance(), true)
	if !strings.HasPrefix(name, "__Host-") || cookie.Name != name || !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" {
		t.Errorf("the session's cookie over HTTPS: %s", cookie.Raw)
	}
	if got.header.Get("Strict-Transport-Security") == "" {
		t.Error("over HTTPS the browser is told to stay there")
	}
	for name, want := range map[string]int{name: 200, strings.TrimPrefix(name, "__Host-"): 401} {
		page := h.ask(question{method: "GET", path: "/users/", as: htmx, header: http.Header{"Cookie": {name + "=" + cookie.Value}}})
		if page.status != want {
			t.Errorf("with the cookie %s: %d, want %d", name, page.status, want)
		}
	}
	header := http.Header{"Cookie": {name + "=" + cookie.Value}, "Origin": {h.web.URL}}
	if s, response := h.dial("/ws/dashboard/medical_staff/", header, asHTML); s == nil {
		t.Errorf("wss with the cookie: %s", response.Status)
	} else {
		s.next()
	}
}

func TestForwardedHeadersAreBelievedFromTrustedProxiesOnly(t *testing.T) {
	t.Parallel()
	const public = "198.51.100.7, 203.0.113.9"
	for _, c := range []struct {
		name    string
		trusted []string
		hops    string
		secure  bool
		client  string
	}{
		{"no proxies", nil, public, false, "127.0.0.1"},
		{"other proxies", []string{"10.0.0.0/8", "192.168.0.0/16"}, public, false, "127.0.0.1"},
		{"this proxy", []string{"127.0.0.0/8"}, public, true, "203.0.113.9"},
		{"this proxy behind another", []string{"127.0.0.1/32", "203.0.113.0/24"}, public, true, "198.51.100.7"},
		{"a client in the hospital's own network", []string{"127.0.0.0/8"}, "198.51.100.7, 10.1.2.3", true, "10.1.2.3"},
		{"a proxy that says X-Real-IP alone", []string{"127.0.0.0/8"}, "", true, "198.51.100.7"},
		{"anybody who says X-Real-IP alone", []string{"10.0.0.0/8"}, "", false, "127.0.0.1"},
		{"a client on a link", []string{"127.0.0.0/8"}, "198.51.100.7, 169.254.1.1", true, "169.254.1.1"},
	} {
		forwarded := http.Header{"X-Forwarded-Proto": {"https"}, "X-Forwarded-For": {c.hops}, "X-Real-Ip": {"198.51.100.7"}, "Forwarded": {"for=198.51.100.7;proto=https"}}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newFixture(t, settings{trustedProxies: c.trusted})
			h.employ("admin")
			in := h.ask(question{method: "POST", path: "/login", as: browser, fields: url.Values{"username": {"admin"}, "password": {password}}, header: forwarded})
			if cookie := h.sessionCookie(in); cookie.Secure != c.secure {
				t.Errorf("cookie %s, want it over HTTPS: %t", cookie.Raw, c.secure)
			}
			h.ask(question{method: "POST", path: "/login", as: browser, fields: url.Values{"username": {"admin"}, "password": {"wrong password"}}, header: forwarded})
			digest := sha256.Sum256([]byte(c.client))
			var failures int
			err := hospitaltest.Database(t, h.database).QueryRowContext(t.Context(), `SELECT failures FROM sign_in_failure WHERE subject = $1`,
				"client "+hex.EncodeToString(digest[:])).Scan(&failures)
			if err != nil || failures != 1 {
				t.Errorf("%d failures are counted for %s, want 1: %v", failures, c.client, err)
			}
		})
	}
}

func TestTheHostThatAClientNamedIsBelievedFromTrustedProxiesOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		trusted []string
		named   string
		status  int
	}{
		"a trusted proxy names our host": {[]string{"127.0.0.0/8"}, "wards.example", http.StatusOK},
		"a trusted proxy names another":  {[]string{"127.0.0.0/8"}, "evil.example", http.StatusForbidden},
		"anybody else names our host":    {nil, "wards.example", http.StatusForbidden},
		"another network names our host": {[]string{"10.0.0.0/8"}, "wards.example", http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newFixture(t, settings{trustedProxies: c.trusted, allowedHosts: []string{"wards.example"}})
			got := h.ask(question{method: "GET", path: "/login", as: browser, host: "upstream.internal", header: http.Header{"X-Forwarded-Host": {c.named}}})
			if got.status != c.status {
				t.Errorf("got %d, want %d", got.status, c.status)
			}
		})
	}
}

// sessionCookie is the cookie with the session's token that an answer sets.
func (h *fixture) sessionCookie(a answer) *http.Cookie {
	h.t.Helper()
	cookies := (&http.Response{Header: a.header}).Cookies()
	for _, cookie := range cookies {
		if cookie.Name == handlers.SessionCookie(h.hospital.Instance(), cookie.Secure) {
			return cookie
		}
	}
	h.t.Fatalf("no cookie of a session in %v with %d: %.200s", cookies, a.status, a.body)
	return nil
}

// onlyCookie is the one cookie that an answer sets.
func onlyCookie(t *testing.T, a answer) *http.Cookie {
	t.Helper()
	cookies := (&http.Response{Header: a.header}).Cookies()
	if len(cookies) != 1 {
		t.Fatalf("want one cookie, got %v with %d: %.200s", cookies, a.status, a.body)
	}
	return cookies[0]
}

func TestNoPageReachesElsewhere(t *testing.T) {
	t.Parallel()
	w := newTarget(t, settings{})
	for _, path := range []string{"/login", "/dashboard/medical_staff/", "/dashboard/ward_management/", "/wards/{ward}/", "/beds/{occupied}/", "/beds/{available}/", "/users/", "/home/", "/addresses/",
		"/zones/", "/notifications/", "/gallery", "/nothing"} {
		page := w.get(w.path(path), w.admin, browser)
		if path == "/login" {
			page = w.get(path, "", browser)
		}
		document := page.html()
		for _, attribute := range []string{"src", "href", "action", "hx-get", "hx-post", "hx-ws\\:connect"} {
			document.Find("[" + attribute + "]").Each(func(_ int, s *goquery.Selection) {
				target := s.AttrOr(strings.ReplaceAll(attribute, "\\", ""), "")
				if strings.HasPrefix(target, "tel:+250") {
					return // calls somebody, and asks no other site
				}
				if !strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "#") || strings.HasPrefix(target, "//") {
					t.Errorf("%s reaches %s", path, target)
				}
			})
		}
		if n := document.Find("script:not([src]),style,[style],[onclick],[onload],iframe,object,embed,base").Length(); n > 0 {
			t.Errorf("%s has %d elements that the policy forbids", path, n)
		}
	}
}
