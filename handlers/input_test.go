package handlers_test

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// target is what the tests of bad input try to change: a bed of each status, two admissions and one
// that has ended.
type target struct {
	*fixture
	before                        string // contents of the database
	nurse, manager, admin         string // tokens
	occupied, occupied2           hospital.BoardBed
	available, reserved           hospital.BoardBed
	cleaning, maintenance, closed hospital.BoardBed
	admission, admission2, ended  hospital.Admission
}

func newTarget(t testing.TB, s settings) target {
	t.Helper()
	h := newFixture(t, s)
	w := target{fixture: h, nurse: h.token("medical_staff"), manager: h.token("ward_management"), admin: h.token("admin")}
	id := func(n int) int64 { return h.bed(h.a, n).ID }
	w.admission, w.admission2, w.ended = h.admit("Uwase Marie", id(1)), h.admit("Mugisha Jean", id(2)), h.admit("Keza Aline", id(5))
	h.discharge(w.ended.ID)
	h.setBed(id(4), hospital.BedReserved)
	h.setBed(id(6), hospital.BedMaintenance)
	h.setBed(id(7), hospital.BedClosed)
	for n, bed := range []*hospital.BoardBed{&w.occupied, &w.occupied2, &w.available, &w.reserved, &w.cleaning, &w.maintenance, &w.closed} {
		*bed = h.bed(h.a, n+1)
	}
	w.before = h.contents()
	return w
}

// within is the target as a subtest sees it.
func (w target) within(t testing.TB) target {
	w.fixture = w.fixture.within(t)
	return w
}

// unchanged fails the test where the database is not as it was.
func (w target) unchanged() {
	w.t.Helper()
	if w.contents() != w.before {
		w.t.Error("the database changed")
	}
}

// path puts ids into a path: {admission}, {ended} and the statuses of beds.
func (w target) path(pattern string) string {
	id := func(n int64) string { return fmt.Sprint(n) }
	return strings.NewReplacer("{admission}", id(w.admission.ID), "{admission2}", id(w.admission2.ID), "{ended}", id(w.ended.ID),
		"{patient}", id(w.admission.PatientID), "{occupied}", id(w.occupied.ID), "{occupied2}", id(w.occupied2.ID),
		"{available}", id(w.available.ID), "{reserved}", id(w.reserved.ID), "{cleaning}", id(w.cleaning.ID),
		"{maintenance}", id(w.maintenance.ID), "{closed}", id(w.closed.ID), "{ward}", id(w.a.ID)).Replace(pattern)
}

// commands are the paths of all commands that take fields.
var commands = []string{"/admissions", "/admissions/{admission}/transfer", "/admissions/{admission}/plan-discharge", "/admissions/{admission}/discharge", "/admissions/{admission}/diet",
	"/patients/{patient}/allergies", "/beds/{available}/status", "/beds/{available}/patients",
	"/orders", "/login", "/language",
	"/patients/search", "/patients/{patient}", "/patients/{patient}/merge"}

// The content types that commands take.
const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

func contentType(kind string) http.Header {
	if kind == "" {
		return nil
	}
	return http.Header{"Content-Type": {kind}}
}

func TestWhatIsNoRequestAtAllIsRefused(t *testing.T) {
	t.Parallel()
	w := newTarget(t, settings{})
	for _, c := range []struct {
		name, kind, body string
		want             int
	}{
		{"half an object", jsonType, `{"patient_name":"Ineza`, 400},
		{"not JSON", jsonType, `patient_name=Ineza`, 400},
		{"nothing but a space", jsonType, ` `, 400},
		{"an array", jsonType, `[{"patient_name":"Ineza"}]`, 400},
		{"a string", jsonType, `"Ineza"`, 400},
		{"null", jsonType, `null`, 400},
		{"a second object", jsonType, `{"reason":"a"} {"reason":"b"}`, 400},
		{"something behind the object", jsonType, `{"reason":"a"}]`, 400},
		{"an object in a field", jsonType, `{"reason":{"a":1}}`, 400},
		{"a list in a list", jsonType, `{"allergies":[["milk"]]}`, 400},
		{"JSON that is not UTF-8", jsonType, "{\"reason\":\"\xff\xfe\"}", 400},
		{"JSON in UTF-16", jsonType, "{\x00}\x00", 400},
		{"compressed JSON", jsonType, "\x1f\x8b\x08\x00\x00\x00\x00\x00", 400},
		{"a form that is not UTF-8", formType, "reason=\xff", 400},
		{"a form whose escapes are not UTF-8", formType, "reason=%ff", 400},
		{"a form with a field's name that is not UTF-8", formType, "%ff=a", 400},
		{"a form with half an escape", formType, "reason=%f", 400},
		{"a form with a semicolon", formType, "reason=a;b=c", 400},
		{"plain text", "text/plain", `{"reason":"a"}`, 415},
		{"a form with files", "multipart/form-data; boundary=x", "--x--", 415},
		{"XML", "application/xml", "<reason/>", 415},
		{"no content type", "", `{"reason":"a"}`, 415},
		{"a content type that is none", "json", `{"reason":"a"}`, 415},
		{"more than 64 KiB of JSON", jsonType, `{"reason":"` + strings.Repeat("x", 64<<10) + `"}`, 413},
		{"more than 64 KiB of form", formType, "reason=" + strings.Repeat("x", 64<<10), 413},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := w.within(t)
			for _, path := range commands {
				for _, body := range []io.Reader{strings.NewReader(c.body), chunked{strings.NewReader(c.body)}} {
					w.ask(question{method: http.MethodPost, path: w.path(path), as: program, token: w.admin,
						body: body, header: contentType(c.kind)}).problem(c.want)
				}
			}
			w.unchanged()
		})
	}
}

// chunked hides how long a body is, so that it is sent without a Content-Length.
type chunked struct{ io.Reader }

func TestABodyOf64KiBIsRead(t *testing.T) {
	t.Parallel()
	w := newTarget(t, settings{})
	const frame = `{"patient_name":""}`
	body := strings.Replace(frame, `""`, `"`+strings.Repeat("x", 64<<10-len(frame))+`"`, 1)
	got := w.ask(question{method: http.MethodPost, path: "/admissions", as: program, token: w.nurse, body: strings.NewReader(body), header: contentType(jsonType)})
	if p := got.problem(422); p.Errors["patient_name"] != "Use at most 120 characters." {
		t.Errorf("%d bytes should be read and the name refused: %s", len(body), got.body)
	}
	w.unchanged()
}

func TestABodyThatDoesNotArriveIsTheClientsFault(t *testing.T) {
	t.Parallel()
	w := newTarget(t, settings{})
	impatient := httptest.NewUnstartedServer(w.server.Handler())
	impatient.Config.ReadTimeout = 300 * time.Millisecond
	impatient.Start()
	t.Cleanup(impatient.Close)
	for name, c := range map[string]struct {
		url  string
		end  func(*net.TCPConn) error
		want int
	}{
		"cut off":  {w.web.URL, (*net.TCPConn).CloseWrite, 400},
		"too slow": {impatient.URL, func(*net.TCPConn) error { return nil }, 408},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", strings.TrimPrefix(c.url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_, err = fmt.Fprintf(conn, "POST /admissions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\nAccept: application/json\r\n"+
				"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"patient_name\":\"Ineza", w.nurse)
			if err == nil {
				err = c.end(conn.(*net.TCPConn))
			}
			if err != nil {
				t.Fatal(err)
			}
			response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: http.MethodPost, URL: &url.URL{Path: "/admissions"}})
			if err != nil {
				t.Fatal(err)
			}
			read(t, response).problem(c.want)
			w.within(t).unchanged()
		})
	}
	if log := w.log.String(); strings.Contains(log, `"level":"ERROR"`) {
		t.Errorf("it is no error of ours: %s", log)
	}
}

// TestWrongFieldsAreNamed sends each command fields that can't be right. JSON and a form with the same values get the same words,
// and where JSON has types that a form has not, those are refused too.
func TestWrongFieldsAreNamed(t *testing.T) {
	t.Parallel()
	w := newTarget(t, settings{})
	const beyond = "1180591620717411303424" // 2⁷⁰
	ids := []any{"abc", "0", "-1", "1.5", "1e3", beyond, "0x10", "１"}
	past, far := time.Now().Add(-48*time.Hour).UTC().Format(time.RFC3339), time.Now().Add(400*24*time.Hour).UTC().Format(time.RFC3339)
	for _, c := range []struct {
		path, field string
		values      []any          // each is sent by itself
		with        map[string]any // besides
	}{
		{"/admissions", "patient_name", []any{nil, "", "   ", strings.Repeat("a", 121), "Ine\x00za", "Ine\u202eza", "Ine\x1bza"}, nil},
		{"/admissions", "patient_name", []any{"Ineza Grace"}, map[string]any{"patient_id": w.ended.PatientID}},
		{"/admissions", "patient_id", append(ids, "9999999"), nil},
		{"/admissions", "bed_id", append(ids, "9999999"), map[string]any{"patient_name": "Ineza Grace"}},
		{"/admissions", "reason", []any{strings.Repeat("a", 201), "a\x00"}, map[string]any{"patient_name": "Ineza Grace"}},
		{"/admissions", "diet", []any{"pizza", "General", " "}, map[string]any{"patient_name": "Ineza Grace"}},
		{"/admissions", "texture", []any{"8", "-1", "soft", "7.0", beyond}, map[string]any{"patient_name": "Ineza Grace"}},
		{"/admissions", "allergies", []any{"dust", "milk shake", "null"}, map[string]any{"patient_name": "Ineza Grace"}},
		{"/admissions", "allergies", []any{[]string{"none", "milk"}, []string{"milk", "dust"}}, map[string]any{"patient_name": "Ineza Grace"}},
		{"/admissions", "sex", []any{"f", "unknown\x00"}, map[string]any{"patient_name": "Ineza Grace"}},
		{"/admissions", "birth_date", []any{"yesterday", "1984-13-01", "1984-05-31T00:00:00Z", "2999-01-01", "1492-10-12"}, map[string]any{"patient_name": "Ineza Grace"}},
		{"/admissions", "expected_discharge", []any{"tomorrow", "2026-02-30T10:00:00Z", past, far, "0"}, map[string]any{"patient_name": "Ineza Grace"}},
		{"/admissions", "allergy", []any{"milk"}, map[string]any{"patient_name": "Ineza Grace"}},
		{"/admissions", "nil_by_mouth", []any{"true"}, map[string]any{"patient_name": "Ineza Grace"}},
		{"/admissions", "patient_name", []any{[]string{"Ineza", "Grace"}}, nil},
		{"/admissions", "bed_id", []any{[]string{"1", "2"}}, map[string]any{"patient_name": "Ineza Grace"}},
		{"/admissions/{admission}/transfer", "bed_id", append(ids, nil, "", "9999999"), nil},
		{"/admissions/{admission}/transfer", "version", []any{"abc", "-1", beyond}, map[string]any{"bed_id": w.available.ID}},
		{"/admissions/{admission}/transfer", "reason", []any{strings.Repeat("a", 201), "a\u2066b"}, map[string]any{"bed_id": w.available.ID}},
		{"/admissions/{admission}/transfer", "ward_id", []any{"1"},
			map[string]any{"bed_id": w.available.ID}},
		{"/admissions/{admission}/plan-discharge", "expected_discharge", []any{nil, "soon", past, far, "2026-02-03", "\x00"}, nil},
		{"/admissions/{admission}/plan-discharge", "outcome", []any{"improved"}, map[string]any{"expected_discharge": ""}},
		{"/admissions/{admission}/discharge", "outcome", []any{nil, "", "cured", "Improved", "completed"},
			nil},
		{"/admissions/{admission}/discharge", "notes", []any{strings.Repeat("a", 2001), "a\x07"}, map[string]any{"outcome": "improved"}},
		{"/beds/{available}/status", "status", []any{nil, "", "free", "Cleaning", "occupied", "pending_discharge"}, nil},
		{"/beds/{available}/status", "reason", []any{strings.Repeat("a", 201), "a\x00"}, map[string]any{"status": "cleaning"}},
		{"/beds/{available}/status", "version", []any{"abc"}, map[string]any{"status": "cleaning"}},
		{"/beds/{available}/patients", "q", []any{"uwa\x00se"}, nil},
		{"/language", "language", []any{nil, "", "xx", "EN"}, nil},
	} {
		for _, value := range c.values {
			fields := maps.Clone(c.with)
			if fields == nil {
				fields = map[string]any{}
			}
			if value != nil {
				fields[c.field] = value
			}
			t.Run(fmt.Sprintf("%s %s=%.30q", c.path, c.field, value), func(t *testing.T) {
				w := w.within(t)
				asJSON := w.post(w.path(c.path), w.nurse, program, fields).problem(422)
				asForm := w.post(w.path(c.path), w.nurse, program, formOf(fields)).problem(422)
				if sentence := asJSON.Errors[c.field]; len(asJSON.Errors) != 1 || len(sentence) < 10 || !strings.HasSuffix(sentence, ".") {
					t.Errorf("want one sentence about %s, got %v", c.field, asJSON.Errors)
				}
				if !maps.Equal(asJSON.Errors, asForm.Errors) || asJSON.Detail != asForm.Detail {
					t.Errorf("JSON and form should get the same words: %v, %v", asJSON, asForm)
				}
				w.unchanged()
			})
		}
	}
}

// formOf is what a form sends for the same fields.
func formOf(fields map[string]any) url.Values {
	form := url.Values{}
	for name, value := range fields {
		if list, isList := value.([]string); isList {
			form[name+"[]"] = list
		} else {
			form.Set(name, fmt.Sprint(value))
		}
	}
	return form
}

func TestATypeThatTheFieldDoesNotHaveIsRefused(t *testing.T) {
	t.Parallel()
	w := newTarget(t, settings{})
	for _, c := range []struct{ path, field, body string }{
		{"/admissions", "patient_name", `{"patient_name":5}`},
		{"/admissions", "patient_name", `{"patient_name":true}`},
		{"/admissions", "patient_name", `{"patient_name":["Ineza Grace"]}`},
		{"/admissions", "patient_name", `{"patient_name":[]}`},
		{"/admissions", "bed_id", `{"patient_name":"Ineza Grace","bed_id":true}`},
		{"/admissions", "bed_id", `{"patient_name":"Ineza Grace","bed_id":1.0}`},
		{"/admissions", "bed_id", `{"patient_name":"Ineza Grace","bed_id":[1]}`},
		{"/admissions", "reason", `{"patient_name":"Ineza Grace","reason":12}`},
		{"/admissions", "texture", `{"patient_name":"Ineza Grace","texture":false}`},
		{"/admissions", "allergies", `{"patient_name":"Ineza Grace","allergies":["milk",3]}`},
		{"/admissions", "allergies", `{"patient_name":"Ineza Grace","allergies":true}`},
		{"/admissions", "expected_discharge", `{"patient_name":"Ineza Grace","expected_discharge":1770130200}`},
		{"/admissions/{admission}/discharge", "notes", `{"outcome":"improved","notes":0}`},
		{"/beds/{available}/status", "status", `{"status":1}`},
	} {
		t.Run(c.body, func(t *testing.T) {
			w := w.within(t)
			got := w.ask(question{method: http.MethodPost, path: w.path(c.path), as: program, token: w.nurse,
				body: strings.NewReader(c.body), header: contentType(jsonType)})
			if p := got.problem(422); len(p.Errors) != 1 || p.Errors[c.field] == "" {
				t.Errorf("want one sentence about %s: %v", c.field, p.Errors)
			}
			w.unchanged()
		})
	}
}

func TestSeveralWrongFieldsAreAllNamed(t *testing.T) {
	t.Parallel()
	w := newTarget(t, settings{})
	for _, c := range []struct {
		fields map[string]any
		want   []string
	}{
		{fields("colour", "red", "texture", "soup", "bed_id", "x", "birth_date", "?"), []string{"bed_id", "birth_date", "colour", "texture"}},
		{fields("diet", "pizza", "allergies", "dust", "sex", "f", "bed_id", 9999999), []string{"allergies", "bed_id", "diet", "patient_name", "sex"}},
	} {
		got := w.post("/admissions", w.nurse, program, c.fields)
		if p := got.problem(422); !slices.Equal(slices.Sorted(maps.Keys(p.Errors)), c.want) {
			t.Errorf("got %v, want words about each of %v", p.Errors, c.want)
		}
	}
	w.unchanged()
}

func TestAPathThatNamesNothingIsNotFound(t *testing.T) {
	t.Parallel()
	w := newTarget(t, settings{})
	right := map[string]map[string]any{"transfer": {"bed_id": w.available.ID}, "plan-discharge": {"expected_discharge": ""},
		"discharge": {"outcome": "improved"}, "status": {"status": "cleaning"}, "patients": {"q": "uwase"}}
	for _, id := range []string{"abc", "0", "-1", "9999999", "1180591620717411303424", "1.5", "1e3", "%00", "..%2f1", "1%20", "1;2", "١"} {
		t.Run(id, func(t *testing.T) {
			w := w.within(t)
			for _, page := range []string{"/wards/%s/", "/beds/%s/", "/admissions/%s/"} {
				path := strings.Replace(page, "%s", id, 1)
				w.get(path, w.nurse, program).problem(404)
				if got := w.get(path, w.nurse, browser); got.status != 404 || got.html().Find("h1").Text() == "" {
					t.Errorf("%s for a browser: %d %.100s", path, got.status, got.body)
				}
			}
			for command, fields := range right {
				noun := "/admissions/"
				if command == "status" || command == "patients" {
					noun = "/beds/"
				}
				if command == "patients" && id == "9999999" {
					continue // a search is answered whatever the bed; only its page needs one
				}
				w.post(noun+id+"/"+command, w.nurse, program, fields).problem(404)
			}
			w.unchanged()
		})
	}
	for _, path := range []string{"/nothing", "/ward", "/wards//", "/admissions/1/explode", "/dashboard/porter/", "/static/", "/static/app.css", "/.git/config", "/ws", "/ws/"} {
		if got := w.get(path, w.nurse, program); got.status != 404 {
			t.Errorf("%s: %d, want 404", path, got.status)
		}
	}
}

// In the original any status string was accepted and there were no rules of what may follow what.
//
// TestTheRulesRefuse gives commands that could be right in another state. JSON clients are told the state that stands.
func TestTheRulesRefuse(t *testing.T) {
	t.Parallel()
	w := newTarget(t, settings{})
	bed := func(b hospital.BoardBed) func(problem) bool {
		return func(p problem) bool {
			return p.Current["id"] == float64(b.ID) && p.Current["status"] == string(b.Status)
		}
	}
	admission := func(a hospital.Admission) func(problem) bool {
		return func(p problem) bool {
			return p.Current["id"] == float64(a.ID) && p.Current["patient"] != nil
		}
	}
	none := func(p problem) bool { return p.Current == nil }
	name := "Ineza Grace"
	for _, c := range []struct {
		name, path, token string
		fields            map[string]any
		want              int
		current           func(problem) bool
	}{
		{"admission into an occupied bed", "/admissions", w.nurse, fields("patient_name", name, "bed_id", w.occupied.ID), 409, bed(w.occupied)},
		{"admission into a bed that is being cleaned", "/admissions", w.nurse, fields("patient_name", name, "bed_id", w.cleaning.ID), 409, bed(w.cleaning)},
		{"admission into a bed in maintenance", "/admissions", w.nurse, fields("patient_name", name, "bed_id", w.maintenance.ID), 409, bed(w.maintenance)},
		{"admission into a closed bed", "/admissions", w.nurse, fields("patient_name", name, "bed_id", w.closed.ID), 409, bed(w.closed)},
		{"a second admission of one patient", "/admissions", w.nurse, fields("patient_id", w.admission.PatientID, "bed_id", w.available.ID), 409, admission(w.admission)},
		{"a second admission without a bed", "/admissions", w.nurse, fields("patient_id", w.admission.PatientID), 409, admission(w.admission)},
		{"transfer to the patient's own bed", "/admissions/{admission}/transfer", w.nurse, fields("bed_id", w.occupied.ID), 409, admission(w.admission)},
		{"transfer into an occupied bed", "/admissions/{admission}/transfer", w.nurse, fields("bed_id", w.occupied2.ID), 409, bed(w.occupied2)},
		{"transfer into a bed that is being cleaned", "/admissions/{admission}/transfer", w.nurse, fields("bed_id", w.cleaning.ID), 409, bed(w.cleaning)},
		{"transfer into a closed bed", "/admissions/{admission}/transfer", w.nurse, fields("bed_id", w.closed.ID), 409, bed(w.closed)},
		{"transfer after the admission", "/admissions/{ended}/transfer", w.nurse, fields("bed_id", w.available.ID), 409, admission(w.ended)},
		{"a plan after the admission", "/admissions/{ended}/plan-discharge", w.nurse, fields("expected_discharge", ""), 409, admission(w.ended)},
		{"a second discharge", "/admissions/{ended}/discharge", w.nurse, fields("outcome", "improved"), 409, admission(w.ended)},
		{"transfer of an outdated admission", "/admissions/{admission}/transfer", w.nurse, fields("bed_id", w.available.ID, "version", w.admission.Version+1), 409, admission(w.admission)},
		{"a plan for an outdated admission", "/admissions/{admission}/plan-discharge", w.nurse, fields("expected_discharge", "", "version", w.admission.Version+1), 409, admission(w.admission)},
		{"discharge of an outdated admission", "/admissions/{admission}/discharge", w.nurse, fields("outcome", "stable", "version", w.admission.Version+1), 409, admission(w.admission)},
		{"a change of an outdated bed", "/beds/{available}/status", w.nurse, fields("status", "cleaning", "version", w.available.Version+1), 409, bed(w.available)},
		{"the status that the bed has", "/beds/{available}/status", w.nurse, fields("status", "available"), 409, bed(w.available)},
		{"an occupied bed into maintenance", "/beds/{occupied}/status", w.nurse, fields("status", "maintenance"), 409, bed(w.occupied)},
		{"an occupied bed made available", "/beds/{occupied}/status", w.admin, fields("status", "available"), 409, bed(w.occupied)},
		{"a bed from maintenance straight to available", "/beds/{maintenance}/status", w.nurse, fields("status", "available"), 409, bed(w.maintenance)},
		{"a bed from cleaning to reserved", "/beds/{cleaning}/status", w.nurse, fields("status", "reserved"), 409, bed(w.cleaning)},
		{"closing a bed by medical staff", "/beds/{available}/status", w.nurse, fields("status", "closed"), 403, none},
		{"opening a bed by medical staff", "/beds/{closed}/status", w.nurse, fields("status", "cleaning"), 403, none},
		{"a death recorded by ward management", "/admissions/{admission}/discharge", w.manager, fields("outcome", "deceased"), 403, none},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := w.within(t)
			asJSON := w.post(w.path(c.path), c.token, program, c.fields).problem(c.want)
			asForm := w.post(w.path(c.path), c.token, program, formOf(c.fields)).problem(c.want)
			if asJSON.Detail != asForm.Detail || asJSON.Type != asForm.Type || !strings.HasSuffix(asJSON.Detail, ".") {
				t.Errorf("JSON and form should get the same sentence: %q, %q", asJSON.Detail, asForm.Detail)
			}
			if !c.current(asJSON) {
				t.Errorf("the state that stands should be told: %v", asJSON.Current)
			}
			w.unchanged()
		})
	}
}

// fields makes a map of names and values.
func fields(pairs ...any) map[string]any {
	all := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i].(string)] = pairs[i+1]
	}
	return all
}

// TestHostileTextsReachNoDatabase runs on PostgreSQL, which takes no NUL and no broken UTF-8: what SQLite swallows is an internal
// error there.
func TestHostileTextsReachNoDatabase(t *testing.T) {
	t.Parallel()
	w := newTarget(t, settings{database: hospitaltest.PostgreSQL(t)})
	for _, text := range []string{"a\x00b", "a\uFFFDb", "' OR 1=1 --", "%", `\`, "{{.}}", "<script>", strings.Repeat("é", 5000)} {
		got := w.post("/login", "", program, map[string]any{"username": text, "password": text})
		if got.status != http.StatusUnauthorized && got.status != 422 {
			t.Errorf("sign in as %.20q: %d %s", text, got.status, got.body)
		}
		if got := w.post(w.path("/beds/{available}/patients"), w.nurse, program, map[string]any{"q": text}); got.status >= 500 {
			t.Errorf("find %.20q: %d %s", text, got.status, got.body)
		}
		for _, field := range []string{"patient_name", "reason", "diet", "texture", "allergies", "sex", "birth_date", "expected_discharge", "idempotency_key"} {
			all := map[string]any{"patient_name": "Ineza Grace", "bed_id": w.occupied.ID} // refused in any case, for the bed
			all[field] = text
			if got := w.post("/admissions", w.nurse, program, all); got.status >= 500 {
				t.Errorf("%s %.20q: %d %s", field, text, got.status, got.body)
			}
		}
	}
	for _, raw := range []string{"a\xffb", "é", strings.Repeat("k", 201), "a\tb"} {
		for _, header := range []string{"Idempotency-Key", "X-Request-Id"} {
			got := w.ask(question{method: http.MethodPost, path: w.path("/beds/{available}/status"), as: program, token: w.nurse,
				fields: map[string]any{"status": "cleaning"}, header: http.Header{header: {raw}}})
			if got.status != http.StatusNoContent {
				t.Fatalf("%s %.20q: %d %s", header, raw, got.status, got.body)
			}
			w.setBed(w.available.ID, hospital.BedAvailable)
			got = w.ask(question{method: http.MethodPost, path: "/admissions", as: program, token: w.nurse,
				fields: map[string]any{"patient_name": "Ineza Grace", "bed_id": w.occupied.ID}, header: http.Header{header: {raw}}})
			if got.status != http.StatusConflict && got.status != 422 {
				t.Errorf("%s %.20q: %d %s", header, raw, got.status, got.body)
			}
		}
	}
	if log := w.log.String(); strings.Contains(log, `"level":"ERROR"`) {
		t.Errorf("nothing here is our fault, but the log says so: %s", log)
	}
}

// A client that names JSON for every command may send nothing at all where there is nothing to say.
func TestACommandWithoutFieldsNeedsNoBody(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	bed := h.bed(h.a, 3)
	for _, kind := range []string{jsonType, formType, ""} {
		got := h.ask(question{method: http.MethodPost, path: fmt.Sprintf("/beds/%d/status", bed.ID), as: program, token: h.token("medical_staff"),
			body: strings.NewReader(""), header: contentType(kind)})
		if p := got.problem(422); p.Errors["status"] == "" {
			t.Errorf("an empty body of the type %q should lack its status: %s", kind, got.body)
		}
	}
}
