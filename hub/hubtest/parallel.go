package hubtest

import (
	"flag"
	"runtime"
	"strconv"
)

// RunMany lets so many tests of a package run at once on each processor, unless -parallel says how
// many: most of their time is waiting, for a database's answers, for a page or for real clocks.
// TestMain calls it first, before the flags are read.
func RunMany(perProcessor int) {
	many := strconv.Itoa(perProcessor * runtime.GOMAXPROCS(0))
	if err := flag.Set("test.parallel", many); err != nil {
		panic(err)
	}
}
