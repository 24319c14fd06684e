package program

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-crypt/crypt/algorithm/argon2"
)

// commands is what the program can do; the help texts are what `dusangire --help` prints.
type commands struct {
	Serve   ServeCommand   `cmd:"" help:"Run the server: HTTP, WebSockets, hub. Migrates its database first."`
	Migrate migrateCommand `cmd:"" help:"Bring the database to the current schema and stop."`
	User    userCommand    `cmd:"" help:"Care for accounts."`
	Ward    wardCommand    `cmd:"" help:"Set up wards and their beds."`
	Import  importCommand  `cmd:"" help:"Take in a file of a kind, such as wards: all of it or nothing."`
	Export  exportCommand  `cmd:"" help:"Write all there is of a kind as a file that import takes back."`
	Sample  sampleCommand  `cmd:"" help:"Print a file of a kind as it is to be."`
	Meal    mealCommand    `cmd:"" help:"Look after the meals of the day."`
	Dish    dishCommand    `cmd:"" help:"Look after the dishes of the menu."`
	Plan    planCommand    `cmd:"" help:"Say what is cooked on which day."`

	Settings settingsCommand `cmd:"" help:"Read and change what differs between two hospitals."`

	Demo    demoCommand    `cmd:"" help:"Write the demo hospital into an empty database."`
	Watch   watchCommand   `cmd:"" help:"Connect to a live path of a running server and print each message."`
	Doctor  doctorCommand  `cmd:"" help:"Look over a running server and all that it stands on: a line for each check, and what to do where one fails."`
	Version versionCommand `cmd:"" help:"Print version, commit and Go version."`
}

// database is the setting that every command on the data needs.
type database struct {
	DatabaseURL         string `default:"sqlite:dusangire.db" help:"Where the data is: sqlite:PATH or postgres://…" placeholder:"URL"`
	DatabaseConnections int    `default:"16" help:"Most connections to PostgreSQL that this node opens." placeholder:"N"`

	Now    func() time.Time `kong:"-"` // nil: the clock; tests set it
	Hasher *argon2.Hasher   `kong:"-"` // of new passwords; nil: the hospital's own; tests have a cheap one
}

func (d database) check() error {
	if d.DatabaseConnections < 1 {
		return fmt.Errorf("--database-connections %d: give 1 or more, such as 16",
			d.DatabaseConnections)
	}
	path, isFile := strings.CutPrefix(d.DatabaseURL, "sqlite:")
	if isFile && isPath(path) || isReadable(d.DatabaseURL, "postgres", "postgresql") {
		return nil
	}
	return fmt.Errorf("--database-url %s: give sqlite:PATH or "+
		"postgres://USER:PASSWORD@HOST/NAME, %s",
		redacted(d.DatabaseURL), escapingRule)
}

// isPath reports whether a path can be meant: one with blanks or quotes at its ends is a mistake,
// and so is one that is another database's URL, or its name and password.
func isPath(path string) bool {
	person, _, found := strings.Cut(path, "@")
	isURL := found && (strings.HasPrefix(path, "//") || strings.Contains(person, ":"))
	return path != "" && path == strings.Trim(path, " \"'") && !isURL
}

// isReadable reports whether a URL with one of some schemes can be read in one way only. Where a
// password has a /, ? or # in it, not written as %2F and so on, libraries take a part of it for the
// host or the path, and tell it to whoever reads their errors.
func isReadable(written string, schemes ...string) bool {
	u, err := url.Parse(written)
	if err != nil || !slices.Contains(schemes, u.Scheme) || strings.Contains(written, "#") {
		return false
	}
	_, rest, found := strings.Cut(written, "://")
	place := strings.IndexAny(rest, "/?")
	return found && (place < 0 || !strings.Contains(rest[place:], "@"))
}

// escapingRule says how a password stands in a URL.
const escapingRule = "with each : / ? # @ % of a password written as %3A %2F %3F %23 %40 %25"

// endpoint are the settings that say where a server is and what it stands on. The server and the
// doctor have them.
type endpoint struct {
	Addr         string   `default:"127.0.0.1:8000" help:"Address to listen on."`
	RedisURL     string   `help:"Redis that joins several nodes: redis://, rediss:// or unix://. Empty: one node." placeholder:"URL"`
	AllowedHosts []string `help:"Hosts, with or without a port, accepted in Host and in Origin. Default: the host of --addr." placeholder:"HOST"`
	TLSCert      string   `name:"tls-cert" help:"Certificate file, to serve HTTPS and WSS directly." placeholder:"FILE"`
	TLSKey       string   `name:"tls-key" help:"Key file of the certificate." placeholder:"FILE"`
	MetricsAddr  string   `help:"Address of its own for /metrics. Empty: none." placeholder:"ADDR"`
}

// ServeCommand are the settings of the server.
type ServeCommand struct {
	database
	endpoint
	Demo           bool     `help:"Load the demo hospital if the database is empty, and keep it lively with simulated staff."`
	DemoPublic     bool     `help:"Allow the published demo passwords on an address that others can reach."`
	InsecureHTTP   bool     `name:"insecure-http" help:"Serve plain HTTP where others reach it."`
	DemoSeed       uint64   `default:"1" help:"Which invented hospital the demo loads."`
	Story          bool     `help:"Play the demo's story of twenty minutes once, half a minute after the start. The log announces each scene."`
	MealRounds     bool     `default:"true" negatable:"" help:"Order a safe meal by itself for each patient who has none, just before the cut-off of each main meal."`
	TrustedProxies []string `help:"Networks whose X-Forwarded-For, -Proto and -Host are believed." placeholder:"CIDR"`
	LogFormat      string   `default:"text" enum:"text,json" help:"text or json."`
	Gallery        bool     `help:"Add /gallery, every part of the pages in every state, for those who develop."`
}

// AfterApply takes the blanks away that people write after the commas of a list. Kong calls it.
func (e *endpoint) AfterApply() error {
	for i, host := range e.AllowedHosts {
		e.AllowedHosts[i] = strings.TrimSpace(host)
	}
	return nil
}

// check refuses what can be no server's place.
func (e endpoint) check() error {
	if err := checkAddress("--addr", e.Addr, "127.0.0.1:8000"); err != nil {
		return err
	}
	if e.MetricsAddr != "" {
		if err := checkAddress("--metrics-addr", e.MetricsAddr, "127.0.0.1:9090"); err != nil {
			return err
		}
	}
	if e.RedisURL != "" && !isReadable(e.RedisURL, "redis", "rediss", "unix") {
		return e.errRedisURL()
	}
	if sameListener(e.Addr, e.MetricsAddr) {
		return fmt.Errorf("--metrics-addr %s: that is --addr; give another port", e.MetricsAddr)
	}
	if (e.TLSCert == "") != (e.TLSKey == "") {
		return fmt.Errorf("--tls-cert and --tls-key go together: give both files or neither")
	}
	for _, host := range e.AllowedHosts {
		if !isHost(host) {
			return fmt.Errorf("--allowed-hosts %q: give names, with or without a port, such as "+
				"wards.example or wards.example:8443", printable(host))
		}
	}
	return nil
}

// errRedisURL says what would be right, without what the library says, which quotes the URL.
func (e endpoint) errRedisURL() error {
	return fmt.Errorf("--redis-url %s: give redis://USER:PASSWORD@HOST:PORT/0, rediss:// or "+
		"unix://, %s", redacted(e.RedisURL), escapingRule)
}

// checkAddress refuses what can't be listened on.
func checkAddress(flag, address, example string) error {
	host, port, err := net.SplitHostPort(address)
	if err == nil && port != "" && !strings.ContainsAny(host, "/@ \"'") {
		if _, err = net.LookupPort("tcp", port); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%s %q: give HOST:PORT, an address of this machine and a free port, such as "+
		"%s; a socket of the file system is none", flag, printable(address), example)
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*(:[0-9]{1,5})?$`)

// isHost reports whether a Host header can say this, but for its case.
func isHost(host string) bool {
	if hostName.MatchString(host) {
		return true
	}
	six, port, err := net.SplitHostPort(host)
	if err != nil {
		six, port = strings.Trim(host, "[]"), "0"
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil && net.ParseIP(six) != nil
}

// check refuses settings that can't work, each with what would be right.
func (c ServeCommand) check() error {
	if err := c.database.check(); err != nil {
		return err
	}
	if err := c.endpoint.check(); err != nil {
		return err
	}
	if _, err := c.proxies(); err != nil {
		return err
	}
	if by := c.publicSetting(); c.Demo && !c.DemoPublic && by != "" {
		return fmt.Errorf("%s with --demo: its passwords are published, and others reach them by "+
			"that; listen on 127.0.0.1 without it, or add --demo-public if that is meant", by)
	}
	if c.TLSCert == "" && !c.InsecureHTTP && !isLoopback(hostOf(c.Addr)) {
		return fmt.Errorf("--addr %s without --tls-cert: passwords and patients' names would "+
			"cross the network for all to read; give --tls-cert and --tls-key, listen on "+
			"127.0.0.1 behind a proxy on this machine, or add --insecure-http if that is meant",
			c.Addr)
	}
	return nil
}

// publicSetting is the setting by which others reach the server, as it was given; "" where it
// serves this machine alone.
func (c ServeCommand) publicSetting() string {
	switch {
	case !isLoopback(hostOf(c.Addr)):
		return "--addr " + c.Addr
	case len(c.TrustedProxies) > 0:
		return "--trusted-proxies " + strings.Join(c.TrustedProxies, ",")
	}
	for _, host := range c.AllowedHosts {
		if !isLoopback(hostOf(host)) {
			return "--allowed-hosts " + host
		}
	}
	return ""
}

// allowedHosts are the hosts that requests may name: the configured ones, else the one that is
// listened on, under all the names that this machine has.
func (e endpoint) allowedHosts() []string {
	if len(e.AllowedHosts) > 0 {
		return e.AllowedHosts
	}
	host := hostOf(e.Addr)
	if isLoopback(host) {
		return []string{"127.0.0.1", "localhost", "[::1]"}
	}
	if isWildcard(host) {
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

func (c ServeCommand) proxies() ([]*net.IPNet, error) {
	var networks []*net.IPNet
	for _, written := range c.TrustedProxies {
		written = strings.TrimSpace(written)
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
			return nil, fmt.Errorf("--trusted-proxies %q: give addresses, or networks that "+
				"nobody else is in, such as 10.0.0.7", printable(written))
		}
		networks = append(networks, network)
	}
	return networks, nil
}

// hostOf is the host in "host:port", "[v6]:port" or a bare host.
func hostOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return strings.Trim(address, "[]")
}

// isWildcard reports whether a host to listen on means all addresses of this machine.
func isWildcard(host string) bool { return host == "" || net.ParseIP(host).IsUnspecified() }

// sameListener reports whether two addresses can't both be listened on.
func sameListener(one, other string) bool {
	host, port, _ := net.SplitHostPort(one)
	otherHost, otherPort, _ := net.SplitHostPort(other)
	same := host == otherHost || isWildcard(host) || isWildcard(otherHost)
	return same && port == otherPort && port != "0"
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || (ip != nil && ip.IsLoopback())
}

// logger writes to standard error in the chosen format.
func (c ServeCommand) logger() *slog.Logger {
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, nil))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, nil))
}
