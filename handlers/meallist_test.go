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
	h := newHouse(t, settings{})
	gets := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID, "milk")
	h.order(gets, hospital.Dinner, h.dish("Rice", "hot"))
	nothing := h.admitAsked("Keza Ange", h.bed(h.a, 2).ID)
	path := fmt.Sprintf("/wards/%d/list/?meal=dinner", h.a.ID)
	for role, named := range map[string]bool{"medical_staff": true, "ward_management": true,
		"admin": true, "kitchen": false} {
		token := h.token(role)
		got := h.get(path, token, program)
		var list map[string]any
		got.json(&list)
		lines := h.list(list, "patients")
		if len(lines) != 2 {
			t.Fatalf("%s is told of %d patients, want 2: %s", role, len(lines), got.body)
		}
		if orders := h.list(lines[0], "orders"); len(orders) != 1 || lines[0]["reason"] != nil {
			t.Errorf("%s: the first patient gets %v, %v", role, orders, lines[0]["reason"])
		}
		if lines[1]["admission_id"] != float64(nothing.ID) || lines[1]["reason"] != "not_ordered" {
			t.Errorf("%s: the second patient is %v", role, lines[1])
		}
		page := h.get(path, token, browser)
		for _, body := range []string{got.body, page.body} {
			if strings.Contains(body, "Uwase") != named || !strings.Contains(body, "U. M.") && !named {
				t.Errorf("%s should be told the names: %t: %.600s", role, named, body)
			}
		}
		if page.html().Find("tr.nothing").Length() != 1 {
			t.Errorf("the page of %s should mark who gets nothing", role)
		}
	}
	refused := h.get(fmt.Sprintf("/wards/%d/list/?meal=brunch", h.a.ID), h.token("kitchen"), program)
	if errors := refused.problem(http.StatusUnprocessableEntity).Errors; errors["meal"] == "" {
		t.Errorf("a meal that there is not is refused with %v", errors)
	}
}
