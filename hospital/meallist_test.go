package hospital_test

import (
	"fmt"
	"testing"
	"time"

	"dusangire/hospital"
)

func TestAMealListSaysWhoGetsWhatAndWhoNothingAndWhy(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) { // 11:00 in Kigali
		gets := s.patient(t, "Gets Anna", "A-01")
		s.orderFor(t, nurse, gets, hospital.Lunch)
		s.diet(t, s.patient(t, "Fasts Bea", "A-02"), fasting(s.clock.Now(), time.Time{}))
		s.admit(t, "Never Carl", "A-03")
		s.patient(t, "None Dora", "A-04")
		cancelled := s.orderFor(t, nurse, s.patient(t, "Cancelled Eva", "A-05"), hospital.Lunch)
		if _, err := s.CancelOrder(t.Context(), nurse, cancelled.ID,
			hospital.OrderCommand{Reason: "eats at home"}); err != nil {
			t.Fatal(err)
		}
		held := s.patient(t, "Held Fay", "A-06")
		s.orderFor(t, nurse, held, hospital.Lunch)
		s.diet(t, held, hospital.DietCommand{Allergies: &hospital.Allergies{}}) // nobody knows any more
		s.patient(t, "Other Ward", "B-01")

		read := func(reader hospital.Actor, meal hospital.Meal) hospital.MealList {
			return must[hospital.MealList](t)(s.MealList(t.Context(), reader, s.a.ID, meal))
		}
		words := func(l hospital.MealLine) string {
			return fmt.Sprintf("%s %s %s %d %s", l.BedNumber, l.PatientName, l.Initials, len(l.Orders),
				l.Why)
		}
		wantLines(t, "the nurse's list", lines(read(nurse, hospital.Lunch).Lines, words),
			"A-01 Gets Anna G. A. 1 ", "A-02 Fasts Bea F. B. 0 nil_by_mouth",
			"A-03 Never Carl N. C. 0 never_asked", "A-04 None Dora N. D. 0 not_ordered",
			"A-05 Cancelled Eva C. E. 0 cancelled", "A-06 Held Fay H. F. 0 held")
		list := read(cook, "")
		if list.Meal != hospital.Lunch || !list.At.Equal(s.clock.Now()) ||
			!list.Day.Equal(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("the list of no meal is of %s on %s as of %s", list.Meal, list.Day, list.At)
		}
		wantLines(t, "the cook's list", lines(list.Lines, words)[:2],
			"A-01  G. A. 1 ", "A-02  F. B. 0 nil_by_mouth")
		if dinner := read(nurse, hospital.Dinner).Lines[0]; dinner.Why != hospital.NoMealNotOrdered {
			t.Errorf("at dinner the first patient gets nothing because of %q", dinner.Why)
		}
		if breakfast := read(nurse, hospital.Breakfast); !breakfast.Day.Equal(list.Day.AddDate(0, 0, 1)) {
			t.Errorf("breakfast is over, and its list is of %s", breakfast.Day)
		}
	})
}

func TestAMealListSaysWhereNothingOnTheMenuFits(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.patient(t, "Uwase Marie", "A-01")
		s.dish.Available = false
		if _, err := s.SetDish(t.Context(), admin, s.dish); err != nil {
			t.Fatal(err)
		}
		list := must[hospital.MealList](t)(s.MealList(t.Context(), nurse, s.a.ID, hospital.Lunch))
		if why := list.Lines[0].Why; why != hospital.NoMealNothingFits {
			t.Errorf("with nothing on the menu the patient gets nothing because of %q", why)
		}
	})
}

func TestAMealListIsOfAMealAndAWardThatThereAre(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		refusal := s.refuses(t, hospital.Invalid, "fields", func() error {
			_, err := s.MealList(t.Context(), cook, s.a.ID, "brunch")
			return err
		})
		if got := wrongFields(refusal); got["meal"] != "unknown_choice" {
			t.Errorf("a meal that there is not is refused as %v", got)
		}
		s.refuses(t, hospital.NotFound, "ward_unknown", func() error {
			_, err := s.MealList(t.Context(), cook, 4711, hospital.Lunch)
			return err
		})
	})
}
