package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

func cleanPath(bed hospital.BoardBed) string { return fmt.Sprintf("/beds/%d/clean", bed.ID) }

// toCleanOf are the beds that a message of housekeeping's dashboard lists.
func toCleanOf(t *testing.T, message object) (beds []object) {
	t.Helper()
	list, isList := message.sub("data")["beds"].([]any)
	if !isList {
		t.Fatalf("the dashboard has no list of beds: %v", message)
	}
	for _, bed := range list {
		beds = append(beds, object(bed.(map[string]any)))
	}
	return beds
}

func TestABedIsCleanedStepByStepAndEverybodySeesHowFarItIs(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{beds: 2})
	cleaner, nurse := h.token("housekeeping"), h.token("medical_staff")
	bed := h.bed(h.a, 1)
	h.setBed(bed.ID, hospital.BedCleaning)
	list, board := h.watch("/ws/dashboard/housekeeping/", cleaner), h.watch(wardPath(h.a), nurse)
	if first := toCleanOf(t, list.nextObject()); len(first) != 1 || first[0]["bed_number"] != "A-01" ||
		first[0]["ward_name"] != h.a.Name || first[0]["state"] != "dirty" || first[0]["by"] != nil ||
		first[0]["stat"] != false || first[0]["since"] != morning().Format(time.RFC3339) {
		t.Errorf("a dirty bed is listed as %v", first)
	}
	board.nextOfType("ward_status")

	h.clock.pass(5 * time.Minute)
	if a := h.post(cleanPath(bed), cleaner, program,
		map[string]any{"step": "start"}); a.status != 204 {
		t.Fatalf("start is answered %d %s", a.status, a.body)
	}
	began := morning().Add(5 * time.Minute).Format(time.RFC3339)
	want := fmt.Sprintf("map[by:housekeeping since:%s stat:false state:in_progress]", began)
	if changed := board.nextOfType("bed_status_change"); fmt.Sprint(
		changed.sub("data")["cleaning"]) != want {
		t.Errorf("the board is told %v, want %s", changed, want)
	}
	if now := toCleanOf(t, list.nextObject()); now[0]["state"] != "in_progress" ||
		now[0]["by"] != "housekeeping" || now[0]["since"] != began {
		t.Errorf("a bed that is being cleaned is listed as %v", now)
	}
	var page object
	h.get(fmt.Sprintf("/beds/%d/", bed.ID), nurse, program).json(&page)
	if fmt.Sprint(page["cleaning"]) != want {
		t.Errorf("the bed's page says %v, want %s", page["cleaning"], want)
	}

	p := h.post(cleanPath(bed), nurse, program, map[string]any{"step": "start"}).problem(409)
	if p.Code != "cleaning_started" || fmt.Sprint(p.Current["cleaning"]) != want {
		t.Errorf("a second start is refused with %+v", p)
	}
	if a := h.post(cleanPath(bed), cleaner, program, map[string]any{"step": "done"}); a.status != 204 {
		t.Fatalf("done is answered %d %s", a.status, a.body)
	}
	change := board.nextOfType("bed_status_change")
	if _, has := change.sub("data")["cleaning"]; has || change["status"] != "available" {
		t.Errorf("the board is told %v, want a bed that is available and not in cleaning", change)
	}
	if left := toCleanOf(t, list.nextObject()); len(left) != 0 {
		t.Errorf("still to clean: %v", left)
	}
}

func TestARefusedStepOfCleaningSaysWhy(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{beds: 3})
	cleaner, manager := h.token("housekeeping"), h.token("ward_management")
	dirty, occupied := h.bed(h.a, 1), h.bed(h.a, 2)
	h.setBed(dirty.ID, hospital.BedCleaning)
	h.admit("Uwase Marie", occupied.ID)
	before := h.contents()
	for _, c := range []struct {
		what, token string
		path        string
		fields      map[string]any
		status      int
		code        string
	}{
		{"a bed with a patient", cleaner, cleanPath(occupied), map[string]any{"step": "start"}, 409,
			"bed_not_to_clean"},
		{"done before start", cleaner, cleanPath(dirty), map[string]any{"step": "done"}, 409,
			"cleaning_not_started"},
		{"an outdated view", cleaner, cleanPath(dirty), map[string]any{"step": "start", "version": 1},
			409, "bed_outdated"},
		{"no step", cleaner, cleanPath(dirty), map[string]any{}, 422, "fields"},
		{"a step that there is not", cleaner, cleanPath(dirty), map[string]any{"step": "polish"}, 422,
			"fields"},
		{"a field that there is not", cleaner, cleanPath(dirty), map[string]any{"step": "start",
			"state": "dirty"}, 422, "fields"},
		{"no such bed", cleaner, "/beds/4711/clean", map[string]any{"step": "start"}, 404,
			"bed_unknown"},
	} {
		p := h.post(c.path, c.token, program, c.fields).problem(c.status)
		if p.Code != c.code {
			t.Errorf("%s is refused as %s, want %s: %s", c.what, p.Code, c.code, p.Detail)
		}
		if strings.Contains(fmt.Sprint(p), "Uwase") {
			t.Errorf("%s: who cleans is told of a patient: %+v", c.what, p)
		}
	}
	if h.contents() != before {
		t.Error("a refused step changed the database")
	}
	h.post(cleanPath(dirty), cleaner, program, map[string]any{"step": "stat"}).problem(403)
	if a := h.post(cleanPath(dirty), manager, program,
		map[string]any{"step": "stat"}); a.status != 204 {
		t.Errorf("ward management's stat is answered %d %s", a.status, a.body)
	}
}

// TestTheListOfBedsToCleanWithoutJavaScript goes through the cleaning of a bed by the page's forms.
func TestTheListOfBedsToCleanWithoutJavaScript(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{beds: 2})
	h.setBed(h.bed(h.a, 1).ID, hospital.BedCleaning)
	cleaner := h.token("housekeeping")
	step := func() answer {
		t.Helper()
		form := h.get("/dashboard/housekeeping/", cleaner, browser).html().Find("#to-clean form")
		fields := url.Values{}
		for _, field := range form.Find("[name]").EachIter() {
			fields.Set(field.AttrOr("name", ""), field.AttrOr("value", ""))
		}
		return h.post(form.AttrOr("action", ""), cleaner, browser, fields)
	}
	for _, want := range []string{"in_progress", ""} {
		if led := step().led(); led != "/dashboard/housekeeping/" {
			t.Errorf("a step leads to %s", led)
		}
		row := h.get("/dashboard/housekeeping/", cleaner, browser).html().Find("#to-clean > li")
		if got := strings.TrimPrefix(row.AttrOr("class", ""), "to-clean "); got != want {
			t.Errorf("after the step the bed is %q, want %q", got, want)
		}
	}
	if free := h.bed(h.a, 1); free.Status != hospital.BedAvailable {
		t.Errorf("in the end the bed is %s", free.Status)
	}
	refused := h.post(cleanPath(h.bed(h.a, 1)), cleaner, browser, url.Values{"step": {"start"}})
	if said := refused.html().Find(".housekeeping > .refusal").Text(); refused.status != 409 ||
		!strings.Contains(said, "A-01") {
		t.Errorf("a refused form shows %d, %q", refused.status, said)
	}
	part := h.post(cleanPath(h.bed(h.a, 1)), cleaner, htmx, url.Values{"step": {"start"}})
	if said := part.html().Find("body > .refusal").Text(); part.status != 409 ||
		!strings.Contains(said, "A-01") {
		t.Errorf("a live page is told %d, %q", part.status, said)
	}
}

func TestABedIsCleanedFromItsPanelToo(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{beds: 2})
	bed := h.bed(h.a, 1)
	h.setBed(bed.ID, hospital.BedCleaning)
	path := fmt.Sprintf("/beds/%d/", bed.ID)
	for role, want := range map[string]string{"medical_staff": "start",
		"ward_management": "start stat"} {
		var steps []string
		buttons := h.get(path, h.token(role),
			browser).html().Find(`form[action="` + path + `clean"] button`)
		for _, button := range buttons.EachIter() {
			steps = append(steps, button.AttrOr("value", ""))
		}
		if got := strings.Join(steps, " "); got != want {
			t.Errorf("%s is offered %q, want %q", role, got, want)
		}
	}
	nurse := h.token("medical_staff")
	if led := h.post(path+"clean", nurse, browser, url.Values{"step": {"start"}}).led(); led != path {
		t.Errorf("a step from the panel leads to %s", led)
	}
	refused := h.post(path+"clean", nurse, browser, url.Values{"step": {"start"}})
	if said := refused.html().Find(".panel .alert").Text(); refused.status != http.StatusConflict ||
		!strings.Contains(said, "medical_staff") {
		t.Errorf("a refused step shows %d, %q", refused.status, said)
	}
}

// TestWhoCleansReadsNothingOfPatients, wherever they ask.
func TestWhoCleansReadsNothingOfPatients(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{beds: 2})
	admission := h.admit("Uwase Marie", h.bed(h.a, 2).ID)
	h.setBed(h.bed(h.a, 1).ID, hospital.BedCleaning)
	cleaner := h.token("housekeeping")
	for _, path := range []string{fmt.Sprintf("/wards/%d/", h.a.ID),
		fmt.Sprintf("/beds/%d/", h.bed(h.a, 1).ID),
		fmt.Sprintf("/admissions/%d/", admission.ID), "/dashboard/medical_staff/",
		"/dashboard/kitchen/"} {
		if a := h.get(path, cleaner, program); a.status != http.StatusForbidden {
			t.Errorf("GET %s is answered %d", path, a.status)
		}
	}
	for _, as := range []audience{program, browser} {
		if a := h.get("/dashboard/housekeeping/", cleaner, as); a.status != 200 ||
			strings.Contains(a.body, "Uwase") {
			t.Errorf("their own page is answered %d, or names a patient: %s", a.status, a.body)
		}
	}
}
