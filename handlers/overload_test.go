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
func (h *fixture) wantRefusal(token string, status int, why string) *http.Response {
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
	h := newFixture(t, settings{})
	var admitted []func()
	for full := false; !full; {
		impatient, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		opened, err := h.hub.Acquire(impatient, "a client")
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
	h := newFixture(t, settings{})
	token := h.token("medical_staff")
	for range 200 {
		h.watch(wardPath(h.a), token)
	}
	h.wantRefusal(token, http.StatusTooManyRequests, "too_many_sockets")
	h.watch(wardPath(h.a), h.token("medical_staff")).next() // signed in elsewhere
	h.watch(wardPath(h.a), h.token("ward_management")).next()
}

// Clients take turns at the door, so it matters who is one.
func TestWhoWaitsAtTheDoor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, one, other   string
		oneToken, hisToken string
		same               bool
	}{
		{"one address, two people", "192.0.2.7", "192.0.2.7", "a", "b", true},
		{"two addresses", "192.0.2.7", "192.0.2.8", "a", "a", false},
		{"one network of IPv6", "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "a", "b", true},
		{"two networks of IPv6", "2001:db8:1:2::1", "2001:db8:1:3::1", "a", "a", false},
		{"an address, and the same within IPv6", "192.0.2.7", "::ffff:192.0.2.7", "a", "b", true},
		{"a stranger at somebody's address", "192.0.2.7", "192.0.2.7", "a", "", false},
		{"two strangers at an address", "192.0.2.7", "192.0.2.7", "", "", true},
	} {
		one, other := handlers.GateKey(c.one, c.oneToken), handlers.GateKey(c.other, c.hisToken)
		if (one == other) != c.same {
			t.Errorf("%s: they are %q and %q, want the same: %t", c.name, one, other, c.same)
		}
	}
}
