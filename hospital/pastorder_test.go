package hospital_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"dusangire/hospital"
)

// kigaliTime is a time of the days from the morning of the tests on, as the clocks in Kigali show
// it.
func kigaliTime(day, hour, minute int) time.Time {
	return time.Date(2026, time.November, 23+day, hour-2, minute, 0, 0, time.UTC)
}

// goTo lets time pass until a moment.
func (c *clock) goTo(moment time.Time) { c.pass(moment.Sub(c.Now())) }

// inEveryWay fills ward A with patients whose orders stand in every way in which something can
// still happen.
func (s *service) inEveryWay(t *testing.T) (orders []hospital.Order) {
	t.Helper()
	for i, status := range openStatuses {
		orders = append(orders, s.bringTo(t, s.patient(t, "Uwase Marie", fmt.Sprintf("A-%02d", i+1)), status))
	}
	return orders
}

func TestOrdersOfADayThatIsOverLeaveTheBoards(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		due, now time.Time
		past     bool
	}{
		{kigaliTime(0, 12, 30), kigaliTime(0, 23, 59), false}, // lunch, late in the evening
		{kigaliTime(0, 12, 30), kigaliTime(1, 0, 0), true},    // the day is over
		{kigaliTime(0, 22, 0), kigaliTime(1, 1, 59), false},   // a snack before midnight is eaten after it
		{kigaliTime(0, 22, 0), kigaliTime(1, 2, 1), true},
		{kigaliTime(1, 0, 30), kigaliTime(1, 23, 0), false},
		{kigaliTime(0, 12, 30), kigaliTime(4, 12, 0), true},
	} {
		t.Run(fmt.Sprintf("due %s at %s", c.due.Format("02 15:04"), c.now.Format("02 15:04")), func(t *testing.T) {
			onEachService(t, func(t *testing.T, s *service) {
				s.inEveryWay(t)
				s.exec(t, `UPDATE meal_order SET due = $1`, c.due.UnixMilli())
				s.clock.goTo(c.now)
				want := [2]int{len(openStatuses), 0}
				if c.past {
					want = [2]int{0, len(openStatuses)}
				}
				kitchen := s.kitchen(t)
				if got := [2]int{len(kitchen.Tickets), len(kitchen.Past)}; got != want {
					t.Errorf("in the kitchen are %v tickets, present and past, want %v", got, want)
				}
				if cooked := len(kitchen.ToCook); (cooked == 0) != c.past {
					t.Errorf("%d dishes are still to cook", cooked)
				}
				round := s.round(t, s.courier)
				trays := round.Counts[hospital.DeliveryUnassigned] + round.Counts[hospital.DeliveryInTransit]
				if got := [2]int{trays, len(round.Past)}; got != [2]int{want[0] / 3, want[1] / 3} {
					t.Errorf("the courier has %v trays, present and past", got)
				}
				if (len(round.Waiting) == 0) != c.past || (len(round.Mine) == 0) != c.past {
					t.Errorf("of the courier's rounds there are %d and %d", len(round.Waiting), len(round.Mine))
				}
				if meals := s.bed(t, "A-01").Admission.Meals; (len(meals) == 0) != c.past {
					t.Errorf("the bed shows the meals %v", meals)
				}
				if c.past && !slices.Equal(kitchen.PastDays(hospital.SettingsOf(t.Context())), []hospital.PastDay{{Day: time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC), Count: len(openStatuses)}}) {
					t.Errorf("by day they are %v", kitchen.PastDays(hospital.SettingsOf(t.Context())))
				}
			})
		})
	}
}

func TestPastOrdersAreClosedTogetherAsNeverDelivered(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		ended := map[hospital.OrderStatus]hospital.OrderStatus{}
		ids := map[hospital.OrderStatus]int64{}
		for i, o := range s.inEveryWay(t) {
			ended[openStatuses[i]], ids[openStatuses[i]] = hospital.OrderCancelled, o.ID
		}
		ended[hospital.OrderInTransit] = hospital.OrderUndelivered
		s.clock.goTo(kigaliTime(1, 10, 0))
		today := s.orderFor(t, nurse, s.patient(t, "Keza Ange", "B-01"), hospital.Lunch)

		for _, actor := range []hospital.Actor{nurse, manager, s.courier, s.customer} {
			s.refuses(t, hospital.Forbidden, "forbidden", func() error {
				_, err := s.ClosePastOrders(t.Context(), actor, "cooked on paper")
				return err
			})
		}
		s.refuses(t, hospital.Invalid, "fields", func() error {
			_, err := s.ClosePastOrders(t.Context(), cook, "  ")
			return err
		})
		closed, err := s.ClosePastOrders(t.Context(), cook, " power cut,  cooked on paper ")
		if err != nil || closed != len(openStatuses) {
			t.Errorf("closed were %d (%v), want %d", closed, err, len(openStatuses))
		}
		for status, id := range ids {
			if o := s.order(t, id); o.Status != ended[status] || o.CancelReason != "power cut, cooked on paper" {
				t.Errorf("what was %s is %s for the reason %q", status, o.Status, o.CancelReason)
			}
		}
		if open := s.number(t, `SELECT count(*) FROM delivery WHERE ended_at IS NULL`); open != 0 {
			t.Errorf("%d deliveries are open", open)
		}
		if o := s.order(t, today.ID); o.Status != hospital.OrderPending {
			t.Errorf("today's order is %s", o.Status)
		}
		if n := s.number(t, `SELECT count(*) FROM audit WHERE action = 'order.status' AND reason = 'power cut, cooked on paper'`); n != len(openStatuses) {
			t.Errorf("the audit tells of %d, want %d", n, len(openStatuses))
		}
		kitchen := s.kitchen(t)
		if len(kitchen.Past) != 0 || len(kitchen.Tickets) != 1 {
			t.Errorf("on the wall stand %d, and past are %d", len(kitchen.Tickets), len(kitchen.Past))
		}
		if again, err := s.ClosePastOrders(t.Context(), admin, "again"); again != 0 || err != nil {
			t.Errorf("the second time %d were closed (%v)", again, err)
		}
	})
}
