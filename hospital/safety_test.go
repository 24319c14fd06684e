package hospital_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

// openStatuses are those of an order on which something can still happen.
var openStatuses = []hospital.OrderStatus{hospital.OrderPending, hospital.OrderConfirmed, hospital.OrderPreparing, hospital.OrderReady,
	hospital.OrderInTransit, hospital.OrderHeld}

// endedStatuses are the others.
var endedStatuses = []hospital.OrderStatus{hospital.OrderDelivered, hospital.OrderCancelled, hospital.OrderUndelivered}

func TestADietChangeStopsTheOpenOrdersThatItMakesDangerous(t *testing.T) {
	t.Parallel()
	minced := hospital.Texture(5)
	renal := hospital.DietRenal
	changes := map[string]struct {
		to   hospital.DietCommand
		want string // with the id of the dish
	}{
		"an allergy":       {allergic("milk"), "allergen %d milk"},
		"a diet":           {hospital.DietCommand{Diet: &renal}, "diet %d renal"},
		"a texture":        {hospital.DietCommand{Texture: &minced}, "texture %d"},
		"nil by mouth":     {fasting(morning, time.Time{}), "nil_by_mouth"},
		"taking back none": {hospital.DietCommand{Allergies: &hospital.Allergies{}}, "never_asked"},
	}
	for _, status := range slices.Concat(openStatuses, endedStatuses) {
		t.Run(string(status), func(t *testing.T) {
			onEachService(t, func(t *testing.T, s *service) {
				s.dish = s.add(t, "Tea", func(d *hospital.Dish) {
					d.Allergens, d.Diets, d.Textures = []hospital.Allergen{"milk"}, []hospital.Diet{hospital.DietGeneral}, []hospital.Texture{7}
				})
				for _, name := range slices.Sorted(maps.Keys(changes)) {
					change := changes[name]
					a := s.patient(t, "Uwase Marie", s.freeBed(t))
					o := s.bringTo(t, a, status)
					other := s.bringTo(t, s.patient(t, "Mugisha Eric", ""), hospital.OrderConfirmed)
					told := len(s.told(t, cook))
					s.diet(t, a, change.to)
					after := s.order(t, o.ID)
					want := change.want
					if strings.Contains(want, "%d") {
						want = fmt.Sprintf(want, s.dish.ID)
					}
					s.stopped(t, name, o, after, want)
					alarm := map[hospital.OrderStatus]string{hospital.OrderInTransit: "ticket_stopped"}[status]
					if alarm == "" {
						alarm = "ticket_held"
					}
					news := s.told(t, cook)[told:]
					if wanted := slices.Contains(openStatuses, status); wanted != (len(news) == 1) || wanted && news[0] != alarm {
						t.Errorf("%s: the kitchen is told %v", name, news)
					}
					if untouched := s.order(t, other.ID); untouched.Status != hospital.OrderConfirmed || untouched.Version != other.Version {
						t.Errorf("%s: another patient's order became %+v", name, untouched)
					}
				}
			})
		})
	}
}

// freeBed is the number of a bed that can take someone.
func (s *service) freeBed(t testing.TB) string {
	t.Helper()
	free, err := s.FreeBeds(t.Context())
	if err != nil || len(free) == 0 {
		t.Fatalf("there is no free bed (error %v)", err)
	}
	return free[0].Number
}

// stopped checks that an order was stopped for exactly what is wanted, as it is to be in the status
// that it had.
func (s *service) stopped(t testing.TB, name string, before, after hospital.Order, want string) {
	t.Helper()
	switch before.Status {
	case hospital.OrderInTransit:
		if after.Status != hospital.OrderInTransit || after.Stopped != hospital.StoppedHazard || kinds(after.HeldFor) != want {
			t.Errorf("%s: on its way it became %s, stopped %q for %q, want %q", name, after.Status, after.Stopped, kinds(after.HeldFor), want)
		}
		if d := s.deliveryOf(t, before); d.Status != hospital.DeliveryInTransit || d.Stopped != hospital.StoppedHazard {
			t.Errorf("%s: its delivery is %s, stopped %q", name, d.Status, d.Stopped)
		}
	case hospital.OrderDelivered, hospital.OrderCancelled, hospital.OrderUndelivered:
		if after.Status != before.Status || after.Version != before.Version {
			t.Errorf("%s: an order that had ended became %+v", name, after)
		}
	default:
		if after.Status != hospital.OrderHeld || kinds(after.HeldFor) != want || after.Begun != before.Begun || after.Stopped != "" {
			t.Errorf("%s: it became %s for %q, begun %t, stopped %q; want it held for %q", name, after.Status, kinds(after.HeldFor), after.Begun, after.Stopped, want)
		}
		if before.Status == hospital.OrderReady {
			if d := s.deliveryOf(t, before); d.Status != hospital.DeliveryCancelled {
				t.Errorf("%s: its delivery is %s", name, d.Status)
			}
		}
	}
}

func TestAnOrderThatIsNoLongerDangerousStaysHeldUntilAPersonConfirmsIt(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		tea := s.add(t, "Tea", with("milk", "eggs"))
		o := must[hospital.Order](t)(s.place(t, a, "", tea))
		confirm := func(actor hospital.Actor, reason string) func() error {
			return func() error {
				_, err := s.ConfirmOrder(t.Context(), actor, o.ID, hospital.OrderCommand{Reason: reason})
				return err
			}
		}
		s.diet(t, a, allergic("eggs", "milk"))
		s.refuses(t, hospital.Conflict, "hazards", confirm(cook, ""))
		s.refuses(t, hospital.Conflict, "hazards", confirm(cook, "I know better than they do"))
		s.diet(t, a, allergic("milk"))
		if got := s.order(t, o.ID); got.Status != hospital.OrderHeld || kinds(got.HeldFor) != fmt.Sprintf("allergen %d milk", tea.ID) {
			t.Errorf("with one reason less it is %s for %q", got.Status, kinds(got.HeldFor))
		}
		s.diet(t, a, allergic())
		if got := s.order(t, o.ID); got.Status != hospital.OrderHeld || len(got.HeldFor) != 0 {
			t.Errorf("with no reason left it is %s for %q", got.Status, kinds(got.HeldFor))
		}
		if got, want := s.told(t, cook), []string{"ticket_held", "ticket_clear"}; !slices.Equal(got, want) {
			t.Errorf("the kitchen is told %v, want %v", got, want)
		}
		if err := confirm(cook, "")(); err != nil {
			t.Fatal(err)
		}
		if got := s.order(t, o.ID); got.Status != hospital.OrderConfirmed || got.OverrideReason != "" {
			t.Errorf("confirmed it became %+v", got)
		}
	})
}

func TestMedicalStaffOverrideAHeldOrderByConfirmingItWithAReason(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		tea := s.add(t, "Tea", with("milk"))
		o := must[hospital.Order](t)(s.place(t, a, "", tea))
		confirm := func(reason string) func() error {
			return func() error {
				_, err := s.ConfirmOrder(t.Context(), nurse, o.ID, hospital.OrderCommand{Reason: reason})
				return err
			}
		}
		s.diet(t, a, allergic("milk"))
		s.refuses(t, hospital.Conflict, "hazards", confirm(""))
		refusal := s.refuses(t, hospital.Invalid, "fields", confirm("it is ok"))
		if got := wrongFields(refusal); got["reason"] != "too_short" {
			t.Errorf("got %v", got)
		}
		if err := confirm("Tolerates boiled milk")(); err != nil {
			t.Fatal(err)
		}
		if got := s.order(t, o.ID); got.Status != hospital.OrderConfirmed || got.OverrideReason != "Tolerates boiled milk" || len(got.HeldFor) != 0 {
			t.Errorf("it became %+v", got)
		}
		if n := s.number(t, `SELECT count(*) FROM audit WHERE action = 'order.override' AND entity_id = $1`, o.ID); n != 1 {
			t.Errorf("the audit tells of %d overrides, want 1", n)
		}
		s.diet(t, a, fasting(s.clock.Now(), time.Time{}))
		s.refuses(t, hospital.Conflict, "hazards", confirm("Is very hungry, they say"))
		if d := s.cooked(t, must[hospital.Order](t)(s.place(t, s.patient(t, "Keza Ange", ""), "", tea))); d.Status != hospital.DeliveryUnassigned {
			t.Errorf("another patient's tea is %+v", d)
		}
	})
}

// The one refusal that changes something: what the check finds while somebody goes on with an order
// stops it for everyone.
func TestASafetyCheckThatRefusesHoldsTheOrderNevertheless(t *testing.T) {
	steps := map[string]struct {
		from hospital.OrderStatus
		step func(s *service, t *testing.T, o hospital.Order) error
	}{
		"confirm": {hospital.OrderPending, func(s *service, t *testing.T, o hospital.Order) error {
			return s.steps(t, cook, o, hospital.OrderCommand{})["confirm"]()
		}},
		"start": {hospital.OrderConfirmed, func(s *service, t *testing.T, o hospital.Order) error {
			return s.steps(t, cook, o, hospital.OrderCommand{})["start"]()
		}},
		"ready": {hospital.OrderPreparing, func(s *service, t *testing.T, o hospital.Order) error {
			return s.steps(t, cook, o, hospital.OrderCommand{})["ready"]()
		}},
		"depart": {hospital.OrderReady, func(s *service, t *testing.T, o hospital.Order) error {
			_, err := s.DepartDelivery(t.Context(), s.courier, s.deliveryOf(t, o).ID, hospital.CourierCommand{})
			return err
		}},
		"deliver": {hospital.OrderInTransit, func(s *service, t *testing.T, o hospital.Order) error {
			_, err := s.Deliver(t.Context(), s.courier, s.deliveryOf(t, o).ID, hospital.DeliverCommand{BedCode: "A-01"})
			return err
		}},
	}
	dangers := map[string]struct {
		do   func(s *service, t *testing.T, o hospital.Order)
		want string
	}{
		// Behind the back of SetDiet and SetDish, which would have stopped the order themselves.
		"a recipe gained an allergen": {func(s *service, t *testing.T, o hospital.Order) {
			s.exec(t, `UPDATE dish SET allergens = '["milk"]' WHERE id = $1`, s.dish.ID)
		}, "allergen %d milk"},
		"the recipe lost it, and the tray has it": {func(s *service, t *testing.T, o hospital.Order) {
			s.exec(t, `UPDATE order_dish SET as_ordered = REPLACE(as_ordered, '"Allergens":null', '"Allergens":["milk"]') WHERE order_id = $1`, o.ID)
		}, "allergen %d milk"},
		"nil by mouth has begun": {func(s *service, t *testing.T, o hospital.Order) {
			s.diet(t, hospital.Admission{ID: o.AdmissionID}, fasting(s.clock.Now().Add(3*time.Hour), s.clock.Now().Add(5*time.Hour)))
			s.clock.pass(4 * time.Hour)
		}, "nil_by_mouth"},
	}
	onEachService(t, func(t *testing.T, s *service) {
		recipe := s.dish
		recipe.Version = 0
		for name, test := range steps {
			for change, danger := range dangers {
				name := name + " after " + change
				must[hospital.Dish](t)(s.SetDish(t.Context(), cook, recipe))
				a := s.patient(t, "Uwase Marie", "A-01")
				s.diet(t, a, allergic("milk"))
				o := s.bringTo(t, a, test.from)
				if test.from == hospital.OrderReady {
					s.claim(t, s.courier, s.deliveryOf(t, o).ID)
				}
				danger.do(s, t, o)
				o = s.order(t, o.ID)
				if o.Status != test.from {
					t.Fatalf("%s: it became %s before the check", name, o.Status)
				}
				told := len(s.told(t, cook))
				s.heard.take()
				refusal := refused(t, test.step(s, t, o), hospital.Conflict, "hazards")
				want := danger.want
				if strings.Contains(want, "%d") {
					want = fmt.Sprintf(want, s.dish.ID)
				}
				if hazards, ok := refusal.Current.([]hospital.Hazard); !ok || kinds(hazards) != want {
					t.Errorf("%s: the refusal shows %+v, want %s", name, refusal.Current, want)
				}
				s.stopped(t, name, o, s.order(t, o.ID), want)
				if topics := s.topics(); !slices.Contains(topics, "kitchen") {
					t.Errorf("%s: it moved %v", name, topics)
				}
				if news := s.told(t, cook)[told:]; len(news) != 1 {
					t.Errorf("%s: the kitchen is told %v", name, news)
				}
				s.discharge(t, a.ID, hospital.Deceased)
				s.set(t, "A-01", hospital.BedAvailable)
			}
		}
	})
}

func TestWithinATransactionARefusalThatKeepsWhatItDidKeepsIt(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.diet(t, a, allergic("milk"))
		o := s.bringTo(t, a, hospital.OrderPreparing)
		s.exec(t, `UPDATE dish SET allergens = '["milk"]' WHERE id = $1`, s.dish.ID)
		s.heard.take()
		err := s.InTransaction(t.Context(), func(ctx context.Context) error {
			_, err := s.ReadyOrder(ctx, cook, o.ID, hospital.OrderCommand{})
			refused(t, err, hospital.Conflict, "hazards")
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.order(t, o.ID); got.Status != hospital.OrderHeld {
			t.Errorf("it became %s", got.Status)
		}
		if n := len(s.heard.take()); n != 1 {
			t.Errorf("%d announcements were made, want 1", n)
		}
	})
}

func TestAChangedRecipeStopsTheOrdersThatItMakesDangerous(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		allergicTo := func(number string, allergens ...hospital.Allergen) hospital.Order {
			a := s.patient(t, "Uwase Marie", number)
			s.diet(t, a, allergic(allergens...))
			return s.bringTo(t, a, hospital.OrderPreparing)
		}
		one, two, three := allergicTo("A-01", "milk"), allergicTo("A-02"), allergicTo("A-03", "eggs", "milk")
		dish := s.dish
		dish.MayContain = []hospital.Allergen{"milk"}
		dish = must[hospital.Dish](t)(s.SetDish(t.Context(), cook, dish))
		for o, want := range map[int64]hospital.OrderStatus{one.ID: hospital.OrderHeld, two.ID: hospital.OrderPreparing, three.ID: hospital.OrderHeld} {
			if got := s.order(t, o); got.Status != want {
				t.Errorf("order %d is %s, want %s", o, got.Status, want)
			}
		}
		dish.MayContain = nil
		must[hospital.Dish](t)(s.SetDish(t.Context(), cook, dish))
		if got := s.order(t, one.ID); got.Status != hospital.OrderHeld || len(got.HeldFor) != 0 {
			t.Errorf("with the old recipe it is %s for %v", got.Status, got.HeldFor)
		}
	})
}

func TestNilByMouthThatBeginsByItselfHoldsTheTicketsAndItsEndIsTold(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.link(t, s.customer, a)
		orders := map[hospital.OrderStatus]hospital.Order{}
		for _, status := range openStatuses {
			orders[status] = s.bringTo(t, a, status)
		}
		for status := range orders {
			if status == hospital.OrderHeld {
				continue // the way to held holds the others too: they are confirmed again
			}
			if o := s.order(t, orders[status].ID); o.Status == hospital.OrderHeld {
				orders[status] = must[hospital.Order](t)(s.ConfirmOrder(t.Context(), cook, o.ID, hospital.OrderCommand{}))
			}
		}
		sweep := func(want int) {
			t.Helper()
			if n, err := s.HoldNilByMouth(t.Context()); err != nil || n != want {
				t.Errorf("the sweep found %d admissions and error %v, want %d", n, err, want)
			}
		}
		begins := s.clock.Now().Add(2 * time.Hour)
		s.diet(t, a, fasting(begins, begins.Add(time.Hour)))
		sweep(0)
		s.clock.pass(2*time.Hour - time.Millisecond)
		sweep(0)
		before := map[int64]hospital.Order{}
		for _, o := range orders {
			before[o.ID] = s.order(t, o.ID)
		}
		s.clock.pass(time.Millisecond)
		s.heard.take()
		sweep(1)
		if topics := s.topics(); !slices.Contains(topics, fmt.Sprintf("ward:%d", s.a.ID)) || !slices.Contains(topics, fmt.Sprintf("customer:%d", s.customer.UserID)) {
			t.Errorf("it moved %v", topics)
		}
		for id, o := range before {
			s.stopped(t, "nil by mouth began", o, s.order(t, id), "nil_by_mouth")
		}
		sweep(0)
		s.clock.pass(time.Hour)
		sweep(1)
		for id, o := range before {
			after := s.order(t, id)
			if o.Status == hospital.OrderInTransit {
				if after.Stopped != hospital.StoppedHazard {
					t.Errorf("a tray that was called back became %+v", after)
				}
			} else if after.Status != hospital.OrderHeld || len(after.HeldFor) != 0 {
				t.Errorf("after its end order %d is %s for %v", id, after.Status, after.HeldFor)
			}
		}
		if told := s.told(t, nurse); !slices.Equal(told, []string{"nil_by_mouth_over"}) {
			t.Errorf("medical staff is told %v", told)
		}
		sweep(0)
	})
}

func TestABoardWithoutOrdersSeesNilByMouthBeginAndEndToo(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.diet(t, a, fasting(morning.Add(time.Hour), morning.Add(2*time.Hour)))
		for range 2 {
			s.clock.pass(time.Hour)
			s.moves(t, topicsOf("ward:%d metrics", s.a.ID)+map[bool]string{true: " inbox:medical_staff"}[s.clock.Now().After(morning.Add(time.Hour))], func() error {
				_, err := s.HoldNilByMouth(t.Context())
				return err
			})
		}
	})
}

func TestATransferSendsTheTraysAfterThePatient(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.link(t, s.customer, a)
		cooking, away := s.bringTo(t, a, hospital.OrderPreparing), s.bringTo(t, a, hospital.OrderInTransit)
		d := s.deliveryOf(t, away)
		topics := s.moved(t, func() error {
			_, err := s.Transfer(t.Context(), nurse, a.ID, hospital.TransferCommand{BedID: s.bed(t, "B-02").ID})
			return err
		})
		for _, want := range []string{"kitchen", fmt.Sprintf("order:%d", cooking.ID), fmt.Sprintf("order:%d", away.ID), fmt.Sprintf("delivery:%d", d.ID),
			fmt.Sprintf("customer:%d", s.customer.UserID), "inbox:kitchen", fmt.Sprintf("inbox:%d", s.courier.UserID)} {
			if !slices.Contains(topics, want) {
				t.Errorf("it moved %v, want %s too", topics, want)
			}
		}
		for _, ticket := range s.kitchen(t).Tickets {
			if ticket.BedNumber != "B-02" || ticket.WardCode != "B" {
				t.Errorf("ticket %d goes to %s %s", ticket.OrderID, ticket.WardCode, ticket.BedNumber)
			}
		}
		if now := s.delivery(t, d.ID); now.BedNumber != "B-02" || now.MovedFrom != "A-01" {
			t.Errorf("the delivery goes to %s from %s", now.BedNumber, now.MovedFrom)
		}
		if told := s.told(t, cook); !slices.Equal(told, []string{"ticket_moved", "ticket_moved"}) {
			t.Errorf("the kitchen is told %v", told)
		}
		if got := s.order(t, cooking.ID); got.Status != hospital.OrderPreparing || got.Version != cooking.Version {
			t.Errorf("the order became %+v", got)
		}
		s.handOver(t, s.courier, d.ID, "B-02")
	})
}

func TestADischargeCancelsWhatIsNotCookedAndStopsWhatIs(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.link(t, s.customer, a)
		held := s.bringTo(t, a, hospital.OrderHeld)
		before := map[hospital.OrderStatus]hospital.Order{hospital.OrderHeld: held}
		for _, status := range slices.Concat(openStatuses[:5], endedStatuses) {
			before[status] = s.bringTo(t, a, status)
		}
		told := len(s.told(t, cook))
		s.discharge(t, a.ID, hospital.Improved)
		for status, o := range before {
			after := s.order(t, o.ID)
			want, stopped, hazards := status, "", ""
			switch status {
			case hospital.OrderPending, hospital.OrderConfirmed:
				want = hospital.OrderCancelled
			case hospital.OrderPreparing, hospital.OrderReady, hospital.OrderHeld:
				want, stopped, hazards = hospital.OrderHeld, hospital.StoppedDischarged, "not_admitted"
			case hospital.OrderInTransit:
				stopped, hazards = hospital.StoppedDischarged, "not_admitted"
			}
			if after.Status != want || after.Stopped != stopped || kinds(after.HeldFor) != hazards {
				t.Errorf("%s became %s, stopped %q for %q; want %s, %q, %q", status, after.Status, after.Stopped, kinds(after.HeldFor), want, stopped, hazards)
			}
			switch status {
			case hospital.OrderReady:
				if d := s.deliveryOf(t, o); d.Status != hospital.DeliveryCancelled {
					t.Errorf("the delivery of the ready one is %s", d.Status)
				}
			case hospital.OrderInTransit:
				d := s.deliveryOf(t, o)
				refused(t, func() error {
					_, err := s.Deliver(t.Context(), s.courier, d.ID, hospital.DeliverCommand{BedCode: "A-01"})
					return err
				}(), hospital.Conflict, "stopped")
				must[hospital.Delivery](t)(s.FailDelivery(t.Context(), s.courier, d.ID, "has left", hospital.CourierCommand{}))
				if got := s.order(t, o.ID); got.Status != hospital.OrderUndelivered {
					t.Errorf("brought back it is %s", got.Status)
				}
			}
			if want == hospital.OrderHeld {
				s.refuses(t, hospital.Conflict, "hazards", s.steps(t, nurse, o, hospital.OrderCommand{Reason: "may have a last meal"})["confirm"])
				if err := s.steps(t, cook, o, hospital.OrderCommand{Reason: "has left"})["cancel"](); err != nil {
					t.Errorf("cancel: %v", err)
				}
			}
		}
		news := s.told(t, cook)[told:]
		slices.Sort(news)
		if want := []string{"ticket_discharged", "ticket_discharged", "ticket_discharged", "ticket_stopped"}; !slices.Equal(news, want) {
			t.Errorf("the kitchen is told %v, want %v", news, want)
		}
	})
}

func TestAfterADeathEverythingIsCancelledWithoutAWord(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.link(t, s.customer, a)
		held := s.bringTo(t, a, hospital.OrderHeld)
		orders := []hospital.Order{held}
		for _, status := range openStatuses[:5] {
			orders = append(orders, s.bringTo(t, a, status))
		}
		s.patient(t, "Keza Ange", "A-02")
		notified := s.number(t, `SELECT count(*) FROM notification`)
		topics := s.moved(t, func() error {
			_, err := s.Discharge(t.Context(), nurse, a.ID, hospital.DischargeCommand{Outcome: hospital.Deceased})
			return err
		})
		for _, o := range orders {
			if got := s.order(t, o.ID); got.Status != hospital.OrderCancelled || len(got.HeldFor) > 0 {
				t.Errorf("an order that was %s is %s for %v", o.Status, got.Status, got.HeldFor)
			}
			refused(t, func() error { _, err := s.Order(t.Context(), s.customer, o.ID); return err }(), hospital.NotFound, "order_unknown")
		}
		if n := s.number(t, `SELECT count(*) FROM notification`); n != notified {
			t.Errorf("%d notifications were made", n-notified)
		}
		if n := s.number(t, `SELECT count(*) FROM delivery WHERE ended_at IS NULL`); n != 0 {
			t.Errorf("%d deliveries are open", n)
		}
		if tickets := s.kitchen(t).Tickets; len(tickets) != 0 {
			t.Errorf("the wall shows %+v", tickets)
		}
		if !slices.Contains(topics, "kitchen") || !slices.Contains(topics, "deliveries") {
			t.Errorf("it moved %v", topics)
		}
	})
}
