package views_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// sizes are the screens that the pages are made for.
var sizes = []struct {
	name          string
	width, height int64
}{{"wall", 1920, 1080}, {"desk", 1366, 768}, {"tablet", 820, 1180}}

// screens are the pages that people see, by their paths on the sample site.
var screens = []string{
	"/login", "/login/refused", "/dashboard/medical_staff/", "/dashboard/ward_management/", "/wards/2/", "/wards/2/open", "/wards/2/admit",
	"/beds/4/", "/beds/5/", "/admissions/71/", "/users/", "/problem", "/nothing-yet", "/gallery",
}

// axeRules are the sets of rules that every page must keep.
const axeRules = `["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]`

// TestEveryScreen opens every page at every size in both themes. With DUSANGIRE_SCREENSHOTS=DIR it leaves a picture of each.
func TestEveryScreen(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile(filepath.Join("..", "cmd", "dusangire", "testdata", "axe", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	site := newSite(t)
	site.keepLive()
	for _, size := range sizes {
		for _, theme := range []string{"light", "dark"} {
			t.Run(size.name+" "+theme, func(t *testing.T) {
				t.Parallel()
				tab := newTab(t)
				look(t, tab, size.width, size.height, theme)
				for _, path := range screens {
					do(t, tab, chromedp.Navigate(site.URL+path))
					if ask[bool](t, tab, `"live" in document.body.dataset`) {
						until(t, tab, path+" to be live", `document.body.dataset.live === "yes"`)
					}
					picture(t, tab, fmt.Sprintf("%s-%s-%s", size.name, theme, strings.ReplaceAll(strings.Trim(path, "/"), "/", "-")))
					noSidewaysScroll(t, tab, path)
					if size.name == "tablet" {
						bigEnoughToTouch(t, tab, path)
					}
					if size.name != "wall" {
						accessible(t, tab, path, string(axe))
					}
				}
			})
		}
	}
}

// picture leaves a picture of the tab where a folder for it is named.
func picture(t *testing.T, tab context.Context, name string) {
	t.Helper()
	dir := os.Getenv("DUSANGIRE_SCREENSHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(tab, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatalf("screenshot: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}

func noSidewaysScroll(t *testing.T, tab context.Context, path string) {
	t.Helper()
	if over := ask[int](t, tab, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
		t.Errorf("%s is %d pixels wider than the screen", path, over)
	}
}

// bigEnoughToTouch finds what a finger would miss: less than 44 pixels high, unless it stands in a line of text.
func bigEnoughToTouch(t *testing.T, tab context.Context, path string) {
	t.Helper()
	small := ask[[]string](t, tab, `[...document.querySelectorAll("a, button, summary, input:not([type=hidden]), select, textarea")]
		.filter((e) => e.checkVisibility() && !e.closest(".skip, .alert, .title"))
		.map((e) => [e, (e.closest("label") || e).getBoundingClientRect()])
		.filter(([, r]) => r.height > 0 && r.height < 43.5)
		.map(([e, r]) => e.outerHTML.slice(0, 90) + " " + Math.round(r.height))`)
	for _, s := range small {
		t.Errorf("%s: too low to touch: %s", path, s)
	}
}

func accessible(t *testing.T, tab context.Context, path, axe string) {
	t.Helper()
	do(t, tab, chromedp.Evaluate[chromedp.Void](axe))
	for _, v := range ask[[]string](t, tab, `axe.run(document, {runOnly: {type: "tag", values: `+axeRules+`}})
		.then((r) => r.violations.map((v) => v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + " " + (n.any[0]?.message || "")).join(" | ")))`) {
		t.Errorf("%s: %s", path, v)
	}
}

func TestAWardOf24BedsFitsTheWallAndTheDeskWithoutScrolling(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	site.keepLive()
	tab := newTab(t)
	for _, size := range sizes[:2] {
		look(t, tab, size.width, size.height, "light")
		for _, lang := range []string{"en", "fr", "rw"} {
			do(t, tab, chromedp.Navigate(site.URL+"/wards/2/?lang="+lang))
			until(t, tab, "the page to be live", `document.body.dataset.live === "yes"`)
			if over := ask[int](t, tab, `document.documentElement.scrollHeight - innerHeight`); over > 0 {
				t.Errorf("on the %s in %s the board is %d pixels higher than the screen", size.name, lang, over)
			}
		}
	}
}

// cut finds texts of cards that do not fit where they stand.
const cut = `[...document.querySelectorAll(".bed b, .bed em, .bed i, .bed u, .bed strong, .bed span")]
	.filter((e) => e.scrollWidth > e.clientWidth + 1 || e.getBoundingClientRect().right > e.closest(".bed").getBoundingClientRect().right + 1)
	.map((e) => e.closest(".bed").id + ": " + e.textContent)`

func TestNothingOnACardIsCutOff(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	site.keepLive()
	tab := newTab(t)
	for _, size := range sizes {
		look(t, tab, size.width, size.height, "light")
		for _, path := range []string{"/wards/2/", "/wards/2/open", "/gallery"} {
			for _, lang := range []string{"en", "fr", "rw"} {
				do(t, tab, chromedp.Navigate(site.URL+path+"?lang="+lang))
				for _, what := range ask[[]string](t, tab, cut) {
					t.Errorf("%s %s in %s: %s", size.name, path, lang, what)
				}
			}
		}
	}
}
