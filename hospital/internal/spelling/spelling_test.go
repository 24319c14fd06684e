package spelling_test

import (
	"slices"
	"strings"
	"testing"

	"dusangire/hospital/internal/spelling"
)

func TestWordsHaveNeitherAccentsNorApostrophes(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Uwamahoro Jeanne d’Arc": "uwamahoro jeanne darc",
		"d'Arc":                  "darc", "d‘Arc": "darc", "dʼArc": "darc", "d`Arc": "darc",
		"d´Arc": "darc", "d＇Arc": "darc", "d′Arc": "darc",
		"Be\u0301atrice": "beatrice", "BÉATRICE": "beatrice",
		"Marie-Claire": "marie claire", "Øyvind Groß": "oyvind gross",
		"N'Guessan, K.": "nguessan k", "أحمد": "احمد", " - ": "",
	} {
		if got := spelling.Key(name); got != want {
			t.Errorf("%q is found by %q, want %q", name, got, want)
		}
	}
	if got := spelling.Word("HN-2024/17 b"); got != "hn202417b" {
		t.Errorf("the number is found by %q", got)
	}
}

func TestOneTypingErrorIsNearAndTwoAreNot(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"beatrice", "beatrice", true}, {"beatrice", "beatrce", true},
		{"beatrice", "beatricce", true}, {"beatrice", "beatrise", true},
		{"beatrice", "beartice", true}, {"beatrice", "ebatrice", true},
		{"beatrice", "beatri", false}, {"beatrice", "baetrcie", false},
		{"beatrice", "beetrise", false}, {"", "a", true}, {"", "ab", false},
	} {
		if got := spelling.Near(test.a, test.b); got != test.want {
			t.Errorf("%s and %s are near: %t, want %t", test.a, test.b, got, test.want)
		}
	}
	for _, wrong := range spelling.Errors("uwase") {
		if !spelling.Near(wrong, "uwase") {
			t.Errorf("%s is more than one error away", wrong)
		}
	}
	if all := spelling.Errors("uwase"); !slices.Contains(all, "uwsae") ||
		!slices.Contains(all, "uwaze") || !slices.Contains(all, "uwse") ||
		!slices.Contains(all, "uwasee") {
		t.Errorf("a neighbour is missing of %s", strings.Join(all, " "))
	}
}

func TestNamesThatMayBeOnePersonsAreAlike(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"Uwamahoro Jeanne d’Arc", "Jeanne d'Arc UWAMAHORO", true},
		{"Uwase Marie", "Uwase Marie Claire", true},
		{"Habimana Eric", "Abimana Erick", true},
		{"Mukamana Alice", "Mukamana Aline", true}, // one letter: worth a look
		{"Kalisa Jean", "Karisa Jean", true},
		{"Uwase Marie", "Uwase Chantal", false},
		{"Keza Ange", "Kamanzi Ange", false},
		{"Uwase Uwase", "Uwase Marie", false},
		{"", "", false},
	} {
		if got := spelling.Alike(test.a, test.b); got != test.want {
			t.Errorf("%s and %s are alike: %t, want %t", test.a, test.b, got, test.want)
		}
	}
}
