package program_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/cmd/dusangire/internal/program"
	"dusangire/hospital"
	"dusangire/hospital/hospitaltest"
)

// TestAHospitalMovesByItsFiles takes every sample in, everything out, and into another database.
func TestAHospitalMovesByItsFiles(t *testing.T) {
	t.Parallel()
	first, second, dir := hospitaltest.SQLite(t), hospitaltest.SQLite(t), t.TempDir()
	run := func(database string, args ...string) dusangiretest.Result {
		t.Helper()
		got := dusangiretest.Dusangire(t, append(args, "--database-url", database)...)
		if got.Code != program.ExitOK {
			t.Fatalf("%v: %d %s", args, got.Code, got.Err)
		}
		return got
	}
	write := func(name, content string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, kind := range hospital.FileKinds {
		sample := dusangiretest.Dusangire(t, "sample", string(kind))
		path := write("sample.csv", sample.Out)
		if got := run(first, "import", string(kind), path, "--dry-run"); !strings.Contains(got.Out,
			"nothing changed") {
			t.Errorf("%s: %s", kind, got.Out)
		}
		run(first, "import", string(kind), path)
		whole := run(first, "export", string(kind)).Out
		run(first, "export", string(kind), filepath.Join(dir, "out.csv"))
		if kept, err := os.ReadFile(filepath.Join(dir, "out.csv")); err != nil || string(kept) != whole {
			t.Errorf("%s: the file has %q, standard output %q, %v", kind, kept, whole, err)
		}
		run(second, "import", string(kind), filepath.Join(dir, "out.csv"))
		if again := run(second, "export", string(kind)).Out; again != whole {
			t.Errorf("%s: out of the other database comes %q", kind, again)
		}
	}
}

func TestEachWrongLineOfAFileIsALineOnStandardError(t *testing.T) {
	t.Parallel()
	url := hospitaltest.SQLite(t)
	hospitaltest.Open(t, hospital.Options{DatabaseURL: url})
	before := hospitaltest.Contents(t, url)
	got := (dusangiretest.Invocation{Args: []string{"import", "zones", "-", "--database-url", url},
		Stdin: "name,charge\nHills,much\nLake,5\n,3\n"}).Run(t)
	lines := strings.Split(got.Err, "\n")
	if got.Code != program.ExitFailed || len(lines) < 2 ||
		lines[0] != "line 2, charge: Give a whole number." ||
		!strings.HasPrefix(lines[1], "line 4, name: ") {
		t.Errorf("%d %q", got.Code, got.Err)
	}
	if hospitaltest.Contents(t, url) != before {
		t.Error("a wrong file has changed something")
	}
	for _, args := range []string{"import beads x.csv", "export beads", "sample beads"} {
		if got := dusangiretest.Dusangire(t, strings.Fields(args)...); got.Code != program.ExitUsage ||
			!strings.Contains(got.Err, "wards") {
			t.Errorf("%s: %d %s", args, got.Code, got.Err)
		}
	}
	if got := dusangiretest.Dusangire(t, "import", "wards", "no-such-file.csv", "--database-url",
		url); got.Code != program.ExitFailed || !strings.Contains(got.Err, "no-such-file.csv") {
		t.Errorf("%d %s", got.Code, got.Err)
	}
}
