package program

import (
	"os"
	"strconv"
	"testing"
)

func TestWhatStartedTheProcessIsKnownByItsMarks(t *testing.T) {
	self, other := strconv.Itoa(os.Getpid()), strconv.Itoa(os.Getppid())
	for _, c := range []struct{ systemd, supervisor, kubernetes, want string }{
		{"", "", "", "none"},
		{self, "", "", "systemd"},
		{other, "", "", "none"}, // a shell of a session that systemd runs
		{other, "1", "", "supervisor"},
		{"", "", "10.0.0.1", "kubernetes"},
	} {
		t.Setenv("SYSTEMD_EXEC_PID", c.systemd)
		t.Setenv("SUPERVISOR_ENABLED", c.supervisor)
		t.Setenv("KUBERNETES_SERVICE_HOST", c.kubernetes)
		if got := processManager(); got != c.want {
			t.Errorf("with %+v: %s", c, got)
		}
	}
}
