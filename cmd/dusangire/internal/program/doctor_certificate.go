package program

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"time"
)

// expiresSoon is how long before its end a certificate that renews itself has long been renewed.
const expiresSoon = 14 * 24 * time.Hour

// trustOnly accepts a server that shows this certificate and no other. Whether anybody else should
// trust it is another question, which checkCertificate asks.
func trustOnly(certificate *tls.Certificate) *tls.Config {
	return &tls.Config{
		InsecureSkipVerify: true, // #nosec G402 -- the next line verifies more strictly
		VerifyConnection: func(state tls.ConnectionState) error {
			if !bytes.Equal(state.PeerCertificates[0].Raw, certificate.Certificate[0]) {
				return errOtherCertificate
			}
			return nil
		},
	}
}

var errOtherCertificate = errors.New("the server shows another certificate than --tls-cert; " +
	"its log says why, or it was started with other files")

// checkCertificate judges the certificate that browsers see, by the public URL or else by the file.
func (d *doctor) checkCertificate(ctx context.Context) result {
	switch {
	case d.public != nil && d.public.Scheme == "https":
		return d.checkPublicCertificate(ctx)
	case d.public != nil && !isLoopback(d.public.Hostname()):
		return fail("%s is plain HTTP: passwords and patients' names cross the network for all to "+
			"read; give the proxy a certificate, or the server --tls-cert and --tls-key", d.public)
	case d.TLSCert != "":
		return d.checkOwnCertificate()
	}
	return skip("nothing is served by HTTPS here; where people come from other machines give " +
		"--public-url https://…")
}

func (d *doctor) checkPublicCertificate(ctx context.Context) result {
	port := d.public.Port()
	if port == "" {
		port = "443"
	}
	dialer := tls.Dialer{Config: &tls.Config{ServerName: d.public.Hostname()}}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(d.public.Hostname(), port))
	if err != nil {
		return trustResult(err)
	}
	defer conn.Close()
	return expiryResult(conn.(*tls.Conn).ConnectionState().PeerCertificates[0])
}

// checkOwnCertificate judges the file's chain for the name that people use, with what this machine
// trusts.
func (d *doctor) checkOwnCertificate() result {
	secure, err := d.certificate(slog.New(slog.DiscardHandler))
	if err != nil {
		return fail("%v", err)
	}
	chain := secure.current.Load()
	between := x509.NewCertPool()
	for _, raw := range chain.Certificate[1:] {
		if certificate, err := x509.ParseCertificate(raw); err == nil {
			between.AddCert(certificate)
		}
	}
	name, _, err := net.SplitHostPort(d.serverName())
	if err != nil {
		name = d.serverName()
	}
	_, err = chain.Leaf.Verify(x509.VerifyOptions{DNSName: name, Intermediates: between})
	if err != nil {
		return trustResult(err)
	}
	return expiryResult(chain.Leaf)
}

// trustResult says what to do about a certificate that a browser would warn of.
func trustResult(err error) result {
	invalid, isInvalid := errors.AsType[x509.CertificateInvalidError](err)
	if isInvalid && invalid.Reason == x509.Expired {
		return fail("%v; renew it, and let the renewal run by itself", invalid)
	}
	if other, is := errors.AsType[x509.HostnameError](err); is {
		return fail("%v; get one for the name that people use", other)
	}
	if unknown, is := errors.AsType[x509.UnknownAuthorityError](err); is {
		return fail("%v: it is signed by itself, or by an authority that this machine does not "+
			"know; get one of a known authority, or install the hospital's own on every machine",
			unknown)
	}
	return fail("%v", err)
}

func expiryResult(leaf *x509.Certificate) result {
	left := time.Until(leaf.NotAfter)
	day := leaf.NotAfter.UTC().Format(time.DateOnly)
	if left < expiresSoon {
		return fail("it ends on %s, in %d days; renew it, and let the renewal run by itself",
			day, int(left.Hours()/24))
	}
	return pass("it is trusted here and good until %s", day)
}
