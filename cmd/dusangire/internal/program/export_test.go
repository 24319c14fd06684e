package program

import (
	"crypto/tls"
	"log/slog"
	"time"
)

// What the tests outside this package look at, which start the program by dusangiretest.
type (
	Commands = commands
	Endpoint = endpoint
)

const HalfRenewed = halfRenewed

var Parser = parser

func (c ServeCommand) Check() error { return c.check() }

func (e endpoint) Certificate(log *slog.Logger) (*certificateFiles, error) {
	return e.certificate(log)
}

func (f *certificateFiles) Renew(now time.Time) { f.renew(now) }

func (f *certificateFiles) Config() *tls.Config { return f.config() }
