package browser_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/css"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
)

// The pages bring their typeface. These tests look at them where a machine has fonts, where it has
// none, where the typeface does not arrive, and with larger text.

// face is the typeface of the pages; beyond has the letters of names that it lacks.
const (
	face   = "Atkinson Hyperlegible Next"
	beyond = "Inter Variable"
)

// fontless is a browser that finds no font with a letter on its machine.
func fontless(t testing.TB) context.Context {
	t.Helper()
	ctx, err := theFontlessBrowser()
	if err != nil {
		t.Fatalf("start a browser without fonts: %v", err)
	}
	return ctx
}

// theFontlessBrowser starts it when it is first asked for. The font that is there (made for this, of
// an empty box alone) is for Chromium: without any it ends by itself now and then, when it draws its
// own window ("SkFontMgr_FontConfigInterface.cpp: Not implemented").
var theFontlessBrowser = sync.OnceValues(func() (context.Context, error) {
	folder, err := os.MkdirTemp("", "dusangire-fontless-")
	if err != nil {
		return nil, err
	}
	fonts, err := filepath.Abs("testdata/font")
	if err != nil {
		return nil, err
	}
	config := filepath.Join(folder, "fonts.conf")
	rules := fmt.Sprintf("<fontconfig><dir>%s</dir><cachedir>%s/cache</cachedir></fontconfig>", fonts, folder)
	if err := os.WriteFile(config, []byte(rules), 0o600); err != nil {
		return nil, err
	}
	ctx, end, err := startBrowser(chromedp.Env("FONTCONFIG_FILE=" + config))
	endFontlessBrowser = func() {
		end()
		_ = os.RemoveAll(folder) // what stays is in the folder for what is temporary
	}
	return ctx, err
})

// endFontlessBrowser is set by the one start of that browser.
var endFontlessBrowser = func() {}

// on opens a screen in a browser, for the demo's login of a role.
func on(
	t testing.TB, s *dusangiretest.Server, browser context.Context, role hospital.Role,
) *screen {
	t.Helper()
	p := openScreen(t, s.URL, browser, chromedp.WithNewBrowserContext())
	if role != "" {
		p.useToken(s.Client().SignInAs(string(role), "dusangire").Token)
	}
	return p
}

// machines are browsers where a machine has fonts and where it has none, by what to call it.
func machines(t testing.TB) map[string]context.Context {
	t.Helper()
	return map[string]context.Context{"with fonts": usual(t), "without a font": fontless(t)}
}

// usual is the browser of all other tests, with whatever fonts the machine has.
func usual(t testing.TB) context.Context {
	t.Helper()
	ctx, err := theBrowser()
	if err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	return ctx
}

// enlarge sets the browser's own size of text, 100 being as it comes.
func (p *screen) enlarge(percent int64) {
	p.t.Helper()
	params := page.SetFontSizesParams{FontSizes: &page.FontSizes{Standard: 16 * percent / 100}}
	if _, err := chromedp.Call(p.ctx, page.SetFontSizes, params); err != nil {
		p.t.Fatalf("set the text to %d %%: %v", percent, err)
	}
}

// illegible are the words that cannot be read as they are meant: cut off, broken within, sticking
// out of their box, under something.
func (p *screen) illegible() []string {
	p.t.Helper()
	source, err := os.ReadFile("testdata/illegible.js")
	if err != nil {
		p.t.Fatal(err)
	}
	p.until("the typeface to come or to fail", `document.fonts.status === "loaded"`)
	return ask[[]string](p, string(source))
}

// wantLegible fails the test for each word that cannot be read on a wall, a desk or a tablet.
func (p *screen) wantLegible(where string) {
	p.t.Helper()
	for _, l := range looks()[:3] {
		p.have(l)
		for _, fault := range append(p.illegible(), p.wider()...) {
			p.t.Errorf("%s, %v: %s", where, l, fault)
		}
	}
}

// untilFaced waits until the page is drawn in the typeface of the pages.
func (p *screen) untilFaced() {
	p.t.Helper()
	p.until("the typeface", `document.fonts.status === "loaded" &&
		[...document.fonts].some((f) => f.family.includes("`+face+`") && f.status === "loaded")`)
}

// fontsOf are the fonts in which a text is drawn, by family. Those of the machine are marked.
func (p *screen) fontsOf(text string) (families []string) {
	p.t.Helper()
	p.permits("ERR_CACHE_MISS") // the inspector asks for what it does not find
	ask[chromedp.Void](p, `document.getElementById("letters")?.remove();
		document.querySelector("main").insertAdjacentHTML("beforeend", '<p id="letters"></p>');
		document.getElementById("letters").textContent = `+strconv.Quote(text))
	p.until("the letters to be drawn", `document.getElementById("letters").offsetHeight > 0`)
	p.untilFaced()
	root, err := chromedp.Call(p.ctx, dom.GetDocument, dom.GetDocumentParams{})
	if err != nil {
		p.t.Fatal(err)
	}
	letters := dom.QuerySelectorParams{NodeID: root.Root.NodeID, Selector: "#letters"}
	found, err := chromedp.Call(p.ctx, dom.QuerySelector, letters)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := chromedp.Call(p.ctx, css.Enable, cdp.Empty{}); err != nil {
		p.t.Fatal(err)
	}
	node := css.GetPlatformFontsForNodeParams{NodeID: found.NodeID}
	fonts, err := chromedp.Call(p.ctx, css.GetPlatformFontsForNode, node)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, f := range fonts.Fonts {
		family := f.FamilyName
		if !f.IsCustomFont {
			family += " of the machine"
		}
		families = append(families, family)
	}
	slices.Sort(families)
	return families
}

// lettersOfTheTexts are all letters and figures of the three languages' texts, without the signs
// such as ▲, which have a face of their own.
func lettersOfTheTexts(t testing.TB) string {
	t.Helper()
	catalogue, err := os.ReadFile("../../../views/text/catalogue.tsv")
	if err != nil {
		t.Fatal(err)
	}
	letters := map[rune]bool{}
	for _, r := range string(catalogue) + "0123456789" {
		if unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.So, r) {
			letters[r] = true
		}
	}
	var all []string
	for r := range letters {
		all = append(all, string(r))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func TestTheTextsAreDrawnInTheFaceOfThePages(t *testing.T) {
	t.Parallel()
	s := dusangiretest.MustServe(t, nil)
	for machine, browser := range machines(t) {
		p := on(t, s, browser, "")
		p.open("/login")
		if got := p.fontsOf(lettersOfTheTexts(t)); !slices.Equal(got, []string{face}) {
			t.Errorf("on a machine %s the texts are drawn in %q, want %s alone", machine, got, face)
		}
		names := "Nguyễn Thị Phượng, Mũthoni, Ŋoŋ, Ɔboɔ, Ɛsi, Ọlá, Ḥasan, Łukasz, Þór, Őry, İpek, Ștefan → ✓ ▲ ′"
		if got := p.fontsOf(names); !slices.Equal(got, []string{face, beyond}) {
			t.Errorf("on a machine %s names are drawn in %q, want %s, and %s for what it lacks",
				machine, got, face, beyond)
		}
		if n := ask[int](p, widthsOfFigures); n != 1 {
			t.Errorf("on a machine %s the figures have %d widths, so a clock would stir", machine, n)
		}
	}
}

// widthsOfFigures is how many widths the figures have among them, thin and bold.
const widthsOfFigures = `(() => {
	const letters = document.getElementById("letters");
	letters.innerHTML = "<span></span>";
	const width = (figure, weight) => {
		letters.style.fontWeight = weight;
		letters.firstChild.textContent = figure.repeat(10);
		return letters.firstChild.getBoundingClientRect().width;
	};
	return new Set([..."0123456789"].flatMap((figure) => [width(figure, 400), width(figure, 700)])).size;
})()`

// TestPagesHoldWithLargerTextInEachLanguage looks at the fullest pages. In English
// TestEveryPageIsUsableByEveryoneOnEveryScreen looks at all.
func TestPagesHoldWithLargerTextInEachLanguage(t *testing.T) {
	t.Parallel()
	s := dusangiretest.MustServeDemo(t)
	fillKitchen(t, s, demoWard(s, "MED-A"))
	onFullPages(t, s, func(t *testing.T, path string, role hospital.Role) {
		p := on(t, s, usual(t), role)
		for _, language := range []string{"fr", "rw"} {
			p.openIn(language, path)
			for _, percent := range []int64{120, 100} {
				p.enlarge(percent)
				p.wantLegible(fmt.Sprintf("%s in %s at %d %%", path, language, percent))
			}
		}
	})
}

func TestPagesHoldWithoutAnyFont(t *testing.T) {
	t.Parallel()
	s := dusangiretest.MustServeDemo(t)
	onFullPages(t, s, func(t *testing.T, path string, role hospital.Role) {
		p := on(t, s, fontless(t), role)
		p.openIn("rw", path)
		p.wantLegible(path)
	})
}

// openIn opens a page in a language and waits for its typeface.
func (p *screen) openIn(language, path string) {
	p.t.Helper()
	p.open("/login")
	p.speak(language)
	p.open(path)
	p.untilFaced()
}

// fullPages are the pages with the most on them, and who looks at them.
func fullPages(s *dusangiretest.Server) map[string]hospital.Role {
	s.T.Helper()
	return map[string]hospital.Role{
		dusangiretest.WardPath(demoWard(s, "MED-B")): hospital.MedicalStaff,
		wall:                          hospital.KitchenStaff,
		"/gallery":                    hospital.Admin,
		"/dashboard/ward_management/": hospital.WardManagement,
		"/dashboard/medical_staff/":   hospital.MedicalStaff,
	}
}

// onFullPages looks at each of these pages as a test of its own.
func onFullPages(
	t *testing.T, s *dusangiretest.Server, look func(t *testing.T, path string, role hospital.Role),
) {
	for path, role := range fullPages(s) {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			look(t, path, role)
		})
	}
}

// TestNothingMovesWhenTheFaceArrives holds the typeface back until a page has been drawn in what
// stands in for it.
func TestNothingMovesWhenTheFaceArrives(t *testing.T) {
	s := dusangiretest.MustServeDemo(t)
	p := on(t, s, usual(t), hospital.MedicalStaff)
	arrive := make(chan struct{})
	p.intercept("*.woff2", func(ctx context.Context, request fetch.RequestID) error {
		select {
		case <-arrive:
		case <-ctx.Done():
		}
		held := fetch.ContinueRequestParams{RequestID: request}
		_, err := chromedp.Call(ctx, fetch.ContinueRequest, held)
		return err
	})
	p.have(look{"wall", 1920, 1080, false, "light"})
	to := page.NavigateParams{URL: p.url + dusangiretest.WardPath(demoWard(s, "MED-B"))} // it loads when the face arrives
	if _, err := chromedp.Call(p.ctx, page.Navigate, to); err != nil {
		t.Fatal(err)
	}
	p.until("the page in what stands in", isLive+` && document.fonts.status === "loading"`)
	const places = `[...document.querySelectorAll(".top, .head, .counts, .board :is(li, b, strong)")]
		.map((e) => e.getBoundingClientRect()).map(({top, height}) => Math.round(top) + "," + Math.round(height))`
	before := ask[[]string](p, places)
	close(arrive)
	p.untilFaced()
	if after := ask[[]string](p, places); !slices.Equal(before, after) {
		t.Errorf("when the typeface arrives, things move from\n%q to\n%q", before, after)
	}
	if shift := ask[float64](p, layoutShift); shift > 0.02 {
		t.Errorf("the page shifts by %.3f of the screen, want less than 0.02", shift)
	}
}

// layoutShift is how much of the page has moved by itself since it was opened, as browsers measure it.
const layoutShift = `new Promise((done) => {
	const sum = (list) => list.getEntries().reduce((sum, e) => sum + e.value, 0);
	new PerformanceObserver((list) => done(sum(list))).observe({type: "layout-shift", buffered: true});
	requestAnimationFrame(() => requestAnimationFrame(() => done(0))); // nothing has moved
})`

func TestPagesCanBeReadWhereTheFaceDoesNotArrive(t *testing.T) {
	t.Parallel()
	s := dusangiretest.MustServeDemo(t)
	onFullPages(t, s, func(t *testing.T, path string, role hospital.Role) {
		p := on(t, s, usual(t), role)
		p.block("*.woff2")
		p.open(path)
		p.wantLegible(path)
	})
}
