package hospitaltest

import (
	"syscall"
	"testing"
)

// SmallDisk is a directory on a disk of its own that has room for a few megabytes and goes with the
// test. Only the owner of a machine may make one: elsewhere the test is skipped.
func SmallDisk(t testing.TB) string {
	t.Helper()
	directory := t.TempDir()
	if err := syscall.Mount("none", directory, "tmpfs", 0, "size=8m"); err != nil {
		t.Skipf("make a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(directory, syscall.MNT_DETACH); err != nil {
			t.Errorf("take the small disk away: %v", err)
		}
	})
	return directory
}
