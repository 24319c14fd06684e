package faults_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/cmd/dusangire/internal/program"
	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// TestSlowAndDeadScreensDisturbNobodyAndNeverLie puts screens on a bad line, on one that is cut, and some that never read, among
// good ones. Those on the bad line show something newer now and then or say that they don't; those who never read are let go.
func TestSlowAndDeadScreensDisturbNobodyAndNeverLie(t *testing.T) {
	breaks(t)
	s := newScene(t, hospitaltest.SQLite(t), 24, nil)
	s.open(dusangiretest.Size(12, 300))
	good := s.screens
	address := strings.TrimPrefix(s.nodes[0].URL, "http://")
	bad, cut := newLink(t, "tcp", address), newLink(t, "tcp", address)
	s.openThrough(bad, dusangiretest.Size(4, 50))
	s.openThrough(cut, dusangiretest.Size(2, 25))
	s.settled()
	shift := s.work(dusangiretest.Size(20, 50))
	began := time.Now()
	pauseFor(t.Context(), dusangiretest.Size(3*time.Second, 30*time.Second)) // for comparison
	broken := time.Now()
	before := s.nodes[0].Metric("process_resident_memory_bytes")
	bad.suffer(faults{rate: 2 << 10})
	cut.suffer(faults{hole: true})
	another := s.nodes[0].SignIn(string(hospital.MedicalStaff)).Token // one may have only so many sockets
	for range dusangiretest.Size(8, 100) {
		s.mustDialRaw(fmt.Sprintf("/ws/ward/%d/", s.board.ID), dusangiretest.AsHTML, another)
	}
	dead := time.Now()
	dusangiretest.WaitFor(t, "those who never read are let go", func() bool {
		return s.nodes[0].Metric(`dusangire_ws_close_total{code="1013"}`) >= float64(dusangiretest.Size(8, 100))
	})
	t.Logf("those who never read were let go after %v", time.Since(dead).Round(100*time.Millisecond))
	pauseFor(t.Context(), time.Until(broken.Add(dusangiretest.Size(12*time.Second, 5*time.Minute))))
	s.end(shift)
	over := time.Now()
	bad.suffer(faults{})
	cut.suffer(faults{})
	t.Logf("every screen was live and up to date again after %v", s.settled().Round(time.Millisecond))
	t.Logf("memory grew by %.1f MB", (s.nodes[0].Metric("process_resident_memory_bytes")-before)/(1<<20))

	s.judge(oldest+clockSkew, span{began, time.Now()})
	s.screens = good
	for what, stretch := range map[string]span{"before": {began, broken}, "beside slow and dead ones": {broken, over}} {
		t.Logf("good screens %s:", what)
		s.judge(allowing(healthy), stretch)
		if n := s.bannersWithin(stretch); n > 0 {
			t.Errorf("%d good screens said that they are not live %s", n, what)
		}
	}
}

// openThrough opens screens of the ward's board whose line leads through a link.
func (s *scene) openThrough(l *link, screens int) {
	ctx, stop := context.WithCancel(context.Background())
	s.t.Cleanup(stop)
	for i := range screens {
		w := newWitness(fmt.Sprintf("screen %d behind %s", i, l.near()), "http://"+l.near(), dusangiretest.WardPath(s.board), fmt.Sprintf("/ws/ward/%d/", s.board.ID), s.tokens[hospital.MedicalStaff])
		w.client = newClient()
		s.add(ctx, w)
	}
}

// TestASlowScreenThatPingsGetsEverythingAndIsToldOfARestart does what a page on a bad line does whose browser, or a proxy before it,
// pings: everything takes its turn behind the frame that is on its way, also the word that the server restarts.
func TestASlowScreenThatPingsGetsEverythingAndIsToldOfARestart(t *testing.T) {
	t.Parallel()
	for name, secure := range map[string]bool{"plain": false, "over TLS": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := hospitaltest.SQLite(t)
			board := dusangiretest.MustSettle(t, database, 400) // whose frame is more than the system takes for a socket
			args, trusted := []string{"--database-url", database}, &tls.Config{}
			if secure {
				cert, key, pool := dusangiretest.Certificate(t, nil)
				args, trusted.RootCAs = append(args, "--tls-cert", cert, "--tls-key", key), pool
			}
			s := dusangiretest.Invocation{Args: args}.Serve(t)
			for range dusangiretest.Size(1, 5) {
				slow := dialSlow(t, s.URL, fmt.Sprintf("/ws/ward/%d/", board.ID), trusted)
				pinged := make(chan error, 1)
				go func() { pinged <- slow.Ping(dusangiretest.Within(t)) }()
				pauseFor(t.Context(), 1500*time.Millisecond) // longer than a library waits with a control frame
				readWhole(t, slow)
				go func() { _, _, _ = slow.Read(dusangiretest.Within(t)) }()
				if err := <-pinged; err != nil {
					t.Errorf("its ping: %v", err)
				}
			}
			last := dialSlow(t, s.URL, fmt.Sprintf("/ws/ward/%d/", board.ID), trusted)
			go func() { _ = last.Ping(dusangiretest.Within(t)) }()
			pauseFor(t.Context(), 500*time.Millisecond) // so that the frame is on its way
			ended := make(chan int, 1)
			go func() { ended <- s.End(syscall.SIGTERM) }()
			pauseFor(t.Context(), 1500*time.Millisecond)
			readWhole(t, last)
			for {
				_, _, err := last.Read(dusangiretest.Within(t))
				if err == nil {
					continue // a heartbeat
				}
				if websocket.CloseStatus(err) != websocket.StatusServiceRestart {
					t.Errorf("at the restart it is told %v, want 1012", err)
				}
				break
			}
			if code := <-ended; code != program.ExitOK {
				t.Errorf("exit code %d, want 0:\n%s", code, s.Log)
			}
		})
	}
}

// readWhole reads the first frame of a ward's board.
func readWhole(t *testing.T, slow *websocket.Conn) {
	t.Helper()
	_, frame, err := slow.Read(dusangiretest.Within(t))
	if err != nil || len(frame) < 60_000 || !strings.Contains(string(frame[len(frame)-1000:]), `id="live"`) {
		t.Fatalf("the slow screen got %d bytes of its first frame: %v", len(frame), err)
	}
}

// dialSlow opens a page's socket as a nurse whose system takes in very little while nobody reads.
func dialSlow(t *testing.T, address, path string, trusted *tls.Config) *websocket.Conn {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: trusted, DialContext: func(ctx context.Context, network, to string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, to)
		if err != nil {
			return nil, err
		}
		return conn, conn.(*net.TCPConn).SetReadBuffer(8 << 10)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.PostForm(address+"/login", url.Values{"username": {string(hospital.MedicalStaff)}, "password": {dusangiretest.Password}})
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	header := http.Header{"Origin": {address}}
	for _, cookie := range response.Cookies() {
		header.Add("Cookie", cookie.Name+"="+cookie.Value)
	}
	conn, _, err := websocket.Dial(dusangiretest.Within(t), address+path, &websocket.DialOptions{HTTPClient: client, HTTPHeader: header, Subprotocols: []string{dusangiretest.AsHTML}})
	if err != nil {
		t.Fatalf("open %s: %v", path, err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	conn.SetReadLimit(-1)
	return conn
}
