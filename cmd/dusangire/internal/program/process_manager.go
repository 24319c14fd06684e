package program

import (
	"os"
	"strconv"
)

// processManager is what starts this process again when it ends, known by the variables that it
// sets; "none" where there are none. Children of what systemd started inherit its variable, which
// therefore has to name this very process.
func processManager() string {
	switch {
	case os.Getenv("SYSTEMD_EXEC_PID") == strconv.Itoa(os.Getpid()):
		return "systemd"
	case os.Getenv("SUPERVISOR_ENABLED") != "":
		return "supervisor"
	case os.Getenv("KUBERNETES_SERVICE_HOST") != "":
		return "kubernetes"
	case os.Getpid() == 1:
		return "container"
	}
	return "none"
}
