package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// pastOf is what the data of a dashboard says of days that are over.
func pastOf(t *testing.T, a answer) object {
	t.Helper()
	var board object
	a.json(&board)
	return board.sub("data").sub("past")
}

func TestWhatIsNotFinishedOfYesterdayIsOnAListOfItsOwnAndClosedTogether(t *testing.T) {
	t.Parallel()
	w := newService(t, settings{})
	w.transit(w.first)
	order, err := w.hospital.OrderDetail(w.t.Context(), hospital.System, w.first.OrderID)
	w.must(err)
	noon := order.ServiceDate.Add(34 * time.Hour) // of the next day, in Kigali: the order is of yesterday
	w.clock.pass(noon.Sub(w.clock.Now()))
	w.courier = w.token("delivery")
	cook := w.token("kitchen")
	for path, token := range map[string]string{kitchenPath: cook, "/dashboard/delivery/": w.courier} {
		board := w.get(path, token, program)
		if past := pastOf(t, board); past["count"] != 2.0 || len(past["list"].([]any)) != 2 || len(past["days"].([]any)) != 1 {
			t.Errorf("%s has of days that are over %v", path, past)
		}
		if page := w.get(path, token, browser); !strings.Contains(page.body, "Not finished: 2 (") {
			t.Errorf("the page %s says nothing of it", path)
		}
	}
	if list := w.get("/kitchen/past/", cook, browser); list.status != http.StatusOK || strings.Count(list.body, `<a href="/orders/`) != 2 {
		t.Errorf("the list: %d %s", list.status, list.body)
	}
	if refused := w.post("/kitchen/past/close", cook, browser, map[string]any{"reason": ""}); refused.status != http.StatusUnprocessableEntity ||
		!strings.Contains(refused.body, "Say why they were never delivered.") {
		t.Errorf("without a reason: %d", refused.status)
	}
	var closed map[string]int
	w.post("/kitchen/past/close", cook, program, map[string]any{"reason": "power cut"}).json(&closed)
	if closed["closed"] != 2 {
		t.Errorf("closed were %v", closed)
	}
	for path, token := range map[string]string{kitchenPath: cook, "/dashboard/delivery/": w.courier} {
		if past := pastOf(t, w.get(path, token, program)); past["count"] != 0.0 {
			t.Errorf("%s has still %v", path, past)
		}
	}
}

// missed notes that the dinner of today was not ordered in ward A.
func (h *fixture) missed(patients int) {
	h.t.Helper()
	day := h.clock.Now().UTC().Add(2 * time.Hour).Truncate(24 * time.Hour) // in Kigali
	_, err := hospitaltest.Database(h.t, h.database).ExecContext(h.t.Context(), `INSERT INTO meal_round (ward_id, service_date, meal, missed)
		VALUES ($1, $2, 'dinner', $3)`, h.a.ID, day.UnixMilli(), patients)
	h.must(err)
}

func TestAMissedRoundIsOfferedOnTheScreensOfThoseWhoMayOrderIt(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	h.dish("Rice", "hot")
	h.admitAsked("Uwase Marie", h.bed(h.a, 5).ID)
	day := h.clock.Now().UTC().Add(2 * time.Hour) // in Kigali
	h.clock.pass(time.Date(day.Year(), day.Month(), day.Day()+1, 10, 31, 0, 0, time.UTC).Sub(h.clock.Now()))
	told, err := h.hospital.AnnounceMissedRounds(t.Context())
	h.must(err)
	if len(told) == 0 {
		t.Fatal("no round was missed")
	}
	for _, role := range []string{"kitchen", "medical_staff", "ward_management"} {
		path, token := "/dashboard/"+role+"/", h.token(role)
		var board object
		h.get(path, token, program).json(&board)
		if missed := board.sub("data")["missed_rounds"].([]any); len(missed) != 1 {
			t.Errorf("%s is offered %v", role, missed)
		}
		if page := h.get(path, token, browser); !strings.Contains(page.body, `action="/wards/1/round"`) {
			t.Errorf("the page of %s offers nothing", role)
		}
	}
	var round map[string]int
	h.post("/wards/1/round", h.token("ward_management"), program, map[string]any{"meal": "lunch"}).json(&round)
	if round["placed"] != 1 {
		t.Errorf("ordered late: %v", round)
	}
	if page := h.get(kitchenPath, h.token("kitchen"), browser); strings.Contains(page.body, `action="/wards/1/round"`) {
		t.Error("the round is offered although it is ordered")
	}
}
