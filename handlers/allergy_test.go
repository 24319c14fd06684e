package handlers_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"dusangire/hospital"
)

// comesBack discharges a patient who was admitted by a program, and admits them again with what is
// sent besides.
func (h *fixture) comesBack(nurse string, before object, sent map[string]any) answer {
	h.t.Helper()
	h.post(fmt.Sprintf("/admissions/%d/discharge", before.int("id")), nurse, program,
		map[string]any{"outcome": "improved"})
	patient, _ := before["patient"].(map[string]any)
	all := map[string]any{"patient_id": patient["id"], "bed_id": h.bed(h.a, 2).ID,
		"reason": "planned"}
	maps.Copy(all, sent)
	return h.post("/admissions", nurse, program, all)
}

func TestAReturningPatientsAllergiesAreNotForgotten(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.token("medical_staff")
	before := parseObject(t, h.post("/admissions", nurse, program, map[string]any{
		"patient_name": "Uwimana Béatrice", "diet": "diabetic", "texture": 4,
		"allergies": []string{"peanuts", "milk"}, "severe": "peanuts"}).body)
	if before["allergies_confirmed"] != true {
		t.Errorf("who admits and asks confirms: %v", before)
	}
	none := map[string]any{"allergies": []string{"none"}}
	p := h.comesBack(nurse, before, none).problem(409)
	noted := fmt.Sprint(p.Current["allergies"])
	if p.Code != "allergies_on_record" || !strings.Contains(noted, "noted_by:medical_staff") ||
		p.Current["allergies_known"] != true {
		t.Errorf("that there are none is answered with %+v", p)
	}

	admission := parseObject(t, h.comesBack(nurse, before, nil).body)
	known := fmt.Sprint(admission["allergies"], admission["severe"])
	if known != "[milk peanuts] [peanuts]" || admission["allergies_confirmed"] != false ||
		admission["diet"] != "diabetic" || admission.int("texture") != 4 {
		t.Errorf("the new admission begins with %v", admission)
	}
	path := fmt.Sprintf("/admissions/%d/diet", admission.int("id"))
	for _, sent := range []map[string]any{none, {"allergies": []string{}},
		{"allergies": "none", "reason": " "}} {
		if p := h.post(path, nurse, program, sent).problem(409); p.Code != "allergies_on_record" {
			t.Errorf("%v is answered with %+v", sent, p)
		}
	}
	confirmed := func() any {
		page := h.get(fmt.Sprintf("/admissions/%d/", admission.int("id")), nurse, program)
		return parseObject(t, page.body)["allergies_confirmed"]
	}
	same := map[string]any{"allergies": []string{"milk", "peanuts"}, "severe": []string{"peanuts"},
		"allergies_confirmed": false}
	if h.post(path, nurse, program, same); confirmed() != false {
		t.Error("what a form only sends along confirms the allergies")
	}
	delete(same, "allergies_confirmed")
	if h.post(path, nurse, program, same); confirmed() != true {
		t.Error("to say the same again does not confirm the allergies")
	}
	none["reason"] = "of the patient beside her"
	if got := h.post(path, nurse, program, none); got.status != http.StatusNoContent {
		t.Errorf("with a reason: %d %s", got.status, got.body)
	}
}

func TestAPersonsAllergiesAreSetByThemselves(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse, manager := h.token("medical_staff"), h.token("ward_management")
	admission := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
	path := fmt.Sprintf("/patients/%d/allergies", admission.PatientID)
	milk := map[string]any{"allergies": "milk"}
	h.post(path, manager, program, milk).problem(403)
	h.post("/patients/4711/allergies", nurse, program, milk).problem(404)
	for field, sent := range map[string]map[string]any{
		"allergies": {}, "severe": {"allergies": "milk", "severe": "eggs"},
	} {
		if p := h.post(path, nurse, program, sent).problem(422); p.Errors[field] == "" {
			t.Errorf("%v is answered with %+v", sent, p)
		}
	}
	both := map[string]any{"allergies": "milk", "none": true}
	if p := h.post(path, nurse, program, both).problem(422); p.Errors["allergies"] == "" {
		t.Errorf("an allergy and none: %+v", p)
	}
	shellfish, wrong := "[crustaceans molluscs]", "wrong chart"
	for _, step := range []struct {
		sent   map[string]any
		status int
		then   string
	}{
		{map[string]any{"none": true}, 204, "[] []"},
		{map[string]any{"allergies": []string{"shellfish"}, "severe": []string{"molluscs"}}, 204,
			shellfish + " [molluscs]"},
		{map[string]any{"severe": []string{"shellfish"}}, 204, shellfish + " " + shellfish},
		{map[string]any{"none": true}, 409, shellfish + " " + shellfish},
		{map[string]any{"none": true, "admission_id": admission.ID + 1, "reason": wrong}, 409,
			shellfish + " " + shellfish},
		{map[string]any{"none": true, "reason": wrong}, 204, "[] []"},
	} {
		if got := h.post(path, nurse, program, step.sent); got.status != step.status {
			t.Errorf("%v: %d %s", step.sent, got.status, got.body)
		}
		known := h.dietOf(admission).Allergies
		if !known.Known || fmt.Sprint(known.Allergens, known.Severe) != step.then {
			t.Errorf("after %v they are %+v, want %s", step.sent, known, step.then)
		}
	}
}

func TestTheBedsPageAsksToConfirmTheAllergiesOfAnEarlierStay(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.person(hospital.MedicalStaff)
	before := parseObject(t, h.post("/admissions", nurse.token, program, map[string]any{
		"patient_name": "Uwimana Béatrice", "allergies": []string{"peanuts", "milk"},
		"severe": "peanuts"}).body)
	admission := parseObject(t, h.comesBack(nurse.token, before, nil).body)
	bed := fmt.Sprintf("/beds/%d/", admission.int("bed_id"))
	page := nurse.open(bed)
	for _, words := range []string{"Severe allergy: peanuts", "Allergies to confirm",
		"Severe: peanuts. Not severe: milk", "peanuts: noted by medical_staff",
		"Confirm the allergies of Uwimana Béatrice"} {
		if !strings.Contains(page.Text(), words) {
			t.Errorf("the page of the bed does not say %q", words)
		}
	}
	path := fmt.Sprintf("/admissions/%d/diet", admission.int("id"))
	none := url.Values{"allergies[]": {"", "none"}, "severe[]": {""}, "diet": {"renal"},
		"texture": {"7"}}
	refused := nurse.submit(page, path, none, browser)
	if refused.status != http.StatusConflict ||
		!strings.Contains(refused.html().Find(".alert").Text(), "allergies on record") ||
		refused.html().Find("#form-diet [name=reason]").Length() != 1 {
		t.Errorf("that there are none: %d", refused.status)
	}
	same := url.Values{"allergies[]": {"milk", "peanuts"}, "severe[]": {"", "peanuts"}}
	if got := nurse.submit(page, path, same, browser); got.status != http.StatusSeeOther {
		t.Errorf("confirming: %d %s", got.status, got.body)
	}
	text := nurse.open(bed).Text()
	if strings.Contains(text, "Allergies to confirm") ||
		!strings.Contains(text, "Severe allergy: peanuts") {
		t.Error("the page does not say that they are confirmed")
	}
}
