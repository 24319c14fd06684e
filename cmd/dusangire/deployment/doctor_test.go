package deployment_test

import (
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/cmd/dusangire/internal/program"
	"dusangire/hospital/hospitaltest"
	"dusangire/hub/hubtest"
)

// patient is a server that the doctor looks over, with what it stands on and what stands before it.
type patient struct {
	t    *testing.T
	args []string // that the doctor is given
	env  []string // of the doctor
	in   string   // that the doctor reads
}

// examined is what the doctor came to: a line for each row of the checklist, by its number.
type examined struct {
	t    *testing.T
	code int
	rows map[string]string
	all  string
}

func (p patient) examine() examined {
	p.t.Helper()
	got := dusangiretest.Invocation{Args: append([]string{"doctor"}, p.args...), Env: p.env, Stdin: p.in}.Run(p.t)
	e := examined{p.t, got.Code, map[string]string{}, got.Out + got.Err}
	line := regexp.MustCompile(`^(pass|fail|skip) +(\d+) [A-Za-z ]+: \S.*$`)
	for row := range strings.Lines(got.Out) {
		found := line.FindStringSubmatch(strings.TrimSuffix(row, "\n"))
		if found == nil {
			p.t.Errorf("a line that is no row of the checklist: %q", row)
			continue
		}
		e.rows[found[2]] = row
	}
	if len(e.rows) != 10 && got.Code != program.ExitUsage {
		p.t.Fatalf("%d rows, want the guide's ten:\n%s", len(e.rows), e.all)
	}
	return e
}

// want says what must have come of each row: "pass pass skip …", in order, and with which exit code that goes.
func (e examined) want(verdicts string) {
	e.t.Helper()
	wanted := strings.Fields(verdicts)
	for i, verdict := range wanted {
		if row := e.rows[fmt.Sprint(i+1)]; !strings.HasPrefix(row, verdict+" ") {
			e.t.Errorf("want %s: %s", verdict, row)
		}
	}
	code := program.ExitOK
	if strings.Contains(verdicts, "fail") {
		code = program.ExitFailed
	}
	if e.code != code {
		e.t.Errorf("exit code %d, want %d:\n%s", e.code, code, e.all)
	}
}

// says checks what a row tells.
func (e examined) says(row int, words string) {
	e.t.Helper()
	if line := e.rows[fmt.Sprint(row)]; !strings.Contains(line, words) {
		e.t.Errorf("row %d does not say %q: %s", row, words, line)
	}
}

// whereIs says to the doctor where a server is, and what it counts.
func whereIs(url, metrics string) []string {
	counts := strings.TrimSuffix(dusangiretest.AddrOf(metrics), "/metrics")
	return []string{"--addr", dusangiretest.AddrOf(url), "--metrics-addr", counts}
}

// countsOn lets a server count on a listener of its own, where the doctor can look.
func countsOn(c *program.ServeCommand) { c.MetricsAddr = "127.0.0.1:0" }

func TestTheDoctorFindsNothingWrongWithAWholeDeployment(t *testing.T) {
	t.Parallel()
	database, redis := hospitaltest.SQLite(t), hubtest.StartRedis(t)
	dusangiretest.MustSettle(t, database, 2)
	given := []string{"--database-url", database, "--redis-url", redis.URL()}
	s := dusangiretest.Invocation{Args: append(given, "--trusted-proxies", "127.0.0.1"), Env: []string{"SUPERVISOR_ENABLED=1"}}.Serve(t)
	cert, key, _ := dusangiretest.Certificate(t, lasting(90*24*time.Hour))
	nginx := dusangiretest.StartNginx(t, dusangiretest.SiteBefore(t, s.URL, cert, key))
	dusangiretest.WaitFor(t, "the bus is connected", func() bool { return dusangiretest.GetStatus(t, s.URL+"/readyz") == http.StatusOK })

	p := patient{t: t, env: []string{"SSL_CERT_FILE=" + cert, "DUSANGIRE_REDIS_URL=" + redis.URL()},
		args: append(whereIs(s.URL, s.Metrics), "--public-url", nginx.URL)}
	got := p.examine()
	got.want("pass pass pass pass pass pass pass pass pass pass")
	got.says(3, "1 nodes")
	got.says(4, "all 8 upgrade")
	got.says(10, "supervisor")

	p.args, p.in = append(p.args, "--user", "medical_staff"), dusangiretest.Password
	got = p.examine()
	got.want("pass pass pass pass pass pass pass pass pass pass")
	got.says(4, "bring this user their state")

	redis.Kill()
	dusangiretest.WaitFor(t, "the bus is down", func() bool { return dusangiretest.GetStatus(t, s.URL+"/readyz") == http.StatusServiceUnavailable })
	got = p.examine()
	got.want("fail fail fail pass pass pass pass")
	got.says(1, "start Redis")
	got.says(2, `"bus":"unreachable"`)
	got.says(3, "do not get through its Redis (unreachable")
}

// lasting changes for how long a certificate is good.
func lasting(d time.Duration) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.NotAfter = time.Now().Add(d) }
}

func TestTheDoctorSaysWhyItLooksAtLessWhereThereIsLess(t *testing.T) {
	t.Parallel()
	s, _ := dusangiretest.MustServeWard(t, 1, countsOn)
	got := patient{t: t, args: []string{"--addr", dusangiretest.AddrOf(s.URL)}}.examine()
	got.want("skip pass skip pass skip skip pass skip skip skip")
	got.says(9, "start it with --metrics-addr")
	got = patient{t: t, args: whereIs(s.URL, s.Metrics)}.examine()
	got.want("skip pass skip pass skip skip pass skip pass fail")
	got.says(1, "one node needs none")
	got.says(10, "deploy/dusangire.service")
	s.Stop()
	gone := patient{t: t, args: []string{"--addr", dusangiretest.AddrOf(s.URL)}}.examine()
	gone.want("skip fail skip skip skip skip skip skip skip skip")
	gone.says(2, "start the server")
}

func TestTheDoctorFindsWhatIsSetUpWrong(t *testing.T) {
	t.Parallel()
	redis, other := hubtest.StartRedis(t), hubtest.StartRedis(t)
	ward := func(t *testing.T, change func(*program.ServeCommand)) *dusangiretest.Server {
		s, _ := dusangiretest.MustServeWard(t, 1, change)
		return s
	}
	for what, c := range map[string]struct {
		serve  func(*program.ServeCommand)
		before func(dusangiretest.Site) dusangiretest.Site // the site in front of the server, in plain HTTP; nil: none
		doctor []string
		row    int
		says   string
	}{
		"a server that was not told of Redis":     {nil, nil, []string{"--redis-url", redis.URL()}, 3, "start it with the same --redis-url"},
		"a pool that is not there":                {nil, nil, []string{"--redis-url", redis.URL()}, 8, "start the server with the same --redis-url"},
		"a server on another Redis":               {func(c *program.ServeCommand) { c.RedisURL = other.URL() }, nil, []string{"--redis-url", redis.URL()}, 3, "another Redis"},
		"no Redis where one should be":            {nil, nil, []string{"--redis-url", "redis://127.0.0.1:1"}, 1, "start Redis"},
		"a name that the server does not go by":   {nil, nil, []string{"--allowed-hosts", "board.hospital.example"}, 2, "--allowed-hosts"},
		"a proxy that knows no upgrades":          {nil, dusangiretest.Site.Ignorant, nil, 5, "answers 426 instead of an upgrade: let what stands before the server hand it on, as deploy/nginx.conf does; meanwhile pages ask"},
		"a proxy that refuses the sockets' path":  {nil, dusangiretest.Site.Refusing, nil, 5, "answers 403 instead of an upgrade"},
		"a proxy that is not trusted with a name": {func(c *program.ServeCommand) { c.TrustedProxies = nil }, func(s dusangiretest.Site) dusangiretest.Site { return s }, nil, 5, "--trusted-proxies"},
		"no session": {nil, nil, []string{"--token", "nonsense"}, 4, "does not accept the session"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := ward(t, func(settings *program.ServeCommand) {
				settings.TrustedProxies = []string{"127.0.0.1"}
				countsOn(settings)
				if c.serve != nil {
					c.serve(settings)
				}
			})
			dusangiretest.WaitFor(t, "the server is ready", func() bool { return dusangiretest.GetStatus(t, s.URL+"/readyz") == http.StatusOK })
			args := append(whereIs(s.URL, s.Metrics), c.doctor...)
			if c.before != nil {
				args = append(args, "--public-url", dusangiretest.StartNginx(t, c.before(dusangiretest.SiteBefore(t, s.URL, "", ""))).URL)
			}
			got := patient{t: t, args: args}.examine()
			if got.code != program.ExitFailed || !strings.HasPrefix(got.rows[fmt.Sprint(c.row)], "fail") {
				t.Errorf("row %d should fail:\n%s", c.row, got.all)
			}
			got.says(c.row, c.says)
		})
	}
}

// TestTheDoctorJudgesCertificates looks at a server with its own certificate through the public URL, as browsers do, on a machine
// that trusts it and on one that does not.
func TestTheDoctorJudgesCertificates(t *testing.T) {
	t.Parallel()
	database := hospitaltest.SQLite(t)
	dusangiretest.MustSettle(t, database, 1)
	for what, c := range map[string]struct {
		change func(*x509.Certificate)
		known  bool // the machine trusts who signed it
		want   string
		says   string
	}{
		"a good one":           {lasting(90 * 24 * time.Hour), true, "pass", "good until"},
		"one that ends soon":   {lasting(13*24*time.Hour + time.Hour), true, "fail", "in 13 days"},
		"one that has ended":   {lasting(-time.Minute), true, "fail", "renew it"},
		"one signed by itself": {lasting(90 * 24 * time.Hour), false, "fail", "signed by itself"},
		"one for another machine": {func(c *x509.Certificate) {
			c.IPAddresses = []net.IP{net.IPv4(192, 0, 2, 1)}
			lasting(90 * 24 * time.Hour)(c)
		}, true, "fail", "the name that people use"},
		"one that is no browser's": {func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}
			lasting(90 * 24 * time.Hour)(c)
		}, true, "fail", "incompatible key usage"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			cert, key, _ := dusangiretest.Certificate(t, c.change)
			s := dusangiretest.Invocation{Args: []string{"--database-url", database, "--tls-cert", cert, "--tls-key", key}}.Serve(t)
			var env []string
			if c.known {
				env = []string{"SSL_CERT_FILE=" + cert}
			}
			own := []string{"--addr", dusangiretest.AddrOf(s.URL), "--tls-cert", cert, "--tls-key", key}
			for _, args := range [][]string{own, append(own, "--public-url", s.URL)} {
				got := patient{t: t, env: env, args: args}.examine()
				if !strings.HasPrefix(got.rows["6"], c.want) || !strings.HasPrefix(got.rows["2"], "pass") {
					t.Errorf("want %s, and the server itself found by its file all the same:\n%s", c.want, got.all)
				}
				got.says(6, c.says)
			}
			if code := s.End(syscall.SIGTERM); code != program.ExitOK {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

func TestTheDoctorFindsAServerThatShowsAnotherCertificate(t *testing.T) {
	t.Parallel()
	database := hospitaltest.SQLite(t)
	dusangiretest.MustSettle(t, database, 1)
	cert, key, _ := dusangiretest.Certificate(t, nil)
	s := dusangiretest.Invocation{Args: []string{"--database-url", database, "--tls-cert", cert, "--tls-key", key}}.Serve(t)
	renewed, _, _ := dusangiretest.Certificate(t, lasting(90*24*time.Hour))
	got := patient{t: t, args: []string{"--addr", dusangiretest.AddrOf(s.URL), "--tls-cert", renewed, "--tls-key", key}}.examine()
	got.says(2, "another certificate than --tls-cert; its log says why")
}
