package main

import (
	"os"
	"strconv"
)

// processManager is what starts this process again when it ends, by the marks that it leaves on what it starts; "none" where there
// are none. Systemd's and supervisor's marks reach the children of what they started too, so systemd's is compared with who we are.
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
