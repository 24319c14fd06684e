package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

func TestAHospitalsWardsAreMadeByAProgram(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{beds: 1})
	admin, manager := h.token("admin"), h.token("ward_management")
	fields := map[string]any{"code": "MAT", "name": "Maternity", "block": "C1", "position": 3,
		"sex": "female", "speciality": "Obstetrics", "is_open": false}
	key := http.Header{"Idempotency-Key": {"maternity"}}
	var made answer
	for range 2 { // a program that got no answer asks again
		made = h.ask(question{method: "POST", path: "/wards", as: program, token: admin,
			fields: fields, header: key})
		if made.status != http.StatusCreated {
			t.Fatalf("add a ward: %d %s", made.status, made.body)
		}
	}
	ward := parseObject(t, made.body)
	for key, want := range fields {
		if fmt.Sprint(ward[key]) != fmt.Sprint(want) {
			t.Errorf("the ward has %s %v, want %v", key, ward[key], want)
		}
	}
	path := fmt.Sprintf("/wards/%d", ward.int("id"))
	if got := made.header.Get("Location"); got != path+"/" {
		t.Errorf("it is at %q", got)
	}
	added := h.post(path+"/beds", manager, program,
		map[string]any{"numbers": []string{"MAT-1..MAT-3", "MAT-7"}})
	if added.status != http.StatusCreated {
		t.Fatalf("add beds: %d %s", added.status, added.body)
	}
	beds := parseObject(t, added.body)["beds"].([]any)
	if first := object(beds[0].(map[string]any)); len(beds) != 4 || first["bed_number"] != "MAT-1" ||
		first["status"] != "available" {
		t.Errorf("the beds are %v", beds)
	}
	change := map[string]any{"name": "Mothers", "is_open": true, "version": ward.int("version")}
	if got := h.post(path, manager, program, change); got.status != http.StatusNoContent {
		t.Fatalf("open and rename: %d %s", got.status, got.body)
	}
	p := h.post(path, manager, program, change).problem(http.StatusConflict)
	if p.Code != "ward_outdated" || p.Current["name"] != "Mothers" || len(p.Changes) != 2 {
		t.Errorf("who saw an older ward gets %+v", p)
	}
	retired := object(beds[3].(map[string]any))
	retire := fmt.Sprintf("/beds/%d/retire", retired.int("id"))
	if got := h.post(retire, manager, program,
		map[string]any{"reason": "broken"}); got.status != http.StatusNoContent {
		t.Fatalf("retire: %d %s", got.status, got.body)
	}
	again := h.post(retire, manager, program, nil).problem(http.StatusConflict)
	if again.Code != "bed_retired" {
		t.Errorf("retire it again: %+v", again)
	}
	wards := parseObject(t, h.get("/wards/", manager, program).body)["wards"].([]any)
	last := object(wards[2].(map[string]any))
	if last["code"] != "MAT" || last["is_open"] != true || last.int("total_beds") != 3 ||
		len(last["beds"].([]any)) != 3 {
		t.Errorf("the last of the wards is %v", last)
	}
	gone := object(last["retired_beds"].([]any)[0].(map[string]any))
	if gone["bed_number"] != "MAT-7" || gone["reason"] != "broken" ||
		gone["retired_by"] != "ward_management" {
		t.Errorf("the retired bed is %v", gone)
	}
}

// Whoever watches a ward's board sees at once what is done to its beds.
func TestTheBoardOfAWardFollowsWhatItsBedsBecome(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{beds: 2})
	manager := h.token("ward_management")
	watching := h.watch(fmt.Sprintf("/ws/ward/%d/", h.a.ID), manager)
	watching.nextOfType("ward_status")
	bed := fmt.Sprintf("/beds/%d", h.bed(h.a, 1).ID)
	for _, c := range []struct {
		path   string
		fields map[string]any
		want   string
	}{
		{fmt.Sprintf("/wards/%d/beds", h.a.ID), map[string]any{"count": 1}, "A-01 A-02 A-03 "},
		{bed, map[string]any{"bed_number": "A-09"}, "A-02 A-03 A-09 "},
		{bed, map[string]any{"ward_id": h.b.ID}, "A-02 A-03 "},
		{bed, map[string]any{"ward_id": h.a.ID}, "A-02 A-03 A-09 "},
		{bed + "/retire", map[string]any{"reason": "broken"}, "A-02 A-03 "},
	} {
		h.post(c.path, manager, program, c.fields)
		shown := ""
		for _, bed := range watching.nextOfType("ward_status").sub("data")["beds"].([]any) {
			shown += fmt.Sprint(bed.(map[string]any)["bed_number"], " ")
		}
		if shown != c.want {
			t.Errorf("%s %v: the board shows %s, want %s", c.path, c.fields, shown, c.want)
		}
	}
}

func TestARefusedChangeOfAWardSaysWhoIsInside(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	manager := h.token("ward_management")
	bed := h.bed(h.a, 2)
	h.admit("Uwase Marie", bed.ID)
	before := h.contents()
	for _, c := range []struct {
		path   string
		fields map[string]any
		code   string
	}{
		{fmt.Sprintf("/wards/%d", h.a.ID), map[string]any{"is_open": false}, "ward_occupied"},
		{fmt.Sprintf("/beds/%d", bed.ID), map[string]any{"ward_id": h.b.ID}, "bed_not_empty"},
		{fmt.Sprintf("/beds/%d/retire", bed.ID), map[string]any{}, "bed_not_empty"},
	} {
		p := h.post(c.path, manager, program, c.fields).problem(http.StatusConflict)
		if p.Code != c.code || !strings.Contains(p.Detail, "Uwase Marie") || p.Current == nil {
			t.Errorf("%s %v gets %+v", c.path, c.fields, p)
		}
	}
	if h.contents() != before {
		t.Error("what was refused has changed something")
	}
}

// A page of many forms shows what a person asks to change, so that it stays small where a hospital
// has a thousand wards, and leads to the rest by links.
func TestThePagesOfManyFormsHaveThoseThatAreAskedFor(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{beds: 2})
	admin := h.token("admin")
	bed := h.bed(h.a, 1).ID
	ward := fmt.Sprintf("/wards/?ward=%d", h.a.ID)
	for _, c := range []struct {
		path  string
		forms int // of the things, besides the one that adds one
		links string
	}{
		{"/wards/", 0, fmt.Sprintf(`a[href^="/wards/?ward=%d"]`, h.a.ID)},
		{ward, 4, fmt.Sprintf(`a[href^="/wards/?ward=%d&bed=%d"]`, h.a.ID, bed)},
		{fmt.Sprintf("%s&bed=%d", ward, bed), 6, fmt.Sprintf(`a[href="/wards/%d/"]`, h.a.ID)},
		{"/meals/", 0, `a[href^="/meals/?meal=lunch"]`},
		{"/meals/?meal=lunch", 1, `a[href^="/meals/?sequence=lunch"]`},
		{"/meals/?sequence=lunch", 1, `a[href^="/meals/?meal=lunch"]`},
	} {
		main := h.get(c.path, admin, browser).html().Find("main")
		if got := main.Find("form").Length() - 1; got != c.forms || main.Find(c.links).Length() == 0 {
			t.Errorf("%s has %d forms, want %d, and %d links to %s", c.path, got, c.forms,
				main.Find(c.links).Length(), c.links)
		}
	}
}

// Where a page has many forms, the refused one says so, with what it is about, and has the focus.
func TestARefusalStandsInTheFormThatWasRefused(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{beds: 2})
	admin, manager := h.token("admin"), h.token("ward_management")
	h.admit("Uwase Marie", h.bed(h.a, 1).ID)
	stew := h.dish("Stew", "hot").ID
	user := h.signedIn(manager).UserID
	zone := parseObject(t, h.post("/zones", admin, program,
		map[string]any{"name": "Block Z", "charge": 0}).body).int("id")
	ward, bed := fmt.Sprintf("/wards/%d", h.a.ID), fmt.Sprintf("/beds/%d", h.bed(h.a, 2).ID)
	taken, back := map[string]any{"code": h.b.Code, "name": "x"}, ward+"/"
	for _, c := range []struct {
		who, path string
		fields    map[string]any
		about     string
	}{
		{admin, ward, taken, h.a.Name},
		{manager, ward, map[string]any{"is_open": false}, h.a.Name},
		{manager, ward + "/beds", map[string]any{"numbers": "A-01"}, h.a.Name},
		{manager, ward + "/move", map[string]any{"step": "up", "version": 99}, h.a.Name},
		{manager, bed, map[string]any{"bed_number": "a 2", "back": back}, "A-02"},
		{manager, bed + "/retire", map[string]any{"version": 99, "back": back}, "A-02"},
		{admin, "/wards", map[string]any{"code": ""}, ""},
		{admin, "/meals/lunch", map[string]any{"serve_at": "4 pm"}, "Lunch"},
		{admin, "/meals/lunch/sequence", map[string]any{"ward_ids": []int64{h.a.ID, h.b.ID},
			"offset_minutes": []string{"15", "9999"}}, "Lunch"},
		{admin, "/meals", map[string]any{"code": ""}, ""},
		{admin, fmt.Sprintf("/zones/%d", zone), map[string]any{"name": ""}, "Block Z"},
		{admin, fmt.Sprintf("/dishes/%d", stew), map[string]any{"name_en": ""}, "Stew"},
		{admin, fmt.Sprintf("/dishes/%d/sold-out", stew), map[string]any{"until": "x"}, "Stew"},
		{admin, fmt.Sprintf("/users/%d", user), map[string]any{"username": "a b"}, ""},
		{admin, fmt.Sprintf("/users/%d", user), map[string]any{"disabled": "x"}, ""},
		{admin, "/menu/plan", map[string]any{"days": "99"}, ""},
	} {
		refused := h.post(c.path, c.who, browser, c.fields)
		doc := refused.html()
		alert := doc.Find(".refusal")
		if refused.status < 400 || alert.Length() != 1 || !strings.Contains(alert.Text(), c.about) {
			t.Errorf("%s %v: %d, the refusals are %q", c.path, c.fields, refused.status, alert.Text())
			continue
		}
		if _, focused := alert.Attr("autofocus"); !focused {
			t.Errorf("%s %v: the refusal has no focus", c.path, c.fields)
		}
		if alert.Closest(".card").Length() == 0 {
			t.Errorf("%s %v: the refusal stands far from its form", c.path, c.fields)
		}
		alert.Find("a").Each(func(_ int, a *goquery.Selection) {
			if to := a.AttrOr("href", ""); doc.Find(to).Length() != 1 {
				t.Errorf("%s %v: the refusal leads to %s, which the page lacks", c.path, c.fields, to)
			}
		})
		if c.fields["offset_minutes"] != nil {
			typed := doc.Find(fmt.Sprintf("#turns-lunch-%d", h.b.ID)).AttrOr("value", "")
			if typed != "9999" {
				t.Errorf("the minutes that were typed are %q", typed)
			}
		}
	}
}

// A person changes all of it with plain forms.
func TestAPersonLooksAfterWardsOnOnePage(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{beds: 2})
	manager := h.token("ward_management")
	bed := h.bed(h.a, 2)
	h.admit("Uwase Marie", h.bed(h.a, 1).ID)

	list := h.get("/wards/", manager, browser).html()
	if got := list.Find(".all-wards > li").Length(); got != 2 {
		t.Errorf("the page shows %d wards", got)
	}
	if list.Find(`form[action="/wards"]`).Length() > 0 {
		t.Error("who may add no ward is offered it")
	}
	one := fmt.Sprintf("/wards/?ward=%d", h.a.ID)
	ward := h.get(one, manager, browser).html()
	if said := ward.Find(".inside").Text(); !strings.Contains(said, "Uwase Marie") {
		t.Errorf("the page does not say who is inside: %q", said)
	}
	if got := ward.Find(".beds-in-care > li").Length(); got != 2 {
		t.Errorf("the ward's beds are %d", got)
	}
	refused := h.ask(question{method: "POST", path: fmt.Sprintf("/beds/%d", bed.ID), as: browser,
		token: manager, fields: map[string]any{"bed_number": "a 2", "ward_id": h.a.ID,
			"back": fmt.Sprintf("/wards/%d/", h.a.ID)}})
	page := refused.html()
	form := fmt.Sprintf("#bed-of-%d-bed_number", bed.ID)
	if refused.status != http.StatusUnprocessableEntity ||
		page.Find(form).AttrOr("value", "") != "a 2" ||
		page.Find(form+"-error").Length() != 1 {
		t.Errorf("a wrong number: %d, %q", refused.status, page.Find(".alert").Text())
	}
	for _, c := range []struct {
		path   string
		fields map[string]any
		leads  string
	}{
		{fmt.Sprintf("/beds/%d", bed.ID), map[string]any{"bed_number": "A-22",
			"features": []string{"", "oxygen"}, "back": fmt.Sprintf("/wards/%d/", h.a.ID)}, "saved="},
		{fmt.Sprintf("/wards/%d", h.a.ID), map[string]any{"name": "Medicine 2"}, "saved="},
		{fmt.Sprintf("/wards/%d/move", h.a.ID), map[string]any{"step": "down"}, "#"},
		{fmt.Sprintf("/wards/%d/beds", h.a.ID),
			map[string]any{"numbers": "A-30; A-31,A-33..A-34", "count": ""}, "ward="},
		{fmt.Sprintf("/beds/%d/retire", bed.ID), map[string]any{"reason": "broken",
			"back": fmt.Sprintf("/wards/%d/", h.a.ID)}, "ward="},
	} {
		got := h.ask(question{method: "POST", path: c.path, as: browser, token: manager,
			fields: c.fields})
		to := got.header.Get("Location")
		if got.status != http.StatusSeeOther || !strings.HasPrefix(to, "/wards/") ||
			!strings.Contains(to, c.leads) {
			t.Fatalf("%s: %d to %q: %.300s", c.path, got.status, to, got.body)
		}
		at, _ := url.Parse(to)
		if doc := h.get(to, manager, browser).html(); doc.Find("#"+at.Fragment).Length() != 1 {
			t.Errorf("%s leads to %s, which the page lacks", c.path, to)
		}
	}
	var numbers []string
	summaries := h.get(one, manager, browser).html().Find(".beds-in-care .bed-line b")
	summaries.Each(func(_ int, b *goquery.Selection) { numbers = append(numbers, b.Text()) })
	if want := []string{"A-01", "A-30", "A-31", "A-33", "A-34"}; !slices.Equal(numbers, want) {
		t.Errorf("the ward has %v, want %v", numbers, want)
	}
	own := h.get(fmt.Sprintf("/beds/%d/", bed.ID), manager, browser).html()
	if said := own.Find(".panel").Text(); !strings.Contains(said, "This bed is retired.") {
		t.Errorf("the bed's own page says %q", said)
	}
}
