package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

func TestSigningIn(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	h.employ(hospital.Roles...)
	homes := map[hospital.Role]string{"medical_staff": "/dashboard/medical_staff/", "ward_management": "/dashboard/ward_management/",
		"kitchen": "/dashboard/kitchen/", "delivery": "/dashboard/delivery/",
		"housekeeping": "/dashboard/housekeeping/", "customer": "/home/", "admin": "/users/"}
	for _, role := range hospital.Roles {
		got := h.post("/login", "", browser, url.Values{"username": {string(role)}, "password": {password}})
		if led := got.led(); led != "/" {
			t.Errorf("%s is led to %s", role, led)
		}
		cookie := h.sessionCookie(got)
		if !cookie.Expires.IsZero() || cookie.MaxAge != 0 || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Secure {
			t.Errorf("the session's cookie: %s", cookie.Raw)
		}
		start := h.ask(question{method: "GET", path: "/", as: browser, header: http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}}})
		if home := homes[role]; start.header.Get("Location") != home || start.status != http.StatusSeeOther {
			t.Errorf("/ for %s: %d %s, want %s", role, start.status, start.header.Get("Location"), home)
		} else if page := h.get(home, h.token(string(role)), browser); page.status != http.StatusOK {
			t.Errorf("%s starts from %s, which answers %d", role, home, page.status)
		}
	}
	asProgram := h.post("/login", "", program, map[string]any{"username": " ADMIN ", "password": password})
	session := parseObject(t, asProgram.body)
	token, _ := session["token"].(string)
	if asProgram.status != http.StatusCreated || len(token) < 43 || session["role"] != "admin" || session["username"] != "admin" {
		t.Errorf("a program gets its token: %d %s", asProgram.status, asProgram.body)
	}
	if got := h.get("/users/", token, program).status; got != http.StatusOK {
		t.Errorf("with the token: %d", got)
	}
	second := parseObject(t, h.post("/login", token, program, map[string]any{"username": "admin", "password": password}).body)
	if second["token"] == token {
		t.Error("each sign-in has a token of its own, whatever was sent along")
	}
}

func TestSigningOut(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.person(hospital.MedicalStaff)
	other := h.token("medical_staff")
	got := nurse.submit(nurse.open("/dashboard/medical_staff/"), "/logout", nil, browser)
	if got.led() != "/login" || onlyCookie(t, got).MaxAge >= 0 || got.header.Get("Clear-Site-Data") == "" {
		t.Errorf("signing out: %d %v", got.status, got.header)
	}
	if again := h.ask(question{method: "GET", path: "/dashboard/medical_staff/", as: browser, header: nurse.cookie()}); again.status != http.StatusSeeOther {
		t.Errorf("the old cookie afterwards: %d", again.status)
	}
	if got := h.get("/dashboard/medical_staff/", other, browser); got.status != http.StatusOK {
		t.Errorf("another session of the same person stands: %d", got.status)
	}
	for _, token := range []string{nurse.token, "", "nonsense"} {
		if got := h.post("/logout", token, program, nil); got.status != http.StatusNoContent {
			t.Errorf("signing out without a session is no error: %d %s", got.status, got.body)
		}
	}
}

// TestAFailedSignInTellsNothing: the answers to a wrong password, an unknown name and a disabled user do not differ in one byte,
// apart from the name that was typed.
func TestAFailedSignInTellsNothing(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	h.addUser("mutoni", hospital.MedicalStaff)
	h.addUser("kagabo", hospital.MedicalStaff)
	h.must(h.hospital.DisableUser(t.Context(), hospital.System, "kagabo"))
	for _, as := range []audience{program, browser, htmx} {
		try := func(name, password string) answer {
			got := h.post("/login", "", as, url.Values{"username": {name}, "password": {password}})
			got.body = strings.ReplaceAll(got.body, name, "NAME")
			got.header.Del("X-Request-Id")
			got.header.Del("Date")
			return got
		}
		wrong := try("mutoni", "Mutoni-typed-this-1")
		for what, other := range map[string]answer{"an unknown name": try("ntawe1", "Mutoni-typed-this-1"), "a disabled user": try("kagabo", password)} {
			if wrong.status != http.StatusUnauthorized || other.status != wrong.status || other.body != wrong.body || fmt.Sprint(other.header) != fmt.Sprint(wrong.header) {
				t.Errorf("as %s, %s: %d %v %s\nwrong password: %d %v %s", as, what, other.status, other.header, other.body, wrong.status, wrong.header, wrong.body)
			}
		}
		if strings.Contains(wrong.body, "Mutoni-typed") {
			t.Errorf("as %s: the password is echoed: %s", as, wrong.body)
		}
		if as == program {
			wrong.problem(http.StatusUnauthorized)
		}
	}
	page := h.post("/login", "", browser, url.Values{"username": {"mutoni"}, "password": {"Mutoni-typed-this-1"}, "next": {"/users/"}}).html()
	if page.Find(`[role="alert"]`).Text() == "" || page.Find("#login-username").AttrOr("value", "") != "mutoni" || page.Find("#login-password").AttrOr("value", "") != "" ||
		page.Find(`input[name="next"]`).AttrOr("value", "") != "/users/" {
		t.Errorf("the form again should keep the name and where one was going, not the password: %s", page.Find("form").Text())
	}
}

func TestGuessingIsSlowedDownWithWords(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	h.employ("admin", "kitchen")
	try := func(as audience, password string) answer {
		return h.post("/login", "", as, url.Values{"username": {"admin"}, "password": {password}})
	}
	for range 5 {
		try(program, "wrong password").problem(http.StatusUnauthorized)
	}
	refused := http.StatusTooManyRequests
	for range 3 {
		if got := try(program, "wrong password"); got.status == refused {
			break
		}
	}
	got := try(program, password)
	if p := got.problem(refused); !strings.Contains(p.Detail, "Try again in") || got.header.Get("Retry-After") == "" {
		t.Errorf("the right password too has to wait now, and is told how long: %s, Retry-After %q", p.Detail, got.header.Get("Retry-After"))
	}
	if page := try(browser, password); page.status != refused || !strings.Contains(page.html().Find(`[role="alert"]`).Text(), "Try again in") {
		t.Errorf("a person is told so on the form: %d", page.status)
	}
	if other := h.post("/login", "", program, map[string]any{"username": "kitchen", "password": password}); other.status != http.StatusCreated {
		t.Errorf("others sign in meanwhile: %d", other.status)
	}
	h.clock.pass(10 * time.Minute)
	if got := try(program, password); got.status != http.StatusCreated {
		t.Errorf("after the wait: %d %s", got.status, got.body)
	}
}

func TestAfterSigningInOneGoesOnToAPathOfThisSite(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	h.employ("admin")
	led := h.get(fmt.Sprintf("/wards/%d/?q=Uwase", h.a.ID), "", browser).led()
	next, err := url.Parse(led)
	if err != nil || next.Path != "/login" || next.Query().Get("next") != fmt.Sprintf("/wards/%d/", h.a.ID) {
		t.Errorf("a stranger is led to %s; the way back has no query, which might speak of a patient", led)
	}
	for sent, want := range map[string]string{
		"/wards/1/": "/wards/1/", "": "/", "/": "/", "wards/1/": "/", "//evil.example": "/", "///evil.example": "/", `/\evil.example`: "/", `\\evil.example`: "/",
		"http://evil.example": "/", "javascript:alert(1)": "/", "/wards/1/\r\nSet-Cookie: a=b": "/", "/\t/evil.example": "/", "/\x00": "/",
	} {
		page := h.get("/login?next="+url.QueryEscape(sent), "", browser).html()
		if got := page.Find(`input[name="next"]`).AttrOr("value", "?"); got != want {
			t.Errorf("the form for next=%q goes on to %q, want %q", sent, got, want)
		}
		form := url.Values{"username": {"admin"}, "password": {password}, "next": {sent}}
		if strings.Contains(sent, "\x00") {
			continue // refused as a field
		}
		if got := h.post("/login", "", browser, form).led(); got != want {
			t.Errorf("next=%q leads to %q, want %q", sent, got, want)
		}
	}
}

func TestALanguageIsRemembered(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	got := h.post("/language", "", browser, url.Values{"language": {"fr"}, "back": {"/login"}})
	cookie := onlyCookie(t, got)
	if got.led() != "/login" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode {
		t.Errorf("%d %s", got.status, cookie.Raw)
	}
	french := h.ask(question{method: "GET", path: "/login", as: browser, header: http.Header{"Cookie": {"language=" + cookie.Value}}}).html()
	if french.Find("html").AttrOr("lang", "") != "fr" || french.Find("h1").Text() == h.get("/login", "", browser).html().Find("h1").Text() {
		t.Errorf("the page should be in French: %s", french.Find("h1").Text())
	}
	refused := h.ask(question{method: "POST", path: "/admissions", as: program, header: http.Header{"Accept-Language": {"fr"}}}).problem(http.StatusUnauthorized)
	if english := h.post("/admissions", "", program, nil).problem(http.StatusUnauthorized); refused.Detail == english.Detail {
		t.Errorf("a refusal should be in the reader's language: %s", refused.Detail)
	}
}
