package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ticks of the kernel's accounting in a second, which Linux fixes for user space.
const ticksASecond = 100

// cpuOf is the processor time that a process has used so far.
func cpuOf(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("the server's processor time can't be read; this needs Linux: %w", err)
	}
	return cpuIn(stat)
}

// cpuIn reads the 14th and the 15th field, in user space and in the kernel. The second field is a name, in which anything may stand.
func cpuIn(stat []byte) (time.Duration, error) {
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("unknown form of /proc/PID/stat: %q", stat)
	}
	var ticks int64
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("unknown form of /proc/PID/stat: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / ticksASecond, nil
}

// ownCPU is the processor time that this process has used so far.
func ownCPU() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// memoryOf is the resident memory of a process in KiB.
func memoryOf(pid int) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("the server's memory can't be read; this needs Linux: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, "VmRSS:"); found {
			return strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")))
		}
	}
	return 0, fmt.Errorf("/proc/%d/status tells no VmRSS", pid)
}

// spareFiles are the files that a server and this program need besides sockets.
const spareFiles = 100

// checkFiles reports whether a process may have so many sockets. Go has raised the soft limit to the hard one by now, here as in
// the servers.
func checkFiles(sockets int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("read the limit of open files: %w", err)
	}
	if need := uint64(sockets + spareFiles); limit.Max < need {
		return fmt.Errorf("%d screens need %d open files a process and this machine allows %d: raise the hard limit "+
			"(ulimit -Hn, or nofile in /etc/security/limits.conf) or measure fewer", sockets, need, limit.Max)
	}
	return nil
}
