package handlers_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

func TestABedIsReservedForAPatientAndAnotherOneNeedsAReason(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.token("medical_staff")
	marie, bed := h.admit("Uwase Marie", 0), h.bed(h.a, 1)
	until := h.clock.Now().Add(36 * time.Hour).UTC().Format(time.RFC3339)
	path := fmt.Sprintf("/beds/%d/", bed.ID)
	got := h.post(path+"status", nurse, program,
		map[string]any{"status": "reserved", "patient_id": marie.PatientID, "reason": "after theatre",
			"until": until})
	if got.status != http.StatusNoContent {
		t.Fatalf("reserve: %d %s", got.status, got.body)
	}
	kept := parseObject(t, h.get(path, nurse, program).body).sub("reservation")
	if kept.sub("patient")["name"] != "Uwase Marie" || kept["reason"] != "after theatre" ||
		kept["until"] != until {
		t.Errorf("the bed is kept as %v", kept)
	}
	stranger := map[string]any{"patient_name": "Mugisha Jean", "bed_id": bed.ID}
	p := h.post("/admissions", nurse, program, stranger).problem(http.StatusConflict)
	if p.Code != "bed_reserved" || p.Current["bed_number"] != bed.Number ||
		!strings.Contains(p.Detail, "(Uwase Marie)") {
		t.Errorf("a stranger gets %+v", p)
	}
	waiting := h.admit("Keza Aline", 0)
	move := fmt.Sprintf("/admissions/%d/transfer", waiting.ID)
	if p := h.post(move, nurse, program,
		map[string]any{"bed_id": bed.ID}).problem(http.StatusConflict); p.Code != "bed_reserved" {
		t.Errorf("another who waits gets %+v", p)
	}
	if got := h.post(move, nurse, program,
		map[string]any{"bed_id": bed.ID,
			"override_reason": "worse"}); got.status != http.StatusNoContent {
		t.Errorf("with a reason: %d %s", got.status, got.body)
	}
	second := h.bed(h.a, 2)
	h.post(fmt.Sprintf("/beds/%d/status", second.ID), nurse, program,
		map[string]any{"status": "reserved", "patient_id": marie.PatientID})
	if got := h.post(fmt.Sprintf("/admissions/%d/transfer", marie.ID), nurse, program,
		map[string]any{"bed_id": second.ID}); got.status != http.StatusNoContent {
		t.Errorf("the patient herself: %d %s", got.status, got.body)
	}
}

func TestWhoWaitsIsOnTheListWithWhatTheyNeed(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.token("medical_staff")
	h.admit("First Come", 0)
	h.clock.pass(time.Minute)
	made := h.post("/admissions", nurse, program,
		map[string]any{"patient_name": "Uwase Marie", "sex": "female", "wanted_ward_id": h.b.ID,
			"priority":  "emergency",
			"isolation": "droplet", "diet": "renal"})
	if made.status != http.StatusCreated {
		t.Fatalf("put on the list: %d %s", made.status, made.body)
	}
	admission := parseObject(t, made.body)
	if admission["isolation"] != "droplet" || admission["priority"] != "emergency" ||
		admission.int("wanted_ward_id") != h.b.ID || admission["wanted_ward_name"] != h.b.Name {
		t.Errorf("made is %v", admission)
	}
	page := parseObject(t, h.get("/waiting/", nurse, program).body)
	first := object(page["waiting"].([]any)[0].(map[string]any))
	for key, want := range map[string]any{"patient_name": "Uwase Marie", "sex": "female",
		"priority": "emergency", "isolation": "droplet", "wanted_ward_name": h.b.Name,
		"diet": "renal", "since": h.clock.Now().UTC().Format(time.RFC3339)} {
		if first[key] != want {
			t.Errorf("the first who waits has %s %v, want %v", key, first[key], want)
		}
	}
	path := fmt.Sprintf("/admissions/%d", admission.int("id"))
	if got := h.post(path, nurse, program,
		map[string]any{"isolation": "none", "note": "speaks French",
			"version": admission.int("version")}); got.status != http.StatusNoContent {
		t.Fatalf("change: %d %s", got.status, got.body)
	}
	now := parseObject(t, h.get(path+"/", nurse, program).body)
	if now["isolation"] != "none" || now["note"] != "speaks French" || now["priority"] != "emergency" {
		t.Errorf("it is %v now", now)
	}
	old := h.post(path, nurse, program,
		map[string]any{"priority": "routine", "version": admission.int("version")}).problem(
		http.StatusConflict)
	if old.Code != "stay_outdated" || old.Current["isolation"] != "none" {
		t.Errorf("who saw an older state gets %+v", old)
	}
}

func TestABedThatDoesNotFitIsTakenWithAWarning(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse, manager := h.token("medical_staff"), h.token("ward_management")
	bed := h.bed(h.a, 1)
	for path, fields := range map[string]map[string]any{
		fmt.Sprintf("/wards/%d", h.a.ID): {"sex": "male", "speciality": "Heart"},
		fmt.Sprintf("/beds/%d", bed.ID): {"features": []string{"oxygen", "cot"}, "staffed": false,
			"version": bed.Version},
	} {
		if got := h.post(path, manager, program, fields); got.status != http.StatusNoContent {
			t.Fatalf("%s: %d %s", path, got.status, got.body)
		}
	}
	made := h.post("/admissions", nurse, program,
		map[string]any{"patient_name": "Uwase Marie", "sex": "female", "isolation": "contact",
			"bed_id": bed.ID})
	if made.status != http.StatusCreated {
		t.Fatalf("admit: %d %s", made.status, made.body)
	}
	if got := fmt.Sprint(parseObject(t, made.body)["warnings"]); got != "[sex isolation staff]" {
		t.Errorf("warns of %s", got)
	}
	ward := parseObject(t, h.get(fmt.Sprintf("/wards/%d/", h.a.ID), nurse, program).body)
	if ward.int("id") != h.a.ID || ward["sex"] != "male" || ward["speciality"] != "Heart" ||
		ward["is_open"] != true || ward.int("version") != 2 {
		t.Errorf("the ward is %v", ward)
	}
	shown := parseObject(t, h.get(fmt.Sprintf("/beds/%d/", bed.ID), nurse, program).body)
	if fmt.Sprint(shown["features"]) != "[oxygen cot]" || shown["staffed"] != false ||
		shown["ward_sex"] != "male" || shown["isolation"] != "contact" {
		t.Errorf("the bed is %v", shown)
	}
	old := h.post(fmt.Sprintf("/wards/%d", h.a.ID), manager, program,
		map[string]any{"sex": "any", "version": 1}).problem(http.StatusConflict)
	if old.Code != "ward_outdated" || old.Current["speciality"] != "Heart" || len(old.Changes) != 2 {
		t.Errorf("who saw an older ward gets %+v", old)
	}
	p := h.post(fmt.Sprintf("/beds/%d", bed.ID), manager, program,
		map[string]any{"features": []string{"window"}}).problem(http.StatusUnprocessableEntity)
	if _, named := p.Errors["features"]; !named {
		t.Errorf("an unknown feature gets %+v", p)
	}
}

func TestThePageOfWhoWaitsPutsSomebodyOnTheList(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.token("medical_staff")
	back := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
	h.discharge(back.ID)
	page := h.get("/waiting/", nurse, browser).html()
	if page.Find(`form[action="/admissions"] select[name="wanted_ward_id"] option`).Length() < 3 {
		t.Error("the form offers no wards")
	}
	found := h.post("/waiting/patients", nurse, browser, map[string]any{"q": "uwase"})
	if found.status != http.StatusOK ||
		found.html().Find(fmt.Sprintf(`input[name="patient_id"][value="%d"]`, back.PatientID)).Length() != 1 {
		t.Errorf("the search finds nobody: %d", found.status)
	}
	refused := h.post("/admissions", nurse, browser,
		map[string]any{"patient_name": "", "priority": "urgent"})
	again := refused.html()
	if refused.status != http.StatusUnprocessableEntity ||
		again.Find(`select[name="priority"] option[selected]`).AttrOr("value", "") != "urgent" {
		t.Errorf("a form without a name gets %d and does not keep what was chosen", refused.status)
	}
	put := h.post("/admissions", nurse, browser,
		map[string]any{"patient_id": back.PatientID, "priority": "urgent"})
	location := put.header.Get("Location")
	if put.status != http.StatusSeeOther || !strings.HasPrefix(location, "/admissions/") {
		t.Fatalf("put on the list: %d to %s", put.status, location)
	}
	care := h.get(location+"care/", nurse, browser)
	for _, form := range []string{"form-placement", "form-diet", "form-discharge"} {
		if care.html().Find("#"+form).Length() != 1 {
			t.Errorf("the page of who waits has no %s: %d", form, care.status)
		}
	}
	bad := h.post(location+"discharge", nurse, browser, map[string]any{"outcome": "", "notes": "kept"})
	if bad.status != http.StatusUnprocessableEntity ||
		strings.TrimSpace(bad.html().Find("#discharge-notes").Text()) != "kept" {
		t.Errorf("a refused discharge of who waits gets %d and loses the notes", bad.status)
	}
	if got := h.post(location+"discharge", nurse, browser,
		map[string]any{"outcome": "against_advice"}); got.status != http.StatusSeeOther {
		t.Errorf("discharge of who waits: %d %s", got.status, got.body)
	}
}

// A bed that is kept for others stands apart, with for whom and until when, and asks why.
func TestReservedBedsStandApartAndAskWhy(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.token("medical_staff")
	marie, other := h.admit("Uwase Marie", 0), h.admit("Keza Aline", 0)
	bed := h.bed(h.a, 1)
	h.post(fmt.Sprintf("/beds/%d/status", bed.ID), nurse, program,
		map[string]any{"status": "reserved", "patient_id": marie.PatientID})
	asks := func(id int64) (kept, reason bool) {
		page := h.get(fmt.Sprintf("/admissions/%d/", id), nurse, browser).html()
		form := page.Find(fmt.Sprintf(`form:has(button[name="bed_id"][value="%d"])`, bed.ID))
		return strings.Contains(form.Text(), "Uwase Marie"),
			form.Find(`input[name="override_reason"][required]`).Length() == 1
	}
	if kept, reason := asks(other.ID); !kept || !reason {
		t.Errorf("another is told for whom the bed is kept: %t, and asked why: %t", kept, reason)
	}
	if kept, reason := asks(marie.ID); !kept || reason {
		t.Errorf("she is told that the bed is kept for her: %t, and asked why: %t", kept, reason)
	}
	panel := h.get(fmt.Sprintf("/beds/%d/", h.bed(h.a, 2).ID), nurse, browser).html()
	var steps []string
	panel.Find(`#form-take-out button[name="status"]`).Each(
		func(_ int, b *goquery.Selection) { steps = append(steps, b.AttrOr("value", "")) })
	if panel.Find(`#form-take-out input[name="reason"][required]`).Length() != 1 ||
		!slices.Equal(steps, []string{"maintenance"}) {
		t.Errorf("a bed goes out of service to %v without a reason", steps)
	}
}
