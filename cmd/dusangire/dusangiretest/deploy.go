package dusangiretest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Shipped is a file of deploy/ in which each old text, which must be there, gives way to the new one
// after it. It is for the packages beside this one, from whose folders it finds deploy/.
func Shipped(t testing.TB, name string, oldNew ...string) string {
	t.Helper()
	read, err := os.ReadFile(filepath.Join("..", "..", "..", "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	text := string(read)
	for i := 0; i < len(oldNew); i += 2 {
		if !strings.Contains(text, oldNew[i]) {
			t.Fatalf("deploy/%s does not say %q", name, oldNew[i])
		}
		text = strings.ReplaceAll(text, oldNew[i], oldNew[i+1])
	}
	return text
}

// MustWrite writes a file into a directory and returns its path.
func MustWrite(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Needs is the path of a program that a test can't do without.
func Needs(t testing.TB, program, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		path, err = exec.LookPath(filepath.Join("/usr/sbin", program)) // not in everybody's PATH
	}
	if err != nil {
		t.Fatalf("%s is not installed: `make deps` installs it on Debian and Ubuntu (package %s)",
			program, debianPackage)
	}
	return path
}
