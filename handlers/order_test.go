package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"dusangire/hospital"
)

// orderShape is what GET /orders/{id}/ gives a program.
var orderShape = shape{"id": "id", "status": "text", "status_since": "time", "admission_id": "id|null", "address_id": "id|null", "meal": "text",
	"due_at": "time", "items": "list:item", "parts": "list:part", "notes": "text|empty", "override_reason": "text|empty", "overridden_by": "text|empty",
	"overridden": "list:hazard", "hazards": "list:hazard", "stopped": "text|empty", "begun": "truth", "late": "truth", "price": "count",
	"placed_at": "time", "cancel_reason": "text|empty", "version": "id", "initials": "text|null", "bed_number": "text|null",
	"ward_name": "text|null", "zone": "text|null", "delivery_id": "id|null"}

func init() {
	shapes["order"] = orderShape
	shapes["part"] = shape{"station": "text", "done_at": "time|null"}
	shapes["item"] = shape{"id": "id", "name": "text", "station": "text"}
	shapes["hazard"] = shape{"kind": "text", "message": "text", "item_id": "id|null", "item": "text|null", "allergen": "text|null",
		"severe": "truth", "diet": "text|null", "overridable": "truth"}
}

// lunchFor is what a program sends to order some dishes for an admission.
func lunchFor(a hospital.Admission, dishes ...hospital.Dish) map[string]any {
	ids := make([]int64, len(dishes))
	for i, dish := range dishes {
		ids[i] = dish.ID
	}
	return map[string]any{"admission_id": a.ID, "meal": "lunch", "items": ids}
}

// placed is an order that a program places and that must be taken.
func (h *fixture) placed(token string, fields map[string]any) object {
	h.t.Helper()
	got := h.post("/orders", token, program, fields)
	if got.status != http.StatusCreated {
		h.t.Fatalf("order %v: %d %s", fields, got.status, got.body)
	}
	return parseObject(h.t, got.body)
}

func TestAnOrderIsAnsweredWithWhatItMade(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.token("medical_staff")
	admission, rice, beans := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID), h.dish("Rice", "hot"), h.dish("Beans", "hot")
	fields := lunchFor(admission, rice, beans)
	fields["notes"] = "cut small"
	got := h.post("/orders", nurse, program, fields)
	made := parseObject(t, got.body)
	if got.status != http.StatusCreated || got.header.Get("Location") != fmt.Sprintf("/orders/%d/", made.int("id")) {
		t.Fatalf("got %d, Location %q: %s", got.status, got.header.Get("Location"), got.body)
	}
	made.check(t, "order")
	if made["status"] != "pending" || made["meal"] != "lunch" || made.int("admission_id") != admission.ID || made["address_id"] != nil ||
		made["notes"] != "cut small" || made["initials"] != "U. M." || made["bed_number"] != admission.BedNumber || made["ward_name"] != h.a.Name {
		t.Errorf("the order should say what is for whom and where: %s", got.body)
	}
	if items, _ := made["items"].([]any); len(items) != 2 || object(items[0].(map[string]any))["name"] != "Rice" {
		t.Errorf("the order should name its dishes in the order in which they were chosen: %s", got.body)
	}
	if strings.Contains(got.body, "Uwase") {
		t.Errorf("an order has initials and never the name: %s", got.body)
	}
	checkTimesAndIDs(t, "/orders", made)
	if again := h.get(got.header.Get("Location"), nurse, program); again.status != http.StatusOK || again.body != got.body {
		t.Errorf("Location should lead to the same object: %d %s", again.status, again.body)
	}
}

func TestASecondOrderUnderOneKeyIsTheFirst(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.token("medical_staff")
	fields := lunchFor(h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID), h.dish("Rice", "hot"))
	send := func(fields map[string]any) answer {
		return h.ask(question{method: "POST", path: "/orders", as: program, token: nurse, fields: fields, header: http.Header{"Idempotency-Key": {"lunch-1"}}})
	}
	first := send(fields)
	before := h.contents()
	if second := send(fields); first.status != http.StatusCreated || second.status != http.StatusCreated || first.body != second.body {
		t.Errorf("want the same 201 twice: %d %s, %d %s", first.status, first.body, second.status, second.body)
	}
	fields["notes"] = "another"
	if p := send(fields).problem(422); p.Errors["idempotency_key"] == "" {
		t.Errorf("another order under the key is refused at the field: %+v", p)
	}
	if h.contents() != before {
		t.Error("what was sent again changed the database")
	}
}

func TestAnOrderWithWrongFieldsNamesThem(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.token("medical_staff")
	admission, rice := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID), h.dish("Rice", "hot")
	before := h.contents()
	for field, change := range map[string]map[string]any{
		"meal":            {"meal": "brunch"},
		"items":           {"items": []int64{}},
		"items ":          {"items": []any{rice.ID, "rice"}},
		"items  ":         {"items": []int64{4711}},
		"admission_id":    {"admission_id": 4711},
		"admission_id ":   {"admission_id": nil},
		"notes":           {"notes": strings.Repeat("x", 201)},
		"override_reason": {"override_reason": "short"},
		"address_id":      {"admission_id": nil, "address_id": 4711},
		"patient":         {"patient": "Uwase"},
	} {
		fields := lunchFor(admission, rice)
		for name, value := range change {
			fields[name] = value
		}
		if p := h.post("/orders", nurse, program, fields).problem(422); p.Errors[strings.TrimSpace(field)] == "" {
			t.Errorf("with %v the field %s is wrong, and the answer says %v", change, field, p.Errors)
		}
	}
	if h.contents() != before {
		t.Error("a refused order changed the database")
	}
}

func TestAnOrderThatConflictsIsRefusedInWordsAndOverriddenByMedicalStaffAlone(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse, manager, admin := h.token("medical_staff"), h.token("ward_management"), h.token("admin")
	admission, stew := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID, "peanuts"), h.dish("Isombe", "hot", "peanuts")
	fields := lunchFor(admission, stew)
	before := h.contents()
	got := h.post("/orders", nurse, program, fields)
	if p := got.problem(409); !strings.Contains(p.Detail, "Isombe contains peanuts") || p.Type != "urn:dusangire:problem:hazards" {
		t.Errorf("the refusal says why in words: %+v", p)
	}
	hazards, _ := parseObject(t, got.body).sub("current")["hazards"].([]any)
	if len(hazards) != 1 || object(hazards[0].(map[string]any))["kind"] != "allergen" || object(hazards[0].(map[string]any))["allergen"] != "peanuts" {
		t.Errorf("and in codes: %s", got.body)
	}
	fields["override_reason"] = "eats it at home without harm"
	h.post("/orders", manager, program, fields).problem(403)
	h.post("/orders", admin, program, fields).problem(403)
	if h.contents() != before {
		t.Error("a refused order changed the database")
	}
	made := h.placed(nurse, fields)
	made.check(t, "order")
	if made["override_reason"] != "eats it at home without harm" || made["overridden_by"] != "medical_staff" {
		t.Errorf("the order carries the reason and who gave it: %v", made)
	}
	if p := h.post("/orders", nurse, program, lunchFor(admission, h.dish("Rice", "hot"))).problem(409); p.Current["id"] == nil {
		t.Errorf("a second lunch shows the order that stands: %+v", p)
	}
}

func TestACustomerSeesTheirOwnOrdersOnly(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse, mine := h.token("medical_staff"), h.token("customer")
	h.addUser("stranger", hospital.Customer)
	stranger := h.token("stranger")
	admission, rice := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID), h.dish("Rice", "hot")
	h.post("/orders", mine, program, lunchFor(admission, rice)).problem(403)
	h.must(h.hospital.LinkCustomer(t.Context(), actor(hospital.WardManagement), h.signedIn(mine).UserID, admission.PatientID))
	made := h.placed(mine, lunchFor(admission, rice))
	path := fmt.Sprintf("/orders/%d/", made.int("id"))
	for _, token := range []string{nurse, mine, h.token("kitchen"), h.token("delivery"), h.token("admin"), h.token("ward_management")} {
		for _, as := range []audience{program, browser} {
			if got := h.get(path, token, as); got.status != http.StatusOK || strings.Contains(got.body, "Uwase") {
				t.Errorf("who may see the order: %d %.300s", got.status, got.body)
			}
		}
	}
	h.get(path, stranger, program).problem(404)
	if code := h.watch("/ws/order/"+fmt.Sprint(made.int("id"))+"/", stranger).closeCode(); code != 4404 {
		t.Errorf("a stranger's socket is closed with %d, want 4404", code)
	}
}

// TestWhyStaffSetAHazardAsideIsForStaff: a customer reads an order of their patient wherever it is told, and never what staff wrote for each other.
func TestWhyStaffSetAHazardAsideIsForStaff(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse, mine := h.token("medical_staff"), h.token("customer")
	admission, stew := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID, "peanuts"), h.dish("Isombe", "hot", "peanuts")
	h.must(h.hospital.LinkCustomer(t.Context(), actor(hospital.WardManagement), h.signedIn(mine).UserID, admission.PatientID))
	const reason = "his mother does not know how weak he is"
	fields := lunchFor(admission, stew)
	fields["override_reason"] = reason
	id := h.placed(nurse, fields).int("id")
	page, socket := fmt.Sprintf("/orders/%d/", id), fmt.Sprintf("/ws/order/%d/", id)
	told := map[string]string{
		"as JSON":                 h.get(page, mine, program).body,
		"on its page":             h.get(page, mine, browser).body,
		"on its socket":           h.watch(socket, mine).next(),
		"on its page's socket":    h.watch(socket, mine, asHTML).next(),
		"on their own page":       h.get("/home/", mine, browser).body,
		"among their orders":      h.get("/home/", mine, program).body,
		"for a second lunch":      h.post("/orders", mine, program, lunchFor(admission, h.dish("Rice", "hot"))).body,
		"for a step of yesterday": h.post(page+"cancel", mine, program, map[string]any{"version": 99}).body,
	}
	for where, body := range told {
		if !strings.Contains(body, fmt.Sprint(id)) {
			t.Errorf("%s the order is not told at all: %.300s", where, body)
		}
		if strings.Contains(body, reason) || strings.Contains(body, `"overridden_by":"medical_staff"`) {
			t.Errorf("%s a customer reads why staff set a hazard aside", where)
		}
	}
	for _, token := range []string{nurse, h.token("kitchen")} {
		for _, as := range []audience{program, browser} {
			if got := h.get(page, token, as); !strings.Contains(got.body, reason) {
				t.Errorf("staff should read it: %d %.300s", got.status, got.body)
			}
		}
	}
}

func TestAnOrdersSocketFollowsItsSteps(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.token("medical_staff")
	made := h.placed(nurse, lunchFor(h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID), h.dish("Rice", "hot")))
	path := fmt.Sprintf("/ws/order/%d/", made.int("id"))
	watching, page := h.watch(path, nurse), h.watch(path, nurse, asHTML)
	first := watching.nextObject()
	data := first.sub("data")
	if first["type"] != "order" || data["status"] != "pending" || data["timestamp"] == nil {
		t.Errorf("the state comes on connect: %v", first)
	}
	delete(data, "timestamp")
	data.check(t, "order")
	page.next()
	_, err := h.hospital.ConfirmOrder(t.Context(), actor(hospital.KitchenStaff), made.int("id"), hospital.OrderCommand{})
	h.must(err)
	if next := watching.nextObject(); next.sub("data")["status"] != "confirmed" {
		t.Errorf("then each change: %v", next)
	}
	if frame := page.next(); !strings.Contains(frame, `id="order"`) || !strings.Contains(frame, `class="now" aria-current="step">Confirmed`) {
		t.Errorf("the page follows: %s", frame)
	}
	watching.send(`{"action":"get_status"}`)
	if next := watching.nextObject(); next["type"] != "order" {
		t.Errorf("and is told again when asked: %v", next)
	}
	watching.send(`{"action":"get_bed_status"}`)
	checkError(t, watching, "get_bed_status", "unknown_action")
}

func TestWhoOrdersByFormIsLedOn(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse, mine := h.token("medical_staff"), h.token("customer")
	admission, rice := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID), h.dish("Rice", "hot")
	h.must(h.hospital.LinkCustomer(t.Context(), actor(hospital.WardManagement), h.signedIn(mine).UserID, admission.PatientID))
	form := func(meal string) url.Values {
		return url.Values{"admission_id": {fmt.Sprint(admission.ID)}, "meal": {meal}, "items[]": {fmt.Sprint(rice.ID)}}
	}
	if led := h.post("/orders", nurse, browser, form("lunch")).led(); led != fmt.Sprintf("/beds/%d/", admission.BedID) {
		t.Errorf("a nurse goes on at the bed, not at %s", led)
	}
	if led := h.post("/orders", mine, browser, form("dinner")).led(); !strings.HasPrefix(led, "/orders/") {
		t.Errorf("a customer goes on with the order, not at %s", led)
	}
	if got := h.post("/orders", nurse, htmx, form("breakfast")); got.status != http.StatusNoContent {
		t.Errorf("a page is told that it is done: %d", got.status)
	}
}

// TestARefusedStepIsExplainedWhereThePersonIs: at the bed, in the panel or as a page, where the form stood there; else on the order's page.
func TestARefusedStepIsExplainedWhereThePersonIs(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse := h.person(hospital.MedicalStaff)
	admission := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID)
	o := h.order(admission, hospital.Lunch, h.dish("Isombe", "hot", "peanuts"))
	mild := hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"peanuts"}}
	_, err := h.hospital.SetDiet(t.Context(), actor(hospital.MedicalStaff), admission.ID, hospital.DietCommand{Allergies: &mild})
	h.must(err)
	bed, page := fmt.Sprintf("/beds/%d/", admission.BedID), fmt.Sprintf("/orders/%d/", o.ID)
	confirm, reason := page+"confirm", fmt.Sprintf("#confirm-%d-reason", o.ID)
	for _, c := range []struct {
		from string
		as   audience
		part bool
	}{{bed, browser, false}, {bed, htmx, true}, {page, browser, false}} {
		got := nurse.submit(nurse.open(c.from), confirm, url.Values{"reason": {"short"}}, c.as)
		shown := got.html()
		if got.status != http.StatusUnprocessableEntity || !strings.Contains(shown.Find(`[role="alert"]`).Text(), "at least 10 characters") {
			t.Errorf("from %s as %s: %d %.300s", c.from, c.as, got.status, got.body)
		}
		if whole := strings.HasPrefix(strings.ToLower(got.body), "<!doctype"); whole == c.part || (shown.Find("section.panel").Length() == 1) != (c.from == bed) {
			t.Errorf("from %s as %s comes another page: %.300s", c.from, c.as, got.body)
		}
		if c.from == bed && (shown.Find(reason).AttrOr("value", "") != "short" || shown.Find(reason).AttrOr("aria-invalid", "") != "true") {
			t.Errorf("from %s as %s the field should keep what was typed and be marked as wrong", c.from, c.as)
		}
	}
	confirmed := nurse.submit(nurse.open(bed), confirm, url.Values{"reason": {"has eaten them all her life"}}, browser)
	if led := confirmed.led(); led != bed || h.orderNow(o.ID).Status != hospital.OrderConfirmed {
		t.Errorf("led to %s, and the order is %s", led, h.orderNow(o.ID).Status)
	}
	stale := nurse.submit(nurse.open(page), page+"cancel", url.Values{"version": {"1"}}, browser)
	if stale.status != http.StatusConflict || !strings.Contains(stale.html().Find(`[role="alert"]`).Text(), "changed meanwhile") {
		t.Errorf("an outdated view: %d %.300s", stale.status, stale.body)
	}
	if led := nurse.submit(nurse.open(page), page+"cancel", nil, browser).led(); led != page || h.orderNow(o.ID).Status != hospital.OrderCancelled {
		t.Errorf("led to %s, and the order is %s", led, h.orderNow(o.ID).Status)
	}
}

// TestAMealIsOrderedAtTheBedWithoutJavaScript goes from the menu over a refusal to the order, with plain links and forms.
func TestAMealIsOrderedAtTheBedWithoutJavaScript(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse, manager := h.person(hospital.MedicalStaff), h.person(hospital.WardManagement)
	admission := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID, "peanuts")
	stew, rice := h.dish("Isombe", "hot", "peanuts"), h.dish("Rice", "hot")
	bed := fmt.Sprintf("/beds/%d/", admission.BedID)
	if link := nurse.open(bed).Find(`.admission-meals a[href$="meal=lunch"]`).AttrOr("href", ""); link != bed+"?meal=lunch" {
		t.Fatalf("the bed's page should lead to the menu of lunch, not to %q", link)
	}
	item := fmt.Sprintf("#order-items-%d", stew.ID)
	if _, disabled := manager.open(bed + "?meal=lunch").Find(item).Attr("disabled"); !disabled {
		t.Error("ward management may not choose what conflicts")
	}
	menu := nurse.open(bed + "?meal=lunch")
	if _, disabled := menu.Find(item).Attr("disabled"); disabled || menu.Find(".menu-list s").Text() != "Isombe" ||
		!strings.Contains(menu.Find(".menu-list .why").Text(), "contains peanuts (allergy)") {
		t.Errorf("medical staff see what conflicts crossed out with the reason, and may choose it: %s", menu.Find(".menu-list").Text())
	}
	chosen := url.Values{"items[]": {fmt.Sprint(stew.ID), fmt.Sprint(rice.ID)}}
	refused := nurse.submit(menu, "/orders", chosen, browser)
	if refused.status != http.StatusConflict || !strings.Contains(refused.html().Find(`[role="alert"]`).Text(), "Isombe contains peanuts") {
		t.Fatalf("without a reason: %d %.300s", refused.status, refused.body)
	}
	if _, checked := refused.html().Find(item).Attr("checked"); !checked {
		t.Error("what was chosen stays chosen")
	}
	chosen.Set("override_reason", "has eaten them all her life")
	if led := nurse.submit(refused.html(), "/orders", chosen, browser).led(); led != bed {
		t.Errorf("then led to %s", led)
	}
	if line := nurse.open(bed).Find(".meal").Text(); !strings.Contains(line, "Isombe, Rice") || !strings.Contains(line, "Pending") {
		t.Errorf("the bed's page lists %q", line)
	}
	if got := nurse.ask(question{method: "GET", path: bed + "?meal=brunch", as: browser, header: nurse.cookie()}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a meal that there is not: %d", got.status)
	}
}
