package program

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// client asks a running server.
type client struct {
	url  string // without a slash at its end
	host string // to be named instead of the URL's own; empty: the URL's own
	http *http.Client
}

// newHTTPClient follows no redirects and keeps no connections.
func newHTTPClient(secure *tls.Config) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			TLSClientConfig: secure, DisableKeepAlives: true, Proxy: http.ProxyFromEnvironment,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

// request starts a request for a path.
func (c client) request(
	ctx context.Context, method, path string, body io.Reader,
) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.url+path, body)
	if err == nil && c.host != "" {
		request.Host = c.host
	}
	return request, err
}

// largestReply bounds what is read of a reply.
const largestReply = 4 << 20

// reply is what the server says to a request.
type reply struct {
	status int
	header http.Header
	body   string
}

// get asks for a path and reads the reply; redirects are not followed.
func (c client) get(ctx context.Context, path string) (reply, error) {
	request, err := c.request(ctx, http.MethodGet, path, nil)
	if err != nil {
		return reply{}, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, largestReply))
	return reply{response.StatusCode, response.Header, string(body)}, err
}

// probe is what came of asking for a socket.
type probe struct {
	status    int                  // 101 where it was opened
	refused   bool                 // by the server itself, not by something on the way
	message   string               // the first one; "" where it was closed instead
	closeCode websocket.StatusCode // -1: it was not closed
}

// opened reports whether there is a socket behind the path, be it one that lets only others in.
func (p probe) opened() bool {
	closedToUs := p.closeCode == 4401 || p.closeCode == 4403 || p.closeCode == 4404
	return p.status == http.StatusSwitchingProtocols && (p.message != "" || closedToUs)
}

// firstMessageWithin is how long an open socket may say nothing.
const firstMessageWithin = 5 * time.Second

// probe opens a socket with a token, or with none, and waits for the first message. Only pages give
// an origin.
func (c client) probe(ctx context.Context, path, token, origin string) (probe, error) {
	header := http.Header{}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	if origin != "" {
		header.Set("Origin", origin)
	}
	conn, response, err := websocket.Dial(ctx, c.url+path, &websocket.DialOptions{
		HTTPClient: c.http, HTTPHeader: header, Host: c.host,
	})
	switch {
	case err != nil && response != nil:
		refused := response.Header.Get("Content-Type") == "application/problem+json"
		return probe{status: response.StatusCode, refused: refused, closeCode: -1}, nil
	case err != nil:
		return probe{}, err
	}
	defer conn.CloseNow()
	return firstMessage(ctx, conn)
}

// firstMessage waits for the first message of an open socket, or for its end.
func firstMessage(ctx context.Context, conn *websocket.Conn) (probe, error) {
	conn.SetReadLimit(largestReply)
	within, cancel := context.WithTimeout(ctx, firstMessageWithin)
	defer cancel()
	_, message, err := conn.Read(within)
	p := probe{
		status: http.StatusSwitchingProtocols, message: string(message),
		closeCode: websocket.CloseStatus(err),
	}
	if err != nil && p.closeCode == -1 && !errors.Is(err, context.DeadlineExceeded) {
		return p, err
	}
	return p, nil
}
