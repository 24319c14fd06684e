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
	h := newFixture(t, hospitaltest.SQLite(t))
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
		"Dusangire2026!":                      "password_common",
		"kigali2026":                          "password_common",
		"Kigali-Rwanda #1":                    "password_common",
		"2026Mutarama!":                       "password_common",
		"janvier2026":                         "password_common",
		"F\u00e9vrier.2026":                   "password_common",
		"\u00c9t\u00e92026!!":                 "password_common",
		"hospital12":                          "password_common",
		"HopitalKigali2":                      "password_common",
		"ibitaro_2026":                        "password_common",
		"keza1994":                            "password_common",
		"1994keza.mutoni":                     "password_common",
		"mutonimutoni":                        "password_common",
		"password1234":                        "password_common",
		"!!P@ssw0rd2026":                      "password_common",
		"iloveyou2026??":                      "password_common",
		"qwertyuiop12":                        "password_common",
		"azertyuiop!!":                        "password_common",
		"asdfghjkl;'":                         "password_common",
		"qwer1234asdf":                        "password_common",
		"1qaz2wsx3edc":                        "password_common",
		"poiuytrewq-99":                       "password_common",
		"abcdefghijkl":                        "password_common",
		"987654321098":                        "password_common",
		"12345678901234":                      "password_common",
		"1234 5678 9012":                      "password_common",
		"zzzzzzzzzzzzzz":                      "password_common",
		"\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9": "password_common",
		"12121212121": "password_common",
		"xkq xkq xkq": "password_common",
	} {
		_, err := h.AddUser(t.Context(), admin, hospital.AddUserCommand{Username: "mutoni.keza", Role: hospital.KitchenStaff, Password: password})
		for what, err := range map[string]error{"added": err, "set": h.SetPassword(t.Context(), admin, "Mutoni.Keza", password)} {
			refusal := refused(t, err, hospital.Invalid, "fields")
			if got := wrongFields(refusal)["password"]; got != code {
				t.Errorf("%q is %s with %q, want %q", password, what, got, code)
			}
		}
	}
	h.signIn(t, "mutoni.keza", "correct horse")
}

// TestAGoodPasswordIsTaken: one that nobody else would think of, though common words are in it.
func TestAGoodPasswordIsTaken(t *testing.T) {
	t.Parallel()
	h := newFixture(t, hospitaltest.SQLite(t))
	h.addUser(t, "mutoni.keza", hospital.MedicalStaff)
	for _, password := range []string{
		"correct horse battery staple", "correct horse", "battery staple", "another password",
		"muraho neza cyane", "inka enye mu rwuri", "Imvura y'itumba 1998", "kigali by the blue bicycle",
		"caf\u00e9 au lait", "quatre chevaux verts", "Le petit pont de pierre", "my password is a banana",
		"seven goats in July", "tr0ub4dor&3", "k7mzzq93", "x9$Lw2!pQ7", "4e!7t9#e2k", "GQNYB7T4ZKXHWE5J",
		"\u043b\u043e\u0448\u0430\u0434\u044c\u0438\u043c\u043e\u0440\u0435",
		"\u99ac\u3068\u96fb\u6c60\u3068\u5927\u304d\u306a\u6d77",
		"umuhoza w'amahoro", "nurse Keza rides at dawn",
	} {
		if err := h.SetPassword(t.Context(), admin, "mutoni.keza", password); err != nil {
			t.Errorf("%q is refused: %v", password, err)
		}
	}
}

// TestAPasswordIsTheSameInWhateverFormItIsTyped: an accent is one character or two, as the system
// likes.
func TestAPasswordIsTheSameInWhateverFormItIsTyped(t *testing.T) {
	onEach(t, func(t *testing.T, h *fixture) {
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
		_, err := h.AddUser(t.Context(), admin, hospital.AddUserCommand{Username: "ange", Role: hospital.Admin, Password: decomposed})
		if err != nil {
			t.Fatal(err)
		}
		h.signIn(t, "ange", composed)
	})
}
