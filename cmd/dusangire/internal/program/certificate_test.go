package program

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// theKey is the key of all certificates of these tests, which the tests' browser trusts by its fingerprint.
type theKey struct {
	*ecdsa.PrivateKey
	fingerprint string
}

var certificateKey = sync.OnceValue(func() theKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(public)
	return theKey{key, base64.StdEncoding.EncodeToString(sum[:])}
})

// certificate writes a certificate for 127.0.0.1, signed by itself, and its key to files. It is good for an hour more unless change
// says otherwise.
func certificate(t *testing.T, change func(*x509.Certificate)) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	if change != nil {
		change(template)
	}
	key := certificateKey()
	made, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(made)
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AddCert(parsed)
	dir := t.TempDir()
	certFile = mustWrite(t, dir, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made})))
	keyFile = mustWrite(t, dir, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	return certFile, keyFile, pool
}

// greeted shakes hands with a server of HTTPS whose certificate matters to nobody, and returns what
// was agreed.
func greeted(url string, config *tls.Config) (tls.ConnectionState, error) {
	config.InsecureSkipVerify = true
	conn, err := tls.Dial("tcp", addrOf(url), config)
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
	cert, key, _ := certificate(t, nil)
	s := mustServe(t, func(c *ServeCommand) { c.TLSCert, c.TLSKey = cert, key })
	for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		if !slices.Contains(suite.SupportedVersions, uint16(tls.VersionTLS12)) {
			continue
		}
		only := &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite.ID}}
		state, err := greeted(s.url, only)
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
		_, err := greeted(s.url, &tls.Config{MinVersion: version, MaxVersion: version})
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
	cert, key, _ := certificate(t, numbered(1))
	s := invocation{args: []string{"--tls-cert", cert, "--tls-key", key}}.serve(t)
	shows := func(n int64) bool {
		state, err := greeted(s.url, &tls.Config{})
		if err != nil {
			t.Fatalf("no handshake: %v", err)
		}
		return state.PeerCertificates[0].SerialNumber.Int64() == n
	}
	if !shows(1) {
		t.Fatal("the certificate that was given is not shown")
	}
	renewed, _, _ := certificate(t, numbered(2))
	replace(t, cert, renewed)
	waitFor(t, "the renewed certificate is shown", func() bool { return shows(2) })
	replace(t, cert, key) // by mistake
	again, _, _ := certificate(t, numbered(3))
	replace(t, cert, again)
	waitFor(t, "the next one is shown", func() bool { return shows(3) })

	last, _, _ := certificate(t, numbered(4))
	replace(t, cert, last)
	if err := s.command.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "after SIGHUP the last one is shown", func() bool { return shows(4) })
	if code := s.end(syscall.SIGTERM); code != ExitOK {
		t.Errorf("exit code %d", code)
	}
}

// TestACertificateOfNoUseIsToldOnce lets time pass in steps, so that nobody waits for it.
func TestACertificateOfNoUseIsToldOnce(t *testing.T) {
	t.Parallel()
	cert, key, _ := certificate(t, numbered(1))
	var log strings.Builder
	place := endpoint{TLSCert: cert, TLSKey: key}
	files, err := place.certificate(slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	after := func(d time.Duration, want int64, told int) {
		t.Helper()
		now = now.Add(d)
		files.renew(now)
		shown, err := files.config().GetCertificate(nil)
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
	right := mustWrite(t, t.TempDir(), "right.pem", "")
	replace(t, right, key)
	other := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	if err := os.WriteFile(key, other, 0o600); err != nil {
		t.Fatal(err)
	}
	after(time.Second, 1, 0) // the key comes first, and the certificate that goes with it soon
	after(5*time.Second, 1, 0)
	renewed, _, _ := certificate(t, numbered(2))
	replace(t, cert, renewed)
	replace(t, key, right)
	after(time.Second, 2, 0)

	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	after(time.Second, 2, 0)
	after(halfRenewed, 2, 1)
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
	after(halfRenewed, 2, 2)
}
