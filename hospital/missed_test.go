package hospital_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// missed tells of the rounds that were missed and returns them by ward, meal and how many patients.
func (s *service) missed(t *testing.T) string {
	t.Helper()
	rounds, err := s.AnnounceMissedRounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return shownMissed(rounds)
}

func shownMissed(rounds []hospital.MissedRound) string {
	var shown []string
	for _, m := range rounds {
		shown = append(shown, fmt.Sprintf("%s %s %d", m.Ward.Code, m.Meal, m.Patients))
	}
	return strings.Join(shown, ", ")
}

func TestAMissedMealRoundIsToldOnceAndOfferedUntilTheNextMeal(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.patient(t, "Uwase Marie", "A-01")
		s.patient(t, "Mugisha Eric", "A-02")
		s.admit(t, "Keza Ange", "A-03") // nobody asked about allergies: no round would have ordered
		s.orderFor(t, nurse, s.patient(t, "Habimana Jean", "B-01"), hospital.Dinner)
		s.dueRounds(t) // lunch
		s.clock.goTo(kigaliTime(0, 18, 29))
		if got := s.missed(t); got != "" {
			t.Errorf("before dinner is served %q is missed", got)
		}
		s.clock.goTo(kigaliTime(0, 18, 31))
		s.patient(t, "Uwera Alice", "A-04") // came after the round was due
		before := map[hospital.Role]int{}
		for _, actor := range []hospital.Actor{cook, nurse, manager, s.courier} {
			before[actor.Role] = len(s.told(t, actor))
		}
		other := hospitaltest.Open(t, hospital.Options{DatabaseURL: s.url, Now: s.clock.Now})
		found := make([]string, 2)
		for i, err := range atOnce(2, func(i int) error {
			rounds, err := []*hospital.Hospital{s.Hospital, other}[i].AnnounceMissedRounds(t.Context())
			found[i] = shownMissed(rounds)
			return err
		}) {
			if err != nil {
				t.Errorf("node %d: %v", i, err)
			}
		}
		if all := found[0] + found[1]; all != "A dinner 2" {
			t.Errorf("missed is %q, want A dinner 2, once", found)
		}
		for _, actor := range []hospital.Actor{cook, nurse, manager, s.courier} {
			want := 1
			if actor.Role == hospital.DeliveryStaff {
				want = 0
			}
			if news := s.told(t, actor)[before[actor.Role]:]; len(news) != want {
				t.Errorf("the %s is told %v", actor.Role, news)
			}
		}
		if got := s.dueRounds(t) + s.missed(t); got != "" || s.number(t, `SELECT count(*) FROM meal_order WHERE meal = 'dinner'`) != 1 {
			t.Errorf("afterwards %q, and something was ordered", got)
		}
		s.offers(t, "A dinner 2")
		s.clock.goTo(kigaliTime(0, 23, 59))
		s.offers(t, "A dinner 2")
		s.clock.goTo(kigaliTime(1, 0, 1))
		s.offers(t, "")
	})
}

// offers checks which rounds the kitchen and the wards are offered to order late.
func (s *service) offers(t *testing.T, want string) {
	t.Helper()
	medical := must[hospital.MedicalDashboard](t)(s.MedicalDashboard(t.Context(), hospital.System, nil))
	other := must[hospital.MedicalDashboard](t)(s.MedicalDashboard(t.Context(), hospital.System, []int64{s.b.ID}))
	management := must[hospital.ManagementDashboard](t)(s.ManagementDashboard(t.Context(), hospital.System))
	for screen, rounds := range map[string][]hospital.MissedRound{"the kitchen": s.kitchen(t).Missed, "medical staff": medical.Missed,
		"ward management": management.Missed} {
		if got := shownMissed(rounds); got != want {
			t.Errorf("%s: %q is offered, want %q", screen, got, want)
		}
	}
	if len(other.Missed) > 0 {
		t.Errorf("who works in another ward is offered %v", other.Missed)
	}
}

func TestAMissedMealRoundIsOrderedLateByWhomItIsOffered(t *testing.T) {
	t.Parallel()
	for _, actor := range []hospital.Actor{cook, nurse, manager, admin} {
		t.Run(string(actor.Role), func(t *testing.T) {
			onEachService(t, func(t *testing.T, s *service) {
				s.patient(t, "Uwase Marie", "A-01")
				s.patient(t, "Mugisha Eric", "A-02")
				s.clock.goTo(kigaliTime(0, 12, 31))
				if got := s.missed(t); got != "A lunch 2" {
					t.Fatalf("missed is %q", got)
				}
				s.refuses(t, hospital.Forbidden, "forbidden", func() error {
					_, err := s.OrderMealRound(t.Context(), s.courier, s.a.ID, hospital.Lunch, s.clock.Now())
					return err
				})
				round, err := s.OrderMealRound(t.Context(), actor, s.a.ID, hospital.Lunch, s.clock.Now())
				if err != nil || round.Placed != 2 {
					t.Errorf("placed were %+v (%v), want 2", round, err)
				}
				if n := s.number(t, `SELECT count(*) FROM meal_order WHERE late AND status = 'pending' AND meal = 'lunch'`); n != 2 {
					t.Errorf("%d late orders wait for the kitchen's look, want 2", n)
				}
				s.offers(t, "")
				again, err := s.OrderMealRound(t.Context(), actor, s.a.ID, hospital.Lunch, s.clock.Now())
				if err != nil || again.Placed != 0 || again.Had != 2 {
					t.Errorf("given again, placed were %+v (%v)", again, err)
				}
			})
		})
	}
}

// A machine whose clock has lost its battery begins in the past: what it ordered would lie in the
// kitchen for good.
func TestNoMealRoundIsOrderedForADayThatCanNotBe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		apart time.Duration
		wrong bool
	}{
		{"two years behind", -2 * 365 * 24 * time.Hour, true},
		{"three days behind", -3 * 24 * time.Hour, true},
		{"a day behind", -24 * time.Hour, false},
		{"a week later", 7 * 24 * time.Hour, false},
		{"ten years ahead", 10 * 365 * 24 * time.Hour, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			onEachService(t, func(t *testing.T, s *service) {
				s.patient(t, "Uwase Marie", "A-01")
				s.clock.pass(c.apart)
				rounds, err := s.OrderDueMealRounds(t.Context())
				if wrong := errors.Is(err, hospital.ErrClock); wrong != c.wrong || wrong == (len(rounds) > 0) {
					t.Errorf("ordered were %q (%v)", shownRounds(rounds), err)
				}
				if _, err := s.AnnounceMissedRounds(t.Context()); errors.Is(err, hospital.ErrClock) != c.wrong {
					t.Errorf("missed rounds: %v", err)
				}
				s.clock.pass(-c.apart)
				if _, err := s.OrderDueMealRounds(t.Context()); err != nil {
					t.Errorf("with the clock right again: %v", err)
				}
				if n := s.number(t, `SELECT count(*) FROM meal_order WHERE service_date = $1`, kigaliTime(0, 2, 0).UnixMilli()); n != 1 {
					t.Errorf("today %d lunches are ordered, want 1", n)
				}
			})
		})
	}
}
