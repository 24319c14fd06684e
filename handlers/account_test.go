package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"dusangire/hospital"
)

// ownAccount is a person's own account, as GET /account/ tells it.
type ownAccount struct {
	Username, Role string
	Language       *string
	Sessions       []struct {
		ID      int64
		Current bool
		Address string
		Agent   *string
	}
}

func (h *fixture) ownAccount(token string) (read ownAccount) {
	h.t.Helper()
	h.get("/account/", token, program).json(&read)
	return read
}

func TestOnesOwnSessionsAreSeenAndEnded(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	h.addUser("eric", hospital.KitchenStaff)
	const agent = "Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"
	var there struct{ Token string }
	h.ask(question{method: "POST", path: "/login", as: program,
		fields: map[string]any{"username": "eric", "password": password},
		header: http.Header{"User-Agent": {agent}}}).json(&there)
	here := h.token("eric")
	seen := h.ownAccount(here)
	if seen.Username != "eric" || seen.Role != "kitchen" || len(seen.Sessions) != 2 ||
		!seen.Sessions[0].Current || seen.Sessions[1].Current || *seen.Sessions[1].Agent != agent ||
		seen.Sessions[1].Address != "127.0.0.1" {
		t.Fatalf("the account is %+v", seen)
	}
	page := h.get("/account/", here, browser)
	if got := page.html().Find(".sessions li").Eq(1).Text(); !strings.Contains(got, "Firefox · Android") {
		t.Errorf("the other session is called %q", got)
	}
	end := func(id int64, token string) answer {
		return h.post(fmt.Sprintf("/account/sessions/%d/end", id), token, program, nil)
	}
	stranger := h.token("kitchen")
	end(seen.Sessions[1].ID, stranger).problem(http.StatusNotFound)
	if got := end(seen.Sessions[1].ID, here); got.status != http.StatusNoContent {
		t.Errorf("%d %s", got.status, got.body)
	}
	h.get("/account/", there.Token, program).problem(http.StatusUnauthorized)
	end(seen.Sessions[1].ID, here).problem(http.StatusNotFound)
	end(seen.Sessions[0].ID, here)
	h.get("/account/", here, program).problem(http.StatusUnauthorized)
}

func TestAPasswordIsChangedByWhoeverKnowsIt(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	h.addUser("eric", hospital.KitchenStaff)
	other, own := h.token("eric"), h.token("eric")
	change := func(current, next string) answer {
		return h.post("/account/password", own, program, map[string]any{"current": current, "new": next})
	}
	const next = "four words put together"
	for field, got := range map[string]answer{"current": change("not the one", next),
		"new": change(password, "12345678")} {
		if p := got.problem(http.StatusUnprocessableEntity); p.Errors[field] == "" || len(p.Errors) != 1 {
			t.Errorf("a wrong %s is refused with %v", field, p.Errors)
		}
	}
	shown := h.post("/account/password", own, browser, url.Values{"current": {"not the one"},
		"new": {next}, "password_again": {next}})
	if shown.status != 422 || strings.Contains(shown.body, next) ||
		shown.html().Find("#password-current-error").Length() != 1 {
		t.Errorf("%d %.300s", shown.status, shown.body)
	}
	if got := change(password, next); got.status != http.StatusNoContent {
		t.Fatalf("%d %s", got.status, got.body)
	}
	h.get("/account/", other, program).problem(http.StatusUnauthorized)
	if got := h.get("/account/", own, program); got.status != http.StatusOK {
		t.Errorf("the session in which it was changed ended: %d", got.status)
	}
	h.post("/login", "", program, map[string]any{"username": "eric", "password": password}).
		problem(http.StatusUnauthorized)
	signedIn := h.post("/login", "", program, map[string]any{"username": "eric", "password": next})
	if signedIn.status != http.StatusCreated {
		t.Errorf("%d %s", signedIn.status, signedIn.body)
	}
}

// Whoever finds an open screen could else guess the password there.
func TestAPresentPasswordIsGuessedAsSlowlyAsASignIn(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	token := h.token("kitchen")
	var got answer
	for range 8 {
		got = h.post("/account/password", token, program,
			map[string]any{"current": "a guess", "new": "four words put together"})
	}
	if p := got.problem(http.StatusTooManyRequests); p.Code != "too_many_attempts" ||
		got.header.Get("Retry-After") == "" {
		t.Errorf("the eighth guess is refused with %s", p.Code)
	}
}

func TestALanguageIsRememberedForTheAccount(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	token := h.token("kitchen")
	h.post("/language", token, browser, url.Values{"language": {"rw"}, "back": {"/account/"}})
	if got := h.ownAccount(token).Language; got == nil || *got != "rw" {
		t.Errorf("the account's language is %v", got)
	}
	elsewhere := h.post("/login", "", browser, url.Values{"username": {"kitchen"}, "password": {password}})
	if cookies := fmt.Sprint(elsewhere.header.Values("Set-Cookie")); !strings.Contains(cookies, "language=rw") {
		t.Errorf("another browser is told %s", cookies)
	}
}
