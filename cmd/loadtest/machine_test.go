package main

import (
	"os"
	"testing"
)

func TestProcessorTimeIsReadBehindAnyName(t *testing.T) {
	t.Parallel()
	stat := "4711 (a) b (c) S 1 4711 4711 0 -1 4194560 9 0 0 0 250 31 0 0 20 0 8 0 1 2 3\n"
	if got, err := cpuIn([]byte(stat)); err != nil || got != 2810*ms {
		t.Errorf("got %s (%v), want 2.81s", got, err)
	}
	if _, err := cpuIn([]byte("4711 (short) S 1")); err == nil {
		t.Error("a line without the fields should be an error")
	}
	if memory, err := memoryOf(os.Getpid()); err != nil || memory < 1000 {
		t.Errorf("this process has %d KiB: %v", memory, err)
	}
}
