package handlers_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"dusangire/hospital"
)

// isombe is a dish as a program sends it.
func isombe() map[string]any {
	return map[string]any{"name_en": "Isombe", "name_fr": "Feuilles de manioc", "meals": []string{"lunch", "dinner"},
		"station": "hot", "allergens": []string{"peanut"}, "may_contain": []string{"fish"},
		"diets": []string{"general", "renal"}, "textures": []int{7, 5}, "energy_kcal": 310, "protein_g": 12,
		"carbohydrate_g": 18, "fat_g": 21, "sodium_mg": 420, "potassium_mg": 800, "price": 1500}
}

func TestADishIsAddedChangedAndRetiredByAProgram(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	token := h.token("kitchen")
	send := func() answer {
		return h.ask(question{method: http.MethodPost, path: "/dishes", as: program, token: token, fields: isombe(),
			header: http.Header{"Idempotency-Key": {"k1"}}})
	}
	added := send()
	if added.status != http.StatusCreated {
		t.Fatalf("%d %s", added.status, added.body)
	}
	o := parseObject(t, added.body)
	path := fmt.Sprintf("/dishes/%d/", o.int("id"))
	if got := added.header.Get("Location"); got != path {
		t.Errorf("Location is %q, want %q", got, path)
	}
	for field, want := range map[string]string{"name_en": "Isombe", "name_fr": "Feuilles de manioc", "name_rw": "",
		"meals": "[lunch dinner]", "station": "hot", "allergens": "[peanuts]", "may_contain": "[fish]",
		"diets": "[general renal]", "textures": "[5 7]", "energy_kcal": "310", "protein_g": "12",
		"carbohydrate_g": "18", "fat_g": "21", "sodium_mg": "420", "potassium_mg": "800", "price": "1500",
		"available": "true", "sold_out_until": "<nil>", "substitute_id": "<nil>",
		"retired_at": "<nil>", "version": "1"} {
		if got := fmt.Sprint(o[field]); got != want {
			t.Errorf("%s is %s, want %s", field, got, want)
		}
	}
	if again := parseObject(t, send().body); again.int("id") != o.int("id") {
		t.Errorf("the same key made another dish: %v", again)
	}
	change := map[string]any{"price": 1600, "allergens": []string{}, "available": false, "version": 1}
	if got := h.post(strings.TrimSuffix(path, "/"), token, program, change); got.status != http.StatusNoContent {
		t.Fatalf("%d %s", got.status, got.body)
	}
	after := parseObject(t, h.get(path, token, program).body)
	if after.int("price") != 1600 || fmt.Sprint(after["allergens"]) != "[]" || after["available"] != false ||
		after["name_fr"] != "Feuilles de manioc" || after.int("version") != 2 {
		t.Errorf("a field that is not sent stays: %v", after)
	}
	late := h.post(path, token, program, change)
	p := late.problem(http.StatusConflict)
	if p.Code != "dish_outdated" || !strings.Contains(late.body, `"field":"price","from":1500,"to":1600`) ||
		!strings.Contains(late.body, `"current":{"id":`) {
		t.Errorf("who saw an older version is told what has changed: %s", late.body)
	}
	if got := h.post(path+"retire", token, program, map[string]any{"version": 2}); got.status != http.StatusNoContent {
		t.Fatalf("%d %s", got.status, got.body)
	}
	var listed struct{ Dishes []object }
	if h.get("/dishes/", token, program).json(&listed); listed.Dishes == nil || len(listed.Dishes) > 0 {
		t.Errorf("a retired dish is no longer listed: %v", listed)
	}
	after = parseObject(t, h.get(path, token, program).body)
	history, _ := after["history"].([]any)
	if after["retired_at"] == nil || len(history) != 3 {
		t.Errorf("a retired dish can still be read, with its history: %v", after)
	}
	if got := h.post(path, token, program, map[string]any{"price": 1}).problem(http.StatusConflict); got.Code != "dish_retired" {
		t.Errorf("changing it is refused by %q", got.Code)
	}
	if got := h.post(path+"restore", token, program, nil); got.status != http.StatusNoContent {
		t.Errorf("%d %s", got.status, got.body)
	}
	if h.get("/dishes/?meal=lunch&station=hot", token, program).json(&listed); len(listed.Dishes) != 1 {
		t.Errorf("brought back it is listed: %v", listed)
	}
	if h.get("/dishes/?meal=breakfast", token, program).json(&listed); len(listed.Dishes) != 0 {
		t.Errorf("at breakfast there is %v", listed)
	}
}

func TestEachWrongFieldOfADishIsNamed(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	token := h.token("kitchen")
	standing := h.dish("Rice", "hot")
	before := h.contents()
	wrong := func(path string, fields map[string]any) []string {
		errors := h.post(path, token, program, fields).problem(http.StatusUnprocessableEntity).Errors
		return slices.Sorted(maps.Keys(errors))
	}
	if got, want := wrong("/dishes", map[string]any{}), []string{"diets", "meals", "name_en", "textures"}; !slices.Equal(got, want) {
		t.Errorf("where nothing is said wrong are %v, want %v", got, want)
	}
	for why, sent := range map[string]map[string]any{
		"choices that there are not": {"meals": []string{"brunch"}, "station": "bar", "allergens": []string{"cats"},
			"may_contain": []string{"dogs"}, "diets": []string{"vegan"}, "textures": []int{8}},
		"lists of nothing":      {"meals": []string{}, "diets": "", "textures": []int{}},
		"amounts that are none": {"energy_kcal": "much", "fat_g": 1.5, "price": "", "sodium_mg": []int{1, 2}},
		"amounts out of range":  {"protein_g": -1, "potassium_mg": 10_001, "price": 5_000_001},
		"numbers for texts":     {"name_en": 7, "meals": true},
		"names that are none": {"name_en": "…", "name_fr": strings.Repeat("é", hospital.LongestName+1),
			"name_rw": "a\u202eb"},
		"a field that there is not": {"alergens": "milk"},
	} {
		whole := isombe()
		maps.Copy(whole, sent)
		want := slices.Sorted(maps.Keys(sent))
		for path, fields := range map[string]map[string]any{"/dishes": whole,
			fmt.Sprintf("/dishes/%d", standing.ID): sent} {
			if got := wrong(path, fields); !slices.Equal(got, want) {
				t.Errorf("%s, to %s: wrong are %v, want %v", why, path, got, want)
			}
		}
	}
	if h.contents() != before {
		t.Error("a refused dish changed the database")
	}
}

// filled are the values of a form as a browser sends them.
func filled(form *goquery.Selection) url.Values {
	values := url.Values{}
	form.Find("[name]").Each(func(_ int, control *goquery.Selection) {
		name := control.AttrOr("name", "")
		_, checked := control.Attr("checked")
		switch {
		case goquery.NodeName(control) == "select":
			values.Add(name, control.Find("option[selected]").AttrOr("value", ""))
		case control.AttrOr("type", "") != "checkbox" || checked:
			values.Add(name, control.AttrOr("value", ""))
		}
	})
	return values
}

func TestACookKeepsDishesByPlainForms(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	token := h.token("kitchen")
	page := h.get("/dishes/new/", token, browser).html()
	form := filled(page.Find("form.card"))
	form.Set("name_en", "Ugali <b>")
	form["meals[]"] = []string{"", "lunch"}
	refused := h.post("/dishes", token, browser, form)
	again := refused.html()
	if refused.status != http.StatusUnprocessableEntity || again.Find(`#dish-name_en`).AttrOr("value", "") != "Ugali <b>" ||
		again.Find("#dish-diets .error").Length() != 1 || again.Find("#dish-meals-lunch[checked]").Length() != 1 {
		t.Fatalf("what was typed stays, with what is wrong: %d %s", refused.status, refused.body)
	}
	form = filled(again.Find("form.card"))
	form["diets[]"], form["textures[]"] = []string{"", "general", "renal"}, []string{"", "7"}
	added := h.post("/dishes", token, browser, form)
	if added.status != http.StatusSeeOther {
		t.Fatalf("%d %s", added.status, added.body)
	}
	saved := h.get(added.header.Get("Location"), token, browser).html()
	form = filled(saved.Find("form.card").First())
	if saved.Find(".saved").Length() != 1 || form.Get("name_en") != "Ugali <b>" || !slices.Equal(form["diets[]"], []string{"", "general", "renal"}) {
		t.Errorf("it is there: %v", form)
	}
	action, _, _ := strings.Cut(added.header.Get("Location"), "?")
	form.Set("price", "700")
	if got := h.post(action, token, browser, form); got.status != http.StatusSeeOther {
		t.Fatalf("%d %s", got.status, got.body)
	}
	form.Set("price", "800")
	stale := h.post(action, token, browser, form)
	if stale.status != http.StatusConflict || !strings.Contains(stale.html().Find(".changes").Text(), "Price: 0\u00a0RWF, now 700\u00a0RWF") {
		t.Errorf("who saw an older version is told what has changed: %d %s", stale.status, stale.html().Find(".refusal").Text())
	}
	if got := stale.html().Find("#dish-price").AttrOr("value", ""); got != "800" {
		t.Errorf("they keep what they typed: %s", got)
	}
	history := h.get(action, token, browser).html().Find(".history").Text()
	if !strings.Contains(history, "Price: 0\u00a0RWF, then 700\u00a0RWF") || !strings.Contains(history, "Added") {
		t.Errorf("the history is %s", history)
	}
	like := filled(h.get("/dishes/new/?from="+strings.Trim(strings.TrimPrefix(action, "/dishes/"), "/"), token, browser).html().Find("form.card"))
	if like.Get("name_en") != "" || like.Get("price") != "700" || !slices.Equal(like["meals[]"], []string{"", "lunch"}) {
		t.Errorf("a copy begins with all but the names: %v", like)
	}
	retire := filled(h.get(action, token, browser).html().Find(`form[action$="retire"]`))
	if got := h.post(action+"retire", token, browser, retire); got.status != http.StatusSeeOther {
		t.Errorf("%d %s", got.status, got.body)
	}
	list := h.get("/dishes/", token, browser).html()
	if list.Find(".dish-table").Length() != 0 || !strings.Contains(list.Find(".lines").Text(), "Ugali <b>") {
		t.Errorf("it stands among those that are off the menu: %s", list.Find("main").Text())
	}
}
