package views_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"dusangire/views"
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

// rowsOfBar counts the rows in which what is seen of the bar at the top stands, from the middles of
// what can be pressed there.
const rowsOfBar = `(() => {
	const middles = [...document.querySelectorAll(".top :is(.brand, .bell, summary, input, nav > ul a)")]
		.filter((e) => e.checkVisibility()).map((e) => e.getBoundingClientRect())
		.map((r) => (r.top + r.bottom) / 2).sort((a, b) => a - b);
	return middles.filter((m, i) => i === 0 || m - middles[i - 1] > 12).length;
})()`

func TestThePhonesBarTakesAtMostTwoRows(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab := newTab(t)
	look(t, tab, 390, 844, "light")
	for _, path := range []string{"/wards/2/", "/dashboard/medical_staff/", "/dashboard/kitchen/",
		"/dashboard/delivery/", "/wards/2/handover/", views.HousekeepingPath, "/users/", "/login"} {
		for _, lang := range []string{"en", "fr", "rw"} {
			do(t, tab, chromedp.Navigate(site.URL+path+"?lang="+lang))
			for _, state := range []string{"no", "yes", "polled"} {
				ask[bool](t, tab, `(document.body.dataset.live = "`+state+`", true)`)
				if rows := ask[int](t, tab, rowsOfBar); rows > 2 {
					t.Errorf("%s in %s: the bar has %d rows where live is %q", path, lang, rows, state)
				}
				if wide := ask[int](t, tab, `document.documentElement.scrollWidth`); wide > 390 {
					t.Errorf("%s in %s is %d pixels wide where live is %q", path, lang, wide, state)
				}
			}
		}
	}
}

// TestAMealListIsReadOnAPhoneWithoutScrollingSideways, each patient as a card of their own, and as
// a table where there is room.
func TestAMealListIsReadOnAPhoneWithoutScrollingSideways(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	tab := newTab(t)
	for _, width := range []int64{390, 820, 1366} {
		look(t, tab, width, 844, "light")
		for _, lang := range []string{"en", "fr", "rw"} {
			do(t, tab, chromedp.Navigate(site.URL+"/wards/2/list/?lang="+lang))
			if beyond := ask[[]string](t, tab, `[...document.querySelectorAll("main, main *")]
				.filter((e) => e.clientWidth > 1 && (e.scrollWidth > e.clientWidth + 1 &&
					getComputedStyle(e).overflowX !== "visible" ||
					e.getBoundingClientRect().right > innerWidth))
				.map((e) => e.outerHTML.slice(0, 80))`); len(beyond) > 0 {
				t.Errorf("%d pixels in %s: scrolls sideways: %q", width, lang, beyond)
			}
			labels := ask[int](t, tab, `[...document.querySelectorAll(".meals [data-label]")]
				.filter((e) => getComputedStyle(e, "::before").content.includes(e.dataset.label)).length`)
			if cards := width < 800; cards != (labels > 0) {
				t.Errorf("%d pixels in %s: %d cells are labelled", width, lang, labels)
			}
		}
	}
}
