package hospital_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

// forecast reads one and says it in a line: the trays, each dish by texture, and who gets nothing.
func (s *service) forecast(t *testing.T, actor hospital.Actor, meal hospital.Meal,
	date time.Time) string {
	t.Helper()
	f := must[hospital.Forecast](t)(s.Forecast(t.Context(), actor, meal, date))
	said := []string{fmt.Sprintf("%d trays", f.Trays)}
	for _, d := range f.Dishes {
		said = append(said, fmt.Sprintf("%d %s %v", d.Count, d.Dish.Name.En, d.ByTexture))
	}
	for _, w := range f.Without {
		words := []string{w.BedNumber, string(w.PatientName), w.Initials, string(w.Why)}
		said = append(said, strings.Join(strings.Fields(strings.Join(words, " ")), " "))
	}
	return strings.Join(said, "; ")
}

// It is 11:00 in Kigali, the cut-off of lunch.
func TestAForecastSaysWhatAMealWillTakeAndWhoGetsNothing(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.add(t, "Milk soup", func(d *hospital.Dish) {
			d.Station, d.Allergens, d.Textures = "cold", []hospital.Allergen{"milk"}, []hospital.Texture{2,
				7}
		})
		s.patient(t, "Eats Anna", "A-01")
		renal, soft := hospital.DietRenal, hospital.Texture(4)
		s.diet(t, s.patient(t, "Soft Bea", "A-02"), hospital.DietCommand{Diet: &renal, Texture: &soft})
		s.diet(t, s.patient(t, "Milkless Carl", "A-03"), allergic("milk"))
		s.admit(t, "Never Dora", "A-04")
		s.diet(t, s.patient(t, "Fasts Eva", "A-05"), fasting(s.clock.Now(), time.Time{}))
		tonight := s.clock.Now().Add(4 * time.Hour)
		s.diet(t, s.patient(t, "Until Fay", "A-06"), fasting(s.clock.Now(), tonight))
		s.patient(t, "Waits Gil", "")
		ordered := s.patient(t, "Orders Hal", "B-01")
		s.orderFor(t, nurse, ordered, hospital.Dinner)
		home := s.addressOf(t, s.customer, "Home")
		if _, _, err := s.PlaceOrder(t.Context(), s.customer,
			hospital.PlaceOrderCommand{AddressID: home.ID,
				Meal: hospital.Dinner, Dishes: []int64{s.dish.ID, s.dish.ID}}); err != nil {
			t.Fatal(err)
		}
		cancelled := s.orderFor(t, nurse, s.patient(t, "Cancels Ida", "B-02"), hospital.Dinner)
		if _, err := s.CancelOrder(t.Context(), nurse, cancelled.ID,
			hospital.OrderCommand{}); err != nil {
			t.Fatal(err)
		}
		const today = "6 trays; 7 Rice map[4:1 7:6]; 2 Milk soup map[7:2]; Waits Gil W. G. not_ordered; " +
			"A-04 Never Dora N. D. never_asked; A-05 Fasts Eva F. E. nil_by_mouth; B-02 Cancels Ida C. I. cancelled"
		const dinner = "6 trays; 7 Rice map[4:1 7:6]; 2 Milk soup map[7:2]; "
		for _, c := range []struct {
			what  string
			actor hospital.Actor
			meal  hospital.Meal
			date  time.Time
			want  string
		}{
			{"dinner today", nurse, hospital.Dinner, time.Time{}, today},
			{"the same without names", cook, hospital.Dinner, day(23), dinner +
				"W. G. not_ordered; A-04 N. D. never_asked; A-05 F. E. nil_by_mouth; B-02 C. I. cancelled"},
			{"dinner tomorrow", cook, hospital.Dinner, day(24),
				"6 trays; 6 Rice map[4:1 7:5]; 4 Milk soup map[7:4]; " +
					"W. G. not_ordered; A-04 N. D. never_asked; A-05 F. E. nil_by_mouth"},
			{"a snack, which nobody has to have", admin, hospital.Snack, time.Time{}, "0 trays"},
		} {
			if got := s.forecast(t, c.actor, c.meal, c.date); got != c.want {
				t.Errorf("%s: %s\nwant %s", c.what, got, c.want)
			}
		}
		for _, ward := range []hospital.Ward{s.a, s.b} {
			must[hospital.MealRound](t)(s.OrderTodaysRound(t.Context(), cook, ward.ID, hospital.Dinner))
		}
		if got := s.forecast(t, nurse, hospital.Dinner, day(23)); got != today {
			t.Errorf("what rounds have ordered makes no difference: %s\nwant %s", got, today)
		}
		f := must[hospital.Forecast](t)(s.Forecast(t.Context(), cook, "", time.Time{}))
		if f.Meal != hospital.Dinner || !f.Date.Equal(day(23)) || f.Due.Format("15:04") != "16:30" {
			t.Errorf("of no meal and day, after the rounds of lunch, it is of %s on %s", f.Meal, f.Due)
		}
		f = must[hospital.Forecast](t)(s.Forecast(t.Context(), cook, "", day(24)))
		if f.Meal != hospital.Breakfast || !f.Date.Equal(day(24)) {
			t.Errorf("of no meal tomorrow it is of %s on %s", f.Meal, f.Date)
		}
		f = must[hospital.Forecast](t)(s.Forecast(t.Context(), cook, hospital.Snack, day(24)))
		if !f.Due.IsZero() {
			t.Errorf("a snack of tomorrow is eaten at %s, which nobody knows", f.Due)
		}
		s.clock.pass(9 * time.Hour) // 20:00
		f = must[hospital.Forecast](t)(s.Forecast(t.Context(), cook, "", time.Time{}))
		if f.Meal != hospital.Breakfast || !f.Date.Equal(day(24)) {
			t.Errorf("in the evening it is of %s on %s", f.Meal, f.Date)
		}
	})
}

func TestAForecastTellsTheDefaultMealsByDietAndTexture(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		only := func(diets ...hospital.Diet) func(d *hospital.Dish) {
			return func(d *hospital.Dish) { d.Diets, d.Textures = diets, []hospital.Texture{4, 7} }
		}
		s.dish.Diets, s.dish.Textures = []hospital.Diet{hospital.DietGeneral}, []hospital.Texture{7}
		must[hospital.Dish](t)(s.SetDish(t.Context(), cook, s.dish))
		mash := s.add(t, "Mash", only(hospital.DietGeneral, hospital.DietRenal))
		s.cycle(t, 1, day(23))
		s.planned(t, 1, time.Time{}, hospital.Dinner, s.dish, mash)
		f := must[hospital.Forecast](t)(s.Forecast(t.Context(), nurse, hospital.Dinner, day(30)))
		if len(f.Defaults) != len(hospital.Diets)*8 {
			t.Fatalf("there are %d default meals", len(f.Defaults))
		}
		for _, d := range f.Defaults {
			want := ""
			switch {
			case d.Diet == hospital.DietGeneral && d.Texture == 4, d.Diet == hospital.DietRenal &&
				(d.Texture == 4 || d.Texture == 7):
				want = "Mash"
			case d.Diet == hospital.DietGeneral && d.Texture == 7:
				want = dishNames(d.Dishes) // one of the two, another one each day
			}
			if got := dishNames(d.Dishes); got != want || d.Diet == hospital.DietGeneral && d.Texture == 7 &&
				got == "" {
				t.Errorf("for %s at %d it is %q, want %q", d.Diet, d.Texture, got, want)
			}
		}
		gaps := must[[]hospital.MenuGap](t)(s.MenuGaps(t.Context(), cook))
		if want := 3 * (len(hospital.Diets) - 2); len(gaps) != want ||
			gaps[0] != (hospital.MenuGap{Meal: hospital.Breakfast, Diet: hospital.DietDiabetic}) {
			t.Errorf("the gaps are %v, want %d", gaps, want)
		}
	})
}

func TestAForecastIsRefused(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		ask := func(actor hospital.Actor, meal hospital.Meal, date time.Time) func() error {
			return func() error { _, err := s.Forecast(t.Context(), actor, meal, date); return err }
		}
		for _, actor := range []hospital.Actor{manager, s.courier, s.customer, {}} {
			s.refuses(t, hospital.Forbidden, "forbidden", ask(actor, hospital.Lunch, day(23)))
		}
		s.refuses(t, hospital.Invalid, "fields", ask(cook, "brunch", day(23)))
		s.refuses(t, hospital.Invalid, "fields", ask(cook, hospital.Lunch, day(22)))
		s.refuses(t, hospital.Invalid, "fields", ask(nurse, hospital.Lunch, day(23).AddDate(2, 0, 0)))
		if _, err := s.MenuGaps(t.Context(), nurse); !hospital.IsKind(err, hospital.Forbidden) {
			t.Errorf("a nurse reads what the menu lacks: %v", err)
		}
	})
}
