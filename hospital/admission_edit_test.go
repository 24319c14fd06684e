package hospital_test

import (
	"strings"
	"testing"
	"time"

	"dusangire/hospital"
)

// note leaves a note about a patient for the next shift.
func (s *service) note(t testing.TB, a hospital.Admission, note string) hospital.Admission {
	t.Helper()
	return must[hospital.Admission](t)(s.EditAdmission(t.Context(), nurse, a.ID,
		hospital.EditAdmissionCommand{Note: &note}))
}

func TestANoteForTheNextShiftSaysWhoWroteItAndWhen(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		read := func() hospital.ShiftNote { return s.admissionDetail(t, a).Note }
		if got := read(); got != (hospital.ShiftNote{}) {
			t.Errorf("at first the note is %+v, want none", got)
		}
		s.clock.pass(time.Minute)
		written := morning.Add(time.Minute)
		for _, step := range []struct {
			sent string
			want hospital.ShiftNote
		}{
			{" X-ray at 16:00.\nAsk for the result. ",
				hospital.ShiftNote{Text: "X-ray at 16:00.\nAsk for the result.", By: "nurse", At: written}},
			{"", hospital.ShiftNote{}},
		} {
			changed := s.note(t, a, step.sent)
			if got := read(); got != step.want {
				t.Errorf("after %q the note is %+v, want %+v", step.sent, got, step.want)
			}
			if changed.Version != a.Version+1 {
				t.Errorf("the admission went from version %d to %d", a.Version, changed.Version)
			}
			a = changed
			s.clock.pass(time.Hour)
			before := s.contents(t)
			if again := s.note(t, a, step.sent); again != a || s.contents(t) != before {
				t.Errorf("%q again changed something", step.sent)
			}
		}
		before := s.contents(t)
		_, err := s.EditAdmission(t.Context(), nurse, a.ID, hospital.EditAdmissionCommand{})
		if err != nil || s.contents(t) != before {
			t.Errorf("a command that gives nothing changed something, or failed: %v", err)
		}
	})
}

func TestANoteThatCanNotStandIsRefused(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		for name, note := range map[string]string{
			"too_long":   strings.Repeat("é", hospital.LongestNotes+1),
			"characters": "bell \a",
		} {
			refusal := s.refuses(t, hospital.Invalid, "fields", func() error {
				_, err := s.EditAdmission(t.Context(), nurse, a.ID,
					hospital.EditAdmissionCommand{Note: &note})
				return err
			})
			if got := wrongFields(refusal); got["note"] != name {
				t.Errorf("the note is refused as %v, want %s", got, name)
			}
		}
	})
}

// The audit names a note that was written, and never says what stood in it.
func TestTheAuditDoesNotKeepWhatANoteSays(t *testing.T) {
	onEachService(t, func(t *testing.T, s *service) {
		a := s.patient(t, "Uwase Marie", "A-01")
		seen := s.note(t, a, "first words").Version
		s.note(t, a, "second words")
		n := s.number(t, `SELECT count(*) FROM audit WHERE action = 'admission.edit'
			AND from_state = 'note' AND to_state = 'note' AND reason = ''`)
		if n != 2 {
			t.Errorf("the audit has %d lines of notes, want 2", n)
		}
		other := "third words"
		refusal := s.refuses(t, hospital.Conflict, "stay_outdated", func() error {
			_, err := s.EditAdmission(t.Context(), manager, a.ID,
				hospital.EditAdmissionCommand{Note: &other, Version: seen})
			return err
		})
		wantTold(t, refusal, "note: <nil> → <nil> by nurse at "+s.clock.Now().Format("15:04"))
	})
}
