package hospital_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"dusangire/hospital"
)

// cold makes a dish of the cold kitchen.
func cold(d *hospital.Dish) { d.Station = "cold" }

// partsOf are those of an order in words: each station with whether it is done.
func partsOf(o hospital.Order) (words string) {
	for _, part := range o.Parts {
		words += fmt.Sprintf("%s=%t ", part.Station, !part.DoneAt.IsZero())
	}
	return words
}

// A tray is ready when its stations have done their parts and it was checked: one station alone
// makes no tray ready, and what the check marked is not done any more when it is taken back.
func TestATrayIsReadyWhenItsStationsAreDoneAndItWasChecked(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		ctx, ok, salad := t.Context(), must[hospital.Order](t), s.add(t, "Salad", cold)
		o := s.confirm(t, ok(s.place(t, s.patient(t, "Uwase Marie", "A-01"), "", salad, s.dish)))
		part := func(station hospital.Station, done bool) func() (hospital.Order, error) {
			return func() (hospital.Order, error) {
				return s.SetPart(ctx, cook, o.ID, station, done, hospital.OrderCommand{})
			}
		}
		step := func(do func(context.Context, hospital.Actor, int64, hospital.OrderCommand) (
			hospital.Order, error)) func() (hospital.Order, error) {
			return func() (hospital.Order, error) { return do(ctx, cook, o.ID, hospital.OrderCommand{}) }
		}
		for _, one := range []struct {
			name   string
			do     func() (hospital.Order, error)
			status hospital.OrderStatus
			parts  string
			audit  string
		}{
			{"the hot kitchen is done", part("hot", true), hospital.OrderPreparing,
				"hot=true cold=false ", "order.part >hot"},
			{"it says so again", part("hot", true), hospital.OrderPreparing,
				"hot=true cold=false ", ""},
			{"the tray is checked", step(s.ReadyOrder), hospital.OrderReady,
				"hot=true cold=true ", "order.parts_checked >cold"},
			{"the check is taken back", step(s.RecallOrder), hospital.OrderPreparing,
				"hot=true cold=false ", "order.status ready>preparing"},
			{"the cold kitchen is done", part("cold", true), hospital.OrderPreparing,
				"hot=true cold=true ", "order.part >cold"},
			{"the hot one is not after all", part("hot", false), hospital.OrderPreparing,
				"hot=false cold=true ", "order.part hot>"},
			{"it is to be cooked anew", step(s.RecallOrder), hospital.OrderConfirmed,
				"hot=false cold=false ", "order.status preparing>confirmed"},
		} {
			before, lines := s.order(t, o.ID), s.auditLines(t)
			got := ok(one.do())
			if got.Status != one.status || partsOf(got) != one.parts {
				t.Errorf("%s: it is %s with %s; want %s with %s", one.name, got.Status, partsOf(got),
					one.status, one.parts)
			}
			if stands := s.order(t, o.ID); !reflect.DeepEqual(stands, got) {
				t.Errorf("%s: answered %+v, and it is %+v", one.name, got, stands)
			}
			audit := s.audited(t, lines)
			if one.audit == "" && (len(audit) > 0 || got.Version != before.Version) {
				t.Errorf("%s: changed something: %v", one.name, audit)
			}
			if one.audit != "" && (!slices.Contains(audit, one.audit) || got.Version <= before.Version) {
				t.Errorf("%s: version %d after %d, and the audit says %v, not %q", one.name,
					got.Version, before.Version, audit, one.audit)
			}
		}
	})
}

func TestWhatAStationHasDoneIsNoLongerToCook(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		salad := s.add(t, "Salad", cold)
		o := s.confirm(t, must[hospital.Order](t)(
			s.place(t, s.patient(t, "Uwase Marie", "A-01"), "", salad, s.dish)))
		s.moves(t, topicsOf("kitchen order:%d ward:%d", o.ID, s.a.ID), func() error {
			_, err := s.SetPart(t.Context(), cook, o.ID, "cold", true, hospital.OrderCommand{})
			return err
		})
		board := s.kitchen(t)
		want := []hospital.DishCount{{DishID: s.dish.ID, Name: s.dish.Name, Station: "hot", Count: 1}}
		if !reflect.DeepEqual(board.ToCook, want) {
			t.Errorf("to cook are %+v, want %+v", board.ToCook, want)
		}
		if ticket := board.Tickets[0]; !ticket.Parts.Done("cold") || ticket.Parts.Done("hot") {
			t.Errorf("the ticket has the parts %+v", ticket.Parts)
		}
	})
}

func TestAPartIsRefusedWhereItCannotBeDone(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		give := func(actor hospital.Actor, o hospital.Order, station hospital.Station, done bool,
			cmd hospital.OrderCommand) func() error {
			return func() error {
				_, err := s.SetPart(t.Context(), actor, o.ID, station, done, cmd)
				return err
			}
		}
		none := hospital.OrderCommand{}
		for status, code := range map[hospital.OrderStatus]string{
			hospital.OrderPending: "order_step", hospital.OrderHeld: "order_step",
			hospital.OrderDelivered: "order_closed", hospital.OrderCancelled: "order_closed",
		} {
			o := s.bringTo(t, a, status)
			s.refuses(t, hospital.Conflict, code, give(cook, o, "hot", true, none))
			s.end(t, o.ID)
		}
		ready := s.bringTo(t, a, hospital.OrderReady)
		s.refuses(t, hospital.Conflict, "order_step", give(cook, ready, "hot", false, none))
		s.refuses(t, hospital.NotFound, "part_unknown", give(cook, ready, "cold", true, none))
		s.refuses(t, hospital.NotFound, "order_unknown",
			give(cook, hospital.Order{ID: 4711}, "hot", true, none))
		s.refuses(t, hospital.Forbidden, "forbidden", give(nurse, ready, "hot", true, none))
		s.refuses(t, hospital.Conflict, "order_outdated",
			give(cook, ready, "hot", true, hospital.OrderCommand{Version: ready.Version - 1}))
		s.refuses(t, hospital.Conflict, "another_patient",
			give(cook, ready, "hot", true, hospital.OrderCommand{AdmissionID: 4711}))
	})
}

// dangerous makes an order dangerous without the hospital's noticing: time alone has passed.
func (s *service) dangerous(t testing.TB, a hospital.Admission) {
	t.Helper()
	s.diet(t, a, fasting(s.clock.Now().Add(2*time.Hour), time.Time{}))
	s.clock.pass(3 * time.Hour)
}

func TestAStationsPartHoldsWhatIsDangerous(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		o := s.bringTo(t, a, hospital.OrderPreparing)
		s.dangerous(t, a)
		_, err := s.SetPart(t.Context(), cook, o.ID, "hot", true, hospital.OrderCommand{})
		refused(t, err, hospital.Conflict, "hazards")
		if o := s.order(t, o.ID); o.Status != hospital.OrderHeld || o.Parts.Done("hot") {
			t.Errorf("it is %s with the parts %+v", o.Status, o.Parts)
		}
	})
}

// A whole meal is begun at once: what can't be is left out with its reason, and the screens hear of
// it once.
func TestAMealIsStartedAtOnceWithoutWhatCannotBe(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		ctx := t.Context()
		lunch := func(number string) (hospital.Admission, hospital.Order) {
			a := s.patient(t, hospital.PatientName("Patient "+number), number)
			return a, s.orderFor(t, nurse, a, hospital.Lunch)
		}
		give := func(cmd hospital.StartMealCommand) hospital.MealStart {
			return must[hospital.MealStart](t)(s.StartMeal(ctx, cook, cmd))
		}
		_, pending := lunch("A-03")
		fed, good := lunch("A-02")
		_, other := lunch("B-01")
		fasting, unsafe := lunch("A-01")
		dinner := s.orderFor(t, nurse, fed, hospital.Dinner)
		for _, o := range []hospital.Order{good, other, unsafe, dinner} {
			s.confirm(t, o)
		}
		s.dangerous(t, fasting)
		s.heard.take()

		got := give(hospital.StartMealCommand{Meal: hospital.Lunch, WardID: s.a.ID})
		if announced := len(s.heard.take()); announced != 1 {
			t.Errorf("the screens heard of it %d times, want once", announced)
		}
		var left []string
		for _, one := range got.LeftOut {
			left = append(left, fmt.Sprintf("%d %s %s", one.OrderID, one.BedNumber, one.Why.Code))
		}
		want := []string{fmt.Sprintf("%d A-01 hazards", unsafe.ID),
			fmt.Sprintf("%d A-03 pending", pending.ID)}
		if got.Started != 1 || !slices.Equal(left, want) {
			t.Errorf("started %d and left out %v, want 1 and %v", got.Started, left, want)
		}
		for id, status := range map[int64]hospital.OrderStatus{good.ID: hospital.OrderPreparing,
			unsafe.ID: hospital.OrderHeld, other.ID: hospital.OrderConfirmed,
			dinner.ID: hospital.OrderConfirmed} {
			if o := s.order(t, id); o.Status != status {
				t.Errorf("order %d is %s, want %s", id, o.Status, status)
			}
		}
		again := give(hospital.StartMealCommand{Meal: hospital.Lunch})
		if again.Started != 1 || len(again.LeftOut) != 2 || again.LeftOut[0].Why.Code != "held" {
			t.Errorf("given again for all wards it answered %+v", again)
		}
		s.refuses(t, hospital.Forbidden, "forbidden", func() error {
			_, err := s.StartMeal(ctx, nurse, hospital.StartMealCommand{Meal: hospital.Lunch})
			return err
		})
		refusal := s.refuses(t, hospital.Invalid, "fields", func() error {
			_, err := s.StartMeal(ctx, cook, hospital.StartMealCommand{Meal: "tea", WardID: 4711})
			return err
		})
		if wrong := wrongFields(refusal); wrong["meal"] == "" || wrong["ward_id"] == "" {
			t.Errorf("wrong are %v", wrong)
		}
	})
}

// Nobody who means what comes next cooks another meal by accident.
func TestAMealThatIsNotComingIsNotCookedByAccident(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		ctx, ok := t.Context(), must[hospital.Order](t)
		a := s.patient(t, "Uwase Marie", "A-01")
		coming := hospital.OrderCommand{Coming: true}
		snack, lunch := s.orderFor(t, nurse, a, hospital.Snack), s.orderFor(t, nurse, a, hospital.Lunch)
		dinner := s.confirm(t, s.orderFor(t, nurse, a, hospital.Dinner))
		for _, o := range []hospital.Order{snack, lunch} {
			s.confirm(t, o)
			ok(s.StartOrder(ctx, cook, o.ID, coming))
		}
		accident := func() error {
			_, err := s.StartOrder(ctx, cook, dinner.ID, coming)
			return err
		}
		s.refuses(t, hospital.Conflict, "not_coming", accident)
		left := must[hospital.MealStart](t)(s.StartMeal(ctx, cook,
			hospital.StartMealCommand{Meal: hospital.Dinner, Coming: true}))
		if left.Started != 0 || len(left.LeftOut) != 1 || left.LeftOut[0].Why.Code != "not_coming" {
			t.Errorf("all of dinner answered %+v", left)
		}
		ok(s.StartOrder(ctx, cook, dinner.ID, hospital.OrderCommand{})) // who means it may
		ok(s.RecallOrder(ctx, cook, dinner.ID, hospital.OrderCommand{}))
		s.clock.pass(lunch.Due.Sub(s.clock.Now()))
		ok(s.StartOrder(ctx, cook, dinner.ID, coming)) // once lunch is served
	})
}

func TestWhatIsMadeIsCountedAndNeverBelowNone(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		ctx := t.Context()
		give := func(actor hospital.Actor, cmd hospital.MadeCommand) func() error {
			return func() error { return s.MakeDish(ctx, actor, cmd) }
		}
		made := func(count int, key string) hospital.MadeCommand {
			return hospital.MadeCommand{DishID: s.dish.ID, Meal: hospital.Lunch, Texture: 5,
				Count: count, IdempotencyKey: key}
		}
		counted := func(want int) {
			t.Helper()
			if got := s.number(t, `SELECT COALESCE(sum(count), 0) FROM made_dish
				WHERE meal = 'lunch' AND texture = 5 AND dish_id = $1`, s.dish.ID); got != want {
				t.Errorf("%d are made, want %d", got, want)
			}
		}
		s.moves(t, "kitchen", give(cook, made(20, "batch")))
		counted(20)
		for _, cmd := range []hospital.MadeCommand{made(20, "batch"), made(-12, "")} {
			if err := s.MakeDish(ctx, cook, cmd); err != nil {
				t.Error(err)
			}
		}
		counted(8)
		s.refuses(t, hospital.Conflict, "made_below_zero", give(cook, made(-9, "")))
		s.refuses(t, hospital.Forbidden, "forbidden", give(nurse, made(1, "")))
		for _, wrong := range []hospital.MadeCommand{
			{DishID: 4711, Meal: hospital.Lunch, Texture: 7, Count: 1},
			{DishID: s.dish.ID, Meal: "tea", Texture: 7, Count: 1},
			{DishID: s.dish.ID, Meal: hospital.Lunch, Texture: 8, Count: 1},
			{DishID: s.dish.ID, Meal: hospital.Lunch, Texture: 7},
			{DishID: s.dish.ID, Meal: hospital.Lunch, Texture: 7, Count: hospital.MostMade + 1},
		} {
			s.refuses(t, hospital.Invalid, "fields", give(cook, wrong))
		}
		counted(8)
	})
}
