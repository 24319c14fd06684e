package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"dusangire/hub"
)

// doctorCommand walks the deployment checklist of the original guide over a running server. It takes the settings of serve, by flag or
// from the environment, and so looks where the server is.
type doctorCommand struct {
	endpoint
	visitor
	PublicURL string `help:"Where people reach the server, through whatever stands before it." placeholder:"URL"`
}

// doctor is one walk.
type doctor struct {
	doctorCommand
	server door          // the server itself
	public *url.URL      // nil where it was not told
	redis  *hub.RedisBus // nil on one node
	token  string        // of a session; "" without one
	up     bool          // found by the second check; what needs the server is skipped without
}

// finding is what a check came to, and in words what was seen, or what to do, or why nothing was looked at.
type finding struct {
	verdict verdict
	words   string
}

type verdict string

const (
	passed  verdict = "pass"
	failed  verdict = "fail"
	skipped verdict = "skip"
)

func pass(format string, args ...any) finding { return finding{passed, fmt.Sprintf(format, args...)} }
func fail(format string, args ...any) finding { return finding{failed, fmt.Sprintf(format, args...)} }
func skip(format string, args ...any) finding { return finding{skipped, fmt.Sprintf(format, args...)} }

// checklist has the guide's ten rows in its order. Those that ask the server come after the one that finds it.
var checklist = []struct {
	name string
	look func(*doctor, context.Context) finding
	asks bool // the server
}{
	{"Redis reachable", (*doctor).lookAtRedis, false},
	{"server configured", (*doctor).lookAtServer, false},
	{"layer backend is Redis", (*doctor).lookAtBus, true},
	{"WebSocket URLs answer", (*doctor).lookAtSockets, true},
	{"upgrade passes the public URL", (*doctor).lookAtUpgrade, false},
	{"TLS valid", (*doctor).lookAtCertificate, false},
	{"test page for a browser", (*doctor).lookAtPage, false},
	{"Redis pool monitored", (*doctor).lookAtPool, true},
	{"WebSocket errors logged", (*doctor).lookAtLog, true},
	{"process manager", (*doctor).lookAtManager, true},
}

// lookFor is how long one check may take.
const lookFor = 20 * time.Second

// Run prints a line for each check; one that fails is the error.
func (c *doctorCommand) Run(ctx context.Context) error {
	d, err := c.begin(ctx)
	if err != nil {
		return err
	}
	if d.redis != nil {
		defer d.redis.Close()
	}
	bad := 0
	for i, check := range checklist {
		found := skip("the server does not answer")
		if d.up || !check.asks {
			found = d.look(ctx, check.look)
		}
		if found.verdict == failed {
			bad++
		}
		fmt.Fprintf(os.Stdout, "%s %2d %s: %s\n", found.verdict, i+1, check.name, strings.Join(strings.Fields(found.words), " "))
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d checks failed", bad, len(checklist))
	}
	return nil
}

func (d *doctor) look(ctx context.Context, check func(*doctor, context.Context) finding) finding {
	within, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	return check(d, within)
}

// begin finds the ways to what is looked at.
func (c *doctorCommand) begin(ctx context.Context) (*doctor, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	d := &doctor{doctorCommand: *c}
	if c.PublicURL != "" {
		if d.public = siteAt(c.PublicURL); d.public == nil {
			return nil, fmt.Errorf("--public-url %s: give such as https://board.hospital.example",
				redacted(c.PublicURL))
		}
	}
	var err error
	if d.server, err = c.ownDoor(d.public); err != nil {
		return nil, err
	}
	if c.RedisURL != "" {
		if d.redis, err = hub.NewRedisBus(c.RedisURL, slog.New(slog.DiscardHandler)); err != nil {
			return nil, c.errRedisURL()
		}
	}
	if d.token, err = c.session(ctx, d.server); err != nil {
		return nil, err
	}
	return d, nil
}

// siteAt reads the URL of a whole site; nil where it is none. Nobody's name or password belongs
// into it: errors quote it.
func siteAt(written string) *url.URL {
	site, err := url.Parse(strings.TrimSuffix(written, "/"))
	if err != nil || !isReadable(written, "http", "https") || site.User != nil || site.Host == "" ||
		site.Path != "" || site.RawQuery != "" {
		return nil
	}
	return site
}

// ownDoor is the server's own address, under a name that it answers to.
func (c *doctorCommand) ownDoor(public *url.URL) (door, error) {
	own := door{url: "http://" + fromHere(c.Addr), client: stayingClient(nil)}
	switch {
	case len(c.AllowedHosts) > 0:
		own.host = c.AllowedHosts[0]
	case public != nil:
		own.host = public.Host
	}
	secure, err := c.certificate(slog.New(slog.DiscardHandler))
	if err == nil && secure != nil {
		own.url = "https" + strings.TrimPrefix(own.url, "http")
		own.client = stayingClient(onlyThis(secure.shown.Load()))
	}
	return own, err
}

// fromHere is where this machine reaches what listens on an address, be it all of the machine's.
func fromHere(address string) string {
	if host, port, err := net.SplitHostPort(address); err == nil && isEverywhere(host) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address
}

// stayingClient follows no redirects and keeps no connections.
func stayingClient(secure *tls.Config) *http.Client {
	return &http.Client{
		Transport:     &http.Transport{TLSClientConfig: secure, DisableKeepAlives: true, Proxy: http.ProxyFromEnvironment},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (d *doctor) lookAtRedis(ctx context.Context) finding {
	if d.redis == nil {
		return skip("one node needs none; for several give --redis-url")
	}
	began := time.Now()
	switch err := d.redis.Try(ctx); {
	case err != nil && hub.Denied(err):
		return fail("%v; let the account in, and grant it what it needs: %s", err, redisRights)
	case err != nil:
		return fail("%v; start Redis, or mend --redis-url, its password or the firewall", err)
	}
	return pass("a message went through it and back in %s", time.Since(began).Round(100*time.Microsecond))
}

// redisRights are what an account of Redis needs, as ACL SETUSER takes them; pubsub only to count
// the nodes.
const redisRights = "&dusangire:* +publish +subscribe +unsubscribe +ping +hello +client +pubsub"

func (d *doctor) lookAtServer(ctx context.Context) finding {
	for _, path := range []string{"/healthz", "/readyz"} {
		status, _, body, err := d.server.get(ctx, path)
		if err != nil {
			return fail("%v; start the server, or say by --addr where it is", err)
		}
		d.up = true
		if status != http.StatusOK {
			return fail("%s answers %d %s; mend what is down there", path, status, body)
		}
	}
	status, _, _, err := d.server.get(ctx, "/login")
	switch {
	case err != nil:
		return fail("%v", err)
	case status == http.StatusForbidden:
		return fail("it does not answer to the name %s; add that to --allowed-hosts", d.nameOfServer())
	case status != http.StatusOK && status != http.StatusSeeOther:
		return fail("/login answers %d; its log says why", status)
	}
	return pass("%s is healthy and ready, and answers to the name %s", d.server.url, d.nameOfServer())
}

func (d *doctor) nameOfServer() string {
	if d.server.host != "" {
		return d.server.host
	}
	return strings.SplitN(d.server.url, "://", 2)[1]
}

// readiness is what the server says of its parts; empty where it can't be asked.
func (d *doctor) readiness(ctx context.Context) (parts map[string]string) {
	_, _, body, err := d.server.get(ctx, "/readyz")
	if err != nil || json.Unmarshal([]byte(body), &parts) != nil {
		return nil
	}
	return parts
}

// metrics are the server's, by name and labels as they are written.
func (d *doctor) metrics(ctx context.Context) (map[string]string, error) {
	if d.MetricsAddr == "" {
		return nil, errors.New("start it with --metrics-addr 127.0.0.1:9090, and say so here too")
	}
	from := door{url: "http://" + fromHere(d.MetricsAddr), client: stayingClient(nil)}
	status, _, body, err := from.get(ctx, "/metrics")
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, fmt.Errorf("/metrics answers %d; say by --metrics-addr where they are", status)
	}
	values := map[string]string{}
	for line := range strings.Lines(body) {
		if at := strings.LastIndexByte(line, ' '); at > 0 && line[0] != '#' {
			values[line[:at]] = strings.TrimSpace(line[at:])
		}
	}
	return values, nil
}

func (d *doctor) lookAtBus(ctx context.Context) finding {
	metrics, err := d.metrics(ctx)
	if err != nil {
		return skip("the server's metrics, which tell, can't be read: %v", err)
	}
	connected, overRedis := metrics[`dusangire_bus_connected{backend="redis"}`]
	switch {
	case !overRedis && d.redis != nil:
		return fail("the server keeps its hints in memory; start it with the same --redis-url")
	case !overRedis:
		return skip("hints stay in memory, as is right for one node; several need --redis-url")
	case connected != "1":
		return fail("the server's messages do not get through its Redis (%s in /readyz, its log says why); "+
			"screens follow the database each second until they do", d.readiness(ctx)["bus"])
	case d.redis == nil:
		return pass("the server is connected")
	}
	if nodes, err := d.redis.Nodes(ctx); err == nil && nodes == 0 {
		return fail("the server is connected to another Redis than --redis-url")
	} else if err == nil {
		return pass("%d nodes listen on it", nodes)
	}
	return pass("the server is connected") // an account that may not count listeners is no fault
}

// livePaths are the sockets that the guide names, and the one that it promises. Whether there is a ward 1 does not matter.
var livePaths = []string{
	"/ws/ward/1/", "/ws/delivery/1/", "/ws/address/1/", "/ws/dashboard/medical_staff/", "/ws/dashboard/ward_management/",
	"/ws/dashboard/kitchen/", "/ws/dashboard/delivery/", "/ws/notifications/",
}

func (d *doctor) lookAtSockets(ctx context.Context) finding {
	brought := 0
	for _, path := range livePaths {
		k, err := d.server.knock(ctx, path, d.token, "")
		switch {
		case err != nil:
			return fail("%s: %v", path, err)
		case k.status != http.StatusSwitchingProtocols:
			return fail("%s answers %d instead of an upgrade; is this server of another version?", path, k.status)
		case k.code == 4404 && strings.HasPrefix(path, "/ws/dashboard/"):
			return fail("%s does not exist; is this server of another version?", path)
		case k.code == 4401 && d.token != "":
			return fail("%s does not accept the session; sign in again", path)
		case !k.opens():
			return fail("%s opens, and then nothing comes (close code %d); the server's log says why", path, k.code)
		case k.message != "":
			brought++
		}
	}
	if d.token == "" {
		return pass("all %d upgrade, and let nobody in without a session; --user NAME looks at what they bring", len(livePaths))
	}
	if brought == 0 {
		return fail("all %d upgrade, and none brings this user anything; look with a user of the wards, the kitchen or the deliveries", len(livePaths))
	}
	return pass("all %d upgrade; %d bring this user their state, the others are not theirs", len(livePaths), brought)
}

// lookAtUpgrade knocks as a page does that was opened at the public URL.
func (d *doctor) lookAtUpgrade(ctx context.Context) finding {
	if d.public == nil {
		return skip("say by --public-url where people reach the server")
	}
	outside := d.publicDoor()
	k, err := outside.knock(ctx, livePaths[0], d.token, d.public.String())
	switch {
	case err != nil:
		return fail("%v; open the firewall, or mend the name or the certificate", err)
	case k.ours && k.status == http.StatusForbidden:
		return fail("the page's own origin is refused; let what stands before the server pass on the "+
			"host with its port, as deploy/nginx.conf does, and name it in --trusted-proxies; or add "+
			"%s to --allowed-hosts", d.public.Host)
	case k.status != http.StatusSwitchingProtocols:
		return fail("it answers %d instead of an upgrade: let what stands before the server hand it on, as deploy/nginx.conf does; %s", k.status, d.meanwhile(ctx, outside))
	case !k.opens():
		return fail("it opens, and then nothing comes; let what stands before the server pass on what it sends at once")
	}
	return pass("a page of %s opens its sockets", d.public)
}

// meanwhile tells whether pages without sockets can poll.
func (d *doctor) meanwhile(ctx context.Context, outside door) string {
	_, header, _, err := outside.get(ctx, strings.Replace(livePaths[0], "/ws/", "/frames/", 1))
	if err == nil && header.Get("Dusangire-Close") != "" {
		return "meanwhile pages ask for changes every few seconds, and say so"
	}
	return "and pages can't ask for changes otherwise either: they say that they are not live"
}

func (d *doctor) publicDoor() door { return door{url: d.public.String(), client: stayingClient(nil)} }

// assets are what a page's head refers to.
var assets = regexp.MustCompile(`(?:href|src)="(/static/[^"]+)"`)

// lookAtPage reads the page that a browser sees first, with all that belongs to it, from where people reach it.
func (d *doctor) lookAtPage(ctx context.Context) finding {
	from := d.server
	if d.public != nil {
		from = d.publicDoor()
	}
	status, header, body, err := from.get(ctx, "/login")
	switch {
	case err != nil && d.public == nil && !d.up:
		return skip("the server does not answer")
	case err != nil:
		return fail("%v", err)
	case status != http.StatusOK || !strings.Contains(body, `name="password"`):
		return fail("%s/login answers %d and no form to sign in; look at what stands before the server", from.url, status)
	case !strings.Contains(header.Get("Content-Security-Policy"), "script-src 'self'"):
		return fail("%s/login comes without its Content-Security-Policy; let the proxy pass headers on", from.url)
	case strings.HasPrefix(from.url, "https:") && header.Get("Strict-Transport-Security") == "":
		return fail("the server takes HTTPS for HTTP; name the proxy in --trusted-proxies, and let it send X-Forwarded-Proto")
	}
	linked := assets.FindAllStringSubmatch(body, -1)
	for _, link := range linked {
		if status, _, _, err := from.get(ctx, link[1]); err != nil || status != http.StatusOK {
			return fail("%s%s answers %d (%v); let the proxy pass /static/ on", from.url, link[1], status, err)
		}
	}
	return pass("%s/login comes with its policy and its %d files; sign in there: beside the clock it must say Live", from.url, len(linked))
}

func (d *doctor) lookAtPool(ctx context.Context) finding {
	metrics, err := d.metrics(ctx)
	if err != nil {
		return skip("the server's metrics can't be read: %v", err)
	}
	timeouts, monitored := metrics[`dusangire_redis_pool_requests_total{result="timeout"}`]
	switch {
	case monitored && timeouts != "0":
		return fail("%s requests for a connection timed out; is Redis slow or far away? dusangire_redis_pool_* in /metrics", timeouts)
	case monitored:
		return pass("dusangire_redis_pool_* in /metrics: %s idle, none timed out", metrics[`dusangire_redis_pool_connections{state="idle"}`])
	case d.redis != nil:
		return fail("/metrics has no dusangire_redis_pool_*; start the server with the same --redis-url")
	}
	return skip("one node without Redis has no pool")
}

// lookAtLog lets the server turn a socket away and sees whether that was noted: counting and logging are one act.
func (d *doctor) lookAtLog(ctx context.Context) finding {
	before, err := d.turnedAway(ctx)
	if err != nil {
		return skip("the server's metrics, which tell, can't be read: %v", err)
	}
	if k, err := d.server.knock(ctx, livePaths[0], "", ""); err != nil || k.code != 4401 {
		return fail("a socket without a session is not turned away (%d, %v)", k.code, err)
	}
	after, err := d.turnedAway(ctx)
	if err != nil || after <= before {
		return fail("a socket that the server turned away is not noted (%d before, %d after, %v)", before, after, err)
	}
	return pass(`the log says "socket closed" with code and reason for each socket that the server ends; dusangire_ws_close_total counts them`)
}

func (d *doctor) turnedAway(ctx context.Context) (int, error) {
	metrics, err := d.metrics(ctx)
	if err != nil {
		return 0, err
	}
	count, known := metrics[`dusangire_ws_close_total{code="4401"}`]
	if !known {
		return 0, nil
	}
	return strconv.Atoi(count)
}

func (d *doctor) lookAtManager(ctx context.Context) finding {
	metrics, err := d.metrics(ctx)
	if err != nil {
		return skip("the server's metrics, which tell, can't be read: %v", err)
	}
	for name := range metrics {
		if _, rest, is := strings.Cut(name, `dusangire_process_manager{manager="`); is {
			manager := strings.TrimSuffix(rest, `"}`)
			if manager == "none" {
				return fail("nothing is known to start the server again when it ends; run it under deploy/dusangire.service or deploy/supervisor.conf")
			}
			return pass("the server was started by %s", manager)
		}
	}
	return skip("this server does not tell what started it")
}
