package program

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"dusangire/hub"
)

// doctorCommand walks the deployment checklist of the original guide over a running server. It
// takes the settings of serve, by flag or from the environment, and so looks where the server is.
type doctorCommand struct {
	endpoint
	credentials
	PublicURL string `help:"Where people reach the server, through whatever stands before it." placeholder:"URL"`
}

// doctor is one walk.
type doctor struct {
	doctorCommand
	server  client        // the server itself
	public  *url.URL      // nil where it was not told
	redis   *hub.RedisBus // nil on one node
	token   string        // of a session; "" without one
	answers bool          // the server does, as the second check found
}

// result is what a check came to, and in words what was seen, or what to do, or why nothing was
// looked at.
type result struct {
	verdict verdict
	words   string
}

type verdict string

const (
	passed  verdict = "pass"
	failed  verdict = "fail"
	skipped verdict = "skip"
)

func pass(format string, a ...any) result { return result{passed, fmt.Sprintf(format, a...)} }
func fail(format string, a ...any) result { return result{failed, fmt.Sprintf(format, a...)} }
func skip(format string, a ...any) result { return result{skipped, fmt.Sprintf(format, a...)} }

// checklist has the guide's ten rows in its order. Those that ask the server come after the one
// that finds it.
var checklist = []struct {
	name  string
	check func(*doctor, context.Context) result
	asks  bool // the server
}{
	{"Redis reachable", (*doctor).checkRedis, false},
	{"server configured", (*doctor).checkServer, false},
	{"layer backend is Redis", (*doctor).checkBus, true},
	{"WebSocket URLs answer", (*doctor).checkSockets, true},
	{"upgrade passes the public URL", (*doctor).checkUpgrade, false},
	{"TLS valid", (*doctor).checkCertificate, false},
	{"test page for a browser", (*doctor).checkPage, false},
	{"Redis pool monitored", (*doctor).checkPool, true},
	{"WebSocket errors logged", (*doctor).checkLog, true},
	{"process manager", (*doctor).checkProcessManager, true},
}

// checkTimeout is how long one check may take.
const checkTimeout = 20 * time.Second

// Run prints a line for each check; one that fails is the error.
func (c *doctorCommand) Run(ctx context.Context) error {
	d, err := c.prepare(ctx)
	if err != nil {
		return err
	}
	if d.redis != nil {
		defer d.redis.Close()
	}
	bad := 0
	for i, row := range checklist {
		found := skip("the server does not answer")
		if d.answers || !row.asks {
			found = d.run(ctx, row.check)
		}
		if found.verdict == failed {
			bad++
		}
		words := strings.Join(strings.Fields(found.words), " ")
		fmt.Fprintf(os.Stdout, "%s %2d %s: %s\n", found.verdict, i+1, row.name, words)
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d checks failed", bad, len(checklist))
	}
	return nil
}

func (d *doctor) run(ctx context.Context, check func(*doctor, context.Context) result) result {
	within, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	return check(d, within)
}

// prepare finds out where everything is that is looked at.
func (c *doctorCommand) prepare(ctx context.Context) (*doctor, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	d := &doctor{doctorCommand: *c}
	if c.PublicURL != "" {
		if d.public = parseSite(c.PublicURL); d.public == nil {
			return nil, fmt.Errorf("--public-url %s: give such as https://board.hospital.example",
				redacted(c.PublicURL))
		}
	}
	var err error
	if d.server, err = c.serverClient(d.public); err != nil {
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

// parseSite reads the URL of a whole site; nil where it is none. Nobody's name or password belongs
// into it: errors quote it.
func parseSite(written string) *url.URL {
	site, err := url.Parse(strings.TrimSuffix(written, "/"))
	if err != nil || !isReadable(written, "http", "https") || site.User != nil || site.Host == "" ||
		site.Path != "" || site.RawQuery != "" {
		return nil
	}
	return site
}

// serverClient asks at the server's own address, under a name that it answers to.
func (c *doctorCommand) serverClient(public *url.URL) (client, error) {
	own := client{url: "http://" + localAddress(c.Addr), http: newHTTPClient(nil)}
	switch {
	case len(c.AllowedHosts) > 0:
		own.host = c.AllowedHosts[0]
	case public != nil:
		own.host = public.Host
	}
	secure, err := c.certificate(slog.New(slog.DiscardHandler))
	if err == nil && secure != nil {
		own.url = "https" + strings.TrimPrefix(own.url, "http")
		own.http = newHTTPClient(trustOnly(secure.current.Load()))
	}
	return own, err
}

// localAddress is where this machine reaches what listens on an address, be that all of the
// machine's.
func localAddress(address string) string {
	if host, port, err := net.SplitHostPort(address); err == nil && isWildcard(host) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address
}

func (d *doctor) checkRedis(ctx context.Context) result {
	if d.redis == nil {
		return skip("one node needs none; for several give --redis-url")
	}
	began := time.Now()
	err := d.redis.Try(ctx)
	switch {
	case err != nil && hub.Denied(err):
		return fail("%v; let the account in, and grant it what it needs: %s", err, redisRights)
	case err != nil:
		return fail("%v; start Redis, or mend --redis-url, its password or the firewall", err)
	}
	took := time.Since(began).Round(100 * time.Microsecond)
	return pass("a message went through it and back in %s", took)
}

// redisRights are what an account of Redis needs, as ACL SETUSER takes them: select for a database
// other than 0, pubsub only to count the nodes.
const redisRights = "&dusangire:* +publish +subscribe +unsubscribe +ping +hello +client +select " +
	"+pubsub"

func (d *doctor) checkServer(ctx context.Context) result {
	for _, path := range []string{"/healthz", "/readyz"} {
		got, err := d.server.get(ctx, path)
		if err != nil {
			return fail("%v; start the server, or say by --addr where it is", err)
		}
		d.answers = true
		if got.status != http.StatusOK {
			return fail("%s answers %d %s; mend what is down there", path, got.status, got.body)
		}
	}
	login, err := d.server.get(ctx, "/login")
	switch {
	case err != nil:
		return fail("%v", err)
	case login.status == http.StatusForbidden:
		return fail("it does not answer to the name %s; add that to --allowed-hosts",
			d.serverName())
	case login.status != http.StatusOK && login.status != http.StatusSeeOther:
		return fail("/login answers %d; its log says why", login.status)
	}
	return pass("%s is healthy and ready, and answers to the name %s", d.server.url, d.serverName())
}

func (d *doctor) serverName() string {
	if d.server.host != "" {
		return d.server.host
	}
	return strings.SplitN(d.server.url, "://", 2)[1]
}

// busTrouble is what the server says of its bus; "" where it can't be asked.
func (d *doctor) busTrouble(ctx context.Context) string {
	var parts map[string]string
	got, err := d.server.get(ctx, "/readyz")
	if err != nil || json.Unmarshal([]byte(got.body), &parts) != nil {
		return ""
	}
	return parts["bus"]
}

func (d *doctor) checkBus(ctx context.Context) result {
	metrics, err := d.metrics(ctx)
	if err != nil {
		return skip("the server's metrics, which tell, can't be read: %v", err)
	}
	connected, overRedis := metrics.value("dusangire_bus_connected", "redis")
	switch {
	case !overRedis && d.redis != nil:
		return fail("the server keeps its hints in memory; start it with the same --redis-url")
	case !overRedis:
		return skip("hints stay in memory, as is right for one node; several need --redis-url")
	case connected != 1:
		return fail("the server's messages do not get through its Redis (%s in /readyz, its log "+
			"says why); screens follow the database each second until they do", d.busTrouble(ctx))
	case d.redis == nil:
		return pass("the server is connected")
	}
	nodes, err := d.redis.Nodes(ctx)
	switch {
	case err != nil: // an account that may not count listeners is no fault
		return pass("the server is connected")
	case nodes == 0:
		return fail("the server is connected to another Redis than --redis-url")
	}
	return pass("%d nodes listen on it", nodes)
}

// livePaths are the sockets that the guide names, and the one that it promises. Whether there is a
// ward 1 does not matter.
var livePaths = []string{
	"/ws/ward/1/", "/ws/delivery/1/", "/ws/address/1/", "/ws/dashboard/medical_staff/",
	"/ws/dashboard/ward_management/", "/ws/dashboard/kitchen/", "/ws/dashboard/delivery/",
	"/ws/notifications/",
}

func (d *doctor) checkSockets(ctx context.Context) result {
	withState := 0
	for _, path := range livePaths {
		got, err := d.server.probe(ctx, path, d.token, "")
		switch {
		case err != nil:
			return fail("%s: %v", path, err)
		case got.status != http.StatusSwitchingProtocols:
			return fail("%s answers %d instead of an upgrade; is this server of another version?",
				path, got.status)
		case got.closeCode == 4404 && strings.HasPrefix(path, "/ws/dashboard/"):
			return fail("%s does not exist; is this server of another version?", path)
		case got.closeCode == 4401 && d.token != "":
			return fail("%s does not accept the session; sign in again", path)
		case !got.opened():
			return fail("%s opens, and then nothing comes (close code %d); the server's log says "+
				"why", path, got.closeCode)
		case got.message != "":
			withState++
		}
	}
	switch {
	case d.token == "":
		return pass("all %d upgrade, and let nobody in without a session; --user NAME looks at "+
			"what they bring", len(livePaths))
	case withState == 0:
		return fail("all %d upgrade, and none brings this user anything; look with a user of the "+
			"wards, the kitchen or the deliveries", len(livePaths))
	}
	return pass("all %d upgrade; %d bring this user their state, the others are not theirs",
		len(livePaths), withState)
}

// checkUpgrade opens a socket as a page does that was loaded from the public URL.
func (d *doctor) checkUpgrade(ctx context.Context) result {
	if d.public == nil {
		return skip("say by --public-url where people reach the server")
	}
	got, err := d.publicClient().probe(ctx, livePaths[0], d.token, d.public.String())
	switch {
	case err != nil:
		return fail("%v; open the firewall, or mend the name or the certificate", err)
	case got.refused && got.status == http.StatusForbidden:
		return fail("the page's own origin is refused; let what stands before the server pass on "+
			"the host with its port, as deploy/nginx.conf does, and name it in "+
			"--trusted-proxies; or add %s to --allowed-hosts", d.public.Host)
	case got.status != http.StatusSwitchingProtocols:
		return fail("it answers %d instead of an upgrade: let what stands before the server hand "+
			"it on, as deploy/nginx.conf does; %s", got.status, d.pollingWords(ctx))
	case !got.opened():
		return fail("it opens, and then nothing comes; let what stands before the server pass on " +
			"what it sends at once")
	}
	return pass("a page of %s opens its sockets", d.public)
}

// pollingWords say whether pages that get no sockets can poll.
func (d *doctor) pollingWords(ctx context.Context) string {
	path := strings.Replace(livePaths[0], "/ws/", "/frames/", 1)
	got, err := d.publicClient().get(ctx, path)
	if err == nil && got.header.Get("Dusangire-Close") != "" {
		return "meanwhile pages ask for changes every few seconds, and say so"
	}
	return "and pages can't ask for changes otherwise either: they say that they are not live"
}

func (d *doctor) publicClient() client {
	return client{url: d.public.String(), http: newHTTPClient(nil)}
}

// assets are what a page's head refers to.
var assets = regexp.MustCompile(`(?:href|src)="(/static/[^"]+)"`)

// checkPage reads the page that a browser sees first, with all that belongs to it, from where
// people reach it.
func (d *doctor) checkPage(ctx context.Context) result {
	from := d.server
	if d.public != nil {
		from = d.publicClient()
	}
	got, err := from.get(ctx, "/login")
	switch {
	case err != nil && d.public == nil && !d.answers:
		return skip("the server does not answer")
	case err != nil:
		return fail("%v", err)
	case got.status != http.StatusOK || !strings.Contains(got.body, `name="password"`):
		return fail("%s/login answers %d and no form to sign in; look at what stands before the "+
			"server", from.url, got.status)
	case !strings.Contains(got.header.Get("Content-Security-Policy"), "script-src 'self'"):
		return fail("%s/login comes without its Content-Security-Policy; let the proxy pass "+
			"headers on", from.url)
	case strings.HasPrefix(from.url, "https:") && got.header.Get("Strict-Transport-Security") == "":
		return fail("the server takes HTTPS for HTTP; name the proxy in --trusted-proxies, and " +
			"let it send X-Forwarded-Proto")
	}
	linked := assets.FindAllStringSubmatch(got.body, -1)
	for _, link := range linked {
		asset, err := from.get(ctx, link[1])
		if err != nil || asset.status != http.StatusOK {
			return fail("%s%s answers %d (%v); let the proxy pass /static/ on",
				from.url, link[1], asset.status, err)
		}
	}
	return pass("%s/login comes with its policy and its %d files; sign in there: beside the "+
		"clock it must say Live", from.url, len(linked))
}

func (d *doctor) checkPool(ctx context.Context) result {
	metrics, err := d.metrics(ctx)
	if err != nil {
		return skip("the server's metrics can't be read: %v", err)
	}
	timeouts, monitored := metrics.value("dusangire_redis_pool_requests_total", "timeout")
	idle, _ := metrics.value("dusangire_redis_pool_connections", "idle")
	switch {
	case monitored && timeouts > 0:
		return fail("%.0f requests for a connection timed out; is Redis slow or far away? "+
			"dusangire_redis_pool_* in /metrics", timeouts)
	case monitored:
		return pass("dusangire_redis_pool_* in /metrics: %.0f idle, none timed out", idle)
	case d.redis != nil:
		return fail("/metrics has no dusangire_redis_pool_*; start the server with the same " +
			"--redis-url")
	}
	return skip("one node without Redis has no pool")
}

// checkLog lets the server turn a socket away and sees whether that was noted: counting and logging
// are one act.
func (d *doctor) checkLog(ctx context.Context) result {
	before, err := d.metrics(ctx)
	if err != nil {
		return skip("the server's metrics, which tell, can't be read: %v", err)
	}
	if got, err := d.server.probe(ctx, livePaths[0], "", ""); err != nil || got.closeCode != 4401 {
		return fail("a socket without a session is not turned away (%d, %v)", got.closeCode, err)
	}
	after, err := d.metrics(ctx)
	was, _ := before.value("dusangire_ws_close_total", "4401")
	is, _ := after.value("dusangire_ws_close_total", "4401")
	if err != nil || is <= was {
		return fail("a socket that the server turned away is not noted (%.0f before, %.0f after, "+
			"%v)", was, is, err)
	}
	return pass(`the log says "socket closed" with code and reason for each socket that the ` +
		`server ends; dusangire_ws_close_total counts them`)
}

func (d *doctor) checkProcessManager(ctx context.Context) result {
	metrics, err := d.metrics(ctx)
	if err != nil {
		return skip("the server's metrics, which tell, can't be read: %v", err)
	}
	found := metrics["dusangire_process_manager"].GetMetric()
	if len(found) == 0 || len(found[0].GetLabel()) == 0 {
		return skip("this server does not tell what started it")
	}
	manager := found[0].GetLabel()[0].GetValue()
	if manager == "none" {
		return fail("nothing is known to start the server again when it ends; run it under " +
			"deploy/dusangire.service or deploy/supervisor.conf")
	}
	return pass("the server was started by %s", manager)
}
