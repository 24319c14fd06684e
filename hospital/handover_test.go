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
			return fmt.Sprintf("%s %s %s %s %t", m.PatientName, m.Meal, m.Why, m.Last.CancelReason,
				m.Last.ID != 0)
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

// born admits a newborn to its mother's bed.
func (s *service) born(t testing.TB, name hospital.PatientName,
	mother hospital.Admission) hospital.Admission {
	t.Helper()
	a, _, err := s.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: name,
		MotherAdmissionID: mother.ID, Allergies: hospital.Allergies{Known: true}, ConfirmNew: true})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// wantMoves says whom a ward's handover must tell of.
func (s *service) wantMoves(t *testing.T, ward hospital.Ward, since time.Time,
	admitted, moved, discharged []string) {
	t.Helper()
	in, between, out := came(t, s.handover(t, ward, since))
	wantLines(t, "admitted to "+ward.Code, in, admitted...)
	wantLines(t, "moved in "+ward.Code, between, moved...)
	wantLines(t, "discharged from "+ward.Code, out, discharged...)
}

// What was taken back never was.
func TestAHandoverTellsNothingOfWhatWasTakenBack(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		moves, leaves := s.patient(t, "Moves Anna", "A-01"), s.patient(t, "Leaves Bea", "A-02")
		waits := s.patient(t, "Waits Carl", "")
		s.clock.pass(time.Hour)
		since := s.clock.Now()
		never := s.patient(t, "Never Dora", "A-03")
		s.clock.pass(time.Minute) // 10:01
		never = s.transfer(t, never, "B-03")
		s.transfer(t, moves, "B-01")
		s.transfer(t, waits, "A-04")
		s.discharge(t, leaves.ID, hospital.Improved)
		s.clock.pass(time.Minute)
		for _, id := range []int64{moves.ID, waits.ID} {
			_, err := s.UndoTransfer(t.Context(), nurse, id, hospital.UndoCommand{})
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.CancelAdmission(t.Context(), nurse, never.ID, undo); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ReopenAdmission(t.Context(), nurse, leaves.ID, undo); err != nil {
			t.Fatal(err)
		}
		s.wantMoves(t, s.a, since, nil, nil, nil)
		s.wantMoves(t, s.b, since, nil, nil, nil)
		in := lines(s.handover(t, s.a, since).Patients,
			func(p hospital.HandoverPatient) string { return p.BedNumber })
		wantLines(t, "patients in A", in, "A-01", "A-02")
	})
}

// Who was told to have left, and is here again, is told of.
func TestAHandoverTellsWhoseDischargeWasTakenBack(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		same, other := s.patient(t, "Same Anna", "A-01"), s.patient(t, "Other Bea", "A-02")
		s.discharge(t, same.ID, hospital.Improved)
		s.discharge(t, other.ID, hospital.Improved)
		s.set(t, "A-02", hospital.BedAvailable)
		s.patient(t, "Takes Carl", "A-02")
		s.clock.pass(time.Hour)
		since := s.clock.Now()
		s.clock.pass(time.Minute) // 10:01
		for _, id := range []int64{same.ID, other.ID} {
			if _, err := s.ReopenAdmission(t.Context(), nurse, id, undo); err != nil {
				t.Fatal(err)
			}
		}
		s.clock.pass(time.Minute) // 10:02
		s.transfer(t, other, "B-01")
		s.wantMoves(t, s.a, since, nil, []string{"Same Anna ()→A-01(Medicine) 10:01"}, nil)
		s.wantMoves(t, s.b, since, nil, []string{"Other Bea ()→B-01(Surgery) 10:02"}, nil)
		s.wantMoves(t, s.a, s.clock.Now(), nil, nil, nil)
	})
}

// An admission that was entered late is told of when it is entered, at the time that it was.
func TestAHandoverTellsWhoWasEnteredLate(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		s.clock.pass(2 * time.Hour)
		since := s.clock.Now()
		s.clock.pass(time.Minute)
		_, _, err := s.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Late Anna",
			BedID: s.bed(t, "A-01").ID, AdmittedAt: since.Add(-time.Hour), LateReason: "no power"})
		if err != nil {
			t.Fatal(err)
		}
		s.wantMoves(t, s.a, since, []string{"Late Anna A-01 10:00"}, nil, nil)
		s.clock.pass(time.Minute)
		s.wantMoves(t, s.a, s.clock.Now(), nil, nil, nil)
	})
}

// Who left the ward to wait for a bed has left it, wherever they come to later.
func TestAHandoverTellsWhoLeftToWait(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Waits Anna", "A-01")
		s.clock.pass(time.Hour)
		since := s.clock.Now()
		s.clock.pass(time.Minute) // 10:01
		s.discharge(t, a.ID, hospital.Improved)
		s.set(t, "A-01", hospital.BedAvailable)
		s.patient(t, "Takes Bea", "A-01")
		s.clock.pass(time.Minute) // 10:02
		if _, err := s.ReopenAdmission(t.Context(), nurse, a.ID, undo); err != nil {
			t.Fatal(err)
		}
		left := "Waits Anna A-01(Medicine)→() 10:01"
		s.wantMoves(t, s.a, since, []string{"Takes Bea A-01 10:01"}, []string{left}, nil)
		s.clock.pass(time.Minute) // 10:03
		s.transfer(t, a, "B-01")
		s.wantMoves(t, s.a, since, []string{"Takes Bea A-01 10:01"}, []string{left}, nil)
		s.wantMoves(t, s.b, since, nil, []string{"Waits Anna ()→B-01(Surgery) 10:03"}, nil)
		s.discharge(t, a.ID, hospital.Stable)
		s.wantMoves(t, s.b, since, nil, []string{"Waits Anna ()→B-01(Surgery) 10:03"},
			[]string{"Waits Anna B-01 stable 10:03"})
	})
}

func TestAHandoverTellsOfBothWhoSwappedAndOfNewbornsWithTheirMother(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		mother, other := s.patient(t, "Mother Anna", "A-01"), s.patient(t, "Other Bea", "B-01")
		s.clock.pass(time.Hour)
		since := s.clock.Now()
		s.clock.pass(time.Minute) // 10:01
		newborn := s.born(t, "Newborn Anna", mother)
		s.note(t, newborn, "Weigh before noon.")
		s.clock.pass(time.Minute) // 10:02
		_, err := s.Swap(t.Context(), nurse, mother.ID, hospital.SwapCommand{With: other.ID})
		if err != nil {
			t.Fatal(err)
		}
		moved := []string{"Mother Anna A-01(Medicine)→B-01(Surgery) 10:02",
			"Other Bea B-01(Surgery)→A-01(Medicine) 10:02",
			"Newborn Anna A-01(Medicine)→B-01(Surgery) 10:02"}
		s.wantMoves(t, s.a, since, []string{"Newborn Anna A-01 10:01"}, moved, nil)
		s.wantMoves(t, s.b, since, nil, moved, nil)
		in := lines(s.handover(t, s.b, since).Patients, func(p hospital.HandoverPatient) string {
			return fmt.Sprint(p.BedNumber, " ", p.PatientName, " ", p.Note.Text)
		})
		wantLines(t, "patients in B", in, "B-01 Mother Anna ",
			"B-01 Newborn Anna Weigh before noon.")
		s.clock.pass(time.Minute) // 10:03
		s.discharge(t, mother.ID, hospital.Improved)
		s.wantMoves(t, s.b, since, nil, moved, []string{"Mother Anna B-01 improved 10:03"})
		s.clock.pass(time.Minute) // 10:04
		s.discharge(t, newborn.ID, hospital.Improved)
		s.wantMoves(t, s.b, since, nil, moved, []string{"Mother Anna B-01 improved 10:03",
			"Newborn Anna B-01 improved 10:04"})
	})
}

// A newborn is fed with its mother, who had been discharged missed no meal, and those of who is on
// leave are held for that.
func TestAMissedMealIsToldOfWhoWasAdmittedWithWhyItWasHeld(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) { // 09:00, which is 11:00 in Kigali
		mother, leaves := s.patient(t, "Mother Anna", "A-01"), s.patient(t, "Leaves Bea", "A-02")
		returns, reopened := s.patient(t, "Returns Carl", "A-03"), s.patient(t, "Again Dora", "A-04")
		fed, given := s.born(t, "Fed Anna", mother), s.born(t, "Given Anna", mother)
		order := s.orderFor(t, nurse, given, hospital.Lunch)
		list := must[hospital.MealList](t)(s.MealList(t.Context(), nurse, s.a.ID, hospital.Lunch))
		names := lines(list.Lines, func(l hospital.MealLine) string {
			return fmt.Sprintf("%s %s %d", l.BedNumber, l.PatientName, len(l.Orders))
		})
		wantLines(t, "the meal list", names, "A-01 Mother Anna 0", "A-01 Given Anna 1",
			"A-02 Leaves Bea 0", "A-03 Returns Carl 0", "A-04 Again Dora 0")
		_, err := s.CancelOrder(t.Context(), nurse, order.ID, hospital.OrderCommand{Reason: "sleeps"})
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []int64{leaves.ID, returns.ID} {
			if _, err := s.GoOnLeave(t.Context(), nurse, id, hospital.LeaveCommand{}); err != nil {
				t.Fatal(err)
			}
		}
		s.discharge(t, reopened.ID, hospital.Improved)
		s.clock.pass(2 * time.Hour) // 13:00 in Kigali
		_, err = s.ReturnFromLeave(t.Context(), nurse, returns.ID, hospital.ReturnCommand{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.ReopenAdmission(t.Context(), nurse, reopened.ID, undo); err != nil {
			t.Fatal(err)
		}
		missed := func(since time.Time) []string {
			return lines(s.handover(t, s.a, since).Missed, func(m hospital.HandoverMissed) string {
				words := fmt.Sprintf("%s %s %s", m.PatientName, m.Meal, m.Why)
				for _, z := range m.Last.HeldFor {
					words += " " + string(z.Kind)
				}
				return words
			})
		}
		want := []string{"Mother Anna lunch not_ordered", "Given Anna lunch cancelled",
			"Leaves Bea lunch held on_leave", "Returns Carl lunch held on_leave"}
		wantLines(t, "missed", missed(time.Time{}), want...)
		wantLines(t, "missed since they left", missed(s.clock.Now().Add(-time.Hour)), want...)
		s.clock.pass(6 * time.Hour) // after dinner
		wantLines(t, "missed at dinner", missed(s.clock.Now().Add(-6*time.Hour)),
			"Mother Anna dinner not_ordered", "Leaves Bea dinner held on_leave",
			"Returns Carl dinner not_ordered", "Again Dora dinner not_ordered")
		if in := s.handover(t, s.a, time.Time{}).Patients; in[1].AdmissionID != fed.ID {
			t.Errorf("the newborn is not told of after its mother: %+v", in)
		}
	})
}

// A record that was merged keeps its lines of the audit: what was done to its admission is told
// all the same, and what was noted of the other record before is not this patient's change.
func TestAHandoverTellsOfAllergiesAcrossMergedRecords(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		gone := s.wasHere(t, knownAllergies(allergens{"eggs"}))
		here := s.patient(t, "Uwimana Beata", "A-01")
		s.clock.pass(time.Hour)
		since := s.clock.Now()
		step := func(id int64, to ...hospital.Allergen) {
			t.Helper()
			s.clock.pass(time.Minute)
			err := s.setAllergies(t, nurse, id,
				hospital.AllergyCommand{Allergies: knownAllergies(allergens(to))})
			if err != nil {
				t.Fatal(err)
			}
		}
		told := func(want string) {
			t.Helper()
			var got []string
			for _, c := range s.handover(t, s.a, since).Diets {
				for _, one := range c.Changes {
					got = append(got, fmt.Sprintf("%s: %v → %v", one.Field, one.From, one.To))
				}
			}
			wantLines(t, "what has changed", got[:min(len(got), 1)], want)
		}
		step(here.PatientID, "milk")
		step(gone.PatientID, "eggs", "fish")
		told("allergies: [] → [milk]")
		s.clock.pass(time.Minute)
		s.merges(t, here.PatientID, gone.PatientID) // the record of who lies here goes
		told("allergies: [] → [eggs fish milk]")
		history := s.record(t, gone.PatientID).AllergyHistory
		if len(history) != 5 || history[0].By != "manager" {
			t.Errorf("the history of both is %+v, want the merge and the two changes of each", history)
		}
		step(gone.PatientID, "eggs", "fish", "milk", "nuts")
		told("allergies: [] → [eggs fish milk nuts]")
		s.clock.pass(time.Minute)
		s.unmerges(t, here.PatientID)
		told("allergies: [] → [milk nuts]")
		if n := len(s.record(t, gone.PatientID).AllergyHistory); n == 0 {
			t.Error("the record that stayed has no history any more")
		}
	})
}
