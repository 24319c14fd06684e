package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestMealsAreReadAndChanged(t *testing.T) {
	h := newFixture(t, settings{})
	cook := h.token("kitchen")
	made := h.post("/meals", cook, program, map[string]any{"code": "tea", "name_en": "Tea",
		"name_fr": "Thé", "serve_at": "16:00", "cut_off_minutes": 30, "main": true, "position": 3})
	if made.status != http.StatusCreated || made.header.Get("Location") != "/meals/" {
		t.Fatalf("a program gets %d: %s", made.status, made.body)
	}
	sequence := h.post("/meals/tea/sequence", cook, program,
		map[string]any{"ward_ids": []int64{h.b.ID, h.a.ID}, "offset_minutes": []int{0, 15}})
	if sequence.status != http.StatusNoContent {
		t.Errorf("the sequence: %d: %s", sequence.status, sequence.body)
	}
	form := url.Values{"name_en": {"Afternoon tea"}, "main": {"false"}, "enabled": {"false", "true"}}
	if got := h.post("/meals/tea", cook, browser, form); got.status != http.StatusSeeOther {
		t.Errorf("a form: %d", got.status)
	}
	var listed struct {
		Meals []struct {
			ID       string `json:"id"`
			Code     string `json:"code"`
			ServeAt  string `json:"serve_at"`
			Main     bool   `json:"main"`
			Enabled  bool   `json:"enabled"`
			Name     string `json:"name_en"`
			Sequence []struct {
				WardID int64 `json:"ward_id"`
				Offset int   `json:"offset_minutes"`
			} `json:"sequence"`
			Version int64 `json:"version"`
		}
	}
	h.get("/meals/", cook, program).json(&listed)
	meals := listed.Meals
	if len(meals) != 6 || meals[3].ID != "tea" || meals[3].Code != "tea" || meals[3].Name != "Afternoon tea" ||
		meals[3].ServeAt != "16:00" || meals[3].Main || !meals[3].Enabled || meals[3].Version != 3 ||
		len(meals[3].Sequence) != 2 || meals[3].Sequence[1].Offset != 15 {
		t.Errorf("the meals are %+v", meals)
	}
	if page := h.get("/meals/?saved=tea", cook, browser); !strings.Contains(page.body, "Afternoon tea") {
		t.Error("the page does not name it")
	}
	turns := url.Values{"ward_ids[]": {"1", "2"}, "offset_minutes[]": {"10", ""}}
	if got := h.post("/meals/tea/sequence", cook, browser, turns); got.status != http.StatusSeeOther {
		t.Errorf("a form of turns: %d", got.status)
	}
	wrong := h.post("/meals/tea", cook, browser, url.Values{"serve_at": {"4 pm"}})
	if wrong.status != http.StatusUnprocessableEntity || !strings.Contains(wrong.body, "12:30") {
		t.Errorf("a time that is none: %d", wrong.status)
	}
	unknown := h.post("/meals/nothing", cook, program, map[string]any{"name_en": "x"})
	if unknown.status != http.StatusNotFound {
		t.Errorf("a meal that there is not: %d", unknown.status)
	}
}
