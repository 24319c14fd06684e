package handlers_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"dusangire/hospital"
)

// wants posts as a program and checks the status of the answer.
func (h *fixture) wants(status int, path, token string, fields map[string]any) answer {
	h.t.Helper()
	got := h.post(path, token, program, fields)
	if got.status != status {
		h.t.Fatalf("POST %s %v: got %d, want %d: %s", path, fields, got.status, status, got.body)
	}
	return got
}

func TestStationsDoTheirPartsAndWholeMealsAreStarted(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	cook := h.token("kitchen")
	rice, salad := h.dish("Rice", "hot"), h.dish("Salad", "cold")
	order := h.order(h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID), hospital.Lunch, rice, salad)
	pending := h.order(h.admitAsked("Keza Aline", h.bed(h.a, 2).ID), hospital.Lunch, rice)
	h.cook(order.ID, "confirm")

	var started struct {
		Started int
		LeftOut []struct {
			OrderID int64 `json:"order_id"`
			Reason  string
			Message string
		} `json:"left_out"`
	}
	h.wants(200, "/kitchen/start", cook, map[string]any{"meal": "lunch", "ward_id": h.a.ID}).
		json(&started)
	if started.Started != 1 || len(started.LeftOut) != 1 || started.LeftOut[0].Message == "" ||
		started.LeftOut[0].OrderID != pending.ID || started.LeftOut[0].Reason != "pending" {
		t.Errorf("starting lunch answered %+v", started)
	}
	h.wants(422, "/kitchen/start", cook, map[string]any{"meal": "tea"})

	path := fmt.Sprintf("/orders/%d/", order.ID)
	h.wants(204, path+"parts/hot", cook, map[string]any{"done": true})
	h.wants(404, path+"parts/porridge", cook, map[string]any{"done": true})
	h.wants(422, path+"parts/hot", cook, map[string]any{"done": "perhaps"})
	h.wants(422, path+"parts/hot", cook, map[string]any{})
	h.wants(409, fmt.Sprintf("/orders/%d/parts/hot", pending.ID), cook, map[string]any{"done": true})
	shown := parseObject(t, h.get(path, cook, program).body)
	shown.check(t, "order")
	parts, _ := json.Marshal(shown["parts"])
	var list []struct {
		DoneAt *string `json:"done_at"`
	}
	if err := json.Unmarshal(parts, &list); err != nil || len(list) != 2 ||
		list[0].DoneAt == nil || list[1].DoneAt != nil {
		t.Errorf("its parts are %s", parts)
	}
	refusal := h.wants(409, path+"ready", cook, map[string]any{"version": order.Version}).
		problem(http.StatusConflict)
	if refusal.Code != "order_outdated" || refusal.Current["parts"] == nil {
		t.Errorf("an outdated check is refused with %+v", refusal)
	}
	h.wants(204, path+"ready", cook, map[string]any{})
}

func TestWhatIsMadeIsCountedByHTTP(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	cook, rice := h.token("kitchen"), h.dish("Rice", "hot")
	made := func(count int) map[string]any {
		return map[string]any{"item_id": rice.ID, "meal": "lunch", "texture": 7, "count": count}
	}
	h.wants(204, "/kitchen/made", cook, made(20))
	h.wants(204, "/kitchen/made", cook, made(-5))
	refusal := h.wants(409, "/kitchen/made", cook, made(-16)).problem(http.StatusConflict)
	if refusal.Code != "made_below_zero" {
		t.Errorf("refused with %q", refusal.Code)
	}
	wrong := h.wants(422, "/kitchen/made", cook, map[string]any{}).problem(422).Errors
	for _, field := range []string{"texture", "count"} {
		if wrong[field] == "" {
			t.Errorf("nothing is said of %s: %v", field, wrong)
		}
	}
}
