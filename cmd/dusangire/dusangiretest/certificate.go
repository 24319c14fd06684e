package dusangiretest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"
)

// Key is the key of all certificates of these tests, which the tests' browser trusts by its
// fingerprint.
type Key struct {
	*ecdsa.PrivateKey
	Fingerprint string
}

// CertificateKey is the one key of a test binary.
var CertificateKey = sync.OnceValue(func() Key {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(public)
	return Key{key, base64.StdEncoding.EncodeToString(sum[:])}
})

// Certificate writes a certificate for 127.0.0.1, signed by itself, and its key to files. It is
// good for an hour more unless change says otherwise. Who trusts the pool trusts it.
func Certificate(
	t testing.TB, change func(*x509.Certificate),
) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if change != nil {
		change(template)
	}
	key := CertificateKey()
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
	certFile = MustWrite(t, dir, "cert.pem", inPEM("CERTIFICATE", made))
	keyFile = MustWrite(t, dir, "key.pem", inPEM("PRIVATE KEY", private))
	return certFile, keyFile, pool
}

func inPEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
