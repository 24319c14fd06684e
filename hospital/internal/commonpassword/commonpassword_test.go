package commonpassword

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestTheListIsWhatItWas(t *testing.T) {
	sums, err := os.Open("SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	defer sums.Close()
	for lines := bufio.NewScanner(sums); lines.Scan(); {
		want, name, _ := strings.Cut(lines.Text(), "  ")
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s is not what SHA256SUMS says", name)
		}
	}
	if all := sorted(); len(all) != strings.Count(list, "\n") || !slices.IsSorted(all) {
		t.Error("a line of the list is empty, has a blank in it or is out of order")
	}
}

func TestWhatIsGuessedFirstIsKnown(t *testing.T) {
	for password, want := range map[string]bool{
		"password": true, "12345678": true, "Password1": true, "QWERTYUIOP": true, "iloveyou": true, "p@ssw0rd": true,
		"zzzzzzzz": true, "password2026": true, "?Monkey-1985!": true, "winter2026": true,
		"cat84712": false, "correct horse": false, "": false, "a": false, "muraho neza cyane": false,
	} {
		if Contains(password) != want {
			t.Errorf("Contains(%q) should be %t", password, want)
		}
	}
}
