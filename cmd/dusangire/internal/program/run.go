// Package program is what the command dusangire does: its settings, its server and what an operator
// needs around it.
package program

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes, for whoever starts the program.
const (
	ExitOK     = 0
	ExitFailed = 1 // could not start, or could not do what was asked
	ExitUsage  = 2
)

// Main does what the process's arguments say, until it is done or a signal ends it, and returns the
// exit code. The version is the one that the build was given.
func Main(version string) int {
	limitMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, os.Args[1:], buildVersion(version))
}

// run does what the arguments say and returns the exit code.
func run(ctx context.Context, args []string, version buildVersion) int {
	args, err := cleanSettings(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "dusangire: %v\n", err)
		return ExitFailed
	}
	asked := false
	command, err := parser(ctx, kong.Bind(version), kong.Exit(func(int) { asked = true })).
		Parse(args)
	if asked { // --help
		return ExitOK
	}
	if err != nil {
		said := withoutSecrets(err.Error(), args)
		fmt.Fprintf(os.Stderr, "dusangire: %s\nTry dusangire --help.\n", said)
		return ExitUsage
	}
	if err := command.Run(); err != nil {
		// One line, whatever libraries say.
		fmt.Fprintf(os.Stderr, "dusangire: %s\n", strings.Join(strings.Fields(err.Error()), " "))
		if _, usage := errors.AsType[*usageError](err); usage {
			return ExitUsage
		}
		return ExitFailed
	}
	return ExitOK
}

// parser reads the command line and the environment.
func parser(ctx context.Context, options ...kong.Option) *kong.Kong {
	return kong.Must(&commands{}, append(options,
		kong.Name("dusangire"),
		kong.Description("The live operations board of a hospital. Every flag has an environment twin: --addr is DUSANGIRE_ADDR."),
		kong.DefaultEnvars("DUSANGIRE"),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)...)
}

// usageError is a command that was given wrongly, in a way that only it could see.
type usageError struct{ error }
