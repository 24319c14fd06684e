package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"dusangire/hospital"
)

// The kitchen learns of a patient the bed, the initials and what they may eat, and no more.
func TestAMealListTellsEachRoleWhatIsForThem(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	gets := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID, "milk")
	h.order(gets, hospital.Dinner, h.dish("Rice", "hot"))
	nothing := h.admitAsked("Keza Ange", h.bed(h.a, 2).ID)
	away := h.admitAsked("Gasana Paul", h.bed(h.a, 3).ID)
	h.post(fmt.Sprintf("/admissions/%d/leave", away.ID), h.token("medical_staff"), program,
		map[string]any{"reason": "family"})
	path := fmt.Sprintf("/wards/%d/list/?meal=dinner", h.a.ID)
	for role, named := range map[string]bool{"medical_staff": true, "ward_management": true,
		"admin": true, "kitchen": false} {
		token := h.token(role)
		got := h.get(path, token, program)
		var list map[string]any
		got.json(&list)
		lines := h.list(list, "patients")
		if len(lines) != 3 {
			t.Fatalf("%s is told of %d patients, want 3: %s", role, len(lines), got.body)
		}
		if orders := h.list(lines[0], "orders"); len(orders) != 1 || lines[0]["reason"] != nil {
			t.Errorf("%s: the first patient gets %v, %v", role, orders, lines[0]["reason"])
		}
		if lines[1]["admission_id"] != float64(nothing.ID) || lines[1]["reason"] != "not_ordered" {
			t.Errorf("%s: the second patient is %v", role, lines[1])
		}
		if hazards := h.list(lines[2], "hazards"); lines[2]["reason"] != "held" ||
			len(hazards) != 1 || hazards[0]["kind"] != "on_leave" {
			t.Errorf("%s: the patient on leave is %v", role, lines[2])
		}
		page := h.get(path, token, browser)
		for _, body := range []string{got.body, page.body} {
			if strings.Contains(body, "Uwase") != named || !strings.Contains(body, "U. M.") && !named {
				t.Errorf("%s should be told the names: %t: %.600s", role, named, body)
			}
		}
		if page.html().Find("tr.nothing").Length() != 2 {
			t.Errorf("the page of %s should mark who gets nothing", role)
		}
		if why := page.html().Find(".why").Last().Text(); why != "Held: the patient is on leave" {
			t.Errorf("the page tells %s of the one on leave %q", role, why)
		}
	}
	refused := h.get(fmt.Sprintf("/wards/%d/list/?meal=brunch", h.a.ID), h.token("kitchen"), program)
	if errors := refused.problem(http.StatusUnprocessableEntity).Errors; errors["meal"] == "" {
		t.Errorf("a meal that there is not is refused with %v", errors)
	}
}
