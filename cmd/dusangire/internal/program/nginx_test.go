package program

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/coder/websocket"

	"dusangire/hospital"
)

// site is what deploy/nginx.conf says, on addresses of this machine.
type site struct {
	text        string
	url         string // where it hands requests on to the server
	redirecting string // where it sends people on to HTTPS
}

// siteBefore is the site in front of the server at a URL, with HTTPS where there is a certificate.
func siteBefore(t *testing.T, server, cert, key string) site {
	t.Helper()
	address, redirecting := freeAddress(t), freeAddress(t)
	put := []string{"server 127.0.0.1:8000;", "server " + strings.TrimPrefix(server, "http://") + ";", "listen 80;", "listen " + redirecting + ";",
		"/etc/ssl/board.hospital.example/fullchain.pem", cert, "/etc/ssl/board.hospital.example/privkey.pem", key, "board.hospital.example", "127.0.0.1"}
	if cert == "" {
		text := shipped(t, "nginx.conf", append(put, "listen 443 ssl;", "listen "+address+";")...)
		return site{regexp.MustCompile(`\n\tssl_.*`).ReplaceAllString(text, ""), "http://" + address, "http://" + redirecting}
	}
	return site{shipped(t, "nginx.conf", append(put, "listen 443 ssl;", "listen "+address+" ssl;")...), "https://" + address, "http://" + redirecting}
}

// front is an nginx in front of a server.
type front struct {
	t *testing.T
	site
	dir     string
	process *exec.Cmd
}

// startNginx lets nginx judge a site and then serve it.
func startNginx(t *testing.T, site site) *front {
	t.Helper()
	program := needs(t, "nginx", "nginx")
	f := &front{t: t, site: site, dir: t.TempDir()}
	mustWrite(t, f.dir, "site.conf", site.text)
	config := mustWrite(t, f.dir, "nginx.conf", f.surroundings())
	judged, err := exec.CommandContext(within(t), program, "-t", "-e", f.file("error.log"), "-c", config).CombinedOutput()
	if err != nil || bytes.Contains(judged, []byte("[warn]")) {
		t.Fatalf("nginx -t: %v\n%s", err, judged)
	}
	f.process = exec.Command(program, "-e", f.file("error.log"), "-c", config)
	if err := f.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // after the pages that look through it are closed
		_ = f.process.Process.Signal(syscall.SIGTERM) // its workers go with it
		_ = f.process.Wait()
	})
	waitFor(t, "nginx listens", func() bool {
		conn, err := net.Dial("tcp", strings.SplitN(site.url, "://", 2)[1])
		if err != nil {
			return false
		}
		_ = conn.Close()
		return true
	})
	return f
}

func (f *front) file(name string) string { return filepath.Join(f.dir, name) }

// become takes another site into use, as an operator does by a reload.
func (f *front) become(site site) {
	f.t.Helper()
	mustWrite(f.t, f.dir, "site.conf", site.text)
	if err := f.process.Process.Signal(syscall.SIGHUP); err != nil {
		f.t.Fatal(err)
	}
}

// surroundings is what an nginx.conf has around the sites.
func (f *front) surroundings() string {
	user := ""
	if os.Getuid() == 0 {
		user = "user root;"
	}
	temporary := ""
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temporary += fmt.Sprintf("%s_temp_path %s;\n", kind, f.file(kind))
	}
	return fmt.Sprintf("%s\ndaemon off;\npid %s;\nworker_processes 1;\nerror_log %s;\nevents {}\nhttp {\naccess_log %s;\n%s\ninclude %s;\n}\n",
		user, f.file("nginx.pid"), f.file("error.log"), f.file("access.log"), temporary, f.file("site.conf"))
}

// behindNginx is a server with a ward that trusts the nginx in front of it, which serves HTTPS or plain HTTP.
func behindNginx(t *testing.T, secure bool) (*server, hospital.WardBoard, *front) {
	t.Helper()
	s, board := mustServeWard(t, 24, func(c *ServeCommand) { c.TrustedProxies = []string{"127.0.0.1"} })
	cert, key := "", ""
	if secure {
		cert, key, _ = certificate(t, nil)
	}
	return s, board, startNginx(t, siteBefore(t, s.url, cert, key))
}

func TestAPageBehindNginxIsLive(t *testing.T) {
	t.Parallel()
	s, board, nginx := behindNginx(t, false)
	p := newScreen(t, nginx.url)
	p.open("/login")
	p.signInByForm(hospital.MedicalStaff)
	p.untilLive()
	p.openLive(wardPath(board))
	p.mark()
	admit(t, s, "Uwase Marie", board.Beds[4])
	p.untilSays(card(board.Beds[4]), "Uwase Marie")
	p.openBed(board.Beds[5])
	p.write("#admit-patient_name", "Mukamana Chantal")
	p.press(".panel .primary")
	p.untilSays(card(board.Beds[5]), "Mukamana Chantal")
	p.wantSamePage()
	if _, polls := p.asked(); polls > 0 {
		t.Errorf("a live page polled %d times", polls)
	}
}

// asked counts the sockets and the polls that a page has tried.
func (p *screen) asked() (sockets, polls int) {
	p.t.Helper()
	p.settle()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, to := range p.requests {
		if strings.HasPrefix(to, "ws") {
			sockets++
		}
		if strings.Contains(to, "/frames/") {
			polls++
		}
	}
	return sockets, polls
}

func TestAPageBehindNginxWithHTTPSIsLiveAndSafe(t *testing.T) {
	t.Parallel()
	s, board, nginx := behindNginx(t, true)
	p := newScreen(t, nginx.url)
	p.open("/login")
	p.signInByForm(hospital.MedicalStaff)
	p.untilLive()
	p.openLive(wardPath(board))
	admit(t, s, "Uwase Marie", board.Beds[4])
	p.untilSays(card(board.Beds[4]), "Uwase Marie")

	cookies, err := chromedp.Call(p.ctx, network.GetCookies, network.GetCookiesParams{})
	if err != nil {
		t.Fatal(err)
	}
	if len(cookies.Cookies) != 1 || !strings.HasPrefix(cookies.Cookies[0].Name, "__Host-dusangire_session_") ||
		!cookies.Cookies[0].Secure || !cookies.Cookies[0].HTTPOnly {
		t.Errorf("the browser sends %+v here, want the one cookie that is bound to this host and to HTTPS", cookies.Cookies)
	}
	socket := "wss" + strings.TrimPrefix(nginx.url, "https") + fmt.Sprintf("/ws/ward/%d/", board.ID)
	p.mu.Lock()
	defer p.mu.Unlock()
	if !strings.Contains(strings.Join(p.requests, "\n"), socket) {
		t.Errorf("the page should have opened %s, and asked %q", socket, p.requests)
	}
}

// outside is a client of a proxy that comes from an address of its own.
type outside struct {
	t      *testing.T
	url    string
	client *http.Client
}

// from returns a client at one of the machine's loopback addresses.
func (f *front) from(address string, trusted *x509.CertPool) outside {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	transport := &http.Transport{DialContext: dialer.DialContext, TLSClientConfig: &tls.Config{RootCAs: trusted}}
	f.t.Cleanup(transport.CloseIdleConnections)
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return outside{f.t, f.url, &http.Client{Transport: transport, CheckRedirect: stay}}
}

// signIn tries a password as a program and returns the status and the token.
func (o outside) signIn(password string, headers http.Header) (status int, token string) {
	o.t.Helper()
	request, err := http.NewRequestWithContext(within(o.t), http.MethodPost, o.url+"/login", strings.NewReader(fmt.Sprintf(`{"username":"medical_staff","password":%q}`, password)))
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
			s, _ := mustServeWard(t, 1, func(c2 *ServeCommand) { c2.TrustedProxies = c.trusted })
			nginx := startNginx(t, siteBefore(t, s.url, "", ""))
			guesser, other := nginx.from("127.0.0.2", nil), nginx.from("127.0.0.3", nil)
			for range 6 {
				guesser.signIn("a wrong one", nil)
			}
			if status, _ := guesser.signIn(password, spoofed); status != http.StatusTooManyRequests {
				t.Errorf("who guessed gets %d in another's name, want 429", status)
			}
			if status, _ := other.signIn(password, nil); status != c.other {
				t.Errorf("somebody else gets %d, want %d", status, c.other)
			}
		})
	}
}

func TestSocketsThroughNginxAreOurPagesAndAreToldWhenTheServerStops(t *testing.T) {
	t.Parallel()
	s, board := mustServeWard(t, 1, func(c *ServeCommand) { c.TrustedProxies = []string{"127.0.0.1"} })
	cert, key, pool := certificate(t, nil)
	nginx := startNginx(t, siteBefore(t, s.url, cert, key))
	client := nginx.from("127.0.0.1", pool)
	status, token := client.signIn(password, nil)
	if status != http.StatusCreated {
		t.Fatalf("sign in: %d", status)
	}
	dial := func(ctx context.Context, origin string) (*websocket.Conn, *http.Response, error) {
		return websocket.Dial(ctx, nginx.url+fmt.Sprintf("/ws/ward/%d/", board.ID), &websocket.DialOptions{
			HTTPClient: client.client, HTTPHeader: http.Header{"Authorization": {"Bearer " + token}, "Origin": {origin}}})
	}
	for _, foreign := range []string{"https://evil.example", s.url, strings.Replace(nginx.url, "https", "http", 1) + "0"} {
		if _, response, err := dial(within(t), foreign); err == nil || response == nil || response.StatusCode != http.StatusForbidden {
			t.Errorf("a page of %s opens a socket: %v", foreign, err)
		}
	}
	conn, _, err := dial(within(t), nginx.url)
	if err != nil {
		t.Fatalf("our own page opens no socket: %v", err)
	}
	defer conn.CloseNow()
	live := socket{t, conn}
	if first := live.next(); !strings.Contains(first, "ward_status") {
		t.Errorf("through nginx came %s", first)
	}
	stopped := make(chan struct{})
	go func() { s.stop(); close(stopped) }()
	if code := live.closeCode(); code != 1012 {
		t.Errorf("nginx made %d of 1012", code)
	}
	<-stopped

	response, err := client.client.Get(nginx.redirecting + "/wards/1/?x=1")
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
	s := mustServe(t, countsOn)
	nginx := startNginx(t, siteBefore(t, strings.TrimSuffix(s.metrics, "/metrics"), "", ""))
	if got := getStatus(t, s.metrics); got != http.StatusOK {
		t.Fatalf("the metrics: %d", got)
	}
	for _, path := range []string{"/metrics", "/metrics?x=1", "//metrics", "/%6detrics"} {
		if got := getStatus(t, nginx.url+path); got != http.StatusNotFound {
			t.Errorf("GET %s through nginx: %d, want 404", path, got)
		}
	}
}

// isPolled is how a page looks that asks for its state again and again.
const isPolled = `getComputedStyle(document.querySelector(".pill .polled")).visibility === "visible" && document.querySelector(".pill .polled").offsetWidth > 0 && !(` + isBanner + `)`

// foreseesRefusals says that the page's sockets are refused, of which the browser and htmx complain on the console.
func (p *screen) foreseesRefusals() {
	p.foresees("WebSocket connection to")
	p.foresees("htmx:ws:error")
}

// upgrades are the lines of the site without which nginx hands no upgrade on, as in many a proxy that nobody set up for sockets.
var upgrades = regexp.MustCompile(`\n\tproxy_set_header (Upgrade|Connection) .*`)

// ignorant and refusing are the site where it lets no socket through: it does not know what an upgrade is, or refuses their path.
func (s site) ignorant() site {
	s.text = upgrades.ReplaceAllString(s.text, "")
	return s
}

func (s site) refusing() site {
	s.text = strings.Replace(s.text, "location /ws/ {", "location /ws/ {\n\t\treturn 403;", 1)
	return s
}

func TestBehindAProxyThatLetsNoSocketThroughPagesPollAndSaySo(t *testing.T) {
	t.Parallel()
	s, board := mustServeWard(t, 24, func(c *ServeCommand) { c.TrustedProxies = []string{"127.0.0.1"} })
	good := siteBefore(t, s.url, "", "")
	for i, bad := range []site{good.ignorant(), good.refusing()} {
		t.Run([]string{"because it does not know upgrades", "because it refuses their path"}[i], func(t *testing.T) {
			nginx := startNginx(t, bad)
			nurse := newScreen(t, nginx.url)
			nurse.foreseesRefusals()
			nurse.useToken(s.signIn(hospital.MedicalStaff).token)
			nurse.open(wardPath(board))
			nurse.until("the page to say that it looks for changes by itself", isPolled)
			nurse.untilSays(".pill", "Updating every 3 s")
			nurse.mark()

			elsewhere, here := board.Beds[2*i], board.Beds[2*i+1]
			began := time.Now()
			admit(t, s, "Uwase Marie", elsewhere)
			nurse.untilSays(card(elsewhere), "Uwase Marie")
			t.Logf("a change made elsewhere was on the screen after %v", time.Since(began).Round(10*time.Millisecond))
			nurse.openBed(here)
			nurse.write("#admit-patient_name", "Mukamana Chantal")
			nurse.press(".panel .primary")
			nurse.untilSays(card(here), "Mukamana Chantal")
			nurse.wantSamePage()
			nurse.until("the page still to poll", isPolled)
		})
	}
}

func TestAPageThatPolledIsLiveByItselfWhenSocketsPassAgain(t *testing.T) {
	t.Parallel()
	s, board := mustServeWard(t, 2, func(c *ServeCommand) { c.TrustedProxies = []string{"127.0.0.1"} })
	good := siteBefore(t, s.url, "", "")
	nginx := startNginx(t, good.ignorant())
	p := newScreen(t, nginx.url)
	p.foreseesRefusals()
	p.useToken(s.signIn(hospital.MedicalStaff).token)
	p.open(wardPath(board))
	p.until("the page to poll", isPolled)
	p.mark()
	nginx.become(good)
	mended := time.Now()
	p.within(40*time.Second+slack, "the page to be live", isLive)
	t.Logf("live %v after the proxy was mended", time.Since(mended).Round(time.Second))
	p.wantSamePage()
}

func TestAPageThatPollsSaysSoWhenItsServerIsGone(t *testing.T) {
	t.Parallel()
	_, board, process, _ := mustServeProcess(t, 4)
	nginx := startNginx(t, siteBefore(t, process.url, "", "").ignorant())
	p := newScreen(t, nginx.url)
	p.foreseesRefusals()
	p.useToken(process.signIn("medical_staff").token)
	p.open(wardPath(board))
	p.until("the page to poll", isPolled)
	process.signal(syscall.SIGSTOP)
	frozen := time.Now()
	p.within(silence+slack, "the banner", isBanner)
	t.Logf("the banner stood %v after the server froze", time.Since(frozen).Round(100*time.Millisecond))
	p.wantPill("not-live")
	process.signal(syscall.SIGCONT)
	p.until("the page to poll again", isPolled)
}

// TestEveryLivePagePollsWhereNoSocketPasses opens, as each role, the page that one starts from and every kind of page that it leads
// to. A page that comes later is found by its links.
func TestEveryLivePagePollsWhereNoSocketPasses(t *testing.T) {
	t.Parallel()
	s := mustServeDemo(t)
	nginx := startNginx(t, siteBefore(t, s.url, "", "").ignorant())
	live := map[string]bool{}
	for _, role := range hospital.Roles {
		p := newScreen(t, nginx.url)
		p.permits("WebSocket connection to") // a role whose pages were all seen waits for none of them
		p.permits("htmx:ws:error")
		p.useToken(s.client().signInAs(string(role), "dusangire").token)
		for _, path := range p.kinds() {
			kind := kindOf(path)
			p.open(path)
			if !ask[bool](p, `"live" in document.body.dataset`) || live[kind] {
				continue
			}
			live[kind] = true
			p.until(string(role)+"'s page "+path+" to poll", isPolled)
		}
		p.close()
	}
	t.Logf("polled: %v", slices.Sorted(maps.Keys(live)))
	for _, kind := range []string{"/dashboard/medical_staff/", "/dashboard/ward_management/", "/dashboard/kitchen/", "/dashboard/kitchen/?", "/dashboard/delivery/", "/wards/{id}/", "/notifications/"} {
		if !live[kind] {
			t.Errorf("%s was not found, so the test does not find its way", kind)
		}
	}
}

var someID = regexp.MustCompile(`/[0-9]+/`)

// kindOf is the same for paths that differ by an id, or by what is asked after the question mark.
func kindOf(path string) string {
	path, asked, _ := strings.Cut(path, "?")
	if asked != "" {
		asked = "?"
	}
	return someID.ReplaceAllString(path, "/{id}/") + asked
}

// kinds are paths of pages that a person gets to from where they start, in two steps at most, one of each kind.
func (p *screen) kinds() []string {
	p.t.Helper()
	const links = `[location.pathname, ...[...document.querySelectorAll("a[href^='/']")].map((a) => a.getAttribute("href")).filter((to) => !to.startsWith("/static/"))]`
	known := map[string]bool{}
	var found []string
	follow := func(from string) {
		p.open(from)
		for _, to := range ask[[]string](p, links) {
			to, _, _ = strings.Cut(to, "#")
			if kind := kindOf(to); !known[kind] {
				known[kind] = true
				found = append(found, to)
			}
		}
	}
	follow("/")
	for _, from := range slices.Clone(found) {
		follow(from)
	}
	return found
}
