package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"dusangire/hospital"
)

// street is where the tests' addresses lie: what nobody sees to whom the home is not told.
const street = "KN 5 Rd"

// seen is what somebody gets of a thing.
type seen struct{ found, home bool }

// look asks for a thing in every way that there is: page, JSON, frame, and socket in both
// representations. All must tell the same.
func (h *fixture) look(path, token string) seen {
	h.t.Helper()
	live := "/ws/" + strings.NewReplacer("orders", "order", "deliveries", "delivery", "addresses",
		"address").Replace(path[1:])
	ways := map[string]seen{"a frame": h.shown(h.get(framePath(live), token, htmx))}
	for _, as := range []audience{browser, htmx, program} {
		ways["a page as "+string(as)] = h.shown(h.get(path, token, as))
	}
	for _, representation := range []string{asJSON, asHTML} {
		s := h.watch(live, token, representation)
		message, err := s.read()
		if err != nil && websocket.CloseStatus(err) != 4404 {
			h.t.Errorf("%s as %s ends with %v", live, representation, err)
		}
		ways["a socket of "+representation] = seen{err == nil, strings.Contains(message, street)}
		_ = s.conn.CloseNow()
	}
	for way, got := range ways {
		if got != ways["a frame"] {
			h.t.Errorf("%s: %s shows %+v, and a frame %+v", path, way, got, ways["a frame"])
		}
	}
	return ways["a frame"]
}

// shown is what an answer tells.
func (h *fixture) shown(a answer) seen {
	h.t.Helper()
	if a.status != http.StatusOK && a.status != http.StatusNotFound {
		h.t.Errorf("the answer is %d, want 200 or 404: %.200s", a.status, a.body)
	}
	return seen{a.status == http.StatusOK, strings.Contains(a.body, street)}
}

// TestWhoReadsWhatAndUntilWhen goes through the days of an order to a home, and looks at it as
// everybody in every way. The past of a home is for whoever lives there and for admin.
func TestWhoReadsWhatAndUntilWhen(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	h.addUser("aline", hospital.DeliveryStaff)
	home := h.address(h.as(hospital.Customer), "Home", h.zone("Shelter", 500))
	h.clock.pass(untilMorning(h.clock.Now()))
	order := h.orderTo(home)
	address, delivery := fmt.Sprintf("/addresses/%d/", home.ID), ""
	no, yes, all := seen{}, seen{found: true}, seen{true, true}
	for _, stage := range []struct {
		name                           string
		come                           func()
		ofOrder, ofDelivery, ofAddress map[string]seen
	}{
		{name: "it waits", come: func() {
			h.cook(order.ID, "confirm", "start", "ready")
			delivery = fmt.Sprintf("/deliveries/%d/", h.deliveryOf(order.ID).ID)
		},
			ofOrder:    map[string]seen{"kitchen": yes, "delivery": yes, "aline": yes},
			ofDelivery: map[string]seen{"delivery": yes, "aline": yes},
			ofAddress:  map[string]seen{"delivery": no, "aline": no}},
		{name: "a courier has it", come: func() {
			carry(h, h.as(hospital.DeliveryStaff), order.ID)
		},
			ofOrder:    map[string]seen{"kitchen": yes, "delivery": yes, "aline": yes},
			ofDelivery: map[string]seen{"delivery": all, "aline": yes},
			ofAddress:  map[string]seen{"delivery": all, "aline": no}},
		{name: "it is delivered", come: func() { h.handOver(order.ID) },
			ofOrder:    map[string]seen{"kitchen": yes, "delivery": yes, "aline": yes},
			ofDelivery: map[string]seen{"delivery": all, "aline": no},
			ofAddress:  map[string]seen{"delivery": all, "aline": no}},
		{name: "its owner has removed the address", come: func() {
			owner := h.as(hospital.Customer)
			h.must(h.hospital.RemoveAddress(t.Context(), owner, home.ID, 0))
		},
			ofOrder:    map[string]seen{"kitchen": yes, "delivery": yes, "aline": yes},
			ofDelivery: map[string]seen{"delivery": all, "aline": no},
			ofAddress:  map[string]seen{"delivery": all, "aline": no}},
		{name: "almost a day has passed",
			come:       func() { h.clock.pass(hospital.CarriedShows - time.Minute) },
			ofOrder:    map[string]seen{"kitchen": yes, "delivery": yes, "aline": yes},
			ofDelivery: map[string]seen{"delivery": all, "aline": no},
			ofAddress:  map[string]seen{"delivery": all, "aline": no}},
		{name: "a day has passed", come: func() { h.clock.pass(2 * time.Minute) },
			ofOrder:    map[string]seen{"kitchen": yes, "delivery": yes, "aline": yes},
			ofDelivery: map[string]seen{"delivery": no, "aline": no},
			ofAddress:  map[string]seen{"delivery": no, "aline": no}},
		{name: "it is of the day before yesterday", come: func() { h.clock.pass(24 * time.Hour) },
			ofOrder:    map[string]seen{"kitchen": no, "delivery": no, "aline": no},
			ofDelivery: map[string]seen{"delivery": no, "aline": no},
			ofAddress:  map[string]seen{"delivery": no, "aline": no}},
	} {
		t.Run(stage.name, func(t *testing.T) {
			stage.come()
			h := h.within(t)
			for _, role := range []string{"medical_staff", "ward_management", "admin", "customer"} {
				stage.ofOrder[role] = yes
			}
			stage.ofDelivery["medical_staff"], stage.ofDelivery["ward_management"] = yes, yes
			stage.ofDelivery["admin"], stage.ofDelivery["customer"] = all, all
			stage.ofAddress["admin"], stage.ofAddress["customer"] = all, all
			tokens := map[string]string{}
			for who := range stage.ofOrder {
				tokens[who] = h.token(who) // a session does not last the days of this test
			}
			for path, want := range map[string]map[string]seen{
				fmt.Sprintf("/orders/%d/", order.ID): stage.ofOrder,
				delivery:                             stage.ofDelivery,
				address:                              stage.ofAddress,
			} {
				for who, want := range want {
					if got := h.look(path, tokens[who]); got != want {
						t.Errorf("%s at %s is shown %+v, want %+v", who, path, got, want)
					}
				}
			}
			h.refusedOfTheHome(delivery, tokens["aline"])
		})
	}
}

// refusedOfTheHome gives commands about a delivery as a courier whose it is not. No refusal tells
// where it goes.
func (h *fixture) refusedOfTheHome(delivery, token string) {
	h.t.Helper()
	for command, fields := range map[string]map[string]any{"release": {},
		"depart": {"version": 4711}, "deliver": {"bed_code": "1"}, "fail": {"reason": "away"},
		"location": {"latitude": 1, "longitude": 1}} {
		for _, as := range []audience{program, htmx} {
			got := h.post(delivery+command, token, as, fields)
			if got.status < 400 || strings.Contains(got.body, street) {
				h.t.Errorf("%s of another's delivery as a %s: %d %.300s", command, as, got.status,
					got.body)
			}
		}
	}
}

// untilMorning is how long it is until nine in Kigali, so that nothing in a test lies on another
// day than it says.
func untilMorning(now time.Time) time.Duration {
	nine := time.Date(now.Year(), now.Month(), now.Day(), 7, 0, 0, 0, time.UTC)
	for nine.Before(now) {
		nine = nine.Add(24 * time.Hour)
	}
	return nine.Sub(now)
}

// orderTo is a snack for an address of the customer's.
func (h *fixture) orderTo(a hospital.Address) hospital.Order {
	h.t.Helper()
	o, _, err := h.hospital.PlaceOrder(h.t.Context(), h.as(hospital.Customer),
		hospital.PlaceOrderCommand{AddressID: a.ID, Meal: hospital.Snack,
			Dishes: []int64{h.dish(fmt.Sprint("Snack for ", a.Label), "hot").ID}})
	h.must(err)
	return o
}

// deliveryOf is the delivery of an order.
func (h *fixture) deliveryOf(order int64) hospital.Delivery {
	h.t.Helper()
	detail, err := h.hospital.OrderDetail(h.t.Context(), actor(hospital.Admin), order)
	h.must(err)
	return h.delivery(detail.DeliveryID)
}

// handOver delivers an order to a home.
func (h *fixture) handOver(order int64) {
	h.t.Helper()
	d := h.deliveryOf(order)
	watch, err := h.hospital.Delivery(h.t.Context(), h.as(hospital.Customer), d.ID)
	h.must(err)
	_, err = h.hospital.Deliver(h.t.Context(), h.as(hospital.DeliveryStaff), d.ID,
		hospital.DeliverCommand{BedCode: watch.Code})
	h.must(err)
}

// readAnew lets every view of some topics read its state anew, by a hint that they moved.
func (h *fixture) readAnew(topics ...hospital.Topic) {
	h.t.Helper()
	at, err := h.hospital.Revisions(h.t.Context(), topics)
	h.must(err)
	for topic := range at.Topics {
		at.Topics[topic]++
	}
	h.hub.Announce(at)
}

// TestASocketEndsWithTheRightToReadIt watches a home and its delivery as couriers until they may
// no longer.
func TestASocketEndsWithTheRightToReadIt(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	h.addUser("aline", hospital.DeliveryStaff)
	home := h.address(h.as(hospital.Customer), "Home", h.zone("Shelter", 500))
	order := h.orderTo(home)
	h.cook(order.ID, "confirm", "start", "ready")
	d := h.deliveryOf(order.ID)
	address, courier := fmt.Sprintf("/ws/address/%d/", home.ID), h.token("delivery")
	_, err := h.hospital.ClaimDelivery(t.Context(), h.as(hospital.DeliveryStaff), d.ID,
		hospital.CourierCommand{})
	h.must(err)
	released, watched := h.watch(address, courier), h.watch(liveDelivery(d), h.token("aline"))
	released.next()
	if state := watched.next(); strings.Contains(state, street) {
		t.Errorf("another courier is told the home: %s", state)
	}
	_, err = h.hospital.ReleaseDelivery(t.Context(), h.as(hospital.DeliveryStaff), d.ID,
		hospital.CourierCommand{})
	h.must(err)
	if code := released.closeCode(); code != 4404 {
		t.Errorf("given back, the home's socket is closed with %d, want 4404", code)
	}
	carry(h, h.as(hospital.DeliveryStaff), order.ID)
	h.handOver(order.ID)
	if code := watched.closeCode(); code != 4404 {
		t.Errorf("another's delivery has ended, and its socket is closed with %d, want 4404", code)
	}
	h.clock.pass(hospital.CarriedShows - time.Hour)
	courier = h.token("delivery")
	for _, path := range []string{address, liveDelivery(d)} {
		open := h.watch(path, courier, asJSON)
		open.next()
		h.clock.pass(time.Hour)
		if code := h.watch(path, courier, asJSON).closeCode(); code != 4404 {
			t.Errorf("a day later %s is closed with %d, want 4404", path, code)
		}
		// As every view does each minute by itself.
		h.readAnew(hospital.DeliveryTopic(d.ID), hospital.AddressTopic(home.ID))
		if code := open.closeCode(); code != 4404 {
			t.Errorf("a day later the open socket of %s is closed with %d, want 4404", path, code)
		}
		h.clock.pass(-time.Hour)
	}
}

// TestAnAdmissionThatHasEndedIsReadByTheWardRolesAndItsNotesByMedicalStaff: as a page and as JSON.
// There is nothing to order for it, and others do not learn of it.
func TestAnAdmissionThatHasEndedIsReadByTheWardRolesAndItsNotesByMedicalStaff(t *testing.T) {
	t.Parallel()
	h := newFixture(t, settings{})
	admission := h.admitAsked(nameCanary, h.bed(h.a, 1).ID, "milk")
	_, err := h.hospital.Discharge(t.Context(), actor(hospital.MedicalStaff), admission.ID,
		hospital.DischargeCommand{Outcome: hospital.Referred, Notes: notesCanary})
	h.must(err)
	path := fmt.Sprintf("/admissions/%d/", admission.ID)
	for _, role := range hospital.Roles {
		token := h.token(string(role))
		for _, as := range []audience{browser, program} {
			got, reads := h.get(path, token, as), role.May(hospital.ReadWards)
			if (got.status == http.StatusOK) != reads {
				t.Errorf("%s as a %s gets %d", role, as, got.status)
			}
			for word, told := range map[string]bool{nameCanary: reads,
				"A-01": reads, notesCanary: reads && role.May(hospital.ReadClinical)} {
				if strings.Contains(got.body, word) != told {
					t.Errorf("%s as a %s is told %q: %t, want %t", role, as, word, !told, told)
				}
			}
			if got := h.get(path+"menu/", token, as); got.status == http.StatusOK {
				t.Errorf("%s as a %s is offered meals for it: %d", role, as, got.status)
			}
		}
	}
	for command, fields := range map[string]map[string]any{
		"transfer":       {"bed_id": h.bed(h.b, 1).ID},
		"plan-discharge": {"expected_discharge": ""},
		"discharge":      {"outcome": "improved"},
		"diet":           {"diet": "renal"},
	} {
		got := h.post(path+command, h.token("medical_staff"), program, fields)
		current := got.problem(http.StatusConflict).Current
		if current["status"] != "discharged" || current["outcome"] != "referred" ||
			strings.Contains(got.body, notesCanary) {
			t.Errorf("%s is refused with %s", command, got.body)
		}
	}
}

// TestWhatACustomerWatchesOfAnEndedDeliveryClosesWithTheirRight: the tray was brought, and then the
// patient died, or the desk took the link back.
func TestWhatACustomerWatchesOfAnEndedDeliveryClosesWithTheirRight(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w service){
		"the patient dies": func(w service) {
			_, err := w.hospital.Discharge(t.Context(), actor(hospital.MedicalStaff), w.admission.ID,
				hospital.DischargeCommand{Outcome: hospital.Deceased})
			w.must(err)
		},
		"the link is taken back": func(w service) {
			w.must(w.hospital.UnlinkCustomer(t.Context(), actor(hospital.WardManagement),
				w.as(hospital.Customer).UserID, w.admission.PatientID))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newService(t, settings{})
			customer := w.link(w.admission)
			w.transit(w.first)
			w.take(w.first, "deliver", map[string]any{"bed_code": "A-05"})
			watched := w.watch(liveDelivery(w.first), customer)
			watched.next()
			end(w)
			if code := watched.closeCode(); code != 4404 {
				t.Errorf("the socket is closed with %d, want 4404", code)
			}
		})
	}
}
