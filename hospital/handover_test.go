package hospital_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"dusangire/hospital"
)

// handover reads what a ward's next shift must know since a time, as the nurse.
func (s *service) handover(t testing.TB, ward hospital.Ward, since time.Time) hospital.Handover {
	t.Helper()
	return must[hospital.Handover](t)(s.Handover(t.Context(), nurse, ward.ID, since))
}

// transfer moves a patient.
func (s *service) transfer(t testing.TB, a hospital.Admission, number string) hospital.Admission {
	t.Helper()
	return must[hospital.Admission](t)(s.Transfer(t.Context(), nurse, a.ID,
		hospital.TransferCommand{BedID: s.bed(t, number).ID}))
}

// lines writes each line of a list, to be compared.
func lines[T any](list []T, words func(T) string) []string {
	written := []string{}
	for _, one := range list {
		written = append(written, words(one))
	}
	return written
}

// wantLines says what a list must be.
func wantLines(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\ngot  %q\nwant %q", what, got, want)
	}
}

// came writes the parts of a handover that tell who came and who left.
func came(t *testing.T, h hospital.Handover) (admitted, moved, discharged []string) {
	t.Helper()
	return lines(h.Admitted, func(l hospital.HandoverAdmitted) string {
			return fmt.Sprintf("%s %s %s", l.PatientName, l.BedNumber, l.At.Format("15:04"))
		}), lines(h.Moved, func(l hospital.HandoverMove) string {
			return fmt.Sprintf("%s %s(%s)→%s(%s) %s", l.PatientName, l.FromBed, l.FromWard, l.ToBed,
				l.ToWard, l.At.Format("15:04"))
		}), lines(h.Discharged, func(l hospital.HandoverDischarged) string {
			return fmt.Sprintf("%s %s %s %s", l.PatientName, l.BedNumber, l.Outcome,
				l.At.Format("15:04"))
		})
}

func TestAHandoverTellsWhoCameWhoMovedAndWhoLeft(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		before := s.patient(t, "Before Anna", "A-06") // 09:00, before the shift
		gone := s.patient(t, "Gone Long Ago", "A-05")
		s.discharge(t, gone.ID, hospital.Improved)
		s.clock.pass(time.Hour)
		since := s.clock.Now()
		s.clock.pass(time.Minute) // 10:01
		stays := s.patient(t, "Stays Bea", "A-01")
		waited := s.patient(t, "Waited Carl", "")
		s.clock.pass(time.Minute) // 10:02
		s.transfer(t, waited, "A-02")
		s.transfer(t, before, "B-01")
		s.clock.pass(time.Minute) // 10:03
		within := s.transfer(t, stays, "A-03")
		left := s.patient(t, "Left Dora", "A-04")
		s.clock.pass(time.Minute) // 10:04
		s.discharge(t, left.ID, hospital.Referred)
		s.discharge(t, before.ID, hospital.Improved)

		a := s.handover(t, s.a, since)
		admitted, moved, discharged := came(t, a)
		wantLines(t, "admitted to A", admitted, "Stays Bea A-01 10:01", "Left Dora A-04 10:03")
		wantLines(t, "moved in A", moved, "Before Anna A-06(Medicine)→B-01(Surgery) 10:02",
			"Waited Carl ()→A-02(Medicine) 10:02", "Stays Bea A-01(Medicine)→A-03(Medicine) 10:03")
		wantLines(t, "discharged from A", discharged, "Left Dora A-04 referred 10:04")
		if !a.Since.Equal(since) || !a.Until.Equal(s.clock.Now()) {
			t.Errorf("the handover is from %s until %s", a.Since, a.Until)
		}
		admitted, moved, discharged = came(t, s.handover(t, s.b, since))
		wantLines(t, "admitted to B", admitted)
		wantLines(t, "moved in B", moved, "Before Anna A-06(Medicine)→B-01(Surgery) 10:02")
		wantLines(t, "discharged from B", discharged, "Before Anna B-01 improved 10:04")
		beds := lines(a.Beds, func(b hospital.Bed) string { return b.Number + " " + string(b.Status) })
		wantLines(t, "beds out in A", beds, "A-01 cleaning", "A-04 cleaning", "A-05 cleaning",
			"A-06 cleaning")
		in := lines(a.Patients, func(p hospital.HandoverPatient) string { return p.BedNumber })
		wantLines(t, "patients in A", in, "A-02", within.BedNumber)
	})
}

func TestAHandoverTellsOfDietsNotesAndWhoMustNotEat(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, quiet := s.patient(t, "Uwase Marie", "A-01"), s.patient(t, "Keza Ange", "A-02")
		over := s.patient(t, "Over Ida", "A-03")
		renal, general := hospital.DietRenal, hospital.DietGeneral
		s.diet(t, a, allergic("milk"))
		s.clock.pass(time.Hour)
		since := s.clock.Now()
		s.clock.pass(time.Minute)
		s.diet(t, a, hospital.DietCommand{Diet: &renal, Allergies: &hospital.Allergies{
			Allergens: []hospital.Allergen{"milk", "peanuts"}, Severe: []hospital.Allergen{"peanuts"}}})
		s.diet(t, quiet, hospital.DietCommand{Diet: &renal})
		s.diet(t, quiet, hospital.DietCommand{Diet: &general})
		tonight := s.clock.Now().Add(12 * time.Hour)
		s.diet(t, quiet, fasting(tonight, time.Time{}))
		s.diet(t, over, fasting(since, s.clock.Now().Add(time.Minute)))
		s.clock.pass(2 * time.Minute)
		s.note(t, a, "Ask for the X-ray.")

		h := s.handover(t, s.a, since)
		diets := lines(h.Diets, func(d hospital.HandoverDiet) string {
			return fmt.Sprint(d.BedNumber, " ", lines(d.Changes, func(c hospital.Change) string {
				return fmt.Sprintf("%s: %v → %v by %s", c.Field, c.From, c.To, c.By)
			}))
		})
		wantLines(t, "diets", diets[:1], "A-01 [diet: general → renal by nurse "+
			"allergies: [milk] → [milk peanuts] by nurse severe: [] → [peanuts] by nurse]")
		if len(diets) != 3 || len(h.Diets[1].Changes) != 1 ||
			h.Diets[1].Changes[0].Field != "nil_by_mouth_from" {
			t.Errorf("a diet that is as before should not be told: %q", diets)
		}
		var fast []string
		for _, p := range h.Patients {
			if p.FastsAhead(h.Until) {
				fast = append(fast, p.BedNumber)
			}
		}
		wantLines(t, "who must not eat", fast, "A-02")
		if note := h.Patients[0].Note; note.Text != "Ask for the X-ray." || note.By != "nurse" {
			t.Errorf("the note is %+v", note)
		}
		later := s.handover(t, s.a, s.clock.Now())
		if len(later.Diets) > 0 || later.Patients[0].Note.Text == "" {
			t.Errorf("since now diets are %v and the note is %q", later.Diets, later.Patients[0].Note.Text)
		}
	})
}

func TestAHandoverTellsOfMealsThatWereMissedOrAreHeld(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) { // 09:00, which is 11:00 in Kigali
		had, cancelled := s.patient(t, "Had Anna", "A-01"), s.patient(t, "Cancelled Bea", "A-02")
		fasted := s.patient(t, "Fasted Carl", "A-03")
		s.admit(t, "Never Dora", "A-04")
		s.patient(t, "None Eva", "A-05")
		lunch := s.cooked(t, s.orderFor(t, nurse, had, hospital.Lunch))
		s.claim(t, s.courier, lunch.ID)
		order := s.orderFor(t, nurse, cancelled, hospital.Lunch)
		_, err := s.CancelOrder(t.Context(), nurse, order.ID,
			hospital.OrderCommand{Reason: "eats at home"})
		if err != nil {
			t.Fatal(err)
		}
		s.diet(t, fasted, fasting(s.clock.Now(), s.clock.Now().Add(5*time.Hour)))
		s.clock.pass(2 * time.Hour)              // 13:00 in Kigali
		late := s.patient(t, "Late Fay", "A-06") // came after lunch
		s.orderFor(t, nurse, late, hospital.Dinner)
		s.diet(t, late, allergic("milk"))
		s.diet(t, late, fasting(s.clock.Now(), s.clock.Now().Add(9*time.Hour)))

		h := s.handover(t, s.a, time.Time{})
		missed := lines(h.Missed, func(m hospital.HandoverMissed) string {
			return fmt.Sprintf("%s %s %s %s %t", m.PatientName, m.Meal, m.Why, m.Reason, m.OrderID != 0)
		})
		// Breakfast was at 07:00, before anybody came.
		wantLines(t, "missed", missed, "Cancelled Bea lunch cancelled eats at home true",
			"Fasted Carl lunch nil_by_mouth  false", "Never Dora lunch never_asked  false",
			"None Eva lunch not_ordered  false")
		held := lines(h.Held, func(o hospital.HandoverHeld) string {
			return fmt.Sprintf("%s %s %d", o.PatientName, o.Meal, len(o.HeldFor))
		})
		wantLines(t, "held", held, "Late Fay dinner 1")
	})
}

func TestAHandoverLooksBackAtMostAWeek(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		for name, since := range map[string]time.Time{
			"a time to come":       s.clock.Now().Add(time.Second),
			"more than a week ago": s.clock.Now().Add(-hospital.LongestHandover - time.Second),
		} {
			refusal := s.refuses(t, hospital.Invalid, "fields", func() error {
				_, err := s.Handover(t.Context(), nurse, s.a.ID, since)
				return err
			})
			if got := wrongFields(refusal); got["since"] != "handover_since" {
				t.Errorf("%s is refused as %v", name, got)
			}
		}
		h := s.handover(t, s.a, time.Time{})
		if !h.Since.Equal(s.clock.Now().Add(-hospital.ShiftLasts)) {
			t.Errorf("without a time it begins at %s", h.Since)
		}
		s.refuses(t, hospital.NotFound, "ward_unknown", func() error {
			_, err := s.Handover(t.Context(), nurse, 4711, time.Time{})
			return err
		})
	})
}

// Why somebody was admitted is for medical staff.
func TestAHandoverTellsReasonsToWhomTheyConcern(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		_, _, err := s.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Uwase Marie",
			BedID: s.bed(t, "A-01").ID, Reason: "emergency"})
		if err != nil {
			t.Fatal(err)
		}
		for reader, want := range map[hospital.Actor]string{nurse: "emergency", manager: ""} {
			h := must[hospital.Handover](t)(s.Handover(t.Context(), reader, s.a.ID, time.Time{}))
			if got := h.Admitted[0].Reason; got != want {
				t.Errorf("%s is told the reason %q, want %q", reader.Role, got, want)
			}
		}
	})
}
