package hospital_test

import (
	"fmt"
	"testing"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// TestANameThatNobodyCouldSeeIsNoName, in every way to give one.
func TestANameThatNobodyCouldSeeIsNoName(t *testing.T) {
	t.Parallel()
	h := newFixture(t, hospitaltest.SQLite(t))
	for what, give := range naming(t, h) {
		for _, name := range []string{"\u200b\u200b", "\u00ad", "\ufeff", "\u2060", "\u3164",
			"\u115f\u1160", "\u2800", "\ufe0f", "\u180e", "\u0301", "\u200d", "\U000e0041", " \u00a0\u2003\u3000", "\u200b \u200b"} {
			if kindOf(give(name)) != hospital.Invalid {
				t.Errorf("%s called %q should be refused", what, name)
			}
		}
	}
}

// TestANameHasALetterOrADigit, whatever it is the name of.
func TestANameHasALetterOrADigit(t *testing.T) {
	t.Parallel()
	refusesNames(t, "no_letters", "-", "...", "- -", "'", "\u2019\u2019", "\u02bc", "?!", "_._",
		"\u2014", "\U0001f600", "\u3002", "\u060c", "\u25cc\u0301")
}

// TestANameOfCharactersThatNoTextHasIsRefused: those which each font draws as it likes, those that
// Unicode does not have, and halves.
func TestANameOfCharactersThatNoTextHasIsRefused(t *testing.T) {
	t.Parallel()
	refusesNames(t, "characters", "Uwase \ue000", "\uf8ff", "Uwase\U000f0000", "Uwase \U0010fffd",
		"Uwase \u0378", "Uwase\U00012fff", "Uwase \U0003ffff", "Uwase \uffff", "Uwase\xed\xa0\x80")
}

// TestNamesOfPeopleAreNames in whatever script they write themselves.
func TestNamesOfPeopleAreNames(t *testing.T) {
	t.Parallel()
	h := newFixture(t, hospitaltest.SQLite(t))
	for what, give := range naming(t, h) {
		for _, name := range []string{"Uwase Marie", "N'Diaye", "O\u2019Brien", "Ng\u02bcang\u02bca",
			"Jean-Pierre", "M. J.", "\u738b\u5c0f\u660e", "\u0623\u062d\u0645\u062f",
			"\u0928\u0947\u0939\u093e", "\u1260\u1240\u1208", "\u0ba8\u0bbf\u0bb2\u0bbe", "Nguy\u1ec5n",
			"Z\u0308oe\u0323\u0301", "\u30e6\u30fc\u30b3", "X \u00c6 A-12", "Unknown 3",
			"\U00020bb7\u91ce", "\U0001e900\U0001e925"} {
			if err := give(name); err != nil {
				t.Errorf("%s called %q: %v", what, name, err)
			}
		}
	}
}

// naming are the ways to give a name to something new.
func naming(t *testing.T, h *fixture) map[string]func(name string) error {
	t.Helper()
	h.addUser(t, "customer", hospital.Customer)
	customer := hospital.Actor{UserID: int64(h.number(t, `SELECT id FROM app_user`)), Username: "customer", Role: hospital.Customer}
	zone, err := h.AddZone(t.Context(), admin, hospital.ZoneCommand{Name: "Kacyiru"})
	if err != nil {
		t.Fatal(err)
	}
	wards := 0
	return map[string]func(name string) error{
		"a patient": func(name string) error {
			_, _, err := h.Admit(t.Context(), nurse,
				hospital.AdmitCommand{PatientName: hospital.PatientName(name)})
			return err
		},
		"a ward": func(name string) error {
			wards++
			_, err := h.AddWard(t.Context(), admin,
				hospital.AddWardCommand{Code: fmt.Sprint("W", wards), Name: name})
			return err
		},
		"a zone": func(name string) error {
			_, err := h.AddZone(t.Context(), admin, hospital.ZoneCommand{Name: name})
			return err
		},
		"a dish": func(name string) error {
			_, err := h.AddDish(t.Context(), admin, hospital.Dish{
				Name: hospital.DishName{En: name}, Meals: hospital.Meals, Station: "hot", Diets: hospital.Diets, Textures: []hospital.Texture{hospital.RegularTexture}})
			return err
		},
		"an address": func(name string) error {
			added, _, err := h.AddAddress(t.Context(), customer, hospital.AddressCommand{Label: "Home",
				FullName: name, Phone: "0788123456", Line1: "KG 7", City: "Kigali", ZoneID: zone.ID})
			if err == nil {
				err = h.RemoveAddress(t.Context(), customer, added.ID, 0)
			}
			return err
		},
	}
}

// refusesNames fails unless each name is refused for the reason, whatever it is to be the name of.
func refusesNames(t *testing.T, reason string, names ...string) {
	t.Helper()
	h := newFixture(t, hospitaltest.SQLite(t))
	for what, give := range naming(t, h) {
		for _, name := range names {
			for field, got := range wrongFields(refused(t, give(name), hospital.Invalid, "fields")) {
				if got != reason {
					t.Errorf("%s called %q: %s is refused with %q, want %q", what, name, field, got, reason)
				}
			}
		}
	}
}

// TestANameIsKeptWithoutWhatNobodySees and with all that a script needs; what was broken on its way
// is refused.
func TestANameIsKeptWithoutWhatNobodySees(t *testing.T) {
	t.Parallel()
	h := newFixture(t, hospitaltest.SQLite(t))
	admit := func(name string) (hospital.Admission, error) {
		a, _, err := h.Admit(t.Context(), nurse, hospital.AdmitCommand{PatientName: hospital.PatientName(name)})
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
