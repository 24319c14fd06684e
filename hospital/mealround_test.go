package hospital_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

// today is the day of the tests in Kigali.
var today = time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC)

// roundOf orders a meal round as the nurse.
func (s *service) roundOf(t testing.TB, ward hospital.Ward, meal hospital.Meal, day time.Time) hospital.MealRound {
	t.Helper()
	return must[hospital.MealRound](t)(s.OrderMealRound(t.Context(), nurse, ward.ID, meal, day))
}

// plates are what is ordered, by bed: "Rice, Tea".
func (s *service) plates(t testing.TB) map[string]string {
	t.Helper()
	plates := map[string]string{}
	for _, ticket := range s.kitchen(t).Tickets {
		var names []string
		for _, dish := range ticket.Dishes {
			names = append(names, dish.Name.En)
		}
		plates[ticket.BedNumber] += strings.Join(names, ", ")
	}
	return plates
}

func TestAMealRoundOrdersASafePlateForEachPatient(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.dish.Diets = []hospital.Diet{hospital.DietGeneral, hospital.DietCardiac}
		must[hospital.Dish](t)(s.SetDish(t.Context(), cook, s.dish))
		cold := func(allergens ...hospital.Allergen) func(*hospital.Dish) {
			return func(d *hospital.Dish) { d.Station, d.Allergens = "cold", allergens }
		}
		s.add(t, "Yoghurt", cold("milk"))
		s.add(t, "Soup", func(d *hospital.Dish) {
			d.Station, d.Textures, d.Diets = "special", []hospital.Texture{3, 4}, []hospital.Diet{hospital.DietUlcer}
		})
		s.add(t, "Fish", func(d *hospital.Dish) { d.Available = false })

		s.patient(t, "Uwase Marie", "A-01")
		noMilk := s.patient(t, "Mugisha Eric", "A-02")
		s.diet(t, noMilk, allergic("milk"))
		ulcer, smooth := hospital.DietUlcer, hospital.Texture(4)
		soft := s.patient(t, "Keza Ange", "A-03")
		s.diet(t, soft, hospital.DietChange{Diet: &ulcer, Texture: &smooth})
		s.admit(t, "Ingabire Diane", "A-04") // nobody asked about allergies
		fasts := s.patient(t, "Nkusi Paul", "A-05")
		s.diet(t, fasts, fasting(morning.Add(time.Hour), morning.Add(3*time.Hour)))
		renal := hospital.DietRenal
		nothing := s.patient(t, "Gatera Jean", "A-06")
		s.diet(t, nothing, hospital.DietChange{Diet: &renal, Allergies: &hospital.Allergies{Allergens: []hospital.Allergen{"milk"}}})
		s.patient(t, "Umutoni Grace", "B-01")
		s.patient(t, "Habimana Yves", "")

		round := s.roundOf(t, s.a, hospital.Lunch, today)
		if want := (hospital.MealRound{Placed: 3, MustNotEat: 1, NeverAsked: 1, NothingFits: 1}); round != want {
			t.Errorf("the round is %+v, want %+v", round, want)
		}
		want := map[string]string{"A-01": "Rice, Yoghurt", "A-02": "Rice", "A-03": "Yoghurt, Soup"}
		if got := s.plates(t); !maps.Equal(got, want) {
			t.Errorf("the plates are %v, want %v", got, want)
		}
		for _, ticket := range s.kitchen(t).Tickets {
			o := s.order(t, ticket.OrderID)
			if o.Status != hospital.OrderConfirmed || o.ServiceDate != today || o.Late || o.Price != 0 || o.PlacedBy != nurse.UserID {
				t.Errorf("an order of the round is %+v", o)
			}
		}
		before := s.contents(t)
		s.heard.take()
		round = s.roundOf(t, s.a, hospital.Lunch, today)
		if want := (hospital.MealRound{Had: 3, MustNotEat: 1, NeverAsked: 1, NothingFits: 1}); round != want || s.contents(t) != before || len(s.heard.take()) > 0 {
			t.Errorf("given again the round is %+v, or changed something", round)
		}
	})
}

func TestAMealRoundPassesOverWhoHasOrHadAnOrder(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		cancelled, own := s.patient(t, "Uwase Marie", "A-01"), s.patient(t, "Mugisha Eric", "A-02")
		s.orderFor(t, nurse, own, hospital.Lunch)
		o := s.orderFor(t, nurse, cancelled, hospital.Lunch)
		must[hospital.Order](t)(s.CancelOrder(t.Context(), nurse, o.ID, hospital.Step{}))
		s.patient(t, "Keza Ange", "A-03")
		if round := s.roundOf(t, s.a, hospital.Lunch, today); round != (hospital.MealRound{Placed: 1, Had: 2}) {
			t.Errorf("lunch is %+v", round)
		}
		for day, want := range map[time.Time]hospital.MealRound{today: {Placed: 3}, today.AddDate(0, 0, 1): {Placed: 3}} {
			if round := s.roundOf(t, s.a, hospital.Dinner, day.Add(13*time.Hour)); round != want {
				t.Errorf("dinner of %v is %+v, want %+v", day, round, want)
			}
		}
	})
}

func TestALateRoundWaitsForALook(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.patient(t, "Uwase Marie", "A-01")
		s.clock.pass(time.Minute)
		s.roundOf(t, s.a, hospital.Lunch, today)
		if ticket := s.kitchen(t).Tickets[0]; ticket.Status != hospital.OrderPending || !ticket.Late {
			t.Errorf("the ticket is %s, late %t", ticket.Status, ticket.Late)
		}
	})
}

func TestThePlateChangesFromDayToDayAndIsTheSameForEqualPatients(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.add(t, "Beans", nil)
		s.patient(t, "Uwase Marie", "A-01")
		s.patient(t, "Mugisha Eric", "A-02")
		var days []string
		for day := range 3 {
			s.roundOf(t, s.a, hospital.Dinner, today.AddDate(0, 0, day))
			var plates []string
			for _, ticket := range s.kitchen(t).Tickets {
				plates = append(plates, ticket.Dishes[0].Name.En)
				must[hospital.Order](t)(s.CancelOrder(t.Context(), nurse, ticket.OrderID, hospital.Step{}))
			}
			s.clock.pass(hospital.EndedTicketsShow)
			if len(plates) != 2 || plates[0] != plates[1] {
				t.Fatalf("equal patients get %v", plates)
			}
			days = append(days, plates[0])
		}
		if days[0] == days[1] || days[0] != days[2] {
			t.Errorf("from day to day there is %v", days)
		}
	})
}

func TestAMealRoundIsRefused(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.patient(t, "Uwase Marie", "A-01")
		give := func(actor hospital.Actor, ward int64, meal hospital.Meal, day time.Time) func() error {
			return func() error { _, err := s.OrderMealRound(t.Context(), actor, ward, meal, day); return err }
		}
		for _, actor := range []hospital.Actor{manager, s.courier, s.customer, {}} {
			s.refuses(t, hospital.Forbidden, "forbidden", give(actor, s.a.ID, hospital.Lunch, today))
		}
		s.refuses(t, hospital.NotFound, "ward_unknown", give(nurse, 4711, hospital.Lunch, today))
		refusal := s.refuses(t, hospital.Invalid, "fields", give(nurse, s.a.ID, hospital.Snack, today.AddDate(0, 0, -1)))
		if got, want := wrongFields(refusal), map[string]string{"meal": "round_meal", "day": "round_day"}; !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		s.refuses(t, hospital.Invalid, "fields", give(nurse, s.a.ID, hospital.Lunch, today.AddDate(0, 0, hospital.RoundsAhead+1)))
		for _, actor := range []hospital.Actor{hospital.System, cook, nurse} {
			if err := give(actor, s.a.ID, hospital.Lunch, today.AddDate(0, 0, hospital.RoundsAhead))(); err != nil {
				t.Errorf("%s: %v", actor.Username, err)
			}
		}
	})
}

func TestTwoRoundsAtOnceOrderOneMealForEachPatient(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		for _, number := range []string{"A-01", "A-02", "A-03", "A-04", "A-05", "A-06"} {
			s.patient(t, "Uwase Marie", number)
		}
		rounds := make(chan hospital.MealRound, 4)
		errs := make(chan error, 4)
		for range cap(rounds) {
			go func() {
				round, err := s.OrderMealRound(t.Context(), nurse, s.a.ID, hospital.Lunch, today)
				rounds <- round
				errs <- err
			}()
		}
		var all hospital.MealRound
		for range cap(rounds) {
			round := <-rounds
			if err := <-errs; err != nil {
				t.Error(err)
			}
			all.Placed, all.Had = all.Placed+round.Placed, all.Had+round.Had
		}
		if want := (hospital.MealRound{Placed: 6, Had: 18}); !reflect.DeepEqual(all, want) {
			t.Errorf("the rounds are %+v together, want %+v", all, want)
		}
		if n := s.number(t, `SELECT count(*) FROM meal_order`); n != 6 {
			t.Errorf("there are %d orders", n)
		}
		beds := slices.Sorted(maps.Keys(s.plates(t)))
		if len(beds) != 6 {
			t.Errorf("they go to %v", beds)
		}
	})
}
