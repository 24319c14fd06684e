package hospital_test

import (
	"testing"
	"time"

	"dusangire/hospital"
)

// Hot food that has stood for too long goes to nobody: it is cooked again.
func TestHotFoodThatHasStoodTooLongIsCookedAgain(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		ctx, ok, none := t.Context(), must[hospital.Order](t), hospital.OrderCommand{}
		s.setUp(t, "hot_food_minutes=30")
		o := s.bringTo(t, s.patient(t, "Uwase Marie", "A-01"), hospital.OrderPreparing)
		part := func(done bool) { ok(s.SetPart(ctx, cook, o.ID, "hot", done, none)) }
		check := func() error {
			_, err := s.ReadyOrder(ctx, cook, o.ID, none)
			return err
		}
		part(true)
		done := s.clock.Now()
		want := hospital.HotFood{Since: done, WarnAt: done.Add(30 * time.Minute),
			CookAgainAt: done.Add(time.Hour)}
		if got := s.kitchen(t).Tickets[0].Hot; got != want {
			t.Errorf("the ticket's hot food is %+v, want %+v", got, want)
		}
		s.clock.pass(time.Hour)
		s.refuses(t, hospital.Conflict, "food_too_old", check)
		part(false)
		part(true)
		if err := check(); err != nil {
			t.Fatalf("cooked again: %v", err)
		}

		d := s.claim(t, s.courier, s.deliveryOf(t, o).ID)
		s.clock.pass(time.Hour)
		s.refuses(t, hospital.Conflict, "food_too_old", func() error {
			_, err := s.DepartDelivery(ctx, s.courier, d.ID, hospital.CourierCommand{})
			return err
		})
		if got := partsOf(ok(s.RecallOrder(ctx, cook, o.ID, none))); got != "hot=false " {
			t.Errorf("taken back it has the parts %s", got)
		}
		s.setUp(t, "hot_food_minutes=0")
		if err := check(); err != nil {
			t.Fatal(err)
		}
		d = s.claim(t, s.courier, s.deliveryOf(t, o).ID)
		s.clock.pass(12 * time.Hour)
		if _, err := s.DepartDelivery(ctx, s.courier, d.ID, hospital.CourierCommand{}); err != nil {
			t.Errorf("where nobody minds: %v", err)
		}
	})
}
