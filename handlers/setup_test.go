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

// lacks is what GET /setup/ says that the hospital lacks, in short.
func (h *fixture) lacks(token string) (kinds []string) {
	h.t.Helper()
	var setup struct {
		Missing []struct{ Kind, Message string }
	}
	h.get("/setup/", token, program).json(&setup)
	for _, one := range setup.Missing {
		if one.Message == "" {
			h.t.Errorf("%s is said without words", one.Kind)
		}
		kinds = append(kinds, one.Kind)
	}
	return kinds
}

func TestTheSetupTellsWhatNobodyCanEatWhoIsHere(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admin := h.token("admin")
	h.post("/dishes", admin, program, isombe()) // regular and minced, at lunch and dinner
	textures := func() (times int) {
		for _, kind := range h.lacks(admin) {
			if kind == "texture" {
				times++
			}
		}
		return times
	}
	if got := textures(); got != 0 {
		t.Errorf("with nobody here %d meals lack textures", got)
	}
	admission := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
	path := fmt.Sprintf("/admissions/%d/diet", admission.ID)
	h.post(path, admin, program, map[string]any{"texture": 4})
	if got := textures(); got != 2 {
		t.Errorf("somebody needs pureed food, and %d meals lack it, want 2", got)
	}
}

func TestASetupLinkMakesTheFirstAdministratorOnce(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	if page := h.get("/login", "", browser); page.html().Find(".login .alert").Length() != 1 {
		t.Error("the page to sign in does not say that nobody has an account")
	}
	link, err := h.hospital.NewSetupLink(t.Context())
	h.must(err)
	path := "/setup/" + link.Token
	for range 2 { // to look at it uses nothing up
		if page := h.get(path, "", browser); page.html().Find(".progress li").Length() != 5 {
			t.Fatalf("the page has no bar of five steps: %d %.300s", page.status, page.body)
		}
	}
	refused := h.post(path, "", browser, url.Values{"username": {"first"}, "password": {"12345678"}})
	if refused.status != http.StatusUnprocessableEntity ||
		refused.html().Find("#password-username").AttrOr("value", "") != "first" {
		t.Errorf("%d %.300s", refused.status, refused.body)
	}
	begun := h.post(path, "", browser, url.Values{"username": {"first"}, "password": {password},
		"password_again": {password}, "language": {"fr"}})
	if begun.led() != "/setup/hospital/" {
		t.Errorf("led to %q", begun.led())
	}
	first := h.token("first")
	if role := h.ownAccount(first).Role; role != "admin" {
		t.Errorf("the first account is of the role %s", role)
	}
	for _, method := range []string{"GET", "POST"} {
		h.ask(question{method: method, path: path, as: program,
			fields: map[string]any{"username": "second", "password": password}}).
			problem(http.StatusNotFound)
	}
	if page := h.get("/login", "", browser); page.html().Find(".login .alert").Length() != 0 {
		t.Error("the page to sign in says still that nobody has an account")
	}
}

func TestAHospitalSaysWhatItLacksUntilAllIsThere(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admin := h.token("admin")
	if got := fmt.Sprint(h.lacks(admin)); got != "[dish login login login]" {
		t.Errorf("an empty hospital lacks %s", got)
	}
	for _, path := range []string{"/users/", "/dashboard/medical_staff/",
		"/dashboard/ward_management/"} {
		if page := h.get(path, admin, browser); page.html().Find(".missing li").Length() != 4 {
			t.Errorf("%s does not say what is missing", path)
		}
	}
	h.employ(hospital.MedicalStaff, hospital.KitchenStaff, hospital.DeliveryStaff)
	dish := h.dish("Rice", hospital.Stations[0])
	if got := h.lacks(admin); len(got) != 0 {
		t.Errorf("with a dish for everybody the hospital lacks %v", got)
	}
	dish.Diets = dish.Diets[1:]
	_, err := h.hospital.SetDish(t.Context(), actor(hospital.Admin), dish)
	h.must(err)
	if got := fmt.Sprint(h.lacks(admin)); got != "[diet diet diet]" {
		t.Errorf("without a dish for one diet the hospital lacks %s", got)
	}
	if page := h.get("/dashboard/medical_staff/", h.token("medical_staff"), browser); page.html().
		Find(".missing").Length() != 0 {
		t.Error("a nurse is told what is missing")
	}
}

func TestWardsAreSetUpFromAList(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admin := h.token("admin")
	post := func(list string) answer {
		return h.post("/setup/wards", admin, browser, url.Values{"wards": {list}})
	}
	added := post("MED-A\tMedicine, women\t3\tB1\r\n\nped\tPaediatrics\t2\n")
	if added.led() != "/setup/meals/" {
		t.Errorf("led to %q", added.led())
	}
	post("\nCode;Name;Beds\nSURG; Surgery; 1")
	post("URG, Emergency, 0")
	wards, err := h.hospital.Wards(t.Context(), hospital.System)
	h.must(err)
	beds := map[string]int{}
	for _, ward := range wards {
		board, err := h.hospital.WardBoard(t.Context(), hospital.System, ward.ID)
		h.must(err)
		beds[ward.Code] = len(board.Beds)
	}
	if want := "map[A:8 B:8 MED-A:3 PED:2 SURG:1 URG:0]"; fmt.Sprint(beds) != want {
		t.Errorf("the wards have %v beds, want %s", beds, want)
	}
	before := h.contents()
	for list, want := range map[string]string{
		"": "at least one", "NEW; New; 3\n\nMED-A; Again; 2": "Line 3:", "NEW; New; many": "Line 1:",
		"NEW": "Line 1:", "NEW; New; 3; B1; more": "Line 1:", "NEW; ; 3": "Line 1:",
		"NEW; New; 501": "Line 1:", "Code; Name; Beds": "at least one",
		"Code; Name; Beds\nNEW; New; 1\nCode; Name; Beds": "Line 3:",
	} {
		refused := post(list)
		said := refused.html().Find("#ward-form-wards-error").Text()
		if refused.status != 422 || !strings.Contains(said, want) {
			t.Errorf("%q is refused with %d %q, want %q", list, refused.status, said, want)
		}
	}
	if h.contents() != before {
		t.Error("a list that is refused has added something")
	}
}

// TestWhatIsMissingLeadsToWhereItIsAdded: not to a step that can't.
func TestWhatIsMissingLeadsToWhereItIsAdded(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admin := h.token("admin")
	leads := func() string {
		page := h.get("/setup/", admin, browser)
		return page.html().Find(".missing li a").First().AttrOr("href", "")
	}
	if got := leads(); got != "/setup/menu/" {
		t.Errorf("a missing dish leads to %q", got)
	}
	dish := h.dish("Rice", hospital.Stations[0])
	dish.Diets = dish.Diets[1:]
	_, err := h.hospital.SetDish(t.Context(), actor(hospital.Admin), dish)
	h.must(err)
	if got := leads(); got != "/dishes/?view=matrix" {
		t.Errorf("a missing diet leads to %q", got)
	}
	for _, ward := range []hospital.Ward{h.a, h.b} {
		h.post(fmt.Sprintf("/wards/%d", ward.ID), admin, program, map[string]any{"is_open": false})
	}
	if got := leads(); got != "/setup/wards/" {
		t.Errorf("a missing ward leads to %q", got)
	}
	if page := h.get("/setup/wards/", admin, browser); page.html().
		Find(`main a[href="/wards/"]`).Length() != 1 {
		t.Error("the step of the wards leads nowhere where one is opened")
	}
	_, err = h.hospital.AddWard(t.Context(), hospital.System,
		hospital.AddWardCommand{Code: "NEW", Name: "New"})
	h.must(err)
	if got := leads(); got != "/wards/" {
		t.Errorf("a missing bed leads to %q", got)
	}
}

func TestAMenuBeginsWithTheSampleOrEmpty(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admin := h.token("admin")
	post := func(start string) answer {
		return h.post("/setup/menu", admin, browser, url.Values{"start": {start}})
	}
	dishes := func() int {
		all, err := h.hospital.Dishes(t.Context(), hospital.System)
		h.must(err)
		return len(all)
	}
	if got := post("perhaps"); got.status != http.StatusUnprocessableEntity || dishes() != 0 {
		t.Errorf("%d, and %d dishes", got.status, dishes())
	}
	if got := post("empty"); got.led() != "/setup/" || dishes() != 0 {
		t.Errorf("led to %q with %d dishes", got.led(), dishes())
	}
	h.dish("Umuceri", hospital.Stations[0])
	post("sample")
	once := dishes()
	post("sample")
	if once < 20 || dishes() != once {
		t.Errorf("the sample has %d dishes, and twice %d", once, dishes())
	}
	for _, kind := range h.lacks(admin) {
		if kind == "diet" || kind == "dish" {
			t.Errorf("with the sample the hospital lacks a %s", kind)
		}
	}
}

func TestTheHospitalIsNamedInTheSecondStep(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admin := h.token("admin")
	post := func(fields url.Values) answer { return h.post("/setup/hospital", admin, browser, fields) }
	refused := post(url.Values{"time_zone": {"Africa/Nowhere"}})
	if refused.status != 422 || refused.html().Find("#settings-time_zone-error").Length() != 1 {
		t.Errorf("%d %.300s", refused.status, refused.body)
	}
	named := post(url.Values{"hospital_name": {"St. John's"}, "time_zone": {"America/St_Johns"},
		"currency": {"EUR"}, "languages[]": {"", "en", "fr"}, "default_language": {"fr"}})
	if named.led() != "/setup/wards/" {
		t.Errorf("led to %q", named.led())
	}
	now, err := h.hospital.Settings(t.Context())
	h.must(err)
	if now.HospitalName != "St. John's" || now.TimeZone != "America/St_Johns" ||
		now.Currency != "EUR" || fmt.Sprint(now.Languages) != "[en fr]" || now.DefaultLanguage != "fr" {
		t.Errorf("the settings are %+v", now)
	}
	h.post("/setup/menu", admin, browser, url.Values{"start": {"sample"}})
	dishes, err := h.hospital.Dishes(t.Context(), hospital.System)
	h.must(err)
	if len(dishes) == 0 || dishes[0].Price != 0 {
		t.Errorf("%d dishes of the sample cost francs in a hospital that takes euros", len(dishes))
	}
}

func TestMealsAreSetInOneStep(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admin := h.token("admin")
	post := func(fields url.Values) answer { return h.post("/setup/meals", admin, browser, fields) }
	before := h.contents()
	wrong := post(url.Values{"serve_at_breakfast": {"06:15"}, "serve_at_lunch": {"noon"}})
	if wrong.status != 422 || wrong.html().Find("#new-meal-serve_at_lunch-error").Length() != 1 ||
		h.contents() != before {
		t.Errorf("%d %.300s", wrong.status, wrong.body)
	}
	set := post(url.Values{"serve_at_breakfast": {"06:15"}, "cut_off_minutes_breakfast": {"30"},
		"enabled_breakfast": {"false", "true"}, "enabled_snack": {"false"}})
	if set.led() != "/setup/menu/" {
		t.Errorf("led to %q", set.led())
	}
	now, err := h.hospital.Settings(t.Context())
	h.must(err)
	breakfast, snack := now.Meal(hospital.Breakfast), now.Meal(hospital.Snack)
	if breakfast.Serve != 6*time.Hour+15*time.Minute || breakfast.CutOff != 30*time.Minute ||
		!breakfast.Enabled || snack.Enabled {
		t.Errorf("breakfast is %+v, and a snack %+v", breakfast, snack)
	}
	before = h.contents()
	late := post(url.Values{"serve_at_dinner": {"19:00"}, "version_dinner": {"1"},
		"serve_at_breakfast": {"08:00"}, "version_breakfast": {"1"}})
	stands := late.html().Find(`[name="version_breakfast"]`).AttrOr("value", "")
	if late.status != http.StatusConflict || stands != "2" || h.contents() != before {
		t.Errorf("who saw another breakfast gets %d, with version %s to apply it again",
			late.status, stands)
	}
}
