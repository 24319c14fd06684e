package hospital_test

import (
	"sync"
	"testing"
	"time"

	"dusangire/hospital"
)

// bothAtOnce gives two commands at the same moment and returns what became of each.
func bothAtOnce(one, other func() error) (errOne, errOther error) {
	start := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() { <-start; errOne = one() })
	running.Go(func() { <-start; errOther = other() })
	close(start)
	running.Wait()
	return errOne, errOther
}

// races is how often two commands are let race each other. SQLite lets one writer at a time begin,
// so that there it is soon known what can happen; on PostgreSQL they overlap.
func (s *service) races() int {
	if s.onPostgreSQL() {
		return 40
	}
	return 10
}

// Whichever of the two comes first: nobody ever hands over a tray after the allergy was written
// down, and nothing is left that could become one.
func TestAnAllergyAddedWhileATrayGoesAStepFurtherStopsIt(t *testing.T) {
	t.Parallel()
	for name, race := range map[string]struct {
		from hospital.OrderStatus
		step func(s *service, t *testing.T, o hospital.Order) error
	}{
		"confirmed": {hospital.OrderPending, func(s *service, t *testing.T, o hospital.Order) error {
			return s.steps(t, cook, o, hospital.OrderCommand{})["confirm"]()
		}},
		"started": {hospital.OrderConfirmed, func(s *service, t *testing.T, o hospital.Order) error {
			return s.steps(t, cook, o, hospital.OrderCommand{})["start"]()
		}},
		"bumped": {hospital.OrderPreparing, func(s *service, t *testing.T, o hospital.Order) error {
			return s.steps(t, cook, o, hospital.OrderCommand{})["ready"]()
		}},
		"recalled": {hospital.OrderReady, func(s *service, t *testing.T, o hospital.Order) error {
			return s.steps(t, cook, o, hospital.OrderCommand{})["recall"]()
		}},
		"departing": {hospital.OrderReady, func(s *service, t *testing.T, o hospital.Order) error {
			_, err := s.DepartDelivery(t.Context(), s.courier, s.deliveryOf(t, o).ID, hospital.CourierCommand{})
			return err
		}},
		"handed over": {hospital.OrderInTransit, func(s *service, t *testing.T, o hospital.Order) error {
			d := s.deliveryOf(t, o)
			_, err := s.Deliver(t.Context(), s.courier, d.ID, hospital.DeliverCommand{BedCode: d.BedNumber})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			onEachService(t, func(t *testing.T, s *service) {
				tea := s.add(t, "Tea", with("milk"))
				s.dish = tea
				a := s.patient(t, "Uwase Marie", "A-01")
				for range s.races() {
					s.diet(t, a, allergic())
					o := s.bringTo(t, a, race.from)
					if name == "departing" {
						s.claim(t, s.courier, s.deliveryOf(t, o).ID)
					}
					stepped, added := bothAtOnce(func() error { return race.step(s, t, o) }, func() error {
						_, err := s.SetDiet(t.Context(), nurse, a.ID, allergic("milk"))
						return err
					})
					if added != nil {
						t.Fatalf("the allergy was not written down: %v", added)
					}
					if refusal, ok := stepped.(*hospital.Error); stepped != nil && (!ok || refusal.Kind != hospital.Conflict) {
						t.Fatalf("the step broke: %v", stepped)
					}
					after := s.order(t, o.ID)
					switch {
					case after.Status == hospital.OrderHeld:
					case after.Status == hospital.OrderInTransit && after.Stopped == hospital.StoppedHazard:
					case after.Status == hospital.OrderDelivered && stepped == nil: // before the allergy
					default:
						t.Fatalf("it is %s, stopped %q, and the step was answered by %v", after.Status, after.Stopped, stepped)
					}
					if n := s.number(t, `SELECT count(*) FROM delivery JOIN meal_order ON meal_order.id = order_id
						WHERE delivery.ended_at IS NULL AND meal_order.status <> 'in_transit'`); n != 0 {
						t.Fatalf("%d deliveries are left without a tray on its way", n)
					}
					s.finish(t, after)
				}
			})
		})
	}
}

// finish ends an order that was stopped.
func (s *service) finish(t testing.TB, o hospital.Order) {
	t.Helper()
	switch o.Status {
	case hospital.OrderHeld:
		must[hospital.Order](t)(s.CancelOrder(t.Context(), cook, o.ID, hospital.OrderCommand{Reason: "for the test"}))
	case hospital.OrderInTransit:
		must[hospital.Delivery](t)(s.FailDelivery(t.Context(), s.courier, s.deliveryOf(t, o).ID, "brought back", hospital.CourierCommand{}))
	}
}

func TestAnOrderPlacedWhileItBecomesDangerousIsRefusedOrHeld(t *testing.T) {
	t.Parallel()
	for name, danger := range map[string]func(s *service, t *testing.T, a hospital.Admission, tea hospital.Dish) error{
		"by an allergy": func(s *service, t *testing.T, a hospital.Admission, tea hospital.Dish) error {
			_, err := s.SetDiet(t.Context(), nurse, a.ID, allergic("eggs"))
			return err
		},
		"by a recipe": func(s *service, t *testing.T, a hospital.Admission, tea hospital.Dish) error {
			tea.Allergens = []hospital.Allergen{"milk"}
			_, err := s.SetDish(t.Context(), cook, tea)
			return err
		},
		"by a discharge": func(s *service, t *testing.T, a hospital.Admission, tea hospital.Dish) error {
			_, err := s.Discharge(t.Context(), nurse, a.ID, hospital.DischargeCommand{Outcome: hospital.Improved})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			onEachService(t, func(t *testing.T, s *service) {
				tea := s.add(t, "Tea", with("eggs"))
				for range s.races() {
					a := s.patient(t, "Uwase Marie", "")
					s.diet(t, a, allergic("milk"))
					tea.Version, tea.Allergens = 0, []hospital.Allergen{"eggs"}
					must[hospital.Dish](t)(s.SetDish(t.Context(), cook, tea))
					placed, changed := bothAtOnce(func() error { _, err := s.place(t, a, "", tea); return err },
						func() error { return danger(s, t, a, tea) })
					if changed != nil {
						t.Fatalf("the danger was not written down: %v", changed)
					}
					if placed != nil {
						refused(t, placed, hospital.Conflict, "hazards")
					}
					if n := s.number(t, `SELECT count(*) FROM meal_order WHERE admission_id = $1 AND status IN ('pending', 'confirmed', 'preparing', 'ready')`, a.ID); n != 0 {
						t.Fatalf("%d dangerous orders go on; placing was answered by %v", n, placed)
					}
				}
			})
		})
	}
}

func TestOfManyOrdersForOneLunchExactlyOneIsPlaced(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		results := make(chan error)
		for range 30 {
			go func() {
				_, _, err := s.PlaceOrder(t.Context(), nurse, hospital.PlaceOrderCommand{AdmissionID: a.ID, Meal: hospital.Lunch, Dishes: []int64{s.dish.ID}})
				results <- err
			}()
		}
		placed := 0
		for range 30 {
			if err := <-results; err == nil {
				placed++
			} else {
				refused(t, err, hospital.Conflict, "meal_twice")
			}
		}
		if placed != 1 {
			t.Errorf("%d were placed", placed)
		}
	})
}

func TestOneOfTwoCooksBumpsATicket(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		for range 20 {
			o := s.bringTo(t, a, hospital.OrderPreparing)
			one, other := bothAtOnce(s.steps(t, cook, o, hospital.OrderCommand{})["ready"], s.steps(t, admin, o, hospital.OrderCommand{})["ready"])
			if (one == nil) == (other == nil) {
				t.Fatalf("the two were answered by %v and %v", one, other)
			}
			for _, err := range []error{one, other} {
				if err != nil {
					refused(t, err, hospital.Conflict, "order_step")
				}
			}
			if n := s.number(t, `SELECT count(*) FROM delivery WHERE order_id = $1`, o.ID); n != 1 {
				t.Fatalf("it has %d deliveries", n)
			}
		}
	})
}

// All that locks many rows at once, in each other's way: nobody waits in a circle, and nothing
// dangerous is left.
func TestRecipesRoundsDietsTransfersAndCooksDoNotBlockEachOther(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		tea := s.add(t, "Tea", func(d *hospital.Dish) { d.Station = "cold" })
		var admissions []hospital.Admission
		for _, number := range []string{"A-01", "A-02", "A-03"} {
			a := s.patient(t, "Uwase Marie", number)
			s.diet(t, a, allergic("milk"))
			admissions = append(admissions, a)
		}
		var running sync.WaitGroup
		many := func(command func(i int) error) {
			running.Go(func() {
				for i := range 25 {
					if err := command(i); err != nil {
						if refusal, ok := err.(*hospital.Error); !ok || refusal.Kind != hospital.Conflict {
							t.Errorf("a command broke: %v", err)
						}
					}
				}
			})
		}
		many(func(i int) error {
			dish := tea
			dish.Version = 0
			if i%2 == 0 {
				dish.MayContain = []hospital.Allergen{"milk"}
			}
			_, err := s.SetDish(t.Context(), cook, dish)
			return err
		})
		many(func(i int) error {
			_, err := s.OrderMealRound(t.Context(), cook, s.a.ID, []hospital.Meal{hospital.Lunch, hospital.Dinner}[i%2], today.AddDate(0, 0, i%7))
			return err
		})
		many(func(i int) error {
			_, err := s.place(t, admissions[i%3], "", tea, s.dish)
			return err
		})
		many(func(i int) error {
			_, err := s.SetDiet(t.Context(), nurse, admissions[i%3].ID, []hospital.DietCommand{allergic("milk"), allergic(), fasting(morning, time.Time{}),
				fasting(time.Time{}, time.Time{})}[i%4])
			return err
		})
		many(func(i int) error {
			_, err := s.Transfer(t.Context(), nurse, admissions[i%3].ID, hospital.TransferCommand{BedID: s.bed(t, []string{"B-01", "B-02", "B-03"}[i%3]).ID})
			return err
		})
		many(func(i int) error {
			for _, ticket := range s.kitchen(t).Tickets {
				if ticket.Status == hospital.OrderConfirmed {
					_, err := s.StartOrder(t.Context(), cook, ticket.OrderID, hospital.OrderCommand{})
					return err
				}
			}
			return nil
		})
		running.Wait()
		for _, ticket := range s.kitchen(t).Tickets {
			if ticket.Status.Ended() || ticket.Status == hospital.OrderHeld {
				continue
			}
			o := s.order(t, ticket.OrderID)
			diet := s.dietOf(t, hospital.Admission{ID: o.AdmissionID})
			for _, dish := range must[[]hospital.Dish](t)(s.Dishes(t.Context(), cook)) {
				for _, ordered := range o.Dishes {
					if hazards := diet.Hazards([]hospital.Dish{dish}, s.clock.Now(), o.Due); ordered.ID == dish.ID && len(hazards) > 0 {
						t.Errorf("order %d is %s in spite of %s", o.ID, o.Status, kinds(hazards))
					}
				}
			}
		}
		s.sound(t)
	})
}
