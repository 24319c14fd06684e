package hospital_test

import (
	"fmt"
	"testing"

	"dusangire/hospital"
)

// Nobody can fill the wall: open orders of a customer, of an address and of a patient's meal have
// an end, and so has what a customer orders in a day.
func TestOpenOrdersHaveAnEnd(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		ctx := t.Context()
		order := func(actor hospital.Actor, cmd hospital.PlaceOrderCommand) func() error {
			cmd.Dishes = []int64{s.dish.ID}
			return func() error {
				_, _, err := s.PlaceOrder(ctx, actor, cmd)
				return err
			}
		}
		tooMany := func(give func() error) {
			t.Helper()
			if refusal := s.refuses(t, hospital.TooMany, "too_many", give); refusal.RetryAfter <= 0 {
				t.Error("the refusal does not say when to try again")
			}
		}
		taken := func(give func() error) {
			t.Helper()
			if err := give(); err != nil {
				t.Fatal(err)
			}
		}
		a := s.patient(t, "Uwase Marie", "A-01")
		s.link(t, s.customer, a)
		snack := hospital.PlaceOrderCommand{AdmissionID: a.ID, Meal: hospital.Snack}
		for range hospital.MostOpenOfMeal {
			taken(order(s.customer, snack))
		}
		tooMany(order(s.customer, snack))
		taken(order(nurse, snack))
		lunch := hospital.PlaceOrderCommand{AdmissionID: a.ID, Meal: hospital.Lunch}
		taken(order(nurse, lunch))
		s.refuses(t, hospital.Conflict, "meal_twice", order(nurse, lunch))

		open := hospital.MostOpenOfMeal
		for n := range 4 {
			home := hospital.PlaceOrderCommand{Meal: hospital.Snack,
				AddressID: s.addressOf(t, s.customer, fmt.Sprint("Home ", n)).ID}
			for range hospital.MostOpenOfAddress {
				if open == hospital.MostOpenOfCustomer {
					break
				}
				taken(order(s.customer, home))
				open++
			}
			tooMany(order(s.customer, home))
		}
		s.clock.pass(30 * 60 * 60e9) // what is past is in nobody's way
		taken(order(s.customer, hospital.PlaceOrderCommand{Meal: hospital.Snack,
			AddressID: s.addressOf(t, s.customer, "Work").ID}))
	})
}

func TestACustomersDayHasAnEnd(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		cmd := hospital.PlaceOrderCommand{Meal: hospital.Snack, Dishes: []int64{s.dish.ID},
			AddressID: s.addressOf(t, s.customer, "Home").ID}
		for range hospital.MostADayOfCustomer {
			o, _, err := s.PlaceOrder(t.Context(), s.customer, cmd)
			if err != nil {
				t.Fatal(err)
			}
			must[hospital.Order](t)(s.CancelOrder(t.Context(), s.customer, o.ID,
				hospital.OrderCommand{}))
		}
		s.refuses(t, hospital.TooMany, "too_many", func() error {
			_, _, err := s.PlaceOrder(t.Context(), s.customer, cmd)
			return err
		})
	})
}
