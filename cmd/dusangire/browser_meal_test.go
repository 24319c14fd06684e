package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"dusangire/hospital"
)

// dish puts a dish on the menu of every meal that suits everyone but those who are allergic to what is in it.
func (s *server) dish(name string, allergens ...hospital.Allergen) hospital.Dish {
	s.t.Helper()
	dish, err := s.hospital.AddDish(s.t.Context(), hospital.System, hospital.Dish{Name: hospital.DishName{En: name}, Meals: hospital.Meals, Station: "hot",
		Allergens: allergens, Diets: hospital.Diets, Textures: []hospital.Texture{0, 1, 2, 3, 4, 5, 6, 7}, Price: 1200, Available: true})
	if err != nil {
		s.t.Fatalf("add %s: %v", name, err)
	}
	return dish
}

// create gives a command that makes something, which must be taken, and returns what it made.
func (c apiClient) create(path string, fields map[string]any) map[string]any {
	c.s.t.Helper()
	status, body := c.post(path, fields)
	var made map[string]any
	if err := json.Unmarshal(body, &made); status != http.StatusCreated || err != nil {
		c.s.t.Fatalf("POST %s: %d %s", path, status, body)
	}
	return made
}

// command gives a command that makes nothing and must be taken.
func (c apiClient) command(path string, fields map[string]any) {
	c.s.t.Helper()
	if status, body := c.post(path, fields); status != http.StatusNoContent {
		c.s.t.Fatalf("POST %s: %d %s", path, status, body)
	}
}

// lie admits a patient who was asked about allergies and has these, and returns the stay.
func (c apiClient) lie(name string, bed hospital.BoardBed, allergens ...string) map[string]any {
	c.s.t.Helper()
	if len(allergens) == 0 {
		allergens = []string{hospital.NoKnownAllergies}
	}
	return c.create("/admissions", map[string]any{"patient_name": name, "bed_id": bed.ID, "allergies": allergens})
}

// steps takes an order through its steps.
func (c apiClient) steps(order map[string]any, steps ...string) {
	c.s.t.Helper()
	for _, step := range steps {
		c.command(fmt.Sprintf("/orders/%v/%s", order["id"], step), map[string]any{})
	}
}

// TestANurseLooksAfterAPatientsMealsAtTheBed orders, overrides, changes the diet and says nil by mouth in the panel of a bed, and sees
// there and on the card what becomes of the trays. Nobody reloads a page.
func TestANurseLooksAfterAPatientsMealsAtTheBed(t *testing.T) {
	t.Parallel()
	s, board := mustServeWard(t, 24, nil)
	stew := s.dish("Isombe", "peanuts")
	s.dish("Rice")
	bed := board.Beds[4]
	nurse, colleague, cook := s.visitorAs(hospital.MedicalStaff), s.signIn(hospital.MedicalStaff), s.signIn(hospital.KitchenStaff)
	colleague.lie("Uwase Marie", bed)
	nurse.openLive(wardPath(board))
	nurse.mark()
	nurse.openBed(bed)

	nurse.unfold("diet")
	nurse.press("#diet-allergies-peanuts")
	nurse.press("#sheet-diet .primary")
	nurse.untilSays(card(bed), "allergy: peanuts")
	nurse.untilSays(".panel .facts", "peanuts")

	nurse.press(`.stay-meals a[href$="meal=snack"]`)
	nurse.until("the focus on what can be ordered", `document.activeElement.matches("#sheet-order > summary")`)
	nurse.untilSays(".menu-list s", "isombe")
	nurse.untilSays(".menu-list .why", "isombe contains peanuts (allergy)")
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
	cook.steps(snack, "confirm", "start", "ready")
	nurse.untilSays(".meal .badge", "ready")
	s.carry(snack)
	nurse.untilSays(card(bed), "tray on its way")
	nurse.untilSays(".meal .badge", "in transit")

	// What somebody is filling in stays while the panel follows.
	nurse.press(`.stay-meals a[href$="meal=dinner"]`)
	nurse.until("the menu of dinner", `document.querySelector('#sheet-order [name="meal"]')?.value === "dinner"`)
	nurse.press(`.menu-list li:last-child input`)
	nurse.write("#order-notes", "cut small")
	colleague.create("/orders", map[string]any{"admission_id": bedNow(s, board, bed).Stay.AdmissionID, "meal": "supplement",
		"items": []int64{stew.ID}, "override_reason": "Eats it every day at home"})
	nurse.untilSays(".stay-meals ul", "supplement")
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
func (s *server) carry(order map[string]any) (delivery map[string]any) {
	s.t.Helper()
	courier := s.signIn(hospital.DeliveryStaff)
	var read map[string]any
	if status, body := courier.get(fmt.Sprintf("/orders/%v/", order["id"])); status != http.StatusOK || json.Unmarshal(body, &read) != nil {
		s.t.Fatalf("read order %v: %d %s", order["id"], status, body)
	}
	for _, step := range []string{"claim", "depart"} {
		courier.command(fmt.Sprintf("/deliveries/%v/%s", read["delivery_id"], step), map[string]any{})
	}
	return map[string]any{"id": read["delivery_id"]}
}

// bedNow reads a bed as it is now.
func bedNow(s *server, board hospital.WardBoard, bed hospital.BoardBed) hospital.BoardBed {
	s.t.Helper()
	for _, b := range s.board(board.ID).Beds {
		if b.ID == bed.ID {
			return b
		}
	}
	s.t.Fatalf("bed %s is gone", bed.Number)
	return bed
}

// mealSights are a patient's bed with a meal that is held and the menu of another, and the page of that meal.
func mealSights(t testing.TB, s *server) []sight {
	t.Helper()
	ctx, bed := t.Context(), hospital.BoardBed{}
	for _, b := range s.demoWard("SURG").Beds {
		if b.Status == hospital.BedAvailable {
			bed = b
		}
	}
	nurse := hospital.Actor{Username: "nurse", Role: hospital.MedicalStaff}
	stay, _, err := s.hospital.Admit(ctx, nurse, hospital.AdmitCommand{PatientName: "Uwera Chantal", BedID: bed.ID, Allergies: hospital.Allergies{Known: true}})
	if err != nil {
		t.Fatalf("admit into %q: %v", bed.Number, err)
	}
	stew := s.dish("Stew of the day", "milk", "peanuts")
	order, _, err := s.hospital.PlaceOrder(ctx, nurse, hospital.PlaceOrderCommand{AdmissionID: stay.ID, Meal: hospital.Supplement, Dishes: []int64{stew.ID}})
	if err != nil {
		t.Fatal(err)
	}
	window := hospital.Window{From: time.Now().Add(-20 * time.Hour), Until: time.Now().Add(-time.Minute)}
	_, err = s.hospital.SetDiet(ctx, nurse, stay.ID, hospital.DietCommand{NilByMouth: &window,
		Allergies: &hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"milk", "peanuts"}}})
	if err != nil {
		t.Fatal(err)
	}
	return []sight{
		{"bed-meals", hospital.MedicalStaff, func(p *screen) {
			p.openLive(bedPath(bed) + "?meal=supplement")
			p.until("the held meal", `document.querySelector(".panel .meal .alert") !== null`)
			ask[chromedp.Void](p, `for (const part of document.querySelectorAll(".panel details")) part.open = true`)
		}},
		{"order", hospital.MedicalStaff, func(p *screen) { p.openLive(fmt.Sprintf("/orders/%d/", order.ID)) }},
	}
}
