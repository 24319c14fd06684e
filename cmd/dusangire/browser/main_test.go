package browser_test

import (
	"os"
	"testing"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hub/hubtest"
)

// TestMain ends the browsers that the tests shared.
func TestMain(m *testing.M) {
	hubtest.RunMany(2)
	code := dusangiretest.Main(dusangiretest.Alone{M: m})
	endBrowser()
	endFontlessBrowser()
	os.Exit(code)
}
