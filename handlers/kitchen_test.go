package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/coder/websocket"

	"dusangire/hospital"
)

const (
	kitchenPath = "/dashboard/kitchen/"
	ticketsPath = kitchenPath + "?view=tickets"
)

func init() {
	shapes["kitchen"] = shape{"counts": "object:any", "tickets": "object:any", "to_cook": "list:count", "past": "object:any", "missed_rounds": "list:any",
		"meal": "text", "day": "text", "serve_at": "time|null", "production": "list:any", "wards": "list:any", "exceptions": "object:any"}
	shapes["count"] = shape{"item_id": "id", "name": "text", "station": "text", "count": "count"}
	shapes["item"] = shape{"id": "id", "name": "text", "station": "text"}
	shapes["ticket_item"] = shape{"id": "id", "name": "text", "station": "text",
		"sold_out": "truth", "substitute": "object:any|null"}
	shapes["hazard"] = shape{"kind": "text", "message": "text", "item_id": "id|null", "item": "text|null", "allergen": "text|null", "severe": "truth",
		"diet": "text|null", "overridable": "truth"}
	shapes["ticket"] = shape{"order_id": "id", "status": "text", "status_since": "time", "placed_at": "time", "due_at": "time", "meal": "text",
		"ward": "text|null", "bed_number": "text|null", "moved_at": "time|null", "destination": "text|null", "initials": "text|null", "diet": "text|null",
		"texture": "count", "allergies_known": "truth", "allergies": "texts", "severe_allergies": "texts",
		"nil_by_mouth": "truth", "isolation": "text|null", "items": "list:ticket_item",
		"parts": "list:part", "hot_since": "time|null", "warn_at": "time|null",
		"cook_again_at": "time|null",
		"notes":         "text|empty", "override_reason": "text|empty", "overridden_by": "text|empty", "hazards": "list:hazard", "stopped": "text|empty", "begun": "truth", "late": "truth",
		"cancel_reason": "text|empty", "version": "id"}
}

// ticketsIn reads the tickets of a status from the data of the kitchen's dashboard, each of which must have its shape.
func ticketsIn(t testing.TB, data object, status string) []object {
	t.Helper()
	list, _ := data.sub("tickets")[status].([]any)
	tickets := make([]object, len(list))
	for i, one := range list {
		tickets[i] = object(one.(map[string]any))
		tickets[i].check(t, "ticket")
	}
	return tickets
}

func TestTheKitchensDashboardTellsTicketsByStatusAndWhatIsToBeCooked(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	cook := h.token("kitchen")
	s := h.watch("/ws"+kitchenPath, cook)
	empty := s.nextOfType("dashboard_update").sub("data")
	empty.check(t, "kitchen")
	for _, status := range hospital.OrderStatuses {
		if list, isList := empty.sub("tickets")[string(status)].([]any); !isList || len(list) != 0 || object(empty.sub("counts")).int(string(status)) != 0 {
			t.Errorf("an empty kitchen has an empty list and nought of %s: %v", status, empty)
		}
	}
	admission, o := h.lunch(1)
	h.cook(o.ID, "confirm")
	var update object
	for update.sub("data").sub("counts").int("confirmed") != 1 {
		update = s.nextOfType("dashboard_update")
	}
	if update.int("patient_count") != 1 || update.int("active_wards") != 2 {
		t.Errorf("the five numbers stand at the top: %v", update)
	}
	ticket := ticketsIn(t, update.sub("data"), "confirmed")[0]
	if ticket.int("order_id") != o.ID || ticket["bed_number"] != admission.BedNumber || ticket["ward"] != "A" || ticket["initials"] != "U. M. B." || ticket["destination"] != nil {
		t.Errorf("the ticket says where it goes: %v", ticket)
	}
	cooked := object(update.sub("data")["to_cook"].([]any)[0].(map[string]any))
	if cooked["name"] != "Rice 1" || cooked["station"] != "hot" || cooked.int("count") != 1 {
		t.Errorf("to cook is %v", cooked)
	}

	h.eats(admission, "milk", "peanuts")
	for len(ticketsIn(t, update.sub("data"), "held")) != 1 {
		update = s.nextOfType("dashboard_update")
	}
	held := ticketsIn(t, update.sub("data"), "held")[0]
	if hazards, _ := held["hazards"].([]any); len(hazards) != 1 || fmt.Sprint(held["allergies"], held["severe_allergies"]) != "[milk peanuts] [peanuts]" {
		t.Errorf("the held ticket says why: %v", held)
	}
	page := parseObject(t, h.get(kitchenPath, cook, program).body)
	page.check(t, "dashboard_update")
	if len(ticketsIn(t, page.sub("data"), "held")) != 1 {
		t.Errorf("a program is shown the same by GET: %v", page)
	}
	s.send(`{"action":"get_status"}`)
	s.nextOfType("dashboard_update")
	s.send(`{"action":"dashboard_update","data":{}}`)
	checkError(t, s, "dashboard_update", "unknown_action")
}

func TestTheKitchenIsToldWhenATicketIsHeldOrMoves(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admission, o := h.lunch(1)
	s := h.watch("/ws"+kitchenPath, h.token("kitchen"))
	s.next()
	h.eats(admission, "peanuts")
	if news := s.nextOfType("notification"); news["title"] != fmt.Sprintf("Ticket %d is held", o.ID) || news["level"] != "alert" {
		t.Errorf("the kitchen is told %v", news)
	}
	_, err := h.hospital.Transfer(t.Context(), actor(hospital.MedicalStaff), admission.ID, hospital.TransferCommand{BedID: h.bed(h.b, 2).ID})
	h.must(err)
	if news := s.nextOfType("notification"); news["title"] != fmt.Sprintf("Ticket %d goes to another bed", o.ID) {
		t.Errorf("the kitchen is told %v", news)
	}
}

// ticketCard finds a ticket on a page of the kitchen.
func ticketCard(page *goquery.Document, o hospital.Order) *goquery.Selection {
	return page.Find(fmt.Sprintf("#ticket-%d", o.ID))
}

func TestTheWallShowsEachTicketInTheLaneOfItsState(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{beds: 12})
	cook := h.person(hospital.KitchenStaff)
	steps := map[string][]string{"pending": nil, "confirmed": {"confirm"}, "preparing": {"confirm", "start"}, "ready": {"confirm", "start", "ready"}, "ended": {"cancel"}}
	orders := map[string]hospital.Order{}
	n := 0
	for lane, taken := range steps {
		n++
		_, o := h.lunch(n)
		orders[lane] = h.cook(o.ID, taken...)
	}
	admission, o := h.lunch(n + 1)
	h.eats(admission, "peanuts")
	orders["held"] = o
	page := cook.open(ticketsPath)
	for lane, o := range orders {
		card := ticketCard(page, o)
		if got := card.Parent().AttrOr("id", ""); got != "lane-"+lane {
			t.Errorf("the ticket stands in %q, want %q", got, "lane-"+lane)
		}
		if count := page.Find("#count-" + lane).Text(); count != "1" {
			t.Errorf("lane %s counts %q", lane, count)
		}
	}
	card := ticketCard(page, orders["held"]).Text()
	for _, words := range []string{"Severe allergy: peanuts", fmt.Sprintf("Held: Rice %d contains peanuts (severe allergy)", n+1), "Check and confirm"} {
		if !strings.Contains(card, words) {
			t.Errorf("the held ticket should say %q: %s", words, card)
		}
	}
	if got := ticketCard(page, orders["ended"]).Text(); !strings.Contains(got, "Cancelled: for the test") {
		t.Errorf("the cancelled ticket says %s", got)
	}
}

// ticketsAt is the page of the tickets that a query describes.
func ticketsAt(query string) string { return ticketsPath + strings.Replace(query, "?", "&", 1) }

// press sends the form of a ticket's button, as a browser without a script does.
func (p person) press(page *goquery.Document, o hospital.Order, command string) answer {
	p.t.Helper()
	button := ticketCard(page, o).Find(fmt.Sprintf(`button[formaction=%q]`, stepPath(o.ID, command)))
	form := page.Find("form#" + button.AttrOr("form", "none"))
	if button.Length() != 1 || form.Length() != 1 || form.AttrOr("method", "") != "post" {
		p.t.Fatalf("the ticket of order %d has no button to %s", o.ID, command)
	}
	sent := url.Values{button.AttrOr("name", ""): {button.AttrOr("value", "")}}
	form.Find("input").Each(func(_ int, input *goquery.Selection) { sent.Set(input.AttrOr("name", ""), input.AttrOr("value", "")) })
	return p.ask(question{method: http.MethodPost, path: stepPath(o.ID, command), as: browser, fields: sent, header: p.cookie()})
}

func TestACookWorksWithoutJavaScript(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	cook := h.person(hospital.KitchenStaff)
	_, o := h.lunch(1)
	wall := kitchenPath + "?meal=lunch&station=hot&view=tickets&ward=A"
	for _, c := range []struct {
		step string
		to   hospital.OrderStatus
	}{{"confirm", "confirmed"}, {"start", "preparing"}, {"ready", "ready"}, {"recall", "preparing"}} {
		if led := cook.press(cook.open(wall), o, c.step).led(); led != wall {
			t.Errorf("%s leads to %s, want %s", c.step, led, wall)
		}
		if now := h.orderNow(o.ID); now.Status != c.to {
			t.Errorf("%s took the order to %s, want %s", c.step, now.Status, c.to)
		}
	}
}

func TestARefusedStepIsExplainedOnItsTicketAndTheBoardStays(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	cook := h.person(hospital.KitchenStaff)
	admission, o := h.lunch(1)
	_, other := h.lunch(2)
	page := cook.open(ticketsPath)
	h.eats(admission, "peanuts") // between the look and the tap
	before := h.contents()
	got := cook.press(page, o, "confirm")
	if got.status != http.StatusConflict || h.contents() != before {
		t.Errorf("got %d, and the database changed: %t", got.status, h.contents() != before)
	}
	if alert := ticketCard(got.html(), o).Find(`.refusal[role="alert"]`).Text(); !strings.Contains(alert, "has changed meanwhile") {
		t.Errorf("the ticket says %q", alert)
	}
	got = cook.press(cook.open(ticketsPath), o, "confirm")
	if alert := ticketCard(got.html(), o).Find(".refusal").Text(); got.status != http.StatusConflict || !strings.Contains(alert, "Rice 1 contains peanuts (severe allergy)") {
		t.Errorf("%d: the ticket says %q", got.status, alert)
	}
	if ticketCard(got.html(), other).Length() != 1 || got.html().Find(".refusal").Length() != 1 {
		t.Error("the other tickets should stand there without a word")
	}
	fragment := h.post(stepPath(o.ID, "confirm"), cook.token, htmx, url.Values{"back": {ticketsPath}})
	if words := fragment.html().Find("body > .refusal").Text(); fragment.status != http.StatusConflict || !strings.Contains(words, "Rice 1 contains peanuts") {
		t.Errorf("a live page is answered %d %s", fragment.status, fragment.body)
	}
	gone := h.post(stepPath(4711, "start"), cook.token, browser, url.Values{"back": {ticketsPath + "&station=hot"}})
	if words := gone.html().Find(`.alert[role="alert"]`).Text(); gone.status != http.StatusNotFound || !strings.Contains(words, "There is no such order") {
		t.Errorf("a refusal of no ticket that is here: %d %q", gone.status, words)
	}
}

func TestWhoMayNotBeInTheKitchenIsNotShownItByARefusal(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	_, o := h.lunch(1)
	h.cook(o.ID, "confirm")
	got := h.post(stepPath(o.ID, "confirm"), h.token("medical_staff"), browser, url.Values{"back": {ticketsPath}})
	if got.status != http.StatusConflict || got.html().Find(".tickets").Length() != 0 {
		t.Errorf("medical staff are answered %d with %d lanes of tickets", got.status, got.html().Find(".tickets").Length())
	}
}

func TestAWallIsNarrowedByItsAddress(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	cook := h.person(hospital.KitchenStaff)
	hot, cold, unrouted := h.dish("Rice", "hot"), h.dish("Banana", "cold"), h.dish("Juice", "")
	bed := func(ward hospital.Ward, n int) hospital.Admission {
		admission := h.admit(fmt.Sprint("Uwase Marie ", ward.Code, n), h.bed(ward, n).ID)
		h.eats(admission)
		return admission
	}
	orders := map[string]hospital.Order{"hot": h.order(bed(h.a, 1), hospital.Lunch, hot, hot), "cold": h.order(bed(h.b, 1), hospital.Snack, cold),
		"both": h.order(bed(h.b, 2), hospital.Lunch, hot, cold), "unrouted": h.order(bed(h.a, 2), hospital.Snack, unrouted)}
	for _, o := range orders {
		h.cook(o.ID, "confirm")
	}
	for query, want := range map[string]struct{ tickets, cook string }{
		"":                          {"both cold hot unrouted", "3 Rice, 2 Banana, 1 Juice"},
		"?station=hot":              {"both hot unrouted", "3 Rice, 1 Juice"},
		"?station=porridge":         {"unrouted", "1 Juice"},
		"?station=unrouted":         {"unrouted", "1 Juice"},
		"?ward=B":                   {"both cold", "1 Rice, 2 Banana"},
		"?meal=snack":               {"cold unrouted", "1 Banana, 1 Juice"},
		"?ward=B&station=cold":      {"both cold", "2 Banana"},
		"?ward=B&meal=snack&x=y":    {"cold", "1 Banana"},
		"?station=&meal=&ward=":     {"both cold hot unrouted", "3 Rice, 2 Banana, 1 Juice"},
		"?meal=dinner&station=cold": {"", ""},
	} {
		page := cook.open(ticketsAt(query))
		var tickets []string
		for name, o := range orders {
			if ticketCard(page, o).Length() == 1 {
				tickets = append(tickets, name)
			}
		}
		slices.Sort(tickets)
		dishes := page.Find(".cook li").Map(func(_ int, li *goquery.Selection) string { return li.Text() })
		if strings.Join(tickets, " ") != want.tickets || strings.Join(dishes, ", ") != want.cook {
			t.Errorf("%q shows %v and counts %q, want %q and %q", query, tickets, dishes, want.tickets, want.cook)
		}
		socket, _ := page.Find("#socket").Attr("hx-ws:connect")
		s := h.watch(socket, cook.token)
		data := s.nextOfType("dashboard_update").sub("data")
		if got := len(ticketsIn(t, data, "confirmed")); got != len(tickets) {
			t.Errorf("the socket %s of %q shows %d tickets, want %d", socket, query, got, len(tickets))
		}
		_ = s.conn.CloseNow()
	}
	if served := ticketCard(cook.open(ticketsPath), orders["hot"]).Find("dd").Text(); served != "2 × Rice" {
		t.Errorf("a dish that is served twice is written %q", served)
	}
}

func TestAWallThatDoesNotExistShowsAllAndSaysSo(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	cook := h.person(hospital.KitchenStaff)
	_, o := h.lunch(1)
	for query, words := range map[string]string{
		"?station=hott":       "There is no station “hott”. Every station is shown.",
		"?ward=<b>":           "There is no ward “<b>”. Every ward is shown.",
		"?meal=brunch":        "There is no meal “brunch”. Every meal is shown.",
		"?meal=b&station=hot": "There is no meal “b”. Every meal is shown.",
	} {
		page := cook.open(ticketsAt(query))
		if got := page.Find(".kitchen > .alert").Text(); got != words || ticketCard(page, o).Length() != 1 {
			t.Errorf("%s: the page says %q and shows %d tickets", query, got, ticketCard(page, o).Length())
		}
		p := h.get(kitchenPath+query, cook.token, program).problem(http.StatusUnprocessableEntity)
		if len(p.Errors) != 1 {
			t.Errorf("%s: a program is refused: %+v", query, p)
		}
		if code := h.watch("/ws"+kitchenPath+query, cook.token).closeCode(); code != 4404 {
			t.Errorf("%s: the socket is closed with %d, want 4404", query, code)
		}
	}
}

// crowd fills two wards and orders something for everyone: tickets as a kitchen has them, one more crowded than the other.
func (h *fixture) crowd(n int) (orders []hospital.Order) {
	h.t.Helper()
	menu := map[string]hospital.Dish{"beans": h.dish("Ibishyimbo", "hot"), "rice": h.dish("Umuceri", "hot"), "soup": h.dish("Isupu y’imboga", "special"),
		"porridge": h.dish("Igikoma cy’amasaka", "porridge"), "fruit": h.dish("Imineke", "cold"), "milk": h.dish("Ikivuguto", "cold", "milk")}
	patients := []struct {
		name      hospital.PatientName
		diet      hospital.Diet
		texture   hospital.Texture
		allergies []hospital.Allergen
		dishes    []string
		notes     string
	}{
		{"Uwase Marie Claire", "general", 7, nil, []string{"beans", "rice", "fruit"}, ""},
		{"Mukamana Espérance", "diabetic", 7, []hospital.Allergen{"peanuts"}, []string{"beans", "soup", "fruit"}, "No sugar in the tea, please"},
		{"Habimana Jean Bosco", "low_sodium", 6, nil, []string{"rice", "milk"}, "Small portion, eats with the left hand"},
		{"Niyonzima Eric", "high_protein", 4, []hospital.Allergen{"celery", "fish", "gluten"}, []string{"beans", "porridge", "fruit", "rice"}, "Cut very small; needs help to eat"},
	}
	for i := range n {
		p, ward := patients[i%len(patients)], []hospital.Ward{h.a, h.b}[i%2]
		admission, _, err := h.hospital.Admit(hospital.At(h.t.Context(), h.clock.Now().Add(-time.Hour)), actor(hospital.MedicalStaff), hospital.AdmitCommand{PatientName: p.name,
			BedID: h.bed(ward, i/2+1).ID, Diet: p.diet, Texture: &p.texture, Allergies: hospital.Allergies{Known: true, Allergens: p.allergies, Severe: p.allergies[:len(p.allergies)/2]}})
		h.must(err)
		cmd := hospital.PlaceOrderCommand{AdmissionID: admission.ID, Meal: hospital.Snack, Notes: p.notes}
		for _, dish := range p.dishes {
			cmd.Dishes = append(cmd.Dishes, menu[dish].ID)
		}
		order, _, err := h.hospital.PlaceOrder(h.t.Context(), actor(hospital.MedicalStaff), cmd)
		h.must(err)
		orders = append(orders, order)
	}
	return orders
}

// TestOneTicketOf200ThatMovesIsAllThatIsSent counts what goes over the wire, in each language, when one ticket takes a step.
func TestOneTicketOf200ThatMovesIsAllThatIsSent(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{beds: 100})
	orders := h.crowd(200)
	for _, language := range []string{"en", "fr", "rw"} {
		header := bearer(h.token("kitchen"))
		header.Set("Accept-Language", language)
		s, _ := h.dial("/ws"+ticketsPath, header, asHTML)
		if whole := s.next(); strings.Count(whole, `<li id="ticket-`) != 200 {
			t.Fatalf("the wall should begin with 200 tickets")
		}
		most := 0
		for _, o := range orders[100:104] {
			for _, step := range []string{"confirm", "start", "ready", "recall", "recall", "recall"} {
				h.cook(o.ID, step)
				frame := s.nextWith(fmt.Sprintf(`<li id="ticket-%d"`, o.ID))
				if n := strings.Count(frame, `<li id="ticket-`); n != 1 {
					t.Errorf("%s: %s sends %d tickets", language, step, n)
				}
				if most = max(most, len(frame)); len(frame) >= 2048 {
					t.Errorf("%s: %s sends %d bytes, want less than 2 KB:\n%s", language, step, len(frame), frame)
				}
			}
		}
		t.Logf("%s: at most %d bytes", language, most)
		_ = s.conn.CloseNow()
	}
}

// nextWith passes over messages until one contains text.
func (s *socket) nextWith(text string) string {
	s.t.Helper()
	for {
		if message := s.next(); strings.Contains(message, text) {
			return message
		}
	}
}

// TestTheKitchenLearnsNoNameAndNoReason looks for what the kitchen must not know in everything that it can be shown.
func TestTheKitchenLearnsNoNameAndNoReason(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	cook := h.token("kitchen")
	page, data := h.watch("/ws"+ticketsPath, cook, asHTML), h.watch("/ws"+kitchenPath, cook)
	var seen strings.Builder
	for _, s := range []*socket{page, data} {
		seen.WriteString(s.next())
	}
	admission, _, err := h.hospital.Admit(t.Context(), actor(hospital.MedicalStaff), hospital.AdmitCommand{PatientName: nameCanary, BedID: h.bed(h.a, 1).ID,
		Reason: reasonCanary, Allergies: hospital.Allergies{Known: true}})
	h.must(err)
	o := h.order(admission, hospital.Lunch, h.dish("Rice", "hot", "peanuts"))
	h.eats(admission, "peanuts")
	for _, s := range []*socket{page, data} {
		for {
			message := s.next()
			seen.WriteString(message)
			if strings.Contains(message, "peanuts") && strings.Contains(message, "K. U.") {
				break
			}
		}
	}
	for _, as := range []audience{program, browser, htmx} {
		for _, path := range []string{kitchenPath, ticketsPath, kitchenPath + "?ward=A&view=line", fmt.Sprintf("/orders/%d/", o.ID)} {
			seen.WriteString(h.get(path, cook, as).body)
		}
		for _, step := range []string{"confirm", "start", "ready", "recall"} {
			seen.WriteString(h.post(stepPath(o.ID, step), cook, as, url.Values{"back": {kitchenPath}, "version": {"1"}}).body)
			seen.WriteString(h.post(stepPath(o.ID, step), cook, as, url.Values{"back": {kitchenPath}}).body)
		}
	}
	if !strings.Contains(seen.String(), "K. U.") {
		t.Fatal("the kitchen should see initials")
	}
	for _, canary := range []string{"anari", "ANARI", "murwayi", fmt.Sprintf(`"patient_id":%d`, admission.PatientID)} {
		if i := strings.Index(seen.String(), canary); i >= 0 {
			t.Errorf("the kitchen is shown %q: …%.200s…", canary, seen.String()[max(0, i-80):])
		}
	}
}

func TestAFilteredWallOfAnotherRoleIsForbiddenAsAWhole(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	if code := h.watch("/ws"+kitchenPath+"?station=hot", h.token("medical_staff")).closeCode(); code != websocket.StatusCode(4403) {
		t.Errorf("closed with %d, want 4403", code)
	}
}

func TestTheTimeAloneMakesATicketUrgent(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	cook := h.person(hospital.KitchenStaff)
	admission := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
	h.eats(admission)
	o := h.order(admission, hospital.Snack, h.dish("Rice", "hot"))
	urgency := func() string { return ticketCard(cook.open(ticketsPath), o).Find(".whom em").Text() }
	if got := urgency(); got != "On time" {
		t.Errorf("at first it is %s", got)
	}
	h.clock.pass(o.Due.Sub(h.clock.Now()) - hospital.SoonDue)
	if got := urgency(); got != "Soon" {
		t.Errorf("%v before it is due it is %s", hospital.SoonDue, got)
	}
	h.clock.pass(hospital.SoonDue + time.Second)
	if got := urgency(); got != "Late" {
		t.Errorf("after that it is %s", got)
	}
}
