package handlers_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"dusangire/hospital"
)

func init() {
	shapes["delivery"] = shape{"delivery_id": "id", "order_id": "id", "status": "text", "destination": "text|empty", "courier": "text|null",
		"latitude": "degrees|null", "longitude": "degrees|null", "timestamp": "time"}
	shapes["listed delivery"] = shape{"delivery_id": "id", "order_id": "id", "status": "text", "destination": "text|empty", "courier": "text|null",
		"latitude": "degrees|null", "longitude": "degrees|null"}
	shapes["standing delivery"] = shape{"delivery_id": "id", "order_id": "id", "status": "text", "destination": "text|empty", "courier": "text|null", "version": "id"}
	shapes["delivery_status"] = shape{"type": "text", "data": "object:delivery"}
	shapes["deliveries_list"] = shape{"type": "text", "data": "list:listed delivery"}
	shapes["delivery_status_update"] = shape{"type": "text", "delivery_id": "id", "order_id": "id", "status": "text", "timestamp": "time"}
	shapes["delivery_location_update"] = shape{"type": "text", "delivery_id": "id", "order_id": "id", "latitude": "degrees", "longitude": "degrees", "timestamp": "time"}
}

// tray is a dinner that stands ready for a patient.
func (h *fixture) tray(admission hospital.Admission) hospital.Delivery {
	h.t.Helper()
	order := h.order(admission, hospital.Dinner, h.dish(fmt.Sprint("Dish ", admission.ID), "hot"))
	h.cook(order.ID, "confirm", "start", "ready")
	detail, err := h.hospital.OrderDetail(h.t.Context(), actor(hospital.Admin), order.ID)
	h.must(err)
	return h.delivery(detail.DeliveryID)
}

// delivery reads a delivery as it stands.
func (h *fixture) delivery(id int64) hospital.Delivery {
	h.t.Helper()
	d, err := h.hospital.Delivery(h.t.Context(), actor(hospital.Admin), id)
	h.must(err)
	return d.Delivery
}

// bring takes the meal of a patient in a bed to it, with all mistakes that can be made on the way and canaries wherever words can stand.
func (h *fixture) bring(as audience, admissionID int64, note func(answer)) {
	h.t.Helper()
	tray, courier := h.tray(hospital.Admission{ID: admissionID}), h.token("delivery")
	send := func(command string, form url.Values) {
		note(h.post(step(tray, command), courier, as, form))
	}
	send("claim", url.Values{reasonCanary: {"1"}})
	send("claim", url.Values{})
	send("depart", url.Values{"version": {notesCanary}})
	send("depart", url.Values{})
	send("location", url.Values{"latitude": {notesCanary}, "longitude": {"1"}})
	send("deliver", url.Values{"bed_code": {searchCanary}, "received_by": {nameCanary}})
	for _, path := range []string{"/dashboard/delivery/", fmt.Sprintf("/deliveries/%d/", tray.ID)} {
		note(h.get(path, courier, as))
	}
	for _, representation := range []string{asJSON, asHTML} {
		s := h.watch("/ws/dashboard/delivery/", courier, representation)
		if state := s.next(); !strings.Contains(state, nameCanary) {
			h.t.Errorf("the courier's tablet should show whom the tray is for: %s", state)
		}
		s = h.watch(liveDelivery(tray), courier, representation)
		if state := s.next(); strings.Contains(state, nameCanary) {
			h.t.Errorf("a delivery's own page should not show whom it is for: %s", state)
		}
		s.send(`{"action":"update_delivery_location","latitude":"` + nameCanary + `","longitude":1}`)
		_, _ = s.read()
	}
	send("fail", url.Values{"reason": {notesCanary + nameCanary}})
}

// service is a fixture with two couriers, a tray for a patient in a bed of ward A and one in ward B.
type service struct {
	*fixture
	courier, second string // tokens
	admission       hospital.Admission
	first, other    hospital.Delivery
}

func newService(t *testing.T, s settings) service {
	t.Helper()
	h := newFixture(t, s)
	h.addUser("aline", hospital.DeliveryStaff)
	w := service{fixture: h, courier: h.token("delivery"), second: h.token("aline"), admission: h.admitAsked("Uwase Marie", h.bed(h.a, 5).ID, "milk")}
	w.first, w.other = h.tray(w.admission), h.tray(h.admitAsked("Mugisha Jean", h.bed(h.b, 2).ID))
	return w
}

func step(d hospital.Delivery, command string) string {
	return fmt.Sprintf("/deliveries/%d/%s", d.ID, command)
}

func liveDelivery(d hospital.Delivery) string { return fmt.Sprintf("/ws/delivery/%d/", d.ID) }

// take gives a command of the courier's that must be taken.
func (w service) take(d hospital.Delivery, command string, fields map[string]any) {
	w.t.Helper()
	if fields == nil {
		fields = map[string]any{}
	}
	if got := w.post(step(d, command), w.courier, program, fields); got.status != http.StatusNoContent {
		w.t.Fatalf("%s: %d %s", command, got.status, got.body)
	}
}

// transit brings a tray on its way.
func (w service) transit(d hospital.Delivery) {
	w.t.Helper()
	w.take(d, "claim", nil)
	w.take(d, "depart", nil)
}

// link lets the login of the customer role follow the meals of a patient.
func (w service) link(admission hospital.Admission) (token string) {
	w.t.Helper()
	token = w.token("customer")
	w.must(w.hospital.LinkCustomer(w.t.Context(), actor(hospital.WardManagement), w.signedIn(token).UserID, admission.PatientID))
	return token
}

func TestATrayIsBroughtByCommandsAlone(t *testing.T) {
	t.Parallel()
	for _, as := range []audience{program, htmx, browser} {
		t.Run(string(as), func(t *testing.T) {
			t.Parallel()
			w := newService(t, settings{})
			send := func(command string, fields url.Values) {
				t.Helper()
				got := w.post(step(w.first, command), w.courier, as, fields)
				if as == browser && got.led() != "/dashboard/delivery/" || as != browser && got.status != http.StatusNoContent {
					t.Errorf("%s: %d %s %s", command, got.status, got.header.Get("Location"), got.body)
				}
			}
			is := func(want hospital.DeliveryStatus) hospital.Delivery {
				t.Helper()
				d := w.delivery(w.first.ID)
				if d.Status != want {
					t.Errorf("the delivery is %s, want %s", d.Status, want)
				}
				return d
			}
			send("claim", url.Values{})
			is(hospital.DeliveryAssigned)
			send("release", url.Values{})
			is(hospital.DeliveryUnassigned)
			send("claim", url.Values{"version": {fmt.Sprint(w.delivery(w.first.ID).Version)}})
			send("depart", url.Values{})
			is(hospital.DeliveryInTransit)
			send("location", url.Values{"latitude": {"-1.95"}, "longitude": {"30.06"}})
			if d := is(hospital.DeliveryInTransit); d.Latitude == nil || *d.Latitude != -1.95 || *d.Longitude != 30.06 {
				t.Errorf("the place is %v", d)
			}
			send("deliver", url.Values{"bed_code": {"a-05"}, "received_by": {"nurse", "Keza"}})
			if d := is(hospital.DeliveryDelivered); d.ReceivedBy != "nurse Keza" || d.Latitude != nil {
				t.Errorf("delivered as %+v", d)
			}
			if o := w.orderNow(w.first.OrderID); o.Status != hospital.OrderDelivered {
				t.Errorf("the order is %s", o.Status)
			}
		})
	}
}

func TestAFailedTrayNeedsAReasonAndAStoppedOneNone(t *testing.T) {
	t.Parallel()
	w := newService(t, settings{})
	w.transit(w.first)
	w.transit(w.other)
	if p := w.post(step(w.first, "fail"), w.courier, program, map[string]any{}).problem(http.StatusUnprocessableEntity); p.Errors["reason"] == "" {
		t.Errorf("without a reason: %+v", p)
	}
	w.take(w.first, "fail", map[string]any{"reason": "asleep"})
	if d := w.delivery(w.first.ID); d.Status != hospital.DeliveryFailed || d.FailReason != "asleep" {
		t.Errorf("failed as %+v", d)
	}
	order, err := w.hospital.Order(t.Context(), actor(hospital.Admin), w.other.OrderID)
	w.must(err)
	w.discharge(order.AdmissionID)
	w.take(w.other, "fail", map[string]any{})
	if d := w.delivery(w.other.ID); d.Status != hospital.DeliveryReturned {
		t.Errorf("brought back as %+v", d)
	}
}

func TestWhatArrivesLateSaysWhenItWasTapped(t *testing.T) {
	t.Parallel()
	w := newService(t, settings{})
	w.transit(w.first)
	w.clock.pass(10 * time.Minute)
	tapped := w.clock.Now()
	w.clock.pass(20 * time.Minute)
	w.take(w.first, "deliver", map[string]any{"bed_code": "A-05", "tapped_at": tapped.UTC().Format(time.RFC3339Nano)})
	if d := w.delivery(w.first.ID); !d.DoneAt.Equal(tapped.Truncate(time.Millisecond)) {
		t.Errorf("handed over at %v, want %v", d.DoneAt, tapped)
	}
	nurse := w.token("medical_staff")
	if text := w.get(fmt.Sprintf("/deliveries/%d/", w.first.ID), nurse, browser).html().Find("#delivery").Text(); !strings.Contains(text, "by the tablet’s clock") {
		t.Errorf("the ward is not told when it was: %s", text)
	}
	w.transit(w.other)
	w.take(w.other, "deliver", map[string]any{"bed_code": "B-02"})
	if text := w.get(fmt.Sprintf("/deliveries/%d/", w.other.ID), nurse, browser).html().Find("#delivery").Text(); strings.Contains(text, "clock") {
		t.Errorf("the ward is told of a clock that nobody asked: %s", text)
	}
	if p := w.post(step(w.first, "deliver"), w.courier, program, map[string]any{"bed_code": "A-05", "tapped_at": "lunch"}).problem(http.StatusUnprocessableEntity); p.Errors["tapped_at"] == "" {
		t.Errorf("not a time: %+v", p)
	}
	w.post(step(w.first, "claim"), w.courier, program, map[string]any{"tapped_at": tapped.UTC().Format(time.RFC3339)}).problem(http.StatusUnprocessableEntity)
}

func TestARefusedHandoverSaysWhyToEveryoneInTheirOwnWay(t *testing.T) {
	t.Parallel()
	w := newService(t, settings{})
	w.transit(w.first)
	wrong := url.Values{"bed_code": {"B-02"}}
	before := w.delivery(w.first.ID)
	p := w.post(step(w.first, "deliver"), w.courier, program, wrong).problem(http.StatusConflict)
	if p.Type != "urn:dusangire:problem:wrong_bed" || !strings.Contains(p.Detail, "B-02") {
		t.Errorf("a program is told %+v", p)
	}
	for _, as := range []audience{browser, htmx} {
		got := w.post(step(w.first, "deliver"), w.courier, as, wrong)
		alarm := got.html().Find("dialog#alarm.danger[open]")
		if got.status != http.StatusConflict || alarm.Length() != 1 || !strings.Contains(alarm.Text(), "Wrong bed") || !strings.Contains(alarm.Text(), "B-02") {
			t.Errorf("as a %s: %d %s", as, got.status, alarm.Text())
		}
		if back := alarm.Find("a").AttrOr("href", ""); back != fmt.Sprintf("/dashboard/delivery/#delivery-%d", w.first.ID) {
			t.Errorf("as a %s the way on leads to %q", as, back)
		}
		if page := got.html().Find("#mine").Length() == 1; page != (as == browser) {
			t.Errorf("as a %s the round is there: %t", as, page)
		}
	}
	garbled := url.Values{"bed_code": {"B)àé"}}
	p = w.post(step(w.first, "deliver"), w.courier, program, garbled).problem(http.StatusConflict)
	if p.Type != "urn:dusangire:problem:unreadable_code" {
		t.Errorf("of what is no code a program is told %+v", p)
	}
	for _, as := range []audience{browser, htmx} {
		got := w.post(step(w.first, "deliver"), w.courier, as, garbled)
		alarm := got.html().Find("dialog#alarm[open]")
		if alarm.HasClass("danger") || !strings.Contains(alarm.Text(), "can't be read") {
			t.Errorf("of what is no code a %s is told %s", as, alarm.Text())
		}
	}
	if after := w.delivery(w.first.ID); after != before {
		t.Errorf("a wrong bed made of the delivery %+v: %+v", before, after)
	}
	for name, sent := range map[string]url.Values{"no code": {}, "two codes": {"bed_code": {"A-05", "B-02"}}, "too long": {"bed_code": {strings.Repeat("A", 41)}}} {
		if p := w.post(step(w.first, "deliver"), w.courier, program, sent).problem(http.StatusUnprocessableEntity); p.Errors["bed_code"] == "" {
			t.Errorf("%s: %+v", name, p)
		}
		quiet := w.post(step(w.first, "deliver"), w.courier, browser, sent)
		if alarm := quiet.html().Find("dialog#alarm[open]"); quiet.status != http.StatusUnprocessableEntity || alarm.HasClass("danger") || alarm.Find("#alarm-text").Text() == "" {
			t.Errorf("%s as a browser: %d %q", name, quiet.status, alarm.Text())
		}
	}
}

func TestWhatIsAnothersOrGoneIsRefused(t *testing.T) {
	t.Parallel()
	w := newService(t, settings{})
	w.take(w.first, "claim", nil)
	claimed := w.post(step(w.first, "claim"), w.second, program, map[string]any{})
	parseObject(t, claimed.body).sub("current").check(t, "standing delivery")
	if p := claimed.problem(http.StatusConflict); !strings.Contains(p.Detail, "delivery has claimed") {
		t.Errorf("another courier is told %q", p.Detail)
	}
	for command, fields := range map[string]map[string]any{"depart": {}, "release": {}, "deliver": {"bed_code": "A-05"}, "fail": {"reason": "asleep"},
		"location": {"latitude": 1, "longitude": 2}} {
		w.post(step(w.first, command), w.second, program, fields).problem(http.StatusForbidden)
		w.post("/deliveries/4711/"+command, w.courier, program, fields).problem(http.StatusNotFound)
		w.post("/deliveries/none/"+command, w.courier, program, fields).problem(http.StatusNotFound)
	}
	w.post(step(w.first, "depart"), w.courier, program, map[string]any{"version": 99}).problem(http.StatusConflict)
	w.take(w.first, "depart", nil)
	for _, place := range []map[string]any{{}, {"latitude": 1}, {"latitude": "north", "longitude": 1}, {"latitude": 91, "longitude": 1}, {"latitude": 1, "longitude": -180.5}, {"latitude": "NaN", "longitude": 1}} {
		if p := w.post(step(w.first, "location"), w.courier, program, place).problem(http.StatusUnprocessableEntity); len(p.Errors) == 0 {
			t.Errorf("at %v: %+v", place, p)
		}
	}
}

func TestATapThatATabletSendsAgainIsAnsweredAsTheFirstTime(t *testing.T) {
	t.Parallel()
	w := newService(t, settings{})
	send := func(command, key string, fields map[string]any) answer {
		t.Helper()
		return w.ask(question{method: http.MethodPost, path: step(w.first, command), as: program, token: w.courier, fields: fields,
			header: http.Header{"Idempotency-Key": {key}}})
	}
	for _, tap := range []struct {
		command string
		fields  map[string]any
	}{{"claim", map[string]any{}}, {"release", map[string]any{}}, {"claim", map[string]any{"version": 0}}, {"depart", map[string]any{}},
		{"deliver", map[string]any{"bed_code": "A-05", "received_by": "patient"}}} {
		key := fmt.Sprintf("%s-%v", tap.command, tap.fields)
		if tap.fields["version"] != nil {
			tap.fields = map[string]any{}
		}
		if got := send(tap.command, key, tap.fields); got.status != http.StatusNoContent {
			t.Fatalf("%s: %d %s", tap.command, got.status, got.body)
		}
		before := w.contents()
		for range 3 {
			if got := send(tap.command, key, tap.fields); got.status != http.StatusNoContent || got.body != "" {
				t.Errorf("%s again: %d %s", tap.command, got.status, got.body)
			}
		}
		if w.contents() != before {
			t.Errorf("%s again changed the database", tap.command)
		}
	}
	w.post(step(w.first, "deliver"), w.courier, program, map[string]any{"bed_code": "A-05", "received_by": "nurse"}).problem(http.StatusConflict)
	send("depart", "deliver-map[bed_code:A-05 received_by:patient]", map[string]any{}).problem(http.StatusUnprocessableEntity)
}

func TestARoundIsTakenAndSentOffAtOnce(t *testing.T) {
	t.Parallel()
	w := newService(t, settings{})
	third := w.tray(w.admitAsked("Keza Ange", w.bed(w.a, 6).ID))
	w.must(func() error {
		_, err := w.hospital.ClaimDelivery(t.Context(), w.signedIn(w.second), third.ID, hospital.CourierCommand{})
		return err
	}())
	all := url.Values{"delivery_ids[]": {fmt.Sprint(w.first.ID), fmt.Sprint(third.ID), fmt.Sprint(w.other.ID)}}
	got := w.post("/deliveries/claim", w.courier, browser, all)
	if text := got.html().Find("dialog#alarm[open] #alarm-text").Text(); got.status != http.StatusConflict || !strings.Contains(text, "aline has claimed") {
		t.Errorf("one of them is another's: %d %q", got.status, text)
	}
	for _, d := range []hospital.Delivery{w.first, w.other} {
		if now := w.delivery(d.ID); now.Status != hospital.DeliveryAssigned {
			t.Errorf("the others are claimed all the same, not %s", now.Status)
		}
	}
	w.post("/deliveries/claim", w.courier, program, all).problem(http.StatusConflict)
	mine := url.Values{"delivery_ids[]": {fmt.Sprint(w.first.ID), fmt.Sprint(w.other.ID)}}
	if got := w.post("/deliveries/depart", w.courier, browser, mine).led(); got != "/dashboard/delivery/" {
		t.Errorf("led to %s", got)
	}
	for _, d := range []hospital.Delivery{w.first, w.other} {
		if now := w.delivery(d.ID); now.Status != hospital.DeliveryInTransit {
			t.Errorf("sent off, not %s", now.Status)
		}
	}
	for _, wrong := range []url.Values{{}, {"delivery_ids[]": {"x"}}, {"delivery_ids[]": slices.Repeat([]string{"1"}, 101)}} {
		if p := w.post("/deliveries/depart", w.courier, program, wrong).problem(http.StatusUnprocessableEntity); p.Errors["delivery_ids"] == "" {
			t.Errorf("%v: %+v", wrong, p)
		}
	}
}

// In the original the id in the path was ignored, and there was one group for all deliveries.
func TestADeliverysSocketTellsOfThisDeliveryAlone(t *testing.T) {
	t.Parallel()
	w := newService(t, settings{})
	for _, path := range []string{liveDelivery(w.first), strings.TrimSuffix(liveDelivery(w.first), "/")} {
		s := w.watch(path, w.courier)
		status := s.nextObject()
		status.check(t, "delivery_status")
		data := status.sub("data")
		if status["type"] != "delivery_status" || data.int("delivery_id") != w.first.ID || data.int("order_id") != w.first.OrderID ||
			data["status"] != "unassigned" || data["destination"] != "A-05, Medicine, women" || data["courier"] != nil || data["latitude"] != nil {
			t.Errorf("on connect: %v", status)
		}
	}
	s := w.watch(liveDelivery(w.first), w.token("medical_staff"))
	s.next()
	w.transit(w.other)
	w.take(w.other, "location", map[string]any{"latitude": 1, "longitude": 2})
	w.take(w.other, "deliver", map[string]any{"bed_code": "B-02"})

	told := func(command string, fields map[string]any, want string) object {
		t.Helper()
		w.take(w.first, command, fields)
		event := s.nextObject()
		event.check(t, "delivery_status_update")
		if event["type"] != "delivery_status_update" || event["status"] != want || event.int("delivery_id") != w.first.ID || event.int("order_id") != w.first.OrderID {
			t.Errorf("after %s: %v", command, event)
		}
		status := s.nextObject()
		status.check(t, "delivery_status")
		if data := status.sub("data"); data["status"] != want || data.int("delivery_id") != w.first.ID || data["courier"] != "delivery" {
			t.Errorf("after %s: %v", command, status)
		}
		return status.sub("data")
	}
	told("claim", nil, "assigned")
	told("depart", nil, "in_transit")
	for _, place := range [][2]string{{"-1.95", "30.06"}, {"-1.951", "30.06"}} {
		w.take(w.first, "location", map[string]any{"latitude": json.Number(place[0]), "longitude": json.Number(place[1])})
		w.clock.pass(time.Second)
		event := s.nextObject()
		event.check(t, "delivery_location_update")
		if event["type"] != "delivery_location_update" || event["latitude"] != json.Number(place[0]) || event["longitude"] != json.Number(place[1]) {
			t.Errorf("after a place: %v", event)
		}
		if data := s.nextOfType("delivery_status").sub("data"); data["latitude"] != json.Number(place[0]) || data["status"] != "in_transit" {
			t.Errorf("after a place: %v", data)
		}
	}
	if data := told("deliver", map[string]any{"bed_code": "A-05"}, "delivered"); data["latitude"] != nil || data["longitude"] != nil {
		t.Errorf("the place is forgotten when the delivery ends: %v", data)
	}
	s.send(`{"action":"get_status"}`)
	s.nextObject().check(t, "delivery_status")
}

func TestOnlyItsCourierSaysWhereADeliveryIs(t *testing.T) {
	t.Parallel()
	w := newService(t, settings{})
	follower := w.watch(liveDelivery(w.first), w.link(w.admission))
	follower.next()
	w.transit(w.first)
	follower.nextOfType("delivery_status")
	const here = `{"action":"update_delivery_location","latitude":-1.95,"longitude":30.06}`
	for who, token := range map[string]string{"a nurse": w.token("medical_staff"), "a manager": w.token("ward_management"), "the customer": w.token("customer"),
		"another courier": w.second, "the admin": w.token("admin")} {
		s := w.watch(liveDelivery(w.first), token)
		s.next()
		s.send(here)
		checkError(t, s, who+": "+here, "forbidden")
		s.send(`{"action":"get_status"}`)
		if data := s.nextOfType("delivery_status").sub("data"); data["latitude"] != nil {
			t.Errorf("%s has moved the delivery: %v", who, data)
		}
	}
	s := w.watch(liveDelivery(w.first), w.courier)
	s.next()
	for _, c := range []struct{ message, code string }{
		{`{"action":"update_delivery_location"}`, "missing_field"},
		{`{"action":"update_delivery_location","latitude":1}`, "missing_field"},
		{`{"action":"update_delivery_location","latitude":null,"longitude":1}`, "missing_field"},
		{`{"action":"update_delivery_location","latitude":"1","longitude":1}`, "missing_field"},
		{`{"action":"update_delivery_location","latitude":[1],"longitude":{}}`, "missing_field"},
		{`{"action":"update_delivery_location","latitude":91,"longitude":1}`, "missing_field"},
		{`{"action":"update_delivery_location","latitude":1,"longitude":1e9}`, "missing_field"},
		{`{"action":"update_location","latitude":1,"longitude":1}`, "unknown_action"},
		{`{"action":"delivery_status_update","status":"delivered"}`, "unknown_action"},
		{`{"type":"delivery_status_update","status":"delivered"}`, "missing_field"},
		{`{"action":`, "invalid_json"},
	} {
		s.send(c.message)
		checkError(t, s, c.message, c.code)
	}
	s.send(here)
	for _, watching := range []*socket{s, follower} {
		event := watching.nextOfType("delivery_location_update")
		if event["latitude"] != json.Number("-1.95") || event["longitude"] != json.Number("30.06") {
			t.Errorf("seen at %v", event)
		}
	}
	w.take(w.first, "deliver", map[string]any{"bed_code": "A-05"})
	s.nextOfType("delivery_status_update")
	s.nextOfType("delivery_status")
	s.send(here)
	checkError(t, s, here, "forbidden")
}

func TestActiveDeliveriesAreThoseThatOneMayFollow(t *testing.T) {
	t.Parallel()
	w := newService(t, settings{})
	third := w.tray(w.admitAsked("Keza Ange", w.bed(w.a, 6).ID))
	customer := w.link(w.admission)
	w.transit(w.first)
	w.must(func() error {
		_, err := w.hospital.ClaimDelivery(t.Context(), w.signedIn(w.second), w.other.ID, hospital.CourierCommand{})
		return err
	}())
	for who, c := range map[string]struct {
		token string
		want  []int64
	}{
		"a courier": {w.courier, []int64{w.first.ID}}, "another courier": {w.second, []int64{w.other.ID}}, "a nurse": {w.token("medical_staff"), []int64{w.first.ID, w.other.ID}},
		"the customer": {customer, []int64{w.first.ID}}, "the admin": {w.token("admin"), []int64{w.first.ID, w.other.ID}},
	} {
		s := w.watch(liveDelivery(w.first), c.token)
		s.next()
		s.send(`{"action":"get_active_deliveries","extra":1}`)
		list := s.nextObject()
		list.check(t, "deliveries_list")
		var ids []int64
		for _, one := range list["data"].([]any) {
			ids = append(ids, object(one.(map[string]any)).int("delivery_id"))
		}
		if !slices.Equal(ids, c.want) {
			t.Errorf("%s gets %v, want %v; %d is nobody's", who, ids, c.want, third.ID)
		}
	}
}

func TestWhoMayNotFollowADeliveryIsNotToldThatItExists(t *testing.T) {
	t.Parallel()
	w := newService(t, settings{})
	customer := w.link(w.admission)
	for path, want := range map[string]websocket.StatusCode{liveDelivery(w.other): 4404, "/ws/delivery/4711/": 4404, "/ws/delivery/0/": 4404, "/ws/delivery/-1/": 4404,
		"/ws/delivery/99999999999999999999/": 4404} {
		if got := w.watch(path, customer).closeCode(); got != want {
			t.Errorf("%s is closed with %d, want %d", path, got, want)
		}
	}
	if got := w.watch(liveDelivery(w.first), w.token("kitchen")).closeCode(); got != 4403 {
		t.Errorf("the kitchen is closed with %d", got)
	}
	for _, as := range []audience{program, browser} {
		theirs, none := w.get(fmt.Sprintf("/deliveries/%d/", w.other.ID), customer, as), w.get("/deliveries/4711/", customer, as)
		if theirs.status != http.StatusNotFound || none.status != http.StatusNotFound {
			t.Errorf("as a %s: another's %d, none %d", as, theirs.status, none.status)
		}
	}
	s := w.watch(liveDelivery(w.first), customer)
	s.next()
	w.must(w.hospital.UnlinkCustomer(t.Context(), actor(hospital.WardManagement), w.signedIn(customer).UserID, w.admission.PatientID))
	if got := s.closeCode(); got != 4404 {
		t.Errorf("whose right to follow ends is closed with %d", got)
	}
}

func TestADeliverysPageShowsEachTheirs(t *testing.T) {
	t.Parallel()
	w := newService(t, settings{})
	customer := w.link(w.admission)
	w.transit(w.first)
	w.take(w.first, "location", map[string]any{"latitude": -1.95, "longitude": 30.06})
	path := fmt.Sprintf("/deliveries/%d/", w.first.ID)
	for who, token := range map[string]string{"courier": w.courier, "nurse": w.token("medical_staff"), "manager": w.token("ward_management"), "admin": w.token("admin"), "customer": customer} {
		page := w.get(path, token, browser)
		text := page.html().Find("main").Text()
		for _, want := range []string{"In transit", "A-05, Medicine, women", "delivery", "1.95000° S", "30.06000° E"} {
			if page.status != http.StatusOK || !strings.Contains(text, want) {
				t.Errorf("the %s's page lacks %q: %d %s", who, want, page.status, text)
			}
		}
		if socket := page.html().Find("#socket").AttrOr("hx-ws:connect", ""); socket != liveDelivery(w.first) {
			t.Errorf("the %s's page listens to %q", who, socket)
		}
		if strings.Contains(page.body, "Uwase") || strings.Contains(page.body, "milk") {
			t.Errorf("the %s's page tells of the patient: %s", who, text)
		}
		shown := parseObject(t, w.get(path, token, program).body)
		if version := shown["version"]; !isOfType(t, version, "id") {
			t.Errorf("the %s's program is told version %v", who, version)
		}
		delete(shown, "version")
		shown.check(t, "delivery")
		if shown["courier"] != "delivery" || shown["latitude"] != json.Number("-1.95") {
			t.Errorf("the %s's program gets %v", who, shown)
		}
	}
	fasting := hospital.DietCommand{NilByMouth: &hospital.Window{From: w.clock.Now()}}
	_, err := w.hospital.SetDiet(t.Context(), actor(hospital.MedicalStaff), w.admission.ID, fasting)
	w.must(err)
	for token, want := range map[string]string{w.token("medical_staff"): "Must not be given. Bring it back.", customer: "The ward can tell you more."} {
		if alert := w.get(path, token, browser).html().Find("#delivery .alert").Text(); !strings.Contains(alert, want) || strings.Contains(alert, "mouth") {
			t.Errorf("stopped, the page says %q, want %q", alert, want)
		}
	}
	const said = "The patient was very angry"
	w.take(w.first, "fail", map[string]any{"reason": said})
	if page := w.get(path, w.token("medical_staff"), browser); !strings.Contains(page.body, said) {
		t.Error("the ward is not told why")
	}
	if page := w.get(path, customer, browser); strings.Contains(page.body, said) {
		t.Error("the customer reads what the courier wrote for the ward")
	}
}

func TestADoorsCodeIsOnItsCustomersPageAlone(t *testing.T) {
	t.Parallel()
	w := newService(t, settings{})
	customer := w.as(hospital.Customer)
	address := w.address(customer, "Home", w.zone("Shelter", 500))
	o, _, err := w.hospital.PlaceOrder(t.Context(), customer, hospital.PlaceOrderCommand{AddressID: address.ID, Meal: hospital.Dinner, Dishes: []int64{w.dish("Tea", "cold").ID}})
	w.must(err)
	w.cook(o.ID, "confirm", "start", "ready")
	detail, err := w.hospital.OrderDetail(t.Context(), actor(hospital.Admin), o.ID)
	w.must(err)
	watch, err := w.hospital.Delivery(t.Context(), customer, detail.DeliveryID)
	w.must(err)
	parcel := watch.Delivery
	path, code := fmt.Sprintf("/deliveries/%d/", parcel.ID), watch.Code
	for role, sees := range map[string]bool{"customer": true, "delivery": false, "medical_staff": false, "admin": false} {
		token := w.token(role)
		if shown := w.get(path, token, browser).html().Find(".door-code strong").Text() == code; shown != sees {
			t.Errorf("%s sees the code: %t", role, shown)
		}
		if frame := w.watch(liveDelivery(parcel), token, asHTML).next(); strings.Contains(frame, `<strong translate="no">`+code) != sees {
			t.Errorf("%s is sent %s", role, frame)
		}
		if state := w.watch(liveDelivery(parcel), token).next(); strings.Contains(state, `"`+code+`"`) {
			t.Errorf("a program of %s is sent the code: %s", role, state)
		}
	}
	w.transit(parcel)
	wrong := fmt.Sprintf("%06d", (atoi(t, code)+1)%1_000_000)
	if p := w.post(step(parcel, "deliver"), w.courier, program, map[string]any{"bed_code": wrong}).problem(http.StatusConflict); !strings.HasSuffix(p.Type, "wrong_code") {
		t.Errorf("a wrong code: %+v", p)
	}
	w.take(parcel, "deliver", map[string]any{"bed_code": code})
	if page := w.get(path, w.token("customer"), browser); strings.Contains(page.body, code) {
		t.Error("the code is shown after the delivery")
	}
}

func atoi(t *testing.T, digits string) (n int) {
	t.Helper()
	if _, err := fmt.Sscanf(digits, "%d", &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestATrayWithoutJavaScript brings a tray with the forms of the tablet's page.
func TestATrayWithoutJavaScript(t *testing.T) {
	t.Parallel()
	w := newService(t, settings{})
	courier := person{w.fixture, w.courier}
	const board = "/dashboard/delivery/"
	courier.submit(courier.open(board), step(w.first, "claim"), nil, browser).led()
	page := courier.open(board)
	if text := page.Find("#mine").Text(); !strings.Contains(text, "Uwase Marie") || !strings.Contains(text, "Allergy: milk") {
		t.Errorf("the courier's round shows %s", text)
	}
	courier.submit(page, "/deliveries/depart", nil, browser).led()
	wrong := courier.submit(courier.open(board), step(w.first, "deliver"), url.Values{"bed_code": {"A-06"}}, browser)
	if wrong.status != http.StatusConflict || wrong.html().Find("dialog#alarm.danger[open]").Length() != 1 {
		t.Fatalf("the wrong bed: %d", wrong.status)
	}
	courier.submit(courier.open(board), step(w.first, "deliver"), url.Values{"bed_code": {"A-05"}, "received_by": {"relative", ""}}, browser).led()
	if d := w.delivery(w.first.ID); d.Status != hospital.DeliveryDelivered || d.ReceivedBy != "relative" {
		t.Errorf("the delivery is %+v", d)
	}
	courier.submit(courier.open(board), step(w.other, "claim"), nil, browser).led()
	courier.submit(courier.open(board), step(w.other, "release"), nil, browser).led()
	if d := w.delivery(w.other.ID); d.Status != hospital.DeliveryUnassigned {
		t.Errorf("given back, the delivery is %+v", d)
	}
	if page := courier.open(board); page.Find("#mine").Children().Length() != 0 || strings.Contains(page.Text(), "Mugisha") {
		t.Error("a courier who carries nothing sees a patient's name")
	}
}

// boardOf reads what a program gets of the courier's dashboard.
func (w service) boardOf(token string) object {
	w.t.Helper()
	return parseObject(w.t, w.get("/dashboard/delivery/", token, program).body)
}

func TestACouriersDashboardIsTheirOwn(t *testing.T) {
	t.Parallel()
	w := newService(t, settings{})
	w.transit(w.first)
	own := w.boardOf(w.courier)
	own.check(t, "dashboard_update")
	data := own.sub("data")
	if got := slices.Sorted(maps.Keys(data)); !slices.Equal(got, []string{"carts", "counts", "deliveries", "ended", "past", "trays_out"}) {
		t.Errorf("data has %v", got)
	}
	if counts := data.sub("counts"); counts.int("unassigned") != 1 || counts.int("in_transit") != 1 || counts.int("delivered") != 0 || len(counts) != len(hospital.DeliveryStatuses) {
		t.Errorf("counts are %v", counts)
	}
	mine := object(data.sub("deliveries")["in_transit"].([]any)[0].(map[string]any))
	if mine.int("delivery_id") != w.first.ID || mine["patient_name"] != "Uwase Marie" || mine["bed_number"] != "A-05" || mine["round"] != "A Medicine, women" ||
		mine["diet"] != "general" || fmt.Sprint(mine["allergies"]) != "[milk]" || mine["meal"] != "dinner" {
		t.Errorf("the courier's own is %v", mine)
	}
	waiting := object(data.sub("deliveries")["unassigned"].([]any)[0].(map[string]any))
	if keys := slices.Sorted(maps.Keys(waiting)); !slices.Equal(keys, []string{"bed_number", "cart_id", "claimable", "courier", "delivery_id", "destination", "meal", "order_id", "ready_since", "round", "status"}) {
		t.Errorf("what waits has %v", keys)
	}
	names := func(token string) (found []string) {
		t.Helper()
		for name, text := range map[string]string{
			"page": w.get("/dashboard/delivery/", token, browser).body, "program": w.get("/dashboard/delivery/", token, program).body,
			"HTML": w.watch("/ws/dashboard/delivery/", token, asHTML).next(), "JSON": w.watch("/ws/dashboard/delivery/", token).next(),
		} {
			for _, patient := range []string{"Uwase", "Mugisha", "milk"} {
				if strings.Contains(text, patient) {
					found = append(found, name+" "+patient)
				}
			}
		}
		slices.Sort(found)
		return found
	}
	if got, want := names(w.courier), []string{"HTML Uwase", "HTML milk", "JSON Uwase", "JSON milk", "page Uwase", "page milk", "program Uwase", "program milk"}; !slices.Equal(got, want) {
		t.Errorf("its courier sees %v, want %v", got, want)
	}
	for _, other := range []string{w.second, w.token("admin")} {
		if got := names(other); len(got) > 0 {
			t.Errorf("somebody else sees %v", got)
		}
	}
}

func TestACourierIsToldOfTheirOwnTrays(t *testing.T) {
	t.Parallel()
	w := newService(t, settings{})
	w.transit(w.first)
	mine, other := w.watch("/ws/dashboard/delivery/", w.courier), w.watch("/ws/dashboard/delivery/", w.second)
	mine.nextOfType("dashboard_update")
	other.nextOfType("dashboard_update")
	_, err := w.hospital.Transfer(t.Context(), actor(hospital.MedicalStaff), w.admission.ID, hospital.TransferCommand{BedID: w.bed(w.b, 4).ID})
	w.must(err)
	if news := mine.nextOfType("notification"); news["title"] != fmt.Sprintf("Order %d goes to another bed", w.first.OrderID) || news["level"] != "warning" {
		t.Errorf("the courier is told %v", news)
	}
	other.send(`{"action":"get_status"}`)
	if told := other.nextObject(); told["type"] != "dashboard_update" { // nothing else came before
		t.Errorf("another courier is told %v", told)
	}
	if text := w.get("/dashboard/delivery/", w.courier, browser).html().Find("#news").Text(); !strings.Contains(text, "goes to another bed") {
		t.Errorf("the courier's page has the news %q", text)
	}
	if text := w.get("/dashboard/delivery/", w.second, browser).html().Find("#news").Text(); strings.Contains(text, "bed") {
		t.Errorf("another courier's page has the news %q", text)
	}
}

func TestACouriersDashboardChangesWithEveryTray(t *testing.T) {
	t.Parallel()
	w := newService(t, settings{})
	s, page := w.watch("/ws/dashboard/delivery/", w.courier), w.watch("/ws/dashboard/delivery/", w.courier, asHTML)
	s.nextOfType("dashboard_update")
	page.next()
	w.take(w.first, "claim", nil)
	data := s.nextOfType("dashboard_update").sub("data")
	if assigned := data.sub("deliveries")["assigned"].([]any); len(assigned) != 1 || data.sub("counts").int("assigned") != 1 {
		t.Errorf("claimed: %v", data)
	}
	frame := page.next()
	for _, want := range []string{fmt.Sprintf(`hx-target="#tray-%d" hx-swap="delete"`, w.first.ID), fmt.Sprintf(`id="delivery-%d"`, w.first.ID), `id="tally"`} {
		if !strings.Contains(frame, want) {
			t.Errorf("the frame of a claim lacks %s: %s", want, frame)
		}
	}
	if strings.Contains(frame, fmt.Sprintf(`id="tray-%d"`, w.other.ID)) {
		t.Errorf("the frame of a claim sends what has not changed: %s", frame)
	}
	s.send(`{"action":"get_status"}`)
	s.nextOfType("dashboard_update")
	s.send(`{"action":"get_active_deliveries"}`)
	checkError(t, s, "get_active_deliveries", "unknown_action")
	w.take(w.first, "depart", nil)
	page.next()
	bed := w.bed(w.b, 4)
	_, err := w.hospital.Transfer(t.Context(), actor(hospital.MedicalStaff), w.admission.ID, hospital.TransferCommand{BedID: bed.ID})
	w.must(err)
	for frame = page.next(); !strings.Contains(frame, "Moved to B-04, not A-05 any more"); frame = page.next() {
	}
}

// What the kitchen hands over as a cart, one courier takes, and what went wrong is put right.
func TestACartGoesOutAndWhatWentWrongIsPutRight(t *testing.T) {
	t.Parallel()
	w := newService(t, settings{})
	cook, nurse := w.token("kitchen"), w.token("medical_staff")
	order := w.orderNow(w.first.OrderID)
	fields := map[string]any{"ward_id": w.a.ID, "meal": order.Meal}
	var cart struct {
		ID      int64
		Trays   int
		LeftOut []any `json:"left_out"`
	}
	got := w.post("/carts", cook, program, fields)
	if got.json(&cart); got.status != http.StatusCreated || cart.Trays != 1 || cart.LeftOut == nil {
		t.Fatalf("a cart is answered with %d %s", got.status, got.body)
	}
	w.post("/carts", cook, program, fields).problem(http.StatusConflict)
	w.post("/carts", w.courier, program, fields).problem(http.StatusForbidden)

	give := func(path, token string, fields map[string]any, want int) {
		t.Helper()
		if got := w.post(path, token, program, fields); got.status != want {
			t.Fatalf("%s: %d %s, want %d", path, got.status, got.body, want)
		}
	}
	none := map[string]any{}
	path := fmt.Sprintf("/carts/%d/", cart.ID)
	give(path+"claim", w.courier, none, http.StatusNoContent)
	give(path+"claim", w.second, none, http.StatusConflict)
	give(path+"depart", w.courier, none, http.StatusNoContent)
	give(step(w.first, "fail"), w.courier, map[string]any{"reason": "asleep"}, http.StatusNoContent)
	give(step(w.first, "undo"), w.courier, none, http.StatusNoContent)
	give(step(w.first, "undo"), w.courier, none, http.StatusConflict)
	give(step(w.first, "fail"), w.courier, map[string]any{"reason": "asleep"}, http.StatusNoContent)
	give(step(w.first, "resend"), cook, none, http.StatusCreated)
	give(step(w.first, "resend"), cook, none, http.StatusConflict)

	again := w.deliveryOf(order.ID)
	give(step(again, "claim"), w.courier, none, http.StatusNoContent)
	give(step(again, "hand-over"), w.courier, map[string]any{"username": "nobody"},
		http.StatusUnprocessableEntity)
	give(step(again, "hand-over"), w.courier, map[string]any{"username": "aline"},
		http.StatusNoContent)
	give(step(again, "depart"), w.second, none, http.StatusNoContent)
	give(step(again, "deliver"), w.second, map[string]any{"bed_code": w.admission.BedNumber},
		http.StatusNoContent)

	intake := fmt.Sprintf("/orders/%d/intake", order.ID)
	give(intake, cook, map[string]any{"eaten": "half"}, http.StatusForbidden)
	give(intake, nurse, map[string]any{"eaten": "most"}, http.StatusUnprocessableEntity)
	give(intake, nurse, map[string]any{"eaten": "half", "reason": "tired"}, http.StatusNoContent)
	page := w.get(fmt.Sprintf("/orders/%d/", order.ID), nurse, program)
	var told struct {
		Intake struct{ Eaten, Reason string }
	}
	if page.json(&told); told.Intake.Eaten != "half" || told.Intake.Reason != "tired" {
		t.Errorf("the order says %s", page.body)
	}
}
