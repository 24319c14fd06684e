package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"dusangire/hospital"
)

func TestAProgramIsToldWhatHasChangedSinceItsVersion(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse, manager := h.token("medical_staff"), h.token("ward_management")
	admission := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
	path := fmt.Sprintf("/admissions/%d/", admission.ID)
	severe := map[string]any{"allergies": []string{"peanuts"}, "severe": []string{"peanuts"}, "texture": 4, "version": admission.Version}
	if got := h.post(path+"diet", manager, program, severe); got.status == http.StatusNoContent {
		t.Fatal("ward management may order no diets")
	}
	if got := h.post(path+"diet", nurse, program, severe); got.status != http.StatusNoContent {
		t.Fatalf("got %d: %s", got.status, got.body)
	}
	before := h.contents()
	p := h.post(path+"diet", nurse, program, map[string]any{"allergies": []string{"milk"}, "version": admission.Version, "admission_id": admission.ID}).problem(409)
	if p.Code != "stay_outdated" || !strings.HasSuffix(p.Type, ":stay_outdated") || p.Current["version"] != float64(admission.Version+1) {
		t.Errorf("the refusal is %+v", p)
	}
	var stands map[string]any
	if h.get(path, nurse, program).json(&stands); !reflect.DeepEqual(p.Current, stands) {
		t.Errorf("the refusal shows %v, and what stands is %v", p.Current, stands)
	}
	want := map[string][2]any{"texture": {7.0, 4.0}, "allergies": {nil, []any{"peanuts"}}, "severe": {[]any{}, []any{"peanuts"}}}
	for _, c := range p.Changes {
		if !reflect.DeepEqual(want[c.Field], [2]any{c.From, c.To}) || c.By == nil || *c.By != "medical_staff" || c.At != h.clock.Now().UTC().Format(time.RFC3339) {
			t.Errorf("the change of %s is told as %+v", c.Field, c)
		}
		delete(want, c.Field)
	}
	if len(want) > 0 || h.contents() != before {
		t.Errorf("what is not told is %v", want)
	}
}

func TestACommandMeantForAnotherPatientTellsNothingOfThem(t *testing.T) {
	t.Parallel()
	w := newService(t, settings{})
	nurse, cook := w.token("medical_staff"), w.token("kitchen")
	other := w.admitAsked("Mukamana Chantal", w.bed(w.a, 7).ID, "lupin")
	admissionPath := fmt.Sprintf("/admissions/%d/", other.ID)
	meant := func(fields map[string]any) map[string]any { fields["admission_id"] = w.admission.ID; return fields }
	before := w.contents()
	patient := fmt.Sprintf("/patients/%d", other.PatientID)
	commands := admissionCommands(w.fixture, w.admission.ID)
	commands["discharge"] = map[string]any{"outcome": "improved"}
	paths := map[string]map[string]any{
		patient:                {"phone": "0788123456"},
		patient + "/allergies": {"allergies": []string{"eggs"}},
		fmt.Sprintf("/beds/%d/status", w.bed(w.a, 7).ID): {"status": "cleaning"},
	}
	for command, fields := range commands {
		paths[admissionPath+command] = fields
	}
	for path, fields := range paths {
		p := w.post(path, nurse, program, meant(fields)).problem(409)
		if p.Code != "another_patient" || p.Changes == nil || len(p.Changes) > 0 ||
			strings.Contains(fmt.Sprint(p), "lupin") {
			t.Errorf("%s is refused with %+v", path, p)
		}
	}
	step := map[string]any{"admission_id": other.ID}
	delivery := fmt.Sprintf("/deliveries/%d/claim", w.first.ID)
	for path, token := range map[string]string{delivery: w.courier, fmt.Sprintf("/orders/%d/recall", w.first.OrderID): cook} {
		if p := w.post(path, token, program, step).problem(409); p.Code != "another_patient" || p.Current == nil {
			t.Errorf("%s is refused with %+v", path, p)
		}
	}
	if w.contents() != before {
		t.Error("a refused command changed the database")
	}
}

// admissionCommands are the commands on an admission that medical staff may give, each with fields
// that are right by themselves. The empty one is the admission's own.
func admissionCommands(h *fixture, other int64) map[string]map[string]any {
	until := h.clock.Now().Add(time.Hour)
	return map[string]map[string]any{
		"":               {"isolation": "droplet"},
		"transfer":       {"bed_id": h.bed(h.b, 1).ID},
		"plan-discharge": {"expected_discharge": until},
		"diet":           {"allergies": []string{"none"}},
		"cancel":         {"reason": "never came"},
		"reopen":         {"reason": "still here"},
		"undo-transfer":  {},
		"swap":           {"with": other},
		"leave":          {"until": until, "reason": "a wedding"},
		"return":         {},
	}
}

// TestEveryCommandOnAnAdmissionSaysWhatHasChanged since the version that its giver saw, also where
// the admission lacks what the command needs. Of one that is open there is no end to take back,
// whatever else has changed.
func TestEveryCommandOnAnAdmissionSaysWhatHasChanged(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.token("medical_staff")
	seen := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
	other := h.admit("Keza Ange", h.bed(h.a, 2).ID)
	path := fmt.Sprintf("/admissions/%d/", seen.ID)
	h.post(path, nurse, program, map[string]any{"isolation": "contact"})
	before := h.contents()
	for command, fields := range admissionCommands(h, other.ID) {
		fields["version"], fields["admission_id"] = seen.Version, seen.ID
		p := h.post(path+command, nurse, program, fields).problem(409)
		code := "stay_outdated"
		if command == "reopen" {
			code = "stay_open"
		}
		if p.Code != code || p.Current["version"] != float64(seen.Version+1) ||
			len(p.Changes) != 1 || p.Changes[0].Field != "isolation" ||
			p.Changes[0].From != "none" || p.Changes[0].To != "contact" {
			t.Errorf("%q is refused with %+v", command, p)
		}
	}
	if h.contents() != before {
		t.Error("a refused command changed the database")
	}
}

// TestARefusalShowsTheBedAsItsPageDoes: with who lies there, whom those who change beds see on the
// board. Who does not read wards is refused before there is anything to show.
func TestARefusalShowsTheBedAsItsPageDoes(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	taken, free, cleaned := h.bed(h.a, 1), h.bed(h.a, 2), h.bed(h.a, 3)
	there := h.admit("Uwase Marie", taken.ID)
	moved := h.admit("Keza Ange", free.ID)
	h.setBed(cleaned.ID, hospital.BedCleaning)
	status := func(id int64) string { return fmt.Sprintf("/beds/%d/status", id) }
	transfer := fmt.Sprintf("/admissions/%d/transfer", moved.ID)
	for name, c := range map[string]struct {
		bed    int64
		path   string
		fields map[string]any
	}{
		"a step that it lacks": {taken.ID, status(taken.ID), map[string]any{"status": "cleaning"}},
		"another version": {taken.ID, status(taken.ID),
			map[string]any{"status": "cleaning", "version": 99}},
		"another patient": {taken.ID, status(taken.ID),
			map[string]any{"status": "cleaning", "admission_id": moved.ID}},
		"admitted into it": {taken.ID, "/admissions",
			map[string]any{"patient_name": "Ineza Grace", "bed_id": taken.ID}},
		"moved into it": {taken.ID, transfer, map[string]any{"bed_id": taken.ID}},
		"an empty one":  {cleaned.ID, transfer, map[string]any{"bed_id": cleaned.ID}},
		"what it is":    {cleaned.ID, status(cleaned.ID), map[string]any{"status": "cleaning"}},
	} {
		for _, role := range hospital.Roles {
			token := h.token(string(role))
			got := h.post(c.path, token, program, c.fields)
			if !role.May(hospital.ReadWards) {
				if got.problem(http.StatusForbidden).Current != nil || strings.Contains(got.body, "Uwase") {
					t.Errorf("%s: %s is shown %s", name, role, got.body)
				}
				continue
			}
			p := got.problem(http.StatusConflict)
			var page map[string]any
			h.get(fmt.Sprintf("/beds/%d/", c.bed), token, program).json(&page)
			if !reflect.DeepEqual(p.Current, page) {
				t.Errorf("%s: %s is shown %v, and the page is %v", name, role, p.Current, page)
			}
			if c.bed == taken.ID && p.Current["admission_id"] != float64(there.ID) {
				t.Errorf("%s: %s is not told who lies there: %v", name, role, p.Current)
			}
		}
	}
}

func TestJSONShowsTheVersionOfWhatCommandsChange(t *testing.T) {
	t.Parallel()
	w := newService(t, settings{})
	admin := w.token("admin")
	_, err := w.hospital.AddZone(t.Context(), actor(hospital.Admin), hospital.ZoneCommand{Name: "Town"})
	w.must(err)
	bed := w.bed(w.a, 5)
	shown := parseObject(t, w.get(fmt.Sprintf("/beds/%d/", bed.ID), admin, program).body)
	if shown.int("version") != bed.Version || shown.int("admission_id") != bed.Admission.AdmissionID || shown.int("admission_version") != bed.Admission.Version {
		t.Errorf("the bed is shown as %v", shown)
	}
	for _, path := range []string{fmt.Sprintf("/wards/%d/", w.a.ID), fmt.Sprintf("/admissions/%d/", w.admission.ID),
		fmt.Sprintf("/orders/%d/", w.first.OrderID), fmt.Sprintf("/deliveries/%d/", w.first.ID), "/zones/"} {
		if got := w.get(path, admin, program); got.status != http.StatusOK || !strings.Contains(got.body, `"version":`) {
			t.Errorf("%s answers %d without a version: %s", path, got.status, got.body)
		}
	}
}

// TestEveryFormAboutSomebodySaysWhomItIsAboutAndAsOfWhen looks at all forms of the pages of those
// who give commands.
func TestEveryFormAboutSomebodySaysWhomItIsAboutAndAsOfWhen(t *testing.T) {
	t.Parallel()
	w := newService(t, settings{})
	waiting := w.admit("Keza Ange", 0)
	customer := w.link(w.admission)
	bed := fmt.Sprintf("/beds/%d/", w.admission.BedID)
	seen := 0
	for path, token := range map[string]string{
		bed: w.token("admin"), bed + "?meal=lunch": w.token("medical_staff"), fmt.Sprintf("/beds/%d/", w.bed(w.b, 1).ID): w.token("admin"),
		fmt.Sprintf("/admissions/%d/", waiting.ID): w.token("medical_staff"), fmt.Sprintf("/orders/%d/", w.first.OrderID): w.token("medical_staff"),
		fmt.Sprintf("/admissions/%d/menu/", w.admission.ID): customer, "/home/": customer, "/zones/": w.token("admin"),
		handoverPath(w.a): w.token("medical_staff"),
	} {
		w.get(path, token, browser).html().Find("main form").Each(func(_ int, form *goquery.Selection) {
			action := form.AttrOr("action", "")
			about := strings.HasPrefix(action, "/admissions/") || strings.HasPrefix(action, "/orders")
			if form.AttrOr("id", "") == "form-newborn" {
				return // it says who the mother is, and changes nothing of hers
			}
			changes := about || strings.HasSuffix(action, "/status") || action == "/admissions" || strings.HasPrefix(action, "/zones/")
			if about && form.Find("[name=admission_id]").AttrOr("value", "0") == "0" {
				t.Errorf("on %s the form for %s does not say whom it is about", path, action)
			}
			if changes && form.Find("[name=version]").AttrOr("value", "0") == "0" {
				t.Errorf("on %s the form for %s does not say what stood there", path, action)
			}
			if changes {
				seen++
			}
		})
	}
	if seen < 20 {
		t.Errorf("only %d forms were seen", seen)
	}
}

// TestARefusedDietBeginsAnewFromWhatStands tries what two people did to one diet: what the second
// left alone is the first's.
func TestARefusedDietBeginsAnewFromWhatStands(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, first, second []string
		ticked                string
	}{
		"each adds one":                {nil, []string{"milk"}, []string{"eggs"}, "eggs milk"},
		"one adds, one takes away":     {[]string{"milk"}, []string{"milk", "eggs"}, []string{""}, "eggs"},
		"none known gives way":         {nil, []string{"eggs"}, []string{"none"}, "eggs"},
		"taken away by the first":      {[]string{"milk", "eggs"}, []string{"milk"}, []string{"milk", "eggs", "fish"}, "fish milk"},
		"the first says there is none": {nil, []string{"none"}, []string{""}, "none"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newFixture(t, settings{})
			nurse := h.person(hospital.MedicalStaff)
			admission := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
			path := fmt.Sprintf("/admissions/%d/diet", admission.ID)
			if c.before != nil {
				h.post(path, nurse.token, program, map[string]any{"allergies": c.before})
			}
			page := nurse.open(fmt.Sprintf("/beds/%d/", admission.BedID))
			h.post(path, nurse.token, program, map[string]any{"allergies": c.first, "texture": 3})
			refused := nurse.submit(page, path, url.Values{"allergies[]": c.second, "diet": {"renal"}, "texture": {"7"}}, browser)
			if refused.status != http.StatusConflict {
				t.Fatalf("got %d", refused.status)
			}
			form := refused.html().Find("#form-diet")
			var ticked []string
			form.Find(`[name="allergies[]"][checked]`).Each(func(_ int, box *goquery.Selection) { ticked = append(ticked, box.AttrOr("value", "")) })
			if got := strings.Join(ticked, " "); got != c.ticked {
				t.Errorf("the form ticks %q, want %q", got, c.ticked)
			}
			if got := form.Find("[name=texture] [selected]").AttrOr("value", ""); got != "3" {
				t.Errorf("the texture that was not touched is %s, want the colleague's", got)
			}
			if got := form.Find("[name=diet] [selected]").AttrOr("value", ""); got != "renal" {
				t.Errorf("the diet that was chosen is %s", got)
			}
		})
	}
}

// TestAVersionThatIsNoNumberIsRefused by every command on something that has a version: taken for
// none, it would let the command go through whatever stands there.
func TestAVersionThatIsNoNumberIsRefused(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	fill := h.furnish()
	token := map[hospital.Role]string{}
	for _, role := range []hospital.Role{hospital.Admin, hospital.Customer, hospital.DeliveryStaff} {
		token[role] = h.token(string(role))
	}
	before := h.contents()
	sent := map[string]any{"version": "old", "username": "customer"}
	commands := 0
	for route, rule := range rules {
		if !strings.HasPrefix(route, "POST ") || !strings.Contains(route, "/:id") ||
			slices.Contains(withoutVersion, route) {
			continue
		}
		commands++
		for who, token := range token {
			if !who.May(permissionOf(rule)) {
				continue
			}
			got := h.post(fill.Replace(rule.path), token, program, sent)
			if !strings.Contains(got.body, `"version":`) || got.status != 422 {
				t.Errorf("%s by %s with a version that is no number: %d %s", route, who, got.status, got.body)
			}
		}
	}
	if commands < 20 {
		t.Errorf("%d commands were tried, and there are more", commands)
	}
	if h.contents() != before {
		t.Error("a command with a version that is no number changed the database")
	}
}

// withoutVersion are the routes with an id that change nothing which has a version.
var withoutVersion = []string{
	"POST /dishes/:id/substitute",   // changes orders, not the dish
	"POST /wards/:id/round",         // orders for whoever lies there
	"POST /beds/:id/patients",       // a search
	"POST /deliveries/:id/location", // where a courier is
	"POST /users/:id/reset",         // whatever the account says
	"POST /users/:id/sessions/end",
	"POST /account/sessions/:id/end",
}
