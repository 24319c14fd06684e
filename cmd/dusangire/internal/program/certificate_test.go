package program_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/cmd/dusangire/internal/program"
)

// greeted shakes hands with a server of HTTPS whose certificate matters to nobody, and returns what
// was agreed.
func greeted(url string, config *tls.Config) (tls.ConnectionState, error) {
	config.InsecureSkipVerify = true
	conn, err := tls.Dial("tcp", dusangiretest.AddrOf(url), config)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer conn.Close()
	return conn.ConnectionState(), nil
}

// TestTLSIsModernOnly: no version before 1.2, and in 1.2 no suite that could be read by who steals
// the key later, or that authenticates apart from encrypting.
func TestTLSIsModernOnly(t *testing.T) {
	t.Parallel()
	cert, key, _ := dusangiretest.Certificate(t, nil)
	s := dusangiretest.MustServe(t, func(c *program.ServeCommand) { c.TLSCert, c.TLSKey = cert, key })
	for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		if !slices.Contains(suite.SupportedVersions, uint16(tls.VersionTLS12)) {
			continue
		}
		only := &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite.ID}}
		state, err := greeted(s.URL, only)
		sound := strings.HasPrefix(suite.Name, "TLS_ECDHE_ECDSA") &&
			(strings.Contains(suite.Name, "GCM") || strings.Contains(suite.Name, "POLY1305"))
		if sound && err != nil || !sound && err == nil {
			t.Errorf("%s: agreed on %t, want %t (%v)", suite.Name, err == nil, sound, err)
		}
		if err == nil && state.Version != tls.VersionTLS12 {
			t.Errorf("%s was agreed on in %s", suite.Name, tls.VersionName(state.Version))
		}
	}
	for version, want := range map[uint16]bool{
		tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true,
	} {
		_, err := greeted(s.URL, &tls.Config{MinVersion: version, MaxVersion: version})
		if (err == nil) != want {
			t.Errorf("%s: %v, want it to be accepted: %t", tls.VersionName(version), err, want)
		}
	}
}

// numbered changes the number by which a test knows a certificate.
func numbered(n int64) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.SerialNumber = big.NewInt(n) }
}

// replace writes the text of one file over another, as a renewal does.
func replace(t *testing.T, file, with string) {
	t.Helper()
	text, err := os.ReadFile(with)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestARenewedCertificateIsShownWithoutARestart(t *testing.T) {
	t.Parallel()
	cert, key, _ := dusangiretest.Certificate(t, numbered(1))
	s := dusangiretest.Invocation{Args: []string{"--tls-cert", cert, "--tls-key", key}}.Serve(t)
	shows := func(n int64) bool {
		state, err := greeted(s.URL, &tls.Config{})
		if err != nil {
			t.Fatalf("no handshake: %v", err)
		}
		return state.PeerCertificates[0].SerialNumber.Int64() == n
	}
	if !shows(1) {
		t.Fatal("the certificate that was given is not shown")
	}
	renewed, _, _ := dusangiretest.Certificate(t, numbered(2))
	replace(t, cert, renewed)
	dusangiretest.WaitFor(t, "the renewed certificate is shown", func() bool { return shows(2) })
	replace(t, cert, key) // by mistake
	again, _, _ := dusangiretest.Certificate(t, numbered(3))
	replace(t, cert, again)
	dusangiretest.WaitFor(t, "the next one is shown", func() bool { return shows(3) })

	last, _, _ := dusangiretest.Certificate(t, numbered(4))
	replace(t, cert, last)
	if err := s.Command.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	dusangiretest.WaitFor(t, "after SIGHUP the last one is shown", func() bool { return shows(4) })
	if code := s.End(syscall.SIGTERM); code != program.ExitOK {
		t.Errorf("exit code %d", code)
	}
}

// TestACertificateOfNoUseIsToldOnce lets time pass in steps, so that nobody waits for it.
func TestACertificateOfNoUseIsToldOnce(t *testing.T) {
	t.Parallel()
	cert, key, _ := dusangiretest.Certificate(t, numbered(1))
	var log strings.Builder
	place := program.Endpoint{TLSCert: cert, TLSKey: key}
	files, err := place.Certificate(slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	after := func(d time.Duration, want int64, told int) {
		t.Helper()
		now = now.Add(d)
		files.Renew(now)
		shown, err := files.Config().GetCertificate(nil)
		if err != nil || shown.Leaf.SerialNumber.Int64() != want {
			t.Errorf("certificate %v is shown, want %d: %v", shown.Leaf.SerialNumber, want, err)
		}
		if got := strings.Count(log.String(), "level=WARN"); got != told {
			t.Errorf("told %d times that it is of no use, want %d:\n%s", got, told, log.String())
		}
	}
	after(time.Second, 1, 0)

	otherKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(otherKey)
	if err != nil {
		t.Fatal(err)
	}
	right := dusangiretest.MustWrite(t, t.TempDir(), "right.pem", "")
	replace(t, right, key)
	other := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	if err := os.WriteFile(key, other, 0o600); err != nil {
		t.Fatal(err)
	}
	after(time.Second, 1, 0) // the key comes first, and the certificate that goes with it soon
	after(5*time.Second, 1, 0)
	renewed, _, _ := dusangiretest.Certificate(t, numbered(2))
	replace(t, cert, renewed)
	replace(t, key, right)
	after(time.Second, 2, 0)

	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	after(time.Second, 2, 0)
	after(program.HalfRenewed, 2, 1)
	after(time.Hour, 2, 1)
	if !strings.Contains(log.String(), "--tls-cert and --tls-key, no restart is needed") {
		t.Errorf("the log does not say what to do: %s", log.String())
	}
	replace(t, key, right)
	after(time.Second, 2, 1)
	if err := os.WriteFile(cert, []byte("-----BEGIN CERTIFICATE-----\ncut off"), 0o600); err != nil {
		t.Fatal(err)
	}
	after(time.Second, 2, 1)
	after(program.HalfRenewed, 2, 2)
}
