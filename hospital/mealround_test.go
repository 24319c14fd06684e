package hospital_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
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
		s.diet(t, soft, hospital.DietCommand{Diet: &ulcer, Texture: &smooth})
		s.admit(t, "Ingabire Diane", "A-04") // nobody asked about allergies
		fasts := s.patient(t, "Nkusi Paul", "A-05")
		s.diet(t, fasts, fasting(morning.Add(time.Hour), morning.Add(3*time.Hour)))
		renal := hospital.DietRenal
		nothing := s.patient(t, "Gatera Jean", "A-06")
		s.diet(t, nothing, hospital.DietCommand{Diet: &renal, Allergies: &hospital.Allergies{Allergens: []hospital.Allergen{"milk"}}})
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
		must[hospital.Order](t)(s.CancelOrder(t.Context(), nurse, o.ID, hospital.OrderCommand{}))
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
				must[hospital.Order](t)(s.CancelOrder(t.Context(), nurse, ticket.OrderID, hospital.OrderCommand{}))
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

func TestThePlateIsRatherOfThePatientsOwnTexture(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		rice := s.dish
		rice.Textures = []hospital.Texture{4, 7}
		must[hospital.Dish](t)(s.SetDish(t.Context(), cook, rice))
		s.add(t, "Broth", func(d *hospital.Dish) { d.Textures = []hospital.Texture{0, 1} })
		s.add(t, "Juice", func(d *hospital.Dish) { d.Textures, d.Station = []hospital.Texture{0}, "cold" })
		s.patient(t, "Uwase Marie", "A-01") // eats regular food, and may drink: the juice is the only dish of its station
		thin := hospital.Texture(0)
		s.diet(t, s.patient(t, "Mugisha Eric", "A-02"), hospital.DietCommand{Texture: &thin})
		for day := range 3 {
			s.roundOf(t, s.a, hospital.Lunch, today.AddDate(0, 0, day))
			if got, want := s.plates(t), map[string]string{"A-01": "Rice, Juice", "A-02": "Broth, Juice"}; !maps.Equal(got, want) {
				t.Errorf("the plates are %v, want %v", got, want)
			}
			for _, ticket := range s.kitchen(t).Tickets {
				must[hospital.Order](t)(s.CancelOrder(t.Context(), nurse, ticket.OrderID, hospital.OrderCommand{}))
			}
			s.clock.pass(hospital.EndedTicketsShow)
		}
	})
}

func TestAMealRoundIsRefused(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.patient(t, "Uwase Marie", "A-01")
		give := func(actor hospital.Actor, ward int64, meal hospital.Meal, day time.Time) func() error {
			return func() error { _, err := s.OrderMealRound(t.Context(), actor, ward, meal, day); return err }
		}
		for _, actor := range []hospital.Actor{s.courier, s.customer, {}} {
			s.refuses(t, hospital.Forbidden, "forbidden", give(actor, s.a.ID, hospital.Lunch, today))
		}
		s.refuses(t, hospital.NotFound, "ward_unknown", give(nurse, 4711, hospital.Lunch, today))
		refusal := s.refuses(t, hospital.Invalid, "fields", give(nurse, s.a.ID, hospital.Snack, today.AddDate(0, 0, -1)))
		if got, want := wrongFields(refusal), map[string]string{"meal": "unknown_choice", "day": "round_day"}; !maps.Equal(got, want) {
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

// dueRounds orders what is due and returns it as "A lunch: {…}".
func (s *service) dueRounds(t testing.TB) string {
	t.Helper()
	rounds, err := s.OrderDueMealRounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return shownRounds(rounds)
}

// shownRounds lists rounds by ward, meal and how many orders were placed.
func shownRounds(rounds []hospital.WardRound) string {
	var shown []string
	for _, round := range rounds {
		shown = append(shown, fmt.Sprintf("%s %s %d", round.Ward.Code, round.Meal, round.Placed))
	}
	return strings.Join(shown, ", ")
}

func TestMealRoundsAreOrderedByThemselvesFromJustBeforeTheCutOffUntilTheMeal(t *testing.T) {
	at := func(hour, minute int) time.Time { return time.Date(2026, 11, 24, hour-2, minute, 0, 0, time.UTC) } // in Kigali
	times := []struct {
		now  time.Time
		want string // ordered, of the two patients in A
		late bool
	}{
		{at(6, 12), "", false},
		{at(6, 13), "A breakfast 2, B breakfast 0", false},
		{at(6, 14), "", false},
		{at(7, 0), "", false},
		{at(11, 0), "A lunch 2, B lunch 0", false}, // the cut-off itself
		{at(12, 30), "", false},
		{at(16, 57), "", false},
		{at(18, 30), "A dinner 2, B dinner 0", true}, // after a restart
		{at(24, 0), "", false},
		{at(24+7, 0).Add(time.Millisecond), "", false}, // missed: breakfast is left to people
		{at(24+10, 58), "A lunch 2, B lunch 0", false},
	}
	onEachService(t, func(t *testing.T, s *service) {
		s.patient(t, "Uwase Marie", "A-01")
		s.patient(t, "Mugisha Eric", "A-02")
		for _, test := range times {
			s.clock.pass(test.now.Sub(s.clock.Now()))
			before := s.number(t, `SELECT COALESCE(max(id), 0) FROM meal_order`)
			if got := s.dueRounds(t); got != test.want {
				t.Errorf("at %v were ordered %q, want %q", test.now, got, test.want)
			}
			status := "confirmed"
			if test.late {
				status = "pending"
			}
			orders, fitting := s.number(t, `SELECT count(*) FROM meal_order WHERE id > $1`, before),
				s.number(t, `SELECT count(*) FROM meal_order WHERE id > $1 AND status = $2 AND late = $3 AND placed_by IS NULL`, before, status, test.late)
			if want := strings.Count(test.want, "2"); orders != 2*want || fitting != orders {
				t.Errorf("at %v there are %d orders, %d of them %s and late %t", test.now, orders, fitting, status, test.late)
			}
		}
	})
}

func TestADueMealRoundIsOrderedOnce(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.patient(t, "Uwase Marie", "A-01")
		s.exec(t, `UPDATE ward SET is_open = FALSE WHERE id = $1`, s.b.ID)
		lines := s.auditLines(t)
		if got, want := s.dueRounds(t), "A lunch 1"; got != want {
			t.Fatalf("ordered were %q, want %q", got, want)
		}
		if got := s.audited(t, lines); !slices.Contains(got, "ward.meal_round >lunch") {
			t.Errorf("the audit says %v", got)
		}
		// Who comes after the round is the ward's to order for.
		s.patient(t, "Mugisha Eric", "A-02")
		before := s.contents(t)
		s.heard.take()
		if got := s.dueRounds(t); got != "" || s.contents(t) != before || len(s.heard.take()) > 0 {
			t.Errorf("the second time %q was ordered, or something changed", got)
		}
		s.exec(t, `UPDATE ward SET is_open = TRUE WHERE id = $1`, s.b.ID)
		if got, want := s.dueRounds(t), "B lunch 0"; got != want {
			t.Errorf("after the other ward was opened %q was ordered, want %q", got, want)
		}
	})
}

func TestMedicalStaffHearForHowManyADueMealRoundHasNothing(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.patient(t, "Uwase Marie", "A-01")
		s.admit(t, "Mugisha Eric", "A-02") // nobody asked about allergies
		fasts := s.patient(t, "Keza Ange", "B-01")
		s.diet(t, fasts, fasting(morning, time.Time{}))
		told := len(s.told(t, nurse))
		if got, want := s.dueRounds(t), "A lunch 1, B lunch 0"; got != want {
			t.Errorf("ordered were %q, want %q", got, want)
		}
		if got := s.told(t, nurse)[told:]; !slices.Equal(got, []string{"meal_round_gaps"}) {
			t.Errorf("medical staff hear %v", got)
		}
		last := s.inbox(t, nurse).Notifications[0]
		if last.About.Patients != 1 || last.About.Meal != hospital.Lunch || last.About.WardID != s.a.ID ||
			last.Title != "Ward A: nothing for lunch" {
			t.Errorf("they are told %+v", last)
		}
	})
}

func TestNodesThatOrderDueMealRoundsAtOnceOrderOneMealForEachPatient(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		for _, number := range []string{"A-01", "A-02", "A-03", "B-01", "B-02"} {
			s.patient(t, "Uwase Marie", number)
		}
		other := hospitaltest.Open(t, hospital.Options{DatabaseURL: s.url, Now: s.clock.Now})
		var placed [2]int
		var nodes sync.WaitGroup
		for i, node := range []*hospital.Hospital{s.Hospital, other} {
			nodes.Go(func() {
				rounds, err := node.OrderDueMealRounds(t.Context())
				if err != nil {
					t.Errorf("node %d: %v", i, err)
				}
				for _, round := range rounds {
					placed[i] += round.Placed
				}
			})
		}
		nodes.Wait()
		if placed[0]+placed[1] != 5 || s.number(t, `SELECT count(*) FROM meal_order`) != 5 || len(s.plates(t)) != 5 {
			t.Errorf("the nodes placed %v, and the plates are %v", placed, s.plates(t))
		}
		if n := s.number(t, `SELECT count(*) FROM audit WHERE action = 'ward.meal_round'`); n != 2 {
			t.Errorf("the audit tells of %d rounds, want 2", n)
		}
	})
}

func TestADueMealRoundThatFailsIsOrderedTheNextTimeAndKeepsNoOtherWardWaiting(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.patient(t, "Uwase Marie", "A-01")
		s.patient(t, "Mugisha Eric", "A-02")
		s.patient(t, "Keza Ange", "B-01")
		s.exec(t, `UPDATE patient SET allergies = 'broken' WHERE id = (SELECT patient_id FROM admission
			WHERE bed_id = $1)`, s.bedID(t, "A-02"))
		rounds, err := s.OrderDueMealRounds(t.Context())
		if got, want := shownRounds(rounds), "B lunch 1"; err == nil || got != want {
			t.Errorf("ordered were %q with error %v, want %q and an error", got, err, want)
		}
		s.exec(t, `UPDATE patient SET allergies = '[]' WHERE id = (SELECT patient_id FROM admission WHERE
			bed_id = $1)`, s.bedID(t, "A-02"))
		if got, want := s.dueRounds(t), "A lunch 1"; got != want {
			t.Errorf("the next time %q was ordered, want %q", got, want)
		}
		if n := s.number(t, `SELECT count(*) FROM meal_order`); n != 3 {
			t.Errorf("there are %d orders, want 3", n)
		}
	})
}

// bedID is the id of a bed by its number.
func (h *fixture) bedID(t testing.TB, number string) int64 {
	t.Helper()
	return int64(h.number(t, `SELECT id FROM bed WHERE number = $1`, number))
}
