package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
	"dusangire/hub/hubtest"
)

// soon is how long a test waits for what must happen; only a test that fails reaches it.
const soon = time.Minute

// password is what every login of these tests has.
const password = "correct horse"

// server is the whole program on a free port.
type server struct {
	*program
	t    testing.TB
	stop func() // drains the program and waits; more than once is no error
}

// mustServe starts the program as `serve` does, on a free port and a temporary SQLite database unless change says otherwise.
func mustServe(t testing.TB, change func(*serveCommand)) *server {
	t.Helper()
	c := serveCommand{LogFormat: "text", DemoSeed: 1,
		database: database{DatabaseConnections: 16, hasher: hospitaltest.CheapHasher(t)}}
	c.Addr, c.DatabaseURL = "127.0.0.1:0", hospitaltest.SQLite(t)
	if change != nil {
		change(&c)
	}
	p, err := start(t.Context(), c)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.run(ctx) }()
	s := &server{program: p, t: t, stop: sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})}
	t.Cleanup(s.stop)
	return s
}

// mustServeWard starts a server with one ward of beds and a login of every role.
func mustServeWard(t testing.TB, beds int, change func(*serveCommand)) (*server, hospital.WardBoard) {
	t.Helper()
	s := mustServe(t, change)
	ward, err := s.hospital.AddWard(t.Context(), hospital.System, hospital.AddWardCommand{Code: "MED-A", Name: "Medicine, women", Block: "B1", Beds: beds})
	if err != nil {
		t.Fatalf("add a ward: %v", err)
	}
	for _, role := range hospital.Roles {
		if _, err := s.hospital.AddUser(t.Context(), hospital.System, hospital.AddUserCommand{Username: string(role), Role: role, Password: password}); err != nil {
			t.Fatalf("add %s: %v", role, err)
		}
	}
	return s, s.board(ward.ID)
}

func (s *server) board(wardID int64) hospital.WardBoard {
	s.t.Helper()
	board, err := s.hospital.WardBoard(s.t.Context(), hospital.System, wardID)
	if err != nil {
		s.t.Fatalf("read ward %d: %v", wardID, err)
	}
	return board
}

// apiClient is a client that speaks JSON with a session's token.
type apiClient struct {
	s     *server
	token string
}

// signIn signs in as the login that mustServeWard made for a role.
func (s *server) signIn(role hospital.Role) apiClient {
	s.t.Helper()
	return s.signInAs(string(role), password)
}

func (s *server) signInAs(name, password string) apiClient {
	s.t.Helper()
	status, body := apiClient{s: s}.post("/login", map[string]any{"username": name, "password": password})
	var session struct{ Token string }
	if err := json.Unmarshal(body, &session); status != http.StatusCreated || err != nil || session.Token == "" {
		s.t.Fatalf("sign in as %s: %d %s", name, status, body)
	}
	return apiClient{s, session.Token}
}

// sessionCookie is the name of the cookie that a server keeps its sessions in, which signing out
// tells anybody.
func sessionCookie(t testing.TB, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/logout", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	cookies := response.Cookies()
	if len(cookies) != 1 || !strings.Contains(cookies[0].Name, "dusangire_session_") {
		t.Fatalf("signing out should name the session's cookie: %s %v", response.Status, cookies)
	}
	return cookies[0].Name
}

// post sends a command as JSON and returns the status and the body.
func (c apiClient) post(path string, fields map[string]any) (int, []byte) {
	c.s.t.Helper()
	sent, err := json.Marshal(fields)
	if err != nil {
		c.s.t.Fatal(err)
	}
	return c.send(http.MethodPost, path, bytes.NewReader(sent))
}

// get reads a page as JSON.
func (c apiClient) get(path string) (int, []byte) {
	c.s.t.Helper()
	return c.send(http.MethodGet, path, nil)
}

func (c apiClient) send(method, path string, sent io.Reader) (int, []byte) {
	c.s.t.Helper()
	request, err := http.NewRequestWithContext(c.s.t.Context(), method, c.s.url+path, sent)
	if err != nil {
		c.s.t.Fatal(err)
	}
	if sent != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("Accept", "application/json")
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		c.s.t.Fatal(err)
	}
	return response.StatusCode, body
}

// socket is a live path, read by a library that the server does not use.
type socket struct {
	t    testing.TB
	conn *websocket.Conn
}

func (c apiClient) watch(path string, representation string) socket {
	c.s.t.Helper()
	conn, _, err := websocket.Dial(c.s.t.Context(), c.s.url+path, &websocket.DialOptions{
		Subprotocols: []string{representation}, HTTPHeader: http.Header{"Authorization": {"Bearer " + c.token}},
	})
	if err != nil {
		c.s.t.Fatalf("watch %s: %v", path, err)
	}
	conn.SetReadLimit(4 << 20)
	c.s.t.Cleanup(func() { _ = conn.CloseNow() })
	return socket{c.s.t, conn}
}

func (s socket) next() string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	_, message, err := s.conn.Read(ctx)
	if err != nil {
		s.t.Fatalf("read: %v", err)
	}
	return string(message)
}

// send sends a text message.
func (s socket) send(message string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	if err := s.conn.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
		s.t.Fatalf("send: %v", err)
	}
}

// nextWith passes over messages until one contains text.
func (s socket) nextWith(text string) string {
	s.t.Helper()
	for {
		if message := s.next(); strings.Contains(message, text) {
			return message
		}
	}
}

func (s socket) closeCode() websocket.StatusCode {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	for {
		if _, _, err := s.conn.Read(ctx); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}

const (
	asJSON = "dusangire.json"
	asHTML = "dusangire.html"
)

// TestABedChangeReachesEveryScreen is the sentence that the whole house is built around.
func TestABedChangeReachesEveryScreen(t *testing.T) {
	t.Parallel()
	t.Run("on one node", func(t *testing.T) {
		s, board := mustServeWard(t, 24, nil)
		bedChangeReachesEveryScreen(t, s, s, board)
	})
	t.Run("from one node to another over PostgreSQL and Redis", func(t *testing.T) {
		database, redis := hospitaltest.PostgreSQL(t), hubtest.StartRedis(t)
		join := func(c *serveCommand) { c.DatabaseURL, c.RedisURL = database, redis.URL() }
		here, board := mustServeWard(t, 24, join)
		there := mustServe(t, join)
		bedChangeReachesEveryScreen(t, here, there, board)
	})
}

func bedChangeReachesEveryScreen(t *testing.T, here, there *server, board hospital.WardBoard) {
	nurse, manager := here.signIn(hospital.MedicalStaff), there.signIn(hospital.WardManagement)
	ward := fmt.Sprintf("/ws/ward/%d/", board.ID)
	page, program := manager.watch(ward, asHTML), manager.watch(ward, asJSON)
	dashboard, numbers := manager.watch("/ws/dashboard/ward_management/", asHTML), manager.watch("/ws/dashboard/ward_management/", asJSON)
	for _, s := range []socket{page, program, dashboard, numbers} {
		s.next()
	}
	bed := board.Beds[4]

	status, body := nurse.post("/admissions", map[string]any{"patient_name": "Uwase Marie", "bed_id": bed.ID})
	if status != http.StatusCreated {
		t.Fatalf("admit: %d %s", status, body)
	}

	frame := page.nextWith(fmt.Sprintf(`id="bed-%d"`, bed.ID))
	if !strings.Contains(frame, "Uwase Marie") || strings.Count(frame, `id="bed-`) != 1 {
		t.Errorf("the ward's page should get the one bed that changed, with its patient:\n%s", frame)
	}
	if len(frame) > 2048 {
		t.Errorf("the frame for one bed has %d bytes, want less than 2 KB", len(frame))
	}
	change := program.nextWith("bed_status_change")
	if !strings.Contains(change, fmt.Sprintf(`"bed_id":%d,"status":"occupied"`, bed.ID)) {
		t.Errorf("a program should hear of the bed: %s", change)
	}
	if total := program.nextWith("ward_status"); !strings.Contains(total, `"occupied_beds":1`) {
		t.Errorf("then of the ward: %s", total)
	}
	dashboard.nextWith(`id="metrics"`)
	if update := numbers.nextWith("dashboard_update"); !strings.Contains(update, `"patient_count":1`) {
		t.Errorf("the numbers should follow: %s", update)
	}
}

func TestDrainTellsSocketsAndEnds(t *testing.T) {
	t.Parallel()
	s, board := mustServeWard(t, 1, nil)
	live := s.signIn(hospital.MedicalStaff).watch(fmt.Sprintf("/ws/ward/%d/", board.ID), asJSON)
	live.next()
	stopped := make(chan struct{})
	go func() { s.stop(); close(stopped) }()
	if got := live.closeCode(); got != 1012 {
		t.Errorf("closed with %d, want 1012", got)
	}
	<-stopped
}
