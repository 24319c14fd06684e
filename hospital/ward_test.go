package hospital_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

// In the original, availability was the typed-in capacity minus the occupied beds, so reserved and
// broken beds counted as available.
func TestCountsAreOfTheBedsThatExistByTheirStatus(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.bring(t, "A-01", hospital.BedOccupied)
		h.bring(t, "A-02", hospital.BedReserved)
		h.bring(t, "A-03", hospital.BedCleaning)
		h.bring(t, "A-04", hospital.BedMaintenance)
		h.bring(t, "A-05", hospital.BedClosed)
		want := hospital.BedCounts{Total: 6, Available: 1, Reserved: 1, Occupied: 1, Cleaning: 1, Maintenance: 1, Closed: 1}
		if got := h.board(t, h.a).Counts; got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if rate := h.board(t, h.a).Counts.OccupancyRate(); rate != 20 {
			t.Errorf("one of five beds in service is occupied, and the rate is %v", rate)
		}
		h.sound(t)
	})
}

func TestOccupancyIsOfTheBedsInServiceInOneDecimal(t *testing.T) {
	for _, test := range []struct {
		counts hospital.BedCounts
		want   float64
	}{
		{hospital.BedCounts{}, 0},
		{hospital.BedCounts{Total: 3, Closed: 3}, 0},
		{hospital.BedCounts{Total: 24, Occupied: 18, Available: 4, Reserved: 1, Cleaning: 1}, 75},
		{hospital.BedCounts{Total: 3, Occupied: 1, Available: 2}, 33.3},
		{hospital.BedCounts{Total: 3, Occupied: 2, Available: 1}, 66.7},
		{hospital.BedCounts{Total: 9, Occupied: 8, Closed: 1}, 100},
		{hospital.BedCounts{Total: 800, Occupied: 1, Available: 799}, 0.1},
		{hospital.BedCounts{Total: 2000, Occupied: 1999, Available: 1}, 100},
	} {
		if got := test.counts.OccupancyRate(); got != test.want {
			t.Errorf("%+v: got %v, want %v", test.counts, got, test.want)
		}
	}
}

func TestWardsStandInTheOrderInWhichPeopleCount(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		for _, code := range []string{"W10", "W2-B", "W2", "W1", "MED-10", "MED-9", "ICU"} {
			if _, err := h.AddWard(t.Context(), admin,
				hospital.AddWardCommand{Code: code, Name: code, Beds: 1}); err != nil {
				t.Fatal(err)
			}
		}
		wards, err := h.Wards(t.Context(), nurse)
		if err != nil {
			t.Fatal(err)
		}
		var codes []string
		for _, ward := range wards {
			codes = append(codes, ward.Code)
		}
		const want = "ICU MED-9 MED-10 W1 W2 W2-B W10"
		if got := strings.Join(codes, " "); !strings.HasSuffix(got, want) {
			t.Errorf("the wards stand as %s, want %s", got, want)
		}
	})
}

func TestAWardIsCreatedWithItsBeds(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		ward, err := h.AddWard(t.Context(), admin, hospital.AddWardCommand{Code: "MED-A", Name: " Medicine,  women ", Block: "B1", Beds: 101})
		if err != nil {
			t.Fatal(err)
		}
		if want := (hospital.Ward{ID: ward.ID, Code: "MED-A", Name: "Medicine, women", Block: "B1",
			Open: true, Sex: hospital.AnySex, Version: 1}); ward != want {
			t.Errorf("got %+v, want %+v", ward, want)
		}
		board := h.board(t, ward)
		if board.Ward != ward || board.At != morning {
			t.Errorf("the board is of %+v at %v", board.Ward, board.At)
		}
		for i, bed := range board.Beds {
			if want := fmt.Sprintf("MED-A-%02d", i+1); bed.Number != want || bed.Status != hospital.BedAvailable || bed.WardID != ward.ID || bed.StatusSince != morning {
				t.Errorf("bed %d is %+v, want an available %s", i, bed.Bed, want)
			}
		}
		if board.Counts != (hospital.BedCounts{Total: 101, Available: 101}) {
			t.Errorf("the board counts %+v", board.Counts)
		}
		wards, err := h.Wards(t.Context(), hospital.System)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(wards, []hospital.Ward{h.a, h.b, ward}) {
			t.Errorf("the wards are %+v", wards)
		}
	})
}

func TestAWardIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		add := func(ward hospital.AddWardCommand) func() error {
			return func() error {
				_, err := h.AddWard(t.Context(), admin, ward)
				return err
			}
		}
		h.refuses(t, hospital.Conflict, "ward_code_taken", add(hospital.AddWardCommand{Code: "A", Name: "Another"}))
		for _, test := range []struct {
			ward hospital.AddWardCommand
			want map[string]string
		}{
			{hospital.AddWardCommand{}, map[string]string{"code": "ward_code", "name": "ward_name_missing"}},
			{hospital.AddWardCommand{Code: "med a", Name: strings.Repeat("n", hospital.LongestName+1), Block: "\x01", Beds: -1},
				map[string]string{"code": "ward_code", "name": "too_long", "block": "characters", "beds": "bed_count"}},
			{hospital.AddWardCommand{Code: "ABCDEFGHIJKLM", Name: "x", Beds: hospital.MostBeds + 1}, map[string]string{"code": "ward_code", "beds": "bed_count"}},
		} {
			refusal := h.refuses(t, hospital.Invalid, "fields", add(test.ward))
			if got := wrongFields(refusal); !maps.Equal(got, test.want) {
				t.Errorf("%+v: got %v, want %v", test.ward, got, test.want)
			}
		}
	})
}

func TestAnUnknownWardHasNoBoard(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		for _, id := range []int64{4711, 0, -1} {
			_, err := h.WardBoard(t.Context(), hospital.System, id)
			refused(t, err, hospital.NotFound, "ward_unknown")
		}
		_, err := h.Admission(t.Context(), hospital.System, 4711)
		refused(t, err, hospital.NotFound, "stay_unknown")
	})
}

func TestTheHospitalIsEmptyUntilSomethingIsInIt(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		empty, err := h.Empty(t.Context())
		if err != nil || empty {
			t.Errorf("with wards: got %t and error %v", empty, err)
		}
		h.exec(t, `DELETE FROM bed`)
		h.exec(t, `DELETE FROM ward`)
		if empty, err = h.Empty(t.Context()); err != nil || !empty {
			t.Errorf("without anything: got %t and error %v", empty, err)
		}
		h.addUser(t, "keza", hospital.KitchenStaff)
		if empty, err = h.Empty(t.Context()); err != nil || empty {
			t.Errorf("with a user: got %t and error %v", empty, err)
		}
	})
}

// In the original, the metrics were never computed, or were literals.
func TestTheMetricsFollowEveryChange(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		check := func(when string, want hospital.Metrics) {
			t.Helper()
			if got := h.management(t).Metrics; got != want {
				t.Errorf("%s: got %+v, want %+v", when, got, want)
			}
			h.sound(t)
		}
		check("at first", hospital.Metrics{ActiveWards: 2})
		a := h.admit(t, "Uwase Marie", "A-01")
		check("with one patient in ten beds", hospital.Metrics{OccupancyRate: 10, PatientCount: 1, ActiveWards: 2})
		h.admit(t, "Mugisha Eric", "")
		check("with one who waits", hospital.Metrics{OccupancyRate: 10, PatientCount: 2, ActiveWards: 2})
		for n := 1; n <= 4; n++ {
			h.set(t, fmt.Sprintf("B-%02d", n), hospital.BedClosed)
		}
		check("with six beds in service", hospital.Metrics{OccupancyRate: 16.7, PatientCount: 2, ActiveWards: 1})
		h.set(t, "B-01", hospital.BedCleaning)
		check("with seven", hospital.Metrics{OccupancyRate: 14.3, PatientCount: 2, ActiveWards: 2})
		if _, err := h.PlanDischarge(t.Context(), nurse, a.ID, hospital.PlanDischargeCommand{Expected: morning.Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		check("with a pending discharge", hospital.Metrics{OccupancyRate: 14.3, PatientCount: 2, PendingDischarges: 1, ActiveWards: 2})
		h.exec(t, `UPDATE ward SET is_open = FALSE WHERE code = 'A'`)
		check("with ward A closed", hospital.Metrics{PatientCount: 2, PendingDischarges: 1, ActiveWards: 1})
		h.exec(t, `UPDATE ward SET is_open = TRUE`)
		h.discharge(t, a.ID, hospital.Improved)
		check("after the discharge", hospital.Metrics{PatientCount: 1, ActiveWards: 2})
	})
}

func TestTheMedicalDashboardListsTheWardsItIsAskedFor(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		old, _, err := h.Admit(hospital.At(t.Context(), morning.Add(-24*time.Hour)), nurse, hospital.AdmitCommand{PatientName: "Old", BedID: h.bed(t, "A-06").ID})
		if err != nil {
			t.Fatal(err)
		}
		var admissions []hospital.Admission
		for i, number := range []string{"A-01", "B-01", "", "A-02", "B-02"} {
			admissions = append(admissions, h.admit(t, hospital.PatientName(fmt.Sprintf("Patient %d", i)),
				number))
			h.clock.pass(time.Minute)
		}
		gone := h.admit(t, "Gone", "A-03")
		h.discharge(t, gone.ID, hospital.Improved)
		for i, admission := range []hospital.Admission{old, admissions[1], admissions[2], admissions[3]} {
			if _, err := h.PlanDischarge(t.Context(), nurse, admission.ID, hospital.PlanDischargeCommand{Expected: morning.Add(time.Duration(10-i) * time.Hour)}); err != nil {
				t.Fatal(err)
			}
		}
		for _, test := range []struct {
			wards           []int64
			recent, pending []hospital.Admission
			codes           string
		}{
			{nil, []hospital.Admission{admissions[4], admissions[3], admissions[2], admissions[1], admissions[0]}, []hospital.Admission{admissions[3], admissions[2], admissions[1], old}, "A B"},
			{[]int64{h.a.ID}, []hospital.Admission{admissions[3], admissions[0]},
				[]hospital.Admission{admissions[3], old}, "A"},
			{[]int64{h.b.ID}, []hospital.Admission{admissions[4], admissions[1]},
				[]hospital.Admission{admissions[1]}, "B"},
			{[]int64{h.b.ID, h.a.ID}, []hospital.Admission{admissions[4], admissions[3], admissions[1], admissions[0]}, []hospital.Admission{admissions[3], admissions[1], old}, "A B"},
			{[]int64{4711}, nil, nil, ""},
		} {
			d := h.medical(t, test.wards...)
			if got := ids(d.RecentAdmissions); !slices.Equal(got, admissionIDs(test.recent)) {
				t.Errorf("wards %v: recent are %v, want %v", test.wards, got, admissionIDs(test.recent))
			}
			if got := ids(d.PendingDischarges); !slices.Equal(got, admissionIDs(test.pending)) || d.PendingCount != len(test.pending) {
				t.Errorf("wards %v: pending are %v, counted %d, want %v", test.wards, got, d.PendingCount, admissionIDs(test.pending))
			}
			if got := waitingIDs(d.Waiting); !slices.Equal(got, []int64{admissions[2].ID}) ||
				d.WaitingCount != 1 {
				t.Errorf("wards %v: waiting are %v, counted %d", test.wards, got, d.WaitingCount)
			}
			var codes []string
			for _, ward := range d.Wards {
				codes = append(codes, ward.Code)
			}
			if strings.Join(codes, " ") != test.codes {
				t.Errorf("wards %v: lists %v, want %s", test.wards, codes, test.codes)
			}
			if d.PatientCount != 6 || d.Metrics.PendingDischarges != 4 {
				t.Errorf("wards %v: the metrics are not the hospital's: %+v", test.wards, d.Metrics)
			}
		}
		line, want := h.medical(t, h.b.ID).PendingDischarges[0], admissions[1]
		if line != (hospital.AdmissionLine{AdmissionID: want.ID, PatientName: "Patient 1", BedID: want.BedID, BedNumber: "B-01", WardID: h.b.ID,
			WardName: "Surgery", AdmittedAt: want.AdmittedAt, ExpectedDischarge: morning.Add(9 * time.Hour)}) {
			t.Errorf("the line is %+v of the admission %+v", line, want)
		}
	})
}

func ids(lines []hospital.AdmissionLine) (ids []int64) {
	for _, line := range lines {
		ids = append(ids, line.AdmissionID)
	}
	return ids
}

func waitingIDs(patients []hospital.WaitingPatient) (ids []int64) {
	for _, patient := range patients {
		ids = append(ids, patient.AdmissionID)
	}
	return ids
}

func admissionIDs(admissions []hospital.Admission) (ids []int64) {
	for _, admission := range admissions {
		ids = append(ids, admission.ID)
	}
	return ids
}

func TestTheManagementDashboardListsWhatIsToBeDone(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		ward, err := h.AddWard(t.Context(), admin, hospital.AddWardCommand{Code: "C", Name: "Maternity", Beds: 20})
		if err != nil {
			t.Fatal(err)
		}
		var cleaned, waited []int64
		for _, bed := range h.board(t, ward).Beds {
			if _, err := h.SetBedStatus(t.Context(), nurse, bed.ID, hospital.BedStatusCommand{Status: hospital.BedCleaning}); err != nil {
				t.Fatal(err)
			}
			cleaned = append(cleaned, bed.ID)
			waited = append(waited, h.admit(t, "Uwase Marie", "").ID)
			h.clock.pass(time.Minute)
		}
		d := h.management(t)
		var toClean []int64
		for _, bed := range d.BedsToClean {
			toClean = append(toClean, bed.ID)
		}
		if !slices.Equal(toClean, cleaned[:hospital.ListLimit]) || d.CleaningCount != 20 {
			t.Errorf("to clean are %v, counted %d, want the first %d of %v", toClean, d.CleaningCount, hospital.ListLimit, cleaned)
		}
		if got := waitingIDs(d.Waiting); !slices.Equal(got, waited[:hospital.ListLimit]) ||
			d.WaitingCount != 20 {
			t.Errorf("waiting are %v, counted %d, want the first %d of %v", got, d.WaitingCount, hospital.ListLimit, waited)
		}
		first := d.BedsToClean[0]
		if first != (hospital.BedLine{ID: cleaned[0], Number: "C-01", WardID: ward.ID,
			WardName: "Maternity", Since: morning, Late: false, Version: 2}) {
			t.Errorf("the first line is %+v", first)
		}
		if d.Counts.Total != 30 || d.Counts.Cleaning != 20 || d.At != h.clock.Now() {
			t.Errorf("counts %+v at %v", d.Counts, d.At)
		}
	})
}

func TestTheBoardSaysWhatBecomesOfAPatientsMeals(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, b := s.patient(t, "Uwase Marie", "A-01"), s.patient(t, "Mugisha Eric", "A-02")
		dinner, lunch := s.orderFor(t, nurse, a, hospital.Dinner), s.orderFor(t, nurse, a, hospital.Lunch)
		s.bringTo(t, b, hospital.OrderCancelled)
		want := []hospital.BoardMeal{
			{OrderID: lunch.ID, Meal: hospital.Lunch, Status: hospital.OrderPending, Version: 1},
			{OrderID: dinner.ID, Meal: hospital.Dinner, Status: hospital.OrderPending, Version: 1},
		}
		if got := s.bed(t, "A-01").Admission.Meals; !slices.Equal(got, want) {
			t.Errorf("the board shows %+v, want %+v", got, want)
		}
		if got := s.bed(t, "A-02").Admission.Meals; len(got) > 0 {
			t.Errorf("what has ended is shown: %+v", got)
		}
		s.diet(t, a, fasting(s.clock.Now(), time.Time{}))
		held := s.detail(t, "A-01")
		if !slices.Equal(held.Admission.Meals, s.bed(t, "A-01").Admission.Meals) || held.Admission.Meals[0].Status != hospital.OrderHeld || held.Admission.Meals[0].Version != 2 {
			t.Errorf("the bed's page shows the meals %+v", held.Admission.Meals)
		}
		if len(held.Orders) != 2 || held.Orders[0].ID != lunch.ID || len(held.Orders[0].HeldFor) != 1 || held.Fasting.From != s.clock.Now() {
			t.Errorf("the bed's page says %+v, nil by mouth %+v", held.Orders, held.Fasting)
		}
		if _, err := s.Transfer(t.Context(), nurse, a.ID, hospital.TransferCommand{BedID: s.bed(t, "B-01").ID}); err != nil {
			t.Fatal(err)
		}
		if got := s.bed(t, "B-01").Admission.Meals; len(got) != 2 {
			t.Errorf("meals follow their patient, and the new bed shows %+v", got)
		}
	})
}
