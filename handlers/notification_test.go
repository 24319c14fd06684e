package handlers_test

import (
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

// hungry ends a time of nil by mouth in a bed, of which all medical staff are told.
func (h *house) hungry(stay hospital.Admission) {
	h.t.Helper()
	from := h.clock.Now().Add(time.Minute)
	_, err := h.hospital.SetDiet(h.t.Context(), actor(hospital.MedicalStaff), stay.ID,
		hospital.DietChange{NilByMouth: &hospital.Window{From: from, Until: from.Add(time.Hour)}})
	h.must(err)
	for range 2 { // it begins by itself, and so it ends
		h.clock.pass(45 * time.Minute)
		_, err := h.hospital.HoldNilByMouth(h.t.Context())
		h.must(err)
	}
}

func TestADashboardTellsItsRoleWhatHappensWhenItHappens(t *testing.T) {
	t.Parallel()
	h := newHouse(t, settings{})
	stay := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
	nurse, manager := h.token("medical_staff"), h.token("ward_management")
	s, other := h.watch("/ws/dashboard/medical_staff/", nurse), h.watch("/ws/dashboard/ward_management/", manager)
	page := h.watch("/ws/dashboard/medical_staff/", nurse, asHTML)
	for _, socket := range []*socket{s, other, page} {
		socket.next()
	}
	h.hungry(stay)
	news := s.nextOfType("notification")
	if news["title"] != "Nil by mouth is over in bed A-01" || news["level"] != "info" || news["timestamp"] != h.clock.Now().UTC().Format(time.RFC3339) {
		t.Errorf("medical staff are told %v", news)
	}
	for !strings.Contains(page.next(), `data-level="info" role="status"`) {
		continue // a frame of the numbers comes before
	}
	if got := h.get("/dashboard/medical_staff/", nurse, browser).html().Find("#news summary strong").Text(); got != "Nil by mouth is over in bed A-01" {
		t.Errorf("the page shows %q", got)
	}
	late := h.watch("/ws/dashboard/medical_staff/", nurse)
	late.nextObject().check(t, "dashboard_update")
	h.admit("Mugisha Jean", 0)
	late.nextObject().check(t, "dashboard_update") // what happened before one came is not told as new
	for other.nextObject().int("patient_count") != 2 {
		continue // a manager hears of no notification: nextObject would be one
	}
	h.clock.pass(hospital.NewsLasts)
	if got := h.get("/dashboard/medical_staff/", nurse, browser).html().Find("#news > *").Length(); got != 0 {
		t.Errorf("after %s it is no news, but the page shows %d", hospital.NewsLasts, got)
	}
}
