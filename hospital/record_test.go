package hospital_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"dusangire/hospital"
)

var born = time.Date(1990, 5, 5, 0, 0, 0, 0, time.UTC)

func TestSomebodyWhoMayBeOnRecordIsShownFirst(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		admit := func(cmd hospital.AdmitCommand) error {
			_, _, err := h.Admit(t.Context(), nurse, cmd)
			return err
		}
		first := hospital.AdmitCommand{PatientName: "Uwamahoro Jeanne d’Arc", BirthDate: born,
			PatientNumber: "HN-7"}
		if err := admit(first); err != nil {
			t.Fatal(err)
		}
		for why, cmd := range map[string]hospital.AdmitCommand{
			"the same again":      {PatientName: "Uwamahoro Jeanne d’Arc", BirthDate: born},
			"in another spelling": {PatientName: "JEANNE D'ARC Uwamahoro", BirthDate: born},
			"misheard":            {PatientName: "Uwamaholo Jeane", BirthDate: born},
			"by the number":       {PatientName: "Somebody Else", PatientNumber: "HN-7"},
		} {
			refusal := h.refuses(t, hospital.Conflict, "possible_duplicate",
				func() error { return admit(cmd) })
			alike, _ := refusal.Current.([]hospital.Patient)
			if len(alike) != 1 || alike[0].Name != first.PatientName || alike[0].Number != "HN-7" {
				t.Errorf("%s: the refusal shows %v", why, alike)
			}
		}
		for why, cmd := range map[string]hospital.AdmitCommand{
			"another day":  {PatientName: first.PatientName, BirthDate: born.AddDate(0, 0, 1)},
			"no day":       {PatientName: first.PatientName},
			"another name": {PatientName: "Keza Ange", BirthDate: born},
			"confirmed":    {PatientName: first.PatientName, BirthDate: born, ConfirmNew: true},
		} {
			if err := admit(cmd); err != nil {
				t.Errorf("%s: %v", why, err)
			}
		}
		h.refuses(t, hospital.Conflict, "number_taken", func() error {
			return admit(hospital.AdmitCommand{PatientName: "Keza", PatientNumber: "HN-7",
				ConfirmNew: true})
		})
	})
}

func TestEveryPatientHasANumberOfTheirOwn(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.admit(t, "Uwase Marie", "")
		next := h.found(t, "uwase")[0].Number
		_, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Keza Ange",
			PatientNumber: increased(next)})
		if err != nil {
			t.Fatal(err)
		}
		h.admit(t, "Mugisha Eric", "")
		if got := h.found(t, "mugisha")[0].Number; got != increased(increased(next)) {
			t.Errorf("after %s, and the next one given by hand, comes %s", next, got)
		}
	})
}

// increased is the next whole number.
func increased(number string) string {
	digits := []byte(number)
	for i := len(digits) - 1; ; i-- {
		if digits[i] < '9' {
			digits[i]++
			return string(digits)
		}
		digits[i] = '0'
	}
}

func TestACorrectionNeedsAReasonAndShowsEverywhere(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		a := h.admit(t, "Uwase Mari", "A-01")
		other := h.admit(t, "Keza Ange", "")
		number := h.found(t, "keza")[0].Number
		name, phone := hospital.PatientName("Uwase Marie"), "0788 123 456"
		correct := func(cmd hospital.CorrectPatientCommand) func() error {
			return func() error {
				_, err := h.CorrectPatient(t.Context(), nurse, a.PatientID, cmd)
				return err
			}
		}
		refusal := h.refuses(t, hospital.Invalid, "fields",
			correct(hospital.CorrectPatientCommand{Name: &name}))
		if refusal.Fields["reason"] == nil {
			t.Errorf("a correction without a reason is refused by %v", refusal)
		}
		h.refuses(t, hospital.Conflict, "number_taken",
			correct(hospital.CorrectPatientCommand{Number: &number, Reason: "misread"}))
		h.heard.take()
		r, err := h.CorrectPatient(t.Context(), nurse, a.PatientID,
			hospital.CorrectPatientCommand{Name: &name, Reason: "misheard", Version: 1})
		if err != nil || r.Name != name || r.Version != 2 || r.Sex != "unknown" {
			t.Fatalf("the record is %+v, error %v", r, err)
		}
		if bed := h.bed(t, "A-01").Admission; bed.PatientName != name || bed.Version != 2 {
			t.Errorf("the board shows %+v", bed)
		}
		refusal = h.refuses(t, hospital.Conflict, "patient_outdated",
			correct(hospital.CorrectPatientCommand{Phone: &phone, Version: 1}))
		if len(refusal.Changes) != 1 || refusal.Changes[0].Field != "name" ||
			refusal.Changes[0].To != string(name) {
			t.Errorf("what has changed is said to be %+v", refusal.Changes)
		}
		if stands, _ := refusal.Current.(hospital.Record); len(stands.Admissions) != 1 {
			t.Errorf("the record that stands is said to be %+v", refusal.Current)
		}
		h.refuses(t, hospital.Conflict, "another_patient",
			correct(hospital.CorrectPatientCommand{Phone: &phone, AdmissionID: other.ID}))
		err = correct(hospital.CorrectPatientCommand{Phone: &phone, AdmissionID: a.ID})()
		if err != nil {
			t.Errorf("a telephone number needs no reason: %v", err)
		}
		if found := h.found(t, "0788123456"); len(found) != 1 || found[0].ID != a.PatientID {
			t.Errorf("the telephone number finds %v", found)
		}
		if other.PatientID == a.PatientID {
			t.Error("two patients are one")
		}
	})
}

func TestTwoRecordsOfOnePersonBecomeOneAndCanBeTwoAgain(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		old := h.admit(t, "Uwamahoro Jeane", "A-01")
		h.discharge(t, old.ID, hospital.Improved)
		now := h.admit(t, "Uwamahoro Jeanne", "A-02")
		third := h.admit(t, "Keza Ange", "A-03")
		merge := func(from, into int64, reason string) error {
			_, err := h.MergePatients(t.Context(), manager, from,
				hospital.MergeCommand{Into: into, Reason: reason})
			return err
		}
		h.refuses(t, hospital.Invalid, "fields",
			func() error { return merge(old.PatientID, now.PatientID, "") })
		h.refuses(t, hospital.Conflict, "both_admitted",
			func() error { return merge(third.PatientID, now.PatientID, "same") })
		if err := merge(old.PatientID, now.PatientID, "same national id"); err != nil {
			t.Fatal(err)
		}
		record := h.record(t, now.PatientID)
		if len(record.Admissions) != 2 || len(record.Merged) != 1 || record.Admissions[0].ID != now.ID {
			t.Errorf("the record that stays is %+v", record)
		}
		found := h.found(t, "jeane")
		if len(found) != 1 || found[0].ID != now.PatientID || found[0].BedNumber != "A-02" {
			t.Errorf("by the name of the record that went one finds %+v", found)
		}
		h.refuses(t, hospital.Conflict, "patient_merged", func() error {
			_, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientID: old.PatientID})
			return err
		})

		if _, err := h.UnmergePatient(t.Context(), manager, old.PatientID, 0); err != nil {
			t.Fatal(err)
		}
		was := h.record(t, old.PatientID)
		if len(was.Admissions) != 1 || was.Admissions[0].ID != old.ID || was.MergedInto != 0 {
			t.Errorf("the record that came back is %+v", was)
		}
		if stays := h.record(t, now.PatientID).Admissions; len(stays) != 1 {
			t.Errorf("the other one has %d stays", len(stays))
		}
		if err := merge(old.PatientID, now.PatientID, "yes, same"); err != nil {
			t.Fatal(err)
		}
		h.clock.pass(hospital.UnmergeWithin + time.Minute)
		h.refuses(t, hospital.Conflict, "merge_final", func() error {
			_, err := h.UnmergePatient(t.Context(), manager, old.PatientID, 0)
			return err
		})
	})
}

// record is a patient's record as medical staff read it.
func (h *fixture) record(t *testing.T, id int64) hospital.Record {
	t.Helper()
	record, err := h.Record(t.Context(), nurse, id)
	if err != nil {
		t.Fatal(err)
	}
	return record
}

func TestEveryOpeningOfARecordIsInTheAudit(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		a := h.admit(t, "Uwase Marie", "A-01")
		_, err := h.Discharge(t.Context(), nurse, a.ID,
			hospital.DischargeCommand{Outcome: hospital.Improved, Notes: "drink much"})
		if err != nil {
			t.Fatal(err)
		}
		if got := h.record(t, a.PatientID).Admissions[0]; got.Notes != "drink much" ||
			len(got.Beds) != 1 || got.Beds[0].BedNumber != "A-01" || got.Beds[0].Until.IsZero() {
			t.Errorf("the stay that ended reads %+v", got)
		}
		seen, err := h.Record(t.Context(), manager, a.PatientID)
		if err != nil || seen.Admissions[0].Notes != "" {
			t.Errorf("ward management reads the notes %q, error %v", seen.Admissions[0].Notes, err)
		}
		_, err = h.Record(t.Context(), cook, a.PatientID)
		refused(t, err, hospital.Forbidden, "forbidden")
		_, err = h.Record(t.Context(), nurse, 4711)
		refused(t, err, hospital.NotFound, "patient_none")
		rows, err := h.raw.QueryContext(t.Context(),
			`SELECT actor FROM audit WHERE action = 'patient.open' ORDER BY id`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var who []string
		for rows.Next() {
			var one string
			if err := rows.Scan(&one); err != nil {
				t.Fatal(err)
			}
			who = append(who, one)
		}
		want := []string{nurse.Username, manager.Username}
		if err := rows.Err(); err != nil || !slices.Equal(who, want) {
			t.Errorf("the audit says that %v opened it, error %v; want %v", who, err, want)
		}
	})
}

// The newest of many meals are on the record, and none of anybody else's.
func TestARecordHasTheNewestMealsOfEachStay(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a, other := s.patient(t, "Uwase Marie", "A-01"), s.patient(t, "Keza Ange", "A-02")
		record := func() []hospital.Order {
			r := must[hospital.Record](t)(s.Record(t.Context(), nurse, a.PatientID))
			return r.Admissions[0].Meals
		}
		if got := record(); len(got) != 0 {
			t.Errorf("a new patient has the meals %v", got)
		}
		s.orderFor(t, nurse, other, hospital.Lunch)
		lunch, dinner := s.orderFor(t, nurse, a, hospital.Lunch), s.orderFor(t, nurse, a, hospital.Dinner)
		if got := record(); len(got) != 2 || got[0].ID != dinner.ID || got[1].ID != lunch.ID {
			t.Errorf("the meals are %v, want dinner and then lunch", got)
		}
		for i := range hospital.MealsOnRecord {
			s.exec(t, fmt.Sprintf(`INSERT INTO meal_order (admission_id, meal, service_date, due,
				notes, status, override_reason, overridden_by, overridden, late, price, placed_at,
				status_since, ended_at)
				SELECT admission_id, meal, service_date - %[1]d, due - %[1]d, notes, 'delivered',
				override_reason, overridden_by, overridden, late, price, placed_at, status_since, 1
				FROM meal_order
				WHERE id = %[2]d`, int64(i+1)*24*time.Hour.Milliseconds(), lunch.ID))
		}
		if got := record(); len(got) != hospital.MealsOnRecord || got[0].ID != dinner.ID {
			t.Errorf("of many meals the record has %d, the newest %v", len(got), got[0])
		}
	})
}
