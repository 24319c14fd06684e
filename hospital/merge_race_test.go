package hospital_test

import (
	"slices"
	"testing"
	"time"

	"dusangire/hospital"
)

// recordRace is one record that goes into another while somebody writes to one of the two.
type recordRace struct {
	*service
	gone, stays hospital.Admission // of the record that goes, ended; and of the one that stays
}

// race makes two records of one person, the one that stays of somebody who lies in B-01 where here
// says so. Else the last stay is of the record that is written to, so that it can be reopened.
func (s *service) race(t *testing.T, here, aboutGone bool) recordRace {
	t.Helper()
	was := func(name hospital.PatientName) hospital.Admission {
		a := s.patient(t, name, "")
		s.discharge(t, a.ID, hospital.Improved)
		s.clock.pass(time.Hour)
		return a
	}
	if aboutGone && !here {
		stays := was("Uwase Marie")
		return recordRace{s, was("Uwase Mary"), stays}
	}
	gone := was("Uwase Mary")
	if !here {
		return recordRace{s, gone, was("Uwase Marie")}
	}
	return recordRace{s, gone, s.patient(t, "Uwase Marie", "B-01")}
}

// over empties the beds that a race has used, for the next one.
func (r recordRace) over(t *testing.T) {
	t.Helper()
	for _, number := range []string{"A-01", "B-01", "B-02"} {
		if a := r.bed(t, number).Admission; a != nil {
			r.discharge(t, a.AdmissionID, hospital.Improved)
		}
		if r.bed(t, number).Status != hospital.BedAvailable {
			r.set(t, number, hospital.BedAvailable)
		}
	}
}

// recordWrites are the commands that lock a patient, each about one of the two records.
func (r recordRace) recordWrites(t *testing.T, about hospital.Admission) map[string]func() error {
	id := about.PatientID
	eggs := knownAllergies(allergens{"eggs"}, "eggs")
	return map[string]func() error{
		"admit": func() error {
			_, _, err := r.Admit(t.Context(), nurse,
				hospital.AdmitCommand{PatientID: id, BedID: r.bed(t, "A-01").ID})
			return err
		},
		"reopen": func() error {
			_, err := r.ReopenAdmission(t.Context(), nurse, about.ID, undo)
			return err
		},
		"reserve": func() error {
			_, err := r.SetBedStatus(t.Context(), manager, r.bed(t, "B-02").ID,
				hospital.BedStatusCommand{Status: hospital.BedReserved, PatientID: id})
			return err
		},
		"correct": func() error {
			_, err := r.CorrectPatient(t.Context(), nurse, id,
				hospital.CorrectPatientCommand{Language: new("rw")})
			return err
		},
		"allergies": func() error {
			_, err := r.SetAllergies(t.Context(), nurse, id,
				hospital.AllergyCommand{Allergies: eggs})
			return err
		},
		"diet": func() error {
			_, err := r.SetDiet(t.Context(), nurse, about.ID,
				hospital.DietCommand{Allergies: &eggs})
			return err
		},
		"link": func() error {
			return r.LinkCustomer(t.Context(), manager, r.customer.UserID, id)
		},
	}
}

// refusals are why a write or a merge may be refused that comes second.
var raceRefusals = []string{"patient_merged", "both_admitted", "already_admitted", "stay_ended",
	"stay_open", "stay_overlaps"}

// settled checks what came of a race: both went through or one was refused, nothing is left at the
// record that went, and what was written is with the one that stays.
func (r recordRace) settled(t *testing.T, write string, wrote, merged error) {
	t.Helper()
	for what, err := range map[string]error{write: wrote, "merge": merged} {
		if err == nil {
			continue
		}
		refusal, ok := err.(*hospital.Error)
		if !ok || !slices.Contains(raceRefusals, refusal.Code) {
			t.Errorf("%s against a merge: %s broke with %v", write, what, err)
		}
	}
	if merged != nil {
		if write != "admit" && write != "reopen" {
			t.Errorf("%s kept the merge from happening: %v", write, merged)
		}
		return
	}
	for what, query := range map[string]string{
		"stays":        `SELECT count(*) FROM admission WHERE patient_id = $1`,
		"reservations": `SELECT count(*) FROM bed WHERE reserved_for = $1`,
	} {
		if n := r.number(t, query, r.gone.PatientID); n != 0 {
			t.Errorf("%s against a merge left %d %s at the record that went", write, n, what)
		}
	}
	if wrote == nil && write == "link" {
		r.wantWritten(t, write, `SELECT count(*) FROM customer_patient WHERE patient_id = $1`)
	}
	if wrote == nil && (write == "allergies" || write == "diet") {
		r.wantWritten(t, write,
			`SELECT count(*) FROM patient WHERE id = $1 AND allergies LIKE '%eggs%'`)
	}
}

// wantWritten checks that what was written is with the record that stays.
func (r recordRace) wantWritten(t *testing.T, write, query string) {
	t.Helper()
	if r.number(t, query, r.stays.PatientID) == 0 {
		t.Errorf("what %s wrote is not with the record that stays", write)
	}
}

// TestAMergeAndAWriteToOneOfTheTwoRecordsAtOnce: whichever comes first, nothing that was written is
// lost, and nothing is left at a record that nobody looks at any more.
func TestAMergeAndAWriteToOneOfTheTwoRecordsAtOnce(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		rounds := s.races() / 10
		for round := range rounds * 4 {
			here, aboutGone := round%2 == 0, round/2%2 == 0
			for write := range (recordRace{service: s}).recordWrites(t, hospital.Admission{}) {
				r := s.race(t, here, aboutGone)
				about := r.stays
				if aboutGone {
					about = r.gone
				}
				wrote, merged := bothAtOnce(r.recordWrites(t, about)[write], func() error {
					_, err := r.MergePatients(t.Context(), manager, r.gone.PatientID,
						hospital.MergeCommand{Into: r.stays.PatientID, Reason: "the same person"})
					return err
				})
				r.settled(t, write, wrote, merged)
				r.over(t)
			}
		}
		s.sound(t)
	})
}

// TestNothingIsWrittenToARecordThatWasMerged by the commands that name a patient.
func TestNothingIsWrittenToARecordThatWasMerged(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		r := s.race(t, true, true)
		r.merges(t, r.gone.PatientID, r.stays.PatientID)
		for write, command := range r.recordWrites(t, r.gone) {
			code := "patient_merged"
			switch write {
			case "reopen": // the stay is the other record's now
				code = "already_admitted"
			case "diet":
				code = "stay_ended"
			}
			if refusal := r.refuses(t, hospital.Conflict, code, command); refusal == nil {
				t.Errorf("%s reached a record that was merged", write)
			}
		}
	})
}
