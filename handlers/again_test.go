package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"dusangire/hospital"
)

// TestARefusedFormOffersToDoItAgainToTheSamePatient: with what has changed since it was begun, and
// what was typed; and what is sent then is done.
func TestARefusedFormOffersToDoItAgainToTheSamePatient(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.person(hospital.MedicalStaff)
	other := h.admit("Keza Ange", h.bed(h.a, 6).ID)
	for form, c := range map[string]struct {
		command string
		filled  url.Values
	}{
		"note": {"", url.Values{"note": {"ask for the X-ray"}}},
		"plan": {"plan-discharge", url.Values{
			"expected_discharge": {h.clock.Now().Add(72 * time.Hour).Format("2006-01-02T15:04")}}},
		"transfer":         {"transfer", url.Values{"bed_id": {fmt.Sprint(h.bed(h.b, 1).ID)}}},
		"swap":             {"swap", url.Values{"with": {fmt.Sprint(other.ID)}}},
		"leave":            {"leave", url.Values{"reason": {"a wedding"}}},
		"diet":             {"diet", url.Values{"diet": {"renal"}}},
		"fasting":          {"diet", url.Values{"nil_by_mouth": {"true"}, "nil_by_mouth_from": {""}}},
		"discharge":        {"discharge", url.Values{"outcome": {"stable"}, "notes": {"walks well"}}},
		"cancel-admission": {"cancel", url.Values{"reason": {"the wrong person"}}},
	} {
		a := h.admit("Uwase Marie", h.freeBed(h.a))
		action := strings.TrimSuffix(admissionAt(a.ID)+c.command, "/")
		begun := nurse.open(fmt.Sprintf("/beds/%d/", a.BedID))
		h.does(strings.TrimSuffix(admissionAt(a.ID), "/"), map[string]any{"isolation": "contact"})
		refused := nurse.submit(begun, action, c.filled, browser)
		page := refused.html()
		if refused.status != http.StatusConflict {
			t.Fatalf("%s: %d %.600s", form, refused.status, refused.body)
		}
		if words := page.Find(".refusal .changes").Text(); !strings.Contains(words, "Contact") ||
			!strings.Contains(words, "medical_staff") {
			t.Errorf("%s: the refusal says %q of what has changed", form, words)
		}
		again := page.Find("#form-" + form + " .again button")
		if got := strings.TrimSpace(again.Text()); got != "Apply again to Uwase Marie" {
			t.Errorf("%s offers %q", form, got)
		}
		if page.Find(".again").Length() != 1 {
			t.Errorf("%s: %d forms offer it", form, page.Find(".again").Length())
		}
		done := nurse.submit(page, action, kept(page, form, c.filled), browser)
		if done.status != http.StatusSeeOther {
			t.Errorf("%s again: %d %.600s", form, done.status, done.body)
		}
		if now, err := h.hospital.Admission(t.Context(), hospital.System, a.ID); err != nil ||
			now.DischargedAt.IsZero() && now.Placement.Isolation != hospital.ContactIsolation {
			t.Errorf("%s took back what a colleague has written: %+v, %v", form, now, err)
		}
		h.leaves(a.ID)
	}
}

// kept are the fields of a form as its page fills them in again, by which a test finds the form.
func kept(page *goquery.Document, form string, filled url.Values) url.Values {
	values := url.Values{}
	for name := range filled {
		control := page.Find("#form-" + form + " [name=\"" + name + "\"]")
		values.Set(name, control.AttrOr("value", control.Text()))
		if chosen := control.Find("option[selected]"); chosen.Length() > 0 {
			values.Set(name, chosen.AttrOr("value", ""))
		}
	}
	return values
}

// freeBed is the first bed of a ward that is free.
func (h *fixture) freeBed(ward hospital.Ward) int64 {
	h.t.Helper()
	board, err := h.hospital.WardBoard(h.t.Context(), hospital.System, ward.ID)
	h.must(err)
	for _, bed := range board.Beds {
		if bed.Status == hospital.BedAvailable {
			return bed.ID
		}
	}
	h.t.Fatal("no bed is free")
	return 0
}

// leaves ends an admission, if it is open, and cleans the beds of both wards.
func (h *fixture) leaves(id int64) {
	h.t.Helper()
	a, err := h.hospital.Admission(h.t.Context(), hospital.System, id)
	h.must(err)
	if a.DischargedAt.IsZero() {
		_, err = h.hospital.Discharge(h.t.Context(), hospital.System, id,
			hospital.DischargeCommand{Outcome: hospital.Improved})
		h.must(err)
	}
	for _, ward := range []hospital.Ward{h.a, h.b} {
		board, err := h.hospital.WardBoard(h.t.Context(), hospital.System, ward.ID)
		h.must(err)
		for _, bed := range board.Beds {
			if bed.Status == hospital.BedCleaning {
				h.setBed(bed.ID, hospital.BedAvailable)
			}
		}
	}
}

// TestWhatAColleagueCorrectedIsNotTakenBack by a form of the record that was begun before: theirs
// stands, and what was sent instead is there to be copied.
func TestWhatAColleagueCorrectedIsNotTakenBack(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.person(hospital.MedicalStaff)
	path := fmt.Sprintf("/patients/%d", h.admit("Uwase Marie", h.bed(h.a, 1).ID).PatientID)
	begun := nurse.open(path + "/")
	correct := func(fields map[string]any) {
		t.Helper()
		if got := h.post(path, nurse.token, program, fields); got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	correct(map[string]any{"phone": "0788123456", "national_id": "119907"})
	sent := url.Values{"language": {"fr"}, "phone": {"0722000000"}}
	refused := nurse.submit(begun, path, sent, browser)
	page := refused.html()
	for field, want := range map[string]string{"language": "fr", "phone": "+250788123456",
		"national_id": "119907", "name": "Uwase Marie"} {
		if got := page.Find("#correct-"+field).AttrOr("value", ""); got != want {
			t.Errorf("the form says %q of %s, want %q", got, field, want)
		}
	}
	aside := page.Find("#aside").Text()
	if !strings.Contains(aside, "0722000000") || strings.Contains(aside, "fr") {
		t.Errorf("put aside is %q", aside)
	}
	if words := page.Find(".refusal .changes").Text(); refused.status != http.StatusConflict ||
		!strings.Contains(words, "+250788123456") {
		t.Errorf("%d, and of what has changed %q", refused.status, words)
	}
	if got := page.Find("#form-correct .again").Text(); !strings.Contains(got, "Uwase Marie") {
		t.Errorf("the form offers %q", got)
	}
	nurse.submit(page, path, nil, browser)
	record := parseObject(t, h.get(path+"/", nurse.token, program).body)
	if record["language"] != "fr" || record["phone"] != "+250788123456" ||
		record["national_id"] != "119907" {
		t.Errorf("applied again the record says %v", record)
	}
}

// TestAMergeShowsWhoTheOtherRecordIs before the button that merges, without any script; it merges
// the one that was shown and no other.
func TestAMergeShowsWhoTheOtherRecordIs(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	manager := h.person(hospital.WardManagement)
	old := h.admitAsked("Uwase Mary", h.bed(h.a, 1).ID)
	_, err := h.hospital.Discharge(t.Context(), hospital.System, old.ID,
		hospital.DischargeCommand{Outcome: hospital.Improved})
	h.must(err)
	now, _, err := h.hospital.Admit(t.Context(), hospital.System, hospital.AdmitCommand{
		PatientName: "Uwase Marie", BirthDate: time.Date(1984, 3, 12, 0, 0, 0, 0, time.UTC),
		Sex: "female", PatientNumber: "N-77", BedID: h.bed(h.a, 2).ID})
	h.must(err)
	path := fmt.Sprintf("/patients/%d/", old.PatientID)
	merge := path + "merge"
	before := h.contents()
	page := manager.open(path)
	for number, want := range map[string]string{"nobody's": "Nobody has this number.", "": "Give"} {
		refused := manager.submit(page, merge,
			url.Values{"into_number": {number}, "reason": {"same id"}}, browser)
		if words := refused.html().Find(".alert").Text(); refused.status != 422 ||
			!strings.Contains(words, want) {
			t.Errorf("for the number %q: %d %q", number, refused.status, words)
		}
	}
	looked := manager.submit(page, merge,
		url.Values{"into_number": {"N-77"}, "reason": {"same id"}}, browser)
	shown := looked.html()
	words := strings.Join(strings.Fields(shown.Find("#form-merge").Text()), " ")
	for _, want := range []string{"Uwase Marie", "N-77", "12 Mar 1984", "Female", "A-02", "42",
		"Merge the record of Uwase Mary into that of Uwase Marie"} {
		if looked.status != http.StatusOK || !strings.Contains(words, want) {
			t.Errorf("%d: the form does not say %q: %s", looked.status, want, words)
		}
	}
	if shown.Find("#merge-reason").AttrOr("value", "") != "same id" || h.contents() != before {
		t.Error("the reason is lost, or something was merged")
	}
	_, err = h.hospital.CorrectPatient(t.Context(), hospital.System, now.PatientID,
		hospital.CorrectPatientCommand{Name: new(hospital.PatientName("Ineza Grace")), Reason: "misheard"})
	h.must(err)
	stale := manager.submit(shown, merge, url.Values{"reason": {"same id"}}, browser)
	shown = stale.html()
	if words := shown.Find("#form-merge").Text(); stale.status != http.StatusConflict ||
		!strings.Contains(words, "Ineza Grace") {
		t.Errorf("the other record has changed: %d %s", stale.status, words)
	}
	done := manager.submit(shown, merge, url.Values{"reason": {"same id"}}, browser)
	if led := done.led(); led != fmt.Sprintf("/patients/%d/", now.PatientID) {
		t.Errorf("merged: %d to %s %.300s", done.status, led, done.body)
	}
}

// TestWhatIsPutAsideLeadsToWhereThePatientIsNow: a panel that is asked for says it to the script
// that puts aside.
func TestWhatIsPutAsideLeadsToWhereThePatientIsNow(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.person(hospital.MedicalStaff)
	a := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
	bed, there := fmt.Sprintf("/beds/%d/", a.BedID), fmt.Sprintf("/beds/%d/", h.bed(h.a, 2).ID)
	h.does(admissionAt(a.ID)+"transfer", map[string]any{"bed_id": h.bed(h.a, 2).ID})
	h.setBed(a.BedID, hospital.BedAvailable)
	h.admit("Keza Ange", a.BedID)
	panel := h.get(bed+fmt.Sprintf("?was=%d", a.ID), nurse.token, htmx).html().Find("#aside")
	if panel.AttrOr("data-was-path", "") != there ||
		panel.AttrOr("data-was", "") != "Uwase Marie is in A-02 now." {
		t.Errorf("the panel leads to %s", panel.AttrOr("data-was-path", ""))
	}
}
