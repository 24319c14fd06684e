package dusangiretest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"dusangire/hospital"
)

// Client is a client that speaks JSON with a session's token.
type Client struct {
	T     testing.TB
	URL   string // of the server
	Token string // "" for nobody
}

// SignInAs signs in with a password and returns a client with the session.
func (c Client) SignInAs(name, password string) Client {
	c.T.Helper()
	status, body := c.Post("/login", map[string]any{"username": name, "password": password})
	var session struct{ Token string }
	err := json.Unmarshal(body, &session)
	if status != http.StatusCreated || err != nil || session.Token == "" {
		c.T.Fatalf("sign in as %s: %d %s", name, status, body)
	}
	return Client{c.T, c.URL, session.Token}
}

// Post sends a command as JSON and returns the status and the body.
func (c Client) Post(path string, fields map[string]any) (int, []byte) {
	c.T.Helper()
	sent, err := json.Marshal(fields)
	if err != nil {
		c.T.Fatal(err)
	}
	return c.send(http.MethodPost, path, bytes.NewReader(sent))
}

// Get reads a page as JSON.
func (c Client) Get(path string) (int, []byte) {
	c.T.Helper()
	return c.send(http.MethodGet, path, nil)
}

func (c Client) send(method, path string, sent io.Reader) (int, []byte) {
	c.T.Helper()
	request, err := http.NewRequestWithContext(c.T.Context(), method, c.URL+path, sent)
	if err != nil {
		c.T.Fatal(err)
	}
	if sent != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("Accept", "application/json")
	if c.Token != "" {
		request.Header.Set("Authorization", "Bearer "+c.Token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.T.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		c.T.Fatal(err)
	}
	return response.StatusCode, body
}

// Try sends a command from any goroutine.
func (c Client) Try(path string, fields map[string]any) (status int, err error) {
	sent, err := json.Marshal(fields)
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequest(http.MethodPost, c.URL+path, strings.NewReader(string(sent)))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+c.Token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}

// Read reads a page as JSON.
func (c Client) Read(path string) Object {
	c.T.Helper()
	status, body := c.Get(path)
	var o Object
	if err := json.Unmarshal(body, &o); status != http.StatusOK || err != nil {
		c.T.Fatalf("GET %s: %d %s", path, status, body)
	}
	return o
}

// Create gives a command that makes something, which must be taken, and returns what it made.
func (c Client) Create(path string, fields map[string]any) Object {
	c.T.Helper()
	status, body := c.Post(path, fields)
	var made Object
	if err := json.Unmarshal(body, &made); status != http.StatusCreated || err != nil {
		c.T.Fatalf("POST %s: %d %s", path, status, body)
	}
	return made
}

// Command gives a command that makes nothing and must be taken.
func (c Client) Command(path string, fields map[string]any) {
	c.T.Helper()
	if status, body := c.Post(path, fields); status != http.StatusNoContent {
		c.T.Fatalf("POST %s: %d %s", path, status, body)
	}
}

// Refused gives a command that must be refused with a status and a reason in words.
func (c Client) Refused(want int, path string, fields map[string]any) {
	c.T.Helper()
	status, body := c.Post(path, fields)
	var problem struct{ Detail string }
	if err := json.Unmarshal(body, &problem); status != want || err != nil || problem.Detail == "" {
		c.T.Errorf("POST %s %v: %d %s, want %d and why", path, fields, status, body, want)
	}
}

// Admit admits a patient who was asked about allergies and has these, and returns the admission.
func (c Client) Admit(name string, bed hospital.BoardBed, allergens ...string) Object {
	c.T.Helper()
	if len(allergens) == 0 {
		allergens = []string{hospital.NoKnownAllergies}
	}
	return c.Create("/admissions", map[string]any{
		"patient_name": name, "bed_id": bed.ID, "allergies": allergens,
	})
}

// Steps takes an order through its steps.
func (c Client) Steps(order Object, steps ...string) {
	c.T.Helper()
	for _, step := range steps {
		c.Command(fmt.Sprintf("/orders/%v/%s", order["id"], step), map[string]any{})
	}
}

// Page gets a page as a browser does.
func (c Client) Page(path string) *goquery.Document {
	c.T.Helper()
	response := c.browse(http.MethodGet, path, nil)
	defer response.Body.Close()
	page, err := goquery.NewDocumentFromReader(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		c.T.Fatalf("GET %s: %s %v", path, response.Status, err)
	}
	return page
}

// Submit sends a plain form as a browser without JavaScript does, and follows where it leads.
func (c Client) Submit(path string, form url.Values) {
	c.T.Helper()
	response := c.browse(http.MethodPost, path, strings.NewReader(form.Encode()))
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(response.Body) // for the failure only
		c.T.Fatalf("POST %s: %s %.500s", path, response.Status, said)
	}
}

func (c Client) browse(method, path string, form io.Reader) *http.Response {
	c.T.Helper()
	request, err := http.NewRequestWithContext(c.T.Context(), method, c.URL+path, form)
	if err != nil {
		c.T.Fatal(err)
	}
	request.Header.Set("Accept", "text/html")
	request.Header.Set("Authorization", "Bearer "+c.Token)
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.T.Fatal(err)
	}
	return response
}

// Object is a JSON object.
type Object = map[string]any

// SessionCookie is the name of the cookie that a server keeps its sessions in, which signing out
// tells anybody.
func SessionCookie(t testing.TB, url string) string {
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
