package handlers_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

func TestAMenuIsPlannedByAProgram(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	token, rice, beans := h.token("kitchen"), h.dish("Rice", "hot"), h.dish("Beans", "hot")
	send := func(path string, fields map[string]any) {
		t.Helper()
		if got := h.post(path, token, program, fields); got.status != http.StatusNoContent {
			t.Fatalf("%s %v: %d %s", path, fields, got.status, got.body)
		}
	}
	today := h.clock.Now().Format(time.DateOnly)
	send("/menu/plan", map[string]any{"days": 14, "starts_on": today})
	send("/menu/plan", map[string]any{"days": 7})
	send("/menu/plan/entries", map[string]any{"day": 2, "meal": "lunch", "items": []int64{rice.ID,
		beans.ID}})
	send("/menu/plan/entries", map[string]any{"day": 3, "meal": "lunch", "items": []int64{rice.ID}})
	send("/menu/plan/entries", map[string]any{"day": 3, "meal": "lunch", "items": []int64{}})
	send("/menu/plan/entries", map[string]any{"date": today, "meal": "lunch",
		"items": []int64{beans.ID}})
	got := h.get("/menu/plan/", token, program).body
	want := fmt.Sprintf(`{"days":7,"starts_on":%q,"today":1,"version":3,"entries":[`+
		`{"day":2,"date":null,"meal":"lunch","items":[{"id":%d,"name":"Beans"},{"id":%d,"name":"Rice"}]},`+
		`{"day":null,"date":%q,"meal":"lunch","items":[{"id":%d,"name":"Beans"}]}]}`, today, beans.ID,
		rice.ID, today, beans.ID)
	if strings.TrimSpace(got) != want {
		t.Errorf("the plan is %s\nwant %s", got, want)
	}
	before := h.contents()
	for _, c := range []struct {
		path   string
		fields map[string]any
		wrong  string
	}{
		{"/menu/plan", map[string]any{"days": 36}, "[days]"},
		{"/menu/plan", map[string]any{"days": "many", "starts_on": "soon"}, "[days starts_on]"},
		{"/menu/plan", map[string]any{"starts_on": ""}, "[starts_on]"},
		{"/menu/plan/entries", map[string]any{}, "[items]"},
		{"/menu/plan/entries", map[string]any{"items": []int64{rice.ID}}, "[day meal]"},
		{"/menu/plan/entries", map[string]any{"day": 8, "meal": "brunch", "items": []int64{4711}},
			"[day items meal]"},
		{"/menu/plan/entries", map[string]any{"day": 1, "date": today, "meal": "lunch",
			"items": []int64{}}, "[day]"},
		{"/menu/plan/entries", map[string]any{"date": "2020-02-02", "meal": "lunch",
			"items": []int64{}}, "[date]"},
		{"/menu/plan/entries", map[string]any{"day": 1, "meal": "lunch", "items": "rice"}, "[items]"},
	} {
		wrong := h.post(c.path, token, program, c.fields).problem(http.StatusUnprocessableEntity).Errors
		if got := fmt.Sprint(slices.Sorted(maps.Keys(wrong))); got != c.wrong {
			t.Errorf("%s %v: wrong are %s, want %s", c.path, c.fields, got, c.wrong)
		}
	}
	p := h.post("/menu/plan", token, program, map[string]any{"days": 8,
		"version": 1}).problem(http.StatusConflict)
	if p.Code != "plan_outdated" || h.contents() != before {
		t.Errorf("who saw an older cycle is refused with %q", p.Code)
	}
}

func TestACookPlansAMealByPlainForms(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	token, rice := h.token("kitchen"), h.dish("Rice", "hot")
	page := h.get("/menu/plan/", token, browser).html()
	cycle := filled(page.Find(`form[action="/menu/plan"]`))
	cycle.Set("days", "3")
	cycle.Set("starts_on", h.clock.Now().Format(time.DateOnly))
	if got := h.post("/menu/plan", token, browser, cycle); got.status != http.StatusSeeOther {
		t.Fatalf("%d %s", got.status, got.body)
	}
	page = h.get("/menu/plan/", token, browser).html()
	if page.Find("tr[id^=day-]").Length() != 3 || page.Find("#day-1.today").Length() != 1 {
		t.Errorf("the cycle has three days, and today is the first: %s", page.Find("main").Text())
	}
	link := page.Find("#day-2 a").Eq(1).AttrOr("href", "")
	path, _, _ := strings.Cut(link, "#")
	entry := filled(h.get(path, token, browser).html().Find("#plan-entry"))
	if entry.Get("day") != "2" || entry.Get("meal") != "lunch" {
		t.Fatalf("%s leads to the form for %v", link, entry)
	}
	entry.Add("items[]", fmt.Sprint(rice.ID))
	saved := h.post("/menu/plan/entries", token, browser, entry)
	if saved.status != http.StatusSeeOther || saved.header.Get("Location") != "/menu/plan/#day-2" {
		t.Errorf("%d %v", saved.status, saved.header)
	}
	page = h.get(path, token, browser).html()
	if got := strings.TrimSpace(page.Find("#day-2 td").Eq(1).Find("li").Text()); got != "Rice" ||
		page.Find("#plan-entry :checked").Length()+page.Find("#plan-entry [checked]").Length() == 0 {
		t.Errorf("at lunch of day 2 there is %q", got)
	}
	refused := h.post("/menu/plan/entries", token, browser, url.Values{"day": {"9"},
		"meal": {"lunch"}, "items[]": {""}})
	if refused.status != http.StatusUnprocessableEntity ||
		refused.html().Find("#plan-entry .error").Length() != 1 {
		t.Errorf("a day that there is not: %d %s", refused.status, refused.html().Find("main").Text())
	}
}

func TestAForecastNamesNobodyToTheKitchen(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	rice := h.dish("Rice", "hot")
	h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID)
	never := h.admit("Mugisha Jean", h.bed(h.a, 2).ID)
	got := h.get("/menu/forecast/?meal=dinner", h.token("kitchen"), program).body
	for _, want := range []string{`"trays":1`,
		fmt.Sprintf(`"dishes":[{"item_id":%d,"name":"Rice","station":"hot","count":1,"by_texture":{"7":1}}]`, rice.ID),
		fmt.Sprintf(`"without":[{"admission_id":%d,"reason":"never_asked","bed_number":"A-02","initials":"M. J."}]`, never.ID),
		fmt.Sprintf(`{"diet":"general","texture":7,"items":[{"id":%d,"name":"Rice"}]}`, rice.ID)} {
		if !strings.Contains(got, want) {
			t.Errorf("the forecast lacks %s: %s", want, got)
		}
	}
	cooks := h.get("/menu/forecast/?meal=dinner", h.token("kitchen"), browser)
	nurses := h.get("/menu/forecast/?meal=dinner", h.token("medical_staff"), browser)
	if strings.Contains(cooks.body, "Mugisha") || cooks.html().Find(".without a[href]").Length() != 0 {
		t.Errorf("the kitchen is told who it is: %s", cooks.html().Find(".without").Text())
	}
	if to := nurses.html().Find(".without a").AttrOr("href", ""); !strings.Contains(nurses.body,
		"Mugisha") ||
		to != fmt.Sprintf("/admissions/%d/", never.ID) {
		t.Errorf("a nurse is led to %q", to)
	}
	for query, field := range map[string]string{"meal=brunch": "meal", "date=soon": "date",
		"date=2020-02-02": "date", "date=0001-01-01": "date"} {
		wrong := h.get("/menu/forecast/?"+query, h.token("admin"),
			program).problem(http.StatusUnprocessableEntity).Errors
		if wrong[field] == "" {
			t.Errorf("%s: wrong are %v", query, wrong)
		}
	}
	for role, leads := range map[hospital.Role]string{hospital.KitchenStaff: "/dishes/",
		hospital.MedicalStaff: "/menu/forecast/"} {
		if got := h.get("/menu/", h.token(string(role)), browser).header.Get("Location"); got != leads {
			t.Errorf("the menu leads %s to %q", role, got)
		}
	}
}
