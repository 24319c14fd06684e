//go:build unix

package conn

import "syscall"

// canTry says that a write can be tried without waiting.
const canTry = true

// tryWrite writes what the system takes at once and returns how much that was.
func tryWrite(fd uintptr, p []byte) int {
	for {
		n, err := syscall.Write(int(fd), p)
		if err == nil {
			return n
		}
		if err != syscall.EINTR {
			return 0
		}
	}
}
