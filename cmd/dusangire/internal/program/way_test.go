package program

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"dusangire/hospital"
)

// TestAMealGoesItsWholeWayByPrograms: a nurse admits with a peanut allergy, a customer orders, a
// cook cooks, a courier tries the wrong bed and then the right one; everyone's socket tells each
// step. In the original no delivery could be in transit, and its kitchen's buttons led nowhere.
func TestAMealGoesItsWholeWayByPrograms(t *testing.T) {
	t.Parallel()
	s, board := mustServeWard(t, 4, nil)
	isombe, rice := s.dish("Cassava leaves with groundnut paste", "peanuts"), s.dish("Rice")
	nurse, desk, cook := s.signIn(hospital.MedicalStaff), s.signIn(hospital.WardManagement), s.signIn(hospital.KitchenStaff)
	courier, customer := s.signIn(hospital.DeliveryStaff), s.signIn(hospital.Customer)
	bed, other := board.Beds[0], board.Beds[1]

	stay := nurse.create("/admissions", map[string]any{"patient_name": "Uwase Marie", "bed_id": bed.ID, "reason": "routine",
		"diet": "general", "texture": 7, "allergies": []string{"peanuts"}})
	desk.command(fmt.Sprintf("/admissions/%v/customers", stay["id"]), map[string]any{"username": "customer"})

	wall, tablet, inbox := cook.watch("/ws/dashboard/kitchen/", asJSON), courier.watch("/ws/dashboard/delivery/", asJSON), customer.watch("/ws/notifications/", asJSON)
	wall.nextWith("dashboard_update")
	tablet.nextWith("dashboard_update")
	inbox.nextWith(`"type":"notifications"`)

	order := map[string]any{"admission_id": stay["id"], "meal": "snack", "items": []int64{isombe.ID}}
	if status, body := customer.post("/orders", order); status != http.StatusConflict || !strings.Contains(string(body), "peanuts") {
		t.Fatalf("peanuts for who is allergic to them: %d %s", status, body)
	}
	order["items"] = []int64{rice.ID}
	placed := customer.create("/orders", order)
	if placed["status"] != "pending" {
		t.Errorf("an order that was just placed is %v", placed["status"])
	}
	path := fmt.Sprintf("/orders/%v/", placed["id"])
	wall.nextWith(fmt.Sprintf(`"order_id":%v,`, placed["id"]))
	ordered := customer.watch("/ws"+strings.Replace(path, "orders", "order", 1), asJSON)
	ordered.nextWith(`"status":"pending"`)

	if status, body := courier.post(path+"confirm", map[string]any{}); status != http.StatusForbidden {
		t.Errorf("a courier confirmed an order: %d %s", status, body)
	}
	if status, body := cook.post(path+"ready", map[string]any{}); status != http.StatusConflict {
		t.Errorf("an order was ready before anybody cooked: %d %s", status, body)
	}
	for _, step := range [][2]string{{"confirm", "confirmed"}, {"start", "preparing"}, {"ready", "ready"}} {
		cook.command(path+step[0], map[string]any{})
		ordered.nextWith(fmt.Sprintf(`"status":%q`, step[1]))
		inbox.nextWith(`"type":"notification",`)
	}

	var ready struct {
		DeliveryID int64 `json:"delivery_id"`
	}
	if status, body := customer.get(path); status != http.StatusOK || json.Unmarshal(body, &ready) != nil || ready.DeliveryID == 0 {
		t.Fatalf("a ready order has a delivery: %d %s", status, body)
	}
	tablet.nextWith(fmt.Sprintf(`"delivery_id":%d,`, ready.DeliveryID))
	delivery := fmt.Sprintf("/deliveries/%d/", ready.DeliveryID)
	followed := customer.watch("/ws"+strings.Replace(delivery, "deliveries", "delivery", 1), asJSON)
	followed.nextWith(`"status":"unassigned"`)
	courier.command(delivery+"claim", map[string]any{})
	followed.nextWith(`"type":"delivery_status_update","delivery_id":` + fmt.Sprint(ready.DeliveryID))
	courier.command(delivery+"depart", map[string]any{})
	followed.nextWith(`"status":"in_transit"`)
	courier.command(delivery+"location", map[string]any{"latitude": -1.95, "longitude": 30.06})
	followed.nextWith(`"type":"delivery_location_update"`)

	handover := map[string]any{"bed_code": other.Number, "received_by": "Uwase Marie"}
	if status, body := courier.post(delivery+"deliver", handover); status != http.StatusConflict || !strings.Contains(string(body), "wrong_bed") {
		t.Fatalf("the tray was handed over at %s: %d %s", other.Number, status, body)
	}
	handover["bed_code"] = strings.ToLower(bed.Number)
	courier.command(delivery+"deliver", handover)
	followed.nextWith(`"status":"delivered"`)
	ordered.nextWith(`"status":"delivered"`)
	if status, body := courier.post(delivery+"fail", map[string]any{"reason": "asleep"}); status != http.StatusConflict {
		t.Errorf("what was delivered has failed: %d %s", status, body)
	}
	wall.nextWith(`"delivered":1`)
}
