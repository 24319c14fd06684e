package views_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"dusangire/hospital"
	"dusangire/views/text"
)

// forbidden is what the content security policy blocks, what could run as code, and what steals the
// focus when pushed: a refusal alone may take it, at the head of a page or in a form, which no push
// holds.
var forbidden = map[string]*regexp.Regexp{
	"unescaped HTML":          regexp.MustCompile(`templ\.(Raw|SafeURL|JSUnsafeFuncCall|SafeCSS|JSFuncCall|JSExpression|ToGoHTML)|@templ\.JSONScript`),
	"code in an attribute":    regexp.MustCompile(`hx-on|\bjs:|javascript:|\bon[a-z]+=`),
	"an inline style":         regexp.MustCompile(`\bstyle=|<style`),
	"focus taken by a swap":   regexp.MustCompile(`autofocus[^?]`),
	"a trigger's filter":      regexp.MustCompile(`hx-trigger="[^"]*\[`),
	"a templ script or style": regexp.MustCompile(`(?m)^(script|css) [A-Za-z]+\(`),
	"a board read aloud":      regexp.MustCompile(`aria-live`),
}

func TestNoTemplateSaysWhatThePolicyForbids(t *testing.T) {
	templates, err := filepath.Glob("*.templ")
	if err != nil || len(templates) < 10 {
		t.Fatalf("found %d templates: %v", len(templates), err)
	}
	for _, path := range templates {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for what, pattern := range forbidden {
			if found := pattern.Find(source); found != nil {
				t.Errorf("%s has %s: %s", path, what, found)
			}
		}
	}
}

func TestNoPageNeedsWhatThePolicyForbids(t *testing.T) {
	t.Parallel()
	for name, page := range allPages() {
		walk(parse(t, draw(t, text.En, page)), func(n *html.Node) {
			if n.Data == "script" && (attribute(n, "src") == "" || n.FirstChild != nil) {
				t.Errorf("%s has an inline script", name)
			}
			for _, a := range n.Attr {
				refusal := strings.Contains(attribute(n, "class"), "refusal")
				if regexp.MustCompile(`^(on|style$|hx-on|data-hx-)`).MatchString(a.Key) ||
					a.Key == "autofocus" && !refusal {
					t.Errorf("%s has the attribute %s", name, a.Key)
				}
				if a.Key == "src" || a.Key == "href" || a.Key == "action" {
					if !regexp.MustCompile(`^([/#][^/]|/$|tel:\+250\d{9}$)`).MatchString(a.Val) {
						t.Errorf("%s refers to %q, which is not on this server", name, a.Val)
					}
				}
			}
		})
	}
}

// A browser that translates a page must leave the names of people and the numbers of beds as they are.
func TestNamesAndNumbersOfBedsAreNotTranslated(t *testing.T) {
	number := regexp.MustCompile(`^[A-Z]+-[A-Z]-\d\d$`)
	for name, page := range allPages() {
		walk(parse(t, draw(t, text.En, page)), func(n *html.Node) {
			for child := range n.ChildNodes() {
				said := strings.TrimSpace(child.Data)
				isOne := number.MatchString(said) || slices.Contains(names, hospital.PatientName(said))
				if child.Type == html.TextNode && isOne && !keptAsItIs(n) {
					t.Errorf("%s has %q where it is translated, in <%s>", name, said, n.Data)
				}
			}
		})
	}
}

// keptAsItIs reports whether a browser leaves what stands in a node as it is.
func keptAsItIs(n *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if attribute(n, "translate") == "no" {
			return true
		}
	}
	return false
}

func TestGeneratedFilesAreThere(t *testing.T) {
	templates, _ := filepath.Glob("*.templ")
	for _, path := range templates {
		if _, err := os.Stat(path[:len(path)-len(".templ")] + "_templ.go"); err != nil {
			t.Error(err)
		}
	}
}
