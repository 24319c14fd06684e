package handlers_test

import (
	"fmt"
	"net/http"
	"testing"
)

// bell is what the bell on a page says, and what it was counted from.
func (h *fixture) bell(path, token string) (number, tag string) {
	h.t.Helper()
	bell := h.get(path, token, browser).html().Find("a#bell")
	if _, hidden := bell.Find("b").Attr("hidden"); !hidden {
		number = bell.Find("b").Text()
	}
	return number, bell.AttrOr("data-tag", "")
}

func TestTheBellCountsWhatIsUnread(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	here, there := h.nurseOf("here", h.a), h.nurseOf("there", h.b)
	h.hungry(h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID))
	ward := fmt.Sprintf("/wards/%d/", h.a.ID)
	for _, path := range []string{ward, "/dashboard/medical_staff/", "/notifications/"} {
		mine, _ := h.bell(path, here)
		other, _ := h.bell(path, there)
		if mine != "1" || other != "" {
			t.Errorf("the bell on %s says %q, and to who works elsewhere %q", path, mine, other)
		}
	}
	h.post("/notifications/read", here, program, map[string]any{"up_to": 1 << 40})
	if got, _ := h.bell(ward, here); got != "" {
		t.Errorf("after all were read the bell says %q", got)
	}
}

func TestABellIsToldOnlyOfANumberThatMayHaveMoved(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.nurseOf("here", h.a)
	_, drawn := h.bell("/notifications/", nurse)
	ask := func(tag string) answer {
		return h.ask(question{method: http.MethodGet, path: "/notifications/unread/", as: program,
			token: nurse, header: http.Header{"If-None-Match": {tag}}})
	}
	if a := ask(drawn); a.status != http.StatusNotModified || len(a.body) > 0 {
		t.Errorf("with nothing new a page is told %d %s", a.status, a.body)
	}
	h.hungry(h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID))
	told := ask(drawn)
	if told.status != http.StatusOK || told.body != `{"unread":1}`+"\n" {
		t.Fatalf("after a notification a page is told %d %s", told.status, told.body)
	}
	if a := ask(told.header.Get("ETag")); a.status != http.StatusNotModified {
		t.Errorf("whoever knows it is told %d %s", a.status, a.body)
	}
	h.post("/notifications/read", nurse, program, map[string]any{"up_to": 1 << 40})
	if a := ask(told.header.Get("ETag")); a.body != `{"unread":0}`+"\n" {
		t.Errorf("after all were read a page is told %d %s", a.status, a.body)
	}
}
