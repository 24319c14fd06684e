package hospital_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"dusangire/hospital"
)

type allergens = []hospital.Allergen

// severePeanuts are the allergies of somebody whom a wrong dish could kill.
var severePeanuts = knownAllergies(allergens{"milk", "peanuts"}, "peanuts")

// knownAllergies are these, of which some are severe.
func knownAllergies(all allergens, severe ...hospital.Allergen) hospital.Allergies {
	return hospital.Allergies{Known: true, Allergens: all, Severe: severe}
}

// wasHere is a patient with these allergies who was here on a diabetic diet of purée, and left.
func (s *service) wasHere(t testing.TB, allergies hospital.Allergies) hospital.Admission {
	t.Helper()
	purée := hospital.Texture(4)
	a, _, err := s.Admit(t.Context(), nurse, hospital.AdmitCommand{
		PatientName: "Uwimana Béatrice", Diet: hospital.DietDiabetic, Texture: &purée,
		Allergies: allergies})
	if err != nil {
		t.Fatal(err)
	}
	s.discharge(t, a.ID, hospital.Improved)
	s.clock.pass(24 * time.Hour)
	return a
}

// comesBack admits a patient who was here before into A-01.
func (s *service) comesBack(t testing.TB, patientID int64,
	said hospital.Allergies) (hospital.Admission, error) {
	t.Helper()
	a, _, err := s.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientID: patientID,
		BedID: s.bed(t, "A-01").ID, Reason: "emergency", Allergies: said})
	return a, err
}

// setAllergies gives the command as somebody.
func (s *service) setAllergies(t testing.TB, as hospital.Actor, id int64,
	cmd hospital.AllergyCommand) error {
	t.Helper()
	_, err := s.SetAllergies(t.Context(), as, id, cmd)
	return err
}

// recordOf reads what is on record of a patient's allergies.
func (s *service) recordOf(t testing.TB, patientID int64) hospital.AllergyRecord {
	t.Helper()
	return must[hospital.AllergyRecord](t)(s.PatientAllergies(t.Context(), patientID))
}

func TestWhoComesBackBeginsWithWhatIsOnRecord(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		before := s.wasHere(t, severePeanuts)
		noted := []hospital.NotedAllergy{
			{Allergen: "milk", NotedBy: "nurse", NotedAt: morning},
			{Allergen: "peanuts", Severe: true, NotedBy: "nurse", NotedAt: morning},
		}
		a, err := s.comesBack(t, before.PatientID, hospital.Allergies{})
		if err != nil {
			t.Fatal(err)
		}
		want := hospital.DietOrder{Diet: hospital.DietDiabetic, Texture: 4,
			Allergies: severePeanuts}
		if got := s.dietOf(t, a); !reflect.DeepEqual(got, want) {
			t.Errorf("a patient who comes back may eat %+v, want %+v", got, want)
		}
		board := s.bed(t, "A-01").Admission
		if !reflect.DeepEqual(board.Allergies, severePeanuts) || board.AllergiesConfirmed {
			t.Errorf("the board shows %+v", board)
		}
		if got := s.detail(t, "A-01").Noted; !slices.Equal(got, noted) {
			t.Errorf("the bed's page says they were noted so: %+v", got)
		}
		found := must[[]hospital.Patient](t)(s.FindPatients(t.Context(), nurse, "uwimana"))
		if len(found) != 1 || !reflect.DeepEqual(found[0].Allergies, severePeanuts) {
			t.Errorf("the search finds %+v", found)
		}

		same := severePeanuts
		sentAlong := s.diet(t, a, hospital.DietCommand{Allergies: &same, SentAlong: true})
		if s.recordOf(t, a.PatientID).Confirmed || sentAlong.Version != a.Version {
			t.Error("allergies that a form only sends along are confirmed")
		}
		confirmed := s.diet(t, a, hospital.DietCommand{Allergies: &same})
		got := s.recordOf(t, a.PatientID)
		if !got.Confirmed || !slices.Equal(got.Noted, noted) || confirmed.Version != a.Version+1 {
			t.Errorf("after somebody has confirmed them, the record is %+v", got)
		}
		refusal := s.refuses(t, hospital.Conflict, "stay_outdated", func() error {
			again := hospital.DietCommand{Allergies: &same, Version: a.Version}
			_, err := s.SetDiet(t.Context(), nurse, a.ID, again)
			return err
		})
		at := s.clock.Now().Format("15:04")
		wantTold(t, refusal, "allergies_confirmed: false → true by nurse at "+at)
	})
}

func TestAMealIsCheckedAgainstWhatAnEarlierStayKnew(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		before := s.wasHere(t, hospital.Allergies{Known: true})
		s.exec(t, `UPDATE dish SET allergens = '["peanuts"]' WHERE id = $1`, s.dish.ID)
		severe := hospital.AllergyCommand{Allergies: severePeanuts}
		if err := s.setAllergies(t, nurse, before.PatientID, severe); err != nil {
			t.Fatal(err)
		}
		a, err := s.comesBack(t, before.PatientID, hospital.Allergies{})
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = s.PlaceOrder(t.Context(), nurse, hospital.PlaceOrderCommand{
			AdmissionID: a.ID, Meal: hospital.Snack, Dishes: []int64{s.dish.ID},
			OverrideReason: "the family insists on it"})
		refusal := refused(t, err, hospital.Conflict, "hazards")
		hazards, _ := refusal.Current.([]hospital.Hazard)
		severely := func(z hospital.Hazard) bool { return z.Allergen == "peanuts" && z.Severe }
		if !slices.ContainsFunc(hazards, severely) {
			t.Errorf("the refusal names %+v", hazards)
		}
	})
}

func TestAllergiesOnRecordAreNotTakenOffWithoutAReason(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		before := s.wasHere(t, severePeanuts)
		none, nothing := hospital.Allergies{Known: true}, hospital.Allergies{}
		s.refuses(t, hospital.Conflict, "allergies_on_record", func() error {
			_, err := s.comesBack(t, before.PatientID, none)
			return err
		})
		a, err := s.comesBack(t, before.PatientID, hospital.Allergies{})
		if err != nil {
			t.Fatal(err)
		}
		for _, said := range []hospital.Allergies{none, nothing} {
			for what, command := range map[string]func() error{
				"a diet": func() error {
					diet := hospital.DietCommand{Allergies: &said, Reason: "  "}
					_, err := s.SetDiet(t.Context(), nurse, a.ID, diet)
					return err
				},
				"the record": func() error {
					cmd := hospital.AllergyCommand{Allergies: said}
					return s.setAllergies(t, nurse, a.PatientID, cmd)
				},
			} {
				refusal := s.refuses(t, hospital.Conflict, "allergies_on_record", command)
				if now, _ := refusal.Current.(hospital.AllergyRecord); len(now.Noted) != 2 {
					t.Errorf("%s: the refusal shows %+v", what, refusal.Current)
				}
			}
		}
		lines := s.auditLines(t)
		s.diet(t, a, hospital.DietCommand{Allergies: &none, Reason: "of another patient"})
		if got := s.recordOf(t, a.PatientID); !got.Known || len(got.Noted) > 0 || !got.Confirmed {
			t.Errorf("with a reason, the record is %+v", got)
		}
		want := "patient.allergies allergies=milk,peanuts severe=peanuts>allergies=none"
		if got := s.audited(t, lines); !slices.Contains(got, want) {
			t.Errorf("the audit says %v", got)
		}
		if n := s.number(t, `SELECT count(*) FROM audit WHERE action = 'patient.allergies'
			AND reason = 'of another patient'`); n != 1 {
			t.Error("the audit does not say why")
		}
	})
}

// Who admits somebody has not always seen the record.
func TestAnAdmissionAddsToTheRecordAndTakesNothingOff(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		for _, test := range []struct {
			said, want hospital.Allergies
			confirmed  bool
		}{
			{knownAllergies(allergens{"eggs"}),
				knownAllergies(allergens{"eggs", "milk", "peanuts"}, "peanuts"), false},
			{knownAllergies(allergens{"peanuts", "milk"}, "milk"),
				knownAllergies(allergens{"milk", "peanuts"}, "milk", "peanuts"), true},
			{severePeanuts, severePeanuts, true},
		} {
			before := s.wasHere(t, severePeanuts)
			a, err := s.comesBack(t, before.PatientID, test.said)
			if err != nil {
				t.Fatal(err)
			}
			got := s.recordOf(t, a.PatientID)
			if !reflect.DeepEqual(got.Allergies(), test.want) || got.Confirmed != test.confirmed {
				t.Errorf("admitted with %+v the record is %+v, want %+v, confirmed %t",
					test.said, got, test.want, test.confirmed)
			}
			s.discharge(t, a.ID, hospital.Improved)
			s.set(t, "A-01", hospital.BedAvailable)
		}
	})
}

func TestAllergiesAreNotedOfWhoIsNotAdmittedToo(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		before := s.wasHere(t, hospital.Allergies{})
		set := func(as hospital.Actor, id int64, cmd hospital.AllergyCommand) func() error {
			return func() error { return s.setAllergies(t, as, id, cmd) }
		}
		severe := hospital.AllergyCommand{Allergies: severePeanuts}
		for _, actor := range []hospital.Actor{manager, cook, s.courier, s.customer, {}} {
			s.refuses(t, hospital.Forbidden, "forbidden", set(actor, before.PatientID, severe))
		}
		s.refuses(t, hospital.NotFound, "patient_none", set(nurse, 4711, severe))
		cats := hospital.AllergyCommand{Allergies: knownAllergies(allergens{"cats"})}
		refusal := s.refuses(t, hospital.Invalid, "fields", set(nurse, before.PatientID, cats))
		if got := wrongFields(refusal); got["allergies"] != "unknown_choice" {
			t.Errorf("got %v", got)
		}
		severe.Version = 1
		s.moves(t, topicsOf("metrics"), set(nurse, before.PatientID, severe))
		now := s.clock.Now().UTC()
		want := hospital.AllergyRecord{PatientID: before.PatientID, Known: true, Version: 2,
			Noted: []hospital.NotedAllergy{{Allergen: "milk", NotedBy: "nurse", NotedAt: now},
				{Allergen: "peanuts", Severe: true, NotedBy: "nurse", NotedAt: now}}}
		if got := s.recordOf(t, before.PatientID); !reflect.DeepEqual(got, want) {
			t.Errorf("the record is %+v, want %+v", got, want)
		}
		refusal = s.refuses(t, hospital.Conflict, "patient_outdated",
			set(nurse, before.PatientID, severe))
		at := s.clock.Now().Format("15:04")
		wantTold(t, refusal, "allergies: <nil> → [milk peanuts] by nurse at "+at,
			"severe: [] → [peanuts] by nurse at "+at)
		severe.Version, severe.AdmissionID = 0, before.ID
		s.refuses(t, hospital.Conflict, "another_patient", set(nurse, before.PatientID, severe))
	})
}

func TestAChangedRecordStopsWhatItsPatientWasToGet(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.exec(t, `UPDATE dish SET allergens = '["milk"]' WHERE id = $1`, s.dish.ID)
		o := s.orderFor(t, nurse, a, hospital.Snack)
		severe := hospital.AllergyCommand{Allergies: severePeanuts, AdmissionID: a.ID}
		record, err := s.SetAllergies(t.Context(), nurse, a.PatientID, severe)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.order(t, o.ID); got.Status != hospital.OrderHeld {
			t.Errorf("an order with milk is %s, want held", got.Status)
		}
		now := must[hospital.Admission](t)(s.Admission(t.Context(), nurse, a.ID))
		if !record.Confirmed || record.AdmissionID != a.ID || now.Version != a.Version+1 {
			t.Errorf("the record is %+v, the admission %+v", record, now)
		}

		// Who said how bad one is has noted it; of the others it stays who did.
		s.clock.pass(time.Hour)
		severe.Allergies.Severe = severePeanuts.Allergens
		record, err = s.SetAllergies(t.Context(), admin, a.PatientID, severe)
		if err != nil || record.Noted[0].NotedBy != "admin" || record.Noted[1].NotedBy != "nurse" {
			t.Errorf("got %+v, %v", record, err)
		}
	})
}

// twoRecords are an old record, of somebody who left, and one of who is here now.
func (s *service) twoRecords(t testing.TB, old, now hospital.Allergies) (
	gone, here hospital.Admission,
) {
	t.Helper()
	gone = s.wasHere(t, old)
	here, _, err := s.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Uwimana Beata",
		BedID: s.bed(t, "A-01").ID, Allergies: now})
	if err != nil {
		t.Fatal(err)
	}
	return gone, here
}

// merges makes one record of two.
func (s *service) merges(t testing.TB, from, into int64) {
	t.Helper()
	_, err := s.MergePatients(t.Context(), manager, from,
		hospital.MergeCommand{Into: into, Reason: "the same national id"})
	if err != nil {
		t.Fatal(err)
	}
}

// unmerges takes that back.
func (s *service) unmerges(t testing.TB, from int64) {
	t.Helper()
	if _, err := s.UnmergePatient(t.Context(), manager, from, 0); err != nil {
		t.Fatal(err)
	}
}

// has fails the test where other allergies are on record than these.
func (s *service) has(t testing.TB, who string, patientID int64, want hospital.Allergies) {
	t.Helper()
	if got := s.recordOf(t, patientID).Allergies(); !reflect.DeepEqual(got, want) {
		t.Errorf("on record of %s are %+v, want %+v", who, got, want)
	}
}

func TestTwoRecordsMergedHaveTheAllergiesOfBothAndApartTheirOwn(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		milk := knownAllergies(allergens{"eggs", "milk", "peanuts"}, "milk")
		gone, here := s.twoRecords(t, severePeanuts, milk)
		noted := s.recordOf(t, gone.PatientID).Noted
		s.merges(t, gone.PatientID, here.PatientID)
		s.has(t, "both", here.PatientID,
			knownAllergies(allergens{"eggs", "milk", "peanuts"}, "milk", "peanuts"))
		record := s.recordOf(t, here.PatientID)
		if record.Confirmed || record.Noted[2] != noted[1] {
			t.Errorf("the severe one of the other record must be asked for and keep who noted it: %+v",
				record)
		}
		refused(t, s.setAllergies(t, nurse, gone.PatientID,
			hospital.AllergyCommand{Allergies: knownAllergies(allergens{"fish"})}),
			hospital.Conflict, "patient_merged")
		s.unmerges(t, gone.PatientID)
		s.has(t, "who left", gone.PatientID, severePeanuts)
		s.has(t, "who is here", here.PatientID, milk)
	})
}

func TestWhatWasNotedOfTwoRecordsInOneStaysWithBoth(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		gone, here := s.twoRecords(t, severePeanuts, hospital.Allergies{})
		s.merges(t, gone.PatientID, here.PatientID)
		s.clock.pass(time.Hour)
		if err := s.setAllergies(t, nurse, here.PatientID, hospital.AllergyCommand{
			Allergies: knownAllergies(allergens{"fish", "milk"}, "fish")}); err != nil {
			t.Fatal(err)
		}
		s.unmerges(t, gone.PatientID)
		s.has(t, "who left", gone.PatientID,
			knownAllergies(allergens{"fish", "milk", "peanuts"}, "fish", "peanuts"))
		s.has(t, "who is here", here.PatientID, knownAllergies(allergens{"fish"}, "fish"))
	})
}

func TestAMergeStopsTheOrdersThatTheOthersAllergiesMakeDangerous(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		gone, here := s.twoRecords(t, severePeanuts, knownAllergies(nil))
		order, err := s.place(t, here, "", s.add(t, "Isombe", with("peanuts")))
		if err != nil {
			t.Fatal(err)
		}
		s.merges(t, gone.PatientID, here.PatientID)
		if now := s.order(t, order.ID); now.Status != hospital.OrderHeld {
			t.Errorf("the order with peanuts is %s, want it held", now.Status)
		}
	})
}
