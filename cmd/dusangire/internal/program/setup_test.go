package program_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"dusangire/cmd/dusangire/dusangiretest"
)

var setupLine = regexp.MustCompile(`^setup: (http://127\.0\.0\.1:\d+/setup/\S+) \(valid until (\S+)\)\n$`)

// served starts the program, does something while it serves with what it has printed by then, and
// stops it.
func served(t *testing.T, dir string, meanwhile func(printed string)) {
	t.Helper()
	command := dusangiretest.Invocation{Dir: dir,
		Args: []string{"serve", "--addr", "127.0.0.1:0"}}.Command(t.Context(), t)
	printed := filepath.Join(t.TempDir(), "printed")
	file, err := os.Create(printed)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	command.Stdout = file
	log, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string)
	go dusangiretest.LinesOf(log, lines)
	for line := range lines {
		if !strings.Contains(line, "serving") {
			continue
		}
		written, err := os.ReadFile(printed) // before that line
		if err != nil {
			t.Fatal(err)
		}
		meanwhile(string(written))
		if err := command.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	if err := command.Wait(); err != nil {
		t.Error(err)
	}
}

// TestServePrintsASetupLinkUntilThereIsAnAccount: a new one at each start, for an hour.
func TestServePrintsASetupLinkUntilThereIsAnAccount(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var first string
	served(t, dir, func(printed string) {
		found := setupLine.FindStringSubmatch(printed)
		if found == nil {
			t.Fatalf("printed %q", printed)
		}
		first = found[1]
		until, err := time.Parse(time.RFC3339, found[2])
		if left := time.Until(until); err != nil || left > time.Hour || left < 55*time.Minute {
			t.Errorf("the link is good for %v: %v", left, err)
		}
	})
	served(t, dir, func(printed string) {
		found := setupLine.FindStringSubmatch(printed)
		if found == nil || strings.HasSuffix(first, found[1][strings.LastIndex(found[1], "/"):]) {
			t.Fatalf("the second start printed %q after %s", printed, first)
		}
		response, err := http.Post(found[1], "application/json", strings.NewReader(
			`{"username": "first", "password": "correct horse battery"}`))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode >= 400 {
			t.Fatalf("%s %s", response.Status, body)
		}
	})
	served(t, dir, func(printed string) {
		if printed != "" {
			t.Errorf("with an account it printed %q", printed)
		}
	})
}
