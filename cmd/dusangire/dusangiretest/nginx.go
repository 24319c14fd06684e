package dusangiretest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// Site is what deploy/nginx.conf says, on addresses of this machine.
type Site struct {
	text        string // of the file
	URL         string // where it hands requests on to the server
	Redirecting string // where it sends people on to HTTPS
}

// SiteBefore is the site in front of the server at a URL, with HTTPS where there is a certificate.
func SiteBefore(t testing.TB, server, cert, key string) Site {
	t.Helper()
	address, redirecting := FreeAddress(t), FreeAddress(t)
	scheme, secure := "https://", " ssl"
	if cert == "" {
		scheme, secure = "http://", ""
	}
	text := Shipped(t, "nginx.conf",
		"server 127.0.0.1:8000;", "server "+strings.TrimPrefix(server, "http://")+";",
		"listen 80;", "listen "+redirecting+";",
		"/etc/ssl/board.hospital.example/fullchain.pem", cert,
		"/etc/ssl/board.hospital.example/privkey.pem", key,
		"board.hospital.example", "127.0.0.1",
		"listen 443 ssl;", "listen "+address+secure+";")
	if cert == "" {
		text = settingsOfTLS.ReplaceAllString(text, "")
	}
	return Site{text, scheme + address, "http://" + redirecting}
}

var settingsOfTLS = regexp.MustCompile(`\n\tssl_.*`)

// Nginx is an nginx in front of a server.
type Nginx struct {
	T testing.TB
	Site
	dir     string
	process *exec.Cmd
}

// StartNginx lets nginx judge a site and then serve it.
func StartNginx(t testing.TB, site Site) *Nginx {
	t.Helper()
	program := Needs(t, "nginx", "nginx")
	f := &Nginx{T: t, Site: site, dir: t.TempDir()}
	MustWrite(t, f.dir, "site.conf", site.text)
	config := MustWrite(t, f.dir, "nginx.conf", f.surroundings())
	arguments := []string{"-e", f.file("error.log"), "-c", config}
	judged, err := exec.CommandContext(Within(t), program, append(arguments, "-t")...).CombinedOutput()
	if err != nil || bytes.Contains(judged, []byte("[warn]")) {
		t.Fatalf("nginx -t: %v\n%s", err, judged)
	}
	f.process = exec.Command(program, arguments...)
	if err := f.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // after the pages that look through it are closed
		_ = f.process.Process.Signal(syscall.SIGTERM) // its workers go with it
		_ = f.process.Wait()
	})
	WaitFor(t, "nginx listens", func() bool {
		conn, err := net.Dial("tcp", strings.SplitN(site.URL, "://", 2)[1])
		if err != nil {
			return false
		}
		_ = conn.Close()
		return true
	})
	return f
}

func (f *Nginx) file(name string) string { return filepath.Join(f.dir, name) }

// Become takes another site into use, as an operator does by a reload.
func (f *Nginx) Become(site Site) {
	f.T.Helper()
	MustWrite(f.T, f.dir, "site.conf", site.text)
	if err := f.process.Process.Signal(syscall.SIGHUP); err != nil {
		f.T.Fatal(err)
	}
}

// surroundings is what an nginx.conf has around the sites.
func (f *Nginx) surroundings() string {
	user := ""
	if os.Getuid() == 0 {
		user = "user root;"
	}
	temporary := ""
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temporary += fmt.Sprintf("%s_temp_path %s;\n", kind, f.file(kind))
	}
	return fmt.Sprintf(`%s
daemon off;
pid %s;
worker_processes 1;
error_log %s;
events {}
http {
access_log %s;
%s
include %s;
}
`, user, f.file("nginx.pid"), f.file("error.log"), f.file("access.log"), temporary, f.file("site.conf"))
}

// upgrades are the lines of the site without which nginx hands no upgrade on, as in many a proxy
// that nobody set up for sockets.
var upgrades = regexp.MustCompile(`\n\tproxy_set_header (Upgrade|Connection) .*`)

// Ignorant is the site where it lets no socket through, for it does not know what an upgrade is.
func (s Site) Ignorant() Site {
	s.text = upgrades.ReplaceAllString(s.text, "")
	return s
}

// Refusing is the site where it lets no socket through, for it refuses their path.
func (s Site) Refusing() Site {
	s.text = strings.Replace(s.text, "location /ws/ {", "location /ws/ {\n\t\treturn 403;", 1)
	return s
}
