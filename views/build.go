package views

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime/debug"

	"dusangire/static"
)

// Build names the program that draws, the same for the same program wherever it runs. A page keeps that of the program that drew it and
// is drawn anew when its frames come from another one, as after an upgrade: they are made for other places, styles and scripts.
var Build = build()

// build is a hash of the commit, the modules and the files of pages: six digits, for they go with every frame.
func build() string {
	sum := sha256.New()
	if info, ok := debug.ReadBuildInfo(); ok {
		fmt.Fprintln(sum, info)
	}
	for _, path := range static.Paths() {
		fmt.Fprintln(sum, path)
	}
	return hex.EncodeToString(sum.Sum(nil)[:3])
}
