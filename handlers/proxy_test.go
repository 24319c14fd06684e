package handlers_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// TestForwardingHeadersAreReadInEveryForm: with ports and brackets, as lists, several times, and
// with what an attacker wrote first.
func TestForwardingHeadersAreReadInEveryForm(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		trusted string
		sent    http.Header
		client  string
	}{
		"a port":                {"127.0.0.1/32", http.Header{"X-Forwarded-For": {"52.1.1.1:40001"}}, "52.1.1.1"},
		"brackets and a port":   {"127.0.0.1/32", http.Header{"X-Forwarded-For": {"[2001:db8::1]:1234"}}, "2001:db8::/64"},
		"brackets":              {"127.0.0.1/32", http.Header{"X-Forwarded-For": {"[2001:db8::1]"}}, "2001:db8::/64"},
		"quotes":                {"127.0.0.1/32", http.Header{"X-Forwarded-For": {`"[2001:db8::1]:80"`}}, "2001:db8::/64"},
		"six without brackets":  {"127.0.0.1/32", http.Header{"X-Forwarded-For": {"2001:db8::1"}}, "2001:db8::/64"},
		"four as six":           {"127.0.0.1/32", http.Header{"X-Forwarded-For": {"::ffff:52.1.1.1"}}, "52.1.1.1"},
		"spaces":                {"127.0.0.1/32", http.Header{"X-Forwarded-For": {"  1.1.1.1 ,,  52.1.1.1 , "}}, "52.1.1.1"},
		"twice":                 {"127.0.0.1/32", http.Header{"X-Forwarded-For": {"1.1.1.1", "52.1.1.1:9"}}, "52.1.1.1"},
		"two proxies":           {"127.0.0.1/32,10.0.0.0/8", http.Header{"X-Forwarded-For": {"1.1.1.1, 52.1.1.1:9", "10.1.1.1:443"}}, "52.1.1.1"},
		"a proxy of its own":    {"127.0.0.1/32", http.Header{"X-Forwarded-For": {"52.1.1.1", "10.1.1.1"}}, "10.1.1.1"},
		"all are proxies":       {"127.0.0.1/32,10.0.0.0/8", http.Header{"X-Forwarded-For": {"10.2.2.2, 10.1.1.1"}}, "10.2.2.2"},
		"a name":                {"127.0.0.1/32,10.0.0.0/8", http.Header{"X-Forwarded-For": {"52.1.1.1, unknown, 10.1.1.1"}}, "10.1.1.1"},
		"a name alone":          {"127.0.0.1/32", http.Header{"X-Forwarded-For": {"unknown"}}, "127.0.0.1"},
		"real, with a port":     {"127.0.0.1/32", http.Header{"X-Real-Ip": {"52.1.1.1:7"}}, "52.1.1.1"},
		"real, twice":           {"127.0.0.1/32", http.Header{"X-Real-Ip": {"1.1.1.1, 2.2.2.2", "[2001:db8::1]:1"}}, "2001:db8::/64"},
		"both":                  {"127.0.0.1/32", http.Header{"X-Forwarded-For": {"52.1.1.1"}, "X-Real-Ip": {"1.1.1.1"}}, "52.1.1.1"},
		"from nobody we trust":  {"10.0.0.0/8", http.Header{"X-Forwarded-For": {"52.1.1.1:1"}, "X-Real-Ip": {"52.1.1.1"}}, "127.0.0.1"},
		"an empty word for for": {"127.0.0.1/32", http.Header{"X-Forwarded-For": {" , "}, "X-Real-Ip": {"52.1.1.1"}}, "52.1.1.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newFixture(t, settings{trustedProxies: strings.Split(c.trusted, ",")})
			wrong := url.Values{"username": {"ntawe"}, "password": {"wrong password"}}
			h.ask(question{method: "POST", path: "/login", as: program, fields: wrong, header: c.sent})
			digest := sha256.Sum256([]byte(c.client))
			var failures int
			err := hospitaltest.Database(t, h.database).QueryRowContext(t.Context(), `SELECT failures FROM sign_in_failure WHERE subject = $1`,
				"client "+hex.EncodeToString(digest[:])).Scan(&failures)
			if err != nil || failures != 1 {
				t.Errorf("%d failures are counted for %s: %v", failures, c.client, err)
			}
		})
	}
}

// TestTheSchemeAndTheHostAreThoseOfTheProxyThatTheClientReached: a proxy adds its word or passes on
// the one before it.
func TestTheSchemeAndTheHostAreThoseOfTheProxyThatTheClientReached(t *testing.T) {
	t.Parallel()
	const two = "127.0.0.1/32,10.0.0.0/8"
	for name, c := range map[string]struct {
		trusted, hops string
		proto, host   []string
		secure, found bool
	}{
		"one":                          {"127.0.0.1/32", "52.1.1.1", []string{"https"}, []string{"wards.example"}, true, true},
		"capitals":                     {"127.0.0.1/32", "52.1.1.1", []string{" HTTPS "}, []string{"WARDS.example:8443"}, true, true},
		"what an attacker wrote":       {"127.0.0.1/32", "1.1.1.1, 52.1.1.1", []string{"https, http"}, []string{"wards.example, evil.example"}, false, false},
		"twice":                        {"127.0.0.1/32", "52.1.1.1", []string{"http", "https"}, []string{"evil.example", "wards.example"}, true, true},
		"two proxies, each its word":   {two, "52.1.1.1, 10.1.1.1", []string{"https, http"}, []string{"wards.example, inner.example"}, true, true},
		"two proxies and an attacker":  {two, "1.1.1.1, 52.1.1.1, 10.1.1.1", []string{"http, https, http"}, []string{"evil.example,wards.example", "inner.example"}, true, true},
		"two proxies, one word":        {two, "52.1.1.1, 10.1.1.1", []string{"https"}, []string{"wards.example"}, true, true},
		"nonsense":                     {"127.0.0.1/32", "52.1.1.1", []string{"gopher"}, []string{"wards.example"}, false, true},
		"nobody whom we trust says so": {"10.0.0.0/8", "52.1.1.1", []string{"https"}, []string{"wards.example"}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newFixture(t, settings{trustedProxies: strings.Split(c.trusted, ","), allowedHosts: []string{"wards.example"}})
			h.employ(hospital.Admin)
			got := h.ask(question{method: "POST", path: "/login", as: browser, host: "upstream.internal",
				fields: url.Values{"username": {"admin"}, "password": {password}},
				header: http.Header{"X-Forwarded-For": {c.hops}, "X-Forwarded-Proto": c.proto, "X-Forwarded-Host": c.host}})
			if found := got.status == http.StatusSeeOther; found != c.found {
				t.Fatalf("got %d", got.status)
			}
			if c.found && h.sessionCookie(got).Secure != c.secure {
				t.Errorf("taken for HTTPS: %t", !c.secure)
			}
		})
	}
}
