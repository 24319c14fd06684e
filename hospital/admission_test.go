package hospital_test

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

func TestAPatientIsAdmittedIntoABedThatCanTakeOneAndNoOther(t *testing.T) {
	t.Parallel()
	for status, code := range map[hospital.BedStatus]string{
		hospital.BedAvailable:   "",
		hospital.BedReserved:    "bed_reserved",
		hospital.BedOccupied:    "bed_taken",
		hospital.BedCleaning:    "bed_not_free",
		hospital.BedMaintenance: "bed_not_free",
		hospital.BedClosed:      "bed_not_free",
	} {
		t.Run(string(status), func(t *testing.T) {
			onEach(t, func(t *testing.T, h *fixture) {
				h.bring(t, "A-01", status)
				bed := h.bed(t, "A-01")
				admit := func() error {
					_, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Mugisha Eric", BedID: bed.ID})
					return err
				}
				if code != "" {
					refusal := h.refuses(t, hospital.Conflict, code, admit)
					if !reflect.DeepEqual(refusal.Current, bed) {
						t.Errorf("the refusal shows %+v, want %+v", refusal.Current, bed)
					}
					return
				}
				if err := admit(); err != nil {
					t.Fatal(err)
				}
				if now := h.bed(t, "A-01"); now.Status != hospital.BedOccupied || now.Admission == nil || !now.ReservedUntil.IsZero() {
					t.Errorf("the bed is %+v with the admission %+v", now.Bed, now.Admission)
				}
				h.sound(t)
			})
		})
	}
}

// TestARefusalNamesThePatientInFull to those who read wards, so that namesakes are told apart.
func TestARefusalNamesThePatientInFull(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		marie, waits := h.admit(t, "Uwase Marie", "A-05"), h.admit(t, "Keza Ange", "")
		h.reserve(t, "A-06", hospital.BedStatusCommand{PatientID: waits.PatientID})
		taken, kept := h.bed(t, "A-05").ID, h.bed(t, "A-06").ID
		admit := func(cmd hospital.AdmitCommand) error {
			_, _, err := h.Admit(t.Context(), nurse, cmd)
			return err
		}
		transfer := func(id int64, to hospital.TransferCommand) error {
			_, err := h.Transfer(t.Context(), nurse, id, to)
			return err
		}
		leave := func() error {
			_, err := h.GoOnLeave(t.Context(), nurse, marie.ID, hospital.LeaveCommand{})
			return err
		}
		back := func() error {
			_, err := h.ReturnFromLeave(t.Context(), nurse, marie.ID, hospital.ReturnCommand{})
			return err
		}
		for sentence, command := range map[string]func() error{
			"Bed A-05 is occupied: Uwase Marie lies there. Choose another bed.": func() error {
				return admit(hospital.AdmitCommand{PatientName: "Mugisha Eric", BedID: taken})
			},
			"Bed A-06 is reserved (Keza Ange). Choose another bed, or say why it is taken " +
				"all the same.": func() error {
				return transfer(marie.ID, hospital.TransferCommand{BedID: kept})
			},
			"Uwase Marie is already admitted and is in bed A-05. Transfer the patient " +
				"instead.": func() error {
				return admit(hospital.AdmitCommand{PatientID: marie.PatientID})
			},
			"Keza Ange is already admitted and is waiting for a bed. Transfer the patient " +
				"instead.": func() error {
				return admit(hospital.AdmitCommand{PatientID: waits.PatientID})
			},
			"Uwase Marie already lies in bed A-05. Choose another bed.": func() error {
				return transfer(marie.ID, hospital.TransferCommand{BedID: taken})
			},
			"The stay of Keza Ange has changed meanwhile. Look again before you change it.": func() error {
				return transfer(waits.ID, hospital.TransferCommand{BedID: kept, Version: 99})
			},
			"Keza Ange has no bed to swap. Place the patient in a free bed instead.": func() error {
				_, err := h.Swap(t.Context(), nurse, marie.ID, hospital.SwapCommand{With: waits.ID})
				return err
			},
			"Uwase Marie is not on leave.": back,
			"Uwase Marie is on leave already.": func() error {
				_ = leave()
				return leave()
			},
		} {
			var refusal *hospital.Error
			if err := command(); !errors.As(err, &refusal) || refusal.Message != sentence {
				t.Errorf("got %v, want %q", err, sentence)
			}
			_ = back() // for those that come after
		}
	})
}

// TestACustomerIsRefusedWithoutThePatientsName: of an order for a stay that has changed.
func TestACustomerIsRefusedWithoutThePatientsName(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		s.link(t, s.customer, a)
		refusal := s.refuses(t, hospital.Conflict, "stay_outdated", func() error {
			_, _, err := s.PlaceOrder(t.Context(), s.customer, hospital.PlaceOrderCommand{
				AdmissionID: a.ID, Version: a.Version + 7, Meal: hospital.Lunch,
				Dishes: []int64{s.dish.ID}})
			return err
		})
		if !strings.Contains(refusal.Message, "U. M.") || strings.Contains(refusal.Message, "Uwase") {
			t.Errorf("a customer is told %q", refusal.Message)
		}
	})
}

func TestAnAdmissionKeepsWhatWasSaid(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		soft := hospital.Texture(0)
		bed := h.bed(t, "A-01").Bed
		a, replayed, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{
			PatientName: "  Uwe\u0301  \t Marie\n", BirthDate: time.Date(2001, 2, 3, 22, 0, 0, 0, time.FixedZone("CAT", 7200)), Sex: "female",
			BedID: bed.ID, Reason: "planned", Diet: hospital.DietRenal, Texture: &soft,
			Allergies:         hospital.Allergies{Allergens: []hospital.Allergen{"peanuts", "milk", "peanuts"}},
			ExpectedDischarge: morning.Add(48*time.Hour + 1234567),
		})
		if err != nil || replayed {
			t.Fatalf("got replayed %t and error %v", replayed, err)
		}
		want := hospital.Admission{ID: a.ID, PatientID: a.PatientID, PatientName: "Uwé Marie", BedID: bed.ID, BedNumber: "A-01", WardID: h.a.ID,
			WardName: "Medicine", AdmittedAt: morning, BedSince: morning,
			ExpectedDischarge: morning.Add(48*time.Hour + time.Millisecond), Version: 1,
			Sex: "female", Placement: hospital.Placement{Isolation: hospital.NoIsolation,
				Priority: hospital.Routine},
			Fitness: hospital.Fitness{WardSex: hospital.AnySex, Staffed: true}}
		if a != want {
			t.Errorf("the command returned %+v\nwant %+v", a, want)
		}
		if read, err := h.Admission(t.Context(), hospital.System, a.ID); err != nil || read != want {
			t.Errorf("read %+v and error %v\nwant %+v", read, err, want)
		}
		d := h.detail(t, "A-01")
		if d.Admission.Diet != hospital.DietRenal || d.Admission.Texture != 0 || d.Admission.NilByMouth || d.Admission.Version != 1 ||
			!d.Admission.Allergies.Known || !slices.Equal(d.Admission.Allergies.Allergens, []hospital.Allergen{"milk", "peanuts"}) {
			t.Errorf("the board shows %+v", *d.Admission)
		}
		if d.Reason != "planned" || d.Sex != "female" || d.BirthDate != time.Date(2001, 2, 3, 0, 0, 0, 0, time.UTC) {
			t.Errorf("the bed's page shows %+v", d)
		}
	})
}

func TestNeverAskedForAllergiesIsNotTheSameAsNone(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.admit(t, "Uwase Marie", "A-01")
		_, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Keza Ange", BedID: h.bed(t, "A-02").ID,
			Allergies: hospital.Allergies{Known: true}})
		if err != nil {
			t.Fatal(err)
		}
		if admission := h.bed(t, "A-01").Admission; admission.Allergies.Known || admission.Diet != hospital.DietGeneral || admission.Texture != hospital.RegularTexture {
			t.Errorf("nobody asked, and the board shows %+v", admission)
		}
		if admission := h.bed(t, "A-02").Admission; !admission.Allergies.Known ||
			len(admission.Allergies.Allergens) > 0 {
			t.Errorf("there are none, and the board shows %+v", admission)
		}
	})
}

func TestAPatientCanBeAdmittedWithoutABed(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		a := h.admit(t, "Uwase Marie", "")
		if a.BedID != 0 || a.BedNumber != "" || a.WardID != 0 || !a.BedSince.IsZero() {
			t.Errorf("got %+v", a)
		}
		d, err := h.ManagementDashboard(t.Context(), hospital.System)
		if err != nil {
			t.Fatal(err)
		}
		if d.PatientCount != 1 || d.OccupancyRate != 0 || d.WaitingCount != 1 || len(d.Waiting) != 1 || d.Waiting[0].AdmissionID != a.ID {
			t.Errorf("the dashboard shows %+v", d)
		}
		h.sound(t)
	})
}

func TestAnAdmissionNamesEveryWrongFieldAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		badTexture, long := hospital.Texture(8), hospital.PatientName(strings.Repeat("n", hospital.LongestName+1))
		for name, test := range map[string]struct {
			cmd  hospital.AdmitCommand
			want map[string]string
		}{
			"nobody":          {hospital.AdmitCommand{}, map[string]string{"patient_name": "name_missing"}},
			"blank name":      {hospital.AdmitCommand{PatientName: " \t\u00a0"}, map[string]string{"patient_name": "name_missing"}},
			"two people":      {hospital.AdmitCommand{PatientName: "Uwase", PatientID: 1}, map[string]string{"patient_name": "patient_twice", "patient_id": "patient_unknown"}},
			"long name":       {hospital.AdmitCommand{PatientName: long}, map[string]string{"patient_name": "too_long"}},
			"broken name":     {hospital.AdmitCommand{PatientName: "U\xffwase"}, map[string]string{"patient_name": "characters"}},
			"control name":    {hospital.AdmitCommand{PatientName: "U\awase"}, map[string]string{"patient_name": "characters"}},
			"reversed name":   {hospital.AdmitCommand{PatientName: "U\u202ewase"}, map[string]string{"patient_name": "characters"}},
			"unknown patient": {hospital.AdmitCommand{PatientID: 4711}, map[string]string{"patient_id": "patient_unknown"}},
			"negative ids":    {hospital.AdmitCommand{PatientID: -1, BedID: -1}, map[string]string{"patient_id": "patient_unknown", "bed_id": "bed_unknown"}},
			"everything": {hospital.AdmitCommand{
				BirthDate: morning.AddDate(0, 0, 1), Sex: "f", BedID: 4711, Reason: strings.Repeat("r", hospital.LongestReason+1), Diet: "vegan",
				Texture: &badTexture, Allergies: hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"milk", "cats"}},
				ExpectedDischarge: morning.Add(-2 * time.Minute),
			}, map[string]string{"patient_name": "name_missing", "birth_date": "birth_date", "sex": "unknown_choice", "bed_id": "bed_unknown",
				"reason": "too_long", "diet": "unknown_choice", "texture": "texture", "allergies": "unknown_choice", "expected_discharge": "too_early"}},
			"too far ahead": {hospital.AdmitCommand{PatientName: "Uwase", ExpectedDischarge: morning.Add(hospital.LongestAdmission + time.Minute)},
				map[string]string{"expected_discharge": "too_late"}},
			"no year of four digits": {hospital.AdmitCommand{PatientName: "Uwase", IdempotencyKey: "far", BirthDate: time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC),
				ExpectedDischarge: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, map[string]string{"birth_date": "birth_date", "expected_discharge": "too_late"}},
			"too old": {hospital.AdmitCommand{PatientName: "Uwase", BirthDate: time.Date(1492, 1, 1, 0, 0, 0, 0, time.UTC)},
				map[string]string{"birth_date": "birth_date"}},
		} {
			refusal := h.refuses(t, hospital.Invalid, "fields", func() error {
				_, _, err := h.Admit(t.Context(), nurse, test.cmd)
				return err
			})
			if got := wrongFields(refusal); !maps.Equal(got, test.want) {
				t.Errorf("%s: got %v, want %v", name, got, test.want)
			}
		}
	})
}

func TestWhatIsJustWithinTheLimitsIsTaken(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		for name, cmd := range map[string]hospital.AdmitCommand{
			"the longest name and reason": {PatientName: hospital.PatientName(strings.Repeat("é", hospital.LongestName)), Reason: strings.Repeat("é", hospital.LongestReason)},
			"born today":                  {PatientName: "Uwase", BirthDate: morning},
			"leaving at once":             {PatientName: "Uwase", ExpectedDischarge: morning.Add(-time.Minute)},
			"leaving in a year":           {PatientName: "Uwase", ExpectedDischarge: morning.Add(hospital.LongestAdmission)},
		} {
			if _, _, err := h.Admit(t.Context(), nurse, cmd); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestAKnownPatientComesBackUnderTheSameRecord(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		first := h.admit(t, "Uwase Marie", "A-01")
		again := func() (hospital.Admission, error) {
			a, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientID: first.PatientID, BedID: h.bed(t, "A-02").ID})
			return a, err
		}
		refusal := h.refuses(t, hospital.Conflict, "already_admitted", func() error { _, err := again(); return err })
		if refusal.Current != first {
			t.Errorf("the refusal shows %+v, want %+v", refusal.Current, first)
		}
		const want = "Uwase Marie is already admitted and is in bed A-01. Transfer the patient instead."
		if refusal.Message != want {
			t.Errorf("got %q, want %q", refusal.Message, want)
		}
		h.discharge(t, first.ID, hospital.Improved)
		second, err := again()
		if err != nil {
			t.Fatal(err)
		}
		if second.ID == first.ID || second.PatientID != first.PatientID || second.PatientName != "Uwase Marie" {
			t.Errorf("came back as %+v after %+v", second, first)
		}
		h.sound(t)
	})
}

// discharge ends an admission as the nurse.
func (h *fixture) discharge(t testing.TB, id int64, outcome hospital.Outcome) hospital.Admission {
	t.Helper()
	a, err := h.Discharge(t.Context(), nurse, id, hospital.DischargeCommand{Outcome: outcome})
	if err != nil {
		t.Fatalf("discharge: %v", err)
	}
	return a
}

func TestAClosedWardTakesNobodyIn(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		inB := h.admit(t, "Uwase Marie", "B-01")
		inA := h.admit(t, "Mugisha Eric", "A-01")
		h.exec(t, `UPDATE ward SET is_open = FALSE WHERE code = 'B'`)
		target := h.bed(t, "B-02").ID
		h.refuses(t, hospital.Conflict, "ward_closed", func() error {
			_, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Keza Ange", BedID: target})
			return err
		})
		for _, admission := range []hospital.Admission{inA, inB} {
			h.refuses(t, hospital.Conflict, "ward_closed", func() error {
				_, err := h.Transfer(t.Context(), nurse, admission.ID, hospital.TransferCommand{BedID: target})
				return err
			})
		}
		if _, err := h.Transfer(t.Context(), nurse, inB.ID, hospital.TransferCommand{BedID: h.bed(t, "A-02").ID}); err != nil {
			t.Errorf("out of the closed ward: %v", err)
		}
	})
}

func TestATransferMovesThePatientAndLeavesTheOldBedInCleaning(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		a := h.admit(t, "Uwase Marie", "A-01")
		h.clock.pass(time.Hour)
		lines := h.auditLines(t)
		moved, err := h.Transfer(t.Context(), manager, a.ID, hospital.TransferCommand{BedID: h.bed(t, "B-02").ID, Reason: "needs surgery", Version: a.Version})
		if err != nil {
			t.Fatal(err)
		}
		want := a
		want.BedID, want.BedNumber, want.WardID, want.WardName = h.bed(t, "B-02").ID, "B-02", h.b.ID, "Surgery"
		want.BedSince, want.Version = morning.Add(time.Hour), a.Version+1
		if moved != want {
			t.Errorf("got %+v\nwant %+v", moved, want)
		}
		if old := h.bed(t, "A-01"); old.Status != hospital.BedCleaning || old.Admission != nil {
			t.Errorf("the old bed is %+v with the admission %+v", old.Bed, old.Admission)
		}
		if now := h.bed(t, "B-02"); now.Status != hospital.BedOccupied || now.Admission == nil || now.Admission.AdmissionID != a.ID || now.Admission.BedSince != morning.Add(time.Hour) {
			t.Errorf("the new bed is %+v with the admission %+v", now.Bed, now.Admission)
		}
		if got, want := h.audited(t, lines), []string{"admission.transfer A-01>B-02", "bed.status available>occupied", "bed.status occupied>cleaning"}; !slices.Equal(got, want) {
			t.Errorf("the audit says %v, want %v", got, want)
		}
		h.sound(t)
		if n := h.number(t, `SELECT count(*) FROM bed_assignment WHERE admission_id = $1`, a.ID); n != 2 {
			t.Errorf("history knows %d beds of the admission, want 2", n)
		}
	})
}

func TestATransferGivesAWaitingPatientAFirstBed(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		a := h.admit(t, "Uwase Marie", "")
		h.set(t, "A-01", hospital.BedReserved)
		moved, err := h.Transfer(t.Context(), nurse, a.ID,
			hospital.TransferCommand{BedID: h.bed(t, "A-01").ID, OverrideReason: "kept for her"})
		if err != nil {
			t.Fatal(err)
		}
		if moved.BedNumber != "A-01" || h.bed(t, "A-01").Status != hospital.BedOccupied {
			t.Errorf("got %+v and the bed %+v", moved, h.bed(t, "A-01").Bed)
		}
		h.sound(t)
	})
}

func TestATransferIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		a := h.admit(t, "Uwase Marie", "A-01")
		h.admit(t, "Mugisha Eric", "A-02")
		h.set(t, "A-03", hospital.BedCleaning)
		gone := h.admit(t, "Keza Ange", "A-04")
		h.discharge(t, gone.ID, hospital.Stable)
		transfer := func(id int64, to hospital.TransferCommand) func() error {
			return func() error {
				_, err := h.Transfer(t.Context(), nurse, id, to)
				return err
			}
		}
		id := func(number string) int64 { return h.bed(t, number).ID }

		refusal := h.refuses(t, hospital.Conflict, "bed_taken", transfer(a.ID, hospital.TransferCommand{BedID: id("A-02")}))
		if !reflect.DeepEqual(refusal.Current, h.bed(t, "A-02")) {
			t.Errorf("into a taken bed: the refusal shows %+v", refusal.Current)
		}
		refusal = h.refuses(t, hospital.Conflict, "bed_not_free", transfer(a.ID, hospital.TransferCommand{BedID: id("A-03")}))
		if !reflect.DeepEqual(refusal.Current, h.bed(t, "A-03")) {
			t.Errorf("into a bed in cleaning: the refusal shows %+v", refusal.Current)
		}
		refusal = h.refuses(t, hospital.Conflict, "same_bed", transfer(a.ID, hospital.TransferCommand{BedID: id("A-01")}))
		if refusal.Current != a {
			t.Errorf("into the same bed: the refusal shows %+v", refusal.Current)
		}
		refusal = h.refuses(t, hospital.Conflict, "stay_outdated", transfer(a.ID, hospital.TransferCommand{BedID: id("A-05"), Version: a.Version + 1}))
		if refusal.Current != a {
			t.Errorf("on an outdated view: the refusal shows %+v", refusal.Current)
		}
		h.refuses(t, hospital.Conflict, "stay_ended", transfer(gone.ID, hospital.TransferCommand{BedID: id("A-05")}))
		h.refuses(t, hospital.NotFound, "stay_unknown", transfer(4711, hospital.TransferCommand{BedID: id("A-05")}))

		refusal = h.refuses(t, hospital.Invalid, "fields", transfer(a.ID, hospital.TransferCommand{Reason: strings.Repeat("r", hospital.LongestReason+1)}))
		if got, want := wrongFields(refusal), map[string]string{"bed_id": "bed_missing", "reason": "too_long"}; !maps.Equal(got, want) {
			t.Errorf("without a bed: got %v, want %v", got, want)
		}
		refusal = h.refuses(t, hospital.Invalid, "fields", transfer(a.ID, hospital.TransferCommand{BedID: 4711}))
		if got, want := wrongFields(refusal), map[string]string{"bed_id": "bed_unknown"}; !maps.Equal(got, want) {
			t.Errorf("into an unknown bed: got %v, want %v", got, want)
		}
	})
}

// In the original, a transfer was two separate writes; when the second failed, the patient was in
// no bed.
func TestATransferThatFailsHalfWayLeavesEverythingAsItWas(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		a := h.admit(t, "Uwase Marie", "A-01")
		target := h.bed(t, "B-02").ID
		h.breakUpdates(t, "bed", "NEW.number = 'B-02' AND NEW.status = 'occupied'")
		before := h.contents(t)
		h.heard.take()
		_, err := h.Transfer(t.Context(), nurse, a.ID, hospital.TransferCommand{BedID: target})
		if err == nil {
			t.Fatal("the second half did not fail")
		}
		if refusal, ok := errors.AsType[*hospital.Error](err); ok {
			t.Errorf("a broken database was taken for the refusal %q", refusal.Code)
		}
		if after := h.contents(t); after != before {
			t.Errorf("it changed the database\nfrom %s\nto %s", before, after)
		}
		if announced := h.heard.take(); len(announced) > 0 {
			t.Errorf("it announced %v", announced)
		}
	})
}

// In the original, pending discharges were always none, or the first five occupied beds.
func TestPendingDischargesAreExactlyTheOpenAdmissionsThatAreMarked(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		var admissions []hospital.Admission
		for _, number := range []string{"A-01", "A-02", "A-03", "B-01", "B-02", ""} {
			admissions = append(admissions, h.admit(t, "Uwase Marie", number))
		}
		plan := func(i int, in time.Duration) {
			t.Helper()
			expected := time.Time{}
			if in != 0 {
				expected = morning.Add(in)
			}
			a, err := h.PlanDischarge(t.Context(), nurse, admissions[i].ID, hospital.PlanDischargeCommand{Expected: expected})
			if err != nil {
				t.Fatal(err)
			}
			if a.DischargePlanned != (in != 0) || !a.ExpectedDischarge.Equal(expected) {
				t.Errorf("the plan became %+v", a)
			}
			h.sound(t)
		}
		pending := func(want ...int) {
			t.Helper()
			d, err := h.ManagementDashboard(t.Context(), hospital.System)
			if err != nil {
				t.Fatal(err)
			}
			var got, wanted []int64
			for _, line := range d.PendingDischarges {
				got = append(got, line.AdmissionID)
			}
			for _, i := range want {
				wanted = append(wanted, admissions[i].ID)
			}
			if !slices.Equal(got, wanted) || d.Metrics.PendingDischarges != len(want) || d.PendingCount != len(want) {
				t.Errorf("pending are %v (counted %d and %d), want %v", got, d.Metrics.PendingDischarges, d.PendingCount, wanted)
			}
		}
		pending()
		plan(1, 5*time.Hour)
		plan(3, 2*time.Hour)
		plan(5, 3*time.Hour)
		pending(3, 5, 1)
		if bed := h.bed(t, "A-02"); bed.Status != hospital.BedOccupied ||
			!bed.Admission.DischargePlanned {
			t.Errorf("a pending discharge left its bed %+v with %+v", bed.Bed, bed.Admission)
		}
		if a, b := h.board(t, h.a).PendingDischarges, h.board(t, h.b).PendingDischarges; a != 1 || b != 1 {
			t.Errorf("the wards count %d and %d, want 1 each", a, b)
		}
		plan(3, 6*time.Hour)
		pending(5, 1, 3)
		plan(1, 0)
		pending(5, 3)
		h.discharge(t, admissions[3].ID, hospital.Improved)
		pending(5)
	})
}

func TestAPlanThatAlreadyStandsChangesNothing(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		a := h.admit(t, "Uwase Marie", "A-01")
		for _, expected := range []time.Time{{}, morning.Add(time.Hour)} {
			plan := func() hospital.Admission {
				a, err := h.PlanDischarge(t.Context(), nurse, a.ID, hospital.PlanDischargeCommand{Expected: expected})
				if err != nil {
					t.Fatal(err)
				}
				return a
			}
			first := plan()
			before := h.contents(t)
			h.heard.take()
			if second := plan(); second != first {
				t.Errorf("the same plan again gave %+v after %+v", second, first)
			}
			if h.contents(t) != before || len(h.heard.take()) > 0 {
				t.Error("the same plan again changed something")
			}
		}
	})
}

func TestAPlanIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		a := h.admit(t, "Uwase Marie", "A-01")
		gone := h.admit(t, "Keza Ange", "A-04")
		h.discharge(t, gone.ID, hospital.Stable)
		h.clock.pass(time.Hour)
		plan := func(id int64, plan hospital.PlanDischargeCommand) func() error {
			return func() error {
				_, err := h.PlanDischarge(t.Context(), nurse, id, plan)
				return err
			}
		}
		for code, expected := range map[string]time.Time{
			"too_early": morning.Add(-time.Millisecond),
			"too_late":  morning.Add(time.Hour + hospital.LongestAdmission + time.Millisecond),
		} {
			refusal := h.refuses(t, hospital.Invalid, "fields", plan(a.ID, hospital.PlanDischargeCommand{Expected: expected}))
			if got, want := wrongFields(refusal), map[string]string{"expected_discharge": code}; !maps.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		}
		h.refuses(t, hospital.Conflict, "stay_ended", plan(gone.ID, hospital.PlanDischargeCommand{Expected: morning.Add(2 * time.Hour)}))
		h.refuses(t, hospital.Conflict, "stay_outdated", plan(a.ID, hospital.PlanDischargeCommand{Expected: morning.Add(2 * time.Hour), Version: 7}))
		h.refuses(t, hospital.NotFound, "stay_unknown", plan(4711, hospital.PlanDischargeCommand{Expected: morning.Add(2 * time.Hour)}))
		if err := plan(a.ID, hospital.PlanDischargeCommand{Expected: morning})(); err != nil {
			t.Errorf("at the time of the admission: %v", err)
		}
	})
}

// In the original, a discharged patient's bed was available at once, and one way of emptying a bed
// left the admission open.
func TestADischargeEndsTheAdmissionAndLeavesItsBedInCleaning(t *testing.T) {
	t.Parallel()
	for _, outcome := range hospital.Outcomes {
		t.Run(string(outcome), func(t *testing.T) {
			onEach(t, func(t *testing.T, h *fixture) {
				a := h.admit(t, "Uwase Marie", "A-01")
				h.clock.pass(time.Hour)
				lines := h.auditLines(t)
				left, err := h.Discharge(t.Context(), nurse, a.ID, hospital.DischargeCommand{Outcome: outcome, Notes: "take it easy\nfor a week", Version: a.Version})
				if err != nil {
					t.Fatal(err)
				}
				want := a
				want.DischargedAt, want.Outcome, want.Version = morning.Add(time.Hour), outcome, a.Version+1
				if left != want {
					t.Errorf("got %+v\nwant %+v", left, want)
				}
				if bed := h.bed(t, "A-01"); bed.Status != hospital.BedCleaning || bed.Admission != nil || bed.StatusSince != morning.Add(time.Hour) {
					t.Errorf("the bed is %+v with the admission %+v", bed.Bed, bed.Admission)
				}
				if got, want := h.audited(t, lines), []string{"admission.discharge A-01>" + string(outcome), "bed.status occupied>cleaning"}; !slices.Equal(got, want) {
					t.Errorf("the audit says %v, want %v", got, want)
				}
				h.sound(t)
				refusal := h.refuses(t, hospital.Conflict, "stay_ended", func() error {
					_, err := h.Discharge(t.Context(), nurse, a.ID, hospital.DischargeCommand{Outcome: outcome})
					return err
				})
				if refusal.Current != left {
					t.Errorf("the second discharge shows %+v, want %+v", refusal.Current, left)
				}
			})
		})
	}
}

func TestAWaitingPatientCanBeDischarged(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		a := h.admit(t, "Uwase Marie", "")
		h.discharge(t, a.ID, hospital.Referred)
		h.sound(t)
	})
}

func TestADischargeIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		a := h.admit(t, "Uwase Marie", "A-01")
		discharge := func(actor hospital.Actor, id int64, leaving hospital.DischargeCommand) func() error {
			return func() error {
				_, err := h.Discharge(t.Context(), actor, id, leaving)
				return err
			}
		}
		for _, outcome := range []hospital.Outcome{"", "cured"} {
			refusal := h.refuses(t, hospital.Invalid, "fields", discharge(nurse, a.ID, hospital.DischargeCommand{Outcome: outcome, Notes: strings.Repeat("n", hospital.LongestNotes+1)}))
			if got, want := wrongFields(refusal), map[string]string{"outcome": "unknown_choice", "notes": "too_long"}; !maps.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		}
		h.refuses(t, hospital.Forbidden, "forbidden", discharge(manager, a.ID, hospital.DischargeCommand{Outcome: hospital.Deceased}))
		h.refuses(t, hospital.Conflict, "stay_outdated", discharge(nurse, a.ID, hospital.DischargeCommand{Outcome: hospital.Improved, Version: 7}))
		h.refuses(t, hospital.NotFound, "stay_unknown", discharge(nurse, 4711, hospital.DischargeCommand{Outcome: hospital.Improved}))
	})
}

func TestAnAdmissionNeverEndsBeforeItBeganWhateverTheClocksSay(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		a := h.admit(t, "Uwase Marie", "A-01")
		h.clock.pass(-time.Hour)
		moved, err := h.Transfer(t.Context(), nurse, a.ID, hospital.TransferCommand{BedID: h.bed(t, "A-02").ID})
		if err != nil {
			t.Fatal(err)
		}
		left := h.discharge(t, a.ID, hospital.Improved)
		if moved.BedSince.Before(a.BedSince) || left.DischargedAt.Before(a.AdmittedAt) {
			t.Errorf("admitted at %v, moved at %v, left at %v", a.AdmittedAt, moved.BedSince, left.DischargedAt)
		}
		h.sound(t)
	})
}

func TestNilByMouthIsShownWhileItLasts(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		a := h.admit(t, "Uwase Marie", "A-01")
		from, until := morning.Add(time.Hour).UnixMilli(), morning.Add(2*time.Hour).UnixMilli()
		shown := func(want bool) {
			t.Helper()
			if got := h.bed(t, "A-01").Admission.NilByMouth; got != want {
				t.Errorf("at %v nil by mouth is shown %t, want %t", h.clock.Now(), got, want)
			}
		}
		shown(false)
		h.exec(t, `UPDATE admission SET nil_by_mouth_from = $1, nil_by_mouth_until = $2 WHERE id = $3`, from, until, a.ID)
		shown(false)
		h.clock.pass(time.Hour)
		shown(true)
		h.clock.pass(time.Hour)
		shown(false)
		h.exec(t, `UPDATE admission SET nil_by_mouth_until = NULL WHERE id = $1`, a.ID)
		shown(true)
	})
}

func TestTheUniqueIndexesAreTheLastLineAgainstTwoPatientsInABed(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		a := h.admit(t, "Uwase Marie", "A-01")
		waiting := h.admit(t, "Mugisha Eric", "")
		h.exec(t, `UPDATE bed SET status = 'available' WHERE number = 'A-01'`) // a lie that the checks believe
		taken := h.bed(t, "A-01").ID
		h.refuses(t, hospital.Conflict, "bed_just_taken", func() error {
			_, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Keza Ange", BedID: taken})
			return err
		})
		h.refuses(t, hospital.Conflict, "bed_just_taken", func() error {
			_, err := h.Transfer(t.Context(), nurse, waiting.ID, hospital.TransferCommand{BedID: taken})
			return err
		})
		for _, statement := range []string{
			`INSERT INTO admission (patient_id, admitted_at, reason, diet, texture) VALUES ($1, 0, '', 'general', 7)`,
			`INSERT INTO bed_assignment (admission_id, bed_id, since) VALUES ($1, 1, 0)`,
		} {
			if _, err := h.raw.ExecContext(t.Context(), statement, a.PatientID); err == nil {
				t.Errorf("the database took a second %s", statement)
			}
		}
	})
}
