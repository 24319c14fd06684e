package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// door is a way to a running server.
type door struct {
	url    string // without a slash at its end
	host   string // to be named instead of the URL's own; empty: the URL's own
	client *http.Client
}

// request starts a request for a path.
func (d door) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, method, d.url+path, body)
	if err == nil && d.host != "" {
		request.Host = d.host
	}
	return request, err
}

// largestAnswer bounds what is read of an answer.
const largestAnswer = 4 << 20

// get asks for a path and reads the answer; redirects are not followed.
func (d door) get(ctx context.Context, path string) (status int, header http.Header, body string, err error) {
	request, err := d.request(ctx, http.MethodGet, path, nil)
	if err != nil {
		return 0, nil, "", err
	}
	response, err := d.client.Do(request)
	if err != nil {
		return 0, nil, "", err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(io.LimitReader(response.Body, largestAnswer))
	return response.StatusCode, response.Header, string(read), err
}

// knock is what came of asking for a socket.
type knock struct {
	status  int                  // 101 where it was opened
	ours    bool                 // the server itself refused it, not something on the way
	message string               // the first one; "" where it was closed instead
	code    websocket.StatusCode // with which it was closed; -1: it was not
}

// opens reports whether there is a socket behind the path, be it one that lets only others in.
func (k knock) opens() bool {
	return k.status == http.StatusSwitchingProtocols && (k.message != "" || k.code == 4401 || k.code == 4403 || k.code == 4404)
}

// knock opens a socket as somebody with a token, or with none, and waits for what it says first. An origin is given by pages alone.
func (d door) knock(ctx context.Context, path, token, origin string) (knock, error) {
	header := http.Header{}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	if origin != "" {
		header.Set("Origin", origin)
	}
	conn, response, err := websocket.Dial(ctx, d.url+path, &websocket.DialOptions{HTTPClient: d.client, HTTPHeader: header, Host: d.host})
	switch {
	case err != nil && response != nil:
		ours := response.Header.Get("Content-Type") == "application/problem+json"
		return knock{status: response.StatusCode, ours: ours, code: -1}, nil
	case err != nil:
		return knock{}, err
	}
	defer conn.CloseNow()
	conn.SetReadLimit(largestAnswer)
	within, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, message, err := conn.Read(within)
	k := knock{status: http.StatusSwitchingProtocols, message: string(message), code: websocket.CloseStatus(err)}
	if err != nil && k.code == -1 && !errors.Is(err, context.DeadlineExceeded) {
		return k, err
	}
	return k, nil
}
