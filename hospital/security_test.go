package hospital_test

import (
	"fmt"
	"testing"
	"time"

	"dusangire/hospital"
)

// However many refusals there are, from however many places, the audit grows by a line each only
// for the first thousand places of an hour, and by how often all others doubled.
func TestAFloodOfRefusalsDoesNotFillTheAudit(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		denied := func(address string) {
			t.Helper()
			ctx := hospital.From(t.Context(), hospital.Origin{Address: address})
			if err := h.NoteDenied(ctx, cook, "GET /users/"); err != nil {
				t.Fatal(err)
			}
		}
		lines := h.auditLines(t)
		grown := func(by int, what string) {
			t.Helper()
			if n := h.auditLines(t) - lines; n != by {
				t.Errorf("%s made %d lines, want %d", what, n, by)
			}
			lines = h.auditLines(t)
		}
		for range 1000 {
			denied("198.51.100.1")
		}
		grown(10, "a thousand refusals at one place") // 1, 2, 4 … 512
		for i := range 1000 {
			denied(fmt.Sprintf("2001:db8::%x", i))
		}
		grown(10, "a thousand at one network")
		for i := range 1100 {
			denied(fmt.Sprintf("10.0.%d.%d", i/250, i%250))
		}
		grown(998+7, "eleven hundred at as many places") // the last 102 as one: 1, 2, 4 … 64
		h.clock.pass(time.Hour)
		denied("10.0.4.99")
		grown(1, "the first of another hour")
	})
}
