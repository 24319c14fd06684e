package hospital_test

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dusangire/hospital"
)

// deliverySteps is the table of a delivery's steps written down a second time.
var deliverySteps = map[hospital.DeliveryStatus]string{
	hospital.DeliveryUnassigned: "assigned cancelled",
	hospital.DeliveryAssigned:   "in_transit unassigned cancelled",
	hospital.DeliveryInTransit:  "delivered failed returned",
	hospital.DeliveryDelivered:  "",
	hospital.DeliveryFailed:     "",
	hospital.DeliveryReturned:   "",
	hospital.DeliveryCancelled:  "",
}

// carry is what a courier can do, by the status it leads to.
func (s *service) carry(t testing.TB, actor hospital.Actor, id int64, version int64) map[hospital.DeliveryStatus]func() error {
	return map[hospital.DeliveryStatus]func() error{
		hospital.DeliveryAssigned: func() error {
			_, err := s.ClaimDelivery(t.Context(), actor, id, hospital.CourierCommand{Version: version})
			return err
		},
		hospital.DeliveryUnassigned: func() error {
			_, err := s.ReleaseDelivery(t.Context(), actor, id, hospital.CourierCommand{Version: version})
			return err
		},
		hospital.DeliveryInTransit: func() error {
			_, err := s.DepartDelivery(t.Context(), actor, id, hospital.CourierCommand{Version: version})
			return err
		},
		hospital.DeliveryDelivered: func() error {
			_, err := s.Deliver(t.Context(), actor, id, hospital.DeliverCommand{BedCode: "A-01", Version: version})
			return err
		},
		hospital.DeliveryFailed: func() error {
			_, err := s.FailDelivery(t.Context(), actor, id, "asleep", hospital.CourierCommand{Version: version})
			return err
		},
	}
}

// bringDelivery takes a fresh delivery to a status, as people would.
func (s *service) bringDelivery(t testing.TB, a hospital.Admission, d hospital.Delivery, to hospital.DeliveryStatus) {
	t.Helper()
	var err error
	switch to {
	case hospital.DeliveryUnassigned:
	case hospital.DeliveryAssigned:
		s.claim(t, s.courier, d.ID)
	case hospital.DeliveryCancelled:
		s.claim(t, s.courier, d.ID)
		_, err = s.RecallOrder(t.Context(), cook, d.OrderID, hospital.OrderCommand{})
	case hospital.DeliveryReturned:
		s.depart(t, s.courier, d.ID)
		s.stop(t, a)
		_, err = s.FailDelivery(t.Context(), s.courier, d.ID, "refused", hospital.CourierCommand{})
	default:
		s.depart(t, s.courier, d.ID)
		if to != hospital.DeliveryInTransit {
			err = s.carry(t, s.courier, d.ID, 0)[to]()
		}
	}
	if err != nil {
		t.Fatalf("bring a delivery to %s: %v", to, err)
	}
	if now := s.delivery(t, d.ID); now.Status != to {
		t.Fatalf("the delivery is %s, want %s", now.Status, to)
	}
}

// stop makes what is on its way to a patient dangerous.
func (s *service) stop(t testing.TB, a hospital.Admission) {
	t.Helper()
	if _, err := s.SetDiet(t.Context(), nurse, a.ID, hospital.DietCommand{NilByMouth: &hospital.Window{From: s.clock.Now()}}); err != nil {
		t.Fatal(err)
	}
}

// In the original, any status was accepted from any other.
func TestADeliveryTakesTheStepsOfItsTableAndNoOther(t *testing.T) {
	t.Parallel()
	for from, allowed := range deliverySteps {
		t.Run(string(from), func(t *testing.T) {
			onEachService(t, func(t *testing.T, s *service) {
				for to := range s.carry(t, s.courier, 0, 0) {
					a, d := s.tray(t, "A-01")
					s.bringDelivery(t, a, d, from)
					s.takesStep(t, d.ID, to, slices.Contains(strings.Fields(allowed), string(to)))
					s.empty(t)
				}
			})
		})
	}
}

// takesStep orders a step that must be allowed, or refused with the delivery as it stands.
func (s *service) takesStep(t *testing.T, id int64, to hospital.DeliveryStatus, allowed bool) {
	t.Helper()
	before := s.delivery(t, id)
	step := s.carry(t, s.courier, id, before.Version)[to]
	if repeats := before.CourierID == s.courier.UserID && before.Status == to && to != hospital.DeliveryUnassigned; repeats ||
		before.Status == hospital.DeliveryInTransit && to == hospital.DeliveryAssigned {
		s.moves(t, "", step) // the same again, or claiming one's own
		return
	}
	s.clock.pass(time.Minute)
	if !allowed {
		code := "delivery_step"
		if before.Status == hospital.DeliveryUnassigned {
			code = "delivery_unclaimed"
		}
		refusal := s.refuses(t, hospital.Conflict, code, step)
		if current, _ := refusal.Current.(hospital.Delivery); current != before {
			t.Errorf("%s to %s: the refusal shows %+v, want %+v", before.Status, to, refusal.Current, before)
		}
		return
	}
	if err := step(); err != nil {
		t.Errorf("%s to %s: %v", before.Status, to, err)
		return
	}
	after := s.delivery(t, id)
	if after.Status != to || after.Version != before.Version+1 || !after.StatusSince.Equal(s.clock.Now()) {
		t.Errorf("%s to %s: the delivery is %+v", before.Status, to, after)
	}
}

// empty ends everything that is under way and frees all beds, behind the hospital's back.
func (s *service) empty(t testing.TB) {
	t.Helper()
	now := s.clock.Now().UnixMilli()
	s.exec(t, `UPDATE delivery SET status = 'cancelled', ended_at = $1, latitude = NULL, longitude = NULL, located_at = NULL WHERE ended_at IS NULL`, now)
	s.exec(t, `UPDATE meal_order SET status = 'cancelled', ended_at = $1 WHERE ended_at IS NULL`, now)
	s.exec(t, `UPDATE bed_assignment SET until = since WHERE until IS NULL`)
	s.exec(t, `UPDATE admission SET discharged_at = admitted_at, outcome = 'stable' WHERE discharged_at IS NULL`)
	s.exec(t, `UPDATE bed SET status = 'available', status_reason = '', reserved_until = NULL`)
}

func TestATrayGoesFromTheKitchenToTheBedside(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-05")
		s.link(t, s.customer, a)
		o := s.orderFor(t, nurse, a, hospital.Lunch)
		d := s.cooked(t, o)
		if d.Status != hospital.DeliveryUnassigned || d.OrderID != o.ID || d.CourierID != 0 || d.BedNumber != "A-05" || d.WardCode != "A" ||
			d.Destination != "A-05, Medicine" || d.MovedFrom != "" || d.Stopped != "" {
			t.Errorf("the tray is ready, and its delivery is %+v", d)
		}
		lines := s.auditLines(t)
		s.moves(t, topicsOf("deliveries delivery:%d", d.ID), func() error { s.claim(t, s.courier, d.ID); return nil })
		everyone := topicsOf("deliveries delivery:%d kitchen order:%d customer:%d inbox:%d ward:%d", d.ID, o.ID, s.customer.UserID, s.customer.UserID, s.a.ID)
		s.moves(t, everyone, func() error {
			_, err := s.DepartDelivery(t.Context(), s.courier, d.ID, hospital.CourierCommand{})
			return err
		})
		if o := s.order(t, o.ID); o.Status != hospital.OrderInTransit {
			t.Errorf("the order is %s, want it in transit", o.Status)
		}
		s.clock.pass(time.Minute)
		var done hospital.Delivery
		s.moves(t, everyone, func() (err error) {
			done, err = s.Deliver(t.Context(), s.courier, d.ID, hospital.DeliverCommand{BedCode: " a-0 5", ReceivedBy: "  Nurse   Keza "})
			return err
		})
		if done.Status != hospital.DeliveryDelivered || done.ReceivedBy != "Nurse Keza" || done.Courier != "jean" || done.CourierID != s.courier.UserID {
			t.Errorf("delivered, and the delivery is %+v", done)
		}
		if done != s.delivery(t, d.ID) {
			t.Errorf("the command returned %+v, it reads %+v", done, s.delivery(t, d.ID))
		}
		if o := s.order(t, o.ID); o.Status != hospital.OrderDelivered {
			t.Errorf("the order is %s, want it delivered", o.Status)
		}
		want := []string{"delivery.status assigned>in_transit", "delivery.status in_transit>delivered", "delivery.status unassigned>assigned",
			"order.status in_transit>delivered", "order.status ready>in_transit"}
		if got := s.audited(t, lines); !slices.Equal(got, want) {
			t.Errorf("the audit says %v, want %v", got, want)
		}
	})
}

func TestOnlyItsCourierGoesOnWithADelivery(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		_, d := s.tray(t, "A-01")
		for _, actor := range []hospital.Actor{nurse, manager, cook, s.customer, {}} {
			for to, step := range s.carry(t, actor, d.ID, 0) {
				if refusal := s.refuses(t, hospital.Forbidden, "forbidden", step); refusal.Current != nil {
					t.Errorf("%s to %s: the refusal shows %+v", actor.Role, to, refusal.Current)
				}
			}
			s.refuses(t, hospital.Forbidden, "forbidden", func() error { _, err := s.LocateDelivery(t.Context(), actor, d.ID, 0, 0); return err })
		}
		s.claim(t, s.courier, d.ID)
		notTheirs := func(except hospital.DeliveryStatus) {
			t.Helper()
			for to, step := range s.carry(t, s.second, d.ID, 0) {
				if to != except {
					s.refuses(t, hospital.Forbidden, "delivery_not_yours", step)
				}
			}
			s.refuses(t, hospital.Forbidden, "delivery_not_yours", func() error {
				_, err := s.LocateDelivery(t.Context(), s.second, d.ID, -1.95, 30.06)
				return err
			})
			refusal := s.refuses(t, hospital.Conflict, "delivery_claimed", s.carry(t, s.second, d.ID, 0)[hospital.DeliveryAssigned])
			if !strings.Contains(refusal.Message, "jean") {
				t.Errorf("the refusal does not say who has it: %s", refusal)
			}
		}
		notTheirs(hospital.DeliveryAssigned)
		s.depart(t, s.courier, d.ID)
		notTheirs(hospital.DeliveryAssigned)
	})
}

func TestOfManyCouriersWhoClaimOneDeliveryExactlyOneGetsIt(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		couriers := []hospital.Actor{s.courier, s.second}
		for i := range 6 {
			couriers = append(couriers, s.login(t, fmt.Sprint("courier", i), hospital.DeliveryStaff))
		}
		for range 5 {
			_, d := s.tray(t, "A-01")
			errs := make([]error, len(couriers))
			var all sync.WaitGroup
			for i, courier := range couriers {
				all.Go(func() {
					_, errs[i] = s.ClaimDelivery(t.Context(), courier, d.ID, hospital.CourierCommand{Version: d.Version})
				})
			}
			all.Wait()
			winner := -1
			for i, err := range errs {
				if err != nil {
					refused(t, err, hospital.Conflict, "delivery_claimed")
				} else if winner >= 0 {
					t.Errorf("both %s and %s got it", couriers[winner].Username, couriers[i].Username)
				} else {
					winner = i
				}
			}
			if now := s.delivery(t, d.ID); winner < 0 || now.CourierID != couriers[winner].UserID || now.Version != d.Version+1 {
				t.Errorf("courier %d won, and the delivery is %+v", winner, now)
			}
			s.empty(t)
		}
	})
}

func TestADeliveryChangesOnlyForWhoSawItsPresentVersion(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		_, d := s.tray(t, "A-01")
		for _, to := range []hospital.DeliveryStatus{hospital.DeliveryAssigned, hospital.DeliveryInTransit, hospital.DeliveryDelivered} {
			seen := s.delivery(t, d.ID)
			if to != hospital.DeliveryAssigned {
				s.refuses(t, hospital.Conflict, "delivery_outdated", s.carry(t, s.courier, d.ID, seen.Version+1)[to])
			}
			if err := s.carry(t, s.courier, d.ID, seen.Version)[to](); err != nil {
				t.Errorf("with the present version to %s: %v", to, err)
			}
		}
	})
}

func TestAnUnknownDeliveryIsNotFound(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		for _, step := range s.carry(t, s.courier, 4711, 0) {
			s.refuses(t, hospital.NotFound, "delivery_unknown", step)
		}
		s.refuses(t, hospital.NotFound, "delivery_unknown", func() error { _, err := s.LocateDelivery(t.Context(), s.courier, 4711, 0, 0); return err })
		_, err := s.Delivery(t.Context(), admin, 4711)
		refused(t, err, hospital.NotFound, "delivery_unknown")
	})
}

func TestAWrongBedIsRefusedAndAudited(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		_, d := s.tray(t, "A-05")
		s.patient(t, "Uwase Marine", "A-06")
		s.depart(t, s.courier, d.ID)
		before := s.delivery(t, d.ID)
		for scanned, known := range map[string]string{"A-06": "A-06", " b-01 ": "B-01", "a\u201306": "A-06", "]C1A-06\r\n": "A-06", "B01": "B-01"} {
			lines := s.auditLines(t)
			s.heard.take()
			_, err := s.Deliver(t.Context(), s.courier, d.ID, hospital.DeliverCommand{BedCode: scanned})
			refusal := refused(t, err, hospital.Conflict, "wrong_bed")
			if refusal.Current != nil || strings.Contains(refusal.Message, "A-05 ") || !strings.Contains(refusal.Message, known) {
				t.Errorf("scanned %q: the refusal says %q and shows %+v", scanned, refusal, refusal.Current)
			}
			if got, want := s.audited(t, lines), []string{"delivery.wrong_bed A-05>" + known}; !slices.Equal(got, want) {
				t.Errorf("scanned %q: the audit says %v, want %v", scanned, got, want)
			}
			if now := s.delivery(t, d.ID); now != before {
				t.Errorf("scanned %q: the delivery is %+v, want %+v", scanned, now, before)
			}
			if o := s.order(t, d.OrderID); o.Status != hospital.OrderInTransit {
				t.Errorf("scanned %q: the order is %s", scanned, o.Status)
			}
		}
		for code, want := range map[string]string{"": "required", "  ": "required", strings.Repeat("A", hospital.LongestBedCode+1): "too_long", "A\x00": "characters"} {
			refusal := s.refuses(t, hospital.Invalid, "fields", func() error {
				_, err := s.Deliver(t.Context(), s.courier, d.ID, hospital.DeliverCommand{BedCode: code})
				return err
			})
			if got := wrongFields(refusal)["bed_code"]; got != want {
				t.Errorf("code %q: got %q, want %q", code, got, want)
			}
		}
		s.handOver(t, s.courier, d.ID, "A-05")
	})
}

func TestATransferMidDeliveryAsksForTheNewBedsCode(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, d := s.tray(t, "A-05")
		s.depart(t, s.courier, d.ID)
		topics := s.moved(t, func() error {
			_, err := s.Transfer(t.Context(), nurse, a.ID, hospital.TransferCommand{BedID: s.bed(t, "B-02").ID})
			return err
		})
		for _, topic := range []hospital.Topic{hospital.DeliveriesTopic, hospital.DeliveryTopic(d.ID), hospital.KitchenTopic, hospital.OrderTopic(d.OrderID),
			hospital.InboxTopic(s.courier.UserID)} {
			if !slices.Contains(topics, string(topic)) {
				t.Errorf("the transfer moved %v, and not %s", topics, topic)
			}
		}
		now := s.delivery(t, d.ID)
		if now.BedNumber != "B-02" || now.WardCode != "B" || now.MovedFrom != "A-05" || now.Destination != "B-02, Surgery" {
			t.Errorf("the patient was moved, and the delivery goes to %+v", now)
		}
		if told := s.inbox(t, s.courier); told.Unread != 1 ||
			told.Notifications[0].Code != "delivery_moved" ||
			told.Notifications[0].About.BedNumber != "B-02" {
			t.Errorf("the courier hears %+v", told)
		}
		_, err := s.Deliver(t.Context(), s.courier, d.ID, hospital.DeliverCommand{BedCode: "A-05"})
		refused(t, err, hospital.Conflict, "wrong_bed")
		done := s.handOver(t, s.courier, d.ID, "B-02")
		if done.BedNumber != "B-02" {
			t.Errorf("delivered to %+v", done)
		}

		topics = s.moved(t, func() error {
			_, err := s.Transfer(t.Context(), nurse, a.ID, hospital.TransferCommand{BedID: s.bed(t, "A-01").ID})
			return err
		})
		if slices.Contains(topics, string(hospital.DeliveryTopic(d.ID))) {
			t.Errorf("a delivery that has ended moved with its patient: %v", topics)
		}
		if later := s.delivery(t, d.ID); later != done {
			t.Errorf("a delivery that ended as %+v is %+v after its patient was moved", done, later)
		}
	})
}

func TestATrayWithoutABedToGoToIsNotHandedOver(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, d := s.tray(t, "")
		if d.BedID != 0 || d.Destination != "" {
			t.Errorf("the patient waits for a bed, and the delivery goes to %+v", d)
		}
		s.depart(t, s.courier, d.ID)
		s.refuses(t, hospital.Conflict, "no_bed", func() error {
			_, err := s.Deliver(t.Context(), s.courier, d.ID, hospital.DeliverCommand{BedCode: "A-01"})
			return err
		})
		if _, err := s.Transfer(t.Context(), nurse, a.ID, hospital.TransferCommand{BedID: s.bed(t, "A-01").ID}); err != nil {
			t.Fatal(err)
		}
		if now := s.delivery(t, d.ID); now.MovedFrom != "" {
			t.Errorf("the patient has a first bed, and the delivery says it was moved from %q", now.MovedFrom)
		}
		s.handOver(t, s.courier, d.ID, "A-01")
	})
}

// nilByMouthSoon makes a patient nil by mouth after the meal was due, so that nothing speaks
// against it yet.
func (s *service) nilByMouthSoon(t testing.TB, a hospital.Admission) {
	t.Helper()
	window := hospital.Window{From: morning.Add(3 * time.Hour)}
	if _, err := s.SetDiet(t.Context(), nurse, a.ID, hospital.DietCommand{NilByMouth: &window}); err != nil {
		t.Fatal(err)
	}
}

func TestADangerousTrayDoesNotLeaveTheKitchen(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, d := s.tray(t, "A-01")
		s.nilByMouthSoon(t, a)
		s.claim(t, s.courier, d.ID)
		s.clock.pass(3 * time.Hour)
		_, err := s.DepartDelivery(t.Context(), s.courier, d.ID, hospital.CourierCommand{})
		refusal := refused(t, err, hospital.Conflict, "hazards")
		if hazards, _ := refusal.Current.([]hospital.Hazard); len(hazards) != 1 || hazards[0].Kind != hospital.HazardNilByMouth {
			t.Errorf("the refusal shows %+v", refusal.Current)
		}
		if now := s.delivery(t, d.ID); now.Status != hospital.DeliveryCancelled {
			t.Errorf("the delivery is %s, want cancelled", now.Status)
		}
		if o := s.order(t, d.OrderID); o.Status != hospital.OrderHeld || len(o.HeldFor) != 1 {
			t.Errorf("the order is %s for %+v, want it held", o.Status, o.HeldFor)
		}
	})
}

func TestADangerousTrayIsNotHandedOver(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, d := s.tray(t, "A-01")
		s.nilByMouthSoon(t, a)
		s.depart(t, s.courier, d.ID)
		s.clock.pass(3 * time.Hour)
		deliver := func() error {
			_, err := s.Deliver(t.Context(), s.courier, d.ID, hospital.DeliverCommand{BedCode: "A-01"})
			return err
		}
		topics := map[string]bool{}
		err := deliver()
		for _, topic := range s.topics() {
			topics[topic] = true
		}
		refused(t, err, hospital.Conflict, "hazards")
		if !topics[string(hospital.DeliveriesTopic)] || !topics[string(hospital.DeliveryTopic(d.ID))] {
			t.Errorf("the tray was stopped, and it moved %v", topics)
		}
		if now := s.delivery(t, d.ID); now.Status != hospital.DeliveryInTransit || now.Stopped != "hazard" || now.ReceivedBy != "" {
			t.Errorf("the delivery is %+v, want it on its way back", now)
		}
		refusal := s.refuses(t, hospital.Conflict, "stopped", deliver)
		if !strings.Contains(refusal.Message, "back") {
			t.Errorf("the refusal does not say what to do: %s", refusal)
		}
		s.endsAs(t, d, hospital.DeliveryReturned)
	})
}

// endsAs brings a delivery in transit back and checks how it ends.
func (s *service) endsAs(t testing.TB, d hospital.Delivery, want hospital.DeliveryStatus) {
	t.Helper()
	back, err := s.FailDelivery(t.Context(), s.courier, d.ID, "refused", hospital.CourierCommand{})
	if err != nil {
		t.Fatal(err)
	}
	if back.Status != want {
		t.Errorf("the delivery is %s, want %s", back.Status, want)
	}
	if o := s.order(t, d.OrderID); o.Status != hospital.OrderUndelivered {
		t.Errorf("the order is %s, want undelivered", o.Status)
	}
}

func TestWhatStopsATrayOnItsWayTellsItsCourier(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stop func(t testing.TB, s *service, a hospital.Admission)
		code string
	}{
		"an allergy":  {func(t testing.TB, s *service, a hospital.Admission) { s.stop(t, a) }, "hazard"},
		"a discharge": {func(t testing.TB, s *service, a hospital.Admission) { s.discharge(t, a.ID, hospital.Improved) }, "discharged"},
	} {
		t.Run(name, func(t *testing.T) {
			onEachService(t, func(t *testing.T, s *service) {
				a, d := s.tray(t, "A-01")
				s.depart(t, s.courier, d.ID)
				seen := s.delivery(t, d.ID)
				test.stop(t, s, a)
				if told := s.inbox(t, s.courier).Notifications; len(told) != 1 || told[0].Code != "delivery_stopped" || told[0].Level != hospital.LevelAlert {
					t.Errorf("the courier hears %+v", told)
				}
				now := s.delivery(t, d.ID)
				if now.Stopped != test.code || now.Version == seen.Version || now.MovedFrom != "" {
					t.Errorf("the delivery is %+v", now)
				}
				if left := test.code == "discharged"; left != (now.BedID == 0) || left != (now.Destination == "") {
					t.Errorf("the delivery goes to %q", now.Destination)
				}
				s.refuses(t, hospital.Conflict, "stopped", func() error {
					_, err := s.Deliver(t.Context(), s.courier, d.ID, hospital.DeliverCommand{BedCode: "A-01"})
					return err
				})
				s.endsAs(t, d, hospital.DeliveryReturned)
			})
		})
	}
}

func TestAfterADeathTheTrayVanishesWithoutAWord(t *testing.T) {
	t.Parallel()
	for _, status := range []hospital.DeliveryStatus{hospital.DeliveryUnassigned, hospital.DeliveryAssigned, hospital.DeliveryInTransit} {
		t.Run(string(status), func(t *testing.T) {
			onEachService(t, func(t *testing.T, s *service) {
				a := s.patient(t, "Uwase Marie", "A-01")
				s.link(t, s.customer, a)
				d := s.cooked(t, s.orderFor(t, s.customer, a, hospital.Lunch))
				s.bringDelivery(t, a, d, status)
				before := s.told(t, s.customer)
				s.discharge(t, a.ID, hospital.Deceased)
				if now := s.delivery(t, d.ID); !now.Status.Ended() {
					t.Errorf("the delivery is %s", now.Status)
				}
				if told := s.told(t, s.customer); !slices.Equal(told, before) {
					t.Errorf("the customer hears %v after %v", told, before)
				}
				if told := s.told(t, s.courier); len(told) > 0 {
					t.Errorf("the courier hears %v", told)
				}
				if home := s.home(t, s.customer); len(home.Admissions)+len(home.Orders) > 0 {
					t.Errorf("the customer sees %+v", home)
				}
				_, err := s.Delivery(t.Context(), s.customer, d.ID)
				refused(t, err, hospital.NotFound, "delivery_unknown")
				if board := s.round(t, s.courier); len(board.Mine)+len(board.Waiting) > 0 {
					t.Errorf("the courier's board shows %+v", board)
				}
			})
		})
	}
}

func TestAFailedDeliveryNeedsAReasonAndTellsTheWard(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-05")
		d := s.cooked(t, s.orderFor(t, nurse, a, hospital.Lunch))
		s.depart(t, s.courier, d.ID)
		for reason, want := range map[string]string{"": "required", " \t": "required", strings.Repeat("é", hospital.LongestReason+1): "too_long", "a\x00": "characters"} {
			refusal := s.refuses(t, hospital.Invalid, "fields", func() error {
				_, err := s.FailDelivery(t.Context(), s.courier, d.ID, reason, hospital.CourierCommand{})
				return err
			})
			if got := wrongFields(refusal)["reason"]; got != want {
				t.Errorf("reason %q: got %q, want %q", reason, got, want)
			}
		}
		failed, err := s.FailDelivery(t.Context(), s.courier, d.ID, "Uwase  Marie was angry", hospital.CourierCommand{})
		if err != nil {
			t.Fatal(err)
		}
		if failed.Status != hospital.DeliveryFailed || failed.FailReason != "Uwase Marie was angry" {
			t.Errorf("the delivery is %+v", failed)
		}
		if o := s.order(t, d.OrderID); o.Status != hospital.OrderUndelivered {
			t.Errorf("the order is %s", o.Status)
		}
		if told := s.inbox(t, nurse).Notifications; len(told) != 1 || told[0].Code != "delivery_failed" || !strings.Contains(told[0].Message, "A-05") {
			t.Errorf("the nurses hear %+v", told)
		}
		if n := s.number(t, `SELECT count(*) FROM audit WHERE reason LIKE '%Marie%'`); n > 0 {
			t.Error("the audit holds what a courier wrote about a patient")
		}
	})
}

func TestWhereATrayIsIsKeptOnceAndForgottenWhenItEnds(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		_, d := s.tray(t, "A-01")
		locate := func(latitude, longitude float64) (hospital.Delivery, error) {
			return s.LocateDelivery(t.Context(), s.courier, d.ID, latitude, longitude)
		}
		s.claim(t, s.courier, d.ID)
		s.refuses(t, hospital.Conflict, "delivery_step", func() error { _, err := locate(-1.95, 30.06); return err })
		s.depart(t, s.courier, d.ID)
		for _, wrong := range [][2]float64{{90.0001, 0}, {-91, 0}, {0, 180.0001}, {0, -181}, {math.NaN(), 0}, {0, math.NaN()}, {math.Inf(1), 0}, {0, math.Inf(-1)}} {
			s.refuses(t, hospital.Invalid, "fields", func() error { _, err := locate(wrong[0], wrong[1]); return err })
		}
		lines, version := s.auditLines(t), s.delivery(t, d.ID).Version
		for _, right := range [][2]float64{{-90, 180}, {90, -180}, {0, 0}, {-1.95, 30.06}} {
			s.clock.pass(time.Second)
			s.moves(t, topicsOf("delivery:%d", d.ID), func() error {
				at, err := locate(right[0], right[1])
				if err == nil && (*at.Latitude != right[0] || *at.Longitude != right[1] || !at.LocatedAt.Equal(s.clock.Now())) {
					t.Errorf("sent %v, kept %v %v at %v", right, *at.Latitude, *at.Longitude, at.LocatedAt)
				}
				return err
			})
		}
		if s.auditLines(t) != lines {
			t.Error("the audit keeps where the courier was when")
		}
		if now := s.delivery(t, d.ID); now.Version != version {
			t.Errorf("a place made version %d of version %d", now.Version, version)
		}
		if stop := s.round(t, s.courier).Mine[0].Stops[0]; stop.Latitude != nil || !stop.LocatedAt.IsZero() {
			t.Errorf("the board shows the place %+v, which does not move it", stop.Delivery)
		}
		s.handOver(t, s.courier, d.ID, "A-01")
		if now := s.delivery(t, d.ID); now.Latitude != nil || now.Longitude != nil || !now.LocatedAt.IsZero() {
			t.Errorf("delivered, and the place is still known: %+v", now)
		}
		if n := s.number(t, `SELECT count(*) FROM delivery WHERE latitude IS NOT NULL OR located_at IS NOT NULL`); n > 0 {
			t.Error("the database still knows the place")
		}
		s.refuses(t, hospital.Conflict, "delivery_step", func() error { _, err := locate(-1.95, 30.06); return err })
	})
}

func TestADoorOpensForTheCustomersCodeAlone(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		o, d := s.parcel(t)
		if d.Destination != "KG 7 Ave 12, Kigali" || d.BedNumber != "" {
			t.Errorf("the parcel goes to %+v", d)
		}
		code := s.code(t, s.customer, d.ID)
		if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
			t.Fatalf("the code is %q, want six digits", code)
		}
		if orders := s.home(t, s.customer).Orders; len(orders) != 1 || orders[0].Code != code || orders[0].DeliveryID != d.ID || orders[0].For != "Home" {
			t.Errorf("the customer's page shows %+v", orders)
		}
		for _, actor := range []hospital.Actor{s.courier, nurse, admin} {
			if shown := s.code(t, actor, d.ID); shown != "" {
				t.Errorf("%s sees the code", actor.Role)
			}
		}
		s.depart(t, s.courier, d.ID)
		wrong := func() string { return s.wrongCode(t, d.ID) }
		lines := s.auditLines(t)
		for try := 1; try <= 5; try++ {
			_, err := s.Deliver(t.Context(), s.courier, d.ID, hospital.DeliverCommand{BedCode: wrong()})
			if try < 5 {
				refused(t, err, hospital.Conflict, "wrong_code")
			} else {
				refused(t, err, hospital.Conflict, "code_locked")
			}
		}
		if got := s.audited(t, lines); len(got) != 5 || got[0] != "delivery.wrong_code >" {
			t.Errorf("the audit says %v, want five wrong codes", got)
		}
		s.refuses(t, hospital.Conflict, "code_locked", func() error {
			_, err := s.Deliver(t.Context(), s.courier, d.ID, hospital.DeliverCommand{BedCode: code})
			return err
		})
		s.moves(t, topicsOf("deliveries delivery:%d address:%d customer:%d inbox:%d", d.ID,
			o.AddressID, s.customer.UserID, s.customer.UserID), func() error {
			_, err := s.ClaimDelivery(t.Context(), s.courier, d.ID, hospital.CourierCommand{})
			return err
		})
		if told := s.told(t, s.customer); told[len(told)-1] != "delivery_code" {
			t.Errorf("the customer hears %v", told)
		}
		if again := s.delivery(t, d.ID); again.Status != hospital.DeliveryInTransit {
			t.Errorf("claimed anew, the delivery is %s", again.Status)
		}
		fresh := s.code(t, s.customer, d.ID)
		_, err := s.Deliver(t.Context(), s.courier, d.ID, hospital.DeliverCommand{BedCode: wrong()})
		refused(t, err, hospital.Conflict, "wrong_code")
		s.handOver(t, s.courier, d.ID, fresh[:2]+" "+fresh[2:])
		if o := s.order(t, o.ID); o.Status != hospital.OrderDelivered {
			t.Errorf("the order is %s", o.Status)
		}
		if s.code(t, s.customer, d.ID) != "" || s.home(t, s.customer).Orders[0].Code != "" {
			t.Error("the code is still shown after the delivery")
		}
	})
}

// wrongCode is one that is not the delivery's.
func (s *service) wrongCode(t testing.TB, id int64) string {
	t.Helper()
	return fmt.Sprintf("%06d", (1+s.number(t,
		`SELECT CAST(code AS INTEGER) FROM delivery WHERE id = $1`, id))%1_000_000)
}

// guess gives wrong codes for a delivery, claiming it anew whenever that is what the refusal asks
// for, until nothing helps or there were too many guesses. It returns how many were taken.
func (s *service) guess(t testing.TB, courier hospital.Actor, id int64) (guesses int) {
	t.Helper()
	for range 100 {
		_, err := s.Deliver(t.Context(), courier, id, hospital.DeliverCommand{BedCode: s.wrongCode(t,
			id)})
		refusal, _ := errors.AsType[*hospital.Error](err)
		switch {
		case refusal == nil:
			t.Fatalf("a wrong code is answered with %v", err)
		case refusal.Code == "code_used_up" && s.given(t, courier, id) == guesses:
			return guesses
		}
		guesses++
		if refusal.Code == "code_locked" {
			s.claim(t, courier, id)
		}
	}
	return guesses
}

// given is how many wrong codes of a courier the database has counted.
func (s *service) given(t testing.TB, courier hospital.Actor, id int64) int {
	t.Helper()
	return s.number(t,
		`SELECT COALESCE(SUM(given), 0) FROM wrong_code WHERE delivery_id = $1 AND courier_id = $2`, id, courier.UserID)
}

// A courier who guesses gets three codes of five tries; then somebody else brings it, and the
// first one never gets another try.
func TestAfterTheSecondNewCodeADeliveryTakesAnotherCourier(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		_, d := s.parcel(t)
		s.depart(t, s.courier, d.ID)
		told := len(s.told(t, s.customer))
		if n := s.guess(t, s.courier, d.ID); n != 15 {
			t.Errorf("the courier could give %d wrong codes, want 15", n)
		}
		if n := len(s.told(t, s.customer)) - told; n != 2 {
			t.Errorf("the customer hears of %d new codes, want 2", n)
		}
		usedUp := func(actor hospital.Actor) {
			t.Helper()
			s.refuses(t, hospital.Conflict, "code_used_up", func() error {
				_, err := s.ClaimDelivery(t.Context(), actor, d.ID, hospital.CourierCommand{})
				return err
			})
		}
		usedUp(s.courier)
		code := s.code(t, s.customer, d.ID)
		s.refuses(t, hospital.Conflict, "code_used_up", func() error {
			_, err := s.Deliver(t.Context(), s.courier, d.ID, hospital.DeliverCommand{BedCode: code})
			return err
		})
		if board := s.round(t, s.second); len(board.Waiting) != 1 ||
			!board.Waiting[0].Stops[0].Claimable ||
			board.Waiting[0].Stops[0].Destination != "Shelter" {
			t.Errorf("another courier sees %+v, want the parcel to claim", board.Waiting)
		}
		if now := s.claim(t, s.second, d.ID); now.Status != hospital.DeliveryInTransit ||
			now.Destination != "KG 7 Ave 12, Kigali" {
			t.Errorf("taken over, the delivery is %+v", now)
		}
		s.refuses(t, hospital.Conflict, "delivery_claimed", func() error {
			_, err := s.ClaimDelivery(t.Context(), s.courier, d.ID, hospital.CourierCommand{})
			return err
		})
		if fresh := s.code(t, s.customer, d.ID); fresh == code {
			t.Error("another courier brings it, and the code that was guessed at still opens the door")
		}
		if n := s.guess(t, s.second, d.ID); n != 15 {
			t.Errorf("the second courier could give %d wrong codes, want 15", n)
		}
		usedUp(s.courier) // two who take turns gain nothing
		usedUp(s.second)
		third := s.login(t, "keza", hospital.Admin)
		s.claim(t, third, d.ID)
		s.handOver(t, third, d.ID, s.code(t, s.customer, d.ID))
	})
}

// What lets a courier begin anew with somebody else's delivery, or with their own after a while,
// gives no more tries.
func TestNothingThatACourierDoesGivesMoreTries(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		_, d := s.parcel(t)
		s.depart(t, s.courier, d.ID)
		for range 4 {
			_, err := s.Deliver(t.Context(), s.courier, d.ID,
				hospital.DeliverCommand{BedCode: s.wrongCode(t, d.ID), IdempotencyKey: "the same"})
			if refusal, _ := errors.AsType[*hospital.Error](err); refusal == nil ||
				refusal.Code != "wrong_code" && refusal.Code != "idempotency_key_reused" {
				t.Fatalf("got %v", err)
			}
		}
		for range 3 { // a login that is disabled and enabled again
			if err := s.DisableUser(t.Context(), admin, s.courier.Username); err != nil {
				t.Fatal(err)
			}
			s.claim(t, s.second, d.ID)
			if err := s.EnableUser(t.Context(), admin, s.courier.Username); err != nil {
				t.Fatal(err)
			}
			if err := s.DisableUser(t.Context(), admin, s.second.Username); err != nil {
				t.Fatal(err)
			}
			s.claim(t, s.courier, d.ID)
			if err := s.EnableUser(t.Context(), admin, s.second.Username); err != nil {
				t.Fatal(err)
			}
		}
		s.clock.pass(72 * time.Hour)
		s.guess(t, s.courier, d.ID)
		if n := s.given(t, s.courier, d.ID); n != 15 {
			t.Errorf("the courier could give %d wrong codes, want 15", n)
		}
	})
}

// A door whose code was made when codes had four digits opens for it.
func TestACodeOfFourDigitsStillOpensItsDoor(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		_, d := s.parcel(t)
		s.exec(t, `UPDATE delivery SET code = '0042', tries = 3 WHERE id = $1`, d.ID)
		s.depart(t, s.courier, d.ID)
		if shown := s.code(t, s.customer, d.ID); shown != "0042" {
			t.Errorf("the customer sees %q", shown)
		}
		_, err := s.Deliver(t.Context(), s.courier, d.ID, hospital.DeliverCommand{BedCode: "0043"})
		refused(t, err, hospital.Conflict, "wrong_code")
		s.handOver(t, s.courier, d.ID, "00 42")
	})
}

func TestACourierGivesAClaimedDeliveryBack(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		_, d := s.tray(t, "A-01")
		s.claim(t, s.courier, d.ID)
		s.moves(t, topicsOf("deliveries delivery:%d", d.ID), func() error {
			_, err := s.ReleaseDelivery(t.Context(), s.courier, d.ID, hospital.CourierCommand{})
			return err
		})
		if now := s.delivery(t, d.ID); now.CourierID != 0 || now.Courier != "" || now.Status != hospital.DeliveryUnassigned {
			t.Errorf("given back, the delivery is %+v", now)
		}
		s.claim(t, s.second, d.ID)
	})
}

func TestWhatADisabledCourierHadIsAnybodysToTakeOver(t *testing.T) {
	t.Parallel()
	for _, status := range []hospital.DeliveryStatus{hospital.DeliveryAssigned, hospital.DeliveryInTransit} {
		t.Run(string(status), func(t *testing.T) {
			onEachService(t, func(t *testing.T, s *service) {
				a, d := s.tray(t, "A-01")
				s.bringDelivery(t, a, d, status)
				if board := s.round(t, s.second); len(board.Waiting) > 0 {
					t.Errorf("another courier sees %+v", board.Waiting)
				}
				topics := s.moved(t, func() error { return s.DisableUser(t.Context(), admin, s.courier.Username) })
				if !slices.Contains(topics, string(hospital.DeliveriesTopic)) {
					t.Errorf("the courier was disabled, and it moved %v", topics)
				}
				if board := s.round(t, s.second); len(board.Waiting) != 1 {
					t.Errorf("another courier sees %+v, want the tray", board.Waiting)
				}
				if now := s.claim(t, s.second, d.ID); now.Status != status || now.CourierID != s.second.UserID {
					t.Errorf("taken over, the delivery is %+v", now)
				}
			})
		})
	}
}

func TestWhoMaySeeADelivery(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, d := s.tray(t, "A-01")
		other := s.patient(t, "Keza Ange", "A-02")
		s.link(t, s.stranger, other)
		s.link(t, s.customer, a)
		_, parcel := s.parcel(t)
		for _, actor := range []hospital.Actor{nurse, manager, admin, s.courier, s.second, s.customer} {
			for _, id := range []int64{d.ID, parcel.ID} {
				if watch, err := s.Delivery(t.Context(), actor, id); err != nil || watch.ID != id || watch.Topics[hospital.DeliveryTopic(id)] == 0 || !watch.At.Equal(s.clock.Now()) {
					t.Errorf("%s sees %+v and error %v", actor.Username, watch, err)
				}
			}
		}
		for _, id := range []int64{d.ID, parcel.ID} {
			_, err := s.Delivery(t.Context(), s.stranger, id)
			refused(t, err, hospital.NotFound, "delivery_unknown")
			_, err = s.Delivery(t.Context(), cook, id)
			refused(t, err, hospital.Forbidden, "forbidden")
		}
		if err := s.UnlinkCustomer(t.Context(), manager, s.customer.UserID, a.PatientID); err != nil {
			t.Fatal(err)
		}
		_, err := s.Delivery(t.Context(), s.customer, d.ID)
		refused(t, err, hospital.NotFound, "delivery_unknown")
	})
}

func TestActiveDeliveriesAreThoseThatOneMayFollow(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		var all []hospital.Delivery
		for i := range 5 {
			a := s.patient(t, hospital.PatientName(fmt.Sprint("Uwase ", i)), fmt.Sprintf("A-%02d", i+1))
			if i == 1 {
				s.link(t, s.customer, a)
			}
			all = append(all, s.cooked(t, s.orderFor(t, nurse, a, hospital.Lunch)))
		}
		_, parcel := s.parcel(t)
		s.claim(t, s.courier, all[0].ID)
		s.depart(t, s.courier, all[1].ID)
		s.claim(t, s.second, all[2].ID)
		s.depart(t, s.second, all[3].ID)
		s.handOver(t, s.second, all[3].ID, "A-04")
		s.claim(t, s.second, parcel.ID)
		everyones := fmt.Sprint(all[0].ID, all[1].ID, all[2].ID, parcel.ID)
		for actor, want := range map[hospital.Actor]string{
			s.courier: fmt.Sprint(all[0].ID, all[1].ID), s.second: fmt.Sprint(all[2].ID, parcel.ID), admin: everyones, nurse: everyones, manager: everyones,
			s.customer: fmt.Sprint(all[1].ID, parcel.ID), s.stranger: "",
		} {
			active, err := s.ActiveDeliveries(t.Context(), actor)
			if err != nil {
				t.Fatal(err)
			}
			var ids []any
			for _, d := range active {
				ids = append(ids, d.ID)
			}
			if got := fmt.Sprint(ids...); got != want {
				t.Errorf("%s may follow %s, want %s", actor.Username, got, want)
			}
		}
		_, err := s.ActiveDeliveries(t.Context(), cook)
		refused(t, err, hospital.Forbidden, "forbidden")
		for _, actor := range []hospital.Actor{nurse, manager, cook, s.customer} {
			_, err = s.DeliveryBoard(t.Context(), actor)
			refused(t, err, hospital.Forbidden, "forbidden")
		}
	})
}

// Whoever looks for a tray to carry learns where it goes, and not for whom it is.
func TestWhatWaitsTellsNothingOfItsPatient(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Xanthippe Quagmire", "A-05")
		renal := hospital.DietRenal
		change := hospital.DietCommand{Diet: &renal, Allergies: &hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"celery"}}}
		if _, err := s.SetDiet(t.Context(), nurse, a.ID, change); err != nil {
			t.Fatal(err)
		}
		d := s.cooked(t, s.orderFor(t, nurse, a, hospital.Lunch))
		secrets := []string{"Xanthippe", "1990", "renal", "celery", "Rice"}
		has := func(rounds any) (found []string) {
			text := fmt.Sprintf("%+v", rounds)
			for _, secret := range secrets {
				if strings.Contains(text, secret) {
					found = append(found, secret)
				}
			}
			return found
		}
		waiting := s.round(t, s.courier).Waiting
		if got, want := shown(waiting, ofTray), "A Medicine: A-05"; got != want || waiting[0].WardID == 0 {
			t.Errorf("waiting are %q in %+v, want %q", got, waiting, want)
		}
		s.claim(t, s.courier, d.ID)
		mine := s.round(t, s.courier).Mine
		if found := has(mine); !slices.Equal(found, secrets) {
			t.Errorf("its courier sees %v of %v", found, secrets)
		}
		waiting = append(waiting, s.round(t, admin).Waiting...)
		if got, want := shown(waiting, ofTray), "A Medicine: A-05 | A Medicine: A-05"; got != want || waiting[1].Stops[0].Courier != "jean" {
			t.Errorf("the admin sees %q carried by %q", got, waiting[1].Stops[0].Courier)
		}
		if found := has(waiting); len(found) > 0 {
			t.Errorf("who does not carry the tray sees %v", found)
		}
	})
}

func TestAStoppedTraySaysWhyAndNeedsNoReasonToComeBack(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, d := s.tray(t, "A-01")
		s.depart(t, s.courier, d.ID)
		s.stop(t, a)
		stop := s.round(t, s.courier).Mine[0].Stops[0]
		if stop.Stopped != hospital.StoppedHazard || len(stop.HeldFor) != 1 || stop.HeldFor[0].Kind != hospital.HazardNilByMouth {
			t.Errorf("the tablet shows %+v", stop)
		}
		back, err := s.FailDelivery(t.Context(), s.courier, d.ID, "", hospital.CourierCommand{})
		if err != nil || back.Status != hospital.DeliveryReturned || back.FailReason != "" {
			t.Errorf("brought back, the delivery is %+v and the error %v", back, err)
		}
	})
}

// taps are what a tablet sends of a delivery, in order, with the key of each.
func (s *service) taps(t testing.TB, d hospital.Delivery) []func(key string) (hospital.Delivery, error) {
	step := func(key string) hospital.CourierCommand { return hospital.CourierCommand{IdempotencyKey: key} }
	return []func(key string) (hospital.Delivery, error){
		func(key string) (hospital.Delivery, error) {
			return s.ClaimDelivery(t.Context(), s.courier, d.ID, step("claim-"+key))
		},
		func(key string) (hospital.Delivery, error) {
			return s.ReleaseDelivery(t.Context(), s.courier, d.ID, step("release-"+key))
		},
		func(key string) (hospital.Delivery, error) {
			return s.ClaimDelivery(t.Context(), s.courier, d.ID, step("claim again-"+key))
		},
		func(key string) (hospital.Delivery, error) {
			return s.DepartDelivery(t.Context(), s.courier, d.ID, step("depart-"+key))
		},
		func(key string) (hospital.Delivery, error) {
			return s.Deliver(t.Context(), s.courier, d.ID, hospital.DeliverCommand{BedCode: "A-01", ReceivedBy: "nurse", IdempotencyKey: "deliver-" + key})
		},
	}
}

func TestATapThatIsSentAgainHappensOnce(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		_, d := s.tray(t, "A-01")
		taps := s.taps(t, d)
		for i, tap := range taps {
			lines := s.auditLines(t)
			first, err := tap("k")
			if err != nil {
				t.Fatalf("tap %d: %v", i, err)
			}
			written := s.auditLines(t)
			if written == lines {
				t.Fatalf("tap %d did nothing", i)
			}
			for j := range i + 1 { // whatever the line held back arrives now
				s.moves(t, "", func() error {
					again, err := taps[j]("k")
					if again != first {
						t.Errorf("tap %d sent again after tap %d: the answer is %+v, want %+v", j, i, again, first)
					}
					return err
				})
			}
			if s.auditLines(t) != written {
				t.Errorf("what was sent again after tap %d is in the audit", i)
			}
		}

		_, other := s.tray(t, "A-02")
		s.depart(t, s.courier, other.ID)
		for what, send := range map[string]func() error{
			"another delivery": func() error {
				_, err := s.Deliver(t.Context(), s.courier, other.ID, hospital.DeliverCommand{BedCode: "A-01", ReceivedBy: "nurse", IdempotencyKey: "deliver-k"})
				return err
			},
			"another bed": func() error {
				_, err := s.Deliver(t.Context(), s.courier, d.ID, hospital.DeliverCommand{BedCode: "A-02", ReceivedBy: "nurse", IdempotencyKey: "deliver-k"})
				return err
			},
			"another command": func() error {
				_, err := s.FailDelivery(t.Context(), s.courier, other.ID, "asleep", hospital.CourierCommand{IdempotencyKey: "deliver-k"})
				return err
			},
		} {
			if refusal := s.refuses(t, hospital.Invalid, "idempotency_key_reused", send); refusal == nil {
				t.Errorf("the key of a tap was taken for %s", what)
			}
		}
	})
}

func TestOneTapThatArrivesManyTimesAtOnceHappensOnce(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		_, d := s.tray(t, "A-01")
		for i, tap := range s.taps(t, d) {
			before := s.delivery(t, d.ID)
			var all sync.WaitGroup
			for range 6 {
				all.Go(func() {
					if _, err := tap("k"); err != nil {
						t.Errorf("tap %d: %v", i, err)
					}
				})
			}
			all.Wait()
			if after := s.delivery(t, d.ID); after.Version != before.Version+1 {
				t.Errorf("tap %d made version %d of version %d", i, after.Version, before.Version)
			}
		}
	})
}

func TestWhatItsCourierRepeatsWithoutAKeyHappensOnce(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		_, d := s.tray(t, "A-01")
		failed := s.cooked(t, s.orderFor(t, nurse, s.patient(t, "Uwase Marine", "A-02"), hospital.Lunch))
		_, parcel := s.parcel(t)
		code := s.code(t, s.customer, parcel.ID)
		for _, id := range []int64{d.ID, failed.ID, parcel.ID} {
			seen := s.claim(t, s.courier, id)
			for range 3 {
				if _, err := s.DepartDelivery(t.Context(), s.courier, id, hospital.CourierCommand{Version: seen.Version}); err != nil {
					t.Errorf("set off again: %v", err)
				}
			}
		}
		deliver := func(actor hospital.Actor, id int64, code, receiver string) func() error {
			return func() error {
				_, err := s.Deliver(t.Context(), actor, id, hospital.DeliverCommand{BedCode: code, ReceivedBy: receiver})
				return err
			}
		}
		fail := func(actor hospital.Actor, reason string) func() error {
			return func() error {
				_, err := s.FailDelivery(t.Context(), actor, failed.ID, reason, hospital.CourierCommand{})
				return err
			}
		}
		for name, repeated := range map[string]func() error{
			"a tray": deliver(s.courier, d.ID, "a-01 ", " Keza"), "a parcel": deliver(s.courier, parcel.ID, code, ""), "a failure": fail(s.courier, "asleep"),
		} {
			if topics := s.moved(t, repeated); len(topics) == 0 {
				t.Errorf("%s did nothing", name)
			}
			s.moves(t, "", repeated)
		}
		for _, other := range []func() error{deliver(s.courier, d.ID, "A-02", "Keza"), deliver(s.courier, d.ID, "A-01", "Ange"), fail(s.courier, "away"),
			deliver(s.courier, failed.ID, "A-02", "")} {
			s.refuses(t, hospital.Conflict, "delivery_step", other)
		}
		for _, anothers := range []func() error{deliver(s.second, d.ID, "A-01", "Keza"), fail(s.second, "asleep")} {
			s.refuses(t, hospital.NotFound, "delivery_unknown", anothers)
		}
	})
}

func TestWhatTheLineHeldBackHappenedWhenItWasTapped(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		for name, c := range map[string]struct{ after, want time.Duration }{ // since the departure; it is saved an hour after that
			"on the way":          {10 * time.Minute, 10 * time.Minute},
			"by a slow clock":     {-time.Minute, 0},
			"by a fast clock":     {2 * time.Hour, time.Hour},
			"by no clock":         {0, time.Hour},
			"in the last moment":  {time.Hour, time.Hour},
			"with microseconds":   {time.Minute + 1234*time.Microsecond, time.Minute + time.Millisecond},
			"in the first moment": {1, 0},
		} {
			_, delivered := s.tray(t, "A-01")
			failed := s.cooked(t, s.orderFor(t, nurse, s.patient(t, "Uwase Marine", "A-02"), hospital.Lunch))
			s.depart(t, s.courier, delivered.ID)
			s.depart(t, s.courier, failed.ID)
			departed := s.clock.Now()
			var tapped time.Time
			if c.after != 0 {
				tapped = departed.Add(c.after)
			}
			s.clock.pass(time.Hour)
			done := must[hospital.Delivery](t)(s.Deliver(t.Context(), s.courier, delivered.ID, hospital.DeliverCommand{BedCode: "A-01", TappedAt: tapped}))
			gaveUp := must[hospital.Delivery](t)(s.FailDelivery(t.Context(), s.courier, failed.ID, "asleep", hospital.CourierCommand{TappedAt: tapped}))
			for _, d := range []hospital.Delivery{done, gaveUp, s.delivery(t, delivered.ID)} {
				if !d.DoneAt.Equal(departed.Add(c.want)) || !d.StatusSince.Equal(s.clock.Now()) {
					t.Errorf("tapped %s: %s at %v and saved at %v, want %v after the departure at %v", name, d.Status, d.DoneAt, d.StatusSince, c.want, departed)
				}
			}
			s.empty(t)
		}
	})
}

// A refusal is no answer to keep: what was wrong may be right by then, and nothing has happened.
func TestARefusedTapThatIsSentAgainIsJudgedAnew(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, d := s.tray(t, "A-01")
		s.depart(t, s.courier, d.ID)
		scan := func() error {
			_, err := s.Deliver(t.Context(), s.courier, d.ID, hospital.DeliverCommand{BedCode: "B-02", IdempotencyKey: "k"})
			return err
		}
		for range 2 {
			refused(t, scan(), hospital.Conflict, "wrong_bed")
		}
		if _, err := s.Transfer(t.Context(), nurse, a.ID, hospital.TransferCommand{BedID: s.bed(t, "B-02").ID}); err != nil {
			t.Fatal(err)
		}
		if err := scan(); err != nil {
			t.Errorf("the patient lies there now: %v", err)
		}
	})
}

func TestTheBoardGroupsTraysIntoRounds(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		var trays []hospital.Delivery
		for _, number := range []string{"B-03", "", "A-06", "A-02", "B-01", "A-04"} {
			a := s.patient(t, hospital.PatientName("Uwase "+number), number)
			trays = append(trays, s.cooked(t, s.orderFor(t, nurse, a, hospital.Lunch)))
		}
		_, parcel := s.parcel(t)
		s.claim(t, s.courier, trays[0].ID)
		s.depart(t, s.courier, trays[2].ID)
		s.claim(t, s.second, trays[5].ID)

		board := s.round(t, s.courier)
		if got, want := shown(board.Waiting, ofTray), "A Medicine: A-02 | B Surgery: B-01 | : - | Shelter: -"; got != want {
			t.Errorf("waiting are %q, want %q", got, want)
		}
		if got, want := shown(board.Mine, ofStop), "A Medicine: A-06 | B Surgery: B-03"; got != want {
			t.Errorf("mine are %q, want %q", got, want)
		}
		if got, want := shown(s.round(t, admin).Waiting, ofTray), "A Medicine: A-02 A-04 A-06 | B Surgery: B-01 B-03 | : - | Shelter: -"; got != want {
			t.Errorf("the admin sees %q, want %q", got, want)
		}
		if counts := board.Counts; counts[hospital.DeliveryUnassigned] != 4 || counts[hospital.DeliveryAssigned] != 2 || counts[hospital.DeliveryInTransit] != 1 {
			t.Errorf("counts are %v", counts)
		}
		stop := board.Mine[0].Stops[0]
		if stop.PatientName != "Uwase A-06" || stop.BirthDate.Format(time.DateOnly) != "1990-01-02" || stop.Meal != hospital.Lunch || stop.Diet != hospital.DietGeneral ||
			stop.Texture != hospital.RegularTexture || !stop.Allergies.Known || len(stop.Dishes) != 1 || stop.Dishes[0].Name.En != "Rice" || stop.Phone != "" ||
			!stop.ReadySince.Equal(morning) {
			t.Errorf("the tablet shows %+v", stop)
		}
		if last := board.Waiting[3].Stops[0]; last.ID != parcel.ID ||
			last.Destination != "Shelter" || last.Meal != hospital.Snack ||
			!last.ReadySince.Equal(morning) {
			t.Errorf("the tablet shows the parcel that waits as %+v", last)
		}
		s.claim(t, s.courier, parcel.ID)
		mine := s.round(t, s.courier).Mine
		last := mine[len(mine)-1].Stops[0]
		if last.ID != parcel.ID || last.Phone != "+250788123456" || last.PatientName != "Claudine Uwera" || last.Texture != hospital.RegularTexture {
			t.Errorf("the tablet shows the parcel as %+v", last)
		}
		if board.Metrics.PatientCount != 6 || board.Topics[hospital.DeliveriesTopic] == 0 || board.Topics[hospital.MetricsTopic] == 0 {
			t.Errorf("the board's numbers are %+v at %+v", board.Metrics, board.Revisions)
		}
	})
}

// shown is how rounds look: their names and beds.
func shown[Stop any](rounds []hospital.Round[Stop], delivery func(Stop) hospital.Delivery) string {
	var all []string
	for _, round := range rounds {
		var stops []string
		for _, stop := range round.Stops {
			stops = append(stops, cmp.Or(delivery(stop).BedNumber, "-"))
		}
		all = append(all, round.Name+": "+strings.Join(stops, " "))
	}
	return strings.Join(all, " | ")
}

func ofTray(t hospital.Tray) hospital.Delivery      { return t.Delivery }
func ofStop(s hospital.RoundStop) hospital.Delivery { return s.Delivery }

func TestTheBoardCountsWhatEndedTodayInKigali(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, d := s.tray(t, "A-01")
		s.bringDelivery(t, a, d, hospital.DeliveryDelivered)
		s.clock.pass(time.Hour)
		s.bringDelivery(t, a, s.cooked(t, s.orderFor(t, nurse, a, hospital.Snack)), hospital.DeliveryFailed)
		counts := s.round(t, s.courier).Counts
		if counts[hospital.DeliveryDelivered] != 1 || counts[hospital.DeliveryFailed] != 1 {
			t.Errorf("counts are %v", counts)
		}
		// Midnight in Kigali is 22:00 in UTC.
		s.clock.pass(12*time.Hour - time.Millisecond)
		if counts := s.round(t, s.courier).Counts; counts[hospital.DeliveryDelivered] != 1 {
			t.Errorf("just before midnight counts are %v", counts)
		}
		s.clock.pass(time.Millisecond)
		if counts := s.round(t, s.courier).Counts; len(counts) > 0 {
			t.Errorf("on the next day counts are %v", counts)
		}
	})
}
