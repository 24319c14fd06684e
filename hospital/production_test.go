package hospital_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

// trays is how far the wards are: "A 2/3 on_line".
func (s *service) trays(t testing.TB) string {
	t.Helper()
	var wards []string
	for _, w := range s.kitchen(t).Service.Wards {
		wards = append(wards, fmt.Sprintf("%s %d/%d %s", w.Code, w.Checked, w.Trays, w.State))
	}
	return strings.Join(wards, ", ")
}

func TestProductionCountsADishByTextureUntilTheMealIsOver(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		soft := hospital.Texture(5)
		a, b := s.patient(t, "Uwase Marie", "A-01"), s.patient(t, "Keza Alice", "B-01")
		s.diet(t, b, hospital.DietCommand{Texture: &soft})
		first, second := s.orderFor(t, nurse, a, hospital.Lunch),
			s.orderFor(t, nurse, b, hospital.Lunch)
		s.orderFor(t, nurse, a, hospital.Dinner)
		s.orderFor(t, nurse, a, hospital.Snack)
		want := func(when string, meal hospital.Meal, total, regular, soft int) {
			t.Helper()
			board := must[hospital.KitchenBoard](t)(s.KitchenBoardOf(t.Context(), cook, meal))
			dishes := board.Service.Dishes
			if len(dishes) != 1 || dishes[0].Total != total || dishes[0].ByTexture[7] != regular ||
				dishes[0].ByTexture[5] != soft {
				t.Errorf("%s production is %+v, want %d of which %d regular and %d minced", when,
					dishes, total, regular, soft)
			}
		}
		want("at first", "", 2, 1, 1)
		want("of dinner", hospital.Dinner, 1, 1, 0)
		want("of snacks", hospital.Snack, 1, 1, 0)
		d := s.cooked(t, first)
		s.claim(t, s.courier, d.ID)
		s.depart(t, s.courier, d.ID)
		s.handOver(t, s.courier, d.ID, "A-01")
		s.clock.pass(hospital.EndedTicketsShow + time.Minute)
		want("after one was delivered and has left the wall", "", 2, 1, 1)
		must[hospital.Order](t)(s.CancelOrder(t.Context(), cook, second.ID,
			hospital.OrderCommand{Reason: "eats elsewhere"}))
		want("after the other was cancelled", "", 1, 1, 0)
	})
}

func TestAWardGoesThroughItsStatesInTheOrderOfService(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		must[hospital.MealKind](t)(s.SetMealSequence(t.Context(), cook, hospital.Lunch,
			[]int64{s.b.ID, s.a.ID}, []int{0, 5}, 0))
		want := func(trays string) {
			t.Helper()
			if got := s.trays(t); got != trays {
				t.Errorf("the wards are %s, want %s", got, trays)
			}
		}
		want("B 0/0 none, A 0/0 none")
		a := s.patient(t, "Uwase Marie", "A-01")
		o := s.orderFor(t, nurse, a, hospital.Lunch)
		want("B 0/0 none, A 0/1 waiting")
		s.confirm(t, o)
		must[hospital.Order](t)(s.StartOrder(t.Context(), cook, o.ID, hospital.OrderCommand{}))
		want("B 0/0 none, A 0/1 on_line")
		must[hospital.Order](t)(s.ReadyOrder(t.Context(), cook, o.ID, hospital.OrderCommand{}))
		want("B 0/0 none, A 1/1 cart_ready")
		d := s.deliveryOf(t, o)
		s.claim(t, s.courier, d.ID)
		s.depart(t, s.courier, d.ID)
		want("B 0/0 none, A 1/1 gone")
		s.handOver(t, s.courier, d.ID, "A-01")
		want("B 0/0 none, A 1/1 served")
		wards := s.kitchen(t).Service.Wards
		if got := wards[1].CartAt.Sub(wards[0].CartAt); got != 5*time.Minute {
			t.Errorf("the second cart leaves %v after the first, want 5m", got)
		}
	})
}

func TestExceptionsNameWhatSomebodyMustLookAtOfEveryMeal(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		held, moved, off := s.patient(t, "Uwase Marie", "A-01"), s.patient(t, "Keza Alice", "A-02"),
			s.patient(t, "Mugisha Jean", "A-03")
		s.orderFor(t, nurse, held, hospital.Dinner)
		s.orderFor(t, nurse, moved, hospital.Lunch)
		cancelled := s.orderFor(t, nurse, off, hospital.Lunch)
		s.clock.pass(time.Minute)
		s.diet(t, held, hospital.DietCommand{NilByMouth: &hospital.Window{From: s.clock.Now()}})
		must[hospital.Admission](t)(s.Transfer(t.Context(), nurse, moved.ID,
			hospital.TransferCommand{BedID: s.bed(t, "B-02").ID}))
		must[hospital.Order](t)(s.CancelOrder(t.Context(), cook, cancelled.ID,
			hospital.OrderCommand{Reason: "eats elsewhere"}))
		beds := func(tickets []hospital.Ticket) (found []string) {
			for _, ticket := range tickets {
				found = append(found, strings.TrimPrefix(ticket.MovedFrom+" ", " ")+ticket.BedNumber)
			}
			return found
		}
		board := s.kitchen(t)
		for _, c := range []struct {
			kind  string
			found []hospital.Ticket
			want  []string
		}{
			{"held", board.Exceptions.Held, []string{"A-01"}},
			{"moved", board.Exceptions.Moved, []string{"A-02 B-02"}},
			{"stopped", board.Exceptions.Stopped, []string{"A-03"}},
			{"late", board.Exceptions.Late, nil},
			{"undelivered", board.Exceptions.Undelivered, nil},
		} {
			if got := beds(c.found); !slices.Equal(got, c.want) {
				t.Errorf("%s are %q, want %q", c.kind, got, c.want)
			}
		}
		inB := board.Filtered(hospital.KitchenFilter{Ward: "B"}).Exceptions
		if len(inB.Held) != 0 || len(inB.Moved) != 1 {
			t.Errorf("of ward B there are %d held and %d moved, want none and 1", len(inB.Held),
				len(inB.Moved))
		}
		s.clock.pass(s.kitchen(t).Service.Serve.Add(time.Minute).Sub(s.clock.Now()))
		if got := beds(s.kitchen(t).Exceptions.Late); !slices.Equal(got, []string{"A-02 B-02"}) {
			t.Errorf("a minute after lunch %q are late", got)
		}
	})
}
