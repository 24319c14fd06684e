package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"
)

// commands is what the program can do; the help texts are what `dusangire --help` prints.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Run the server: HTTP, WebSockets, hub. Migrates its database first."`
	Migrate migrateCommand `cmd:"" help:"Bring the database to the current schema and stop."`
	User    userCommand    `cmd:"" help:"Care for accounts."`
	Ward    wardCommand    `cmd:"" help:"Set up wards and their beds."`
	Demo    demoCommand    `cmd:"" help:"Write the demo hospital into an empty database."`
	Watch   watchCommand   `cmd:"" help:"Connect to a live path of a running server and print each message."`
	Doctor  doctorCommand  `cmd:"" help:"Look over a running server and all that it stands on: a line for each check, and what to do where one fails."`
	Version versionCommand `cmd:"" help:"Print version, commit and Go version."`
}

// database is the setting that every command on the data needs.
type database struct {
	DatabaseURL         string `default:"sqlite:dusangire.db" help:"Where the data is: sqlite:PATH or postgres://…" placeholder:"URL"`
	DatabaseConnections int    `default:"16" help:"Most connections to PostgreSQL that this node opens." placeholder:"N"`

	now func() time.Time // nil: the clock; tests set it
}

func (d database) check() error {
	if d.DatabaseConnections < 1 {
		return fmt.Errorf("--database-connections %d: give 1 or more, such as 16", d.DatabaseConnections)
	}
	if strings.HasPrefix(d.DatabaseURL, "sqlite:") && d.DatabaseURL != "sqlite:" ||
		strings.HasPrefix(d.DatabaseURL, "postgres://") || strings.HasPrefix(d.DatabaseURL, "postgresql://") {
		return nil
	}
	return fmt.Errorf("--database-url %q: give sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME", redacted(d.DatabaseURL))
}

// redacted keeps a password in a mistyped URL off the terminal.
func redacted(url string) string {
	url, _, _ = strings.Cut(url, "?")
	if _, after, found := strings.Cut(url, "@"); found {
		return "…@" + after
	}
	return url
}

// endpoint are the settings that say where a server is and what it stands on, for itself and for who looks it over.
type endpoint struct {
	Addr         string   `default:"127.0.0.1:8000" help:"Address to listen on."`
	RedisURL     string   `help:"Redis that joins several nodes: redis://, rediss:// or unix://. Empty: one node." placeholder:"URL"`
	AllowedHosts []string `help:"Hosts, with or without a port, accepted in Host and in Origin. Default: the host of --addr." placeholder:"HOST"`
	TLSCert      string   `name:"tls-cert" help:"Certificate file, to serve HTTPS and WSS directly." placeholder:"FILE"`
	TLSKey       string   `name:"tls-key" help:"Key file of the certificate." placeholder:"FILE"`
	MetricsAddr  string   `help:"Address of a listener of its own for /metrics. Empty: on --addr." placeholder:"ADDR"`
}

// serveCommand are the settings of the server.
type serveCommand struct {
	database
	endpoint
	Demo           bool     `help:"Load the demo hospital if the database is empty, and keep it lively with simulated staff."`
	DemoPublic     bool     `help:"Allow the published demo passwords on an address that others can reach."`
	DemoSeed       uint64   `default:"1" help:"Which invented hospital the demo loads."`
	Story          bool     `help:"Play the demo's story of twenty minutes once, half a minute after the start. The log announces each scene."`
	MealRounds     bool     `default:"true" negatable:"" help:"Order a safe meal by itself for each patient who has none, just before the cut-off of each main meal."`
	TrustedProxies []string `help:"Networks whose X-Forwarded-For, -Proto and -Host are believed." placeholder:"CIDR"`
	LogFormat      string   `default:"text" enum:"text,json" help:"text or json."`
	Gallery        bool     `help:"Add /gallery, every part of the pages in every state, for those who develop."`
}

// check refuses what can be no server's place.
func (e endpoint) check() error {
	if _, _, err := net.SplitHostPort(e.Addr); err != nil {
		return fmt.Errorf("--addr %q: give HOST:PORT, such as 127.0.0.1:8000", e.Addr)
	}
	if (e.TLSCert == "") != (e.TLSKey == "") {
		return fmt.Errorf("--tls-cert and --tls-key go together: give both files or neither")
	}
	for _, host := range e.AllowedHosts {
		if host == "" || strings.ContainsAny(host, "/*@ ") {
			return fmt.Errorf("--allowed-hosts %q: give names, with or without a port, such as wards.example or wards.example:8443", host)
		}
	}
	return nil
}

// check refuses settings that can't work, each with what would be right.
func (c serveCommand) check() error {
	if err := c.database.check(); err != nil {
		return err
	}
	if err := c.endpoint.check(); err != nil {
		return err
	}
	if _, err := c.proxies(); err != nil {
		return err
	}
	if host, _, _ := net.SplitHostPort(c.Addr); c.Demo && !c.DemoPublic && !isLoopback(host) {
		return fmt.Errorf("--addr %s with --demo: its passwords are published; listen on 127.0.0.1, or add --demo-public if that is meant", c.Addr)
	}
	return nil
}

// allowedHosts are the hosts that requests may name: the configured ones, else the listen host. This machine has several names.
func (e endpoint) allowedHosts() []string {
	if len(e.AllowedHosts) > 0 {
		return e.AllowedHosts
	}
	host, _, _ := net.SplitHostPort(e.Addr)
	if isLoopback(host) {
		return []string{"127.0.0.1", "localhost", "[::1]"}
	}
	if host == "" || net.ParseIP(host).IsUnspecified() {
		return append(ownAddresses(), "localhost")
	}
	return []string{host}
}

// ownAddresses are the addresses of this machine, for a server that listens on all of them.
func ownAddresses() []string {
	found, err := net.InterfaceAddrs()
	if err != nil {
		return []string{"127.0.0.1"}
	}
	var hosts []string
	for _, address := range found {
		if network, ok := address.(*net.IPNet); ok {
			hosts = append(hosts, network.IP.String())
		}
	}
	return hosts
}

func (c serveCommand) proxies() ([]*net.IPNet, error) {
	var networks []*net.IPNet
	for _, written := range c.TrustedProxies {
		if ip := net.ParseIP(written); ip != nil {
			bits := 8 * len(ip)
			if four := ip.To4(); four != nil {
				ip, bits = four, 32
			}
			networks = append(networks, &net.IPNet{IP: ip, Mask: net.CIDRMask(bits, bits)})
			continue
		}
		_, network, err := net.ParseCIDR(written)
		if err != nil {
			return nil, fmt.Errorf("--trusted-proxies %q: give addresses or networks, such as 10.0.0.0/8", written)
		}
		networks = append(networks, network)
	}
	return networks, nil
}

// tls reads the certificate; nil where there is none.
func (e endpoint) tls() (*tls.Config, error) {
	if e.TLSCert == "" {
		return nil, nil
	}
	certificate, err := tls.LoadX509KeyPair(e.TLSCert, e.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("--tls-cert %s, --tls-key %s: give the PEM files of a certificate and its key: %w", e.TLSCert, e.TLSKey, err)
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// logger writes to standard error in the chosen format.
func (c serveCommand) logger() *slog.Logger {
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, nil))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, nil))
}
