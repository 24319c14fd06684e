package hospital_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"dusangire/hospital"
)

func TestPatientsAreFoundAsPeopleAskForThem(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		jeanne := h.admit(t, "Uwamahoro Jeanne d’Arc", "A-01")
		h.admit(t, "Uwase Marie-Claire", "")
		ended := h.admit(t, "Uwamahoro Béatrice", "A-02")
		h.discharge(t, ended.ID, hospital.Improved)
		gone := h.admit(t, "Niyonzima Eric", "A-03")
		h.discharge(t, gone.ID, hospital.Improved)
		number := h.found(t, "Niyonzima")[0].Number
		for _, test := range []struct{ why, text, want string }{
			{"nothing is asked", "", ""},
			{"nothing that can be read is asked", "' % _ -", ""},
			{"another order", "jeanne uwamahoro", "Uwamahoro Jeanne d’Arc"},
			{"parts of words", "amah jean", "Uwamahoro Jeanne d’Arc"},
			{"a part inside a word of who left", "yonzi", "Niyonzima Eric"},
			{"a straight apostrophe", "d'Arc", "Uwamahoro Jeanne d’Arc"},
			{"a spacing accent for an apostrophe", "d´arc", "Uwamahoro Jeanne d’Arc"},
			{"no apostrophe", "darc", "Uwamahoro Jeanne d’Arc"},
			{"an apostrophe as a space", "d arc", "Uwamahoro Jeanne d’Arc"},
			{"no accent", "beatrice", "Uwamahoro Béatrice"},
			{"a decomposed accent", "BE\u0301ATRICE", "Uwamahoro Béatrice"},
			{"a letter too few", "beatrce", "Uwamahoro Béatrice"},
			{"a letter too many", "niyonzimaa", "Niyonzima Eric"},
			{"another letter", "niyonsima eric", "Niyonzima Eric"},
			{"letters that changed places", "eirc niyonzima", ""},
			{"changed places in a long word", "niyonizma", "Niyonzima Eric"},
			{"an error in each of two words", "uwamahro jeane", "Uwamahoro Jeanne d’Arc"},
			{"two errors in one word", "nyonsima", ""},
			{"a hyphen", "marie-claire", "Uwase Marie-Claire"},
			{"no hyphen", "claire marie", "Uwase Marie-Claire"},
			{"an error in a short word", "eryc", ""},
			{"a number", number, "Niyonzima Eric"},
			{"a number and a name", "eric " + number, "Niyonzima Eric"},
			{"a bed", "A-01", "Uwamahoro Jeanne d’Arc"},
			{"a bed without its hyphen", "a01", "Uwamahoro Jeanne d’Arc"},
			{"who is here comes first", "uwamahoro", "Uwamahoro Jeanne d’Arc, Uwamahoro Béatrice"},
			{"nobody", "zebra", ""},
			{"words that a database could mistake", `uwase" OR NEAR(* | & !' :*`, ""},
		} {
			var names []string
			for _, p := range h.found(t, test.text) {
				names = append(names, string(p.Name))
			}
			if got := strings.Join(names, ", "); got != test.want {
				t.Errorf("%s: %q finds %q, want %q", test.why, test.text, got, test.want)
			}
		}
		here := h.found(t, "jeanne")[0]
		if here.AdmissionID != jeanne.ID || here.BedNumber != "A-01" || here.WardName != "Medicine" {
			t.Errorf("who lies in A-01 is said to be at %+v", here)
		}
		long := strings.Repeat("n", hospital.LongestQuery+1)
		_, err := h.SearchPatients(t.Context(), nurse, long)
		refused(t, err, hospital.Invalid, "fields")
		_, err = h.SearchPatients(t.Context(), cook, "jeanne")
		refused(t, err, hospital.Forbidden, "forbidden")
	})
}

// found are those whom a search finds.
func (h *fixture) found(t *testing.T, text string) []hospital.Patient {
	t.Helper()
	patients, err := h.SearchPatients(t.Context(), nurse, text)
	if err != nil {
		t.Fatalf("search %q: %v", text, err)
	}
	return patients
}

func TestWhoDiedHereIsNotAdmittedAgain(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		a := h.admit(t, "Uwase Marie", "A-01")
		h.discharge(t, a.ID, hospital.Improved)
		again, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientID: a.PatientID})
		if err != nil {
			t.Fatalf("who went home may come back: %v", err)
		}
		h.discharge(t, again.ID, hospital.Deceased)
		h.refuses(t, hospital.Conflict, "patient_deceased", func() error {
			_, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientID: a.PatientID})
			return err
		})
		if found, err := h.FindPatients(t.Context(), nurse, "uwase"); err != nil || len(found) > 0 {
			t.Errorf("who died is not offered: %v, error %v", found, err)
		}
		h.admit(t, "Uwase Marie", "A-02") // someone of the same name
	})
}

func TestInitialsTellPatientsApartWithoutNamingThem(t *testing.T) {
	for name, want := range map[hospital.PatientName]string{
		"Uwase Marie":        "U. M.",
		"  élise   ":         "É.",
		"Utazwi":             "U.",
		"jean de dieu Habib": "J. D. D. H.",
		"":                   "",
	} {
		if got := name.Initials(); got != want {
			t.Errorf("%q: got %q, want %q", string(name), got, want)
		}
	}
}

func TestNoLogShowsAPatientsName(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
		const canary = "Xanthippe Quagmire"
		a := h.admit(t, canary, "A-01")
		if _, err := h.PlanDischarge(t.Context(), nurse, a.ID, hospital.PlanDischargeCommand{Expected: morning}); err != nil {
			t.Fatal(err)
		}
		h.admit(t, canary, "")
		_, _, taken := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: canary, BedID: a.BedID})
		_, _, twice := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientID: a.PatientID})
		_, _, wrong := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: canary, BedID: 4711})
		patients, err := h.FindPatients(t.Context(), nurse, canary)
		if err != nil {
			t.Fatal(err)
		}
		management, err := h.ManagementDashboard(t.Context(), hospital.System)
		if err != nil {
			t.Fatal(err)
		}
		medical, err := h.MedicalDashboard(t.Context(), hospital.System, nil)
		if err != nil {
			t.Fatal(err)
		}
		things := []any{hospital.PatientName(canary), a, h.board(t, h.a), h.bed(t, "A-01"), *h.bed(t, "A-01").Admission, h.detail(t, "A-01"),
			h.detail(t, "A-02").Waiting[0], patients[0], management, medical, medical.Waiting[0],
			h.record(t, a.PatientID), h.record(t, a.PatientID).Admissions[0],
			hospital.CorrectPatientCommand{Reason: canary},
			hospital.AdmitCommand{PatientName: canary}, hospital.DischargeCommand{Notes: canary}, taken, twice, wrong}
		var log bytes.Buffer
		for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
			for i, thing := range things {
				log.Reset()
				slog.New(handler).Error("something", "thing", thing)
				if line := strings.ToLower(log.String()); strings.Contains(line, "xanthippe") || strings.Contains(line, "quagmire") {
					t.Errorf("thing %d, a %T, is logged as %s", i, thing, line)
				}
			}
		}
	})
}

func TestANameShowsItselfToPages(t *testing.T) {
	if got := fmt.Sprint(hospital.PatientName("Uwase Marie")); got != "Uwase Marie" {
		t.Errorf("got %q", got)
	}
	if !slices.Contains(hospital.Sexes, "unknown") {
		t.Error("a patient's sex can't be unknown")
	}
}
