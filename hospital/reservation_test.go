package hospital_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

// reserve keeps an available bed for somebody or something.
func (h *fixture) reserve(t testing.TB, number string, cmd hospital.BedStatusCommand) hospital.Bed {
	t.Helper()
	cmd.Status = hospital.BedReserved
	bed, err := h.SetBedStatus(t.Context(), manager, h.bed(t, number).ID, cmd)
	if err != nil {
		t.Fatalf("reserve bed %s: %v", number, err)
	}
	return bed
}

func TestABedIsKeptForANamedPatientUntilATime(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		marie := h.admit(t, "Uwase Marie", "")
		until := h.clock.Now().Add(30 * time.Hour)
		bed := h.reserve(t, "A-01",
			hospital.BedStatusCommand{PatientID: marie.PatientID, Reason: "after theatre", Until: until})
		if bed.ReservedFor != marie.PatientID || bed.ReservedName != "Uwase Marie" ||
			bed.StatusReason != "after theatre" || !bed.ReservedUntil.Equal(until) {
			t.Errorf("the bed is kept as %+v", bed)
		}
		if shown := h.bed(t, "A-01").Bed; shown != bed {
			t.Errorf("the board shows %+v, the command returned %+v", shown, bed)
		}
		h.clock.pass(30*time.Hour - time.Millisecond)
		h.release(t, 0)
		h.clock.pass(time.Millisecond)
		h.release(t, 1)
		if free := h.bed(t, "A-01"); free.Status != hospital.BedAvailable || free.ReservedFor != 0 ||
			free.ReservedName != "" {
			t.Errorf("after that time the bed is %+v, want it available and kept for nobody", free.Bed)
		}
	})
}

// Whoever corrects a reservation must not free the bed first: somebody else could take it then.
func TestAReservationIsCorrectedWhileItStands(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		marie, ange := h.admit(t, "Uwase Marie", ""), h.admit(t, "Keza Ange", "")
		first := h.reserve(t, "A-01", hospital.BedStatusCommand{PatientID: marie.PatientID})
		until := h.clock.Now().Add(3 * time.Hour)
		bed := h.reserve(t, "A-01", hospital.BedStatusCommand{PatientID: ange.PatientID, Until: until,
			Reason: "after theatre", Version: first.Version})
		if bed.ReservedFor != ange.PatientID || bed.StatusReason != "after theatre" ||
			!bed.ReservedUntil.Equal(until) || bed.Version != first.Version+1 {
			t.Errorf("the bed is kept as %+v", bed)
		}
		for _, same := range []hospital.BedStatusCommand{{}, {PatientID: ange.PatientID,
			Until: until, Reason: "after theatre"}} {
			same.Status = hospital.BedReserved
			h.refuses(t, hospital.Conflict, "bed_already", func() error {
				_, err := h.SetBedStatus(t.Context(), manager, bed.ID, same)
				return err
			})
		}
	})
}

// taking are the two ways into a bed: for somebody new, and for a patient who waits.
func (h *fixture) taking(t *testing.T, number string, waiting hospital.Admission,
	reason string) map[string]func() error {
	bed := h.bed(t, number).ID
	return map[string]func() error{
		"admitted": func() error {
			_, _, err := h.Admit(t.Context(), nurse,
				hospital.AdmitCommand{PatientName: "Mugisha Eric", BedID: bed, OverrideReason: reason})
			return err
		},
		"transferred": func() error {
			_, err := h.Transfer(t.Context(), nurse, waiting.ID,
				hospital.TransferCommand{BedID: bed, OverrideReason: reason})
			return err
		},
	}
}

func TestNobodyElseTakesABedThatIsKeptWithoutSayingWhy(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		marie, other := h.admit(t, "Uwase Marie", ""), h.admit(t, "Keza Ange", "")
		for number, kept := range map[string]struct {
			cmd  hospital.BedStatusCommand
			whom string
		}{
			"A-01": {hospital.BedStatusCommand{PatientID: marie.PatientID}, "Uwase Marie"},
			"A-02": {hospital.BedStatusCommand{Reason: "transfer from Kibuye"}, "transfer from Kibuye"},
		} {
			h.reserve(t, number, kept.cmd)
			for how, take := range h.taking(t, number, other, "") {
				refusal := h.refuses(t, hospital.Conflict, "bed_reserved", take)
				current, _ := refusal.Current.(hospital.BoardBed)
				if current.Number != number || !strings.Contains(refusal.Message, kept.whom) {
					t.Errorf("%s into %s: %q shows %+v", how, number, refusal.Message, current)
				}
			}
			lines := h.auditLines(t)
			if err := h.taking(t, number, other, " the ward  is full ")["admitted"](); err != nil {
				t.Fatalf("with a reason, into %s: %v", number, err)
			}
			if got := h.audited(t, lines); !slices.Contains(got, "bed.take_reserved >") {
				t.Errorf("the audit says %v, and not that a reserved bed was taken", got)
			}
		}
		if n := h.number(t, `SELECT count(*) FROM audit WHERE action = 'bed.take_reserved' AND reason =
			'the ward is full'`); n != 2 {
			t.Errorf("the audit has the reason %d times, want 2", n)
		}
		h.sound(t)
	})
}

func TestThePatientTakesTheBedThatIsKeptForThem(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		waits, back := h.admit(t, "Uwase Marie", ""), h.admit(t, "Mugisha Eric", "B-01")
		h.discharge(t, back.ID, hospital.Stable)
		h.reserve(t, "A-01", hospital.BedStatusCommand{PatientID: waits.PatientID,
			Reason: "after theatre"})
		h.reserve(t, "A-02", hospital.BedStatusCommand{PatientID: back.PatientID})
		h.reserve(t, "A-03", hospital.BedStatusCommand{}) // for nothing in particular
		lines := h.auditLines(t)
		if _, err := h.Transfer(t.Context(), nurse, waits.ID,
			hospital.TransferCommand{BedID: h.bed(t, "A-01").ID}); err != nil {
			t.Errorf("who waits for it: %v", err)
		}
		if _, _, err := h.Admit(t.Context(), nurse,
			hospital.AdmitCommand{PatientID: back.PatientID, BedID: h.bed(t, "A-02").ID}); err != nil {
			t.Errorf("who comes back: %v", err)
		}
		h.admit(t, "Keza Ange", "A-03")
		for _, line := range h.audited(t, lines) {
			if strings.HasPrefix(line, "bed.take_reserved") {
				t.Errorf("the audit says %q of somebody who took their own bed", line)
			}
		}
		h.sound(t)
	})
}

func TestAReservationIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		marie := h.admit(t, "Uwase Marie", "")
		dead := h.admit(t, "Keza Ange", "B-01")
		h.discharge(t, dead.ID, hospital.Deceased)
		now := h.clock.Now()
		set := func(cmd hospital.BedStatusCommand) func() error {
			return func() error {
				_, err := h.SetBedStatus(t.Context(), manager, h.bed(t, "A-01").ID, cmd)
				return err
			}
		}
		for name, test := range map[string]struct {
			cmd         hospital.BedStatusCommand
			field, code string
		}{
			"for nobody we know": {hospital.BedStatusCommand{Status: hospital.BedReserved,
				PatientID: 4711}, "patient_id", "patient_unknown"},
			"until now": {hospital.BedStatusCommand{Status: hospital.BedReserved,
				Until: now}, "until", "until_past"},
			"for years": {hospital.BedStatusCommand{Status: hospital.BedReserved,
				Until: now.AddDate(2, 0, 0)}, "until", "too_late"},
			"in a year nobody can write": {hospital.BedStatusCommand{Status: hospital.BedReserved,
				Until: now.AddDate(90000, 0, 0)}, "until", "too_late"},
			"of a bed that is cleaned": {hospital.BedStatusCommand{Status: hospital.BedCleaning,
				PatientID: marie.PatientID}, "patient_id", "only_reserved"},
			"of a bed out of service": {hospital.BedStatusCommand{Status: hospital.BedMaintenance,
				Until: now.Add(time.Hour)}, "until", "only_reserved"},
		} {
			refusal := h.refuses(t, hospital.Invalid, "fields", set(test.cmd))
			if got := wrongFields(refusal)[test.field]; got != test.code {
				t.Errorf("%s: %s is %q, want %q", name, test.field, got, test.code)
			}
		}
		h.refuses(t, hospital.Conflict, "patient_deceased",
			set(hospital.BedStatusCommand{Status: hospital.BedReserved, PatientID: dead.PatientID}))
	})
}

// A reservation is for the bed as its giver saw it, like every other step.
func TestAReservationOfABedThatChangedIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		marie := h.admit(t, "Uwase Marie", "")
		seen := h.bed(t, "A-01")
		h.set(t, "A-01", hospital.BedCleaning)
		h.set(t, "A-01", hospital.BedAvailable)
		h.refuses(t, hospital.Conflict, "bed_outdated", func() error {
			_, err := h.SetBedStatus(t.Context(), manager, seen.ID,
				hospital.BedStatusCommand{Status: hospital.BedReserved, PatientID: marie.PatientID,
					Version: seen.Version})
			return err
		})
	})
}
