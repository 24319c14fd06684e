package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"dusangire/hospital"
)

// account is an account as GET /users/ tells it, and what making it answers besides.
type account struct {
	ID          int64
	Username    string
	DisplayName *string `json:"display_name"`
	Role        string
	Wards       []int64
	Language    *string
	Disabled    bool
	PasswordSet bool `json:"password_set"`
	Version     int64
	Link        string
	LinkExpires string `json:"link_expires_at"`
}

// invite makes an account as admin and returns it with its link.
func (h *fixture) invite(fields map[string]any) (made account) {
	h.t.Helper()
	got := h.post("/users", h.token("admin"), program, fields)
	if got.status != http.StatusCreated || got.header.Get("Location") == "" {
		h.t.Fatalf("%d %s", got.status, got.body)
	}
	got.json(&made)
	return made
}

// pathOf is a link of this server without its host.
func (h *fixture) pathOf(link string) string {
	h.t.Helper()
	path, own := strings.CutPrefix(link, h.web.URL)
	if !own {
		h.t.Fatalf("the link %q does not lead to %s", link, h.web.URL)
	}
	return path
}

// account reads one as admin.
func (h *fixture) account(id int64) (read account) {
	h.t.Helper()
	h.get(fmt.Sprintf("/users/%d/", id), h.token("admin"), program).json(&read)
	return read
}

func TestALinkSetsAPasswordOnce(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	made := h.invite(map[string]any{"username": "Keza.Ange", "display_name": "Keza Ange",
		"role": "medical_staff", "wards": []int64{h.b.ID, h.a.ID}, "language": "fr"})
	if made.Username != "keza.ange" || *made.DisplayName != "Keza Ange" || *made.Language != "fr" ||
		fmt.Sprint(made.Wards) != fmt.Sprint([]int64{h.a.ID, h.b.ID}) || made.PasswordSet {
		t.Errorf("the account is %+v", made)
	}
	h.post("/login", "", program, map[string]any{"username": "keza.ange", "password": "x"}).
		problem(http.StatusUnauthorized)

	path := h.pathOf(made.Link)
	for range 2 { // to look at it uses nothing up
		if page := h.get(path, "", browser); page.status != http.StatusOK ||
			!strings.Contains(page.body, "Keza Ange") {
			t.Errorf("the page of the link is %d %.300s", page.status, page.body)
		}
	}
	refused := h.post(path, "", program, map[string]any{"password": "12345678"}).
		problem(http.StatusUnprocessableEntity)
	if refused.Errors["password"] == "" {
		t.Errorf("a password that others guess is refused with %v", refused.Errors)
	}
	differs := h.post(path, "", browser, url.Values{"password": {password},
		"password_again": {password + "s"}})
	if differs.status != http.StatusUnprocessableEntity ||
		differs.html().Find("#password-password_again-error").Length() != 1 {
		t.Errorf("two passwords that differ are answered with %d", differs.status)
	}
	set := h.post(path, "", browser, url.Values{"password": {password}, "password_again": {password}})
	if set.led() != "/dashboard/medical_staff/" {
		t.Errorf("whoever has set a password is led to %q: %d %.300s", set.led(), set.status, set.body)
	}
	if cookies := fmt.Sprint(set.header.Values("Set-Cookie")); !strings.Contains(cookies, "language=fr") {
		t.Errorf("the browser should speak the person's language from now on: %s", cookies)
	}
	h.token("keza.ange") // signs in with the password
	if read := h.account(made.ID); !read.PasswordSet {
		t.Errorf("the account says that it has no password: %+v", read)
	}
	for _, method := range []string{"GET", "POST"} {
		h.ask(question{method: method, path: path, as: program,
			fields: map[string]any{"password": password + "2"}}).problem(http.StatusNotFound)
	}
}

func TestALinkIsGoodForThreeDaysAndForTheNewestOnly(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	made := h.invite(map[string]any{"username": "eric", "role": "kitchen"})
	old := h.pathOf(made.Link)
	if want := h.clock.Now().Add(72 * time.Hour).UTC().Format(time.RFC3339); made.LinkExpires != want {
		t.Errorf("the link is good until %s, want %s", made.LinkExpires, want)
	}
	var reset struct{ Link string }
	h.post(fmt.Sprintf("/users/%d/reset", made.ID), h.token("admin"), program, nil).json(&reset)
	h.get(old, "", program).problem(http.StatusNotFound)
	newest := h.pathOf(reset.Link)
	h.clock.pass(72*time.Hour - time.Millisecond)
	if got := h.get(newest, "", browser); got.status != http.StatusOK {
		t.Errorf("a link is good until its last moment: %d", got.status)
	}
	h.clock.pass(time.Millisecond)
	h.get(newest, "", program).problem(http.StatusNotFound)
}

func TestAnAccountIsMadeOnceUnderAKeyWithTheSameLink(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	ask := func(name string) answer {
		return h.ask(question{method: "POST", path: "/users", as: program, token: h.token("admin"),
			fields: map[string]any{"username": name, "role": "kitchen"},
			header: http.Header{"Idempotency-Key": {"one"}}})
	}
	var first, second account
	ask("eric").json(&first)
	ask("eric").json(&second)
	if first.Link == "" || first.ID != second.ID || first.Link != second.Link {
		t.Errorf("the same key answered %+v and %+v", first, second)
	}
	if p := ask("grace").problem(http.StatusUnprocessableEntity); p.Code != "idempotency_key_reused" {
		t.Errorf("another account under the key is refused with %s", p.Code)
	}
}

func TestAFormShowsTheLinkOnceOnThePageOfTheAccount(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admin := h.token("admin")
	got := h.post("/users", admin, browser, url.Values{"username": {"eric"}, "role": {"kitchen"},
		"wards[]": {""}})
	page := got.led()
	if !strings.HasPrefix(page, "/users/") {
		t.Fatalf("led to %q: %d %.300s", page, got.status, got.body)
	}
	slip := onlyCookie(t, got)
	shown := h.ask(question{method: "GET", path: page, as: browser, token: admin,
		header: http.Header{"Cookie": {slip.Name + "=" + slip.Value}}}).html()
	link := shown.Find(".slip .secret").Text()
	if !strings.Contains(link, "/password/") || slip.Path != page || !slip.HttpOnly {
		t.Errorf("the page shows the link %q, by the cookie %s", link, slip.Raw)
	}
	if again := h.get(page, admin, browser); strings.Contains(again.body, slip.Value) {
		t.Error("another browser is shown the link")
	}
	h.get(h.pathOf(link), "", browser)
}

func TestAnAccountIsChangedFieldByField(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admin := h.token("admin")
	user := h.addUser("eric", hospital.KitchenStaff)
	path := fmt.Sprintf("/users/%d", user.ID)
	set := func(fields map[string]any) answer { return h.post(path, admin, program, fields) }
	for _, fields := range []map[string]any{
		{"role": "delivery"}, {"wards": []int64{h.a.ID}}, {"language": "rw"},
		{"display_name": "Éric N."}, {"username": "eric.n"}, {"disabled": true},
	} {
		if got := set(fields); got.status != http.StatusNoContent {
			t.Errorf("%v: %d %s", fields, got.status, got.body)
		}
	}
	now := h.account(user.ID)
	if now.Role != "delivery" || fmt.Sprint(now.Wards) != fmt.Sprint([]int64{h.a.ID}) ||
		*now.Language != "rw" || *now.DisplayName != "Éric N." || now.Username != "eric.n" ||
		!now.Disabled || now.Version != 7 {
		t.Errorf("the account is %+v", now)
	}
	if got := set(map[string]any{"wards": []int64{}, "disabled": false}); got.status != 204 {
		t.Errorf("%d %s", got.status, got.body)
	}
	p := set(map[string]any{"role": "kitchen", "version": 7}).problem(http.StatusConflict)
	if p.Code != "user_outdated" || fmt.Sprint(p.Current["version"]) != "8" || len(p.Changes) != 2 ||
		p.Changes[0].Field != "wards" || p.Changes[1].Field != "disabled" {
		t.Errorf("another version is refused with %s %v %v", p.Code, p.Current, p.Changes)
	}
	before := h.contents()
	for field, wrong := range map[string]any{"role": "chef", "wards": []int64{4711}, "language": "xx",
		"username": "é", "display_name": "...", "disabled": "perhaps", "colour": "red"} {
		if p := set(map[string]any{field: wrong}).problem(422); p.Errors[field] == "" {
			t.Errorf("%s %v is refused with %v", field, wrong, p.Errors)
		}
	}
	h.employ(hospital.KitchenStaff)
	if h.contents() == before {
		t.Fatal("the test compares nothing")
	}
	if p := set(map[string]any{"username": "kitchen"}).problem(409); p.Code != "username_taken" {
		t.Errorf("a name that is taken is refused with %s", p.Code)
	}
	h.post("/users/4711", admin, program, map[string]any{"role": "kitchen"}).problem(404)
}

func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admin := h.token("admin")
	id := h.signedIn(admin).UserID
	path := fmt.Sprintf("/users/%d", id)
	for _, fields := range []map[string]any{{"role": "kitchen"}, {"disabled": true}} {
		if p := h.post(path, admin, program, fields).problem(409); p.Code != "last_admin" {
			t.Errorf("%v is refused with %s", fields, p.Code)
		}
	}
	if p := h.post(path+"/reset", admin, program, nil).problem(409); p.Code != "own_login" {
		t.Errorf("a reset of one's own is refused with %s", p.Code)
	}
	invited := h.invite(map[string]any{"username": "second", "role": "admin"})
	if p := h.post(path, admin, program, map[string]any{"disabled": true}).problem(409); p.Code != "last_admin" {
		t.Errorf("somebody without a password is no administrator yet, but: %s", p.Code)
	}
	h.post(h.pathOf(invited.Link), "", program, map[string]any{"password": password})
	if got := h.post(path, admin, program, map[string]any{"disabled": true}); got.status != 204 {
		t.Errorf("%d %s", got.status, got.body)
	}
	h.get("/users/", admin, program).problem(http.StatusUnauthorized)
}

// TestScreensFollowTheAccount: a change of somebody's role, wards or right to be here reaches the
// sockets that they have open.
func TestScreensFollowTheAccount(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admin := h.token("admin")
	post := func(path string, fields map[string]any) func(id int64) {
		return func(id int64) {
			got := h.post(fmt.Sprintf("/users/%d%s", id, path), admin, program, fields)
			if got.status >= 300 {
				t.Errorf("%s: %d %s", path, got.status, got.body)
			}
		}
	}
	for name, test := range map[string]struct {
		change func(id int64)
		want   websocket.StatusCode
	}{
		"another role that may not":  {post("", map[string]any{"role": "kitchen"}), 4403},
		"another role that may":      {post("", map[string]any{"role": "admin"}), 1012},
		"other wards":                {post("", map[string]any{"wards": []int64{h.b.ID}}), 1012},
		"disabled":                   {post("", map[string]any{"disabled": true}), 4401},
		"reset":                      {post("/reset", map[string]any{}), 4401},
		"signed out everywhere":      {post("/sessions/end", map[string]any{}), 4401},
		"another name, which is all": {post("", map[string]any{"display_name": "Keza"}), 0},
	} {
		t.Run(name, func(t *testing.T) {
			h := h.within(t)
			user := h.addUser(strings.ReplaceAll(strings.ReplaceAll(name, " ", "."), ",", ""),
				hospital.MedicalStaff)
			s := h.watch("/ws/dashboard/medical_staff/", h.token(user.Username), asJSON)
			s.next()
			test.change(user.ID)
			if test.want == 0 {
				s.send(`{"action":"get_status"}`)
				s.next()
				return
			}
			for {
				_, err := s.read()
				if err == nil {
					continue
				}
				if got := websocket.CloseStatus(err); got != test.want {
					t.Errorf("closed with %d, want %d", got, test.want)
				}
				return
			}
		})
	}
}

func TestADisabledAccountIsGivenBack(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admin := h.token("admin")
	user := h.addUser("eric", hospital.KitchenStaff)
	token := h.token("eric")
	path := fmt.Sprintf("/users/%d", user.ID)
	h.post(path, admin, browser, url.Values{"disabled": {"true"}})
	h.get("/dashboard/kitchen/", token, program).problem(http.StatusUnauthorized)
	login := map[string]any{"username": "eric", "password": password}
	h.post("/login", "", program, login).problem(http.StatusUnauthorized)
	h.post(path, admin, browser, url.Values{"disabled": {"false"}})
	if got := h.post("/login", "", program, login); got.status != http.StatusCreated {
		t.Errorf("%d %s", got.status, got.body)
	}
	h.get("/dashboard/kitchen/", token, program).problem(http.StatusUnauthorized) // it stays ended
}

func TestTheListOfAccountsIsNarrowedByAName(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	h.invite(map[string]any{"username": "u17", "display_name": "Keza Ange", "role": "kitchen"})
	h.invite(map[string]any{"username": "u18", "role": "kitchen"})
	for query, want := range map[string]int{"": 3, "?q=KEZA": 1, "?q=u1": 2, "?q=nobody": 0} {
		var found struct{ Users []account }
		h.get("/users/"+query, h.token("admin"), program).json(&found)
		rows := h.get("/users/"+query, h.token("admin"), browser).html().Find(".users tbody tr").Length()
		if len(found.Users) != want || rows != want {
			t.Errorf("/users/%s lists %d, and its page %d, want %d", query, len(found.Users), rows, want)
		}
	}
}
