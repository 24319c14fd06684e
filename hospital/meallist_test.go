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

// Nobody takes who is on leave for somebody whom the ward forgot: what they would eat is held for
// that, on the list of the meal, and in the round that nobody was there to order.
func TestTheMealsOfWhoIsOnLeaveAreHeldWhateverWasOrdered(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) { // 11:00 in Kigali
		leave := func(name hospital.PatientName, bed string) hospital.Admission {
			t.Helper()
			away := s.patient(t, name, bed)
			return must[hospital.Admission](t)(s.GoOnLeave(t.Context(), nurse, away.ID,
				hospital.LeaveCommand{}))
		}
		leave("None Anna", "A-01")
		s.diet(t, leave("Fasts Bea", "A-02"), fasting(s.clock.Now(), time.Time{}))
		ordered := s.patient(t, "Ordered Carl", "A-03")
		s.orderFor(t, nurse, ordered, hospital.Lunch)
		cancelled := s.orderFor(t, nurse, s.patient(t, "Cancelled Dora", "A-04"), hospital.Lunch)
		must[hospital.Order](t)(s.CancelOrder(t.Context(), nurse, cancelled.ID,
			hospital.OrderCommand{Reason: "goes home for lunch"}))
		for _, id := range []int64{ordered.ID, cancelled.AdmissionID} {
			must[hospital.Admission](t)(s.GoOnLeave(t.Context(), nurse, id, hospital.LeaveCommand{}))
		}
		back := leave("Back Eva", "A-05")
		must[hospital.Admission](t)(s.ReturnFromLeave(t.Context(), nurse, back.ID,
			hospital.ReturnCommand{}))
		for _, reader := range []hospital.Actor{nurse, cook} {
			list := must[hospital.MealList](t)(s.MealList(t.Context(), reader, s.a.ID, hospital.Lunch))
			wantLines(t, "the list of the "+string(reader.Role), lines(list.Lines, heldLine),
				"A-01 held [on_leave]", "A-02 held [on_leave]", "A-03 held [on_leave]",
				"A-04 held [on_leave]", "A-05 not_ordered []")
		}
	})
}

// heldLine is a line of a meal list with what its order is held for.
func heldLine(l hospital.MealLine) string {
	var kinds []hospital.HazardKind
	for _, z := range l.Last.HeldFor {
		kinds = append(kinds, z.Kind)
	}
	return fmt.Sprintf("%s %s %s", l.BedNumber, l.Why, kinds)
}

func TestAMissedRoundNamesWhoIsOnLeaveAndCountsThemNot(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) { // 11:00 in Kigali
		s.patient(t, "Here Anna", "A-01")
		for name, bed := range map[hospital.PatientName]string{"Away Bea": "A-02", "Alone Carl": "B-01"} {
			away := s.patient(t, name, bed)
			must[hospital.Admission](t)(s.GoOnLeave(t.Context(), nurse, away.ID,
				hospital.LeaveCommand{}))
		}
		s.clock.goTo(kigaliTime(0, 12, 31))
		if got := s.missed(t); got != "A lunch 1" {
			t.Fatalf("missed is %q, want the one who could have had lunch", got)
		}
		without := func() []string {
			t.Helper()
			missed := s.kitchen(t).Missed
			if len(missed) != 1 {
				t.Fatalf("the kitchen is offered %v", missed)
			}
			return lines(missed[0].Who, func(p hospital.NoticePatient) string {
				return fmt.Sprintf("%s %t", p.BedNumber, p.OnLeave)
			})
		}
		wantLines(t, "without a meal", without(), "A-01 false", "A-02 true")
		here := must[hospital.WardBoard](t)(s.WardBoard(t.Context(), nurse, s.a.ID)).Beds[0].Admission
		must[hospital.Admission](t)(s.GoOnLeave(t.Context(), nurse, here.AdmissionID,
			hospital.LeaveCommand{}))
		wantLines(t, "without a meal, and both are away", without(), "A-01 true", "A-02 true")
	})
}
