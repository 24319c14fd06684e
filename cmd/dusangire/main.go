// Command dusangire is the live operations board of a hospital: its server, and what an operator
// needs around it.
package main

import (
	"os"

	"dusangire/cmd/dusangire/internal/program"
)

// version is set by the build from the tag; "dev" where there is none.
var version = "dev"

func main() { os.Exit(program.Main(version)) }
