package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// utc is a time as JSON has it: RFC 3339, UTC, ending in Z.
var utc = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)

func TestAnAdmissionIsAnsweredWithWhatItMade(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	token, bed := h.token("medical_staff"), h.bed(h.a, 1)
	leaves := h.clock.Now().Add(26 * time.Hour).In(time.FixedZone("Kigali", 2*60*60))
	got := h.post("/admissions", token, program, map[string]any{"patient_name": "  Uwase   Marie ", "bed_id": bed.ID, "reason": "emergency",
		"diet": "renal", "texture": 4, "allergies": []string{"milk"}, "expected_discharge": leaves.Format(time.RFC3339), "sex": "female", "birth_date": "1984-05-31"})
	if got.status != http.StatusCreated || !strings.HasPrefix(got.header.Get("Content-Type"), "application/json") {
		t.Fatalf("got %d %s: %s", got.status, got.header.Get("Content-Type"), got.body)
	}
	made := parseObject(t, got.body)
	if location := got.header.Get("Location"); location != fmt.Sprintf("/admissions/%d/", made.int("id")) {
		t.Errorf("Location %q of %s", location, got.body)
	}
	if made.int("id") < 1 || made.int("bed_id") != bed.ID || made.sub("patient").int("id") < 1 || made.int("version") < 1 {
		t.Errorf("ids should be integers: %s", got.body)
	}
	if made.sub("patient")["name"] != "Uwase Marie" || made["bed_number"] != bed.Number || made["ward_name"] != h.a.Name || made["status"] != "admitted" {
		t.Errorf("the object should say who lies where: %s", got.body)
	}
	if made["discharged_at"] != nil || made["outcome"] != nil || made["expected_discharge"] != leaves.UTC().Format(time.RFC3339) {
		t.Errorf("times should be in UTC and null where there is none: %s", got.body)
	}
	if at, _ := made["admitted_at"].(string); !utc.MatchString(at) {
		t.Errorf("admitted_at %q", at)
	}
	again := h.get(got.header.Get("Location"), token, program)
	if again.status != http.StatusOK || again.body != got.body {
		t.Errorf("Location should lead to the same object: %d %s", again.status, again.body)
	}
}

func TestAnAdmissionWithoutABedHasAPageOfItsOwn(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	got := h.post("/admissions", h.token("ward_management"), program, map[string]any{"patient_name": "Uwase Marie"})
	made := parseObject(t, got.body)
	if got.status != http.StatusCreated || made["bed_id"] != nil || made["bed_number"] != nil || made["ward_name"] != nil {
		t.Errorf("no bed is null: %d %s", got.status, got.body)
	}
	led := h.post("/admissions", h.token("ward_management"), browser, url.Values{"patient_name": {"Mugisha Jean"}}).led()
	if page := h.get(led, h.token("ward_management"), browser); page.status != http.StatusOK ||
		page.html().Find("main h1").Text() != "Mugisha Jean" {
		t.Errorf("a browser should be led to the admission's page, got %s: %d", led, page.status)
	}
}

func TestEveryTimeAndIDOfJSONIsWritten(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	token := h.token("admin")
	admission := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
	h.admit("Mugisha Jean", 0)
	for _, path := range []string{fmt.Sprintf("/wards/%d/", h.a.ID), fmt.Sprintf("/beds/%d/", admission.BedID), fmt.Sprintf("/admissions/%d/", admission.ID)} {
		got := h.get(path, token, program)
		if got.status != http.StatusOK || !strings.HasPrefix(got.header.Get("Content-Type"), "application/json") {
			t.Errorf("%s: %d %s", path, got.status, got.header.Get("Content-Type"))
		}
		checkTimesAndIDs(t, path, parseObject(t, got.body))
	}
	signedIn := h.post("/login", "", program, map[string]any{"username": "admin", "password": password})
	checkTimesAndIDs(t, "/login", parseObject(t, signedIn.body))
}

// timeKey and idKey are the names of fields that hold a time or an id.
var (
	timeKey = regexp.MustCompile(`(_at|_date|timestamp|^since|expected_discharge)$`)
	idKey   = regexp.MustCompile(`(^|_)id$`)
)

// checkTimesAndIDs looks through a JSON value: times are RFC 3339 in UTC, ids positive integers, or null.
func checkTimesAndIDs(t *testing.T, where string, value any) {
	t.Helper()
	switch v := value.(type) {
	case object:
		checkTimesAndIDs(t, where, map[string]any(v))
	case []any:
		for _, item := range v {
			checkTimesAndIDs(t, where, item)
		}
	case map[string]any:
		for key, inner := range v {
			written, isText := inner.(string)
			if timeKey.MatchString(key) && inner != nil && (!isText || !utc.MatchString(written)) {
				t.Errorf("%s: %s is %v, want RFC 3339 in UTC", where, key, inner)
			}
			if idKey.MatchString(key) && inner != nil && object(v).int(key) < 1 {
				t.Errorf("%s: %s is %v, want an integer", where, key, inner)
			}
			checkTimesAndIDs(t, where, inner)
		}
	}
}

func TestASecondSendUnderOneKeyIsTheFirst(t *testing.T) {
	t.Parallel()
	hospitaltest.OnEachDatabase(t, func(t *testing.T, database string) {
		h := newFixture(t, settings{database: database})
		nurse := h.token("medical_staff")
		admit := func(token, key string, fields any) answer {
			return h.ask(question{method: "POST", path: "/admissions", as: program, token: token, fields: fields, header: http.Header{"Idempotency-Key": {key}}})
		}
		uwase := map[string]any{"patient_name": "Uwase Marie", "bed_id": h.bed(h.a, 1).ID}
		first := admit(nurse, "key-1", uwase)
		before := h.contents()
		second := admit(nurse, "key-1", uwase)
		if first.status != http.StatusCreated || second.status != http.StatusCreated || first.body != second.body ||
			first.header.Get("Location") != second.header.Get("Location") {
			t.Errorf("want the same 201 twice: %d %s, %d %s", first.status, first.body, second.status, second.body)
		}
		other := admit(nurse, "key-1", map[string]any{"patient_name": "Mugisha Jean", "bed_id": h.bed(h.a, 2).ID})
		if p := other.problem(http.StatusUnprocessableEntity); !strings.Contains(p.Detail, "key") {
			t.Errorf("another payload under the key: %s", other.body)
		}
		if h.contents() != before {
			t.Error("what was sent again changed the database")
		}
		if elsewhere := admit(h.token("ward_management"), "key-1", map[string]any{"patient_name": "Mugisha Jean"}); elsewhere.status != http.StatusCreated {
			t.Errorf("a key is a person's own: %d %s", elsewhere.status, elsewhere.body)
		}
	})
}

func TestOneOfManyAtOnceUnderOneKeyAdmits(t *testing.T) {
	t.Parallel()
	hospitaltest.OnEachDatabase(t, func(t *testing.T, database string) {
		h := newFixture(t, settings{database: database})
		const tries = 12
		q := question{method: "POST", path: "/admissions", as: program, token: h.token("medical_staff"),
			fields: map[string]any{"patient_name": "Uwase Marie"}, header: http.Header{"Idempotency-Key": {"key-1"}}}
		requests, answers := make([]*http.Request, tries), make([]answer, tries)
		for i := range requests {
			requests[i] = h.request(q)
		}
		var sent sync.WaitGroup
		for i := range requests {
			sent.Go(func() { answers[i] = h.try(requests[i]) })
		}
		sent.Wait()
		for _, got := range answers {
			if got.status != http.StatusCreated || got.body != answers[0].body {
				t.Errorf("each try should get the one admission: %d %s", got.status, got.body)
			}
		}
		if d, err := h.hospital.ManagementDashboard(t.Context(), hospital.System); err != nil || d.PatientCount != 1 {
			t.Errorf("%d patients after %d tries under one key (%v), want 1", d.PatientCount, tries, err)
		}
	})
}

// try sends a request from any goroutine; a failure is an answer with status 0.
func (h *fixture) try(request *http.Request) answer {
	response, err := h.web.Client().Do(request)
	if err != nil {
		return answer{h.t, 0, nil, err.Error()}
	}
	return read(h.t, response)
}

func TestADoubleClickOnAFormAdmitsOnce(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.person(hospital.MedicalStaff)
	bed := fmt.Sprintf("/beds/%d/", h.bed(h.a, 1).ID)
	page := nurse.open(bed)
	for _, as := range []audience{browser, htmx} { // the second as a page would repeat it
		got := nurse.submit(page, "/admissions", url.Values{"patient_name": {"Uwase Marie"}}, as)
		if want := map[audience]int{browser: 303, htmx: 204}[as]; got.status != want {
			t.Errorf("as %s: %d %.300s, want %d", as, got.status, got.body, want)
		}
	}
	if other := nurse.submit(page, "/admissions", url.Values{"patient_name": {"Mugisha Jean"}}, browser); other.status != http.StatusUnprocessableEntity {
		t.Errorf("someone else under the same form's key: %d, want 422", other.status)
	}
	key := func(page answer) string {
		return page.html().Find(`input[name="idempotency_key"]`).AttrOr("value", "")
	}
	again, third := h.get(fmt.Sprintf("/beds/%d/", h.bed(h.a, 2).ID), nurse.token, browser), h.get(fmt.Sprintf("/beds/%d/", h.bed(h.a, 2).ID), nurse.token, browser)
	if key(again) == "" || key(again) == key(third) {
		t.Error("each start of a form has a key of its own")
	}
}
