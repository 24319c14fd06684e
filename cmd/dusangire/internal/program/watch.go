package program

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/coder/websocket"
)

// watchCommand is the original guide's test tools in one: it connects to a live path and prints
// each message on a line.
type watchCommand struct {
	Path   string `arg:"" help:"A live path, such as /ws/ward/1/."`
	Server string `default:"http://127.0.0.1:8000" help:"Where the server is." placeholder:"URL"`
	credentials
}

// credentials are those of whoever asks a running server.
type credentials struct {
	User  string `help:"Sign in as this user; the password is read from standard input." placeholder:"NAME"`
	Token string `help:"Or the token of a session; better given as DUSANGIRE_TOKEN." placeholder:"TOKEN"`
}

// Run prints messages until the socket or ctx ends.
func (c *watchCommand) Run(ctx context.Context) error {
	if parseSite(c.Server) == nil || !strings.HasPrefix(c.Path, "/") {
		return &usageError{errors.New("give a path such as /ws/ward/1/ and a --server such as " +
			"http://127.0.0.1:8000")}
	}
	if c.User == "" && c.Token == "" {
		return &usageError{errors.New("say who is watching: --user NAME, or a token in " +
			"DUSANGIRE_TOKEN")}
	}
	server := client{url: strings.TrimSuffix(c.Server, "/"), http: http.DefaultClient}
	token, err := c.session(ctx, server)
	if err != nil {
		return err
	}
	conn, _, err := websocket.Dial(ctx, server.url+c.Path, &websocket.DialOptions{
		HTTPHeader: http.Header{"Authorization": {"Bearer " + token}},
	})
	if err != nil {
		return fmt.Errorf("connect to %s: %w", c.Path, err)
	}
	defer conn.CloseNow()
	conn.SetReadLimit(4 << 20)
	return printMessages(ctx, conn)
}

func printMessages(ctx context.Context, conn *websocket.Conn) error {
	for {
		_, message, err := conn.Read(ctx)
		closed, isClosed := errors.AsType[websocket.CloseError](err)
		switch {
		case err == nil:
			fmt.Fprintf(os.Stdout, "%s\n", message)
		case ctx.Err() != nil:
			return nil
		case isClosed:
			return fmt.Errorf("the server closed the socket: %d %s",
				int(closed.Code), closed.Reason)
		default:
			return err
		}
	}
}

// session is the token to ask with: the one that was given, or that of a new session; "" without a
// user and a token.
func (v credentials) session(ctx context.Context, server client) (string, error) {
	if v.Token != "" || v.User == "" {
		return v.Token, nil
	}
	password, err := readPassword()
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(map[string]string{"username": v.User, "password": password})
	if err != nil {
		return "", err
	}
	request, err := server.request(ctx, http.MethodPost, "/login", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	response, err := server.http.Do(request)
	if err != nil {
		return "", fmt.Errorf("sign in: %w", err)
	}
	defer response.Body.Close()
	var answer struct{ Token, Detail string }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return "", fmt.Errorf("sign in: the server answered %s without JSON", response.Status)
	}
	if answer.Token == "" {
		return "", fmt.Errorf("sign in: %s", answer.Detail)
	}
	return answer.Token, nil
}
