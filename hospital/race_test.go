package hospital_test

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"

	"dusangire/hospital"
)

// atOnce runs n commands that all start together, and returns their errors.
func atOnce(n int, command func(i int) error) []error {
	failed := make([]error, n)
	start := make(chan struct{})
	var running sync.WaitGroup
	for i := range n {
		running.Go(func() {
			<-start
			failed[i] = command(i)
		})
	}
	close(start)
	running.Wait()
	return failed
}

// won checks that exactly one command succeeded and that all others were refused with a code, and
// returns which one won and the refusals.
func won(t *testing.T, results []error, code string) (winner int, refusals []*hospital.Error) {
	t.Helper()
	winner = -1
	for i, err := range results {
		if err != nil {
			refusals = append(refusals, refused(t, err, hospital.Conflict, code))
			continue
		}
		if winner >= 0 {
			t.Errorf("both %d and %d won", winner, i)
		}
		winner = i
	}
	if winner < 0 {
		t.Fatal("nobody won")
	}
	return winner, refusals
}

func TestOfAHundredAdmissionsToOneBedExactlyOneWins(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		bed := h.bed(t, "A-01").ID
		before := h.revisions(t, hospital.MetricsTopic)
		_, refusals := won(t, atOnce(100, func(i int) error {
			_, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: hospital.PatientName(fmt.Sprintf("Uwase %d", i)), BedID: bed})
			return err
		}), "bed_taken")
		now := h.bed(t, "A-01")
		for _, refusal := range refusals {
			if !reflect.DeepEqual(refusal.Current, now) {
				t.Errorf("a refusal shows %+v, want %+v", refusal.Current, now)
			}
		}
		if now.Admission == nil || h.number(t, `SELECT count(*) FROM patient`) != 1 {
			t.Errorf("the bed is %+v, and the losers left patients behind", now)
		}
		if after := h.revisions(t, hospital.MetricsTopic); after.Topics[hospital.MetricsTopic] != before.Topics[hospital.MetricsTopic]+1 {
			t.Errorf("the metrics moved from %v to %v", before, after)
		}
		h.sound(t)
	})
}

func TestOneOfTwentyAdmissionsOfAPatientWins(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		ward, err := h.AddWard(t.Context(), admin, hospital.AddWardCommand{Code: "C", Name: "Maternity", Beds: 20})
		if err != nil {
			t.Fatal(err)
		}
		beds := h.board(t, ward).Beds
		first := h.admit(t, "Uwase Marie", "")
		h.discharge(t, first.ID, hospital.Improved)
		winner, refusals := won(t, atOnce(20, func(i int) error {
			_, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientID: first.PatientID, BedID: beds[i].ID})
			return err
		}), "already_admitted")
		for _, refusal := range refusals {
			if current, ok := refusal.Current.(hospital.Admission); !ok || current.BedID != beds[winner].ID {
				t.Errorf("a refusal shows %+v, want the admission in bed %s", refusal.Current,
					beds[winner].Number)
			}
		}
		if counts := h.board(t, ward).Counts; counts.Occupied != 1 || counts.Available != 19 {
			t.Errorf("the ward counts %+v", counts)
		}
		h.sound(t)
	})
}

// Two patients who are to change places, and two nurses who do it at once: both targets are taken,
// nobody waits for ever.
func TestCrossingTransfersDoNotWaitForEachOther(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		one, other := h.admit(t, "Uwase Marie", "A-01"), h.admit(t, "Mugisha Eric", "A-02")
		for round := range 10 {
			for i, err := range atOnce(8, func(i int) error {
				admission, bed := one, other.BedID
				if i%2 == 1 {
					admission, bed = other, one.BedID
				}
				_, err := h.Transfer(t.Context(), nurse, admission.ID, hospital.TransferCommand{BedID: bed})
				return err
			}) {
				if err == nil {
					t.Fatalf("round %d: transfer %d went into a taken bed", round, i)
				}
				refused(t, err, hospital.Conflict, "bed_taken")
			}
		}
		h.sound(t)
	})
}

// Patients chase each other through the beds of two wards, with everything else that people do,
// from all sides.
func TestManyCommandsAtOnceKeepEveryRule(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		admissions := []hospital.Admission{h.admit(t, "A", "A-01"), h.admit(t, "B", "A-02"), h.admit(t, "C", "B-01"), h.admit(t, "D", "")}
		beds := h.bedIDs(t)
		before := h.revisions(t, hospital.MetricsTopic).Topics[hospital.MetricsTopic]
		done := atOnce(160, func(i int) (err error) {
			bed, admission := beds[i*7%len(beds)], admissions[i%len(admissions)]
			switch i % 8 {
			case 0, 1, 2, 3:
				_, err = h.Transfer(t.Context(), nurse, admission.ID, hospital.TransferCommand{BedID: bed})
			case 4, 5:
				_, err = h.SetBedStatus(t.Context(), manager, bed, hospital.BedStatusCommand{Status: hospital.BedAvailable})
			case 6:
				_, err = h.Discharge(t.Context(), nurse, admission.ID, hospital.DischargeCommand{Outcome: hospital.Improved})
			default:
				_, _, err = h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "E", BedID: bed})
			}
			return err
		})
		committed := int64(0)
		for i, err := range done {
			if refusal, ok := errors.AsType[*hospital.Error](err); err == nil {
				committed++
			} else if !ok || refusal.Kind != hospital.Conflict {
				t.Errorf("command %d: %v", i, err)
			}
		}
		after := h.revisions(t, hospital.MetricsTopic).Topics[hospital.MetricsTopic]
		if after != before+committed {
			t.Errorf("%d commands were committed and the metrics moved from %d to %d", committed, before, after)
		}
		h.sound(t)
	})
}

func TestTheSameKeyAdmitsOnceHoweverManyNodesAreAsked(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		var mu sync.Mutex
		admitted, replays := map[int64]bool{}, 0
		cmd := hospital.AdmitCommand{PatientName: "Uwase Marie", BedID: h.bed(t, "A-01").ID, IdempotencyKey: "form 17"}
		for i, err := range atOnce(20, func(i int) error {
			a, replayed, err := h.Admit(t.Context(), nurse, cmd)
			mu.Lock()
			defer mu.Unlock()
			admitted[a.ID] = true
			if replayed {
				replays++
			}
			return err
		}) {
			if err != nil {
				t.Errorf("request %d: %v", i, err)
			}
		}
		if len(admitted) != 1 || replays != 19 {
			t.Errorf("the key led to %d admissions and %d replays, want 1 and 19", len(admitted), replays)
		}
		if heard := h.heard.take(); len(heard) != 1 {
			t.Errorf("announced %d times, want once", len(heard))
		}
		h.sound(t)
	})
}
