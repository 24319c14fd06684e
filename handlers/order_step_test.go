package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"dusangire/hospital"
)

// stepPath is where a step of an order is commanded.
func stepPath(id int64, step string) string { return fmt.Sprintf("/orders/%d/%s", id, step) }

// lunch orders rice for a new patient of whom no allergy is known.
func (h *fixture) lunch(n int) (hospital.Admission, hospital.Order) {
	h.t.Helper()
	admission := h.admit(fmt.Sprintf("Uwase Marie %c", 'A'+n), h.bed(h.a, n).ID)
	h.eats(admission)
	return admission, h.order(admission, hospital.Lunch,
		h.dish(fmt.Sprintf("Rice %d", n), "hot", "peanuts"))
}

func TestAnOrderTakesItsStepsByCommand(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	cook := h.token("kitchen")
	for n, as := range []audience{program, browser, htmx} {
		_, o := h.lunch(n + 1)
		for _, c := range []struct {
			step string
			to   hospital.OrderStatus
		}{{"confirm", "confirmed"}, {"start", "preparing"}, {"ready", "ready"}, {"recall", "preparing"}, {"recall", "confirmed"}, {"recall", "pending"},
			{"confirm", "confirmed"}, {"cancel", "cancelled"}} {
			got := h.post(stepPath(o.ID, c.step), cook, as, url.Values{"version": {fmt.Sprint(h.orderNow(o.ID).Version)}})
			if as == browser && got.led() != fmt.Sprintf("/orders/%d/", o.ID) || as != browser && got.status != http.StatusNoContent {
				t.Errorf("%s as a %s: %d %s %s", c.step, as, got.status, got.header.Get("Location"), got.body)
			}
			if now := h.orderNow(o.ID); now.Status != c.to {
				t.Errorf("%s as a %s took the order to %s, want %s", c.step, as, now.Status, c.to)
			}
		}
	}
}

func TestAPlainFormLeadsBackToWhereThePersonIs(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	cook := h.token("kitchen")
	_, o := h.lunch(1)
	for _, c := range []struct{ step, back, want string }{
		{"confirm", "/dashboard/kitchen/?station=hot", "/dashboard/kitchen/?station=hot"},
		{"start", "https://elsewhere.example/", "/"},
		{"ready", "//elsewhere.example/", "/"},
	} {
		if got := h.post(stepPath(o.ID, c.step), cook, browser, url.Values{"back": {c.back}}).led(); got != c.want {
			t.Errorf("back to %q leads to %q, want %q", c.back, got, c.want)
		}
	}
}

func TestARefusedStepSaysWhatStandsAndChangesNothing(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	cook := h.token("kitchen")
	_, waiting := h.lunch(1)
	_, begun := h.lunch(2)
	begun = h.cook(begun.ID, "confirm", "start")
	before := h.contents()
	for _, c := range []struct {
		what, path string
		fields     any
		status     int
		code       string
		current    hospital.Order
	}{
		{"a step that is left out", stepPath(waiting.ID, "ready"), map[string]any{}, 409, "order_step", waiting},
		{"what was taken back as far as it goes", stepPath(waiting.ID, "recall"), map[string]any{}, 409, "order_recall", waiting},
		{"an outdated view", stepPath(begun.ID, "ready"), map[string]any{"version": 1}, 409, "order_outdated", begun},
		{"a begun order without a reason", stepPath(begun.ID, "cancel"), map[string]any{"reason": " "}, 422, "fields", hospital.Order{}},
		{"a reason without end", stepPath(begun.ID, "cancel"), map[string]any{"reason": strings.Repeat("x", 201)}, 422, "fields", hospital.Order{}},
		{"a version that is none", stepPath(begun.ID, "ready"), map[string]any{"version": "now"}, 422, "fields", hospital.Order{}},
		{"no such order", stepPath(4711, "start"), map[string]any{}, 404, "order_unknown", hospital.Order{}},
	} {
		p := h.post(c.path, cook, program, c.fields).problem(c.status)
		if p.Type != "urn:dusangire:problem:"+c.code {
			t.Errorf("%s is refused as %s, want %s: %s", c.what, p.Type, c.code, p.Detail)
		}
		if c.status == http.StatusConflict && (p.Current["id"] != float64(c.current.ID) || p.Current["status"] != string(c.current.Status) ||
			p.Current["version"] != float64(c.current.Version)) {
			t.Errorf("%s should be told that %+v stands: %v", c.what, c.current, p.Current)
		}
	}
	h.post("/orders/rice/start", cook, program, map[string]any{}).problem(http.StatusNotFound)
	if h.contents() != before {
		t.Error("a refused step changed the database")
	}
}

func TestAStepThatWouldHarmIsRefusedWithItsHazardsAndHoldsTheOrder(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admission, o := h.lunch(1)
	h.eats(admission, "peanuts")
	held := h.orderNow(o.ID)
	for _, step := range []string{"confirm", "confirm"} {
		p := h.post(stepPath(o.ID, step), h.token("kitchen"), program, map[string]any{"version": held.Version}).problem(http.StatusConflict)
		hazards, _ := p.Current["hazards"].([]any)
		if p.Type != "urn:dusangire:problem:hazards" || len(hazards) != 1 {
			t.Fatalf("want the hazards: %+v", p)
		}
		found := object(hazards[0].(map[string]any))
		if found["kind"] != "allergen" || found["item"] != "Rice 1" || found["allergen"] != "peanuts" || found["severe"] != true || found["diet"] != nil {
			t.Errorf("the hazard is told as %v", found)
		}
		if !strings.Contains(p.Detail, "Rice 1 contains peanuts (severe allergy)") {
			t.Errorf("the words are %q", p.Detail)
		}
	}
	if now := h.orderNow(o.ID); now.Status != hospital.OrderHeld || now.Version != held.Version {
		t.Errorf("the order should be held as before: %+v", now)
	}
}

func TestMedicalStaffConfirmInSpiteOfAHazardForAReasonAndTheKitchenDoesNot(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admission, o := h.lunch(1)
	mild := hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"peanuts"}}
	_, err := h.hospital.SetDiet(t.Context(), actor(hospital.MedicalStaff), admission.ID, hospital.DietCommand{Allergies: &mild})
	h.must(err)
	reason := map[string]any{"reason": "Has eaten them all her life"}
	h.post(stepPath(o.ID, "confirm"), h.token("kitchen"), program, reason).problem(http.StatusConflict)
	if got := h.post(stepPath(o.ID, "confirm"), h.token("medical_staff"), program, reason); got.status != http.StatusNoContent {
		t.Fatalf("medical staff with a reason: %d %s", got.status, got.body)
	}
	if now := h.orderNow(o.ID); now.Status != hospital.OrderConfirmed || now.OverriddenBy != "medical_staff" {
		t.Errorf("it became %+v", now)
	}
}
