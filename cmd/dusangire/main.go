// Command dusangire is the live operations board of a hospital: its server, and what an operator
// needs around it.
package main

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
	exitOK     = 0
	exitFailed = 1 // could not start, or could not do what was asked
	exitUsage  = 2
)

func main() {
	limitMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// run does what the arguments say and returns the exit code.
func run(ctx context.Context, args []string) int {
	args, err := cleanSettings(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "dusangire: %v\n", err)
		return exitFailed
	}
	asked := false
	command, err := parser(ctx, kong.Exit(func(int) { asked = true })).Parse(args)
	if asked { // --help
		return exitOK
	}
	if err != nil {
		said := withoutSecrets(err.Error(), args)
		fmt.Fprintf(os.Stderr, "dusangire: %s\nTry dusangire --help.\n", said)
		return exitUsage
	}
	if err := command.Run(); err != nil {
		// One line, whatever libraries say.
		fmt.Fprintf(os.Stderr, "dusangire: %s\n", strings.Join(strings.Fields(err.Error()), " "))
		if _, usage := errors.AsType[*usageError](err); usage {
			return exitUsage
		}
		return exitFailed
	}
	return exitOK
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
