package hospital_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dusangire/hospital"
)

// cart hands what is checked of a ward's lunch to the couriers.
func (s *service) cart(t testing.TB, wardID int64) (hospital.Cart, []hospital.LeftOut) {
	t.Helper()
	cart, left, _, err := s.MakeCart(t.Context(), cook,
		hospital.CartCommand{WardID: wardID, Meal: "lunch"})
	if err != nil {
		t.Fatalf("make a cart: %v", err)
	}
	return cart, left
}

// trayOf is a checked tray of the lunch of a new patient.
func (s *service) trayOf(t testing.TB, bed string) (hospital.Admission, hospital.Delivery) {
	t.Helper()
	a := s.patient(t, hospital.PatientName("Patient "+bed), bed)
	return a, s.cooked(t, s.orderFor(t, nurse, a, "lunch"))
}

func TestACartTakesTheCheckedTraysOfAWardTogether(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		_, first := s.trayOf(t, "A-01")
		_, second := s.trayOf(t, "A-02")
		third := s.patient(t, "Patient three", "A-03")
		open := s.confirm(t, s.orderFor(t, nurse, third, "lunch"))

		cart, left := s.cart(t, third.WardID)
		if cart.Trays != 2 || cart.CourierID != 0 || cart.Departed {
			t.Errorf("the cart is %+v, want two trays and no courier", cart)
		}
		if len(left) != 1 || left[0].OrderID != open.ID || left[0].Why.Code != "not_checked" {
			t.Errorf("left out are %+v, want order %d, which is not checked", left, open.ID)
		}
		s.refuses(t, hospital.Conflict, "cart_empty", func() error {
			_, _, _, err := s.MakeCart(t.Context(), cook,
				hospital.CartCommand{WardID: third.WardID, Meal: "lunch"})
			return err
		})
		if carts := s.round(t, s.courier).Carts; len(carts) != 1 || carts[0].ID != cart.ID {
			t.Fatalf("the courier sees the carts %+v", carts)
		}

		if _, err := s.ClaimCart(t.Context(), s.courier, cart.ID, 0); err != nil {
			t.Fatal(err)
		}
		s.refuses(t, hospital.Conflict, "cart_claimed", func() error {
			_, err := s.ClaimCart(t.Context(), s.second, cart.ID, 0)
			return err
		})
		s.refuses(t, hospital.Forbidden, "cart_not_yours", func() error {
			_, err := s.DepartCart(t.Context(), s.second, cart.ID, 0)
			return err
		})
		if refused, err := s.DepartCart(t.Context(), s.courier, cart.ID, 0); err != nil ||
			len(refused) > 0 {
			t.Fatalf("depart with a cart: %v, %v", refused, err)
		}
		for _, d := range []hospital.Delivery{first, second} {
			if now := s.delivery(t, d.ID); now.Status != hospital.DeliveryInTransit ||
				now.CourierID != s.courier.UserID {
				t.Errorf("delivery %d is %s", d.ID, now.Status)
			}
		}
	})
}

// What speaks against one tray at the departure keeps the others from nothing.
func TestACartLeavesWhatIsDangerousInTheKitchen(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, held := s.trayOf(t, "A-01")
		_, other := s.trayOf(t, "A-02")
		cart, _ := s.cart(t, a.WardID)
		if _, err := s.ClaimCart(t.Context(), s.courier, cart.ID, 0); err != nil {
			t.Fatal(err)
		}
		s.stop(t, a)
		if _, err := s.DepartCart(t.Context(), s.courier, cart.ID, 0); err != nil {
			t.Fatal(err)
		}
		if status := s.delivery(t, held.ID).Status; status != hospital.DeliveryCancelled {
			t.Errorf("the dangerous tray is %s, want cancelled", status)
		}
		if status := s.delivery(t, other.ID).Status; status != hospital.DeliveryInTransit {
			t.Errorf("the other tray is %s, want in transit", status)
		}
	})
}

func TestOneOfManyCouriersGetsTheCart(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, _ := s.trayOf(t, "A-01")
		s.trayOf(t, "A-02")
		cart, _ := s.cart(t, a.WardID)
		var claimed atomic.Int32
		var all sync.WaitGroup
		for _, courier := range []hospital.Actor{s.courier, s.second} {
			all.Go(func() {
				if _, err := s.ClaimCart(t.Context(), courier, cart.ID, 0); err == nil {
					claimed.Add(1)
				} else if !hospital.IsKind(err, hospital.Conflict) {
					t.Errorf("claim a cart: %v", err)
				}
			})
		}
		all.Wait()
		if claimed.Load() != 1 {
			t.Errorf("%d couriers have the cart", claimed.Load())
		}
		mine := len(slices.Concat(stopsOf(s.round(t, s.courier)), stopsOf(s.round(t, s.second))))
		if mine != 2 {
			t.Errorf("the couriers have %d trays, want both of the cart", mine)
		}
	})
}

// stopsOf are the stops of a courier's own round.
func stopsOf(b hospital.DeliveryBoard) (stops []hospital.RoundStop) {
	for _, r := range b.Mine {
		stops = append(stops, r.Stops...)
	}
	return stops
}

func TestACourierTakesBackWhatWasTappedByMistake(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		for _, to := range []hospital.DeliveryStatus{hospital.DeliveryDelivered,
			hospital.DeliveryFailed} {
			a, d := s.tray(t, "A-01")
			s.bringDelivery(t, a, d, to)
			s.clock.pass(hospital.UndoDeliveryWithin)
			undo := func() error {
				_, err := s.UndoDelivery(t.Context(), s.courier, d.ID, hospital.CourierCommand{})
				return err
			}
			s.refuses(t, hospital.NotFound, "delivery_unknown", func() error {
				_, err := s.UndoDelivery(t.Context(), s.second, d.ID, hospital.CourierCommand{})
				return err
			})
			if err := undo(); err != nil {
				t.Fatalf("take back that it was %s: %v", to, err)
			}
			now, order := s.delivery(t, d.ID), s.order(t, d.OrderID)
			if now.Status != hospital.DeliveryInTransit || order.Status != hospital.OrderInTransit ||
				now.ReceivedBy != "" || now.FailReason != "" || !now.DoneAt.IsZero() {
				t.Errorf("taken back from %s it is %+v, its order %s", to, now, order.Status)
			}
			s.refuses(t, hospital.Conflict, "delivery_step", undo)
			s.bringDelivery(t, a, now, hospital.DeliveryInTransit)
			if err := s.carry(t, s.courier, d.ID, 0)[to](); err != nil {
				t.Fatal(err)
			}
			s.clock.pass(hospital.UndoDeliveryWithin + time.Second)
			s.refuses(t, hospital.Conflict, "undo_too_late", undo)
			s.empty(t)
		}
	})
}

// A patient who has left meanwhile gets nothing by an undo: the tray comes back.
func TestWhatIsTakenBackIsCheckedAnew(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, d := s.tray(t, "A-01")
		s.bringDelivery(t, a, d, hospital.DeliveryDelivered)
		s.stop(t, a)
		if _, err := s.UndoDelivery(t.Context(), s.courier, d.ID,
			hospital.CourierCommand{}); err != nil {
			t.Fatal(err)
		}
		if now := s.delivery(t, d.ID); now.Stopped != hospital.StoppedHazard {
			t.Errorf("the tray of somebody nil by mouth goes on: %+v", now)
		}
	})
}

func TestAFailedTrayIsSentAgain(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, d := s.tray(t, "A-01")
		s.bringDelivery(t, a, d, hospital.DeliveryFailed)
		resend := func(actor hospital.Actor) func() error {
			return func() error {
				_, err := s.ResendDelivery(t.Context(), actor, d.ID, hospital.CourierCommand{})
				return err
			}
		}
		s.refuses(t, hospital.Forbidden, "forbidden", resend(nurse))
		if err := resend(cook)(); err != nil {
			t.Fatal(err)
		}
		order := s.order(t, d.OrderID)
		again := s.deliveryOf(t, order)
		if order.Status != hospital.OrderReady || again.ID == d.ID ||
			again.Status != hospital.DeliveryUnassigned {
			t.Errorf("the order is %s, its delivery %+v", order.Status, again)
		}
		s.refuses(t, hospital.Conflict, "delivery_replaced", resend(s.courier))
		s.bringDelivery(t, a, again, hospital.DeliveryFailed)
		s.stop(t, a)
		s.refuses(t, hospital.Conflict, "hazards", func() error {
			_, err := s.ResendDelivery(t.Context(), cook, again.ID, hospital.CourierCommand{})
			return err
		})
		if status := s.order(t, d.OrderID).Status; status != hospital.OrderUndelivered {
			t.Errorf("a refused resend took the order to %s", status)
		}
	})
}

func TestACourierGivesADeliveryToAColleague(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		_, d := s.tray(t, "A-01")
		s.depart(t, s.courier, d.ID)
		to := func(name string) func() error {
			return func() error {
				_, err := s.HandOverDelivery(t.Context(), s.courier, d.ID, name,
					hospital.CourierCommand{})
				return err
			}
		}
		for _, nobody := range []string{"", "nobody", s.courier.Username, nurse.Username} {
			if err := to(nobody)(); !hospital.IsKind(err, hospital.Invalid) {
				t.Errorf("given to %q: %v, want it refused", nobody, err)
			}
		}
		if err := to(s.second.Username)(); err != nil {
			t.Fatal(err)
		}
		if now := s.delivery(t, d.ID); now.CourierID != s.second.UserID ||
			now.Status != hospital.DeliveryInTransit {
			t.Errorf("the delivery is %+v", now)
		}
		if told := s.told(t, s.second); !slices.Contains(told, "delivery_yours") {
			t.Errorf("the colleague is told %v", told)
		}
		s.refuses(t, hospital.Forbidden, "delivery_not_yours", to(s.second.Username))
		s.handOver(t, s.second, d.ID, "A-01")
	})
}

func TestALockedCodeIsRenewedAndNoOther(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		_, d := s.parcel(t)
		s.depart(t, s.courier, d.ID)
		renew := func() error {
			_, err := s.RenewDeliveryCode(t.Context(), s.courier, d.ID, hospital.CourierCommand{})
			return err
		}
		s.refuses(t, hospital.Conflict, "code_holds", renew)
		code := s.code(t, s.customer, d.ID)
		wrong := "000000"
		if code == wrong {
			wrong = "000001"
		}
		for range 5 {
			_, err := s.Deliver(t.Context(), s.courier, d.ID, hospital.DeliverCommand{BedCode: wrong})
			if !hospital.IsKind(err, hospital.Conflict) {
				t.Fatalf("a wrong code: %v", err)
			}
		}
		if stop := stopsOf(s.round(t, s.courier))[0]; !stop.CodeLocked {
			t.Error("the courier is not told that the code is locked")
		}
		if err := renew(); err != nil {
			t.Fatal(err)
		}
		if s.code(t, s.customer, d.ID) == code {
			t.Error("the customer has the same code")
		}
	})
}

func TestWhatWasEatenIsRecordedOfWhatWasDelivered(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, d := s.tray(t, "A-01")
		record := func(eaten hospital.Eaten) func() error {
			return func() error {
				return s.RecordIntake(t.Context(), nurse, d.OrderID, hospital.IntakeCommand{
					Eaten: eaten, Reason: " tired ", AdmissionID: a.ID})
			}
		}
		s.refuses(t, hospital.Conflict, "not_delivered", record(hospital.EatenHalf))
		s.bringDelivery(t, a, d, hospital.DeliveryDelivered)
		if out, err := s.TraysOut(t.Context(), nurse, a.WardID); err != nil || len(out.Trays) != 1 {
			t.Fatalf("out are %+v, %v", out, err)
		}
		if err := record("most")(); !hospital.IsKind(err, hospital.Invalid) {
			t.Errorf("most: %v, want it refused", err)
		}
		for _, eaten := range []hospital.Eaten{hospital.EatenHalf, hospital.EatenAll} {
			if err := record(eaten)(); err != nil {
				t.Fatal(err)
			}
			detail, err := s.OrderDetail(t.Context(), nurse, d.OrderID)
			if err != nil || detail.Intake.Eaten != eaten || detail.Intake.Reason != "tired" {
				t.Errorf("the order says %+v, %v; want %s", detail.Intake, err, eaten)
			}
		}
		if out, err := s.TraysOut(t.Context(), nurse, a.WardID); err != nil || len(out.Trays) != 0 {
			t.Errorf("out are still %+v, %v", out, err)
		}
	})
}
