package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

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

// TestItIsTheSameDayOnEveryScreenOnTheNightsOfAChange, from a minute before it begins to a minute
// after it has ended, where clocks go on at two in the night and back again.
func TestItIsTheSameDayOnEveryScreenOnTheNightsOfAChange(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	zone, err := time.LoadLocation("America/St_Johns")
	h.must(err)
	h.post("/settings", h.token("admin"), program, map[string]any{"time_zone": zone.String()})
	_, change := h.clock.Now().In(zone).ZoneBounds()
	for range 2 {
		y, m, d := change.In(zone).Date()
		begins, ends := time.Date(y, m, d, 0, 0, 0, 0, zone), time.Date(y, m, d+1, 0, 0, 0, 0, zone)
		for _, at := range []time.Time{begins.Add(-time.Minute), begins, change.Add(-time.Minute),
			change, change.Add(time.Hour), ends.Add(-time.Minute), ends} {
			h.clock.pass(at.Sub(h.clock.Now()))
			h.isToday(at.In(zone), begins.AddDate(0, 0, -1))
		}
		_, change = change.In(zone).ZoneBounds()
	}
}

// isToday looks at what day it is on the screens that say so. first is day 1 of the cycle.
func (h *fixture) isToday(now, first time.Time) {
	h.t.Helper()
	admin, today := h.token("admin"), now.Format(time.DateOnly)
	h.post("/menu/plan", admin, program,
		map[string]any{"days": 7, "starts_on": first.Format(time.DateOnly)})
	var list, forecast, plan struct {
		Day, Date string
		Today     int
	}
	path := fmt.Sprintf("/wards/%d/list/?meal=snack", h.a.ID)
	h.get(path, admin, program).json(&list)
	h.get("/menu/forecast/?meal=snack", admin, program).json(&forecast)
	h.get("/menu/plan/", admin, program).json(&plan)
	paper := strings.Join(strings.Fields(h.get(path, admin, browser).html().Find(".as-of").Text()), " ")
	if list.Day != today || forecast.Date != today ||
		plan.Today != now.YearDay()-first.YearDay()+1 ||
		!strings.Contains(paper, now.Format("2 Jan")) || !strings.Contains(paper, now.Format("15:04")) {
		h.t.Errorf("at %s the list is of %s, the forecast of %s, day %d of the cycle, read %q", now,
			list.Day, forecast.Date, plan.Today, paper)
	}
}
