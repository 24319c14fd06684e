package handlers_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"dusangire/handlers"
)

// wantRefusal checks that no socket is opened, with which status and why.
func (h *house) wantRefusal(token string, status int, why string) *http.Response {
	h.t.Helper()
	opened, response := h.dial(wardPath(h.a), bearer(token), asHTML)
	if opened != nil {
		h.t.Fatal("the socket was opened")
	}
	var problem handlers.Problem
	if err := json.NewDecoder(response.Body).Decode(&problem); err != nil || response.StatusCode != status || problem.Type != "urn:dusangire:problem:"+why {
		h.t.Errorf("got %s %+v (%v), want %d because %s", response.Status, problem, err, status, why)
	}
	return response
}

func TestWhenVeryManySocketsAreOpenedOneIsToldToComeBackBeforeAnythingIsLookedUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t, settings{})
	var admitted []func()
	for full := false; !full; {
		impatient, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		opened, err := h.hub.Admit(impatient)
		cancel()
		if full = err != nil; !full {
			admitted = append(admitted, opened)
		}
	}
	response := h.wantRefusal("nobody's", http.StatusServiceUnavailable, "busy")
	if got := response.Header.Get("Retry-After"); got != "2" {
		t.Errorf("it is told to come back after %q seconds, want 2", got)
	}
	for _, opened := range admitted {
		opened()
	}
	h.watch(wardPath(h.a), h.token("medical_staff")).next()
}

func TestASignInHasOnlySoManySockets(t *testing.T) {
	t.Parallel()
	h := newHouse(t, settings{})
	token := h.token("medical_staff")
	for range 200 {
		h.watch(wardPath(h.a), token)
	}
	h.wantRefusal(token, http.StatusTooManyRequests, "too_many_sockets")
	h.watch(wardPath(h.a), h.token("medical_staff")).next() // signed in elsewhere
	h.watch(wardPath(h.a), h.token("ward_management")).next()
}
