package browser_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
	"dusangire/views/text"
)

// sentence is a line of the catalogue: what is said in English, and what in the language that is looked at.
type sentence struct {
	key, english, translated string
}

// sentences reads the catalogue's column of a language.
func sentences(t *testing.T, l text.Lang) []sentence {
	t.Helper()
	file, err := os.ReadFile("../../../views/text/catalogue.tsv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(file)), "\n")
	column := 0
	for i, name := range strings.Split(lines[0], "\t") {
		if name == string(l) {
			column = i
		}
	}
	var all []sentence
	for _, line := range lines[1:] {
		if columns := strings.Split(line, "\t"); len(columns) > column && column > 0 {
			all = append(all, sentence{columns[0], columns[1], columns[column]})
		}
	}
	if len(all) < 100 {
		t.Fatalf("the catalogue has only %d sentences in %q", len(all), l)
	}
	return all
}

// pattern matches what becomes of a sentence of the catalogue when it is filled in.
func pattern(sentence string) string {
	return filled.ReplaceAllStringFunc(regexp.QuoteMeta(sentence), func(verb string) string {
		if strings.HasSuffix(verb, "d") {
			return `\d+`
		}
		return ".+"
	})
}

// filled is where a sentence is filled in, also where it has been quoted.
var filled = regexp.MustCompile(`%(\\?\[\d\\?\])?[sd]`)

// hasWords reports whether a sentence says anything besides what it is filled with.
func hasWords(sentence string) bool {
	return strings.ContainsFunc(filled.ReplaceAllString(sentence, ""), unicode.IsLetter)
}

// fallback matches a text that stands in English where the language has words of its own.
func fallback(t *testing.T, l text.Lang) *regexp.Regexp {
	var english []string
	foreign := map[string]bool{}
	for _, s := range sentences(t, l) {
		foreign[strings.ToLower(s.translated)] = true
	}
	for _, s := range sentences(t, l) {
		if !foreign[strings.ToLower(s.english)] && s.english != "English" && hasWords(s.english) {
			english = append(english, pattern(s.english))
		}
	}
	return regexp.MustCompile(`(?i)^(` + strings.Join(english, "|") + `)$`)
}

// wording is everything that a page says, also to those who hear it, and what its script may yet say.
const wording = `(() => {
	const found = new Set();
	const visit = (root) => {
		for (const e of root.querySelectorAll("*")) {
			if (e.matches("script, style")) continue;
			if (e !== document.body) for (const a of e.attributes) if (/^(aria-label|title|placeholder|alt|data-(text|saved|live|changed|outdated|refused|unknown))$/.test(a.name)) found.add(a.value.trim());
			for (const n of e.childNodes) if (n.nodeType === Node.TEXT_NODE) found.add(n.data.trim());
			if (e.matches("template")) visit(e.content);
		}
	};
	visit(document);
	return [...found];
})()`

func TestPagesInFrenchAndKinyarwandaFallBackNowhere(t *testing.T) {
	t.Parallel()
	for _, l := range []text.Lang{text.Fr, text.Rw} {
		t.Run(string(l), func(t *testing.T) {
			t.Parallel()
			wantNoFallback(t, l)
		})
	}
}

// wantNoFallback looks at every sight of a hospital in a language.
func wantNoFallback(t *testing.T, l text.Lang) {
	s := dusangiretest.MustServeDemo(t)
	all, data, english := sights(t, s), namesInData(s), fallback(t, l)
	if !english.MatchString("since 3 Feb 14:05") || !english.MatchString("Available") || english.MatchString("Uwase Marie") {
		t.Fatalf("%s: what is English is not told from what is not", l)
	}
	people := map[hospital.Role]*screen{}
	for _, sight := range all {
		if sight.name == "gallery" { // for developers, and its headings are English
			continue
		}
		p, known := people[sight.role]
		if !known {
			p = demoVisitorAs(t, s, sight.role)
			p.prefer(l)
			people[sight.role] = p
		}
		sight.show(p)
		p.photograph(sight.name+"-"+string(l), look{name: "desk", scheme: "light"})
		if got := ask[string](p, `document.documentElement.lang`); got != string(l) {
			t.Errorf("%s: the page says that it is in %q, want %q", sight.name, got, l)
		}
		for _, said := range ask[[]string](p, wording) {
			if english.MatchString(said) && !data[said] {
				t.Errorf("%s in %s says %q", sight.name, l, said)
			}
		}
	}
}

// namesInData are what people called wards and logins, in whatever language.
func namesInData(s *dusangiretest.Server) map[string]bool {
	s.T.Helper()
	wards, err := s.Hospital.Wards(s.T.Context(), hospital.System)
	if err != nil {
		s.T.Fatal(err)
	}
	users, err := s.Hospital.Users(s.T.Context(), hospital.System)
	if err != nil {
		s.T.Fatal(err)
	}
	names := map[string]bool{"ALL": true} // the currency of Albania
	for _, ward := range wards {
		names[ward.Name] = true
	}
	for _, user := range users {
		names[user.Username] = true
	}
	return names
}

// prefer chooses a language as the menu does, for pages and sockets: what DevTools override of
// Accept-Language reaches sockets in some versions of Chromium alone.
func (p *screen) prefer(l text.Lang) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, network.SetCookie, network.SetCookieParams{
		Name: "language", Value: string(l), URL: p.url})
	if err != nil {
		p.t.Fatalf("prefer %s: %v", l, err)
	}
}

func TestALanguageIsChosenInTheMenuAndChangesArriveInIt(t *testing.T) {
	t.Parallel()
	s, board := dusangiretest.MustServeWard(t, 2, nil)
	p := visitor(s)
	p.open("/login")
	p.press(".tools .menu summary")
	p.follow(`.menu button[value="fr"]`)
	p.untilSays("h1", "Connexion")
	p.signInByForm(hospital.MedicalStaff)
	p.untilSays("h1", "Personnel soignant")
	p.untilLive()

	p.openLive(dusangiretest.WardPath(board))
	p.untilSays(card(board.Beds[0]), "Libre")
	dusangiretest.SetBedStatus(t, s, board.Beds[0], hospital.BedReserved)
	p.untilSays(card(board.Beds[0]), "Réservé")

	p.press(".tools .menu summary")
	p.follow(`.menu button[value="rw"]`)
	p.untilLive()
	if at := ask[string](p, `location.pathname + " " + document.documentElement.lang`); at != dusangiretest.WardPath(board)+" rw" {
		t.Errorf("after the choice the page is %s", at)
	}
	p.untilSays(card(board.Beds[1]), "Kirahari")
	dusangiretest.SetBedStatus(t, s, board.Beds[1], hospital.BedReserved)
	p.untilSays(card(board.Beds[1]), "Kirabitswe")
	cookies, err := chromedp.Call(p.ctx, network.GetCookies, network.GetCookiesParams{})
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range cookies.Cookies {
		if !cookie.HTTPOnly || cookie.SameSite != network.CookieSameSiteLax {
			t.Errorf("the cookie %s should be out of reach of scripts and other sites", cookie.Name)
		}
	}
}
