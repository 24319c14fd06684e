package program

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"dusangire/hospital"
)

// kindArgument is the kind of a file on the command line.
type kindArgument struct {
	Kind string `arg:"" help:"What the file has on each line, such as wards. A wrong word lists all."`
}

// kind is the kind that was named.
func (k kindArgument) kind() (hospital.FileKind, error) {
	kind := hospital.FileKind(k.Kind)
	if !kind.Valid() {
		return "", &usageError{fmt.Errorf("%q: choose one of %v", k.Kind, hospital.FileKinds)}
	}
	return kind, nil
}

type importCommand struct {
	database
	linked
	kindArgument
	File   string `arg:"" help:"CSV or .xlsx; - is standard input."`
	DryRun bool   `help:"Say what would become of the file, and change nothing."`
}

// Run imports a file: all of it, or nothing and a line on standard error for each that is wrong.
func (c *importCommand) Run(ctx context.Context) error {
	kind, err := c.kind()
	if err != nil {
		return err
	}
	file, err := c.spool()
	if err != nil {
		return err
	}
	defer file.Close() // a copy
	return c.with(ctx, func(h *hospital.Hospital) error {
		done, err := h.Import(ctx, operator, hospital.ImportCommand{Kind: kind, File: file,
			DryRun: c.DryRun, Progress: progress()})
		if err != nil {
			return err
		}
		for _, wrong := range done.Errors {
			fmt.Fprintln(os.Stderr, lineWords(wrong))
		}
		if len(done.Errors) > 0 {
			return fmt.Errorf("nothing was imported, errors: %d", len(done.Errors))
		}
		c.tell(done)
		for _, link := range done.Links {
			if err := c.print(link, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// spool keeps the file where it can be read more than once.
func (c *importCommand) spool() (*hospital.SpooledFile, error) {
	if c.File == "-" {
		return hospital.SpoolFile(os.Stdin)
	}
	file, err := os.Open(c.File)
	if err != nil {
		return nil, err
	}
	defer file.Close() // it was only read
	return hospital.SpoolFile(file)
}

// tell says what became of a file.
func (c *importCommand) tell(done hospital.Imported) {
	format := done.Format.Type
	if format == "csv" {
		format = fmt.Sprintf("CSV, %s, separated by %q", done.Format.Encoding, done.Format.Delimiter)
	}
	verb := "imported"
	if c.DryRun {
		verb = "looked at, and nothing changed"
	}
	fmt.Fprintf(os.Stdout, "%s %s (%s). Lines: %d, added: %d, changed: %d, unchanged: %d.\n",
		done.Kind, verb, format, done.Rows, done.Added, done.Changed, done.Unchanged)
}

// progress tells on a terminal how far a long import is; nil where nobody looks.
func progress() func(lines int) {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return nil
	}
	return func(lines int) { fmt.Fprintf(os.Stderr, "\r%d lines", lines) }
}

// lineWords says what is wrong with a line of a file.
func lineWords(wrong hospital.LineError) string {
	where := fmt.Sprintf("line %d", wrong.Line)
	if wrong.Field != "" {
		where += ", " + wrong.Field
	}
	return where + ": " + strings.Join(strings.Fields(wrong.Reason.Error()), " ")
}

type exportCommand struct {
	database
	kindArgument
	File string `arg:"" optional:"" help:"Where to; standard output where none is named."`
}

// Run writes everything of a kind. A file that exists is replaced once the new one is whole.
func (c *exportCommand) Run(ctx context.Context) error {
	kind, err := c.kind()
	if err != nil {
		return err
	}
	return c.with(ctx, func(h *hospital.Hospital) error {
		export := func(to io.Writer) error { return h.Export(ctx, operator, kind, to) }
		if c.File == "" || c.File == "-" {
			return export(os.Stdout)
		}
		return writeWhole(c.File, export)
	})
}

// writeWhole writes a file beside its place and then puts it there.
func writeWhole(path string, write func(io.Writer) error) error {
	// #nosec G304 -- the operator names the file
	part, err := os.OpenFile(path+".part", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = write(part)
	if closed := part.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(part.Name()) // why it is not whole says more
		return err
	}
	return os.Rename(part.Name(), path)
}

type sampleCommand struct{ kindArgument }

// Run prints a file of a kind as it is to be.
func (c *sampleCommand) Run() error {
	kind, err := c.kind()
	if err != nil {
		return err
	}
	sample, err := kind.SampleFile()
	if err == nil {
		_, err = os.Stdout.Write(sample)
	}
	return err
}
