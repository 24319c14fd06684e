package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"dusangire/hospital"
)

func init() {
	ordered := shape{"for": "text", "delivery_id": "id|null", "code": "text|null"}
	for key, kind := range orderShape {
		if !slices.Contains([]string{"initials", "bed_number", "ward_name", "zone", "intake"}, key) {
			ordered[key] = kind
		}
	}
	shapes["customer's order"] = ordered
	shapes["patient to order for"] = shape{"admission_id": "id", "patient_name": "text", "place": "text|null", "diet": "text", "texture": "count",
		"allergies": "texts|null", "nil_by_mouth": "truth", "version": "id"}
	shapes["home"] = shape{"type": "text", "data": "object:home data"}
	shapes["home page"] = shape{"patients": "list:patient to order for", "orders": "list:customer's order", "addresses": "list:address of its owner", "unread": "count"}
	shapes["home data"] = shape{"patients": "list:patient to order for", "orders": "list:customer's order", "addresses": "list:address of its owner", "unread": "count",
		"timestamp": "time"}
	shapes["offer"] = shape{"admission_id": "id|null", "address_id": "id|null", "meal": "text", "charge": "count", "servings": "list:serving", "items": "list:offered"}
	shapes["serving"] = shape{"meal": "text", "due_at": "time", "late": "truth"}
	shapes["offered"] = shape{"id": "id", "name": "text", "price": "count", "allergens": "texts", "may_contain": "texts", "diets": "texts", "textures": "counts",
		"nutrition": "object:nutrition", "hazards": "list:hazard"}
	shapes["nutrition"] = shape{"energy_kcal": "count", "protein_g": "count", "carbohydrate_g": "count", "fat_g": "count", "sodium_mg": "count", "potassium_mg": "count"}
}

// family is a customer who is linked to a patient with an allergy to peanuts, and a menu of a dish that is safe and one that is not.
type family struct {
	*fixture
	customer     hospital.Actor
	token        string
	admission    hospital.Admission
	rice, isombe hospital.Dish
}

func newFamily(t testing.TB) *family {
	t.Helper()
	h := newFixture(t, settings{})
	f := &family{fixture: h, customer: h.as(hospital.Customer), token: h.token("customer"), admission: h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID, "peanuts"),
		rice: h.dish("Rice", "hot"), isombe: h.dish("Isombe", "hot", "peanuts")}
	h.must(h.hospital.LinkCustomer(t.Context(), h.as(hospital.WardManagement), f.customer.UserID, f.admission.PatientID))
	return f
}

func (f *family) menuPath() string { return fmt.Sprintf("/admissions/%d/menu/", f.admission.ID) }

func TestACustomerOrdersAndFollowsByJSONAlone(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	in := f.post("/login", "", program, map[string]any{"username": "customer", "password": password})
	if got := in.header.Get("Location"); got != "/home/" {
		t.Errorf("a customer starts at %q, want /home/", got)
	}
	s := f.watch("/ws/home/", f.token)
	state := s.nextObject()
	state.check(t, "home")
	patients, _ := state.sub("data")["patients"].([]any)
	if len(patients) != 1 || object(patients[0].(map[string]any))["patient_name"] != "Uwase Marie" {
		t.Fatalf("the customer's patient: %v", state)
	}
	offer := parseObject(t, f.get(f.menuPath()+"?meal=dinner", f.token, program).body)
	offer.check(t, "offer")
	var safe []int64
	for _, item := range offer["items"].([]any) {
		if dish := object(item.(map[string]any)); len(dish["hazards"].([]any)) == 0 {
			safe = append(safe, dish.int("id"))
		}
	}
	if !slices.Equal(safe, []int64{f.rice.ID}) || offer["meal"] != "dinner" || offer.int("admission_id") != f.admission.ID {
		t.Errorf("the rice is safe and nothing else: %v", offer)
	}
	p := f.post("/orders", f.token, program, map[string]any{"admission_id": f.admission.ID, "meal": "dinner", "items": []int64{f.isombe.ID}}).problem(http.StatusConflict)
	if !strings.Contains(p.Detail, "peanuts") {
		t.Errorf("the refusal names the allergen: %v", p)
	}
	order := f.placed(f.token, map[string]any{"admission_id": f.admission.ID, "meal": "dinner", "items": safe}).int("id")
	following := func(status string) object {
		t.Helper()
		for {
			home := s.nextOfType("home").sub("data")
			if orders := home["orders"].([]any); len(orders) == 1 && object(orders[0].(map[string]any))["status"] == status {
				return home
			}
		}
	}
	following("pending")
	for _, step := range []struct{ command, status string }{{"confirm", "confirmed"}, {"start", "preparing"}, {"ready", "ready"}} {
		f.cook(order, step.command)
		following(step.status)
	}
	courier := f.as(hospital.DeliveryStaff)
	carry(f.fixture, courier, order)
	if home := following("in_transit"); home.int("unread") != 5 {
		t.Errorf("at each step there is one more unread notification: %v", home["unread"])
	}
	parseObject(t, f.get("/home/", f.token, program).body).check(t, "home page")
	s.send(`{"action":"get_status"}`)
	s.nextOfType("home")
	s.send(`{"action":"get_active_deliveries"}`)
	checkError(t, s, "another socket's request", "unknown_action")
}

// carry claims the delivery of an order and departs with it.
func carry(h *fixture, courier hospital.Actor, order int64) hospital.Delivery {
	h.t.Helper()
	board, err := h.hospital.DeliveryBoard(h.t.Context(), courier)
	h.must(err)
	for _, round := range board.Waiting {
		for _, stop := range round.Stops {
			if stop.OrderID == order {
				d, err := h.hospital.ClaimDelivery(h.t.Context(), courier, stop.ID, hospital.CourierCommand{})
				h.must(err)
				d, err = h.hospital.DepartDelivery(h.t.Context(), courier, d.ID, hospital.CourierCommand{})
				h.must(err)
				return d
			}
		}
	}
	h.t.Fatalf("no delivery of order %d waits", order)
	return hospital.Delivery{}
}

func TestACustomerOrdersByPlainForms(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	home := f.get("/home/", f.token, browser).html()
	link := home.Find("#patients .button").AttrOr("href", "")
	if link != f.menuPath() {
		t.Fatalf("the patient's card leads to %q, want %q", link, f.menuPath())
	}
	menu := f.get(link+"?meal=dinner", f.token, browser).html()
	crossed := menu.Find(".dish.refused")
	if crossed.Length() != 1 || crossed.Find("s").Text() != "Isombe" || !strings.Contains(crossed.Find(".reasons").Text(), "contains peanuts (allergy)") || crossed.Find("input:disabled").Length() != 1 {
		t.Errorf("the dish with peanuts is crossed out, says why and can't be ticked: %s", crossed.Text())
	}
	if first := menu.Find(".dish").First(); first.HasClass("refused") {
		t.Errorf("what is safe stands before what is crossed out: %s", first.Text())
	}
	form := url.Values{"admission_id": {fmt.Sprint(f.admission.ID)}, "meal": {"dinner"}, "idempotency_key": {menu.Find("[name=idempotency_key]").AttrOr("value", "")}}
	again := f.post("/orders", f.token, browser, form)
	if again.status != http.StatusUnprocessableEntity || again.html().Find("#menu-items").Length() != 1 || again.html().Find(".alert").Length() != 1 {
		t.Errorf("an order of nothing is shown on the menu with what is wrong: %d %s", again.status, again.body)
	}
	form["items[]"], form["notes"] = []string{fmt.Sprint(f.isombe.ID)}, []string{"warm, please"}
	again = f.post("/orders", f.token, browser, form)
	if document := again.html(); again.status != http.StatusConflict || !strings.Contains(document.Find(".alert").Text(), "peanuts") || document.Find("#menu-notes").Text() != "warm, please" {
		t.Errorf("who orders what is crossed out nevertheless gets the reason and keeps the notes: %d %s", again.status, again.body)
	}
	form["items[]"] = []string{fmt.Sprint(f.rice.ID)}
	placed := f.post("/orders", f.token, browser, form)
	if placed.status != http.StatusSeeOther || !strings.HasPrefix(placed.header.Get("Location"), "/orders/") {
		t.Fatalf("%d %s", placed.status, placed.body)
	}
	if twice := f.post("/orders", f.token, browser, form); twice.header.Get("Location") != placed.header.Get("Location") {
		t.Errorf("sent again it leads to the same order, not to %q", twice.header.Get("Location"))
	}
	if got := f.get(placed.header.Get("Location"), f.token, browser); got.status != http.StatusOK {
		t.Errorf("the order can be followed: %d", got.status)
	}
	item := f.get("/home/", f.token, browser).html().Find("#orders > li")
	if item.Length() != 1 || !strings.Contains(item.Find(".progress [aria-current=step]").Text(), "Pending") || !strings.Contains(item.Text(), "Uwase Marie") {
		t.Errorf("the order stands at home: %s", item.Text())
	}
	cancel := item.Find("form")
	if got := f.post(cancel.AttrOr("action", ""), f.token, browser, url.Values{"version": {cancel.Find("[name=version]").AttrOr("value", "")}}); got.status != http.StatusSeeOther {
		t.Errorf("what is not begun can be cancelled: %d %s", got.status, got.body)
	}
}

func TestAnOrderToAnAddressCostsItsDishesAndTheZonesCharge(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	home := f.address(f.customer, "Home", f.zone("Shelter", 500))
	menu := f.get(fmt.Sprintf("/addresses/%d/menu/", home.ID), f.token, browser).html()
	if text := menu.Find(".menu-form").Text(); menu.Find(".menu-form").AttrOr("data-charge", "") != "500" || !strings.Contains(text, "1\u00a0200\u00a0RWF") || !strings.Contains(text, "500\u00a0RWF") {
		t.Errorf("the menu says what a dish and the way cost: %s", text)
	}
	order := f.placed(f.token, map[string]any{"address_id": home.ID, "meal": "snack", "items": []int64{f.rice.ID, f.isombe.ID}})
	if order.int("price") != 2*1200+500 {
		t.Errorf("it costs %d", order.int("price"))
	}
	id := order.int("id")
	f.cook(id, "confirm", "start", "ready")
	carry(f.fixture, f.as(hospital.DeliveryStaff), id)
	code := f.get("/home/", f.token, browser).html().Find(".code strong").Text()
	if len(code) != 6 {
		t.Errorf("the customer has a code for the courier: %q", code)
	}
	_, stranger := f.another("stranger")
	for _, token := range []string{stranger, f.token} {
		got := f.get(fmt.Sprintf("/addresses/%d/menu/", home.ID), token, browser).status
		if want := map[string]int{stranger: 404, f.token: 200}[token]; got != want {
			t.Errorf("to an address its owner alone orders: %d, want %d", got, want)
		}
	}
}

// TestNobodySeesAnothersPatientOrOrder: another customer, and one whose link was taken back, by page, JSON and socket.
func TestNobodySeesAnothersPatientOrOrder(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	order := f.placed(f.token, map[string]any{"admission_id": f.admission.ID, "meal": "dinner", "items": []int64{f.rice.ID}}).int("id")
	_, token := f.another("stranger")
	mine := f.watch("/ws/home/", f.token, asHTML)
	if frame := mine.next(); !strings.Contains(frame, "Uwase Marie") {
		t.Errorf("one's own page: %s", frame)
	}
	for _, representation := range []string{asJSON, asHTML} {
		s := f.watch("/ws/home/", token, representation)
		if state := s.next(); strings.Contains(state, "Uwase") || strings.Contains(state, fmt.Sprintf("order-%d", order)) {
			t.Errorf("a stranger's socket shows %s", state)
		}
	}
	for _, path := range []string{f.menuPath(), fmt.Sprintf("/orders/%d/", order)} {
		for _, as := range []audience{program, browser} {
			if got := f.get(path, token, as); got.status != http.StatusNotFound || strings.Contains(got.body, "Uwase") {
				t.Errorf("%s as a %s: %d", path, as, got.status)
			}
		}
	}
	if got := f.get("/home/", token, browser).body + f.get("/notifications/", token, browser).body; strings.Contains(got, "Uwase") || strings.Contains(got, "Order ") {
		t.Errorf("a stranger's pages show %s", got)
	}
	f.post("/orders", token, program, map[string]any{"admission_id": f.admission.ID, "meal": "lunch", "items": []int64{f.rice.ID}}).problem(http.StatusForbidden)
	f.post(fmt.Sprintf("/orders/%d/cancel", order), token, program, nil).problem(http.StatusNotFound)

	f.must(f.hospital.UnlinkCustomer(t.Context(), f.as(hospital.Admin), f.customer.UserID, f.admission.PatientID))
	if frame := mine.next(); !strings.Contains(frame, `id="patients"`) || strings.Contains(frame, "Uwase Marie</h3>") {
		t.Errorf("who is no longer linked no longer sees the patient: %s", frame)
	}
	if got := f.get(f.menuPath(), f.token, browser); got.status != http.StatusNotFound {
		t.Errorf("nor the patient's menu: %d", got.status)
	}
}

func TestTheDeskLinksCustomersToPatients(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	h.employ(hospital.Customer, hospital.KitchenStaff)
	admission := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID)
	desk, customer := h.token("ward_management"), h.token("customer")
	path := fmt.Sprintf("/admissions/%d/customers", admission.ID)
	patients := func() int { return h.get("/home/", customer, browser).html().Find("#patients .card h3").Length() }
	for _, as := range []audience{program, browser, htmx} {
		want := map[audience]int{program: 204, browser: 303, htmx: 204}[as]
		if got := h.post(path, desk, as, url.Values{"username": {"customer"}}); got.status != want || patients() != 1 {
			t.Errorf("link as a %s: %d %s", as, got.status, got.body)
		}
		panel := h.get(fmt.Sprintf("/beds/%d/", admission.BedID), desk, browser).html().Find("#sheet-customers")
		if panel.Find("li strong").Text() != "customer" {
			t.Errorf("the bed shows who may order: %s", panel.Text())
		}
		if got := h.post(path+"/remove", desk, as, url.Values{"username": {"customer"}}); got.status != want || patients() != 0 {
			t.Errorf("unlink as a %s: %d %s", as, got.status, got.body)
		}
	}
	for _, name := range []string{"nobody", "kitchen", ""} {
		if p := h.post(path, desk, program, map[string]any{"username": name}).problem(http.StatusUnprocessableEntity); p.Errors["username"] == "" {
			t.Errorf("%q: %v", name, p)
		}
	}
	shown := h.post(path, desk, browser, url.Values{"username": {"nobody"}})
	if shown.status != http.StatusUnprocessableEntity || shown.html().Find("#customers-username-error").Length() != 1 {
		t.Errorf("a person sees what is wrong at the field: %d %s", shown.status, shown.body)
	}
	if sheet := h.get(fmt.Sprintf("/beds/%d/", admission.BedID), h.token("medical_staff"), browser).html().Find("#sheet-customers"); sheet.Length() > 0 {
		t.Error("who may not link sees no form for it")
	}
	h.post("/admissions/4711/customers", desk, program, map[string]any{"username": "customer"}).problem(http.StatusNotFound)
}
