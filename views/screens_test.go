package views_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestShots(t *testing.T) {
	dir := os.Getenv("DUSANGIRE_SCREENSHOTS")
	if dir == "" {
		t.Skip()
	}
	site := newSite(t)
	site.keepLive(func(string) string { return "ward:2=118" })
	tab := newTab(t)
	paths := strings.Split(os.Getenv("PATHS"), ",")
	for _, size := range []struct {
		name string
		w, h int64
	}{{"wall", 1920, 1080}, {"desk", 1366, 768}, {"tablet", 820, 1180}} {
		if s := os.Getenv("SIZES"); s != "" && !strings.Contains(s, size.name) {
			continue
		}
		for _, theme := range []string{"light", "dark"} {
			if s := os.Getenv("THEMES"); s != "" && !strings.Contains(s, theme) {
				continue
			}
			look(t, tab, size.w, size.h, theme)
			for _, p := range paths {
				do(t, tab, chromedp.Navigate(site.URL+p))
				if ask[bool](t, tab, `!!document.body.dataset.live`) {
					until(t, tab, "live", `document.body.dataset.live==="yes"`)
				}
				png, err := chromedp.Run(tab, chromedp.CaptureScreenshot())
				if err != nil {
					t.Fatal(err)
				}
				name := strings.Trim(strings.NewReplacer("/", "-", "?", "-", "=", "-").Replace(p), "-")
				os.WriteFile(filepath.Join(dir, size.name+"-"+theme+"-"+name+".png"), png, 0o644)
			}
		}
	}
}
