package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

// hungry ends a time of nil by mouth in a bed, of which all medical staff are told.
func (h *fixture) hungry(admission hospital.Admission) {
	h.t.Helper()
	from := h.clock.Now().Add(time.Minute)
	_, err := h.hospital.SetDiet(h.t.Context(), actor(hospital.MedicalStaff), admission.ID,
		hospital.DietCommand{NilByMouth: &hospital.Window{From: from, Until: from.Add(time.Hour)}})
	h.must(err)
	for range 2 { // it begins by itself, and so it ends
		h.clock.pass(45 * time.Minute)
		_, err := h.hospital.HoldNilByMouth(h.t.Context())
		h.must(err)
	}
}

func TestADashboardTellsItsRoleWhatHappensWhenItHappens(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admission := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
	nurse, manager := h.token("medical_staff"), h.token("ward_management")
	s, other := h.watch("/ws/dashboard/medical_staff/", nurse), h.watch("/ws/dashboard/ward_management/", manager)
	page := h.watch("/ws/dashboard/medical_staff/", nurse, asHTML)
	for _, socket := range []*socket{s, other, page} {
		socket.next()
	}
	h.hungry(admission)
	news := s.nextOfType("notification")
	if news["title"] != "Nil by mouth is over in bed A-01" || news["level"] != "info" || news["timestamp"] != h.clock.Now().UTC().Format(time.RFC3339) {
		t.Errorf("medical staff are told %v", news)
	}
	for !strings.Contains(page.next(), `data-level="info" role="status"`) {
		continue // a frame of the numbers comes before
	}
	if got := h.get("/dashboard/medical_staff/", nurse, browser).html().Find("#news summary strong").Text(); got != "Nil by mouth is over in bed A-01" {
		t.Errorf("the page shows %q", got)
	}
	late := h.watch("/ws/dashboard/medical_staff/", nurse)
	late.nextObject().check(t, "dashboard_update")
	h.admit("Mugisha Jean", 0)
	late.nextObject().check(t, "dashboard_update") // what happened before one came is not told as new
	for other.nextObject().int("patient_count") != 2 {
		continue // a manager hears of no notification: nextObject would be one
	}
	h.clock.pass(hospital.NewsLasts)
	if got := h.get("/dashboard/medical_staff/", nurse, browser).html().Find("#news > *").Length(); got != 0 {
		t.Errorf("after %s it is no news, but the page shows %d", hospital.NewsLasts, got)
	}
}

func TestAPersonsNotificationsArriveAndAreRead(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	s := f.watch("/ws/notifications/", f.token)
	if first := s.nextOfType("notifications"); first.int("unread") != 0 {
		t.Errorf("at first there is nothing: %v", first)
	}
	order := f.placed(f.token, map[string]any{"admission_id": f.admission.ID, "meal": "dinner", "items": []int64{f.rice.ID}}).int("id")
	told := s.nextObject()
	told.check(t, "notification to a person")
	if told["title"] != fmt.Sprintf("Order %d is placed", order) || told["level"] != "info" || told.int("unread") != 1 {
		t.Errorf("the event: %v", told)
	}
	all := s.nextOfType("notifications")
	if list := all["data"].([]any); all.int("unread") != 1 || len(list) != 1 || object(list[0].(map[string]any))["read"] != false {
		t.Errorf("and then all: %v", all)
	}
	f.cook(order, "confirm")
	if told := s.nextObject(); told["title"] != fmt.Sprintf("Order %d is confirmed", order) || told.int("unread") != 2 {
		t.Errorf("the next event: %v", told)
	}
	if late := f.watch("/ws/notifications/", f.token).nextObject(); late["type"] != "notifications" || late.int("unread") != 2 {
		t.Errorf("who comes later gets all, and no event: %v", late)
	}
	page := f.get("/notifications/", f.token, browser).html()
	if page.Find("#inbox li.new").Length() != 2 || !strings.Contains(page.Find("#inbox-head").Text(), "Unread: 2") {
		t.Errorf("the page: %s", page.Find("main").Text())
	}
	if link := page.Find("#inbox li:first-child h2 a").AttrOr("href", ""); link != fmt.Sprintf("/orders/%d/", order) {
		t.Errorf("a notification leads to its order: %q", link)
	}
	upTo := page.Find("#inbox-head button").AttrOr("value", "")
	f.cook(order, "start") // after the page was drawn
	if got := f.post("/notifications/read", f.token, browser, url.Values{"up_to": {upTo}}); got.status != http.StatusSeeOther || got.header.Get("Location") != "/notifications/" {
		t.Errorf("%d %s", got.status, got.body)
	}
	var inbox struct {
		Unread int `json:"unread"`
		Data   []struct{ Read bool }
	}
	f.get("/notifications/", f.token, program).json(&inbox)
	if inbox.Unread != 1 || inbox.Data[0].Read || !inbox.Data[1].Read || !inbox.Data[2].Read {
		t.Errorf("what came after the page was drawn is not read: %+v", inbox)
	}
	if got := f.post("/notifications/read", f.token, program, map[string]any{"up_to": 1 << 40}); got.status != http.StatusNoContent {
		t.Errorf("%d %s", got.status, got.body)
	}
	for last := s.nextObject(); last["type"] != "notifications" || last.int("unread") != 0; last = s.nextObject() {
		continue // what was told before
	}
	f.post("/notifications/read", f.token, program, nil).problem(http.StatusUnprocessableEntity)
}

func TestNotificationsAreInTheReadersLanguageOnPagesAndEnglishForPrograms(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	order := f.placed(f.token, map[string]any{"admission_id": f.admission.ID, "meal": "dinner", "items": []int64{f.rice.ID}}).int("id")
	french := http.Header{"Cookie": {"language=fr"}}
	page := f.ask(question{method: "GET", path: "/notifications/", as: browser, token: f.token, header: french})
	if got := page.html().Find("#inbox li").Text(); !strings.Contains(got, fmt.Sprintf("Commande %d enregistrée", order)) || !strings.Contains(got, "Votre commande (Dîner)") {
		t.Errorf("in French: %s", got)
	}
	data := f.ask(question{method: "GET", path: "/notifications/", as: program, token: f.token, header: french})
	if !strings.Contains(data.body, fmt.Sprintf("Order %d is placed", order)) || strings.Contains(data.body, "Commande") {
		t.Errorf("for programs: %s", data.body)
	}
}

// TestARolesNotificationsAreEachOnesToRead: what one nurse has read another has not.
func TestARolesNotificationsAreEachOnesToRead(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	nurse, cook := h.token("medical_staff"), h.token("kitchen")
	h.addUser("colleague", hospital.MedicalStaff)
	colleague := h.token("colleague")
	admission := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID)
	watching := h.watch("/ws/notifications/", colleague)
	watching.nextOfType("notifications")
	h.hungry(admission)
	if told := watching.nextObject(); told["title"] != "Nil by mouth is over in bed A-01" {
		t.Errorf("a role's notification comes to each of the role: %v", told)
	}
	h.post("/notifications/read", nurse, program, map[string]any{"up_to": 1 << 40})
	for token, want := range map[string]string{nurse: "Unread: 0", colleague: "Unread: 1", cook: "Unread: 0"} {
		if got := h.get("/notifications/", token, browser).html().Find("#inbox-head .unread").Text(); got != want {
			t.Errorf("says %q, want %q", got, want)
		}
	}
}

// nurseOf employs a nurse who works in one ward, and signs them in.
func (h *fixture) nurseOf(name string, ward hospital.Ward) (token string) {
	h.t.Helper()
	_, err := h.hospital.AddUser(h.t.Context(), hospital.System, hospital.AddUserCommand{
		Username: name, Role: hospital.MedicalStaff, Password: password, Wards: []int64{ward.ID}})
	h.must(err)
	return h.token(name)
}

// TestAWardsPagesTellWhatHappensInTheWard and in no other, each role what it is told.
func TestAWardsPagesTellWhatHappensInTheWard(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admission := h.admitAsked("Uwase Marie", h.bed(h.a, 1).ID)
	nurse, manager, admin := h.token("medical_staff"), h.token("ward_management"), h.token("admin")
	page, data := h.watch(wardPath(h.a), nurse, asHTML), h.watch(wardPath(h.a), nurse)
	page.next()
	data.next()
	h.hungry(admission)
	const title = "Nil by mouth is over in bed A-01"
	page.nextWith(title)
	h.admit("Mugisha Jean", h.bed(h.a, 2).ID)
	if first := data.nextObject(); first["type"] != "bed_status_change" {
		t.Errorf("a ward's socket tells programs %v", first)
	}
	if frame := h.watch(wardPath(h.a), manager, asHTML).next(); strings.Contains(frame, title) {
		t.Error("the socket of a manager tells what medical staff are told")
	}
	if frame := h.watch(wardPath(h.a), admin, asHTML).next(); !strings.Contains(frame, title) {
		t.Error("the socket of admin does not tell what medical staff are told")
	}
	here := []string{fmt.Sprintf("/wards/%d/", h.a.ID), fmt.Sprintf("/beds/%d/", h.bed(h.a, 2).ID)}
	for _, path := range here {
		for who, want := range map[string]string{nurse: title, admin: title, manager: ""} {
			news := h.get(path, who, browser).html().Find("#news")
			if got := news.Find("summary strong").Text(); got != want || news.Length() != 1 {
				t.Errorf("%s tells %q, want %q", path, got, want)
			}
		}
	}
	news := h.get(here[0], nurse, browser).html().Find("#news")
	if got := news.Find(".named a").Text(); got != "A-01 Uwase Marie" {
		t.Errorf("it is about %q", got)
	}
	for _, link := range []string{news.Find("p a").AttrOr("href", ""),
		news.Find(".named a").AttrOr("href", "")} {
		if want := fmt.Sprintf("/admissions/%d/", admission.ID); link != want {
			t.Errorf("it leads to %q, want %q", link, want)
		}
	}
	elsewhere := fmt.Sprintf("/wards/%d/", h.b.ID)
	if got := h.get(elsewhere, nurse, browser).html().Find("#news > *").Length(); got != 0 {
		t.Errorf("the other ward's page tells %d", got)
	}
	bound := h.nurseOf("elsewhere", h.b)
	if got := h.get("/dashboard/medical_staff/", bound,
		browser).html().Find("#news > *").Length(); got != 0 {
		t.Errorf("who works in the other ward is told %d on their dashboard", got)
	}
}

// toldNotice is a notification as a program gets it.
type toldNotice struct {
	Code     string
	Link     *string
	About    object
	Patients []struct {
		AdmissionID int64 `json:"admission_id"`
	}
}

// TestANotificationOfAMissedRoundSaysWhomItIsAbout by name to those who may read wards and by
// initials to the kitchen, and leads nobody to an order.
func TestANotificationOfAMissedRoundSaysWhomItIsAbout(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	h.clock.pass(untilMorning(h.clock.Now()))
	rice := h.dish("Rice", "hot")
	ordered := h.admitAsked("Mugisha Jean", h.bed(h.b, 1).ID)
	_, _, err := h.hospital.PlaceOrder(t.Context(), actor(hospital.MedicalStaff),
		hospital.PlaceOrderCommand{
			AdmissionID: ordered.ID, Meal: hospital.Lunch, Dishes: []int64{rice.ID}}) // order 1
	h.must(err)
	admission := h.admitAsked("Uwase Marie", h.bed(h.a, 5).ID)
	tokens := map[string]string{}
	for _, role := range []string{"kitchen", "medical_staff", "ward_management"} {
		tokens[role] = h.token(role)
	}
	day := h.clock.Now().UTC().Add(2 * time.Hour) // in Kigali
	h.clock.pass(time.Date(day.Year(), day.Month(), day.Day(), 10, 31, 0, 0,
		time.UTC).Sub(h.clock.Now()))
	_, err = h.hospital.AnnounceMissedRounds(t.Context())
	h.must(err)
	for role, token := range tokens {
		var inbox struct{ Data []toldNotice }
		h.get("/notifications/", token, program).json(&inbox)
		link, name := fmt.Sprintf("/wards/%d/", h.a.ID), "Uwase Marie"
		if role == "kitchen" {
			link, name = "/dashboard/kitchen/?meal=lunch&ward=A", "U. M."
		}
		at := slices.IndexFunc(inbox.Data,
			func(n toldNotice) bool { return n.Code == "meal_round_missed" })
		if at < 0 {
			t.Fatalf("%s was told %+v", role, inbox)
		}
		told := inbox.Data[at]
		if told.Link == nil || *told.Link != link || told.About["order_id"] != nil ||
			told.About["ward"] != "A" {
			t.Errorf("%s is led to %v by what is about %v, want %q", role, told.Link, told.About, link)
		}
		if len(told.Patients) != 1 || told.Patients[0].AdmissionID != admission.ID {
			t.Fatalf("%s: the patients are %+v", role, told.Patients)
		}
		page := h.get("/notifications/", token, browser).html()
		if got := page.Find("#inbox .named").Text(); !strings.Contains(got, name) || role == "kitchen" &&
			strings.Contains(got, "Uwase") {
			t.Errorf("the page of %s names %q, want %q", role, got, name)
		}
		if got := h.get(*told.Link, token, browser); got.status != http.StatusOK {
			t.Errorf("%s is led to %s, which answers %d", role, *told.Link, got.status)
		}
		if got := h.get("/dashboard/"+role+"/", token,
			browser).html().Find("#missed .named").Text(); !strings.Contains(got, name) {
			t.Errorf("the dashboard of %s says that %q has nothing, want %q", role, got, name)
		}
	}
}
