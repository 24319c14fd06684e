package hospital_test

import (
	"strings"
	"testing"

	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// TestAPasswordThatCantBeTypedOrIsGuessedFirstIsRefused, whoever sets it in whatever way; the old
// one stands.
func TestAPasswordThatCantBeTypedOrIsGuessedFirstIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, hospitaltest.SQLite(t))
	h.addUser(t, "mutoni.keza", hospital.MedicalStaff)
	for password, code := range map[string]string{
		"caf\xe9 au lait":                     "password_encoding", // Windows-1252
		"\xff\xfec\x00o\x00r\x00r\x00e\x00":   "password_encoding", // UTF-16 with its mark
		"c\x00o\x00r\x00r\x00e\x00c\x00t\x00": "password_characters",
		"correct horse\ufffd":                 "password_characters",
		"correct\u200bhorse":                  "password_characters",
		"\ufeffcorrect horse":                 "password_characters",
		"correct\u202ehorse":                  "password_characters",
		"correct\thorse":                      "password_characters",
		"correct horse ":                      "password_blanks",
		" correct horse":                      "password_blanks",
		"correct horse\r":                     "password_blanks",
		"correct horse\u00a0":                 "password_blanks",
		"        ":                            "password_blanks",
		"1234567":                             "password_length",
		strings.Repeat("e\u0301", 129):        "password_length",
		"password":                            "password_common",
		"PassWord1":                           "password_common",
		"12345678":                            "password_common",
		"11111111":                            "password_common",
		"Mutoni.Keza":                         "password_common",
		"mutoni.keza2026!":                    "password_common",
		"dusangire":                           "password_common",
		"Dusangire-2026":                      "password_common",
	} {
		_, err := h.AddUser(t.Context(), admin, hospital.NewUser{Username: "mutoni.keza", Role: hospital.KitchenStaff, Password: password})
		for what, err := range map[string]error{"added": err, "set": h.SetPassword(t.Context(), admin, "Mutoni.Keza", password)} {
			refusal := refused(t, err, hospital.Invalid, "fields")
			if got := wrongFields(refusal)["password"]; got != code {
				t.Errorf("%q is %s with %q, want %q", password, what, got, code)
			}
		}
	}
	h.signIn(t, "mutoni.keza", "correct horse")
}

// TestAPasswordIsTheSameInWhateverFormItIsTyped: an accent is one character or two, as the system
// likes.
func TestAPasswordIsTheSameInWhateverFormItIsTyped(t *testing.T) {
	onEach(t, func(t *testing.T, h *house) {
		const composed, decomposed = "caf\u00e9 au lait", "cafe\u0301 au lait"
		h.addUser(t, "keza", hospital.MedicalStaff)
		for set, typed := range map[string]string{composed: decomposed, decomposed: composed} {
			if err := h.SetPassword(t.Context(), admin, "keza", set); err != nil {
				t.Fatal(err)
			}
			h.signIn(t, "keza", typed)
			h.signIn(t, "keza", set)
		}
		h.addUser(t, "eric", hospital.MedicalStaff)
		_, err := h.AddUser(t.Context(), admin, hospital.NewUser{Username: "ange", Role: hospital.Admin, Password: decomposed})
		if err != nil {
			t.Fatal(err)
		}
		h.signIn(t, "ange", composed)
	})
}
