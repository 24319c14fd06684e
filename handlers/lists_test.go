package handlers_test

import (
	"fmt"
	"net/http"
	"regexp"
	"testing"
)

// TestTheListsOfAPanelAreReadAnewOnlyWhereSomethingHasMoved anywhere: a page asks for them often.
func TestTheListsOfAPanelAreReadAnewOnlyWhereSomethingHasMoved(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.token("medical_staff")
	ask := func(tag string) answer {
		t.Helper()
		return h.ask(question{method: http.MethodGet, as: htmx, token: nurse,
			path:   fmt.Sprintf("/beds/%d/", h.bed(h.a, 1).ID),
			header: http.Header{"If-None-Match": {`"` + tag + `"`}}})
	}
	tag := regexp.MustCompile(`data-lists="([^"]*)"`)
	first := ask("")
	said := tag.FindStringSubmatch(first.body)
	if first.status != http.StatusOK || said == nil {
		t.Fatalf("the panel of a free bed: %d, and it says from when its lists are: %q",
			first.status, said)
	}
	if again := ask(said[1]); again.status != http.StatusNotModified || again.body != "" {
		t.Errorf("where nothing has moved: %d %q", again.status, again.body)
	}
	h.admit("Uwase Marie", h.bed(h.b, 1).ID)
	if moved := ask(said[1]); moved.status != http.StatusOK ||
		tag.FindStringSubmatch(moved.body)[1] == said[1] {
		t.Errorf("when somebody was placed in another ward: %d", moved.status)
	}
}
