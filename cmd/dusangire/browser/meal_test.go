package browser_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
)

// TestANurseLooksAfterAPatientsMealsAtTheBed orders, overrides, changes the diet and says nil by mouth in the panel of a bed, and sees
// there and on the card what becomes of the trays. Nobody reloads a page.
func TestANurseLooksAfterAPatientsMealsAtTheBed(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 24, nil)
	stew := s.Dish("Isombe", "peanuts")
	s.Dish("Rice")
	bed := board.Beds[4]
	nurse, colleague, cook := visitorAs(s, hospital.MedicalStaff), s.SignIn(hospital.MedicalStaff), s.SignIn(hospital.KitchenStaff)
	colleague.Admit("Uwase Marie", bed)
	nurse.openLive(dusangiretest.WardPath(board))
	nurse.mark()
	nurse.openBed(bed)

	nurse.unfold("diet")
	nurse.press("#diet-allergies-peanuts")
	nurse.press("#sheet-diet .primary")
	nurse.untilSays(card(bed), "allergy: peanuts")
	nurse.untilSays(".panel .facts", "peanuts")

	nurse.press(`.admission-meals a[href$="meal=snack"]`)
	nurse.until("the focus on what can be ordered", `document.activeElement.matches("#sheet-order > summary")`)
	nurse.untilSays(".menu-list s", "isombe")
	nurse.untilSays(".menu-list .why", "contains peanuts (allergy)")
	ticked := fmt.Sprintf("#order-items-%d", stew.ID)
	nurse.press(ticked)
	nurse.foresees("409")
	nurse.press("#sheet-order .primary")
	nurse.untilSays(`.panel [role="alert"]`, "isombe contains peanuts")
	if !ask[bool](nurse, `document.querySelector("`+ticked+`").checked`) {
		t.Error("what was ticked is no longer ticked after the refusal")
	}
	nurse.write("#order-override_reason", "Eats it every day at home")
	nurse.press("#sheet-order .primary")
	nurse.untilSays(".meal", "pending")
	nurse.until("the menu to be put away", `!document.getElementById("sheet-order")`)

	snack := map[string]any{"id": ask[int](nurse, `Number(document.querySelector(".meal a").getAttribute("href").split("/")[2])`)}
	cook.Steps(snack, "confirm", "start", "ready")
	nurse.untilSays(".meal .badge", "ready")
	carry(s, snack)
	nurse.untilSays(card(bed), "tray on its way")
	nurse.untilSays(".meal .badge", "in transit")

	// What somebody is filling in stays while the panel follows.
	nurse.press(`.admission-meals a[href$="meal=dinner"]`)
	nurse.until("the menu of dinner", `document.querySelector('#sheet-order [name="meal"]')?.value === "dinner"`)
	nurse.press(`.menu-list li:last-child input`)
	nurse.write("#order-notes", "cut small")
	colleague.Create("/orders", map[string]any{"admission_id": bedNow(s, board, bed).Admission.AdmissionID, "meal": "supplement",
		"items": []int64{stew.ID}, "override_reason": "Eats it every day at home"})
	nurse.untilSays(".admission-meals ul", "supplement")
	if !ask[bool](nurse, `document.querySelector(".menu-list li:last-child input").checked`) || nurse.value("#order-notes") != "cut small" {
		t.Errorf("what was being filled in is gone: %s", nurse.text())
	}

	nurse.unfold("fasting")
	nurse.press("#sheet-fasting .primary")
	nurse.untilSays(card(bed), "nil by mouth")
	nurse.untilSays(card(bed), "meal held")
	nurse.untilSays(".panel .meal .alert", "bring it back")
	nurse.unfold("fasting")
	nurse.press(`#sheet-fasting button[value="false"]`)
	nurse.until("nil by mouth to be over", `!document.querySelector("`+card(bed)+`").innerText.includes("Nil by mouth")`)
	nurse.wantSamePage()
}

// carry lets the courier claim a ready order's delivery and depart with it.
func carry(s *dusangiretest.Server, order map[string]any) (delivery map[string]any) {
	s.T.Helper()
	courier := s.SignIn(hospital.DeliveryStaff)
	var read map[string]any
	if status, body := courier.Get(fmt.Sprintf("/orders/%v/", order["id"])); status != http.StatusOK || json.Unmarshal(body, &read) != nil {
		s.T.Fatalf("read order %v: %d %s", order["id"], status, body)
	}
	for _, step := range []string{"claim", "depart"} {
		courier.Command(fmt.Sprintf("/deliveries/%v/%s", read["delivery_id"], step), map[string]any{})
	}
	return map[string]any{"id": read["delivery_id"]}
}

// bedNow reads a bed as it is now.
func bedNow(s *dusangiretest.Server, board hospital.WardBoard, bed hospital.BoardBed) hospital.BoardBed {
	s.T.Helper()
	for _, b := range s.Board(board.ID).Beds {
		if b.ID == bed.ID {
			return b
		}
	}
	s.T.Fatalf("bed %s is gone", bed.Number)
	return bed
}

// mealSights are a patient's bed with a meal that is held and the menu of another, and the page of that meal.
func mealSights(t testing.TB, s *dusangiretest.Server) []sight {
	t.Helper()
	ctx, bed := t.Context(), hospital.BoardBed{}
	for _, b := range demoWard(s, "SURG").Beds {
		if b.Status == hospital.BedAvailable {
			bed = b
		}
	}
	nurse := hospital.Actor{Username: "nurse", Role: hospital.MedicalStaff}
	admission, _, err := s.Hospital.Admit(ctx, nurse, hospital.AdmitCommand{PatientName: "Uwera Chantal", BedID: bed.ID, Allergies: hospital.Allergies{Known: true}})
	if err != nil {
		t.Fatalf("admit into %q: %v", bed.Number, err)
	}
	stew := s.Dish("Stew of the day", "milk", "peanuts")
	order, _, err := s.Hospital.PlaceOrder(ctx, nurse, hospital.PlaceOrderCommand{AdmissionID: admission.ID, Meal: hospital.Supplement, Dishes: []int64{stew.ID}})
	if err != nil {
		t.Fatal(err)
	}
	window := hospital.Window{From: time.Now().Add(-20 * time.Hour), Until: time.Now().Add(-time.Minute)}
	_, err = s.Hospital.SetDiet(ctx, nurse, admission.ID, hospital.DietCommand{NilByMouth: &window,
		Allergies: &hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"milk", "peanuts"}}})
	if err != nil {
		t.Fatal(err)
	}
	return []sight{
		{"bed-meals", hospital.MedicalStaff, func(p *screen) {
			p.openLive(dusangiretest.BedPath(bed) + "?meal=supplement")
			p.until("the held meal", `document.querySelector(".panel .meal .alert") !== null`)
			ask[chromedp.Void](p, `for (const part of document.querySelectorAll(".panel details")) part.open = true`)
		}},
		{"order", hospital.MedicalStaff, func(p *screen) { p.openLive(fmt.Sprintf("/orders/%d/", order.ID)) }},
	}
}
