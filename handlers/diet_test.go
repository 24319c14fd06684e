package handlers_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"testing"
	"time"

	"dusangire/hospital"
)

// dietOf reads what a patient may eat.
func (h *fixture) dietOf(admission hospital.Admission) hospital.DietOrder {
	h.t.Helper()
	d, err := h.hospital.AdmissionDetail(h.t.Context(), actor(hospital.MedicalStaff), admission.ID)
	h.must(err)
	return d.Order
}

func dietPath(admission hospital.Admission) string {
	return fmt.Sprintf("/admissions/%d/diet", admission.ID)
}

func TestWhatIsNotSentOfADietDoesNotChange(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.token("medical_staff")
	admission := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
	now := h.clock.Now().UTC().Truncate(time.Millisecond)
	noon := now.Add(3 * time.Hour).Truncate(time.Second)
	want := hospital.DietOrder{Diet: hospital.DietGeneral, Texture: hospital.RegularTexture}
	for _, step := range []struct {
		sent map[string]any
		then func()
	}{
		{map[string]any{}, func() {}},
		{map[string]any{"diet": "renal"}, func() { want.Diet = hospital.DietRenal }},
		{map[string]any{"texture": 4}, func() { want.Texture = 4 }},
		{map[string]any{"allergies": []string{"none"}},
			func() { want.Allergies, want.Confirmed = hospital.Allergies{Known: true}, true }},
		{map[string]any{"allergies[]": []string{"peanut", "Milk"}, "severe": "peanuts"}, func() {
			want.Allergies = hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"milk", "peanuts"}, Severe: []hospital.Allergen{"peanuts"}}
		}},
		{map[string]any{"allergies": []string{"peanuts", "eggs"}}, func() { want.Allergies.Allergens = []hospital.Allergen{"eggs", "peanuts"} }},
		{map[string]any{"severe": []string{}}, func() { want.Allergies.Severe = nil }},
		{map[string]any{"none": false, "diet": "renal"}, func() {}},
		{map[string]any{"none": true, "reason": "tested: has none"}, func() {
			want.Allergies = hospital.Allergies{Known: true}
		}},
		{map[string]any{"allergies": []string{}, "reason": "of somebody else"},
			func() { want.Allergies, want.Confirmed = hospital.Allergies{}, false }},
		{map[string]any{"nil_by_mouth": true}, func() { want.NilByMouth = hospital.Window{From: now} }},
		{map[string]any{"nil_by_mouth_until": noon}, func() { want.NilByMouth.Until = noon }},
		{map[string]any{"nil_by_mouth": "true"}, func() {}},
		{map[string]any{"nil_by_mouth": true, "nil_by_mouth_from": now.Add(-time.Hour), "nil_by_mouth_until": ""},
			func() { want.NilByMouth = hospital.Window{From: now.Add(-time.Hour)} }},
		{map[string]any{"nil_by_mouth": false}, func() { want.NilByMouth = hospital.Window{} }},
		{map[string]any{"diet": "cardiac", "nil_by_mouth_from": now.Add(time.Hour)}, func() {
			want.Diet, want.NilByMouth = hospital.DietCardiac, hospital.Window{From: now.Add(time.Hour)}
		}},
	} {
		if got := h.post(dietPath(admission), nurse, program, step.sent); got.status != http.StatusNoContent || got.body != "" {
			t.Errorf("%v: %d %s", step.sent, got.status, got.body)
		}
		step.then()
		if got := h.dietOf(admission); !reflect.DeepEqual(got, want) {
			t.Errorf("after %v it is %+v, want %+v", step.sent, got, want)
		}
	}
}

func TestAnAdmissionSaysWhatItsPatientMayEatInTheSameWords(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.token("medical_staff")
	got := h.post("/admissions", nurse, program, map[string]any{"patient_name": "Uwase Marie"})
	made := parseObject(t, got.body)
	if made["diet"] != "general" || made.int("texture") != 7 || made["allergies"] != nil || made["nil_by_mouth_from"] != nil {
		t.Errorf("nobody said anything of the diet, and nobody asked about allergies: %s", got.body)
	}
	admission, until := hospital.Admission{ID: made.int("id")}, h.clock.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	h.post(dietPath(admission), nurse, program, map[string]any{"diet": "ulcer", "texture": 3, "allergies": []string{"milk", "eggs"}, "severe": "milk",
		"nil_by_mouth": true, "nil_by_mouth_until": until})
	read := parseObject(t, h.get(fmt.Sprintf("/admissions/%d/", admission.ID), nurse, program).body)
	if read["diet"] != "ulcer" || read.int("texture") != 3 || fmt.Sprint(read["allergies"], read["severe"]) != "[eggs milk] [milk]" ||
		read["nil_by_mouth_from"] == nil || read["nil_by_mouth_until"] != until {
		t.Errorf("the admission says %v", read)
	}
	h.post(dietPath(admission), nurse, program,
		map[string]any{"allergies": "none", "reason": "asked again"})
	if read := parseObject(t, h.get(fmt.Sprintf("/admissions/%d/", admission.ID), nurse, program).body); fmt.Sprint(read["allergies"]) != "[]" {
		t.Errorf("none known is an empty list: %v", read)
	}
}

func TestADietThatCanNotBeNamesItsFields(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.token("medical_staff")
	admission := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
	before := h.contents()
	for _, c := range []struct {
		field string
		sent  map[string]any
	}{
		{"diet", map[string]any{"diet": "pizza"}}, {"diet", map[string]any{"diet": ""}}, {"texture", map[string]any{"texture": 8}},
		{"texture", map[string]any{"texture": ""}}, {"allergies", map[string]any{"allergies": []string{"dust"}}},
		{"allergies", map[string]any{"allergies": []string{"none", "milk"}}}, {"severe", map[string]any{"severe": []string{"milk"}}},
		{"severe", map[string]any{"allergies": []string{"eggs"}, "severe": []string{"milk"}}},
		{"none", map[string]any{"none": "perhaps"}},
		{"allergies", map[string]any{"none": true, "allergies": "milk"}},
		{"severe", map[string]any{"allergies": []string{"none"}, "severe": []string{"milk"}}},
		{"nil_by_mouth", map[string]any{"nil_by_mouth": "maybe"}}, {"nil_by_mouth", map[string]any{"nil_by_mouth": []bool{true, false}}},
		{"nil_by_mouth", map[string]any{"nil_by_mouth": false, "nil_by_mouth_until": "2026-11-23T12:00:00Z"}},
		{"nil_by_mouth_from", map[string]any{"nil_by_mouth_from": "soon"}},
		{"nil_by_mouth_until", map[string]any{"nil_by_mouth": true, "nil_by_mouth_until": h.clock.Now().Add(-time.Hour)}},
		{"nil_by_mouth_until", map[string]any{"nil_by_mouth": true, "nil_by_mouth_until": h.clock.Now().AddDate(2, 0, 0)}},
		{"allergy", map[string]any{"allergy": "milk"}}, {"version", map[string]any{"diet": "renal", "version": "old"}},
	} {
		if p := h.post(dietPath(admission), nurse, program, c.sent).problem(422); p.Errors[c.field] == "" || len(p.Errors) != 1 {
			t.Errorf("with %v the field %s is wrong, and the answer says %v", c.sent, c.field, p.Errors)
		}
	}
	if p := h.post(dietPath(admission), nurse, program, map[string]any{"diet": "renal", "version": 99}).problem(409); p.Current["id"] != float64(admission.ID) {
		t.Errorf("an outdated view is told what stands: %+v", p)
	}
	h.post("/admissions/4711/diet", nurse, program, map[string]any{"diet": "renal"}).problem(404)
	if h.contents() != before {
		t.Error("a refused diet changed the database")
	}
}

func TestAnAdmissionTakesSevereAllergiesInTheSameWords(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.token("medical_staff")
	got := h.post("/admissions", nurse, program, map[string]any{"patient_name": "Uwase Marie", "allergies": []string{"shellfish", "egg"}, "severe": []string{"EGG"}})
	made := parseObject(t, got.body)
	want := hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"crustaceans", "eggs", "molluscs"}, Severe: []hospital.Allergen{"eggs"}}
	if d := h.dietOf(hospital.Admission{ID: made.int("id")}); got.status != http.StatusCreated || !reflect.DeepEqual(d.Allergies, want) {
		t.Errorf("got %d and %+v, want %+v", got.status, d.Allergies, want)
	}
	if p := h.post("/admissions", nurse, program, map[string]any{"patient_name": "Keza Ange", "severe": []string{"egg"}}).problem(422); p.Errors["severe"] == "" {
		t.Errorf("a severe allergy that is not among them: %v", p.Errors)
	}
}

func TestADietChangeStopsWhatIsOrderedAndSoDoesNilByMouth(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.token("medical_staff")
	admission, stew := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID),
		h.dish("Isombe", "hot", "peanuts")
	made := h.placed(nurse, lunchFor(admission, stew))
	path := fmt.Sprintf("/orders/%d/", made.int("id"))
	stands := func() object { return parseObject(t, h.get(path, nurse, program).body) }
	send := func(fields map[string]any) {
		t.Helper()
		if got := h.post(dietPath(admission), nurse, program,
			fields); got.status != http.StatusNoContent {
			t.Fatalf("%v: %d %s", fields, got.status, got.body)
		}
	}
	kinds := func(o object) (all []string) {
		hazards, _ := o["hazards"].([]any)
		for _, z := range hazards {
			all = append(all, z.(map[string]any)["kind"].(string))
		}
		return all
	}
	send(map[string]any{"nil_by_mouth": true})
	if now := stands(); now["status"] != "held" || fmt.Sprint(kinds(now)) != "[nil_by_mouth]" {
		t.Errorf("nil by mouth holds the order: %v", now)
	}
	send(map[string]any{"allergies": []string{"peanuts"}, "severe": []string{"peanuts"}})
	if now := stands(); fmt.Sprint(kinds(now)) != "[nil_by_mouth allergen]" {
		t.Errorf("it is held for the allergy too: %v", now)
	}
	send(map[string]any{"nil_by_mouth": false})
	h.post(path+"confirm", nurse, program, map[string]any{"reason": "she insists on it today"}).problem(409)
	send(map[string]any{"allergies": []string{"none"}, "reason": "tested: she has none"})
	if now := stands(); now["status"] != "held" || kinds(now) != nil {
		t.Errorf("what is safe again stays held until a person confirms it: %v", now)
	}
	if got := h.post(path+"confirm", nurse, program, nil); got.status != http.StatusNoContent || stands()["status"] != "confirmed" {
		t.Errorf("then it may go on: %d %v", got.status, stands())
	}
}

// In the original a transfer was two writes and a discharge emptied the bed alone; meals knew of
// neither.
func TestATrayFollowsItsPatientAndADischargeEndsWhatIsNotCooked(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse, cook, courier := h.token("medical_staff"), h.token("kitchen"), h.token("delivery")
	rice := h.dish("Rice", "hot")
	admission, target := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID), h.bed(h.b, 3)
	sent, open := h.placed(nurse, lunchFor(admission, rice)), lunchFor(admission, rice)
	open["meal"] = "dinner"
	waits := h.placed(nurse, open)
	path := func(o object) string { return fmt.Sprintf("/orders/%d/", o.int("id")) }
	for _, step := range []string{"confirm", "start", "ready"} {
		if got := h.post(path(sent)+step, cook, program, nil); got.status != http.StatusNoContent {
			t.Fatalf("%s: %d %s", step, got.status, got.body)
		}
	}
	carrier := h.signedIn(courier)
	delivery := parseObject(t, h.get(path(sent), nurse, program).body).int("delivery_id")
	_, err := h.hospital.ClaimDelivery(t.Context(), carrier, delivery, hospital.CourierCommand{})
	h.must(err)
	_, err = h.hospital.DepartDelivery(t.Context(), carrier, delivery, hospital.CourierCommand{})
	h.must(err)

	moved := h.post(fmt.Sprintf("/admissions/%d/transfer", admission.ID), nurse, program, map[string]any{"bed_id": target.ID})
	if now := parseObject(t, h.get(path(sent), nurse, program).body); moved.status != http.StatusNoContent || now["bed_number"] != target.Number || now["status"] != "in_transit" {
		t.Errorf("the tray goes to the new bed: %d %v", moved.status, now)
	}
	_, err = h.hospital.Deliver(t.Context(), carrier, delivery, hospital.DeliverCommand{BedCode: admission.BedNumber, ReceivedBy: "the patient"})
	if refusal, ok := errors.AsType[*hospital.Error](err); !ok || refusal.Code != "wrong_bed" {
		t.Errorf("the old bed is the wrong one now: %v", err)
	}
	left := h.post(fmt.Sprintf("/admissions/%d/discharge", admission.ID), nurse, program, url.Values{"outcome": {"improved"}})
	if now := parseObject(t, h.get(path(waits), nurse, program).body); left.status != http.StatusNoContent || now["status"] != "cancelled" {
		t.Errorf("what is not cooked is cancelled: %d %v", left.status, now)
	}
	if now := parseObject(t, h.get(path(sent), nurse, program).body); now["status"] != "in_transit" || now["stopped"] != "discharged" {
		t.Errorf("what is on its way is to come back: %v", now)
	}
}
