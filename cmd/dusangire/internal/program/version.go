package program

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
)

// buildVersion is the tag that the program was built from.
type buildVersion string

type versionCommand struct{}

// Run prints version, commit and Go version.
func (versionCommand) Run(version buildVersion) error {
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
