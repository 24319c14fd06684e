package hospital_test

import (
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

func TestACommandUnderTheSameKeyIsAnsweredAndNotRepeated(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		cmd := hospital.AdmitCommand{PatientName: "Uwase Marie", BedID: h.bed(t, "A-01").ID, IdempotencyKey: "form 17",
			ExpectedDischarge: morning.Add(time.Hour), Allergies: hospital.Allergies{Allergens: []hospital.Allergen{"milk", "eggs"}}}
		first, replayed, err := h.Admit(t.Context(), nurse, cmd)
		if err != nil || replayed {
			t.Fatalf("the first time: replayed %t and error %v", replayed, err)
		}
		// The same thing in other words, and so late that it could not be said for the first time
		// any more.
		cmd.PatientName = " Uwase  Marie "
		cmd.Allergies = hospital.Allergies{Known: true, Allergens: []hospital.Allergen{"eggs", "milk", "milk"}}
		h.clock.pass(2 * time.Hour)
		before := h.contents(t)
		h.heard.take()
		again, replayed, err := h.Admit(t.Context(), nurse, cmd)
		if err != nil || !replayed || again != first {
			t.Errorf("the second time: got %+v, replayed %t and error %v, want %+v", again, replayed, err, first)
		}
		if h.contents(t) != before || len(h.heard.take()) > 0 {
			t.Error("the second time changed something")
		}
		h.discharge(t, first.ID, hospital.Improved)
		if later, replayed, err := h.Admit(t.Context(), nurse, cmd); err != nil || !replayed || later.ID != first.ID || later.Outcome != hospital.Improved {
			t.Errorf("after the discharge: got %+v, replayed %t and error %v, want the admission as it stands", later, replayed, err)
		}
	})
}

func TestAKeyIsGoodForOneThingOfOnePersonForTwoDays(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.addUser(t, "keza", hospital.MedicalStaff)
		cmd := hospital.AdmitCommand{PatientName: "Uwase Marie", IdempotencyKey: "form 17"}
		admit := func(actor hospital.Actor, cmd hospital.AdmitCommand) error {
			_, replayed, err := h.Admit(t.Context(), actor, cmd)
			if replayed {
				t.Errorf("%+v was taken for a repetition", cmd)
			}
			return err
		}
		if err := admit(nurse, cmd); err != nil {
			t.Fatal(err)
		}
		other := cmd
		other.Reason = "emergency"
		h.refuses(t, hospital.Invalid, "idempotency_key_reused", func() error { return admit(nurse, other) })
		if err := admit(manager, cmd); err != nil {
			t.Errorf("another person's key: %v", err)
		}
		h.clock.pass(48*time.Hour + time.Minute)
		if err := h.ForgetOld(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := admit(nurse, other); err != nil {
			t.Errorf("the key after two days: %v", err)
		}
		if n := h.number(t, `SELECT count(*) FROM idempotency`); n != 1 {
			t.Errorf("%d keys are remembered, want 1", n)
		}
	})
}

func TestARefusedCommandDoesNotUseUpItsKey(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		h.set(t, "A-01", hospital.BedCleaning)
		cmd := hospital.AdmitCommand{PatientName: "Uwase Marie", BedID: h.bed(t, "A-01").ID, IdempotencyKey: "form 17"}
		h.refuses(t, hospital.Conflict, "bed_not_free", func() error { _, _, err := h.Admit(t.Context(), nurse, cmd); return err })
		h.set(t, "A-01", hospital.BedAvailable)
		if _, replayed, err := h.Admit(t.Context(), nurse, cmd); err != nil || replayed {
			t.Errorf("got replayed %t and error %v", replayed, err)
		}
	})
}

func TestAKeyHasItsLimit(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		cmd := hospital.AdmitCommand{PatientName: "Uwase Marie", IdempotencyKey: strings.Repeat("k", hospital.LongestKey+1)}
		h.refuses(t, hospital.Invalid, "idempotency_key", func() error { _, _, err := h.Admit(t.Context(), nurse, cmd); return err })
		cmd.IdempotencyKey = strings.Repeat("é", hospital.LongestKey)
		if _, _, err := h.Admit(t.Context(), nurse, cmd); err != nil {
			t.Errorf("the longest key: %v", err)
		}
	})
}
