package deployment_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/cmd/dusangire/internal/program"
)

// outside is a client of a proxy that comes from an address of its own.
type outside struct {
	t      testing.TB
	url    string
	client *http.Client
}

// from returns a client at one of the machine's loopback addresses.
func from(f *dusangiretest.Nginx, address string, trusted *x509.CertPool) outside {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	transport := &http.Transport{DialContext: dialer.DialContext, TLSClientConfig: &tls.Config{RootCAs: trusted}}
	f.T.Cleanup(transport.CloseIdleConnections)
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return outside{f.T, f.URL, &http.Client{Transport: transport, CheckRedirect: stay}}
}

// signIn tries a password as a program and returns the status and the token.
func (o outside) signIn(password string, headers http.Header) (status int, token string) {
	o.t.Helper()
	request, err := http.NewRequestWithContext(dusangiretest.Within(o.t), http.MethodPost, o.url+"/login", strings.NewReader(fmt.Sprintf(`{"username":"medical_staff","password":%q}`, password)))
	if err != nil {
		o.t.Fatal(err)
	}
	for name, values := range headers {
		request.Header[name] = values
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := o.client.Do(request)
	if err != nil {
		o.t.Fatal(err)
	}
	defer response.Body.Close()
	var session struct{ Token string }
	if err := json.NewDecoder(response.Body).Decode(&session); err != nil {
		o.t.Fatalf("%s without JSON: %v", response.Status, err)
	}
	return response.StatusCode, session.Token
}

// TestBehindNginxEachClientIsCountedByItself: failures to sign in count for the address that nginx was reached from, whatever the
// client says of itself, and not for nginx. Without --trusted-proxies all are one, which shows that the test can tell.
func TestBehindNginxEachClientIsCountedByItself(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the clients' addresses, 127.0.0.2 and 127.0.0.3, are there on Linux without being set up")
	}
	spoofed := http.Header{"X-Forwarded-For": {"198.51.100.7"}, "X-Real-Ip": {"198.51.100.7"}, "Forwarded": {"for=198.51.100.7"}}
	for name, c := range map[string]struct {
		trusted []string
		other   int
	}{
		"a trusted nginx": {[]string{"127.0.0.1"}, http.StatusCreated},
		"any other nginx": {nil, http.StatusTooManyRequests},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := dusangiretest.MustServeWard(t, 1, func(c2 *program.ServeCommand) { c2.TrustedProxies = c.trusted })
			nginx := dusangiretest.StartNginx(t, dusangiretest.SiteBefore(t, s.URL, "", ""))
			guesser, other := from(nginx, "127.0.0.2", nil), from(nginx, "127.0.0.3", nil)
			for range 6 {
				guesser.signIn("a wrong one", nil)
			}
			if status, _ := guesser.signIn(dusangiretest.Password, spoofed); status != http.StatusTooManyRequests {
				t.Errorf("who guessed gets %d in another's name, want 429", status)
			}
			if status, _ := other.signIn(dusangiretest.Password, nil); status != c.other {
				t.Errorf("somebody else gets %d, want %d", status, c.other)
			}
		})
	}
}

func TestSocketsThroughNginxAreOurPagesAndAreToldWhenTheServerStops(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 1, func(c *program.ServeCommand) { c.TrustedProxies = []string{"127.0.0.1"} })
	cert, key, pool := dusangiretest.Certificate(t, nil)
	nginx := dusangiretest.StartNginx(t, dusangiretest.SiteBefore(t, s.URL, cert, key))
	client := from(nginx, "127.0.0.1", pool)
	status, token := client.signIn(dusangiretest.Password, nil)
	if status != http.StatusCreated {
		t.Fatalf("sign in: %d", status)
	}
	dial := func(ctx context.Context, origin string) (*websocket.Conn, *http.Response, error) {
		return websocket.Dial(ctx, nginx.URL+fmt.Sprintf("/ws/ward/%d/", board.ID), &websocket.DialOptions{
			HTTPClient: client.client, HTTPHeader: http.Header{"Authorization": {"Bearer " + token}, "Origin": {origin}}})
	}
	for _, foreign := range []string{"https://evil.example", s.URL, strings.Replace(nginx.URL, "https", "http", 1) + "0"} {
		if _, response, err := dial(dusangiretest.Within(t), foreign); err == nil || response == nil || response.StatusCode != http.StatusForbidden {
			t.Errorf("a page of %s opens a socket: %v", foreign, err)
		}
	}
	conn, _, err := dial(dusangiretest.Within(t), nginx.URL)
	if err != nil {
		t.Fatalf("our own page opens no socket: %v", err)
	}
	defer conn.CloseNow()
	live := dusangiretest.Socket{T: t, Conn: conn}
	if first := live.Next(); !strings.Contains(first, "ward_status") {
		t.Errorf("through nginx came %s", first)
	}
	stopped := make(chan struct{})
	go func() { s.Stop(); close(stopped) }()
	if code := live.CloseCode(); code != 1012 {
		t.Errorf("nginx made %d of 1012", code)
	}
	<-stopped

	response, err := client.client.Get(nginx.Redirecting + "/wards/1/?x=1")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if to := response.Header.Get("Location"); response.StatusCode != http.StatusMovedPermanently || to != "https://127.0.0.1/wards/1/?x=1" {
		t.Errorf("plain HTTP is sent on to %q with %s", to, response.Status)
	}
}

// TestNginxHandsNoMetricsOut also where they are on the very address that it asks.
func TestNginxHandsNoMetricsOut(t *testing.T) {
	t.Parallel()
	s := dusangiretest.MustServe(t, countsOn)
	nginx := dusangiretest.StartNginx(t, dusangiretest.SiteBefore(t, strings.TrimSuffix(s.Metrics, "/metrics"), "", ""))
	if got := dusangiretest.GetStatus(t, s.Metrics); got != http.StatusOK {
		t.Fatalf("the metrics: %d", got)
	}
	for _, path := range []string{"/metrics", "/metrics?x=1", "//metrics", "/%6detrics"} {
		if got := dusangiretest.GetStatus(t, nginx.URL+path); got != http.StatusNotFound {
			t.Errorf("GET %s through nginx: %d, want 404", path, got)
		}
	}
}
