package handlers_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestNullWipesNothing of what a command leaves as it is where a field is not sent.
func TestNullWipesNothing(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admin := h.token("admin")
	readAny := func(path string) (read any) {
		t.Helper()
		if err := json.Unmarshal([]byte(h.get(path, admin, program).body), &read); err != nil {
			t.Fatal(err)
		}
		return read
	}
	set := func(path string, fields map[string]any) {
		t.Helper()
		if got := h.post(path, admin, program, fields); got.status >= http.StatusMultipleChoices {
			t.Fatalf("%s %v: %d %s", path, fields, got.status, got.body)
		}
	}
	set("/settings", map[string]any{"hospital_name": "Hills Hospital", "idle_minutes": 30})
	set("/menu/plan", map[string]any{"days": 14,
		"starts_on": time.Now().UTC().Format(time.DateOnly)})
	set("/zones", map[string]any{"name": "Town", "charge": 500})
	dish := h.post("/dishes", admin, program, isombe())
	user := h.addUser("eric", "kitchen")
	admission := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID, "peanuts")
	one := func(path string, id int64) string { return fmt.Sprintf("%s/%d", path, id) }
	set(one("/users", user.ID), map[string]any{"display_name": "Éric", "wards": []int64{h.a.ID}})
	set(one("/admissions", admission.ID), map[string]any{"note": "Look twice."})
	set(one("/patients", admission.PatientID), map[string]any{"phone": "0788123456"})
	set(one("/beds", h.bed(h.a, 1).ID), map[string]any{"features": []string{"oxygen"}})
	for _, c := range []struct{ read, path, fields string }{
		{"/settings/", "/settings", "hospital_name languages[] currency idle_minutes"},
		{"/meals/", "/meals/lunch", "name_en name_fr serve_at cut_off_minutes main"},
		{"/wards/", one("/wards", h.a.ID), "code name position sex is_open"},
		{"", one("/beds", h.bed(h.a, 1).ID), "bed_number ward_id features staffed"},
		{"", strings.TrimSuffix(dish.header.Get("Location"), "/"),
			"name_en name_fr meals allergens may_contain textures price available fat_g"},
		{"/menu/plan/", "/menu/plan", "days starts_on"},
		{"", one("/users", user.ID), "username display_name role wards language disabled"},
		{"/zones/", "/zones/1", "name charge"},
		{"", one("/patients", admission.PatientID), "name birth_date phone language"},
		{"", one("/admissions", admission.ID), "note isolation wanted_ward_id"},
		{one("/admissions", admission.ID), one("/admissions", admission.ID) + "/diet",
			"diet texture allergies[] severe nil_by_mouth"},
	} {
		read := c.read
		if read == "" {
			read = c.path
		}
		stands := readAny(read)
		for field := range strings.FieldsSeq(c.fields) {
			got := h.post(c.path, admin, program, map[string]any{field: nil})
			now := readAny(read)
			if got.status >= http.StatusInternalServerError || !reflect.DeepEqual(now, stands) {
				t.Errorf("null as %s of %s: %d, and then %v, before %v", field, c.path, got.status, now,
					stands)
			}
		}
	}
	p := h.post("/settings", admin, program, map[string]any{"colour": nil})
	if p.problem(http.StatusUnprocessableEntity).Errors["colour"] == "" {
		t.Errorf("a field that there is not: %s", p.body)
	}
	h.post(one("/users", user.ID), admin, program, map[string]any{"wards": []any{nil}}).
		problem(http.StatusBadRequest)
	p = h.post("/settings", admin, program, map[string]any{"hospital_name": " "})
	if p.problem(http.StatusUnprocessableEntity).Errors["hospital_name"] == "" {
		t.Errorf("an empty name of the hospital: %s", p.body)
	}
}
