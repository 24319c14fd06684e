package hospital_test

import (
	"testing"
	"time"

	"dusangire/hospital"
)

// An order of an earlier day is history, which the kitchen and couriers never see: not by a
// refusal either. One that is still open is work.
func TestTheKitchenStepsOldOrdersThatAreOpenAndSeesNoOldOnes(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		open := s.orderFor(t, nurse, a, hospital.Lunch)
		ended := s.orderFor(t, nurse, a, hospital.Dinner)
		if _, err := s.CancelOrder(t.Context(), nurse, ended.ID, hospital.OrderCommand{}); err != nil {
			t.Fatal(err)
		}
		reads := func(actor hospital.Actor, o hospital.Order) func() error {
			return func() error { _, err := s.Order(t.Context(), actor, o.ID); return err }
		}
		step := func(o hospital.Order) func() error {
			return func() error {
				_, err := s.ConfirmOrder(t.Context(), cook, o.ID, hospital.OrderCommand{})
				return err
			}
		}
		// The last minute of the next day in Kigali.
		last := time.Date(2026, time.November, 24, 21, 59, 0, 0, time.UTC)
		s.clock.pass(last.Sub(s.clock.Now()))
		for _, actor := range []hospital.Actor{cook, s.courier} {
			for _, o := range []hospital.Order{open, ended} {
				if err := reads(actor, o)(); err != nil {
					t.Errorf("%s reads yesterday's order: %v", actor.Role, err)
				}
			}
		}
		s.refuses(t, hospital.Conflict, "order_closed", step(ended))
		s.clock.pass(time.Minute)
		for _, actor := range []hospital.Actor{cook, s.courier} {
			s.refuses(t, hospital.NotFound, "order_unknown", reads(actor, open))
			s.refuses(t, hospital.NotFound, "order_unknown", reads(actor, ended))
		}
		for _, actor := range []hospital.Actor{nurse, manager, admin} {
			if err := reads(actor, ended)(); err != nil {
				t.Errorf("%s reads an old order: %v", actor.Role, err)
			}
		}
		s.refuses(t, hospital.NotFound, "order_unknown", step(ended))
		if err := step(open)(); err != nil {
			t.Errorf("the kitchen confirms an old order that is open: %v", err)
		}
	})
}

// What a home is, is told to who goes there: not in lists, not on the board, not by the refusal of
// a command.
func TestAHomeIsToldToItsCourierAlone(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		const home = "KG 7 Ave 12, Kigali"
		_, d := s.parcel(t)
		refusalShows := func(actor hospital.Actor) any {
			_, err := s.DepartDelivery(t.Context(), actor, d.ID, hospital.CourierCommand{})
			if refused, ok := err.(*hospital.Error); ok {
				return refused.Current
			}
			return nil
		}
		if shown, _ := refusalShows(s.second).(hospital.Delivery); shown.ID != d.ID ||
			shown.Destination != "Shelter" {
			t.Errorf("departing with what waits shows %+v, want the zone", shown)
		}
		s.depart(t, s.courier, d.ID)
		if _, err := s.LocateDelivery(t.Context(), s.courier, d.ID, -1.95, 30.06); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			actor hospital.Actor
			told  bool
		}{{s.courier, true}, {s.customer, true}, {admin, true}, {s.second, false}, {nurse, false},
			{manager, false}} {
			watch, err := s.Delivery(t.Context(), c.actor, d.ID)
			if told := watch.Destination == home; err != nil || told != c.told ||
				(watch.Latitude != nil) != c.told {
				t.Errorf("%s %s sees %+v and error %v", c.actor.Role, c.actor.Username,
					watch.Delivery, err)
			}
			active, err := s.ActiveDeliveries(t.Context(), c.actor)
			if c.actor == s.second {
				c.told = false
				if len(active) != 0 {
					t.Errorf("the other courier is told of %+v", active)
				}
			} else if err != nil || len(active) != 1 || (active[0].Destination == home) != c.told {
				t.Errorf("%s is told of %+v and error %v", c.actor.Role, active, err)
			}
		}
		_, err := s.ClaimDelivery(t.Context(), s.second, d.ID, hospital.CourierCommand{})
		claimed := refused(t, err, hospital.Conflict, "delivery_claimed")
		if claimed.Current.(hospital.Delivery).Destination != "Shelter" {
			t.Errorf("claiming another's shows %+v", claimed.Current)
		}
		s.handOver(t, s.courier, d.ID, s.code(t, s.customer, d.ID))
		s.refuses(t, hospital.NotFound, "delivery_unknown", func() error {
			_, err := s.ClaimDelivery(t.Context(), s.second, d.ID, hospital.CourierCommand{})
			return err
		})
	})
}
