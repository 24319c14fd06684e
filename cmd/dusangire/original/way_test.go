package original_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
)

// TestAMealGoesItsWholeWayByPrograms: a nurse admits with a peanut allergy, a customer orders, a
// cook cooks, a courier tries the wrong bed and then the right one; everyone's socket tells each
// step. In the original no delivery could be in transit, and its kitchen's buttons led nowhere.
func TestAMealGoesItsWholeWayByPrograms(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 4, nil)
	isombe, rice := s.Dish("Cassava leaves with groundnut paste", "peanuts"), s.Dish("Rice")
	nurse, desk, cook := s.SignIn(hospital.MedicalStaff), s.SignIn(hospital.WardManagement), s.SignIn(hospital.KitchenStaff)
	courier, customer := s.SignIn(hospital.DeliveryStaff), s.SignIn(hospital.Customer)
	bed, other := board.Beds[0], board.Beds[1]

	admission := nurse.Create("/admissions", map[string]any{"patient_name": "Uwase Marie", "bed_id": bed.ID, "reason": "routine",
		"diet": "general", "texture": 7, "allergies": []string{"peanuts"}})
	desk.Command(fmt.Sprintf("/admissions/%v/customers", admission["id"]), map[string]any{"username": "customer"})

	wall, tablet, inbox := cook.Watch("/ws/dashboard/kitchen/", dusangiretest.AsJSON), courier.Watch("/ws/dashboard/delivery/", dusangiretest.AsJSON), customer.Watch("/ws/notifications/", dusangiretest.AsJSON)
	wall.NextWith("dashboard_update")
	tablet.NextWith("dashboard_update")
	inbox.NextWith(`"type":"notifications"`)

	order := map[string]any{"admission_id": admission["id"], "meal": "snack",
		"items": []int64{isombe.ID}}
	if status, body := customer.Post("/orders", order); status != http.StatusConflict || !strings.Contains(string(body), "peanuts") {
		t.Fatalf("peanuts for who is allergic to them: %d %s", status, body)
	}
	order["items"] = []int64{rice.ID}
	placed := customer.Create("/orders", order)
	if placed["status"] != "pending" {
		t.Errorf("an order that was just placed is %v", placed["status"])
	}
	path := fmt.Sprintf("/orders/%v/", placed["id"])
	wall.NextWith(fmt.Sprintf(`"order_id":%v,`, placed["id"]))
	ordered := customer.Watch("/ws"+strings.Replace(path, "orders", "order", 1), dusangiretest.AsJSON)
	ordered.NextWith(`"status":"pending"`)

	if status, body := courier.Post(path+"confirm", map[string]any{}); status != http.StatusForbidden {
		t.Errorf("a courier confirmed an order: %d %s", status, body)
	}
	if status, body := cook.Post(path+"ready", map[string]any{}); status != http.StatusConflict {
		t.Errorf("an order was ready before anybody cooked: %d %s", status, body)
	}
	for _, step := range [][2]string{{"confirm", "confirmed"}, {"start", "preparing"}, {"ready", "ready"}} {
		cook.Command(path+step[0], map[string]any{})
		ordered.NextWith(fmt.Sprintf(`"status":%q`, step[1]))
		inbox.NextWith(`"type":"notification",`)
	}

	var ready struct {
		DeliveryID int64 `json:"delivery_id"`
	}
	if status, body := customer.Get(path); status != http.StatusOK || json.Unmarshal(body, &ready) != nil || ready.DeliveryID == 0 {
		t.Fatalf("a ready order has a delivery: %d %s", status, body)
	}
	tablet.NextWith(fmt.Sprintf(`"delivery_id":%d,`, ready.DeliveryID))
	delivery := fmt.Sprintf("/deliveries/%d/", ready.DeliveryID)
	followed := customer.Watch("/ws"+strings.Replace(delivery, "deliveries", "delivery", 1), dusangiretest.AsJSON)
	followed.NextWith(`"status":"unassigned"`)
	courier.Command(delivery+"claim", map[string]any{})
	followed.NextWith(`"type":"delivery_status_update","delivery_id":` + fmt.Sprint(ready.DeliveryID))
	courier.Command(delivery+"depart", map[string]any{})
	followed.NextWith(`"status":"in_transit"`)
	courier.Command(delivery+"location", map[string]any{"latitude": -1.95, "longitude": 30.06})
	followed.NextWith(`"type":"delivery_location_update"`)

	handover := map[string]any{"bed_code": other.Number, "received_by": "Uwase Marie"}
	if status, body := courier.Post(delivery+"deliver", handover); status != http.StatusConflict || !strings.Contains(string(body), "wrong_bed") {
		t.Fatalf("the tray was handed over at %s: %d %s", other.Number, status, body)
	}
	handover["bed_code"] = strings.ToLower(bed.Number)
	courier.Command(delivery+"deliver", handover)
	followed.NextWith(`"status":"delivered"`)
	ordered.NextWith(`"status":"delivered"`)
	if status, body := courier.Post(delivery+"fail", map[string]any{"reason": "asleep"}); status != http.StatusConflict {
		t.Errorf("what was delivered has failed: %d %s", status, body)
	}
	wall.NextWith(`"delivered":1`)
}
