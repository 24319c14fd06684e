package hospital_test

import (
	"strings"
	"testing"

	"dusangire/hospital"
)

// What a database would choke on, and what would break a page, comes in through every text that
// people can send.
func TestBrokenTextIsRefusedAndNeverAFailure(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		bed := h.bed(t, "A-01").ID
		admission := h.admit(t, "Uwase Marie", "A-02")
		for _, text := range []string{"a\x00b", "a\xffb", "\xed\xa0\x80", "a\u202eb", "a\u2066b", "a\x1bb", "a\u0085\u009bb"} {
			for name, command := range map[string]func() error{
				"patient's name": func() error {
					_, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: hospital.PatientName(text)})
					return err
				},
				"reason for admission": func() error {
					_, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Uwase", Reason: text})
					return err
				},
				"choices": func() error {
					_, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Uwase", Sex: text, Diet: hospital.Diet(text),
						Allergies: hospital.Allergies{Allergens: []hospital.Allergen{hospital.Allergen(text)}}})
					return err
				},
				"idempotency key": func() error {
					_, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: "Uwase", IdempotencyKey: text})
					return err
				},
				"reason for a transfer": func() error {
					_, err := h.Transfer(t.Context(), nurse, admission.ID, hospital.TransferCommand{BedID: bed, Reason: text})
					return err
				},
				"notes": func() error {
					_, err := h.Discharge(t.Context(), nurse, admission.ID, hospital.DischargeCommand{Outcome: hospital.Improved, Notes: text})
					return err
				},
				"outcome": func() error {
					_, err := h.Discharge(t.Context(), nurse, admission.ID, hospital.DischargeCommand{Outcome: hospital.Outcome(text)})
					return err
				},
				"bed's status": func() error {
					_, err := h.SetBedStatus(t.Context(), manager, bed, hospital.BedStatusCommand{Status: hospital.BedStatus(text)})
					return err
				},
				"reason of a bed": func() error {
					_, err := h.SetBedStatus(t.Context(), manager, bed, hospital.BedStatusCommand{Status: hospital.BedClosed, Reason: text})
					return err
				},
				"new user": func() error {
					_, err := h.AddUser(t.Context(), admin, hospital.AddUserCommand{Username: text, Role: hospital.Role(text), Password: "correct horse"})
					return err
				},
				"new ward": func() error {
					_, err := h.AddWard(t.Context(), admin, hospital.AddWardCommand{Code: text, Name: text, Block: text})
					return err
				},
			} {
				if err := command(); kindOf(err) != hospital.Invalid {
					t.Errorf("%q as %s: got %v, want it refused as invalid", text, name, err)
				}
			}
			if err := h.DisableUser(t.Context(), admin, text); kindOf(err) != hospital.NotFound {
				t.Errorf("%q as the name of a user to disable: got %v", text, err)
			}
			if err := h.SetPassword(t.Context(), admin, text, "correct horse"); kindOf(err) != hospital.NotFound {
				t.Errorf("%q as the name of a user with a new password: got %v", text, err)
			}
			if found, err := h.FindPatients(t.Context(), nurse, text); err != nil || len(found) > 0 {
				t.Errorf("%q as what to find: got %v and error %v", text, found, err)
			}
			if _, err := h.SessionByToken(t.Context(), text); kindOf(err) != hospital.Unauthenticated {
				t.Errorf("%q as a token: got %v", text, err)
			}
			odd := nurse
			odd.RequestID = text + strings.Repeat("é", 1000)
			if _, _, err := h.Admit(t.Context(), odd, hospital.AdmitCommand{PatientName: "Uwase"}); err != nil {
				t.Errorf("%q as the id of a request: %v", text, err)
			}
		}
		h.sound(t)
	})
}
