package program_test

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/cmd/dusangire/internal/program"
	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
	"dusangire/hub/hubtest"
)

// The packages that the original said were installed were commented out; here the default needs
// nothing.
func TestServeNeedsNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := dusangiretest.Invocation{Dir: dir}.Serve(t)
	answers := map[string]int{"/login": 200, "/healthz": 200, "/readyz": 200, "/metrics": 404}
	for path, want := range answers {
		response, err := http.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("GET %s: %s, want %d", path, response.Status, want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "dusangire.db")); err != nil {
		t.Error(err)
	}
	if code := s.End(syscall.SIGINT); code != program.ExitOK {
		t.Errorf("after Ctrl-C: exit code %d", code)
	}
}

// TestSIGTERMFinishesWhatRunsAndLetsEveryoneGo: sockets are told 1012, a running request is answered, nobody new comes in, and the
// process ends with 0 within 10 s although browsers keep connections.
func TestSIGTERMFinishesWhatRunsAndLetsEveryoneGo(t *testing.T) {
	t.Parallel()
	database := hospitaltest.SQLite(t)
	board := dusangiretest.MustSettle(t, database, 2)
	s := dusangiretest.Invocation{Args: []string{"--database-url", database}}.Serve(t)
	nurse := s.SignIn("medical_staff")
	sockets := []dusangiretest.Socket{nurse.Watch(fmt.Sprintf("/ws/ward/%d/", board.ID), dusangiretest.AsJSON), nurse.Watch("/ws/dashboard/medical_staff/", dusangiretest.AsHTML)}
	for _, live := range sockets {
		live.Next()
	}
	idle := dialTCP(t, s.URL)
	running := beginRequest(t, s.URL, nurse.Token, `{"patient_name":"Uwase Marie"}`)

	began := time.Now()
	if err := s.Command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for _, live := range sockets {
		if code := live.CloseCode(); code != 1012 {
			t.Errorf("a socket was closed with %d, want 1012", code)
		}
	}
	if response := running.finish(); response.StatusCode != http.StatusCreated {
		t.Errorf("the request that was running: %s", response.Status)
	}
	if code := s.End(syscall.SIGTERM); code != program.ExitOK {
		t.Errorf("exit code %d, want 0:\n%s", code, s.Log)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the process took %s to end, want 10 s at most", took)
	}
	if conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://")); err == nil {
		conn.Close()
		t.Error("somebody still listens")
	}
	_ = idle.Close()
	h := hospitaltest.Open(t, hospital.Options{DatabaseURL: database})
	if d, err := h.MedicalDashboard(t.Context(), hospital.System, nil); err != nil || d.PatientCount != 1 {
		t.Errorf("%d patients after the restart (%v), want the one who was admitted", d.PatientCount, err)
	}
}

// half is a request of which a part has been sent.
type half struct {
	t    *testing.T
	conn net.Conn
	rest string
}

// beginRequest sends an admission but for the end of its body, once the server has asked for it: its handler is running then.
func beginRequest(t *testing.T, url, token, body string) half {
	t.Helper()
	conn := dialTCP(t, url)
	_, err := fmt.Fprintf(conn, "POST /admissions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"+
		"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n", token, len(body))
	if err != nil {
		t.Fatal(err)
	}
	line := make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n"))
	if _, err := io.ReadFull(conn, line); err != nil || !strings.Contains(string(line), "100 Continue") {
		t.Fatalf("the server should ask for the body: %q %v", line, err)
	}
	return half{t, conn, body}
}

// finish sends the rest and reads the answer.
func (h half) finish() *http.Response {
	h.t.Helper()
	if _, err := io.WriteString(h.conn, h.rest); err != nil {
		h.t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(h.conn), nil)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { response.Body.Close() })
	return response
}

func dialTCP(t *testing.T, address string) net.Conn {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(dusangiretest.Soon)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// TestWhatWasAnsweredSurvivesAKill: a command that answered 2xx is in the database, after kill -9 too.
func TestWhatWasAnsweredSurvivesAKill(t *testing.T) {
	t.Parallel()
	hospitaltest.OnEachDatabase(t, func(t *testing.T, database string) {
		dusangiretest.MustSettle(t, database, 1)
		s := dusangiretest.Invocation{Args: []string{"--database-url", database}}.Serve(t)
		nurse := s.SignIn("medical_staff")
		var mu sync.Mutex
		var answered []string
		var senders sync.WaitGroup
		for sender := range 4 {
			senders.Go(func() {
				for n := 0; ; n++ {
					name := fmt.Sprintf("Umurwayi %d %d", sender, n)
					status, err := nurse.Try("/admissions", map[string]any{"patient_name": name})
					if err != nil {
						return // the server is gone
					}
					mu.Lock()
					if status == http.StatusCreated {
						answered = append(answered, name)
					}
					enough := len(answered) == 40
					mu.Unlock()
					if enough {
						s.Kill()
					}
				}
			})
		}
		senders.Wait()
		h := hospitaltest.Open(t, hospital.Options{DatabaseURL: database})
		for _, name := range answered {
			found, err := h.FindPatients(t.Context(), hospital.System, name)
			if err != nil || len(found) == 0 {
				t.Errorf("%s was answered 201 and is not there: %v", name, err)
			}
		}
		if len(answered) < 40 {
			t.Errorf("only %d admissions were answered", len(answered))
		}
	})
}

func TestHTTPSIsServedFromTwoFiles(t *testing.T) {
	t.Parallel()
	database := hospitaltest.SQLite(t)
	board := dusangiretest.MustSettle(t, database, 1)
	cert, key, pool := dusangiretest.Certificate(t, nil)
	s := dusangiretest.Invocation{Args: []string{"--database-url", database, "--tls-cert", cert, "--tls-key", key}}.Serve(t)
	if !strings.HasPrefix(s.URL, "https://") {
		t.Fatalf("serving at %s", s.URL)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.PostForm(s.URL+"/login", url.Values{"username": {"medical_staff"}, "password": {dusangiretest.Password}})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	cookies := response.Cookies()
	if response.StatusCode != http.StatusSeeOther || len(cookies) != 2 || !strings.HasPrefix(cookies[0].Name, "__Host-dusangire_session_") ||
		!cookies[0].Secure || !cookies[1].Secure {
		t.Fatalf("sign in: %s %v", response.Status, cookies)
	}
	if response.ProtoMajor != 2 || response.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%s, Strict-Transport-Security %q", response.Proto, response.Header.Get("Strict-Transport-Security"))
	}
	header := http.Header{"Cookie": {cookies[0].Name + "=" + cookies[0].Value}, "Origin": {s.URL}}
	plain := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	conn, _, err := websocket.Dial(dusangiretest.Within(t), fmt.Sprintf("%s/ws/ward/%d/", s.URL, board.ID), &websocket.DialOptions{HTTPClient: plain, HTTPHeader: header})
	if err != nil {
		t.Fatalf("wss: %v", err)
	}
	defer conn.CloseNow()
	if message := (dusangiretest.Socket{T: t, Conn: conn}).Next(); !strings.Contains(message, "ward_status") {
		t.Errorf("over wss: %s", message)
	}
}

func TestTheLogInJSONIsJSONAndNamesNobody(t *testing.T) {
	t.Parallel()
	database, redis := hospitaltest.SQLite(t), hubtest.StartRedis(t)
	board := dusangiretest.MustSettle(t, database, 2)
	s := dusangiretest.Invocation{Args: []string{"--database-url", database, "--redis-url", redis.URL(), "--log-format", "json"}}.Serve(t)
	nurse := s.SignIn("medical_staff")
	live := nurse.Watch(fmt.Sprintf("/ws/ward/%d/", board.ID), dusangiretest.AsJSON)
	live.Next()
	for range 2 { // the second is refused
		nurse.Post("/admissions", map[string]any{"patient_name": "Kanari Umurwayi", "bed_id": board.Beds[0].ID, "reason": "kanari-impamvu"})
	}
	live.NextWith("Kanari Umurwayi")
	s.Client().Post("/login", map[string]any{"username": "kanari-ijambobanga", "password": "kanari-ijambobanga"})
	redis.Kill()
	dusangiretest.WaitFor(t, "the bus is down", func() bool { return dusangiretest.GetStatus(t, s.URL+"/readyz") == http.StatusServiceUnavailable })
	if code := s.End(syscall.SIGTERM); code != program.ExitOK {
		t.Errorf("exit code %d", code)
	}
	requests := 0
	for line := range strings.Lines(s.Log.String()) {
		var entry struct{ Level, Msg, Route string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Level == "" || entry.Msg == "" {
			t.Errorf("a line that is no JSON: %s", line)
		}
		if entry.Route == "/admissions" {
			requests++
		}
		for _, canary := range []string{"anari", "Umurwayi", "K. U.", nurse.Token, dusangiretest.Password} {
			if strings.Contains(line, canary) {
				t.Errorf("the log has %q: %s", canary, line)
			}
		}
	}
	if requests != 2 {
		t.Errorf("the log tells of %d requests to /admissions, want 2:\n%s", requests, s.Log)
	}
}

// TestMetricsHaveAnAddressOfTheirOwnOrNone: where nobody says where, nobody can read them.
func TestMetricsHaveAnAddressOfTheirOwnOrNone(t *testing.T) {
	t.Parallel()
	none := dusangiretest.MustServe(t, nil)
	if got := dusangiretest.GetStatus(t, none.URL+"/metrics"); none.Metrics != "" || got != http.StatusNotFound {
		t.Errorf("nobody asked for metrics: metrics at %q, %d", none.Metrics, got)
	}
	metrics := dusangiretest.FreeAddress(t)
	s := dusangiretest.Invocation{Args: []string{"--metrics-addr", metrics}}.Serve(t)
	for url, want := range map[string]int{s.URL + "/metrics": 404, "http://" + metrics + "/metrics": 200, "http://" + metrics + "/login": 404} {
		if got := dusangiretest.GetStatus(t, url); got != want {
			t.Errorf("GET %s: %d, want %d", url, got, want)
		}
	}
}
