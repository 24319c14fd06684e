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

func TestPatientsAreFoundByAPartOfTheirName(t *testing.T) {
	onEach(t, func(t *testing.T, h *house) {
		h.admit(t, "Uwase Marie", "A-01")
		ended := h.admit(t, "Uwamahoro Élise", "A-02")
		h.discharge(t, ended.ID, hospital.Improved)
		h.admit(t, "Keza 100% Ange", "")
		h.admit(t, `Back\slash`, "")
		for text, want := range map[string]string{
			"":            "",
			"   ":         "",
			"uwa":         "Uwamahoro Élise, Uwase Marie",
			"UWASE  mar":  "Uwase Marie",
			"elise":       "Uwamahoro Élise",
			"E\u0301LISE": "Uwamahoro Élise",
			"%":           "Keza 100% Ange",
			"_":           "",
			`\`:           `Back\slash`,
			"' OR 1=1 --": "",
			"nobody":      "",
		} {
			found, err := h.FindPatients(t.Context(), nurse, text)
			if err != nil {
				t.Errorf("%q: %v", text, err)
			}
			var names []string
			for _, p := range found {
				names = append(names, string(p.Name))
				if p.Admitted != (p.ID != ended.PatientID) {
					t.Errorf("%q: %s is shown as admitted: %t", text, p.Name, p.Admitted)
				}
			}
			if got := strings.Join(names, ", "); got != want {
				t.Errorf("%q finds %q, want %q", text, got, want)
			}
		}
		for range 12 {
			h.admit(t, "Mukamana Alice", "")
		}
		if found, err := h.FindPatients(t.Context(), manager, "alice"); err != nil || len(found) != 10 {
			t.Errorf("found %d and error %v, want 10", len(found), err)
		}
		_, err := h.FindPatients(t.Context(), cook, "alice")
		refused(t, err, hospital.Forbidden, "forbidden")
	})
}

func TestWhoDiedHereIsNotAdmittedAgain(t *testing.T) {
	onEach(t, func(t *testing.T, h *house) {
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
	onEach(t, func(t *testing.T, h *house) {
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
