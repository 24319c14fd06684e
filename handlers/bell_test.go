package handlers_test

import (
	"fmt"
	"testing"
)

// bell is what the bell on a page says.
func (h *house) bell(path, token string) string {
	h.t.Helper()
	number := h.get(path, token, browser).html().Find("a#bell b")
	if _, hidden := number.Attr("hidden"); hidden {
		return ""
	}
	return number.Text()
}

func TestTheBellCountsWhatIsUnreadAndItsSocketKeepsItTrue(t *testing.T) {
	t.Parallel()
	h := newHouse(t, settings{})
	here, there := h.nurseOf("here", h.a), h.nurseOf("there", h.b)
	admission := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID)
	mine, other := h.watch("/ws/notifications/unread/", here), h.watch("/ws/notifications/unread/", there)
	for _, socket := range []*socket{mine, other} {
		if first := socket.nextOfType("unread"); first.int("unread") != 0 {
			t.Errorf("at first %v", first)
		}
	}
	h.hungry(admission)
	if told := mine.nextOfType("unread"); told.int("unread") != 1 {
		t.Errorf("who works there hears %v", told)
	}
	ward := fmt.Sprintf("/wards/%d/", h.a.ID)
	for _, path := range []string{ward, "/dashboard/medical_staff/", "/notifications/"} {
		if mine, other := h.bell(path, here), h.bell(path, there); mine != "1" || other != "" {
			t.Errorf("the bell on %s says %q, and to who works elsewhere %q", path, mine, other)
		}
	}
	h.post("/notifications/read", here, program, map[string]any{"up_to": 1 << 40})
	if told := mine.nextOfType("unread"); told.int("unread") != 0 {
		t.Errorf("after all were read %v", told)
	}
	if got := h.bell(ward, here); got != "" {
		t.Errorf("after all were read the bell says %q", got)
	}
}
