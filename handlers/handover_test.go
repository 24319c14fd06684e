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

// handoverPath is where a ward's handover stands.
func handoverPath(ward hospital.Ward) string { return fmt.Sprintf("/wards/%d/handover/", ward.ID) }

// list are the lines of a list of an object.
func (h *fixture) list(object map[string]any, name string) []map[string]any {
	h.t.Helper()
	sent, isList := object[name].([]any)
	if !isList {
		h.t.Fatalf("%s is %v, want a list", name, object[name])
	}
	lines := make([]map[string]any, len(sent))
	for i, line := range sent {
		lines[i] = line.(map[string]any)
	}
	return lines
}

func TestAHandoverIsAListOfEachKind(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.token("medical_staff")
	read := func(query string) (object map[string]any) {
		t.Helper()
		got := h.get(handoverPath(h.a)+query, nurse, program)
		if got.status != http.StatusOK {
			t.Fatalf("the handover %s: %d %s", query, got.status, got.body)
		}
		got.json(&object)
		return object
	}
	kinds := []string{"admitted", "moved", "discharged", "diets", "nil_by_mouth", "held", "missed",
		"beds", "notes"}
	empty := read("")
	for _, kind := range kinds {
		if lines := h.list(empty, kind); len(lines) > 0 {
			t.Errorf("in an empty ward %s is %v", kind, lines)
		}
	}
	since := h.clock.Now().UTC()
	stays := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID)
	moves := h.admitAsked("Keza Ange", h.bed(h.a, 2).ID)
	leaves := h.admitAsked("Mugisha Jean", h.bed(h.a, 3).ID)
	_, err := h.hospital.Transfer(t.Context(), actor(hospital.MedicalStaff), moves.ID,
		hospital.TransferCommand{BedID: h.bed(h.b, 1).ID})
	h.must(err)
	h.discharge(leaves.ID)
	h.order(stays, hospital.Dinner, h.dish("Isombe", "hot", "peanuts"))
	h.post(dietPath(stays), nurse, program, map[string]any{"diet": "renal", "allergies": "peanuts",
		"nil_by_mouth_from": h.clock.Now().Add(20 * time.Hour)})
	h.post(fmt.Sprintf("/admissions/%d", stays.ID), nurse, program,
		map[string]any{"note": "Ask for the X-ray."})
	found := read("?since=" + url.QueryEscape(since.Format(time.RFC3339)))
	for kind, want := range map[string]int{"admitted": 3, "moved": 1, "discharged": 1, "diets": 1,
		"nil_by_mouth": 1, "held": 1, "missed": 0, "beds": 2, "notes": 1} {
		lines := h.list(found, kind)
		if len(lines) != want {
			t.Errorf("%s has %d lines, want %d: %v", kind, len(lines), want, lines)
		}
		for _, line := range lines {
			if line["id"] == nil || kind != "beds" && line["admission_id"] == nil {
				t.Errorf("a line of %s says not what it is about: %v", kind, line)
			}
		}
	}
	note := h.list(found, "notes")[0]
	if note["note"] != "Ask for the X-ray." || note["by"] != "medical_staff" || note["at"] == nil {
		t.Errorf("the note is %v", note)
	}
	if from := found["since"]; from != since.Format(time.RFC3339) || found["until"] == nil {
		t.Errorf("the handover is from %v until %v", from, found["until"])
	}
	for _, query := range []string{"?since=yesterday", "?since=2199-01-01T00:00:00Z"} {
		got := h.get(handoverPath(h.a)+query, nurse, program)
		if errors := got.problem(http.StatusUnprocessableEntity).Errors; errors["since"] == "" {
			t.Errorf("%s is refused with %v", query, errors)
		}
	}
}

func TestAHandoverPrintsWhatItKnowsWithItsTime(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.person(hospital.MedicalStaff)
	admission := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID, "milk")
	path := fmt.Sprintf("/admissions/%d", admission.ID)
	sent := nurse.submit(nurse.open(handoverPath(h.a)), path,
		url.Values{"note": {"Ask for the <b>X-ray</b>."}}, browser)
	if got := sent.led(); got != handoverPath(h.a) {
		t.Errorf("after the note led to %s, want the handover", got)
	}
	page := nurse.open(handoverPath(h.a))
	if words := page.Find(".shift-note").Text(); !strings.Contains(words, "<b>X-ray</b>") ||
		!strings.Contains(words, "medical_staff") {
		t.Errorf("the handover says %q of the note", words)
	}
	if page.Find("header time").Length() == 0 || page.Find("[hx-ws\\:connect]").Length() > 0 {
		t.Error("the page should follow no changes, and say when it was read")
	}
	if page.Find(`link[media="print"]`).Length() != 1 {
		t.Error("the page should have a style for paper")
	}
	panel := nurse.open(fmt.Sprintf("/beds/%d/", admission.BedID))
	if words := panel.Find(".panel .shift-note").Text(); !strings.Contains(words, "X-ray") {
		t.Errorf("the bed's panel says %q of the note", words)
	}
}

func TestANoteBegunBeforeAColleaguesChangeIsShownAgain(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.person(hospital.MedicalStaff)
	admission := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID)
	begun := nurse.open(fmt.Sprintf("/beds/%d/", admission.BedID))
	_, err := h.hospital.SetDiet(t.Context(), actor(hospital.MedicalStaff), admission.ID,
		hospital.DietCommand{Diet: new(hospital.DietRenal)})
	h.must(err)
	refused := nurse.submit(begun, fmt.Sprintf("/admissions/%d", admission.ID),
		url.Values{"note": {"typed words"}}, browser)
	if refused.status != http.StatusConflict {
		t.Fatalf("an older version: %d", refused.status)
	}
	if typed := refused.html().Find("#note-note").Text(); typed != "typed words" {
		t.Errorf("the form shows %q, want what was typed", typed)
	}
	read, err := h.hospital.AdmissionDetail(t.Context(), hospital.System, admission.ID)
	if err != nil || read.Note.Text != "" {
		t.Errorf("the note is %+v, %v", read.Note, err)
	}
}
