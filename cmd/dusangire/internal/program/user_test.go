package program_test

import (
	"regexp"
	"strings"
	"testing"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/cmd/dusangire/internal/program"
	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// TestAccountsAreCaredForByTheShell: what the page of accounts does, a script does too.
func TestAccountsAreCaredForByTheShell(t *testing.T) {
	t.Parallel()
	database := hospitaltest.SQLite(t)
	h := hospitaltest.Open(t, hospital.Options{DatabaseURL: database})
	run := func(args ...string) string {
		t.Helper()
		got := dusangiretest.Dusangire(t, append(args, "--database-url", database)...)
		if got.Code != program.ExitOK {
			t.Fatalf("%v: %d %s", args, got.Code, got.Err)
		}
		return got.Out
	}
	ward, err := h.AddWard(t.Context(), hospital.System,
		hospital.AddWardCommand{Code: "A", Name: "Medicine"})
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`https://board\.example/password/(\S+)\n$`)
	added := link.FindStringSubmatch(run("user", "add", "Keza", "--role", "kitchen", "--link",
		"--display-name", "Keza Ange", "--language", "fr", "--server", "https://board.example/"))
	if added == nil {
		t.Fatal("no link was printed")
	}
	run("user", "set", "keza", "--role", "medical_staff", "--ward", "1", "--username", "keza.ange")
	user, err := h.UserNamed(t.Context(), hospital.System, "keza.ange")
	if err != nil || user.Role != hospital.MedicalStaff || len(user.Wards) != 1 ||
		user.Wards[0] != ward.ID || user.DisplayName != "Keza Ange" || user.Language != "fr" {
		t.Errorf("the account is %+v %v", user, err)
	}
	if list := run("user", "list"); !strings.Contains(list, "no password yet") {
		t.Errorf("the list does not say who has no password:\n%s", list)
	}
	run("user", "set", "keza.ange", "--all-wards", "--language", "")
	again := link.FindStringSubmatch(run("user", "reset", "keza.ange",
		"--server", "https://board.example"))
	if again == nil || again[1] == added[1] {
		t.Errorf("a reset printed %v", again)
	}
	if _, err := h.SetPasswordByLink(t.Context(), again[1], "correct horse battery"); err != nil {
		t.Error(err)
	}
	token, _, err := h.SignIn(t.Context(), "keza.ange", "correct horse battery",
		hospital.Client{Address: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	run("user", "sign-out", "keza.ange")
	if _, err := h.SessionByToken(t.Context(), token); !hospital.IsKind(err, hospital.Unauthenticated) {
		t.Errorf("after sign-out the session is open: %v", err)
	}
	for _, wrong := range []string{"user set keza.ange --role chef",
		"user set keza.ange --ward 1 --all-wards"} {
		got := dusangiretest.Dusangire(t, append(strings.Fields(wrong), "--database-url", database)...)
		if got.Code != program.ExitUsage {
			t.Errorf("%s: %d %s", wrong, got.Code, got.Err)
		}
	}
	nobody := dusangiretest.Dusangire(t, "user", "reset", "nobody", "--database-url", database)
	if nobody.Code != 1 || !strings.Contains(nobody.Err, "no such user") {
		t.Errorf("%d %s", nobody.Code, nobody.Err)
	}
}
