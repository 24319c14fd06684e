package handlers_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"

	"dusangire/hospital"
)

func TestDishesAreChangedAndSubstitutedByHTTP(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	cook, rice, milk := h.token("kitchen"), h.dish("Rice", "hot"), h.dish("Tea", "hot", "milk")
	first := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID)
	second := h.admitAsked("Keza Aline", h.bed(h.a, 2).ID, "milk")
	order, other := h.order(first, hospital.Lunch, rice), h.order(second, hospital.Lunch, rice)
	path := fmt.Sprintf("/orders/%d/items", order.ID)

	h.wants(204, path, cook, map[string]any{"items": []int64{milk.ID}, "version": order.Version})
	refusal := h.wants(409, path, cook, map[string]any{"items": []int64{rice.ID},
		"version": order.Version}).problem(http.StatusConflict)
	if refusal.Code != "order_outdated" || len(refusal.Changes) != 1 ||
		refusal.Changes[0].Field != "items" {
		t.Errorf("an outdated change is refused with %+v", refusal)
	}
	h.wants(409, fmt.Sprintf("/orders/%d/items", other.ID), cook,
		map[string]any{"items": []int64{milk.ID}})
	h.wants(422, path, cook, map[string]any{})
	h.wants(204, path, h.token("medical_staff"), map[string]any{"items": []int64{rice.ID}})

	var became struct {
		Changed int
		LeftOut []struct {
			OrderID int64 `json:"order_id"`
			Reason  string
		} `json:"left_out"`
	}
	h.wants(200, fmt.Sprintf("/dishes/%d/substitute", rice.ID), cook,
		map[string]any{"with_id": milk.ID, "meal": "lunch"}).json(&became)
	if became.Changed != 1 || len(became.LeftOut) != 1 || became.LeftOut[0].OrderID != other.ID ||
		became.LeftOut[0].Reason != "hazards" {
		t.Errorf("the substitution answered %+v", became)
	}
}

func TestWhoGetsNothingIsListedWithTheReason(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	cook, rice := h.token("kitchen"), h.dish("Rice", "hot")
	h.order(h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID), hospital.Lunch, rice)
	h.admit("Keza Aline", h.bed(h.a, 2).ID)

	var list struct {
		Patients []struct {
			AdmissionID int64  `json:"admission_id"`
			BedNumber   string `json:"bed_number"`
			Initials    string
			Reason      string
		}
	}
	h.get("/kitchen/without/?meal=lunch", cook, program).json(&list)
	if len(list.Patients) != 1 || list.Patients[0].BedNumber != h.bed(h.a, 2).Number ||
		list.Patients[0].Initials != "K. A." || list.Patients[0].Reason == "" {
		t.Errorf("the list is %+v", list)
	}
	if got := h.get("/kitchen/without/?meal=tea", cook, program); got.status != 422 {
		t.Errorf("a meal that there is not: %d %s", got.status, got.body)
	}
	page := h.get("/kitchen/without/", cook, browser).html()
	if lines := page.Find("#nothing li"); lines.Length() != 1 {
		t.Errorf("the page lists %d, want 1", lines.Length())
	}
}

func TestACustomerGivesAFewCommandsAMinute(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{pace: 3})
	customer, nurse := h.token("customer"), h.token("medical_staff")
	var statuses []int
	for range 4 {
		got := h.post("/notifications/read", customer, program, map[string]any{"up_to": 1})
		statuses = append(statuses, got.status)
		if got.status != http.StatusTooManyRequests {
			continue
		}
		if p := got.problem(429); p.Code != "too_many" {
			t.Errorf("refused with %q", p.Code)
		}
		if wait, err := strconv.Atoi(got.header.Get("Retry-After")); err != nil || wait < 1 || wait > 60 {
			t.Errorf("Retry-After is %q", got.header.Get("Retry-After"))
		}
	}
	if statuses[3] != 429 || slices.Contains(statuses[:3], 429) {
		t.Errorf("the answers were %v", statuses)
	}
	for range 4 {
		h.wants(204, "/notifications/read", nurse, map[string]any{"up_to": 1})
	}
	h.wants(429, "/notifications/read", customer, map[string]any{"up_to": 1})
}
