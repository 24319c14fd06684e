package program

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	renewEvery  = time.Second
	halfRenewed = 10 * time.Second // in which somebody may replace one file after the other
)

// cipherSuites are those of TLS 1.2 that encrypt and authenticate in one, with keys that no later
// theft of the certificate's reveals. TLS 1.3 has no others.
var cipherSuites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// certificateFiles are what the server proves itself with. It follows them: a renewal needs no
// restart, which would cut every socket.
type certificateFiles struct {
	certFile, keyFile string
	log               *slog.Logger
	current           atomic.Pointer[tls.Certificate]

	// Owned by whoever calls follow.
	cert, key    []byte    // as they were read last
	invalidSince time.Time // since when they are of no use; zero: they are
	reported     bool      // that they are of no use
}

// certificate reads the certificate; nil where there is none.
func (e endpoint) certificate(log *slog.Logger) (*certificateFiles, error) {
	if e.TLSCert == "" {
		return nil, nil
	}
	c := &certificateFiles{certFile: e.TLSCert, keyFile: e.TLSKey, log: log}
	if err := c.read(); err != nil {
		return nil, fmt.Errorf("--tls-cert %s, --tls-key %s: give the PEM files of a certificate "+
			"and its key: %w", printable(e.TLSCert), printable(e.TLSKey), err)
	}
	return c, nil
}

// config is what a listener of HTTPS needs; nil where there is no certificate.
func (c *certificateFiles) config() *tls.Config {
	if c == nil {
		return nil
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, CipherSuites: cipherSuites,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return c.current.Load(), nil
		},
	}
}

// read takes the files into use; where they can't be, what was read before stays.
func (c *certificateFiles) read() error {
	cert, err := os.ReadFile(c.certFile)
	if err != nil {
		return withoutPath(err)
	}
	key, err := os.ReadFile(c.keyFile)
	if err != nil {
		return withoutPath(err)
	}
	if bytes.Equal(cert, c.cert) && bytes.Equal(key, c.key) {
		return nil
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return err
	}
	c.cert, c.key = cert, key
	c.current.Store(&pair)
	return nil
}

// withoutPath is why a file can't be read, without its name.
func withoutPath(err error) error {
	if at, is := errors.AsType[*fs.PathError](err); is {
		return at.Err
	}
	return err
}

// follow reads the files again and again until ctx ends, and at once on SIGHUP, which many a
// renewal sends afterwards.
func (c *certificateFiles) follow(ctx context.Context) {
	if c == nil {
		return
	}
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	renewed := make(chan os.Signal, 1)
	signal.Notify(renewed, syscall.SIGHUP)
	defer signal.Stop(renewed)
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			c.renew(now)
		case <-renewed:
			c.renew(time.Now())
		}
	}
}

// renew reads the files once more, and tells what came of it where that is new.
func (c *certificateFiles) renew(now time.Time) {
	before := c.current.Load()
	err := c.read()
	switch {
	case err == nil:
		c.invalidSince, c.reported = time.Time{}, false
		if current := c.current.Load(); current != before {
			c.log.Info("certificate renewed", "until", current.Leaf.NotAfter)
		}
	case c.invalidSince.IsZero():
		c.invalidSince = now
	case !c.reported && now.Sub(c.invalidSince) >= halfRenewed:
		c.reported = true
		c.log.Warn("the new certificate is of no use, the one before stays; mend the files of "+
			"--tls-cert and --tls-key, no restart is needed", "error", err)
	}
}
