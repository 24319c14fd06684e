package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// admissionAt is the path of an admission.
func admissionAt(id int64) string { return fmt.Sprintf("/admissions/%d/", id) }

// show reads an admission as a program does.
func (h *fixture) show(id int64) object {
	h.t.Helper()
	return parseObject(h.t, h.get(admissionAt(id), h.token("admin"), program).body)
}

// does gives a command that must succeed without an answer.
func (h *fixture) does(path string, fields map[string]any) {
	h.t.Helper()
	got := h.post(path, h.token("medical_staff"), program, fields)
	if got.status != http.StatusNoContent {
		h.t.Fatalf("%s: %d %s", path, got.status, got.body)
	}
}

// TestTheWardsDayIsTakenBackByJSON goes through the commands as a program gives them.
func TestTheWardsDayIsTakenBackByJSON(t *testing.T) {
	t.Parallel()
	hospitaltest.OnEachDatabase(t, func(t *testing.T, database string) {
		h := newFixture(t, settings{database: database})
		one := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
		other := h.admit("Mugisha Jean", h.bed(h.a, 2).ID)
		at := admissionAt(one.ID)
		h.does(at+"swap", map[string]any{"with": other.ID, "version": one.Version})
		if now := h.show(one.ID); now["bed_number"] != "A-02" ||
			h.show(other.ID)["bed_number"] != "A-01" {
			t.Errorf("after the swap: %v", now)
		}
		h.does(at+"transfer",
			map[string]any{"bed_id": h.bed(h.b, 1).ID, "reason": "nearer to the window"})
		h.does(at+"undo-transfer", map[string]any{})
		if now := h.show(one.ID); now["bed_number"] != "A-02" ||
			h.bed(h.b, 1).Status != hospital.BedAvailable {
			t.Errorf("after the transfer was taken back: %v", now)
		}
		until := h.clock.Now().Add(3 * time.Hour).UTC().Format(time.RFC3339)
		h.does(at+"leave", map[string]any{"until": until, "reason": "a wedding"})
		if now := h.show(one.ID); now["status"] != "on_leave" || now["leave_until"] != until ||
			now["leave_reason"] != "a wedding" {
			t.Errorf("on leave: %v", now)
		}
		h.does(at+"return", map[string]any{})
		h.does(at+"discharge", map[string]any{"outcome": "stable", "notes": "walks well"})
		if now := h.show(one.ID); now["status"] != "discharged" || now["notes"] != "walks well" {
			t.Errorf("discharged: %v", now)
		}
		got := h.post(at+"reopen", h.token("medical_staff"), program,
			map[string]any{"reason": "still here"})
		back := parseObject(t, got.body)
		if got.status != http.StatusOK || back["status"] != "admitted" || back["bed_number"] != "A-02" {
			t.Errorf("taken back: %d %s", got.status, got.body)
		}
		if denied := h.post(at+"reopen", h.token("ward_management"), program,
			map[string]any{"reason": "x"}); denied.status != http.StatusForbidden {
			t.Errorf("ward management takes a discharge back: %d", denied.status)
		}
		h.does(at+"cancel", map[string]any{"reason": "the wrong person"})
		if now := h.show(one.ID); now["status"] != "cancelled" || now["outcome"] != nil ||
			now["cancel_reason"] != "the wrong person" {
			t.Errorf("cancelled: %v", now)
		}
	})
}

func TestANewbornIsAdmittedToItsMotherByJSON(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.token("medical_staff")
	mother := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
	got := h.post("/admissions", nurse, program, map[string]any{"patient_name": "Uwase Baby",
		"mother_admission_id": mother.ID, "admitted_at": h.clock.Now().Add(-time.Hour),
		"late_reason": "born at night"})
	made := parseObject(t, got.body)
	if got.status != http.StatusCreated || made["bed_number"] != "A-01" ||
		made["with_mother"] != true ||
		made.int("mother_admission_id") != mother.ID || made["late_reason"] != "born at night" {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	h.does(admissionAt(mother.ID)+"transfer", map[string]any{"bed_id": h.bed(h.b, 2).ID})
	if now := h.show(made.int("id")); now["bed_number"] != "B-02" {
		t.Errorf("its mother was moved, and it is shown as %v", now)
	}
	page := h.get(admissionAt(made.int("id")), nurse, browser)
	if page.status != http.StatusOK ||
		!strings.Contains(page.html().Find("header.head").Text(), "B-02") {
		t.Errorf("its page: %d %.300s", page.status, page.body)
	}
	bed := h.get(fmt.Sprintf("/beds/%d/", h.bed(h.b, 2).ID), nurse, browser).html()
	if bed.Find(fmt.Sprintf(`a[href="%s"]`, admissionAt(made.int("id")))).Length() != 1 ||
		bed.Find(".panel .patient").Text() != "Uwase Marie" {
		t.Error("the bed's panel is the mother's and leads to the newborn")
	}
}

// TestWhatWasWrongIsTakenBackFromPages: with the forms that stand there.
func TestWhatWasWrongIsTakenBackFromPages(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.person(hospital.MedicalStaff)
	a := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
	other := h.admit("Mugisha Jean", h.bed(h.a, 2).ID)
	bed, at := fmt.Sprintf("/beds/%d/", a.BedID), admissionAt(a.ID)
	do := func(page, command string, fields url.Values) answer {
		t.Helper()
		got := nurse.submit(nurse.open(page), at+command, fields, browser)
		if got.status != http.StatusSeeOther {
			t.Fatalf("%s: %d %.600s", command, got.status, got.body)
		}
		return got
	}
	do(bed, "swap", url.Values{"with": {fmt.Sprint(other.ID)}})
	bed = fmt.Sprintf("/beds/%d/", other.BedID)
	do(bed, "leave", url.Values{"reason": {"a wedding"}})
	do(bed, "return", nil)
	do(bed, "transfer", url.Values{"bed_id": {fmt.Sprint(h.bed(h.a, 3).ID)}})
	do(fmt.Sprintf("/beds/%d/", h.bed(h.a, 3).ID), "undo-transfer", nil)
	do(bed, "discharge", url.Values{"outcome": {"stable"}, "notes": {"walks well"}})
	if left := nurse.open(bed).Find(fmt.Sprintf(`a[href="%s"]`, at)); left.Text() != "Uwase Marie" {
		t.Errorf("the empty bed leads to %q", left.Text())
	}
	ended := nurse.open(at)
	if words := ended.Find("main").Text(); !strings.Contains(words, "walks well") ||
		!strings.Contains(words, "Stable") {
		t.Errorf("the page of the stay says %s", words)
	}
	refused := nurse.submit(ended, at+"reopen", url.Values{"reason": {""}}, browser)
	if refused.status != http.StatusUnprocessableEntity ||
		refused.html().Find("#reopen-reason-error").Length() != 1 {
		t.Errorf("without a reason: %d %.600s", refused.status, refused.body)
	}
	if led := do(at, "reopen", url.Values{"reason": {"still here"}}).led(); led != bed {
		t.Errorf("led to %s, want %s", led, bed)
	}
	do(bed, "cancel", url.Values{"reason": {"the wrong person"}})
	if words := nurse.open(at).Find("main").Text(); !strings.Contains(words, "the wrong person") {
		t.Errorf("the page of the stay says %s", words)
	}
}

// TestANewbornIsAdmittedAndLookedAfterFromPages: beside its mother, and in a bed of its own on
// another ward.
func TestANewbornIsAdmittedAndLookedAfterFromPages(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.person(hospital.MedicalStaff)
	mother := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
	bed := fmt.Sprintf("/beds/%d/", mother.BedID)
	send := func(page, command string, fields url.Values) answer {
		t.Helper()
		return nurse.submit(nurse.open(page), command, fields, browser)
	}
	nameless := url.Values{"mother_admission_id": {fmt.Sprint(mother.ID)}}
	refused := h.post("/admissions", h.token("medical_staff"), browser, nameless)
	if refused.status != http.StatusUnprocessableEntity ||
		refused.html().Find("#newborn-patient_name-error").Length() != 1 {
		t.Errorf("without a name: %d %.600s", refused.status, refused.body)
	}
	form := nurse.open(bed).Find("#form-newborn")
	if got := form.Find(`[name="mother_admission_id"]`).AttrOr("value",
		""); got != fmt.Sprint(mother.ID) {
		t.Fatalf("the form names the mother %q", got)
	}
	named := url.Values{"mother_admission_id": {fmt.Sprint(mother.ID)}, "patient_name": {"Uwase Baby"}}
	made := h.post("/admissions", h.token("medical_staff"), browser, named)
	at := made.led()
	if made.status != http.StatusSeeOther || !strings.HasPrefix(at, "/admissions/") {
		t.Fatalf("admitted: %d to %q", made.status, at)
	}
	kept := send(at+"care/", at+"diet", url.Values{"diet": {"renal"}})
	if kept.status != http.StatusSeeOther || kept.led() != at {
		t.Errorf("its diet: %d to %s", kept.status, kept.led())
	}
	wrong := send(at+"care/", strings.TrimSuffix(at, "/"), url.Values{"isolation": {"tent"}})
	if wrong.status != http.StatusUnprocessableEntity ||
		wrong.html().Find("#placement-isolation-error").Length() != 1 {
		t.Errorf("an isolation that there is not: %d %.600s", wrong.status, wrong.body)
	}
	free := nurse.open(fmt.Sprintf("/beds/%d/", h.bed(h.b, 1).ID))
	mothers := free.Find(`#form-admit select[name="mother_admission_id"] option[value!=""]`)
	if mothers.Length() != 1 || mothers.AttrOr("value", "") != fmt.Sprint(mother.ID) {
		t.Errorf("a bed of another ward offers %d mothers", mothers.Length())
	}
}

// TestPatientsOfTwoWardsSwapFromTheirPage: the form offers who lies on other wards too.
func TestPatientsOfTwoWardsSwapFromTheirPage(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.person(hospital.MedicalStaff)
	one := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
	other := h.admit("Mugisha Jean", h.bed(h.b, 1).ID)
	page := nurse.open(fmt.Sprintf("/beds/%d/", one.BedID))
	got := nurse.submit(page, admissionAt(one.ID)+"swap",
		url.Values{"with": {fmt.Sprint(other.ID)}}, browser)
	if got.status != http.StatusSeeOther || h.show(one.ID)["bed_number"] != "B-01" ||
		h.show(other.ID)["bed_number"] != "A-01" {
		t.Errorf("the swap: %d %.600s", got.status, got.body)
	}
}

// TestABedSaysThatItsPatientIsOnLeave as JSON, and so does the list of who waits.
func TestABedSaysThatItsPatientIsOnLeave(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	lying, waits := h.admit("Uwase Marie", h.bed(h.a, 1).ID), h.admit("Keza Aline", 0)
	until := h.clock.Now().Add(3 * time.Hour).UTC().Format(time.RFC3339)
	away := func() (bed object, waiting any) {
		nurse := h.token("medical_staff")
		bed = parseObject(t, h.get(fmt.Sprintf("/beds/%d/", lying.BedID), nurse, program).body)
		list := parseObject(t, h.get("/waiting/", nurse, program).body)
		return bed, list["waiting"].([]any)[0].(map[string]any)["on_leave"]
	}
	if bed, waiting := away(); bed["on_leave"] != false || bed["leave_until"] != nil ||
		waiting != false {
		t.Errorf("who is here is shown as %v and %v", bed, waiting)
	}
	for _, a := range []hospital.Admission{lying, waits} {
		h.does(admissionAt(a.ID)+"leave", map[string]any{"until": until})
	}
	if bed, waiting := away(); bed["on_leave"] != true || bed["leave_until"] != until ||
		bed["status"] != "occupied" || waiting != true {
		t.Errorf("who is away is shown as %v and %v", bed, waiting)
	}
}

// TestWhoWaitsIsCancelledFromTheirPage: the admission never was.
func TestWhoWaitsIsCancelledFromTheirPage(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.person(hospital.MedicalStaff)
	at := admissionAt(h.admit("Keza Aline", 0).ID)
	silent := nurse.submit(nurse.open(at+"care/"), at+"cancel", url.Values{"reason": {""}}, browser)
	if silent.status != http.StatusUnprocessableEntity ||
		silent.html().Find("#cancel-admission-reason-error").Length() != 1 {
		t.Errorf("without a reason: %d %.600s", silent.status, silent.body)
	}
	stale := nurse.open(at + "care/")
	got := nurse.submit(nurse.open(at+"care/"), at+"cancel", url.Values{"reason": {"twice"}}, browser)
	late := nurse.submit(stale, at+"discharge",
		url.Values{"outcome": {"stable"}, "notes": {"walks well"}}, browser)
	if words := late.html().Find("#aside").Text(); late.status != http.StatusConflict ||
		!strings.Contains(words, "walks well") {
		t.Errorf("what was typed meanwhile: %d %s", late.status, words)
	}
	if words := nurse.open(got.led()).Find("main").Text(); got.status != http.StatusSeeOther ||
		!strings.Contains(words, "twice") {
		t.Errorf("cancelled: %d %s", got.status, words)
	}
}
