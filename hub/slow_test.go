package hub_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"dusangire/hub"
)

// plainAndSecure runs a test over plain connections, whose writes can be tried, and over TLS, where
// nothing can, beside other tests.
func plainAndSecure(t *testing.T, test func(t *testing.T, secure bool)) {
	t.Parallel()
	for name, secure := range map[string]bool{"plain": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, secure)
		})
	}
}

// dialSlow opens a page's socket whose system takes in very little while nobody reads.
func (n *node) dialSlow() *client {
	n.t.Helper()
	transport := n.client.Transport.(*http.Transport).Clone()
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return conn, conn.(*net.TCPConn).SetReadBuffer(8 << 10)
	}
	n.client.Transport = transport
	c := n.dial(hub.HTML)
	c.conn.SetReadLimit(-1)
	return c
}

// ping sends a ping and tells whether its pong has come, which somebody has to read.
func (c *client) ping() <-chan error {
	ponged := make(chan error, 1)
	go func() {
		within, cancel := context.WithTimeout(context.Background(), soon)
		defer cancel()
		ponged <- c.conn.Ping(within)
	}()
	return ponged
}

// waitFor waits until something is so.
func waitFor(t *testing.T, what string, so func() bool) {
	t.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for late := time.After(soon); !so(); {
		select {
		case <-again.C:
		case <-late:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// longerThanALibraryWaits is a time after which every deadline is over that gorilla sets for a
// control frame by itself.
const longerThanALibraryWaits = 1500 * time.Millisecond

// A control frame takes its turn behind the message that is on its way, and its deadline is not
// that of the message.
func TestASlowClientMayPingAndGetsEverything(t *testing.T) {
	plainAndSecure(t, func(t *testing.T, secure bool) {
		b := newBoard(1)
		filler := strings.Repeat("x", 120_000)
		b.set(0, filler)
		n := startNodeOver(t, secure, b, hub.NewMemoryBus(), watch(b))
		slow := n.dialSlow()
		onItsWay := func() bool { return n.metric("ws_messages_total") > 0 }
		waitFor(t, "the state is on its way", onItsWay)
		var ponged []<-chan error
		for range 3 {
			ponged = append(ponged, slow.ping())
		}
		time.Sleep(longerThanALibraryWaits)
		if got := len(slow.next()); got < len(filler) {
			t.Errorf("the first message has %d bytes, want the board's %d", got, len(filler))
		}
		n.Announce(b.set(0, "small"))
		slow.nextWith("small")
		go slow.drain()
		for _, pong := range ponged {
			if err := <-pong; err != nil {
				t.Errorf("a ping of the slow client: %v", err)
			}
		}
	})
}

// drain reads until the socket ends.
func (c *client) drain() {
	for {
		if _, _, err := c.conn.Read(context.Background()); err != nil {
			return
		}
	}
}

func TestASlowClientThatPingsIsToldOfARestart(t *testing.T) {
	plainAndSecure(t, func(t *testing.T, secure bool) {
		b := newBoard(1)
		filler := strings.Repeat("x", 120_000)
		b.set(0, filler)
		n := startNodeOver(t, secure, b, hub.NewMemoryBus(), watch(b))
		slow := n.dialSlow()
		onItsWay := func() bool { return n.metric("ws_messages_total") > 0 }
		waitFor(t, "the state is on its way", onItsWay)
		ponged := slow.ping()
		drained := make(chan struct{})
		go func() { n.finish(); close(drained) }()
		time.Sleep(longerThanALibraryWaits)
		if got := len(slow.next()); got < len(filler) {
			t.Errorf("the first message has %d bytes, want the board's %d", got, len(filler))
		}
		if code := slow.closeCode(); code != websocket.StatusServiceRestart {
			t.Errorf("closed with %d, want 1012", code)
		}
		<-ponged
		<-drained
	})
}

// A client should wait for the answer to its handshake; one that does not is served all the same.
func TestAFrameThatComesTogetherWithTheHandshakeIsAnswered(t *testing.T) {
	plainAndSecure(t, func(t *testing.T, secure bool) {
		b := newBoard(1)
		n := startNodeOver(t, secure, b, hub.NewMemoryBus(), watch(b))
		conn := n.dialRaw(secure)
		frame := maskedText(`{"action":"what?"}`)
		early := slices.Concat([]byte(handshakeFor("")), frame, frame)
		if _, err := conn.Write(early); err != nil {
			t.Fatal(err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(soon)); err != nil {
			t.Fatal(err)
		}
		reader := bufio.NewReader(conn)
		response, err := http.ReadResponse(reader, nil)
		if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("the handshake is answered with %v: %v", response, err)
		}
		var read []byte
		for bytes.Count(read, []byte("unknown_action")) < 2 {
			one, err := reader.ReadByte()
			if err != nil {
				t.Fatalf("read %q, want two answers: %v", read, err)
			}
			read = append(read, one)
		}
	})
}

// dialRaw connects to the node and says nothing.
func (n *node) dialRaw(secure bool) net.Conn {
	n.t.Helper()
	conn, err := net.Dial("tcp", n.url[strings.Index(n.url, "://")+len("://"):])
	if err != nil {
		n.t.Fatal(err)
	}
	if secure {
		config := n.client.Transport.(*http.Transport).TLSClientConfig.Clone()
		config.ServerName, config.NextProtos = "example.com", nil
		conn = tls.Client(conn, config)
	}
	n.t.Cleanup(func() { conn.Close() })
	return conn
}

// handshakeFor is what a client asks for a socket with.
func handshakeFor(path string) string {
	return strings.Join([]string{
		"GET /" + path + " HTTP/1.1", "Host: test", "Connection: Upgrade", "Upgrade: websocket",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", "",
	}, "\r\n")
}

// maskedText is a short text frame as a client sends it.
func maskedText(text string) []byte {
	frame := []byte{0x81, 0x80 | byte(len(text)), 1, 2, 3, 4}
	for i := range len(text) {
		frame = append(frame, text[i]^frame[2+i%4])
	}
	return frame
}
