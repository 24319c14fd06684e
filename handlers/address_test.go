package handlers_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"dusangire/hospital"
)

// as is the one of a role who is named like it, as one who gives commands to the hospital directly.
func (h *fixture) as(role hospital.Role) hospital.Actor {
	h.t.Helper()
	h.employ(role)
	users, err := h.hospital.Users(h.t.Context(), hospital.System)
	h.must(err)
	i := slices.IndexFunc(users, func(u hospital.User) bool { return u.Username == string(role) })
	return hospital.Actor{UserID: users[i].ID, Username: users[i].Username, Role: role}
}

// zone adds a zone.
func (h *fixture) zone(name string, charge int) hospital.Zone {
	h.t.Helper()
	zone, err := h.hospital.AddZone(h.t.Context(), h.as(hospital.Admin), hospital.ZoneCommand{Name: name, Charge: charge})
	h.must(err)
	return zone
}

// address adds an address of a customer's in a zone.
func (h *fixture) address(owner hospital.Actor, label string, zone hospital.Zone) hospital.Address {
	h.t.Helper()
	a, _, err := h.hospital.AddAddress(h.t.Context(), owner, hospital.AddressCommand{Label: label, FullName: "Ineza Grace", Phone: "0788123456",
		Line1: "KN 5 Rd", City: "Nyarugenge", ZoneID: zone.ID})
	h.must(err)
	return a
}

// another adds a second customer and returns them with their token.
func (h *fixture) another(name string) (hospital.Actor, string) {
	h.t.Helper()
	user := h.addUser(name, hospital.Customer)
	return hospital.Actor{UserID: user.ID, Username: name, Role: hospital.Customer}, h.token(name)
}

// home is an address as a program sends it.
func home(zone hospital.Zone) map[string]any {
	return map[string]any{"label": "Home", "full_name": "Ineza Grace", "phone": "0788 123 456", "address_line1": "KN 5 Rd 12", "address_line2": "Flat 3",
		"city": "Nyarugenge", "zone_id": zone.ID, "instructions": "The blue gate", "is_default": true}
}

func TestAnAddressIsAddedChangedAndRemovedByAProgram(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	token := h.token("customer")
	zone := h.zone("Shelter", 500)
	send := func() answer {
		return h.ask(question{method: http.MethodPost, path: "/addresses", as: program, token: token, fields: home(zone), header: http.Header{"Idempotency-Key": {"k1"}}})
	}
	added := send()
	if added.status != http.StatusCreated {
		t.Fatalf("%d %s", added.status, added.body)
	}
	o := parseObject(t, added.body)
	o.check(t, "address of its owner")
	path := fmt.Sprintf("/addresses/%d/", o.int("id"))
	if got := added.header.Get("Location"); got != path {
		t.Errorf("Location is %q, want %q", got, path)
	}
	if o["phone"] != "+250788123456" || o["is_default"] != true || o["zone"] != "Shelter" || o.int("charge") != 500 || o["instructions"] != "The blue gate" {
		t.Errorf("the address is %v", o)
	}
	if again := parseObject(t, send().body); again.int("id") != o.int("id") {
		t.Errorf("the same key made another address: %v", again)
	}
	got := h.get(path, token, program)
	if !maps.Equal(parseObject(t, got.body), o) {
		t.Errorf("it can be read where it is: %s", got.body)
	}
	change := h.post(strings.TrimSuffix(path, "/"), token, program, map[string]any{"label": "Work"})
	if change.status != http.StatusNoContent {
		t.Fatalf("%d %s", change.status, change.body)
	}
	after := parseObject(t, h.get(path, token, program).body)
	if after["label"] != "Work" || after["full_name"] != o["full_name"] || after["is_default"] != true || after.int("version") != o.int("version")+1 {
		t.Errorf("a field that is not sent stays: %v", after)
	}
	h.post(path, token, program, map[string]any{"label": "Late", "version": o.int("version")}).problem(http.StatusConflict)
	if got := h.post(path+"remove", token, program, nil); got.status != http.StatusNoContent {
		t.Errorf("%d %s", got.status, got.body)
	}
	var left []object
	h.get("/addresses/", token, program).json(&left)
	if len(left) > 0 {
		t.Errorf("a removed address is no longer listed: %v", left)
	}
}

func TestEachWrongFieldOfAnAddressIsNamed(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	token := h.token("customer")
	p := h.post("/addresses", token, program, map[string]any{"label": "", "phone": "12", "zone_id": 4711, "is_default": "perhaps", "address_line1": 5}).problem(http.StatusUnprocessableEntity)
	if got, want := slices.Sorted(maps.Keys(p.Errors)), []string{"address_line1", "is_default"}; !slices.Equal(got, want) {
		t.Errorf("what can't be read: %v, want %v", p.Errors, want)
	}
	p = h.post("/addresses", token, program, map[string]any{"label": "", "phone": "12"}).problem(http.StatusUnprocessableEntity)
	if got, want := slices.Sorted(maps.Keys(p.Errors)), []string{"address_line1", "city", "full_name", "label", "phone", "zone_id"}; !slices.Equal(got, want) {
		t.Errorf("what is wrong: %v, want %v", p.Errors, want)
	}
	page := h.post("/addresses", token, browser, url.Values{"label": {"Home"}, "phone": {"12"}})
	document := page.html()
	if page.status != http.StatusUnprocessableEntity || document.Find("#address-phone").AttrOr("value", "") != "12" || document.Find("#address-phone-error").Text() == "" {
		t.Errorf("a person gets the form again with what they typed and the words: %d %s", page.status, page.body)
	}
}

func TestAPersonKeepsAddressesByPlainForms(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	token := h.token("customer")
	zone := h.zone("Shelter", 500)
	fill := func(label string) url.Values {
		return url.Values{"label": {label}, "full_name": {"Ineza Grace"}, "phone": {"0788123456"}, "address_line1": {"KN 5 Rd"}, "city": {"Kigali"},
			"zone_id": {fmt.Sprint(zone.ID)}, "idempotency_key": {label}}
	}
	for _, label := range []string{"Home", "Work"} {
		if got := h.post("/addresses", token, browser, fill(label)); got.status != http.StatusSeeOther || got.header.Get("Location") != "/addresses/" {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	cards := h.get("/addresses/", token, browser).html().Find(".places .card")
	if cards.Length() != 2 || !strings.Contains(cards.First().Find("h2").Text(), "Home") || cards.First().Find(".badge.on").Length() != 1 {
		t.Errorf("the default stands first: %s", cards.Text())
	}
	form := cards.Last().Find("form")
	action, version := form.AttrOr("action", ""), form.Find("[name=version]").AttrOr("value", "")
	if got := h.post(action, token, browser, url.Values{"is_default": {"true"}, "version": {version}}); got.status != http.StatusSeeOther {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if first := h.get("/addresses/", token, browser).html().Find(".places .card").First(); !strings.Contains(first.Find("h2").Text(), "Work") {
		t.Errorf("the new default stands first: %s", first.Text())
	}
	if got := h.post(action, token, browser, url.Values{"label": {"Office"}, "version": {version}}); got.status != http.StatusConflict ||
		got.html().Find("#address-label").AttrOr("value", "") != "Office" || got.html().Find(".alert").Length() != 1 {
		t.Errorf("who saw an older version is told, and keeps what they typed: %d %s", got.status, got.body)
	}
	if got := h.post(action+"remove", token, browser, nil); got.status != http.StatusSeeOther {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// TestNobodySeesAnothersAddresses: not by page, JSON or socket, and not whether there is one.
func TestNobodySeesAnothersAddresses(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	mine := h.address(h.as(hospital.Customer), "Home", h.zone("Shelter", 500))
	_, stranger := h.another("stranger")
	tokens := map[string]string{}
	for _, role := range hospital.Roles {
		tokens[string(role)] = h.token(string(role))
	}
	before := h.contents()
	path, live := fmt.Sprintf("/addresses/%d/", mine.ID), fmt.Sprintf("/ws/address/%d/", mine.ID)
	if code := h.watch(live, tokens["delivery"]).closeCode(); code != 4404 {
		t.Errorf("a courier who brings nothing there is closed with %d, want 4404", code)
	}
	for _, token := range []string{stranger, tokens["admin"]} {
		h.post(path, token, program, map[string]any{"label": "Mine now"}).problem(http.StatusNotFound)
		h.post(path+"remove", token, program, nil).problem(http.StatusNotFound)
	}
	for _, as := range []audience{program, browser, htmx} {
		for _, path := range []string{path, "/addresses/4711/"} {
			if got := h.get(path, stranger, as); got.status != http.StatusNotFound || strings.Contains(got.body, "KN 5") {
				t.Errorf("%s as a %s: %d %s", path, as, got.status, got.body)
			}
		}
	}
	if got := h.get("/addresses/", stranger, browser).body; strings.Contains(got, "KN 5") {
		t.Errorf("the list is one's own: %s", got)
	}
	for token, want := range map[string]int{stranger: 4404, tokens["medical_staff"]: 4403, tokens["kitchen"]: 4403, tokens["ward_management"]: 4403, "": 4401} {
		if code := h.watch(live, token).closeCode(); int(code) != want {
			t.Errorf("closed with %d, want %d", code, want)
		}
	}
	for _, role := range []string{"customer", "admin"} {
		h.watch(live, tokens[role]).nextObject().check(t, "address")
	}
	if code := h.watch("/ws/address/4711/", tokens["admin"]).closeCode(); code != 4404 {
		t.Errorf("an address that is not there: closed with %d", code)
	}
	if h.contents() != before {
		t.Error("the stranger changed something")
	}
	order := h.orderTo(mine)
	h.cook(order.ID, "confirm", "start", "ready")
	carry(h, h.as(hospital.DeliveryStaff), order.ID)
	h.watch(live, tokens["delivery"]).nextObject().check(t, "address")
	h.address(h.as(hospital.Customer), "Work", mine.Zone)
	if got := h.get(path, tokens["delivery"], program).body; strings.Contains(got, "Work") {
		t.Errorf("a courier is told of another address: %s", got)
	}
	page := h.get(path, tokens["delivery"], browser).html()
	page.Find("form[action^='/addresses/']").Each(func(int, *goquery.Selection) {
		t.Error("a courier sees a form for somebody else's address")
	})
}

// In the original the id in /ws/address/{id}/ was ignored, and nothing was ever sent.
func TestAnAddressTellsWhatHappensToItAndToItsOwnersOthers(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	owner, token := h.as(hospital.Customer), h.token("customer")
	zone, far := h.zone("Shelter", 500), h.zone("Town", 2000)
	a := h.address(owner, "Home", zone)
	stranger, _ := h.another("stranger")
	s := h.watch(fmt.Sprintf("/ws/address/%d/", a.ID), token)
	state := s.nextObject()
	state.check(t, "address")
	if data := state.sub("data"); data.int("address_id") != a.ID || data["address"] != "KN 5 Rd, Nyarugenge" || data["zone"] != "Shelter" || data.int("charge") != 500 {
		t.Errorf("on connect: %v", state)
	}
	h.address(stranger, "Theirs", zone)
	work := h.address(owner, "Work", far)
	added := s.nextObject()
	added.check(t, "address_added")
	if added.int("address_id") != work.ID || added.sub("address")["label"] != "Work" {
		t.Errorf("another address of the owner's, and nobody else's: %v", added)
	}
	h.post(fmt.Sprintf("/addresses/%d", a.ID), token, program, map[string]any{"label": "House"})
	updated := s.nextOfType("address_updated")
	if updated.int("address_id") != a.ID || updated.sub("address")["label"] != "House" {
		t.Errorf("a change: %v", updated)
	}
	if data := s.nextOfType("address").sub("data"); data["label"] != "House" {
		t.Errorf("and then the new state: %v", data)
	}
	h.post(fmt.Sprintf("/zones/%d", zone.ID), h.token("admin"), program, map[string]any{"charge": 700})
	changed := s.nextOfType("delivery_zone_updated")
	if changed["zone"] != "Shelter" || changed.int("charge") != 700 {
		t.Errorf("the zone's charge: %v", changed)
	}
	if data := s.nextOfType("address").sub("data"); data.int("charge") != 700 {
		t.Errorf("and then the new state: %v", data)
	}
	h.post(fmt.Sprintf("/addresses/%d/remove", work.ID), token, program, nil)
	if gone := s.nextOfType("address_removed"); gone.int("address_id") != work.ID {
		t.Errorf("another of the owner's is removed: %v", gone)
	}
	h.post(fmt.Sprintf("/addresses/%d/remove", a.ID), token, program, nil)
	if gone := s.nextOfType("address_removed"); gone.int("address_id") != a.ID {
		t.Errorf("this one is removed: %v", gone)
	}
	s.send(`{"action":"get_status"}`)
	s.nextObject().check(t, "address")
	s.send(`{"action":"address_updated"}`)
	checkError(t, s, "address_updated", "unknown_action")
}
