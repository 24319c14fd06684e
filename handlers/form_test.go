package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"dusangire/handlers"
	"dusangire/hospital"
)

// person uses pages as a browser without JavaScript does: cookies, links, forms.
type person struct {
	*fixture
	token string
}

func (h *fixture) person(role hospital.Role) person { return person{h, h.token(string(role))} }

// within is the person as a subtest sees them.
func (p person) within(t testing.TB) person {
	p.fixture = p.fixture.within(t)
	return p
}

func (p person) cookie() http.Header {
	return http.Header{"Cookie": {handlers.SessionCookie(p.hospital.Instance(), false) + "=" + p.token}}
}

// open gets a page, which must be there.
func (p person) open(path string) *goquery.Document {
	p.t.Helper()
	got := p.ask(question{method: http.MethodGet, path: path, as: browser, header: p.cookie()})
	if got.status != http.StatusOK {
		p.t.Fatalf("GET %s: %d %.300s", path, got.status, got.body)
	}
	return got.html()
}

// submit fills in the form of a page that goes to action and sends it, with what the page has put into it.
func (p person) submit(page *goquery.Document, action string, filled url.Values, as audience) answer {
	p.t.Helper()
	forms := page.Find(fmt.Sprintf(`form[method="post"][action=%q]`, action))
	if forms.Length() == 0 {
		p.t.Fatalf("the page has no form to %s", action)
	}
	form := forms.First()
	if meant := forms.FilterFunction(func(_ int, form *goquery.Selection) bool { return hasControls(form, filled) }); meant.Length() > 0 {
		form = meant.First()
	}
	sent := url.Values{}
	form.Find("input,select,textarea").Each(func(_ int, control *goquery.Selection) {
		name, kind := control.AttrOr("name", ""), control.AttrOr("type", "")
		_, checked := control.Attr("checked")
		switch {
		case name == "" || (kind == "checkbox" || kind == "radio") && !checked:
		case goquery.NodeName(control) == "select":
			sent.Set(name, control.Find("option[selected]").AttrOr("value", ""))
		default:
			sent.Add(name, control.AttrOr("value", control.Text()))
		}
	})
	for name, values := range filled {
		sent[name] = values
	}
	return p.ask(question{method: http.MethodPost, path: action, as: as, fields: sent, header: p.cookie()})
}

// hasControls reports whether a form has a control for everything that is filled in. Of two with one action that is the one that is meant.
func hasControls(form *goquery.Selection, filled url.Values) bool {
	for name := range filled {
		if form.Find(fmt.Sprintf("[name=%q]", name)).Length() == 0 {
			return false
		}
	}
	return true
}

// led is where a plain form that was taken leads to.
func (a answer) led() string {
	a.t.Helper()
	if a.status != http.StatusSeeOther {
		a.t.Fatalf("got %d, want 303: %.300s", a.status, a.body)
	}
	return a.header.Get("Location")
}

// TestAnAdmissionWithoutJavaScript goes through a whole admission with the forms of the pages.
func TestAnAdmissionWithoutJavaScript(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.person(hospital.MedicalStaff)
	first, second := h.bed(h.a, 1), h.bed(h.b, 2)
	bedPath := func(id int64) string { return fmt.Sprintf("/beds/%d/", id) }

	admitted := nurse.submit(nurse.open(bedPath(first.ID)), "/admissions", url.Values{"patient_name": {"Uwase Marie"},
		"allergies[]": {"milk", "peanuts"}, "diet": {"diabetic"}, "texture": {"4"}}, browser)
	if got := admitted.led(); got != bedPath(first.ID) {
		t.Errorf("after admission led to %s", got)
	}
	bed := h.bed(h.a, 1)
	if bed.Admission == nil || bed.Admission.PatientName != "Uwase Marie" || len(bed.Admission.Allergies.Allergens) != 2 || bed.Admission.Diet != "diabetic" || bed.Admission.Texture != 4 {
		t.Fatalf("the form's fields should be kept: %+v", bed.Admission)
	}
	admissionPath := fmt.Sprintf("/admissions/%d/", bed.Admission.AdmissionID)
	if page := nurse.open(bedPath(first.ID)); !strings.Contains(page.Find(".panel").Text(), "Uwase Marie") {
		t.Error("the bed's page should show its patient")
	}

	planned := nurse.submit(nurse.open(bedPath(first.ID)), admissionPath+"plan-discharge", url.Values{"expected_discharge": {"2099-01-01T10:00"}}, browser)
	if planned.status != http.StatusUnprocessableEntity {
		t.Errorf("a discharge in 2099: %d", planned.status)
	}
	soonish := h.clock.Now().Add(3 * time.Hour).UTC().Format(time.RFC3339)
	nurse.submit(nurse.open(bedPath(first.ID)), admissionPath+"plan-discharge", url.Values{"expected_discharge": {soonish}}, browser).led()
	if bed := h.bed(h.a, 1); !bed.Admission.DischargePlanned {
		t.Error("the discharge should be planned")
	}

	moved := nurse.submit(nurse.open(bedPath(first.ID)), admissionPath+"transfer", url.Values{"bed_id": {fmt.Sprint(second.ID)}}, browser)
	if got := moved.led(); got != bedPath(second.ID) {
		t.Errorf("after the transfer led to %s, want the new bed", got)
	}
	if h.bed(h.a, 1).Status != hospital.BedCleaning || h.bed(h.b, 2).Status != hospital.BedOccupied {
		t.Error("a transfer leaves the old bed in cleaning and fills the new one")
	}

	left := nurse.submit(nurse.open(bedPath(second.ID)), admissionPath+"discharge", url.Values{"outcome": {"improved"}}, browser)
	if got := left.led(); got != bedPath(second.ID) || h.bed(h.b, 2).Status != hospital.BedCleaning {
		t.Errorf("after the discharge led to %s, bed %s", got, h.bed(h.b, 2).Status)
	}
	nurse.submit(nurse.open(bedPath(second.ID)), bedPath(second.ID)+"status", url.Values{"status": {"available"}}, browser).led()
	if h.bed(h.b, 2).Status != hospital.BedAvailable {
		t.Error("the cleaned bed should be available")
	}

	found := nurse.submit(nurse.open(bedPath(second.ID)), bedPath(second.ID)+"patients", url.Values{"q": {"UWASE"}}, browser)
	choice := found.html().Find(`input[name="patient_id"]`).First().AttrOr("value", "")
	if found.status != http.StatusOK || choice != fmt.Sprint(bed.Admission.PatientID) {
		t.Fatalf("a patient who was here should be found: %d %q", found.status, choice)
	}
	nurse.submit(found.html(), "/admissions", url.Values{"patient_id": {choice}}, browser).led()
	if again := h.bed(h.b, 2).Admission; again == nil || again.PatientID != bed.Admission.PatientID {
		t.Error("the patient who was here before should lie in the bed")
	}
}

func TestAPatientWhoWaitsGetsABedOnTheirOwnPage(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.person(hospital.MedicalStaff)
	waiting := h.admit("Uwase Marie", 0)
	path, bed := fmt.Sprintf("/admissions/%d/", waiting.ID), h.bed(h.a, 1)
	taken := h.admit("Mugisha Jean", h.bed(h.a, 2).ID)

	refused := nurse.submit(nurse.open(path), path+"transfer", url.Values{"bed_id": {fmt.Sprint(taken.BedID)}}, browser)
	if refused.status != http.StatusConflict || !strings.Contains(refused.html().Find(`[role="alert"]`).Text(), "occupied") {
		t.Errorf("a bed that was taken meanwhile: %d %.500s", refused.status, refused.body)
	}
	placed := nurse.submit(nurse.open(path), path+"transfer", url.Values{"bed_id": {fmt.Sprint(bed.ID)}}, browser)
	if got := placed.led(); got != fmt.Sprintf("/beds/%d/", bed.ID) {
		t.Errorf("led to %s", got)
	}
	if page := nurse.ask(question{method: "GET", path: path, as: browser, header: nurse.cookie()}); page.led() != fmt.Sprintf("/beds/%d/", bed.ID) {
		t.Error("then the admission's page leads to its bed")
	}
	h.discharge(waiting.ID)
	if got := nurse.ask(question{method: "GET", path: path, as: browser,
		header: nurse.cookie()}); got.status != http.StatusOK ||
		got.html().Find("h1").Text() != "Uwase Marie" {
		t.Errorf("the page of an admission that has ended: %d", got.status)
	}
}

// refusedForm is a form of a bed's page that is refused for one field.
type refusedForm struct {
	form, bed, action, field string // the form's name, whose page it is on, where it goes, what is wrong
	filled                   url.Values
}

var refusedForms = []refusedForm{
	{"admit", "{available}", "/admissions", "patient_name", url.Values{"patient_name": {""}}},
	{"admit", "{available}", "/admissions", "patient_name", url.Values{"patient_name": {strings.Repeat("a", 121)}}},
	{"admit", "{available}", "/admissions", "birth_date", url.Values{"patient_name": {"Ineza <b>Grace</b>"}, "birth_date": {"2999-01-01"}}},
	{"admit", "{available}", "/admissions", "sex", url.Values{"patient_name": {"Ineza"}, "sex": {"x"}}},
	{"admit", "{available}", "/admissions", "reason", url.Values{"patient_name": {"Ineza"}, "reason": {strings.Repeat("a", 201)}}},
	{"admit", "{available}", "/admissions", "diet", url.Values{"patient_name": {"Ineza"}, "diet": {"pizza"}}},
	{"admit", "{available}", "/admissions", "texture", url.Values{"patient_name": {"Ineza"}, "texture": {"9"}}},
	{"admit", "{available}", "/admissions", "allergies", url.Values{"patient_name": {"Ineza"}, "allergies[]": {"none", "milk"}}},
	{"admit", "{available}", "/admissions", "expected_discharge", url.Values{"patient_name": {"Ineza"}, "expected_discharge": {"2020-01-01T10:00"}}},
	{"diet", "{occupied}", "/admissions/{admission}/diet", "allergies", url.Values{"allergies[]": {"none", "milk"}}},
	{"diet", "{occupied}", "/admissions/{admission}/diet", "texture", url.Values{"texture": {"9"}}},
	{"fasting", "{occupied}", "/admissions/{admission}/diet", "nil_by_mouth_from", url.Values{"nil_by_mouth_from": {"2999-01-01T10:00"}, "nil_by_mouth": {"true"}}},
	{"fasting", "{occupied}", "/admissions/{admission}/diet", "nil_by_mouth_until", url.Values{"nil_by_mouth_until": {"2020-01-01T10:00"}, "nil_by_mouth": {"true"}}},
	{"plan", "{occupied}", "/admissions/{admission}/plan-discharge", "expected_discharge", url.Values{"expected_discharge": {"2020-01-01T10:00"}}},
	{"transfer", "{occupied}", "/admissions/{admission}/transfer", "bed_id",
		url.Values{"bed_id": {""}}},
	{"transfer", "{occupied}", "/admissions/{admission}/transfer", "reason", url.Values{"bed_id": {"{available}"}, "reason": {strings.Repeat("a", 201)}}},
	{"discharge", "{occupied}", "/admissions/{admission}/discharge", "outcome",
		url.Values{"outcome": {""}}},
	{"discharge", "{occupied}", "/admissions/{admission}/discharge", "notes", url.Values{"outcome": {"improved"}, "notes": {strings.Repeat("a", 2001)}}},
	{"status", "{available}", "/beds/{available}/status", "reason", url.Values{"status": {"cleaning"}, "reason": {strings.Repeat("a", 201)}}},
	{"status", "{available}", "/beds/{available}/status", "status", url.Values{"status": {"occupied"}}},
}

// TestARefusedFormSaysWhatIsWrongBesideTheField: the words are those that a program gets, the status too, what was typed is kept, and
// nothing has changed. Without JavaScript it is the whole page, with htmx the panel.
func TestARefusedFormSaysWhatIsWrongBesideTheField(t *testing.T) {
	t.Parallel()
	w := newTarget(t, settings{})
	nurse := person{w.fixture, w.nurse}
	for _, f := range refusedForms {
		for key, values := range f.filled {
			f.filled[key] = []string{}
			for _, value := range values {
				f.filled[key] = append(f.filled[key], w.path(value))
			}
		}
		for _, as := range []audience{browser, htmx} {
			t.Run(fmt.Sprintf("%s %s as %s", f.form, f.field, as), func(t *testing.T) {
				w, nurse := w.within(t), nurse.within(t)
				page := nurse.open(w.path("/beds/" + f.bed + "/"))
				got := nurse.submit(page, w.path(f.action), f.filled, as)
				if got.status != http.StatusUnprocessableEntity {
					t.Fatalf("got %d, want 422: %.400s", got.status, got.body)
				}
				checkWholeOrPart(t, got, as)
				sentence := nurse.submit(page, w.path(f.action), f.filled, program).problem(422).Errors[f.field]
				checkBesideField(t, got.html(), f, sentence)
				w.unchanged()
			})
		}
	}
}

// checkWholeOrPart looks whether a browser got a page and htmx the panel alone.
func checkWholeOrPart(t *testing.T, got answer, as audience) {
	t.Helper()
	whole := strings.HasPrefix(strings.ToLower(got.body), "<!doctype html>")
	if whole != (as == browser) || got.html().Find("section.panel").Length() != 1 {
		t.Errorf("a %s should get %s: %.200s", as, map[bool]string{true: "the whole page", false: "the panel alone"}[as == browser], got.body)
	}
}

// checkBesideField looks for the sentence where the field points to, and for what was typed.
func checkBesideField(t *testing.T, page *goquery.Document, f refusedForm, sentence string) {
	t.Helper()
	said := page.Find("#" + f.form + "-" + f.field + "-error")
	if sentence == "" || said.Text() != sentence {
		t.Errorf("beside %s stands %q, a program is told %q", f.field, said.Text(), sentence)
	}
	if !strings.Contains(page.Find(`[role="alert"]`).Text(), sentence) {
		t.Errorf("the summary should say it too: %s", page.Find(`[role="alert"]`).Text())
	}
	control := page.Find("#" + f.form + "-" + f.field)
	if control.AttrOr("aria-describedby", "") != said.AttrOr("id", "?") {
		t.Errorf("%s should point to the sentence: %v", f.field, control.Nodes)
	}
	if group := control.Is(`fieldset, [role="group"]`); !group && control.AttrOr("aria-invalid", "") != "true" {
		t.Errorf("%s should be marked as wrong: %v", f.field, control.Nodes)
	}
	if page.Find("details#sheet-"+f.form+"[open]").Length() != 1 {
		t.Error("the refused form should be open")
	}
	if name := f.filled.Get("patient_name"); name != "" && page.Find("#admit-patient_name").AttrOr("value", "") != name {
		t.Errorf("the name that was typed should be kept: %q", page.Find("#admit-patient_name").AttrOr("value", ""))
	}
}

// TestARefusalByTheRulesShowsTheBedAsItStands sends what was right when the page was drawn and is not any more.
func TestARefusalByTheRulesShowsTheBedAsItStands(t *testing.T) {
	t.Parallel()
	for _, as := range []audience{browser, htmx} {
		t.Run(string(as), func(t *testing.T) {
			t.Parallel()
			w := newTarget(t, settings{})
			nurse := person{w.fixture, w.nurse}
			page := nurse.open(w.path("/beds/{available}/"))
			w.admit("Ineza Grace", w.available.ID)
			w.before = w.contents()
			got := nurse.submit(page, "/admissions", url.Values{"patient_name": {"Habimana Eric"}}, as)
			if got.status != http.StatusConflict {
				t.Fatalf("got %d, want 409: %.300s", got.status, got.body)
			}
			checkWholeOrPart(t, got, as)
			panel := got.html().Find("section.panel")
			if alert := panel.Find(`[role="alert"]`).Text(); !strings.Contains(alert,
				"is occupied: Ineza Grace lies there.") {
				t.Errorf("the refusal should say who has the bed: %s", alert)
			}
			if !strings.Contains(panel.Text(), "Ineza Grace") {
				t.Error("the panel should show the bed as it stands")
			}
			w.unchanged()
		})
	}
}

func TestARefusalThatBelongsToNoPageNamesTheFieldsInWords(t *testing.T) {
	t.Parallel()
	w := newTarget(t, settings{})
	for _, f := range []url.Values{{"diet": {"pizza"}}, {"bed_id": {"9999999"}, "diet": {"pizza"}}, {"bed_id": {"abc"}}, {"nickname": {"I"}}} {
		got := w.ask(question{method: "POST", path: "/admissions", as: browser, fields: f, header: person{w.fixture, w.nurse}.cookie()})
		asProgram := w.post("/admissions", w.nurse, program, f).problem(422)
		text := got.html().Find("main").Text()
		for field, sentence := range asProgram.Errors {
			if got.status != 422 || !strings.Contains(text, sentence) {
				t.Errorf("%v: %d, the page should say %q about %s: %s", f, got.status, sentence, field, strings.Join(strings.Fields(text), " "))
			}
		}
	}
	w.unchanged()
}

func TestSuccessIsAnsweredAsTheAudienceNeedsIt(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	token := h.token("medical_staff")
	bed := fmt.Sprintf("/beds/%d/status", h.bed(h.a, 1).ID)
	for i, c := range []struct {
		as   audience
		want int
		led  string
	}{{program, 204, ""}, {htmx, 204, ""}, {browser, 303, strings.TrimSuffix(bed, "status")}} {
		status := []string{"cleaning", "available"}[i%2]
		got := h.post(bed, token, c.as, url.Values{"status": {status}})
		if got.status != c.want || got.header.Get("Location") != c.led || (c.want == 204 && got.body != "") {
			t.Errorf("a change as %s: %d %q %q, want %d %q", c.as, got.status, got.header.Get("Location"), got.body, c.want, c.led)
		}
	}
	for i, as := range []audience{htmx, browser} {
		got := h.post("/admissions", token, as, url.Values{"patient_name": {"Uwase Marie"}, "bed_id": {fmt.Sprint(h.bed(h.b, 1+i).ID)}})
		if want := map[audience]int{htmx: 204, browser: 303}[as]; got.status != want {
			t.Errorf("an admission as %s: %d, want %d: %.200s", as, got.status, want, got.body)
		}
	}
}
