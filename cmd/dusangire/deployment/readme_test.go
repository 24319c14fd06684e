package deployment_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"dusangire/cmd/dusangire/dusangiretest"
)

const published = "board.hospital.example" // the name in README.md's script

// readmeScript are the lines of README.md's section on deploying: those before the server starts,
// and what is asked of it then.
func readmeScript(t *testing.T, address string) (before, after []string) {
	t.Helper()
	text, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Deploy\n\n")
	block, _, _ := strings.Cut(section, "\n\n")
	setUp, asked, found := strings.Cut(block, "    bin/dusangire serve\n")
	if !found || !strings.HasPrefix(setUp, "    make build ") {
		t.Fatalf("the script does not build first and serve last:\n%s", block)
	}
	local := strings.NewReplacer("10.0.0.5:8443", address)
	return strings.Split(local.Replace(setUp), "\n")[1:], strings.Split(asked, "\n")
}

// deployFolder is a folder as `make build` leaves it, with a certificate.
func deployFolder(t *testing.T) (dir string, pool *x509.CertPool) {
	t.Helper()
	cert, key, pool := dusangiretest.Certificate(t, func(c *x509.Certificate) {
		c.DNSNames, c.NotAfter = []string{published}, c.NotBefore.AddDate(0, 3, 0)
	})
	dir = t.TempDir()
	for from, to := range map[string]string{cert: "fullchain.pem", key: "privkey.pem"} {
		if err := os.Rename(from, filepath.Join(dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	program := dusangiretest.MustWrite(t, filepath.Join(dir, "bin"), "dusangire",
		"#!/bin/sh\n"+dusangiretest.AsProgram+"=yes exec '"+itself(t)+"' \"$@\"\n")
	if err := os.Chmod(program, 0o700); err != nil { // #nosec G302 -- it is run
		t.Fatal(err)
	}
	return dir, pool
}

// TestTheReadmeSetsAHospitalUp runs README.md's script as it stands, but for the address and the
// build: the hospital that it makes is served, and its doctor finds nothing wrong.
func TestTheReadmeSetsAHospitalUp(t *testing.T) {
	t.Parallel()
	bash := dusangiretest.Needs(t, "bash", "bash")
	dir, pool := deployFolder(t)
	address := dusangiretest.FreeAddress(t)
	setUp, asked := readmeScript(t, address)
	run := func(stdin string, lines ...string) *exec.Cmd {
		script := strings.Join(append([]string{"set -euo pipefail"}, lines...), "\n")
		command := exec.CommandContext(dusangiretest.Within(t), bash, "-c", script)
		command.Dir, command.Stdin = dir, strings.NewReader(stdin)
		command.Env = append(os.Environ(), "SSL_CERT_FILE="+filepath.Join(dir, "fullchain.pem"))
		return command
	}
	told, err := run("four words of hers\n", setUp...).CombinedOutput()
	if err != nil {
		t.Fatalf("setting up: %v\n%s", err, told)
	}
	link := regexp.MustCompile(`https://` + published + `:8443(/password/\S+)`).FindSubmatch(told)
	if link == nil {
		t.Fatalf("no link to a password leads to the hospital's address:\n%s", told)
	}
	var settings []string
	for _, line := range setUp {
		if strings.HasPrefix(strings.TrimSpace(line), "export ") {
			settings = append(settings, line)
		}
	}
	server := run("", append(settings, "exec bin/dusangire serve")...)
	var said strings.Builder
	server.Stdout, server.Stderr = &said, &said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: published}}}
	dusangiretest.WaitFor(t, "the server to be ready", func() bool {
		response, err := client.Get("https://" + address + "/readyz")
		return err == nil && response.Body.Close() == nil && response.StatusCode == http.StatusOK
	})
	if told, err := run("", append(settings, asked...)...).CombinedOutput(); err != nil {
		t.Errorf("the doctor: %v\n%s", err, told)
	}
	checkReadmeHospital(t, client, address, string(link[1]))
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Errorf("the server ended with %v\n%s", err, said.String())
	}
}

// checkReadmeHospital signs in as the script's administrator, looks for its wards, and opens the
// link that was printed for somebody else.
func checkReadmeHospital(t *testing.T, client *http.Client, address, link string) {
	t.Helper()
	ask := func(method, path, token, body string, into any) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, "https://"+address+path,
			strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Host = published
		request.Header.Set("Accept", "application/json")
		request.Header.Set("Content-Type", "application/json")
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if err := json.NewDecoder(response.Body).Decode(into); err != nil {
			t.Fatalf("%s %s: %d %v", method, path, response.StatusCode, err)
		}
	}
	var session struct{ Token string }
	ask(http.MethodPost, "/login", "", `{"username":"chief","password":"four words of hers"}`, &session)
	var wards struct{ Wards []struct{ Code string } }
	ask(http.MethodGet, "/wards/", session.Token, "", &wards)
	var settings struct {
		Name string `json:"hospital_name"`
	}
	ask(http.MethodGet, "/settings/", session.Token, "", &settings)
	session.Token = ""
	if ask(http.MethodPost, link, "", `{"password":"five other words of theirs",
		"password_again":"five other words of theirs"}`, &session); session.Token == "" {
		t.Error("the printed link sets no password")
	}
	if len(wards.Wards) != 5 || settings.Name != "Hills Hospital" {
		t.Errorf("%+v %+v", wards, settings)
	}
}
