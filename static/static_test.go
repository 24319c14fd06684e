package static_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"dusangire/static"
)

func get(path string) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	static.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
	return answer
}

func TestAFileIsServedUnderTheHashOfItsContent(t *testing.T) {
	for name, contentType := range map[string]string{
		"app.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8", "icons.svg": "image/svg+xml",
		"vendor/atkinson-hyperlegible-next.woff2": "font/woff2", "vendor/inter-beyond.woff2": "font/woff2",
		"favicon.svg": "image/svg+xml", "vendor/htmx.min.js": "text/javascript; charset=utf-8", "vendor/hx-ws.min.js": "text/javascript; charset=utf-8",
	} {
		answer := get(static.Path(name))
		sum := sha256.Sum256(answer.Body.Bytes())
		if answer.Code != 200 || !strings.Contains(static.Path(name), "."+hex.EncodeToString(sum[:6])+".") {
			t.Errorf("%s answers %d at %s, whose content has the hash %x", name, answer.Code, static.Path(name), sum[:6])
		}
		for header, want := range map[string]string{
			"Content-Type": contentType, "Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff",
		} {
			if got := answer.Header().Get(header); got != want {
				t.Errorf("%s has %s %q, want %q", name, header, got, want)
			}
		}
	}
}

func TestOnlyKnownNamesAreServed(t *testing.T) {
	for _, path := range []string{"/static/", "/static/app.css", "/static/app.000000000000.css", "/static/static.go", "/static/vendor/LICENSE", "/static/../go.mod"} {
		if code := get(path).Code; code != http.StatusNotFound {
			t.Errorf("%s answers %d, want 404", path, code)
		}
	}
}

func TestTheStyleSheetRefersOnlyToFilesOfThisServer(t *testing.T) {
	css := get(static.Path("app.css")).Body.String()
	references := regexp.MustCompile(`url\(([^)]*)\)|@import|https?:|//[a-z]`).FindAllStringSubmatch(css, -1)
	if len(references) < 4 {
		t.Fatalf("found %d references, want the icons, the mark of the brand and two typefaces", len(references))
	}
	for _, r := range references {
		if r[1] == "" || get(r[1]).Code != 200 {
			t.Errorf("the style sheet refers to %q, which this server does not serve", r[0])
		}
	}
}

// TestTheTypefacesAreSmall keeps them fit for a slow line.
func TestTheTypefacesAreSmall(t *testing.T) {
	const most = 120 << 10
	faces, err := filepath.Glob("vendor/*.woff2")
	if err != nil || len(faces) == 0 {
		t.Fatalf("found the typefaces %q, %v", faces, err)
	}
	sum := 0
	for _, face := range faces {
		sum += get(static.Path(filepath.ToSlash(face))).Body.Len()
	}
	if sum > most {
		t.Errorf("the typefaces are %d bytes, want at most %d", sum, most)
	}
}

// TestTheStyleSheetKnowsTheLettersOfTheTypefaces compares the unicode-range of app.css with the
// letters that .ci/fonts keeps.
func TestTheStyleSheetKnowsTheLettersOfTheTypefaces(t *testing.T) {
	ranges := func(file, pattern string) string {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(pattern).FindStringSubmatch(string(source))
		if m == nil {
			t.Fatalf("%s names no letters", file)
		}
		return strings.NewReplacer("U+", "", " ", "", "\n", "").Replace(m[1])
	}
	shown := ranges("app.css", `unicode-range:([^;]+);`)
	kept := ranges("../.ci/fonts", `--unicodes=([0-9A-F,-]+)`)
	if shown != kept {
		t.Errorf("app.css asks a typeface for %s, and it is made with %s", shown, kept)
	}
}

func TestVendoredFilesAreThoseWrittenDown(t *testing.T) {
	sums, err := os.Open(filepath.Join("vendor", "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	defer sums.Close()
	files := 0
	for lines := bufio.NewScanner(sums); lines.Scan(); files++ {
		want, name, _ := strings.Cut(lines.Text(), "  ")
		body, err := os.ReadFile(filepath.Join("vendor", name))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%x", sha256.Sum256(body)); got != want {
			t.Errorf("%s has the SHA-256 %s, and %s is written down", name, got, want)
		}
	}
	there, err := os.ReadDir("vendor")
	if err != nil {
		t.Fatal(err)
	}
	if files != len(there)-1 {
		t.Errorf("SHA256SUMS names %d files, and beside it lie %d", files, len(there)-1)
	}
}

// themes reads the colours of both themes from the tokens at the head of the style sheet.
func themes(t *testing.T) map[string]map[string]string {
	t.Helper()
	css, err := os.ReadFile("app.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, found := strings.Cut(string(css), "@media screen and (prefers-color-scheme: dark)")
	if !found {
		t.Fatal("the style sheet has no dark theme")
	}
	dark, _, _ = strings.Cut(dark, "/* ---- ground")
	token := regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`)
	themes := map[string]map[string]string{"light": {}, "dark": {}}
	for name, source := range map[string]string{"light": light, "dark": dark} {
		for _, m := range token.FindAllStringSubmatch(source, -1) {
			themes[name][m[1]] = m[2]
		}
	}
	return themes
}

func TestTextCanBeReadInBothThemes(t *testing.T) {
	pairs := [][2]string{
		{"ink", "page"}, {"ink", "surface"}, {"ink", "raised"}, {"muted", "page"}, {"muted", "surface"}, {"muted", "raised"},
		{"accent", "surface"}, {"accent", "page"}, {"on-accent", "accent"}, {"on-top", "top"}, {"on-top", "top-current"},
		{"top-muted", "top"}, {"top-muted", "top-current"}, {"on-danger", "danger"}, {"on-warn", "warn"}, {"on-warn", "surface"}, {"on-ask", "ask"},
		{"on-good", "good"}, {"on-available", "surface"}, {"surface", "ink"},
	}
	statuses := []string{"available", "reserved", "occupied", "cleaning", "maintenance", "closed", "leaving"}
	for _, s := range statuses {
		pairs = append(pairs, [2]string{"on-" + s, s}, [2]string{"on-" + s, "surface"})
	}
	for theme, colours := range themes(t) {
		for _, p := range pairs {
			if got := contrast(t, colours[p[0]], colours[p[1]]); got < 4.5 {
				t.Errorf("%s: %s on %s has a contrast of %.2f, less than 4.5", theme, p[0], p[1], got)
			}
		}
		for _, s := range statuses[:5] { // the tint of a card: 32 of 100 parts of the status on the surface
			tint := mix(t, colours[s], colours["surface"], 0.32)
			for _, ink := range []string{"ink", "muted"} {
				if got := contrast(t, colours[ink], tint); got < 4.5 {
					t.Errorf("%s: %s on the tint of %s has a contrast of %.2f, less than 4.5", theme, ink, s, got)
				}
			}
		}
	}
}

func TestWhatIsNoTextStandsOutInBothThemes(t *testing.T) {
	for theme, colours := range themes(t) {
		for _, p := range [][2]string{{"line-strong", "surface"}, {"focus", "surface"}, {"focus", "page"}, {"danger", "surface"}, {"accent", "page"}} {
			if got := contrast(t, colours[p[0]], colours[p[1]]); got < 3 {
				t.Errorf("%s: %s on %s has a contrast of %.2f, less than 3", theme, p[0], p[1], got)
			}
		}
	}
}

func TestBothThemesHaveTheSameColours(t *testing.T) {
	both := themes(t)
	for token := range both["light"] {
		if both["dark"][token] == "" {
			t.Errorf("the dark theme lacks --%s", token)
		}
	}
	if len(both["light"]) < 30 {
		t.Errorf("only %d colours were found: the search is broken", len(both["light"]))
	}
}

// channels are the red, green and blue of "#rrggbb", 0 to 1.
func channels(t *testing.T, colour string) [3]float64 {
	t.Helper()
	var rgb [3]float64
	for i := range rgb {
		n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#")[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatalf("%q is no colour", colour)
		}
		rgb[i] = float64(n) / 255
	}
	return rgb
}

func mix(t *testing.T, a, b string, share float64) string {
	x, y := channels(t, a), channels(t, b)
	colour := "#"
	for i := range x {
		colour += fmt.Sprintf("%02x", int(math.Round(255*(share*x[i]+(1-share)*y[i]))))
	}
	return colour
}

// contrast is that of WCAG 2.2, 1 to 21.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	if a == "" || b == "" {
		t.Fatalf("a colour is missing: %q, %q", a, b)
	}
	luminance := func(colour string) float64 {
		rgb := channels(t, colour)
		for i, c := range rgb {
			if c <= 0.04045 {
				rgb[i] = c / 12.92
			} else {
				rgb[i] = math.Pow((c+0.055)/1.055, 2.4)
			}
		}
		return 0.2126*rgb[0] + 0.7152*rgb[1] + 0.0722*rgb[2]
	}
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}
