package hospital_test

import (
	"testing"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// TestANameThatNobodyCouldSeeIsNoName, in every way to give one.
func TestANameThatNobodyCouldSeeIsNoName(t *testing.T) {
	t.Parallel()
	h := newHouse(t, hospitaltest.SQLite(t))
	h.addUser(t, "customer", hospital.Customer)
	customer := hospital.Actor{UserID: int64(h.number(t, `SELECT id FROM app_user`)), Username: "customer", Role: hospital.Customer}
	zone, err := h.AddZone(t.Context(), admin, hospital.ZoneChange{Name: "Kacyiru"})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"\u200b\u200b", "\u00ad", "\ufeff", "\u2060", "\u3164", "\u115f\u1160", "\u2800", "\ufe0f", "\u180e", "\u0301",
		"\u200d", "\U000e0041", " \u00a0\u2003\u3000", "\u200b \u200b"} {
		for what, give := range map[string]func() error{
			"a patient": func() error {
				_, _, err := h.Admit(t.Context(), nurse, hospital.NewAdmission{PatientName: hospital.PatientName(name)})
				return err
			},
			"a ward": func() error {
				_, err := h.AddWard(t.Context(), admin, hospital.NewWard{Code: "C", Name: name})
				return err
			},
			"a zone": func() error {
				_, err := h.AddZone(t.Context(), admin, hospital.ZoneChange{Name: name})
				return err
			},
			"an address": func() error {
				_, _, err := h.AddAddress(t.Context(), customer, hospital.AddressFields{Label: "Home",
					FullName: name, Phone: "0788123456", Line1: "KG 7", City: "Kigali", ZoneID: zone.ID})
				return err
			},
		} {
			if kindOf(give()) != hospital.Invalid {
				t.Errorf("%s called %q should be refused", what, name)
			}
		}
	}
}

// TestANameIsKeptWithoutWhatNobodySees and with all that a script needs; what was broken on its way
// is refused.
func TestANameIsKeptWithoutWhatNobodySees(t *testing.T) {
	t.Parallel()
	h := newHouse(t, hospitaltest.SQLite(t))
	admit := func(name string) (hospital.Admission, error) {
		a, _, err := h.Admit(t.Context(), nurse, hospital.NewAdmission{PatientName: hospital.PatientName(name)})
		return a, err
	}
	for sent, kept := range map[string]string{
		"\ufeffUwase Marie":                "Uwase Marie",
		"Uwa\u00adse\u200b Ma\u200drie":    "Uwase Marie",
		"  Uwase \u00a0 Marie\u2060 ":      "Uwase Marie",
		"Ange\u0301lique":                  "Ang\u00e9lique",
		"\u0646\u0627\u0645\u200c\u0647":   "\u0646\u0627\u0645\u200c\u0647", // Persian writes with it
		"\u0915\u094d\u200d\u0937\u200d":   "\u0915\u094d\u200d\u0937",       // so does Hindi, and not at the end
		"\u738b\u5c0f\u660e":               "\u738b\u5c0f\u660e",
		"O\u2019Brien \u0141ukasz Đặng":    "O\u2019Brien \u0141ukasz Đặng",
		"\u0600\u0661 \u0623\u062d\u0645":  "\u0600\u0661 \u0623\u062d\u0645", // a sign that is a format character and seen
		"Marie \U0001f468\u200d\U0001f469": "Marie \U0001f468\u200d\U0001f469",
	} {
		a, err := admit(sent)
		if err != nil || string(a.PatientName) != kept {
			t.Errorf("%q is kept as %q with error %v, want %q", sent, a.PatientName, err, kept)
		}
	}
	for _, broken := range []string{"\ufffd Uwase", "Uwase\xff", "Uwase \u202eMarie", "Uwase\x01", "Uwase \ufffe", "Uwase \ufdd0", "\u202e"} {
		_, err := admit(broken)
		refusal := refused(t, err, hospital.Invalid, "fields")
		if got := wrongFields(refusal)["patient_name"]; got != "characters" {
			t.Errorf("%q: got %q, want it refused for its characters", broken, got)
		}
	}
}
