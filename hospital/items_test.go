package hospital_test

import (
	"fmt"
	"slices"
	"testing"

	"dusangire/hospital"
)

// items gives an order other dishes.
func (s *service) items(t testing.TB, actor hospital.Actor, o hospital.Order,
	dishes ...hospital.Dish) func() error {
	return func() error {
		cmd := hospital.ItemsCommand{}
		for _, dish := range dishes {
			cmd.Dishes = append(cmd.Dishes, dish.ID)
		}
		_, err := s.SetItems(t.Context(), actor, o.ID, cmd)
		return err
	}
}

func TestWhoMayGiveAnOrderOtherDishesAndUntilWhen(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, tea := s.patient(t, "Uwase Marie", "A-01"), s.add(t, "Tea", nil)
		s.link(t, s.customer, a)
		const may = ""
		for status, of := range map[hospital.OrderStatus]struct{ staff, customer string }{
			hospital.OrderPending:     {may, may},
			hospital.OrderConfirmed:   {may, may},
			hospital.OrderPreparing:   {may, "order_begun"},
			hospital.OrderHeld:        {may, may},
			hospital.OrderReady:       {"order_items", "order_items"},
			hospital.OrderInTransit:   {"order_items", "order_items"},
			hospital.OrderDelivered:   {"order_items", "order_items"},
			hospital.OrderCancelled:   {"order_items", "order_items"},
			hospital.OrderUndelivered: {"order_items", "order_items"},
		} {
			for who, code := range map[*hospital.Actor]string{&nurse: of.staff, &cook: of.staff,
				&s.customer: of.customer} {
				o := s.bringTo(t, a, status)
				give := s.items(t, *who, o, tea, s.dish)
				if code != may {
					s.refuses(t, hospital.Conflict, code, give)
				} else if err := give(); err != nil {
					t.Errorf("%s of a %s order: %v", who.Username, status, err)
				} else if got := s.order(t, o.ID); len(got.Dishes) != 2 || got.Status != status ||
					got.Version <= o.Version || got.Price != 0 {
					t.Errorf("%s made of a %s order %+v", who.Username, status, got)
				}
				s.end(t, o.ID)
			}
		}
		o := s.bringTo(t, a, hospital.OrderPending)
		s.refuses(t, hospital.NotFound, "order_unknown", s.items(t, s.stranger, o, tea))
		s.refuses(t, hospital.Forbidden, "forbidden", s.items(t, manager, o, tea))
		s.refuses(t, hospital.Invalid, "fields", s.items(t, cook, o))
		s.refuses(t, hospital.Invalid, "fields", s.items(t, cook, o, hospital.Dish{ID: 4711}))
		s.refuses(t, hospital.Conflict, "order_outdated", func() error {
			_, err := s.SetItems(t.Context(), cook, o.ID,
				hospital.ItemsCommand{Dishes: []int64{tea.ID}, Version: o.Version + 7})
			return err
		})
	})
}

// A caregiver may change what the round has chosen, until the cut-off of the patient's ward.
func TestACaregiverChangesTheMealOfTheRoundUntilTheCutOff(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, tea := s.patient(t, "Uwase Marie", "A-01"), s.add(t, "Tea", nil)
		s.link(t, s.customer, a)
		must[hospital.MealRound](t)(
			s.OrderMealRound(t.Context(), cook, s.a.ID, hospital.Dinner, s.clock.Now()))
		o := s.order(t, int64(s.number(t, `SELECT max(id) FROM meal_order`)))
		if err := s.items(t, s.customer, o, tea)(); err != nil {
			t.Errorf("before the cut-off: %v", err)
		}
		s.clock.pass(o.Due.Sub(s.clock.Now()) - 89*60e9)
		s.refuses(t, hospital.Conflict, "cut_off", s.items(t, s.customer, o, s.dish))
		if err := s.items(t, nurse, o, s.dish)(); err != nil {
			t.Errorf("the nurse after it: %v", err)
		}
	})
}

// A cook changes a held ticket to dishes that are safe, and then it can be confirmed.
func TestACookMakesAHeldTicketSafe(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, nuts := s.patient(t, "Uwase Marie", "A-01"), s.add(t, "Groundnuts", with("peanuts"))
		salad := s.add(t, "Salad", cold)
		o := s.confirm(t, must[hospital.Order](t)(s.place(t, a, "", nuts, salad)))
		for _, station := range []hospital.Station{"hot", "cold"} {
			must[hospital.Order](t)(s.SetPart(t.Context(), cook, o.ID, station, true,
				hospital.OrderCommand{}))
		}
		s.diet(t, a, allergic("peanuts"))
		s.refuses(t, hospital.Conflict, "hazards", s.items(t, cook, o, nuts))
		lines := s.auditLines(t)
		if err := s.items(t, cook, o, s.dish, salad)(); err != nil {
			t.Fatal(err)
		}
		got := s.order(t, o.ID)
		if got.Status != hospital.OrderHeld || len(got.HeldFor) > 0 ||
			partsOf(got) != "hot=false cold=true " {
			t.Errorf("it is %s for %v with %s", got.Status, got.HeldFor, partsOf(got))
		}
		if audit, want := s.audited(t, lines), "order.items Groundnuts; Salad>Rice; Salad"; !slices.
			Contains(audit, want) {
			t.Errorf("the audit says %v, want %q", audit, want)
		}
		s.confirm(t, got)
	})
}

// One dish is given instead of another on all tickets, but not where it is dangerous, where its
// part is done, or where it is too late.
func TestADishIsSubstitutedOnAllTicketsWhereItIsSafe(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		ctx := t.Context()
		tea := s.add(t, "Milk tea", with("milk"))
		var orders []hospital.Order
		for i := range 5 {
			a := s.patient(t, hospital.PatientName(fmt.Sprint("Patient ", i)), fmt.Sprintf("A-0%d", i+1))
			if i == 1 {
				s.diet(t, a, allergic("milk"))
			}
			orders = append(orders, s.confirm(t, s.orderFor(t, nurse, a, hospital.Lunch)))
		}
		other := must[hospital.Order](t)(s.place(t, s.patient(t, "Keza Aline", "B-01"), "", tea))
		none := hospital.OrderCommand{}
		must[hospital.Order](t)(s.SetPart(ctx, cook, orders[2].ID, "hot", true, none))
		must[hospital.Order](t)(s.StartOrder(ctx, cook, orders[3].ID, none))
		s.cooked(t, orders[4])
		s.heard.take()

		cmd := hospital.SubstituteCommand{WithID: tea.ID, Meal: hospital.Lunch}
		got := must[hospital.Substitution](t)(s.SubstituteDish(ctx, cook, s.dish.ID, cmd))
		if announced := len(s.heard.take()); announced != 1 {
			t.Errorf("the screens heard of it %d times, want once", announced)
		}
		var left []string
		for _, one := range got.LeftOut {
			left = append(left, one.BedNumber+" "+one.Why.Code)
		}
		want := []string{"A-02 hazards", "A-03 part_done", "A-05 order_items"}
		if got.Changed != 2 || !slices.Equal(left, want) {
			t.Errorf("changed %d and left out %v, want 2 and %v", got.Changed, left, want)
		}
		for i, dish := range []hospital.Dish{tea, s.dish, s.dish, tea, s.dish} {
			o := s.order(t, orders[i].ID)
			if len(o.Dishes) != 1 || o.Dishes[0].ID != dish.ID || o.Status == hospital.OrderHeld {
				t.Errorf("ticket %d has %v and is %s", i, dishesOn(o), o.Status)
			}
		}
		if o := s.order(t, other.ID); o.Version != other.Version {
			t.Errorf("a ticket without the dish was changed: %+v", o)
		}
		s.refuses(t, hospital.NotFound, "dish_unknown", func() error {
			_, err := s.SubstituteDish(ctx, cook, 4711, cmd)
			return err
		})
		for _, wrong := range []hospital.SubstituteCommand{{WithID: 4711}, {WithID: s.dish.ID},
			{WithID: tea.ID, Meal: "tea"}} {
			s.refuses(t, hospital.Invalid, "fields", func() error {
				_, err := s.SubstituteDish(ctx, cook, s.dish.ID, wrong)
				return err
			})
		}
		s.refuses(t, hospital.Forbidden, "forbidden", func() error {
			_, err := s.SubstituteDish(ctx, nurse, s.dish.ID, cmd)
			return err
		})
	})
}

// dishesOn are the names of the dishes of an order.
func dishesOn(o hospital.Order) (names []string) {
	for _, dish := range o.Dishes {
		names = append(names, dish.Name.En)
	}
	return names
}

// A customer pays for what they get: the price follows their own choice, and never rises because
// the kitchen has run out of something.
func TestThePriceFollowsTheCustomersChoiceAlone(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		ctx := t.Context()
		cheap := s.add(t, "Tea", func(d *hospital.Dish) { d.Price = 300 })
		dear := s.add(t, "Fish", func(d *hospital.Dish) { d.Price = 3000 })
		address := s.addressOf(t, s.customer, "Home")
		o, _, err := s.PlaceOrder(ctx, s.customer, hospital.PlaceOrderCommand{AddressID: address.ID,
			Meal: hospital.Snack, Dishes: []int64{s.dish.ID}})
		if err != nil {
			t.Fatal(err)
		}
		paid := func(want int) {
			t.Helper()
			if got := s.order(t, o.ID).Price; got != want {
				t.Errorf("the price is %d, want %d", got, want)
			}
		}
		if err := s.items(t, s.customer, o, s.dish, cheap)(); err != nil {
			t.Fatal(err)
		}
		paid(500 + 1200 + 300)
		for id, with := range map[int64]int64{s.dish.ID: dear.ID} {
			must[hospital.Substitution](t)(s.SubstituteDish(ctx, cook, id,
				hospital.SubstituteCommand{WithID: with}))
		}
		paid(500 + 1200 + 300)
	})
}
