package static_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The oldest browsers meant are Chromium 90, Firefox 91 and Safari 15.0, which is iPadOS 15.0. A feature is
// something that at least one of them lacks: how it is recognised, the first Chromium, Firefox and Safari
// that have it, and how the pages do without it. What has no way without may not be used at all.
type feature struct{ pattern, since, without string }

var scriptFeatures = []feature{
	{`\.at\(`, "92, 90, 15.4", ""},
	{`\.findLast(Index)?\(`, "97, 104, 15.4", ""},
	{`\.(toSorted|toReversed|toSpliced)\(`, "110, 115, 16.0", ""},
	{`\.groupBy\(|\.fromAsync\(`, "117, 119, 17.4", ""},
	{`Object\.hasOwn\(`, "93, 92, 15.4", ""},
	{`\bstructuredClone\(`, "98, 94, 15.4", ""},
	{`AbortSignal\.(timeout|any|abort)`, "103, 100, 16.0", ""},
	{`throwIfAborted`, "100, 97, 15.4", ""},
	{`\.randomUUID`, "92, 95, 15.4", ""},
	{`Promise\.(withResolvers|try)\(`, "119, 121, 17.4", ""},
	{`\(\?<[=!]`, "62, 78, 16.4", ""}, // look-behind: the whole script can't be parsed
	{`\bstatic\s*\{`, "94, 93, 16.4", ""},
	{`\bcause:`, "93, 91, 15.0", ""},
	{`new FormData\([^()]+,`, "112, 111, 16.4", ""},
	{`\.inert\b`, "102, 112, 15.5", ""},
	{`\.checkVisibility\(`, "105, 106, 17.4", ""},
	{`\.(show|toggle|hide)Popover\(`, "114, 125, 17.0", ""},
	{`scrollend`, "114, 109, 26.2", ""},
	{`\bBroadcastChannel\b`, "54, 38, 15.4", ""},
	{`\.requestSubmit\(`, "76, 75, 16.0", ""},
	{`\brequestIdleCallback\b`, "47, 55, none", ""},
	{`\bURL\.(canParse|parse)\(`, "120, 115, 18.0", ""},
	{`\bnew OffscreenCanvas\b`, "69, 105, 16.4", ""},
	{`\.submitter\b`, "81, 75, 15.4", "browser.js names it"},
	{`\.showModal\b`, "37, 98, 15.4", "browser.js adds it"},
	{`HTMLDialogElement`, "37, 98, 15.4", "browser.js asks for it"},
	{`navigator\.locks`, "69, 96, 15.4", "asked for; then two windows may both send, and the server knows the key again"},
	{`navigator\.wakeLock`, "84, 126, 16.4", "asked for; the wall says that the screen may go dark"},
	{`navigator\.userActivation`, "72, 120, 16.4", "asked for; the browser itself forbids noise too early"},
	{`\.moveBefore`, "133, 144, none", "htmx asks for it"},
	{`startViewTransition`, "111, 144, 18.0", "htmx asks for it"},
	{`parseHTMLUnsafe`, "124, 128, 17.4", "htmx asks for it"},
	{`\bwindow\.navigation\b`, "102, 147, 26.2", "htmx asks for it, and keeps no history here"},
	{`adoptedStyleSheets`, "73, 101, 16.4", "htmx tries it; the configuration asks for no styles"},
}

var styleFeatures = []feature{
	{`:has\(`, "105, 121, 15.4", "said again under @supports not selector(:has(a))"},
	{`\bcolor-mix\(`, "111, 113, 16.2", "under @supports"},
	{`\blight-dark\(|\bokl(ch|ab)\(`, "123, 120, 17.5", ""},
	{`@layer|@scope|@property|@starting-style`, "99 to 118, 97 to 146, 15.4 to 17.5", ""},
	{`@container|container-type`, "105, 110, 16.0", "a card's small print stays"},
	{`\d(dvh|svh|lvh)\b`, "108, 101, 15.4", "vh stands before it"},
	{`\d(cqw|cqh|cqi|cqb|lh|rlh)\b`, "105, 110, 16.0", ""},
	{`(^|[;{\s])(rotate|scale|translate):`, "104, 72, 14.1", ""},
	{`(^|[;{\s])mask(-size|-position)?:`, "120, 53, 15.4", "-webkit-mask stands before it"},
	{`:focus-visible`, "86, 85, 15.4", "the browser's own ring"},
	{`\baccent-color`, "93, 92, 15.4", "the browser's own colour"},
	{`overflow-wrap: anywhere`, "80, 65, 15.4", "break-word, as body has it"},
	{`::backdrop`, "37, 98, 15.4", "the alarm covers everything itself"},
	{`:modal|:popover-open|:user-(in)?valid`, "105, 103, 15.6", ""},
	{`\bcontain: `, "52, 69, 15.4", "it only saves work"},
	{`content-visibility`, "85, 125, 18.0", ""},
	{`\btext-wrap|\btext-box|\bfield-sizing|\binterpolate-size|\bsubgrid\b`, "114, 121, 17.4 and later", ""},
	{`\bfit-content\b`, "46, 94, 11.0", ""},
	{`\bscrollbar-(width|color|gutter)`, "121, 64, 18.2", ""},
	{`@media[^{]*[<>]`, "104, 63, 16.4", ""},
}

// comments are what no browser runs.
var comments = regexp.MustCompile(`(?s:/\*.*?\*/)|(?m)(^|\s)//.*$`)

func source(t *testing.T, name string) string {
	t.Helper()
	body, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(name, "vendor") { // without comments, and with strings that look like some
		return string(body)
	}
	return comments.ReplaceAllString(string(body), "")
}

func named(t *testing.T, patterns ...string) (names []string) {
	t.Helper()
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("no files %s: %v", pattern, err)
		}
		names = append(names, found...)
	}
	return names
}

func TestNothingIsNewerThanTheOldestBrowsersMeant(t *testing.T) {
	used := map[feature]bool{}
	for kind, features := range map[string][]feature{"js": scriptFeatures, "css": styleFeatures} {
		names := named(t, "*."+kind)
		if kind == "js" {
			names = named(t, "*.js", "vendor/*.js")
		}
		for _, f := range features {
			expression := regexp.MustCompile(f.pattern)
			for _, name := range names {
				found := expression.FindString(source(t, name))
				used[f] = used[f] || found != ""
				if found != "" && f.without == "" {
					t.Errorf("%s uses %q, which came with %s (Chromium, Firefox, Safari)", name, found, f.since)
				}
			}
			if f.without != "" && !used[f] {
				t.Errorf("nothing uses %s any more: say of it that nothing may", f.pattern)
			}
		}
	}
}

// What is written newly is also written as older browsers know it, or stands apart where they pass over it
// alone.
func TestOlderBrowsersLoseNoMoreOfTheStyleSheetsThanTheyMust(t *testing.T) {
	for _, name := range named(t, "*.css") {
		style := source(t, name)
		for _, selectors := range regexp.MustCompile(`(?m)(?:^|[{}])\s*([^{}@;]+)\{`).FindAllStringSubmatch(style, -1) {
			list := outerParts(selectors[1])
			if mixed(list, ":has(") || mixed(list, ":focus-visible") || mixed(list, "::backdrop") {
				t.Errorf("%s: who does not know a part of %q drops the whole rule", name, selectors[1])
			}
		}
		for _, m := range regexp.MustCompile(`(\S*)\s+mask([a-z-]*): ([^;]+);`).FindAllStringSubmatchIndex(style, -1) {
			declaration := "-webkit-mask" + style[m[4]:m[5]] + ": " + style[m[6]:m[7]] + ";"
			if before := strings.TrimRight(style[:m[4]-len("mask")], " \n"); !strings.HasSuffix(before, declaration) {
				t.Errorf("%s: %s does not stand before its like", name, declaration)
			}
		}
		for _, line := range regexp.MustCompile(`[^{}]*\d(?:dvh|svh|lvh)\b`).FindAllString(style, -1) {
			if !regexp.MustCompile(`height: \d+vh; height:`).MatchString(line) {
				t.Errorf("%s: %s has no vh before it", name, line)
			}
		}
	}
}

// outerParts cuts a list of selectors at the commas that stand in no brackets.
func outerParts(list string) (parts []string) {
	depth, start := 0, 0
	for i, r := range list {
		switch r {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case ',':
			if depth == 0 {
				parts, start = append(parts, list[start:i]), i+1
			}
		}
	}
	return append(parts, list[start:])
}

// mixed reports whether some selectors of a list have a part, and others not.
func mixed(list []string, part string) bool {
	n := 0
	for _, selector := range list {
		if strings.Contains(selector, part) {
			n++
		}
	}
	return n > 0 && n < len(list)
}

// Scripts that a browser can't parse do nothing at all, and browser.js is there to say so: it is written as
// all of them can read.
func TestAnyBrowserCanReadWhatTellsItThatItIsTooOld(t *testing.T) {
	script := source(t, "browser.js")
	for _, modern := range []string{"=>", "`", "const ", "let ", "class ", "...", "?.", "??", "async ", "||=", " of "} {
		if strings.Contains(script, modern) {
			t.Errorf("browser.js uses %q", modern)
		}
	}
}
