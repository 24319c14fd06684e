package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"dusangire/hospital"
)

func TestAPatientIsFoundWithWhereTheyLieNow(t *testing.T) {
	h := newFixture(t, settings{})
	admission := h.admitAsked("Uwamahoro Jeanne d’Arc", h.bed(h.a, 1).ID)
	a := h.post("/patients/search", h.token("ward_management"), program,
		map[string]any{"q": "jeane D'ARC"})
	want := fmt.Sprintf(`"admission_id":%d,"bed_number":"A-01"`, admission.ID)
	if a.status != http.StatusOK || !strings.HasPrefix(a.body, `{"patients":[{"id":`) ||
		!strings.Contains(a.body, want) {
		t.Errorf("the search answers %d %s, want one with %s", a.status, a.body, want)
	}
	page := h.post("/patients/search", h.token("medical_staff"), browser,
		map[string]any{"q": "uwamahoro"})
	if page.status != http.StatusOK || !strings.Contains(page.body, "Uwamahoro Jeanne d’Arc") {
		t.Errorf("the page answers %d", page.status)
	}
	none := h.post("/patients/search", h.token("admin"), program, map[string]any{"q": "zebra"})
	if strings.TrimSpace(none.body) != `{"patients":[]}` {
		t.Errorf("nobody is found as %s", none.body)
	}
}

func TestAdmittingSomebodyOnRecordShowsThemFirst(t *testing.T) {
	h := newFixture(t, settings{})
	token := h.token("medical_staff")
	patient := map[string]any{"patient_name": "Uwamahoro Jeanne", "birth_date": "1990-05-05"}
	first := h.post("/admissions", token, program, patient)
	if first.status != http.StatusCreated {
		t.Fatalf("%d %s", first.status, first.body)
	}
	again := h.post("/admissions", token, program, patient)
	if again.status != http.StatusConflict ||
		!strings.Contains(again.body, `"code":"possible_duplicate"`) ||
		!strings.Contains(again.body, `"candidates":[{"id":`) {
		t.Errorf("the second time it answers %d %s", again.status, again.body)
	}
	patient["bed_id"] = h.bed(h.a, 1).ID
	page := h.post("/admissions", token, browser, patient)
	if page.status != http.StatusConflict || !strings.Contains(page.body, `name="confirm_new"`) {
		t.Errorf("the page answers %d without a way on", page.status)
	}
	patient["confirm_new"] = true
	if sure := h.post("/admissions", token, program, patient); sure.status != http.StatusCreated {
		t.Errorf("confirmed it answers %d %s", sure.status, sure.body)
	}
}

func TestARecordIsCorrectedMergedAndTakenApart(t *testing.T) {
	h := newFixture(t, settings{})
	nurse, manager := h.token("medical_staff"), h.token("ward_management")
	one := h.admitAsked("Uwase Mari", h.bed(h.a, 1).ID)
	path := fmt.Sprintf("/patients/%d", one.PatientID)
	seen := parseObject(t, h.get(path+"/", nurse, program).body).int("version")
	a := h.post(path, nurse, program, map[string]any{"name": "Uwase Marie", "reason": "misheard",
		"phone": "0788123456", "version": seen})
	if a.status != http.StatusOK || !strings.Contains(a.body, `"phone":"+250788123456"`) {
		t.Errorf("the correction answers %d %s", a.status, a.body)
	}
	stale := h.post(path, nurse, program, map[string]any{"language": "fr", "version": seen})
	if stale.status != http.StatusConflict || !strings.Contains(stale.body, `"field":"name"`) {
		t.Errorf("an old version answers %d %s", stale.status, stale.body)
	}
	_, err := h.hospital.Discharge(t.Context(), hospital.System, one.ID,
		hospital.DischargeCommand{Outcome: hospital.Improved})
	h.must(err)
	two := h.admitAsked("Uwase Marie", h.bed(h.a, 2).ID)
	merged := h.post(path+"/merge", manager, program,
		map[string]any{"into": two.PatientID, "reason": "the same national id"})
	if merged.status != http.StatusOK ||
		!strings.Contains(merged.body, fmt.Sprintf(`"merged":[{"id":%d`, one.PatientID)) {
		t.Errorf("the merge answers %d %s", merged.status, merged.body)
	}
	apart := h.post(path+"/unmerge", manager, program, map[string]any{})
	if apart.status != http.StatusOK || !strings.Contains(apart.body, `"merged_into":null`) {
		t.Errorf("taking it apart answers %d %s", apart.status, apart.body)
	}
}

func TestARecordHasTheAllergiesAndTheirHistoryAndTheirForm(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.token("medical_staff")
	path := fmt.Sprintf("/patients/%d/", h.admit("Uwase Marie", h.bed(h.a, 1).ID).PatientID)
	if r := parseObject(t, h.get(path, nurse, program).body); r["allergies_known"] != false ||
		fmt.Sprint(r["allergies"]) != "[]" {
		t.Errorf("before anybody asked the record says %v", r)
	}
	got := h.post(path+"allergies", nurse, browser,
		map[string]any{"allergies[]": []string{"milk", "peanuts"}, "severe[]": []string{"peanuts"}})
	if got.status != http.StatusSeeOther || got.header.Get("Location") != path {
		t.Errorf("the form leads to %s with %d", got.header.Get("Location"), got.status)
	}
	r := parseObject(t, h.get(path, nurse, program).body)
	noted, history := fmt.Sprint(r["allergies"]), fmt.Sprint(r["allergy_history"])
	if r["allergies_known"] != true || !strings.Contains(noted, "noted_by:medical_staff") ||
		!strings.Contains(noted, "severe:true") || !strings.Contains(history, "to:[milk peanuts]") {
		t.Errorf("the record says %s, and of their history %s", noted, history)
	}
	page := h.post(path+"allergies", nurse, browser, map[string]any{"allergies[]": []string{"none"}})
	if page.status != http.StatusConflict || !strings.Contains(page.body, "Uwase Marie") ||
		!strings.Contains(page.body, "allergies on record") {
		t.Errorf("a refused form is answered with %d and not with the record", page.status)
	}
}
