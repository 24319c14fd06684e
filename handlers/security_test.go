package handlers_test

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// audited lists the lines of the audit of an action: the actor, what it was done to, how often,
// what for, and from where.
func (h *fixture) audited(action string) (lines []string) {
	h.t.Helper()
	rows, err := hospitaltest.Database(h.t, h.database).QueryContext(h.t.Context(),
		`SELECT actor, entity, entity_id, to_state, reason, address FROM audit
		WHERE action = $1 ORDER BY id`, action)
	h.must(err)
	defer rows.Close()
	for rows.Next() {
		var actor, entity, times, reason string
		var id int64
		var address sql.NullString
		h.must(rows.Scan(&actor, &entity, &id, &times, &reason, &address))
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s:%d %s× %s %s", actor, entity,
			id, times, address.String, reason)))
	}
	h.must(rows.Err())
	return lines
}

// wantAudited checks the lines of an action.
func (h *fixture) wantAudited(action string, want ...string) {
	h.t.Helper()
	if got := h.audited(action); strings.Join(got, "\n") != strings.Join(want, "\n") {
		h.t.Errorf("the audit says of %s\n%s\nwant\n%s", action, strings.Join(got, "\n"),
			strings.Join(want, "\n"))
	}
}

// via is a header by which a trusted proxy names a client.
func via(client string) http.Header { return http.Header{"X-Forwarded-For": {client}} }

// TestWhoFailsToSignInIsInTheAudit with the address, as often as doubles, and with a name only
// where it is somebody's.
func TestWhoFailsToSignInIsInTheAudit(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{trustedProxies: []string{"127.0.0.0/8"}})
	h.employ(hospital.KitchenStaff)
	cook := h.as(hospital.KitchenStaff).UserID
	try := func(username, client string) int {
		return h.ask(question{method: "POST", path: "/login", as: program,
			fields: url.Values{"username": {username}, "password": {"wrong horse"}},
			header: via(client)}).status
	}
	for range 4 {
		try(" Kitchen", "203.0.113.7")
	}
	try("kitchen", "2001:db8::1")
	try("kitchen", "2001:db8::2") // of the same network
	try(secretCanary, "203.0.113.8")
	try("another "+secretCanary, "203.0.113.8")
	h.wantAudited("session.sign_in_failed", fmt.Sprintf("user:%d 1× 203.0.113.7", cook),
		fmt.Sprintf("user:%d 2× 203.0.113.7", cook), fmt.Sprintf("user:%d 4× 203.0.113.7", cook),
		fmt.Sprintf("user:%d 1× 2001:db8::1", cook), fmt.Sprintf("user:%d 2× 2001:db8::2", cook),
		"user:0 1× 203.0.113.8", "user:0 2× 203.0.113.8")
	for range 300 {
		try("kitchen", "203.0.113.9")
	}
	failed, waits := len(h.audited("session.sign_in_failed")), h.audited("session.locked_out")
	if failed > 20 || len(waits) == 0 || len(waits) > 10 ||
		waits[0] != fmt.Sprintf("user:%d 1× 203.0.113.9", cook) {
		t.Errorf("300 guesses are %d lines of failures, and of waits %v", failed, waits)
	}
	var typed int
	h.must(hospitaltest.Database(t, h.database).QueryRowContext(t.Context(), `SELECT count(*) FROM audit
		WHERE actor || from_state || to_state || reason || request_id LIKE $1`, "%"+secretCanary+"%").Scan(&typed))
	if typed > 0 || strings.Contains(h.contents(), secretCanary) {
		t.Error("the database keeps what was typed as a name")
	}
}

// TestWhatARoleMayNotDoIsInTheAudit however it was asked for: a page, JSON, a command, a frame, a
// socket, and what is sent over one.
func TestWhatARoleMayNotDoIsInTheAudit(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{trustedProxies: []string{"127.0.0.0/8"}})
	h.addUser("aline", hospital.DeliveryStaff)
	token := h.token("kitchen")
	cook := h.as(hospital.KitchenStaff).UserID
	ask := func(method, path string, as audience) {
		h.ask(question{method: method, path: path, as: as, token: token,
			header: via("203.0.113.7")})
	}
	ask("GET", "/users/", browser)
	ask("GET", "/users/", program) // the second of the same
	ask("GET", "/users/", htmx)
	ask("POST", "/beds/1/status", program)
	ask("GET", fmt.Sprintf("/frames/ward/%d/", h.a.ID), htmx)
	header := bearer(token)
	header.Set("X-Forwarded-For", "203.0.113.7")
	for _, path := range []string{wardPath(h.a), "/ws/dashboard/customer/"} {
		if s, _ := h.dial(path, header, asJSON); s == nil || s.closeCode() != 4403 {
			t.Errorf("%s should be closed with 4403", path)
		}
	}
	line := func(times int, what string) string {
		return fmt.Sprintf("kitchen user:%d %d× 203.0.113.7 %s", cook, times, what)
	}
	want := []string{line(1, "GET /users/"), line(2, "GET /users/"),
		line(1, "POST /beds/:id/status"), line(1, "GET /frames/ward/:id/"),
		line(1, "GET /ws/ward/:id/"), line(1, "GET /ws/dashboard/:role/")}
	h.wantAudited("access.denied", want...)

	tray := h.tray(h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID))
	carry(h, h.as(hospital.DeliveryStaff), tray.OrderID)
	header.Set("Authorization", "Bearer "+h.token("aline"))
	s, _ := h.dial(liveDelivery(tray), header, asJSON)
	s.next()
	s.send(`{"action":"update_delivery_location","latitude":1,"longitude":1}`)
	s.nextOfType("error")
	got := h.audited("access.denied")
	if !strings.HasSuffix(got[len(got)-1], "1× 203.0.113.7 update_delivery_location") {
		t.Errorf("the last line is %q", got[len(got)-1])
	}
	h.get("/users/", "", browser) // a stranger is asked to sign in
	if n := len(h.audited("access.denied")); n != len(want)+1 {
		t.Errorf("%d lines, want %d", n, len(want)+1)
	}
	for range 300 {
		ask("GET", "/users/", program)
	}
	if n := len(h.audited("access.denied")); n > len(want)+10 {
		t.Errorf("300 refusals made %d lines", n)
	}
}

// TestEveryLineOfTheAuditSaysFromWhere it came: what people do, signing in and out included. What
// the fixture does by itself comes from nowhere.
func TestEveryLineOfTheAuditSaysFromWhere(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{trustedProxies: []string{"127.0.0.0/8"}})
	h.employ(hospital.MedicalStaff)
	send := func(path, token string, fields any) answer {
		return h.ask(question{method: "POST", path: path, as: program, token: token,
			fields: fields, header: via("203.0.113.7")})
	}
	var in struct{ Token string }
	h.must(json.Unmarshal([]byte(send("/login", "", fields("username", "medical_staff", "password",
		password)).body), &in))
	send("/admissions", in.Token, fields("patient_name", "Uwase Marie", "bed_id", h.bed(h.a, 1).ID))
	send("/logout", in.Token, nil)
	for _, action := range []string{"session.sign_in", "admission.admit", "bed.status",
		"session.sign_out"} {
		lines := h.audited(action)
		if len(lines) != 1 || !strings.Contains(lines[0], " 203.0.113.7") {
			t.Errorf("the audit says of %s: %q", action, lines)
		}
	}
	if lines := h.audited("ward.add"); len(lines) == 0 || strings.Contains(lines[0], "127.0.0.1") {
		t.Errorf("the wards were set up by nobody from outside: %q", lines)
	}
	var sessions int
	h.must(hospitaltest.Database(t, h.database).QueryRowContext(t.Context(),
		`SELECT count(DISTINCT session_id) FROM audit
		WHERE action IN ('admission.admit', 'bed.status', 'session.sign_out')`).Scan(&sessions))
	if sessions != 1 {
		t.Errorf("the lines are of %d sessions, want one", sessions)
	}
}

// TestTheLogSaysWhoAskedAndFromWhere: staff by name, customers by number.
func TestTheLogSaysWhoAskedAndFromWhere(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{trustedProxies: []string{"127.0.0.0/8"}})
	customer, _ := h.another("uwera.claudine")
	for _, c := range []struct{ path, who, person string }{
		{"/users/", "admin", "admin"},
		{"/home/", "uwera.claudine", fmt.Sprintf("customer %d", customer.UserID)},
		{"/users/", "kitchen", "kitchen"}, {"/healthz", "", ""}, {"/nothing", "kitchen", "kitchen"},
	} {
		token := ""
		if c.who != "" {
			token = h.token(c.who)
		}
		h.ask(question{method: "GET", path: c.path, as: browser, token: token,
			header: via("203.0.113.7")})
		lines := strings.Split(strings.TrimSpace(h.log.String()), "\n")
		var said struct{ Msg, Person, Address string }
		h.must(json.Unmarshal([]byte(lines[len(lines)-1]), &said))
		if said.Msg != "request" || said.Person != c.person || said.Address != "203.0.113.7" {
			t.Errorf("%s by %s is logged as %s", c.path, c.who, lines[len(lines)-1])
		}
	}
	h.post("/login", "", program, fields("username", "kitchen", "password", password))
	if log := h.log.String(); !strings.Contains(log, `"route":"/login","status":201`) ||
		!strings.HasSuffix(strings.TrimSpace(log), `"person":"kitchen","address":"127.0.0.1"}`) ||
		strings.Contains(log, "uwera") {
		t.Errorf("the log should tell of the sign-in and name no customer:\n%s", log)
	}
}

// TestTheIDOfARequestIsATrustedProxysOrNew: whoever else sends one could make two requests one.
func TestTheIDOfARequestIsATrustedProxysOrNew(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		trusted []string
		given   string
		kept    bool
	}{
		{"a client's own", nil, "FORGED-BY-CLIENT", false},
		{"another proxy's", []string{"10.0.0.0/8"}, "r-1", false},
		{"a trusted proxy's", []string{"127.0.0.0/8"}, "r-1", true},
		{"too long a one", []string{"127.0.0.0/8"}, strings.Repeat("x", 65), false},
		{"one with a space", []string{"127.0.0.0/8"}, "r 1", false},
		{"an empty one", []string{"127.0.0.0/8"}, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newFixture(t, settings{trustedProxies: c.trusted})
			token := h.token("medical_staff")
			got := h.ask(question{method: "POST", path: "/admissions", as: program, token: token,
				fields: fields("patient_name", "Uwase Marie"),
				header: http.Header{"X-Request-Id": {c.given}}})
			id := got.header.Get("X-Request-Id")
			if id == "" || (id == c.given) != c.kept {
				t.Errorf("given %q, the request is %q", c.given, id)
			}
			var kept string
			h.must(hospitaltest.Database(t, h.database).QueryRowContext(t.Context(),
				`SELECT request_id FROM audit WHERE action = 'admission.admit'`).Scan(&kept))
			if kept != id || !strings.Contains(h.log.String(), id) {
				t.Errorf("answered as %q, the audit has %q", id, kept)
			}
		})
	}
}

// TestWhatIsNoUpgradeIsSafeOnEveryPath: what lies under /ws/ and what no route answers too.
func TestWhatIsNoUpgradeIsSafeOnEveryPath(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	token := h.token("medical_staff")
	half := http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}}
	for _, path := range []string{"/ws/nope", "/ws/", "/ws/ward/abc/", wardPath(h.a),
		"/frames/nope", "/frames/ward/999/", "/nope", "//", "/static/nope", "/healthz", "/readyz"} {
		for _, who := range []string{"", token} {
			for _, method := range []string{"GET", "HEAD", "POST", "DELETE", "OPTIONS", "BREW"} {
				for _, as := range []audience{browser, htmx, program} {
					got := h.ask(question{method: method, path: path, as: as, token: who})
					got.safe(method + " " + path)
				}
			}
			got := h.ask(question{method: "GET", path: path, as: browser, token: who, header: half})
			got.safe("half an upgrade of " + path)
		}
	}
	_, response := h.dial(wardPath(h.a), http.Header{"Origin": {"http://evil.example"}})
	read(t, response).safe("a socket for another site")
}

// TestAQuestionAboutTheWholeServerIsSafe: OPTIONS *, which net/http would answer by itself.
func TestAQuestionAboutTheWholeServerIsSafe(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	conn, err := net.Dial("tcp", h.web.Listener.Addr().String())
	h.must(err)
	defer conn.Close()
	fmt.Fprintf(conn, "OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
	request, err := http.NewRequest(http.MethodOptions, "/", nil)
	h.must(err)
	response, err := http.ReadResponse(bufio.NewReader(conn), request)
	h.must(err)
	read(t, response).safe("OPTIONS *")
}
