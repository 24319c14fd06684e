package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"dusangire/hospital"
)

// invitation is the answer to POST /admissions/{id}/invitations.
type invitation struct {
	Code, Link string
	ExpiresAt  string `json:"expires_at"`
}

func (h *fixture) inviteTo(admission hospital.Admission, token string) (made invitation) {
	h.t.Helper()
	got := h.post(fmt.Sprintf("/admissions/%d/invitations", admission.ID), token, program, nil)
	if got.status != http.StatusCreated {
		h.t.Fatalf("%d %s", got.status, got.body)
	}
	got.json(&made)
	return made
}

// accept makes a login with an invitation and returns the token of its session.
func (h *fixture) accept(made invitation, username string) string {
	h.t.Helper()
	var session struct{ Token, Role string }
	h.post(h.pathOf(made.Link), "", program,
		map[string]any{"username": username, "password": password}).json(&session)
	if session.Role != "customer" || session.Token == "" {
		h.t.Fatalf("the session is %+v", session)
	}
	return session.Token
}

// patients are the admissions that a customer's page names.
func (h *fixture) patients(token string) (ids []int64) {
	h.t.Helper()
	var home struct {
		Patients []struct {
			AdmissionID int64 `json:"admission_id"`
		}
	}
	h.get("/home/", token, program).json(&home)
	for _, p := range home.Patients {
		ids = append(ids, p.AdmissionID)
	}
	return ids
}

func TestACaregiverIsInvitedAtTheBedForTheStay(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admission := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID)
	other := h.admitAsked("Mukamana Odette", h.bed(h.a, 2).ID)
	dish := h.dish("Rice", hospital.Stations[0])
	made := h.inviteTo(admission, h.token("medical_staff"))
	page := h.get(h.pathOf(made.Link), "", browser)
	if page.status != 200 || strings.Contains(page.body, "Uwase") || !strings.Contains(page.body, "A-01") {
		t.Errorf("the page of an invitation names the bed and nobody: %d %.400s", page.status, page.body)
	}
	caregiver := h.accept(made, "mother")
	if got := h.patients(caregiver); fmt.Sprint(got) != fmt.Sprint([]int64{admission.ID}) {
		t.Errorf("the caregiver may order for %v", got)
	}
	order := func(id int64) answer {
		return h.post("/orders", caregiver, program, map[string]any{"admission_id": id, "meal": "snack",
			"items": []int64{dish.ID}})
	}
	if got := order(admission.ID); got.status != http.StatusCreated {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := order(other.ID); got.status < 400 {
		t.Errorf("the caregiver ordered for somebody else: %d", got.status)
	}
	h.get(h.pathOf(made.Link), "", program).problem(http.StatusNotFound) // once

	s := h.watch("/ws/home/", caregiver, asJSON)
	s.nextWith(fmt.Sprintf(`"admission_id":%d`, admission.ID))
	h.discharge(admission.ID)
	s.nextWith(`"patients":[]`)
	if got := order(admission.ID); got.status < 400 {
		t.Errorf("the caregiver ordered after the stay: %d", got.status)
	}
	_, err := h.hospital.ReopenAdmission(h.t.Context(), actor(hospital.MedicalStaff),
		admission.ID, hospital.UndoCommand{Reason: "by mistake"})
	h.must(err)
	s.nextWith(fmt.Sprintf(`"admission_id":%d`, admission.ID))
	h.discharge(admission.ID)

	again, _, err := h.hospital.Admit(h.t.Context(), actor(hospital.MedicalStaff),
		hospital.AdmitCommand{PatientID: admission.PatientID, BedID: h.bed(h.a, 3).ID})
	h.must(err)
	if got := h.patients(caregiver); len(got) != 0 {
		t.Errorf("of the next stay, %d, the caregiver sees %v", again.ID, got)
	}
	if got := h.get(fmt.Sprintf("/admissions/%d/menu/", again.ID), caregiver, program); got.status < 400 {
		t.Errorf("of the next stay the caregiver reads the menu: %d", got.status)
	}
}

func TestACodeIsTypedInAnySpelling(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admission := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
	made := h.inviteTo(admission, h.token("ward_management"))
	for _, typed := range []string{made.Code, strings.ToLower(made.Code),
		strings.ReplaceAll(made.Code, "-", ""), " " + strings.ReplaceAll(made.Code, "-", " ")} {
		got := h.post("/join", "", browser, url.Values{"code": {typed}})
		if !strings.HasPrefix(got.led(), "/join/") {
			t.Errorf("%q leads to %q: %d", typed, got.led(), got.status)
		} else if page := h.get(got.led(), "", browser); page.status != 200 {
			t.Errorf("%q leads to %d", typed, page.status)
		}
	}
	for _, wrong := range []string{"", "AAAAA-AAAAA", made.Code[1:], "'", "\x00"} {
		if got := h.post("/join", "", program, map[string]any{"code": wrong}); got.status < 400 ||
			got.status >= 500 {
			t.Errorf("%q is answered with %d", wrong, got.status)
		}
	}
}

// TestGuessingCodesIsSlowedAndKeepsNobodyOut: a few wrong ones are answered at once, some wait, and
// those beyond are refused, while a right one is found.
func TestGuessingCodesIsSlowedAndKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	made := h.inviteTo(h.admit("Uwase Marie", h.bed(h.a, 1).ID), h.token("medical_staff"))
	guessing, stop := context.WithCancel(t.Context())
	answers := make(chan int, 50)
	var guesses sync.WaitGroup
	for range 50 {
		guess := h.request(question{method: "POST", path: "/join", as: program,
			fields: map[string]any{"code": "AAAAA-AAAAA"}}).WithContext(guessing)
		guesses.Go(func() {
			if response, err := h.web.Client().Do(guess); err == nil {
				answers <- response.StatusCode
				_ = response.Body.Close()
			}
		})
	}
	for refused := 0; refused < 20; {
		if status := <-answers; status == http.StatusTooManyRequests {
			refused++
		}
	}
	got := h.post("/join", "", browser, url.Values{"code": {made.Code}})
	if !strings.HasPrefix(got.led(), "/join/") {
		t.Errorf("while others guess, a right code is answered with %d", got.status)
	}
	stop()
	guesses.Wait()
}

func TestAnInvitationRunsOutAndIsTakenBack(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admission := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
	nurse := func() string { return h.token("medical_staff") }
	late, taken := h.inviteTo(admission, nurse()), invitation{}
	h.clock.pass(72 * time.Hour)
	h.get(h.pathOf(late.Link), "", program).problem(http.StatusNotFound)
	path := fmt.Sprintf("/admissions/%d/invitations", admission.ID)
	for range 10 {
		taken = h.inviteTo(admission, nurse())
	}
	if p := h.post(path, nurse(), program, nil).problem(409); p.Code != "invitations_many" {
		t.Errorf("the eleventh is refused with %s", p.Code)
	}
	h.post(path+"/remove", nurse(), program, nil)
	h.get(h.pathOf(taken.Link), "", program).problem(http.StatusNotFound)
	ended := h.inviteTo(admission, nurse())
	h.discharge(admission.ID)
	h.post(h.pathOf(ended.Link), "", program, map[string]any{"username": "mother",
		"password": password}).problem(http.StatusNotFound)
	if p := h.post(path, nurse(), program, nil).problem(409); p.Code != "stay_ended" {
		t.Errorf("after the stay it is refused with %s", p.Code)
	}
}

func TestACustomerAcceptsAnotherInvitationWithTheSameLogin(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	one := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
	other := h.admit("Mukamana Odette", h.bed(h.a, 2).ID)
	nurse := h.token("medical_staff")
	caregiver := h.accept(h.inviteTo(one, nurse), "mother")
	link := h.pathOf(h.inviteTo(other, nurse).Link)
	if p := h.post(link, nurse, program, nil).problem(409); p.Code != "not_a_customer" {
		t.Errorf("one of the staff is refused with %s", p.Code)
	}
	if got := h.post(link, caregiver, program, nil); got.status != http.StatusNoContent {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := h.patients(caregiver); len(got) != 2 {
		t.Errorf("the caregiver may order for %v", got)
	}
}

func TestAFormShowsTheSlipOfAnInvitation(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admission := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
	nurse := h.token("medical_staff")
	bed := h.get(fmt.Sprintf("/beds/%d/", admission.BedID), nurse, browser).html()
	path := fmt.Sprintf("/admissions/%d/invitations/", admission.ID)
	if bed.Find(`a[href="`+path+`"]`).Length() != 1 {
		t.Error("the bed's panel does not lead to the invitations")
	}
	got := h.post(path, nurse, browser, url.Values{"idempotency_key": {"k"}})
	slip := onlyCookie(t, got)
	shown := h.ask(question{method: "GET", path: got.led(), as: browser, token: nurse,
		header: http.Header{"Cookie": {slip.Name + "=" + slip.Value}}}).html().Find(".slip")
	if got.led() != path || shown.Find(".code").Text() != slip.Value ||
		!strings.Contains(shown.Text(), "A-01") || strings.Contains(shown.Text(), "Uwase") {
		t.Errorf("led to %q, where the slip is %q", got.led(), shown.Text())
	}
}
