package faults_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"dusangire/cmd/dusangire/dusangiretest"
)

// rawSocket is a live path without any library, for what no library would send or leave undone.
type rawSocket struct {
	net.Conn
	reader *bufio.Reader
}

// dialRaw opens a live path as the bearer of a token. The system takes in little for it while it does not read.
func dialRaw(address, path, representation, token string) (*rawSocket, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: dusangiretest.Soon, Control: func(_, _ string, c syscall.RawConn) (err error) {
		return errors.Join(c.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10)
		}), err)
	}}
	conn, err := dialer.Dial("tcp", u.Host)
	if err != nil {
		return nil, err
	}
	s := &rawSocket{conn, bufio.NewReader(conn)}
	if err := s.upgrade(u.Host, path, representation, token); err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

// upgrade asks for the upgrade and reads the answer, no byte more.
func (s *rawSocket) upgrade(host, path, representation, token string) error {
	if err := s.SetDeadline(time.Now().Add(dusangiretest.Soon)); err != nil {
		return err
	}
	_, err := fmt.Fprintf(s, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: %s\r\nAuthorization: Bearer %s\r\n\r\n", path, host, representation, token)
	if err != nil {
		return err
	}
	response, err := http.ReadResponse(s.reader, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusSwitchingProtocols {
		text, _ := io.ReadAll(response.Body)
		return fmt.Errorf("%s %s", response.Status, strings.TrimSpace(string(text)))
	}
	return s.SetDeadline(time.Time{})
}

// mustDialRaw opens a live path, which is closed when the test ends.
func (s *scene) mustDialRaw(path, representation, token string) *rawSocket {
	s.t.Helper()
	raw, err := dialRaw(s.nodes[0].URL, path, representation, token)
	if err != nil {
		s.t.Fatalf("open %s: %v", path, err)
	}
	s.t.Cleanup(func() { raw.Close() })
	return raw
}
