package program

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"dusangire/handlers"
	"dusangire/hospital"
	"dusangire/hospital/demo"
	"dusangire/hub"
	"dusangire/views"
)

const (
	drainTimeout  = 5 * time.Second        // for sockets
	lastRequests  = 300 * time.Millisecond // in which open connections may still bring requests
	finishTimeout = 8 * time.Second        // for requests; an idle browser's alone may take 5
	staffPace     = 4 * time.Second
	storyAfter    = 30 * time.Second
)

// Run serves until a signal, drains and returns nil.
func (c *ServeCommand) Run(ctx context.Context) error {
	p, err := Start(ctx, *c)
	if err != nil {
		return err
	}
	if err := p.printSetup(ctx); err != nil {
		p.close()
		return c.withSetting(err)
	}
	p.log.Info("serving", "url", p.url)
	if c.Demo {
		printLogins(p.url)
	}
	return p.Run(ctx)
}

// printSetup tells whoever starts the server of a hospital without accounts where to make the
// first one.
func (p *Server) printSetup(ctx context.Context) error {
	link, err := p.hospital.NewSetupLink(ctx)
	if err == nil && link.Token != "" {
		fmt.Fprintf(os.Stdout, "setup: %s%s (valid until %s)\n", p.site(),
			views.FirstPathOf(link.Token), link.ExpiresAt.Format(time.RFC3339))
	}
	return err
}

// site is where people reach the server, as far as the settings tell: under the first of the
// allowed hosts, else at the address that is listened on.
func (p *Server) site() string {
	scheme, address, _ := strings.Cut(p.url, "://")
	host, port, _ := net.SplitHostPort(address)
	if len(p.config.AllowedHosts) > 0 || isWildcard(host) {
		host = p.config.allowedHosts()[0]
	}
	switch _, _, err := net.SplitHostPort(host); {
	case err == nil: // it names a port
		return scheme + "://" + host
	case len(p.config.TrustedProxies) > 0 && len(p.config.AllowedHosts) > 0:
		return "https://" + host // of the proxy, which speaks HTTPS to everybody
	}
	return scheme + "://" + net.JoinHostPort(strings.Trim(host, "[]"), port)
}

// printLogins tells a newcomer where to go and how to sign in.
func printLogins(url string) {
	fmt.Fprintf(os.Stdout, "\nDusangire, demo hospital: %s\n\n", url)
	for _, login := range demo.Logins() {
		fmt.Fprintf(os.Stdout, "  %-16s %s\n", login.Username, login.Password)
	}
	fmt.Fprintln(os.Stdout)
}

// Server is a server with everything it stands on, in the order in which data flows: database,
// hospital, bus, hub, handlers, listener.
type Server struct {
	config   ServeCommand
	log      *slog.Logger
	hospital *hospital.Hospital
	redis    *hub.RedisBus        // nil on one node
	registry *prometheus.Registry // what is counted
	hub      *hub.Hub
	servers  []*http.Server
	listener []net.Listener
	url      string
	metrics  string            // URL of the metrics; "" where there are none
	secure   *certificateFiles // nil: plain HTTP
	stopping atomic.Bool       // each answer says that its connection closes after it
}

// URL is where the pages are, without a slash at its end.
func (p *Server) URL() string { return p.url }

// MetricsURL is where the metrics are; "" where there are none.
func (p *Server) MetricsURL() string { return p.metrics }

// Hospital is what the server shows and changes.
func (p *Server) Hospital() *hospital.Hospital { return p.hospital }

// Start wires the program and listens; after an error nothing is left open.
func Start(ctx context.Context, c ServeCommand) (*Server, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	p := &Server{config: c, log: c.logger()}
	if err := p.wire(ctx); err != nil {
		p.close()
		return nil, c.withSetting(err)
	}
	return p, nil
}

// wire opens one part after the other, each on what it stands on.
func (p *Server) wire(ctx context.Context) (err error) {
	// The hub exists before the first command is given.
	announce := func(r hospital.Revisions) { p.hub.Announce(r) }
	if p.hospital, err = p.config.openHospital(ctx, announce); err != nil {
		return err
	}
	if err := p.openHub(); err != nil {
		return err
	}
	if err := p.loadDemo(ctx); err != nil {
		return err
	}
	return p.listen()
}

func (p *Server) openHub() (err error) {
	var bus hub.Bus = hub.NewMemoryBus()
	if p.config.RedisURL != "" {
		if p.redis, err = hub.NewRedisBus(p.config.RedisURL, p.log); err != nil {
			return p.config.errRedisURL()
		}
		bus = p.redis
	}
	p.registry = newMetrics(p.hospital)
	p.hub = handlers.NewHub(p.hospital, hub.Config{Bus: bus, Log: p.log, Metrics: p.registry})
	return nil
}

// loadDemo fills an empty database where that is asked for, and keeps published passwords off the
// network.
func (p *Server) loadDemo(ctx context.Context) error {
	if p.config.Demo {
		empty, err := p.hospital.Empty(ctx)
		if err != nil {
			return err
		}
		if empty {
			if err := demo.Load(ctx, p.hospital, p.config.DemoSeed, time.Now()); err != nil {
				return fmt.Errorf("load the demo hospital: %w", err)
			}
		}
	}
	isDemo, err := p.hospital.HasDemoUsers(ctx)
	if err != nil {
		return err
	}
	if p.config.Demo && !isDemo {
		return errors.New("--demo: this database has data that is not the demo hospital's, and " +
			"simulated staff would move its patients; give --database-url another, such as sqlite:demo.db")
	}
	if by := p.config.publicSetting(); isDemo && by != "" && !p.config.DemoPublic {
		return fmt.Errorf("%s: this database has demo logins with published passwords, and others reach "+
			"them by that; listen on 127.0.0.1 without it, disable them with `dusangire user disable`, or "+
			"add --demo-public if that is meant", by)
	}
	return nil
}

func (p *Server) listen() error {
	proxies, err := p.config.proxies()
	if err != nil {
		return err
	}
	if p.secure, err = p.config.certificate(p.log); err != nil {
		return err
	}
	server := handlers.New(handlers.Config{
		Hospital: p.hospital, Hub: p.hub, Log: p.log, AllowedHosts: p.config.allowedHosts(),
		TrustedProxies: proxies, Gatherer: p.registry, Gallery: p.config.Gallery,
	})
	if err := p.listenForMetrics(server.Metrics()); err != nil {
		return err
	}
	address, err := p.add("--addr", p.config.Addr, server.Handler(), p.secure.config())
	if err != nil {
		return err
	}
	p.url = "http://" + address.String()
	if p.secure != nil {
		p.url = "https://" + address.String()
	}
	return nil
}

// listenForMetrics gives the metrics a listener of their own where one is asked for, so that
// whoever may read them is a matter of addresses and firewalls. They are nowhere else.
func (p *Server) listenForMetrics(metrics http.Handler) error {
	if p.config.MetricsAddr == "" {
		return nil
	}
	address, err := p.add("--metrics-addr", p.config.MetricsAddr, metrics, nil)
	if err != nil {
		return err
	}
	p.metrics = "http://" + address.String() + "/metrics"
	p.log.Info("metrics", "url", p.metrics)
	return nil
}

// add opens a listener, of HTTPS where it is given how. Deadlines are those of plain requests; an
// upgrade clears them.
func (p *Server) add(
	flag, address string, handler http.Handler, secure *tls.Config,
) (net.Addr, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s %s: choose an address of this machine and a free port: %w",
			flag, address, err)
	}
	p.listener = append(p.listener, listener)
	p.servers = append(p.servers, &http.Server{
		Handler: p.closeWhenStopping(handler), TLSConfig: secure, ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 60 * time.Second,
		MaxHeaderBytes: 16 << 10, DisableGeneralOptionsHandler: true,
		ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
	})
	return listener.Addr(), nil
}

// closeWhenStopping lets answers say that the connection closes after them, once the program stops.
// A client whose next request is on its way when its connection is closed would not know what
// became of it.
func (p *Server) closeWhenStopping(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.stopping.Load() {
			w.Header().Set("Connection", "close")
		}
		handler.ServeHTTP(w, r)
	})
}

// Run serves until ctx ends or a listener fails, then drains in the reverse order of the wiring.
func (p *Server) Run(ctx context.Context) error {
	defer p.close()
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	var work sync.WaitGroup
	failed := make(chan error, len(p.servers))
	for i, server := range p.servers {
		work.Go(func() { failed <- serve(server, p.listener[i]) })
	}
	work.Go(func() { p.logError(p.hub.Run(working)) })
	chores := &housekeeper{hospital: p.hospital, log: p.log, mealRounds: p.config.MealRounds}
	work.Go(func() { chores.run(working) })
	work.Go(func() { p.secure.follow(working) })
	work.Go(func() { p.hospital.KeepHealth(working, p.log) })
	if p.config.Demo {
		staff := demo.NewStaff(p.hospital, p.config.DemoSeed, staffPace, p.log)
		story := staff.Story(p.config.DemoSeed)
		work.Go(func() { p.logError(staff.Run(working)) })
		if p.config.Story {
			work.Go(func() { p.logError(p.playStory(working, story)) })
		}
	}
	var err error
	select {
	case <-ctx.Done():
		p.log.Info("stopping")
	case err = <-failed:
	}
	p.drain()
	stop()
	work.Wait()
	return err
}

// playStory plays the demo's story, once whoever wants to see it has had time to open a screen.
func (p *Server) playStory(ctx context.Context, story *demo.Story) error {
	p.log.Info("story: begins soon", "in", storyAfter)
	if err := pause(ctx, storyAfter); err != nil {
		return err
	}
	return story.Play(ctx, pause)
}

// pause lets time pass, or returns why it need not any more.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func serve(server *http.Server, listener net.Listener) (err error) {
	if server.TLSConfig != nil {
		err = server.ServeTLS(listener, "", "")
	} else {
		err = server.Serve(listener)
	}
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// logError logs why a background worker ended before it should have.
func (p *Server) logError(err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		p.log.Error("background work ended", "error", err)
	}
}

// drain lets nobody new in and tells every socket that the server restarts. Meanwhile it answers,
// for the last time, requests that come over open connections. Then it closes the connections that
// are idle, and lets the others finish. A connection that the system has made and the program has
// not yet accepted is reset; nothing of what it brought has been read.
func (p *Server) drain() {
	finish, cancel := context.WithTimeout(context.Background(), finishTimeout)
	defer cancel()
	p.stopping.Store(true)
	for _, listener := range p.listener {
		_ = listener.Close() // one that has failed is closed
	}
	silence := time.NewTimer(lastRequests)
	sockets, cancelSockets := context.WithTimeout(finish, drainTimeout)
	defer cancelSockets()
	p.hub.Drain(sockets)
	<-silence.C
	var closing sync.WaitGroup
	for _, server := range p.servers {
		closing.Go(func() {
			if err := server.Shutdown(finish); err != nil && !errors.Is(err, net.ErrClosed) {
				p.logError(server.Close())
			}
		})
	}
	closing.Wait()
}

// close releases what Start opened.
func (p *Server) close() {
	for _, listener := range p.listener {
		_ = listener.Close() // the server has closed it already, unless Start failed
	}
	if p.redis != nil {
		p.logError(p.redis.Close())
	}
	if p.hospital != nil {
		p.logError(p.hospital.Close())
	}
}
