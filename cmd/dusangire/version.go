package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
)

// version is set by the build from the tag; "dev" where there is none.
var version = "dev"

type versionCommand struct{}

// Run prints version, commit and Go version.
func (versionCommand) Run() error {
	commit := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				commit = setting.Value
			}
		}
	}
	_, err := fmt.Fprintf(os.Stdout, "dusangire %s, commit %s, %s\n", version, commit, runtime.Version())
	return err
}
