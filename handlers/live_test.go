package handlers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"dusangire/hospital"
	"dusangire/hub/hubtest"
)

// shape is what docs/contract.md#websockets says of an object: its keys, each with the JSON type of
// its value. Types joined by | are alternatives; "object:NAME" and "list:NAME" name another shape.
type shape map[string]string

var shapes = map[string]shape{
	"ward_status": {"type": "text", "data": "object:ward"},
	"ward": {"ward_id": "id", "ward_name": "text", "total_beds": "count", "occupied_beds": "count", "available_beds": "count", "reserved_beds": "count",
		"cleaning_beds": "count", "maintenance_beds": "count", "closed_beds": "count", "pending_discharges": "count", "occupancy_rate": "rate",
		"beds": "list:bed", "timestamp": "time"},
	"bed": {"id": "id", "bed_number": "text", "status": "text",
		"patient": "object:patient|null", "assigned_date": "time|null", "cleaning?": "object:cleaning"},
	"cleaning":   {"state": "text", "since": "time", "by": "text|null", "stat": "truth"},
	"patient":    {"id": "id", "name": "text"},
	"bed_status": {"type": "text", "data": "object:bed of a ward"},
	"bed of a ward": {"id": "id", "bed_number": "text", "status": "text", "ward": "text",
		"patient": "object:patient|null", "assigned_date": "time|null", "cleaning?": "object:cleaning"},
	"bed_status_change": {"type": "text", "bed_id": "id", "status": "text", "patient_id": "id|null", "timestamp": "time", "data": "object:bed"},
	"dashboard_update": {"type": "text", "occupancy_rate": "rate", "patient_count": "count", "pending_discharges": "count", "active_wards": "count",
		"timestamp": "time", "data": "object:any"},
	"notifications": {"type": "text", "unread": "count", "data": "list:notice"},
	"notice": {"id": "id", "code": "text", "title": "text", "message": "text", "level": "text",
		"read": "truth", "timestamp": "time", "link": "text|null",
		"about": "object:what a notice is about", "patients": "list:patient of a notice"},
	"what a notice is about": {"order_id": "id|null", "delivery_id": "id|null", "ward_id": "id|null",
		"ward": "text|null", "bed_number": "text|null", "meal": "text|null",
		"service_date": "text|null", "patients_told_of": "count"},
	"patient of a notice": {"admission_id": "id", "patient_name": "text|null",
		"initials": "text|null", "bed_number": "text|null", "ordered": "truth"},
	"notification to a person": {"type": "text", "id": "id", "title": "text", "message": "text", "level": "text", "unread": "count", "timestamp": "time"},
	"notification":             {"type": "text", "title": "text", "message": "text", "level": "text", "timestamp": "time"},
	"address":                  {"type": "text", "data": "object:address with time"},
	"address with time":        {"address_id": "id", "label": "text", "full_name": "text", "address": "text", "zone": "text", "charge": "count", "timestamp": "time"},
	"watched address":          {"address_id": "id", "label": "text", "full_name": "text", "address": "text", "zone": "text", "charge": "count"},
	"address_added":            {"type": "text", "address_id": "id", "address": "object:watched address", "timestamp": "time"},
	"address_updated":          {"type": "text", "address_id": "id", "address": "object:watched address", "timestamp": "time"},
	"address_removed":          {"type": "text", "address_id": "id", "address": "object:watched address", "timestamp": "time"},
	"delivery_zone_updated":    {"type": "text", "zone": "text", "charge": "count", "timestamp": "time"},
	"address of its owner": {"id": "id", "label": "text", "full_name": "text", "phone": "text", "address_line1": "text", "address_line2": "text", "city": "text",
		"zone_id": "id", "zone": "text", "charge": "count", "instructions": "text", "is_default": "truth", "version": "id"},
	"heartbeat": {"type": "text", "timestamp": "time", "current": "truth", "age_ms": "count"},
	"error":     {"type": "text", "code": "text", "message": "text"},
}

// check compares an object with a shape, in which a key with ? need not be there.
func (o object) check(t testing.TB, name string) {
	t.Helper()
	if name == "any" {
		return
	}
	want := maps.Clone(shapes[name])
	for key, types := range want {
		if plain, optional := strings.CutSuffix(key, "?"); optional {
			delete(want, key)
			if _, has := o[plain]; has {
				want[plain] = types
			}
		}
	}
	if got, keys := slices.Sorted(maps.Keys(o)), slices.Sorted(maps.Keys(want)); !slices.Equal(got, keys) {
		t.Errorf("%s has the keys %v, want %v", name, got, keys)
		return
	}
	for key, types := range want {
		if !slices.ContainsFunc(strings.Split(types, "|"), func(kind string) bool { return isOfType(t, o[key], kind) }) {
			t.Errorf("%s: %s is %v, want %s", name, key, o[key], types)
		}
	}
}

func isOfType(t testing.TB, value any, kind string) bool {
	t.Helper()
	kind, inner, _ := strings.Cut(kind, ":")
	text, isText := value.(string)
	number, isNumber := value.(json.Number)
	_, notWhole := number.Int64()
	switch kind {
	case "null":
		return value == nil
	case "truth":
		_, isTruth := value.(bool)
		return isTruth
	case "text":
		return isText && text != ""
	case "empty":
		return isText && text == ""
	case "time":
		return utc.MatchString(text)
	case "id":
		return isNumber && notWhole == nil && number != "0"
	case "count":
		return isNumber && notWhole == nil && !strings.HasPrefix(number.String(), "-")
	case "rate": // one decimal at most
		whole, decimals, _ := strings.Cut(number.String(), ".")
		return isNumber && whole != "" && len(decimals) <= 1
	case "degrees":
		return isNumber
	case "object":
		o, isObject := value.(map[string]any)
		if isObject {
			object(o).check(t, inner)
		}
		return isObject
	case "texts", "counts": // a list of these
		list, isList := value.([]any)
		for _, item := range list {
			isList = isList && isOfType(t, item, strings.TrimSuffix(kind, "s"))
		}
		return isList
	case "list":
		list, isList := value.([]any)
		for _, item := range list {
			isList = isList && isOfType(t, item, "object:"+inner)
		}
		return isList
	}
	return false
}

// nextOfType passes over other messages; each that comes by must have its shape.
func (s *socket) nextOfType(kind string) object {
	s.t.Helper()
	for {
		o := s.nextObject()
		name, _ := o["type"].(string)
		o.check(s.t, name)
		if name == kind {
			return o
		}
	}
}

func wardPath(ward hospital.Ward) string { return fmt.Sprintf("/ws/ward/%d/", ward.ID) }

// In the original the status builder read a field that did not exist, so that any ward with a bed
// failed.
func TestAWardsStatusComesOnConnectAndAddsUp(t *testing.T) {
	t.Parallel()
	w := newTarget(t, settings{})
	for _, path := range []string{wardPath(w.a), strings.TrimSuffix(wardPath(w.a), "/")} {
		for _, subprotocol := range [][]string{nil, {asJSON}, {"unknown.protocol", asJSON}} {
			s := w.watch(path, w.nurse, subprotocol...)
			status := s.nextObject()
			status.check(t, "ward_status")
			data := status.sub("data")
			counts := map[string]int64{"total_beds": 8, "occupied_beds": 2, "available_beds": 2, "reserved_beds": 1, "cleaning_beds": 1, "maintenance_beds": 1,
				"closed_beds": 1, "pending_discharges": 0}
			for key, want := range counts {
				if got := data.int(key); got != want {
					t.Errorf("%s is %d, want %d", key, got, want)
				}
			}
			sum := data.int("occupied_beds") + data.int("available_beds") + data.int("reserved_beds") + data.int("cleaning_beds") +
				data.int("maintenance_beds") + data.int("closed_beds")
			beds, _ := data["beds"].([]any)
			if sum != data.int("total_beds") || len(beds) != int(sum) {
				t.Errorf("the counts add up to %d of %d, with %d beds", sum, data.int("total_beds"), len(beds))
			}
			if data.int("ward_id") != w.a.ID || data["ward_name"] != w.a.Name || data["occupancy_rate"] != json.Number("28.6") {
				t.Errorf("2 of 7 beds in service is 28.6 %% in ward %d: %v", w.a.ID, data)
			}
			first := object(beds[0].(map[string]any))
			if first.sub("patient")["name"] != "Uwase Marie" || first["status"] != "occupied" || first["assigned_date"] == nil {
				t.Errorf("the bed says who lies there since when: %v", first)
			}
			if third := object(beds[2].(map[string]any)); third["patient"] != nil || third["assigned_date"] != nil {
				t.Errorf("an empty bed has null: %v", third)
			}
		}
	}
}

func TestAskingAWard(t *testing.T) {
	t.Parallel()
	w := newTarget(t, settings{})
	s := w.watch(wardPath(w.a), w.nurse)
	s.next()
	s.send(`{"action":"get_status"}`)
	s.nextObject().check(t, "ward_status")

	s.send(fmt.Sprintf(`{"action":"get_bed_status","bed_id":%d}`, w.occupied.ID))
	bed := s.nextObject()
	bed.check(t, "bed_status")
	if data := bed.sub("data"); data.int("id") != w.occupied.ID || data["ward"] != w.a.Name || data.sub("patient")["name"] != "Uwase Marie" {
		t.Errorf("its own bed: %v", bed)
	}
	s.send(fmt.Sprintf(`{"bed_id":%d,"action":"get_bed_status","extra":[1]}`, w.available.ID))
	if data := s.nextObject().sub("data"); data["patient"] != nil || data["status"] != "available" {
		t.Errorf("an empty bed: %v", data)
	}
	elsewhere := w.bed(w.b, 1)
	w.admit("Habimana Eric", elsewhere.ID)
	for _, c := range []struct{ message, code string }{
		{fmt.Sprintf(`{"action":"get_bed_status","bed_id":%d}`, elsewhere.ID), "not_found"},
		{`{"action":"get_bed_status","bed_id":9999999}`, "not_found"},
		{`{"action":"get_bed_status","bed_id":0}`, "not_found"},
		{`{"action":"get_bed_status","bed_id":-1}`, "not_found"},
		{`{"action":"get_bed_status","bed_id":1.5}`, "not_found"},
		{`{"action":"get_bed_status","bed_id":1180591620717411303424}`, "not_found"},
		{fmt.Sprintf(`{"action":"get_bed_status","bed_id":"%d"}`, w.occupied.ID), "not_found"},
		{`{"action":"get_bed_status","bed_id":[1]}`, "not_found"},
		{`{"action":"get_bed_status"}`, "missing_field"},
		{`{"action":"get_bed_status","bed_id":null}`, "missing_field"},
	} {
		s.send(c.message)
		checkError(t, s, c.message, c.code)
	}
}

// checkError reads the answer to bad input.
func checkError(t *testing.T, s *socket, sent, code string) {
	t.Helper()
	got := s.nextObject()
	got.check(t, "error")
	if got["type"] != "error" || got["code"] != code {
		t.Errorf("to %.80q: %v, want the error %s", sent, got, code)
	}
	if text, _ := got["message"].(string); strings.Contains(text, "Habimana") || !strings.HasSuffix(text, ".") {
		t.Errorf("to %.80q: a sentence that tells nothing of others: %q", sent, text)
	}
}

// In the original any logged-in user could push arbitrary data to everyone in a role's group.
func TestNothingThatAClientSendsReachesAnotherOrEndsTheSocket(t *testing.T) {
	t.Parallel()
	w := newTarget(t, settings{})
	forged := `{"type":"dashboard_update","occupancy_rate":0,"patient_count":0,"data":{}}`
	bad := []struct{ message, code string }{
		{forged, "missing_field"},
		{`{"action":"dashboard_update","occupancy_rate":0,"patient_count":0}`, "unknown_action"},
		{`{"action":"notification","title":"x","message":"y","level":"danger"}`, "unknown_action"},
		{`{"action":"broadcast","data":{}}`, "unknown_action"},
		{`{"action":"GET_STATUS"}`, "unknown_action"},
		{`{"action":""}`, "unknown_action"},
		{`{"action":5}`, "unknown_action"},
		{`{"action":{"get_status":1}}`, "unknown_action"},
		{`{"action":null}`, "missing_field"},
		{`{}`, "missing_field"},
		{`[]`, "invalid_json"},
		{`null`, "invalid_json"},
		{`"get_status"`, "invalid_json"},
		{`5`, "invalid_json"},
		{``, "invalid_json"},
		{`{`, "invalid_json"},
		{`{"action":"get_status"}{"action":"get_status"}`, "invalid_json"},
		{`get_status`, "invalid_json"},
		{strings.Repeat("[", 2000), "invalid_json"},
	}
	for _, path := range []string{"/ws/dashboard/medical_staff/", "/ws/dashboard/ward_management/", wardPath(w.a)} {
		t.Run(path, func(t *testing.T) {
			w := w.within(t)
			colleague, mine := w.watch(path, w.admin), w.watch(path, w.admin)
			colleague.next()
			mine.next()
			for i, c := range bad {
				if i == 15 { // stay below what a second may bring
					mine = w.watch(path, w.admin)
					mine.next()
				}
				mine.send(c.message)
				checkError(t, mine, c.message, c.code)
			}
			mine.send(`{"action":"get_status"}`)
			mine.next() // the socket is as good as before
			w.admit("Ineza Grace", 0)
			w.setBed(w.available.ID, hospital.BedCleaning, hospital.BedAvailable)
			w.setBed(w.cleaning.ID, hospital.BedAvailable)
			if got := colleague.next(); strings.Contains(got, "error") || strings.Contains(got, `"level"`) || strings.Contains(got, `"patient_count":0`) {
				t.Errorf("the colleague got what somebody else sent: %s", got)
			}
			w.setBed(w.cleaning.ID, hospital.BedCleaning)
		})
	}
}

func TestWhatIsNoTextOrTooMuchEndsTheSocket(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	token := h.token("admin")
	path := wardPath(h.a)
	watching := h.watch(path, token)
	watching.next()
	for _, c := range []struct {
		name, representation string
		want                 websocket.StatusCode
		send                 func(*websocket.Conn, context.Context) error
	}{
		{"a binary frame", asJSON, 1003, func(s *websocket.Conn, ctx context.Context) error {
			return s.Write(ctx, websocket.MessageBinary, []byte(`{"action":"get_status"}`))
		}},
		{"a frame of more than 4 KiB", asJSON, 1009, func(s *websocket.Conn, ctx context.Context) error {
			return s.Write(ctx, websocket.MessageText, []byte(`{"action":"`+strings.Repeat("x", 4<<10)+`"}`))
		}},
		{"a frame of a megabyte", asJSON, 1009, func(s *websocket.Conn, ctx context.Context) error {
			return s.Write(ctx, websocket.MessageText, make([]byte, 1<<20))
		}},
		{"many small frames", asJSON, 1008, func(s *websocket.Conn, ctx context.Context) error {
			for range 60 {
				// The last of them may find the socket closed already, which is what is asked for.
				_ = s.Write(ctx, websocket.MessageText, []byte(`{"action":"get_status"}`))
			}
			return nil
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := h.within(t).watch(path, token, c.representation)
			s.next()
			within, cancel := context.WithTimeout(t.Context(), soon)
			defer cancel()
			if err := c.send(s.conn, within); err != nil {
				t.Fatal(err)
			}
			if got := s.closeCode(); got != c.want {
				t.Errorf("closed with %d, want %d", got, c.want)
			}
		})
	}
	exactly := h.watch(path, token)
	exactly.next()
	const frame = `{"action":""}`
	exactly.send(strings.Replace(frame, `""`, `"`+strings.Repeat("x", 4<<10-len(frame))+`"`, 1))
	checkError(t, exactly, "4 KiB", "unknown_action")
	watching.send(`{"action":"get_status"}`)
	watching.next() // nobody else was disturbed
}

func TestALivePathThatIsNotUpgradedOrNamesNothing(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	token := h.token("admin")
	for _, who := range []string{"", token} {
		got := h.get(wardPath(h.a), who, browser)
		if got.problem(http.StatusUpgradeRequired); got.header.Get("Upgrade") != "websocket" {
			t.Errorf("a plain GET should learn what is spoken here: %v", got.header)
		}
		for _, id := range []string{"abc", "1.5", "1e3", "%00", "1%20", "+1", "--1", "-"} {
			h.get("/ws/ward/"+id+"/", who, program).problem(http.StatusNotFound)
			if _, response := h.dial("/ws/ward/"+id+"/", bearer(who)); response.StatusCode != http.StatusNotFound {
				t.Errorf("%s is no number: %s, want 404 before the upgrade", id, response.Status)
			}
		}
		for _, path := range []string{"/ws/wards/1/", "/ws/ward/", "/ws/ward/1/2/", "/ws/dashboard/"} {
			if _, response := h.dial(path, bearer(who)); response.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %s, want 404", path, response.Status)
			}
		}
	}
	for _, id := range []string{"0", "-1", "9999999", "1180591620717411303424"} {
		if code := h.watch("/ws/ward/"+id+"/", token).closeCode(); code != 4404 {
			t.Errorf("ward %s does not exist: closed with %d, want 4404", id, code)
		}
		if code := h.watch("/ws/ward/"+id+"/", "").closeCode(); code != 4401 {
			t.Errorf("a stranger learns nothing of ward %s: closed with %d, want 4401", id, code)
		}
	}
	for _, header := range []http.Header{
		{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}},
		{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"8"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}},
		{"Upgrade": {"websocket"}},
	} {
		header["Authorization"] = bearer(token)["Authorization"]
		if got := h.ask(question{method: "GET", path: wardPath(h.a), as: program, header: header}); got.status != http.StatusBadRequest && got.status != http.StatusUpgradeRequired {
			t.Errorf("a handshake that is none, %v: %d", header, got.status)
		}
	}
}

func TestASessionThatRunsOutEndsItsSockets(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	// The hub goes by the true time, at which the session has 3 s left.
	h.clock.pass(3*time.Second - 12*time.Hour - time.Until(h.clock.Now()))
	s := h.watch(wardPath(h.a), h.token("medical_staff"))
	s.next()
	if code := s.closeCode(); code != 4401 {
		t.Errorf("closed with %d, want 4401", code)
	}
}

// In the original a discharge made a bed available at once, one endpoint emptied the bed without
// closing the admission, and a transfer was two writes.
func TestATransferTellsEachWardOfItsBedAndThenOfItself(t *testing.T) {
	t.Parallel()
	w := newTarget(t, settings{})
	from, to := w.watch(wardPath(w.a), w.nurse), w.watch(wardPath(w.b), w.nurse)
	from.next()
	to.next()
	target := w.bed(w.b, 3)
	if got := w.post(w.path("/admissions/{admission}/transfer"), w.nurse, program, map[string]any{"bed_id": target.ID}); got.status != http.StatusNoContent {
		t.Fatalf("transfer: %d %s", got.status, got.body)
	}
	left, total := from.nextObject(), from.nextObject()
	left.check(t, "bed_status_change")
	total.check(t, "ward_status")
	if left.int("bed_id") != w.occupied.ID || left["status"] != "cleaning" || left["patient_id"] != nil || left.sub("data")["patient"] != nil {
		t.Errorf("the ward that is left hears that its bed is cleaned: %v", left)
	}
	if total.sub("data").int("occupied_beds") != 1 || total.sub("data").int("cleaning_beds") != 2 {
		t.Errorf("and then how it stands: %v", total)
	}
	filled, total := to.nextObject(), to.nextObject()
	filled.check(t, "bed_status_change")
	total.check(t, "ward_status")
	if filled.int("bed_id") != target.ID || filled["status"] != "occupied" || filled.int("patient_id") != w.admission.PatientID || filled.sub("data").sub("patient")["name"] != "Uwase Marie" {
		t.Errorf("the other ward hears who came: %v", filled)
	}
	if total.sub("data").int("occupied_beds") != 1 {
		t.Errorf("and then how it stands: %v", total)
	}

	w.post(w.path("/admissions/{admission2}/transfer"), w.nurse, program, map[string]any{"bed_id": w.available.ID})
	changed := map[int64]any{}
	for range 2 {
		o := from.nextObject()
		o.check(t, "bed_status_change")
		changed[o.int("bed_id")] = o["status"]
	}
	if want := map[int64]any{w.occupied2.ID: "cleaning", w.available.ID: "occupied"}; !reflect.DeepEqual(changed, want) {
		t.Errorf("within a ward both beds are told: %v, want %v", changed, want)
	}
	from.nextObject().check(t, "ward_status")

	w.discharge(w.admission2.ID)
	if ended := from.nextOfType("bed_status_change"); ended["status"] != "cleaning" || ended["patient_id"] != nil {
		t.Errorf("a discharge leaves the bed in cleaning: %v", ended)
	}
}

// In the original no view, model or signal ever broadcast; pending discharges were always none or
// the first five beds; availability was the typed-in capacity less the occupied beds; and the
// numbers were literals.
func TestADashboardsNumbersFollowEveryChange(t *testing.T) {
	t.Parallel()
	for _, role := range []hospital.Role{hospital.MedicalStaff, hospital.WardManagement} {
		t.Run(string(role), func(t *testing.T) {
			t.Parallel()
			h := newFixture(t, settings{})
			s := h.watch(fmt.Sprintf("/ws/dashboard/%s/", role), h.token(string(role)))
			expect := func(after string, rate string, patients, pending, wards int64) object {
				t.Helper()
				for { // several commands at once may be told in one or more steps
					update := s.nextObject()
					update.check(t, "dashboard_update")
					if update["occupancy_rate"] == json.Number(rate) && update.int("patient_count") == patients &&
						update.int("pending_discharges") == pending && update.int("active_wards") == wards {
						return update
					}
					t.Logf("on the way to %s: %v %v %v %v", after, update["occupancy_rate"], update["patient_count"], update["pending_discharges"], update["active_wards"])
				}
			}
			expect("an empty hospital", "0", 0, 0, 2)
			admission := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
			expect("an admission: 1 of 16 beds", "6.3", 1, 0, 2)
			h.admit("Mugisha Jean", 0)
			expect("an admission without a bed", "6.3", 2, 0, 2)
			h.plan(admission.ID)
			expect("a planned discharge", "6.3", 2, 1, 2)
			h.setBed(h.bed(h.a, 2).ID, hospital.BedClosed)
			expect("a closed bed: 1 of 15", "6.7", 2, 1, 2)
			h.setBed(h.bed(h.a, 3).ID, hospital.BedReserved)
			for n := 1; n <= 8; n++ {
				h.setBed(h.bed(h.b, n).ID, hospital.BedClosed)
			}
			update := expect("a ward without a bed in service: 1 of 7", "14.3", 2, 1, 1)
			wards, _ := update.sub("data")["wards"].([]any)
			first := object(wards[0].(map[string]any))
			if first.int("available_beds") != 5 || first.int("reserved_beds") != 1 || first.int("closed_beds") != 1 || first.int("pending_discharges") != 1 {
				t.Errorf("reserved and closed beds are not available: %v", first)
			}
			h.discharge(admission.ID)
			expect("a discharge", "0", 1, 0, 1)
		})
	}
}

// plan marks an admission for discharge.
func (h *fixture) plan(id int64) {
	h.t.Helper()
	_, err := h.hospital.PlanDischarge(h.t.Context(), actor(hospital.MedicalStaff), id, hospital.PlanDischargeCommand{Expected: h.clock.Now().Add(time.Hour)})
	h.must(err)
}

func TestWhatARolesDashboardShowsBesides(t *testing.T) {
	t.Parallel()
	w := newTarget(t, settings{})
	w.plan(w.admission.ID)
	w.admit("Habimana Eric", 0)
	w.fast(w.admission, -time.Hour, time.Hour)
	w.fast(w.admission2, -2*time.Hour, -time.Hour)
	w.eats(w.admission2)
	held := w.order(w.admission2, hospital.Lunch, w.dish("Rice", "hot", "milk"))
	w.eats(w.admission2, "milk")
	w.missed(2)
	for role, want := range map[string][]string{
		"medical_staff":   {"held_orders", "held_orders_count", "missed_rounds", "nil_by_mouth_over", "nil_by_mouth_over_count", "pending_discharges", "pending_discharges_count", "recent_admissions", "waiting", "waiting_count", "wards"},
		"housekeeping":    {"beds"},
		"ward_management": {"beds_to_clean", "beds_to_clean_count", "missed_rounds", "pending_discharges", "pending_discharges_count", "waiting", "waiting_count", "wards"},
	} {
		update := w.watch("/ws/dashboard/"+role+"/", w.admin).nextObject()
		data := update.sub("data")
		if got := slices.Sorted(maps.Keys(data)); !slices.Equal(got, want) {
			t.Errorf("%s shows %v, want %v", role, got, want)
		}
		checkTimesAndIDs(t, role, update)
		if role == "medical_staff" {
			checkHeld(t, data, held)
		}
		for _, key := range want {
			list, isList := data[key].([]any)
			if count := fmt.Sprint(data[key]); strings.HasSuffix(key, "_count") && count != "1" {
				t.Errorf("%s: %s is %s, want 1", role, key, count)
			} else if !strings.HasSuffix(key, "_count") && (!isList || len(list) == 0) {
				t.Errorf("%s: %s should list something: %v", role, key, data[key])
			}
		}
		if strings.Contains(fmt.Sprint(update), " reason:") ||
			strings.Contains(fmt.Sprint(update), "[reason:") {
			t.Errorf("%s tells reasons for admission: %v", role, update)
		}
	}
}

// checkHeld looks for the order that is held, why, and whose.
func checkHeld(t *testing.T, data object, o hospital.Order) {
	t.Helper()
	list, _ := data["held_orders"].([]any)
	if len(list) != 1 {
		t.Fatalf("want one held order: %v", list)
	}
	line := object(list[0].(map[string]any))
	hazards, _ := line["hazards"].([]any)
	if line.int("order_id") != o.ID || line["meal"] != "lunch" || line["patient_name"] != "Mugisha Jean" || len(hazards) != 1 {
		t.Errorf("held is %v", line)
	}
}

// fast makes a patient nil by mouth from one moment until another, both from now.
func (h *fixture) fast(admission hospital.Admission, from, until time.Duration) {
	h.t.Helper()
	now := h.clock.Now()
	_, err := h.hospital.SetDiet(h.t.Context(), actor(hospital.MedicalStaff), admission.ID,
		hospital.DietCommand{NilByMouth: &hospital.Window{From: now.Add(from), Until: now.Add(until)}})
	h.must(err)
}

// TestOnesOwnWardsShapeTheDashboardAndNothingElse: two people of one role with other wards do not see each other's lists.
func TestOnesOwnWardsShapeTheDashboardAndNothingElse(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admission := h.admit("Uwase Marie", h.bed(h.a, 1).ID)
	h.plan(admission.ID)
	h.plan(h.admit("Mugisha Jean", h.bed(h.b, 1).ID).ID)
	for name, own := range map[string]hospital.Ward{"of-a": h.a, "of-b": h.b} {
		_, err := h.hospital.AddUser(t.Context(), hospital.System, hospital.AddUserCommand{Username: name, Role: hospital.MedicalStaff, Wards: []int64{own.ID}, Password: password})
		h.must(err)
		token := h.token(name)
		update := h.watch("/ws/dashboard/medical_staff/", token).nextObject()
		for _, key := range []string{"wards", "recent_admissions", "pending_discharges"} {
			list, _ := update.sub("data")[key].([]any)
			if len(list) != 1 || object(list[0].(map[string]any))["ward_name"] != own.Name {
				t.Errorf("%s sees %s %v, want those of %s alone", name, key, list, own.Name)
			}
		}
		if update.int("patient_count") != 2 || update.int("pending_discharges") != 2 {
			t.Errorf("the numbers are the whole hospital's: %v", update)
		}
		for _, ward := range []hospital.Ward{h.a, h.b} {
			h.watch(wardPath(ward), token).nextObject().check(t, "ward_status")
		}
	}
}

// TestTwoHundredQuickChangesArriveInOrder: what a client sees is never older than what it saw before, and the last state arrives.
func TestTwoHundredQuickChangesArriveInOrder(t *testing.T) {
	t.Parallel()
	const beds = 200
	h := newFixture(t, settings{beds: beds})
	board, err := h.hospital.WardBoard(t.Context(), hospital.System, h.a.ID)
	h.must(err)
	token := h.token("admin")
	clients := []*socket{h.watch(wardPath(h.a), token), h.watch(wardPath(h.a), token)}
	var changing sync.WaitGroup
	defer changing.Wait()
	changing.Go(func() {
		for _, bed := range board.Beds {
			if _, err := h.hospital.SetBedStatus(context.Background(), actor(hospital.Admin), bed.ID, hospital.BedStatusCommand{Status: hospital.BedReserved}); err != nil {
				t.Error(err)
			}
		}
	})
	// In turns: a client that is not read meanwhile answers no ping, and is closed for it.
	watching := []*changesSeen{{socket: clients[0], last: -1}, {socket: clients[1], last: -1}}
	for len(watching) > 0 {
		for _, seen := range watching {
			seen.next(t, board.Beds)
		}
		watching = slices.DeleteFunc(watching, func(seen *changesSeen) bool { return seen.last == beds })
	}
}

// changesSeen is what a client was told of beds that become reserved one after the other.
type changesSeen struct {
	*socket
	last int64          // how many were reserved when it was last told; -1: it was not
	told map[int64]bool // by bed
}

// next takes one message, and fails the test where it is older than what was seen before, or tells something twice.
func (seen *changesSeen) next(t *testing.T, beds []hospital.BoardBed) {
	t.Helper()
	o := seen.nextObject()
	if o["type"] == "bed_status_change" {
		if seen.told[o.int("bed_id")] || o["status"] != "reserved" {
			t.Fatalf("a bed that changed once is told once: %v", o)
		}
		seen.told[o.int("bed_id")] = true
		return
	}
	reserved := o.sub("data").int("reserved_beds")
	if seen.last < 0 { // what stood when the client came is not told as a change
		seen.told = map[int64]bool{}
		for _, bed := range beds[:reserved] {
			seen.told[bed.ID] = true
		}
	}
	if reserved < seen.last || reserved > int64(len(seen.told)) {
		t.Fatalf("%d reserved beds after %d, with %d told", reserved, seen.last, len(seen.told))
	}
	if seen.last = reserved; reserved == int64(len(beds)) && len(seen.told) != len(beds) {
		t.Errorf("%d beds were told, want %d", len(seen.told), len(beds))
	}
}

func TestSomethingArrivesAtLeastEvery15Seconds(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	token := h.token("admin")
	for _, path := range []string{wardPath(h.a), "/ws/dashboard/medical_staff/"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			s := h.within(t).watch(path, token)
			s.next()
			for range 2 { // the first may come soon after the snapshot, by chance
				within, cancel := context.WithTimeout(t.Context(), 15*time.Second)
				_, message, err := s.conn.Read(within)
				cancel()
				if err != nil {
					t.Fatalf("nothing for 15 s: %v", err)
				}
				parseObject(t, string(message)).check(t, "heartbeat")
			}
		})
	}
}

// TestAnEndedRightEndsTheSockets: within 2 s, with Redis down too, and nobody else's. The time is judged by the middle one of the three
// ways, for on a busy machine a single one may wait for its turn.
func TestAnEndedRightEndsTheSockets(t *testing.T) {
	t.Parallel()
	for _, redisDies := range []bool{false, true} {
		t.Run(fmt.Sprintf("Redis down: %t", redisDies), func(t *testing.T) {
			t.Parallel()
			redis := hubtest.StartRedis(t)
			here := newFixture(t, settings{bus: redisBus(t, redis)})
			here.ready(http.StatusOK)
			if redisDies {
				redis.Kill()
			}
			there := newFixture(t, settings{bus: redisBus(t, redis), joins: here})
			var took []time.Duration
			for _, end := range []struct {
				how string
				act func(name, token string)
			}{
				{"signing out", func(_, token string) { here.post("/logout", token, program, nil) }},
				{"being disabled", func(name, _ string) { here.must(here.hospital.DisableUser(t.Context(), hospital.System, name)) }},
				{"a new password", func(name, _ string) {
					here.must(here.hospital.SetPassword(t.Context(), hospital.System, name, password+"!"))
				}},
			} {
				name := strings.ReplaceAll(end.how, " ", "-")
				here.addUser(name, hospital.MedicalStaff)
				token, colleague := here.token(name), here.token("medical_staff")
				var sockets []*socket
				for _, node := range []*fixture{here, there} {
					for _, representation := range []string{asJSON, asHTML} {
						s := node.watch(wardPath(here.a), token, representation)
						s.next()
						sockets = append(sockets, s)
					}
				}
				stays := there.watch(wardPath(here.a), colleague)
				stays.next()
				end.act(name, token)
				began := time.Now()
				for i, s := range sockets {
					if code := s.closeCode(); code != 4401 {
						t.Errorf("%s: socket %d is closed with %d, want 4401", end.how, i, code)
					}
				}
				took = append(took, time.Since(began))
				stays.send(`{"action":"get_status"}`)
				stays.next()
			}
			if slices.Sort(took); took[1] > 2*time.Second {
				t.Errorf("the sockets took %s to close, want 2 s at most", took)
			}
		})
	}
}
