package hospital_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"dusangire/hospital"
)

func TestMedicalStaffSeeWhichMealsAreHeldInTheirWards(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, b, gone := s.patient(t, "Uwase Marie", "A-01"), s.patient(t, "Mugisha Eric", "B-01"), s.patient(t, "Keza Ange", "A-02")
		dinner, lunch := s.orderFor(t, nurse, a, hospital.Dinner), s.orderFor(t, nurse, b, hospital.Lunch)
		onItsWay := s.bringTo(t, gone, hospital.OrderInTransit)
		if d := s.medical(t); d.HeldCount != 0 || len(d.Held) != 0 {
			t.Errorf("nothing is held, and the dashboard lists %+v", d.Held)
		}
		for _, admission := range []hospital.Admission{a, b} {
			s.diet(t, admission, fasting(s.clock.Now(), time.Time{}))
		}
		s.diet(t, gone, fasting(s.clock.Now(), time.Time{}))
		shown := func(d hospital.MedicalDashboard) (lines []string) {
			for _, l := range d.Held {
				lines = append(lines, fmt.Sprint(l.OrderID, l.BedNumber, l.Meal, len(l.HeldFor), l.Stopped))
			}
			return lines
		}
		lines := []string{fmt.Sprint(onItsWay.ID, "A-02", "snack", 1, "hazard"), fmt.Sprint(lunch.ID, "B-01", "lunch", 1, ""), fmt.Sprint(dinner.ID, "A-01", "dinner", 1, "")}
		if d := s.medical(t); !slices.Equal(shown(d), lines) || d.HeldCount != 3 {
			t.Errorf("held are %v (%d), want %v", shown(d), d.HeldCount, lines)
		}
		if d := s.medical(t, s.b.ID); !slices.Equal(shown(d), lines[1:2]) || d.HeldCount != 1 {
			t.Errorf("in ward B are held %v (%d), want %v", shown(d), d.HeldCount, lines[1:2])
		}
		s.diet(t, a, fasting(time.Time{}, time.Time{}))
		s.discharge(t, gone.ID, hospital.Improved)
		want := []string{lines[1], fmt.Sprint(dinner.ID, "A-01", "dinner", 0, "")}
		if got := shown(s.medical(t)); !slices.Equal(got, want) {
			t.Errorf("what nothing speaks against stays in the list, who has left does not: %v, want %v", got, want)
		}
	})
}

func TestMedicalStaffAreRemindedOfWhoMayEatAgain(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, b := s.patient(t, "Uwase Marie", "A-01"), s.patient(t, "Mugisha Eric", "")
		s.patient(t, "Keza Ange", "A-02")
		until := morning.Add(3 * time.Hour) // 14:00 in Kigali: after lunch
		s.diet(t, a, fasting(morning, until))
		s.diet(t, b, fasting(morning, time.Time{}))
		if d := s.medical(t); d.FastedCount != 0 {
			t.Errorf("nobody may eat again yet, and the dashboard lists %+v", d.Fasted)
		}
		s.clock.pass(4 * time.Hour)
		d := s.medical(t)
		if d.FastedCount != 1 || len(d.Fasted) != 1 || d.Fasted[0].BedNumber != "A-01" || d.Fasted[0].Over != until || d.Fasted[0].Missed != 1 {
			t.Errorf("the dashboard lists %+v (%d)", d.Fasted, d.FastedCount)
		}
		if d := s.medical(t, s.b.ID); d.FastedCount != 0 {
			t.Errorf("ward B lists %+v", d.Fasted)
		}
		s.diet(t, a, fasting(time.Time{}, time.Time{}))
		if d := s.medical(t); d.FastedCount != 0 {
			t.Errorf("somebody let them eat again, and the dashboard lists %+v", d.Fasted)
		}
	})
}
