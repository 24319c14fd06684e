package views_test

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// sizes are the screens that the pages are made for.
var sizes = []struct {
	name          string
	width, height int64
}{{"wall", 1920, 1080}, {"desk", 1366, 768}, {"tablet", 820, 1180}}

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
