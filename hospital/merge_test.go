package hospital_test

import (
	"slices"
	"testing"
	"time"

	"dusangire/hospital"
)

// wantKept says for whom a reserved bed must be kept.
func (h *fixture) wantKept(t testing.TB, when, number string, patientID int64,
	name hospital.PatientName) {
	t.Helper()
	if bed := h.bed(t, number); bed.Status != hospital.BedReserved || bed.ReservedFor != patientID ||
		bed.ReservedName != name {
		t.Errorf("%s, bed %s is %s for patient %d, %s; want it kept for patient %d, %s", when, number,
			bed.Status, bed.ReservedFor, bed.ReservedName, patientID, name)
	}
}

// wantTold says whose boards must have been told.
func (h *fixture) wantTold(t testing.TB, of string, wards ...hospital.Ward) {
	t.Helper()
	moved := h.topics()
	for _, ward := range wards {
		if !slices.Contains(moved, string(hospital.WardTopic(ward.ID))) {
			t.Errorf("of %s the board of ward %s is not told: %v moved", of, ward.Code, moved)
		}
	}
}

// A bed that is kept for a record is kept for the one that takes its place, and theirs again where
// that is taken back. What was reserved for the other one since stays theirs.
func TestABedStaysKeptForWhoseRecordWasMerged(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		gone, stays := s.patient(t, "Uwase Mary", ""), s.patient(t, "Uwase Marie", "B-01")
		s.discharge(t, gone.ID, hospital.Improved)
		kept := hospital.BedStatusCommand{PatientID: gone.PatientID,
			Until: s.clock.Now().Add(40 * 24 * time.Hour)}
		for _, number := range []string{"A-01", "A-02", "A-03"} {
			s.reserve(t, number, kept)
		}
		taken := s.admitAllTheSame(t, "Keza Ange", "A-02")
		later := s.admitAllTheSame(t, "Ineza Aline", "A-03")
		s.clock.pass(time.Minute)
		s.topics()

		s.merges(t, gone.PatientID, stays.PatientID)
		s.wantTold(t, "the merge", s.a, s.b)
		s.wantKept(t, "merged", "A-01", stays.PatientID, "Uwase Marie")
		if _, err := s.CancelAdmission(t.Context(), nurse, taken.ID, undo); err != nil {
			t.Fatal(err)
		}
		s.wantKept(t, "merged and free again", "A-02", stays.PatientID, "Uwase Marie")
		s.set(t, "A-02", hospital.BedAvailable)
		s.reserve(t, "A-02", hospital.BedStatusCommand{PatientID: stays.PatientID})
		s.clock.pass(time.Minute)
		s.topics()

		s.unmerges(t, gone.PatientID)
		s.wantTold(t, "two records again", s.a, s.b)
		s.wantKept(t, "two again", "A-01", gone.PatientID, "Uwase Mary")
		s.wantKept(t, "two again", "A-02", stays.PatientID, "Uwase Marie")
		if _, err := s.CancelAdmission(t.Context(), nurse, later.ID, undo); err != nil {
			t.Fatal(err)
		}
		s.wantKept(t, "two again and free again", "A-03", gone.PatientID, "Uwase Mary")
		s.sound(t)
	})
}

// Whoever's bed is kept under one name takes it under the other without saying why.
func TestTheRecordThatStaysTakesTheBedThatWasKeptForTheOther(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		gone, stays := s.patient(t, "Uwase Mary", ""), s.patient(t, "Uwase Marie", "B-01")
		s.discharge(t, gone.ID, hospital.Improved)
		s.reserve(t, "A-01", hospital.BedStatusCommand{PatientID: gone.PatientID})
		s.merges(t, gone.PatientID, stays.PatientID)
		s.transfer(t, stays, "A-01")
		s.clock.pass(time.Minute)
		if _, err := s.UndoTransfer(t.Context(), nurse, stays.ID, hospital.UndoCommand{}); err != nil {
			t.Fatal(err)
		}
		s.wantKept(t, "taken back", "A-01", stays.PatientID, "Uwase Marie")
	})
}

func TestABoardThatKeepsABedForAPatientIsToldOfTheirNewName(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Mary", "")
		s.reserve(t, "A-01", hospital.BedStatusCommand{PatientID: a.PatientID})
		s.discharge(t, a.ID, hospital.Improved)
		s.topics()
		_, err := s.CorrectPatient(t.Context(), nurse, a.PatientID, hospital.CorrectPatientCommand{
			Name: new(hospital.PatientName("Uwase Marie")), Reason: "misheard"})
		if err != nil {
			t.Fatal(err)
		}
		s.wantTold(t, "the new name", s.a)
		s.wantKept(t, "corrected", "A-01", a.PatientID, "Uwase Marie")
	})
}

// Of three records the one that stays has the history of all.
func TestARecordHasTheAllergiesHistoryOfAllThatWereMergedIntoIt(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		first, second := s.twoRecords(t, severePeanuts, knownAllergies(allergens{"fish"}))
		s.merges(t, first.PatientID, second.PatientID)
		third := s.wasHere(t, knownAllergies(allergens{"eggs"}))
		s.merges(t, second.PatientID, third.PatientID)
		var to []string
		for _, one := range s.record(t, third.PatientID).AllergyHistory {
			to = append(to, one.By)
		}
		want := []string{"manager", "nurse", "manager", "nurse", "nurse"}
		if !slices.Equal(to, want) {
			t.Errorf("the history is by %v, want the two merges and what was noted of each: %v", to, want)
		}
	})
}
