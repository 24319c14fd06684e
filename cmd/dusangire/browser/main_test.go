package browser_test

import (
	"flag"
	"os"
	"runtime"
	"strconv"
	"testing"

	"dusangire/cmd/dusangire/dusangiretest"
)

// TestMain ends the browsers that the tests shared.
func TestMain(m *testing.M) {
	runMoreAtATime()
	code := dusangiretest.Main(dusangiretest.Alone{M: m})
	endBrowser()
	endFontlessBrowser()
	os.Exit(code)
}

// perProcessor is how many tests run at a time on each processor, unless -parallel says otherwise.
// Most of them wait: for a silence of seconds, a restart, a page.
const perProcessor = 2

func runMoreAtATime() {
	if os.Getenv(dusangiretest.AsProgram) != "" {
		return // the flags are the program's
	}
	flag.Parse()
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "test.parallel" })
	if !asked {
		_ = flag.Set("test.parallel", strconv.Itoa(perProcessor*runtime.GOMAXPROCS(0))) // a number is taken
	}
}
