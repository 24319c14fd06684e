package main

import (
	"bufio"
	"context"
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

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
	"dusangire/hub/hubtest"
)

// mustSettle puts one ward of beds and a login of every role into a database.
func mustSettle(t testing.TB, database string, beds int) hospital.WardBoard {
	t.Helper()
	h := hospitaltest.Open(t, hospital.Options{DatabaseURL: database})
	ward, err := h.AddWard(t.Context(), hospital.System, hospital.AddWardCommand{Code: "MED-A", Name: "Medicine, women", Beds: beds})
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range hospital.Roles {
		if _, err := h.AddUser(t.Context(), hospital.System, hospital.AddUserCommand{Username: string(role), Role: role, Password: password}); err != nil {
			t.Fatal(err)
		}
	}
	board, err := h.WardBoard(t.Context(), hospital.System, ward.ID)
	if err != nil {
		t.Fatal(err)
	}
	return board
}

// The packages that the original said were installed were commented out; here the default needs
// nothing.
func TestServeNeedsNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := invocation{dir: dir}.serve(t)
	answers := map[string]int{"/login": 200, "/healthz": 200, "/readyz": 200, "/metrics": 404}
	for path, want := range answers {
		response, err := http.Get(s.url + path)
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
	if code := s.end(syscall.SIGINT); code != exitOK {
		t.Errorf("after Ctrl-C: exit code %d", code)
	}
}

// TestSIGTERMFinishesWhatRunsAndLetsEveryoneGo: sockets are told 1012, a running request is answered, nobody new comes in, and the
// process ends with 0 within 10 s although browsers keep connections.
func TestSIGTERMFinishesWhatRunsAndLetsEveryoneGo(t *testing.T) {
	t.Parallel()
	database := hospitaltest.SQLite(t)
	board := mustSettle(t, database, 2)
	s := invocation{args: []string{"--database-url", database}}.serve(t)
	nurse := s.signIn("medical_staff")
	sockets := []socket{nurse.watch(fmt.Sprintf("/ws/ward/%d/", board.ID), asJSON), nurse.watch("/ws/dashboard/medical_staff/", asHTML)}
	for _, live := range sockets {
		live.next()
	}
	idle := dialTCP(t, s.url)
	running := beginRequest(t, s.url, nurse.token, `{"patient_name":"Uwase Marie"}`)

	began := time.Now()
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for _, live := range sockets {
		if code := live.closeCode(); code != 1012 {
			t.Errorf("a socket was closed with %d, want 1012", code)
		}
	}
	if response := running.finish(); response.StatusCode != http.StatusCreated {
		t.Errorf("the request that was running: %s", response.Status)
	}
	if code := s.end(syscall.SIGTERM); code != exitOK {
		t.Errorf("exit code %d, want 0:\n%s", code, s.log)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the process took %s to end, want 10 s at most", took)
	}
	if conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://")); err == nil {
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
	if err := conn.SetDeadline(time.Now().Add(soon)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// TestWhatWasAnsweredSurvivesAKill: a command that answered 2xx is in the database, after kill -9 too.
func TestWhatWasAnsweredSurvivesAKill(t *testing.T) {
	t.Parallel()
	hospitaltest.OnEachDatabase(t, func(t *testing.T, database string) {
		mustSettle(t, database, 1)
		s := invocation{args: []string{"--database-url", database}}.serve(t)
		nurse := s.signIn("medical_staff")
		var mu sync.Mutex
		var answered []string
		var senders sync.WaitGroup
		for sender := range 4 {
			senders.Go(func() {
				for n := 0; ; n++ {
					name := fmt.Sprintf("Umurwayi %d %d", sender, n)
					status, err := nurse.try("/admissions", map[string]any{"patient_name": name})
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
						s.kill()
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

// try sends a command from any goroutine.
func (c apiClient) try(path string, fields map[string]any) (status int, err error) {
	sent, err := json.Marshal(fields)
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequest(http.MethodPost, c.s.url+path, strings.NewReader(string(sent)))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+c.token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}

func TestHTTPSIsServedFromTwoFiles(t *testing.T) {
	t.Parallel()
	database := hospitaltest.SQLite(t)
	board := mustSettle(t, database, 1)
	cert, key, pool := certificate(t, nil)
	s := invocation{args: []string{"--database-url", database, "--tls-cert", cert, "--tls-key", key}}.serve(t)
	if !strings.HasPrefix(s.url, "https://") {
		t.Fatalf("serving at %s", s.url)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.PostForm(s.url+"/login", url.Values{"username": {"medical_staff"}, "password": {password}})
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
	header := http.Header{"Cookie": {cookies[0].Name + "=" + cookies[0].Value}, "Origin": {s.url}}
	plain := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	conn, _, err := websocket.Dial(within(t), fmt.Sprintf("%s/ws/ward/%d/", s.url, board.ID), &websocket.DialOptions{HTTPClient: plain, HTTPHeader: header})
	if err != nil {
		t.Fatalf("wss: %v", err)
	}
	defer conn.CloseNow()
	if message := (socket{t, conn}).next(); !strings.Contains(message, "ward_status") {
		t.Errorf("over wss: %s", message)
	}
}

func TestTheLogInJSONIsJSONAndNamesNobody(t *testing.T) {
	t.Parallel()
	database, redis := hospitaltest.SQLite(t), hubtest.StartRedis(t)
	board := mustSettle(t, database, 2)
	s := invocation{args: []string{"--database-url", database, "--redis-url", redis.URL(), "--log-format", "json"}}.serve(t)
	nurse := s.signIn("medical_staff")
	live := nurse.watch(fmt.Sprintf("/ws/ward/%d/", board.ID), asJSON)
	live.next()
	for range 2 { // the second is refused
		nurse.post("/admissions", map[string]any{"patient_name": "Kanari Umurwayi", "bed_id": board.Beds[0].ID, "reason": "kanari-impamvu"})
	}
	live.nextWith("Kanari Umurwayi")
	s.client().post("/login", map[string]any{"username": "kanari-ijambobanga", "password": "kanari-ijambobanga"})
	redis.Kill()
	waitFor(t, "the bus is down", func() bool { return getStatus(t, s.url+"/readyz") == http.StatusServiceUnavailable })
	if code := s.end(syscall.SIGTERM); code != exitOK {
		t.Errorf("exit code %d", code)
	}
	requests := 0
	for line := range strings.Lines(s.log.String()) {
		var entry struct{ Level, Msg, Route string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Level == "" || entry.Msg == "" {
			t.Errorf("a line that is no JSON: %s", line)
		}
		if entry.Route == "/admissions" {
			requests++
		}
		for _, canary := range []string{"anari", "Umurwayi", "K. U.", nurse.token, password} {
			if strings.Contains(line, canary) {
				t.Errorf("the log has %q: %s", canary, line)
			}
		}
	}
	if requests != 2 {
		t.Errorf("the log tells of %d requests to /admissions, want 2:\n%s", requests, s.log)
	}
}

// getStatus is the status of a GET.
func getStatus(t *testing.T, url string) int {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

// waitFor asks again until something holds that no event tells of.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain until %s", what)
		case <-tick.C:
		}
	}
}

// TestMetricsHaveAnAddressOfTheirOwnOrNone: where nobody says where, nobody can read them.
func TestMetricsHaveAnAddressOfTheirOwnOrNone(t *testing.T) {
	t.Parallel()
	none := mustServe(t, nil)
	if got := getStatus(t, none.url+"/metrics"); len(none.servers) != 1 || got != http.StatusNotFound {
		t.Errorf("nobody asked for metrics: %d listeners, %d", len(none.servers), got)
	}
	metrics := freeAddress(t)
	s := invocation{args: []string{"--metrics-addr", metrics}}.serve(t)
	for url, want := range map[string]int{s.url + "/metrics": 404, "http://" + metrics + "/metrics": 200, "http://" + metrics + "/login": 404} {
		if got := getStatus(t, url); got != want {
			t.Errorf("GET %s: %d, want %d", url, got, want)
		}
	}
}
