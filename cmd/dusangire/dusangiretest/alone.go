package dusangiretest

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Alone is the tests of a package that run while those of no other such package do, in whatever
// process of this machine. It is for those that keep every processor busy, and for those that hold
// the program to seconds, which nobody keeps on a machine without a processor to spare.
type Alone struct{ *testing.M }

// Run waits until no other such package runs, and runs the tests. It returns their exit code.
func (a Alone) Run() int {
	lock, err := os.OpenFile(filepath.Join(os.TempDir(), "dusangire-tests.lock"),
		os.O_CREATE|os.O_RDWR, 0o666)
	if err == nil {
		defer lock.Close() // which gives the lock back
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "wait for the tests of other packages:", err)
		return 1
	}
	return a.M.Run()
}
