package handlers_test

import (
	"fmt"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"dusangire/hospital"
)

// leadsTo matches the paths of what not everybody may look up for ever.
var leadsTo = regexp.MustCompile(`^/(orders|deliveries|addresses|admissions|beds)/\d+/$`)

// leads follows what the main part of a page leads to, and returns how many ways it found.
func (h *fixture) leads(path, token string) (ways int) {
	h.t.Helper()
	page := h.get(path, token, browser)
	if page.status != http.StatusOK {
		return 0
	}
	// What a script fills in before it is shown leads nowhere yet.
	page.html().Find("main a[href]").Not("dialog a").Each(func(_ int, link *goquery.Selection) {
		to := link.AttrOr("href", "")
		if !leadsTo.MatchString(to) {
			return
		}
		ways++
		if got := h.get(to, token, browser); got.status != http.StatusOK {
			h.t.Errorf("%s leads to %s, which answers %d", path, to, got.status)
		}
	})
	return ways
}

// TestNoPageLeadsWhereItsReaderMayNotGo follows the days of two trays that came back or never left.
// What somebody was told stays, also when they may not look it up any more.
func TestNoPageLeadsWhereItsReaderMayNotGo(t *testing.T) {
	t.Parallel()
	w := service{fixture: newFixture(t, settings{})}
	w.addUser("aline", hospital.DeliveryStaff)
	w.clock.pass(untilMorning(w.clock.Now()))
	w.courier, w.admission = w.token("delivery"), w.admitAsked("Uwase Marie", w.bed(w.a, 5).ID)
	w.link(w.admission)
	w.first, w.other = w.tray(w.admission), w.tray(w.admitAsked("Mugisha Jean", w.bed(w.b, 2).ID))
	w.transit(w.first)
	_, err := w.hospital.SetDiet(t.Context(), actor(hospital.MedicalStaff), w.admission.ID,
		hospital.DietCommand{NilByMouth: &hospital.Window{From: w.clock.Now()}})
	w.must(err)
	w.take(w.first, "fail", nil)
	paths := []string{"/kitchen/past/", "/dashboard/delivery/", "/dashboard/kitchen/", "/home/"}
	for _, d := range []hospital.Delivery{w.first, w.other} {
		paths = append(paths, fmt.Sprintf("/orders/%d/", d.OrderID), fmt.Sprintf("/deliveries/%d/", d.ID))
	}
	told := map[string]string{} // what everybody is told on the first day
	for _, stage := range []struct {
		day  string
		pass time.Duration
		ways map[string]bool // whose notifications lead somewhere
	}{
		{"today", 0, map[string]bool{"kitchen": true, "delivery": true, "customer": true}},
		{"the next day", 24 * time.Hour,
			map[string]bool{"kitchen": true, "delivery": true, "customer": true}},
		{"the day after", 24 * time.Hour, map[string]bool{"customer": true}},
	} {
		w.clock.pass(stage.pass)
		t.Run(stage.day, func(t *testing.T) {
			h := w.within(t)
			for _, who := range []string{"kitchen", "delivery", "aline", "customer", "medical_staff",
				"admin"} {
				token := h.token(who)
				for _, path := range paths {
					h.leads(path, token)
				}
				if got := h.leads("/notifications/", token) > 0; got != stage.ways[who] {
					t.Errorf("what %s was told leads to orders: %t, want %t", who, got, stage.ways[who])
				}
				news := h.get("/notifications/", token, browser).html().Find("#inbox h2").Text()
				if first, known := told[who]; known && news != first {
					t.Errorf("%s was told %q and reads %q", who, first, news)
				}
				told[who] = news
			}
		})
	}
	if told["kitchen"] == "" || told["delivery"] == "" || told["customer"] == "" {
		t.Errorf("nobody was told anything: %q", told)
	}
}
