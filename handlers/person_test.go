package handlers_test

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/coder/websocket"

	"dusangire/handlers"
	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// signInOver signs somebody in over the session that a browser has, and returns the new session's
// token.
func (p person) signInOver(role hospital.Role) person {
	p.t.Helper()
	p.employ(role)
	in := p.ask(question{method: "POST", path: "/login", as: browser, header: p.cookie(),
		fields: url.Values{"username": {string(role)}, "password": {password}}})
	return person{p.fixture, p.sessionCookie(in).Value}
}

// TestASignInEndsTheSessionThatItsBrowserHad: its sockets are told, its token is no longer good.
// One that fails ends nothing.
func TestASignInEndsTheSessionThatItsBrowserHad(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.person(hospital.MedicalStaff)
	elsewhere := h.token("medical_staff")
	s, _ := h.dial(wardPath(h.a), nurse.cookie())
	s.next()
	failed := h.ask(question{method: "POST", path: "/login", as: browser, header: nurse.cookie(),
		fields: url.Values{"username": {"ward_management"}, "password": {"wrong password"}}})
	if failed.status != http.StatusUnauthorized || h.get("/dashboard/medical_staff/", nurse.token, browser).status != http.StatusOK {
		t.Errorf("a sign-in that failed (%d) should end no session", failed.status)
	}
	manager := nurse.signInOver(hospital.WardManagement)
	if code := s.closeCode(); code != 4401 {
		t.Errorf("the socket of the session that was replaced is closed with %d", code)
	}
	for token, want := range map[string]int{nurse.token: 401, elsewhere: 200, manager.token: 200} {
		if got := h.get(fmt.Sprintf("/wards/%d/", h.a.ID), token, program); got.status != want {
			t.Errorf("a session answers %d, want %d", got.status, want)
		}
	}
}

// TestWhatAPageOfSomebodyElseSendsIsRefused and changes nothing, whoever is signed in now and
// whatever they may do: by the plain form, by its script, by a socket, by what it asks for instead
// of a socket. The page is told to empty itself.
func TestWhatAPageOfSomebodyElseSendsIsRefused(t *testing.T) {
	t.Parallel()
	w := newTarget(t, settings{})
	nurse := person{w.fixture, w.nurse}
	bed := w.path("/beds/{cleaning}/")
	page := nurse.open(bed)
	whose, _ := page.Find("body").Attr("data-person")
	w.employ(hospital.KitchenStaff)
	for _, other := range []string{w.manager, w.admin, w.token("kitchen")} {
		now := person{w.fixture, other}
		w.before = w.contents()
		for _, as := range []audience{browser, htmx} {
			got := now.submit(page, bed+"status", url.Values{"status": {"available"}}, as)
			if got.status != http.StatusConflict || got.header.Get("Dusangire-Close") != "4401" || strings.Contains(got.body, "Uwase") {
				t.Errorf("as %s: %d %v", as, got.status, got.header)
			}
			if got := now.submit(page, "/logout", nil, as); got.status != http.StatusConflict {
				t.Errorf("signing out as %s: %d", as, got.status)
			}
		}
		sent := question{method: "POST", path: bed + "status", as: program, fields: map[string]any{"status": "available"}, header: now.cookie()}
		sent.header.Set("Dusangire-Person", whose)
		if p := w.ask(sent).problem(http.StatusConflict); !strings.HasSuffix(p.Type, ":another_person") {
			t.Errorf("a script is told %s", p.Type)
		}
		if p := w.post(bed+"status", other, program, map[string]any{"status": "available", "person": whose}).problem(http.StatusConflict); !strings.HasSuffix(p.Type, ":another_person") {
			t.Errorf("in a field: %s", p.Type)
		}
		panel := question{method: "GET", path: bed, as: htmx, header: sent.header}
		if got := w.ask(panel); got.status != http.StatusConflict || got.header.Get("Dusangire-Close") != "4401" {
			t.Errorf("a bed beside the board: %d %v", got.status, got.header)
		}
		frame := w.ask(question{method: "GET", path: w.path("/frames/ward/{ward}/?person=") + whose, as: htmx, header: now.cookie()})
		if frame.status != http.StatusUnauthorized || frame.header.Get("Dusangire-Close") != "4401" {
			t.Errorf("a poll: %d %v", frame.status, frame.header)
		}
		s, _ := w.dial(w.path("/ws/ward/{ward}/?person=")+whose, now.cookie(), asHTML)
		if code := s.closeCode(); code != websocket.StatusCode(4401) {
			t.Errorf("a socket that opens again is closed with %d", code)
		}
		w.unchanged()
	}
	if got := nurse.submit(page, bed+"status", url.Values{"status": {"available"}}, htmx); got.status != http.StatusNoContent {
		t.Errorf("the page's own person: %d %.300s", got.status, got.body)
	}
	s, _ := w.dial(w.path("/ws/ward/{ward}/?person=")+whose, nurse.cookie(), asHTML)
	s.next()
}

// TestNoCommandOfAnothersPageIsCarriedOut goes through the whole table of routes, in every way in
// which a page says whose it is; what its own person sends is judged by what it says.
func TestNoCommandOfAnothersPageIsCarriedOut(t *testing.T) {
	t.Parallel()
	w := newTarget(t, settings{})
	now := person{w.fixture, w.admin}
	own, another := fmt.Sprint(w.signedIn(w.admin).UserID), fmt.Sprint(w.signedIn(w.nurse).UserID)
	ways := map[string]func(*question, string){
		"a field": func(q *question, who string) { q.fields = url.Values{"person": {who}} },
		"a field of JSON": func(q *question, who string) {
			q.as, q.fields = program, map[string]any{"person": who}
		},
		"a header": func(q *question, who string) { q.header.Set("Dusangire-Person", who) },
		"the query": func(q *question, who string) {
			q.path += "?" + url.Values{"person": {who}}.Encode()
		},
	}
	commands := 0
	for _, route := range w.server.Routes() {
		if route.Method != http.MethodPost {
			continue
		}
		commands++
		for way, say := range ways {
			for _, who := range []string{another, own} {
				if who == own && route.Path == "/logout" {
					continue // which ends the session of this test
				}
				id := "1"
				if who == own {
					id = "4711" // is not there: some commands need no field
				}
				q := question{method: route.Method, path: strings.Replace(route.Path, ":id", id, 1),
					as: htmx, header: now.cookie()}
				say(&q, who)
				got := w.ask(q)
				refused := got.status == http.StatusConflict &&
					got.header.Get("Dusangire-Close") == "4401"
				if refused != (who == another) {
					t.Errorf("%s, whose person is said in %s: %d %.200s", route.Path, way, got.status,
						got.body)
				}
			}
		}
	}
	if commands < 30 {
		t.Errorf("only %d commands were tried", commands)
	}
	w.unchanged()
}

// TestEveryPageSaysWhoseItIs, and each of its forms that sends something, so that it works without
// scripts too.
func TestEveryPageSaysWhoseItIs(t *testing.T) {
	t.Parallel()
	w := newTarget(t, settings{})
	for role, paths := range map[hospital.Role][]string{
		"medical_staff": {"/dashboard/medical_staff/", "/wards/{ward}/", "/beds/{occupied}/", "/beds/{available}/", "/beds/{cleaning}/",
			"/beds/{reserved}/", "/admissions/{admission}/menu/", "/notifications/", "/nothing"},
		"ward_management": {"/dashboard/ward_management/", "/beds/{closed}/", "/beds/{maintenance}/"},
		"kitchen":         {"/dashboard/kitchen/"},
		"delivery":        {"/dashboard/delivery/"},
		"customer":        {"/home/", "/addresses/"},
		"admin":           {"/users/", "/zones/"},
	} {
		p := w.person(role)
		want := fmt.Sprint(w.signedIn(p.token).UserID)
		for _, path := range paths {
			document := w.get(w.path(path), p.token, browser).html()
			if got := document.Find("body").AttrOr("data-person", ""); got != want {
				t.Errorf("%s is the page of %q, want %q", path, got, want)
			}
			forms := document.Find(`form[method="post"]`)
			forms.Each(func(_ int, form *goquery.Selection) {
				if got := form.Find(`input[type="hidden"][name="person"]`).AttrOr("value", ""); got != want {
					t.Errorf("%s: the form to %s says %q, want %q", path, form.AttrOr("action", ""), got, want)
				}
			})
			if forms.Length() < 2 { // language and signing out are on every page
				t.Errorf("%s has %d forms", path, forms.Length())
			}
		}
	}
	if page := w.get("/login", "", browser).html(); page.Find("[data-person], [name=person]").Length() != 0 {
		t.Error("the page to sign in is nobody's")
	}
	for _, frame := range []string{w.get(w.path("/frames/ward/{ward}/"), w.nurse, htmx).body,
		w.get("/frames/dashboard/kitchen/", w.token("kitchen"), htmx).body} {
		if strings.Contains(frame, `name="person"`) {
			t.Error("a frame is drawn once for many people and must not name one of them")
		}
	}
}

// visitor is a browser with a jar for its cookies.
func (h *fixture) visitor() *http.Client {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	h.must(err)
	client := *h.web.Client()
	client.Jar = jar
	return &client
}

// signIn sends the form of a visitor, follows where it leads, and returns the status there.
func (h *fixture) signIn(visitor *http.Client, name, password string) int {
	h.t.Helper()
	response, err := visitor.Do(h.request(question{method: "POST", path: "/login", as: browser,
		fields: url.Values{"username": {name}, "password": {password}}}))
	h.must(err)
	return read(h.t, response).status
}

// TestTwoInstancesOnOneHostLeaveEachOthersSessionsAlone, although browsers send the cookies of a
// host to all its ports.
func TestTwoInstancesOnOneHostLeaveEachOthersSessionsAlone(t *testing.T) {
	t.Parallel()
	h, training := newFixture(t, settings{}), newFixture(t, settings{database: anotherDatabase(t)})
	h.employ("admin")
	training.employ("admin")
	visitor := h.visitor()
	for _, fixture := range []*fixture{h, training, h} {
		if status := fixture.signIn(visitor, "admin", password); status != http.StatusOK {
			t.Fatalf("sign in: %d", status)
		}
	}
	for name, fixture := range map[string]*fixture{"the hospital": h, "the training instance": training} {
		response, err := visitor.Do(fixture.request(question{method: "GET", path: "/users/", as: browser}))
		h.must(err)
		if got := read(t, response); got.status != http.StatusOK || response.Request.URL.Path != "/users/" {
			t.Errorf("%s: %d at %s", name, got.status, response.Request.URL.Path)
		}
	}
}

// anotherDatabase is an empty one whose epoch is its own, as that of every database but those that
// the tests copy.
func anotherDatabase(t *testing.T) string {
	t.Helper()
	url := hospitaltest.SQLite(t)
	if _, err := hospitaltest.Database(t, url).ExecContext(t.Context(), `UPDATE meta SET value = 'TRAININGINSTANCE' WHERE name = 'epoch'`); err != nil {
		t.Fatal(err)
	}
	return url
}

// TestABrowserThatIsKnownIsNotSlowedByOthers, even from its own address: it shows the cookie of an
// earlier sign-in.
func TestABrowserThatIsKnownIsNotSlowedByOthers(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	h.employ("medical_staff", "admin")
	ward := h.visitor()
	for _, name := range []string{"medical_staff", "admin"} {
		if status := h.signIn(ward, name, password); status != http.StatusOK {
			t.Fatalf("%s signs in: %d", name, status)
		}
	}
	for range 7 {
		h.post("/login", "", program, url.Values{"username": {"medical_staff"}, "password": {"wrong password"}})
	}
	if status := h.signIn(h.visitor(), "medical_staff", password); status != http.StatusTooManyRequests {
		t.Errorf("a stranger from there: %d", status)
	}
	if status := h.signIn(ward, "medical_staff", password); status != http.StatusOK {
		t.Errorf("the known browser: %d", status)
	}
	at, err := url.Parse(h.web.URL + "/login")
	h.must(err)
	kept := ward.Jar.Cookies(at)
	if len(kept) != 2 {
		t.Fatalf("the browser sends %d cookies to sign in, want its session's and its own", len(kept))
	}
	for _, cookie := range kept {
		elsewhere := cookie.Name == handlers.SessionCookie(h.hospital.Instance(), false)
		if at.Path = "/users/"; strings.Contains(fmt.Sprint(ward.Jar.Cookies(at)), cookie.Value) != elsewhere {
			t.Errorf("%s goes to all pages: %t", cookie.Name, !elsewhere)
		}
	}
}

// TestTextThatBrokeOnItsWayIsRefusedInEveryField, such as half a character in JSON, which would be
// kept as something else.
func TestTextThatBrokeOnItsWayIsRefusedInEveryField(t *testing.T) {
	t.Parallel()
	w := newTarget(t, settings{})
	for path, fields := range map[string][]string{
		"/admissions":                {"patient_name", "reason"},
		"/beds/{available}/status":   {"reason"},
		"/beds/{available}/patients": {"q"},
		"/patients/search":           {"q"},
		"/patients/{patient}": {"name", "number", "national_id", "phone", "next_of_kin_name",
			"next_of_kin_phone", "language", "reason"},
		"/patients/{patient}/merge":         {"into_number", "reason"},
		"/admissions/{admission}/transfer":  {"reason"},
		"/admissions/{admission}/discharge": {"notes"},
		"/admissions/{admission}":           {"note"},
		"/orders":                           {"notes", "override_reason"},
		"/addresses":                        {"label", "full_name", "phone", "address_line1", "address_line2", "city", "instructions"},
		"/zones":                            {"name"},
		"/admissions/{admission}/customers": {"username"},
	} {
		for _, field := range fields {
			for _, text := range []string{`"\ud83d Uwase"`, `"Uwase \ude00"`, `"\u0000"`, `"\ufffd"`} {
				got := w.ask(question{method: "POST", path: w.path(path), as: program, token: w.admin,
					body: strings.NewReader(`{"` + field + `": ` + text + `}`), header: http.Header{"Content-Type": {"application/json"}}})
				if p := got.problem(http.StatusUnprocessableEntity); p.Errors[field] == "" {
					t.Errorf("%s of %s as %s: %v", field, path, text, p.Errors)
				}
			}
		}
	}
	w.unchanged()
}
